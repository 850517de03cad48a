/**
 * Batches as lines of CSV, byte for byte as DataFusion 55 writes them (arrow-csv 59): floats as the ryu crate prints them, strings in quotes
 * where they hold the delimiter, a quote or a line end, nothing for a null. The kernel writes numbers, booleans and strings; other types come
 * as text from the caller.
 */
import type { DataType } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { bitmapBytes, type Column, type ColumnBatch, type Values } from './column.ts';
import { LOOP_ROWS } from './loop-rows.ts';
import { Kernel } from './wasm/kernel.ts';

/** The texts of the rows that are written, one after the other; of a row without a value anything. They need no quotes. */
export interface ReadyTexts {
  /** One more than rows. */
  readonly offsets: Int32Array;
  readonly data: Uint8Array;
}

/** Texts of the column at `at` of a batch, for the rows at `rows` or for all. */
export type OtherTexts = (column: Column, at: number, rows: Uint32Array | null) => ReadyTexts;

/** The kinds of kernel/write.ts. */
const Kind = {
  Nothing: 0,
  Boolean: 1,
  Safe: 2,
  Long: 3,
  UnsignedLong: 4,
  Int: 5,
  Short: 6,
  Byte: 7,
  UnsignedInt: 8,
  UnsignedShort: 9,
  UnsignedByte: 10,
  Double: 11,
  Float: 12,
  Text: 13,
  Ready: 14,
} as const;

/** The longest text of each kind that isn't a string. */
const LONGEST = [0, 5, 17, 20, 20, 11, 6, 4, 10, 5, 3, 24, 24, 0, 0];
const WORDS = 4;
/** Beside a kind: of the values only those that are written are there. */
const PICKED = 32;
/** Where one row in so many is written, picking values costs less than copying all. */
const SPARSE = 2;
/** What vector stores write behind the last byte. */
const OVERHANG = 64;

const STRINGS = new Set(['Utf8', 'LargeUtf8', 'Utf8View']);

/** The kind of columns that the kernel writes on its own; null for others. */
function kindOf(column: Column, type: DataType): number | null {
  switch (column.layout) {
    case 'null':
      return Kind.Nothing;
    case 'boolean':
      return Kind.Boolean;
    case 'string':
      return STRINGS.has(type.kind) ? Kind.Text : null;
    case 'numeric':
      switch (type.kind) {
        case 'Int64':
        case 'UInt64':
          if (column.values instanceof Float64Array) return Kind.Safe;
          return column.values instanceof BigInt64Array ? Kind.Long : Kind.UnsignedLong;
        case 'Int32':
          return Kind.Int;
        case 'Int16':
          return Kind.Short;
        case 'Int8':
          return Kind.Byte;
        case 'UInt32':
          return Kind.UnsignedInt;
        case 'UInt16':
          return Kind.UnsignedShort;
        case 'UInt8':
          return Kind.UnsignedByte;
        case 'Float64':
          return Kind.Double;
        case 'Float32':
          return Kind.Float;
        default:
          return null;
      }
    default:
      return null;
  }
}

/** Characters that numbers and words hold: a delimiter of this kind would take quotes around them. */
const IN_VALUES = /[-+.0-9a-zA-Z]/;

export class CsvRows {
  private readonly kernel = new Kernel();
  private readonly delimiter: number;
  private readonly base: number;

  /** `types`: those of the columns of every batch, as the schema has them but for dictionaries, which `other` is asked for. */
  constructor(
    private readonly types: readonly DataType[],
    private readonly other: OtherTexts,
    delimiter = ',',
  ) {
    if (!CsvRows.takes(delimiter)) {
      throw new DfxError('DEFECT', `fields between ${JSON.stringify(delimiter)}, which may stand in numbers`);
    }
    this.delimiter = delimiter.charCodeAt(0);
    this.base = this.kernel.mark;
  }

