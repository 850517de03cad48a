/** CAST and TRY_CAST: which are there, and what they give. Each family knows its types. */
import type { Column } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import { TEMPORAL_CASTS } from '../temporal/cast.ts';
import { sameType } from '../types.ts';
import type { Vector } from '../vector.ts';
import { BINARY_CASTS } from './binary.ts';
import { DECIMAL_CASTS } from './decimal.ts';
import type { CastFamily } from './define.ts';
import { NESTED_CASTS } from './nested.ts';
import { NUMERIC_CASTS } from './numeric.ts';
import { STRING_CASTS } from './string.ts';

/** A function, since families cast inner values through this file. */
function families(): readonly CastFamily[] {
  return [NUMERIC_CASTS, STRING_CASTS, DECIMAL_CASTS, NESTED_CASTS, BINARY_CASTS, TEMPORAL_CASTS];
}

function familyOf(from: DataType, to: DataType): CastFamily | undefined {
  return families().find((family) => family.can(from, to));
}

/** Whether the engine has the cast. */
export function canCast(from: DataType, to: DataType): boolean {
  return sameType(from, to) || from.kind === 'Null' || familyOf(from, to) !== undefined;
}

/** Whether some value of `from` makes the cast fail. */
export function castMayFail(from: DataType, to: DataType): boolean {
  if (sameType(from, to) || from.kind === 'Null') return false;
  return familyOf(from, to)?.mayFail(from, to) ?? true;
}

export function castVector(vector: Vector, type: DataType, safe: boolean): Vector {
  return { column: castColumn(vector.column, type, safe), scalar: vector.scalar };
}

export function castColumn(column: Column, type: DataType, safe: boolean): Column {
  if (sameType(column.type, type)) return column;
  if (column.layout === 'null') return nullColumn(type, column.length);
  const family = familyOf(column.type, type);
  if (family === undefined) throw new DfxError('DEFECT', `a cast from ${column.type.kind} to ${type.kind}`);
  return family.cast(column, type, safe);
}
