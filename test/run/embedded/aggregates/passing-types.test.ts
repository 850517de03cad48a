import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArrowValue } from '../../../../src/wire/arrow/value-model.ts';
import { type Case, differences, judge, summary, tableOf } from '../judge.ts';

const ROWS = 12;

function everyFifthNull(value: (row: number) => ArrowValue): ArrowValue[] {
  return Array.from({ length: ROWS }, (_, row) => (row % 5 === 3 ? null : value(row)));
}

const COLUMNS: readonly (readonly [string, string, readonly ArrowValue[]])[] = [
  ['l', 'List(Int64)', everyFifthNull((row) => [row, null, row * 2].slice(0, row % 4))],
  [
    'st',
    'Struct("a": Int64, "b": Utf8)',
    everyFifthNull((row) => ({
      kind: 'struct',
      fields: [
        ['a', row],
        ['b', `x${row % 3}`],
      ],
    })),
  ],
  ['di', 'Dictionary(Int32, Utf8)', everyFifthNull((row) => `v${row % 3}`)],
  ['fb', 'FixedSizeBinary(2)', everyFifthNull((row) => Uint8Array.of(row, 255 - row))],
  ['d32', 'Decimal32(9, 2)', everyFifthNull((row) => BigInt(row * 100 - 300))],
  ['d64', 'Decimal64(18, 2)', everyFifthNull((row) => BigInt(row * 100 - 300))],
];

test('values of every type pass through aggregates and windows', { timeout: 120_000 }, async (t) => {
  const table = tableOf([['k', 'Int64', Array.from({ length: ROWS }, (_, row) => row)], ...COLUMNS]);
  const cases = COLUMNS.flatMap(([name]) => {
    const aggregates = [
      'count',
      'min',
      'max',
      'array_agg',
      'first_value',
      'last_value',
      'any_value',
      'sum',
      'avg',
      'median',
    ];
    const sqls = aggregates.flatMap((call) => [
      `${call}(${name})`,
      `${call}(DISTINCT ${name})`,
      `${call}(${name}) FILTER (WHERE k > 4)`,
    ]);
    const windows = [
      `lag(${name}) OVER (ORDER BY k)`,
      `first_value(${name}) OVER (ORDER BY k)`,
      `row_number() OVER (PARTITION BY ${name} ORDER BY k)`,
      `rank() OVER (ORDER BY ${name})`,
      `array_agg(${name}) OVER (ORDER BY k ROWS 2 PRECEDING)`,
      `sum(${name}) OVER (ORDER BY k ROWS 2 PRECEDING)`,
      `avg(${name}) OVER (ORDER BY k)`,
    ];
    return [
      ...[...sqls, `array_agg(k ORDER BY ${name}, k)`, `nth_value(${name}, 2 ORDER BY k DESC)`].map(
        (sql): Case => ({ table: 't', kind: 'aggregate', sql }),
      ),
      ...windows.map((sql): Case => ({ table: 't', kind: 'window', sql })),
    ];
  });
  for (const pieces of [1, 3]) {
    const outcomes = await judge(new Map([['t', table]]), cases, { pieces });
    for (const line of summary(outcomes)) t.diagnostic(line);
    assert.equal(differences(cases, outcomes), '');
    assert.ok(outcomes.filter(({ state }) => state === 'equal').length > 100);
  }
});
