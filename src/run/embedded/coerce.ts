/**
 * Which type two types meet at, as DataFusion 55 decides it (datafusion-expr-common 55.2 `type_coercion`), for the types of the
 * embedded engine. Null: no common type, or one that the engine doesn't have.
 */
import type { DataType } from '../../wire/arrow/types.ts';

export const INTEGER_KINDS = ['Int8', 'Int16', 'Int32', 'Int64', 'UInt8', 'UInt16', 'UInt32', 'UInt64'] as const;
export type IntegerKind = (typeof INTEGER_KINDS)[number];
export type FloatKind = 'Float32' | 'Float64';
export type NumericKind = IntegerKind | FloatKind;
export type StringKind = 'Utf8' | 'LargeUtf8' | 'Utf8View';
/** The types that the engine computes with. */
export type Kind = 'Null' | 'Boolean' | NumericKind | StringKind;

/** The kind in a wider type's place, where the engine has it. */
export function kindOf(type: DataType): Kind | null {
  const { kind } = type;
  if (kind === 'Null' || kind === 'Boolean' || isString(kind) || isNumeric(kind)) return kind;
  return null;
}

export function isInteger(kind: string): kind is IntegerKind {
  return (INTEGER_KINDS as readonly string[]).includes(kind);
}

export function isFloat(kind: string): kind is FloatKind {
  return kind === 'Float32' || kind === 'Float64';
}

export function isNumeric(kind: string): kind is NumericKind {
  return isInteger(kind) || isFloat(kind);
}

export function isString(kind: string): kind is StringKind {
  return kind === 'Utf8' || kind === 'LargeUtf8' || kind === 'Utf8View';
}

export function isSigned(kind: string): boolean {
  return kind === 'Int8' || kind === 'Int16' || kind === 'Int32' || kind === 'Int64';
}

export interface IntegerRange {
  readonly low: bigint;
  readonly high: bigint;
}

const BITS: Record<IntegerKind, number> = {
  Int8: 8,
  Int16: 16,
  Int32: 32,
  Int64: 64,
  UInt8: 8,
  UInt16: 16,
  UInt32: 32,
  UInt64: 64,
};

export function bitsOf(kind: IntegerKind): number {
  return BITS[kind];
}

export function integerRange(kind: IntegerKind): IntegerRange {
  const bits = BigInt(BITS[kind]);
  return isSigned(kind)
    ? { low: -(1n << (bits - 1n)), high: (1n << (bits - 1n)) - 1n }
    : { low: 0n, high: (1n << bits) - 1n };
}

/**
 * `numerical_coercion`. UInt64 with a signed integer meets at Decimal128(20, 0) there: `Wide` here, in which two integers are
 * compared exactly and nothing else is done.
 */
export function numericCommon(left: NumericKind, right: NumericKind): NumericKind | 'Wide' {
  if (left === right) return left;
  if (left === 'Float64' || right === 'Float64') return 'Float64';
  if (left === 'Float32' || right === 'Float32') return 'Float32';
  const leftSigned = isSigned(left);
  if (leftSigned === isSigned(right)) return BITS[left as IntegerKind] > BITS[right as IntegerKind] ? left : right;
  const signed = (leftSigned ? left : right) as IntegerKind;
  const unsigned = (leftSigned ? right : left) as IntegerKind;
  if (unsigned === 'UInt64') return 'Wide';
  const needed = Math.max(BITS[signed], BITS[unsigned] * 2);
  return needed <= 16 ? 'Int16' : needed <= 32 ? 'Int32' : 'Int64';
}

function stringCommon(left: StringKind, right: StringKind): StringKind {
  if (left === 'Utf8View' || right === 'Utf8View') return 'Utf8View';
  return left === 'LargeUtf8' || right === 'LargeUtf8' ? 'LargeUtf8' : 'Utf8';
}

/** For operands that are compared: `=`, `<`, BETWEEN, IN, CASE x WHEN. A string meets a number as that number. */
export function comparisonCommon(left: Kind, right: Kind): Kind | 'Wide' | null {
  return common(left, right, 'number');
}

/** For values that become one column: the branches of CASE. A string meets a number as that string type. */
export function unionCommon(left: Kind, right: Kind): Kind | 'Wide' | null {
  return common(left, right, 'string');
}

function common(left: Kind, right: Kind, prefer: 'number' | 'string'): Kind | 'Wide' | null {
  if (left === right) return left;
  if (left === 'Null') return right;
  if (right === 'Null') return left;
  if (isNumeric(left) && isNumeric(right)) return numericCommon(left, right);
  if (isString(left) && isString(right)) return stringCommon(left, right);
  if (isNumeric(left) && isString(right)) return prefer === 'number' ? left : right;
  if (isString(left) && isNumeric(right)) return prefer === 'number' ? right : left;
  return null;
}

/** For `+ - * / %`. Two Nulls count as Int64. */
export function arithmeticCommon(left: Kind, right: Kind): NumericKind | 'Wide' | null {
  if (left === 'Null' && right === 'Null') return 'Int64';
  if (left === 'Null') return isNumeric(right) ? right : null;
  if (right === 'Null') return isNumeric(left) ? left : null;
  return isNumeric(left) && isNumeric(right) ? numericCommon(left, right) : null;
}
