/** The workers of a run as processes: how they come, what they hold, how they go. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { after, test } from 'node:test';
import { pythonCommand } from '../../../src/run/python/command.ts';
import type { PooledWorker } from '../../../src/run/spawn/pool.ts';
import { WorkerPool } from '../../../src/run/spawn/pool.ts';
import type { WorkerCommand } from '../../../src/run/spawn/worker.ts';
import type { DfxError } from '../../../src/wire/errors.ts';
import { isAlive, leftAfter, python } from '../cli.ts';

const forked = pythonCommand(python);
const spawned = pythonCommand(python, false);
const lines: string[] = [];
const pools: WorkerPool[] = [];
after(async () => {
  for (const pool of pools) await pool.close();
});

function newPool(slots = 4): WorkerPool {
  const pool = new WorkerPool({ onStderrLine: (_, line) => lines.push(line), slots });
  pools.push(pool);
  return pool;
}

/** Resolves when it is ready, rejects when it is lost. */
function ready({ worker }: PooledWorker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.listen({
      onMessage: (message) => {
        if (message.type === 'hello') resolve();
      },
      onLost: reject,
    });
  });
}

function lost({ worker }: PooledWorker): Promise<DfxError> {
  return new Promise((resolve) => worker.listen({ onMessage: () => undefined, onLost: resolve }));
}

async function take(pool: WorkerPool, count: number, command: WorkerCommand): Promise<readonly PooledWorker[]> {
  const taken = Array.from({ length: count }, () => pool.take(command));
  await Promise.all(taken.map(ready));
  return taken;
}

function parentOf(pid: number): number {
  return Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
}

test('workers are forks of one process, which has one thread and is gone with them', async () => {
  const pool = newPool();
  const workers = await take(pool, 4, forked);
  const pids = workers.map(({ worker }) => worker.pid);
  assert.equal(new Set(pids).size, 4);
  const parents = [...new Set(pids.map(parentOf))];
  assert.equal(parents.length, 1);
  assert.notEqual(parents[0], process.pid);
  assert.equal(readdirSync(`/proc/${parents[0]}/task`).length, 1);
  await pool.close();
  assert.deepEqual([...pids, ...parents].filter(isAlive), []);
});

test('a worker holds its own channel and its stderr, and nothing of its siblings or its parent', async () => {
  const pool = newPool();
  const workers = await take(pool, 3, forked);
  const sockets = workers.map(({ worker }) => {
    const folder = `/proc/${worker.pid}/fd`;
    // 0 is no input. The reader thread's own are none.
    const names = readdirSync(folder).sort();
    assert.deepEqual(names, ['0', '1', '2', '3']);
    assert.equal(readlinkSync(`${folder}/1`), readlinkSync(`${folder}/2`));
    return [readlinkSync(`${folder}/2`), readlinkSync(`${folder}/3`)];
  });
  assert.equal(new Set(sockets.flat()).size, 6);
  await pool.close();
});

test('each worker leads a group of its own', async () => {
  const pool = newPool();
  for (const { worker } of await take(pool, 2, forked)) {
    const [, group, session] =
      /^\d+ \(.*\) \S \d+ (\d+) (\d+)/s.exec(readFileSync(`/proc/${worker.pid}/stat`, 'utf8')) ?? [];
    assert.deepEqual([Number(group), Number(session)], [worker.pid, worker.pid]);
  }
  await pool.close();
});

test('where the slots are used up, another parent is started', async () => {
  const pool = newPool(2);
  const workers = await take(pool, 5, forked);
  assert.equal(new Set(workers.map(({ worker }) => parentOf(worker.pid))).size, 3);
  await pool.close();
});

for (const [how, command] of [
  ['forked', forked],
  ['spawned', spawned],
] as const) {
  test(`a ${how} worker that died while it waited is not given out again`, async () => {
    const pool = newPool();
    const [first] = await take(pool, 1, command);
    assert.ok(first !== undefined);
    pool.give(first);
    assert.equal(pool.take(command), first);
    const gone = lost(first);
    pool.give(first);
    process.kill(first.worker.pid, 'SIGKILL');
    while (!first.worker.isLost) await new Promise((resolve) => setTimeout(resolve, 5));
    const second = pool.take(command);
    assert.notEqual(second, first);
    await ready(second);
    await pool.close();
    // Nobody listened any more.
    assert.equal(await Promise.race([gone, Promise.resolve(null)]), null);
  });

  test(`a ${how} worker that is killed says so to its listener, with the signal`, async () => {
    const pool = newPool();
    const [pooled] = await take(pool, 1, command);
    assert.ok(pooled !== undefined);
    const gone = lost(pooled);
    process.kill(pooled.worker.pid, 'SIGTERM');
    const error = await gone;
    assert.equal(error.code, 'WORKER_DIED');
    assert.equal(
      error.message,
      `the Python worker ${pooled.worker.pid} was ended by SIGTERM in the middle of its work`,
    );
    await pool.close();
  });

  test(`a Python that isn't there, and one without the engine: ${how}`, async () => {
    const pool = newPool();
    const absent = await lost(pool.take({ ...command, file: '/nonexistent/python' }));
    assert.equal(absent.code, 'ENVIRONMENT');
    assert.equal(absent.message, "/nonexistent/python can't be started: spawn /nonexistent/python ENOENT");
    const bare = await lost(pool.take({ ...command, args: ['-S', ...command.args], forkArgs: withoutSite(command) }));
    assert.equal(bare.code, 'ENVIRONMENT');
    assert.match(
      bare.message,
      /^the Python worker \S+ can't start: ModuleNotFoundError: No module named 'cloudpickle'$/,
    );
    await pool.close();
  });

  test(`all at once: ${how} workers that were just asked for go, too`, async () => {
    const pool = newPool(8);
    const taken = Array.from({ length: 8 }, () => pool.take(command));
    pool.killAll();
    await pool.close();
    assert.deepEqual(
      await leftAfter(
        taken.map(({ worker }) => worker.pid).filter((pid) => pid > 0),
        0,
      ),
      [],
    );
  });
}

function withoutSite({ forkArgs }: WorkerCommand): readonly string[] | undefined {
  return forkArgs === undefined ? undefined : ['-S', ...forkArgs];
}
