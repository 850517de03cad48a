/** What rows and values share: the workers of a run, its record, its end, and jobs made of the plan's groups. */
import { writeIpcSchema } from '../wire/arrow/index.ts';
import { DfxError } from '../wire/errors.ts';
import type { JobGroup } from './plan/groups.ts';
import type { Plan } from './plan/plan.ts';
import { type Progress, Recorder, type RunReport } from './report.ts';
import { endEarlyZygote, takeEarlyZygote } from './spawn/early-zygote.ts';
import type { LifeOptions } from './spawn/life-watch.ts';
import { WorkerPool } from './spawn/pool.ts';
import { Conveyor, type Delivery, type JobTemplate, type SplitUnit } from './transport/conveyor.ts';
import { failureOf } from './transport/failure.ts';
import type { Target } from './transport/kept-results.ts';
import type { InputSpec, Mode, Output } from './transport/messages.ts';
import { WorkerFailure } from './transport/split-task.ts';
import { flowOf } from './transport/transport.ts';
import { unitsOf } from './transport/units.ts';
import { endEarly, takeEarly } from './worker/early.ts';

export interface RunContext {
  /** The input's name for messages. */
  readonly inputName: string | null;
  /** Aborting it ends the run: every worker is killed, and the run throws the signal's reason. */
  readonly signal: AbortSignal;
  /** A line that a worker wrote to stderr: a UDF's prints, a crash's account. */
  readonly onStderrLine: (labels: readonly string[], line: string) => void;
  /** The traceback of a UDF's exception, as its language prints it. */
  readonly onTraceback: (labels: readonly string[], traceback: string) => void;
  readonly onProgress?: (progress: Progress) => void;
  /** What a worker may take of time and memory. */
  readonly life?: LifeOptions;
}

/** Of text: what stands between the fields of CSV. */
export interface OutputOptions {
  readonly output: Output;
  readonly delimiter?: string;
  /** A file that workers may write their parts to, where whoever takes the rows gives kept parts their places. */
  readonly target?: Target | null;
}

export interface Replay {
  readonly plan: Plan;
  readonly context: RunContext;
  readonly pool: WorkerPool;
  readonly recorder: Recorder;
}

/** Ends every process that `work` started, whatever happens. */
export async function replaying(
  plan: Plan,
  context: RunContext,
  work: (replay: Replay) => Promise<void>,
): Promise<RunReport> {
  const recorder = new Recorder(plan.facts, context.onProgress);
  const pool = new WorkerPool({
    onStderrLine: context.onStderrLine,
    started: takeEarly,
    startedZygote: takeEarlyZygote,
    // Some are for workers that take the place of dead ones.
    slots: Math.max(plan.workers.splits, plan.workers.payloads) + 2,
    life: context.life,
  });
  const onAbort = (): void => pool.killAll();
  context.signal.throwIfAborted();
  context.signal.addEventListener('abort', onAbort, { once: true });
  try {
    await work({ plan, context, pool, recorder });
  } finally {
    context.signal.removeEventListener('abort', onAbort);
    endEarly();
    endEarlyZygote();
    await pool.close();
  }
  context.signal.throwIfAborted();
  return recorder.report();
}

export interface JobKind {
  readonly mode: Mode;
  readonly output: OutputOptions;
}

const NO_SCHEMA = new Uint8Array(0);

/** A job of the group for each split of its input. */
export function conveyorOf(replay: Replay, group: JobGroup, { mode, output }: JobKind, workers: number): Conveyor {
  const { plan, pool, recorder, context } = replay;
  const { units, ahead = null, count, cancel, linesBefore, input, streamed } = unitsOf(plan, group);
  recorder.splitCount = count;
  const processes = Math.max(1, Math.min(workers, count ?? workers));
  return new Conveyor({
    pool,
    recorder,
    signal: context.signal,
    template: templateOf(plan, group, mode, output, { spec: input, flush: streamed }),
    units,
    ahead,
    cancel,
    linesBefore,
    isInput: true,
    counts: countsFor(plan, group),
    workers: processes,
    flow: flowOf(streamed ? plan.transport.name : 'split', processes, plan.queueDepth),
    retries: plan.retries,
    limit: mode === 'rows' ? plan.limit : null,
    target: targetOf(group, output),
    patience: group.engine === 'embedded' ? plan.patience : null,
    count,
  });
}

/** Workers that run code of a payload write nothing, and other engines than ours don't know how. */
function targetOf({ engine, entries, filter }: JobGroup, { target = null }: OutputOptions): Target | null {
  const all = filter === null ? entries : [...entries, filter];
  return engine === 'embedded' && all.every(({ inlineCode }) => !inlineCode) ? target : null;
}