  /** Whether no number or word holds the delimiter. */
  static takes(delimiter: string): boolean {
    return delimiter.length === 1 && delimiter.charCodeAt(0) < 128 && !IN_VALUES.test(delimiter);
  }

  /** The lines of the rows at `rows`, in that order, or of all. The bytes are good until the next call. */
  encode(batch: ColumnBatch, rows: Uint32Array | null = null): Uint8Array {
    const { kernel, types } = this;
    const count = rows === null ? batch.length : rows.length;
    if (count === 0) return new Uint8Array(0);
    kernel.release(this.base);
    const width = batch.columns.length;
    const words = new Uint32Array(width * WORDS);
    let room = count * (width + 3) + OVERHANG;
    const sparse = rows !== null && count * SPARSE <= batch.length;
    batch.columns.forEach((column, at) => {
      const type = types[at] ?? column.type;
      const kind = kindOf(column, type) ?? Kind.Ready;
      words[at * WORDS] = kind;
      if (column.validity !== null) words[at * WORDS + 2] = this.copy(column.validity);
      room += count * (LONGEST[kind] ?? 0);
      if (kind === Kind.Ready || column.layout === 'string') {
        const texts = kind === Kind.Ready || column.layout !== 'string' ? this.other(column, at, rows) : column;
        const first = texts.offsets[0] ?? 0;
        const last = texts.offsets[kind === Kind.Ready ? count : batch.length] ?? 0;
        // The offsets of a slice count from the start of the text that it is cut from.
        words[at * WORDS + 1] = this.copy(texts.data.subarray(first, last)) - first;
        words[at * WORDS + 3] = this.copy(texts.offsets);
        room += this.textRoom(texts, kind, rows, batch.length);
      } else if (column.layout === 'boolean') {
        words[at * WORDS + 1] = this.copy(column.bits);
      } else if (column.layout === 'numeric') {
        words[at * WORDS + 1] = sparse ? this.pick(column.values, rows) : this.copy(column.values);
        if (sparse) words[at * WORDS] = kind | PICKED;
      }
    });
    const columns = this.copy(words);
    const picked = rows === null ? 0 : this.copy(rows);
    const out = kernel.reserve(room);
    const end = kernel.call.writeRows(columns, width, picked, count, this.delimiter, out);
    return kernel.bytes.subarray(out, end);
  }

  /** The most bytes that the texts take, quotes included. */
  private textRoom({ offsets }: ReadyTexts, kind: number, rows: Uint32Array | null, length: number): number {
    if (kind === Kind.Ready) return (offsets[offsets.length - 1] ?? 0) - (offsets[0] ?? 0);
    if (rows === null) return 2 * ((offsets[length] ?? 0) - (offsets[0] ?? 0)) + 2 * length;
    let bytes = 0;
    for (let from = 0; from < rows.length; from += LOOP_ROWS) {
      bytes += textBytes(offsets, rows, from, Math.min(from + LOOP_ROWS, rows.length));
    }
    return 2 * bytes + 2 * rows.length;
  }

  private copy(data: ArrayBufferView): number {
    const { kernel } = this;
    const at = kernel.reserve(data.byteLength);
    kernel.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    return at;
  }

  private pick(values: Values, rows: Uint32Array): number {
    const { kernel } = this;
    const { buffer, byteOffset, length } = values;
    const width = values.BYTES_PER_ELEMENT;
    const at = kernel.reserve(rows.length * width);
    const into = kernel.bytes.buffer;
    if (values instanceof Float64Array) {
      const picked = new Float64Array(into, at, rows.length);
      for (let from = 0; from < rows.length; from += LOOP_ROWS) {
        pickDoubles(values, rows, picked, from, Math.min(from + LOOP_ROWS, rows.length));
      }
      return at;
    }
    if (width === 8) pickPairs(new Int32Array(buffer, byteOffset, length * 2), rows, new Int32Array(into, at));
    else if (width === 4) pickWords(new Int32Array(buffer, byteOffset, length), rows, new Int32Array(into, at));
    else if (width === 2) pickWords(new Int16Array(buffer, byteOffset, length), rows, new Int16Array(into, at));
    else pickWords(new Int8Array(buffer, byteOffset, length), rows, new Int8Array(into, at));
    return at;
  }
}

