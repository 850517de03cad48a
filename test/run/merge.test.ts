import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type RecordBatch, tableFromArrays } from 'apache-arrow';
import { OutputFile } from '../../src/run/merge/output-file.ts';
import { type BatchSource, zipBatches } from '../../src/run/merge/zip.ts';

/** A source whose batches have the given sizes; its values count up from `from`. */
function source(labels: string, from: number, sizes: readonly number[]): BatchSource {
  async function* batches(): AsyncGenerator<RecordBatch, void, void> {
    let next = from;
    for (const size of sizes) {
      const column = Int32Array.from({ length: size }, () => next++);
      const [batch] = tableFromArrays({ [labels]: column }).batches;
      if (batch !== undefined) yield batch;
    }
  }
  return { labels, batches: batches() };
}

async function rowsOf(sources: readonly BatchSource[]): Promise<readonly (readonly number[])[]> {
  const rows: number[][] = [];
  for await (const batch of zipBatches(sources)) {
    for (let row = 0; row < batch.numRows; row++) {
      rows.push(batch.schema.fields.map((_, at) => Number(batch.getChildAt(at)?.get(row))));
    }
  }
  return rows;
}

test('columns stand side by side whatever the batches', async () => {
  const expected = Array.from({ length: 7 }, (_, row) => [row, 100 + row, 200 + row]);
  assert.deepEqual(
    await rowsOf([source('a', 0, [7]), source('b', 100, [3, 0, 4]), source('c', 200, [1, 1, 5])]),
    expected,
  );
  assert.deepEqual(await rowsOf([source('a', 0, []), source('b', 0, [0])]), []);
});

test('columns of different lengths are no table', async () => {
  await assert.rejects(rowsOf([source('a', 0, [3]), source('b', 0, [2, 2])]), {
    code: 'EXECUTION',
    message: 'b gives more rows than a',
    hint: 'run them apart: they are no columns of one table',
  });
});

test('an output file appears whole or not at all', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
  try {
    const path = join(folder, 'out.csv');
    const dropped = await OutputFile.create(path);
    await dropped.write('half');
    assert.equal(existsSync(path), false);
    await dropped.discard();
    assert.deepEqual(readdirSync(folder), []);
    const kept = await OutputFile.create(path);
    await kept.write('a\n');
    await kept.write(new TextEncoder().encode('1\n'));
    await kept.commit();
    assert.equal(readFileSync(path, 'utf8'), 'a\n1\n');
    assert.deepEqual(readdirSync(folder), ['out.csv']);
    await assert.rejects(OutputFile.create(join(folder, 'absent', 'out.csv')), { code: 'FILE_UNWRITABLE' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a link stays a link, and the file behind it keeps its mode', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
  try {
    const file = join(folder, 'real.csv');
    const link = join(folder, 'link.csv');
    writeFileSync(file, 'old');
    chmodSync(file, 0o600);
    symlinkSync(file, link);
    const output = await OutputFile.create(link);
    await output.write('new');
    await output.commit();
    assert.equal(readFileSync(file, 'utf8'), 'new');
    assert.equal(lstatSync(link).isSymbolicLink(), true);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder).sort(), ['link.csv', 'real.csv']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a pipe is written to, not replaced', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
  try {
    const pipe = join(folder, 'pipe');
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    const reading = readFile(pipe, 'utf8');
    const output = await OutputFile.create(pipe);
    await output.write('through');
    await output.commit();
    assert.equal(await reading, 'through');
    assert.equal(lstatSync(pipe).isFIFO(), true);
    assert.deepEqual(readdirSync(folder), ['pipe']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
