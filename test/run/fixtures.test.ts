/** Every payload that the reference engine accepts and can evaluate gives its values through a worker. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openInput } from '../../src/io/index.ts';
import { chooseEngine } from '../../src/run/plan/engine.ts';
import { loadPayloads, type Payload } from '../../src/run/plan/load.ts';
import { pythonCommand } from '../../src/run/python/command.ts';
import { trustedPython } from '../../src/run/sandbox/index.ts';
import { Worker, type WorkerCommand } from '../../src/run/spawn/worker.ts';
import { WorkerFailure } from '../../src/run/transport/split-task.ts';
import { nodeCommand } from '../../src/run/worker/command.ts';
import { python, root } from './cli.ts';
import { jobOf, runJob } from './one-job.ts';

const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const CATEGORIES = new Set(['exprs', 'functions', 'casts', 'literals', 'aggregates', 'windows', 'udfs']);

/** Payloads whose value is another each time, in the engine too. */
const VOLATILE = new Set([
  '55/exprs/planned-select-i-from-values-1-a-2-b-as-v-i-l-union-all-select-3.bin',
  ...['rand', 'random', 'uuid', 'now', 'current-time', 'current-timestamp', 'current-date', 'today'].flatMap((name) => [
    `55/functions/${name}.bin`,
    `55/functions/py-${name}.bin`,
  ]),
]);

interface Entry {
  readonly path: string;
  readonly container: string;
  readonly engine: string;
  readonly python: string;
  readonly category: string;
  readonly receiver?: { readonly accepts?: boolean };
}

function oracle(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(python, [join(root, 'test/run/fixture_oracle.py'), ...args], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** What the receiver accepts, of this engine and of the Python at hand. */
function accepted(): readonly Entry[] {
  const minor = spawnSync(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8' });
  const manifest: readonly Entry[] = JSON.parse(readFileSync(join(root, 'fixtures/manifest.json'), 'utf8'));
  return manifest.filter(
    ({ container, engine, category, receiver, path, python: stamp }) =>
      container === 'expr' &&
      engine === 'python:55.0.0' &&
      receiver?.accepts === true &&
      CATEGORIES.has(category) &&
      !VOLATILE.has(path) &&
      (category !== 'udfs' || stamp === minor.stdout.trim()),
  );
}

interface Replayed {
  readonly results: readonly object[];
  /** How often each code stopped a job. A payload may be one that no table evaluates. */
  readonly failures: ReadonlyMap<string, number>;
}

async function replay(entries: readonly Entry[], input: string, command: WorkerCommand): Promise<Replayed> {
  const worker = Worker.start(command, () => undefined);
  const results: object[] = [];
  const failures = new Map<string, number>();
  for (const [job, { path, category }] of entries.entries()) {
    const { hash, bytes, shape, windows, relation, reads } = load(path);
    worker.send({ type: 'payload', hash }, [bytes]);
    try {
      const { stream } = await runJob(
        worker,
        jobOf({
          job,
          mode: shape,
          columns: [{ payload: hash, name: 'out', relation }],
          input: { path: input, format: 'arrow' },
          inlineCode: category === 'udfs',
          windows,
          reads: reads ?? [],
        }),
      );
      results.push({ path, relation, shape, windows, stream: stream.toString('base64') });
    } catch (error) {
      // A worker that dies is another matter and fails the test.
      if (!(error instanceof WorkerFailure)) throw error;
      failures.set(error.failed.code, (failures.get(error.failed.code) ?? 0) + 1);
    }
  }
  await worker.stop();
  return { results, failures };
}

function load(path: string): Payload {
  const [payload] = loadPayloads('out', path, readFileSync(join(root, 'fixtures', path)), { as: 'expr' });
  assert.ok(payload !== undefined);
  return payload;
}

test('a worker gives what the receiver would compute, for every fixture that it evaluates', async () => {
  const input = join(folder, 'input.arrow');
  oracle(['input', input]);
  const { results, failures } = await replay(accepted(), input, trustedPython(pythonCommand(python)));
  assert.deepEqual(JSON.parse(oracle(['compare', input], JSON.stringify(results))), []);
  assert.ok(results.length > 1000, `only ${results.length} payloads gave a value`);
  for (const code of failures.keys()) {
    assert.ok(['COLUMN_MISSING', 'EXECUTION', 'UDF_RAISED', 'UNSUPPORTED'].includes(code), code);
  }
});

test('so does the embedded engine, values and types, for every fixture that it takes', async () => {
  const input = join(folder, 'embedded.arrow');
  oracle(['input', input]);
  const table = await openInput(input, { format: 'arrow' });
  const entries: Entry[] = [];
  for (const entry of accepted()) {
    const { engine } = await chooseEngine(load(entry.path), 'auto', { ok: true, table }, 0n);
    if (engine === 'embedded') entries.push(entry);
  }
  const { results, failures } = await replay(entries, input, nodeCommand());
  assert.deepEqual(JSON.parse(oracle(['compare', input], JSON.stringify(results))), []);
  assert.ok(results.length > 400, `only ${results.length} payloads gave a value`);
  // casts of texts that are no numbers
  for (const code of failures.keys()) assert.equal(code, 'EXECUTION');
});