function textBytes(offsets: Int32Array, rows: Uint32Array, from: number, to: number): number {
  let bytes = 0;
  for (let i = from; i < to; i++) {
    const row = rows[i] as number;
    bytes += (offsets[row + 1] as number) - (offsets[row] as number);
  }
  return bytes;
}

// The commonest case by itself: a loop over one kind of array is twice as fast.
function pickDoubles(values: Float64Array, rows: Uint32Array, picked: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; i++) picked[i] = values[rows[i] as number] as number;
}

function pickPairs(from: Int32Array, rows: Uint32Array, to: Int32Array): void {
  for (let i = 0; i < rows.length; i++) {
    const word = (rows[i] as number) * 2;
    to[i * 2] = from[word] as number;
    to[i * 2 + 1] = from[word + 1] as number;
  }
}

function pickWords<T extends Int32Array | Int16Array | Int8Array>(from: T, rows: Uint32Array, to: T): void {
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i] as number] as number;
}

let places = new Uint32Array(0);

/**
 * The rows whose bit is set, for `CsvRows.encode`; of those whose bit is set in `also`, too, where that is given. In memory that the next call
 * uses again.
 */
export function selectedRows(bits: Uint8Array, length: number, also: Uint8Array | null = null): Uint32Array {
  const bytes = new Uint8Array(bitmapBytes(length));
  bytes.set(bits.subarray(0, bytes.length));
  if (also !== null) keepBits(bytes, also);
  const rest = length & 7;
  if (rest !== 0) bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) & ((1 << rest) - 1);
  if (places.length < length) places = new Uint32Array(length);
  let count = 0;
  for (let from = 0; from < bytes.length; from += LOOP_ROWS / 8) {
    count = placesOfBits(bytes, places, count, from, Math.min(from + LOOP_ROWS / 8, bytes.length));
  }
  return places.subarray(0, count);
}

function keepBits(bytes: Uint8Array, also: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] as number) & (also[i] as number);
}

/** Of the bytes from `from` to `to`, behind the first `count`; gives how many there are then. */
function placesOfBits(bytes: Uint8Array, into: Uint32Array, count: number, from: number, to: number): number {
  let at = count;
  for (let i = from; i < to; i++) {
    for (let byte = bytes[i] as number; byte !== 0; byte &= byte - 1) {
      into[at++] = i * 8 + 31 - Math.clz32(byte & -byte);
    }
  }
  return at;
}

let texts: { readonly kernel: Kernel; readonly at: number } | null = null;
const bits = new DataView(new ArrayBuffer(8));

/** As arrow prints a 64-bit float: `1.0`, `0.00001`, `1e-6`, `1e16`, `NaN`, `-inf`. */
export function formatFloat64(value: number): string {
  bits.setFloat64(0, value);
  const { kernel, at } = oneText();
  return textAt(kernel, at, kernel.call.writeDouble(bits.getBigUint64(0), at));
}

/** As arrow prints a 32-bit float. */
export function formatFloat32(value: number): string {
  bits.setFloat32(0, value);
  const { kernel, at } = oneText();
  return textAt(kernel, at, kernel.call.writeFloat(bits.getUint32(0), at));
}

function oneText(): { readonly kernel: Kernel; readonly at: number } {
  if (texts === null) {
    const kernel = new Kernel();
    texts = { kernel, at: kernel.reserve(OVERHANG) };
  }
  return texts;
}

function textAt(kernel: Kernel, at: number, end: number): string {
  return String.fromCharCode(...kernel.bytes.subarray(at, end));
}
