/** A column as a vectorised UDF gets it. */
import { type Column, isValid } from '../../../io/column.ts';
import { formatDataType } from '../../../wire/arrow/index.ts';
import { type RowValue, rowValue } from './values.ts';

/** Iterable, with `length`, `type`, `get(row)`, `isNull(row)` and `values`. */
export class BatchColumn implements Iterable<RowValue> {
  readonly length: number;
  /** As DataFusion writes it. */
  readonly type: string;
  readonly #column: Column;
  #values: ArrayLike<RowValue> | null = null;

  constructor(column: Column) {
    this.#column = column;
    this.length = column.length;
    this.type = formatDataType(column.type);
  }

  get(row: number): RowValue {
    if (!Number.isInteger(row) || row < 0 || row >= this.length) {
      throw new RangeError(`row ${row} of a column of ${this.length} rows`);
    }
    return rowValue(this.#column, row);
  }

  isNull(row: number): boolean {
    return !isValid(this.#column, row);
  }

  /**
   * A copy: a typed array for numbers, where rows without a value hold any number (look at `isNull`), else an array with null for them.
   */
  get values(): ArrayLike<RowValue> {
    const column = this.#column;
    this.#values ??=
      column.layout === 'numeric'
        ? column.values.slice()
        : Array.from({ length: this.length }, (_, row) => rowValue(column, row));
    return this.#values;
  }

  *[Symbol.iterator](): Iterator<RowValue> {
    for (let row = 0; row < this.length; row++) yield rowValue(this.#column, row);
  }
}
