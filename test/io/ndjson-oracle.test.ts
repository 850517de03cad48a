import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type InputSource, type InputTable, type Split, WHOLE } from '../../src/io/index.ts';
import { openNdjson } from '../../src/io/ndjson.ts';
import { type Field, formatDataType, readIpcSchema } from '../../src/wire/arrow/index.ts';
import { DfxError } from '../../src/wire/errors.ts';
import { columnValues, type Shown } from './column-values.ts';

const PYTHON = process.env['DFX_PYTHON'] ?? fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));

interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly records: number;
  readonly schema: string | null;
  readonly columns: readonly (readonly [string, readonly Shown[]])[] | null;
}

function oracle(): readonly Case[] {
  assert.ok(existsSync(PYTHON), `no Python with the engine at ${PYTHON}: set DFX_PYTHON or make .venv`);
  const script = fileURLToPath(new URL('./ndjson_oracle.py', import.meta.url));
  const run = spawnSync(PYTHON, [script], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  assert.equal(run.status, 0, run.stderr);
  return (JSON.parse(run.stdout) as (Case & { bytes: string })[]).map((each) => ({
    ...each,
    bytes: new Uint8Array(Buffer.from(each.bytes, 'base64')),
  }));
}

const cases = oracle();
const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(folder, { recursive: true }));

