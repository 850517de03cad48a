import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, differences, judge, summary, type Table } from '../judge.ts';
import { Random } from '../random-sql.ts';
import { RegexSource } from './regex-source.ts';
import { textTable } from './text-source.ts';

const SEED = Number(process.env['DFX_SEED'] ?? '20260');
const CASES = Number(process.env['DFX_CASES'] ?? '1500');

test('random regular expressions have the matches of the real engine', { timeout: 240_000 }, async (t) => {
  const random = new Random(SEED);
  const tables = new Map<string, Table>([
    ['mixed', textTable(random, 120)],
    ['ascii', textTable(random, 60, { ascii: true })],
    ['full', textTable(random, 40, { nulls: 0 })],
    ['empty', textTable(random, 0)],
  ]);
  for (let i = 0; i < 10; i++) tables.set(`one${i}`, textTable(random, 1, { nulls: i % 3 }));
  const source = new RegexSource(random, ['u', 'l', 'v', 't', 'x', 'u', 'v', 'u']);
  const names = ['mixed', 'mixed', 'mixed', 'ascii', 'full', 'empty'];
  const cases = Array.from({ length: CASES }, (): Case => {
    const table = random.below(5) === 0 ? `one${random.below(10)}` : random.pick(names);
    return { table, kind: 'row', sql: source.call() };
  });
  const outcomes = await judge(tables, cases);
  for (const line of summary(outcomes)) t.diagnostic(line);
  assert.equal(differences(cases, outcomes), '');
});
