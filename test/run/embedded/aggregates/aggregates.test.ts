import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, differences, judge, summary, tableOf } from '../judge.ts';
import { Random } from '../random-sql.ts';
import { TYPED_COLUMNS, typedTables } from './typed-tables.ts';

const SEED = Number(process.env['DFX_SEED'] ?? '71');
/** The part of the cases that is looked at, chosen by the seed; 1 for all. */
const SHARE = Number(process.env['DFX_SHARE'] ?? '0.15');

const ONE_ARGUMENT = [
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'bit_and',
  'bit_or',
  'bit_xor',
  'bool_and',
  'bool_or',
  'median',
  'array_agg',
  'first_value',
  'last_value',
  'any_value',
  'approx_distinct',
];
const MOMENTS = ['var', 'var_pop', 'stddev', 'stddev_pop'];
const PAIRS = [
  'corr',
  'covar_samp',
  'covar_pop',
  'regr_slope',
  'regr_intercept',
  'regr_count',
  'regr_r2',
  'regr_avgx',
  'regr_avgy',
  'regr_sxx',
  'regr_syy',
  'regr_sxy',
];
const NUMBERS = ['i8', 'i32', 'i64', 'u64', 'f32', 'f64', 'g64', 'dec'];

function everyForm(call: (distinct: string) => string, order: string): string[] {
  const plain = call('');
  return [
    plain,
    call('DISTINCT '),
    `${plain} FILTER (WHERE p)`,
    `${call('DISTINCT ')} FILTER (WHERE p)`,
    plain.replace(/\)$/, ` ORDER BY ${order})`),
    plain.replace(/\)$/, ` ORDER BY ${order} DESC)`),
  ];
}

function casesOf(tables: readonly string[], sqls: readonly string[]): Case[] {
  const random = new Random(SEED + sqls.length);
  return tables
    .flatMap((table) => sqls.map((sql): Case => ({ table, kind: 'aggregate', sql })))
    .filter(() => sqls.length < 40 || random.next() < SHARE);
}

async function expectEqual(
  t: { diagnostic(message: string): void },
  cases: readonly Case[],
  least: number,
  options: { relative?: number; pieces?: number } = {},
): Promise<void> {
  const outcomes = await judge(typedTables(new Random(SEED)), cases, options);
  for (const line of summary(outcomes)) t.diagnostic(line);
  assert.equal(differences(cases, outcomes), '');
  const equal = outcomes.filter(({ state }) => state === 'equal').length;
  assert.ok(equal >= least * cases.length, `only ${equal} of ${cases.length} were compared`);
}

const TABLES = ['edges', 'mild', 'full', 'few', 'one', 'nulls', 'empty'];

/** Distinct floats with a FILTER or ORDER BY come in the order of a hash set. */
function isHashed(sql: string): boolean {
  return sql.includes('DISTINCT') && (sql.includes('FILTER') || sql.includes('ORDER BY'));
}

test('every aggregate of one argument over every type', { timeout: 240_000 }, async (t) => {
  const sqls = ONE_ARGUMENT.flatMap((name) =>
    TYPED_COLUMNS.flatMap((column) => everyForm((distinct) => `${name}(${distinct}${column.name})`, 'k')),
  );
  const sums = (sql: string): boolean => isHashed(sql) && /^(sum|avg)/.test(sql);
  await expectEqual(
    t,
    casesOf(
      TABLES,
      sqls.filter((sql) => !sums(sql)),
    ),
    0.4,
  );
  await expectEqual(t, casesOf(TABLES, sqls.filter(sums)), 0.3, { relative: 1e-12 });
});

test('partial states merge to what one pass gives', { timeout: 240_000 }, async (t) => {
  const sqls = ONE_ARGUMENT.flatMap((name) =>
    TYPED_COLUMNS.flatMap((column) => everyForm((distinct) => `${name}(${distinct}${column.name})`, 'k')),
  );
  const floats = (sql: string): boolean => /^(sum|avg)/.test(sql);
  for (const pieces of [2, 5]) {
    await expectEqual(t, casesOf(['mild', 'few', 'nulls', 'empty'], sqls), 0.4, { pieces, relative: 1e-12 });
    await expectEqual(
      t,
      casesOf(
        ['edges', 'one'],
        sqls.filter((sql) => !floats(sql)),
      ),
      0.4,
      { pieces },
    );
  }
});

