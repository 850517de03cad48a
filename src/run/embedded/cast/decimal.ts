/** CAST and TRY_CAST to and from decimals, as arrow-cast 59 does them for DataFusion 55. */

import { arrowFloatText, debugFloat32Text } from '../../../expr/number-text.ts';
import {
  type Column,
  type DecimalColumn,
  isValid,
  type NumericColumn,
  type StringColumn,
  valueAt,
} from '../../../io/column.ts';
import { DfxError } from '../../../wire/errors.ts';
import { compactDecimals, newValues } from '../build.ts';
import { formatDecimal } from '../decimal/format.ts';
import { maxPrecision, nativeBits, numberAsDecimal } from '../decimal/types.ts';
import {
  type DecimalType,
  type IntegerKind,
  integerRange,
  isDecimal,
  isFloat,
  isInteger,
  isNumeric,
  isString,
} from '../types.ts';
import { parseDecimalText } from './decimal-text.ts';
import { type CastFamily, Failing } from './define.ts';
import { IntegerSink } from './integer-sink.ts';
import { buildStrings } from './text-sink.ts';

export const DECIMAL_CASTS: CastFamily = {
  can: (from, to) => {
    if (isDecimal(to)) {
      if (!isPlausible(to)) return false;
      if (isString(from.kind)) return to.scale >= 0;
      return isNumeric(from.kind) || (isDecimal(from) && canRescale(from, to));
    }
    return isDecimal(from) && (isNumeric(to.kind) || isString(to.kind));
  },
  mayFail: (from, to) => {
    if (isDecimal(to)) {
      if (isDecimal(from)) return rescaling(from, to).checked;
      if (!isInteger(from.kind)) return true;
      const digits = numberAsDecimal('Decimal256', from.kind)?.precision ?? 99;
      return digits + to.scale > to.precision;
    }
    return isInteger(to.kind);
  },
  cast: (column, to, safe) => {
    if (column.layout === 'decimal') {
      if (isDecimal(to)) return rescale(column, to, safe);
      if (isInteger(to.kind)) return toInteger(column, to.kind, safe);
      if (isFloat(to.kind)) return toFloat(column, to.kind);
      if (isString(to.kind)) return toText(column, to.kind);
    }
    if (isDecimal(to)) {
      if (column.layout === 'string') return fromText(column, to, safe);
      if (column.layout === 'numeric') return fromNumber(column, to, safe);
    }
    throw new DfxError('DEFECT', `a cast from ${column.type.kind} to ${to.kind}`);
  },
};

function isPlausible({ kind, precision, scale }: DecimalType): boolean {
  return precision >= 1 && precision <= maxPrecision(kind) && scale <= precision && scale >= -maxPrecision(kind);
}

function decimalTypeOf(column: DecimalColumn): DecimalType {
  if (!isDecimal(column.type)) throw new DfxError('DEFECT', `decimals of type ${column.type.kind}`);
  return column.type;
}

function name({ kind, precision, scale }: DecimalType): string {
  return `${kind}(${precision}, ${scale})`;
}

/** Puts unscaled integers where the precision of the type holds them. */
class DecimalSink {
  private readonly small: Float64Array;
  private big: bigint[] | null = null;
  private readonly limit: bigint;
  private readonly safeLimit: number;

  constructor(
    private readonly type: DecimalType,
    length: number,
  ) {
    this.small = new Float64Array(length);
    this.limit = 10n ** BigInt(type.precision) - 1n;
    this.safeLimit = Number(this.limit < 9007199254740991n ? this.limit : 9007199254740991n);
  }

  /** False where the value has more digits than the precision. A number must be a safe integer. */
  put(row: number, value: number | bigint): boolean {
    if (typeof value === 'number' && value <= this.safeLimit && value >= -this.safeLimit) {
      if (this.big === null) this.small[row] = value + 0;
      else this.big[row] = BigInt(value);
      return true;
    }
    const exact = BigInt(value);
    if (exact > this.limit || exact < -this.limit) return false;
    this.store(row, exact);
    return true;
  }

  /** Without a look at the precision. */
  store(row: number, exact: bigint): void {
    if (this.big === null) {
      const number = Number(exact);
      if (Number.isSafeInteger(number)) {
        this.small[row] = number;
        return;
      }
      this.big = Array.from(this.small, BigInt);
    }
    this.big[row] = exact;
  }

  values(): Float64Array | bigint[] {
    return this.big === null ? this.small : compactDecimals(this.big);
  }

  tooLarge(value: bigint): DfxError {
    const { kind, precision, scale } = this.type;
    const text = formatDecimal(String(value), precision, scale, true);
    const end = formatDecimal(String(value > 0n ? this.limit : -this.limit), precision, scale);
    const [size, bound] = value > 0n ? ['large', 'Max'] : ['small', 'Min'];
    return new DfxError(
      'EXECUTION',
      `${text} is too ${size} to store in a ${kind} of precision ${precision}. ${bound} is ${end}`,
    );
  }
}

