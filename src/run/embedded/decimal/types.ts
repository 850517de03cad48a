/** Precision and scale of decimals: what two decimals meet at and what an operator gives (datafusion-expr-common 55.2, arrow-arith 59). */
import type { DataType } from '../../../wire/arrow/types.ts';
import type { ArithmeticOp } from '../nodes.ts';
import { type DecimalKind, type DecimalType, isDecimal, isInteger, type Kind } from '../types.ts';

const KINDS: readonly DecimalKind[] = ['Decimal32', 'Decimal64', 'Decimal128', 'Decimal256'];
const MAX_PRECISION: Record<DecimalKind, number> = { Decimal32: 9, Decimal64: 18, Decimal128: 38, Decimal256: 76 };
const BITS: Record<DecimalKind, number> = { Decimal32: 32, Decimal64: 64, Decimal128: 128, Decimal256: 256 };

/** The greatest scale is the same. */
export function maxPrecision(kind: DecimalKind): number {
  return MAX_PRECISION[kind];
}

/** The bits of the unscaled integer. */
export function nativeBits(kind: DecimalKind): number {
  return BITS[kind];
}

export function decimalType(kind: DecimalKind, precision: number, scale: number): DecimalType {
  return { kind, precision, scale };
}

/** With precision and scale cut to what the kind has. */
function clamped(kind: DecimalKind, precision: number, scale: number): DecimalType | null {
  const max = maxPrecision(kind);
  if (precision < 1) return null;
  return decimalType(kind, Math.min(max, precision), Math.min(max, scale));
}

/** How many digits the numbers of a type have, where decimals of the kind take it. Float16 isn't computed with. */
export function numberAsDecimal(kind: DecimalKind, number: Kind): DecimalType | null {
  switch (number) {
    case 'Int8':
    case 'UInt8':
      return decimalType(kind, 3, 0);
    case 'Int16':
    case 'UInt16':
      return decimalType(kind, 5, 0);
    case 'Int32':
    case 'UInt32':
      return kind === 'Decimal32' ? null : decimalType(kind, 10, 0);
    case 'Int64':
    case 'UInt64':
      return kind === 'Decimal32' || kind === 'Decimal64' ? null : decimalType(kind, 20, 0);
    case 'Float32':
      return kind === 'Decimal32' ? null : decimalType(kind, 14, 7);
    case 'Float64':
      return kind === 'Decimal32' || kind === 'Decimal64' ? null : decimalType(kind, 30, 15);
    default:
      return null;
  }
}

/** What holds every value of two decimals: of the wider kind where they differ, if that has the digits. */
function widerDecimal(left: DecimalType, right: DecimalType): DecimalType | null {
  const scale = Math.max(left.scale, right.scale);
  const precision = Math.max(left.precision - left.scale, right.precision - right.scale) + scale;
  if (left.kind === right.kind) return clamped(left.kind, precision, scale);
  const kind = KINDS[Math.max(KINDS.indexOf(left.kind), KINDS.indexOf(right.kind))] ?? left.kind;
  return precision > maxPrecision(kind) ? null : clamped(kind, precision, scale);
}

/** `decimal_coercion`, for comparisons: at least one side is a decimal. */
export function decimalCommon(left: DataType, right: DataType): DecimalType | null {
  if (isDecimal(left) && isDecimal(right)) return widerDecimal(left, right);
  const [decimal, other] = isDecimal(left) ? [left, right] : [right, left];
  if (!isDecimal(decimal)) return null;
  const number = numberAsDecimal(decimal.kind, other.kind);
  return number === null ? null : widerDecimal(decimal, number);
}

/** `math_decimal_coercion`: the types that two operands of arithmetic are cast to. Null: not decimals, or a float among them. */
export function decimalOperands(left: DataType, right: DataType): readonly [DecimalType, DecimalType] | null {
  if (isDecimal(left) && isDecimal(right)) {
    if (left.kind === right.kind) return [left, right];
    const wider = widerDecimal(left, right);
    return wider === null ? null : [wider, wider];
  }
  if (isDecimal(left) && isInteger(right.kind)) {
    const number = numberAsDecimal(left.kind, right.kind);
    return number === null ? null : [left, number];
  }
  if (isDecimal(right) && isInteger(left.kind)) {
    const number = numberAsDecimal(right.kind, left.kind);
    return number === null ? null : [number, right];
  }
  return null;
}

/** The type of `left op right`, both of one kind. Null: its scale is beyond what the kind has, an error there. */
export function arithmeticResult(fn: ArithmeticOp, left: DecimalType, right: DecimalType): DecimalType | null {
  const { kind, precision: p1, scale: s1 } = left;
  const { precision: p2, scale: s2 } = right;
  const max = maxPrecision(kind);
  const scale = Math.max(s1, s2);
  switch (fn) {
    case 'Plus':
    case 'Minus':
      return checked(kind, Math.min(max, scale + Math.max(p1 - s1, p2 - s2) + 1), scale);
    case 'Multiply':
      return s1 + s2 > max ? null : checked(kind, Math.min(max, p1 + p2 + 1), s1 + s2);
    case 'Divide': {
      const result = Math.min(max, s1 + 4);
      return checked(kind, Math.min(max, result - s1 + s2 + p1), result);
    }
    case 'Modulo':
      return checked(kind, Math.min(max, scale + Math.min(p1 - s1, p2 - s2)), scale);
  }
}

function checked(kind: DecimalKind, precision: number, scale: number): DecimalType | null {
  return precision < 1 || scale > precision ? null : decimalType(kind, precision, scale);
}
