/** The same cases in each transport: the real engine's rows and types, the same errors, and nothing that waits for ever. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Worker } from '../../../src/run/spawn/worker.ts';
import type { ToWorker } from '../../../src/run/transport/messages.ts';
import { WorkerFailure } from '../../../src/run/transport/split-task.ts';
import { TRANSPORTS, type TransportName } from '../../../src/run/transport/transport.ts';
import { descendants, dfx, leftAfter, python, root, startDfx } from '../cli.ts';
import { Replays, shown } from './one-replay.ts';

const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const made = spawnSync(python, [join(root, 'test/run/transport/cases.py'), folder], { encoding: 'utf8' });
assert.equal(made.status, 0, made.stderr);
const file = (name: string): string => join(folder, name);
const bin = (name: string): string => file(`${name}.bin`);
const arrow = (name: string): string => file(`${name}.arrow`);

const INPUTS = ['empty', 'no_rows', 'some_without_rows', 'several', 'tiny'] as const;
const PYTHON = [
  'light',
  'nested',
  'literal',
  'only_literal',
  'filled',
  'shout',
  'looked_at',
  'reuses',
  'padded',
  'twice',
] as const;
const PLAIN = ['plain', 'words'] as const;

/** What the real engine makes of it in one session. */
function expected(input: string, label: string): ReturnType<typeof shown> {
  return shown(new Uint8Array(readFileSync(file(`${input}-${label}.expected`))));
}

/** What workers were sent while `work` ran. */
async function sentDuring<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly sent: readonly ToWorker[] }> {
  const sent: ToWorker[] = [];
  const { send } = Worker.prototype;
  Worker.prototype.send = function (this: Worker, header, bodies): void {
    sent.push(header);
    send.call(this, header, bodies);
  };
  try {
    return { value: await work(), sent };
  } finally {
    Worker.prototype.send = send;
  }
}

