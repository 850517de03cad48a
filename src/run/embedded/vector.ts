/** Columns on the way through an expression: one value a row, or one value for all rows. */
import {
  bitmapBytes,
  type Column,
  expandInt64,
  getBit,
  isValid,
  type NumericColumn,
  onesBitmap,
  setBit,
  type Values,
  withoutFullBitmap,
} from '../../io/column.ts';
import { DfxError } from '../../wire/errors.ts';
import { isFloat, isNumeric, isString, type Kind, type NumericKind } from './coerce.ts';
import type { Shape } from './kernels.ts';

export interface Vector {
  readonly column: Column;
  /** `column` has one row, which stands for every row of the batch. */
  readonly scalar: boolean;
}

/** The rows that an expression is evaluated on. */
export interface Rows {
  readonly length: number;
  column(index: number): Column;
}

export function shapeOf(left: Vector, right: Vector): Shape {
  return left.scalar ? (right.scalar ? 'ss' : 'sv') : right.scalar ? 'vs' : 'vv';
}

export function newValues(kind: NumericKind, length: number): Values {
  switch (kind) {
    case 'Int8':
      return new Int8Array(length);
    case 'Int16':
      return new Int16Array(length);
    case 'Int32':
      return new Int32Array(length);
    case 'UInt8':
      return new Uint8Array(length);
    case 'UInt16':
      return new Uint16Array(length);
    case 'UInt32':
      return new Uint32Array(length);
    case 'Float32':
      return new Float32Array(length);
    case 'Int64':
    case 'UInt64':
    case 'Float64':
      return new Float64Array(length);
  }
}

const encoder = new TextEncoder();

export type ConstantValue = null | boolean | number | bigint | string;

/** One row of `kind`. Numbers are taken as they are: the caller has checked the range. */
export function constantColumn(kind: Kind, value: ConstantValue): Column {
  const type = { kind };
  const validity = value === null ? new Uint8Array(1) : null;
  if (kind === 'Null') return { layout: 'null', type, length: 1, validity: null };
  if (kind === 'Boolean') {
    return { layout: 'boolean', type, length: 1, validity, bits: Uint8Array.of(value === true ? 1 : 0) };
  }
  if (isString(kind)) {
    const data = encoder.encode(typeof value === 'string' ? value : '');
    return { layout: 'string', type, length: 1, validity, offsets: Int32Array.of(0, data.length), data };
  }
  if (typeof value === 'bigint' && !Number.isSafeInteger(Number(value))) {
    const values = kind === 'UInt64' ? BigUint64Array.of(value) : BigInt64Array.of(value);
    return { layout: 'numeric', type, length: 1, validity, values };
  }
  const values = newValues(kind, 1);
  if (value !== null) values[0] = Number(value);
  return { layout: 'numeric', type, length: 1, validity, values };
}

/** All rows null. */
export function nullColumn(kind: Kind, length: number): Column {
  const type = { kind };
  if (kind === 'Null') return { layout: 'null', type, length, validity: null };
  const validity = new Uint8Array(bitmapBytes(length));
  if (kind === 'Boolean') return { layout: 'boolean', type, length, validity, bits: new Uint8Array(validity.length) };
  if (isString(kind)) {
    return { layout: 'string', type, length, validity, offsets: new Int32Array(length + 1), data: new Uint8Array(0) };
  }
  return { layout: 'numeric', type, length, validity, values: newValues(kind, length) };
}

export function isNullScalar(vector: Vector): boolean {
  return vector.scalar && !isValid(vector.column, 0);
}

/** The validity of a result that is null where an operand is. The operands that are scalars must not be null. */
export function bothValid(left: Vector, right: Vector): Uint8Array | null {
  const a = left.scalar ? null : left.column.validity;
  const b = right.scalar ? null : right.column.validity;
  if (a === null) return b;
  if (b === null) return a;
  const out = new Uint8Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = (a[i] ?? 0) & (b[i] ?? 0);
  return out;
}

export function numeric(column: Column): NumericColumn {
  if (column.layout !== 'numeric') throw new DfxError('DEFECT', `a ${column.type.kind} column where a number was due`);
  return column;
}

export function booleanBits(column: Column): Uint8Array {
  if (column.layout === 'boolean') return column.bits;
  if (column.layout === 'null') return new Uint8Array(bitmapBytes(column.length));
  throw new DfxError('DEFECT', `a ${column.type.kind} column where a boolean was due`);
}

