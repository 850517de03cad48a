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

type Field =
  | 'year'
  | 'yearDiv100'
  | 'yearMod100'
  | 'isoYear'
  | 'isoYearMod100'
  | 'quarter'
  | 'month'
  | 'weekFromSunday'
  | 'weekFromMonday'
  | 'isoWeek'
  /** From Monday, 0. */
  | 'weekday'
  | 'ordinal'
  | 'day'
  | 'halfDay'
  | 'hour12'
  | 'minute'
  | 'second'
  | 'nanosecond'
  | 'timestamp'
  | 'offset';

/** Least, most, and the widest text of a number without a sign. */
const NUMBERS: Record<
  Exclude<NumericPart, 'hour' | 'hour12' | 'daysFromSunday' | 'weekday'>,
  readonly [Field, number, number, number]
> = {
  year: ['year', -2_147_483_648, 2_147_483_647, 4],
  yearDiv100: ['yearDiv100', 0, 2_147_483_647, 2],
  yearMod100: ['yearMod100', 0, 99, 2],
  isoYear: ['isoYear', -2_147_483_648, 2_147_483_647, 4],
  isoYearMod100: ['isoYearMod100', 0, 99, 2],
  quarter: ['quarter', 1, 4, 1],
  month: ['month', 1, 12, 2],
  day: ['day', 1, 31, 2],
  weekFromSunday: ['weekFromSunday', 0, 53, 2],
  weekFromMonday: ['weekFromMonday', 0, 53, 2],
  isoWeek: ['isoWeek', 1, 53, 2],
  ordinal: ['ordinal', 1, 366, 3],
  minute: ['minute', 0, 59, 2],
  second: ['second', 0, 60, 2],
  nanosecond: ['nanosecond', 0, 999_999_999, 9],
  timestamp: ['timestamp', -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
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
  private fields = new Map<Field, number>();
  private text = '';
  private at = 0;

  constructor(private readonly items: readonly Item[]) {}

  /** Whether the whole text is what the items say. */
  read(text: string): boolean {
    this.fields = new Map();
    this.text = text;
    this.at = 0;
    return this.items.every((item) => this.item(item)) && this.at === text.length;
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
    const given = this.fields.get('offset');
    if (given === undefined && !this.fields.has('timestamp')) return null;
    const offset = given ?? 0;
    const moment = this.naive(offset);
    if (moment === null || Math.abs(offset) >= SECONDS_PER_DAY) return null;
    const second = moment.second - offset;
    return second >= FIRST_SECOND && second <= LAST_SECOND ? { ...moment, second } : null;
  }

  private zonedInstant(zone: Zone): Moment | null {
    const timestamp = this.fields.get('timestamp');
    if (timestamp !== undefined && !onCalendar(timestamp)) return null;
    const moment = this.naive(timestamp === undefined ? 0 : zone.offsetAt(timestamp));
    if (moment === null) return null;
    zone.resolve(moment.second, local);
    const due = this.fields.get('offset');
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
    const timestamp = this.fields.get('timestamp');
    const day = this.naiveDate();
    const time = this.naiveTime();
    if (typeof day === 'number' && typeof time !== 'string') {
      const second = day * SECONDS_PER_DAY + time.second;
      const utc = second - offset;
      const agrees = timestamp === undefined || timestamp === utc || (time.nanos >= 1e9 && timestamp === utc + 1);
      return agrees ? { second, nanos: time.nanos } : null;
    }
    if (timestamp === undefined || day === 'impossible' || time === 'impossible') return null;
    const before = new Map(this.fields);
    const moment = this.completed(timestamp + offset);
    this.fields = before;
    return moment;
  }

  /** The fields with those that the timestamp gives. */
  private completed(timestamp: number): Moment | null {
    let second = timestamp;
    if (!onCalendar(second)) return null;
    const shown = modulo(second, 60);
    if (this.fields.get('second') === 60) {
      if (shown !== 59 && shown !== 0) return null;
      if (shown === 0) second--;
    } else if (!this.set('second', shown)) {
      return null;
    }
    const whole = Math.floor(second / SECONDS_PER_DAY);
    const ofDay = second - whole * SECONDS_PER_DAY;
    setCivilDate(date, whole);
    const { year } = date;
    const consistent =
      this.set('year', year) &&
      this.set('ordinal', whole - daysFromCivil(year, 1, 1) + 1) &&
      this.setHour(Math.floor(ofDay / 3600)) &&
      this.set('minute', Math.floor(ofDay / 60) % 60);
    if (!consistent) return null;
    const found = this.naiveDate();
    const clock = this.naiveTime();
    if (typeof found !== 'number' || typeof clock === 'string') return null;
    return { second: found * SECONDS_PER_DAY + clock.second, nanos: clock.nanos };
  }

  private naiveTime(): Moment | Problem {
    const { fields } = this;
    const half = fields.get('halfDay');
    const hour = fields.get('hour12');
    const minute = fields.get('minute');
    if (half === undefined || hour === undefined || minute === undefined) return 'too few';
    const second = fields.get('second');
    const nanos = fields.get('nanosecond');
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
    const { fields } = this;
    const year = this.wholeYear(fields.get('year'), fields.get('yearDiv100'), fields.get('yearMod100'));
    if (typeof year === 'string') return year;
    const iso = this.wholeYear(fields.get('isoYear'), undefined, fields.get('isoYearMod100'));
    if (typeof iso === 'string') return iso;
    const day = this.dayOf(year, iso);
    if (typeof day === 'string') return day;
    if (Number.isNaN(day) || day < FIRST_DAY || day > LAST_DAY) return 'impossible';
    return this.agrees(day) ? day : 'impossible';
  }

  private dayOf(year: number | undefined, iso: number | undefined): number | Problem {
    const { fields } = this;
    const month = fields.get('month');
    const day = fields.get('day');
    const ordinal = fields.get('ordinal');
    const wday = fields.get('weekday');
    if (year !== undefined) {
      if (month !== undefined && day !== undefined) {
        return day > daysInMonth(year, month) ? Number.NaN : daysFromCivil(year, month, day);
      }
      const first = daysFromCivil(year, 1, 1);
      if (ordinal !== undefined) return ordinal > (isLeapYear(year) ? 366 : 365) ? Number.NaN : first + ordinal - 1;
      for (const [field, start] of [
        ['weekFromSunday', 6],
        ['weekFromMonday', 0],
      ] as const) {
        const week = fields.get(field);
        if (week === undefined || wday === undefined) continue;
        const of = modulo(start - weekday(first), 7) + (week - 1) * 7 + modulo(wday - start, 7);
        return of < 0 || of >= (isLeapYear(year) ? 366 : 365) ? Number.NaN : first + of;
      }
    }
    const week = fields.get('isoWeek');
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
    const due: readonly (readonly [Field, number])[] = [
      ['year', year],
      ['yearDiv100', century(year)],
      ['yearMod100', rest(year)],
      ['month', month],
      ['day', ofMonth],
      ['ordinal', ordinal],
      ['weekFromSunday', Math.floor((ordinal - ((weekday(day) + 1) % 7) + 6) / 7)],
      ['weekFromMonday', Math.floor((ordinal - weekday(day) + 6) / 7)],
      ['isoYear', isoOf],
      ['isoYearMod100', rest(isoOf)],
      ['isoWeek', isoWeek(day)],
      ['weekday', weekday(day)],
      ['quarter', Math.floor((month + 2) / 3)],
    ];
    return due.every(([field, value]) => {
      const read = this.fields.get(field);
      return read === undefined || read === value;
    });
  }

  /** False where the field was read before with another value. */
  private set(field: Field, value: number): boolean {
    const before = this.fields.get(field);
    this.fields.set(field, value);
    return before === undefined || before === value;
  }

  private setHour(hour: number): boolean {
    return hour <= 23 && this.set('halfDay', hour < 12 ? 0 : 1) && this.set('hour12', hour % 12);
  }

  private skipSpace(): void {
    while (this.at < this.text.length && SPACE.test(this.text[this.at] ?? '')) this.at++;
  }

  /** One to `most` digits; NaN for none, or for a number beyond 64 bits. */
  private digits(least: number, most: number): number {
    const from = this.at;
    while (this.at < this.text.length && this.at - from < most && isDigit(this.text.charCodeAt(this.at))) this.at++;
    if (this.at - from < least) return Number.NaN;
    return Number(this.text.slice(from, this.at));
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
        return month >= 0 && this.set('month', month + 1);
      }
      case 'weekdayName': {
        const day = this.name(WEEKDAYS, item.long);
        return day >= 0 && this.set('weekday', day);
      }
      case 'halfDay': {
        const half = this.text.slice(this.at, this.at + 2).toLowerCase();
        if (half !== 'am' && half !== 'pm') return false;
        this.at += 2;
        return this.set('halfDay', half === 'pm' ? 1 : 0);
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

  private numeric(part: NumericPart): boolean {
    switch (part) {
      case 'hour':
        return this.setHour(this.digits(1, 2));
      case 'hour12': {
        const hour = this.digits(1, 2);
        return hour >= 1 && hour <= 12 && this.set('hour12', hour % 12);
      }
      case 'daysFromSunday': {
        const day = this.digits(1, 1);
        return day <= 6 && this.set('weekday', (day + 6) % 7);
      }
      case 'weekday': {
        const day = this.digits(1, 1);
        return day >= 1 && day <= 7 && this.set('weekday', day - 1);
      }
      default: {
        const [field, low, high, width] = NUMBERS[part];
        const sign = part === 'year' || part === 'isoYear' ? this.text[this.at] : '';
        const signed = sign === '-' || sign === '+';
        if (signed) this.at++;
        const read = this.digits(1, signed ? Number.MAX_SAFE_INTEGER : width);
        const value = sign === '-' ? -read + 0 : read;
        return value >= low && value <= high && this.set(field, value);
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
    return this.set('nanosecond', nanos);
  }

  private offset(zulu: boolean, missingMinutes: boolean): boolean {
    const sign = this.text[this.at] ?? '';
    if (zulu && (sign === 'Z' || sign === 'z')) {
      this.at++;
      return this.set('offset', 0);
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
    return this.set('offset', sign === '+' ? seconds : -seconds + 0);
  }

  /** The relaxed form: space between any parts, `UTC` and `Z` for an offset. */
  private rfc3339(): boolean {
    const dated = RFC3339_DATE.every((item) => this.item(item));
    if (!dated) return false;
    const separator = this.text[this.at] ?? '';
    if (separator !== 'T' && separator !== 't' && separator !== ' ') return false;
    this.at++;
    if (!RFC3339_TIME.every((item) => this.item(item))) return false;
    this.skipSpace();
    if (asciiLower(this.text.slice(this.at, this.at + 3)) === 'utc') {
      this.at += 3;
      return this.set('offset', 0);
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