for (const transport of TRANSPORTS) {
  test(`${transport}: rows and types are the real engine's, whatever the batches`, async () => {
    const replays = new Replays();
    try {
      for (const input of INPUTS) {
        for (const label of [...PYTHON, ...PLAIN]) {
          const { result, plan } = await replays.run(bin(label), arrow(input), { transport });
          assert.deepEqual(result, expected(input, label), `${label} on ${input}`);
          assert.equal(plan.transport.name, transport);
        }
      }
    } finally {
      await replays.close();
    }
  });

  test(`${transport}: columns that are kept stand before the result, as they are`, async () => {
    const replays = new Replays();
    try {
      for (const label of ['light', 'reuses', 'looked_at', 'padded']) {
        const { result } = await replays.run(bin(label), arrow('numbers'), { transport, keep: 'all' });
        assert.deepEqual(result, expected('numbers', label), label);
      }
    } finally {
      await replays.close();
    }
  });

  test(`${transport}: other batches, more workers, compressed files and streams give the same rows`, async () => {
    const replays = new Replays();
    const want = expected('several', 'nested');
    try {
      for (const options of [
        { workers: 2 },
        { batchSize: 10_000 },
        { batchSize: 777, queueDepth: 5 },
        { batchSize: 65_536 },
      ]) {
        const { result } = await replays.run(bin('nested'), arrow('several'), { transport, ...options });
        assert.deepEqual(result, want, JSON.stringify(options));
      }
      for (const input of [arrow('compressed'), file('several.arrows')]) {
        const { result } = await replays.run(bin('nested'), input, { transport });
        assert.deepEqual(result, want, input);
      }
    } finally {
      await replays.close();
    }
  });

  test(`${transport}: CSV comes in pieces of some batches, however small these are`, async () => {
    const replays = new Replays();
    const numbers = Array.from({ length: 10_000 }, (_, at) => `${at % 1000}.5`);
    const path = file(`numbers-${transport}.csv`);
    writeFileSync(path, `a\n${numbers.join('\n')}\n`);
    try {
      const options = { transport, engine: 'datafusion' } as const;
      const large = await replays.run(bin('light'), path, options);
      assert.equal(large.report.splits, 1);
      const small = await replays.run(bin('light'), path, { ...options, batchSize: 1 });
      assert.deepEqual(small.result, large.result);
      assert.equal(small.result.columns[0]?.length, 10_000);
      // 59 KB in pieces of 4
      const { splits } = small.report;
      assert.ok(splits !== null && splits > 10 && splits < 16, String(splits));
    } finally {
      await replays.close();
    }
  });

  test(`${transport}: a UDF that raises in the middle is told, and the worker does the next run`, async () => {
    const replays = new Replays();
    try {
      // More batches than any buffer between the two holds: the writer is blocked when the UDF raises.
      const failing = replays.run(bin('raises'), arrow('long'), { transport, queueDepth: 8, batchSize: 65_536 });
      const error = await failing.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof WorkerFailure, String(error));
      assert.equal(error.failed.code, 'UDF_RAISED');
      assert.deepEqual(error.failed.udf, { name: 'raises', family: 'scalar' });
      assert.equal(error.failed.exception?.message, 'too large');
      const { result } = await replays.run(bin('light'), arrow('several'), { transport });
      assert.deepEqual(result, expected('several', 'light'));
    } finally {
      await replays.close();
    }
  });

  test(`${transport}: a worker that dies in the middle loses no row`, async () => {
    const replays = new Replays();
    try {
      rmSync(file('died'), { force: true });
      const { result, report } = await replays.run(bin('dies_once'), arrow('several'), { transport });
      assert.deepEqual(result.columns[0], expected('several', 'plain').columns[0]?.map(half));
      assert.equal(report.retries, 1);
    } finally {
      await replays.close();
    }
  });

  test(`${transport}: one row larger than every buffer`, async () => {
    const replays = new Replays();
    try {
      const { result } = await replays.run(bin('shout'), arrow('huge_row'), { transport });
      assert.equal(result.columns[0]?.length, 1);
      assert.equal(result.columns[0]?.[0], 'X'.repeat(40_000_000));
    } finally {
      await replays.close();
    }
  });

  test(`${transport}: rows that nobody wants aren't evaluated`, async () => {
    const replays = new Replays();
    try {
      rmSync(file('calls'), { force: true });
      const options = { transport, engine: 'datafusion', limit: 10, batchSize: 8192 } as const;
      const { result } = await replays.run(bin('counts'), arrow('long'), options);
      assert.equal(result.columns[0]?.length, 10);
      const calls = readFileSync(file('calls'), 'utf8').trim().split('\n');
      assert.ok(calls.length <= 8, `${calls.length} batches of 32 were evaluated`);
    } finally {
      await replays.close();
    }
  });

  test(`${transport}: a run that is given up is no failure, and leaves no wait`, async () => {
    const replays = new Replays();
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 1500);
    await assert.rejects(
      replays.run(bin('slow'), arrow('long'), { transport, batchSize: 1000 }, controller.signal),
      new Error('enough'),
    );
    await replays.close();
  });
}

test('a payload travels once to each worker, in whatever transport it is run next', async () => {
  const replays = new Replays();
  try {
    const { sent } = await sentDuring(async () => {
      for (const transport of [...TRANSPORTS, 'sync', 'split', 'pipelined'] as const) {
        const { result } = await replays.run(bin('nested'), arrow('several'), { transport });
        assert.deepEqual(result, expected('several', 'nested'), transport);
      }
    });
    assert.equal(sent.filter(({ type }) => type === 'payload').length, 1);
    assert.ok(sent.filter(({ type }) => type === 'job').length > 20);
  } finally {
    await replays.close();
  }
});

test('nothing of a transport is left in a worker: whether results are flushed is said by each job', async () => {
  const replays = new Replays();
  try {
    const flushes = async (transport: TransportName): Promise<readonly boolean[]> => {
      const { sent } = await sentDuring(() => replays.run(bin('light'), arrow('several'), { transport }));
      return [...new Set(sent.flatMap((frame) => (frame.type === 'job' ? [frame.flush] : [])))];
    };
    assert.deepEqual(await flushes('pipelined'), [true]);
    assert.deepEqual(await flushes('split'), [false]);
    assert.deepEqual(await flushes('sync'), [true]);
  } finally {
    await replays.close();
  }
});

/** `plain` is 2b + 1. */
function half(text: unknown): string {
  return text === 'null' ? 'null' : String((Number(text) - 1) / 2);
}

