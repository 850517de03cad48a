/**
 * Which type a date, time, timestamp, duration or interval meets another type at. At least one side is temporal, neither is
 * Null, and they differ. Null: no common type.
 */
import type { DataType } from '../../../wire/arrow/types.ts';

/** For `=`, `<`, BETWEEN, IN, CASE x WHEN. */
export function temporalComparison(_left: DataType, _right: DataType): DataType | null {
  return null;
}

/** For the branches of CASE and the arguments of COALESCE. */
export function temporalUnion(_left: DataType, _right: DataType): DataType | null {
  return null;
}
