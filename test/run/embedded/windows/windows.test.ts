import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TYPED_COLUMNS, typedTable } from '../aggregates/typed-tables.ts';
import { type Case, differences, type JudgeOptions, judge, summary, type Table } from '../judge.ts';
import { Random } from '../random-sql.ts';

const SEED = Number(process.env['DFX_SEED'] ?? '72');
/** The part of the cases that is looked at, chosen by the seed; 1 for all. */
const SHARE = Number(process.env['DFX_SHARE'] ?? '0.1');
/** Every digit counts, but not the bits of a NaN: which of two comes through depends on the engine's machine code. */
const ANY_NAN: JudgeOptions = { relative: Number.MIN_VALUE };

/** `tiny` ties in every key: the engine's sort keeps the order of so few rows. */
function tables(): Map<string, Table> {
  const random = new Random(SEED);
  return new Map([
    ['edges', typedTable(random, { rows: 60, edges: true, nulls: 0.2 })],
    ['mild', typedTable(random, { rows: 150, edges: false, nulls: 0.15 })],
    ['full', typedTable(random, { rows: 40, edges: false, nulls: 0 })],
    ['tiny', typedTable(random, { rows: 16, edges: true, nulls: 0.3 })],
    ['one', typedTable(random, { rows: 1, edges: false, nulls: 0 })],
    ['empty', typedTable(random, { rows: 0, edges: false, nulls: 0 })],
  ]);
}

function casesOf(names: readonly string[], sqls: readonly string[]): Case[] {
  const random = new Random(SEED + sqls.length);
  return names
    .flatMap((table) => sqls.map((sql): Case => ({ table, kind: 'window', sql })))
    .filter(() => sqls.length < 60 || random.next() < SHARE);
}

async function expectEqual(
  t: { diagnostic(message: string): void },
  cases: readonly Case[],
  least: number,
  options: JudgeOptions = {},
): Promise<void> {
  const outcomes = await judge(tables(), cases, options);
  for (const line of summary(outcomes)) t.diagnostic(line);
  assert.equal(differences(cases, outcomes), '');
  const equal = outcomes.filter(({ state }) => state === 'equal').length;
  assert.ok(equal >= least * cases.length, `only ${equal} of ${cases.length} were compared`);
}

const TABLES = ['edges', 'mild', 'full', 'tiny', 'one', 'empty'];
/** Keys without ties, but in `tiny`. */
const UNIQUE = [
  'ORDER BY k',
  'ORDER BY k DESC',
  'PARTITION BY part ORDER BY k',
  'PARTITION BY part, tie ORDER BY f64 NULLS FIRST, k',
  'PARTITION BY f64 ORDER BY s DESC NULLS LAST, k DESC',
];
const TYING = [
  '',
  'PARTITION BY part',
  'ORDER BY tie',
  'PARTITION BY part ORDER BY f64 DESC',
  'PARTITION BY p, q ORDER BY s',
];

test('ranking functions', { timeout: 120_000 }, async (t) => {
  const steady = ['rank()', 'dense_rank()', 'percent_rank()', 'cume_dist()'];
  const placing = ['row_number()', 'ntile(1)', 'ntile(3)', 'ntile(1000)', 'ntile(0)', 'ntile(NULL)'];
  const over = (calls: readonly string[], windows: readonly string[]): string[] =>
    calls.flatMap((call) => windows.map((window) => `${call} OVER (${window})`));
  await expectEqual(t, casesOf(TABLES, over(steady, [...UNIQUE, ...TYING])), 0.9);
  await expectEqual(t, casesOf(TABLES, over(placing, UNIQUE)), 0.6);
  await expectEqual(t, casesOf(['tiny'], over(placing, TYING)), 0.6);
});

