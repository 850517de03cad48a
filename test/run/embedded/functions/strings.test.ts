import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, differences, judge, summary, type Table } from '../judge.ts';
import { Random } from '../random-sql.ts';
import { TextSource, textTable } from './text-source.ts';

const SEED = Number(process.env['DFX_SEED'] ?? '20260');
const CASES = Number(process.env['DFX_CASES'] ?? '1200');

test('random calls of string functions have the values, types and errors of the real engine', {
  timeout: 240_000,
}, async (t) => {
  const random = new Random(SEED);
  const tables = new Map<string, Table>([
    ['mixed', textTable(random, 60)],
    ['ascii', textTable(random, 40, { ascii: true })],
    ['full', textTable(random, 33, { nulls: 0 })],
    ['wild', textTable(random, 3, { wild: true })],
    ['empty', textTable(random, 0)],
  ]);
  // A row of its own for each case that fails there.
  for (let i = 0; i < 30; i++) tables.set(`one${i}`, textTable(random, 1, { wild: i % 2 === 0, nulls: i % 3 }));
  const source = new TextSource(random);
  const names = ['mixed', 'mixed', 'ascii', 'full', 'wild', 'empty'];
  const cases = Array.from({ length: CASES }, (): Case => {
    const table = random.below(2) === 0 ? random.pick(names) : `one${random.below(30)}`;
    return { table, kind: 'row', sql: source.call() };
  });
  const outcomes = await judge(tables, cases);
  for (const line of summary(outcomes)) t.diagnostic(line);
  assert.equal(differences(cases, outcomes), '');
});