test('moments of every number', { timeout: 240_000 }, async (t) => {
  const one = MOMENTS.flatMap((name) =>
    NUMBERS.flatMap((column) => everyForm((distinct) => `${name}(${distinct}${column})`, 'k')),
  );
  const two = PAIRS.flatMap((name) =>
    NUMBERS.flatMap((a) =>
      ['f64', 'g64', 'i32'].flatMap((b) => everyForm((distinct) => `${name}(${distinct}${a}, ${b})`, 'k')),
    ),
  );
  const sqls = [...one, ...two];
  const ordered = sqls.filter((sql) => !isHashed(sql));
  await expectEqual(t, casesOf(['mild', 'full', 'one', 'nulls', 'empty'], ordered), 0.4);
  // Which of two NaNs comes through depends on the engine's machine code.
  await expectEqual(t, casesOf(['edges', 'few'], ordered), 0.4, { relative: Number.MIN_VALUE });
  await expectEqual(t, casesOf(['mild', 'full', 'few'], sqls.filter(isHashed)), 0.1, { relative: 1e-11 });
  // A difference of great sums keeps their error, however small it is itself: pairs that belong together show none.
  const alone = one.filter((sql) => !sql.includes('i64'));
  const together = PAIRS.flatMap((name) => everyForm((distinct) => `${name}(${distinct}k * 2 + tie, k)`, 'k'));
  await expectEqual(t, casesOf(['mild', 'full', 'one', 'nulls', 'empty'], [...alone, ...together]), 0.3, {
    pieces: 4,
    relative: 1e-10,
  });
});

test('percentiles', { timeout: 240_000 }, async (t) => {
  const fractions = ['0', '0.25', '0.5', '0.9', '1', '0.333333333', '1.5', 'NULL'];
  const sqls = NUMBERS.flatMap((column) =>
    fractions.flatMap((fraction) => [
      `percentile_cont(${column}, ${fraction})`,
      `percentile_cont(DISTINCT ${column}, ${fraction})`,
      `percentile_cont(${fraction}) WITHIN GROUP (ORDER BY ${column})`,
      `percentile_cont(${fraction}) WITHIN GROUP (ORDER BY ${column} DESC)`,
      `quantile_cont(${column}, ${fraction}) FILTER (WHERE q)`,
      `approx_percentile_cont(${column}, ${fraction})`,
      `approx_percentile_cont(${column}, ${fraction}, 20)`,
      `approx_percentile_cont(${fraction}) WITHIN GROUP (ORDER BY ${column} DESC)`,
      `approx_percentile_cont_with_weight(${column}, u8, ${fraction})`,
      `approx_percentile_cont_with_weight(${column}, g64, ${fraction}, 10)`,
      `approx_median(${column})`,
      `approx_median(DISTINCT ${column})`,
      `approx_median(${column} ORDER BY k)`,
    ]),
  );
  await expectEqual(t, casesOf(TABLES, sqls), 0.4);
});

test('order, nulls and several arguments', { timeout: 240_000 }, async (t) => {
  const keys = [
    'k',
    'k DESC',
    'tie, k',
    's DESC NULLS LAST, k',
    'f64 NULLS FIRST, k DESC',
    'iv, k',
    'dec DESC, bin, k',
    'p, q, k',
  ];
  const sqls = TYPED_COLUMNS.flatMap(({ name }) => [
    ...keys.flatMap((key) => [
      `array_agg(${name} ORDER BY ${key})`,
      `first_value(${name} ORDER BY ${key})`,
      `last_value(${name} ORDER BY ${key})`,
      `first_value(${name} ORDER BY ${key}) IGNORE NULLS`,
      `last_value(${name} ORDER BY ${key}) IGNORE NULLS`,
      `nth_value(${name}, 2 ORDER BY ${key})`,
      `nth_value(${name}, -3 ORDER BY ${key}) FILTER (WHERE q)`,
      `string_agg(${name}, '; ' ORDER BY ${key})`,
    ]),
    `first_value(${name}) IGNORE NULLS`,
    `last_value(${name}) IGNORE NULLS`,
    `array_agg(${name}) IGNORE NULLS`,
    `nth_value(${name}, 1)`,
    `nth_value(${name}, -1)`,
    `nth_value(${name}, 40)`,
    `nth_value(DISTINCT ${name}, 2)`,
    `nth_value(${name}, 0)`,
    `array_agg(DISTINCT ${name} ORDER BY ${name})`,
    `array_agg(DISTINCT ${name} ORDER BY ${name} DESC NULLS LAST)`,
    `string_agg(${name}, ',')`,
    `string_agg(${name}, NULL)`,
    `string_agg(${name}, '') FILTER (WHERE p)`,
    `string_agg(DISTINCT ${name}, ',' ORDER BY ${name})`,
    `count(${name}, f64, tie)`,
    `count(${name} ORDER BY f64) FILTER (WHERE q)`,
    `count(${name}, i8 ORDER BY s)`,
    `count(DISTINCT ${name}, tie)`,
    `any_value(DISTINCT ${name})`,
    `min(${name}) FILTER (WHERE tie > 2)`,
  ]);
  await expectEqual(t, casesOf(TABLES, sqls), 0.4);
  await expectEqual(t, casesOf(['edges', 'few'], sqls), 0.4, { pieces: 3 });
});

