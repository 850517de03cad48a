/**
 * Columns in memory: typed arrays and packed bitmaps, laid out as Arrow lays them out, so that batches come from a file and
 * go to a file without a copy.
 *
 * `validity` is a bitmap, least significant bit first, 1 for a value; null where every row has one. Slots without a value
 * hold zero, or for integers any value of the type.
 *
 * 64-bit integers have two representations: `Float64Array` where every slot (nulls included) is a safe integer and never
 * -0, else `BigInt64Array` or `BigUint64Array`. BigInt arithmetic is some fifty times slower, and few columns need it. Decimals
 * hold their unscaled integers likewise: `Float64Array` of safe integers, else an array of bigints.
 */
import type { DataType, Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import type { RowsBefore, Split, SplitReader } from './split.ts';

export type NumberValues =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Float32Array
  | Float64Array;
export type Values = NumberValues | BigInt64Array | BigUint64Array;

interface ColumnBase {
  readonly type: DataType;
  readonly length: number;
  readonly validity: Uint8Array | null;
}

/**
 * Integers and floats; Float16 as `Float32Array`; Date32, Time32 and Interval(YearMonth) as `Int32Array`; Date64, Time64, Timestamp
 * and Duration as 64-bit integers in one of their two representations.
 */
export interface NumericColumn extends ColumnBase {
  readonly layout: 'numeric';
  readonly values: Values;
}

/** One bit a row, packed like the validity. */
export interface BooleanColumn extends ColumnBase {
  readonly layout: 'boolean';
  readonly bits: Uint8Array;
}

/**
 * Row i is `data[offsets[i], offsets[i + 1])`: UTF-8 for Utf8, LargeUtf8 and Utf8View; bytes for Binary, LargeBinary, BinaryView and
 * FixedSizeBinary. The first offset of a slice need not be 0.
 */
export interface StringColumn extends ColumnBase {
  readonly layout: 'string';
  readonly offsets: Int32Array;
  readonly data: Uint8Array;
}

/** A column of the type Null. */
export interface NullColumn extends ColumnBase {
  readonly layout: 'null';
}

/** Decimal32, 64, 128 and 256: the unscaled integers, all of them safe ones in a `Float64Array` (never -0), else bigints. */
export interface DecimalColumn extends ColumnBase {
  readonly layout: 'decimal';
  readonly values: Float64Array | readonly bigint[];
}

/**
 * Interval(DayTime) and Interval(MonthDayNano). `rest` is milliseconds of DayTime and nanoseconds of MonthDayNano, as 64-bit integers
 * in one of their two representations; DayTime has zeros for months. Interval(YearMonth) is `numeric`.
 */
export interface IntervalColumn extends ColumnBase {
  readonly layout: 'interval';
  readonly months: Int32Array;
  readonly days: Int32Array;
  readonly rest: Float64Array | BigInt64Array;
}

/** List, LargeList, FixedSizeList, ListView, LargeListView and Map: row i is `item[offsets[i], offsets[i + 1])`; a map's items are structs. */
export interface ListColumn extends ColumnBase {
  readonly layout: 'list';
  readonly offsets: Int32Array;
  readonly item: Column;
}

/** Every child has the rows of the struct. */
export interface StructColumn extends ColumnBase {
  readonly layout: 'struct';
  readonly children: readonly Column[];
}

/** Row i is `values[indices[i]]`; the index of a row without a value is 0. */
export interface DictionaryColumn extends ColumnBase {
  readonly layout: 'dictionary';
  readonly indices: Int32Array;
  readonly values: Column;
}

/** Sparse or dense: row i is `children[k][offsets[i]]`, k the place of the field whose id is `typeIds[i]`. It has no validity of its own. */
export interface UnionColumn extends ColumnBase {
  readonly layout: 'union';
  readonly typeIds: Int8Array;
  readonly offsets: Int32Array;
  readonly children: readonly Column[];
}

export type Column =
  | NumericColumn
  | BooleanColumn
  | StringColumn
  | NullColumn
  | DecimalColumn
  | IntervalColumn
  | ListColumn
  | StructColumn
  | DictionaryColumn
  | UnionColumn;

export interface ColumnBatch {
  readonly length: number;
  /** In the order in which the columns were asked for. */
  readonly columns: readonly Column[];
}

/** What a reader may make use of. */
export interface ReadHints {
  /** Columns that nobody computes with: their 64-bit integers may come as they lie in the file. */
  readonly stored?: ReadonlySet<number>;
  /** Rows of a batch, where nothing depends on them: larger ones than BATCH_ROWS cost less a row. */
  readonly batchRows?: number;
}

export interface InputTable {
  readonly schema: Schema;
  /** The parts that workers may read on their own, in file order; `whole` alone where the input comes in one piece. */
  splits(): readonly Split[];
  /**
   * The rows of `split` with the columns at `indices` only. A column whose type can't be read is refused by name (`UNSUPPORTED`) at the
   * call, before any row. `before`: what of the input lies before the split, where that is known.
   */
  read(indices: readonly number[], split: Split, before?: RowsBefore, hints?: ReadHints): SplitReader;
}

export function bitmapBytes(length: number): number {
  return (length + 7) >> 3;
}

export function getBit(bits: Uint8Array, index: number): boolean {
  return (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}

export function setBit(bits: Uint8Array, index: number): void {
  bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
}

export function isValid(column: Column, row: number): boolean {
  return column.layout !== 'null' && (column.validity === null || getBit(column.validity, row));
}

/** Bits `[start, start + length)` of `bits` as a bitmap of their own, unused bits of the last byte cleared. */
export function sliceBits(bits: Uint8Array, start: number, length: number): Uint8Array {
  const out = new Uint8Array(bitmapBytes(length));
  const first = start >> 3;
  const shift = start & 7;
  if (shift === 0) {
    out.set(bits.subarray(first, first + out.length));
  } else {
    for (let i = 0; i < out.length; i++) {
      out[i] = ((bits[first + i] ?? 0) >> shift) | ((bits[first + i + 1] ?? 0) << (8 - shift));
    }
  }
  const rest = length & 7;
  if (rest !== 0) out[out.length - 1] = (out[out.length - 1] ?? 0) & ((1 << rest) - 1);
  return out;
}

const BYTE_ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) ones++;
  return ones;
});