test('values of other rows', { timeout: 240_000 }, async (t) => {
  const calls = TYPED_COLUMNS.flatMap(({ name }) => [
    `lag(${name})`,
    `lag(${name}, 2)`,
    `lead(${name}, 1, ${name === 's' ? "'none'" : '7'})`,
    `lead(${name}, -2)`,
    `lag(${name}, 0)`,
    `first_value(${name})`,
    `last_value(${name})`,
    `nth_value(${name}, 2)`,
    `nth_value(${name}, -2)`,
  ]);
  const ignoring = ['i64', 's', 'f64', 'dec'].flatMap((name) =>
    ['lag', 'lead'].flatMap((call) => ['1', '2', '3', '-1', '5'].map((n) => `${call}(${name}, ${n}) IGNORE NULLS`)),
  );
  const places = ['i64', 's'].flatMap((name) =>
    [`first_value(${name})`, `last_value(${name})`, `nth_value(${name}, 2)`, `nth_value(${name}, -1)`].map(
      (call) => `${call} IGNORE NULLS`,
    ),
  );
  const over = (list: readonly string[], windows: readonly string[]): string[] =>
    list.flatMap((call) => windows.map((window) => `${call} OVER (${window})`));
  await expectEqual(t, casesOf(TABLES, over(calls, UNIQUE.slice(0, 3))), 0.6);
  await expectEqual(t, casesOf(TABLES, over([...ignoring, ...places], UNIQUE)), 0.8);
  const frames = FRAMES.map((frame) => `PARTITION BY part ORDER BY k ${frame}`);
  await expectEqual(
    t,
    casesOf(TABLES, over([...places, 'first_value(f64)', 'last_value(f64)', 'nth_value(s, 3)'], frames)),
    0.7,
  );
  await expectEqual(
    t,
    casesOf(['tiny'], over(['lag(i64)', 'lead(s)', 'first_value(f64)', 'last_value(k)'], TYING)),
    0.8,
  );
});

const BOUNDS = [
  'UNBOUNDED PRECEDING',
  '3 PRECEDING',
  '1 PRECEDING',
  'CURRENT ROW',
  '0 FOLLOWING',
  '2 FOLLOWING',
  'UNBOUNDED FOLLOWING',
];
const FRAMES = ['ROWS', 'RANGE', 'GROUPS'].flatMap((units) =>
  BOUNDS.flatMap((start, i) => BOUNDS.slice(Math.max(0, i - 1)).map((end) => `${units} BETWEEN ${start} AND ${end}`)),
);

const AGGREGATES = [
  'sum(i64)',
  'sum(f64)',
  'sum(dec)',
  'sum(u8)',
  'sum(dur)',
  'avg(f64)',
  'avg(i32)',
  'avg(dec)',
  'count(*)',
  'count(s)',
  'count(i64, s)',
  'min(f64)',
  'max(s)',
  'min(ts)',
  'max(dec)',
  'min(p)',
  'var(g64)',
  'stddev_pop(g64)',
  'covar_samp(g64, f64)',
  'corr(g64, i32)',
  'regr_slope(g64, i32)',
  'regr_count(g64, i32)',
  'bit_xor(i64)',
  'bit_and(i64)',
  'bool_or(p)',
  'median(g64)',
  'median(dec)',
  'percentile_cont(g64, 0.3)',
  'array_agg(i8)',
  "string_agg(s, ',')",
  'approx_distinct(i64)',
  'count(DISTINCT tie)',
  'sum(DISTINCT i64)',
  'sum(i64) FILTER (WHERE p)',
  'avg(g64) FILTER (WHERE q)',
  'max(s) FILTER (WHERE p)',
  'array_agg(i8) FILTER (WHERE p)',
];

test('aggregates over frames', { timeout: 400_000 }, async (t) => {
  const sqls = AGGREGATES.flatMap((call) =>
    FRAMES.flatMap((frame) => [`${call} OVER (PARTITION BY part ORDER BY k ${frame})`]),
  );
  const moments = sqls.filter((sql) => /^(covar|corr|regr|var|stddev)/.test(sql));
  await expectEqual(t, casesOf(['edges', 'tiny'], moments), 0.5, ANY_NAN);
  await expectEqual(t, casesOf(['full', 'one', 'empty'], moments), 0.5);
  const rest = sqls.filter((sql) => !moments.includes(sql));
  await expectEqual(t, casesOf(['edges', 'full', 'tiny', 'one', 'empty'], rest), 0.5);
  const others = AGGREGATES.slice(0, 12).flatMap((call) =>
    FRAMES.flatMap((frame) => [
      `${call} OVER (ORDER BY k DESC ${frame})`,
      `${call} OVER (ORDER BY f64 NULLS FIRST, k ${frame})`,
    ]),
  );
  await expectEqual(t, casesOf(['mild', 'tiny'], others), 0.5);
});

