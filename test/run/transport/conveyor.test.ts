/** The order of results, the bound on what is ahead, and workers that die, with a worker that does what it is told. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Recorder } from '../../../src/run/report.ts';
import { WorkerPool } from '../../../src/run/spawn/pool.ts';
import {
  Conveyor,
  type ConveyorOptions,
  isHelpWorthwhile,
  type SplitUnit,
} from '../../../src/run/transport/conveyor.ts';
import { WorkerFailure } from '../../../src/run/transport/split-task.ts';
import { flowOf, hasRoom } from '../../../src/run/transport/transport.ts';
import { DfxError } from '../../../src/wire/errors.ts';
import { isAlive, leftAfter, root } from '../cli.ts';
import { jobOf } from '../one-job.ts';

const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

interface Run {
  readonly lines: readonly string[];
  readonly error: unknown;
  /** Which jobs workers began and ended, in that order. */
  readonly log: readonly string[];
  readonly recorder: Recorder;
  readonly pids: readonly number[];
}

async function run(
  env: NodeJS.ProcessEnv,
  options: Partial<ConveyorOptions> = {},
  count = 8,
  consume: () => Promise<void> = async () => undefined,
): Promise<Run> {
  const log = join(folder, `log-${made++}`);
  writeFileSync(log, '');
  const transport = { name: 'split', reason: '' } as const;
  const counts = { totalBytes: null, startSeconds: 0, planSeconds: 0 };
  const facts = { payloads: [], splitting: '', transport, explanation: [], ...counts };
  const recorder = new Recorder(facts, undefined);
  const pool = new WorkerPool({ onStderrLine: () => undefined });
  const pids = new Set<number>();
  const conveyor = new Conveyor({
    pool,
    recorder,
    signal: new AbortController().signal,
    template: {
      command: {
        title: 'the fake worker',
        language: env['LANGUAGE'] ?? 'JavaScript',
        file: process.execPath,
        args: [join(root, 'test/run/fake-worker.cjs')],
        env: { ...env, LOG: log },
        expendable: true,
      },
      labels: [],
      payloads: [],
      schema: new Uint8Array(0),
      job: jobOf({ job: 0, mode: 'rows', columns: [], inlineCode: env['CODE'] === '1' }),
    },
    units: Array.from({ length: count }, (_, at) => ({
      split: { kind: 'bytes', start: at * 10, end: at * 10 + 10, aligned: true } as const,
      body: [],
    })),
    ahead: null,
    cancel: () => undefined,
    linesBefore: () => 0,
    isInput: true,
    counts: true,
    workers: 2,
    flow: flowOf('split', 2, 2),
    retries: 2,
    limit: null,
    target: null,
    patience: null,
    count: null,
    ...options,
  });
  const lines: string[] = [];
  let error: unknown = null;
  let at = 0;
  try {
    for await (const delivery of conveyor.deliveries()) {
      if (delivery.kind === 'part') {
        lines.push(Buffer.concat(delivery.chunks).toString().trim());
        delivery.kept?.place(at);
        at += delivery.kept?.bytes ?? 0;
      }
      if (delivery.kind !== 'end') continue;
      pids.add(delivery.worker.worker.pid);
      await consume();
    }
  } catch (thrown) {
    error = thrown;
  }
  await pool.close();
  return { lines, error, log: readFileSync(log, 'utf8').trim().split('\n'), recorder, pids: [...pids] };
}

const ALL = ['0', '10', '20', '30', '40', '50', '60', '70'];

test('results come in the order of the splits, and no process is left', async () => {
  const { lines, error, recorder, pids } = await run({});
  assert.equal(error, null);
  assert.deepEqual(lines, ALL);
  assert.equal(pids.length, 2);
  assert.deepEqual(pids.filter(isAlive), []);
  const { rowsIn, splits, batches, retries } = recorder.report();
  assert.deepEqual({ rowsIn, splits, batches, retries }, { rowsIn: 8, splits: 8, batches: 8, retries: 0 });
});

