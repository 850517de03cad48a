/** Runs a plan: rows as parts of a table, values one a payload. Nothing outlives a run. */

import { ArrowStreamReader } from '../io/ipc/stream-reader.ts';
import { END_OF_STREAM } from '../io/ipc/write.ts';
import { formatDataType, readIpcSchema } from '../wire/arrow/index.ts';
import type { Field, Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { milliseconds } from './clock.ts';
import { textParts, zipRows } from './merge/zip.ts';
import type { JobGroup } from './plan/groups.ts';
import type { Payload } from './plan/load.ts';
import type { Plan, PlannedPayload } from './plan/plan.ts';
import {
  type Collected,
  collect,
  conveyorOf,
  mergerOf,
  type OutputOptions,
  type Replay,
  type RunContext,
  replaying,
  userError,
} from './replay.ts';
import type { RunReport } from './report.ts';
import type { KeptPart } from './transport/kept-results.ts';
import type { ArrowMessage, EngineVersion } from './transport/messages.ts';
import { WorkerFailure } from './transport/split-task.ts';

export type { OutputOptions, RunContext } from './replay.ts';
export type { Progress, RunReport } from './report.ts';
export type { Target } from './transport/kept-results.ts';
export type { ArrowMessage } from './transport/messages.ts';

/** Some rows of the result, in the order of the input. */
export interface RowsPart {
  readonly rows: number;
  /** To be written as they are, one behind the other. Arrow: IPC messages without schema and end. Text: whole lines without a header. */
  readonly chunks: readonly Uint8Array[];
  /** Of Arrow: the messages that the chunks consist of. */
  readonly messages: readonly ArrowMessage[];
  /** Where workers were given a file to write to: bytes that one of them writes itself, once it is told where they go. */
  readonly kept: KeptPart | null;
}

export interface RowsStream {
  /** The kept columns, then one a payload. */
  readonly schema: Schema;
  readonly parts: AsyncGenerator<RowsPart, void, void>;
}

/** The columns of all payloads as one table, part by part. What `consume` throws ends the run. */
export function replayRows(
  plan: Plan,
  context: RunContext,
  options: OutputOptions,
  consume: (rows: RowsStream) => Promise<void>,
): Promise<RunReport> {
  return replaying(plan, context, async (replay) => {
    const streams: RowsStream[] = [];
    try {
      for (const group of plan.groups) streams.push(await openRows(replay, group, options));
      const [only] = streams;
      if (only === undefined) throw new DfxError('DEFECT', 'a table without columns');
      const joined = streams.length === 1 ? only : zipRows(streams, plan.groups);
      const isText = options.output !== 'arrow' && !(plan.groups.length === 1 && plan.groups[0]?.engine === 'embedded');
      const rows = isText ? textParts(joined, options) : joined;
      await consume({ schema: rows.schema, parts: counted(rows.parts, replay) });
    } finally {
      for (const { parts } of streams) await parts.return();
    }
  });
}

async function* counted(
  parts: AsyncGenerator<RowsPart, void, void>,
  { recorder, plan }: Replay,
): AsyncGenerator<RowsPart, void, void> {
  for await (const part of parts) {
    recorder.rowsOut += part.rows;
    const given = milliseconds();
    yield part;
    recorder.writeMs += milliseconds() - given;
    recorder.progress();
  }
  plan.source?.stillThere();
}

/** Waits for the schema, which comes with the first split's result. */
async function openRows(replay: Replay, group: JobGroup, options: OutputOptions): Promise<RowsStream> {
  const { plan } = replay;
  const workers = Math.max(1, Math.floor(plan.workers.splits / plan.groups.length));
  // Columns of several groups are put side by side as Arrow, and then written.
  const output: OutputOptions = plan.groups.length === 1 ? options : { output: 'arrow' };
  const deliveries = conveyorOf(replay, group, { mode: 'rows', output }, workers).deliveries();
  try {
    const first = await deliveries.next();
    if (first.done === true || first.value.kind !== 'schema') {
      if (plan.limit !== 0) throw new DfxError('DEFECT', 'a result began without its schema');
    }
    const schema: Schema =
      first.done === true || first.value.kind !== 'schema'
        ? { fields: [], metadata: [] }
        : readIpcSchema(first.value.bytes).schema;
    const parts = async function* (): AsyncGenerator<RowsPart, void, void> {
      try {
        for await (const delivery of deliveries) {
          if (delivery.kind !== 'part') continue;
          const { rows, chunks, messages, kept } = delivery;
          yield { rows, chunks, messages, kept };
        }
        // The workers end while the output is finished.
        if (plan.groups.length === 1) replay.pool.dismiss();
      } catch (error) {
        throw userError(error, group, replay);
      }
    };
    return { schema, parts: parts() };
  } catch (error) {
    throw userError(error, group, replay);
  }
}

/** What produced a value. */
export interface ResultColumn {
  readonly name: string;
  /** As DataFusion writes it: `Int64`, `Timestamp(Microsecond, Some("UTC"))`. */
  readonly type: string;
  /** Of the first worker that took part, and of all. */
  readonly pid: number;
  readonly pids: readonly number[];
  readonly engine: EngineVersion;
  readonly reason: string;
  /** Rows of the input, null where the real engine doesn't say. */
  readonly rows: number | null;
  /** Of all workers together. */
  readonly seconds: { readonly open: number; readonly evaluate: number };
}

export type ValueOutcome =
  | {
      readonly ok: true;
      readonly payload: Payload;
      readonly field: Field;
      /** An Arrow stream of one row; the value is in its column `at`. */
      readonly ipc: Uint8Array;
      readonly at: number;
      readonly column: ResultColumn;
    }
  /** Several payloads that fail for one cause have the same error object. */
  | { readonly ok: false; readonly payload: Payload; readonly error: DfxError };

/** One value a payload. Outcomes come in the payloads' order, each as soon as it and those before it are known. */
export function replayValues(
  plan: Plan,
  context: RunContext,
  consume: (outcome: ValueOutcome) => Promise<void>,
): Promise<RunReport> {
  return replaying(plan, context, async (replay) => {
    const outcomes = new Outcomes(plan.planned);
    const work = runGroups(replay, outcomes);
    // A defect of the loops must not leave the outcomes waiting.
    work.catch((error: unknown) => outcomes.fail(error));
    try {
      for (const { payload } of plan.planned) {
        const outcome = await outcomes.of(payload);
        context.signal.throwIfAborted();
        plan.source?.stillThere();
        if (outcome.ok) replay.recorder.rowsOut++;
        const given = milliseconds();
        await consume(outcome);
        replay.recorder.writeMs += milliseconds() - given;
      }
    } catch (error) {
      replay.pool.killAll();
      await work.catch(() => undefined);
      throw error;
    }
    await work;
  });
}

/** The embedded engine's groups one after the other, each with all workers; the real engine's payloads beside them, a process each. */
async function runGroups(replay: Replay, outcomes: Outcomes): Promise<void> {
  const { plan } = replay;
  const embedded = plan.groups.filter(({ engine }) => engine === 'embedded');
  const real = plan.groups.filter(({ engine }) => engine === 'datafusion');
  let next = 0;
  const slot = async (): Promise<void> => {
    for (let group = real[next++]; group !== undefined; group = real[next++]) {
      replay.pool.stopOthers(group.command);
      await runGroup(replay, group, outcomes);
    }
  };
  const first = async (): Promise<void> => {
    for (const group of embedded) await runGroup(replay, group, outcomes);
  };
  if (embedded.length > 0) await first();
  const slots = Math.min(plan.workers.payloads, real.length);
  await Promise.all(Array.from({ length: slots }, slot));
}

/** A payload that fails by itself is left out, and the others run again without it. `isLast`: nothing runs behind it. */
async function runGroup(
  replay: Replay,
  group: JobGroup,
  outcomes: Outcomes,
  isLast = replay.plan.groups.length === 1,
): Promise<void> {
  let { entries } = group;
  while (entries.length > 0) {
    const left: JobGroup = { ...group, entries };
    try {
      await runTogether(replay, left, outcomes, isLast);
      return;
    } catch (error) {
      const unmerged = unmergedReason(error, group, replay);
      const culprit = error instanceof WorkerFailure ? entries[error.failed.column ?? -1] : undefined;
      if (unmerged !== null && culprit !== undefined) {
        replay.recorder.wentWhole(culprit.payload.label, unmerged);
        const alone: JobGroup = { ...group, how: 'whole', entries: [culprit] };
        await runGroup(replay, alone, outcomes, isLast && entries.length === 1);
        entries = entries.filter((entry) => entry !== culprit);
        continue;
      }
      const told = toldError(error, culprit === undefined ? left : { ...left, entries: [culprit] }, replay);
      const failed = culprit === undefined ? entries : [culprit];
      for (const { payload } of failed) outcomes.settle(payload, { ok: false, payload, error: told });
      entries = entries.filter((entry) => !failed.includes(entry));
    }
  }
}

/** Why states can't be merged, where that shows only when it is tried; a pipe can't be read again. */
function unmergedReason(error: unknown, group: JobGroup, { plan }: Replay): string | null {
  if (group.how !== 'partial' || group.engine !== 'datafusion' || plan.source?.pipe != null) return null;
  return error instanceof WorkerFailure && error.failed.code === 'NOT_MERGEABLE' ? error.failed.message : null;
}

function toldError(error: unknown, group: JobGroup, replay: Replay): DfxError {
  const told = userError(error, group, replay);
  if (told instanceof DfxError) return told;
  throw told;
}

async function runTogether(replay: Replay, group: JobGroup, outcomes: Outcomes, isLast: boolean): Promise<void> {
  const { recorder, plan } = replay;
  const mode = group.how === 'partial' ? 'partial' : 'value';
  const output: OutputOptions = { output: 'arrow' };
  const conveyor = conveyorOf(replay, group, { mode, output }, workersOf(group, plan));
  const found = await collect(conveyor.deliveries());
  let result = found;
  if (mode === 'partial') {
    const began = milliseconds();
    const states = [
      found.schema.subarray(0, found.schema.length - END_OF_STREAM.length),
      ...found.chunks,
      END_OF_STREAM,
    ];
    result = await collect(mergerOf(replay, group, states).deliveries());
    recorder.mergeMs += milliseconds() - began;
  }
  // The workers end while the values are written.
  if (isLast) replay.pool.dismiss();
  settleValues(group.entries, found, result, outcomes);
}

/** Groups of the real engine run side by side. */
function workersOf({ engine }: JobGroup, { groups, workers }: Plan): number {
  const beside = engine === 'embedded' ? 1 : groups.filter((other) => other.engine === engine).length;
  return Math.max(1, Math.floor(workers.splits / Math.min(workers.payloads, beside)));
}

function settleValues(
  entries: readonly PlannedPayload[],
  read: Collected,
  result: Collected,
  outcomes: Outcomes,
): void {
  const head = result.schema.subarray(0, result.schema.length - END_OF_STREAM.length);
  const ipc = Buffer.concat([head, ...result.chunks, END_OF_STREAM]);
  const reader = new ArrowStreamReader();
  reader.push(ipc);
  const { schema } = reader;
  const rows = reader.nextOpen()?.rows ?? 0;
  const worker = read.ends[0]?.worker;
  if (schema === null || worker === undefined || rows !== 1 || schema.fields.length !== entries.length) {
    const columns = schema?.fields.length ?? 0;
    throw new DfxError('EXECUTION', `the aggregate gave ${rows} rows of ${columns} columns, expected one value`);
  }
  const pids = [...new Set(read.ends.map((end) => end.worker.worker.pid))];
  const sum = (of: (end: Collected['ends'][number]) => number): number =>
    read.ends.reduce((total, end) => total + of(end), 0);
  entries.forEach(({ payload, reason }, at) => {
    const field = schema.fields[at];
    if (field === undefined) throw new DfxError('DEFECT', `a result without column ${at}`);
    const column: ResultColumn = {
      name: payload.label,
      type: formatDataType(field.type),
      pid: pids[0] ?? 0,
      pids,
      engine: worker.worker.hello?.engine ?? { name: 'unknown', version: '' },
      reason,
      rows: read.ends.some(({ done }) => done.read.rows === null) ? null : sum(({ done }) => done.read.rows ?? 0),
      seconds: { open: sum(({ done }) => done.seconds.open), evaluate: sum(({ done }) => done.seconds.evaluate) },
    };
    outcomes.settle(payload, { ok: true, payload, field, ipc, at, column });
  });
}

/** What is waited for in the payloads' order, and known in any. */
class Outcomes {
  readonly #waiting = new Map<Payload, PromiseWithResolvers<ValueOutcome>>();

  constructor(planned: readonly PlannedPayload[]) {
    for (const { payload } of planned) {
      const deferred = withResolvers<ValueOutcome>();
      deferred.promise.catch(() => undefined);
      this.#waiting.set(payload, deferred);
    }
  }

  of(payload: Payload): Promise<ValueOutcome> {
    return this.#deferred(payload).promise;
  }

  settle(payload: Payload, outcome: ValueOutcome): void {
    this.#deferred(payload).resolve(outcome);
  }

  fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
  }

  #deferred(payload: Payload): PromiseWithResolvers<ValueOutcome> {
    const found = this.#waiting.get(payload);
    if (found === undefined) throw new DfxError('DEFECT', 'an outcome of a payload that was not planned');
    return found;
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** Node 20 has no Promise.withResolvers. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
