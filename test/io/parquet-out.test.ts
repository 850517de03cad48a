import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Column, type ColumnBatch, openInput, WHOLE, writeArrow } from '../../src/io/index.ts';
import { ParquetEncoder } from '../../src/io/out/parquet.ts';
import type { DataType, Schema } from '../../src/wire/arrow/types.ts';
import { DfxError } from '../../src/wire/errors.ts';
import { columnValues, type Shown } from './column-values.ts';

const PYTHON = process.env['DFX_PYTHON'] ?? fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));

function python(script: string, ...args: readonly string[]): unknown {
  assert.ok(existsSync(PYTHON), `no Python with pyarrow, duckdb and polars at ${PYTHON}: set DFX_PYTHON or make .venv`);
  const path = fileURLToPath(new URL(script, import.meta.url));
  const run = spawnSync(PYTHON, [path, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout);
}

const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(folder, { recursive: true }));

function parquet(schema: Schema, batches: readonly ColumnBatch[], groupRows?: number): Uint8Array {
  const encoder = new ParquetEncoder(schema, groupRows);
  return Buffer.concat([...batches.flatMap((batch) => encoder.batch(batch)), ...encoder.end()]);
}

function schemaOf(name: string, type: DataType): Schema {
  return { fields: [{ name, type, nullable: true, metadata: [] }], metadata: [] };
}

test('Arrow and Parquet files of every type open in pyarrow, DuckDB, Polars and the engine with equal values', async () => {
  const made = python('./arrow_oracle.py', 'make') as { name: string; bytes: string }[];
  const refused: string[] = [];
  for (const { name: source, bytes } of made) {
    if (!['everything, None, file', 'dictionaries, sliced, file', 'long, None, file'].includes(source)) continue;
    const table = await openInput(Buffer.from(bytes, 'base64'));
    for (const [i, field] of table.schema.fields.entries()) {
      const batches: ColumnBatch[] = [];
      for await (const batch of table.read([i], WHOLE).batches) batches.push(batch);
      const schema: Schema = { fields: [field], metadata: [] };
      const base = join(folder, field.name);
      writeFileSync(`${base}.arrow`, writeArrow(schema, batches, 'file'));
      writeFileSync(`${base}.stream`, writeArrow(schema, batches, 'stream'));
      try {
        writeFileSync(`${base}.parquet`, parquet(schema, batches, 4000));
      } catch (error) {
        assert.ok(error instanceof DfxError && error.code === 'UNSUPPORTED', String(error));
        refused.push(error.message);
      }
    }
  }
  assert.deepEqual(refused, ['column "interval" has the type Interval(MonthDayNano), which Parquet doesn\'t have']);
  assert.deepEqual(python('./parquet_readers.py', folder), []);
});

async function readBack(bytes: Uint8Array): Promise<Shown[]> {
  const table = await openInput(bytes, { format: 'parquet' });
  const values: Shown[] = [];
  for (const split of table.splits()) {
    for await (const { columns } of table.read([0], split).batches)
      for (const column of columns) values.push(...columnValues(column));
  }
  return values;
}

test('row groups are written as they fill, and a file without rows is one', async () => {
  const values = Float64Array.from({ length: 8192 }, (_, i) => i);
  const column: Column = { layout: 'numeric', type: { kind: 'Int64' }, length: 8192, validity: null, values };
  const schema = schemaOf('n', { kind: 'Int64' });
  const encoder = new ParquetEncoder(schema, 16384);
  const batch = { length: 8192, columns: [column] };
  const sizes = [encoder.batch(batch), encoder.batch(batch), encoder.batch(batch), encoder.end()];
  assert.deepEqual(
    sizes.map((pieces) => Buffer.concat(pieces).length > 1000),
    [false, true, false, true],
  );
  const back = await readBack(Buffer.concat(sizes.flat()));
  assert.deepEqual(back, [...values, ...values, ...values].map(String));
  assert.deepEqual(await readBack(parquet(schema, [])), []);
});

test('a member of a struct may have any name', async () => {
  const type: DataType = {
    kind: 'Struct',
    fields: ['__proto__', 'constructor', '1', '0'].map((name) => ({
      name,
      type: { kind: 'Int64' },
      nullable: true,
      metadata: [],
    })),
  };
  const child: Column = {
    layout: 'numeric',
    type: { kind: 'Int64' },
    length: 2,
    validity: null,
    values: Float64Array.of(5, -7),
  };
  const column: Column = { layout: 'struct', type, length: 2, validity: null, children: [child, child, child, child] };
  const bytes = parquet(schemaOf('s', type), [{ length: 2, columns: [column] }]);
  assert.deepEqual(await readBack(bytes), [
    ['5', '5', '5', '5'],
    ['-7', '-7', '-7', '-7'],
  ]);
});

test('what Parquet has no type for is refused by the name of its column', () => {
  const field = { name: 'x', type: { kind: 'Int64' }, nullable: true, metadata: [] } as const;
  for (const [schema, message] of [
    [
      schemaOf('u', { kind: 'Union', mode: 'Dense', fields: [{ id: 0, field }] }),
      'column "u" has the type Union(Dense, 0: ("x": Int64)), which Parquet doesn\'t have',
    ],
    [
      schemaOf('d', { kind: 'Decimal128', precision: 5, scale: -2 }),
      'column "d" has the type Decimal128(5, -2), which Parquet doesn\'t have',
    ],
    [{ fields: [], metadata: [] }, 'a Parquet file without columns'],
    [{ fields: [field, field], metadata: [] }, 'a Parquet file with two columns of the name "x"'],
  ] as const) {
    assert.throws(
      () => new ParquetEncoder(schema),
      (error) => error instanceof DfxError && error.code === 'UNSUPPORTED' && error.message === message,
      message,
    );
  }
});