test('one plan for many batches gives what a plan for each does', async () => {
  const replays = new Replays();
  try {
    for (const label of PYTHON) {
      const { result, report } = await replays.run(bin(label), arrow('several'), {
        transport: 'pipelined',
        batchSize: 200,
      });
      assert.deepEqual(result, expected('several', label), label);
      // More than a worker plans one by one.
      assert.ok(report.splits > 40, String(report.splits));
    }
    // A failure ends the plan that was open, and the next run has another.
    await assert.rejects(replays.run(bin('raises'), arrow('several'), { transport: 'pipelined', batchSize: 200 }), {
      name: 'WorkerFailure',
    });
    const { result } = await replays.run(bin('shout'), arrow('several'), { transport: 'pipelined', batchSize: 200 });
    assert.deepEqual(result, expected('several', 'shout'));
  } finally {
    await replays.close();
  }
});

test('no more batches are held than wait, are evaluated or are between the processes, however slow the consumer', async () => {
  for (const [transport, queueDepth, workers, most] of [
    ['sync', 2, 1, 1],
    ['sync', 2, 2, 2],
    ['pipelined', 1, 1, 5],
    ['pipelined', 2, 1, 6],
    ['pipelined', 8, 2, 18],
  ] as const) {
    const held = { now: 0, most: 0 };
    const replays = new Replays();
    try {
      const options = { transport, queueDepth, workers, batchSize: 1000 };
      const { result } = await replays.run(bin('light'), arrow('several'), options, undefined, held);
      assert.deepEqual(result, expected('several', 'light'));
      // One more may have been read, and waits for room.
      assert.ok(held.most <= most, `${transport}, depth ${queueDepth}, ${workers} workers: ${held.most} batches`);
      assert.ok(held.most >= Math.min(most, workers), `${held.most} batches`);
    } finally {
      await replays.close();
    }
  }
});

test('--json, --stats and -v say which transport ran and why', () => {
  const transportOf = (args: readonly string[], input?: Uint8Array): unknown => {
    const { status, stdout, stderr } = dfx(['run', bin('light'), '--sandbox', 'off', '--json', ...args], {
      ...(input === undefined ? {} : { input }),
    });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout).stats.transport;
  };
  const asked = 'asked for with --transport';
  assert.deepEqual(transportOf(['-i', arrow('several')]), { name: 'split', reason: 'the input is a file' });
  assert.deepEqual(transportOf(['-i', arrow('several'), '--transport', 'sync']), { name: 'sync', reason: asked });
  const stream = readFileSync(file('several.arrows'));
  assert.deepEqual(transportOf(['-i', '-'], stream), {
    name: 'pipelined',
    reason: 'the input comes through a pipe',
  });
  assert.deepEqual(transportOf(['-i', '-', '--transport', 'sync'], stream), { name: 'sync', reason: asked });
  const shownText = ['run', bin('light'), '-i', arrow('several'), '--sandbox', 'off', '-v', '--stats'];
  const { stderr } = dfx([...shownText, '--transport', 'pipelined']);
  assert.match(stderr, /^ {2}sent {3}pipelined: asked for with --transport$/m);
  assert.match(stderr, /^transport pipelined: asked for with --transport$/m);
});

test('what needs every row on one worker reads the file there, and says so', () => {
  const ranked = bin('ranked');
  const { status, stdout, stderr } = dfx(['run', ranked, '-i', arrow('several'), '--transport', 'sync', '--json']);
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout).stats.transport, {
    name: 'split',
    reason: 'one worker reads the whole input by itself',
  });
});

test('an aggregate is the same in each transport, on one worker and on several', () => {
  const values = expected('several', 'plain').columns[0] ?? [];
  const total = values.reduce((sum: number, value) => sum + (value === 'null' ? 0 : Number(half(value))), 0);
  for (const transport of TRANSPORTS) {
    for (const workers of ['1', '2', '4']) {
      const args = ['-i', arrow('several'), '--transport', transport, '--workers', workers, '--sandbox', 'off'];
      const { status, stdout, stderr } = dfx(['run', bin('my_sum'), ...args, '--json']);
      assert.equal(status, 0, stderr);
      const document = JSON.parse(stdout);
      assert.equal(document.results[0].value, total, `${transport}, ${workers} workers`);
    }
  }
});

