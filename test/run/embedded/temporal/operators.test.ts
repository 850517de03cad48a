import { test } from 'node:test';
import type { Case } from '../judge.ts';
import { agree } from './agree.ts';
import { edgeTables, numbersFrom, plainTable, ZONES } from './temporal-tables.ts';

const INTERVALS = [
  "INTERVAL '1' MONTH",
  "INTERVAL '-13 months'",
  "INTERVAL '1 day'",
  "INTERVAL '-400 days 3 hours'",
  "INTERVAL '1 month 2 days 3.000000004 seconds'",
  "INTERVAL '-1 nanosecond'",
  "INTERVAL '36 hours'",
  "arrow_cast('14 months', 'Interval(YearMonth)')",
  "arrow_cast('-3 days 5 hours', 'Interval(DayTime)')",
  "arrow_cast(p3, 'Interval(MonthDayNano)')",
  "arrow_cast(p0, 'Interval(MonthDayNano)')",
  "arrow_cast(arrow_cast(j % 3000, 'Int32'), 'Interval(YearMonth)')",
];
const NAMES = [
  ...[0, 1, 2, 3].flatMap((i) => [`t${i}`, `u${i}`, `p${i}`, `q${i}`, `c${i}`, ...ZONES.map((_, z) => `z${i}${z}`)]),
  'd',
  'e',
  'md',
  'me',
  'i',
  'j',
];
const LITERALS = [
  "TIMESTAMP '2020-02-29T12:00:00'",
  "DATE '2020-02-29'",
  "TIME '12:30:00'",
  'NULL',
  "arrow_cast(5, 'Duration(Second)')",
];

/** pyarrow has no arrays of these. */
function shown(sql: string): string {
  return `arrow_cast(${sql}, 'Utf8')`;
}

function cases(table: string, random: () => number, share: number): Case[] {
  const sides = [...NAMES, ...INTERVALS, ...LITERALS];
  const found: Case[] = [];
  for (const left of sides) {
    for (const right of sides) {
      for (const op of ['+', '-', '*']) {
        if (random() < (op === '*' ? share / 10 : share)) {
          const sql = `${left} ${op} ${right}`;
          const narrow = [left, right].every((side) => /YearMonth|DayTime|NULL/.test(side));
          found.push({ table, kind: 'row', sql: narrow ? shown(sql) : sql });
        }
      }
    }
  }
  return found;
}

test('sums and differences of temporal values are those of the real engine', async () => {
  const tables = new Map([['plain', plainTable(21)]]);
  const random = numbersFrom(22);
  const spans = INTERVALS.flatMap((span) => [
    ...NAMES.flatMap((name) => [`${name} + ${span}`, `${name} - ${span}`, `${span} + ${name}`]),
    shown(`-(${span})`),
    `(${span}) * i`,
  ]);
  const days = ['d', 'md', "DATE '2020-02-29'"].flatMap((date) =>
    ['j % 1000', 'i % 5000', '3', '-400', "arrow_cast(j % 100, 'UInt8')", 'NULL', 'c0', 'c1', 'c2', 'c3'].flatMap(
      (count) => [`${date} + ${count}`, `${date} - ${count}`, `${count} + ${date}`],
    ),
  );
  const fixed = [...spans, ...days].map((sql): Case => ({ table: 'plain', kind: 'row', sql }));
  await agree(tables, [...fixed, ...cases('plain', random, 0.25)], { equal: 1500 });
});

test('sums and differences of edge values, row by row', async () => {
  const tables = edgeTables(23, 7);
  const random = numbersFrom(24);
  await agree(
    tables,
    [...tables.keys()].flatMap((table) => cases(table, random, 0.08)),
    { equal: 1200 },
  );
});
