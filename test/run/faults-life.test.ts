/** Silence, memory and whatever else a UDF does to its worker: three different ends, and nothing is left. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { after, test } from 'node:test';
import { isAlive, startDfx, values } from './cli.ts';
import { errorsOf, makeFaults, newTag, runAlone, type Told, taggedProcesses, until } from './faulty.ts';

const made = makeFaults();
after(() => made.remove());

const TINY_BATCHES = 20_000;
const TRUSTED = ['--input', values, '--sandbox', 'off'];

function run(name: string, ...more: readonly string[]): ReturnType<typeof runAlone> {
  return runAlone(['run', made.file(`${name}.bin`), ...TRUSTED, ...more]);
}

/** The one error of a run that gave nothing. */
function failure(name: string, ...more: readonly string[]): Told {
  const { status, stdout, stderr } = run(name, '--json', ...more);
  assert.equal(status, 5);
  assert.equal(stdout, '');
  const errors = errorsOf(stderr);
  assert.equal(errors.length, 1);
  return errors[0] ?? { code: '', message: '' };
}

test('--idle-timeout warns once of a silence, and the result comes', () => {
  const { status, stdout, stderr } = run('naps', '--idle-timeout', '200ms');
  assert.match(
    stderr,
    /^dfx: the Python worker \d+ has said nothing for 0\.2 s: job 0, the whole input, after 0 rows of its result; --kill-on-idle ends such a worker\n$/,
  );
  assert.match(stdout, /= {4}361 /);
  assert.equal(status, 0);
});

test('with --json the warning is a document of its own kind', () => {
  const { stderr } = run('naps', '--idle-timeout', '200ms', '--json');
  const { schema, warning } = JSON.parse(stderr);
  assert.equal(schema, 'dfx.warning/1');
  assert.equal(warning.code, 'IDLE_TIMEOUT');
});

test('--kill-on-idle ends a worker that sleeps for ever, one that holds the interpreter, and no other', () => {
  for (const name of ['sleeps', 'holds']) {
    const { code, message } = failure(name, '--idle-timeout', '300ms', '--kill-on-idle');
    assert.equal(code, 'IDLE_TIMEOUT');
    assert.match(
      message,
      /^the Python worker \d+ has said nothing for 0\.3 s: job 0, the whole input, after 0 rows of its result, and was ended$/,
    );
  }
  const quick = run('naps', '--idle-timeout', '30s', '--kill-on-idle');
  assert.equal(quick.stderr, '');
  assert.equal(quick.status, 0);
});

for (const transport of ['split', 'sync', 'pipelined']) {
  test(`each job has its own time, ${transport}`, () => {
    // Seven naps, none of which is too long.
    const { status, stderr } = runAlone([
      ...['run', made.file('naps_row.bin'), '--input', made.file('rows.arrow'), '--sandbox', 'off'],
      ...['--transport', transport, '--workers', '1', '--batch-size', '65536', '--output', made.file('naps.csv')],
      ...['--idle-timeout', '3s', '--kill-on-idle'],
    ]);
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });
}

test('a silence over rows that were sent is told with their place in the input', () => {
  for (const transport of ['sync', 'pipelined']) {
    const { status, stderr } = runAlone([
      ...['run', made.file('naps_row.bin'), '--input', made.file('rows.arrow'), '--sandbox', 'off', '--json'],
      ...['--transport', transport, '--workers', '1', '--idle-timeout', '150ms', '--kill-on-idle', '--limit', '100000'],
    ]);
    assert.equal(status, 5);
    assert.match(
      errorsOf(stderr)[0]?.message ?? '',
      /^the Python worker \d+ has said nothing for 0\.15 s: job 0, over rows of the input from row 1 on, after \d+ rows? of its result, and was ended$/,
    );
  }
});

test('a timeout is none of a worker’s', () => {
  const { status, stderr } = run('sleeps', '--timeout', '1500ms', '--json');
  assert.deepEqual(
    errorsOf(stderr).map(({ code }) => code),
    ['TIMEOUT'],
  );
  assert.equal(status, 5);
});

