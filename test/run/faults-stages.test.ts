/** A worker that dies at any stage of a run costs time, and no row: its split runs again on another one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { after, test } from 'node:test';
import { startDfx } from './cli.ts';
import { makeFaults, newTag, runAlone, taggedProcesses, until } from './faulty.ts';

const made = makeFaults();
after(() => made.remove());

const ROWS = 400_000;

function argsFor(name: string, ...more: readonly string[]): readonly string[] {
  return [
    'run',
    made.file(`${name}.bin`),
    ...['--input', made.file('rows.arrow'), '--sandbox', 'off', '--json'],
    ...['--output', made.file(`${name}.csv`), ...more],
  ];
}

/** The rows in the file are those that an undisturbed run gives. */
function allRows(name: string): void {
  const lines = readFileSync(made.file(`${name}.csv`), 'utf8').split('\n');
  assert.equal(lines.length, ROWS + 2);
  assert.equal(lines[0], name);
  assert.equal(
    lines.slice(1, -1).findIndex((line, at) => line !== String(at + 1)),
    -1,
  );
}

interface Stats {
  readonly retries: number;
  readonly workers: readonly { readonly pid: number; readonly died: string | null }[];
}

function oneDeath(stdout: string, how: RegExp): Stats {
  const stats: Stats = JSON.parse(stdout).stats;
  const deaths = stats.workers.flatMap(({ died }) => died ?? []);
  assert.equal(deaths.length, 1);
  assert.match(deaths[0] ?? '', how);
  return stats;
}

const KILLED =
  /^the Python worker \d+ was ended by SIGKILL in the middle of its work(, over rows of the input from row \d+ on)?$/;

for (const transport of ['split', 'pipelined']) {
  test(`one that is killed while it evaluates, ${transport}`, () => {
    spawnSync('rm', ['-f', made.file('dies_evaluating.once')]);
    const { status, stdout, stderr } = runAlone(argsFor('dies_evaluating', '--transport', transport));
    assert.equal(stderr, '');
    assert.equal(status, 0);
    assert.equal(oneDeath(stdout, KILLED).retries, 1);
    allRows('dies_evaluating');
  });
}

test('one that is killed while it writes its results', () => {
  const { status, stdout, stderr } = runAlone(argsFor('dies_writing', '--workers', '1'));
  assert.equal(stderr, '');
  assert.equal(status, 0);
  assert.equal(oneDeath(stdout, KILLED).retries, 1);
  allRows('dies_writing');
});

test('one that is killed while it reads, with jobs on their way to it', async () => {
  const [name = '', value = ''] = newTag().split('=');
  Object.assign(process.env, { [name]: value });
  const child = startDfx(argsFor('stops', '--transport', 'pipelined', '--workers', '1', '--batch-size', '100000'));
  Reflect.deleteProperty(process.env, name);
  let stdout = '';
  child.stdout?.on('data', (chunk) => {
    stdout += String(chunk);
  });
  const pid = Number(await made.told('stops'));
  await until(() => /^\d+ \(.*\) T /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8')), 'the worker has stopped');
  process.kill(pid, 'SIGKILL');
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0);
  oneDeath(stdout, KILLED);
  allRows('stops');
  assert.deepEqual(taggedProcesses(`${name}=${value}`), []);
});

test('one that is killed before it says hello', () => {
  // Python imports it when it starts; the function runs in the child of each fork.
  mkdirSync(made.file('site'));
  writeFileSync(
    made.file('site/sitecustomize.py'),
    `import os, signal, sys
def die_once():
    try:
        os.close(os.open(${JSON.stringify(made.file('hello.once'))}, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
if "fork" in sys.argv or any("dfx_worker" in word for word in sys.orig_argv):
    os.register_at_fork(after_in_child=die_once)
`,
  );
  const { status, stdout, stderr } = runAlone(argsFor('says'), { PYTHONPATH: made.file('site') });
  assert.equal(stderr, '');
  assert.equal(status, 0);
  oneDeath(stdout, KILLED);
  allRows('says');
});

test('one that the system has no process for', () => {
  mkdirSync(made.file('no-fork'));
  writeFileSync(
    made.file('no-fork/sitecustomize.py'),
    `import errno, os
fork, failed = os.fork, []
def fail_once():
    if failed:
        return fork()
    failed.append(True)
    raise BlockingIOError(errno.EAGAIN, "no more processes")
os.fork = fail_once
`,
  );
  const { status, stdout, stderr } = runAlone(argsFor('says'), { PYTHONPATH: made.file('no-fork') });
  assert.equal(stderr, 'dfx: no worker can be forked: no more processes\n');
  assert.equal(status, 0);
  oneDeath(stdout, /^the Python worker 0 left with exit code 71 in the middle of its work$/);
  allRows('says');
});

test('one that is killed between two jobs', async () => {
  const pipe = made.file('pipe');
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
  const args = ['run', made.file('says.bin'), '--sandbox', 'off', '--format', 'csv', '--workers', '1'];
  const child = startDfx([...args, '--input', pipe, '--schema', 'value Int64', '--batch-size', '1000']);
  const writer = await open(pipe, 'w');
  let stdout = '';
  child.stdout?.on('data', (chunk) => {
    stdout += String(chunk);
  });
  const lines = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, at) => `${from + at}\n`).join('');
  // A piece is some megabytes; when its first rows are out and nothing more comes, the worker waits.
  await writer.writeFile(`value\n${lines(0, 1_500_000)}`);
  await until(() => stdout.length > 1000, 'rows come out');
  let before = -1;
  await until(() => {
    const same = before === stdout.length;
    before = stdout.length;
    return same;
  }, 'no more rows come');
  const pid = Number(await made.told('says'));
  process.kill(pid, 'SIGKILL');
  await writer.writeFile(lines(1_500_000, 2_000_000));
  await writer.close();
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0);
  const rows = stdout.split('\n');
  assert.equal(rows.length, 2_000_002);
  assert.equal(
    rows.slice(1, -1).findIndex((line, at) => line !== String(at + 1)),
    -1,
  );
});

test('a forking parent that is killed: its workers are run again under another one', async () => {
  spawnSync('rm', ['-f', made.file('stops.once'), made.file('stops.told')]);
  const child = startDfx(argsFor('stops'));
  let stdout = '';
  child.stdout?.on('data', (chunk) => {
    stdout += String(chunk);
  });
  const pid = Number(await made.told('stops'));
  const parent = Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  assert.notEqual(parent, child.pid);
  process.kill(parent, 'SIGKILL');
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0);
  const { workers }: Stats = JSON.parse(stdout).stats;
  for (const { died } of workers.filter((worker) => worker.died !== null)) {
    assert.match(died ?? '', /^the forking parent of the Python worker was ended by SIGKILL$/);
  }
  allRows('stops');
});
