/** CAST and TRY_CAST between integers, floats and booleans, as arrow-cast 59 does them for DataFusion 55. */

import { arrowFloatText, debugFloat32Text } from '../../../expr/number-text.ts';
import {
  type BooleanColumn,
  bitmapBytes,
  type Column,
  getBit,
  isValid,
  type NumericColumn,
  setBit,
  type Values,
} from '../../../io/column.ts';
import { DfxError } from '../../../wire/errors.ts';
import { newValues } from '../build.ts';
import {
  type FloatKind,
  type IntegerKind,
  integerRange,
  isFloat,
  isInteger,
  isNumeric,
  type NumericKind,
} from '../types.ts';
import { booleanColumn } from '../vector.ts';
import { type CastFamily, Failing } from './define.ts';
import { IntegerSink } from './integer-sink.ts';

export const NUMERIC_CASTS: CastFamily = {
  can: (from, to) => isNumberLike(from.kind) && isNumberLike(to.kind),
  mayFail: (from, to) => {
    if (from.kind === 'Boolean' || !isInteger(to.kind)) return false;
    if (!isInteger(from.kind)) return true;
    const source = integerRange(from.kind);
    const target = integerRange(to.kind);
    return source.low < target.low || source.high > target.high;
  },
  cast: (column, { kind }, safe) => {
    if (column.layout === 'boolean' && (kind === 'Float16' || isNumeric(kind))) return booleanToNumber(column, kind);
    if (column.layout === 'numeric') {
      if (kind === 'Boolean') return numberToBoolean(column);
      if (isFloat(kind)) return numberToFloat(column, kind);
      if (kind === 'Float16') return numberToHalf(column);
      if (isInteger(kind)) return numberToInteger(column, kind, safe);
    }
    throw new DfxError('DEFECT', `a cast from ${column.type.kind} to ${kind}`);
  },
};

function isNumberLike(kind: string): boolean {
  return kind === 'Boolean' || kind === 'Float16' || isNumeric(kind);
}

function booleanToNumber(column: BooleanColumn, kind: 'Float16' | NumericKind): Column {
  const { length, validity } = column;
  const values = newValues(kind, length);
  for (let i = 0; i < length; i++) values[i] = getBit(column.bits, i) ? 1 : 0;
  return { layout: 'numeric', type: { kind }, length, validity, values };
}

function numberToBoolean({ length, validity, values }: NumericColumn): Column {
  const bits = new Uint8Array(bitmapBytes(length));
  // Loose equality: a number or a bigint. A NaN isn't zero.
  // biome-ignore lint/suspicious/noDoubleEquals: 0 == 0n
  for (let i = 0; i < length; i++) if (!(values[i] == 0)) setBit(bits, i);
  return booleanColumn(bits, length, validity);
}

function numberToFloat(column: NumericColumn, kind: FloatKind): Column {
  const { length, validity, values } = column;
  const from = column.type.kind;
  // Safe integers are the same doubles.
  if (kind === 'Float64' && isInteger(from) && values instanceof Float64Array) return { ...column, type: { kind } };
  const out = newValues(kind, length);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    for (let i = 0; i < length; i++) {
      const value = values[i] ?? 0n;
      out[i] = kind === 'Float64' ? Number(value) : bigToFloat32(value);
    }
  } else {
    for (let i = 0; i < length; i++) out[i] = values[i] ?? 0;
    if (isAnyFloat(from)) keepNaNSigns(values, out);
  }
  return { layout: 'numeric', type: { kind }, length, validity, values: out };
}

function isAnyFloat(kind: string): boolean {
  return kind === 'Float16' || isFloat(kind);
}

