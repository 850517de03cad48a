/** CAST and TRY_CAST where one side is a date, time, timestamp, duration or interval. */
import type { Column, NumericColumn } from '../../../io/column.ts';
import { zoneOf } from '../../../io/zone.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import type { CastFamily } from '../cast/define.ts';
import { canCast, castColumn, castMayFail } from '../cast/index.ts';
import { INT32, INT64, isDecimal, isNumeric, isString, isTemporal, sameType } from '../types.ts';
import { parseTemporal } from './cast-parse.ts';
import { temporalText } from './cast-text.ts';
import { castUnits } from './cast-units.ts';

export const TEMPORAL_CASTS: CastFamily = { can, mayFail, cast };

/** `can_cast_types` of arrow-cast 59. */
function can(from: DataType, to: DataType): boolean {
  if (!zoneKnown(from) || !zoneKnown(to)) return false;
  if (isTemporal(from.kind)) {
    if (isString(to.kind)) return true;
    return isTemporal(to.kind) ? betweenTemporal(from, to) : integersOf(from, to) && canCast(countOf(from), to);
  }
  if (!isTemporal(to.kind)) return false;
  if (isString(from.kind)) return to.kind !== 'Duration';
  return integersTo(from, to) && canCast(from, countOf(to));
}

/** TRY_CAST in the real engine multiplies the milliseconds of a column without a look at 64 bits: what leaves them wraps around. */
export function tryCastWraps(from: DataType, to: DataType): boolean {
  return from.kind === 'Date64' && to.kind === 'Timestamp' && (to.unit === 'Microsecond' || to.unit === 'Nanosecond');
}

function zoneKnown(type: DataType): boolean {
  return type.kind !== 'Timestamp' || type.timezone === null || zoneOf(type.timezone) !== null;
}

function betweenTemporal(from: DataType, to: DataType): boolean {
  switch (from.kind) {
    case 'Date32':
    case 'Date64':
      return to.kind === 'Date32' || to.kind === 'Date64' || to.kind === 'Timestamp';
    case 'Timestamp':
      return to.kind !== 'Duration' && to.kind !== 'Interval';
    case 'Time32':
    case 'Time64':
      return to.kind === 'Time32' || to.kind === 'Time64';
    case 'Duration':
      return to.kind === 'Duration' || (to.kind === 'Interval' && to.unit === 'MonthDayNano');
    case 'Interval':
      if (to.kind === 'Duration') return from.unit === 'MonthDayNano';
      return to.kind === 'Interval' && to.unit === 'MonthDayNano';
    default:
      return false;
  }
}

/** Whether a temporal value is taken for the integer that it counts. */
function integersOf(from: DataType, to: DataType): boolean {
  if (from.kind === 'Timestamp' || from.kind === 'Duration') return isNumeric(to.kind) || isDecimal(to);
  if (from.kind === 'Interval') return false;
  return to.kind === 'Int64' || (to.kind === 'Int32' && from.kind !== 'Time64');
}

function integersTo(from: DataType, to: DataType): boolean {
  if (to.kind === 'Timestamp' || to.kind === 'Duration') return isNumeric(from.kind) || isDecimal(from);
  switch (from.kind) {
    case 'Int32':
      if (to.kind === 'Interval') return to.unit === 'YearMonth';
      return to.kind !== 'Time64';
    case 'Int64':
      return to.kind === 'Date64' || to.kind === 'Date32' || to.kind === 'Time64';
    default:
      return false;
  }
}

/** The integers that a type's values are kept as. */
function countOf({ kind }: DataType): DataType {
  return kind === 'Date32' || kind === 'Time32' || kind === 'Interval' ? INT32 : INT64;
}

/** What lies beyond chrono's calendar, 262,142 years from now, isn't counted: nothing else makes such a cast fail. */
function mayFail(from: DataType, to: DataType): boolean {
  if (isString(from.kind)) return true;
  if (isString(to.kind)) return false;
  if (!isTemporal(to.kind)) return castMayFail(countOf(from), to);
  if (!isTemporal(from.kind)) {
    if (from.kind === 'Int32' && to.kind === 'Date64') return false;
    return castMayFail(from, countOf(to));
  }
  if (to.kind === 'Timestamp') {
    const placed = to.timezone !== null && (from.kind !== 'Timestamp' || from.timezone === null);
    if (placed && to.timezone !== null && zoneOf(to.timezone)?.fixed !== true) return true;
    const finer = from.kind !== 'Timestamp' || from.unit !== 'Nanosecond';
    return to.unit === 'Nanosecond' && (finer || placed);
  }
  if (from.kind === 'Duration' && to.kind === 'Duration') return true;
  if (from.kind === 'Duration' || from.kind === 'Interval') return to.kind === 'Duration' || from.kind === 'Duration';
  return from.kind === 'Time32' && to.kind === 'Time32';
}

function cast(column: Column, to: DataType, safe: boolean): Column {
  if (column.layout === 'string') return parseTemporal(column, to, safe);
  const from = column.type;
  if (isTemporal(from.kind)) {
    if (column.layout !== 'numeric' && column.layout !== 'interval') throw layoutOf(column);
    if (isString(to.kind)) return temporalText(column, to.kind);
    if (isTemporal(to.kind)) return castUnits(column, to, safe);
    return castColumn({ ...column, type: countOf(from) } as NumericColumn, to, safe);
  }
  if (from.kind === 'Int32' && to.kind === 'Date64') {
    if (column.layout !== 'numeric') throw layoutOf(column);
    return castUnits({ ...column, type: { kind: 'Date32' } }, to, safe);
  }
  const count = countOf(to);
  const counted = sameType(from, count) ? column : castColumn(column, count, safe);
  if (counted.layout !== 'numeric') throw layoutOf(counted);
  return { ...counted, type: to };
}

function layoutOf(column: Column): DfxError {
  return new DfxError('DEFECT', `a ${column.type.kind} column in the layout ${column.layout}`);
}
