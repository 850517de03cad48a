/**
 * Calendar dates (proleptic Gregorian) and what dates, times, instants, durations and intervals look like as text, as arrow-rs
 * 59 and chrono 0.4 print them. Days and seconds count from 1970-01-01. Text goes into bytes: `put…` functions write ASCII at a
 * place that the caller has made room for, and return the place behind it.
 */
import type { TimeUnit } from '../wire/arrow/types.ts';

/** Days of `-262143-01-01` and `+262142-12-31`: what chrono's `NaiveDate` reaches. */
export const FIRST_DAY = -96_465_292;
export const LAST_DAY = 95_026_236;
export const SECONDS_PER_DAY = 86_400;
/** The first and last second of these days. */
export const FIRST_SECOND = FIRST_DAY * SECONDS_PER_DAY;
export const LAST_SECOND = LAST_DAY * SECONDS_PER_DAY + 86_399;

export const UNITS_PER_SECOND: Record<TimeUnit, number> = {
  Second: 1,
  Millisecond: 1_000,
  Microsecond: 1_000_000,
  Nanosecond: 1_000_000_000,
};

/** Room that is enough for any text that a `put…` function writes. */
export const MAX_TEXT = 80;

export interface CivilDate {
  year: number;
  month: number;
  day: number;
}

const DAYS_PER_ERA = 146_097;
/** Days from 0000-03-01, where the era of 400 years starts, to 1970-01-01. Years count from March, so that a leap day is last. */
const EPOCH_FROM_ERA = 719_468;

/** Writes the date of `days` (any integer within 2^46) into `date`. */
export function setCivilDate(date: CivilDate, days: number): void {
  const shifted = days + EPOCH_FROM_ERA;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = (shifted - era * DAYS_PER_ERA) | 0;
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
  const monthFromMarch = ((5 * dayOfYear + 2) / 153) | 0;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  date.year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  date.month = month;
  date.day = dayOfYear - (((153 * monthFromMarch + 2) / 5) | 0) + 1;
}

/** Days of a date; `month` is 1 to 12, `day` counts on past the month's end. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const monthFromMarch = month > 2 ? month - 3 : month + 9;
  const dayOfYear = (((153 * monthFromMarch + 2) / 5) | 0) + day - 1;
  const dayOfEra = yearOfEra * 365 + (yearOfEra >> 2) - ((yearOfEra / 100) | 0) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - EPOCH_FROM_ERA;
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

const ZERO = 48;
const MINUS = 45;
const PLUS = 43;
const COLON = 58;
const POINT = 46;
const LETTER_T = 84;

export function putTwo(out: Uint8Array, at: number, value: number): number {
  const tens = (value / 10) | 0;
  out[at] = ZERO + tens;
  out[at + 1] = ZERO + value - tens * 10;
  return at + 2;
}

/** `value` with at least `width` digits; a non-negative safe integer. */
export function putDigits(out: Uint8Array, at: number, value: number, width: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; digits++) rest = Math.floor(rest / 10);
  if (digits < width) digits = width;
  let rest = value;
  for (let place = at + digits - 1; place >= at; place--) {
    const next = Math.floor(rest / 10);
    out[place] = ZERO + rest - next * 10;
    rest = next;
  }
  return at + digits;
}

export function putAscii(out: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}

const scratchDate: CivilDate = { year: 0, month: 1, day: 1 };

/** `2020-02-29`; a sign before years outside of 0 to 9999: `-0001-12-31`, `+10000-01-01`. */
export function putDate(out: Uint8Array, at: number, days: number): number {
  setCivilDate(scratchDate, days);
  const { year, month, day } = scratchDate;
  let place = at;
  if (year < 0 || year > 9999) out[place++] = year < 0 ? MINUS : PLUS;
  place = putDigits(out, place, Math.abs(year), 4);
  out[place] = MINUS;
  putTwo(out, place + 1, month);
  out[place + 3] = MINUS;
  return putTwo(out, place + 4, day);
}

