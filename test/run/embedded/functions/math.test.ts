import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, differences, judge, summary, type Table, tableOf } from '../judge.ts';
import { Random } from '../random-sql.ts';
import { fill, typedTable } from '../templates.ts';

const SEED = Number(process.env['DFX_SEED'] ?? '20260');
const CASES = Number(process.env['DFX_CASES'] ?? '1100');

const PLACES = '-400|-330|-324|-323|-45|-39|-38|-20|-19|-18|-3|3|7|22|23|38|39|45|300|308|309|330|4294967297';
const COMPARED = '=|<>|<|<=|>|>=|IS DISTINCT FROM|IS NOT DISTINCT FROM';
const TEMPLATES = [
  'signum({num})',
  'degrees({num})',
  'radians({num})',
  'factorial({int})',
  'factorial(abs({int}) % 22)',
  'gcd({int}, {int})',
  'gcd({dec|int}, {dec|int})',
  'lcm({int}, {int})',
  'isnan({num})',
  'isnan({dec})',
  'iszero({num})',
  'iszero({dec})',
  'nanvl({num}, {num})',
  'nanvl({float}, {dec})',
  'pi() * {float}',
  'abs({dec})',
  'floor({dec})',
  'ceil({dec})',
  'floor({num})',
  'ceil({num})',
  'sqrt(abs({float}))',
  `floor({dec}) {${COMPARED}} {0|1|-1|1.5|1000|-1000}`,
  `{0|1|-1.0|9} {=|<|>=} floor({dec})`,
  'floor({float}) {=|<|>=} {0|1|-1.0|9}',
  'floor({dec}) BETWEEN -3 AND 5',
  'round({num})',
  'round({num}, {int})',
  'round({int}, {small})',
  `round({float}, {${PLACES}})`,
  'round({float}, {i16|i8})',
  'round({dec})',
  'round({dec}, {int})',
  'round({dec}, {small})',
  'trunc({num})',
  'trunc({num}, {int})',
  `trunc({float}, {${PLACES}})`,
  'trunc({dec})',
  'trunc({dec}, {int})',
  'trunc({dec}, {small})',
  'power({num}, {0|1|1.0|NULL})',
  'power({0|1|2|-3|10|0.0}, {0|1|2|3|15|1.0|NULL})',
  'pow({dec}, {0|1|-0.0})',
  '{sin|exp|ln|cbrt|atan}(NULL)',
];

test('random calls of functions of mathematics have the values, types and errors of the real engine', {
  timeout: 240_000,
}, async (t) => {
  const random = new Random(SEED);
  const tables = new Map([
    ['nulls', typedTable(random, 60)],
    ['full', typedTable(random, 20, false)],
    ['empty', typedTable(random, 0)],
    // One row: most functions that fail on some value have one that doesn't.
    ...Array.from({ length: 30 }, (_, i): [string, Table] => [`one${i}`, typedTable(random, 1, false)]),
  ]);
  const names = [...tables.keys()];
  const cases = Array.from({ length: CASES }, (_, i): Case => {
    const table = random.below(3) === 0 ? random.pick(['nulls', 'full', 'empty']) : random.pick(names);
    return { table, kind: 'row', sql: fill(TEMPLATES[i % TEMPLATES.length] ?? '', random) };
  });
  const outcomes = await judge(tables, cases);
  for (const line of summary(outcomes)) t.diagnostic(line);
  assert.equal(differences(cases, outcomes), '');
  assert.ok(outcomes.filter(({ state }) => state === 'equal').length >= 0.8 * CASES);
});

/** Floats of all magnitudes, and values next to halves and to powers of ten. */
function floatsOf(random: Random, count: number, single: boolean): number[] {
  const bits = new DataView(new ArrayBuffer(8));
  return Array.from({ length: count }, () => {
    const way = random.below(4);
    if (way === 0) {
      bits.setUint32(0, random.below(0x1_0000_0000));
      bits.setUint32(4, random.below(0x1_0000_0000));
      const value = single ? bits.getFloat32(0) : bits.getFloat64(0);
      return Number.isNaN(value) ? Number.NaN : value;
    }
    const places = random.below(17);
    const digits = random.below(way === 1 ? 1000 : 1_000_000_000) * (random.below(2) === 0 ? 1 : -1);
    const value = (digits + (way === 3 ? 0.5 : 0)) / 10 ** places;
    return single ? Math.fround(value) : value;
  });
}

test('floats of all magnitudes are rounded, cut and scaled as the real engine does', { timeout: 120_000 }, async () => {
  const random = new Random(SEED + 1);
  const rows = 4000;
  const table = tableOf([
    ['x', 'Float64', floatsOf(random, rows, false)],
    ['s', 'Float32', floatsOf(random, rows, true)],
    ['n', 'Int32', Array.from({ length: rows }, () => random.below(40) - 12)],
    ['i', 'Int64', Array.from({ length: rows }, () => BigInt(random.below(2 ** 31)) * BigInt(random.below(2 ** 31)))],
    ['j', 'Int64', Array.from({ length: rows }, () => BigInt(random.below(2 ** 20)) - 500_000n)],
  ]);
  const sqls = [
    ...['round', 'trunc', 'signum', 'degrees', 'radians', 'floor', 'ceil'].flatMap((f) => [`${f}(x)`, `${f}(s)`]),
    ...['round', 'trunc'].flatMap((f) =>
      ['x', 's'].flatMap((of) =>
        ['n', '0', '1', '2', '5', '15', '22', '-1', '-4', '300'].map((n) => `${f}(${of}, ${n})`),
      ),
    ),
    ...['-1', '-2', '-5', '-10', '-18', 'CAST(-abs(n) AS INT)'].map((n) => `round(i, ${n})`),
    'gcd(i, j)',
    'gcd(j, 360360)',
    'lcm(j, n)',
  ];
  const cases = sqls.map((sql): Case => ({ table: 'floats', kind: 'row', sql }));
  const outcomes = await judge(new Map([['floats', table]]), cases);
  assert.equal(differences(cases, outcomes), '');
  assert.deepEqual(
    outcomes.flatMap(({ state, note }, i) => (state === 'equal' ? [] : [`${sqls[i]}: ${state}: ${note}`])),
    [],
  );
});

test('functions whose digits come from a C library say so', async () => {
  const table = tableOf([['x', 'Float64', [0.5]]]);
  const sqls = ['sin(x)', 'atan2(x, 2.0)', 'log(x)', 'power(x, 2)', 'random()', 'uuid()'];
  const cases = sqls.map((sql): Case => ({ table: 'one', kind: 'row', sql }));
  const outcomes = await judge(new Map([['one', table]]), cases);
  const digit = "takes its last digit from the real engine's C library, which differs between systems";
  const chance = 'gives other values on every run, so that no two runs can be compared';
  assert.deepEqual(
    outcomes.map(({ state, note }) => [state, note]),
    [
      ['refused', `sin: ${digit}`],
      ['refused', `atan2: ${digit}`],
      ['refused', `log: ${digit}`],
      ['refused', `power: ${digit}`],
      ['refused', `random: ${chance}`],
      ['refused', `uuid: ${chance}`],
    ],
  );
});