/** The validity with a bit for every row; a Null column has none. */
export function validityBits(column: Column): Uint8Array {
  if (column.layout === 'null') return new Uint8Array(bitmapBytes(column.length));
  return column.validity ?? onesBitmap(column.length);
}

/** The vector as a column of `length` rows. */
export function materialize(vector: Vector, length: number): Column {
  if (!vector.scalar) return vector.column;
  return gather(vector.column, new Int32Array(length));
}

/** The rows of `column` at `indices`, in that order. */
export function gather(column: Column, indices: Int32Array): Column {
  const length = indices.length;
  const { type } = column;
  if (column.layout === 'null') return { layout: 'null', type, length, validity: null };
  const validity = column.validity === null ? null : gatherBits(column.validity, indices);
  switch (column.layout) {
    case 'boolean':
      return { layout: 'boolean', type, length, validity, bits: gatherBits(column.bits, indices) };
    case 'string': {
      const { offsets, data } = column;
      const out = new Int32Array(length + 1);
      let total = 0;
      for (let i = 0; i < length; i++) {
        const row = indices[i] ?? 0;
        total += (offsets[row + 1] ?? 0) - (offsets[row] ?? 0);
        out[i + 1] = total;
      }
      const text = new Uint8Array(total);
      for (let i = 0; i < length; i++) {
        const row = indices[i] ?? 0;
        text.set(data.subarray(offsets[row] ?? 0, offsets[row + 1] ?? 0), out[i] ?? 0);
      }
      return { layout: 'string', type, length, validity, offsets: out, data: text };
    }
    case 'numeric': {
      const { values } = column;
      if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
        const out = new BigInt64Array(length);
        const signed = new BigInt64Array(values.buffer, values.byteOffset, values.length);
        for (let i = 0; i < length; i++) out[i] = signed[indices[i] ?? 0] ?? 0n;
        return {
          layout: 'numeric',
          type,
          length,
          validity,
          values: values instanceof BigInt64Array ? out : new BigUint64Array(out.buffer),
        };
      }
      const out = newValues(kindOfColumn(column), length);
      copyRows(values, indices, out);
      return { layout: 'numeric', type, length, validity, values: out };
    }
    default:
      throw new DfxError('DEFECT', `rows of ${column.type.kind} to be gathered`);
  }
}

function kindOfColumn(column: NumericColumn): NumericKind {
  const { kind } = column.type;
  if (!isNumeric(kind)) throw new DfxError('DEFECT', `a numeric column of type ${kind}`);
  return kind;
}

/** Copies through integers of the same width, so that the bits of a NaN stay what they are. */
function copyRows(from: Values, indices: Int32Array, to: Values): void {
  if (from.BYTES_PER_ELEMENT === 8) {
    const source = new Int32Array(from.buffer, from.byteOffset, from.length * 2);
    const target = new Int32Array(to.buffer, to.byteOffset, to.length * 2);
    for (let i = 0; i < indices.length; i++) {
      const row = (indices[i] ?? 0) * 2;
      target[i * 2] = source[row] ?? 0;
      target[i * 2 + 1] = source[row + 1] ?? 0;
    }
    return;
  }
  const source = from instanceof Float32Array ? new Int32Array(from.buffer, from.byteOffset, from.length) : from;
  const target = to instanceof Float32Array ? new Int32Array(to.buffer, to.byteOffset, to.length) : to;
  for (let i = 0; i < indices.length; i++) target[i] = source[indices[i] ?? 0] ?? 0;
}

function gatherBits(bits: Uint8Array, indices: Int32Array): Uint8Array {
  const out = new Uint8Array(bitmapBytes(indices.length));
  for (let i = 0; i < indices.length; i++) if (getBit(bits, indices[i] ?? 0)) setBit(out, i);
  return out;
}

export interface Part {
  /** The rows of the result that this part fills, ascending. */
  readonly rows: Int32Array;
  readonly vector: Vector;
}