/** `01:02:03`, with 3, 6 or 9 digits of the second where these are needed. `nanos` of 10^9 and more are a leap second. */
export function putClock(out: Uint8Array, at: number, secondOfDay: number, nanos: number): number {
  const minutes = (secondOfDay / 60) | 0;
  const hours = (minutes / 60) | 0;
  let second = secondOfDay - minutes * 60;
  let fraction = nanos;
  if (fraction >= 1_000_000_000) {
    second++;
    fraction -= 1_000_000_000;
  }
  putTwo(out, at, hours);
  out[at + 2] = COLON;
  putTwo(out, at + 3, minutes - hours * 60);
  out[at + 5] = COLON;
  const place = putTwo(out, at + 6, second);
  if (fraction === 0) return place;
  out[place] = POINT;
  if (fraction % 1_000_000 === 0) return putDigits(out, place + 1, fraction / 1_000_000, 3);
  if (fraction % 1_000 === 0) return putDigits(out, place + 1, fraction / 1_000, 6);
  return putDigits(out, place + 1, fraction, 9);
}

/** `2020-02-29T01:02:03.000005`. */
export function putDateTime(out: Uint8Array, at: number, seconds: number, nanos: number): number {
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const place = putDate(out, at, days);
  out[place] = LETTER_T;
  return putClock(out, place + 1, seconds - days * SECONDS_PER_DAY, nanos);
}

/** `Z`, or `+05:30` with seconds rounded to the minute. */
export function putOffset(out: Uint8Array, at: number, offset: number): number {
  if (offset === 0) {
    out[at] = 90;
    return at + 1;
  }
  const minutes = Math.floor((Math.abs(offset) + 30) / 60);
  const hours = (minutes / 60) | 0;
  out[at] = offset < 0 ? MINUS : PLUS;
  putTwo(out, at + 1, hours);
  out[at + 3] = COLON;
  return putTwo(out, at + 4, minutes - hours * 60);
}

/** `1 days 2 hours -3 mins 4.000005 secs`: `DurationFormat::Pretty`. `digits` are those of a fraction: 0, 3, 6 or 9. */
export function durationText(units: bigint, digits: number): string {
  const scale = 10n ** BigInt(digits);
  const seconds = units / scale;
  const minutes = seconds / 60n;
  const hours = minutes / 60n;
  const days = hours / 24n;
  const fraction = units - seconds * scale;
  const head = `${days} days ${hours - days * 24n} hours ${minutes - hours * 60n} mins `;
  const second = seconds - minutes * 60n;
  if (digits === 0) return `${head}${second} secs`;
  const sign = fraction < 0n ? `-${second < 0n ? -second : second}` : String(second);
  return `${head}${sign}.${String(fraction < 0n ? -fraction : fraction).padStart(digits, '0')} secs`;
}

/** `PT1.5S`, as chrono prints a `TimeDelta`. */
export function isoDurationText(units: bigint, digits: number): string {
  if (units === 0n) return 'P0D';
  const scale = 10n ** BigInt(digits);
  const size = units < 0n ? -units : units;
  const fraction = size % scale;
  const tail = fraction === 0n ? '' : `.${String(fraction).padStart(digits, '0').replace(/0+$/, '')}`;
  return `${units < 0n ? '-' : ''}PT${size / scale}${tail}S`;
}

/** `-1 years 11 mons`: the years are rounded down. */
export function yearMonthText(months: number): string {
  const years = Math.floor(months / 12);
  // A double prints as one: minus zero keeps its sign, which no integer of months gives here.
  return `${years} years ${months - years * 12} mons`;
}

/** `1 mons 2 days 3 hours 4 mins 5.000000006 secs`, zero parts left out; `rest` counts seconds of `digits` digits. */
export function intervalText(months: number, days: number, rest: bigint, digits: 3 | 9): string {
  if (months === 0 && days === 0 && rest === 0n) return '0 secs';
  const parts: string[] = [];
  if (months !== 0) parts.push(`${months} mons`);
  if (days !== 0) parts.push(`${days} days`);
  const scale = 10n ** BigInt(digits);
  const seconds = rest / scale;
  const minutes = seconds / 60n;
  const hours = minutes / 60n;
  const second = seconds - minutes * 60n;
  const minute = minutes - hours * 60n;
  const fraction = rest % scale;
  if (hours !== 0n) parts.push(`${hours} hours`);
  if (minute !== 0n) parts.push(`${minute} mins`);
  if (second !== 0n || fraction !== 0n) {
    const sign = second < 0n || fraction < 0n ? '-' : '';
    const [size, digitsOf] = [second < 0n ? -second : second, fraction < 0n ? -fraction : fraction];
    parts.push(`${sign}${size}.${String(digitsOf).padStart(digits, '0')} secs`);
  }
  return parts.join(' ');
}
