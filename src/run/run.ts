/** Runs a plan: spawns workers, feeds them jobs, gives results in the order of the payloads. Nothing outlives a run. */
import type { RecordBatch, Schema } from 'apache-arrow';
import { formatDataType } from '../wire/arrow/index.ts';
import { DfxError } from '../wire/errors.ts';
import type { Payload } from './plan/load.ts';
import type { Plan, PlannedPayload } from './plan/plan.ts';
import { Worker } from './spawn/worker.ts';
import { type JobGroup, splitColumns } from './split/columns.ts';
import { failureOf } from './transport/failure.ts';
import { JobFailed, runJob } from './transport/job.ts';
import type { Done, Hello, InputSpec } from './transport/messages.ts';
import { SchemaHead } from './transport/schema-head.ts';

/** The reference engine's batch size. */
const BATCH_SIZE = 8192;

export interface RunContext {
  readonly input: InputSpec | null;
  /** The input's name for messages. */
  readonly inputName: string | null;
  /** Aborting it ends the run: every worker is killed, and the run throws the signal's reason. */
  readonly signal: AbortSignal;
  /** A line that a worker wrote to stderr: a UDF's prints, a crash's account. */
  readonly onStderrLine: (labels: readonly string[], line: string) => void;
  /** Python's traceback of a UDF's exception. */
  readonly onTraceback: (labels: readonly string[], traceback: string) => void;
}

/** What produced a column or a value. */
export interface Provenance {
  readonly pid: number;
  readonly engine: { readonly name: string; readonly version: string };
  readonly reason: string;
  readonly rows: number;
  readonly seconds: Done['seconds'];
}

export interface ResultColumn extends Provenance {
  readonly name: string;
  /** As DataFusion writes it: `Int64`, `Timestamp(Microsecond, Some("UTC"))`. */
  readonly type: string;
}

export interface ValueResult {
  readonly payload: Payload;
  /** One row, one column. */
  readonly batch: RecordBatch;
  readonly column: ResultColumn;
}

export type ValueOutcome =
  | ({ readonly ok: true } & ValueResult)
  | { readonly ok: false; readonly payload: Payload; readonly error: DfxError };

/** A worker that has said hello, and the payloads that it knows. */
interface Ready {
  readonly worker: Worker;
  readonly hello: Hello;
  readonly sent: Set<string>;
  /** Whose prints these are: the payloads of the job at hand. */
  labels: readonly string[];
}

/** A promise that others settle, and that nobody needs to wait for. */
class Deferred<T> {
  readonly promise: Promise<T>;
  resolve: (value: T) => void = () => undefined;
  reject: (reason: unknown) => void = () => undefined;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => undefined);
  }
}

/** One value a payload. Outcomes come in the payloads' order, each as soon as it and those before it are known. */
export async function* runValues(plan: Plan, context: RunContext): AsyncGenerator<ValueOutcome, void, void> {
  const { planned } = plan;
  const outcomes = planned.map(() => new Deferred<ValueOutcome>());
  const slots = Math.min(plan.workers, planned.length);
  let next = slots;
  const slot = async (first: number): Promise<void> => {
    let ready: Ready | null = null;
    try {
      for (let at = first; at < planned.length; at = next++) {
        const entry = planned[at];
        const outcome = outcomes[at];
        if (entry === undefined || outcome === undefined) return;
        try {
          if (ready?.worker.command.file !== entry.command.file) {
            await ready?.worker.stop();
            ready = await startWorker(entry, context);
          }
          outcome.resolve({ ok: true, ...(await runValue(ready, entry, at, context)) });
        } catch (error) {
          const failure = await userError(error, [entry], ready, context);
          if (!(error instanceof JobFailed)) {
            await ready?.worker.killed();
            ready = null;
          }
          outcome.resolve({ ok: false, payload: entry.payload, error: failure });
        }
      }
    } finally {
      await ready?.worker.stop();
    }
  };
  const work = Promise.all(Array.from({ length: slots }, (_, first) => slot(first)));
  // A defect of the loop above must not leave the outcomes waiting.
  work.catch((error: unknown) => {
    for (const outcome of outcomes) outcome.reject(error);
  });
  try {
    for (const outcome of outcomes) {
      const settled = await outcome.promise;
      context.signal.throwIfAborted();
      yield settled;
    }
  } finally {
    await work;
  }
}

