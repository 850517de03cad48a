/** Encoders of text: selections, delimiters, what is refused; and the two other texts of values, for people and for documents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Column, ColumnBatch } from '../../../src/io/column.ts';
import { displayCells } from '../../../src/io/out/display-cells.ts';
import { jsonCells } from '../../../src/io/out/json-cells.ts';
import { hasValue } from '../../../src/io/out/scalar-cells.ts';
import { textEncoder } from '../../../src/io/out/text.ts';
import { TextBytes } from '../../../src/io/out/text-bytes.ts';
import type { DataType, Field, Schema } from '../../../src/wire/arrow/types.ts';
import { DfxError } from '../../../src/wire/errors.ts';

const INT64: DataType = { kind: 'Int64' };
const UTF8: DataType = { kind: 'Utf8' };

function field(name: string, type: DataType): Field {
  return { name, type, nullable: true, metadata: [] };
}

function schemaOf(...fields: readonly Field[]): Schema {
  return { fields, metadata: [] };
}

function numbers(type: DataType, values: Float64Array | BigInt64Array | Int32Array): Column {
  return { layout: 'numeric', type, length: values.length, validity: null, values };
}

function texts(...values: readonly string[]): Column {
  const parts = values.map((value) => new TextEncoder().encode(value));
  const offsets = new Int32Array(values.length + 1);
  parts.forEach((part, at) => {
    offsets[at + 1] = (offsets[at] ?? 0) + part.length;
  });
  return { layout: 'string', type: UTF8, length: values.length, validity: null, offsets, data: Buffer.concat(parts) };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

test('the rows of a selection are written, in its order', () => {
  const encoder = textEncoder('csv', schemaOf(field('a', INT64), field('b', UTF8)));
  const batch: ColumnBatch = { length: 3, columns: [numbers(INT64, Float64Array.of(1, 2, 3)), texts('x', 'y', 'z')] };
  assert.equal(decode(encoder.head), 'a,b\n');
  assert.equal(decode(encoder.encode(batch, Uint32Array.of(2, 0))), '3,z\n1,x\n');
  assert.equal(decode(encoder.encode(batch, new Uint32Array(0))), '');
  assert.equal(decode(encoder.encode(batch)), '1,x\n2,y\n3,z\n');
  assert.equal(
    decode(encoder.encode({ length: 1, columns: [numbers(INT64, Float64Array.of(9)), texts('w')] })),
    '9,w\n',
  );
});

test('a delimiter that numbers and dates may hold has them quoted', () => {
  const schema = schemaOf(field('a', { kind: 'Float64' }), field('d', { kind: 'Date32' }), field('x-y', UTF8));
  const batch: ColumnBatch = {
    length: 1,
    columns: [
      numbers({ kind: 'Float64' }, Float64Array.of(-1.5)),
      numbers({ kind: 'Date32' }, Int32Array.of(0)),
      texts('p-q'),
    ],
  };
  const dashes = textEncoder('csv', schema, { delimiter: '-' });
  assert.equal(decode(dashes.head) + decode(dashes.encode(batch)), 'a-d-"x-y"\n"-1.5"-"1970-01-01"-"p-q"\n');
  const time: DataType = { kind: 'Time32', unit: 'Second' };
  const colons = textEncoder('csv', schemaOf(field('a', INT64), field('t', time)), { delimiter: ':' });
  const times: ColumnBatch = {
    length: 1,
    columns: [numbers(INT64, Float64Array.of(7)), numbers(time, Int32Array.of(61))],
  };
  assert.equal(decode(colons.encode(times)), '7:"00:01:01"\n');
  const tabs = textEncoder('csv', schema, { delimiter: '\t' });
  assert.equal(decode(tabs.head) + decode(tabs.encode(batch)), 'a\td\tx-y\n-1.5\t1970-01-01\tp-q\n');
});

const LIST: DataType = { kind: 'List', item: field('item', INT64) };
const MAP: DataType = {
  kind: 'Map',
  sorted: false,
  entries: field('entries', { kind: 'Struct', fields: [field('key', UTF8), field('value', INT64)] }),
};
const INT_MAP: DataType = {
  kind: 'Map',
  sorted: false,
  entries: field('entries', { kind: 'Struct', fields: [field('key', INT64), field('value', INT64)] }),
};

function told(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof DfxError);
    return `${error.code}: ${error.message}; ${error.hint}`;
  }
  return 'no error';
}

test('types that a format can not hold are refused before any row, by the name of their column', () => {
  const refuse = (format: 'csv' | 'ndjson', type: DataType): string =>
    told(() => textEncoder(format, schemaOf(field('n', type))));
  assert.deepEqual(
    [
      refuse('csv', { kind: 'Dictionary', key: { kind: 'Int8' }, value: LIST }),
      refuse('ndjson', { kind: 'Union', mode: 'Sparse', fields: [{ id: 0, field: field('a', INT64) }] }),
      refuse('ndjson', { kind: 'List', item: field('item', INT_MAP) }),
      refuse('ndjson', MAP),
    ],
    [
      'UNSUPPORTED: the column "n" has the type Dictionary(Int8, List(Int64)), and CSV has no nested values; write NDJSON, Arrow or Parquet: --format ndjson, or --output FILE.parquet',
      'UNSUPPORTED: the column "n" has the type Union(Sparse, 0: ("a": Int64)), and NDJSON has no unions; write an Arrow file with --output FILE.arrow',
      'UNSUPPORTED: the column "n" has the type List(Map("entries": Struct("key": Int64, "value": Int64), unsorted)), and the keys of a JSON object are strings; write an Arrow file with --output FILE.arrow',
      'no error',
    ],
  );
});

test('a moment that has no text is refused, by either format', () => {
  for (const format of ['csv', 'ndjson'] as const) {
    const encode = (type: DataType, values: Int32Array | BigInt64Array): string =>
      told(() =>
        textEncoder(format, schemaOf(field('n', type))).encode({ length: 1, columns: [numbers(type, values)] }),
      );
    assert.deepEqual(
      [
        encode({ kind: 'Date32' }, Int32Array.of(95026237)),
        encode({ kind: 'Timestamp', unit: 'Second', timezone: null }, BigInt64Array.of(-(2n ** 62n))),
        encode({ kind: 'Time32', unit: 'Second' }, Int32Array.of(86400)),
      ],
      [
        'UNSUPPORTED: found the date 95026237 (days since 1970), expected a year from -262143 to 262142: it has no text form; write an Arrow file with --output FILE.arrow',
        'UNSUPPORTED: found the timestamp -4611686018427387904 (Second since 1970), expected a year from -262143 to 262142: it has no text form; write an Arrow file with --output FILE.arrow',
        'UNSUPPORTED: found the time 86400 (Second since midnight), expected a time of one day: it has no text form; write an Arrow file with --output FILE.arrow',
      ],
    );
  }
});

function exactly(column: Column, type: DataType, row: number): unknown {
  if (!hasValue(column)(row)) return null;
  const out = new TextBytes(16);
  jsonCells(column, type, out, 'exact')(row);
  return decode(out.bytes.subarray(0, out.at));
}

const keys = texts('k', 'k');
const pairs: Column = {
  layout: 'list',
  type: MAP,
  length: 1,
  validity: null,
  offsets: Int32Array.of(0, 2),
  item: {
    layout: 'struct',
    type: MAP.kind === 'Map' ? MAP.entries.type : MAP,
    length: 2,
    validity: null,
    children: [keys, { ...numbers(INT64, Float64Array.of(1, 2)), validity: Uint8Array.of(0b01) }],
  },
};

test('documents lose nothing: big integers and what is not finite are strings, maps are pairs, nulls are written', () => {
  assert.deepEqual(
    [
      exactly(numbers(INT64, BigInt64Array.of(2n ** 53n)), INT64, 0),
      exactly(numbers(INT64, BigInt64Array.of(-(2n ** 53n) + 1n)), INT64, 0),
      exactly(numbers({ kind: 'Float64' }, Float64Array.of(Number.NaN)), { kind: 'Float64' }, 0),
      exactly(numbers({ kind: 'Float64' }, Float64Array.of(Number.NEGATIVE_INFINITY)), { kind: 'Float64' }, 0),
      exactly(pairs, MAP, 0),
    ],
    ['"9007199254740992"', '-9007199254740991', '"NaN"', '"-inf"', '[["k",1],["k",null]]'],
  );
  const decimal: DataType = { kind: 'Decimal128', precision: 38, scale: 2 };
  const values: Column = { layout: 'decimal', type: decimal, length: 2, validity: null, values: [150n, 10n ** 20n] };
  assert.deepEqual([exactly(values, decimal, 0), exactly(values, decimal, 1)], ['1.50', '"1000000000000000000.00"']);
});

test('people see nested values in the notation of the engine, with strings quoted and nulls named', () => {
  assert.equal(displayCells(pairs, MAP)(0), '{"k": 1, "k": NULL}');
  assert.equal(displayCells(texts('a "b"'), UTF8)(0), 'a "b"');
  const struct: DataType = { kind: 'Struct', fields: [field('a', INT64), field('b', UTF8)] };
  const column: Column = {
    layout: 'struct',
    type: struct,
    length: 1,
    validity: null,
    children: [numbers(INT64, Float64Array.of(-1)), texts('x\n')],
  };
  assert.equal(displayCells(column, struct)(0), '{a: -1, b: "x\\n"}');
  assert.equal(displayCells({ ...column, validity: Uint8Array.of(0) }, struct)(0), null);
});

test('a text of megabytes is cut off where nobody reads on', () => {
  assert.equal(displayCells(texts('x'.repeat(1 << 20)), UTF8)(0)?.length, 4096);
});
