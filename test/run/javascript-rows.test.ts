/** What fails in a JavaScript UDF names the row of the input, wherever its split starts, and its words reach stderr escaped. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dfx } from './cli.ts';

const scratch = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

const ROWS = 900_000;
const WRONG = 800_123;
const input = join(scratch, 'rows.csv');
writeFileSync(
  input,
  `a,b,padding\n${Array.from({ length: ROWS }, (_, i) => `${i + 1 === WRONG ? -1 : i},${i % 2},${'x'.repeat(20)}\n`).join('')}`,
);

function payload(name: string, javascript: object, sql?: object): string {
  const definition = { name: 'f', family: 'scalar', inputs: ['Int64'], returns: 'Int64', volatility: 'immutable' };
  const path = join(scratch, `${name}.json`);
  const expr = sql ?? { udf: 'f', args: [{ col: 'a' }] };
  writeFileSync(path, JSON.stringify({ expr, udfs: [{ ...definition, javascript }] }));
  const out = join(scratch, `${name}.bin`);
  const { status, stderr } = dfx(['encode', path, '-o', out]);
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return out;
}

function failing(path: string, ...flags: string[]): string {
  const args = ['run', path, '--input', input, '--sandbox', 'off', '-o', join(scratch, 'out.csv'), ...flags];
  const { status, stderr } = dfx(args);
  assert.equal(status, 5);
  const line = stderr.split('\n').find((each) => each.startsWith('dfx: ')) ?? '';
  return line.slice(`dfx: ${path}: `.length);
}

test('the row of the input, behind a filter too', { timeout: 120_000 }, () => {
  const source = 'const f = (v) => { if (v < 0) throw new RangeError("below 0"); return v; }';
  const raises = payload('raises', { source, entry: 'f' });
  const told = `the scalar UDF "f" raised RangeError: below 0 (row ${WRONG}); look at JavaScript's traceback on stderr (left out with --json)`;
  assert.equal(failing(raises), told);
  assert.equal(failing(raises, '--workers', '1'), told);
  const filter = join(scratch, 'even.bin');
  assert.equal(dfx(['encode', '--sql', 'b = 0', '-o', filter]).status, 0);
  assert.equal(failing(raises, '--filter', filter), told);
  const gives = payload('gives', { source: 'const f = (v) => v < 0 ? "x" : v', entry: 'f' });
  assert.equal(failing(gives), `the scalar UDF "f" gave the text "x", expected Int64 (row ${WRONG})`);
});

test('the rows of the batch, where it is called over them together', { timeout: 120_000 }, () => {
  const source = 'const f = (vs) => { for (const v of vs) if (v < 0) throw new Error("below 0"); return [...vs]; }';
  const [, first, last] =
    /\(rows (\d+) to (\d+)\)/.exec(failing(payload('batch', { source, entry: 'f', mode: 'batch' }))) ?? [];
  assert.ok(Number(first) <= WRONG && WRONG <= Number(last), `${first} to ${last}`);
  assert.ok(Number(last) - Number(first) < 8192);
});

test('control characters of prints, messages and stacks are told in letters', { timeout: 120_000 }, () => {
  const source = 'const f = (v) => { console.log("\\u001b[31mred\\u0007\\ttab"); throw new Error("\\u001b[2Jgone"); }';
  const path = payload('escapes', { source, entry: 'f' });
  const { stderr } = dfx(['run', path, '--input', input, '--sandbox', 'off', '--workers', '1']);
  const lines = stderr.split('\n');
  assert.equal(lines[0], '\\x1b[31mred\\x07\ttab');
  assert.ok(lines.includes('Error: \\x1b[2Jgone'));
  assert.ok(lines.some((line) => line.includes('raised Error: \\x1b[2Jgone (row 1)')));
  assert.equal(stderr.includes('\u001b'), false);
});
