/** From payloads and options to jobs: everything that can be refused is refused here, before a process is spawned. */

import { availableParallelism } from 'node:os';
import { smallInput } from '../../../bin/worker-settings.cjs';
import { hasDictionaries, type InputTable, openInput } from '../../io/index.ts';
import type { Split } from '../../io/split.ts';
import { formatDataType, type Schema } from '../../wire/arrow/index.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { pythonText } from '../../wire/frame.ts';
import { milliseconds } from '../clock.ts';
import { type ChosenInterpreter, chooseInterpreter, noInterpreter } from '../env/choose.ts';
import { pythonCommand } from '../python/command.ts';
import type { How, PlannedFacts } from '../report.ts';
import { confine } from '../sandbox/index.ts';
import type { WorkerCommand } from '../spawn/worker.ts';
import type { Shape } from '../transport/messages.ts';
import { QUEUE_DEPTH, type Transport, type TransportName } from '../transport/transport.ts';
import { isCsvStream } from '../transport/units.ts';
import { nodeCommand } from '../worker/command.ts';
import {
  chooseEngine,
  type EngineName,
  type EngineOption,
  needsNoJavaScript,
  registeringEngine,
  type TableReading,
} from './engine.ts';
import { explain, payloadFacts, splittingText } from './explain.ts';
import { groupPayloads, type JobGroup } from './groups.ts';
import { type PreparedInput, spooled } from './input.ts';
import type { Payload } from './load.ts';
import { columnList, missingColumns } from './missing.ts';
import { askAhead, checkPolicy, checkReach, lackingFor, mayOpenFrames, type Policy, stampOf } from './policy.ts';
import { splitsOf, unsplit } from './splitting.ts';
import { chooseTransport } from './transport.ts';

export interface PlanOptions {
  readonly policy: Policy;
  readonly engine: EngineOption;
  /** A path or command, as --python gives it. */
  readonly python?: string | undefined;
  /** Null: one row without columns. */
  readonly source: PreparedInput | null;
  /** Most worker processes at a time. */
  readonly workers?: number | undefined;
  /** A boolean expression: rows for which it isn't true are dropped. */
  readonly filter?: Payload | undefined;
  /** Columns of the input that go before the results. */
  readonly keep?: readonly string[] | 'all' | undefined;
  /** Rows of the result after which no more are asked for. */
  readonly limit?: number | undefined;
  /** How often a split may cost a worker its life. */
  readonly retries?: number | undefined;
  /** Rows of a batch. */
  readonly batchSize?: number | undefined;
  /** Splits that are read ahead, beside one a worker; batches that wait for each worker. */
  readonly queueDepth?: number | undefined;
  /** Absolute path of a Python file that registers UDFs in Python workers. */
  readonly register?: string | undefined;
  /** Most bytes of a split. */
  readonly splitSize?: number | undefined;
  /** How the input reaches workers. A file is split and a pipe pipelined where it isn't said. */
  readonly transport?: TransportName | undefined;
  /** Whether the report has the times of each batch. */
  readonly times?: boolean | undefined;
}

/** What one payload runs on. */
export interface PlannedPayload {
  readonly payload: Payload;
  readonly engine: EngineName;
  /** Why that engine. */
  readonly reason: string;
  readonly how: How;
  readonly howReason: string | null;
  /** Of the values, where the embedded engine has bound it. */
  readonly type: DataType | null;
  readonly command: WorkerCommand;
  /** Whether its worker may open inline frames. */
  readonly inlineCode: boolean;
}

export interface Plan {
  readonly shape: Shape;
  readonly planned: readonly PlannedPayload[];
  /** Payloads that may not or can't run; the others still do where each gives a value of its own. */
  readonly refused: readonly { readonly payload: Payload; readonly error: DfxError }[];
  readonly groups: readonly JobGroup[];
  readonly source: PreparedInput | null;
  /** Null where dfx itself can't read the input, or there is none. */
  readonly table: InputTable | null;
  readonly splits: readonly Split[];
  /** Workers over the splits of an input, and processes that have a payload each. */
  readonly workers: { readonly splits: number; readonly payloads: number };
  /** The instant of the run, nanoseconds since the epoch. */
  readonly now: bigint;
  readonly limit: number | null;
  readonly retries: number;
  readonly batchSize: number;
  readonly queueDepth: number;
  /** For so many milliseconds one worker of the embedded engine is enough; null: all are wanted at once. */
  readonly patience: number | null;
  readonly transport: Transport;
  /** The user's module that registers UDFs in Python workers. */
  readonly register: string | null;
  /** The plan in words, line by line. */
  readonly explanation: readonly string[];
  readonly facts: PlannedFacts;
}

