/** One expression over one input, from bytes to the Arrow IPC bytes of its result. */

import type { Expr } from '../../expr/model.ts';
import {
  type Column,
  type ColumnBatch,
  type InputSource,
  type OpenOptions,
  openInput,
  WHOLE,
  writeArrow,
} from '../../io/index.ts';
import type { DataType, Schema } from '../../wire/arrow/types.ts';
import { compileExpression, type Evaluator } from './engine.ts';
import { concatColumns } from './gather.ts';

export interface EvaluateJob extends OpenOptions {
  readonly expr: Expr;
  /** Null: one row without columns. */
  readonly input: InputSource | null;
  /** The name of the result column. Default `value`. */
  readonly name?: string;
  /** The table name that columns of the payload may be qualified with. */
  readonly relation?: string | null;
  /** Default `stream`. */
  readonly container?: 'file' | 'stream';
}

export interface EvaluateResult {
  readonly kind: Evaluator['kind'];
  readonly type: DataType;
  /** Rows of the result. */
  readonly rows: number;
  readonly batches: number;
  readonly arrow: Uint8Array;
}

/**
 * Throws UNSUPPORTED before any row is read where the engine doesn't take the expression, EXECUTION where evaluating fails as
 * it would in DataFusion 55 (a division by zero, a cast that doesn't fit), and what `openInput` throws.
 */
export async function evaluateFile(job: EvaluateJob): Promise<EvaluateResult> {
  const table = job.input === null ? null : await openInput(job.input, job);
  const schema: Schema = table?.schema ?? { fields: [], metadata: [] };
  const evaluator = compileExpression(job.expr, schema, { relation: job.relation ?? null });
  const results: Column[] = [];
  for await (const batch of table?.read(evaluator.columns, WHOLE).batches ?? oneRow()) {
    const column = evaluator.next(batch);
    // A copy: the next batch uses the memory again.
    if (column !== null) results.push(concatColumns(column.type, [column]));
  }
  const value = evaluator.finish();
  if (value !== null) results.push(value);
  const field = { name: job.name ?? 'value', type: evaluator.type, nullable: true, metadata: [] };
  const batches = results.map((column): ColumnBatch => ({ length: column.length, columns: [column] }));
  const arrow = await writeArrow({ fields: [field], metadata: [] }, batches, job.container ?? 'stream');
  const rows = results.reduce((sum, column) => sum + column.length, 0);
  return { kind: evaluator.kind, type: evaluator.type, rows, batches: batches.length, arrow };
}

async function* oneRow(): AsyncGenerator<ColumnBatch> {
  yield { length: 1, columns: [] };
}
