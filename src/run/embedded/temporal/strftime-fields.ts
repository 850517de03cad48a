/** What a text said by the items of a format, and the date and time that it agrees on, as chrono 0.4's `Parsed` finds them. */
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
import type { LocalOffsets, Zone } from '../../../io/zone.ts';
import { isoWeek, isoYear, weekday } from './functions-part.ts';

/** The fields that items fill, by their places in an array. Weekdays count from Monday, 0. */
export const YEAR = 0;
export const YEAR_DIV_100 = 1;
export const YEAR_MOD_100 = 2;
export const ISO_YEAR = 3;
export const ISO_YEAR_MOD_100 = 4;
export const QUARTER = 5;
export const MONTH = 6;
export const WEEK_FROM_SUNDAY = 7;
export const WEEK_FROM_MONDAY = 8;
export const ISO_WEEK = 9;
export const WEEKDAY = 10;
export const ORDINAL = 11;
export const DAY = 12;
export const HALF_DAY = 13;
export const HOUR12 = 14;
export const MINUTE = 15;
export const SECOND = 16;
export const NANOSECOND = 17;
export const TIMESTAMP = 18;
export const OFFSET = 19;
const FIELD_COUNT = 20;

/** Why no date or time came out: some fields are missing, or they contradict each other or the calendar. */
type Problem = 'too few' | 'impossible';

export interface Moment {
  /** Local second since the epoch, and nanoseconds, 10^9 and more in a leap second. */
  readonly second: number;
  readonly nanos: number;
}

const date: CivilDate = { year: 0, month: 1, day: 1 };
const local: LocalOffsets = { count: 0, first: 0, second: 0 };

export class FormatFields {
  /** NaN for what wasn't read. */
  private readonly fields = new Float64Array(FIELD_COUNT).fill(Number.NaN);
  /** Whether a field was read that a date could contradict. */
  private checked = false;

  clear(): void {
    this.fields.fill(Number.NaN);
    this.checked = false;
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
  set(field: number, value: number): boolean {
    if (!this.has(field, value)) return false;
    this.fields[field] = value;
    // A year, a month, a day and a clock can't contradict each other.
    if (field < HALF_DAY && field !== YEAR && field !== MONTH && field !== DAY) this.checked = true;
    return true;
  }

  setHour(hour: number): boolean {
    return hour <= 23 && this.set(HALF_DAY, hour < 12 ? 0 : 1) && this.set(HOUR12, hour % 12);
  }
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function onCalendar(second: number): boolean {
  return second >= FIRST_SECOND && second <= LAST_SECOND;
}