async function valuesOf(table: InputTable, splits: readonly Split[], indices: readonly number[]) {
  const columns = indices.map((index): [string, Shown[]] => [table.schema.fields[index]?.name ?? '', []]);
  for (const split of splits) {
    const reader = table.read(indices, split);
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

function shown(fields: readonly Field[]): readonly string[] {
  return fields.map(({ name, type, nullable }) => `${name}: ${formatDataType(type)}${nullable ? '' : ' not null'}`);
}

/** Null where it is refused. */
async function open(input: InputSource, records: number): Promise<InputTable | null> {
  try {
    return await openNdjson(input, { inferRecords: records });
  } catch (error) {
    assert.ok(
      error instanceof DfxError && error.code === 'INPUT_ROW',
      error instanceof Error ? error.stack : String(error),
    );
    return null;
  }
}

async function read(table: InputTable, splits: readonly Split[]) {
  try {
    return await valuesOf(table, splits, [...table.schema.fields.keys()]);
  } catch (error) {
    assert.ok(
      error instanceof DfxError && error.code === 'INPUT_ROW',
      error instanceof Error ? error.stack : String(error),
    );
    return null;
  }
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The rows of ranges cut anywhere, each of which starts where the one before ended. */
async function chained(table: InputTable, size: number, step: number) {
  const all = [...table.schema.fields.keys()];
  const columns = all.map((): Shown[] => []);
  let before = 0;
  for (let start = 0; start < size; start += step) {
    const split: Split = { kind: 'bytes', start, end: Math.min(start + step, size), aligned: start === 0 };
    const reader = table.read(all, split);
    for await (const batch of reader.batches) {
      for (const [i, column] of batch.columns.entries())
        for (const value of columnValues(column)) columns[i]?.push(value);
    }
    const report = reader.report();
    assert.equal(report.start, before);
    before = report.end;
  }
  assert.equal(before, size);
  return columns;
}

for (const { name, bytes, records, schema, columns } of cases) {
  test(`${name}: the schema and the rows are the engine's, or refused where it fails`, async () => {
    const path = join(folder, 'input.ndjson');
    writeFileSync(path, bytes);
    const table = await open(path, records);
    if (schema === null) {
      assert.equal(table, null);
      return;
    }
    assert.ok(table !== null, 'refused, which the engine reads');
    const engine = readIpcSchema(new Uint8Array(Buffer.from(schema, 'base64'))).schema;
    assert.deepEqual(shown(table.schema.fields), shown(engine.fields));
    assert.deepEqual(await read(table, [WHOLE]), columns);
    for (const input of [bytes, pieces(bytes, 7), pieces(bytes, 100_000)]) {
      const other = await open(input, records);
      assert.ok(other !== null);
      assert.deepEqual(other.schema, table.schema);
      assert.deepEqual(await read(other, other.splits()), columns);
    }
    if (columns === null) return;
    for (const [i, column] of columns.entries()) assert.deepEqual(await valuesOf(table, [WHOLE], [i]), [column]);
    for (const step of bytes.length < 100 ? [1, 17] : [Math.ceil(bytes.length / 13)]) {
      const wanted: readonly (readonly Shown[])[] = columns.map(([, values]) => values);
      if (wanted.length > 0) assert.deepEqual(await chained(table, bytes.length, step), wanted);
    }
  });
}

async function errorOf(text: string, indices?: readonly number[]): Promise<string> {
  try {
    const table = await openNdjson(Buffer.from(text), { inferRecords: 1 });
    await valuesOf(table, [WHOLE], indices ?? [...table.schema.fields.keys()]);
  } catch (error) {
    assert.ok(error instanceof DfxError);
    return `${error.code}: ${error.message}`;
  }
  return 'no error';
}

test('errors name the row, the line and the column', async () => {
  for (const [text, message] of [
    ['{"a":1}\n\n{"a":"x"}\n', 'INPUT_ROW: row 2 (line 3), column "a": "x" is no Int64'],
    ['{"a":[1]}\n{"a":{"b":1}}\n', 'INPUT_ROW: row 2 (line 2), column "a": {"b":1} is no List(Int64)'],
    ['{"a":1}\n{"a":1 "b":2}\n', 'INPUT_ROW: row 2 (line 2): found "\\"", expected "," or "}"'],
    [
      '{"a":1}\n{"a":1}{"a":2}\n',
      'INPUT_ROW: row 2 (line 2): found "{", expected the end of the line: one object a line',
    ],
    ['{"a":1}\n[1]\n', 'INPUT_ROW: row 2 (line 2): found "[", expected an object'],
    ['{"a":1}\n{"a":"x\n', 'INPUT_ROW: row 2 (line 2): found the end of the line in a string'],
    ['{"a":1}\n{"a":tru}\n', 'INPUT_ROW: row 2 (line 2): found "}", expected a value'],
    ['{"a":1\n', 'INPUT_ROW: line 1: found the end of the line, expected "," or "}"'],
    [
      `{"a":1}\n{"b":${'['.repeat(200)}${']'.repeat(200)}}\n`,
      'INPUT_ROW: row 2 (line 2): found a value that nests deeper than 127 levels',
    ],
  ] as const) {
    assert.equal(await errorOf(text), message);
  }
});

test('a column of another kind is no error where nobody reads it, and rows without columns are counted', async () => {
  assert.equal(await errorOf('{"a":1,"b":2}\n{"a":1,"b":"x"}\n', [0]), 'no error');
  const table = await openNdjson(Buffer.from('{"a":1}\n{}\n{"b":[{}]}\n'));
  let rows = 0;
  for await (const { length } of table.read([], WHOLE).batches) rows += length;
  assert.equal(rows, 3);
});

test('a JSON document that is no NDJSON is refused with the way out', async () => {
  for (const [text, message] of [
    ['[{"a":1},{"a":2}]', 'line 1: found a value, expected an object'],
    ['[\n  {"a":1}\n]\n', 'line 1: found the end of the line, expected a value'],
    ['{\n  "a": 1\n}\n', 'line 1: found the end of the line, expected a key in quotes'],
  ] as const) {
    await assert.rejects(openNdjson(Buffer.from(text)), {
      code: 'INPUT_ROW',
      message,
      hint: "NDJSON has one object a line: `jq -c '.[]'` writes a JSON array so, `jq -c .` an object",
    });
  }
});

test('numbers of a split count from what lies before it', async () => {
  const table = await openNdjson(Buffer.from('{"a":1}\n{"a":2}\n{"a":x}\n'), { inferRecords: 1 });
  const split: Split = { kind: 'bytes', start: 8, end: 24, aligned: true };
  await assert.rejects(
    async () => {
      for await (const _ of table.read([0], split, { rows: 10, lines: 20 }).batches);
    },
    { message: 'row 12 (line 22): found "x", expected a value' },
  );
});

test('a column of a type that is not made from JSON is refused by its name', async () => {
  const fields = [{ name: 'd', type: { kind: 'Date32' }, nullable: true, metadata: [] }] as const;
  const table = await openNdjson(Buffer.from('{"d":"2020-01-01"}\n'), { schema: { fields, metadata: [] } });
  assert.throws(() => table.read([0], WHOLE), {
    code: 'UNSUPPORTED',
    message: 'column "d" is read from NDJSON as Date32, which the embedded reader can\'t read',
  });
});
