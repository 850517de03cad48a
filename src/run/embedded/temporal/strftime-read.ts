/** Text read by the items of a format, as chrono 0.4 reads it: fields first, then the date and time that they agree on. */
import {
  type CivilDate,
  daysFromCivil,
  daysInMonth,
  FIRST_DAY,
  FIRST_SECOND,
  isLeapYear,
  LAST_DAY,
  LAST_SECOND,
  SECONDS_PER_DAY,
  setCivilDate,
} from '../../../io/temporal-text.ts';
import { isoWeek, isoYear, weekday } from './functions-part.ts';
import { type Item, MONTHS, type NumericPart, WEEKDAYS } from './strftime.ts';
import type { LocalOffsets, Zone } from './zone.ts';

/** The fields that items fill, by their places in an array. Weekdays count from Monday, 0. */
const YEAR = 0;
const YEAR_DIV_100 = 1;
const YEAR_MOD_100 = 2;
const ISO_YEAR = 3;
const ISO_YEAR_MOD_100 = 4;
const QUARTER = 5;
const MONTH = 6;
const WEEK_FROM_SUNDAY = 7;
const WEEK_FROM_MONDAY = 8;
const ISO_WEEK = 9;
const WEEKDAY = 10;
const ORDINAL = 11;
const DAY = 12;
const HALF_DAY = 13;
const HOUR12 = 14;
const MINUTE = 15;
const SECOND = 16;
const NANOSECOND = 17;
const TIMESTAMP = 18;
const OFFSET = 19;
const FIELD_COUNT = 20;

/** Least, most, and the widest text of a number without a sign. */
const NUMBERS: Record<
  Exclude<NumericPart, 'hour' | 'hour12' | 'daysFromSunday' | 'weekday'>,
  readonly [number, number, number, number]
