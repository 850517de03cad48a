/** Rows as the engine writes them to CSV, and floats as text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrowFloatText } from '../../src/expr/number-text.ts';
import type { Column, ColumnBatch, Values } from '../../src/io/column.ts';
import { openCsv } from '../../src/io/csv.ts';
import { CsvRows, formatFloat32, formatFloat64, selectedRows } from '../../src/io/csv-write.ts';
import type { DataType } from '../../src/wire/arrow/types.ts';
import { askEngine } from './csv-engine.ts';
import { Random, schemaOf } from './csv-fuzz.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function noOther(): never {
  throw new Error('a column that the kernel should have taken');
}

class Floats {
  private readonly view = new DataView(new ArrayBuffer(8));

  constructor(private readonly random: Random) {}

  double(): number {
    this.view.setUint32(0, this.random.below(2 ** 32));
    this.view.setUint32(4, this.random.below(2 ** 32));
    return this.view.getFloat64(0);
  }

  float(): number {
    this.view.setUint32(0, this.random.below(2 ** 32));
    return this.view.getFloat32(0);
  }
}

const EDGES = [
  ...[
    0, -0, 1, -1, 0.1, 0.3, 1e15, 1e16, 1e17, 1e-5, 1e-6, 0.00012, 5e-324, 1.7976931348623157e308, 100, 1e6, 1e22, 1e23,
  ],
  ...[
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2 ** 53 + 2,
    2 ** 51 + 0.5,
    2 ** 52,
    2 ** 53,
    2 ** 60,
  ],
  ...[
    2.2250738585072014e-308, 2.225073858507201e-308, 9.5, 123456789012345680, 1e-7, 12345678.9, 9999999999999998,
    9999999999999998e1,
  ],
];

test('the shortest text of 100,000 floats reads back, and is JavaScript’s', () => {
  const random = new Random(17);
  const floats = new Floats(random);
  const doubles = [
    ...EDGES,
    ...Array.from({ length: 2000 }, (_, i) => 2 ** (i - 1060)),
    ...Array.from({ length: 60_000 }, () => floats.double()),
    ...Array.from({ length: 20_000 }, () => random.below(1e9) / 10 ** random.below(12)),
    ...Array.from({ length: 20_000 }, () => random.below(2 ** 32) / 2 ** 32 + random.below(1000)),
  ];
  for (const value of doubles) {
    const text = formatFloat64(value);
    if (Number.isFinite(value)) assert.ok(Object.is(Number(text), value), `${value} as ${text}`);
    assert.equal(text, arrowFloatText(value, 64));
  }
  const singles = [
    ...EDGES.map(Math.fround),
    ...Array.from({ length: 277 }, (_, i) => 2 ** (i - 149)),
    ...Array.from({ length: 30_000 }, () => floats.float()),
  ];
  for (const value of singles) assert.equal(formatFloat32(value), arrowFloatText(value, 32));
});

const TYPES: readonly (readonly [DataType, string, (random: Random, floats: Floats) => string])[] = [
  [
    { kind: 'Int64' },
    'int64',
    (random) => String(BigInt.asIntN(64, BigInt(random.below(2 ** 32)) << BigInt(random.below(64)))),
  ],
  [
    { kind: 'Int64' },
    'int64',
    (random) => String(random.below(10 ** (1 + random.below(9))) * random.pick([1, -1, 1e6])),
  ],
  [{ kind: 'UInt64' }, 'uint64', (random) => String(BigInt.asUintN(64, -1n - BigInt(random.below(2 ** 32))))],
  [{ kind: 'Int32' }, 'int32', (random) => String(random.below(2 ** 32) - 2 ** 31)],
  [{ kind: 'Int16' }, 'int16', (random) => String(random.below(65536) - 32768)],
  [{ kind: 'Int8' }, 'int8', (random) => String(random.below(256) - 128)],
  [{ kind: 'UInt32' }, 'uint32', (random) => String(random.below(2 ** 32))],
  [{ kind: 'UInt16' }, 'uint16', (random) => String(random.below(65536))],
  [{ kind: 'UInt8' }, 'uint8', (random) => String(random.below(256))],
  [{ kind: 'Boolean' }, 'bool', (random) => random.pick(['true', 'false'])],
  [
    { kind: 'Float64' },
    'double',
    (random, floats) => exact(random.below(3) === 0 ? random.pick(EDGES) : floats.double()),
  ],
  [{ kind: 'Float64' }, 'double', (random) => String(random.below(2 ** 32) / 2 ** 32)],
  [{ kind: 'Float32' }, 'float', (_random, floats) => exact(floats.float())],
  [
    { kind: 'Utf8' },
    'string',
    (random) =>
      random.pick([
        'a',
        'x,y',
        'q"q',
        '"',
        'l\nl',
        'r\rr',
        ';',
        'ä\u{1f600}',
        ' ',
        'x'.repeat(40),
        `${'y'.repeat(30)}"`,
        "'",
      ]),
  ],
];

function exact(value: number): string {
  return Number.isFinite(value) ? value.toExponential(17) : String(value).replace('Infinity', 'inf');
}

test('rows are written byte for byte as the engine writes them', { timeout: 120_000 }, async () => {
  const random = new Random(23);
  const floats = new Floats(random);
  const lines = Array.from({ length: 9000 }, () =>
    TYPES.map(([, , make]) => (random.below(12) === 0 ? '' : `"${make(random, floats).replaceAll('"', '""')}"`)).join(),
  );
  const text = encoder.encode(`${TYPES.map((_, i) => `c${i}`).join()}\n${lines.join('\n')}\n`);
  const single = encoder.encode('c0\n1\n""\n3\n');
  const [all, one] = await askEngine([
    { text, types: TYPES.map(([, name]) => name), write: true },
    { text: single, types: ['int64'], write: true },
  ]);
  assert.equal(all?.error, undefined);
  const types = TYPES.map(([type]) => type);
  const written = await writtenBy(text, types, null);
  const theirs = Buffer.from(all?.csv ?? '', 'base64').toString('utf8');
  assert.equal(written, theirs);
  assert.equal(
    await writtenBy(single, [{ kind: 'Int64' }], null),
    Buffer.from(one?.csv ?? '', 'base64').toString('utf8'),
  );
});

async function writtenBy(
  text: Uint8Array,
  types: readonly DataType[],
  pick: ((length: number) => Uint32Array) | null,
): Promise<string> {
  const table = await openCsv(text, { schema: schemaOf(...types) });
  const writer = new CsvRows(types, noOther);
  let out = '';
  const indices = types.map((_, i) => i);
  for (const batch of table.read(indices, { kind: 'whole' }).batches as Iterable<ColumnBatch>) {
    out += decoder.decode(writer.encode(batch, pick === null ? null : pick(batch.length)));
  }
  return out;
}

test('picked rows are the lines of these rows, in their order', async () => {
  const lines = Array.from({ length: 3000 }, (_, i) => `${i},${i / 8},s${i % 7 === 0 ? '' : i}`);
  const text = encoder.encode(`c0,c1,c2\n${lines.join('\n')}\n`);
  const types: DataType[] = [{ kind: 'Int64' }, { kind: 'Float64' }, { kind: 'Utf8' }];
  const picked = Uint32Array.of(2999, 0, 5, 5, 1234);
  const written = await writtenBy(text, types, () => picked);
  const all = (await writtenBy(text, types, null)).split('\n');
  assert.equal(written, [...picked].map((row) => `${all[row]}\n`).join(''));
  assert.equal(await writtenBy(text, types, () => new Uint32Array(0)), '');
});

test('of few rows the values of every width are picked', () => {
  const validity = Uint8Array.of(0b11111011, 0xff);
  const numbers = (
    kind: 'Int64' | 'UInt64' | 'Float64' | 'Float32' | 'Int32' | 'UInt16' | 'Int8',
    values: Values,
  ): Column => ({
    layout: 'numeric',
    type: { kind },
    length: 10,
    validity,
    values,
  });
  const rows = Array.from({ length: 10 }, (_, i) => i);
  const columns = [
    numbers(
      'Int64',
      Float64Array.from(rows, (i) => -i),
    ),
    numbers(
      'Int64',
      BigInt64Array.from(rows, (i) => -(2n ** 62n) - BigInt(i)),
    ),
    numbers(
      'UInt64',
      BigUint64Array.from(rows, (i) => 2n ** 64n - 1n - BigInt(i)),
    ),
    numbers(
      'Float64',
      Float64Array.from(rows, (i) => i / 8),
    ),
    numbers(
      'Float32',
      Float32Array.from(rows, (i) => i / 4),
    ),
    numbers(
      'Int32',
      Int32Array.from(rows, (i) => -(2 ** 31) + i),
    ),
    numbers(
      'UInt16',
      Uint16Array.from(rows, (i) => 65535 - i),
    ),
    numbers(
      'Int8',
      Int8Array.from(rows, (i) => i - 128),
    ),
  ];
  const writer = new CsvRows(
    columns.map(({ type }) => type),
    noOther,
  );
  const batch = { length: 10, columns };
  const all = decoder.decode(writer.encode(batch)).split('\n');
  assert.equal(all[9], '-9,-4611686018427387913,18446744073709551606,1.125,2.25,-2147483639,65526,-119');
  assert.equal(all[2], ',,,,,,,');
  const few = Uint32Array.of(9, 2, 0);
  assert.equal(decoder.decode(writer.encode(batch, few)), `${all[9]}\n${all[2]}\n${all[0]}\n`);
});

test('slices of columns, other texts and other delimiters', () => {
  const data = encoder.encode('zzone;two"three');
  const strings: Column = {
    layout: 'string',
    type: { kind: 'Utf8' },
    length: 3,
    validity: Uint8Array.of(0b101),
    offsets: Int32Array.of(2, 6, 6, 15).subarray(0),
    data,
  };
  const days: Column = {
    layout: 'numeric',
    type: { kind: 'Date32' },
    length: 3,
    validity: null,
    values: Int32Array.of(0, 1, 2),
  };
  const writer = new CsvRows(
    [{ kind: 'Utf8' }, { kind: 'Date32' }],
    (column, at, rows) => {
      assert.equal(at, 1);
      assert.ok(column.layout === 'numeric');
      const texts = (rows === null ? [0, 1, 2] : [...rows]).map((row) => `day ${column.values[row]}`);
      return {
        offsets: Int32Array.from([0, 5, 10, 15].slice(0, texts.length + 1)),
        data: encoder.encode(texts.join('')),
      };
    },
    ';',
  );
  const batch: ColumnBatch = { length: 3, columns: [strings, days] };
  assert.equal(decoder.decode(writer.encode(batch)), '"one;";day 0\n;day 1\n"two""three";day 2\n');
  assert.equal(decoder.decode(writer.encode(batch, Uint32Array.of(2, 0))), '"two""three";day 2\n"one;";day 0\n');
  assert.equal(CsvRows.takes('\t'), true);
  assert.equal(CsvRows.takes('1'), false);
});

test('selected rows are those whose bit is set', () => {
  assert.deepEqual([...selectedRows(Uint8Array.of(0b10000101, 0xff), 11)], [0, 2, 7, 8, 9, 10]);
  assert.deepEqual([...selectedRows(new Uint8Array(4), 30)], []);
  assert.deepEqual([...selectedRows(Uint8Array.of(0b10000101, 0xff), 11, Uint8Array.of(0b100, 0b11))], [2, 8, 9]);
});
