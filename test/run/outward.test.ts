/** What a payload reaches without a Python UDF: plans of subqueries, and frames that the parent's reading would miss. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pythonCommand } from '../../src/run/python/command.ts';
import { trustedPython } from '../../src/run/sandbox/index.ts';
import { Worker } from '../../src/run/spawn/worker.ts';
import { WorkerFailure } from '../../src/run/transport/split-task.ts';
import { dfx, mainFolder, makePayloads, python, values } from './cli.ts';
import { jobOf, runJob } from './one-job.ts';

const made = makePayloads();
const scratch = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => {
  made.remove();
  rmSync(scratch, { recursive: true, force: true });
});

const REACHES =
  'which can read or write files besides the input; if you trust who made it, run it with --sandbox off; else have it made ' +
  'without a subquery';

test('a subquery whose plan writes a file needs --sandbox off', () => {
  const path = made.file('subquery_copy.bin');
  for (const flags of [[], ['--strict'], ['--engine', 'datafusion']]) {
    const { status, stdout, stderr } = dfx(['run', path, ...flags]);
    assert.equal(stderr, `dfx: ${path}: byte 7: a subquery's plan has copy_to, ${REACHES}\n`);
    assert.equal(stdout, '');
    assert.equal(status, 4);
  }
  assert.equal(existsSync(made.file('copied.csv')), false);
  assert.equal(dfx(['run', path, '--sandbox', 'off']).status, 0);
  assert.equal(existsSync(made.file('copied.csv')), true);
});

test('a subquery whose plan reads a file needs --sandbox off', () => {
  const path = made.file('subquery_scan.bin');
  const { status, stderr } = dfx(['run', path]);
  assert.match(
    stderr,
    /^dfx: .*subquery_scan\.bin: byte \d+: a subquery's plan has listing_scan, which can read or write files/,
  );
  assert.equal(status, 4);
  assert.equal(dfx(['run', path, '--sandbox', 'off', '--format', 'csv']).stdout, 'subquery_scan\n361\n');
});

test('a field of a plan counts wherever it stands, merged or out of order', () => {
  // LogicalPlanNode fields of one oneof, twice: a receiver takes the last, the check takes them all
  const bytes = readFileSync(made.file('subquery_values.bin'));
  const copy = readFileSync(made.file('subquery_copy.bin'));
  const both = join(scratch, 'both.bin');
  writeFileSync(both, Buffer.concat([copy, bytes]));
  const { status, stderr } = dfx(['run', both, '--as', 'expr']);
  assert.equal(stderr, `dfx: ${both}: byte 7: a subquery's plan has copy_to, ${REACHES}\n`);
  assert.equal(status, 4);
});

test('a subquery that only computes runs everywhere', () => {
  const { status, stdout, stderr } = dfx(['run', made.file('subquery_values.bin'), '--format', 'csv']);
  assert.equal(stderr, '');
  assert.equal(stdout, 'subquery_values\n7\n');
  assert.equal(status, 0);
});

test('a worker opens no frame in a job that does not allow it, whatever the parent saw', async () => {
  const bytes = readFileSync(join(mainFolder, 'count_above_10.bin'));
  const hash = createHash('sha256').update(bytes).digest('hex');
  const worker = Worker.start(trustedPython(pythonCommand(python)), () => undefined);
  worker.send({ type: 'payload', hash }, [bytes]);
  const job = (number: number, inlineCode: boolean) =>
    runJob(
      worker,
      jobOf({
        job: number,
        mode: 'value',
        columns: [{ payload: hash, name: 'out', relation: null }],
        input: { path: values, format: 'csv', csv: { header: true, delimiter: ',' } },
        inlineCode,
        reads: ['value'],
      }),
    );
  try {
    await assert.rejects(job(0, false), (error: unknown) => {
      assert.ok(error instanceof WorkerFailure);
      assert.equal(error.failed.code, 'STRICT');
      assert.equal(error.failed.message, 'the engine met an inline UDF where none may be opened, and opened none');
      return true;
    });
    assert.equal((await job(1, true)).done.rows, 1);
    await assert.rejects(job(2, false), { message: /^the engine met an inline UDF/ });
  } finally {
    await worker.stop();
  }
});
