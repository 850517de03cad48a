/** The rows of an expression: vectors as columns, columns put together from parts, and rows picked when they are asked for. */
import type { Column } from '../../io/column.ts';
import { gather } from '../../io/column-gather.ts';
import { concatColumns } from '../../io/column-join.ts';
import { layoutOf } from '../../io/column-layout.ts';
import { nullColumn } from '../../io/null-column.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { sameType } from './types.ts';
import type { Rows, Vector } from './vector.ts';

export { gather } from '../../io/column-gather.ts';
export { concatColumns, usedItems } from '../../io/column-join.ts';

/** The vector as a column of `length` rows. */
export function materialize(vector: Vector, length: number): Column {
  if (!vector.scalar) return vector.column;
  return gather(vector.column, new Int32Array(length));
}

export interface Part {
  /** The rows of the result that this part fills, ascending. */
  readonly rows: Int32Array;
  readonly vector: Vector;
}

/** A column of `length` rows put together from parts of one type; rows in no part are null. */
export function assemble(type: DataType, length: number, parts: readonly Part[]): Column {
  if (type.kind === 'Null') return nullColumn(type, length);
  // One column behind the other, then one gather: row `length of all parts` is the null.
  const starts: number[] = [];
  let total = 0;
  for (const { vector } of parts) {
    starts.push(total);
    total += vector.column.length;
  }
  const indices = new Int32Array(length).fill(total);
  parts.forEach(({ rows, vector }, part) => {
    const start = starts[part] ?? 0;
    for (let i = 0; i < rows.length; i++) indices[rows[i] ?? 0] = vector.scalar ? start : start + i;
  });
  return gather(concatColumns(type, [...parts.map(({ vector }) => vector.column), nullColumn(type, 1)]), indices);
}

/** The same rows under another type of the same layout. */
export function retyped(column: Column, type: DataType): Column {
  if (sameType(column.type, type)) return column;
  if (layoutOf(type) !== column.layout) throw new DfxError('DEFECT', `${column.type.kind} taken for ${type.kind}`);
  return { ...column, type };
}

/** Some rows of a batch. Columns are gathered when they are asked for. */
export class SelectedRows implements Rows {
  private readonly columns = new Map<number, Column>();

  constructor(
    private readonly parent: Rows,
    private readonly rows: Int32Array,
  ) {}

  get length(): number {
    return this.rows.length;
  }

  column(index: number): Column {
    let column = this.columns.get(index);
    if (column === undefined) {
      column = gather(this.parent.column(index), this.rows);
      this.columns.set(index, column);
    }
    return column;
  }
}
