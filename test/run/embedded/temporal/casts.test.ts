import { test } from 'node:test';
import type { Case } from '../judge.ts';
import { agree } from './agree.ts';
import { edgeTables, numbersFrom, plainTable, ZONES } from './temporal-tables.ts';

const UNIT_NAMES = ['Second', 'Millisecond', 'Microsecond', 'Nanosecond'];
const TARGETS = [
  ...UNIT_NAMES.map((unit) => `Timestamp(${unit}, None)`),
  ...UNIT_NAMES.flatMap((unit) => ZONES.map((zone) => `Timestamp(${unit}, Some("${zone}"))`)),
  ...UNIT_NAMES.map((unit) => `Duration(${unit})`),
  'Date32',
  'Date64',
  'Time32(Second)',
  'Time32(Millisecond)',
  'Time64(Microsecond)',
  'Time64(Nanosecond)',
  'Interval(MonthDayNano)',
  'Utf8',
  'LargeUtf8',
  'Utf8View',
  'Int32',
  'Int64',
  'UInt8',
  'Float64',
  'Boolean',
];
const COLUMNS = [
  ...[0, 1, 2, 3].flatMap((i) => [`t${i}`, `p${i}`, `c${i}`, ...ZONES.map((_, z) => `z${i}${z}`)]),
  'd',
  'md',
  'i',
  'j',
];

function casts(table: string, name: string): Case[] {
  return COLUMNS.flatMap((column) =>
    TARGETS.map((to) => ({ table, kind: 'row' as const, sql: `${name}(${column}, '${to}')` })),
  );
}

test('casts between temporal types, numbers and text give what the real engine gives', async () => {
  const tables = new Map([['plain', plainTable(1)]]);
  await agree(tables, [...casts('plain', 'arrow_cast'), ...casts('plain', 'arrow_try_cast')], { equal: 3300 });
});

test('casts of edge values, row by row', async () => {
  const tables = edgeTables(2, 8);
  const random = numbersFrom(3);
  const cases = [...tables.keys()].flatMap((table) =>
    [...casts(table, 'arrow_cast'), ...casts(table, 'arrow_try_cast')].filter(() => random() < 0.25),
  );
  await agree(tables, cases, { equal: 5000 });
});
