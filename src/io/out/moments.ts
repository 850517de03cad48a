/** Dates, times, durations and intervals as bytes of text, as arrow-cast's display prints them. */

import type { TimeUnit } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { writeBigInteger, writeInteger, writePadded } from './numbers.ts';
import { type TextBytes, writeAscii, writeByte } from './text-bytes.ts';

/** Seconds east of UTC at a second since 1970, UTC. */
export type ZoneOffset = (second: number) => number;

const DAY = 86_400;
const PER_SECOND: Record<TimeUnit, number> = {
  Second: 1,
  Millisecond: 1e3,
  Microsecond: 1e6,
  Nanosecond: 1e9,
};

/** Days that chrono's `NaiveDate` reaches: -262143-01-01 to 262142-12-31. */
const FIRST_DAY = -96_465_292;
const LAST_DAY = 95_026_236;

const DAYS_PER_ERA = 146_097;
/** Days from 0000-03-01, where the era of 400 years starts, to 1970-01-01. */
const EPOCH_FROM_ERA = 719_468;

function isPrintableDay(day: number): boolean {
  return day >= FIRST_DAY && day <= LAST_DAY;
}

/** `2020-02-29`; years beyond 0 to 9999 with a sign. The day must be printable. Years count from March, so that leap days come last. */
function writeDate(out: TextBytes, day: number): void {
  const shifted = day + EPOCH_FROM_ERA;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const ofEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = ((ofEra - ((ofEra / 1460) | 0) + ((ofEra / 36_524) | 0) - ((ofEra / 146_096) | 0)) / 365) | 0;
  const ofYear = ofEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
  const fromMarch = ((5 * ofYear + 2) / 153) | 0;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  if (year < 0 || year > 9999) {
    writeByte(out, year < 0 ? 45 : 43);
    writePadded(out, Math.abs(year), Math.abs(year) > 99_999 ? 6 : Math.abs(year) > 9999 ? 5 : 4);
  } else {
    writePadded(out, year, 4);
  }
  writeByte(out, 45);
  writePadded(out, month, 2);
  writeByte(out, 45);
  writePadded(out, ofYear - (((153 * fromMarch + 2) / 5) | 0) + 1, 2);
}

/** `01:02:03` of a second of the day, and the fraction in the least of 0, 3, 6 and 9 digits that hold it. */
function writeClock(out: TextBytes, second: number, fraction: number, unit: TimeUnit): void {
  writePadded(out, (second / 3600) | 0, 2);
  writeByte(out, 58);
  writePadded(out, ((second / 60) | 0) % 60, 2);
  writeByte(out, 58);
  writePadded(out, second % 60, 2);
  if (fraction === 0) return;
  let digits = unit === 'Millisecond' ? 3 : unit === 'Microsecond' ? 6 : 9;
  let value = fraction;
  while (value % 1000 === 0) {
    value /= 1000;
    digits -= 3;
  }
  writeByte(out, 46);
  writePadded(out, value, digits);
}

/** Units since midnight, which must be of one day. */
export function writeTime(out: TextBytes, value: number, unit: TimeUnit): void {
  const perSecond = PER_SECOND[unit];
  if (value < 0 || value >= DAY * perSecond) {
    throw unprintable(`the time ${value} (${unit} since midnight)`, 'a time of one day');
  }
  const second = Math.floor(value / perSecond);
  writeClock(out, second, value - second * perSecond, unit);
}

export function writeDay(out: TextBytes, day: number): void {
  if (!isPrintableDay(day)) throw unprintable(`the date ${day} (days since 1970)`, 'a year from -262143 to 262142');
  writeDate(out, day);
}

