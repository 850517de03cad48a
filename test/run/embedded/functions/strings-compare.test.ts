import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, differences, judge, summary, type Table } from '../judge.ts';
import { Random } from '../random-sql.ts';
import { quoted, randomText, textTable } from './text-source.ts';

const SEED = Number(process.env['DFX_SEED'] ?? '20260');

test('strings compare by their bytes, as in the real engine', { timeout: 120_000 }, async (t) => {
  const random = new Random(SEED);
  const tables = new Map<string, Table>([
    ['mixed', textTable(random, 200)],
    ['ascii', textTable(random, 61, { ascii: true })],
    ['full', textTable(random, 16, { nulls: 0 })],
    ['empty', textTable(random, 0)],
  ]);
  const side = (): string =>
    random.below(3) === 0 ? quoted(randomText(random).replaceAll('\0', '')) : random.pick(['u', 'v', 'l', 't', 'x']);
  const operators = ['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM'];
  const cases = Array.from({ length: 600 }, (_, i): Case => {
    const sql =
      i % 10 === 0
        ? `${side()} IN (${side()}, '', 'a', ${i % 20 === 0 ? "'b', 'ab', 'abc'" : 'NULL'})`
        : i % 10 === 1
          ? `CASE ${side()} WHEN '' THEN 1 WHEN ${side()} THEN 2 ELSE 3 END`
          : `${side()} ${random.pick(operators)} ${side()}`;
    return { table: random.pick(['mixed', 'mixed', 'ascii', 'full', 'empty']), kind: 'row', sql };
  });
  const outcomes = await judge(tables, cases);
  for (const line of summary(outcomes)) t.diagnostic(line);
  assert.equal(differences(cases, outcomes), '');
});
