/** `round` and `trunc` of integers and floats, with decimal places or without; those of decimals are in math-decimal.ts. */
import { compactInt64, expandInt64, isValid, type Values } from '../../../io/column.ts';
import { DfxError } from '../../../wire/errors.ts';
import { newValues, nullColumn } from '../build.ts';
import { type Node, plainValue } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo, isNullConstant, nullInstead } from '../simplify.ts';
import {
  FLOAT64,
  INT32,
  INT64,
  type IntegerKind,
  integerRange,
  isDecimal,
  isFloat,
  isInteger,
  isNumeric,
} from '../types.ts';
import { bothValid, isNullScalar, numeric, type Vector } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import { roundedDecimal, truncatedDecimal } from './math-decimal.ts';
import { oneOf, settleNaNs, twoOf } from './math-float.ts';

interface Parted {
  readonly value: Node;
  readonly places: Node | null;
}

function argumentsOf(name: string, args: readonly Node[]): Parted {
  const [value, places, ...others] = args;
  if (value === undefined || others.length > 0) throw new Refusal(name, 'takes one or two arguments');
  if (value.type.kind !== 'Null' && !isNumeric(value.type.kind) && !isDecimal(value.type)) {
    throw new Refusal(name, `isn't supported for ${value.type.kind}`);
  }
  if (places !== undefined && places.type.kind !== 'Null' && !isInteger(places.type.kind)) {
    throw new Refusal(name, `takes integers as decimal places, found ${places.type.kind}`);
  }
  return { value, places: places ?? null };
}

function bindRound(args: readonly Node[]): Node {
  const { value, places: given } = argumentsOf('round', args);
  const places = given === null ? null : castTo(given, INT32);
  if (value.type.kind === 'Null') return nullInstead('round', FLOAT64, places === null ? [value] : [value, places]);
  if (isDecimal(value.type)) return roundedDecimal(value, value.type, places);
  const { type } = value;
  if (isNullConstant(value) || (places !== null && isNullConstant(places))) return nullInstead('round', type, args);
  if (isInteger(type.kind)) {
    const { kind } = type;
    const fixed = places === null ? 0 : plainValue(places);
    if (places === null || (typeof fixed === 'number' && fixed >= 0)) return value;
    const evaluate = twoOf((x, y, length) => roundIntegers(kind, x, y, length));
    return callNode({ name: 'round', type, args: [value, places], mayFail: true, evaluate });
  }
  const width = type.kind === 'Float32' ? 'Float32' : 'Float64';
  return callNode({
    name: 'round',
    type,
    args: places === null ? [value] : [value, places],
    mayFail: false,
    evaluate: ([x, y], length) => {
      if (x === undefined) throw new DfxError('DEFECT', 'round without its argument');
      return scaledFloats(width, x, y ?? ZERO_PLACES, length, roundFactor, nearest);
    },
  });
}

const ZERO_PLACES: Vector = {
  column: { layout: 'numeric', type: INT32, length: 1, validity: null, values: new Int32Array(1) },
  scalar: true,
};

function bindTrunc(args: readonly Node[]): Node {
  const { value: given, places: givenPlaces } = argumentsOf('trunc', args);
  const places = givenPlaces === null ? null : castTo(givenPlaces, INT64);
  if (given.type.kind === 'Null') {
    if (!isNullConstant(given) || (places !== null && places.op !== 'constant')) {
      throw new Refusal('trunc', 'of a column of nulls');
    }
    return nullInstead('trunc', FLOAT64, args);
  }
  if (isDecimal(given.type)) return truncatedDecimal(given, given.type, places);
  const value = isFloat(given.type.kind) ? given : castTo(given, FLOAT64);
  const { type } = value;
  if (isNullConstant(value) || (places !== null && isNullConstant(places))) return nullInstead('trunc', type, args);
  const width = type.kind === 'Float32' ? 'Float32' : 'Float64';
  if (places === null) {
    return callNode({ name: 'trunc', type, args: [value], mayFail: false, evaluate: oneOf((x) => cut(width, x)) });
  }
  return callNode({
    name: 'trunc',
    type,
    args: [value, places],
    mayFail: false,
    evaluate: twoOf((x, y, length) => scaledFloats(width, x, y, length, truncFactor, Math.trunc)),
  });
}

type Width = 'Float32' | 'Float64';

/** A column's zeros lose their sign, a literal's keeps it. */
function cut(width: Width, { column, scalar }: Vector): Vector {
  const { values, length, validity, type } = numeric(column);
  const out = newValues(width, length);
  for (let i = 0; i < length; i++) {
    const value = Number(values[i]);
    out[i] = value === 0 && !scalar ? 0 : Math.trunc(value);
  }
  settleNaNs(values, false, out, false);
  return { column: { layout: 'numeric', type, length, validity, values: out }, scalar };
}

/** Ties go away from zero; a difference of less than 2^53 is exact. */
function nearest(value: number): number {
  const whole = Math.trunc(value);
  const rest = value - whole;
  return rest >= 0.5 ? whole + 1 : rest <= -0.5 ? whole - 1 : whole;
}

/** `powi` of Rust's compiler library: by squaring, in the width, and the reciprocal of it for negative exponents. */
function powerOfTen(exponent: number, width: Width): number {
  const fit = width === 'Float32' ? Math.fround : (value: number): number => value;
  let base = 10;
  let product = 1;
  for (let rest = Math.abs(exponent); ; ) {
    if (rest % 2 === 1) product = fit(product * base);
    rest = Math.floor(rest / 2);
    if (rest === 0) break;
    base = fit(base * base);
  }
  return exponent < 0 ? fit(1 / product) : product;
}

