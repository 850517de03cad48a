import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, differences, judge, summary, type Table, tableOf } from '../judge.ts';
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
  const source = new RegexSource(random, ['u', 'l', 'v', 't', 'x', 'u', 'v', 'k', 'm']);
  const names = ['mixed', 'mixed', 'mixed', 'ascii', 'full', 'empty'];
  const cases = Array.from({ length: CASES }, (): Case => {
    const table = random.below(5) === 0 ? `one${random.below(10)}` : random.pick(names);
    return { table, kind: 'row', sql: source.call() };
  });
  const outcomes = await judge(tables, cases);
  for (const line of summary(outcomes)) t.diagnostic(line);
  assert.equal(differences(cases, outcomes), '');
});

test('patterns that make others run forever take time by the length of the text', { timeout: 60_000 }, async () => {
  const tables = new Map<string, Table>([
    [
      't',
      tableOf([
        ['u', 'Utf8', ['a'.repeat(20_000), `${'ab'.repeat(8000)}c`, 'aX'.repeat(5000), ' '.repeat(9000), null]],
      ]),
    ],
  ]);
  const patterns = [
    '(a*)*b', '(a+)+$', '(a|aa)+$', '(a|a)*c', '(.*)(.*)(.*)(.*)(.*)x', '^(([a-z])+.)+[A-Z]([a-z])+$', '(a?){50}a{50}', '(a|b)*a(a|b){12}c',
    '\\s+$', '(?:a|b|ab)*?c', '([ab]*)c', '(x+x+)+y', '.*.*=.*', '(?i)(a|A)*?b', '(a*?)*?$', '()*', '(|a)+b', '(a|b|())*c',
  ]; // biome-ignore format: a table of patterns
  const cases = patterns.flatMap((pattern): Case[] => [
    { table: 't', kind: 'row', sql: `u ~ '${pattern}'` },
    { table: 't', kind: 'row', sql: `regexp_instr(u, '${pattern}', 1, 1, 'i', 1)` },
    { table: 't', kind: 'row', sql: `md5(regexp_replace(u, '${pattern}', '<\\1>'))` },
  ]);
  const started = performance.now();
  const outcomes = await judge(tables, cases);
  assert.equal(differences(cases, outcomes), '');
  assert.ok(outcomes.every(({ state }) => state === 'equal'));
  assert.ok(performance.now() - started < 45_000);
});