/** Of groups that each read the input, one is counted: rather one of the embedded engine, which always knows its rows. */
function countsFor({ groups }: Plan, group: JobGroup): boolean {
  if (groups.length === 1) return true;
  const counted = groups.find(({ engine }) => engine === 'embedded') ?? groups[0];
  // Without payloads that failed, a group is another object.
  return group.entries.some((entry) => counted?.entries.includes(entry));
}

/** One job whose input is what workers gave. */
export function mergerOf(replay: Replay, group: JobGroup, states: readonly Uint8Array[]): Conveyor {
  const { plan, pool, recorder, context } = replay;
  const template = templateOf(
    plan,
    group,
    'merge',
    { output: 'arrow' },
    { spec: plan.source?.spec ?? null, flush: false },
  );
  const units: readonly SplitUnit[] = [{ split: { kind: 'whole' }, body: states }];
  return new Conveyor({
    pool,
    recorder,
    signal: context.signal,
    template: { ...template, schema: inputSchema(plan) },
    units,
    ahead: null,
    cancel: () => undefined,
    linesBefore: () => 0,
    isInput: false,
    counts: false,
    workers: 1,
    flow: flowOf('split', 1, 0),
    retries: plan.retries,
    limit: null,
    target: null,
    patience: null,
    count: 1,
  });
}

function inputSchema({ table }: Plan): Uint8Array {
  return writeIpcSchema(table?.schema ?? { fields: [], metadata: [] });
}

function templateOf(
  plan: Plan,
  group: JobGroup,
  mode: Mode,
  { output, delimiter = ',' }: OutputOptions,
  { spec, flush }: { readonly spec: InputSpec | null; readonly flush: boolean },
): JobTemplate {
  const { entries, filter, keep, command } = group;
  const all = filter === null ? entries : [...entries, filter];
  // The types of text are found once, so that every worker sees the same.
  const told = spec !== null && (spec.format === 'csv' || spec.format === 'ndjson') && plan.table !== null;
  return {
    command,
    labels: entries.map(({ payload }) => payload.label),
    payloads: all.map(({ payload }) => ({ hash: payload.key, bytes: payload.bytes })),
    schema:
      told && (group.engine === 'embedded' || group.how !== 'whole' || plan.source?.schema !== undefined)
        ? inputSchema(plan)
        : NO_SCHEMA,
    job: {
      mode,
      columns: entries.map(({ payload }) => ({
        payload: payload.key,
        name: payload.label,
        relation: payload.relation,
      })),
      filter: filter === null ? null : { payload: filter.payload.key, relation: filter.payload.relation },
      keep,
      input: spec,
      // A payload without code shares the workers, and their sandbox, of one that has some.
      inlineCode: all.some(({ inlineCode }) => inlineCode),
      windows: entries.some(({ payload }) => payload.windows),
      reads: [...new Set([...all.flatMap(({ payload }) => payload.reads ?? []), ...keep])],
      batchSize: plan.batchSize,
      output: group.engine === 'embedded' ? output : 'arrow',
      flush,
      delimiter,
      now: String(plan.now),
      register: plan.register,
    },
  };
}

/** What went wrong, in the user's terms. */
export function userError(error: unknown, group: JobGroup, { context, plan }: Replay): unknown {
  context.signal.throwIfAborted();
  const { entries, filter, command } = group;
  const payloads = [...entries, ...(filter === null ? [] : [filter])].map(({ payload }) => payload);
  if (error instanceof WorkerFailure) {
    const labels = entries.map(({ payload }) => payload.label);
    const failure = failureOf(error.failed, payloads, command, {
      name: context.inputName,
      header: plan.source?.spec.csv?.header ?? true,
    });
    if (failure.traceback !== null) context.onTraceback(labels, failure.traceback);
    return failure.error;
  }
  if (error instanceof DfxError && payloads.length === 1) return error.at({ file: payloads[0]?.file });
  return error;
}

/** Bytes of the parts, and of the schema that comes before them. */
export interface Collected {
  readonly schema: Uint8Array;
  readonly chunks: readonly Uint8Array[];
  readonly ends: readonly Extract<Delivery, { kind: 'end' }>[];
}

export async function collect(deliveries: AsyncIterable<Delivery>): Promise<Collected> {
  let schema: Uint8Array = NO_SCHEMA;
  const chunks: Uint8Array[] = [];
  const ends: Extract<Delivery, { kind: 'end' }>[] = [];
  for await (const delivery of deliveries) {
    switch (delivery.kind) {
      case 'schema':
        schema = delivery.bytes;
        break;
      case 'part':
        for (const chunk of delivery.chunks) chunks.push(chunk);
        break;
      case 'end':
        ends.push(delivery);
    }
  }
  return { schema, chunks, ends };
}