test('what is to come is told to the first worker before anything of it is read, and a death over that counts', async () => {
  for (const { dies, retries, result, lost } of [
    { dies: '', retries: 0, result: ['0'], lost: 0 },
    { dies: 'plan', retries: 1, result: ['0'], lost: 1 },
    { dies: 'plan', retries: 0, result: [], lost: 1 },
  ]) {
    const log = join(folder, `log-${made}`);
    const units = async function* (): AsyncGenerator<SplitUnit> {
      while (!readFileSync(log, 'utf8').includes('plan')) await new Promise((resolve) => setTimeout(resolve, 5));
      // until the death has been heard of
      if (dies !== '') await new Promise((resolve) => setTimeout(resolve, 300));
      yield { split: { kind: 'bytes', start: 0, end: 10, aligned: true }, body: [] };
    };
    const options = { ahead: new Uint8Array(8), units: units(), workers: 1, retries };
    const { lines, error, recorder, pids } = await run({ DIES_AT: dies, MARK: join(folder, `mark-${made}`) }, options);
    assert.deepEqual(lines, result);
    assert.equal(error instanceof DfxError ? error.code : error, result.length === 0 ? 'WORKER_DIED' : null);
    const report = recorder.report();
    assert.deepEqual(
      [report.workers.filter(({ died }) => died !== null).length, report.retries],
      [lost, lost * retries],
    );
    assert.deepEqual(pids.filter(isAlive), []);
  }
});

test('no split is begun that is further ahead of the first than there are workers and places', async () => {
  const { lines, log } = await run({ SLOW: '0' }, {}, 20);
  assert.equal(lines.length, 20);
  const begun = log.slice(0, log.indexOf('end 0')).filter((line) => line.startsWith('start'));
  assert.ok(begun.length <= 5, begun.join());
  assert.ok(begun.length >= 3, begun.join());
});

test('no more of the input is read than the transport has room for, however slow the consumer', async () => {
  for (const [name, depth, workers] of [
    ['split', 2, 2],
    ['sync', 2, 2],
    ['pipelined', 1, 1],
    ['pipelined', 4, 2],
  ] as const) {
    const flow = flowOf(name, workers, depth);
    const count = { read: 0, taken: 0, most: 0 };
    const units = function* (): Generator<SplitUnit> {
      for (let at = 0; at < 60; at++) {
        count.read++;
        count.most = Math.max(count.most, count.read - count.taken);
        yield { split: { kind: 'bytes', start: at * 10, end: at * 10 + 10, aligned: true }, body: [] };
      }
    };
    const { lines } = await run({}, { units: units(), flow, workers }, 0, () => {
      count.taken++;
      return new Promise((resolve) => setTimeout(resolve, 3));
    });
    assert.equal(lines.length, 60);
    // They have no bytes of their own. The one whose result is with the consumer has left the window already.
    const room = flow.room.messages + flow.room.small;
    assert.ok(count.most <= room + 1, `${name}: ${count.most} of ${room}`);
    assert.ok(count.most >= room, `${name}: ${count.most} of ${room}`);
  }
});

test('what is on its way besides the queue is bounded by its bytes', () => {
  const { outstanding, room } = flowOf('pipelined', 1, 2);
  const of = (count: number, bytes: number) => Array.from({ length: count }, () => ({ bytes }));
  const mib = 1024 * 1024;
  assert.ok(hasRoom(outstanding, of(2, 100 * mib), 100 * mib));
  assert.ok(!hasRoom(outstanding, of(3, mib), 2 * mib));
  assert.ok(hasRoom(outstanding, of(3, mib), mib));
  assert.ok(hasRoom(outstanding, of(5, 10), 10));
  assert.ok(!hasRoom(outstanding, of(6, 10), 10));
  assert.ok(hasRoom(room, of(2, 100 * mib)));
  assert.ok(!hasRoom(room, of(3, 2 * mib)));
  assert.ok(hasRoom(room, of(5, 10)));
  // several workers do without
  assert.ok(hasRoom(flowOf('pipelined', 2, 2).room, of(5, 100 * mib)));
  assert.ok(!hasRoom(flowOf('pipelined', 2, 2).room, of(6, 10)));
  assert.ok(!hasRoom(flowOf('pipelined', 2, 2).outstanding, of(3, 10)));
  assert.ok(!hasRoom(flowOf('sync', 1, 8).outstanding, of(1, 10)));
});

test('a dead worker’s splits run again on a fresh one', async () => {
  const { lines, error, recorder } = await run({ DIES_AT: '30', MARK: join(folder, `mark-${made}`) });
  assert.equal(error, null);
  assert.deepEqual(lines, ALL);
  const { retries, workers } = recorder.report();
  assert.equal(retries, 1);
  assert.deepEqual(
    workers.filter(({ died }) => died !== null).map(({ died }) => died?.replace(/\d+ left/, 'N left')),
    ['the fake worker N left with exit code 9 in the middle of its work: no more'],
  );
});

test('a split that ends every worker ends the run, after those before it', async () => {
  const { lines, error, recorder } = await run({ DIES_AT: '30' });
  assert.deepEqual(lines, ['0', '10', '20']);
  assert.ok(error instanceof Error);
  assert.match(
    error.message,
    /^the fake worker \d+ left with exit code 9 in the middle of its work: no more \(the last of 3 workers that the same rows ended\)$/,
  );
  assert.equal(recorder.report().retries, 2);
  const once = await run({ DIES_AT: '0' }, { retries: 0 });
  assert.match(String(once.error), /in the middle of its work: no more$/);
});

