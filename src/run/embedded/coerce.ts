/**
 * Which type two types meet at, as DataFusion 55 decides it (datafusion-expr-common 55.2 `type_coercion/binary.rs`). Null: no
 * common type, or none that the engine has. Temporal types are in `temporal/coerce.ts`.
 */
import type { DataType } from '../../wire/arrow/types.ts';
import { temporalComparison, temporalUnion } from './temporal/coerce.ts';
import {
  bitsOf,
  INT64,
  type IntegerKind,
  isNumericType,
  isSigned,
  isString,
  isTemporal,
  type NumericType,
  type StringKind,
  sameType,
} from './types.ts';

/** What holds every Int64 and every UInt64. */
export const WIDE: DataType = { kind: 'Decimal128', precision: 20, scale: 0 };

/** `numerical_coercion`. UInt64 with a signed integer meets at Decimal128(20, 0). */
export function numericCommon(left: NumericType, right: NumericType): DataType {
  if (left.kind === right.kind) return left;
  if (left.kind === 'Float64' || right.kind === 'Float64') return { kind: 'Float64' };
  if (left.kind === 'Float32' || right.kind === 'Float32') return { kind: 'Float32' };
  const leftSigned = isSigned(left.kind);
  if (leftSigned === isSigned(right.kind)) {
    return bitsOf(left.kind as IntegerKind) > bitsOf(right.kind as IntegerKind) ? left : right;
  }
  const signed = (leftSigned ? left.kind : right.kind) as IntegerKind;
  const unsigned = (leftSigned ? right.kind : left.kind) as IntegerKind;
  if (unsigned === 'UInt64') return WIDE;
  const needed = Math.max(bitsOf(signed), bitsOf(unsigned) * 2);
  return { kind: needed <= 16 ? 'Int16' : needed <= 32 ? 'Int32' : 'Int64' };
}

function stringCommon(left: StringKind, right: StringKind): StringKind {
  if (left === 'Utf8View' || right === 'Utf8View') return 'Utf8View';
  return left === 'LargeUtf8' || right === 'LargeUtf8' ? 'LargeUtf8' : 'Utf8';
}

/** For operands that are compared: `=`, `<`, BETWEEN, IN, CASE x WHEN. A string meets a number as that number. */
export function comparisonCommon(left: DataType, right: DataType): DataType | null {
  if (isTemporal(left.kind) || isTemporal(right.kind)) {
    if (sameType(left, right)) return left;
    if (left.kind !== 'Null' && right.kind !== 'Null') return temporalComparison(left, right);
  }
  return common(left, right, 'number');
}

/** For values that become one column: the branches of CASE. A string meets a number as that string type. */
export function unionCommon(left: DataType, right: DataType): DataType | null {
  if (isTemporal(left.kind) || isTemporal(right.kind)) {
    if (sameType(left, right)) return left;
    if (left.kind !== 'Null' && right.kind !== 'Null') return temporalUnion(left, right);
  }
  return common(left, right, 'string');
}

function common(left: DataType, right: DataType, prefer: 'number' | 'string'): DataType | null {
  if (sameType(left, right)) return left;
  if (left.kind === 'Null') return right;
  if (right.kind === 'Null') return left;
  if (isNumericType(left) && isNumericType(right)) return numericCommon(left, right);
  if (isString(left.kind) && isString(right.kind)) return { kind: stringCommon(left.kind, right.kind) };
  if (isNumericType(left) && isString(right.kind)) return prefer === 'number' ? left : right;
  if (isString(left.kind) && isNumericType(right)) return prefer === 'number' ? right : left;
  return null;
}

/** For `+ - * / %` of numbers. Two Nulls count as Int64. */
export function arithmeticCommon(left: DataType, right: DataType): DataType | null {
  if (left.kind === 'Null' && right.kind === 'Null') return INT64;
  if (left.kind === 'Null') return isNumericType(right) ? right : null;
  if (right.kind === 'Null') return isNumericType(left) ? left : null;
  return isNumericType(left) && isNumericType(right) ? numericCommon(left, right) : null;
}