/** The reference engine's batch size. */
const BATCH_SIZE = 8192;

/** Milliseconds. */
const PATIENCE = 120;

export async function planRun(payloads: readonly Payload[], options: PlanOptions): Promise<Plan> {
  const began = milliseconds();
  const shape = commonShape(payloads, options.filter);
  askAhead(
    [...payloads, ...(options.filter === undefined ? [] : [options.filter])].map(({ code }) => code),
    options.policy,
  );
  const now = BigInt(Date.now()) * 1_000_000n;
  let { source } = options;
  let reading = await readTable(source);
  refuseBroken(reading, options);
  const planned: PlannedPayload[] = [];
  const refused: { readonly payload: Payload; readonly error: DfxError }[] = [];
  let filter = options.filter === undefined ? null : await planPayload(options.filter, options, reading, now);
  for (const payload of payloads) {
    try {
      planned.push(await planPayload(payload, options, reading, now));
    } catch (error) {
      if (!(error instanceof DfxError)) throw error;
      refused.push({ payload, error });
    }
  }
  if (filter !== null) filter = await underOneEngine(planned, checkedFilter(filter), options);
  const asked = options.transport;
  const splitWith = (streams: boolean): readonly PlannedPayload[] =>
    planned.map((entry) => wholeWhere(entry, source, reading, streams));
  let placed = splitWith(asked === undefined ? source?.pipe != null : asked !== 'split');
  // Who reads the input twice, or at many places, wants a file.
  const streams = readsOnce(filter === null ? placed : [...placed, filter]) && canStream(reading);
  if (source !== null && source.pipe !== null && (!streams || asked === 'split')) {
    source = await spooled(source);
    reading = await readTable(source);
    if (asked === undefined) placed = splitWith(false);
  }
  planned.splice(0, planned.length, ...placed);
  const splits = splitsOf(reading, {
    size: options.splitSize ?? null,
    bytes: source?.size ?? null,
    rowGroups: source?.spec.format === 'parquet' && planned.some(({ engine }) => engine === 'datafusion'),
  });
  if (splits.length === 1 && source?.pipe == null && (asked === undefined || asked === 'split')) {
    for (const [at, entry] of planned.entries()) planned[at] = wholeOfOne(entry);
  }
  const cores = availableParallelism();
  const workers = {
    splits: Math.max(1, options.workers ?? cores),
    // Several workers a core: the work of a short job is mostly waiting for the engine to be imported.
    payloads: Math.max(1, options.workers ?? Math.min(planned.length, 4 * cores)),
  };
  const keep = keptColumns(options, reading);
  const parts = groupPayloads({ shape, planned, filter, keep, split: splits.length > 1, workers: workers.payloads });
  const groups = confine(parts, options.policy, source?.spec.path, options.register);
  const transport = chooseTransport(asked, source, groups);
  const splitting = splittingText(
    transport.name === 'split' ? splits : null,
    wholeReasonOf(groups),
    source?.pipe == null,
  );
  const explanation = explain(planned, filter, splitting, transport, Math.max(workers.splits, groups.length));
  return {
    shape,
    planned,
    refused,
    groups,
    source,
    table: reading.ok ? reading.table : null,
    splits,
    workers,
    now,
    limit: options.limit ?? null,
    retries: options.retries ?? 2,
    batchSize: options.batchSize ?? BATCH_SIZE,
    queueDepth: options.queueDepth ?? QUEUE_DEPTH,
    patience: options.workers === undefined && isSmall(source) ? PATIENCE : null,
    transport,
    register: options.register ?? null,
    explanation,
    facts: {
      payloads: payloadFacts(planned, filter),
      splitting,
      transport,
      explanation,
      totalBytes: source?.size ?? null,
      startSeconds: began / 1000,
      times: options.times,
      planSeconds: (milliseconds() - began) / 1000,
    },
  };
}