/** By way of a Float32, as the `half` crate converts every number. */
function numberToHalf(column: NumericColumn): Column {
  const single = numberToFloat(column, 'Float32');
  if (single.layout !== 'numeric') throw new DfxError('DEFECT', 'a float without numbers');
  const values = single.values.slice() as Float32Array;
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (!Number.isFinite(value) || value === 0) continue;
    const exponent = Math.max((((words[i] ?? 0) >>> 23) & 0xff) - 127, -14);
    const unit = 2 ** (exponent - 10);
    const whole = Math.floor(value / unit);
    const rest = value / unit - whole;
    const rounded = (rest > 0.5 || (rest === 0.5 && whole % 2 !== 0) ? whole + 1 : whole) * unit;
    values[i] = Math.abs(rounded) > 65504 ? Math.sign(value) * Infinity : rounded === 0 ? 0 * value : rounded;
  }
  return { ...single, type: { kind: 'Float16' }, values };
}

/** Rounds once: bits below the 53 of a double are folded into its last one, where they can't change which float is nearer. */
function bigToFloat32(value: bigint): number {
  const negative = value < 0n;
  const magnitude = negative ? -value : value;
  if (magnitude <= 9007199254740992n) return Math.fround(Number(value));
  const high = magnitude >> 11n;
  const sticky = (magnitude & 0x7ffn) === 0n ? high : high | 1n;
  const rounded = Math.fround(Number(sticky) * 2048);
  return negative ? -rounded : rounded;
}

function keepNaNSigns(from: Values, to: Values): void {
  const source = new DataView(from.buffer, from.byteOffset, from.byteLength);
  const target = new DataView(to.buffer, to.byteOffset, to.byteLength);
  const signAt = (row: number, size: number): number => row * size + size - 1;
  for (let i = 0; i < to.length; i++) {
    if (!Number.isNaN(to[i])) continue;
    const sign = source.getUint8(signAt(i, from.BYTES_PER_ELEMENT)) & 0x80;
    const at = signAt(i, to.BYTES_PER_ELEMENT);
    target.setUint8(at, (target.getUint8(at) & 0x7f) | sign);
  }
}

/** Floats without their fractions. Null where one isn't a safe integer of the kind, or no number. */
function truncated(values: Float64Array | Float32Array, kind: IntegerKind, length: number): Values | null {
  const { low, high } = integerRange(kind);
  const least = Math.max(Number(low), -Number.MAX_SAFE_INTEGER);
  const most = Math.min(Number(high), Number.MAX_SAFE_INTEGER);
  const out = newValues(kind, length);
  let fits = true;
  for (let i = 0; i < length; i++) {
    const value = Math.trunc(values[i] ?? 0) + 0;
    fits = fits && value >= least && value <= most;
    out[i] = value;
  }
  return fits ? out : null;
}

function numberToInteger(column: NumericColumn, kind: IntegerKind, safe: boolean): Column {
  const { length, values } = column;
  const from = column.type.kind;
  if (isAnyFloat(from) && (values instanceof Float64Array || values instanceof Float32Array)) {
    const whole = truncated(values, kind, length);
    if (whole !== null) return { layout: 'numeric', type: { kind }, length, validity: column.validity, values: whole };
  }
  const sink = new IntegerSink(kind, length);
  const failing = new Failing(
    column,
    safe,
    (row) => `Can't cast value ${debugNumber(from, values[row] ?? 0)} to type ${kind}`,
  );
  const fromFloat = isAnyFloat(from);
  for (let i = 0; i < length; i++) {
    if (!isValid(column, i)) continue;
    let value = values[i] ?? 0;
    if (fromFloat && typeof value === 'number') {
      if (!Number.isFinite(value)) {
        failing.fail(i);
        continue;
      }
      value = Math.trunc(value) + 0;
    }
    if (!sink.put(i, value)) failing.fail(i);
  }
  return { layout: 'numeric', type: { kind }, length, validity: failing.validity(), values: sink.values() };
}

/** As Rust's `{:?}` prints a number. */
function debugNumber(kind: string, value: number | bigint): string {
  if (!isAnyFloat(kind)) return String(value);
  return kind === 'Float64' ? arrowFloatText(Number(value), 64) : debugFloat32Text(Number(value));
}
