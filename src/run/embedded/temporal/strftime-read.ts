/** Text read by the items of a format, as chrono 0.4 reads it. */

import type { Zone } from '../../../io/zone.ts';
import { type Item, MONTHS, type NumericPart, WEEKDAYS } from './strftime.ts';
import {
  DAY,
  FormatFields,
  HALF_DAY,
  HOUR12,
  ISO_WEEK,
  ISO_YEAR,
  ISO_YEAR_MOD_100,
  MINUTE,
  MONTH,
  type Moment,
  NANOSECOND,
  OFFSET,
  ORDINAL,
  QUARTER,
  SECOND,
  TIMESTAMP,
  WEEK_FROM_MONDAY,
  WEEK_FROM_SUNDAY,
  WEEKDAY,
  YEAR,
  YEAR_DIV_100,
  YEAR_MOD_100,
} from './strftime-fields.ts';

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

export class FormatReader {
  private readonly fields = new FormatFields();
  private text = '';
  private at = 0;

  constructor(private readonly items: readonly Item[]) {}

  /** Whether the whole text is what the items say. */
  read(text: string): boolean {
    this.fields.clear();
    this.text = text;
    this.at = 0;
    return this.all(this.items) && this.at === text.length;
  }

  /** The instant in UTC of what was read; null where the text doesn't tell one. */
  instant(zone: Zone | null): Moment | null {
    return this.fields.instant(zone);
  }

  /** The time of day; null for none. */
  time(): Moment | null {
    return this.fields.time();
  }

  private all(items: readonly Item[]): boolean {
    for (const item of items) if (!this.item(item)) return false;
    return true;
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
        return month >= 0 && this.fields.set(MONTH, month + 1);
      }
      case 'weekdayName': {
        const day = this.name(WEEKDAYS, item.long);
        return day >= 0 && this.fields.set(WEEKDAY, day);
      }
      case 'halfDay': {
        const half = this.text.slice(this.at, this.at + 2).toLowerCase();
        if (half !== 'am' && half !== 'pm') return false;
        this.at += 2;
        return this.fields.set(HALF_DAY, half === 'pm' ? 1 : 0);
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
        return this.fields.setHour(this.digits(1, 2));
      case 'hour12': {
        const hour = this.digits(1, 2);
        return hour >= 1 && hour <= 12 && this.fields.set(HOUR12, hour % 12);
      }
      case 'daysFromSunday': {
        const day = this.digits(1, 1);
        return day <= 6 && this.fields.set(WEEKDAY, (day + 6) % 7);
      }
      case 'weekday': {
        const day = this.digits(1, 1);
        return day >= 1 && day <= 7 && this.fields.set(WEEKDAY, day - 1);
      }
      default: {
        const number = NUMBERS[part];
        const signed = part === 'year' || part === 'isoYear' ? this.sign() : 0;
        const read = this.digits(1, signed === 0 ? number[3] : Number.MAX_SAFE_INTEGER);
        const value = signed < 0 ? -read + 0 : read;
        return value >= number[1] && value <= number[2] && this.fields.set(number[0], value);
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
    return this.fields.set(NANOSECOND, nanos);
  }

  private offset(zulu: boolean, missingMinutes: boolean): boolean {
    const sign = this.text[this.at] ?? '';
    if (zulu && (sign === 'Z' || sign === 'z')) {
      this.at++;
      return this.fields.set(OFFSET, 0);
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
    return this.fields.set(OFFSET, sign === '+' ? seconds : -seconds + 0);
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
      return this.fields.set(OFFSET, 0);
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
