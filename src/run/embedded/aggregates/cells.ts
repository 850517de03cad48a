/** Columns of one row: what states and results are made of. */
import type { Column, NumericColumn } from '../../../io/column.ts';
import type { DataType, Field } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { BOOLEAN, FLOAT64, UINT64 } from '../types.ts';

export function float64Cell(value: number | null): NumericColumn {
  const validity = value === null ? new Uint8Array(1) : null;
  return { layout: 'numeric', type: FLOAT64, length: 1, validity, values: Float64Array.of(value ?? 0) };
}

/** `count` rows: a safe integer. */
export function countCell(count: number, type: DataType = UINT64): NumericColumn {
  return { layout: 'numeric', type, length: 1, validity: null, values: Float64Array.of(count) };
}

export function booleanCell(value: boolean | null): Column {
  const validity = value === null ? new Uint8Array(1) : null;
  return { layout: 'boolean', type: BOOLEAN, length: 1, validity, bits: Uint8Array.of(value === true ? 1 : 0) };
}

/** The number in row 0 of a state column that this engine wrote. */
export function numberOf(state: readonly Column[], index: number): number {
  const column = state[index];
  if (column?.layout !== 'numeric') throw new DfxError('DEFECT', `state column ${index} isn't a number`);
  return Number(column.values[0] ?? 0);
}

export function columnOf(columns: readonly Column[], index: number): Column {
  const column = columns[index];
  if (column === undefined) throw new DfxError('DEFECT', `no operand column ${index}`);
  return column;
}

interface Doubles {
  readonly values: Float64Array;
  readonly validity: Uint8Array | null;
}

/** The values of an operand that was cast to Float64. */
export function doublesOf(columns: readonly Column[], index: number): Doubles {
  const column = columnOf(columns, index);
  if (column.layout !== 'numeric' || !(column.values instanceof Float64Array)) {
    throw new DfxError('DEFECT', `operand ${index} isn't a column of doubles`);
  }
  return { values: column.values, validity: column.validity };
}

/** The list that `array_agg` gives: its field is named `item` and takes nulls. */
export function listType(item: DataType): DataType & { readonly kind: 'List' } {
  const field: Field = { name: 'item', type: item, nullable: true, metadata: [] };
  return { kind: 'List', item: field };
}

/** One row that holds all rows of `items`. */
export function listCell(items: Column): Column {
  return {
    layout: 'list',
    type: listType(items.type),
    length: 1,
    validity: null,
    offsets: Int32Array.of(0, items.length),
    item: items,
  };
}
