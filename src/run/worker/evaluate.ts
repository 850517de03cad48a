/** Runs one job on the embedded engine: every expression of the job over one pass of the input. */
import { setImmediate } from 'node:timers/promises';
import type { Expr } from '../../expr/model.ts';
import { exprFromProto } from '../../expr/proto/index.ts';
import {
  batchWriter,
  type Column,
  type ColumnBatch,
  type InputTable,
  openInput,
  readInOnePiece,
  WHOLE,
} from '../../io/index.ts';
import { ArrowEncoder } from '../../io/out/arrow.ts';
import { DfxError } from '../../wire/errors.ts';
import { compileExpression, type Evaluator } from '../embedded/index.ts';
import type { Done, Job } from '../transport/messages.ts';

/** Sends the next part of the result; resolves when there is room for more. */
export type SendPart = (part: Uint8Array) => Promise<void>;

async function* oneRow(): AsyncGenerator<ColumnBatch> {
  yield { length: 1, columns: [] };
}

const NO_TABLE: InputTable = {
  schema: { fields: [], metadata: [] },
  splits: () => [WHOLE],
  read: () => readInOnePiece(oneRow()),
};

export async function evaluateJob(
  job: Job,
  payloads: ReadonlyMap<string, Uint8Array>,
  send: SendPart,
): Promise<Omit<Done, 'type'>> {
  const started = performance.now();
  const table = await openTable(job);
  const evaluators = job.columns.map(({ payload }) =>
    compileExpression(decode(payload, payloads), table.schema, { relation: job.relation }),
  );
  const writer = await batchWriter({
    fields: job.columns.map(({ name }, at) => ({
      name,
      type: evaluators[at]?.type ?? { kind: 'Null' },
      nullable: true,
      metadata: [],
    })),
    metadata: [],
  });
  const encoder = new ArrowEncoder(job.container, writer.schema);
  const opened = performance.now();
  let rows = 0;
  let batches = 0;
  const emit = async (columns: readonly Column[]): Promise<void> => {
    const length = columns[0]?.length ?? 0;
    rows += length;
    batches++;
    await send(Buffer.concat(encoder.batch(writer.toRecordBatch({ length, columns }))));
  };
  const indices = [...new Set(evaluators.flatMap(({ columns }) => columns))].sort((a, b) => a - b);
  for await (const batch of table.read(indices, WHOLE).batches) {
    const results = evaluators.map((evaluator) => evaluator.next(columnsOf(batch, indices, evaluator)));
    const columns = results.filter((column) => column !== null);
    if (columns.length > 0) await emit(columns);
    // Lets the worker see that its parent is gone: the batches of a file in memory never wait for anything.
    await setImmediate();
  }
  const values = evaluators.map((evaluator) => evaluator.finish()).filter((column) => column !== null);
  if (values.length > 0) await emit(values);
  await send(Buffer.concat(encoder.end()));
  const seconds = { open: (opened - started) / 1000, evaluate: (performance.now() - opened) / 1000 };
  return { job: job.job, rows, batches, seconds };
}

async function openTable({ input }: Job): Promise<InputTable> {
  if (input === null) return NO_TABLE;
  if (input.format !== 'csv' && input.format !== 'arrow') {
    throw new DfxError('UNSUPPORTED', `the embedded engine doesn't read ${input.format} files`);
  }
  return openInput(input.path, { format: input.format, ...(input.csv === undefined ? {} : { csv: input.csv }) });
}

function decode(hash: string, payloads: ReadonlyMap<string, Uint8Array>): Expr {
  const bytes = payloads.get(hash);
  if (bytes === undefined) throw new DfxError('DEFECT', `payload ${hash} was never sent`);
  return exprFromProto(bytes).expr;
}

/** The columns that one evaluator reads, of a batch that holds those of all. */
function columnsOf(batch: ColumnBatch, indices: readonly number[], evaluator: Evaluator): ColumnBatch {
  const columns = evaluator.columns.map((index) => {
    const column = batch.columns[indices.indexOf(index)];
    if (column === undefined) throw new DfxError('DEFECT', `a batch without column ${index}`);
    return column;
  });
  return { length: batch.length, columns };
}
