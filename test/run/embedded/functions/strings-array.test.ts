import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArrowValue } from '../../../../src/wire/arrow/value-model.ts';
import { type Case, differences, judge, summary, type Table, tableOf } from '../judge.ts';
import { Random } from '../random-sql.ts';
import { randomText } from './text-source.ts';

const SEED = Number(process.env['DFX_SEED'] ?? '20260');
const ROWS = 30;

const FLOATS = [0, -0, 1, -1.5, 0.1, 1e16, 1.5e-7, 1e300, 5e-324, 123456789.125, Number.NaN, Number.POSITIVE_INFINITY];

test('texts and lists become each other as in the real engine', { timeout: 120_000 }, async (t) => {
  const random = new Random(SEED);
  const some = (make: () => ArrowValue, nulls = 5): ArrowValue => (random.below(nulls) === 0 ? null : make());
  const list = (make: () => ArrowValue): ArrowValue => Array.from({ length: random.below(5) }, () => some(make));
  const lists = (make: () => ArrowValue): ArrowValue[] => Array.from({ length: ROWS }, () => some(() => list(make)));
  const texts = (): ArrowValue[] => Array.from({ length: ROWS }, () => some(() => randomText(random)));
  const short = (): ArrowValue[] =>
    Array.from({ length: ROWS }, () => some(() => random.pick(['', ',', 'a', 'ab', 'é', ' '])));
  const tables = new Map<string, Table>([
    [
      't',
      tableOf([
        ['u', 'Utf8', texts()],
        ['v', 'Utf8View', texts()],
        ['l', 'LargeUtf8', texts()],
        ['d', 'Utf8', short()],
        ['n', 'Utf8View', short()],
        ['ls', 'List(Utf8)', lists(() => randomText(random))],
        ['lv', 'LargeList(Utf8View)', lists(() => randomText(random))],
        ['li', 'List(Int64)', lists(() => random.pick([0n, -5n, 9223372036854775807n]))],
        ['lu', 'List(UInt8)', lists(() => random.below(256))],
        ['lf', 'List(Float64)', lists(() => random.pick(FLOATS))],
        ['lg', 'List(Float32)', lists(() => Math.fround(random.pick(FLOATS)))],
        ['lb', 'List(Boolean)', lists(() => random.below(2) === 0)],
        ['ld', 'List(Date32)', lists(() => random.below(30000))],
        ['ll', 'List(List(Int32))', lists(() => list(() => random.below(100)))],
        [
          'lx',
          'FixedSizeList(2 x Int16)',
          Array.from({ length: ROWS }, () => some(() => [some(() => 7), some(() => -8)])),
        ],
      ]),
    ],
  ]);
  const sqls: string[] = ['version()', "concat(version(), '!')"];
  for (const string of ['u', 'v', 'l', "'a,b,,c'", 'NULL']) {
    for (const rest of [
      "','",
      "''",
      'NULL',
      "'ab'",
      'd',
      'n',
      "',', 'a'",
      "'', 'a'",
      'NULL, NULL',
      'd, n',
      "',', d",
      "n, 'ab'",
    ]) {
      sqls.push(`string_to_array(${string}, ${rest})`);
    }
  }
  for (const column of ['ls', 'lv', 'li', 'lu', 'lf', 'lg', 'lb', 'ld', 'll', 'lx']) {
    for (const rest of ["','", "''", 'd', 'n', 'NULL', "',', '*'", 'd, n', "',', d", "d, '-'", "',', NULL"]) {
      sqls.push(`array_to_string(${column}, ${rest})`);
    }
  }
  const cases = sqls.map((sql): Case => ({ table: 't', kind: 'row', sql }));
  const outcomes = await judge(tables, cases);
  for (const line of summary(outcomes)) t.diagnostic(line);
  assert.equal(differences(cases, outcomes), '');
  assert.ok(outcomes.filter(({ state }) => state === 'equal').length > cases.length * 0.8);
});
