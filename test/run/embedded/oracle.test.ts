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

/** Bit patterns of every size, among them all powers of two and their neighbours; strings of numbers of many shapes. */
function bitTable(random: Random, rows: number): Table {
  const f32 = new Float32Array(rows);
  const f64 = new Float64Array(rows);
  const i64 = new BigInt64Array(rows);
  const words32 = new Uint32Array(f32.buffer);
  const words64 = new BigUint64Array(f64.buffer);
  const texts: string[] = [];
  for (let i = 0; i < rows; i++) {
    const power = i < 765 ? (Math.floor(i / 3) << 23) + (i % 3) - 1 : random.below(2 ** 32);
    words32[i] = power;
    words64[i] = (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32));
    i64[i] = BigInt.asIntN(64, words64[i] ?? 0n) >> BigInt(random.below(64));
    const digits = String(random.below(2 ** 32)) + String(random.below(1000));
    const point = random.below(digits.length + 1);
    const mantissa = `${random.pick(['', '-', '+'])}${digits.slice(0, point)}${random.pick(['', '.'])}${digits.slice(point)}`;
    texts.push(mantissa + random.pick(['', '', `e${random.below(80) - 50}`, `E-${random.below(20)}`]));
    if (i % 16 === 0)
      texts[i] =
        ((f32[i] ?? 0) + ((f32[i] ?? 0) + (f32[i] ?? 0) * 2 ** -23)) / 2 + random.pick(['', '1', '0000000001']);
  }
  const encoder = new TextEncoder();
  const data = encoder.encode(texts.join(''));
  const offsets = new Int32Array(rows + 1);
  texts.forEach((text, i) => {
    offsets[i + 1] = (offsets[i] ?? 0) + text.length;
  });
  const rest = { length: rows, validity: null };
  const columns: Column[] = [
    { layout: 'numeric', type: { kind: 'Float32' }, values: f32, ...rest },
    { layout: 'numeric', type: { kind: 'Float64' }, values: f64, ...rest },
    { layout: 'numeric', type: { kind: 'Int64' }, values: i64, ...rest },
    { layout: 'string', type: { kind: 'Utf8' }, offsets, data, ...rest },
  ];
  const fields = ['f32', 'f64', 'i64', 's'].map((name, i) => ({
    name,
    type: columns[i]?.type ?? ({ kind: 'Null' } as const),
    nullable: true,
    metadata: [],
  }));
  return { schema: { fields, metadata: [] }, batch: { length: rows, columns } };
}

const BIT_EXPRESSIONS = [
  'f32',
  'f64',
  'i64',
  'CAST(f32 AS VARCHAR)',
  'CAST(f64 AS VARCHAR)',
  'CAST(i64 AS VARCHAR)',
  'CAST(f32 AS DOUBLE)',
  'CAST(f64 AS FLOAT)',
  'CAST(i64 AS FLOAT)',
  'CAST(i64 AS DOUBLE)',
  'TRY_CAST(f64 AS BIGINT)',
  'TRY_CAST(f32 AS BIGINT UNSIGNED)',
  'TRY_CAST(s AS DOUBLE)',
  'TRY_CAST(s AS FLOAT)',
  'TRY_CAST(s AS BIGINT)',
  'TRY_CAST(s AS INT UNSIGNED)',
  'TRY_CAST(i64 AS INT)',
  'f64 + f32',
  'f64 * f64',
  'f32 * f32',
  'f32 / f32',
  'f32 - f64',
  'f64 % 7.5',
  'f32 % f64',
  'i64 * i64',
  'i64 + i64',
  'i64 - 1',
  'i64 * 3',
  '-i64',
  '-f32',
  'i64 > f64',
  'f32 >= f64',
  'f32 = CAST(CAST(f32 AS VARCHAR) AS FLOAT)',
  'i64 / 7',
  'i64 % 1000',
  'CASE WHEN i64 <> 0 THEN 1000000 / i64 END',
  'floor(f64)',
  'ceil(f32)',
  'abs(f64)',
  'sqrt(abs(f32))',
  'sqrt(abs(f64))',
];
const BIT_AGGREGATES = [
  'sum(i64)',
  'min(f64)',
  'max(f64)',
  'min(f32)',
  'max(i64)',
  'min(s)',
  'max(s)',
  'count(DISTINCT i64)',
  'avg(i64)',
  'sum(DISTINCT i64)',
];

test('random bit patterns have the values of the real engine', { timeout: 120_000 }, async (t) => {
  const table = bitTable(new Random(SEED), 4000);
  const encoded = { bits: Buffer.from(await writeArrow(table.schema, [table.batch], 'stream')).toString('base64') };
  const cases = [
    ...BIT_EXPRESSIONS.map((sql): Case => ({ table: 'bits', kind: 'row', sql })),
    ...BIT_AGGREGATES.map((sql): Case => ({ table: 'bits', kind: 'aggregate', sql })),
  ];
  const answers = await askEngine(encoded, cases);
  const wrong = cases.flatMap((one, i) => {
    const { state, note } = judge(one, answers[i] ?? {}, table);
    return state === 'equal' ? [] : [`${one.sql}: ${state}, ${note}`];
  });
  t.diagnostic(`${cases.length - wrong.length} of ${cases.length} expressions equal on ${table.batch.length} rows`);
  assert.equal(wrong.join('\n'), '');
});