/** A column of `length` rows put together from parts; rows in no part are null. */
export function assemble(kind: Kind, length: number, parts: readonly Part[]): Column {
  if (kind === 'Null') return nullColumn('Null', length);
  // One column behind the other, then one gather: row `length of all parts` is the null.
  const starts: number[] = [];
  let total = 0;
  for (const { vector } of parts) {
    starts.push(total);
    total += vector.column.length;
  }
  const indices = new Int32Array(length).fill(total);
  parts.forEach(({ rows, vector }, part) => {
    const start = starts[part] ?? 0;
    for (let i = 0; i < rows.length; i++) indices[rows[i] ?? 0] = vector.scalar ? start : start + i;
  });
  const joined = gather(
    concatColumns(kind, [...parts.map(({ vector }) => vector.column), nullColumn(kind, 1)]),
    indices,
  );
  if (joined.layout === 'null' || joined.validity === null) return joined;
  return { ...joined, validity: withoutFullBitmap(joined.validity, length) };
}

export function concatColumns(kind: Kind, columns: readonly Column[]): Column {
  let length = 0;
  for (const column of columns) length += column.length;
  const type = { kind };
  if (kind === 'Null') return { layout: 'null', type, length, validity: null };
  const validity = columns.every((column) => column.layout !== 'null' && column.validity === null)
    ? null
    : joinBits(columns, length, validityBits);
  if (kind === 'Boolean') {
    return { layout: 'boolean', type, length, validity, bits: joinBits(columns, length, booleanBits) };
  }
  if (isString(kind)) {
    const offsets = new Int32Array(length + 1);
    let bytes = 0;
    let row = 0;
    const texts: Uint8Array[] = [];
    for (const column of columns) {
      const from = column.layout === 'string' ? (column.offsets[0] ?? 0) : 0;
      if (column.layout === 'string') {
        texts.push(column.data.subarray(from, column.offsets[column.length] ?? 0));
      }
      for (let i = 0; i < column.length; i++) {
        offsets[++row] = bytes + (column.layout === 'string' ? (column.offsets[i + 1] ?? 0) - from : 0);
      }
      bytes = offsets[row] ?? 0;
    }
    const data = new Uint8Array(bytes);
    let at = 0;
    for (const text of texts) {
      data.set(text, at);
      at += text.length;
    }
    return { layout: 'string', type, length, validity, offsets, data };
  }
  const wide = columns.some(
    (column) =>
      column.layout === 'numeric' &&
      (column.values instanceof BigInt64Array || column.values instanceof BigUint64Array),
  );
  const values = wide
    ? kind === 'UInt64'
      ? new BigUint64Array(length)
      : new BigInt64Array(length)
    : newValues(kind, length);
  let at = 0;
  for (const column of columns) {
    if (column.layout === 'numeric') {
      if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
        values.set(expandInt64(column.values, kind === 'UInt64' ? 'UInt64' : 'Int64'), at);
      } else {
        setBitwise(values, column.values, at, kind);
      }
    }
    at += column.length;
  }
  return { layout: 'numeric', type, length, validity, values };
}

function setBitwise(target: Values, source: Values, at: number, kind: NumericKind): void {
  if (!isFloat(kind)) {
    // Both sides hold the same kind of array here: 64-bit integers were widened by the caller.
    (target as Float64Array).set(source as Float64Array, at);
    return;
  }
  const bytes = new Uint8Array(target.buffer, target.byteOffset + at * target.BYTES_PER_ELEMENT);
  bytes.set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
}

function joinBits(columns: readonly Column[], length: number, bitsOf: (column: Column) => Uint8Array): Uint8Array {
  const out = new Uint8Array(bitmapBytes(length));
  let at = 0;
  for (const column of columns) {
    const bits = bitsOf(column);
    for (let i = 0; i < column.length; i++) if (getBit(bits, i)) setBit(out, at + i);
    at += column.length;
  }
  return out;
}

/** The rows whose bit is 1. */
export function rowsOf(bits: Uint8Array, length: number): Int32Array {
  const rows = new Int32Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) if (getBit(bits, i)) rows[count++] = i;
  return rows.subarray(0, count);
}

/** Some rows of a batch. Columns are gathered when they are asked for. */
export class SelectedRows implements Rows {
  private readonly columns = new Map<number, Column>();

  constructor(
    private readonly parent: Rows,
    private readonly rows: Int32Array,
  ) {}

  get length(): number {
    return this.rows.length;
  }

  column(index: number): Column {
    let column = this.columns.get(index);
    if (column === undefined) {
      column = gather(this.parent.column(index), this.rows);
      this.columns.set(index, column);
    }
    return column;
  }
}
