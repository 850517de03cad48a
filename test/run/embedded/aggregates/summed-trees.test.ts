/** Sums of arithmetic, which one loop computes and adds up: the real engine's, to the last bit, whatever the number of rows and the values are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, differences, judge, type Table, tableOf } from '../judge.ts';
import { Random } from '../random-sql.ts';

const random = new Random(Number(process.env['DFX_SEED'] ?? '3'));

/** Around the lanes of a loop, its chunks, and a batch of the engine's. */
const LENGTHS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 1023, 1024, 1025, 1030, 8187, 8192];

const float = (): number => (random.below(1_000_000) - 500_000) * 1.1 ** random.below(60);
const RARE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e308, -1e308, 5e-324];

function tableOfRows(rows: number): Table {
  const column = <T>(make: () => T): T[] => Array.from({ length: rows }, make);
  const rarely = (value: number): number => (random.below(Math.max(2, rows >> 2)) === 0 ? random.pick(RARE) : value);
  return tableOf([
    ['a', 'Int64', column(() => BigInt(random.below(2000) - 1000))],
    ['i', 'Int32', column(() => random.below(2 ** 31) - 2 ** 30)],
    ['u', 'UInt64', column(() => BigInt(random.below(2 ** 31)))],
    ['big', 'Int64', column(() => BigInt(random.below(2 ** 31)) << BigInt(random.below(32)))],
    ['b', 'Float64', column(float)],
    ['c', 'Float64', column(float)],
    ['zero', 'Float64', column(() => random.pick([0, -0]))],
    ['x', 'Float64', column(() => rarely(float()))],
    ['n', 'Float64', column(() => (random.below(4) === 0 ? null : float()))],
    ['none', 'Float64', column(() => null)],
  ]);
}

const ARGUMENTS = [
  'a * b',
  'b + c',
  'b - 0.5',
  '2.5 / b',
  'zero * b',
  'zero + zero',
  'i * b',
  'u * b - c',
  '(a + 1) * b',
  '(big + big) * b',
  '(big * big) / b',
  '(u - 5) * b',
  'a * b + c * 1.5 - b / 3.0 + i * 0.25 - c',
  'x * b',
  'x - x',
  'x / zero',
  'n * b',
  'none + b',
  'abs(b) * c',
];

test('sums and averages of arithmetic', { timeout: 120_000 }, async (t) => {
  const tables = new Map(LENGTHS.map((rows) => [`rows${rows}`, tableOfRows(rows)]));
  const sqls = ARGUMENTS.flatMap((argument) => [`sum(${argument})`, `avg(${argument})`]);
  sqls.push(
    'sum(a * b) + avg(b - c)',
    'sum(a * b) FILTER (WHERE a > 0)',
    'sum(DISTINCT a * b)',
    'sum(b * c) / count(b)',
  );
  const cases = [...tables.keys()].flatMap((table) => sqls.map((sql): Case => ({ table, kind: 'aggregate', sql })));
  const outcomes = await judge(tables, cases);
  assert.equal(differences(cases, outcomes), '');
  const equal = outcomes.filter(({ state }) => state === 'equal').length;
  t.diagnostic(`${equal} of ${cases.length} equal`);
  assert.ok(equal > cases.length * 0.85, `only ${equal} of ${cases.length} were compared`);
});