interface Rescaling {
  /** Whether values are held against the precision: not where every one fits. */
  readonly checked: boolean;
  /** 0 for the same scale, else how many digits are added or cut off. */
  readonly up: number;
  readonly down: number;
}

function rescaling(from: DecimalType, to: DecimalType): Rescaling {
  const up = Math.max(to.scale - from.scale, 0);
  const down = Math.max(from.scale - to.scale, 0);
  const same = from.kind === to.kind && up === 0 && down === 0 && from.precision <= to.precision;
  const fits = down > 0 ? from.precision - down < to.precision : from.precision + up <= to.precision;
  return { checked: !same && !fits, up, down };
}

/** More digits than the kind has tables for give an error or zeros. */
function canRescale(from: DecimalType, to: DecimalType): boolean {
  const { up, down } = rescaling(from, to);
  return up <= maxPrecision(to.kind) && down <= maxPrecision(from.kind);
}

function rescale(column: DecimalColumn, to: DecimalType, safe: boolean): Column {
  const from = decimalTypeOf(column);
  const { checked, up, down } = rescaling(from, to);
  const { length, values, validity } = column;
  if (!checked && up === 0 && down === 0) return { ...column, type: to };
  const sink = new DecimalSink(to, length);
  const bits = nativeBits(to.kind);
  const failing = new Failing(column, safe, (row) => `Cannot cast to ${name(to)}. Overflowing on ${values[row]}`);
  const power = 10n ** BigInt(up + down);
  const factor = up + down <= 15 ? 10 ** (up + down) : 0;
  const half = factor / 2;
  for (let i = 0; i < length; i++) {
    const value = values[i] ?? 0;
    if (validity !== null && !isValid(column, i)) continue;
    if (typeof value === 'number' && factor > 0) {
      let number: number;
      if (down > 0) {
        const rest = value % factor;
        number = (value - rest) / factor + (rest >= half ? 1 : rest <= -half ? -1 : 0);
      } else {
        number = value * factor;
      }
      if (number <= 9007199254740991 && number >= -9007199254740991 && sink.put(i, number)) continue;
    }
    const exact = down > 0 ? rounded(BigInt(value), power) : BigInt(value) * power;
    if (!checked) {
      sink.store(i, BigInt.asIntN(bits, exact));
    } else if (BigInt.asIntN(bits, exact) !== exact) {
      failing.fail(i);
    } else if (!sink.put(i, exact)) {
      if (!safe) throw sink.tooLarge(exact);
      failing.fail(i);
    }
  }
  return { layout: 'decimal', type: to, length, validity: failing.validity(), values: sink.values() };
}

/** Halves go away from zero. */
function rounded(value: bigint, divisor: bigint): bigint {
  const rest = value % divisor;
  const half = divisor / 2n;
  return value / divisor + (rest >= half ? 1n : rest <= -half ? -1n : 0n);
}

function fromNumber(column: NumericColumn, to: DecimalType, safe: boolean): Column {
  const { length, values, type } = column;
  const sink = new DecimalSink(to, length);
  const bits = nativeBits(to.kind);
  if (isFloat(type.kind)) return fromFloat(column, to, safe);
  const power = 10n ** BigInt(Math.abs(to.scale));
  const failing = new Failing(
    column,
    safe,
    (row) => `Arithmetic overflow: Overflow happened on: ${values[row]} * ${power}`,
  );
  if (BigInt.asIntN(bits, power) !== power) {
    throw new DfxError(
      'EXECUTION',
      `Cannot cast to "${to.kind}"(${to.precision}, ${to.scale}). The scale causes overflow.`,
    );
  }
  const factor = Math.abs(to.scale) <= 15 ? 10 ** Math.abs(to.scale) : 0;
  for (let i = 0; i < length; i++) {
    if (!isValid(column, i)) continue;
    const value = values[i] ?? 0;
    if (typeof value === 'number' && factor > 0) {
      const number = to.scale < 0 ? Math.trunc(value / factor) : value * factor;
      if (number <= 9007199254740991 && number >= -9007199254740991 && sink.put(i, number)) continue;
    }
    // An integer wider than the decimal's is cut to its bits first.
    const narrow = BigInt.asIntN(bits, BigInt(value));
    const exact = to.scale < 0 ? narrow / power : narrow * power;
    if (BigInt.asIntN(bits, exact) !== exact) {
      failing.fail(i);
    } else if (!sink.put(i, exact)) {
      if (!safe) throw sink.tooLarge(exact);
      failing.fail(i);
    }
  }
  return { layout: 'decimal', type: to, length, validity: failing.validity(), values: sink.values() };
}

