/** Dates and times written by the items of a format, as chrono 0.4 writes them. */
import {
  type CivilDate,
  daysFromCivil,
  putAscii,
  putDateTime,
  putDigits,
  putTwo,
  SECONDS_PER_DAY,
  setCivilDate,
} from '../../../io/temporal-text.ts';
import { offsetName } from '../../../io/zone.ts';
import { isoWeek, isoYear, weekday } from './functions-part.ts';
import { type Item, MONTHS, type NumericPart, type Pad, WEEKDAYS } from './strftime.ts';

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

const encoder = new TextEncoder();

/** Room that is enough for any item that is no literal. */
const ITEM_ROOM = 48;

interface Encoded {
  readonly item: Item;
  /** UTF-8 of a literal or of space. */
  readonly bytes: Uint8Array;
}

/** Writes values by the items of a format. */
export class ItemWriter {
  /** Bytes that a value never takes more of. */
  readonly room: number;
  private readonly items: readonly Encoded[];
  private readonly date: CivilDate = { year: 0, month: 1, day: 1 };
  private day = 0;
  private ofDay = 0;
  private second = 0;
  private nanos = 0;
  private offset = 0;

  constructor(items: readonly Item[]) {
    this.items = items.map((item) => ({ item, bytes: encoder.encode('text' in item ? item.text : '') }));
    this.room = this.items.reduce((sum, { bytes }) => sum + bytes.length + ITEM_ROOM, 0);
  }

  /** A local second of the calendar (or of a day), nanoseconds, and the seconds that it is ahead of UTC; gives the place behind. */
  put(out: Uint8Array, at: number, second: number, nanos: number, offset: number): number {
    this.second = second;
    this.nanos = nanos;
    this.offset = offset;
    this.day = Math.floor(second / SECONDS_PER_DAY);
    this.ofDay = second - this.day * SECONDS_PER_DAY;
    setCivilDate(this.date, this.day);
    let place = at;
    for (let i = 0; i < this.items.length; i++) {
      const encoded = this.items[i];
      if (encoded === undefined) continue;
      const { item, bytes } = encoded;
      if (item.kind === 'numeric') {
        place = this.numeric(out, place, item.part, item.pad);
      } else if (bytes.length > 0) {
        for (let k = 0; k < bytes.length; k++) out[place + k] = bytes[k] ?? 0;
        place += bytes.length;
      } else {
        place = this.other(out, place, item);
      }
    }
    return place;
  }

  private other(out: Uint8Array, at: number, item: Item): number {
    switch (item.kind) {
      case 'monthName':
        return putName(out, at, MONTHS[this.date.month - 1] ?? '', item.long);
      case 'weekdayName':
        return putName(out, at, WEEKDAYS[weekday(this.day)] ?? '', item.long);
      case 'halfDay': {
        const half = this.ofDay < 43_200 ? 'AM' : 'PM';
        return putAscii(out, at, item.upper ? half : half.toLowerCase());
      }
      case 'fraction':
        return this.fraction(out, at, item.digits, item.point);
      case 'zoneName':
        return putAscii(out, at, offsetName(this.offset));
      case 'offset':
        return this.offsetText(out, at, item.colons);
      case 'rfc3339':
        return this.offsetText(out, putDateTime(out, at, this.second, this.nanos), 1);
      default:
        return at;
    }
  }

  private ordinal(): number {
    return this.day - daysFromCivil(this.date.year, 1, 1) + 1;
  }