test('--times gives the times of each batch, and the batches of a pipeline overlap', () => {
  const args = ['-i', arrow('several'), '--batch-size', '5000', '--workers', '1', '--sandbox', 'off', '--json'];
  const timesOf = (transport: string): readonly Record<'sent' | 'started' | 'finished' | 'received', number>[] => {
    const { status, stdout, stderr } = dfx(['run', bin('slow'), ...args, '--times', '--transport', transport]);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout).stats.times;
  };
  for (const transport of ['sync', 'pipelined']) {
    const times = timesOf(transport);
    assert.equal(times.length, 14);
    for (const { sent, started, finished, received } of times) {
      assert.ok(0 < sent && sent <= started && started <= finished && finished <= received);
    }
    const ahead = times.filter(({ sent }, at) => at > 0 && sent < (times[at - 1]?.finished ?? 0)).length;
    if (transport === 'sync') assert.equal(ahead, 0);
    else assert.ok(ahead > 7, `${ahead} of ${times.length} batches were sent ahead`);
  }
  const { status, stderr } = dfx(['run', bin('light'), '-i', arrow('several'), '--times']);
  assert.equal(status, 2);
  assert.equal(stderr, 'dfx: found --times without --json; the times of batches are members of its document\n');
});

test('a queue of no places is refused, and so is a transport without an input', () => {
  const refused = (args: readonly string[]): string => {
    const { status, stderr } = dfx(['run', bin('plain'), ...args]);
    assert.equal(status, 2);
    return stderr;
  };
  const zero = refused(['-i', arrow('several'), '--transport', 'pipelined', '--queue-depth', '0']);
  assert.equal(zero, 'dfx: found "0" for --queue-depth, expected a whole number, 1 to 1024\n');
  const alone = refused(['--transport', 'sync']);
  assert.equal(alone, 'dfx: found --transport without --input; name the file that is sent to workers with --input\n');
});

test('an input that breaks off in the middle keeps nobody waiting, and is told in each transport', () => {
  const rows = (count: number): string => Array.from({ length: count }, (_, at) => `{"b":${at},"text":"x"}\n`).join('');
  writeFileSync(file('bad.ndjson'), `${rows(30_000)}{"b":oops}\n${rows(20_000)}`);
  for (const transport of TRANSPORTS) {
    const { status, stderr } = dfx(['run', bin('plain'), '-i', file('bad.ndjson'), '--transport', transport]);
    assert.match(stderr, /^dfx: .*bad\.ndjson: row 30001 \(line 30001\): found "o", expected a value\n$/);
    assert.equal(status, 3, transport);
  }
  const whole = readFileSync(file('several.arrows'));
  for (const transport of ['sync', 'pipelined']) {
    const { status, stderr } = dfx(['run', bin('plain'), '-i', '-', '--transport', transport], {
      input: whole.subarray(0, whole.length - 200_000),
    });
    assert.equal(
      stderr,
      'dfx: stdin: no readable Arrow IPC file or stream: the stream ends inside a message\n',
      transport,
    );
    assert.equal(status, 3);
  }
});

test('a reader that goes away, and Ctrl-C, end a run in each transport without a word and without a process', async () => {
  for (const transport of TRANSPORTS) {
    for (const how of ['reader', 'signal'] as const) {
      rmSync(file('began'), { force: true });
      const args = ['run', bin('slow'), '-i', arrow('several'), '--transport', transport, '--batch-size', '1000'];
      const child = startDfx([...args, '--format', 'csv', '--sandbox', 'off', '--workers', '2']);
      let errors = '';
      child.stderr?.on('data', (chunk) => {
        errors += String(chunk);
      });
      const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
      if (how === 'reader') await new Promise((resolve) => child.stdout?.once('data', resolve));
      else while (!existsSync(file('began'))) await new Promise((resolve) => setTimeout(resolve, 20));
      const pids = descendants(child.pid ?? 0);
      if (how === 'reader') child.stdout?.destroy();
      else child.kill('SIGINT');
      assert.equal(await ended, how === 'reader' ? 0 : 130, `${transport}, ${how}: ${errors}`);
      assert.equal(errors, '');
      assert.deepEqual(await leftAfter(pids, 3000), []);
    }
  }
});
