/** The embedded engine takes most payloads that the reference engine evaluates, and gives its values and types for each of them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ColumnBatch, openInput, WHOLE, writeArrow } from '../../../src/io/index.ts';
import { canEvaluate, compileExpression } from '../../../src/run/embedded/index.ts';
import { loadPayloads, type Payload } from '../../../src/run/plan/load.ts';
import type { Field, Schema } from '../../../src/wire/arrow/types.ts';
import { python, root } from '../cli.ts';

/** Of the payloads that the reference engine evaluates, how many the embedded engine must take. */
const LEAST_TAKEN = 0.85;

const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Payloads without Python UDFs. */
const CATEGORIES = new Set(['exprs', 'functions', 'casts', 'literals', 'aggregates', 'windows']);

/** Payloads whose value is another each time, in the engine too. */
const VOLATILE = new Set([
  '55/exprs/planned-select-i-from-values-1-a-2-b-as-v-i-l-union-all-select-3.bin',
  ...['rand', 'random', 'uuid', 'now', 'current-time', 'current-timestamp'].flatMap((name) => [
    `55/functions/${name}.bin`,
    `55/functions/py-${name}.bin`,
  ]),
]);

interface Entry {
  readonly path: string;
  readonly container: string;
  readonly engine: string;
  readonly category: string;
  readonly receiver?: { readonly accepts?: boolean };
}

interface Case {
  readonly entry: Entry;
  readonly payload: Payload;
}

function oracle(command: 'choose' | 'compare', input: object): string {
  const script = fileURLToPath(new URL('fixture_oracle.py', import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [script, command, folder], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

function cases(): readonly Case[] {
  const manifest: readonly Entry[] = JSON.parse(readFileSync(join(root, 'fixtures/manifest.json'), 'utf8'));
  return manifest.flatMap((entry): Case[] => {
    const { container, engine, category, receiver, path } = entry;
    if (container !== 'expr' || engine !== 'python:55.0.0' || receiver?.accepts !== true) return [];
    if (!CATEGORIES.has(category) || VOLATILE.has(path)) return [];
    const [payload] = loadPayloads('out', path, readFileSync(join(root, 'fixtures', path)), { as: 'expr' });
    assert.ok(payload !== undefined);
    return [{ entry, payload }];
  });
}

/** The names of the fixtures' sample table. */
function sampleColumns(): ReadonlySet<string> {
  const script = 'import json, fixture_oracle; print(json.dumps(fixture_oracle.SAMPLE.names))';
  const { status, stdout, stderr } = spawnSync(python, ['-c', script], {
    cwd: join(root, 'test/run'),
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return new Set(JSON.parse(stdout));
}

async function valuesOf(payload: Payload, table: string): Promise<{ stream: string } | { error: string } | null> {
  const input = await openInput(join(folder, table), { format: 'arrow' });
  const options = { relation: payload.relation };
  if (!canEvaluate(payload.expr, input.schema, options).ok) return null;
  try {
    const evaluator = compileExpression(payload.expr, input.schema, options);
    const field: Field = { name: 'out', type: evaluator.type, nullable: true, metadata: [] };
    const schema: Schema = { fields: [field], metadata: [] };
    const batches: ColumnBatch[] = [];
    for await (const batch of input.read(evaluator.columns, WHOLE).batches) {
      const column = evaluator.next(batch);
      if (column !== null) batches.push({ length: column.length, columns: [column] });
    }
    const last = evaluator.finish();
    if (last !== null) batches.push({ length: last.length, columns: [last] });
    return { stream: Buffer.from(await writeArrow(schema, batches, 'stream')).toString('base64') };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

test('the embedded engine takes most fixtures that the real engine evaluates, and gives its values', async (t) => {
  const sample = sampleColumns();
  const all = cases();
  const asked = all.map(({ entry: { path }, payload: { relation, shape, reads } }) => ({
    path,
    relation,
    shape,
    extra: (reads ?? []).filter((name) => !sample.has(name)),
  }));
  const tables = new Map<string, string | null>(Object.entries(JSON.parse(oracle('choose', asked))));
  const results: object[] = [];
  const counts = new Map<string, { evaluable: number; taken: number }>();
  for (const { entry, payload } of all) {
    const table = tables.get(entry.path) ?? null;
    if (table === null) continue;
    const count = counts.get(entry.category) ?? { evaluable: 0, taken: 0 };
    counts.set(entry.category, count);
    count.evaluable++;
    const values = await valuesOf(payload, table);
    if (values === null) continue;
    count.taken++;
    const { relation, shape, windows } = payload;
    results.push({ path: entry.path, relation, shape, windows, table, ...values });
  }
  let evaluable = 0;
  let taken = 0;
  for (const [category, count] of counts) {
    t.diagnostic(`${category}: takes ${count.taken} of ${count.evaluable}`);
    evaluable += count.evaluable;
    taken += count.taken;
  }
  t.diagnostic(`takes ${taken} of ${evaluable}: ${((100 * taken) / evaluable).toFixed(1)}%`);
  assert.deepEqual(JSON.parse(oracle('compare', results)), []);
  assert.ok(evaluable > 2000, `only ${evaluable} fixtures can be evaluated`);
  assert.ok(taken >= LEAST_TAKEN * evaluable, `takes ${taken} of ${evaluable}`);
});
