/**
 * Evaluates expressions here and in the real engine, and says where they differ: by type, by any bit of a value, or by their
 * errors. Tables hold columns of any type.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Expr } from '../../../src/expr/model.ts';
import { exprFromProto } from '../../../src/expr/proto/index.ts';
import { children } from '../../../src/expr/walk.ts';
import type { Column, ColumnBatch } from '../../../src/io/column.ts';
import { buildColumn } from '../../../src/run/embedded/build.ts';
import { canEvaluate, compileExpression } from '../../../src/run/embedded/engine.ts';
import { concatColumns, gather } from '../../../src/run/embedded/gather.ts';
import { formatDataType, parseDataType, readIpcSchema, writeIpcSchema } from '../../../src/wire/arrow/index.ts';
import type { Schema } from '../../../src/wire/arrow/types.ts';
import type { ArrowValue } from '../../../src/wire/arrow/value-model.ts';
import { DfxError } from '../../../src/wire/errors.ts';
import { type Cell, exactCells } from './exact-cells.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PYTHON = process.env['DFX_PYTHON'] ?? `${ROOT}.venv/bin/python`;

export interface Table {
  readonly schema: Schema;
  readonly batch: ColumnBatch;
}

/** `[name, type as text, values]`: `['d', 'Decimal128(10, 2)', [150n, null]]`. */
export function tableOf(columns: readonly (readonly [string, string, readonly ArrowValue[]])[]): Table {
  const made = columns.map(([, type, values]) => buildColumn(parseDataType(type), values));
  const fields = columns.map(([name], i) => ({
    name,
    type: made[i]?.type ?? ({ kind: 'Null' } as const),
    nullable: true,
    metadata: [],
  }));
  return { schema: { fields, metadata: [] }, batch: { length: made[0]?.length ?? 1, columns: made } };
}

export interface Case {
  readonly table: string;
  readonly kind: 'row' | 'aggregate' | 'window';
  readonly sql: string;
  /** The payload itself, where no SQL gives it; `sql` then only describes it. */
  readonly payload?: Uint8Array;
}

interface Answer {
  readonly unparsed?: string;
  readonly payload?: string;
  readonly schema?: string;
  readonly values?: readonly Cell[];
  readonly error?: string;
}

export interface Outcome {
  readonly state: 'equal' | 'same error' | 'other error' | 'refused' | 'unparsed' | 'different';
  readonly note: string;
  /** What the real engine says, where it fails. */
  readonly theirError: string | null;
}

export interface JudgeOptions {
  /** Floats of aggregates and windows may differ by this part of their size, and NaNs by their bits (sums in another order). Default: not at all. */
  readonly relative?: number;
  /** Evaluates in so many pieces whose states are merged, where the evaluator can. Default 1. */
  readonly pieces?: number;
  /** Evaluates in so many batches, one after another by one evaluator. Default 1. */
  readonly batches?: number;
}

export async function judge(
  tables: ReadonlyMap<string, Table>,
  cases: readonly Case[],
  options: JudgeOptions = {},
): Promise<Outcome[]> {
  const answers = await askEngine(tables, cases);
  assert.equal(answers.length, cases.length);
  return cases.map((one, i) => {
    const table = tables.get(one.table);
    const answer = answers[i];
    assert.ok(table !== undefined && answer !== undefined);
    const theirError = answer.error ?? answer.unparsed ?? null;
    return { ...compareAnswers(one, answer, table, options), theirError };
  });
}

