/** Loops that take a shorter way where all numbers are small enough: around the borders of that, against the real engine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, differences, judge, type Table, tableOf } from './judge.ts';
import { Random } from './random-sql.ts';

const random = new Random(Number(process.env['DFX_SEED'] ?? '7'));

/** Values around multiples of numbers of every size, none beyond `bits` bits. */
function integers(rows: number, bits: number): bigint[] {
  return Array.from({ length: rows }, () => {
    const factor = BigInt(random.pick([1, 3, 7, 97, 2 ** 31, 2 ** 31 - 1]));
    const size = BigInt(Math.floor(random.next() * 2 ** (1 + random.below(bits - 1))));
    const near = (size / factor) * factor + BigInt(random.below(3) - 1);
    return random.below(2) === 0 ? near : -near;
  });
}

const TABLES = new Map<string, Table>(
  [51, 53, 62].map((bits) => [
    `bits${bits}`,
    tableOf([
      ['a', 'Int64', integers(2000, bits)],
      ['n', 'Int64', integers(2000, bits).map((value) => (random.below(5) === 0 ? null : value))],
    ]),
  ]),
);

test('remainders by a literal', { timeout: 60_000 }, async () => {
  const divisors = [
    '1',
    '-1',
    '2',
    '3',
    '7',
    '-7',
    '97',
    '1000000',
    '2147483647',
    '2147483648',
    '2147483649',
    '9007199254740991',
  ];
  const sqls = divisors.flatMap((divisor) => [`a % ${divisor}`, `n % ${divisor}`, `(a - 1) % ${divisor}`]);
  const cases = [...TABLES.keys()].flatMap((table) => sqls.map((sql): Case => ({ table, kind: 'row', sql })));
  const outcomes = await judge(TABLES, cases);
  assert.equal(differences(cases, outcomes), '');
  assert.ok(outcomes.filter(({ state }) => state === 'equal').length > cases.length * 0.8);
});

test('floats as integers', { timeout: 60_000 }, async () => {
  const values = [
    0,
    -0,
    0.5,
    -0.5,
    1.9,
    -1.9,
    127.9,
    128,
    -128.9,
    -129,
    255.9,
    256,
    2 ** 31 - 0.5,
    2 ** 31,
    2 ** 53,
    -(2 ** 53),
  ];
  const beyond = [2 ** 63, -(2 ** 63), 2 ** 64, 1e300, Number.NaN, Number.POSITIVE_INFINITY];
  const of = (given: readonly number[]): Table =>
    tableOf([
      ['f', 'Float64', given],
      ['g', 'Float32', given.map(Math.fround)],
    ]);
  // One a table: the first one that doesn't fit ends a CAST.
  const tables = new Map([
    ['small', of(values.slice(0, 7))],
    ...[...values, ...beyond].map((value, i) => [`one${i}`, of([1.5, value])] as const),
  ]);
  const kinds = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'TINYINT UNSIGNED', 'INT UNSIGNED', 'BIGINT UNSIGNED'];
  const sqls = kinds.flatMap((kind) =>
    ['f', 'g'].flatMap((name) => [`CAST(${name} AS ${kind})`, `TRY_CAST(${name} AS ${kind})`]),
  );
  const cases = [...tables.keys()].flatMap((table) => sqls.map((sql): Case => ({ table, kind: 'row', sql })));
  const outcomes = await judge(tables, cases);
  assert.equal(differences(cases, outcomes), '');
  assert.ok(outcomes.filter(({ state }) => state === 'equal' || state === 'same error').length > cases.length * 0.8);
});
