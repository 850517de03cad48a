/** The parts of the input that a group's workers get, in order: splits of a file, batches of it, or pieces of whole rows from a pipe. */
import { createReadStream } from 'node:fs';
import { BATCH_ROWS } from '../../io/batch-rows.ts';
import type { InputTable } from '../../io/column.ts';
import type { CsvStream } from '../../io/csv.ts';
import { openInput } from '../../io/index.ts';
import { type Split, WHOLE } from '../../io/split.ts';
import { DfxError } from '../../wire/errors.ts';
import type { JobGroup } from '../plan/groups.ts';
import type { Plan } from '../plan/plan.ts';
import { type ArrowPiece, arrowPieces } from './arrow-pieces.ts';
import { columnsRead, type EncodedBatch, emptyStream, encodedBatches } from './batches.ts';
import type { SplitUnit } from './conveyor.ts';
import type { InputSpec } from './messages.ts';

export interface Units {
  /** What workers take them for: a body of theirs is read as this says. */
  readonly input: InputSpec | null;
  /** Whether they come through this process, as the plan's transport has them. */
  readonly streamed: boolean;
  readonly units: Iterable<SplitUnit> | AsyncIterable<SplitUnit>;
  /** The schema of the batches to come, where workers may plan ahead for them. */
  readonly ahead?: Uint8Array;
  /** How many, where that is known before they are there. */
  readonly count: number | null;
  /** Ends the wait for the next one. */
  readonly cancel: () => void;
  /** Line ends before the first one. */
  readonly linesBefore: () => number;
}

/** Bytes of rows that one job gets from a pipe. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** Partial results of an input, at most: enough for workers to end at about the same time. */
const MOST_PARTIAL = 64;
/** Of CSV that is sent in batches: some thousand rows. */
const BATCH_BYTES = 512 * 1024;
/** Some hundred rows of a few bytes each. */
const LEAST_PIECE_BYTES = 4 * 1024;

export function unitsOf(plan: Plan, group: JobGroup): Units {
  const { table, source } = plan;
  const input = source?.spec ?? null;
  const pipe = source?.pipe ?? null;
  if (pipe === null) {
    const streamed = plan.transport.name !== 'split' && group.how !== 'whole' && table !== null && source !== null;
    if (streamed) return input?.format === 'csv' ? csvPieces(plan, group, input, true) : batches(plan, group, table);
    const parts = group.how === 'whole' ? [WHOLE] : partsFor(group, plan.splits);
    // Where records start and end in quoted text, the real engine isn't asked: it gets whole ones.
    if (group.engine === 'datafusion' && parts[0]?.kind === 'bytes' && input?.format === 'csv')
      return csvPieces(plan, group, input, false);
    return {
      units: placed(parts),
      input,
      streamed: false,
      count: parts.length,
      cancel: () => undefined,
      linesBefore: () => 0,
    };
  }
  if (table === null) throw new DfxError('DEFECT', 'a pipe that nobody can read');
  const common = { input, streamed: true, count: null, cancel: (): void => pipe.cancel() };
  if (isCsvStream(table)) {
    const { stream } = table;
    // What was looked at for the schema, the table itself keeps.
    pipe.forget();
    const pieces = stream.pieces(bytesOfPieces(plan, group, PIECE_BYTES));
    return { ...common, units: whole(textUnits(pieces)), linesBefore: () => stream.headLines() };
  }
  return {
    ...common,
    units: whole(arrowUnits(arrowPieces(pipe.all(), PIECE_BYTES, input?.path))),
    linesBefore: () => 0,
  };
}

/** Partial results of many rows are as small as those of few, and each is a message to take. A Python worker holds its part in memory. */
function partsFor({ engine, how }: JobGroup, splits: readonly Split[]): readonly Split[] {
  const byRows = splits.filter((split) => split.kind === 'rows');
  if (how !== 'partial' || engine !== 'embedded' || byRows.length < splits.length) return splits;
  const each = Math.ceil(byRows.length / MOST_PARTIAL);
  return Array.from({ length: Math.ceil(byRows.length / each) }, (_, at) => ({
    kind: 'rows',
    parts: byRows.slice(at * each, (at + 1) * each).flatMap(({ parts }) => parts),
  }));
}

