/** The embedded engine: whether it takes an expression, and its values over batches of columns. */

import type { Expr } from '../../expr/model.ts';
import type { Column, ColumnBatch } from '../../io/column.ts';
import type { DataType, Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { accumulator } from './aggregate.ts';
import { type Bound, bind } from './bind.ts';
import { compile } from './compile.ts';
import { refuseUncertain } from './fallible.ts';
import { Refusal } from './refusal.ts';
import { materialize, type Rows } from './vector.ts';

export type Verdict =
  | { readonly ok: true; readonly type: DataType; readonly kind: 'row' | 'aggregate' }
  /** `node` is the kind, operator or function that isn't taken; `reason` says why, in words that follow it. */
  | { readonly ok: false; readonly node: string; readonly reason: string };

export interface BindOptions {
  /** The table name that columns of the payload may be qualified with. */
  readonly relation?: string | null;
}

/** Whether the engine gives exactly what DataFusion 55 gives for `expr` over rows of `schema`. Reads no data. */
export function canEvaluate(expr: Expr, schema: Schema, options: BindOptions = {}): Verdict {
  try {
    const { kind, root } = bindChecked(expr, schema, options);
    return { ok: true, type: { kind: root.kind }, kind };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, node: error.node, reason: error.reason };
    throw error;
  }
}

function bindChecked(expr: Expr, schema: Schema, options: BindOptions): Bound {
  const bound = bind(expr, schema, options.relation ?? null);
  refuseUncertain(bound.root, bound.aggregates);
  return bound;
}

export interface Evaluator {
  readonly kind: 'row' | 'aggregate';
  readonly type: DataType;
  /** Indices of the columns of the schema that are read, ascending. Batches hold these columns, in this order. */
  readonly columns: readonly number[];
  /** Row-wise: the values of the batch. Aggregate: takes the batch in, and gives null. */
  next(batch: ColumnBatch): Column | null;
  /** Aggregate: the value, one row. Row-wise: null. */
  finish(): Column | null;
}

/** Compiles the expression once. Throws UNSUPPORTED, naming the node, where `canEvaluate` says no. */
export function compileExpression(expr: Expr, schema: Schema, options: BindOptions = {}): Evaluator {
  let bound: Bound;
  try {
    bound = bindChecked(expr, schema, options);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new DfxError('UNSUPPORTED', `the embedded engine doesn't take this expression: ${error.message}`, {
      hint: 'use --engine datafusion',
    });
  }
  const { kind, root, columns } = bound;
  const slots = new Map(columns.map((index, slot) => [index, slot]));
  const rowsOfBatch = (batch: ColumnBatch): Rows => ({
    length: batch.length,
    column: (index) => {
      const column = batch.columns[slots.get(index) ?? -1];
      if (column === undefined) throw new DfxError('DEFECT', `a batch without column ${index}`);
      return column;
    },
  });
  const type: DataType = { kind: root.kind };
  if (kind === 'row') {
    const evaluate = compile(root);
    return {
      kind,
      type,
      columns,
      next: (batch) => materialize(evaluate(rowsOfBatch(batch)), batch.length),
      finish: () => null,
    };
  }
  const accumulators = bound.aggregates.map(accumulator);
  return {
    kind,
    type,
    columns,
    next: (batch) => {
      const rows = rowsOfBatch(batch);
      for (const each of accumulators) each.update(rows);
      return null;
    },
    finish: () => {
      const results = accumulators.map((each) => each.finish());
      const noRows: Rows = {
        length: 1,
        column: (index) => {
          throw new DfxError('DEFECT', `an aggregate expression asked for column ${index}`);
        },
      };
      return materialize(compile(root, results)(noRows), 1);
    },
  };
}
