import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type ColumnBatch,
  type InputTable,
  openInput,
  readArrow,
  type Split,
  WHOLE,
  writeArrow,
} from '../../src/io/index.ts';
import { DfxError } from '../../src/wire/errors.ts';
import { columnValues, type Shown } from './column-values.ts';

const PYTHON = process.env['DFX_PYTHON'] ?? fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const ORACLE = fileURLToPath(new URL('./arrow_oracle.py', import.meta.url));

interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly columns: readonly (readonly [string, readonly Shown[]])[];
}

function oracle(mode: 'make' | 'check', input = ''): unknown {
  assert.ok(existsSync(PYTHON), `no Python with pyarrow at ${PYTHON}: set DFX_PYTHON or make .venv`);
  const run = spawnSync(PYTHON, [ORACLE, mode], { encoding: 'utf8', input, maxBuffer: 2 ** 28 });
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout);
}

const made = (oracle('make') as { name: string; bytes: string; columns: Case['columns'] }[]).map(
  (each): Case => ({ ...each, bytes: Buffer.from(each.bytes, 'base64') }),
);
const cases = made.filter(({ name }) => name !== 'refused');
const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(folder, { recursive: true }));

async function valuesOf(table: InputTable, splits: readonly Split[], indices?: readonly number[]) {
  const chosen = indices ?? table.schema.fields.map((_, i) => i);
  const columns = chosen.map((index): [string, Shown[]] => [table.schema.fields[index]?.name ?? '', []]);
  for (const split of splits) {
    const reader = table.read(chosen, split);
    let rows = 0;
    for await (const batch of reader.batches) {
      assert.ok(batch.length <= 8192);
      rows += batch.length;
      batch.columns.forEach((column, i) => {
        assert.equal(column.length, batch.length);
        for (const value of columnValues(column)) columns[i]?.[1].push(value);
      });
    }
    assert.equal(reader.report().rows, rows);
  }
  return columns;
}

function shape(values: readonly (readonly [string, readonly Shown[]])[]): unknown {
  return values.map(([name, rows]) => [name, rows]);
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

for (const { name, bytes, columns } of cases) {
  test(`${name}: in memory, from a path, in chunks and by splits the values are pyarrow's`, async () => {
    const wanted = shape(columns);
    const path = join(folder, 'input');
    writeFileSync(path, bytes);
    const odd = new Uint8Array(bytes.length + 1).subarray(1);
    odd.set(bytes);
    const onDisk = await openInput(path, { format: 'arrow' });
    assert.deepEqual(shape(await valuesOf(onDisk, [WHOLE])), wanted);
    assert.deepEqual(shape(await valuesOf(onDisk, onDisk.splits())), wanted);
    for (const source of [bytes, odd, pieces(bytes, 1000), pieces(bytes, 1 << 20)]) {
      const table = await openInput(source, { format: 'arrow' });
      assert.deepEqual(table.schema, onDisk.schema);
      assert.deepEqual(shape(await valuesOf(table, table.splits())), wanted);
    }
    for (const [index, column] of columns.entries()) {
      assert.deepEqual(shape(await valuesOf(onDisk, [WHOLE], [index])), shape([column]));
    }
  });
}

test('ranges of rows cut at any place give the rows of the whole', async () => {
  for (const { name, bytes, columns } of cases) {
    if (!/long, None|several long|dictionaries|slices/.test(name)) continue;
    const table = await openInput(bytes, { format: 'arrow' });
    const rows = columns[0]?.[1].length ?? 0;
    const splits: Split[] = [];
    for (const split of table.splits()) {
      if (split.kind !== 'rows') continue;
      for (const { batch, start, end } of split.parts) {
        for (let from = start; from < end; from += 777) {
          splits.push({ kind: 'rows', parts: [{ batch, start: from, end: Math.min(from + 777, end) }] });
        }
      }
    }
    assert.ok(splits.length > 0 || rows === 0, name);
    assert.deepEqual(shape(await valuesOf(table, splits)), shape(columns), name);
  }
});

test('what is written, as a file and as a stream, is for pyarrow what it was', async () => {
  const written: { name: string; bytes: string }[] = [];
  for (const { name, bytes } of cases) {
    const table = await openInput(bytes, { format: 'arrow' });
    const batches: ColumnBatch[] = [];
    const all = table.schema.fields.map((_, i) => i);
    for await (const batch of table.read(all, WHOLE).batches) batches.push(batch);
    for (const form of ['file', 'stream'] as const) {
      written.push({ name, bytes: Buffer.from(writeArrow(table.schema, batches, form)).toString('base64') });
    }
  }
  assert.deepEqual(oracle('check', JSON.stringify(written)), []);
});

test('a result in memory is read at once', () => {
  const found = cases.find(({ name }) => name === 'slices, stream');
  assert.ok(found !== undefined);
  const { schema, batches } = readArrow(found.bytes);
  const columns = schema.fields.map(({ name }): [string, Shown[]] => [name, []]);
  for (const batch of batches()) {
    batch.columns.forEach((column, i) => {
      columns[i]?.[1].push(...columnValues(column));
    });
  }
  assert.deepEqual(shape(columns), shape(found.columns));
});

test('a run-end encoded column is refused by its name, and the others are read', async () => {
  const bytes = made.find(({ name }) => name === 'refused')?.bytes;
  assert.ok(bytes !== undefined);
  const table = await openInput(bytes);
  assert.throws(
    () => table.read([0, 1], WHOLE),
    (error) =>
      error instanceof DfxError &&
      error.code === 'UNSUPPORTED' &&
      error.message ===
        'column "runs" has the type RunEndEncoded("run_ends": non-null Int32, "values": Utf8), which the embedded reader can\'t read' &&
      error.hint === 'use --engine datafusion',
  );
  assert.deepEqual(await valuesOf(table, [WHOLE], [0]), [['fine', ['1', '2', '3']]]);
});