/** The real engine makes all batches of a piece at once, each with buffers of its own: some kilobytes, however few rows it has. */
function bytesOfPieces({ batchSize }: Plan, { engine }: JobGroup, most: number): number {
  if (engine === 'embedded') return most;
  return Math.min(most, Math.max(LEAST_PIECE_BYTES, Math.ceil(most * (batchSize / BATCH_ROWS))));
}

/** A CSV file as if it came through a pipe. */
function csvPieces(plan: Plan, group: JobGroup, input: InputSpec, streamed: boolean): Units {
  const { table, splits } = plan;
  const { path, csv } = input;
  const [first] = splits;
  const splitBytes = first?.kind === 'bytes' ? first.end - first.start : PIECE_BYTES;
  const file = createReadStream(path, { highWaterMark: Math.min(PIECE_BYTES / 4, splitBytes) });
  let headLines = (): number => 0;
  const pieces = async function* (): AsyncGenerator<Uint8Array, void, void> {
    const opened = await openInput(file, { format: 'csv', csv: { ...csv, schema: table?.schema } });
    if (!isCsvStream(opened)) throw new DfxError('DEFECT', 'a CSV stream that gives no pieces');
    headLines = () => opened.stream.headLines();
    yield* opened.stream.pieces(bytesOfPieces(plan, group, streamed ? BATCH_BYTES : Math.min(PIECE_BYTES, splitBytes)));
  };
  return {
    units: whole(textUnits(pieces())),
    input,
    streamed,
    count: null,
    cancel: () => file.destroy(),
    linesBefore: () => headLines(),
  };
}

/** The file's rows as Arrow, whatever its format. */
function batches(plan: Plan, { engine, entries, filter, keep }: JobGroup, table: InputTable): Units {
  const { source, batchSize: rows, transport } = plan;
  const reads: string[] = [...keep];
  let everything = false;
  for (const { payload } of filter === null ? entries : [...entries, filter]) {
    if (payload.reads === null) everything = true;
    else reads.push(...payload.reads);
  }
  const indices = columnsRead(table, everything ? null : reads);
  const isPipelined = transport.name === 'pipelined';
  const flow = { rows, several: isPipelined, workers: plan.workers.splits };
  return {
    ...(isPipelined && engine === 'datafusion' && plan.limit === null ? { ahead: emptyStream(table, indices) } : {}),
    units: arrowUnits(encodedBatches(table, indices, flow)),
    input: source === null ? null : { path: source.spec.path, format: 'arrow' },
    streamed: true,
    count: null,
    cancel: () => undefined,
    linesBefore: () => 0,
  };
}

/** Splits of rows say how many lie before them. */
function placed(splits: readonly Split[]): readonly SplitUnit[] {
  let rows = 0;
  return splits.map((split) => {
    if (split.kind !== 'rows') return { split, body: [] };
    const before = { rows, lines: 0 };
    for (const { start, end } of split.parts) rows += end - start;
    return { split, body: [], before };
  });
}

/** Of rows that were counted. */
async function* arrowUnits(pieces: AsyncIterable<ArrowPiece | EncodedBatch>): AsyncGenerator<SplitUnit, void, void> {
  for await (const { bytes, before: rows, ...rest } of pieces) {
    yield { split: WHOLE, body: [bytes], before: { rows, lines: 0 }, ...rest };
  }
}

async function* textUnits(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<SplitUnit, void, void> {
  for await (const piece of pieces) yield { split: WHOLE, body: [piece] };
}

/** Even an input without rows gives one piece: its result has a schema. */
async function* whole(units: AsyncIterable<SplitUnit>): AsyncGenerator<SplitUnit, void, void> {
  let any = false;
  for await (const unit of units) {
    any = true;
    yield unit;
  }
  if (!any) yield { split: WHOLE, body: [new Uint8Array(0)] };
}

export function isCsvStream(table: InputTable): table is InputTable & { readonly stream: CsvStream } {
  return 'stream' in table && table.stream !== null;
}