async function runValue(ready: Ready, entry: PlannedPayload, at: number, context: RunContext): Promise<ValueResult> {
  const group: JobGroup = { entries: [entry], relation: entry.payload.relation };
  const chunks: Uint8Array[] = [];
  const head = new SchemaHead();
  const job = startJob(ready, group, at, 'value', 'stream', context);
  let step = await job.next();
  for (; step.done !== true; step = await job.next()) {
    chunks.push(step.value);
    head.push(step.value);
  }
  const { tableFromIPC } = await import('apache-arrow');
  const table = tableFromIPC(chunks);
  const [batch] = table.batches;
  if (batch === undefined || batch.numRows !== 1 || batch.numCols !== 1) {
    throw new DfxError(
      'EXECUTION',
      `the aggregate gave ${table.numRows} rows of ${table.numCols} columns, expected one value`,
    );
  }
  const [column] = resultColumns(head, provenance(ready, entry, step.value));
  if (column === undefined) throw new DfxError('DEFECT', "a result's schema has no column");
  return { payload: entry.payload, batch, column };
}

/** Row-wise results: what a consumer gets. `columns` is whole once the batches or chunks are at their end. */
export interface RowsResult {
  readonly columns: readonly ResultColumn[];
}

/** The columns of all payloads as one table, batch by batch. */
export async function runBatches(
  plan: Plan,
  context: RunContext,
  consume: (schema: Schema, batches: AsyncGenerator<RecordBatch, void, void>) => Promise<void>,
): Promise<RowsResult> {
  const groups = splitColumns(plan);
  return withJobs(groups, 'stream', context, async (jobs) => {
    const [{ RecordBatchReader, Schema }, { zipBatches }] = await Promise.all([
      import('apache-arrow'),
      import('./merge/zip.ts'),
    ]);
    const readers = await Promise.all(
      jobs.map(async ({ chunks, labels }) => {
        const reader = await RecordBatchReader.from(chunks);
        await reader.open();
        return { labels: labels.join(', '), schema: reader.schema, batches: reader[Symbol.asyncIterator]() };
      }),
    );
    const schema = new Schema(readers.flatMap((reader) => reader.schema.fields));
    await consume(schema, zipBatches(readers));
  });
}

/** Whether the result is one worker's stream, which `runChunks` hands on as it is, whatever its types. */
export function isOneStream(plan: Plan): boolean {
  return splitColumns(plan).length === 1;
}

