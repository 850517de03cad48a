import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sliceRows } from '../../src/io/column-slice.ts';
import { type Column, type ColumnBatch, openInput, readArrow, WHOLE, writeArrow } from '../../src/io/index.ts';
import { nullColumn } from '../../src/io/null-column.ts';
import { ParquetEncoder } from '../../src/io/out/parquet.ts';
import type { DataType, Schema } from '../../src/wire/arrow/types.ts';
import { columnValues, type Shown } from './column-values.ts';

const ROWS = 23;
const all = Array.from({ length: ROWS }, (_, i) => i);
const validity = Uint8Array.from({ length: 3 }, (_, i) => [0b10110101, 0b01101111, 0b1011011][i] ?? 0);
const words = all.map((i) => ['', 'ä', 'a longer text than a view holds, ', 'z'][i % 4] + 'x'.repeat(i % 3));
const bytes = words.map((word) => Buffer.from(word));
const offsets = Int32Array.from({ length: ROWS + 1 }, (_, i) =>
  bytes.slice(0, i).reduce((sum, { length }) => sum + length, 0),
);
const data = new Uint8Array(Buffer.concat(bytes));
const numbers: Column = {
  layout: 'numeric',
  type: { kind: 'Int64' },
  length: ROWS,
  validity,
  values: Float64Array.from(all, (i) => i - 7),
};
const item = { name: 'item', type: { kind: 'Int64' }, nullable: true, metadata: [] } as const;
const ends = Int32Array.from({ length: ROWS + 1 }, (_, i) => Math.min(i, ROWS));

const text = (kind: 'Utf8' | 'LargeUtf8' | 'Utf8View' | 'Binary' | 'LargeBinary' | 'BinaryView'): Column => ({
  layout: 'string',
  type: { kind },
  length: ROWS,
  validity: null,
  offsets,
  data,
});

const list = (type: DataType): Column => ({
  layout: 'list',
  type,
  length: ROWS,
  validity,
  offsets: ends,
  item: numbers,
});

const columns: readonly Column[] = [
  numbers,
  {
    layout: 'numeric',
    type: { kind: 'Float64' },
    length: ROWS,
    validity: null,
    values: Float64Array.from(all, (i) => i / 3),
  },
  { layout: 'boolean', type: { kind: 'Boolean' }, length: ROWS, validity, bits: validity },
  text('Utf8'),
  text('LargeUtf8'),
  text('Utf8View'),
  text('Binary'),
  text('LargeBinary'),
  text('BinaryView'),
  {
    layout: 'decimal',
    type: { kind: 'Decimal128', precision: 38, scale: 2 },
    length: ROWS,
    validity,
    values: all.map((i) => BigInt(i) << 70n),
  },
  list({ kind: 'List', item }),
  list({ kind: 'LargeList', item }),
  list({ kind: 'ListView', item }),
  list({ kind: 'LargeListView', item }),
  {
    layout: 'struct',
    type: { kind: 'Struct', fields: [item] },
    length: ROWS,
    validity,
    children: [numbers],
  },
  {
    layout: 'dictionary',
    type: { kind: 'Dictionary', key: { kind: 'Int8' }, value: { kind: 'Utf8' } },
    length: ROWS,
    validity,
    indices: Int32Array.from(all, (i) => (i * 5) % ROWS),
    values: text('Utf8'),
  },
];

function schemaOf(type: DataType): Schema {
  return { fields: [{ name: 'c', type, nullable: true, metadata: [] }], metadata: [] };
}

async function valuesOf(input: Uint8Array): Promise<Shown[]> {
  const table = await openInput(input);
  const values: Shown[] = [];
  for await (const batch of table.read([0], WHOLE).batches) values.push(...batch.columns.flatMap(columnValues));
  return values;
}