/** Why one worker reads the whole input, null where some do otherwise. */
function wholeReasonOf(groups: readonly JobGroup[]): string | null {
  if (groups.some(({ how }) => how !== 'whole')) return null;
  const entries = groups.flatMap((group) => group.entries);
  return entries.find(({ how }) => how === 'whole')?.howReason ?? null;
}

/** One worker may be enough for it. A pipe is of any length. */
function isSmall(source: PreparedInput | null): boolean {
  return source !== null && source.size !== null && source.size < smallInput(source.spec.path);
}

/** Whether one group of workers reads all rows, each of them once. */
function readsOnce(entries: readonly PlannedPayload[]): boolean {
  const tables = entries.map(({ engine, payload }) => (engine === 'embedded' ? '' : `real ${payload.relation ?? ''}`));
  return entries.every(({ how }) => how !== 'whole') && new Set(tables).size <= 1;
}

/** The real engine reads an input in parts only where each part gives it just what the whole would. */
function wholeWhere(
  entry: PlannedPayload,
  source: PreparedInput | null,
  reading: TableReading,
  streams: boolean,
): PlannedPayload {
  if (entry.engine !== 'datafusion' || entry.how === 'whole') return entry;
  const howReason =
    unsplit(source, reading, streams) ?? (entry.payload.reads === null ? 'a wildcard reads every column' : null);
  return howReason === null ? entry : { ...entry, how: 'whole', howReason };
}

/** One state needs no merge: the real engine gives its value at once. */
function wholeOfOne(entry: PlannedPayload): PlannedPayload {
  if (entry.engine !== 'datafusion' || entry.how !== 'partial') return entry;
  return { ...entry, how: 'whole', howReason: 'the input is one split' };
}

/** Whether workers can be given the rows as they come. Dictionaries stand before the batches that need them. */
function canStream(reading: TableReading): boolean {
  if (!reading.ok || reading.table === null) return false;
  return isCsvStream(reading.table) || !hasDictionaries(reading.table.schema);
}

/** The input as dfx's own readers see it. What they can't read, the real engine may. */
async function readTable(source: PreparedInput | null): Promise<TableReading> {
  if (source === null) return { ok: true, table: null };
  const { spec, schema, signal } = source;
  const { format, csv } = spec;
  try {
    const options = { format, csv: { ...csv, schema, signal }, ndjson: { schema } };
    return { ok: true, table: await openInput(source.pipe?.look() ?? spec.path, options) };
  } catch (error) {
    if (error instanceof DfxError) return { ok: false, error };
    throw error;
  }
}

/**
 * Text that is wrong for dfx's own reader is wrong for the real engine, which doesn't say where. Of other formats it may know more: what dfx
 * doesn't support is the engine's to try.
 */
function refuseBroken(reading: TableReading, { source, engine }: PlanOptions): void {
  if (reading.ok || engine === 'datafusion') return;
  const { error } = reading;
  const isText = source?.spec.format === 'csv' || source?.spec.format === 'ndjson';
  const isBroken = error.code === 'INPUT_ROW' || error.code === 'INPUT_FORMAT';
  if (isBroken && (isText || engine === 'embedded')) throw error.at({ file: source?.name });
}

async function planPayload(
  payload: Payload,
  options: PlanOptions,
  reading: TableReading,
  now: bigint,
): Promise<PlannedPayload> {
  const stamp = stampOf(payload.code);
  // A frame's stamp is held against the Python that would run it; a payload without one may need no Python at all.
  let python = stamp === null ? null : await chooseInterpreter(options.python, stamp);
  checkPolicy(payload.code, options.policy, python, await lackingFor(payload.code, options.policy));
  checkReach(payload.outward, options.policy);
  needInput(payload, options.source);
  needColumns(payload.reads ?? [], options, reading);
  const inlineCode = mayOpenFrames(options.policy, payload.code);
  const registers = options.register !== undefined && needsNoJavaScript(payload);
  const choice = registers
    ? registeringEngine(payload)
    : await chooseEngine(payload, options.engine, reading, now, inlineCode);
  if (choice.engine === 'embedded') return { payload, ...choice, command: nodeCommand(), inlineCode };
  python ??= await chooseInterpreter(options.python, stamp);
  if (python === null) throw noInterpreter(stamp);
  return { payload, ...choice, command: enginePython(python), inlineCode };
}

