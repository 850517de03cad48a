import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Column, type ColumnBatch, openInput, type Split, writeArrow } from '../../src/io/index.ts';
import { FlatBuilder } from '../../src/wire/arrow/flat-builder.ts';
import { encapsulate, writeBatchMessage, writeFileEnd, writeSchemaMessage } from '../../src/wire/arrow/index.ts';
import { HEADER, MESSAGE, METADATA_V5, SCHEMA as SCHEMA_SLOT } from '../../src/wire/arrow/ipc-format.ts';
import type { DataType, Schema } from '../../src/wire/arrow/types.ts';
import { DfxError } from '../../src/wire/errors.ts';
import { columnValues, type Shown } from './column-values.ts';

const VALID = Uint8Array.of(0b1011);
const item = { name: 'item', type: { kind: 'Int64' }, nullable: true, metadata: [] } as const;
const text: Column = {
  layout: 'string',
  type: { kind: 'Utf8' },
  length: 4,
  validity: VALID,
  offsets: Int32Array.of(0, 1, 3, 3, 20),
  data: new TextEncoder().encode('aäb long enough f..'),
};
const numbers: Column = {
  layout: 'numeric',
  type: { kind: 'Int64' },
  length: 4,
  validity: null,
  values: Float64Array.of(1, -2, 3, 2 ** 40),
};
const columns: readonly Column[] = [
  numbers,
  text,
  { ...text, type: { kind: 'Utf8View' } },
  {
    layout: 'list',
    type: { kind: 'List', item },
    length: 4,
    validity: VALID,
    offsets: Int32Array.of(0, 2, 2, 2, 4),
    item: numbers,
  },
  {
    layout: 'dictionary',
    type: { kind: 'Dictionary', key: { kind: 'Int8' }, value: { kind: 'Utf8' } },
    length: 4,
    validity: null,
    indices: Int32Array.of(0, 3, 3, 1),
    values: text,
  },
  {
    layout: 'union',
    type: {
      kind: 'Union',
      mode: 'Dense',
      fields: [
        { id: 0, field: item },
        { id: 5, field: { ...item, type: { kind: 'Utf8' } } },
      ],
    },
    length: 4,
    validity: null,
    typeIds: Int8Array.of(0, 5, 5, 0),
    offsets: Int32Array.of(0, 0, 1, 1),
    children: [numbers, text],
  },
];

function schemaOf(types: readonly DataType[]): Schema {
  return { fields: types.map((type, i) => ({ name: `c${i}`, type, nullable: true, metadata: [] })), metadata: [] };
}

const SCHEMA = schemaOf(columns.map(({ type }) => type));
const BATCHES: readonly ColumnBatch[] = [
  { length: 4, columns },
  { length: 4, columns },
];

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
}

/** Every row, or the error. What is no DfxError is a defect and fails the test. */
async function readEverything(input: Uint8Array | AsyncIterable<Uint8Array>): Promise<Shown[][] | DfxError> {
  try {
    const table = await openInput(input, { format: 'arrow' });
    const rows: Shown[][] = table.schema.fields.map(() => []);
    const splits: readonly Split[] = table.splits();
    for (const split of splits) {
      for await (const batch of table.read([...rows.keys()], split).batches) {
        for (const [i, column] of batch.columns.entries()) rows[i]?.push(...columnValues(column));
      }
    }
    return rows;
  } catch (error) {
    assert.ok(error instanceof DfxError, `${error instanceof Error ? error.stack : error}`);
    assert.notEqual(error.code, 'DEFECT', error.stack);
    return error;
  }
}

const WANTED = columns.map((column) => [...columnValues(column), ...columnValues(column)]);

for (const form of ['file', 'stream'] as const) {
  const bytes = writeArrow(SCHEMA, BATCHES, form);

  test(`an Arrow ${form} cut off anywhere is an error, or ends at the end of a batch`, async () => {
    assert.deepEqual(await readEverything(bytes), WANTED);
    for (let length = 0; length < bytes.length; length += 7) {
      for (const input of [bytes.slice(0, length), pieces(bytes.subarray(0, length))]) {
        const found = await readEverything(input);
        if (found instanceof DfxError) continue;
        assert.equal(form, 'stream');
        // A stream may end without its marker: what came before is whole.
        for (const [i, values] of found.entries()) {
          assert.deepEqual(values, WANTED[i]?.slice(0, values.length));
          assert.equal(values.length % 4, 0);
        }
      }
    }
  });

  test(`a flipped bit in an Arrow ${form} gives rows or an error of ours, at once`, async () => {
    let seed = 12345;
    for (let at = 0; at < bytes.length; at += 2) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ (1 << ((seed >>> 16) % 8));
      const started = performance.now();
      await readEverything(damaged);
      await readEverything(pieces(damaged));
      assert.ok(performance.now() - started < 2000, `byte ${at}`);
    }
  });
}