test('several aggregates in one expression', { timeout: 240_000 }, async (t) => {
  const sqls = [
    'sum(DISTINCT i64) + sum(i32)',
    'sum(DISTINCT f64) + max(f64)',
    'count(DISTINCT f64) + sum(i8)',
    'count(DISTINCT f64) + count(DISTINCT g64)',
    'count(DISTINCT f64) + count(*)',
    'count(DISTINCT s) - count(s)',
    'count(DISTINCT i64) + sum(DISTINCT i64)',
    'min(DISTINCT f64) + sum(dec)',
    'sum(i64 + 1) + sum(i64 + 2)',
    'sum(i64 + 1) + sum(i32)',
    'avg(f64 ORDER BY k) + avg(g64 ORDER BY tie)',
    'avg(f64 ORDER BY k) + first_value(g64)',
    'first_value(f64 ORDER BY k) + last_value(g64 ORDER BY k)',
    'corr(DISTINCT f64, f64)',
    'corr(DISTINCT f64, g64)',
    'regr_slope(DISTINCT f64, g64)',
    'CAST(sum(dec) AS DOUBLE) / count(*)',
    'avg(dec)',
    'avg(big)',
    'avg(wide)',
    'stddev(DISTINCT f64)',
    'var(DISTINCT f64) + sum(f64)',
  ];
  await expectEqual(t, casesOf(['mild', 'full', 'few', 'nulls', 'empty'], sqls), 0.2, { relative: 1e-12 });
});

test('DISTINCT of what the planner rewrites', { timeout: 120_000 }, async (t) => {
  const arguments_ = [
    'i64',
    'f64',
    'f64 * 2',
    'f64 + g64',
    'i8 + 1',
    'nvl(f64, 0)',
    'nvl(u8, i32)',
    'abs(f64)',
    'upper(s)',
  ];
  const sqls = [...arguments_, 'i64 - (2 | 2)', 'CAST(f32 AS DOUBLE)'].flatMap((argument) =>
    ['array_agg', 'count', 'min', 'max', 'sum', 'avg'].map((name) => `${name}(DISTINCT ${argument})`),
  );
  await expectEqual(t, casesOf(['edges', 'mild', 'full'], sqls), 0.3, { relative: 1e-12 });
});

test('sketches count as the engine does', { timeout: 120_000 }, async (t) => {
  const random = new Random(SEED);
  const rows = 3000;
  const texts = (most: number): string[] =>
    Array.from({ length: rows }, () =>
      Array.from({ length: random.below(most) }, () => random.pick(['a', 'b', 'ä', '\u{1f600}', '0'])).join(''),
    );
  const table = tableOf([
    ['i64', 'Int64', Array.from({ length: rows }, () => random.below(2 ** 32) * 2 ** random.below(21))],
    ['i32', 'Int32', Array.from({ length: rows }, () => random.below(2 ** 32) - 2 ** 31)],
    ['short', 'Utf8', texts(12)],
    ['long', 'LargeUtf8', texts(400)],
  ]);
  const cases = ['i64', 'i32', 'short', 'long'].map(
    (name): Case => ({ table: 'sketch', kind: 'aggregate', sql: `approx_distinct(${name})` }),
  );
  for (const pieces of [1, 3]) {
    const outcomes = await judge(new Map([['sketch', table]]), cases, { pieces });
    for (const line of summary(outcomes)) t.diagnostic(line);
    assert.equal(differences(cases, outcomes), '');
    assert.ok(outcomes.every(({ state }) => state === 'equal'));
  }
});
