/** Output files that workers write themselves: the same bytes as through a pipe, and whole whatever happens to a worker. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { tableFromIPC } from 'apache-arrow';
import { descendants, dfx, leftAfter, startDfx } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const ROWS = 600_000;
const input = join(folder, 'input.csv');
writeFileSync(
  input,
  `value,text\n${Array.from({ length: ROWS }, (_, row) => (row % 1000 === 7 ? `${row},"two\nlines"\n` : `${row},t${row % 10}\n`)).join('')}`,
);
const doubled = payload('doubled', 'value * 2');
const odd = payload('odd', 'value % 2 = 1');

function payload(name: string, sql: string): string {
  const file = join(folder, `${name}.bin`);
  assert.equal(dfx(['encode', '--sql', sql, '--output', file]).status, 0);
  return file;
}

/** What the run writes to stdout, where the bytes pass through the parent. */
function throughPipe(args: readonly string[], format: string): Buffer {
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', '"$@" | cat', 'sh', process.execPath, ...dfxArgs(args, format)],
    {
      env: { ...process.env, DFX_SOURCES: '1' },
      maxBuffer: 1 << 28,
    },
  );
  assert.equal(status, 0, String(stderr));
  return stdout;
}

function dfxArgs(args: readonly string[], format: string): readonly string[] {
  return [new URL('../../bin/dfx', import.meta.url).pathname, 'run', ...args, '--input', input, '--format', format];
}

const CASES = [
  { args: ['--filter', odd, '--keep', 'text,value'], format: 'csv' },
  { args: [doubled, '--limit', '300000'], format: 'csv' },
  { args: [doubled, '--keep', 'text'], format: 'arrow-stream' },
];

test('a file has the bytes that a pipe gets', () => {
  for (const { args, format } of CASES) {
    const output = join(folder, `out.${format}`);
    const { status, stderr } = dfx(['run', ...args, '--input', input, '--format', format, '--output', output]);
    assert.equal(status, 0, stderr);
    assert.ok(throughPipe(args, format).equals(readFileSync(output)), `${args.join(' ')} as ${format}`);
  }
  assert.deepEqual(temporaries(), []);
});

function temporaries(): readonly string[] {
  return readdirSync(folder).filter((name) => name.startsWith('.'));
}

test('a worker that is killed while it writes is replaced, and the file is whole', async () => {
  // A run may be through before the signal reaches it: then its file is looked at all the same, and another one is begun.
  let replaced = 0;
  for (let round = 0; round < 10 && replaced < 2; round++) {
    const output = join(folder, `killed-${round}.arrow`);
    const child = startDfx(['run', doubled, '--input', input, '--output', output, '--workers', '2', '--json']);
    let stdout = '';
    child.stdout?.on('data', (chunk) => {
      stdout += String(chunk);
    });
    const closed = new Promise((resolve) => child.on('close', resolve));
    const pids = await oncePartIsWritten(child);
    kill(pids[round % Math.max(1, pids.length)]);
    assert.equal(await closed, 0);
    const { stats } = JSON.parse(stdout);
    if (stats.workers.some(({ died }: { died: string | null }) => died !== null)) replaced++;
    checkDoubled(output);
    assert.deepEqual(await leftAfter(pids, 2000), []);
    assert.deepEqual(temporaries(), []);
  }
  assert.equal(replaced, 2);
});

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

function checkDoubled(path: string): void {
  const table = tableFromIPC(readFileSync(path));
  assert.equal(table.numRows, ROWS);
  let row = 0n;
  for (const batch of table.batches) {
    const values: BigInt64Array = batch.getChildAt(0)?.toArray();
    for (const value of values) {
      if (value !== 2n * row) assert.fail(`row ${row} is ${value}`);
      row++;
    }
  }
}

/** Waits until the temporary file holds something, or the run is through; gives the pids of the workers. */
async function oncePartIsWritten(child: ReturnType<typeof startDfx>): Promise<readonly number[]> {
  while (child.exitCode === null) {
    const [name = ''] = temporaries();
    const size = statSync(join(folder, name === '' ? 'none' : name), { throwIfNoEntry: false })?.size ?? 0;
    if (size > 4096) return descendants(child.pid ?? 0);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return [];
}

test('a file that is for reading only is replaced by the parent, with its mode', () => {
  const output = join(folder, 'read-only.csv');
  writeFileSync(output, '');
  chmodSync(output, 0o444);
  const { status, stderr } = dfx(['run', '--filter', odd, '--input', input, '--output', output]);
  assert.equal(status, 0, stderr);
  assert.equal(statSync(output).mode & 0o777, 0o444);
  assert.ok(throughPipe(['--filter', odd], 'csv').equals(readFileSync(output)));
});

test('a disk that is full is told once, and leaves nothing', () => {
  // A limit of the file's size is what a process can set for itself: the write fails alike.
  const output = join(folder, 'too-long.csv');
  const { status, stderr } = spawnSync(
    'sh',
    [
      '-c',
      'ulimit -f 2000; trap "" XFSZ; exec "$@"',
      'sh',
      process.execPath,
      ...dfxArgs([doubled], 'csv'),
      '--output',
      output,
    ],
    { env: { ...process.env, DFX_SOURCES: '1' }, encoding: 'utf8' },
  );
  assert.equal(stderr, `dfx: ${output}: the output can't be written: EFBIG: file too large, write\n`);
  assert.equal(status, 2);
  assert.equal(existsSync(output), false);
  assert.deepEqual(temporaries(), []);
});