test('--memory-limit ends a worker that eats', () => {
  const { code, message } = failure('eats', '--memory-limit', '300M');
  assert.equal(code, 'MEMORY_LIMIT');
  assert.match(
    message,
    /^the Python worker \d+ took \d+ MiB, more than --memory-limit 300 MiB, and was ended: job 0, the whole input, after 0 rows of its result$/,
  );
  const modest = run('good', '--memory-limit', '300M');
  assert.equal(modest.stderr, '');
  assert.equal(modest.status, 0);
});

test('sizes and times that are none are refused', () => {
  const size = run('good', '--memory-limit', '3x');
  assert.equal(size.stderr, 'dfx: found the size "3x", expected one such as 512M or 2G\n');
  assert.equal(size.status, 2);
  const bytes = run('good', '--memory-limit', '512');
  assert.equal(
    bytes.stderr,
    'dfx: found "512" for --memory-limit, expected 1M at least; such as 512M or 2G: a Python worker takes some 40M before it begins\n',
  );
  assert.equal(bytes.status, 2);
  const kill = run('good', '--kill-on-idle');
  assert.equal(
    kill.stderr,
    'dfx: found --kill-on-idle without --idle-timeout; say after what time a worker is idle with --idle-timeout\n',
  );
  assert.equal(kill.status, 2);
});

test('a segmentation fault is told as what it is', () => {
  const { code, message } = failure('segfaults', '--retries', '0');
  assert.equal(code, 'WORKER_DIED');
  assert.match(
    message,
    /^the Python worker \d+ was ended by SIGSEGV in the middle of its work: Fatal Python error: Segmentation fault$/,
  );
});

test('a UDF that writes into its worker’s channel ends that worker', () => {
  const { code, message } = failure('scribbles', '--retries', '1');
  assert.equal(code, 'WORKER_DIED');
  assert.match(
    message,
    /^the Python worker \d+ wrote no frames to its channel: a worker sent a frame with a header of 4294967295 bytes \(the last of 2 workers that the same rows ended\)$/,
  );
});

test('a run that has enough leaves its workers in the middle of their work', () => {
  const args = ['run', made.file('naps_row.bin'), '--input', made.file('rows.arrow'), '--sandbox', 'off'];
  for (const transport of ['split', 'sync', 'pipelined']) {
    const { status, stdout, stderr } = runAlone([...args, '--limit', '3', '--format', 'csv', '--transport', transport]);
    assert.equal(stderr, '');
    assert.equal(stdout, 'naps_row\n0\n1\n2\n');
    assert.equal(status, 0);
  }
});

test('a result of the wrong type, over which the engine panics, ends no worker', () => {
  const { code, message } = failure('wrong_type', '--retries', '0');
  assert.equal(code, 'UDF_RAISED');
  assert.match(
    message,
    /^the scalar UDF "wrong_type" raised TypeError: the UDF returned string, declared int64 at fault_payloads\.py line \d+ /,
  );
});

test('what prints to stdout, or to its descriptor, changes no result', () => {
  const { status, stdout, stderr } = run('prints', '--format', 'csv');
  assert.match(stdout, /^prints\n(\d+\n){12}$/);
  assert.equal(stderr, 'said on stdout\nsaid on descriptor 1\n');
  assert.equal(status, 0);
});

test('one worker goes on after each fault that isn’t its end', () => {
  const names = ['raises', 'good', 'no_array', 'good', 'short', 'good', 'exits', 'good'];
  const operands = names.map((name, at) => `p${at}=${made.file(`${name}.bin`)}`);
  const { status, stdout, stderr } = runAlone(['run', ...operands, ...TRUSTED, '--workers', '1', '--json']);
  const { results, stats } = JSON.parse(stdout);
  assert.deepEqual(
    results.map(({ label, value }: { label: string; value: number }) => [label, value]),
    ['p1', 'p3', 'p5', 'p7'].map((label) => [label, 361]),
  );
  assert.deepEqual(
    errorsOf(stderr).map(({ code }) => code),
    ['UDF_RAISED', 'UDF_RAISED', 'UDF_RAISED', 'UDF_RAISED'],
  );
  assert.equal(stats.workers.length, 1);
  assert.equal(status, 5);
});