test('a frame out of turn ends its worker where code of a payload may have written it, and is a defect elsewhere', async () => {
  const read = { rows: 0, bytes: 0, start: 0, end: 0, lines: 0 };
  const done = { type: 'done', rows: 0, batches: 0, read, seconds: { open: 0, evaluate: 0 } };
  const hello = { type: 'hello', protocol: 3, pid: 1, language: { name: '', version: '' } };
  const failed = { type: 'failed', message: 'm' };
  for (const [said, told] of [
    [[done], 'found a done frame before its schema'],
    [[{ ...done, job: 999 }], 'found a done frame of job 999, expected one of job 0'],
    [[{ type: 'written' }], 'found a written frame of job 0, which has nothing to write'],
    [[{ type: 'schema' }, { type: 'schema' }], 'found a second schema frame'],
    [[{ type: 'result', rows: 0, messages: [] }], 'found a result frame before its schema'],
    [[{ type: 'schema' }, { ...done, rows: 7 }], 'found a done frame of 7 rows behind 0'],
    [
      [{ type: 'schema' }, { type: 'result', rows: 1, messages: [], kept: 9 }],
      'found a result frame that keeps what is to be sent',
    ],
    [[{ ...hello, engine: hello.language }], 'found a second hello frame'],
    [[{ type: 'unready', code: 'ENVIRONMENT', message: 'm' }], 'found an unready frame'],
    [[{ ...failed, code: 'TIMEOUT' }], 'found a failure with the code "TIMEOUT"'],
    [[{ ...failed, code: '__proto__' }], 'found a failure with the code "__proto__"'],
  ] as const) {
    const SAYS = JSON.stringify(said);
    const alone = await run({ SAYS }, { workers: 1 }, 1);
    assert.ok(alone.error instanceof DfxError);
    assert.deepEqual([alone.error.code, alone.error.message], ['DEFECT', told]);
    const withCode = await run({ SAYS, CODE: '1' }, { workers: 1, retries: 0 }, 1);
    assert.ok(withCode.error instanceof DfxError);
    assert.equal(withCode.error.code, 'WORKER_DIED');
    assert.equal(
      withCode.error.message.replace(/worker \d+/, 'worker N'),
      `the fake worker N wrote no frames to its channel: ${told}`,
    );
    assert.equal(
      withCode.error.hint,
      'a UDF that writes to descriptors which it did not open, or that forks, can do that',
    );
  }
});

test('a schema that is none ends its worker', async () => {
  const missing = { type: 'failed', code: 'COLUMN_MISSING', message: 'm', missing: ['a'], garbage: true };
  for (const said of [{ type: 'schema', garbage: true }, missing]) {
    const { error } = await run({ SAYS: JSON.stringify([said]), CODE: '1' }, { workers: 1, retries: 0 }, 1);
    assert.ok(error instanceof DfxError);
    assert.equal(error.code, 'WORKER_DIED');
    assert.match(error.message, /^the fake worker \d+ wrote no frames to its channel: /);
  }
});

test('a defect is a worker’s own where no code of a payload runs beside it', async () => {
  const SAYS = JSON.stringify([{ type: 'failed', code: 'DEFECT', message: 'm' }]);
  const codes: string[] = [];
  for (const env of [{ CODE: '1', LANGUAGE: 'Python' }, { CODE: '0', LANGUAGE: 'Python' }, { CODE: '1' }]) {
    const { error } = await run({ SAYS, ...env }, { workers: 1, retries: 0 }, 1);
    if (error instanceof DfxError) codes.push(error.code);
    if (error instanceof WorkerFailure) codes.push(error.failed.code);
  }
  assert.deepEqual(codes, ['WORKER_DIED', 'DEFECT', 'DEFECT']);
});

test('a worker that dies over rows that came with its job names them, once those before are counted', async () => {
  const split = (start: number) => ({ kind: 'bytes', start, end: start + 10, aligned: true }) as const;
  const body = [new Uint8Array(1)];
  const told: string[] = [];
  for (const before of [undefined, { rows: 700, lines: 0 }]) {
    const units = [0, 10, 20].map((start) => ({
      split: split(start),
      body,
      ...(start === 20 && before !== undefined ? { before } : {}),
    }));
    const { error } = await run({ DIES_AT: '20' }, { units, retries: 0 });
    assert.ok(error instanceof DfxError);
    told.push(error.message.replace(/worker \d+/, 'worker N'));
  }
  assert.deepEqual(told, [
    'the fake worker N left with exit code 9 in the middle of its work: no more, over rows of the input from row 3 on',
    'the fake worker N left with exit code 9 in the middle of its work, over rows of the input from row 701 on: no more',
  ]);
});