/** The product with the power of ten is a double; halves go away from zero. */
function fromFloat(column: NumericColumn, to: DecimalType, safe: boolean): Column {
  const { length, values, type } = column;
  const sink = new DecimalSink(to, length);
  const bits = nativeBits(to.kind);
  const debug = (value: number): string =>
    type.kind === 'Float32' ? debugFloat32Text(value) : arrowFloatText(value, 64);
  const failing = new Failing(
    column,
    safe,
    (row) => `Cannot cast to ${name(to)}. Overflowing on ${debug(Number(values[row]))}`,
  );
  const factor = powerOfTen(to.scale);
  for (let i = 0; i < length; i++) {
    if (!isValid(column, i)) continue;
    const product = factor * Number(values[i] ?? 0);
    const cut = Math.trunc(product);
    const number = Math.abs(product - cut) >= 0.5 ? cut + Math.sign(product) : cut;
    if (!Number.isFinite(number)) {
      failing.fail(i);
      continue;
    }
    if (Number.isSafeInteger(number) && sink.put(i, number)) continue;
    const exact = BigInt(number);
    if (BigInt.asIntN(bits, exact) !== exact) {
      failing.fail(i);
    } else if (!sink.put(i, exact)) {
      if (!safe) throw sink.tooLarge(exact);
      failing.fail(i);
    }
  }
  return { layout: 'decimal', type: to, length, validity: failing.validity(), values: sink.values() };
}

/** `10_f64.powi(n)`: squarings, whose rounding shows beyond 10^22. */
function powerOfTen(exponent: number): number {
  let result = 1;
  let square = 10;
  for (let rest = Math.abs(exponent); ; ) {
    if ((rest & 1) === 1) result *= square;
    rest >>= 1;
    if (rest === 0) break;
    square *= square;
  }
  return exponent < 0 ? 1 / result : result;
}

/** Messages name the kind's default type. */
const DEFAULT_SCALE: Record<DecimalType['kind'], number> = {
  Decimal32: 2,
  Decimal64: 6,
  Decimal128: 10,
  Decimal256: 10,
};

function fromText(column: StringColumn, to: DecimalType, safe: boolean): Column {
  const { length } = column;
  const sink = new DecimalSink(to, length);
  const bits = nativeBits(to.kind);
  const shown = `${to.kind}(${maxPrecision(to.kind)}, ${DEFAULT_SCALE[to.kind]})`;
  const failing = new Failing(
    column,
    safe,
    (row) => `Cannot cast string '${String(valueAt(column, row))}' to value of ${shown} type`,
  );
  for (let i = 0; i < length; i++) {
    const text = valueAt(column, i);
    if (typeof text !== 'string') continue;
    const exact = parseDecimalText(text, to.scale);
    if (exact === null || BigInt.asIntN(bits, exact) !== exact) {
      failing.fail(i);
    } else if (!sink.put(i, exact)) {
      if (!safe) throw sink.tooLarge(exact);
      failing.fail(i);
    }
  }
  return { layout: 'decimal', type: to, length, validity: failing.validity(), values: sink.values() };
}

/** What stands behind the point is cut off. */
function toInteger(column: DecimalColumn, kind: IntegerKind, safe: boolean): Column {
  const from = decimalTypeOf(column);
  const { length, values } = column;
  const power = 10n ** BigInt(Math.abs(from.scale));
  const bits = nativeBits(from.kind);
  if (BigInt.asIntN(bits, power) !== power) {
    throw new DfxError('EXECUTION', `Cannot cast to "${from.kind}". The scale ${from.scale} causes overflow.`);
  }
  const { low, high } = integerRange(kind);
  const sink = new IntegerSink(kind, length);
  let failed: number | bigint = 0;
  const failing = new Failing(column, safe, () => `value of ${failed} is out of range ${kind}`);
  const factor = Math.abs(from.scale) <= 15 ? 10 ** Math.abs(from.scale) : 0;
  for (let i = 0; i < length; i++) {
    if (!isValid(column, i)) continue;
    const value = values[i] ?? 0;
    if (typeof value === 'number' && factor > 0 && from.scale >= 0) {
      failed = Math.trunc(value / factor) + 0;
      if (!sink.put(i, failed)) failing.fail(i);
      continue;
    }
    const exact = from.scale < 0 ? BigInt(value) * power : BigInt(value) / power;
    if (BigInt.asIntN(bits, exact) !== exact) {
      if (!safe) {
        throw new DfxError('EXECUTION', `Arithmetic overflow: Overflow happened on: ${value} * ${power}`);
      }
      failing.fail(i);
      continue;
    }
    failed = exact;
    if (exact < low || exact > high || !sink.put(i, exact)) failing.fail(i);
  }
  return { layout: 'numeric', type: { kind }, length, validity: failing.validity(), values: sink.values() };
}

function toFloat(column: DecimalColumn, kind: 'Float32' | 'Float64'): Column {
  const { scale } = decimalTypeOf(column);
  const { length, validity, values } = column;
  const out = newValues(kind, length);
  const power = powerOfTen(scale);
  for (let i = 0; i < length; i++) out[i] = Number(values[i] ?? 0) / power;
  return { layout: 'numeric', type: { kind }, length, validity, values: out };
}

function toText(column: DecimalColumn, kind: 'Utf8' | 'LargeUtf8' | 'Utf8View'): Column {
  const { precision, scale } = decimalTypeOf(column);
  const { values } = column;
  return buildStrings(kind, column, (row) => formatDecimal(String(values[row]), precision, scale));
}