/** The real engine says by itself what it finds. */
function checkedFilter(filter: PlannedPayload): PlannedPayload {
  const { type, payload } = filter;
  if (type === null || type.kind === 'Boolean') return filter;
  throw new DfxError('USAGE', `found a filter that gives ${formatDataType(type)}, expected Boolean`, {
    file: payload.file,
    hint: 'compare it with something, such as "a > 1"',
  });
}

/** Where the filter needs the real engine, everything that it filters does. Gives the filter. */
async function underOneEngine(
  planned: PlannedPayload[],
  filter: PlannedPayload,
  options: PlanOptions,
): Promise<PlannedPayload> {
  const real = [filter, ...planned].find(({ engine }) => engine === 'datafusion');
  if (real === undefined) return filter;
  const moved = async (entry: PlannedPayload): Promise<PlannedPayload> => {
    if (entry.engine === 'datafusion') return entry;
    const reason = real === filter ? 'the filter needs the real engine' : `${real.payload.label} needs the real engine`;
    const choice = await chooseEngine(entry.payload, 'datafusion', { ok: true, table: null }, 0n);
    if (options.engine === 'embedded') throw new DfxError('DEFECT', 'two engines where one was asked for');
    return { ...entry, ...choice, reason, command: real.command };
  };
  for (const [at, entry] of planned.entries()) planned[at] = await moved(entry);
  return moved(filter);
}

function enginePython(python: ChosenInterpreter): WorkerCommand {
  if (python.datafusion === null) {
    throw new DfxError(
      'ENVIRONMENT',
      `${python.path} (Python ${pythonText(python.python)}) has no datafusion package`,
      {
        hint: 'make an environment that has it with `dfx env create`, or name another Python with --python',
      },
    );
  }
  return pythonCommand(python.path);
}

/** A value and a column have no common table. */
function commonShape(payloads: readonly Payload[], filter: Payload | undefined): Shape {
  const [first] = payloads;
  if (first === undefined) {
    if (filter === undefined) throw new DfxError('USAGE', 'no payload was given');
    return 'rows';
  }
  const other = payloads.find(({ shape }) => shape !== first.shape);
  if (other !== undefined) {
    const value = first.shape === 'value' ? first : other;
    const rows = first.shape === 'value' ? other : first;
    throw new DfxError('USAGE', `${value.label} gives one value and ${rows.label} a column`, {
      hint: 'run aggregates and row-wise expressions apart',
    });
  }
  return first.shape;
}

function needInput(payload: Payload, input: PreparedInput | null): void {
  if (input !== null || payload.reads?.length === 0) return;
  const needed = payload.reads === null ? 'every column of the input' : columnList(payload.reads);
  throw new DfxError('INPUT_REQUIRED', `the expression reads ${needed}`, {
    hint: 'name a file that has it with --input',
  });
}

/** Said here where the schema is known without an engine; else a worker says it. */
function needColumns(reads: readonly string[], { source }: PlanOptions, reading: TableReading): void {
  const schema = knownSchema(reading);
  if (source === null || schema === null) return;
  const names = new Set(schema.fields.map(({ name }) => name));
  const missing = reads.filter((name) => !names.has(name));
  if (missing.length > 0) throw missingColumns(missing, schema, source.name);
}

function keptColumns(options: PlanOptions, reading: TableReading): readonly string[] {
  const { keep, source } = options;
  if (keep === undefined) return [];
  if (keep !== 'all') {
    needColumns(keep, options, reading);
    return keep;
  }
  if (!reading.ok) throw reading.error.at({ file: source?.name });
  return reading.table?.schema.fields.map(({ name }) => name) ?? [];
}

function knownSchema(reading: TableReading): Schema | null {
  return reading.ok ? (reading.table?.schema ?? null) : null;
}
