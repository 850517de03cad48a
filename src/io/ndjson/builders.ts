/** Columns from JSON values, as arrow-json 59 decodes them: a value of another kind than its column's is an error, but for numbers in quotes. */
import { formatDataType } from '../../wire/arrow/type-text.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { bitmapBytes, type Column, setBit, withoutFullBitmap } from '../column.ts';
import { parseDouble, parseInteger, putParsed } from '../number-text.ts';
import {
  CLOSE_OBJECT,
  COMMA,
  eachItem,
  JsonFault,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  skipBlanks,
  skipColon,
  skipString,
  skipToValue,
  skipValue,
  stringBytes,
  stringText,
  unexpected,
} from './text.ts';

/** Takes one value a row; `finish` gives the column and starts anew. */
export interface JsonBuilder {
  addNull(): void;
  /** The value of JSON in bytes `[at, end)`, which is not null. */
  add(bytes: Buffer, at: number, end: number): void;
  finish(): Column;
}

/** Null where no builder makes columns of the type. */
export function jsonBuilder(type: DataType): JsonBuilder | null {
  switch (type.kind) {
    case 'Null':
      return new NullBuilder(type);
    case 'Boolean':
      return new BooleanBuilder(type);
    case 'Int64':
      return new Int64Builder(type);
    case 'Float64':
      return new Float64Builder(type);
    case 'Utf8':
    case 'LargeUtf8':
    case 'Utf8View':
      return new TextBuilder(type);
    case 'List': {
      const item = jsonBuilder(type.item.type);
      return item === null ? null : new ListBuilder(type, item);
    }
    case 'Struct': {
      const members = type.fields.map((field) => jsonBuilder(field.type));
      const known = members.filter((member) => member !== null);
      if (known.length < members.length) return null;
      return new StructBuilder(type, new ObjectReader(type.fields.map(({ name }) => name)), known);
    }
    default:
      return null;
  }
}

const NULL_WORD = 0x6e;

/** Adds the value in `[at, end)`, null or not. */
export function addValue(builder: JsonBuilder, bytes: Buffer, at: number, end: number): void {
  if (bytes[at] === NULL_WORD) builder.addNull();
  else builder.add(bytes, at, end);
}

function misfit(bytes: Uint8Array, at: number, end: number, type: DataType): JsonFault {
  const text = new TextDecoder().decode(bytes.subarray(at, Math.min(end, at + 60)));
  return new JsonFault(`${text}${end > at + 60 ? '…' : ''} is no ${formatDataType(type)}`, at);
}

/** Which rows have a value. */
class Validity {
  #bits = new Uint8Array(1024);
  #nulls = 0;
  length = 0;

  add(valid: boolean): void {
    if (this.length >> 3 >= this.#bits.length) this.#bits = grown(this.#bits);
    if (valid) setBit(this.#bits, this.length);
    else this.#nulls++;
    this.length++;
  }

  finish(): { readonly length: number; readonly validity: Uint8Array | null } {
    const { length } = this;
    const validity = this.#nulls === 0 ? null : withoutFullBitmap(this.#bits.slice(0, bitmapBytes(length)), length);
    this.#bits.fill(0);
    this.#nulls = 0;
    this.length = 0;
    return { length, validity };
  }
}

function grown(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length * 2);
  out.set(bytes);
  return out;
}

class NullBuilder implements JsonBuilder {
  #length = 0;

  constructor(readonly type: DataType) {}

  addNull(): void {
    this.#length++;
  }

  add(bytes: Buffer, at: number, end: number): void {
    throw misfit(bytes, at, end, this.type);
  }

  finish(): Column {
    const length = this.#length;
    this.#length = 0;
    return { layout: 'null', type: this.type, length, validity: null };
  }
}

class BooleanBuilder implements JsonBuilder {
  readonly #validity = new Validity();
  #bits = new Uint8Array(1024);

  constructor(readonly type: DataType) {}

  addNull(): void {
    this.#validity.add(false);
  }

