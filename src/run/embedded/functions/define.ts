/** What a scalar function of the embedded engine is: types are decided once, then batches are computed. */
import type { DataType } from '../../../wire/arrow/types.ts';
import type { Node } from '../nodes.ts';
import type { Vector } from '../vector.ts';

/** What a run fixes for all of its workers. */
export interface BindContext {
  /** The instant that `now()` and its kin give, nanoseconds since the epoch: the start of the run. */
  readonly now: bigint;
  /** Whether inline UDF frames may be opened. */
  readonly inlineCode: boolean;
}

export interface ScalarFunction {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Why no call of it is computed, whatever its arguments (but for null literals). */
  readonly refused?: string;
  /** Which calls are computed, where most aren't. */
  readonly only?: string;
  /**
   * The typed node of a call: `callNode`, or nodes that compute the same (`nullif` is a CASE). Arguments come typed and not yet cast.
   * Throws a Refusal for what isn't computed exactly as DataFusion 55 does, and for what DataFusion 55 itself refuses.
   */
  bind(args: readonly Node[], context: BindContext): Node;
}

export interface Call {
  readonly name: string;
  readonly type: DataType;
  /** Default: whether some argument is. */
  readonly nullable?: boolean;
  /** Already cast to what `evaluate` takes. */
  readonly args: readonly Node[];
  /** Whether some row makes the call an error. */
  readonly mayFail: boolean;
  /**
   * The values of a batch of `length` rows. Arguments may be scalars (one row that stands for all); where all of them are, the result
   * must be a scalar too. Throws EXECUTION where DataFusion 55 fails. Buffers of arguments are never written to.
   */
  readonly evaluate: (args: readonly Vector[], length: number) => Vector;
}
