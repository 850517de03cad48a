/** Whatever a UDF, a worker or the user does: one clear error, quickly, and no process left. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { descendants, dfx, leftAfter, makePayloads, root, startDfx, values } from './cli.ts';

const made = makePayloads();
after(() => made.remove());

const TRUSTED = ['--input', values, '--sandbox', 'off'];

function run(name: string, ...more: readonly string[]): ReturnType<typeof dfx> & { readonly last: string } {
  const outcome = dfx(['run', made.file(`${name}.bin`), ...TRUSTED, ...more]);
  return { ...outcome, last: outcome.stderr.trimEnd().split('\n').at(-1) ?? '' };
}

function raised(name: string, what: string): void {
  const { status, stdout, stderr, last } = run(name);
  assert.equal(
    last,
    `dfx: ${made.file(`${name}.bin`)}: ${what}; look at Python's traceback on stderr (left out with --json)`,
  );
  assert.match(stderr, /^(Traceback \(most recent call last\):|TypeError:)/);
  // Our own frames are none of the user's business.
  assert.doesNotMatch(stderr, /dfx_worker/);
  assert.equal(stdout, '');
  assert.equal(status, 5);
}

const source = readFileSync(join(root, 'test/run/payloads.py'), 'utf8').split('\n');

/** The line of payloads.py that holds `text`, as messages name it. */
function at(text: string): string {
  return `at payloads.py line ${source.findIndex((line) => line.includes(text)) + 1}`;
}

test('an exception of a scalar UDF comes with its traceback', () => {
  raised('raises', `the scalar UDF "raises" raised ValueError: first line ${at('raise ValueError(')} (rows 1 to 12)`);
  assert.match(run('raises').stderr, /ValueError: first line\nsecond line\n/);
});

test('one without a message, or that fails when it is asked for it, is told by its kind', () => {
  raised('says_nothing', `the scalar UDF "says_nothing" raised MemoryError ${at('raise MemoryError')} (rows 1 to 12)`);
  raised('untold', `the scalar UDF "untold" raised Untold ${at('raise Untold')} (rows 1 to 12)`);
});

test('so do those of accumulators and window evaluators, which the engine drops', () => {
  raised(
    'raising_sum',
    `the aggregate UDF "raising_sum" raised KeyError: 'no update' ${at('raise KeyError')} (rows 1 to 12)`,
  );
  raised(
    'window_raising',
    `the window UDF "window_raising" raised RuntimeError: no window ${at('raise RuntimeError')}`,
  );
});

test('sys.exit in a UDF is an exception like any other', () => {
  raised('exits', `the scalar UDF "exits" raised SystemExit: 3 ${at('sys.exit(3)')} (rows 1 to 12)`);
});

test('a UDF that returns no array is told in its own terms', () => {
  raised(
    'returns_int',
    'the scalar UDF "returns_int" raised TypeError: the UDF returned builtins.int, expected a pyarrow.Array of int64 ' +
      `${at('"returns_int", lambda')} (rows 1 to 12)`,
  );
});

test('a UDF that returns too few rows is told so', () => {
  const { status, stdout, last } = run('short');
  assert.equal(
    last,
    `dfx: ${made.file('short.bin')}: the scalar UDF "short" raised ValueError: the UDF returned 2 values, expected 12 ` +
      `${at('"short", lambda')} (rows 1 to 12); look at Python's traceback on stderr (left out with --json)`,
  );
  assert.equal(stdout, '');
  assert.equal(status, 5);
});

test('what a UDF prints goes to stderr, and steers no result', () => {
  const { status, stdout, stderr } = run('prints');
  assert.match(stdout, /^driver pid: \d+\n {2}\[ {10}prints\] = {4}361 {3}\(worker pid: \d+\)\n$/);
  assert.equal(stderr, 'saw 12 \\x1b[31mvalues\n');
  assert.equal(status, 0);
});

test('a worker that leaves is dead with its exit code', () => {
  const { status, stdout, last } = run('leaves');
  assert.match(
    last,
    /^dfx: .*leaves\.bin: the Python worker \d+ left with exit code 7 in the middle of its work \(the last of 3 workers that the same rows ended\); a UDF, or a lack of memory, may have ended the process; what it wrote is on stderr$/,
  );
  assert.equal(stdout, '');
  assert.equal(status, 5);
});

test('a dead worker is noticed while a process that it forked holds its pipes', () => {
  const started = performance.now();
  const { status, last } = run('forks');
  assert.match(
    last,
    /the Python worker \d+ left with exit code 7 in the middle of its work \(the last of 3 workers that the same rows ended\); /,
  );
  assert.equal(status, 5);
  assert.ok(performance.now() - started < 20_000);
});

test('a worker that crashes is dead with its signal and the cause', () => {
  const { status, stderr, last } = run('crashes');
  assert.match(
    last,
    /the Python worker \d+ was ended by SIGABRT in the middle of its work: Fatal Python error: Aborted \(the last of 3 workers that the same rows ended\); /,
  );
  assert.match(stderr, /in crashes\n/);
  assert.equal(status, 5);
});

test('a dead worker does not take the others’ values along', () => {
  const { status, stdout } = run('leaves', made.file('total.bin'), '--engine', 'datafusion', '--workers', '1');
  assert.match(stdout, /\[ {11}total\] = {4}361 /);
  assert.equal(status, 5);
});

test('a UDF by name is named', () => {
  const { status, stderr } = run('by_name');
  assert.equal(
    stderr,
    `dfx: ${made.file('by_name.bin')}: the scalar UDF "by_name_udf" travels by name, and no worker has it; register it in a Python file that --register names, or have the sender encode it inline\n`,
  );
  assert.equal(status, 5);
});

