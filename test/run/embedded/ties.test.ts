/** Rows that tie in an ORDER BY: what depends on their order is refused when they are known, and everything else is the real engine's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromSql } from '../../../src/expr/sql/index.ts';
import { canEvaluate } from '../../../src/run/embedded/engine.ts';
import { typedTable } from './aggregates/typed-tables.ts';
import { type Case, differences, judge, type Table } from './judge.ts';
import { Random } from './random-sql.ts';

const random = new Random(Number(process.env['DFX_SEED'] ?? '31'));
const TABLES = new Map<string, Table>([
  ['many', typedTable(random, { rows: 3000, edges: true, nulls: 0.1 })],
  ['some', typedTable(random, { rows: 60, edges: true, nulls: 0.2 })],
  ['twenty', typedTable(random, { rows: 20, edges: true, nulls: 0.2 })],
]);

const OPEN = (name: string): string =>
  `${name} depends on the order of rows that tie in its ORDER BY, which the real engine leaves open`;

async function outcomesOf(kind: Case['kind'], sqls: readonly string[], names: readonly string[], pieces = 1) {
  const cases = names.flatMap((table) => sqls.map((sql): Case => ({ table, kind, sql })));
  const outcomes = await judge(TABLES, cases, { pieces, relative: 1e-12 });
  assert.equal(differences(cases, outcomes), '');
  return cases.map(({ table, sql }, i) => {
    const { state, note } = outcomes[i] ?? { state: 'unparsed', note: '' };
    return `${table}: ${sql}: ${state}${state === 'refused' ? ` ${note}` : ''}`;
  });
}

test('window functions that tell tying rows apart', { timeout: 120_000 }, async () => {
  const windows = [
    ['row_number', 'row_number()', ''],
    ['ntile', 'ntile(3)', ''],
    ['lag', 'lag(i64)', ''],
    ['lead', 'lead(tie, 2)', ''],
    ['first_value', 'first_value(i64)', ''],
    ['nth_value', 'nth_value(k, 2)', ''],
    ['last_value', 'last_value(tie)', 'ROWS UNBOUNDED PRECEDING'],
    ['sum', 'sum(i32)', 'ROWS 1 PRECEDING'],
    ['array_agg', 'array_agg(i32)', ''],
  ] as const;
  const orders = ['ORDER BY tie', 'PARTITION BY part ORDER BY tie DESC NULLS LAST', 'PARTITION BY part'];
  const sqls = windows.flatMap(([name, call, frame]) =>
    orders
      .filter((order) => order.includes('ORDER') || frame === '')
      .map((order) => [name, `${call} OVER (${order} ${frame})`] as const),
  );
  const texts = sqls.map(([, sql]) => sql);
  assert.deepEqual(
    await outcomesOf('window', texts, ['many', 'some']),
    ['many', 'some'].flatMap((table) => sqls.map(([name, sql]) => `${table}: ${sql}: refused ${OPEN(name)}`)),
  );
  // So few rows the engine sorts by insertion.
  assert.deepEqual(
    await outcomesOf('window', texts, ['twenty']),
    texts.map((sql) => `twenty: ${sql}: equal`),
  );
});

test('window functions that tying rows leave alone', { timeout: 120_000 }, async () => {
  const sqls = [
    'row_number() OVER (ORDER BY tie, k)',
    'row_number() OVER ()',
    'lag(i64) OVER ()',
    'first_value(tie) OVER (ORDER BY tie)',
    'last_value(part) OVER (PARTITION BY part ORDER BY tie)',
    'nth_value(tie, 3) OVER (PARTITION BY part ORDER BY tie DESC)',
    'sum(i32) OVER (ORDER BY tie)',
    'rank() OVER (PARTITION BY part ORDER BY tie)',
    'count(*) OVER (PARTITION BY part)',
  ];
  assert.deepEqual(
    await outcomesOf('window', sqls, ['many', 'some', 'twenty']),
    ['many', 'some', 'twenty'].flatMap((table) => sqls.map((sql) => `${table}: ${sql}: equal`)),
  );
});

test('aggregates with an ORDER BY', { timeout: 120_000 }, async () => {
  const open = [
    ['array_agg', 'array_agg(k ORDER BY tie)'],
    ['string_agg', "string_agg(k, ',' ORDER BY tie DESC)"],
    ['nth_value', 'nth_value(k, 2 ORDER BY tie)'],
    ['nth_value', 'nth_value(k, -2 ORDER BY tie)'],
  ] as const;
  const settled = [
    'array_agg(k ORDER BY tie, k DESC)',
    'array_agg(tie ORDER BY tie)',
    "string_agg(tie, ',' ORDER BY tie DESC)",
    'first_value(k ORDER BY tie)',
    'first_value(k ORDER BY tie) IGNORE NULLS',
    'nth_value(tie, 7 ORDER BY tie)',
    'nth_value(tie, 7 ORDER BY tie, k)',
    'last_value(tie ORDER BY tie)',
    'last_value(k ORDER BY tie, k)',
  ];
  const tables = ['many', 'some'];
  for (const pieces of [1, 3]) {
    assert.deepEqual(
      await outcomesOf('aggregate', [...open.map(([, sql]) => sql), ...settled], tables, pieces),
      tables.flatMap((table) => [
        ...open.map(([name, sql]) => `${table}: ${sql}: refused ${OPEN(name)}`),
        ...settled.map((sql) => `${table}: ${sql}: equal`),
      ]),
    );
  }
  const texts = open.map(([, sql]) => sql);
  assert.deepEqual(
    await outcomesOf('aggregate', texts, ['twenty'], 3),
    texts.map((sql) => `twenty: ${sql}: equal`),
  );
  // In one batch the engine's last row is known; where batches end isn't.
  const last = 'last_value(k ORDER BY tie)';
  assert.deepEqual(await outcomesOf('aggregate', [last], ['many']), [`many: ${last}: equal`]);
  assert.deepEqual(await outcomesOf('aggregate', [last], ['many'], 3), [
    `many: ${last}: refused ${OPEN('last_value')}`,
  ]);
});

test('whoever can take the real engine is told before there are rows', () => {
  const schema = TABLES.get('some')?.schema ?? { fields: [], metadata: [] };
  const reason = 'depends on the order of rows that tie in its ORDER BY';
  for (const [sql, node] of [
    ['row_number() OVER (ORDER BY tie)', 'row_number'],
    ['1 + lag(k) OVER (PARTITION BY part)', 'lag'],
    ['array_agg(k ORDER BY tie)', 'array_agg'],
    ['last_value(k ORDER BY tie)', 'last_value'],
  ] as const) {
    assert.deepEqual(canEvaluate(fromSql(sql), schema, { refuseTies: true }), { ok: false, node, reason });
    assert.equal(canEvaluate(fromSql(sql), schema).ok, true);
  }
  for (const sql of [
    'rank() OVER (ORDER BY tie)',
    'row_number() OVER ()',
    'first_value(tie) OVER (ORDER BY tie)',
    'array_agg(tie ORDER BY tie)',
    'first_value(k ORDER BY tie)',
    'sum(i32) OVER (PARTITION BY part)',
  ]) {
    assert.equal(canEvaluate(fromSql(sql), schema, { refuseTies: true }).ok, true, sql);
  }
});
