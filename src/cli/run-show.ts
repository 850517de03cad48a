/** The results of a run: values and rows, to the terminal, a pipe or a file, as text or as a document. */

import type { ColumnBatch } from '../io/column.ts';
import { ArrowStreamReader } from '../io/ipc/stream-reader.ts';
import { displayCells } from '../io/out/display-cells.ts';
import { OutputFile } from '../run/merge/output-file.ts';
import type { Plan } from '../run/plan/plan.ts';
import type { RunReport } from '../run/report.ts';
import {
  type RowsStream,
  type RunContext,
  replayRows,
  replayValues,
  type Target,
  type ValueOutcome,
} from '../run/run.ts';
import type { Field, Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import type { RunFlags } from './commands/run.ts';
import { toStdout } from './output.ts';
import type { JsonMember } from './render/json-text.ts';
import { engineText, plural, timeText } from './render/run-units.ts';
import { labelWidth, valueLine } from './render/run-values.ts';
import { sinkOf } from './render/sink.ts';
import { loadStyle, type Style, wantsColor } from './render/style.ts';
import { refuseTerminal } from './run-checks.ts';
import { chooseFormat, type RowFormat } from './run-format.ts';
import {
  columnsMember,
  documentHead,
  documentTail,
  resultMembers,
  rowResults,
  rowsText,
  valueText,
} from './run-json.ts';
import {
  batchEncoder,
  checkColumns,
  type Destination,
  decodedBatches,
  type Wanted,
  type Write,
  wantedFor,
  withoutRows,
  writeRows,
} from './run-output.ts';
import type { Reports } from './run-reports.ts';

type Fail = (error: DfxError) => void;

function outputFile({ output }: RunFlags): string | null {
  return output === undefined || output === '-' ? null : output;
}

/** Seconds since the process started. */
function clock(): number {
  return process.uptime();
}

/** Lets `produce` write to the output file or to stdout. After a failure no file is there. */
async function writeResult<T>(
  flags: RunFlags,
  reports: Reports,
  produce: (destination: Destination) => Promise<T>,
): Promise<T> {
  const path = outputFile(flags);
  if (path === null) {
    let isFirst = true;
    const write: Write = async (data) => {
      // What goes through a pipe may end on the same terminal; a line that comes back at each write would only flicker there.
      if (isFirst || process.stdout.isTTY) reports.pause();
      isFirst = false;
      await toStdout(data);
    };
    return produce({ write, file: null });
  }
  const file = await OutputFile.create(path);
  let made: T;
  try {
    const { shared } = file;
    made = await produce({
      write: (data) => file.write(data),
      file: shared === null ? null : { path: shared, leave: (bytes) => file.leave(bytes) },
    });
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.commit();
  return made;
}

/** A value that came: its batch has one row. */
interface GoodValue {
  readonly outcome: Extract<ValueOutcome, { readonly ok: true }>;
  readonly batch: ColumnBatch;
}

export async function showValues(
  plan: Plan,
  context: RunContext,
  flags: RunFlags,
  reports: Reports,
  fail: Fail,
): Promise<void> {
  const format = chooseFormat(flags, 'table');
  refuseTerminal(format);
  checkColumns(format, plan, outputFile(flags));
  const asLines = format === 'table' && outputFile(flags) === null;
  const width = labelWidth(plan.planned.map(({ payload }) => payload.label));
  const good: GoodValue[] = [];
  const told = new Set<DfxError>();
  let failed = false;
  const report = await replayValues(plan, context, async (outcome) => {
    if (!outcome.ok) {
      failed = true;
      // One cause, such as a bad row of the input, is told once.
      if (!told.has(outcome.error)) fail(outcome.error);
      told.add(outcome.error);
      return;
    }
    const value = { outcome, batch: oneBatch(outcome.ipc) };
    good.push(value);
    if (flags.json || !asLines) return;
    reports.pause();
    // A run that gives nothing prints nothing but its errors.
    if (good.length === 1) await toStdout(`driver pid: ${process.pid}\n`);
    await toStdout(`${valueLine(outcome.payload.label, cellText(value), outcome.column.pid, width)}\n`);
  });
  if (good.length === 0) return reports.stats(report);
  if (!asLines && (!failed || outputFile(flags) === null)) await writeValues(format, good, flags, reports);
  await reports.stats(report);
  if (flags.json) await toStdout(valuesDocument(good, plan, flags, report));
}

function oneBatch(ipc: Uint8Array): ColumnBatch {
  const reader = new ArrowStreamReader();
  reader.push(ipc);
  const batch = reader.next();
  if (batch === null) throw new DfxError('DEFECT', 'a value came without a row');
  return batch;
}

function cellText({ outcome, batch }: GoodValue): string {
  const column = batch.columns[outcome.at];
  return column === undefined ? 'NULL' : (displayCells(column, outcome.field.type)(0) ?? 'NULL');
}

/** The values side by side, as the one row of a table. */
async function writeValues(
  format: RowFormat,
  good: readonly GoodValue[],
  flags: RunFlags,
  reports: Reports,
): Promise<void> {
  const fields = good.map(({ outcome }): Field => ({ ...outcome.field, name: outcome.payload.label }));
  const columns = good.map(({ outcome, batch }) => {
    const column = batch.columns[outcome.at];
    if (column === undefined) throw new DfxError('DEFECT', `a value of the column ${outcome.at} came without it`);
    return column;
  });
  const schema: Schema = { fields, metadata: [] };
  const batch: ColumnBatch = { length: 1, columns };
  if (format === 'table') {
    const { TableRows, tableLines } = await import('./render/run-table.ts');
    const rows = new TableRows(schema);
    rows.add(batch);
    const room = { width: sinkOf(process.stdout).width, results: fields.length };
    const lines = tableLines(schema, rows, room, await loadStyle(false));
    await writeResult(flags, reports, ({ write }) => write(`${lines.join('\n')}\n`));
    return;
  }
  const encoder = await batchEncoder(format, schema, outputFile(flags));
  await writeResult(flags, reports, async ({ write }) => {
    for (const piece of encoder.batch(batch)) await write(piece);
    for (const piece of encoder.end()) await write(piece);
  });
}

function valuesDocument(good: readonly GoodValue[], plan: Plan, flags: RunFlags, report: RunReport): string {
  const results = good.map(({ outcome, batch }): readonly JsonMember[] => {
    const how = report.payloads[plan.planned.findIndex(({ payload }) => payload === outcome.payload)];
    return resultMembers(outcome.payload, outcome.column, how, valueText(batch, outcome.at, outcome.field.type));
  });
  const facts = { shape: 'value', input: plan.source?.name ?? null, output: outputFile(flags) } as const;
  return `${documentHead(facts)}${documentTail(results, report, clock())}`;
}

/** Parquet is written here, from all rows. */
function targetIn({ file }: Destination, format: RowFormat, path: string | null): Target | null {
  return path === null || file === null || format === 'parquet' ? null : { path: file.path, name: path };
}

function rowsOf(
  plan: Plan,
  context: RunContext,
  wanted: Wanted,
  { limit }: RunFlags,
  consume: (rows: RowsStream) => Promise<void>,
): Promise<RunReport> {
  return replayRows(plan, context, wanted, (rows) => consume(limit === 0 ? withoutRows(rows) : rows));
}

export async function showRows(plan: Plan, context: RunContext, flags: RunFlags, reports: Reports): Promise<void> {
  const path = outputFile(flags);
  if (flags.json && path === null) return showRowsAsJson(plan, context, flags, reports);
  const format = chooseFormat(flags, process.stdout.isTTY ? 'table' : 'csv');
  if (path === null) refuseTerminal(format);
  if (format === 'table') return showTable(plan, context, flags, reports);
  checkColumns(format, plan, path);
  let schema: Schema = { fields: [], metadata: [] };
  const report = await writeResult(flags, reports, (destination) => {
    const target = targetIn(destination, format, path);
    return rowsOf(plan, context, { ...wantedFor(format), target }, flags, async (rows) => {
      schema = rows.schema;
      await writeRows(format, rows, destination, path);
    });
  });
  await reports.stats(report);
  if (flags.json) {
    const facts = { shape: 'rows', input: plan.source?.name ?? null, output: path } as const;
    const tail = documentTail(rowResults(plan, schema, report), report, clock());
    await toStdout(`${documentHead(facts)}${columnsMember(schema)}${tail}`);
  } else if (path !== null && process.stderr.isTTY && !flags.stats) {
    reports.line(`${plural(report.rowsOut, 'row')} written to ${path} in ${timeText(clock())}`);
  }
}

async function showTable(plan: Plan, context: RunContext, flags: RunFlags, reports: Reports): Promise<void> {
  const path = outputFile(flags);
  const { TableRows, rowCount, tableLines } = await import('./render/run-table.ts');
  await writeResult(flags, reports, async ({ write }) => {
    let schema: Schema = { fields: [], metadata: [] };
    let taken = new TableRows(schema);
    const report = await rowsOf(plan, context, wantedFor('table'), flags, async (rows) => {
      schema = rows.schema;
      taken = new TableRows(schema);
      for await (const batch of decodedBatches(rows)) taken.add(batch);
    });
    const style = await styleOf(flags, path);
    const room = { width: sinkOf(process.stdout).width, results: plan.planned.length };
    const lines = tableLines(schema, taken, room, style);
    const engines = [...new Set(report.workers.flatMap(({ engine }) => (engine === null ? [] : [engineText(engine)])))];
    const facts = [rowCount(taken), ...engines, plural(report.workers.length, 'worker'), timeText(clock())];
    await write(`${lines.join('\n')}\n${style.dim(facts.join(', '))}\n`);
    await reports.stats(report);
  });
}

function styleOf({ color }: RunFlags, path: string | null): Promise<Style> {
  return loadStyle(path === null && wantsColor(color, process.stdout.isTTY === true, process.env));
}

/** The document goes out as the rows come; one that has no end is of a run that failed. */
async function showRowsAsJson(plan: Plan, context: RunContext, flags: RunFlags, reports: Reports): Promise<void> {
  let schema: Schema = { fields: [], metadata: [] };
  let started = false;
  const start = async (): Promise<void> => {
    if (started) return;
    started = true;
    const facts = { shape: 'rows', input: plan.source?.name ?? null, output: null } as const;
    await toStdout(`${documentHead(facts)}${columnsMember(schema)},"rows":[`);
  };
  const report = await rowsOf(plan, context, wantedFor('table'), flags, async (rows) => {
    schema = rows.schema;
    let isFirst = true;
    for await (const batch of decodedBatches(rows)) {
      if (batch.length === 0) continue;
      await start();
      await toStdout(rowsText(schema, batch, isFirst));
      isFirst = false;
    }
  });
  await start();
  await reports.stats(report);
  await toStdout(`]${documentTail(rowResults(plan, schema, report), report, clock())}`);
}
