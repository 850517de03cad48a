/** Columns on the way through an expression: one value a row, or one value for all rows. */
import {
  type BooleanColumn,
  bitmapBytes,
  type Column,
  type DecimalColumn,
  getBit,
  isValid,
  type NumericColumn,
  onesBitmap,
  type StringColumn,
  setBit,
} from '../../io/column.ts';
import { DfxError } from '../../wire/errors.ts';
import type { Shape } from './kernels.ts';
import { BOOLEAN } from './types.ts';

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

function notDue(column: Column, due: string): DfxError {
  return new DfxError('DEFECT', `a ${column.type.kind} column where ${due} was due`);
}

export function numeric(column: Column): NumericColumn {
  if (column.layout !== 'numeric') throw notDue(column, 'a number');
  return column;
}

export function strings(column: Column): StringColumn {
  if (column.layout !== 'string') throw notDue(column, 'a text');
  return column;
}

export function decimal(column: Column): DecimalColumn {
  if (column.layout !== 'decimal') throw notDue(column, 'a decimal');
  return column;
}

export function booleanBits(column: Column): Uint8Array {
  if (column.layout === 'boolean') return column.bits;
  if (column.layout === 'null') return new Uint8Array(bitmapBytes(column.length));
  throw notDue(column, 'a boolean');
}

export function booleanColumn(bits: Uint8Array, length: number, validity: Uint8Array | null): BooleanColumn {
  return { layout: 'boolean', type: BOOLEAN, length, validity, bits };
}

/** The validity with a bit for every row; a Null column has none. */
export function validityBits(column: Column): Uint8Array {
  if (column.layout === 'null') return new Uint8Array(bitmapBytes(column.length));
  return column.validity ?? onesBitmap(column.length);
}

/** The validity with what a dictionary's or a union's values add to it: IS NULL looks at the value. */
export function logicalValidity(column: Column): Uint8Array {
  const bits = validityBits(column);
  if (column.layout === 'dictionary' && column.values.layout !== 'null' && column.values.validity === null) return bits;
  if (column.layout !== 'dictionary' && column.layout !== 'union') return bits;
  const out = new Uint8Array(bits.length);
  const ids = column.type.kind === 'Union' ? column.type.fields.map(({ id }) => id) : [];
  for (let i = 0; i < column.length; i++) {
    if (!getBit(bits, i)) continue;
    const value = column.layout === 'dictionary' ? column.values : column.children[ids.indexOf(column.typeIds[i] ?? 0)];
    const row = column.layout === 'dictionary' ? column.indices[i] : column.offsets[i];
    if (value !== undefined && isValid(value, row ?? 0)) setBit(out, i);
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
