/** Rows of a column without a copy of numbers. */
import { type Column, sliceBits } from '../../../io/column.ts';
import { rowRange } from '../aggregates/distinct.ts';

export function sliceColumn(column: Column, start: number, length: number): Column {
  if (start === 0 && length === column.length) return column;
  if (column.layout !== 'numeric') return rowRange(column, start, length);
  const validity = column.validity === null ? null : sliceBits(column.validity, start, length);
  return { ...column, length, validity, values: column.values.subarray(start, start + length) };
}
