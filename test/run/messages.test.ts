/** What the engine and the system say, in words that a user can act on. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { dfx, makePayloads, python, root, values } from './cli.ts';

const made = makePayloads();
const scratch = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => {
  made.remove();
  rmSync(scratch, { recursive: true, force: true });
});

function told(args: readonly string[], status: number, line: string): void {
  const outcome = dfx(['run', ...args]);
  assert.equal(outcome.stderr, `dfx: ${line}\n`);
  assert.equal(outcome.stdout, '');
  assert.equal(outcome.status, status);
}

function input(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

const plus = made.file('plus_one.bin');
const sum = made.file('sum.bin');

test('a plan that fails over types says what the columns are in this input', () => {
  told(
    [plus, '--input', input('texts.csv', 'value\nabc\n')],
    5,
    `${plus}: Error during planning: Cannot coerce arithmetic expression Utf8 + Int64 to valid types; in this input "value" is Utf8`,
  );
  told(
    [sum, '--input', input('header.csv', 'value\n')],
    5,
    `${sum}: [return_type] SUM not supported for Null; in this input "value" is Null (a CSV file without a value in a column has ` +
      'no other type for it)',
  );
});

test('a CSV row of another length is told by its number', () => {
  const ragged = input('ragged.csv', 'value,b\n1,2\n3\n');
  told(
    [plus, '--input', ragged],
    3,
    `${ragged}: row 2 (line 3) has 1 field, expected 2; quote fields that hold the delimiter, or check that every row has the columns of ` +
      'the header',
  );
});

test('a file with another delimiter is told with the flag for it', () => {
  const lines = input('semicolons.csv', 'value;b\n1;2\n');
  told(
    [plus, '--input', lines],
    2,
    `${lines}: the input lacks the column "value"; it has "value;b" (Utf8); the header is separated otherwise: name it with ` +
      '--delimiter ";"',
  );
});

test('an Arrow file that is cut off is a fault of the input', () => {
  const whole = tableToIPC(tableFromArrays({ value: Int32Array.from({ length: 100 }, (_, at) => at) }), 'file');
  const path = join(scratch, 'cut.arrow');
  writeFileSync(path, whole.subarray(0, 300));
  const { status, stderr } = dfx(['run', plus, '--input', path]);
  assert.match(stderr, /^dfx: .*cut\.arrow: /);
  assert.doesNotMatch(stderr, /Cannot read properties|undefined|null/);
  assert.equal(status, 3);
});

test('a program that is no Python is told with what it said', () => {
  const shim = input('python3.99', '#!/bin/sh\necho "python3.99: command not found" >&2\nexit 127\n');
  chmodSync(shim, 0o755);
  told(
    [plus, '--input', values, '--engine', 'datafusion', '--python', shim],
    5,
    `${shim} doesn't answer as a Python interpreter: python3.99: command not found; name a Python 3.10 or later with --python`,
  );
});

test('a full disk behind stdout is an error of the output', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'bin/dfx'), 'run', plus, '--input', values], {
    encoding: 'utf8',
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    env: { ...process.env, DFX_PYTHON: python, DFX_SOURCES: '1' },
  });
  assert.equal(stderr, "dfx: stdout: the output can't be written: the disk is full\n");
  assert.equal(status, 2);
});
