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
  /** PARTITION BY and ORDER BY as one text: calls with the same text share one sort of the engine. */
  readonly arrangement: string;
  /** Whether rows that tie in ORDER BY, or stand in no order, may change places without a change of the values. */
  readonly steady: boolean;
  /** Whether rows that tie make it fail with UNSUPPORTED when they are known (`../ties.ts`). */
  readonly mindsTies: boolean;
  /** Whether another window function may stand beside it: the engine then may go another way. */
  readonly companions: boolean;
}

/** What a function computes over the rows of the input, sorted by partition and ORDER BY. */
export interface Sorted {
  readonly length: number;
  /** Partition p is the rows `[starts[p], starts[p + 1])`. */
  readonly starts: Int32Array;
  readonly args: readonly Column[];
  readonly keys: readonly Column[];
  /** Rows that pass, null where there is no FILTER. */
  readonly passes: Uint8Array | null;
}

export interface WindowFunction {
  readonly type: DataType;
  readonly nullable: boolean;
  /** Cast to what the function takes. */
  readonly args: readonly Node[];
  readonly steady: boolean;
  /** The values in the order of the sorted rows. */
  compute(sorted: Sorted): Column;
}
