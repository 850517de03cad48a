/** Dates, times, timestamps, durations and intervals to text: what arrow-rs 59 displays, durations in words. */
import { type Column, type IntervalColumn, isValid, type NumericColumn } from '../../../io/column.ts';
import {
  durationText,
  FIRST_DAY,
  FIRST_SECOND,
  intervalText,
  LAST_DAY,
  LAST_SECOND,
  MAX_TEXT,
  putClock,
  putDate,
  putDateTime,
  putOffset,
  yearMonthText,
} from '../../../io/temporal-text.ts';
import { zoneOf } from '../../../io/zone.ts';
import type { DataType, TimeUnit } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { buildStrings } from '../cast/text-sink.ts';
import type { StringKind } from '../types.ts';
import { bigAt, Instants } from './int64.ts';

export const FRACTION_DIGITS: Record<TimeUnit, 0 | 3 | 6 | 9> = {
  Second: 0,
  Millisecond: 3,
  Microsecond: 6,
  Nanosecond: 9,
};

/** Writes the text of a row to `out` at `at`; gives the place behind it, -1 for a value that is beyond the calendar or the day. */
export type PutRow = (out: Uint8Array, at: number, row: number) => number;

export function temporalText(column: NumericColumn | IntervalColumn, kind: StringKind): Column {
  if (column.layout === 'interval') {
    const digits = column.type.kind === 'Interval' && column.type.unit === 'DayTime' ? 3 : 9;
    return buildStrings(kind, column, (row) =>
      intervalText(column.months[row] ?? 0, column.days[row] ?? 0, bigAt(column.rest, row), digits),
    );
  }
  const { type, values } = column;
  if (type.kind === 'Interval') return buildStrings(kind, column, (row) => yearMonthText(Number(values[row] ?? 0)));
  if (type.kind === 'Duration') {
    const { unit } = type;
    return buildStrings(kind, column, (row) => rowOfDuration(bigAt(values, row), unit));
  }
  return asciiColumn(column, kind, putterOf(column));
}

const MAX_DURATION_SECONDS = (2n ** 63n - 1n) / 1000n;

function rowOfDuration(units: bigint, unit: TimeUnit): string {
  // What a `TimeDelta` of chrono can't hold.
  const invalid =
    (unit === 'Second' && (units > MAX_DURATION_SECONDS || units < -MAX_DURATION_SECONDS)) ||
    (unit === 'Millisecond' && units === -(2n ** 63n));
  return invalid ? '<invalid>' : durationText(units, FRACTION_DIGITS[unit]);
}

/** Writes rows of a column, none of them in more than `room` bytes. */
export interface RowWriter {
  readonly room: number;
  readonly put: PutRow;
}

/** The texts of the rows that have a value; `writerOf` gives what writes a row. */
export function writtenColumn(column: Column, kind: StringKind, writerOf: (row: number) => RowWriter): Column {
  const { length } = column;
  const validity = column.layout === 'null' ? null : column.validity;
  const offsets = new Int32Array(length + 1);
  let data = new Uint8Array(length * 24 + MAX_TEXT);
  let at = 0;
  for (let row = 0; row < length; row++) {
    if (isValid(column, row)) {
      const { room, put } = writerOf(row);
      if (at + room > data.length) {
        const grown = new Uint8Array(data.length * 2 + room);
        grown.set(data.subarray(0, at));
        data = grown;
      }
      at = put(data, at, row);
    }
    offsets[row + 1] = at;
  }
  return { layout: 'string', type: { kind }, length, validity, offsets, data: data.subarray(0, at) };
}

function asciiColumn(column: NumericColumn, kind: StringKind, put: PutRow): Column {
  const writer: RowWriter = {
    room: MAX_TEXT,
    put: (out, at, row) => {
      const end = put(out, at, row);
      if (end < 0) throw new DfxError('EXECUTION', beyond(column, row));
      return end;
    },
  };
  return writtenColumn(column, kind, () => writer);
}

/** Of a count that no calendar date or time of day stands for. */
export function beyond(column: NumericColumn, row: number): string {
  const due = column.type.kind === 'Time32' || column.type.kind === 'Time64' ? 'time of day' : 'date of the calendar';
  return `the ${column.type.kind} of ${column.values[row]} is no ${due}`;
}

function putterOf(column: NumericColumn): PutRow {
  const { type, values } = column;
  switch (type.kind) {
    case 'Date32':
      return (out, at, row) => {
        const days = Number(values[row] ?? 0);
        return days < FIRST_DAY || days > LAST_DAY ? -1 : putDate(out, at, days);
      };
    case 'Date64':
      return putInstant(column, 'Millisecond', null);
    case 'Timestamp':
      return putInstant(column, type.unit, type.timezone);
    case 'Time32':
    case 'Time64': {
      const clock = new Clock(column);
      return (out, at, row) => (clock.read(row) ? putClock(out, at, clock.second, clock.nanos) : -1);
    }
    default:
      throw new DfxError('DEFECT', `text of ${type.kind}`);
  }
}

function putInstant(column: NumericColumn, unit: TimeUnit, timezone: string | null): PutRow {
  const instants = new Instants(column.values, unit);
  const zone = timezone === null ? null : zoneOf(timezone);
  return (out, at, row) => {
    instants.read(row);
    const { seconds, nanos } = instants;
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND) return -1;
    if (zone === null) return putDateTime(out, at, seconds, nanos);
    const offset = zone.offsetAt(seconds);
    if (seconds + offset < FIRST_SECOND || seconds + offset > LAST_SECOND) return -1;
    return putOffset(out, putDateTime(out, at, seconds + offset, nanos), offset);
  };
}

/** Times of day as arrow-rs reads them: seconds wrap at 2^32, and what isn't within a day is no time. */
export class Clock {
  second = 0;
  nanos = 0;
  private readonly perSecond: number;
  private readonly nanosPerUnit: number;

  constructor(private readonly column: NumericColumn) {
    this.perSecond = perSecondOf(column.type);
    this.nanosPerUnit = 1_000_000_000 / this.perSecond;
  }

  /** False: no time of day. */
  read(row: number): boolean {
    const value = this.column.values[row] ?? 0;
    const { perSecond } = this;
    let whole: number;
    let rest: number;
    if (typeof value === 'bigint') {
      whole = Number(BigInt.asUintN(32, value / BigInt(perSecond)));
      rest = Number(value % BigInt(perSecond));
    } else {
      rest = value % perSecond;
      whole = ((value - rest) / perSecond) >>> 0;
    }
    if (whole >= 86_400 || rest < 0) return false;
    this.second = whole;
    this.nanos = rest * this.nanosPerUnit;
    return true;
  }
}

function perSecondOf(type: DataType): number {
  return 'unit' in type && type.kind !== 'Interval' ? 10 ** FRACTION_DIGITS[type.unit] : 1;
}