> = {
  year: [YEAR, -2_147_483_648, 2_147_483_647, 4],
  yearDiv100: [YEAR_DIV_100, 0, 2_147_483_647, 2],
  yearMod100: [YEAR_MOD_100, 0, 99, 2],
  isoYear: [ISO_YEAR, -2_147_483_648, 2_147_483_647, 4],
  isoYearMod100: [ISO_YEAR_MOD_100, 0, 99, 2],
  quarter: [QUARTER, 1, 4, 1],
  month: [MONTH, 1, 12, 2],
  day: [DAY, 1, 31, 2],
  weekFromSunday: [WEEK_FROM_SUNDAY, 0, 53, 2],
  weekFromMonday: [WEEK_FROM_MONDAY, 0, 53, 2],
  isoWeek: [ISO_WEEK, 1, 53, 2],
  ordinal: [ORDINAL, 1, 366, 3],
  minute: [MINUTE, 0, 59, 2],
  second: [SECOND, 0, 60, 2],
  nanosecond: [NANOSECOND, 0, 999_999_999, 9],
  timestamp: [TIMESTAMP, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u;

/** Why no date or time came out: some fields are missing, or they contradict each other or the calendar. */
type Problem = 'too few' | 'impossible';

export interface Moment {
  /** Local second since the epoch, and nanoseconds, 10^9 and more in a leap second. */
  readonly second: number;
  readonly nanos: number;
}

const date: CivilDate = { year: 0, month: 1, day: 1 };
const local: LocalOffsets = { count: 0, first: 0, second: 0 };

export class FormatReader {
  /** NaN for what wasn't read. */
  private readonly fields = new Float64Array(FIELD_COUNT);
  /** Whether a field was read that a date could contradict. */
  private checked = false;
  private text = '';
  private at = 0;

  constructor(private readonly items: readonly Item[]) {}

  /** Whether the whole text is what the items say. */
  read(text: string): boolean {
    this.fields.fill(Number.NaN);
    this.checked = false;
    this.text = text;
    this.at = 0;
    return this.all(this.items) && this.at === text.length;
  }

  private all(items: readonly Item[]): boolean {
    for (const item of items) if (!this.item(item)) return false;
    return true;
  }

  /** The instant in UTC of what was read; null where the text doesn't tell one. */
  instant(zone: Zone | null): Moment | null {
    return (zone === null ? this.fixedInstant() : this.zonedInstant(zone)) ?? this.bareInstant();
  }

  /** The time of day; null for none. */
  time(): Moment | null {
    const time = this.naiveTime();
    return typeof time === 'string' ? null : time;
  }

  private fixedInstant(): Moment | null {
    const given = this.get(OFFSET);
    if (given === undefined && this.get(TIMESTAMP) === undefined) return null;
    const offset = given ?? 0;
    const moment = this.naive(offset);
    if (moment === null || Math.abs(offset) >= SECONDS_PER_DAY) return null;
    const second = moment.second - offset;
    return second >= FIRST_SECOND && second <= LAST_SECOND ? { ...moment, second } : null;
  }

  private zonedInstant(zone: Zone): Moment | null {
    const timestamp = this.get(TIMESTAMP);
    if (timestamp !== undefined && !onCalendar(timestamp)) return null;
    const moment = this.naive(timestamp === undefined ? 0 : zone.offsetAt(timestamp));
    if (moment === null) return null;
    zone.resolve(moment.second, local);
    const due = this.get(OFFSET);
    const fits = (offset: number): boolean => due === undefined || due === offset;
    const offsets = local.count === 0 ? [] : local.count === 1 ? [local.first] : [local.first, local.second];
    const [offset, ...others] = offsets.filter(fits);
    return offset === undefined || others.length > 0 ? null : { ...moment, second: moment.second - offset };
  }

  /** Without a zone the time counts as UTC's, and without a time midnight. */
  private bareInstant(): Moment | null {
    const moment = this.naive(0);
    if (moment !== null) return moment;
    const day = this.naiveDate();
    return typeof day === 'number' ? { second: day * SECONDS_PER_DAY, nanos: 0 } : null;
  }

  /** Date and time of the fields, or those that a timestamp gives where some are missing. */
  private naive(offset: number): Moment | null {
    const timestamp = this.get(TIMESTAMP);
    const day = this.naiveDate();
    const time = this.naiveTime();
    if (typeof day === 'number' && typeof time !== 'string') {
      const second = day * SECONDS_PER_DAY + time.second;
      const utc = second - offset;
      const agrees = timestamp === undefined || timestamp === utc || (time.nanos >= 1e9 && timestamp === utc + 1);
      return agrees ? { second, nanos: time.nanos } : null;
    }
    if (timestamp === undefined || day === 'impossible' || time === 'impossible') return null;
    const before = this.fields.slice();
    const moment = this.completed(timestamp + offset);
    this.fields.set(before);
    return moment;
  }

  /** The fields with those that the timestamp gives. */
  private completed(timestamp: number): Moment | null {
    let second = timestamp;
    if (!onCalendar(second)) return null;
    const shown = modulo(second, 60);
    if (this.get(SECOND) === 60) {
      if (shown !== 59 && shown !== 0) return null;
      if (shown === 0) second--;
    } else if (!this.set(SECOND, shown)) {
      return null;
    }
    const whole = Math.floor(second / SECONDS_PER_DAY);
    const ofDay = second - whole * SECONDS_PER_DAY;
    setCivilDate(date, whole);
    const { year } = date;
    const consistent =
      this.set(YEAR, year) &&
      this.set(ORDINAL, whole - daysFromCivil(year, 1, 1) + 1) &&
      this.setHour(Math.floor(ofDay / 3600)) &&
      this.set(MINUTE, Math.floor(ofDay / 60) % 60);
    if (!consistent) return null;
    const found = this.naiveDate();
    const clock = this.naiveTime();
    if (typeof found !== 'number' || typeof clock === 'string') return null;
    return { second: found * SECONDS_PER_DAY + clock.second, nanos: clock.nanos };
  }

  private naiveTime(): Moment | Problem {
    const half = this.get(HALF_DAY);
    const hour = this.get(HOUR12);
    const minute = this.get(MINUTE);
    if (half === undefined || hour === undefined || minute === undefined) return 'too few';
    const second = this.get(SECOND);
    const nanos = this.get(NANOSECOND);
    if (nanos !== undefined && second === undefined) return 'too few';
    const leap = second === 60;
    const ofDay = (half * 12 + hour) * 3600 + minute * 60 + (leap ? 59 : (second ?? 0));
    return { second: ofDay, nanos: (nanos ?? 0) + (leap ? 1e9 : 0) };
  }

  /** Years whose century is given apart; undefined: not given. */
  private wholeYear(
    year: number | undefined,
    century: number | undefined,
    rest: number | undefined,
  ): number | undefined | Problem {
    if (century === undefined && rest === undefined) return year;
    if (year !== undefined) {
      if (year < 0) return 'impossible';
      const fits =
        (century ?? Math.floor(year / 100)) === Math.floor(year / 100) && (rest ?? year % 100) === year % 100;
      return fits ? year : 'impossible';
    }
    if (rest === undefined) return 'too few';
    if (century === undefined) return rest + (rest < 70 ? 2000 : 1900);
    const whole = century * 100 + rest;
    return whole > 2_147_483_647 ? 'impossible' : whole;
  }

  private naiveDate(): number | Problem {
    const year = this.wholeYear(this.get(YEAR), this.get(YEAR_DIV_100), this.get(YEAR_MOD_100));
    if (typeof year === 'string') return year;
    const iso = this.wholeYear(this.get(ISO_YEAR), undefined, this.get(ISO_YEAR_MOD_100));
    if (typeof iso === 'string') return iso;
    const day = this.dayOf(year, iso);
    if (typeof day === 'string') return day;
    if (Number.isNaN(day) || day < FIRST_DAY || day > LAST_DAY) return 'impossible';
    return !this.checked || this.agrees(day) ? day : 'impossible';
  }

  private dayOf(year: number | undefined, iso: number | undefined): number | Problem {
    const month = this.get(MONTH);
    const day = this.get(DAY);
    const ordinal = this.get(ORDINAL);
    const wday = this.get(WEEKDAY);
    if (year !== undefined) {
      if (month !== undefined && day !== undefined) {
        return day > daysInMonth(year, month) ? Number.NaN : daysFromCivil(year, month, day);
      }
      const first = daysFromCivil(year, 1, 1);
      if (ordinal !== undefined) return ordinal > (isLeapYear(year) ? 366 : 365) ? Number.NaN : first + ordinal - 1;
      for (const [field, start] of [
        [WEEK_FROM_SUNDAY, 6],
        [WEEK_FROM_MONDAY, 0],
      ] as const) {
        const week = this.get(field);
        if (week === undefined || wday === undefined) continue;
        const of = modulo(start - weekday(first), 7) + (week - 1) * 7 + modulo(wday - start, 7);
        return of < 0 || of >= (isLeapYear(year) ? 366 : 365) ? Number.NaN : first + of;
      }
    }
    const week = this.get(ISO_WEEK);
    if (iso === undefined || week === undefined || wday === undefined) return 'too few';
    const fourth = daysFromCivil(iso, 1, 4);
    const found = fourth - weekday(fourth) + (week - 1) * 7 + wday;
    // The 53rd week of a year that has 52 is none.
    return isoYear(found) === iso ? found : Number.NaN;
  }

  /** Whether the date has every field that was read. */
  private agrees(day: number): boolean {
    setCivilDate(date, day);
    const { year, month, day: ofMonth } = date;
    const ordinal = day - daysFromCivil(year, 1, 1) + 1;
    const isoOf = isoYear(day);
    const century = (value: number): number => (value >= 0 ? Math.floor(value / 100) : Number.NaN);
    const rest = (value: number): number => (value >= 0 ? value % 100 : Number.NaN);
    return (
      this.has(YEAR, year) &&
      this.has(YEAR_DIV_100, century(year)) &&
      this.has(YEAR_MOD_100, rest(year)) &&
      this.has(MONTH, month) &&
      this.has(DAY, ofMonth) &&
      this.has(ORDINAL, ordinal) &&
      this.has(WEEK_FROM_SUNDAY, Math.floor((ordinal - ((weekday(day) + 1) % 7) + 6) / 7)) &&
      this.has(WEEK_FROM_MONDAY, Math.floor((ordinal - weekday(day) + 6) / 7)) &&
      this.has(ISO_YEAR, isoOf) &&
      this.has(ISO_YEAR_MOD_100, rest(isoOf)) &&
      this.has(ISO_WEEK, isoWeek(day)) &&
      this.has(WEEKDAY, weekday(day)) &&
      this.has(QUARTER, Math.floor((month + 2) / 3))
    );
  }

  private get(field: number): number | undefined {
    const value = this.fields[field] ?? Number.NaN;
    return Number.isNaN(value) ? undefined : value;
  }

  /** Whether the field wasn't read, or with this value. */
  private has(field: number, value: number): boolean {
    const read = this.fields[field] ?? Number.NaN;
    return Number.isNaN(read) || read === value;
  }

  /** False where the field was read before with another value. */
  private set(field: number, value: number): boolean {
    if (!this.has(field, value)) return false;
    this.fields[field] = value;
    // A year, a month, a day and a clock can't contradict each other.
    if (field < HALF_DAY && field !== YEAR && field !== MONTH && field !== DAY) this.checked = true;
    return true;
  }

  private setHour(hour: number): boolean {
    return hour <= 23 && this.set(HALF_DAY, hour < 12 ? 0 : 1) && this.set(HOUR12, hour % 12);
  }

  private skipSpace(): void {
    while (this.at < this.text.length && this.onSpace()) this.at++;
  }

  private onSpace(): boolean {
    const code = this.text.charCodeAt(this.at);
    if (code > 32 && code < 128) return false;
    return SPACE.test(this.text[this.at] ?? '');
  }

  /** One to `most` digits; NaN for none, or for a number beyond 64 bits. */
  private digits(least: number, most: number): number {
    const { text } = this;
    const from = this.at;
    let value = 0;
    let at = from;
    for (; at < text.length && at - from < most; at++) {
      const code = text.charCodeAt(at);
      if (!isDigit(code)) break;
      value = value * 10 + code - 48;
    }
    this.at = at;
    return at - from < least ? Number.NaN : value;
  }

  private item(item: Item): boolean {
    switch (item.kind) {
      case 'literal':
        return this.literal(item.text);
      case 'space':
        this.skipSpace();
        return true;
      case 'numeric':
        this.skipSpace();
        return this.numeric(item.part);
      case 'monthName': {
        const month = this.name(MONTHS, item.long);
        return month >= 0 && this.set(MONTH, month + 1);
      }
      case 'weekdayName': {
        const day = this.name(WEEKDAYS, item.long);
        return day >= 0 && this.set(WEEKDAY, day);
      }
      case 'halfDay': {
        const half = this.text.slice(this.at, this.at + 2).toLowerCase();
        if (half !== 'am' && half !== 'pm') return false;
        this.at += 2;
        return this.set(HALF_DAY, half === 'pm' ? 1 : 0);
      }
      case 'fraction':
        return this.fraction(item.digits, item.point);
      case 'zoneName':
        while (this.at < this.text.length && !SPACE.test(this.text[this.at] ?? '')) this.at++;
        return true;
      case 'offset':
        this.skipSpace();
        return this.offset(item.permissive, item.permissive);
      case 'rfc3339':
        return this.rfc3339();
      case 'error':
        return false;
    }
  }

  private literal(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** 1 and -1 for a sign, which is read, 0 for none. */
  private sign(): number {
    const code = this.text.charCodeAt(this.at);
    if (code !== 43 && code !== 45) return 0;
    this.at++;
    return code === 43 ? 1 : -1;
  }

  private numeric(part: NumericPart): boolean {
    switch (part) {
      case 'hour':
        return this.setHour(this.digits(1, 2));
      case 'hour12': {
        const hour = this.digits(1, 2);
        return hour >= 1 && hour <= 12 && this.set(HOUR12, hour % 12);
      }
      case 'daysFromSunday': {
        const day = this.digits(1, 1);
        return day <= 6 && this.set(WEEKDAY, (day + 6) % 7);
      }
      case 'weekday': {
        const day = this.digits(1, 1);
        return day >= 1 && day <= 7 && this.set(WEEKDAY, day - 1);
      }
      default: {
        const number = NUMBERS[part];
        const signed = part === 'year' || part === 'isoYear' ? this.sign() : 0;
        const read = this.digits(1, signed === 0 ? number[3] : Number.MAX_SAFE_INTEGER);
        const value = signed < 0 ? -read + 0 : read;
        return value >= number[1] && value <= number[2] && this.set(number[0], value);
      }
    }
  }

  private name(names: readonly string[], long: boolean): number {
    const word = this.text.slice(this.at, this.at + 3).toLowerCase();
    const index = names.findIndex((name) => name.slice(0, 3).toLowerCase() === word);
    if (index < 0 || !/^[a-z]{3}$/.test(word)) return -1;
    this.at += 3;
    const rest = (names[index] ?? '').slice(3).toLowerCase();
    if (long && asciiLower(this.text.slice(this.at, this.at + rest.length)) === rest) this.at += rest.length;
    return index;
  }

  private fraction(digits: 0 | 3 | 6 | 9, point: boolean): boolean {
    if (point) {
      if (this.text[this.at] !== '.') return true;
      this.at++;
    }
    const from = this.at;
    const value = digits === 0 ? this.digits(1, 9) : this.digits(digits, digits);
    if (Number.isNaN(value)) return false;
    const nanos = value * 10 ** (9 - (this.at - from));
    // Digits behind the ninth are skipped.
    if (digits === 0) while (isDigit(this.text.charCodeAt(this.at))) this.at++;
    return this.set(NANOSECOND, nanos);
  }

  private offset(zulu: boolean, missingMinutes: boolean): boolean {
    const sign = this.text[this.at] ?? '';
    if (zulu && (sign === 'Z' || sign === 'z')) {
      this.at++;
      return this.set(OFFSET, 0);
    }
    if (sign !== '+' && sign !== '-' && sign !== '\u2212') return false;
    this.at++;
    const hours = this.digits(2, 2);
    if (Number.isNaN(hours)) return false;
    while (this.text[this.at] === ':' || SPACE.test(this.text[this.at] ?? '')) this.at++;
    let minutes = 0;
    if (this.at < this.text.length || !missingMinutes) {
      minutes = this.digits(2, 2);
      if (!(minutes <= 59)) return false;
    }
    const seconds = hours * 3600 + minutes * 60;
    return this.set(OFFSET, sign === '+' ? seconds : -seconds + 0);
  }

  /** The relaxed form: space between any parts, `UTC` and `Z` for an offset. */
  private rfc3339(): boolean {
    const dated = this.all(RFC3339_DATE);
    if (!dated) return false;
    const separator = this.text[this.at] ?? '';
    if (separator !== 'T' && separator !== 't' && separator !== ' ') return false;
    this.at++;
    if (!this.all(RFC3339_TIME)) return false;
    this.skipSpace();
    if (asciiLower(this.text.slice(this.at, this.at + 3)) === 'utc') {
      this.at += 3;
      return this.set(OFFSET, 0);
    }
    return this.offset(true, false);
  }
}

const GAP: Item = { kind: 'space', text: '' };
const RFC3339_DATE: readonly Item[] = [
  { kind: 'numeric', part: 'year', pad: 'zero' },
  GAP,
  { kind: 'literal', text: '-' },
  { kind: 'numeric', part: 'month', pad: 'zero' },
  GAP,
  { kind: 'literal', text: '-' },
  { kind: 'numeric', part: 'day', pad: 'zero' },
];
const RFC3339_TIME: readonly Item[] = [
  { kind: 'numeric', part: 'hour', pad: 'zero' },
  GAP,
  { kind: 'literal', text: ':' },
  { kind: 'numeric', part: 'minute', pad: 'zero' },
  GAP,
  { kind: 'literal', text: ':' },
  { kind: 'numeric', part: 'second', pad: 'zero' },
  { kind: 'fraction', digits: 0, point: true },
  GAP,
];

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function onCalendar(second: number): boolean {
  return second >= FIRST_SECOND && second <= LAST_SECOND;
}