test('of several failures the first in the input is told', async () => {
  for (const slow of ['20', '50']) {
    const { lines, error } = await run({ FAILS: '20,50', SLOW: slow });
    assert.deepEqual(lines, ['0', '10']);
    assert.equal(String(error), 'WorkerFailure: split 20 fails');
  }
});

test('a limit ends the run where it is reached', async () => {
  const { lines, error, log } = await run({}, { limit: 3 }, 1000);
  assert.equal(error, null);
  assert.deepEqual(lines, ['0', '10', '20']);
  assert.ok(log.filter((line) => line.startsWith('start')).length <= 10);
});

test('what ends the run ends the workers at once', async () => {
  const ending = new AbortController();
  const units = async function* () {
    yield { split: { kind: 'bytes', start: 0, end: 10, aligned: true } as const, body: [] };
    await new Promise((resolve) => setTimeout(resolve, 150));
    ending.abort(new Error('enough'));
    yield { split: { kind: 'bytes', start: 10, end: 20, aligned: true } as const, body: [] };
  };
  const started = performance.now();
  const { error, pids } = await run({ SLOW: '0' }, { signal: ending.signal, units: units() });
  assert.equal(String(error), 'Error: enough');
  assert.ok(performance.now() - started < 5000);
  assert.deepEqual(await leftAfter(pids, 1000), []);
});

/** What workers wrote to the file by themselves. */
async function runToFile(
  env: NodeJS.ProcessEnv,
  options: Partial<ConveyorOptions> = {},
): Promise<Run & { readonly written: readonly string[] }> {
  const path = join(folder, `target-${made}`);
  writeFileSync(path, '');
  const result = await run(env, { target: { path, name: 'out.csv' }, ...options });
  return { ...result, written: readFileSync(path, 'utf8').trim().split('\n') };
}

test('workers write what they keep where the splits before it end', async () => {
  for (const slow of ['', '0', '30']) {
    const { written, lines, error, recorder } = await runToFile({ SLOW: slow });
    assert.equal(error, null);
    assert.deepEqual(written, ALL);
    assert.deepEqual(new Set(lines), new Set(['']));
    assert.equal(recorder.report().retries, 0);
  }
});

test('what a worker kept and had not written when it died runs again, for the same place', async () => {
  for (const dies of ['0', '30', '70']) {
    const { written, error, recorder, pids } = await runToFile({
      DIES_WRITING: dies,
      MARK: join(folder, `mark-${made}`),
    });
    assert.equal(error, null);
    assert.deepEqual(written, ALL);
    assert.ok(recorder.report().retries >= 1);
    assert.deepEqual(await leftAfter(pids, 1000), []);
  }
});

test('a split whose bytes end every worker that writes them ends the run', async () => {
  const { error } = await runToFile({ DIES_WRITING: '30' });
  assert.match(String(error), /no more \(the last of 3 workers that the same rows ended\)$/);
});

test('a worker that cannot write ends the run, naming the file', async () => {
  const { error } = await runToFile({ CANT_WRITE: '30' });
  assert.ok(error instanceof DfxError);
  const { code, message, file } = error;
  assert.deepEqual(
    { code, message, file },
    { code: 'FILE_UNWRITABLE', message: "the output can't be written: the disk is full", file: 'out.csv' },
  );
});

test('a worker that will be done before another could begin gets no help', () => {
  // Half of the splits in 120 ms: 120 ms are left.
  assert.equal(isHelpWorthwhile(120, 20, 40), false);
  assert.equal(isHelpWorthwhile(120, 10, 40), true);
  assert.equal(isHelpWorthwhile(120, 40, 40), false);
  // Nothing is done yet, or nobody knows how much there is.
  assert.equal(isHelpWorthwhile(120, 0, 40), true);
  assert.equal(isHelpWorthwhile(120, 39, null), true);
});

test('a second worker comes when the first has been busy for long, and not before', async () => {
  const quick = await run({}, { patience: 60_000 });
  assert.deepEqual(quick.lines, ALL);
  assert.equal(quick.pids.length, 1);
  const slow = await run({ SLOW: '0' }, { patience: 50 });
  assert.deepEqual(slow.lines, ALL);
  assert.equal(slow.pids.length, 2);
  // What waits for the first worker alone is nobody's reason to wait for longer than the first worker's life.
  const dies = await run({ DIES_AT: '30', MARK: join(folder, `mark-${made}`) }, { patience: 60_000 });
  assert.equal(dies.error, null);
  assert.deepEqual(dies.lines, ALL);
});
