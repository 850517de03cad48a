/**
 * Text to dates, times and instants as arrow-cast 59 parses it for CAST, comparisons with literals, `to_date` and
 * `to_timestamp`. Text is UTF-8: nothing beyond ASCII is accepted but space before a zone's name.
 */
import { daysFromCivil, daysInMonth, FIRST_DAY, LAST_DAY } from '../../../io/temporal-text.ts';
import { type LocalOffsets, UTC, type Zone, zoneOf } from '../../../io/zone.ts';

const ZERO = 48;
const MINUS = 45;
const PLUS = 43;
const POINT = 46;
const COLON = 58;

/** Days of `YYYY-MM-DD` with a year of 0 to 9999; NaN for no date. */
function checkedDays(year: number, month: number, day: number): number {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return Number.NaN;
  return daysFromCivil(year, month, day);
}

const POWERS_OF_TEN = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const LEAP_NANOS = 1_000_000_000;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** `string_to_datetime`: an instant from text, local to a zone unless it names one itself. */
export class InstantParser {
  /** Of the last text that parsed: seconds since the epoch, and nanoseconds, 10^9 and more in a leap second. */
  seconds = 0;
  nanos = 0;
  /** Of the last text that didn't. */
  problem = '';
  private readonly local: LocalOffsets = { count: 0, first: 0, second: 0 };

  constructor(private readonly zone: Zone) {}

  /** The bytes of `data` from `from` to `to`. */
  parse(data: Uint8Array, from: number, to: number): boolean {
    const length = to - from;
    if (length < 10) return this.fail('a timestamp has at least 10 characters');
    for (let i = 0; i < 10; i++) {
      const byte = data[from + i] ?? 0;
      if (i === 4 || i === 7 ? byte !== MINUS : byte < ZERO || byte > 57) return this.fail('no date at its start');
    }
    const year = digitsAt(data, from, to) * 100 + digitsAt(data, from + 2, to);
    const days = checkedDays(year, digitsAt(data, from + 5, to), digitsAt(data, from + 8, to));
    if (Number.isNaN(days)) return this.fail('no such date');
    this.nanos = 0;
    if (length === 10) return this.place(this.zone, days * 86_400);
    const separator = data[from + 10];
    if (separator !== 84 && separator !== 116 && separator !== 32) return this.fail('no T or space after the date');
    const after = this.time(data, from, to, days * 86_400);
    if (after < 0) return this.fail('no time after the date');
    const seconds = this.seconds;
    if (after >= to) return this.place(this.zone, seconds);
    const byte = data[after];
    if ((byte === 90 || byte === 122) && after === to - 1) return true;
    const name = decoder.decode(data.subarray(after, to)).replace(LEADING_SPACE, '');
    const zone = zoneOf(name);
    if (zone === null) return this.fail(`no time zone ${JSON.stringify(name)}`);
    return this.place(zone, seconds);
  }

  /** Writes the local second and the nanoseconds; gives the place behind the time, -1 for no time. */
  private time(data: Uint8Array, from: number, to: number, day: number): number {
    const hour = digitsAt(data, from + 11, to);
    const colons = data[from + 13] === COLON;
    const minute = digitsAt(data, from + (colons ? 14 : 13), to);
    const second = digitsAt(data, from + (colons ? 17 : 15), to);
    if (hour < 0 || minute < 0 || second < 0 || hour > 23 || minute > 59 || second > 60) return -1;
    let end = from + 17;
    if (colons) {
      if (data[from + 16] !== COLON) return -1;
      end = from + 19;
      if (end < to && data[end] === POINT) {
        let digits = 0;
        let value = 0;
        for (end++; end < to && isDigit(data[end]); end++) {
          if (digits < 9) value = value * 10 + (data[end] ?? 0) - ZERO;
          digits++;
        }
        if (digits === 0) return -1;
        this.nanos = value * (POWERS_OF_TEN[9 - Math.min(digits, 9)] ?? 1);
      }
    } else if ((end < to && isDigit(data[end])) || (end + 1 < to && isDigit(data[end + 1]))) {
      // `hhmmss` has no digit in the two places behind it: not even in those of a zone that follows at once.
      return -1;
    }
    if (second === 60) this.nanos += LEAP_NANOS;
    this.seconds = day + hour * 3600 + minute * 60 + Math.min(second, 59);
    return end;
  }

  private place(zone: Zone, local: number): boolean {
    zone.resolve(local, this.local);
    if (this.local.count !== 1) {
      return this.fail(this.local.count === 0 ? 'no such local time in its zone' : 'its local time comes twice');
    }
    this.seconds = local - this.local.first;
    return true;
  }

  private fail(problem: string): false {
    this.problem = problem;
    return false;
  }
}

/** What Rust takes for white space. */
const LEADING_SPACE = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 57;
}

