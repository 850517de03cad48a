/** `floor`, `ceil`, `round` and `trunc` of decimals, on their unscaled integers (datafusion-functions 55.2, `math/decimal.rs` and on). */
import { type DecimalColumn, isValid } from '../../../io/column.ts';
import { DfxError } from '../../../wire/errors.ts';
import { compactDecimals, nullColumn } from '../build.ts';
import { decimalType, maxPrecision, nativeBits } from '../decimal/types.ts';
import { type Node, plainValue } from '../nodes.ts';
import { callNode, isNullConstant, nullInstead } from '../simplify.ts';
import type { DecimalType } from '../types.ts';
import { bothValid, decimal, isNullScalar, numeric, type Vector } from '../vector.ts';
import { oneOf, twoOf } from './math-float.ts';

function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

/** To the next whole number: beyond the precision, it's an error. */
export function wholeDecimal(name: 'floor' | 'ceil', argument: Node, type: DecimalType): Node {
  const { precision, scale } = type;
  if (scale <= 0) return argument;
  if (isNullConstant(argument)) return nullInstead(name, type, [argument]);
  const unit = powerOfTen(scale);
  const limit = powerOfTen(precision);
  const whole = (value: bigint): bigint => {
    const rest = value % unit;
    if (rest === 0n) return value;
    const towardsZero = value - rest;
    const result =
      name === 'floor'
        ? value < 0n
          ? towardsZero - unit
          : towardsZero
        : value < 0n
          ? towardsZero
          : towardsZero + unit;
    if (result >= limit || result <= -limit) {
      throw new DfxError('EXECUTION', `Compute error: Decimal overflow while applying ${name}`);
    }
    return result;
  };
  const small = limit <= BigInt(Number.MAX_SAFE_INTEGER);
  const evaluate = oneOf(({ column, scalar }) => {
    const source = decimal(column);
    const values =
      small && source.values instanceof Float64Array
        ? wholeDoubles(name, source, Number(unit), Number(limit))
        : eachValid(source, whole);
    return { column: { ...source, values }, scalar };
  });
  return callNode({ name, type, args: [argument], mayFail: true, evaluate });
}

function wholeDoubles(name: 'floor' | 'ceil', column: DecimalColumn, unit: number, limit: number): Float64Array {
  const out = new Float64Array(column.length);
  for (let i = 0; i < out.length; i++) {
    const value = Number(column.values[i]);
    // Quotients of integers below 2^53 don't round to a whole number, and + 0 turns -0 into 0.
    const result = (name === 'floor' ? Math.floor(value / unit) : Math.ceil(value / unit)) * unit + 0;
    if ((result >= limit || result <= -limit) && isValid(column, i)) {
      throw new DfxError('EXECUTION', `Compute error: Decimal overflow while applying ${name}`);
    }
    out[i] = result;
  }
  return out;
}

function eachValid(column: DecimalColumn, compute: (value: bigint) => bigint): Float64Array | bigint[] {
  const { values, length } = column;
  const out = new Array<bigint>(length).fill(0n);
  for (let i = 0; i < length; i++) if (isValid(column, i)) out[i] = compute(BigInt(values[i] ?? 0));
  return compactDecimals(out);
}

/** Literal decimal places say which scale the result has; others leave it, with a digit more for what is carried. */
export function roundedDecimal(value: Node, from: DecimalType, places: Node | null): Node {
  const fixed = places === null ? 0 : plainValue(places);
  const known = fixed === null ? 0 : typeof fixed === 'number' ? fixed : undefined;
  const type = roundedType(from, known);
  if (isNullConstant(value) || (places !== null && isNullConstant(places))) {
    return nullInstead('round', type, places === null ? [value] : [value, places]);
  }
  const round = (one: bigint, count: number): bigint => roundOne(one, from, type, count, known === undefined);
  if (known !== undefined) {
    const unit = from.scale - known;
    const mayFail = from.precision >= maxPrecision(from.kind) && from.scale === 0 && known < 0;
    const evaluate = oneOf(({ column, scalar }) => {
      const source = decimal(column);
      const safe = source.values instanceof Float64Array ? roundDoubles(source.values, unit, known, type) : null;
      return { column: { ...source, type, values: safe ?? eachValid(source, (one) => round(one, known)) }, scalar };
    });
    return callNode({ name: 'round', type, args: [value], mayFail, evaluate });
  }
  const args = places === null ? [value] : [value, places];
  return callNode({ name: 'round', type, args, mayFail: true, evaluate: twoOf(byRow(type, round)) });
}