test('a module that the worker has not is named with the way to add it', () => {
  const { status, stderr } = run('needs_module');
  assert.match(
    stderr,
    /^dfx: .*needs_module\.bin: the UDF "needs_module" needs the Python module absent_module, which \S+ doesn't have; install it with `\S+ -m pip install`, or name a Python that has it with --python\n$/,
  );
  assert.equal(status, 5);
});

test('--timeout ends a run and everything in it', () => {
  const started = performance.now();
  const { status, stdout, stderr } = run('sleeps', '--timeout', '2s');
  assert.equal(stderr, 'dfx: the run took longer than 2 s and was ended; give it more time with --timeout\n');
  assert.equal(stdout, '');
  assert.equal(status, 5);
  assert.ok(performance.now() - started < 15_000);
});

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends the workers and what a UDF started, and leaves no file`, async () => {
    const output = join(made.folder, 'never.csv');
    const child = startDfx(['run', made.file('spawns.bin'), ...TRUSTED, '--output', output]);
    const pids = await runningUdf(child);
    child.kill(signal);
    const code = await new Promise((resolve) => child.on('exit', resolve));
    assert.equal(code, status);
    assert.deepEqual(await leftAfter(pids, 2000), []);
    assert.equal(existsSync(output), false);
    assert.deepEqual(
      readdirSync(made.folder).filter((name) => name.includes('never')),
      [],
    );
  });
}

test('workers go with a parent that was killed', async () => {
  const child = startDfx(['run', made.file('sleeps.bin'), made.file('raises.bin'), ...TRUSTED]);
  let workers: readonly number[] = [];
  for (let tries = 0; tries < 500 && workers.length < 2; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    workers = descendants(child.pid ?? 0);
  }
  assert.ok(workers.length >= 2);
  child.kill('SIGKILL');
  assert.deepEqual(await leftAfter(workers, 5000), []);
});

test('a reader that goes away ends the run without a word', async () => {
  const input = join(made.folder, 'many.csv');
  writeFileSync(input, `value\n${'12345\n'.repeat(1_000_000)}`);
  for (const engine of ['embedded', 'datafusion']) {
    const child = startDfx(['run', made.file('doubled.bin'), '--input', input, '--engine', engine]);
    const first = await new Promise<string>((resolve) => child.stdout?.once('data', (chunk) => resolve(String(chunk))));
    const pids = descendants(child.pid ?? 0);
    child.stdout?.destroy();
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += String(chunk);
    });
    const code = await new Promise((resolve) => child.on('exit', resolve));
    assert.match(first, /^doubled\n/);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.deepEqual(await leftAfter(pids, 2000), []);
  }
});

/** Waits until the UDF says which process it started; gives the pids of everything below dfx. */
async function runningUdf(child: ReturnType<typeof startDfx>): Promise<readonly number[]> {
  let stderr = '';
  const grandchild = await new Promise<number>((resolve, reject) => {
    child.stderr?.on('data', (chunk) => {
      stderr += String(chunk);
      const found = /child (\d+)/.exec(stderr);
      if (found !== null) resolve(Number(found[1]));
    });
    child.on('exit', () => reject(new Error(`dfx ended early: ${stderr}`)));
  });
  const pids = descendants(child.pid ?? 0);
  assert.ok(pids.includes(grandchild));
  return pids;
}

/** Waits until dfx has that many processes below it. */
async function processesOf(child: ReturnType<typeof startDfx>, count: number): Promise<readonly number[]> {
  let pids: readonly number[] = [];
  for (let tries = 0; tries < 1000 && pids.length < count; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    pids = descendants(child.pid ?? 0);
  }
  assert.ok(pids.length >= count, `${pids.length} processes`);
  return pids;
}

test('a Node worker that is killed is replaced, and nothing is missing', async () => {
  const input = join(made.folder, 'long.csv');
  writeFileSync(input, `value\n${'12345\n'.repeat(3_000_000)}`);
  const child = startDfx(['run', made.file('total.bin'), '--input', input, '--workers', '2', '--json']);
  let stdout = '';
  child.stdout?.on('data', (chunk) => {
    stdout += String(chunk);
  });
  const pids = await processesOf(child, 2);
  process.kill(pids[0] ?? 0, 'SIGKILL');
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0);
  const { results, stats } = JSON.parse(stdout);
  assert.equal(results[0].value, 12345 * 3_000_000);
  assert.equal(stats.rowsIn, 3_000_000);
  assert.equal(stats.workers.filter(({ died }: { died: string | null }) => died !== null).length, 1);
  assert.deepEqual(await leftAfter(pids, 2000), []);
});

test('a run that waits for its pipe ends at once, and so do its workers', async () => {
  const pipe = join(made.folder, 'waiting');
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
  for (const engine of ['embedded', 'datafusion']) {
    const child = startDfx(['run', made.file('doubled.bin'), '--input', pipe, '--engine', engine]);
    const writer = createWriteStream(pipe);
    writer.on('error', () => undefined);
    writer.write(`value\n${'1\n'.repeat(3_000_000)}`);
    child.stdout?.resume();
    const pids = await processesOf(child, 1);
    const started = performance.now();
    child.kill('SIGTERM');
    assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 143);
    assert.ok(performance.now() - started < 3000);
    writer.destroy();
    assert.deepEqual(await leftAfter(pids, 2000), []);
  }
});
