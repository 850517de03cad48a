/** Tables for people: what is shown, how wide, and what is cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowCount, TableRows, tableLines } from '../../../src/cli/render/run-table.ts';
import { loadStyle } from '../../../src/cli/render/style.ts';
import type { Column, ColumnBatch } from '../../../src/io/column.ts';
import type { DataType, Schema } from '../../../src/wire/arrow/types.ts';

const UTF8: DataType = { kind: 'Utf8' };
const INT64: DataType = { kind: 'Int64' };

function texts(values: readonly (string | null)[]): Column {
  const parts = values.map((value) => new TextEncoder().encode(value ?? ''));
  const offsets = new Int32Array(values.length + 1);
  parts.forEach((part, at) => {
    offsets[at + 1] = (offsets[at] ?? 0) + part.length;
  });
  const validity = new Uint8Array((values.length + 7) >> 3);
  values.forEach((value, at) => {
    if (value !== null) validity[at >> 3] = (validity[at >> 3] ?? 0) | (1 << (at & 7));
  });
  return { layout: 'string', type: UTF8, length: values.length, validity, offsets, data: Buffer.concat(parts) };
}

function numbers(values: readonly number[]): Column {
  return { layout: 'numeric', type: INT64, length: values.length, validity: null, values: Float64Array.from(values) };
}

function schemaOf(...fields: readonly (readonly [name: string, type: DataType])[]): Schema {
  return { fields: fields.map(([name, type]) => ({ name, type, nullable: true, metadata: [] })), metadata: [] };
}

async function linesOf(
  schema: Schema,
  batches: readonly ColumnBatch[],
  width: number,
  results = schema.fields.length,
): Promise<string> {
  const taken = new TableRows(schema);
  for (const batch of batches) taken.add(batch);
  return `${[...tableLines(schema, taken, { width, results }, await loadStyle(false)), rowCount(taken)].join('\n')}\n`;
}

test('wide characters, marks, control characters and nulls stay in line', async () => {
  const schema = schemaOf(['id', INT64], ['名前', UTF8], ['note', UTF8]);
  const batch = {
    length: 4,
    columns: [
      numbers([1, -20, 3, 4]),
      texts(['日本語', 'e\u0301clair', null, 'a\u001b[31mb']),
      texts(['', 'x', '😀', '\u202e']),
    ],
  };
  assert.equal(
    await linesOf(schema, [batch], 80),
    [
      '   id  名前        note',
      'Int64  Utf8        Utf8',
      '─────  ──────────  ──────',
      '    1  日本語',
      '  -20  e\u0301clair      x',
      '    3  NULL        😀',
      '    4  a\\x1b[31mb  \\u202e',
      '4 rows',
      '',
    ].join('\n'),
  );
});

test('of a long table the first 20 and the last 10 rows are shown, whatever the batches', async () => {
  const schema = schemaOf(['n', INT64]);
  for (const size of [1, 7, 64, 1000]) {
    const batches: ColumnBatch[] = [];
    for (let from = 0; from < 1000; from += size) {
      const length = Math.min(size, 1000 - from);
      batches.push({ length, columns: [numbers(Array.from({ length }, (_, at) => from + at))] });
    }
    const lines = (await linesOf(schema, batches, 80)).split('\n').map((line) => line.trim());
    assert.deepEqual(lines, [
      'n',
      'Int64',
      '─────',
      ...Array.from({ length: 20 }, (_, at) => String(at)),
      '⋮',
      ...Array.from({ length: 10 }, (_, at) => String(990 + at)),
      '1,000 rows (the first 20 and the last 10 shown)',
      '',
    ]);
  }
});

test('40 rows are shown whole, 41 are not', async () => {
  const schema = schemaOf(['n', INT64]);
  const table = (length: number): ColumnBatch => ({
    length,
    columns: [numbers(Array.from({ length }, (_, at) => at))],
  });
  assert.equal((await linesOf(schema, [table(40)], 80)).split('\n').length, 3 + 40 + 2);
  assert.equal((await linesOf(schema, [table(41)], 80)).split('\n').length, 3 + 31 + 2);
});

test('texts give way to numbers, and what still does not fit is named', async () => {
  const schema = schemaOf(
    ['number', INT64],
    ['text', UTF8],
    ...Array.from({ length: 4 }, (_, at) => [`more_${at}`, INT64] as const),
  );
  const big = 9007199254740991;
  const columns = [numbers([big]), texts(['x'.repeat(60)]), ...Array.from({ length: 4 }, () => numbers([big]))];
  assert.equal(
    await linesOf(schema, [{ length: 1, columns }], 60),
    [
      '          number  text                                more_0',
      '           Int64  Utf8                                 Int64',
      '────────────────  ────────────────────────  ────────────────',
      '9007199254740991  xxxxxxxxxxxxxxxxxxxxxxx…  9007199254740991',
      '3 more columns: more_1, more_2, more_3',
      '1 row',
      '',
    ].join('\n'),
  );
});

test('a table without rows has its header', async () => {
  assert.equal(await linesOf(schemaOf(['a', INT64]), [], 80), '    a\nInt64\n─────\n0 rows\n');
});

test('columns that are kept from the input give way to results, and all that is left out is named', async () => {
  const schema = schemaOf(
    ...Array.from({ length: 12 }, (_, at) => [`input_${at}`, INT64] as const),
    ['sum', INT64],
    ['name', UTF8],
  );
  const many = Array.from({ length: 12 }, () => numbers([9007199254740991]));
  const columns = [...many, numbers([7]), texts(['Ada'])];
  assert.equal(
    await linesOf(schema, [{ length: 1, columns }], 60, 2),
    [
      '         input_0           input_1    sum  name',
      '           Int64             Int64  Int64  Utf8',
      '────────────────  ────────────────  ─────  ────',
      '9007199254740991  9007199254740991      7  Ada',
      '10 more columns: input_2, input_3, input_4, input_5,',
      'input_6, input_7, input_8, input_9, input_10, input_11',
      '1 row',
      '',
    ].join('\n'),
  );
});