function roundedType(from: DecimalType, places: number | undefined): DecimalType {
  const { kind, precision, scale } = from;
  const wider = Math.min(precision + 1, maxPrecision(kind));
  if (places === undefined) return decimalType(kind, wider, scale);
  const carries = scale === 0 && places < 0 && -places <= precision;
  const newScale = scale < 0 ? Math.max(Math.min(scale, places), -precision) : Math.min(scale, Math.max(places, 0));
  return decimalType(kind, carries ? wider : precision, newScale);
}

/** In doubles, where only digits behind the new scale are cut off. */
function roundDoubles(values: Float64Array, cut: number, places: number, type: DecimalType): Float64Array | null {
  if (cut <= 0) return values;
  if (cut > 15 || type.scale !== places) return null;
  const unit = 10 ** cut;
  return values.map((value) => {
    const rest = value % unit;
    const quotient = (value - rest) / unit;
    return (rest >= unit / 2 ? quotient + 1 : rest <= -unit / 2 ? quotient - 1 : quotient) + 0;
  });
}

function roundOne(value: bigint, from: DecimalType, to: DecimalType, places: number, varying: boolean): bigint {
  if (places < 0 && -places > from.precision - from.scale) return 0n;
  const cut = from.scale - places;
  let result = value;
  if (cut > 0) {
    const unit = powerOfTen(cut);
    const bits = nativeBits(from.kind);
    if (BigInt.asIntN(bits, unit) !== unit) {
      throw failed(`Overflow while rounding decimal with scale ${from.scale} and decimal places ${places}`);
    }
    const rest = value % unit;
    const half = unit / 2n;
    result = value / unit + (rest >= half ? 1n : rest <= -half ? -1n : 0n);
    if (to.scale > places) result *= powerOfTen(to.scale - places);
    if (BigInt.asIntN(bits, result) !== result) throw failed('Overflow while rounding decimal');
  }
  const limit = maxPrecision(to.kind);
  if (to.precision === limit && (varying || (from.scale === 0 && places < 0))) {
    const bound = powerOfTen(limit);
    if (result >= bound || result <= -bound) {
      throw failed(`Decimal overflow: rounded value exceeds precision ${limit}`);
    }
  }
  return result;
}

function failed(text: string): DfxError {
  return new DfxError('EXECUTION', `Compute error: ${text}`);
}

type Rowwise = (value: bigint, places: number) => bigint;

function byRow(type: DecimalType, compute: Rowwise): (x: Vector, places: Vector, length: number) => Vector {
  return (x, places, length) => {
    if (isNullScalar(x) || isNullScalar(places)) return { column: nullColumn(type, 1), scalar: true };
    const scalar = x.scalar && places.scalar;
    const rows = scalar ? 1 : length;
    const validity = scalar ? null : bothValid(x, places);
    const source = decimal(x.column).values;
    const counts = numeric(places.column).values;
    const out = new Array<bigint>(rows).fill(0n);
    for (let row = 0; row < rows; row++) {
      const i = x.scalar ? 0 : row;
      const j = places.scalar ? 0 : row;
      if (!isValid(x.column, i) || !isValid(places.column, j)) continue;
      out[row] = compute(BigInt(source[i] ?? 0), Number(counts[j]));
    }
    return { column: { layout: 'decimal', type, length: rows, validity, values: compactDecimals(out) }, scalar };
  };
}

/** The type stays: digits that are cut off become zeros. */
export function truncatedDecimal(value: Node, type: DecimalType, places: Node | null): Node {
  const args = places === null ? [value] : [value, places];
  if (args.some(isNullConstant)) return nullInstead('trunc', type, args);
  const truncate: Rowwise = (one, count) => {
    const cut = type.scale - count;
    if (cut <= 0) return one;
    return cut >= maxPrecision(type.kind) ? 0n : one - (one % powerOfTen(cut));
  };
  const fixed = places === null ? 0 : plainValue(places);
  if (typeof fixed === 'number') {
    const evaluate = oneOf(({ column, scalar }) => {
      const source = decimal(column);
      return { column: { ...source, values: eachValid(source, (one) => truncate(one, fixed)) }, scalar };
    });
    return callNode({ name: 'trunc', type, args: [value], mayFail: false, evaluate });
  }
  return callNode({ name: 'trunc', type, args, mayFail: false, evaluate: twoOf(byRow(type, truncate)) });
}
