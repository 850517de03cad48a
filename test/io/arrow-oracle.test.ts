import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ColumnBatch, openInput, WHOLE, writeArrow } from '../../src/io/index.ts';
import { DfxError } from '../../src/wire/errors.ts';
import { shown } from './shown.ts';

const PYTHON = process.env['DFX_PYTHON'] ?? fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));

interface Samples {
  readonly file: string;
  readonly stream: string;
  readonly refused: string;
  readonly columns: readonly (readonly [string, readonly (string | boolean | null)[]])[];
}

function samples(): Samples {
  assert.ok(existsSync(PYTHON), `no Python with pyarrow at ${PYTHON}: set DFX_PYTHON or make .venv`);
  const run = spawnSync(PYTHON, [fileURLToPath(new URL('./arrow_oracle.py', import.meta.url))], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout) as Samples;
}

async function readAll(bytes: Uint8Array): Promise<{ columns: [string, unknown[]][]; batches: ColumnBatch[] }> {
  const table = await openInput(bytes);
  const columns = table.schema.fields.map(({ name }): [string, unknown[]] => [name, []]);
  const batches: ColumnBatch[] = [];
  for await (const batch of table.read(
    columns.map((_, i) => i),
    WHOLE,
  ).batches) {
    batches.push(batch);
    batch.columns.forEach((column, i) => {
      columns[i]?.[1].push(...shown(column));
    });
  }
  return { columns, batches };
}

const made = samples();

for (const form of ['file', 'stream'] as const) {
  test(`an Arrow ${form} of pyarrow has the values that pyarrow sees, before and after writing it`, async () => {
    const bytes = Buffer.from(made[form], 'base64');
    const first = await readAll(bytes);
    assert.deepEqual(first.columns, made.columns);
    const { schema } = await openInput(bytes);
    const again = await readAll(await writeArrow(schema, first.batches, form));
    assert.deepEqual(again.columns, made.columns);
  });
}

test('a column of a type that cannot be read is refused by its name, and the others are read', async () => {
  const bytes = Buffer.from(made.refused, 'base64');
  const table = await openInput(bytes);
  assert.deepEqual(
    table.schema.fields.map(({ name }) => name),
    ['fine', 'day', 'money', 'list'],
  );
  for (const [index, name] of [
    [1, 'day'],
    [2, 'money'],
    [3, 'list'],
  ] as const) {
    assert.throws(
      () => table.read([0, index], WHOLE),
      (error) =>
        error instanceof DfxError &&
        error.code === 'UNSUPPORTED' &&
        error.message.startsWith(`column "${name}" has the type `),
    );
  }
  for await (const batch of table.read([0], WHOLE).batches) assert.deepEqual(batch.columns.map(shown), [['1']]);
});
