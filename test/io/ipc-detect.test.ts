import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Column, detectFormat, needsFile, openInput, WHOLE, writeArrow } from '../../src/io/index.ts';
import { ParquetEncoder } from '../../src/io/out/parquet.ts';
import type { Schema } from '../../src/wire/arrow/types.ts';
import { columnValues } from './column-values.ts';

const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(folder, { recursive: true }));

const schema: Schema = { fields: [{ name: 'a', type: { kind: 'Int64' }, nullable: true, metadata: [] }], metadata: [] };
const column: Column = {
  layout: 'numeric',
  type: { kind: 'Int64' },
  length: 2,
  validity: null,
  values: Float64Array.of(1, -2),
};
const batch = { length: 2, columns: [column] };
const encoder = new ParquetEncoder(schema);
const inputs = {
  'file.arrow': writeArrow(schema, [batch], 'file'),
  'stream.arrows': writeArrow(schema, [batch], 'stream'),
  'table.parquet': new Uint8Array(Buffer.concat([...encoder.batch(batch), ...encoder.end()])),
  'rows.csv': Buffer.from('a\n1\n-2\n'),
  'rows.tsv': Buffer.from('a\tb\n1\tx\n-2\ty\n'),
  'rows.jsonl': Buffer.from('{"a":1}\n{"a":-2}\n'),
};

test('the first bytes tell a format, else the name', () => {
  for (const [start, name, format] of [
    ['ARROW1\0\0', 'x.csv', 'arrow'],
    ['\xff\xff\xff\xff\x10\0\0\0', undefined, 'arrow'],
    ['FEA1', undefined, 'arrow'],
    ['PAR1\x15', 'x.json', 'parquet'],
    ['PARE', undefined, 'parquet'],
    ['{"a":1}', undefined, 'ndjson'],
    ['{"a":1}', 'x.csv', 'csv'],
    ['a,b\n', undefined, 'csv'],
    ['a,b\n', '/some.json/rows', 'csv'],
    ['a,b\n', 'X.NDJSON', 'ndjson'],
    ['', 'x.parquet', 'parquet'],
    ['', undefined, 'csv'],
  ] as const) {
    assert.equal(detectFormat(Buffer.from(start, 'latin1'), name), format, `${start} ${name}`);
  }
});

test('what is packed, or no UTF-8, is refused by name', () => {
  for (const [start, found] of [
    ['\x1f\x8b\x08\0\0\0\0\0', 'the input is packed with gzip, expected its content'],
    ['\x28\xb5\x2f\xfd\x04\x58', 'the input is packed with Zstandard, expected its content'],
    ['BZh91AY&', 'the input is packed with bzip2, expected its content'],
    ['\xfd7zXZ\0\0', 'the input is packed with xz, expected its content'],
    ['\x04\x22\x4d\x18', 'the input is packed with LZ4, expected its content'],
    ['PK\x03\x04', 'the input is packed with ZIP, expected its content'],
    ['\xff\xfei\0d\0', 'the input is UTF-16, expected UTF-8'],
    ['\xfe\xff\0i', 'the input is UTF-16, expected UTF-8'],
  ] as const) {
    const bytes = Buffer.from(start, 'latin1');
    for (const name of [undefined, 'x.csv', 'x.csv.gz', 'x.json']) {
      assert.throws(() => detectFormat(bytes, name), { code: 'INPUT_FORMAT', message: found });
    }
  }
  assert.equal(detectFormat(Buffer.from('BZh,a\n1,'), undefined), 'csv');
});

test('what is read from its end needs a file where it comes through a pipe', () => {
  const start = (name: keyof typeof inputs): Uint8Array => inputs[name].subarray(0, 8);
  assert.deepEqual(
    [
      needsFile('arrow', start('file.arrow')),
      needsFile('arrow', start('stream.arrows')),
      needsFile('parquet', start('table.parquet')),
      needsFile('csv', start('rows.csv')),
      needsFile('ndjson', start('rows.jsonl')),
    ],
    [true, false, true, false, false],
  );
});

for (const [name, bytes] of Object.entries(inputs)) {
  test(`${name} opens by its path`, async () => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    const table = await openInput(path);
    const values = [];
    for (const split of table.splits()) {
      for await (const { columns } of table.read([0], split).batches) values.push(...columns.flatMap(columnValues));
    }
    assert.deepEqual(values, ['1', '-2']);
  });
}

test('a format that is named is taken for what it is', async () => {
  const path = join(folder, 'no-name');
  writeFileSync(path, inputs['rows.jsonl']);
  const table = await openInput(path, { format: 'ndjson' });
  for await (const { columns } of table.read([0], WHOLE).batches)
    assert.deepEqual(columns.flatMap(columnValues), ['1', '-2']);
});

test('chunks of a format that nobody named, a missing file and a folder are refused', async () => {
  async function* none(): AsyncGenerator<Uint8Array> {}
  await assert.rejects(openInput(none()), { code: 'USAGE', message: 'a stream of unknown format' });
  for (const format of ['arrow', 'parquet', 'ndjson'] as const) {
    await assert.rejects(openInput(join(folder, 'missing'), { format }), {
      code: 'FILE_NOT_FOUND',
      message: 'there is no such file',
      file: join(folder, 'missing'),
    });
    await assert.rejects(openInput(folder, { format }), {
      code: 'FILE_UNREADABLE',
      message: 'found a folder, expected a file',
    });
  }
});