/** The number that two digits at a place write, -1 where there are none. */
function digitsAt(data: Uint8Array, place: number, to: number): number {
  if (place + 2 > to) return -1;
  const tens = (data[place] ?? 0) - ZERO;
  const ones = (data[place + 1] ?? 0) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

const utcParser = new InstantParser(UTC);

/**
 * Days of `2020-02-29`, `2020-2-9`, `20200229`, `+10000-01-01` or the date in UTC of an instant; NaN for anything else.
 * `wide`: years beyond chrono's calendar too, as far as Int32 reaches.
 */
export function parseDate(data: Uint8Array, from: number, to: number, wide: boolean): number {
  const length = to - from;
  const first = data[from];
  if (length > 0 && (first === PLUS || first === MINUS)) return signedDate(data, from, to, wide);
  if (length > 10) return utcParser.parse(data, from, to) ? Math.floor(utcParser.seconds / 86_400) : Number.NaN;
  let mask = 0;
  for (let i = 0; i < length; i++) if (isDigit(data[from + i])) mask |= 1 << i;
  const digit = (place: number): number => (data[from + place] ?? 0) - ZERO;
  const dash = (place: number): boolean => place < length && data[from + place] === MINUS;
  const year = digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3);
  if (!dash(4)) {
    if (mask !== 0b11111111 || length !== 8) return Number.NaN;
    return checkedDays(year, digit(4) * 10 + digit(5), digit(6) * 10 + digit(7));
  }
  // Bytes behind the digits that a mask names aren't looked at: `2020-01-1x` is the first of January.
  switch (mask) {
    case 0b1101101111:
      return dash(7) ? checkedDays(year, digit(5) * 10 + digit(6), digit(8) * 10 + digit(9)) : Number.NaN;
    case 0b101101111:
      return dash(7) ? checkedDays(year, digit(5) * 10 + digit(6), digit(8)) : Number.NaN;
    case 0b110101111:
      return dash(6) ? checkedDays(year, digit(5), digit(7) * 10 + digit(8)) : Number.NaN;
    case 0b10101111:
      return dash(6) ? checkedDays(year, digit(5), digit(7)) : Number.NaN;
    default:
      return Number.NaN;
  }
}

/** Rust's parsers of numbers take a plus. */
const SIGNED_DATE = /^([+-]\d{4,})-\+?(\d+)-\+?(\d+)$/;

function signedDate(data: Uint8Array, from: number, to: number, wide: boolean): number {
  const match = SIGNED_DATE.exec(decoder.decode(data.subarray(from, to)));
  if (match === null) return Number.NaN;
  const year = Number(match[1]);
  if (year < -2_147_483_648 || year > 2_147_483_647) return Number.NaN;
  const days = checkedDays(year, Number(match[2]), Number(match[3]));
  const [low, high] = wide ? [-2_147_483_648, 2_147_483_647] : [FIRST_DAY, LAST_DAY];
  return days >= low && days <= high ? days : Number.NaN;
}

/** Nanoseconds since midnight of `9:26`, `09:26:56.123`, `9:26:56 pm`; more than a day's in a leap second; NaN for no time. */
export function parseTime(data: Uint8Array, from: number, end: number): number {
  let to = end;
  if (to - from < 4) return Number.NaN;
  let half = 0;
  if (data[to - 3] === 32 && ((data[to - 1] ?? 0) | 32) === 109) {
    const letter = (data[to - 2] ?? 0) | 32;
    if (isLetter(data[to - 1]) && isLetter(data[to - 2])) half = letter === 97 ? 1 : letter === 112 ? 2 : 0;
    if (half !== 0) to -= 3;
  }
  if (to - from < 4) return Number.NaN;
  let place: number;
  let hour: number;
  if (data[from + 1] === COLON) {
    hour = isDigit(data[from]) ? (data[from] ?? 0) - ZERO : -1;
    place = from + 2;
  } else if (data[from + 2] === COLON) {
    hour = digitsAt(data, from, to);
    place = from + 3;
  } else {
    return Number.NaN;
  }
  const minute = digitsAt(data, place, to);
  let second = 0;
  let nanos = 0;
  place += 2;
  if (place < to) {
    if (data[place] !== COLON) return Number.NaN;
    second = digitsAt(data, place + 1, to);
    place += 3;
    if (place < to) {
      if (data[place] !== POINT || place + 1 === to) return Number.NaN;
      let digits = 0;
      for (place++; place < to; place++) {
        if (!isDigit(data[place])) return Number.NaN;
        if (digits < 9) nanos = nanos * 10 + (data[place] ?? 0) - ZERO;
        digits++;
      }
      nanos *= POWERS_OF_TEN[9 - Math.min(digits, 9)] ?? 1;
    }
  }
  if (hour < 0 || minute < 0 || second < 0) return Number.NaN;
  if (half !== 0) {
    if (hour < 1 || hour > 12) return Number.NaN;
    hour = (hour % 12) + (half === 2 ? 12 : 0);
  }
  if (second === 60) {
    second = 59;
    nanos += LEAP_NANOS;
  }
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN;
  return (hour * 3600 + minute * 60 + second) * 1e9 + nanos;
}

function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122));
}
