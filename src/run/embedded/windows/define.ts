/** What a window function of the embedded engine is, once it is bound. */
import type { Column } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import type { Node } from '../nodes.ts';
import type { Rows } from '../vector.ts';

export interface WindowCall {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  /** Everything that is computed from rows: arguments, PARTITION BY, ORDER BY, FILTER. */
  readonly operands: readonly Node[];
  /** The values for all rows of the input, in the order of the input. */
  readonly column: (rows: Rows) => Column;
}
