import { test } from 'node:test';
import type { Case } from '../judge.ts';
import { agree } from './agree.ts';
import { edgeTables, numbersFrom, plainTable, ZONES } from './temporal-tables.ts';

const SPECIFIERS = [
  ...'ABCDFGHIMPRSTUVWXYZabcdefghjklmnpqrstuvwxyz+%EoQ',
  '.f',
  '.3f',
  '.6f',
  '.9f',
  '3f',
  '6f',
  '9f',
  ':z',
  '::z',
  ':::z',
  '#z',
  '-d',
  '_m',
  '0e',
  '-H',
  '_I',
  '0j',
  '-j',
  '_f',
  '0s',
  '_s',
  '-Y',
  '_Y',
  '-C',
  '-F',
  '-p',
  '.4f',
  ':x',
  '#Y',
  '_',
];
const FORMATS = [
  ...SPECIFIERS.map((specifier) => `%${specifier}`),
  '%Y-%m-%d %H:%M:%S%.f',
  '%d/%m/%Y',
  'day %j of %G-W%V',
  '%A, %d %B %Y %I:%M %p',
  '%s|%f',
  'plain é  text',
  '',
  '%Y%%%m',
  'iso8601',
  'ISO8601',
  '100%',
];
const NAMES = [
  ...[0, 1, 2, 3].flatMap((i) => [`t${i}`, `p${i}`, `c${i}`, ...ZONES.map((_, z) => `z${i}${z}`)]),
  'd',
  'md',
];

function cases(table: string): Case[] {
  const sqls = NAMES.flatMap((name) => [
    ...FORMATS.map((format) => `to_char(${name}, '${format}')`),
    `to_char(${name}, CASE WHEN i > 0 THEN '%H:%M' ELSE '%S' END)`,
    `date_format(${name}, CASE WHEN i > 0 THEN '%Y' ELSE NULL END)`,
    `to_char(${name}, arrow_cast('%Y-%m', 'Utf8View'))`,
    `to_char(${name}, NULL)`,
  ]);
  sqls.push(
    "to_char('2020-02-29', '%d.%m.%Y %z')",
    "to_char(arrow_cast('2020-02-29', 'Utf8View'), '%d.%m.%Y')",
    "to_char(NULL, '%Y')",
    "to_char(5, '%Y')",
  );
  return sqls.map((sql) => ({ table, kind: 'row', sql }));
}

test('formats write what they write in the real engine', async () => {
  const random = numbersFrom(54);
  const some = cases('plain').filter(() => random() < 0.4);
  await agree(new Map([['plain', plainTable(51)]]), some, { equal: 1000 });
});

test('formats of edge values, row by row', async () => {
  const tables = edgeTables(52, 4);
  const random = numbersFrom(53);
  await agree(
    tables,
    [...tables.keys()].flatMap((table) => cases(table).filter(() => random() < 0.25)),
    { equal: 500 },
  );
});
