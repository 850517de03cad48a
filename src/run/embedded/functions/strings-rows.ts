/** Strings row by row, as bytes of UTF-8: reading arguments, and building results. */
import { isAscii as isAsciiBuffer } from 'node:buffer';
import { bitmapBytes, type Column, getBit, type StringColumn, withoutFullBitmap } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import type { Vector } from '../vector.ts';
import { MOST_BYTES, refuseTooLong } from './room.ts';

/** Row i of the batch is row `i * step` of the column: `step` is 0 for a scalar. */
export interface Texts {
  readonly data: Uint8Array;
  readonly offsets: Int32Array;
  readonly step: 0 | 1;
}

interface Numbers {
  /** Doubles: integers beyond 2^53 are rounded, which no position or count in a string can tell. */
  readonly values: ArrayLike<number>;
  readonly step: 0 | 1;
}

export function texts(vector: Vector | undefined): Texts {
  const column = vector?.column;
  if (vector === undefined || column?.layout !== 'string') {
    throw new DfxError('DEFECT', `a ${column?.type.kind ?? 'missing'} column where a string was due`);
  }
  return { data: column.data, offsets: column.offsets, step: vector.scalar ? 0 : 1 };
}

export function numbers(vector: Vector | undefined): Numbers {
  const column = vector?.column;
  if (vector === undefined || column?.layout !== 'numeric') {
    throw new DfxError('DEFECT', `a ${column?.type.kind ?? 'missing'} column where an integer was due`);
  }
  const { values } = column;
  const wide = values instanceof BigInt64Array || values instanceof BigUint64Array;
  return { values: wide ? Float64Array.from(values, Number) : values, step: vector.scalar ? 0 : 1 };
}

/** An integer as the engine's messages show it, with all its digits. */
export function integerText(vector: Vector | undefined, row: number): string {
  const column = vector?.column;
  return column?.layout === 'numeric' ? String(column.values[vector?.scalar === true ? 0 : row] ?? 0) : '';
}

/** Whether every argument is a scalar: the result is one too. */
function allScalar(args: readonly Vector[]): boolean {
  return args.every((arg) => arg.scalar);
}

/** How many rows to compute. */
export function rowCount(args: readonly Vector[], length: number): number {
  return allScalar(args) ? 1 : length;
}

/**
 * The validity of what is null where some argument is, over the rows to compute; `false` where a scalar argument is null and with it
 * every row.
 */
export function strictValidity(args: readonly Vector[]): Uint8Array | null | false {
  let out: Uint8Array | null = null;
  let owned = false;
  const single = allScalar(args);
  for (const { column, scalar } of args) {
    if (column.layout === 'null') return false;
    const { validity } = column;
    if (validity === null) continue;
    if (scalar) {
      if (!getBit(validity, 0)) return false;
      if (!single) continue;
    }
    if (out === null) {
      out = validity;
      continue;
    }
    if (!owned) {
      out = out.slice();
      owned = true;
    }
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) & (validity[i] ?? 0);
  }
  return out;
}

