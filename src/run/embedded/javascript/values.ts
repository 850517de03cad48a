/**
 * Columns as a JavaScript UDF sees them, and its results as columns (docs/javascript-udfs.md): null, boolean, number, bigint (64-bit integers
 * beyond 2^53), string, `Uint8Array`, and a decimal as text. Dates and times are the integers that Arrow stores.
 */
import { bitmapBytes, type Column, getBit, isValid, setBit, valueAt, withoutFullBitmap } from '../../../io/column.ts';
import { decimalText } from '../../../wire/arrow/decimal-text.ts';
import { formatDataType } from '../../../wire/arrow/index.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { WrongValue } from './raised.ts';

export type RowValue = null | boolean | number | bigint | string | Uint8Array;

const encoder = new TextEncoder();

interface IntegerKind {
  readonly low: bigint;
  readonly high: bigint;
  /** The same bounds, no farther out than safe integers. */
  readonly least: number;
  readonly most: number;
  readonly array: 'Int8' | 'Int16' | 'Int32' | 'Uint8' | 'Uint16' | 'Uint32' | 'Int64' | 'Uint64';
}

function signed(bits: bigint, array: IntegerKind['array']): IntegerKind {
  return bounded(-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n, array);
}

function unsigned(bits: bigint, array: IntegerKind['array']): IntegerKind {
  return bounded(0n, (1n << bits) - 1n, array);
}

function bounded(low: bigint, high: bigint, array: IntegerKind['array']): IntegerKind {
  const least = Math.max(Number(low), Number.MIN_SAFE_INTEGER);
  return { low, high, least, most: Math.min(Number(high), Number.MAX_SAFE_INTEGER), array };
}

const INTEGERS = new Map<DataType['kind'], IntegerKind>([
  ['Int8', signed(8n, 'Int8')],
  ['Int16', signed(16n, 'Int16')],
  ['Int32', signed(32n, 'Int32')],
  ['Date32', signed(32n, 'Int32')],
  ['Time32', signed(32n, 'Int32')],
  ['Int64', signed(64n, 'Int64')],
  ['Date64', signed(64n, 'Int64')],
  ['Time64', signed(64n, 'Int64')],
  ['Timestamp', signed(64n, 'Int64')],
  ['Duration', signed(64n, 'Int64')],
  ['UInt8', unsigned(8n, 'Uint8')],
  ['UInt16', unsigned(16n, 'Uint16')],
  ['UInt32', unsigned(32n, 'Uint32')],
  ['UInt64', unsigned(64n, 'Uint64')],
]);
const FLOATS = new Set<DataType['kind']>(['Float32', 'Float64']);
const TEXTS = new Set<DataType['kind']>(['Utf8', 'LargeUtf8', 'Utf8View']);
const BYTES = new Set<DataType['kind']>(['Binary', 'LargeBinary', 'BinaryView']);
const DECIMALS = new Set<DataType['kind']>(['Decimal32', 'Decimal64', 'Decimal128', 'Decimal256']);

/** Whether arguments may have this type. */
export function isReadable({ kind }: DataType): boolean {
  return isWritable({ kind } as DataType) || DECIMALS.has(kind);
}

/** Whether results may have this type. */
export function isWritable({ kind }: DataType): boolean {
  return (
    kind === 'Null' ||
    kind === 'Boolean' ||
    INTEGERS.has(kind) ||
    FLOATS.has(kind) ||
    TEXTS.has(kind) ||
    BYTES.has(kind)
  );
}

/** One row. `column` has a readable type. */
export function rowValue(column: Column, row: number): RowValue {
  if (!isValid(column, row)) return null;
  switch (column.layout) {
    case 'string':
      if (BYTES.has(column.type.kind)) return column.data.slice(column.offsets[row], column.offsets[row + 1]);
      return valueAt(column, row);
    case 'decimal': {
      const scale = 'scale' in column.type ? column.type.scale : 0;
      return decimalText(BigInt(column.values[row] ?? 0), scale);
    }
    case 'boolean':
      return getBit(column.bits, row);
    default:
      return valueAt(column, row);
  }
}

