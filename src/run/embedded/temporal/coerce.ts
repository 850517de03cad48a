/**
 * Which type a date, time, timestamp, duration or interval meets another type at (datafusion-expr-common 55.2
 * `type_coercion/binary.rs`). At least one side is temporal, neither is Null, and they differ. Null: no common type.
 */
import type { DataType, TimeUnit } from '../../../wire/arrow/types.ts';
import { isInteger, isString } from '../types.ts';

export const MONTH_DAY_NANO: DataType = { kind: 'Interval', unit: 'MonthDayNano' };
const NANOSECONDS: DataType = { kind: 'Timestamp', unit: 'Nanosecond', timezone: null };

/** For `=`, `<`, BETWEEN, IN, CASE x WHEN. */
export function temporalComparison(left: DataType, right: DataType): DataType | null {
  return temporalUnion(left, right);
}

/** For the branches of CASE and the arguments of COALESCE. */
export function temporalUnion(left: DataType, right: DataType): DataType | null {
  if (left.kind === 'Timestamp' && right.kind === 'Timestamp') {
    return { kind: 'Timestamp', unit: finerUnit(left.unit, right.unit), timezone: left.timezone ?? right.timezone };
  }
  return temporalMeeting(left, right) ?? textMeeting(left, right) ?? textMeeting(right, left);
}

export function finerUnit(one: TimeUnit, other: TimeUnit): TimeUnit {
  for (const unit of ['Nanosecond', 'Microsecond', 'Millisecond'] as const) {
    if (one === unit || other === unit) return unit;
  }
  return 'Second';
}

/** `temporal_coercion`, in which timestamps don't meet each other. */
export function temporalMeeting(left: DataType, right: DataType): DataType | null {
  if (isSpan(left) && isSpan(right)) return MONTH_DAY_NANO;
  return meeting(left, right) ?? meeting(right, left);
}

function isSpan({ kind }: DataType): boolean {
  return kind === 'Interval' || kind === 'Duration';
}

function meeting(date: DataType, other: DataType): DataType | null {
  if (date.kind !== 'Date32' && date.kind !== 'Date64') return null;
  if (isInteger(other.kind)) return date;
  if (date.kind === 'Date64' && other.kind === 'Date32') return date;
  if (other.kind === 'Time32' || other.kind === 'Time64' || other.kind === 'Timestamp') return NANOSECONDS;
  return null;
}

function textMeeting(text: DataType, temporal: DataType): DataType | null {
  if (!isString(text.kind)) return null;
  switch (temporal.kind) {
    case 'Date32':
    case 'Date64':
    case 'Time32':
    case 'Time64':
      return temporal;
    case 'Timestamp':
      return { kind: 'Timestamp', unit: 'Nanosecond', timezone: temporal.timezone };
    default:
      return null;
  }
}