test('a fresh worker goes on after each fault that is', () => {
  const names = ['segfaults', 'good', 'eats', 'good', 'sleeps', 'good'];
  const operands = names.map((name, at) => `p${at}=${made.file(`${name}.bin`)}`);
  const limits = ['--memory-limit', '200M', '--idle-timeout', '3s', '--kill-on-idle', '--retries', '0'];
  const { stdout, stderr, status } = runAlone(['run', ...operands, ...TRUSTED, '--workers', '1', '--json', ...limits]);
  assert.deepEqual(
    JSON.parse(stdout).results.map(({ value }: { value: number }) => value),
    [361, 361, 361],
  );
  assert.deepEqual(
    errorsOf(stderr).map(({ code }) => code),
    ['WORKER_DIED', 'MEMORY_LIMIT', 'IDLE_TIMEOUT'],
  );
  assert.equal(status, 5);
});

for (const transport of ['split', 'sync', 'pipelined']) {
  test(`an exception while the parent waits for room comes through, ${transport}`, () => {
    const { status, stderr } = runAlone([
      ...['run', made.file('raises_late.bin'), '--input', made.file('rows.arrow'), '--sandbox', 'off', '--json'],
      ...['--transport', transport, '--workers', '1', '--queue-depth', '4', '--output', made.file('late.csv')],
    ]);
    assert.deepEqual(
      errorsOf(stderr).map(({ code }) => code),
      ['UDF_RAISED'],
    );
    assert.equal(status, 5);
  });

  test(`a row that is longer than every buffer comes through, ${transport}`, () => {
    const output = made.file(`long-${transport}.csv`);
    const { status, stderr } = runAlone([
      ...['run', made.file('same_text.bin'), '--input', made.file('long-row.arrow'), '--sandbox', 'off'],
      ...['--transport', transport, '--output', output],
    ]);
    assert.equal(stderr, '');
    assert.equal(status, 0);
    assert.equal(readFileSync(output, 'latin1'), `same_text\n${'x'.repeat(40_000_000)}\ny\n`);
  });

  test(`tiny batches take no more than their time, ${transport}`, () => {
    const output = made.file(`tiny-${transport}.csv`);
    const started = performance.now();
    const { status, stderr } = runAlone([
      ...['run', made.file('same.bin'), '--input', made.file('tiny.arrow'), '--sandbox', 'off'],
      ...['--transport', transport, '--output', output, '--timeout', '60s'],
    ]);
    assert.equal(stderr, '');
    assert.equal(status, 0);
    const lines = readFileSync(output, 'latin1').split('\n').slice(1, -1);
    assert.equal(lines.length, TINY_BATCHES);
    assert.equal(
      lines.findIndex((line, at) => line !== String(at)),
      -1,
    );
    assert.ok(performance.now() - started < 60_000);
  });
}

for (const name of ['holds', 'leaves_children']) {
  test(`a parent that is killed leaves nothing of ${name}`, async () => {
    const tag = newTag();
    rmSync(made.file(`${name}.told`), { force: true });
    const [variable = '', value = ''] = tag.split('=');
    Object.assign(process.env, { [variable]: value });
    const child = startDfx(['run', made.file(`${name === 'holds' ? name : 'leaves_and_sleeps'}.bin`), ...TRUSTED]);
    Reflect.deleteProperty(process.env, variable);
    const told = (await made.told(name)).split(' ').map(Number);
    assert.ok(told.every(isAlive));
    child.kill('SIGKILL');
    await until(() => taggedProcesses(tag).length === 0, 'no process is left');
  });
}

test('a parent that is killed leaves no folder of the sandbox', async () => {
  const child = startDfx(['run', made.file('rests.bin'), '--input', values]);
  const folder = await new Promise<string>((resolve) => {
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += String(chunk);
      const found = /^in (.*dfx-sandbox-[^/]*)\/scratch\/worker-\d+\n/m.exec(stderr);
      if (found?.[1] !== undefined) resolve(found[1]);
    });
  });
  assert.ok(existsSync(folder));
  child.kill('SIGKILL');
  await until(() => !existsSync(folder), 'the folder is gone');
});

test('processes that a UDF left behind end with the run, wherever they went', () => {
  const { status, stderr, stdout } = run('leaves_children');
  assert.equal(stderr, '');
  assert.match(stdout, /= {4}373 /);
  assert.equal(status, 0);
});