/** `2020-02-29T01:02:03.500`, with a zone's offset behind it: `Z` for none. */
export function writeTimestamp(
  out: TextBytes,
  value: number | bigint,
  unit: TimeUnit,
  offsetAt: ZoneOffset | null,
): void {
  const perSecond = PER_SECOND[unit];
  let second: number;
  let fraction: number;
  if (typeof value === 'bigint') {
    const per = BigInt(perSecond);
    const rest = ((value % per) + per) % per;
    second = Number((value - rest) / per);
    fraction = Number(rest);
  } else {
    // The quotient of doubles may be rounded up to the next integer.
    second = Math.floor(value / perSecond);
    fraction = value - second * perSecond;
    if (fraction < 0) {
      second--;
      fraction += perSecond;
    }
  }
  const offset = offsetAt === null ? 0 : offsetAt(second);
  const local = second + offset;
  const day = Math.floor(local / DAY);
  if (!isPrintableDay(day) || !isPrintableDay(Math.floor(second / DAY))) {
    throw unprintable(`the timestamp ${value} (${unit} since 1970)`, 'a year from -262143 to 262142');
  }
  writeDate(out, day);
  writeByte(out, 84);
  writeClock(out, local - day * DAY, fraction, unit);
  if (offsetAt !== null) writeOffset(out, offset);
}

/** `+01:00`, `Z`: RFC 3339 knows no seconds, which are rounded (chrono's `OffsetPrecision::Minutes`). */
function writeOffset(out: TextBytes, offset: number): void {
  if (offset === 0) {
    writeByte(out, 90);
    return;
  }
  writeByte(out, offset < 0 ? 45 : 43);
  const minutes = Math.floor((Math.abs(offset) + 30) / 60);
  writePadded(out, Math.floor(minutes / 60), 2);
  writeByte(out, 58);
  writePadded(out, minutes % 60, 2);
}

/** Milliseconds that chrono's `TimeDelta` reaches, either way. */
const MOST_MILLISECONDS = 9_223_372_036_854_775_807n;

/** `PT1.5S`, `-PT0.001S`, `P0D`; `<invalid>` beyond what chrono holds, as the engine prints it. */
export function writeDuration(out: TextBytes, value: number | bigint, unit: TimeUnit): void {
  const units = BigInt(value);
  const size = units < 0n ? -units : units;
  const isSeconds = unit === 'Second';
  if ((isSeconds && size > MOST_MILLISECONDS / 1000n) || (unit === 'Millisecond' && size > MOST_MILLISECONDS)) {
    writeAscii(out, '<invalid>');
    return;
  }
  if (size === 0n) {
    writeAscii(out, 'P0D');
    return;
  }
  const perSecond = BigInt(PER_SECOND[unit]);
  writeAscii(out, units < 0n ? '-PT' : 'PT');
  writeBigInteger(out, size / perSecond);
  const fraction = size % perSecond;
  if (fraction !== 0n) {
    const digits = String(perSecond).length - 1;
    writeAscii(out, `.${fraction.toString().padStart(digits, '0').replace(/0+$/, '')}`);
  }
  writeByte(out, 83);
}

/** `1 years 2 mons`: whole years downwards, so that months are never negative. */
export function writeYearMonth(out: TextBytes, months: number): void {
  const years = Math.floor(months / 12);
  writeInteger(out, years);
  writeAscii(out, ' years ');
  writeInteger(out, months - years * 12);
  writeAscii(out, ' mons');
}

/** `14 mons 3 days 1 hours -2.500000000 secs`: the parts that aren't zero; `digits` of a second are 3 or 9. */
export function writeInterval(
  out: TextBytes,
  months: number,
  days: number,
  rest: number | bigint,
  digits: 3 | 9,
): void {
  const parts: string[] = [];
  if (months !== 0) parts.push(`${months} mons`);
  if (days !== 0) parts.push(`${days} days`);
  const units = BigInt(rest);
  if (units !== 0n) {
    const per = 10n ** BigInt(digits);
    // Each part carries the sign of the whole: these divisions go towards zero.
    const seconds = units / per;
    const [hours, minutes, left] = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n];
    const fraction = units % per;
    if (hours !== 0n) parts.push(`${hours} hours`);
    if (minutes !== 0n) parts.push(`${minutes} mins`);
    if (left !== 0n || fraction !== 0n) {
      const sign = units < 0n ? '-' : '';
      const [whole, part] = units < 0n ? [-left, -fraction] : [left, fraction];
      parts.push(`${sign}${whole}.${part.toString().padStart(digits, '0')} secs`);
    }
  }
  writeAscii(out, parts.length === 0 ? '0 secs' : parts.join(' '));
}

function unprintable(found: string, expected: string): DfxError {
  return new DfxError('UNSUPPORTED', `found ${found}, expected ${expected}: it has no text form`, {
    hint: 'write an Arrow file with --output FILE.arrow',
  });
}
