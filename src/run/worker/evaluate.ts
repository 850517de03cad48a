/** Runs one job on the embedded engine: every expression of the job over one pass of its split. */

import type { Column, ColumnBatch } from '../../io/column.ts';
import { selectedRows } from '../../io/csv-write.ts';
import type { ArrowStreamReader } from '../../io/ipc/stream-reader.ts';
import type { SplitReport } from '../../io/split.ts';
import type { DataType, Field, Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { milliseconds, sharedSeconds } from '../clock.ts';
import { gather } from '../embedded/gather.ts';
import type { Evaluator } from '../embedded/index.ts';
import { UdfFailure } from '../embedded/javascript/raised.ts';
import type { Done, Job } from '../transport/messages.ts';
import { leaveWithParent } from './channel.ts';
import { ColumnFailure, type Preparation, type Prepared, type RowRange } from './prepare.ts';
import { type ResultSink, resultSink } from './result.ts';

const NOTHING_READ: SplitReport = { rows: 0, bytes: 0, start: 0, end: 0, lines: 0 };

/** `body` is the job's. Sends the result; gives the account of it. */
export async function evaluateJob(job: Job, body: Uint8Array, preparation: Preparation): Promise<Omit<Done, 'type'>> {
  const started = milliseconds();
  if (job.mode === 'merge') return mergeStates(job, body, preparation, started);
  const prepared = await preparation.prepare(job, body);
  const evaluators = prepared.evaluators();
  const sink = resultSink(job, schemaOf(job, prepared, evaluators));
  const opened = milliseconds();
  const pass = new Pass(job, prepared, evaluators, sink);
  const read = await pass.run();
  sink.end();
  return account(job, sink, read, started, opened);
}

function account(job: Job, sink: ResultSink, read: SplitReport, started: number, opened: number): Omit<Done, 'type'> {
  const ended = milliseconds();
  const finished = sharedSeconds();
  const seconds = { open: (opened - started) / 1000, evaluate: (ended - opened) / 1000 };
  const at = { started: finished - (ended - started) / 1000, finished };
  return { job: job.job, rows: sink.rows, batches: sink.batches, read, seconds, at };
}

function schemaOf(job: Job, { kept }: Prepared, evaluators: readonly Evaluator[]): Schema {
  if (job.mode === 'partial') return stateSchema(evaluators);
  const results = job.columns.map(({ name }, at) => field(name, evaluators[at]?.type ?? { kind: 'Null' }));
  return { fields: [...kept, ...results], metadata: [] };
}

function stateSchema(evaluators: readonly Evaluator[]): Schema {
  const types = evaluators.flatMap(statesOf);
  return { fields: types.map((type, at) => field(`state_${at}`, type)), metadata: [] };
}

function statesOf({ stateSchema: states }: Evaluator): readonly DataType[] {
  if (states === null) throw new DfxError('DEFECT', 'a partial state was asked of an expression that has none');
  return states;
}

function field(name: string, type: DataType): Field {
  return { name, type, nullable: true, metadata: [] };
}

/** One pass over a split. */
class Pass {
  readonly #job: Job;
  readonly #prepared: Prepared;
  readonly #evaluators: readonly Evaluator[];
  readonly #sink: ResultSink;
  /** Places of each evaluator's columns in a batch. */
  readonly #slots: readonly (readonly number[])[];
  readonly #filterSlots: readonly number[];
  /** Rows of the split before the batch. */
  #rowsBefore = 0;

  constructor(job: Job, prepared: Prepared, evaluators: readonly Evaluator[], sink: ResultSink) {
    const slotsOf = (evaluator: Evaluator): readonly number[] =>
      evaluator.columns.map((index) => prepared.indices.indexOf(index));
    this.#job = job;
    this.#prepared = prepared;
    this.#evaluators = evaluators;
    this.#sink = sink;
    this.#slots = evaluators.map(slotsOf);
    this.#filterSlots = prepared.filter === null ? [] : slotsOf(prepared.filter);
  }

  async run(): Promise<SplitReport> {
    const { table, indices, hints } = this.#prepared;
    const { split, before } = this.#job;
    const reader = table.read(indices, split, before ?? undefined, hints);
    if (Symbol.iterator in reader.batches) {
      for (const batch of reader.batches) if (!this.#next(batch)) break;
    } else {
      for await (const batch of reader.batches) if (!this.#next(batch)) break;
    }
    this.#finish();
    return reader.report();
  }

  /** False: no more rows are wanted. */
  #next(batch: ColumnBatch): boolean {
    const wanted = this.#take(batch);
    this.#rowsBefore += batch.length;
    return wanted;
  }

  #take(batch: ColumnBatch): boolean {
    leaveWithParent();
    const picked = this.#pick(batch);
    if (picked !== null && picked.length === 0) return true;
    // Text is written of the rows that were picked; whatever computes sees those rows alone, as behind a WHERE.
    const lazily = picked !== null && this.#sink.picks && this.#evaluators.length === 0;
    const rows = picked === null || lazily ? batch : rowsOf(batch, picked);
    const columns = this.#prepared.keep.map((slot) => columnAt(rows, slot));
    this.#evaluators.forEach((evaluator, at) => {
      const result = failingAt(
        at,
        () => evaluator.next(slice(rows, this.#slots[at] ?? [])),
        (error) => this.#rowsOf(error, batch.length, picked),
      );
      if (result !== null) columns.push(result);
    });
    if (columns.length === 0) return true;
    // What ends late has its rows at the end, all at once: beside it, none of these would have a place.
    if (columns.length !== this.#prepared.keep.length + this.#evaluators.length) throw mixed();
    const left = (this.#job.limit ?? Number.POSITIVE_INFINITY) - this.#sink.rows;
    const count = lazily ? picked.length : rows.length;
    if (lazily)
      this.#sink.write(
        { length: rows.length, columns },
        new Uint32Array(picked.buffer, picked.byteOffset, Math.min(count, left)),
      );
    else if (count > left) this.#sink.write(rowsOf({ length: count, columns }, firstRows(left)));
    else this.#sink.write({ length: rows.length, columns });
    return count < left;
  }

  /** The rows for which the filter is true; null: all. */
  #pick(batch: ColumnBatch): Int32Array | null {
    const { filter } = this.#prepared;
    if (filter === null) return null;
    const verdict = failingAt(
      null,
      () => filter.next(slice(batch, this.#filterSlots)),
      (error) => this.#rowsOf(error, batch.length, null),
    );
    if (verdict === null) throw new DfxError('DEFECT', 'a filter is no row-wise expression');
    return trueRows(verdict);
  }

  #finish(): void {
    const { mode, limit } = this.#job;
    if (mode === 'partial') {
      const columns = this.#evaluators.flatMap((evaluator, at) => failingAt(at, () => evaluator.state()));
      this.#sink.write({ length: 1, columns });
      return;
    }
    const columns = this.#evaluators.flatMap((evaluator, at) => {
      const last = failingAt(at, () => evaluator.finish());
      return last === null ? [] : [last];
    });
    const [first] = columns;
    if (first === undefined) return;
    if (this.#prepared.keep.length > 0 || columns.length !== this.#evaluators.length) throw mixed();
    const rest: ColumnBatch = { length: first.length, columns };
    this.#sink.write(limit !== null && limit < first.length ? rowsOf(rest, firstRows(limit)) : rest);
  }

  /** The rows of the split that a UDF failed over: one where it was called over the whole batch row by row, else the batch's. */
  #rowsOf(error: unknown, length: number, picked: Int32Array | null): RowRange | null {
    if (!(error instanceof UdfFailure) || error.rows === null || error.rows.length === 0) return null;
    const { row, length: called } = error.rows;
    const place = (at: number): number => this.#rowsBefore + (picked?.[at] ?? at) + 1;
    const count = picked?.length ?? length;
    // Of fewer rows, such as those of a CASE's branch, nobody knows which they were.
    if (row !== null && called === count) return { first: place(row), last: place(row) };
    return { first: place(0), last: place(count - 1) };
  }
}

