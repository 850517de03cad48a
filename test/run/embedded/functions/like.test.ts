import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, differences, judge, summary, type Table, tableOf } from '../judge.ts';
import { Random } from '../random-sql.ts';
import { quoted } from './text-source.ts';

const SEED = Number(process.env['DFX_SEED'] ?? '20260');
const CASES = Number(process.env['DFX_CASES'] ?? '1200');

const LETTERS = [
  'a',
  'b',
  'A',
  'B',
  'é',
  'É',
  'k',
  'K',
  's',
  'ſ',
  'S',
  'σ',
  'ς',
  'Σ',
  '日',
  '😀',
  '\n',
  'ß',
  'ẞ',
  'ﬅ',
  'ﬆ',
];

function word(random: Random, letters: readonly string[], sizes: readonly number[]): string {
  return Array.from({ length: random.pick(sizes) }, () => random.pick(letters)).join('');
}

test('LIKE and ILIKE with random patterns match what the real engine matches', { timeout: 240_000 }, async (t) => {
  const random = new Random(SEED);
  const tables = new Map<string, Table>();
  for (const [name, rows, letters] of [
    ['all', 150, LETTERS],
    ['ascii', 150, ['a', 'b', 'A', '%', '_', '\\']],
    ['few', 9, LETTERS],
  ] as const) {
    const texts = (): (string | null)[] =>
      Array.from({ length: rows }, () => (random.below(8) === 0 ? null : word(random, letters, [0, 1, 2, 3, 4, 5, 8])));
    const patterns = Array.from({ length: rows }, () => word(random, [...letters, '%', '%', '_'], [0, 1, 2, 3, 4]));
    tables.set(
      name,
      tableOf([
        ['u', 'Utf8', texts()],
        ['v', 'Utf8View', texts()],
        ['l', 'LargeUtf8', texts()],
        ['p', 'Utf8', patterns],
      ]),
    );
  }
  const source = [...LETTERS, 'a', 'b', '%', '%', '%', '%', '%', '_', '_', '_', '\\', '\\%', '\\_', '\\\\'];
  const cases = Array.from({ length: CASES }, (): Case => {
    const pattern = random.below(12) === 0 ? 'p' : quoted(word(random, source, [0, 1, 1, 2, 2, 3, 3, 4, 5, 6]));
    const operator = random.pick(['LIKE', 'NOT LIKE', 'ILIKE', 'NOT ILIKE', '~~', '~~*', '!~~', '!~~*']);
    const sql = `${random.pick(['u', 'v', 'l', 'u', "'aKß'"])} ${operator} ${pattern}`;
    return { table: random.pick(['all', 'all', 'ascii', 'few']), kind: 'row', sql };
  });
  const outcomes = await judge(tables, cases);
  for (const line of summary(outcomes)) t.diagnostic(line);
  assert.equal(differences(cases, outcomes), '');
  assert.ok(outcomes.filter(({ state }) => state === 'equal').length > CASES * 0.9);
});