/** How many of the first `length` bits are 1. */
export function countBits(bits: Uint8Array, length: number): number {
  const whole = length >> 3;
  let ones = 0;
  for (let i = 0; i < whole; i++) ones += BYTE_ONES[bits[i] ?? 0] ?? 0;
  const rest = length & 7;
  if (rest !== 0) ones += BYTE_ONES[(bits[whole] ?? 0) & ((1 << rest) - 1)] ?? 0;
  return ones;
}

/** The bitmap with `length` ones, unused bits cleared. */
export function onesBitmap(length: number): Uint8Array {
  const bits = new Uint8Array(bitmapBytes(length)).fill(0xff);
  const rest = length & 7;
  if (rest !== 0) bits[bits.length - 1] = (1 << rest) - 1;
  return bits;
}

/** The same bitmap, or null where it has only ones. */
export function withoutFullBitmap(bits: Uint8Array, length: number): Uint8Array | null {
  return countBits(bits, length) === length ? null : bits;
}

const LOW_LIMIT = -(2 ** 21);
const HIGH_LIMIT = 2 ** 21;

/**
 * 64-bit integers as doubles where all of them are safe integers, else as they are. `words` are little-endian pairs.
 * Reads the two halves, so that no BigInt is made.
 */
export function compactInt64(values: BigInt64Array | BigUint64Array): Float64Array | BigInt64Array | BigUint64Array {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  const out = new Float64Array(values.length);
  const limit = values instanceof BigInt64Array ? LOW_LIMIT : 0;
  for (let i = 0, w = 0; i < out.length; i++, w += 2) {
    const low = (words[w] ?? 0) >>> 0;
    const high = words[w + 1] ?? 0;
    if (high < limit || high >= HIGH_LIMIT || (high === LOW_LIMIT && low === 0)) return values;
    out[i] = high * 4294967296 + low;
  }
  return out;
}

/** 64-bit integers as BigInts, whatever their representation. */
export function expandInt64(values: Values, kind: 'Int64' | 'UInt64'): BigInt64Array | BigUint64Array {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return values;
  const out = kind === 'Int64' ? new BigInt64Array(values.length) : new BigUint64Array(values.length);
  const words = new Int32Array(out.buffer);
  for (let i = 0, w = 0; i < values.length; i++, w += 2) {
    const value = values[i] ?? 0;
    // Safe integers only: the high half is exact, and ToInt32 of the value is its low half.
    words[w] = value | 0;
    words[w + 1] = Math.floor(value / 4294967296);
  }
  return out;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * What a row shows as in JavaScript: null, boolean, number, bigint (integers beyond 2^53) or string. A decimal shows its unscaled
 * integer, a dictionary the value that it stands for. Intervals, bytes and nested values have no such form: DEFECT.
 */
export function valueAt(column: Column, row: number): null | boolean | number | bigint | string {
  if (!isValid(column, row)) return null;
  switch (column.layout) {
    case 'null':
      return null;
    case 'boolean':
      return getBit(column.bits, row);
    case 'numeric': {
      const value = column.values[row] ?? 0;
      if (typeof value === 'bigint' && value >= -9007199254740991n && value <= 9007199254740991n) return Number(value);
      return value;
    }
    case 'string':
      return decoder.decode(column.data.subarray(column.offsets[row] ?? 0, column.offsets[row + 1] ?? 0));
    case 'decimal':
      return column.values[row] ?? 0;
    case 'dictionary':
      return valueAt(column.values, column.indices[row] ?? 0);
    default:
      throw new DfxError('DEFECT', `a value of type ${column.type.kind} where a plain one was due`);
  }
}
