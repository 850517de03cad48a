/** Dates and times written by the items of a format, as chrono 0.4 writes them. */
import {
  type CivilDate,
  dateTimeText,
  daysFromCivil,
  SECONDS_PER_DAY,
  setCivilDate,
} from '../../../io/temporal-text.ts';
import { isoWeek, isoYear, weekday } from './functions-part.ts';
import { type Item, MONTHS, type NumericPart, type Pad, WEEKDAYS } from './strftime.ts';
import { offsetName } from './zone.ts';

/** What a value has to be written. */
export interface Written {
  readonly date: boolean;
  readonly time: boolean;
  readonly offset: boolean;
}

const NEEDS_TIME = new Set<NumericPart>(['hour', 'hour12', 'minute', 'second', 'nanosecond', 'timestamp']);

/** The name of the first item that such a value can't be written by, null where it can. */
export function unwritable(items: readonly Item[], has: Written): string | null {
  for (const item of items) {
    if (item.kind === 'error') return 'an unknown specifier';
    if (item.kind === 'numeric') {
      const fits = NEEDS_TIME.has(item.part) ? has.time && (item.part !== 'timestamp' || has.date) : has.date;
      if (!fits) return item.part;
    }
    if ((item.kind === 'monthName' || item.kind === 'weekdayName') && !has.date) return item.kind;
    if ((item.kind === 'halfDay' || item.kind === 'fraction') && !has.time) return item.kind;
    if (item.kind === 'offset' && (!has.offset || item.permissive)) return 'an offset';
    if ((item.kind === 'zoneName' || item.kind === 'rfc3339') && !has.offset) return 'a time zone';
  }
  return null;
}

/** A local second of the calendar (or of a day), nanoseconds, and the seconds that it is ahead of UTC. */
export class ItemWriter {
  private readonly date: CivilDate = { year: 0, month: 1, day: 1 };
  private day = 0;
  private ofDay = 0;
  private second = 0;
  private nanos = 0;
  private offset = 0;

  constructor(private readonly items: readonly Item[]) {}

  write(second: number, nanos: number, offset: number): string {
    this.second = second;
    this.nanos = nanos;
    this.offset = offset;
    this.day = Math.floor(second / SECONDS_PER_DAY);
    this.ofDay = second - this.day * SECONDS_PER_DAY;
    setCivilDate(this.date, this.day);
    let text = '';
    for (const item of this.items) text += this.item(item);
    return text;
  }

  private item(item: Item): string {
    switch (item.kind) {
      case 'literal':
      case 'space':
        return item.text;
      case 'numeric':
        return this.numeric(item.part, item.pad);
      case 'monthName':
        return shortened(MONTHS[this.date.month - 1] ?? '', item.long);
      case 'weekdayName':
        return shortened(WEEKDAYS[weekday(this.day)] ?? '', item.long);
      case 'halfDay': {
        const half = this.ofDay < 43_200 ? 'AM' : 'PM';
        return item.upper ? half : half.toLowerCase();
      }
      case 'fraction':
        return this.fraction(item.digits, item.point);
      case 'zoneName':
        return offsetName(this.offset);
      case 'offset':
        return this.offsetText(item.colons);
      case 'rfc3339':
        return `${dateTimeText(this.second, this.nanos)}${this.offsetText(1)}`;
      case 'error':
        return '';
    }
  }

  private numeric(part: NumericPart, pad: Pad): string {
    const { date, day, ofDay } = this;
    const ordinal = (): number => day - daysFromCivil(date.year, 1, 1) + 1;
    switch (part) {
      case 'year':
        return year(date.year, pad);
      case 'yearDiv100':
        return two(Math.floor(date.year / 100), pad);
      case 'yearMod100':
        return two(modulo(date.year, 100), pad);
      case 'isoYear':
        return year(isoYear(day), pad);
      case 'isoYearMod100':
        return two(modulo(isoYear(day), 100), pad);
      case 'quarter':
        return String(Math.floor((date.month + 2) / 3));
      case 'month':
        return two(date.month, pad);
      case 'day':
        return two(date.day, pad);
      case 'weekFromSunday':
        return two(Math.floor((ordinal() - ((weekday(day) + 1) % 7) + 6) / 7), pad);
      case 'weekFromMonday':
        return two(Math.floor((ordinal() - weekday(day) + 6) / 7), pad);
      case 'isoWeek':
        return two(isoWeek(day), pad);
      case 'daysFromSunday':
        return String((weekday(day) + 1) % 7);
      case 'weekday':
        return String(weekday(day) + 1);
      case 'ordinal':
        return padded(ordinal(), 3, pad);
      case 'hour':
        return two(Math.floor(ofDay / 3600), pad);
      case 'hour12':
        return two(Math.floor(ofDay / 3600) % 12 || 12, pad);
      case 'minute':
        return two(Math.floor(ofDay / 60) % 60, pad);
      case 'second':
        return two(ofDay % 60, pad);
      case 'nanosecond':
        return padded(this.nanos, 9, pad);
      case 'timestamp':
        return padded(this.second - this.offset, 9, pad);
    }
  }

  private fraction(digits: 0 | 3 | 6 | 9, point: boolean): string {
    const all = String(this.nanos).padStart(9, '0');
    if (digits !== 0) return `${point ? '.' : ''}${all.slice(0, digits)}`;
    return this.nanos === 0 ? '' : `.${all.replace(/(?:000)+$/, '')}`;
  }

  private offsetText(colons: 0 | 1 | 2 | 3): string {
    const size = Math.abs(this.offset);
    const sign = this.offset < 0 ? '-' : '+';
    const digits = (value: number): string => String(value).padStart(2, '0');
    if (colons === 3) return `${sign}${digits(Math.floor(size / 3600))}`;
    // Seconds are rounded to the minute where they aren't shown.
    const minutes = colons === 2 ? Math.floor(size / 60) : Math.floor((size + 30) / 60);
    const parts = [
      digits(Math.floor(minutes / 60)),
      digits(minutes % 60),
      ...(colons === 2 ? [digits(size % 60)] : []),
    ];
    return `${sign}${parts.join(colons === 0 ? '' : ':')}`;
  }
}

function shortened(name: string, long: boolean): string {
  return long ? name : name.slice(0, 3);
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** chrono keeps these in a byte, and prints the tens as one character whatever they are. */
function two(value: number, pad: Pad): string {
  const byte = modulo(value, 256);
  const tens = Math.floor(byte / 10);
  const head = tens > 0 || pad === 'zero' ? String.fromCharCode(48 + tens) : pad === 'space' ? ' ' : '';
  return `${head}${byte % 10}`;
}

function padded(value: number, width: number, pad: Pad): string {
  if (pad === 'none') return String(value);
  if (pad === 'space') return String(value).padStart(width, ' ');
  return value < 0 ? `-${String(-value).padStart(width - 1, '0')}` : String(value).padStart(width, '0');
}

function year(value: number, pad: Pad): string {
  if (value >= 0 && value < 10_000) return padded(value, 4, pad);
  const sign = value < 0 ? '-' : '+';
  const size = String(Math.abs(value));
  if (pad === 'none') return `${sign}${size}`;
  return pad === 'zero' ? `${sign}${size.padStart(4, '0')}` : `${sign}${size}`.padStart(5, ' ');
}
