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
import { ArrowStreamReader, BatchEncoder, type ColumnBatch } from '../../src/io/index.ts';
import { OutputFile } from '../../src/run/merge/output-file.ts';
import { zipRows } from '../../src/run/merge/zip.ts';
import type { JobGroup } from '../../src/run/plan/groups.ts';
import type { RowsPart, RowsStream } from '../../src/run/run.ts';

/** A source whose batches have the given sizes; its values count up from `from`. */
function source(name: string, from: number, sizes: readonly number[]): RowsStream {
  const schema = { fields: [{ name, type: { kind: 'Int32' }, nullable: true, metadata: [] }], metadata: [] } as const;
  async function* parts(): AsyncGenerator<RowsPart, void, void> {
    const encoder = new BatchEncoder(schema);
    let next = from;
    for (const length of sizes) {
      const values = Int32Array.from({ length }, () => next++);
      const column = { layout: 'numeric', type: { kind: 'Int32' }, length, validity: null, values } as const;
      const [message] = encoder.encode({ length, columns: [column] });
      if (message !== undefined) yield { rows: length, chunks: message.pieces, messages: [], kept: null };
    }
  }
  return { schema, parts: parts() };
}

/** Of a group, only its labels matter here. */
function groupNamed(label: string): JobGroup {
  return { entries: [{ payload: { label } }] } as unknown as JobGroup;
}

async function rowsOf(
  sources: readonly RowsStream[],
  names: readonly string[],
): Promise<readonly (readonly number[])[]> {
  const { schema, parts } = zipRows(sources, names.map(groupNamed));
  const reader = new ArrowStreamReader();
  for (const piece of new BatchEncoder(schema).schemaMessage().pieces) reader.push(piece);
  const rows: number[][] = [];
  for await (const { chunks, rows: length, messages } of parts) {
    assert.deepEqual(
      messages.map(({ metadata, body }) => metadata + body),
      [chunks.reduce((sum, chunk) => sum + chunk.length, 0)],
    );
    for (const chunk of chunks) reader.push(chunk);
    const batch: ColumnBatch | null = reader.next();
    assert.equal(batch?.length, length);
    for (let row = 0; row < length; row++) {
      rows.push(
        (batch?.columns ?? []).map((column) => (column.layout === 'numeric' ? Number(column.values[row]) : Number.NaN)),
      );
    }
  }
  return rows;
}

test('columns stand side by side whatever the batches', async () => {
  const expected = Array.from({ length: 7 }, (_, row) => [row, 100 + row, 200 + row]);
  const names = ['a', 'b', 'c'];
  assert.deepEqual(
    await rowsOf([source('a', 0, [7]), source('b', 100, [3, 0, 4]), source('c', 200, [1, 1, 5])], names),
    expected,
  );
  assert.deepEqual(await rowsOf([source('a', 0, []), source('b', 0, [0])], names), []);
});

test('columns of different lengths are no table', async () => {
  await assert.rejects(rowsOf([source('a', 0, [3]), source('b', 0, [2, 2])], ['a', 'b']), {
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
