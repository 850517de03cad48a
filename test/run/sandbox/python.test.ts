/**
 * Code of a Python payload that tries to get out. Each attempt is made twice: in the sandbox, where it must fail, and with `--sandbox off`, where it
 * must succeed, so that the first says something.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { dfx } from '../cli.ts';
import { type Attack, attackFolder } from './targets.ts';

const { folder, made, attacks, env, remove } = await attackFolder();
after(remove);

function attempt(flags: readonly string[]): readonly string[] {
  const input = folder.write('attacks.csv', csvOf(attacks));
  const { stdout, stderr } = dfx(
    [
      'run',
      made('attacks.bin'),
      '--input',
      input,
      '--schema',
      'attack Utf8, target Utf8',
      '--format',
      'ndjson',
      ...flags,
    ],
    { env },
  );
  const rows = stdout.split('\n').filter((line) => line !== '');
  assert.equal(rows.length, attacks.length, stderr);
  return rows.map((row) => JSON.parse(row).attacks);
}

function csvOf(list: readonly Attack[]): string {
  return `attack,target\n${list.map(({ name, target }) => `${name},${target}`).join('\n')}\n`;
}

const inside = attempt([]);
for (const attack of attacks) if (attack.file !== undefined) folder.restore(attack.file);
const outside = attempt(['--sandbox', 'off']);

for (const [at, { name, target }] of attacks.entries()) {
  test(`Python can't get out by ${name} (${target})`, () => {
    assert.match(inside[at] ?? '', /^kept in: /);
    assert.match(outside[at] ?? '', /^out: /, 'the attempt is worth nothing: without a sandbox it fails, too');
  });
}

test('a call by its number of the x32 ABI ends the worker', () => {
  const input = folder.write('x32.csv', 'attack,target\na,b\n');
  const { status, stdout, stderr } = dfx([
    'run',
    made('x32.bin'),
    '--input',
    input,
    '--retries',
    '0',
    '--format',
    'csv',
  ]);
  assert.match(stderr, /was ended by SIGSYS/);
  assert.equal(stdout, '');
  assert.equal(status, 5);
});