async function messageOf(bytes: Uint8Array): Promise<string> {
  const found = await readEverything(bytes);
  assert.ok(found instanceof DfxError);
  return `${found.code}: ${found.message}`;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function streamOf(type: DataType, rows: number, buffers: readonly Uint8Array[], nulls = 0, nodes = [rows, nulls]) {
  const places: number[] = [];
  let at = 0;
  const padded = buffers.map((buffer) => {
    places.push(at, buffer.length);
    const length = Math.ceil(buffer.length / 8) * 8;
    at += length;
    return join(buffer, new Uint8Array(length - buffer.length));
  });
  const layout = { rows, nodes, buffers: places, variadicCounts: [], bodyLength: at, dictionary: null };
  const start = encapsulate(writeSchemaMessage(schemaOf([type])));
  return join(start, encapsulate(writeBatchMessage(layout)), ...padded);
}

const i32 = (...values: number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);
const none = new Uint8Array(0);

test('what a batch claims is held against its bytes', async () => {
  const int64: DataType = { kind: 'Int64' };
  const utf8: DataType = { kind: 'Utf8' };
  for (const [bytes, message] of [
    [streamOf(int64, 3, [none, new Uint8Array(16)]), 'INPUT_FORMAT: a buffer of Int64 has 16 bytes, expected 24'],
    [
      streamOf(int64, 9, [Uint8Array.of(1), new Uint8Array(72)], 1),
      'INPUT_FORMAT: the validity of a column has 1 bytes, expected 2',
    ],
    [streamOf(int64, 3, [none]), 'INPUT_FORMAT: a record batch has too few buffers'],
    [
      streamOf(int64, 3, [none, new Uint8Array(24)], 0, []),
      'INPUT_FORMAT: column 0 of a batch has no rows, expected 3',
    ],
    [streamOf({ kind: 'Null' }, 2 ** 40, []), 'INPUT_FORMAT: a record batch claims 1099511627776 rows in 0 bytes'],
    [
      streamOf({ kind: 'FixedSizeBinary', size: 0 }, 2 ** 30, [none, none]),
      'LIMIT: a column has 1073741824 values without bytes, at most 16777216 are read',
    ],
    [streamOf(utf8, 2, [none, i32(0, 3, 2), new Uint8Array(3)]), 'INPUT_FORMAT: the offsets of a Utf8 run backwards'],
    [streamOf(utf8, 2, [none, i32(0, -1, 2), new Uint8Array(3)]), 'INPUT_FORMAT: the offsets of a Utf8 run backwards'],
    [
      streamOf(utf8, 2, [none, i32(-1, 0, 2), new Uint8Array(3)]),
      'INPUT_FORMAT: the offsets of a Utf8 run from -1 to 2',
    ],
    [streamOf(utf8, 2, [none, i32(0, 1, 4), new Uint8Array(3)]), 'INPUT_FORMAT: a text reaches to byte 4 of 3'],
    [streamOf(utf8, 2, [none, i32(0, 1, 2), Uint8Array.of(0xc3, 0xa4)]), 'INPUT_FORMAT: a text is not valid UTF-8'],
    [streamOf(utf8, 1, [none, i32(0, 1), Uint8Array.of(0xff)]), 'INPUT_FORMAT: a text is not valid UTF-8'],
    [
      streamOf({ kind: 'LargeUtf8' }, 2, [none, i32(0, 0, 1, 1, 2, 0), new Uint8Array(3)]),
      'INPUT_FORMAT: the offsets of a LargeUtf8 run backwards',
    ],
    [
      streamOf({ kind: 'LargeUtf8' }, 1, [none, i32(0, 0, 0, 1), new Uint8Array(3)]),
      'UNSUPPORTED: a batch has more than 2 GiB of text, or 2^31 list items',
    ],
  ] as const) {
    assert.equal(await messageOf(bytes), message);
  }
});

test('nulls in a column that is declared without are refused, as arrow-rs does', async () => {
  const schema: Schema = {
    fields: [{ name: 'a', type: { kind: 'Utf8' }, nullable: false, metadata: [] }],
    metadata: [],
  };
  const bytes = writeArrow(schema, [{ length: 4, columns: [text] }], 'file');
  assert.equal(await messageOf(bytes), 'INPUT_FORMAT: column "a" is declared without nulls, but has some');
});

test('a footer whose blocks share bytes is refused: it could list one batch a million times', async () => {
  const schema = schemaOf([{ kind: 'Int64' }]);
  const bytes = writeArrow(schema, [{ length: 4, columns: [numbers] }], 'file');
  const view = new DataView(bytes.buffer);
  const footer = bytes.length - 10 - view.getUint32(bytes.length - 10, true);
  const start = 8 + encapsulate(writeSchemaMessage(schema)).length;
  const block = { offset: start, metadataLength: 192, bodyLength: 64 };
  const again = join(bytes.subarray(0, footer), writeFileEnd(schema, [], [block, block]));
  assert.equal(await messageOf(again), 'INPUT_FORMAT: the footer lists two record batches that share bytes');
});

test('types nested deeper than 64 levels are refused before anything follows them', async () => {
  let type: DataType = { kind: 'Int64' };
  for (let i = 0; i < 70; i++) type = { kind: 'List', item: { name: 'item', type, nullable: true, metadata: [] } };
  const bytes = encapsulate(writeSchemaMessage(schemaOf([type])));
  assert.equal(await messageOf(bytes), 'LIMIT: a field nests deeper than 64 levels');
});

test('big-endian data is refused', async () => {
  const builder = new FlatBuilder();
  const fields = builder.references([]);
  builder.startTable();
  builder.addI16(SCHEMA_SLOT.endianness, 1);
  builder.addReference(SCHEMA_SLOT.fields, fields);
  const schema = builder.endTable();
  builder.startTable();
  builder.addI16(MESSAGE.version, METADATA_V5);
  builder.addByte(MESSAGE.headerType, HEADER.Schema);
  builder.addReference(MESSAGE.header, schema);
  const bytes = encapsulate(builder.finish(builder.endTable()));
  assert.equal(await messageOf(bytes), 'UNSUPPORTED: the Arrow data is big-endian, only little-endian data is read');
});