async function askEngine(tables: ReadonlyMap<string, Table>, cases: readonly Case[]): Promise<Answer[]> {
  assert.ok(existsSync(PYTHON), `no Python with datafusion at ${PYTHON}: set DFX_PYTHON or make .venv`);
  const child = spawn(PYTHON, [fileURLToPath(new URL('./engine_oracle.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  const encoded = Object.fromEntries(
    [...tables].map(([name, { schema, batch }]) => [
      name,
      {
        schema: Buffer.from(writeIpcSchema(schema)).toString('base64'),
        columns: batch.columns.map(exactCells),
      },
    ]),
  );
  const asked = cases.map(({ payload, ...one }) =>
    payload === undefined ? one : { ...one, payload: Buffer.from(payload).toString('base64') },
  );
  child.stdin.end(JSON.stringify({ tables: encoded, cases: asked }));
  const status = await ended;
  assert.equal(status, 0, Buffer.concat(err).toString('utf8').slice(-2000));
  return Buffer.concat(out)
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

function relationOf(expr: Expr): string | null {
  const todo: Expr[] = [expr];
  for (let item = todo.pop(); item !== undefined; item = todo.pop()) {
    if (item.kind === 'column' && item.relation !== null) return item.relation;
    todo.push(...children(item));
  }
  return null;
}

type Verdict = Omit<Outcome, 'theirError'>;

function compareAnswers(one: Case, answer: Answer, table: Table, options: JudgeOptions): Verdict {
  if (answer.payload === undefined) return { state: 'unparsed', note: answer.unparsed ?? '' };
  const { expr } = exprFromProto(Buffer.from(answer.payload, 'base64'));
  const bindOptions = { relation: relationOf(expr) };
  const verdict = canEvaluate(expr, table.schema, bindOptions);
  if (!verdict.ok) return { state: 'refused', note: `${verdict.node}: ${verdict.reason}` };
  let ours: Column;
  try {
    ours = evaluate(expr, table, bindOptions, options);
  } catch (error) {
    if (error instanceof DfxError && error.code === 'UNSUPPORTED') return { state: 'refused', note: error.message };
    if (!(error instanceof DfxError) || error.code !== 'EXECUTION') throw error;
    if (answer.error?.includes(error.message)) return { state: 'same error', note: error.message };
    return {
      // Both fail, in words of their own.
      state: answer.error === undefined ? 'different' : 'other error',
      note: `ours fails: ${error.message}; theirs: ${answer.error ?? JSON.stringify(answer.values?.slice(0, 9))}`,
    };
  }
  if (answer.error !== undefined || answer.values === undefined || answer.schema === undefined) {
    return {
      state: 'different',
      note: `theirs fails: ${answer.error}; ours: ${JSON.stringify(exactCells(ours).slice(0, 9))}`,
    };
  }
  // Without a row there is no batch, and pyarrow shows the type before coercion.
  const noRows = verdict.kind === 'row' && table.batch.length === 0;
  const [field] = readIpcSchema(Buffer.from(answer.schema, 'base64')).schema.fields;
  assert.ok(field !== undefined);
  const type = formatDataType(verdict.type);
  if (!noRows && formatDataType(field.type) !== type) {
    return { state: 'different', note: `type ${type}, theirs ${formatDataType(field.type)}` };
  }
  const { values } = answer;
  const cells = exactCells(ours);
  const same = sameCell(verdict.type.kind, one.kind === 'row' ? 0 : (options.relative ?? 0));
  const at = values.findIndex((theirs, row) => !same(cells[row] ?? null, theirs));
  if (at >= 0 || values.length !== cells.length) {
    return {
      state: 'different',
      note: `row ${at} of ${values.length} (ours ${cells.length}): ours ${JSON.stringify(cells[at])}, theirs ${JSON.stringify(values[at])} (${type})${rowText(table, at, one)}`,
    };
  }
  return { state: 'equal', note: one.sql };
}

/** The values of the columns that the text names. */
function rowText({ schema, batch }: Table, row: number, one: Case): string {
  if (one.kind === 'aggregate' || row < 0) return '';
  const named = schema.fields.flatMap(({ name }, i) => {
    const column = batch.columns[i];
    if (column === undefined || !new RegExp(`\\b${name}\\b`).test(one.sql)) return [];
    return [`${name} = ${JSON.stringify(exactCells(column)[row])}`];
  });
  return named.length === 0 ? '' : ` where ${named.join(', ')}`;
}

function evaluate(
  expr: Expr,
  table: Table,
  bindOptions: { readonly relation: string | null },
  { pieces = 1, batches = 1 }: JudgeOptions,
): Column {
  const evaluator = compileExpression(expr, table.schema, bindOptions);
  const columns = evaluator.columns.map((index) => table.batch.columns[index]).filter((column) => column !== undefined);
  const { length } = table.batch;
  if (batches > 1 && evaluator.kind === 'row' && length >= batches) {
    const parts = rowsOfParts(length, batches).map((rows) => {
      const part = evaluator.next({ length: rows.length, columns: columns.map((column) => gather(column, rows)) });
      assert.ok(part !== null);
      // A copy: the next batch uses the memory again.
      return concatColumns(part.type, [part]);
    });
    return concatColumns(evaluator.type, parts);
  }
  if (pieces > 1 && evaluator.kind === 'aggregate' && evaluator.stateSchema !== null) {
    const whole = compileExpression(expr, table.schema, bindOptions);
    for (const rows of rowsOfParts(length, pieces)) {
      const part = compileExpression(expr, table.schema, bindOptions);
      part.next({ length: rows.length, columns: columns.map((column) => gather(column, rows)) });
      whole.merge(part.state());
    }
    const merged = whole.finish();
    assert.ok(merged !== null);
    return merged;
  }
  if (batches > 1 && evaluator.kind !== 'row') {
    for (const rows of rowsOfParts(length, batches)) {
      evaluator.next({ length: rows.length, columns: columns.map((column) => gather(column, rows)) });
    }
    const value = evaluator.finish();
    assert.ok(value !== null);
    return value;
  }
  const row = evaluator.next({ length, columns });
  const column = evaluator.finish() ?? row;
  assert.ok(column !== null);
  return column;
}

/** The rows cut into parts of about one size. */
function rowsOfParts(length: number, parts: number): Int32Array[] {
  return Array.from({ length: parts }, (_, part) => {
    const start = Math.floor((length * part) / parts);
    const end = Math.floor((length * (part + 1)) / parts);
    return Int32Array.from({ length: end - start }, (_unused, i) => start + i);
  });
}

function sameCell(kind: string, relative: number): (ours: Cell, theirs: Cell) => boolean {
  if (relative === 0 || kind !== 'Float64') return (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);
  return (a, b) => {
    if (a === b || typeof a !== 'string' || typeof b !== 'string') return a === b;
    const [x, y] = [doubleOf(a), doubleOf(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) === Number.isNaN(y);
    return Math.abs(x - y) <= relative * Math.max(Math.abs(x), Math.abs(y));
  };
}

function doubleOf(bits: string): number {
  return new Float64Array(BigUint64Array.of(BigInt(`0x${bits}`)).buffer)[0] ?? 0;
}

/** The cases that differ, with why: an empty text where none does. */
export function differences(cases: readonly Case[], outcomes: readonly Outcome[]): string {
  return outcomes
    .flatMap(({ state, note }, i) =>
      state === 'different' ? [`${cases[i]?.table}: ${cases[i]?.sql}\n    ${note}`] : [],
    )
    .slice(0, 40)
    .join('\n');
}

/** `900 equal, 20 refused`, and with DFX_REASONS set the reasons of refusals, most frequent first. */
export function summary(outcomes: readonly Outcome[]): string[] {
  const counts = new Map<string, number>();
  const reasons = new Map<string, number>();
  for (const { state, note, theirError } of outcomes) {
    counts.set(state, (counts.get(state) ?? 0) + 1);
    if (state !== 'refused' && state !== 'other error') continue;
    const reason = `${note}${theirError === null ? '' : ' [real engine: error]'}`;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const lines = [[...counts].map(([state, count]) => `${count} ${state}`).join(', ')];
  if (process.env['DFX_REASONS'] !== undefined) {
    for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1]).slice(0, 60))
      lines.push(`${count} ${reason}`);
  }
  return lines;
}