  add(bytes: Buffer, at: number, end: number): void {
    const byte = bytes[at];
    if (byte !== 0x74 && byte !== 0x66) throw misfit(bytes, at, end, this.type);
    const row = this.#validity.length;
    while (row >> 3 >= this.#bits.length) this.#bits = grown(this.#bits);
    if (byte === 0x74) setBit(this.#bits, row);
    this.#validity.add(true);
  }

  finish(): Column {
    const { length, validity } = this.#validity.finish();
    const bits = new Uint8Array(bitmapBytes(length));
    bits.set(this.#bits.subarray(0, bits.length));
    this.#bits.fill(0);
    return { layout: 'boolean', type: this.type, length, validity, bits };
  }
}

const TWO_63 = 2 ** 63;

class Int64Builder implements JsonBuilder {
  readonly #validity = new Validity();
  #values = new Float64Array(8192);
  /** Once an integer is no safe one: all of them. */
  #wide: bigint[] | null = null;

  constructor(readonly type: DataType) {}

  addNull(): void {
    this.#push(0);
    this.#validity.add(false);
  }

  add(bytes: Buffer, at: number, end: number): void {
    const value = this.#read(bytes, at, end);
    if (value === undefined) throw misfit(bytes, at, end, this.type);
    this.#push(value);
    this.#validity.add(true);
  }

  /** arrow-json reads an integer, else the whole part of a float that fits, else the integer that a string is. */
  #read(bytes: Buffer, at: number, end: number): number | bigint | undefined {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      const text = stringBytes(bytes, at, end);
      return inRange(parseInteger(text, 0, text.length));
    }
    if (byte > NINE) return undefined;
    const whole = inRange(parseInteger(bytes, at, end));
    if (whole !== undefined) return whole;
    const float = numberAt(bytes, at, end);
    if (!(float >= -TWO_63 && float < TWO_63)) return undefined;
    const integer = Math.trunc(float);
    return Number.isSafeInteger(integer) ? integer + 0 : BigInt(integer);
  }

  #push(value: number | bigint): void {
    const row = this.#validity.length;
    if (this.#wide === null && typeof value === 'bigint') {
      this.#wide = Array.from(this.#values.subarray(0, row), BigInt);
    }
    if (this.#wide !== null) {
      this.#wide.push(BigInt(value));
      return;
    }
    if (row >= this.#values.length) {
      const more = new Float64Array(this.#values.length * 2);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[row] = Number(value);
  }

  finish(): Column {
    const { length, validity } = this.#validity.finish();
    const values = this.#wide === null ? this.#values.slice(0, length) : BigInt64Array.from(this.#wide);
    this.#wide = null;
    return { layout: 'numeric', type: this.type, length, validity, values };
  }
}

/** Digits and the sign stand before the letters, the quote before both. */
const NINE = 0x39;
const POWERS_OF_TEN = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/** The double that a number of JSON is, correctly rounded. */
function numberAt(bytes: Buffer, start: number, end: number): number {
  if (end - start <= 16) {
    // A mantissa of at most 15 digits and a power of ten up to 15 are exact doubles, so that one division rounds once.
    const negative = bytes[start] === 0x2d;
    let mantissa = 0;
    let scale = -1;
    let at = negative ? start + 1 : start;
    for (; at < end; at++) {
      const digit = (bytes[at] as number) - 0x30;
      if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
      else if (digit === -2) scale = end - at - 1;
      else break;
    }
    if (at === end && mantissa < 1e15) {
      const value = scale < 0 ? mantissa : mantissa / (POWERS_OF_TEN[scale] as number);
      return negative ? -value : value;
    }
  }
  return Number(bytes.toString('latin1', start, end));
}

function inRange(value: number | bigint | undefined): number | bigint | undefined {
  return typeof value === 'bigint' && BigInt.asIntN(64, value) !== value ? undefined : value;
}

class Float64Builder implements JsonBuilder {
  readonly #validity = new Validity();
  #values = new Float64Array(8192);

  constructor(readonly type: DataType) {}

  addNull(): void {
    this.#room()[this.#validity.length] = 0;
    this.#validity.add(false);
  }

  add(bytes: Buffer, at: number, end: number): void {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      const text = stringBytes(bytes, at, end);
      const value = parseDouble(text, 0, text.length);
      if (value === undefined) throw misfit(bytes, at, end, this.type);
      putParsed(this.#room(), this.#validity.length, value, text, 0);
    } else if (byte <= NINE) {
      this.#room()[this.#validity.length] = numberAt(bytes, at, end);
    } else {
      throw misfit(bytes, at, end, this.type);
    }
    this.#validity.add(true);
  }

  #room(): Float64Array {
    if (this.#validity.length >= this.#values.length) {
      const more = new Float64Array(this.#values.length * 2);
      more.set(this.#values);
      this.#values = more;
    }
    return this.#values;
  }

  finish(): Column {
    const { length, validity } = this.#validity.finish();
    return { layout: 'numeric', type: this.type, length, validity, values: this.#values.slice(0, length) };
  }
}

class TextBuilder implements JsonBuilder {
  readonly #validity = new Validity();
  #ends = new Int32Array(8192);
  #data = new Uint8Array(65536);
  #filled = 0;

  constructor(readonly type: DataType) {}

  addNull(): void {
    this.#end(false);
  }

  add(bytes: Buffer, at: number, end: number): void {
    if (bytes[at] !== QUOTE) throw misfit(bytes, at, end, this.type);
    const text = stringBytes(bytes, at, end);
    while (this.#filled + text.length > this.#data.length) this.#data = grown(this.#data);
    this.#data.set(text, this.#filled);
    this.#filled += text.length;
    this.#end(true);
  }

  #end(valid: boolean): void {
    const row = this.#validity.length;
    if (row >= this.#ends.length) {
      const more = new Int32Array(this.#ends.length * 2);
      more.set(this.#ends);
      this.#ends = more;
    }
    this.#ends[row] = this.#filled;
    this.#validity.add(valid);
  }

  finish(): Column {
    const { length, validity } = this.#validity.finish();
    const offsets = new Int32Array(length + 1);
    offsets.set(this.#ends.subarray(0, length), 1);
    const data = this.#data.slice(0, this.#filled);
    this.#filled = 0;
    return { layout: 'string', type: this.type, length, validity, offsets, data };
  }
}

class ListBuilder implements JsonBuilder {
  readonly #validity = new Validity();
  readonly #item: JsonBuilder;
  #ends: number[] = [];
  #items = 0;

  constructor(
    readonly type: DataType,
    item: JsonBuilder,
  ) {
    this.#item = item;
  }

  addNull(): void {
    this.#ends.push(this.#items);
    this.#validity.add(false);
  }

  add(bytes: Buffer, at: number, end: number): void {
    if (bytes[at] !== OPEN_LIST) throw misfit(bytes, at, end, this.type);
    eachItem(bytes, at, end, (item) => {
      const behind = skipValue(bytes, item, end);
      addValue(this.#item, bytes, item, behind);
      this.#items++;
      return behind;
    });
    this.#ends.push(this.#items);
    this.#validity.add(true);
  }

  finish(): Column {
    const { length, validity } = this.#validity.finish();
    const offsets = new Int32Array(length + 1);
    offsets.set(this.#ends, 1);
    this.#ends = [];
    this.#items = 0;
    return { layout: 'list', type: this.type, length, validity, offsets, item: this.#item.finish() };
  }
}

class StructBuilder implements JsonBuilder {
  readonly #validity = new Validity();
  readonly #reader: ObjectReader;
  readonly #members: readonly JsonBuilder[];

  constructor(
    readonly type: DataType,
    reader: ObjectReader,
    members: readonly JsonBuilder[],
  ) {
    this.#reader = reader;
    this.#members = members;
  }

  addNull(): void {
    for (const member of this.#members) member.addNull();
    this.#validity.add(false);
  }

  add(bytes: Buffer, at: number, end: number): void {
    if (bytes[at] !== OPEN_OBJECT) throw misfit(bytes, at, end, this.type);
    const { places, ends } = this.#reader;
    this.#reader.read(bytes, at, end);
    this.#members.forEach((member, i) => {
      const place = places[i] ?? -1;
      if (place < 0) member.addNull();
      else addValue(member, bytes, place, ends[i] ?? place);
    });
    this.#validity.add(true);
  }

  finish(): Column {
    const { length, validity } = this.#validity.finish();
    const children = this.#members.map((member) => member.finish());
    return { layout: 'struct', type: this.type, length, validity, children };
  }
}

/** Finds the values of the wanted keys of an object. Of entries with one key the last counts, as in arrow-json. */
export class ObjectReader {
  /** Where the value of each wanted key starts, and ends; -1: the object hasn't got it. */
  readonly places: Int32Array;
  readonly ends: Int32Array;
  readonly #slots: ReadonlyMap<string, number>;
  /** The keys of the objects before, by their place: most objects have the same. */
  readonly #seen: { readonly key: Uint8Array; readonly slot: number }[] = [];

  constructor(names: readonly string[]) {
    this.places = new Int32Array(names.length);
    this.ends = new Int32Array(names.length);
    this.#slots = new Map(names.map((name, slot) => [name, slot]));
  }

  /** Gives the place behind the object at `at`, all of which is checked. */
  read(bytes: Uint8Array, at: number, end: number): number {
    const { places, ends } = this;
    places.fill(-1);
    let next = skipBlanks(bytes, at + 1, end);
    if (next < end && bytes[next] === CLOSE_OBJECT) return next + 1;
    for (let ordinal = 0; ; ordinal++) {
      const seen = this.#seen[ordinal];
      let slot: number;
      if (seen !== undefined && startsWith(bytes, next, seen.key)) {
        slot = seen.slot;
        next = skipColon(bytes, next + seen.key.length, end);
      } else {
        const value = skipToValue(bytes, next, end);
        slot = this.#slotOf(bytes, next, end, ordinal);
        next = value;
      }
      const behind = skipValue(bytes, next, end);
      if (slot >= 0) {
        places[slot] = next;
        ends[slot] = behind;
      }
      next = skipBlanks(bytes, behind, end);
      if (next < end && bytes[next] === CLOSE_OBJECT) return next + 1;
      if (next >= end || bytes[next] !== COMMA) throw unexpected(bytes, next, end, '"," or "}"');
      next = skipBlanks(bytes, next + 1, end);
    }
  }

  #slotOf(bytes: Uint8Array, at: number, end: number, ordinal: number): number {
    const stop = skipString(bytes, at, end);
    const slot = this.#slots.get(stringText(bytes, at, stop)) ?? -1;
    // `slice` of a Buffer copies nothing.
    if (ordinal < MAX_SEEN) this.#seen[ordinal] = { key: new Uint8Array(bytes.subarray(at, stop)), slot };
    return slot;
  }
}

const MAX_SEEN = 1024;

/** A key with its closing quote is the start of no other. A quote is in no key, so that what is equal lies in one line. */
function startsWith(bytes: Uint8Array, at: number, key: Uint8Array): boolean {
  const size = key.length;
  for (let i = 0; i < size; i++) if (bytes[at + i] !== key[i]) return false;
  return true;
}