/** The bytes of the result as the one worker wrote them: an Arrow stream or file. */
export async function runChunks(
  plan: Plan,
  context: RunContext,
  container: 'stream' | 'file',
  consume: (chunks: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<RowsResult> {
  return withJobs(splitColumns(plan), container, context, async ([only]) => {
    if (only === undefined) throw new DfxError('DEFECT', 'a run without a job');
    await consume(only.chunks);
  });
}

interface OpenJob {
  readonly labels: readonly string[];
  readonly chunks: AsyncGenerator<Uint8Array, void, void>;
}

/** Starts a worker a group, lets `use` read the results, and ends every worker, whatever happens. */
async function withJobs(
  groups: readonly JobGroup[],
  container: 'stream' | 'file',
  context: RunContext,
  use: (jobs: readonly OpenJob[]) => Promise<void>,
): Promise<RowsResult> {
  const columns: (readonly ResultColumn[])[] = groups.map(() => []);
  const stopped = new AbortController();
  const signal = AbortSignal.any([context.signal, stopped.signal]);
  // The first failure is the run's: what follows from it, in the merge or in other workers, is not.
  let firstFailure: DfxError | null = null;
  const workers: Worker[] = [];
  const open = groups.map((group, at): OpenJob => {
    const labels = group.entries.map(({ payload }) => payload.label);
    const [entry] = group.entries;
    const chunks = async function* (): AsyncGenerator<Uint8Array, void, void> {
      let ready: Ready | null = null;
      try {
        if (entry === undefined) throw new DfxError('DEFECT', 'a job without a payload');
        ready = await startWorker(entry, { ...context, signal }, (worker) => workers.push(worker));
        const head = new SchemaHead();
        const job = startJob(ready, group, at, 'rows', container, context);
        let step = await job.next();
        for (; step.done !== true; step = await job.next()) {
          head.push(step.value);
          yield step.value;
        }
        columns[at] = resultColumns(head, provenance(ready, entry, step.value));
      } catch (error) {
        const failure = await userError(error, group.entries, ready, context);
        firstFailure ??= failure;
        stopped.abort(failure);
        throw failure;
      }
    };
    return { labels, chunks: chunks() };
  });
  try {
    await use(open);
  } catch (error) {
    context.signal.throwIfAborted();
    throw firstFailure ?? error;
  } finally {
    await Promise.all(workers.map((worker) => (signal.aborted ? worker.killed() : worker.stop())));
  }
  return { columns: columns.flat() };
}

async function startWorker(
  entry: PlannedPayload,
  context: RunContext,
  started?: (worker: Worker) => void,
): Promise<Ready> {
  const labels = [entry.payload.label];
  let ready: Ready | null = null;
  const worker = Worker.start(entry.command, {
    signal: context.signal,
    onStderrLine: (line) => context.onStderrLine(ready?.labels ?? labels, line),
  });
  started?.(worker);
  try {
    ready = { worker, hello: await worker.hello(), sent: new Set(), labels };
    return ready;
  } catch (error) {
    await worker.killed();
    throw error;
  }
}

async function* startJob(
  ready: Ready,
  group: JobGroup,
  number: number,
  shape: 'rows' | 'value',
  container: 'stream' | 'file',
  context: RunContext,
): AsyncGenerator<Uint8Array, Done, void> {
  ready.labels = group.entries.map(({ payload }) => payload.label);
  for (const { payload } of group.entries) {
    if (ready.sent.has(payload.hash)) continue;
    ready.sent.add(payload.hash);
    await ready.worker.send({ type: 'payload', hash: payload.hash }, payload.bytes);
  }
  return yield* runJob(ready.worker, {
    job: number,
    shape,
    columns: group.entries.map(({ payload }) => ({ payload: payload.hash, name: payload.label })),
    input: context.input,
    split: { kind: 'whole' },
    relation: group.relation,
    inlineCode: group.entries.every(({ inlineCode }) => inlineCode),
    windows: group.entries.some(({ payload }) => payload.windows),
    reads: [...new Set(group.entries.flatMap(({ payload }) => payload.reads ?? []))],
    batchSize: BATCH_SIZE,
    container,
  });
}

function provenance(ready: Ready, entry: PlannedPayload, done: Done): Provenance {
  return {
    pid: ready.hello.pid,
    engine: ready.hello.engine,
    reason: entry.reason,
    rows: done.rows,
    seconds: done.seconds,
  };
}

function resultColumns(head: SchemaHead, from: Provenance): readonly ResultColumn[] {
  return head.read().fields.map(({ name, type }) => ({ name, type: formatDataType(type), ...from }));
}

/** What went wrong, in the user's terms. */
async function userError(
  error: unknown,
  entries: readonly PlannedPayload[],
  ready: Ready | null,
  context: RunContext,
): Promise<DfxError> {
  context.signal.throwIfAborted();
  const payloads = entries.map(({ payload }) => payload);
  const [entry] = entries;
  if (error instanceof JobFailed && entry !== undefined) {
    const failure = failureOf(error.failed, payloads, entry.command, context.inputName);
    if (failure.traceback !== null) context.onTraceback(ready?.labels ?? [], failure.traceback);
    return failure.error;
  }
  if (error instanceof DfxError) return payloads.length === 1 ? error.at({ file: payloads[0]?.file }) : error;
  throw error;
}
