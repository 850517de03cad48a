import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Expr } from '../../../src/expr/model.ts';
import { exprFromProto } from '../../../src/expr/proto/index.ts';
import { children } from '../../../src/expr/walk.ts';
import { type Column, isValid, valueAt, writeArrow } from '../../../src/io/index.ts';
import { canEvaluate, compileExpression } from '../../../src/run/embedded/index.ts';
import { DfxError } from '../../../src/wire/errors.ts';
import { makeTable, Random, SqlSource, type Table } from './random-sql.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PYTHON = process.env['DFX_PYTHON'] ?? `${ROOT}.venv/bin/python`;
const SEED = Number(process.env['DFX_SEED'] ?? '20260');
const CASES = Number(process.env['DFX_CASES'] ?? '1500');

interface Case {
  readonly table: string;
  readonly kind: 'row' | 'aggregate';
  readonly sql: string;
}

interface Answer {
  readonly unparsed?: string;
  readonly payload?: string;
  readonly type?: string;
  readonly values?: readonly (string | boolean | null)[];
  readonly error?: string;
}

async function askEngine(tables: Record<string, string>, cases: readonly Case[]): Promise<Answer[]> {
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
  child.stdin.end(JSON.stringify({ tables, cases }));
  const status = await ended;
  assert.equal(status, 0, Buffer.concat(err).toString('utf8').slice(-2000));
  return Buffer.concat(out)
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}

const PYARROW_NAMES = new Map([
  ['Null', 'null'],
  ['Boolean', 'bool'],
  ['Int8', 'int8'],
  ['Int16', 'int16'],
  ['Int32', 'int32'],
  ['Int64', 'int64'],
  ['UInt8', 'uint8'],
  ['UInt16', 'uint16'],
  ['UInt32', 'uint32'],
  ['UInt64', 'uint64'],
  ['Float32', 'float'],
  ['Float64', 'double'],
  ['Utf8', 'string'],
  ['LargeUtf8', 'large_string'],
  ['Utf8View', 'string_view'],
]);

/** As the oracle prints: floats by their bits, integers as text. */
function shown(column: Column): (string | boolean | null)[] {
  return Array.from({ length: column.length }, (_, row) => {
    if (!isValid(column, row)) return null;
    if (column.layout === 'numeric' && column.type.kind === 'Float64') {
      const words = new BigUint64Array(column.values.buffer, column.values.byteOffset, column.length);
      return (words[row] ?? 0n).toString(16).padStart(16, '0');
    }
    if (column.layout === 'numeric' && column.type.kind === 'Float32') {
      const words = new Uint32Array(column.values.buffer, column.values.byteOffset, column.length);
      return (words[row] ?? 0).toString(16).padStart(8, '0');
    }
    const value = valueAt(column, row);
    return typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  });
}

function relationOf(expr: Expr): string | null {
  const todo: Expr[] = [expr];
  for (let item = todo.pop(); item !== undefined; item = todo.pop()) {
    if (item.kind === 'column' && item.relation !== null) return item.relation;
    todo.push(...children(item));
  }
  return null;
}

interface Outcome {
  readonly state: 'equal' | 'same error' | 'refused' | 'unparsed' | 'different';
  readonly note: string;
}

function judge(one: Case, answer: Answer, table: Table): Outcome {
  if (answer.unparsed !== undefined || answer.payload === undefined) return { state: 'unparsed', note: '' };
  const { expr } = exprFromProto(Buffer.from(answer.payload, 'base64'));
  const options = { relation: relationOf(expr) };
  const verdict = canEvaluate(expr, table.schema, options);
  if (!verdict.ok) return { state: 'refused', note: `${verdict.node}: ${verdict.reason}` };
  let ours: (string | boolean | null)[];
  try {
    const evaluator = compileExpression(expr, table.schema, options);
    const columns = evaluator.columns
      .map((index) => table.batch.columns[index])
      .filter((column) => column !== undefined);
    const row = evaluator.next({ length: table.batch.length, columns });
    const column = evaluator.finish() ?? row;
    assert.ok(column !== null);
    ours = shown(column);
  } catch (error) {
    if (!(error instanceof DfxError) || error.code !== 'EXECUTION') throw error;
    if (answer.error?.includes(error.message)) return { state: 'same error', note: error.message };
    return {
      state: 'different',
      note: `ours fails: ${error.message}; theirs: ${answer.error ?? answer.values?.join(' ')}`,
    };
  }
  if (answer.error !== undefined || answer.values === undefined) {
    return { state: 'different', note: `theirs fails: ${answer.error}` };
  }
  // Without a row there is no batch, and pyarrow shows the type before coercion.
  const noRows = verdict.kind === 'row' && table.batch.length === 0;
  if (!noRows && PYARROW_NAMES.get(verdict.type.kind) !== answer.type) {
    return { state: 'different', note: `type ${verdict.type.kind}, theirs ${answer.type}` };
  }
  const { values } = answer;
  const at = values.findIndex((theirs, row) => ours[row] !== theirs);
  if (at >= 0 || values.length !== ours.length) {
    return { state: 'different', note: `row ${at}: ours ${ours[at]}, theirs ${values[at]}` };
  }
  return { state: 'equal', note: one.sql };
}

test('random expressions have the values, types and errors of the real engine', { timeout: 120_000 }, async (t) => {
  const random = new Random(SEED);
  const tables = new Map<string, Table>([
    ['edges', makeTable(random, 150, true, true)],
    ['mild', makeTable(random, 40, false, true)],
    ['full', makeTable(random, 40, false, false)],
    ['empty', makeTable(random, 0, false, true)],
  ]);
  const encoded: Record<string, string> = {};
  for (const [name, { schema, batch }] of tables) {
    encoded[name] = Buffer.from(await writeArrow(schema, [batch], 'stream')).toString('base64');
  }
  const source = new SqlSource(random);
  const cases = Array.from({ length: CASES }, (_, i): Case => {
    const table = random.pick(['edges', 'edges', 'mild', 'full', 'mild', 'empty']);
    const depth = 1 + random.below(3);
    return i % 4 === 3
      ? { table, kind: 'aggregate', sql: source.aggregate(depth - 1) }
      : { table, kind: 'row', sql: source.any(depth) };
  });
  const answers = await askEngine(encoded, cases);
  assert.equal(answers.length, cases.length);
  const counts = new Map<string, number>();
  const reasons = new Map<string, number>();
  const differences: string[] = [];
  cases.forEach((one, i) => {
    const answer = answers[i];
    const table = tables.get(one.table);
    assert.ok(answer !== undefined && table !== undefined);
    const { state, note } = judge(one, answer, table);
    counts.set(state, (counts.get(state) ?? 0) + 1);
    if (state === 'refused') {
      const reason = `${note}${answer.error === undefined ? '' : ' [real engine: error]'}`;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    if (state === 'different') differences.push(`${one.table}: ${one.sql}\n    ${note}`);
  });
  t.diagnostic([...counts].map(([state, count]) => `${count} ${state}`).join(', '));
  if (process.env['DFX_REASONS'] !== undefined) {
    for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1]).slice(0, 60))
      t.diagnostic(`${count} ${reason}`);
  }
  assert.equal(differences.slice(0, 40).join('\n'), '');
  assert.ok((counts.get('equal') ?? 0) > CASES / 3, `only ${counts.get('equal')} of ${CASES} cases were compared`);
});