  private numeric(out: Uint8Array, at: number, part: NumericPart, pad: Pad): number {
    const { date, day, ofDay } = this;
    switch (part) {
      case 'year':
        return putYear(out, at, date.year, pad);
      case 'yearDiv100':
        return putByte(out, at, Math.floor(date.year / 100), pad);
      case 'yearMod100':
        return putByte(out, at, modulo(date.year, 100), pad);
      case 'isoYear':
        return putYear(out, at, isoYear(day), pad);
      case 'isoYearMod100':
        return putByte(out, at, modulo(isoYear(day), 100), pad);
      case 'quarter':
        return putDigits(out, at, Math.floor((date.month + 2) / 3), 1);
      case 'month':
        return putByte(out, at, date.month, pad);
      case 'day':
        return putByte(out, at, date.day, pad);
      case 'weekFromSunday':
        return putByte(out, at, Math.floor((this.ordinal() - ((weekday(day) + 1) % 7) + 6) / 7), pad);
      case 'weekFromMonday':
        return putByte(out, at, Math.floor((this.ordinal() - weekday(day) + 6) / 7), pad);
      case 'isoWeek':
        return putByte(out, at, isoWeek(day), pad);
      case 'daysFromSunday':
        return putDigits(out, at, (weekday(day) + 1) % 7, 1);
      case 'weekday':
        return putDigits(out, at, weekday(day) + 1, 1);
      case 'ordinal':
        return putPadded(out, at, this.ordinal(), 3, pad);
      case 'hour':
        return putByte(out, at, (ofDay / 3600) | 0, pad);
      case 'hour12':
        return putByte(out, at, ((ofDay / 3600) | 0) % 12 || 12, pad);
      case 'minute':
        return putByte(out, at, ((ofDay / 60) | 0) % 60, pad);
      case 'second':
        return putByte(out, at, ofDay % 60, pad);
      case 'nanosecond':
        return putPadded(out, at, this.nanos, 9, pad);
      case 'timestamp':
        return putPadded(out, at, this.second - this.offset, 9, pad);
    }
  }

  private fraction(out: Uint8Array, at: number, digits: 0 | 3 | 6 | 9, point: boolean): number {
    const { nanos } = this;
    if (digits === 0 && nanos === 0) return at;
    const width = digits !== 0 ? digits : nanos % 1_000_000 === 0 ? 3 : nanos % 1_000 === 0 ? 6 : 9;
    if (point) out[at] = 46;
    return putDigits(out, point ? at + 1 : at, Math.floor(nanos / 10 ** (9 - width)), width);
  }

  private offsetText(out: Uint8Array, at: number, colons: 0 | 1 | 2 | 3): number {
    const size = Math.abs(this.offset);
    out[at] = this.offset < 0 ? 45 : 43;
    if (colons === 3) return putTwo(out, at + 1, Math.floor(size / 3600));
    // Seconds are rounded to the minute where they aren't shown.
    const minutes = colons === 2 ? Math.floor(size / 60) : Math.floor((size + 30) / 60);
    let place = putTwo(out, at + 1, Math.floor(minutes / 60));
    if (colons !== 0) out[place++] = 58;
    place = putTwo(out, place, minutes % 60);
    if (colons !== 2) return place;
    out[place] = 58;
    return putTwo(out, place + 1, size % 60);
  }
}

function putName(out: Uint8Array, at: number, name: string, long: boolean): number {
  return putAscii(out, at, long ? name : name.slice(0, 3));
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** Two digits. chrono keeps these in a byte, and prints the tens as one character whatever they are. */
function putByte(out: Uint8Array, at: number, value: number, pad: Pad): number {
  const byte = value & 0xff;
  const tens = (byte / 10) | 0;
  let place = at;
  if (tens > 0 || pad === 'zero') out[place++] = 48 + tens;
  else if (pad === 'space') out[place++] = 32;
  out[place] = 48 + byte - tens * 10;
  return place + 1;
}

function putPadded(out: Uint8Array, at: number, value: number, width: number, pad: Pad): number {
  if (pad === 'space') return putAscii(out, at, String(value).padStart(width, ' '));
  if (value >= 0) return putDigits(out, at, value, pad === 'zero' ? width : 1);
  out[at] = 45;
  return putDigits(out, at + 1, -value, pad === 'zero' ? width - 1 : 1);
}

function putYear(out: Uint8Array, at: number, value: number, pad: Pad): number {
  if (value >= 0 && value < 10_000) return putPadded(out, at, value, 4, pad);
  const sign = value < 0 ? '-' : '+';
  const size = String(Math.abs(value));
  if (pad === 'none') return putAscii(out, at, `${sign}${size}`);
  return putAscii(out, at, pad === 'zero' ? `${sign}${size.padStart(4, '0')}` : `${sign}${size}`.padStart(5, ' '));
}
