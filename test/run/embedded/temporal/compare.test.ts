import { test } from 'node:test';
import type { Case } from '../judge.ts';
import { agree } from './agree.ts';
import { edgeTables, numbersFrom, plainTable, ZONES } from './temporal-tables.ts';

const NAMES = [
  ...[0, 1, 2, 3].flatMap((i) => [`t${i}`, `u${i}`, `p${i}`, `c${i}`, ...ZONES.map((_, z) => `z${i}${z}`)]),
  'd',
  'e',
  'md',
  'i',
];
const LITERALS = [
  "'2020-01-01'",
  "'2020-01-01T00:00:00.5'",
  "'1969-12-31 23:59:59.9999'",
  "DATE '2001-09-09'",
  "TIMESTAMP '2020-02-29T12:00:00.000000001'",
  "arrow_cast('2024-03-10T12:00:00', 'Timestamp(Millisecond, Some(\"America/New_York\"))')",
  "arrow_cast(1500000000, 'Timestamp(Second, None)')",
  "TIME '12:30:00'",
  "INTERVAL '1 day'",
  "arrow_cast(90, 'Duration(Second)')",
  "'12:30:00.25'",
  '1000',
  '1500000000000',

  'NULL',
  "'1900-02-30'",
];
const OPERATORS = ['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM'];
const YEARS = ['1969', '1970', '2001', '2024', '2262', '2300', '300000', '-5', '2020.5', 'NULL'];

function cases(table: string, random: () => number, share: number): Case[] {
  const pick = <T>(list: readonly T[], fallback: T): T => list[Math.floor(random() * list.length)] ?? fallback;
  const sides = [...NAMES, ...LITERALS];
  const sqls: string[] = [];
  for (const left of NAMES) {
    for (const right of sides) {
      if (random() > share) continue;
      sqls.push(`${left} ${pick(OPERATORS, '=')} ${right}`);
      sqls.push(`${right} ${pick(OPERATORS, '=')} ${left}`);
      const other = pick(LITERALS, 'NULL');
      if (random() < 0.5) sqls.push(`${left} BETWEEN ${right} AND ${other}`);
      if (random() < 0.5) sqls.push(`${left} NOT IN (${pick(LITERALS, 'NULL')}, ${other})`);
      if (random() < 0.3) sqls.push(`${left} IN (${[1, 2, 3, 4, 5].map(() => pick(LITERALS, 'NULL')).join(', ')})`);
      if (random() < 0.5) sqls.push(`CASE WHEN ${left} IS NULL THEN ${right} ELSE ${left} END`);
      if (random() < 0.3) sqls.push(`CASE ${left} WHEN ${other} THEN 1 ELSE 0 END`);
      if (random() < 0.3) sqls.push(`coalesce(${left}, ${right})`);
    }
    for (const year of YEARS) {
      if (random() > share * 2) continue;
      sqls.push(`date_part('year', ${left}) ${pick(OPERATORS, '=')} ${year}`);
      sqls.push(`date_part('month', ${left}) ${pick(OPERATORS, '=')} 2`);
    }
  }
  return sqls.map((sql) => ({ table, kind: 'row', sql }));
}

test('comparisons of temporal values meet at the types of the real engine', async () => {
  const random = numbersFrom(42);
  await agree(new Map([['plain', plainTable(41)]]), cases('plain', random, 0.3), { equal: 1800 });
});

test('comparisons of edge values, row by row', async () => {
  const tables = edgeTables(43, 4);
  const random = numbersFrom(44);
  await agree(
    tables,
    [...tables.keys()].flatMap((table) => cases(table, random, 0.1)),
    { equal: 1400 },
  );
});

test('aggregates of temporal values', async () => {
  const sqls = NAMES.flatMap((name) => ['min', 'max', 'count'].map((call) => `${call}(${name})`));
  const all = sqls.map((sql): Case => ({ table: 'plain', kind: 'aggregate', sql }));
  await agree(new Map([['plain', plainTable(45)]]), all, { equal: 100 });
});