/** A column of `type` from what a UDF gave for each row. Throws WrongValue naming the row. */
export function columnFrom(type: DataType, values: ArrayLike<unknown>): Column {
  const { length } = values;
  const valid = new Uint8Array(bitmapBytes(length));
  const each = (take: (value: NonNullable<unknown>, row: number) => boolean): void => {
    for (let row = 0; row < length; row++) {
      const value = values[row];
      if (value === null || value === undefined) continue;
      if (!take(value, row)) throw wrong(type, value, row);
      setBit(valid, row);
    }
  };
  const { kind } = type;
  if (kind === 'Null') {
    each(() => false);
    return { layout: 'null', type, length, validity: null };
  }
  if (kind === 'Boolean') {
    const bits = new Uint8Array(bitmapBytes(length));
    each((value, row) => {
      if (value === true) setBit(bits, row);
      return typeof value === 'boolean';
    });
    return { layout: 'boolean', type, length, validity: withoutFullBitmap(valid, length), bits };
  }
  if (FLOATS.has(kind)) {
    if (kind === 'Float64' && isFloat64Array(values)) {
      return { layout: 'numeric', type, length, validity: null, values: new Float64Array(values) };
    }
    const out = kind === 'Float32' ? new Float32Array(length) : new Float64Array(length);
    each((value, row) => {
      if (typeof value !== 'number') return false;
      out[row] = value;
      return true;
    });
    return { layout: 'numeric', type, length, validity: withoutFullBitmap(valid, length), values: out };
  }
  const integer = INTEGERS.get(kind);
  if (integer !== undefined) {
    const out = integerArray(integer, values, each);
    return { layout: 'numeric', type, length, validity: withoutFullBitmap(valid, length), values: out };
  }
  const pieces: Uint8Array[] = [];
  const offsets = new Int32Array(length + 1);
  let total = 0;
  for (let row = 0; row < length; row++) {
    const value = values[row];
    if (value !== null && value !== undefined) {
      const piece = TEXTS.has(kind) ? textBytes(value) : bytesOf(value);
      if (piece === null) throw wrong(type, value, row);
      setBit(valid, row);
      pieces.push(piece);
      total += piece.length;
      if (total > 0x7fff_ffff) throw new WrongValue('gave more than 2 GiB of text in one batch');
    }
    offsets[row + 1] = total;
  }
  const data = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    data.set(piece, at);
    at += piece.length;
  }
  return { layout: 'string', type, length, validity: withoutFullBitmap(valid, length), offsets, data };
}

type Each = (take: (value: NonNullable<unknown>, row: number) => boolean) => void;

function integerArray({ low, high, least, most, array }: IntegerKind, values: ArrayLike<unknown>, each: Each) {
  const { length } = values;
  const narrow = {
    Int8: Int8Array,
    Int16: Int16Array,
    Int32: Int32Array,
    Uint8: Uint8Array,
    Uint16: Uint16Array,
    Uint32: Uint32Array,
  };
  const wide = array === 'Int64' || array === 'Uint64';
  const out = wide ? new Float64Array(length) : new narrow[array](length);
  const large: { readonly row: number; readonly value: bigint }[] = [];
  each((value, row) => {
    if (typeof value === 'number') {
      if (!Number.isInteger(value) || value < least || value > most) return false;
      out[row] = value + 0; // never -0
      return true;
    }
    if (typeof value !== 'bigint' || value < low || value > high) return false;
    if (BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))) out[row] = Number(value);
    else large.push({ row, value });
    return true;
  });
  if (large.length === 0) return out;
  const whole = array === 'Int64' ? new BigInt64Array(length) : new BigUint64Array(length);
  for (let row = 0; row < length; row++) whole[row] = BigInt(out[row] ?? 0);
  for (const { row, value } of large) whole[row] = value;
  return whole;
}

/** Of whatever realm. */
function isFloat64Array(values: ArrayLike<unknown>): values is Float64Array {
  return Object.prototype.toString.call(values) === '[object Float64Array]';
}

/** Null for what is no well-formed text. */
function textBytes(value: NonNullable<unknown>): Uint8Array | null {
  if (typeof value !== 'string') return null;
  const bytes = encoder.encode(value);
  // TextEncoder writes U+FFFD for half of a surrogate pair: the text would not come back.
  return /[\uD800-\uDFFF]/u.test(value) ? null : bytes;
}

/** Bytes of another realm are no `Uint8Array` of ours. */
function bytesOf(value: NonNullable<unknown>): Uint8Array | null {
  if (!ArrayBuffer.isView(value)) return null;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
}

function wrong(type: DataType, value: NonNullable<unknown>, row: number): WrongValue {
  return new WrongValue(`gave ${described(value)}, expected ${formatDataType(type)}`, row);
}

function described(value: NonNullable<unknown>): string {
  switch (typeof value) {
    case 'string':
      return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
    case 'number':
    case 'boolean':
      return String(value);
    case 'bigint': {
      const text = String(value);
      return text.length > 40 ? `an integer of ${text.length} digits` : text;
    }
    case 'object':
      return isThenable(value) ? 'a promise' : 'an object';
    default:
      return `a ${typeof value}`;
  }
}

function isThenable(value: object): boolean {
  return Object.prototype.toString.call(value) === '[object Promise]';
}