export function isSet(validity: Uint8Array | null, row: number): boolean {
  return validity === null || ((validity[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
}

/** The one null that stands for all rows. */
export function nullScalar(type: DataType): Vector {
  const base = { type, length: 1, validity: new Uint8Array(1) };
  switch (type.kind) {
    case 'Utf8':
    case 'LargeUtf8':
    case 'Utf8View':
    case 'Binary':
    case 'LargeBinary':
      return {
        column: { layout: 'string', ...base, offsets: new Int32Array(2), data: new Uint8Array(0) },
        scalar: true,
      };
    case 'Boolean':
      return { column: { layout: 'boolean', ...base, bits: new Uint8Array(1) }, scalar: true };
    case 'Int32':
      return { column: { layout: 'numeric', ...base, values: new Int32Array(1) }, scalar: true };
    case 'Int64':
      return { column: { layout: 'numeric', ...base, values: new Float64Array(1) }, scalar: true };
    default:
      throw new DfxError('DEFECT', `a null of type ${type.kind} from a string function`);
  }
}

/** Up to this, bytes are copied word by word: it beats making a view of the source. */
const SHORT = 64;

const NOTHING = new Uint8Array(0);

/** A string column in the making. Rows are ended in order; a null is an empty row. */
export class TextBuilder {
  data: Uint8Array;
  /** Bytes written. */
  at = 0;
  readonly offsets: Int32Array;
  private row = 0;
  private words: DataView<ArrayBufferLike>;
  private source: Uint8Array = NOTHING;
  private sourceWords: DataView<ArrayBufferLike> = new DataView(NOTHING.buffer);

  constructor(
    readonly rows: number,
    expectedBytes: number,
  ) {
    this.data = new Uint8Array(Math.max(16, expectedBytes));
    this.words = new DataView(this.data.buffer);
    this.offsets = new Int32Array(rows + 1);
  }

  /** Makes room for `count` more bytes, at `data[at]`. */
  reserve(count: number): void {
    if (this.at + count > this.data.length) this.grow(this.at + count);
  }

  private grow(needed: number): void {
    refuseTooLong(needed);
    const grown = new Uint8Array(Math.min(MOST_BYTES, Math.max(needed, this.data.length * 2)));
    grown.set(this.data.subarray(0, this.at));
    this.data = grown;
    this.words = new DataView(grown.buffer);
  }

  copy(source: Uint8Array, from: number, to: number): void {
    const count = to - from;
    if (count <= 0) return;
    this.reserve(count);
    let { at } = this;
    this.at = at + count;
    if (count > SHORT) {
      this.data.set(source.subarray(from, to), at);
      return;
    }
    let i = from;
    if (count >= 4) {
      if (this.source !== source) {
        this.source = source;
        this.sourceWords = new DataView(source.buffer, source.byteOffset, source.byteLength);
      }
      const { words, sourceWords } = this;
      for (; i + 4 <= to; i += 4, at += 4) words.setInt32(at, sourceWords.getInt32(i, true), true);
    }
    const { data } = this;
    while (i < to) data[at++] = source[i++] ?? 0;
  }

  /** The same bytes so many times. */
  copies(source: Uint8Array, from: number, to: number, count: number): void {
    const size = (to - from) * count;
    if (size <= 0) return;
    this.reserve(size);
    const start = this.at;
    this.copy(source, from, to);
    // Doubles what is there, as long as all of it fits.
    while (this.at - start < size)
      this.copy(this.data, start, start + Math.min(this.at - start, size - (this.at - start)));
  }

  byte(value: number): void {
    this.reserve(1);
    this.data[this.at++] = value;
  }

  /** The UTF-8 of one code point. */
  point(point: number): void {
    this.reserve(4);
    this.at = writePoint(this.data, this.at, point);
  }

  end(): void {
    this.offsets[++this.row] = this.at;
  }

  column(type: DataType, validity: Uint8Array | null): StringColumn {
    const data = this.data.subarray(0, this.at);
    return { layout: 'string', type, length: this.rows, validity, offsets: this.offsets, data };
  }
}

export function writePoint(data: Uint8Array, at: number, point: number): number {
  let next = at;
  if (point < 0x80) {
    data[next++] = point;
  } else if (point < 0x800) {
    data[next++] = 0xc0 | (point >> 6);
    data[next++] = 0x80 | (point & 0x3f);
  } else if (point < 0x10000) {
    data[next++] = 0xe0 | (point >> 12);
    data[next++] = 0x80 | ((point >> 6) & 0x3f);
    data[next++] = 0x80 | (point & 0x3f);
  } else {
    data[next++] = 0xf0 | (point >> 18);
    data[next++] = 0x80 | ((point >> 12) & 0x3f);
    data[next++] = 0x80 | ((point >> 6) & 0x3f);
    data[next++] = 0x80 | (point & 0x3f);
  }
  return next;
}

/** The bytes of the character that starts with this byte. */
export function widthOf(first: number): number {
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** The code point at `at`. */
export function pointAt(data: Uint8Array, at: number): number {
  const first = data[at] ?? 0;
  if (first < 0x80) return first;
  const second = (data[at + 1] ?? 0) & 0x3f;
  if (first < 0xe0) return ((first & 0x1f) << 6) | second;
  const third = (data[at + 2] ?? 0) & 0x3f;
  if (first < 0xf0) return ((first & 0x0f) << 12) | (second << 6) | third;
  return ((first & 0x07) << 18) | (second << 12) | (third << 6) | ((data[at + 3] ?? 0) & 0x3f);
}

export function charCount(data: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (((data[i] ?? 0) & 0xc0) !== 0x80) count++;
  return count;
}

/** Where the character `count` after `from` starts, `to` at most. */
export function skipChars(data: Uint8Array, from: number, to: number, count: number): number {
  if (count >= to - from) {
    // As many characters as bytes, or more: only a count of 0 stays put.
    return count <= 0 ? from : to;
  }
  let at = from;
  for (let left = count; left > 0 && at < to; left--) at += widthOf(data[at] ?? 0);
  return at;
}

/** Where the last `count` characters before `to` start, `from` at least. */
export function skipCharsBack(data: Uint8Array, from: number, to: number, count: number): number {
  if (count >= to - from) return from;
  let at = to;
  for (let left = count; left > 0 && at > from; left--) {
    at--;
    while (at > from && ((data[at] ?? 0) & 0xc0) === 0x80) at--;
  }
  return at;
}

export function isAscii(data: Uint8Array, from: number, to: number): boolean {
  let i = from;
  // Node looks at many bytes at once; calling it takes some time.
  if (to - from >= 512) return isAsciiBuffer(data.subarray(from, to));
  if (to - from >= 32) {
    // Words from where the memory is aligned for them.
    while (((data.byteOffset + i) & 3) !== 0) if ((data[i++] ?? 0) >= 0x80) return false;
    const words = new Int32Array(data.buffer, data.byteOffset + i, (to - i) >> 2);
    let any = 0;
    for (let w = 0; w < words.length; w++) any |= words[w] ?? 0;
    if ((any & 0x80808080) !== 0) return false;
    i += words.length * 4;
  }
  for (; i < to; i++) if ((data[i] ?? 0) >= 0x80) return false;
  return true;
}

/** Where `needle` is first found in `data[from, to)`, -1 where it isn't. An empty needle is found at once. */
export function find(
  data: Uint8Array,
  from: number,
  to: number,
  needle: Uint8Array,
  start: number,
  end: number,
): number {
  const size = end - start;
  if (size === 0) return from;
  const first = needle[start] ?? 0;
  const last = to - size;
  for (let at = from; at <= last; at++) {
    if (data[at] !== first) continue;
    let k = 1;
    while (k < size && data[at + k] === needle[start + k]) k++;
    if (k === size) return at;
  }
  return -1;
}

/** Where `needle` is last found in `data[from, to)`, -1 where it isn't. */
export function findLast(
  data: Uint8Array,
  from: number,
  to: number,
  needle: Uint8Array,
  start: number,
  end: number,
): number {
  const size = end - start;
  for (let at = to - size; at >= from; at--) {
    let k = 0;
    while (k < size && data[at + k] === needle[start + k]) k++;
    if (k === size) return at;
  }
  return -1;
}

export function sameBytes(a: Uint8Array, from: number, to: number, b: Uint8Array, start: number, end: number): boolean {
  if (to - from !== end - start) return false;
  for (let i = from, j = start; i < to; i++, j++) if (a[i] !== b[j]) return false;
  return true;
}

/** A result that rests on the validity of its arguments. */
export function finished(column: Column, args: readonly Vector[]): Vector {
  return { column, scalar: allScalar(args) };
}

export function newBits(rows: number): Uint8Array {
  return new Uint8Array(bitmapBytes(rows));
}

/** `validity` without the rows of `nulls`, or null where every row has a value. */
export function dropRows(validity: Uint8Array | null, nulls: readonly number[], rows: number): Uint8Array | null {
  if (nulls.length === 0) return validity;
  const bits = validity === null ? new Uint8Array(bitmapBytes(rows)).fill(0xff) : validity.slice();
  const rest = rows & 7;
  if (rest !== 0 && bits.length > 0) bits[bits.length - 1] = (bits[bits.length - 1] ?? 0) & ((1 << rest) - 1);
  for (const row of nulls) bits[row >> 3] = (bits[row >> 3] ?? 0) & ~(1 << (row & 7));
  return withoutFullBitmap(bits, rows);
}
