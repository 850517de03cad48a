import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Column } from '../../../src/io/column.ts';
import { type Case, differences, judge, summary, type Table } from './judge.ts';
import { Random, SqlSource } from './random-sql.ts';
import { makeTable } from './random-table.ts';

const SEED = Number(process.env['DFX_SEED'] ?? '20260');
const CASES = Number(process.env['DFX_CASES'] ?? '1500');

test('random expressions have the values, types and errors of the real engine', { timeout: 120_000 }, async (t) => {
  const random = new Random(SEED);
  const tables = new Map<string, Table>([
    ['edges', makeTable(random, 150, true, true)],
    ['mild', makeTable(random, 40, false, true)],
    ['full', makeTable(random, 40, false, false)],
    ['empty', makeTable(random, 0, false, true)],
  ]);
  const source = new SqlSource(random);
  const cases = Array.from({ length: CASES }, (_, i): Case => {
    const table = random.pick(['edges', 'edges', 'mild', 'full', 'mild', 'empty']);
    const depth = 1 + random.below(3);
    return i % 4 === 3
      ? { table, kind: 'aggregate', sql: source.aggregate(depth - 1) }
      : { table, kind: 'row', sql: source.any(depth) };
  });
  const outcomes = await judge(tables, cases, { relative: 1e-12, batches: 3 });
  for (const line of summary(outcomes)) t.diagnostic(line);
  assert.equal(differences(cases, outcomes), '');
  const equal = outcomes.filter(({ state }) => state === 'equal').length;
  assert.ok(equal > CASES / 3, `only ${equal} of ${CASES} cases were compared`);
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
  const cases = [
    ...BIT_EXPRESSIONS.map((sql): Case => ({ table: 'bits', kind: 'row', sql })),
    ...BIT_AGGREGATES.map((sql): Case => ({ table: 'bits', kind: 'aggregate', sql })),
  ];
  const outcomes = await judge(new Map([['bits', table]]), cases);
  const wrong = outcomes.flatMap(({ state, note }, i) =>
    state === 'equal' ? [] : [`${cases[i]?.sql}: ${state}, ${note}`],
  );
  t.diagnostic(`${cases.length - wrong.length} of ${cases.length} expressions equal on ${table.batch.length} rows`);
  assert.equal(wrong.join('\n'), '');
});