function mixed(): DfxError {
  return new DfxError('DEFECT', 'a job has columns that are known row by row, and others that are known at the end');
}

function failingAt<T>(at: number | null, work: () => T, rowsOf: (error: unknown) => RowRange | null = () => null): T {
  try {
    return work();
  } catch (error) {
    throw new ColumnFailure(at, rowsOf(error), error);
  }
}

function columnAt(batch: ColumnBatch, slot: number): Column {
  const column = batch.columns[slot];
  if (column === undefined) throw new DfxError('DEFECT', `a batch without column ${slot}`);
  return column;
}

function slice(batch: ColumnBatch, slots: readonly number[]): ColumnBatch {
  return { length: batch.length, columns: slots.map((slot) => columnAt(batch, slot)) };
}

function rowsOf(batch: ColumnBatch, rows: Int32Array): ColumnBatch {
  return { length: rows.length, columns: batch.columns.map((column) => gather(column, rows)) };
}

function firstRows(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, row) => row);
}

/** Null where that is every row. */
function trueRows(verdict: Column): Int32Array | null {
  if (verdict.layout !== 'boolean') {
    if (verdict.layout === 'null') return new Int32Array(0);
    throw new DfxError('DEFECT', `a filter of type ${verdict.type.kind}`);
  }
  const { bits, length, validity } = verdict;
  const { buffer, length: count } = selectedRows(bits, length, validity);
  return count === length ? null : new Int32Array(buffer, 0, count);
}

/** The states of all splits, in their order, as one value. */
async function mergeStates(
  job: Job,
  body: Uint8Array,
  preparation: Preparation,
  started: number,
): Promise<Omit<Done, 'type'>> {
  const { evaluators, reader } = preparation.mergers(job, body);
  const widths = evaluators.map((evaluator) => statesOf(evaluator).length);
  const results = job.columns.map(({ name }, at) => field(name, evaluators[at]?.type ?? { kind: 'Null' }));
  const sink = resultSink(job, { fields: results, metadata: [] });
  const opened = milliseconds();
  for (let states = nextOf(reader); states !== null; states = nextOf(reader)) {
    const { columns } = states;
    let from = 0;
    evaluators.forEach((evaluator, at) => {
      const to = from + (widths[at] ?? 0);
      const own = columns.slice(from, to);
      failingAt(at, () => evaluator.merge(own));
      from = to;
    });
  }
  const columns = evaluators.flatMap((evaluator, at) => failingAt(at, () => evaluator.finish()) ?? []);
  sink.write({ length: 1, columns });
  sink.end();
  return account(job, sink, NOTHING_READ, started, opened);
}

function nextOf(reader: ArrowStreamReader): ColumnBatch | null {
  const batch = reader.next();
  if (batch === null) reader.end();
  return batch;
}