for (const column of columns) {
  test(`slices of ${column.type.kind} that start within their buffers are written as they are`, async () => {
    const wanted = columnValues(column);
    const schema = schemaOf(column.type);
    for (const cuts of [
      [0, 23],
      [0, 1, 9, 23],
      [0, 8, 16, 23],
      [3, 5, 5, 20],
    ]) {
      const batches = cuts.slice(1).map((end, i): ColumnBatch => {
        const slice = sliceRows(column, cuts[i] ?? 0, end);
        return { length: slice.length, columns: [slice] };
      });
      const expected = wanted.slice(cuts[0], cuts.at(-1));
      for (const form of ['file', 'stream'] as const) {
        assert.deepEqual(await valuesOf(writeArrow(schema, batches, form)), expected);
      }
      const encoder = new ParquetEncoder(schema, 10);
      const parquet = [...batches.flatMap((batch) => encoder.batch(batch)), ...encoder.end()];
      assert.deepEqual(await valuesOf(Buffer.concat(parquet)), expected);
    }
  });
}

test('intervals of all three units keep their parts', () => {
  const rest = Float64Array.of(1, -1, 2 ** 53 - 1);
  const base = { layout: 'interval', length: 3, validity: null, days: Int32Array.of(1, -2, 3) } as const;
  for (const column of [
    { ...base, type: { kind: 'Interval', unit: 'MonthDayNano' }, months: Int32Array.of(-5, 0, 7), rest },
    {
      ...base,
      type: { kind: 'Interval', unit: 'DayTime' },
      months: new Int32Array(3),
      rest: Float64Array.of(1, -1, 2 ** 31 - 1),
    },
    {
      layout: 'numeric',
      type: { kind: 'Interval', unit: 'YearMonth' },
      length: 3,
      validity: null,
      values: Int32Array.of(14, -1, 0),
    },
  ] satisfies Column[]) {
    const written = writeArrow(schemaOf(column.type), [{ length: 3, columns: [column] }], 'stream');
    const { schema, batches } = readArrow(written);
    assert.deepEqual(schema.fields[0]?.type, column.type);
    assert.deepEqual(
      [...batches()].flatMap((batch) => batch.columns.flatMap(columnValues)),
      columnValues(column),
    );
  }
});

test('nulls of a fixed size that have no items, and members of a sparse union that have no values', () => {
  const int8 = { name: 'i', type: { kind: 'Int8' }, nullable: true, metadata: [] } as const;
  const fixed: DataType = { kind: 'FixedSizeList', item: int8, size: 2 };
  const lists: Column = {
    layout: 'list',
    type: fixed,
    length: 3,
    validity: Uint8Array.of(0),
    offsets: new Int32Array(4),
    item: nullColumn(int8.type, 0),
  };
  const text = { name: 's', type: { kind: 'Utf8' }, nullable: true, metadata: [] } as const;
  const sparse: DataType = {
    kind: 'Union',
    mode: 'Sparse',
    fields: [
      { id: 0, field: int8 },
      { id: 1, field: text },
      { id: 2, field: { ...text, name: 'l', type: fixed } },
    ],
  };
  const union: Column = {
    layout: 'union',
    type: sparse,
    length: 3,
    validity: null,
    typeIds: Int8Array.of(0, 0, 0),
    offsets: Int32Array.of(1, 0, 1),
    children: [
      { layout: 'numeric', type: int8.type, length: 2, validity: null, values: Int8Array.of(7, -7) },
      nullColumn(text.type, 0),
      nullColumn(fixed, 0),
    ],
  };
  for (const [column, expected] of [
    [lists, [null, null, null]],
    [
      union,
      [
        ['0', '-7'],
        ['0', '7'],
        ['0', '-7'],
      ],
    ],
  ] as const) {
    const written = writeArrow(schemaOf(column.type), [{ length: 3, columns: [column] }], 'stream');
    const { schema, batches } = readArrow(written);
    assert.deepEqual(schema.fields[0]?.type, column.type);
    assert.deepEqual(
      [...batches()].flatMap((batch) => batch.columns.flatMap(columnValues)),
      expected,
    );
  }
});
