import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dfx, isAlive, mainFolder, values } from './cli.ts';

const LABELS = ['count_above_10', 'count_above_30', 'count_above_60', 'custom_sum'];
const payloads = LABELS.map((label) => join(mainFolder, `${label}.bin`));
const TRUSTED = ['--input', values, '--sandbox', 'off'];

/** The lines of the datafusion-python `multiprocessing` example, with pids as `0`. */
const EXAMPLE = `driver pid: 0
  [  count_above_10] =      8   (worker pid: 0)
  [  count_above_30] =      5   (worker pid: 0)
  [  count_above_60] =      2   (worker pid: 0)
  [      custom_sum] =    361   (worker pid: 0)
`;

function withoutPids(text: string): string {
  return text.replace(/pid: \d+/g, 'pid: 0');
}

function pidsOf(text: string): readonly number[] {
  return [...text.matchAll(/worker pid: (\d+)/g)].map(([, pid]) => Number(pid));
}

test('the four payloads print as the example does, in four processes', () => {
  const { status, stdout, stderr } = dfx(['run', ...payloads, ...TRUSTED]);
  assert.equal(stderr, '');
  assert.equal(withoutPids(stdout), EXAMPLE);
  assert.equal(status, 0);
  const pids = pidsOf(stdout);
  assert.equal(new Set(pids).size, 4);
  assert.deepEqual(pids.filter(isAlive), []);
});

test('one worker takes all payloads with --workers 1, two share them with --workers 2', () => {
  for (const workers of [1, 2]) {
    const { stdout } = dfx(['run', ...payloads, ...TRUSTED, '--workers', String(workers)]);
    assert.equal(withoutPids(stdout), EXAMPLE);
    assert.equal(new Set(pidsOf(stdout)).size, workers);
  }
});

test('labels widen the column, and a file whose name has an = keeps it', () => {
  const { stdout } = dfx(['run', `a label of twenty-two=${payloads[3]}`, `n=${payloads[0]}`, ...TRUSTED]);
  assert.equal(
    withoutPids(stdout),
    `driver pid: 0
  [a label of twenty-two] =    361   (worker pid: 0)
  [                    n] =      8   (worker pid: 0)
`,
  );
});

test('a base64 payload comes from stdin', () => {
  const input = readFileSync(payloads[3] ?? '').toString('base64');
  const { stdout } = dfx(['run', ...TRUSTED], { input });
  assert.equal(withoutPids(stdout), 'driver pid: 0\n  [           stdin] =    361   (worker pid: 0)\n');
});

test('--format csv and ndjson give the values as one row', () => {
  const csv = dfx(['run', ...payloads, ...TRUSTED, '--format', 'csv']);
  assert.equal(csv.stdout, 'count_above_10,count_above_30,count_above_60,custom_sum\n8,5,2,361\n');
  const ndjson = dfx(['run', ...payloads, ...TRUSTED, '--format', 'ndjson']);
  assert.equal(ndjson.stdout, '{"count_above_10":8,"count_above_30":5,"count_above_60":2,"custom_sum":361}\n');
});

test('one payload that fails does not stop the others, and decides the exit code', () => {
  const { status, stdout, stderr } = dfx(['run', payloads[0] ?? '', '/nonexistent.bin', payloads[3] ?? '', ...TRUSTED]);
  assert.equal(
    withoutPids(stdout),
    'driver pid: 0\n  [  count_above_10] =      8   (worker pid: 0)\n  [      custom_sum] =    361   (worker pid: 0)\n',
  );
  assert.equal(stderr, 'dfx: /nonexistent.bin: there is no such file\n');
  assert.equal(status, 2);
});
