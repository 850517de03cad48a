/** The embedded engine: whether it takes an expression, and its values over batches of columns. */

import type { Expr } from '../../expr/model.ts';
import type { Column, ColumnBatch } from '../../io/column.ts';
import type { DataType, Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { runningAggregate } from './aggregate.ts';
import { type Bound, bind } from './bind.ts';
import { nullColumn } from './build.ts';
import { compile } from './compile.ts';
import { refuseUncertain } from './fallible.ts';
import { concatColumns, materialize } from './gather.ts';
import { Refusal } from './refusal.ts';
import { NULL } from './types.ts';
import type { Rows } from './vector.ts';
import type { WindowCall } from './windows/define.ts';

/** `row`: a value a row, batch by batch. `aggregate`: one value for all rows. `window`: a value a row, when all rows are known. */
export type Kind = 'row' | 'aggregate' | 'window';

export type Verdict =
  | { readonly ok: true; readonly type: DataType; readonly kind: Kind }
  /** `node` is the kind, operator or function that isn't taken; `reason` says why, in words that follow it. */
  | { readonly ok: false; readonly node: string; readonly reason: string };

export interface BindOptions {
  /** The table name that columns of the payload may be qualified with. */
  readonly relation?: string | null;
  /** What `now()` and its kin give, nanoseconds since the epoch. Default: the time of the call. */
  readonly now?: bigint;
  /** Whether inline JavaScript UDFs may be opened. Default false: an expression that carries one isn't taken. */
  readonly inlineCode?: boolean;
  /** Not to take what fails where rows tie in an ORDER BY (`ties.ts`), which shows only when the rows are known. Default false. */
  readonly refuseTies?: boolean;
}

/** Whether the engine gives exactly what DataFusion 55 gives for `expr` over rows of `schema`. Reads no data. */
export function canEvaluate(expr: Expr, schema: Schema, options: BindOptions = {}): Verdict {
  try {
    const { kind, root } = bindChecked(expr, schema, options);
    return { ok: true, type: root.type, kind };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, node: error.node, reason: error.reason };
    throw error;
  }
}

function bindChecked(expr: Expr, schema: Schema, options: BindOptions): Bound {
  const now = options.now ?? BigInt(Date.now()) * 1_000_000n;
  const bound = bind(expr, schema, options.relation ?? null, { now, inlineCode: options.inlineCode ?? false });
  refuseUncertain(bound);
  if (options.refuseTies === true) refuseTiesOf(bound);
  return bound;
}

function refuseTiesOf({ windows, aggregates }: Bound): void {
  const name =
    windows.find(({ mindsTies }) => mindsTies)?.name ?? aggregates.find((each) => each.bound.mindsTies)?.name;
  if (name !== undefined) throw new Refusal(name, 'depends on the order of rows that tie in its ORDER BY');
}

export interface Evaluator {
  readonly kind: Kind;
  readonly type: DataType;
  /** Indices of the columns of the schema that are read, ascending. Batches hold these columns, in this order. */
  readonly columns: readonly number[];
  /** Whether results depend on where batches end. */
  readonly mindsBatches: boolean;
  /**
   * Row-wise: the values of the batch, in memory that the next call may use again, as the batch's own may be. Else: takes the batch in, and gives
   * null.
   */
  next(batch: ColumnBatch): Column | null;
  /**
   * The columns of a partial state: those of all aggregates of the expression, one row each. Null: partial results can't be put
   * together, and one evaluator must see all rows. Row-wise: no columns.
   */
  readonly stateSchema: readonly DataType[] | null;
  /** What the batches so far come to. */
  state(): readonly Column[];
  /** Takes the state of another evaluator in, whose rows come behind all rows so far. */
  merge(state: readonly Column[]): void;
  /** Aggregate: the value, one row. Window: the values of all rows, in their order. Row-wise: null. */
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
  const { type } = root;
  if (kind === 'row') {
    const evaluate = compile(root);
    return {
      kind,
      type,
      columns,
      mindsBatches: false,
      stateSchema: [],
      next: (batch) => materialize(evaluate(rowsOfBatch(batch)), batch.length),
      state: () => [],
      merge: () => undefined,
      finish: () => null,
    };
  }
  if (kind === 'window') {
    const evaluate = compile(root);
    const kept: ColumnBatch[] = [];
    return {
      kind,
      type,
      columns,
      mindsBatches: true,
      stateSchema: null,
      next: (batch) => {
        // A reader may use its buffers again.
        kept.push({
          length: batch.length,
          columns: batch.columns.map((column) => concatColumns(column.type, [column])),
        });
        return null;
      },
      state: noState,
      merge: noState,
      finish: () => {
        const whole = joined(
          kept,
          columns.map((index) => schema.fields[index]?.type ?? NULL),
        );
        const rows = withWindows(rowsOfBatch(whole), bound.windows, schema.fields.length);
        return materialize(evaluate(rows), whole.length);
      },
    };
  }
  const accumulators = bound.aggregates.map(runningAggregate);
  const states = bound.aggregates.map((aggregate) => aggregate.bound.state);
  return {
    kind,
    type,
    columns,
    // The rows that pass a FILTER are a batch of their own.
    mindsBatches: bound.aggregates.some(({ filter }) => filter !== null),
    stateSchema: states.some((state) => state === null) ? null : states.flatMap((state) => state ?? []),
    next: (batch) => {
      const rows = rowsOfBatch(batch);
      for (const each of accumulators) each.update(rows);
      return null;
    },
    state: () => accumulators.flatMap((each) => each.state()),
    merge: (state) => {
      let at = 0;
      accumulators.forEach((each, i) => {
        const width = states[i]?.length ?? 0;
        each.merge(state.slice(at, at + width));
        at += width;
      });
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

function noState(): never {
  throw new DfxError('DEFECT', 'a partial state of a window function');
}

function joined(batches: readonly ColumnBatch[], types: readonly DataType[]): ColumnBatch {
  const length = batches.reduce((sum, batch) => sum + batch.length, 0);
  const columns = types.map((type, i) =>
    concatColumns(
      type,
      batches.map((batch) => batch.columns[i] ?? nullColumn(type, batch.length)),
    ),
  );
  return { length, columns };
}

/** The rows with the values of window functions as further columns. */
function withWindows(rows: Rows, windows: readonly WindowCall[], first: number): Rows {
  const values = windows.map((call) => call.column(rows));
  return {
    length: rows.length,
    column: (index) => values[index - first] ?? rows.column(index),
  };
}