test('RANGE measures keys of every type', { timeout: 240_000 }, async (t) => {
  const keys = ['i8', 'u8', 'i64', 'u64', 'f32', 'f64', 'g64', 'tie', 'dec', 's', 'ts', 'd', 'tz'];
  const offsets = (key: string): string[] =>
    ['ts', 'd', 'tz'].includes(key)
      ? ["INTERVAL '1 day'", "INTERVAL '1 month 2 hours'", '1', '2.5']
      : ['0', '1', '3', '200', '1.5'];
  const sqls = keys.flatMap((key) =>
    ['', 'DESC', 'NULLS FIRST', 'DESC NULLS LAST'].flatMap((direction) =>
      offsets(key).flatMap((offset) => [
        `sum(i32) OVER (ORDER BY ${key} ${direction} RANGE BETWEEN ${offset} PRECEDING AND CURRENT ROW)`,
        `count(*) OVER (PARTITION BY part ORDER BY ${key} ${direction} RANGE BETWEEN ${offset} PRECEDING AND ${offset} FOLLOWING)`,
        `sum(i32) OVER (ORDER BY ${key} ${direction} RANGE BETWEEN ${offset} FOLLOWING AND UNBOUNDED FOLLOWING)`,
        `max(i32) OVER (ORDER BY ${key} ${direction} RANGE BETWEEN UNBOUNDED PRECEDING AND ${offset} PRECEDING)`,
      ]),
    ),
  );
  await expectEqual(t, casesOf(['edges', 'full', 'tiny', 'empty'], sqls), 0.4);
});

test('frames without a key, rows that tie, and functions beside each other', { timeout: 240_000 }, async (t) => {
  const steady = ['sum(i64)', 'count(*)', 'min(s)', 'max(f64)', 'avg(i32)', 'bool_and(p)', 'count(DISTINCT s)'];
  const sqls = steady.flatMap((call) =>
    [...TYING, 'ORDER BY tie GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING', 'PARTITION BY part RANGE CURRENT ROW'].map(
      (window) => `${call} OVER (${window})`,
    ),
  );
  await expectEqual(t, casesOf(TABLES, sqls), 0.8, { relative: 1e-12 });
  const everyKey = TYPED_COLUMNS.flatMap(({ name }) => [
    `rank() OVER (ORDER BY ${name})`,
    `dense_rank() OVER (ORDER BY ${name} DESC ROWS UNBOUNDED PRECEDING)`,
    `count(*) OVER (ORDER BY ${name} NULLS FIRST)`,
    `sum(i32) OVER (PARTITION BY ${name})`,
    `count(*) OVER (ORDER BY ${name} GROUPS 1 PRECEDING)`,
  ]);
  await expectEqual(t, casesOf(TABLES, everyKey), 0.8);
  const failing = [
    'sqrt(abs(f64))',
    '1 + sqrt(4.0 * tie)',
    'sqrt(tie), k',
    'make_array(i8) < [1]',
    'sqrt(4.0), k',
    'abs(f64)',
  ];
  const failed = failing.flatMap((key) => [
    `rank() OVER (ORDER BY ${key})`,
    `sum(i32) OVER (PARTITION BY ${key} ORDER BY k)`,
  ]);
  await expectEqual(t, casesOf(['mild', 'tiny'], failed), 0.1);
  const mixed = [
    'sum(i32) OVER (ORDER BY k) - lag(i32) OVER (ORDER BY k)',
    'i32 - avg(i32) OVER (PARTITION BY part)',
    'sum(i32) OVER (PARTITION BY part) + count(*) OVER ()',
    'rank() OVER (ORDER BY f64) + rank() OVER (ORDER BY s)',
    'row_number() OVER (ORDER BY k) + row_number() OVER (ORDER BY k DESC)',
    'CASE WHEN row_number() OVER (ORDER BY k) = 1 THEN s END',
    'abs(sum(i32) OVER (PARTITION BY part))',
    'rank() OVER (ORDER BY f64 DESC) <= 3',
    'sum(sum(i32)) OVER (ORDER BY k)',
    'lead(i64) IGNORE NULLS OVER (ORDER BY k) + lag(i64) OVER (ORDER BY k)',
    'first_value(i64) OVER (PARTITION BY s ORDER BY k ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING)',
  ];
  await expectEqual(t, casesOf(TABLES, mixed), 0.4);
});