function roundFactor(places: number | bigint, width: Width): number {
  const factor = powerOfTen(Number(places), 'Float64');
  return width === 'Float32' ? Math.fround(factor) : factor;
}

/** Decimal places are cut to 32 bits. */
function truncFactor(places: number | bigint, width: Width): number {
  return powerOfTen(Number(BigInt.asIntN(32, BigInt(places))), width);
}

/** `whole(value * factor) / factor`, each step rounded to the width. */
function scaledFloats(
  width: Width,
  x: Vector,
  places: Vector,
  length: number,
  factorOf: (places: number | bigint, width: Width) => number,
  whole: (value: number) => number,
): Vector {
  const { type, values } = numeric(x.column);
  if (isNullScalar(x) || isNullScalar(places)) return { column: nullColumn(type, 1), scalar: true };
  const scalar = x.scalar && places.scalar;
  const rows = scalar ? 1 : length;
  const validity = scalar ? null : bothValid(x, places);
  const counts = numeric(places.column).values;
  const out = newValues(width, rows);
  const single = width === 'Float32';
  const factors = new Map<number | bigint, number>();
  let last: number | bigint = counts[0] ?? 0;
  let factor = rows === 0 ? 1 : factorOf(last, width);
  for (let row = 0; row < rows; row++) {
    if (!places.scalar) {
      const count = counts[row] ?? 0;
      if (count !== last) {
        factors.set(last, factor);
        factor = factors.get(count) ?? factorOf(count, width);
        last = count;
      }
    }
    const value = Number(values[x.scalar ? 0 : row]);
    const product = single ? Math.fround(value * factor) : value * factor;
    out[row] = whole(product) / factor;
  }
  settleNaNs(values, x.scalar, out, true);
  return { column: { layout: 'numeric', type, length: rows, validity, values: out }, scalar };
}

function overflow(kind: IntegerKind): DfxError {
  return new DfxError('EXECUTION', `Compute error: Overflow while rounding ${kind}`);
}

function roundIntegers(kind: IntegerKind, x: Vector, places: Vector, length: number): Vector {
  const { type, values } = numeric(x.column);
  if (isNullScalar(x) || isNullScalar(places)) return { column: nullColumn(type, 1), scalar: true };
  const scalar = x.scalar && places.scalar;
  const rows = scalar ? 1 : length;
  const validity = scalar ? null : bothValid(x, places);
  const counts = numeric(places.column).values;
  const big = values instanceof BigInt64Array || values instanceof BigUint64Array;
  const out =
    (big ? null : roundSafely(kind, values, x, counts, places, rows)) ??
    roundExactly(kind === 'UInt64' ? kind : 'Int64', values, x, counts, places, rows);
  return { column: { layout: 'numeric', type, length: rows, validity, values: out }, scalar };
}

/** 10^n with n digits cut off, or null where the type has no such power: everything rounds to 0. */
function unitOf(count: number, high: bigint): bigint | null {
  if (count < -20) return null;
  const unit = 10n ** BigInt(-count);
  return unit > high ? null : unit;
}

/** In doubles. Null where a 64-bit result is beyond 2^53. */
function roundSafely(
  kind: IntegerKind,
  values: Values,
  x: Vector,
  counts: Values,
  places: Vector,
  rows: number,
): Values | null {
  const { low, high } = integerRange(kind);
  const [least, most] = [Number(low), Number(high)];
  const wide = kind === 'Int64' || kind === 'UInt64';
  const out = newValues(kind, rows);
  const units = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    const i = x.scalar ? 0 : row;
    const j = places.scalar ? 0 : row;
    const value = Number(values[i]);
    const count = Number(counts[j]);
    if (count >= 0 || value === 0) {
      out[row] = value;
      continue;
    }
    let unit = units.get(count);
    if (unit === undefined) {
      unit = Number(unitOf(count, high) ?? Infinity);
      units.set(count, unit);
    }
    if (unit === Infinity) continue;
    const rest = value % unit;
    const result = value - rest + (rest >= unit / 2 ? unit : rest <= -unit / 2 ? -unit : 0);
    if (wide && Math.abs(result) > Number.MAX_SAFE_INTEGER) return null;
    if ((result < least || result > most) && isValid(x.column, i) && isValid(places.column, j)) throw overflow(kind);
    out[row] = result;
  }
  return out;
}

function roundExactly(
  kind: 'Int64' | 'UInt64',
  given: Values,
  x: Vector,
  counts: Values,
  places: Vector,
  rows: number,
): Values {
  const { low, high } = integerRange(kind);
  const values = expandInt64(given, kind);
  const out = kind === 'UInt64' ? new BigUint64Array(rows) : new BigInt64Array(rows);
  for (let row = 0; row < rows; row++) {
    const i = x.scalar ? 0 : row;
    const j = places.scalar ? 0 : row;
    const value = values[i] ?? 0n;
    const count = Number(counts[j]);
    const unit = count >= 0 ? 1n : unitOf(count, high);
    if (unit === null) continue;
    const rest = value % unit;
    const half = unit / 2n;
    const up = unit > 1n && rest >= half;
    const result = value - rest + (up ? unit : unit > 1n && rest <= -half ? -unit : 0n);
    if (result < low || result > high) {
      if (isValid(x.column, i) && isValid(places.column, j)) throw overflow(kind);
      continue;
    }
    out[row] = result;
  }
  return compactInt64(out);
}

export const ROUNDING_FUNCTIONS: readonly ScalarFunction[] = [
  { name: 'round', bind: bindRound },
  { name: 'trunc', bind: bindTrunc },
];
