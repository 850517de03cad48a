import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Case, differences, judge, type Table, tableOf } from '../judge.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const PYTHON = process.env['DFX_PYTHON'] ?? `${ROOT}.venv/bin/python`;

test('the tables of characters are those of the real engine', { timeout: 120_000 }, () => {
  assert.ok(existsSync(PYTHON), `no Python with datafusion at ${PYTHON}: set DFX_PYTHON or make .venv`);
  const generator = fileURLToPath(new URL('./strings_unicode_tables.py', import.meta.url));
  const run = spawnSync(PYTHON, [generator], { encoding: 'utf8', maxBuffer: 2 ** 24 });
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.stdout, readFileSync(`${ROOT}src/run/embedded/functions/unicode-tables.ts`, 'utf8'));
});

const ROW = 256;

/** All characters up to `last`, 256 a row, each after `before`. */
function characters(last: number, before: string): string[] {
  const rows: string[] = [];
  for (let start = 0; start <= last; start += ROW) {
    let text = '';
    for (let point = start; point < start + ROW; point++) {
      if (point < 0xd800 || point > 0xdfff) text += before + String.fromCodePoint(point);
    }
    rows.push(text);
  }
  return rows;
}

/** A class of the characters up to U+1FFFF that have a bit. */
function withBit(bit: number, has: (point: number) => boolean): string {
  const ranges: string[] = [];
  let start = -1;
  for (let point = 0; point <= 0x20000; point++) {
    const inside = point < 0x20000 && ((point >> bit) & 1) === 1 && (point < 0xd800 || point > 0xdfff) && has(point);
    if (inside && start < 0) start = point;
    if (!inside && start >= 0) {
      ranges.push(`\\x{${start.toString(16)}}-\\x{${(point - 1).toString(16)}}`);
      start = -1;
    }
  }
  return `(?i)[${ranges.join('')}]`;
}

test('every character has the case and the classes that it has in the real engine', { timeout: 240_000 }, async () => {
  const rows = characters(0x10ffff, '');
  const words = characters(0x10ffff, 'a');
  const spaced = characters(0x10ffff, ' ');
  const tables = new Map<string, Table>([
    [
      'all',
      tableOf([
        ['u', 'Utf8', rows],
        ['w', 'Utf8View', words],
        ['s', 'Utf8', spaced],
        ['g', 'Utf8', words.map((text) => text.replaceAll('a', 'aΣ'))],
      ]),
    ],
    ['cased', tableOf([['u', 'Utf8', characters(0x1ffff, '')]])],
  ]);
  const sqls = [
    'upper(u)',
    'lower(u)',
    'initcap(w)',
    'initcap(s)',
    'lower(w)',
    'lower(g)',
    'reverse(u)',
    'character_length(u)',
  ];
  const classes = ['\\w', '\\d', '\\s', '\\W', '[[:^alpha:]]', '\\p{Alphabetic}', '\\b.', '(?i)\\p{Lu}', '(?i)\\P{Lu}'];
  const categories = 'L M N P S Z LC Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp'.split(
    ' ',
  );
  for (const text of [...classes, ...categories.map((name) => `\\p{${name}}`)]) {
    sqls.push(`regexp_replace(u, '${text}', '~', 'g')`);
  }
  // Of the texts only their hashes are sent to and fro.
  const cases = sqls.map(
    (sql): Case => ({ table: 'all', kind: 'row', sql: sql.startsWith('char') ? sql : `md5(${sql})` }),
  );
  // Two characters that fold together differ in some bit: the class of those that have it finds the other one.
  const mapped = (point: number): boolean => {
    const char = String.fromCodePoint(point);
    return char.toLowerCase() !== char || char.toUpperCase() !== char;
  };
  const withBits = Array.from({ length: 10 }, (_, i) => withBit(i + 7, () => true));
  for (let bit = 0; bit < 7; bit++) {
    // Of neighbours, those that have a case; in two parts, for the length of the text.
    withBits.push(withBit(bit, (point) => mapped(point) && point < 0x2000));
    withBits.push(withBit(bit, (point) => mapped(point) && point >= 0x2000));
  }
  for (const text of withBits) {
    cases.push({ table: 'cased', kind: 'row', sql: `md5(regexp_replace(u, '${text}', '~', 'g'))` });
  }
  const outcomes = await judge(tables, cases);
  assert.equal(differences(cases, outcomes), '');
  assert.deepEqual(
    outcomes.flatMap(({ state, note }) => (state === 'equal' ? [] : [note])),
    [],
  );
});
