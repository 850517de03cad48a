/**
 * Dates, times and timestamps of CSV fields in the forms that are too rare for the kernel, as arrow-cast 59 parses them. Zones are
 * fixed offsets and UTC; text that names another zone is refused, since the engine would know it.
 */
import type { DataType, TimeUnit } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { daysFromCivil } from './temporal-text.ts';

/** The value in units of the type; undefined for text that has none. */
export type TemporalParser = (bytes: Uint8Array, start: number, end: number) => number | bigint | undefined;

const NANOS = 1_000_000_000n;
const UNITS: Record<TimeUnit, bigint> = {
  Second: 1n,
  Millisecond: 1_000n,
  Microsecond: 1_000_000n,
  Nanosecond: NANOS,
};
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function temporalParser(type: DataType): TemporalParser {
  switch (type.kind) {
    case 'Date32':
      return (bytes, start, end) => parseDate(textOf(bytes, start, end), true);
    case 'Date64':
      return (bytes, start, end) => {
        const text = textOf(bytes, start, end);
        if (end - start > 10) return inUnits(parseInstant(text, 0), 1_000n);
        const days = parseDate(text, false);
        return days === undefined ? undefined : days * 86_400_000;
      };
    case 'Time32':
    case 'Time64': {
      const perUnit = NANOS / UNITS[type.unit];
      const bits = type.kind === 'Time32' ? 32 : 64;
      return (bytes, start, end) => {
        const text = textOf(bytes, start, end);
        const nanos = parseTime(text);
        if (nanos !== undefined) return nanos / perUnit;
        const plain = /^[+-]?[0-9]{1,20}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
        return plain !== undefined && BigInt.asIntN(bits, plain) === plain ? plain : undefined;
      };
    }
    case 'Timestamp': {
      const units = UNITS[type.unit];
      const offset = type.timezone === null ? 0 : offsetOf(type.timezone);
      if (offset === undefined) {
        throw new DfxError('UNSUPPORTED', `CSV text in the time zone ${JSON.stringify(type.timezone)}`, {
          hint: 'read the column as Utf8 and put a cast around it',
        });
      }
      return (bytes, start, end) => inUnits(parseInstant(textOf(bytes, start, end), offset), units);
    }
    default:
      throw new DfxError('DEFECT', `${type.kind} is no type of dates or times`);
  }
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}

/** Seconds that local time is ahead of UTC. */
function offsetOf(zone: string): number | undefined {
  if (zone === 'UTC') return 0;
  const match = /^([+-])([0-9]{2}):?([0-9]{2})?$/.exec(zone);
  if (match === null || zone.length === 4) return undefined;
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60;
  if (seconds >= 86_400) return undefined;
  return match[1] === '-' ? -seconds : seconds;
}

interface Instant {
  readonly seconds: number;
  /** 10^9 and more in a leap second. */
  readonly nanos: number;
}

function inUnits(instant: Instant | undefined, units: bigint): bigint | undefined {
  if (instant === undefined) return undefined;
  // Whole seconds leave a leap second out; in finer units it is the next second.
  const parts = units === 1n ? 0n : BigInt(instant.nanos) / (NANOS / units);
  const value = BigInt(instant.seconds) * units + parts;
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function checkedDays(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1) return undefined;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day > (MONTH_DAYS[month - 1] ?? 0) + (leap ? 1 : 0) ? undefined : daysFromCivil(year, month, day);
}

const INSTANT =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ](?:([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+)|(?!\.))|([0-9]{2})([0-9]{2})([0-9]{2})(?!.?[0-9]))(.*))?$/su;

/** `offset`: of the zone that text without one is local to. */
function parseInstant(text: string, offset: number): Instant | undefined {
  const parts = INSTANT.exec(text);
  if (parts === null) return undefined;
  const days = checkedDays(Number(parts[1]), Number(parts[2]), Number(parts[3]));
  const hour = Number(parts[4] ?? parts[8] ?? 0);
  const minute = Number(parts[5] ?? parts[9] ?? 0);
  const second = Number(parts[6] ?? parts[10] ?? 0);
  if (days === undefined || hour > 23 || minute > 59 || second > 60) return undefined;
  const fraction = Number((parts[7] ?? '').slice(0, 9).padEnd(9, '0'));
  const zone = zoneOffset(parts[11] ?? '', offset);
  if (zone === undefined) return undefined;
  const seconds = days * 86_400 + hour * 3600 + minute * 60 + Math.min(second, 59) - zone;
  return { seconds, nanos: second === 60 ? fraction + 1_000_000_000 : fraction };
}

function zoneOffset(rest: string, local: number): number | undefined {
  if (rest === '') return local;
  if (rest === 'Z' || rest === 'z') return 0;
  const zone = rest.trimStart();
  const offset = offsetOf(zone);
  if (offset === undefined && /^[A-Za-z][A-Za-z0-9_+/-]*$/.test(zone)) {
    throw new DfxError('UNSUPPORTED', `the time zone ${JSON.stringify(zone)} in CSV text`, {
      hint: 'use --engine datafusion',
    });
  }
  return offset;
}

const LEAST_DAYS = -2_147_483_648;
const MOST_DAYS = 2_147_483_647;
/** Of chrono's calendar: -262143-01-01 and 262142-12-31. */
const FIRST_DAY = -96_465_292;
const LAST_DAY = 95_026_236;

/** `wide`: years beyond chrono's calendar, too. */
function parseDate(text: string, wide: boolean): number | undefined {
  const extended = /^([+-][0-9]{4,})-\+?([0-9]+)-\+?([0-9]+)$/.exec(text);
  if (extended !== null) {
    const year = Number(extended[1]);
    if (Math.abs(year) > 2_147_483_647) return undefined;
    const days = checkedDays(year, Number(extended[2]), Number(extended[3]));
    if (days === undefined || days < (wide ? LEAST_DAYS : FIRST_DAY) || days > (wide ? MOST_DAYS : LAST_DAY)) {
      return undefined;
    }
    return days;
  }
  if (text.length > 10 || Buffer.byteLength(text) > 10) {
    const instant = parseInstant(text, 0);
    return instant === undefined ? undefined : Math.floor(instant.seconds / 86_400);
  }
  const parts =
    /^([0-9]{4})([0-9]{2})([0-9]{2})$/.exec(text) ??
    // What stands behind the digits of the day isn't looked at: `2020-01-1x` is the first of January.
    /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text) ??
    /^([0-9]{4})-([0-9]{2})-([0-9])(?:[^0-9]|$)/.exec(text) ??
    /^([0-9]{4})-([0-9])-([0-9]{2})(?:[^0-9]|$)/.exec(text) ??
    /^([0-9]{4})-([0-9])-([0-9])(?![0-9])[^0-9]{0,2}$/.exec(text);
  return parts === null ? undefined : checkedDays(Number(parts[1]), Number(parts[2]), Number(parts[3]));
}

const TIME = /^([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?( [AaPp][Mm])?$/;

/** Nanoseconds since midnight. */
function parseTime(text: string): bigint | undefined {
  const parts = TIME.exec(text);
  if (parts === null) return undefined;
  let hour = Number(parts[1]);
  const minute = Number(parts[2]);
  let second = Number(parts[3] ?? 0);
  let nanos = Number((parts[4] ?? '').slice(0, 9).padEnd(9, '0'));
  if (parts[5] !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (parts[5].toLowerCase() === ' pm' ? 12 : 0);
  }
  if (second === 60) {
    second = 59;
    nanos += 1_000_000_000;
  }
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return BigInt(hour * 3600 + minute * 60 + second) * NANOS + BigInt(nanos);
}
