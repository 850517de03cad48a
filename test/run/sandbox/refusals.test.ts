/** What isn't run at all: code where the sandbox can't be had, and whatever an outer pickle holds beside expressions. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dfx, mainFolder, makePayloads, python, values } from '../cli.ts';

const made = makePayloads();
after(() => made.remove());

const sum = join(mainFolder, 'custom_sum.bin');
const offset = readFileSync(sum).indexOf('DFPYUDA');
/** Nothing can be started from there: a machine that keeps no promise. */
const NO_FOLDER = { TMPDIR: join(sum, 'no-folder'), TSX_DISABLE_CACHE: '1' };

test('code runs in a sandbox by default', () => {
  const { status, stdout } = dfx(['run', sum, '--input', values, '--format', 'csv']);
  assert.equal(stdout, 'custom_sum\n361\n');
  assert.equal(status, 0);
});

test('code is refused where the sandbox is not to be had, with both ways out', () => {
  const { status, stdout, stderr } = dfx(['run', sum, '--input', values], { env: NO_FOLDER });
  assert.match(
    stderr,
    new RegExp(
      `^dfx: ${sum}: byte ${offset}: the payload carries Python code, the aggregate UDF "my_sum", and there is no sandbox: ` +
        'no private folder can be made \\(.*\\); run it on a Linux that has Landlock and seccomp; or, if you trust who made it, ' +
        'with --sandbox off\n$',
    ),
  );
  assert.equal(stdout, '');
  assert.equal(status, 4);
  const off = dfx(['run', sum, '--input', values, '--format', 'csv', '--sandbox', 'off'], { env: NO_FOLDER });
  assert.equal(off.stdout, 'custom_sum\n361\n');
});

test('a payload without code needs no sandbox', () => {
  const { status, stdout } = dfx(
    ['run', made.file('total_real.bin'), '--input', values, '--format', 'csv', '--engine', 'datafusion'],
    { env: NO_FOLDER },
  );
  assert.equal(stdout, 'total_real\n361\n');
  assert.equal(status, 0);
});

test('an object beside an expression in a pickle is refused and leaves no trace', () => {
  const path = made.file('planted.pkl');
  for (const flags of [[], ['--sandbox', 'off'], ['--engine', 'datafusion']]) {
    const { status, stderr } = dfx(['run', path, '--input', values, ...flags]);
    assert.match(stderr, /planted\.pkl: byte \d+: the pickle holds .*pathlib\.Path\.touch/);
    assert.equal(status, 4);
    assert.equal(existsSync(made.file('trace')), false);
  }
  // Python's own reader does leave it.
  spawnSync(python, ['-c', `import pickle; pickle.load(open(${JSON.stringify(path)}, 'rb'))`]);
  assert.equal(existsSync(made.file('trace')), true);
  rmSync(made.file('trace'));
});
