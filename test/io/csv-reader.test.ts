/** The reader of CSV against the grammar, against correctly rounded numbers, and its messages. */
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { type Column, type ColumnBatch, valueAt } from '../../src/io/column.ts';
import { type CsvOptions, openCsv } from '../../src/io/csv.ts';
import type { DataType } from '../../src/wire/arrow/types.ts';
import { DfxError } from '../../src/wire/errors.ts';
import { Random, schemaOf } from './csv-fuzz.ts';
import { type ModelDialect, modelRecords, PLAIN } from './csv-model.ts';
import { shown } from './shown.ts';

const encoder = new TextEncoder();

async function columnsOf(bytes: Uint8Array, options: CsvOptions, indices?: readonly number[]): Promise<unknown[][]> {
  const table = await openCsv(bytes, options);
  const wanted = indices ?? table.schema.fields.map((_, i) => i);
  const columns: unknown[][] = wanted.map(() => []);
  for await (const batch of table.read(wanted, { kind: 'whole' }).batches) {
    batch.columns.forEach((column, slot) => {
      columns[slot]?.push(...shown(column));
    });
  }
  return columns;
}

async function errorOf(text: string | Uint8Array, options: CsvOptions): Promise<string> {
  try {
    await columnsOf(typeof text === 'string' ? encoder.encode(text) : text, options);
  } catch (error) {
    if (error instanceof DfxError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no error';
}

test('the kernel is what its sources give', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build-wasm.mjs', '--check'], { encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.equal(status, 0);
});

const DIALECTS: readonly { readonly options: CsvOptions; readonly model: ModelDialect }[] = [
  { options: {}, model: PLAIN },
  { options: { quote: "'", delimiter: ';' }, model: { delimiter: 59, quote: 39, escape: null } },
  { options: { escape: '\\' }, model: { ...PLAIN, escape: 92 } },
  { options: { escape: '"' }, model: { ...PLAIN, escape: 34 } },
];

test('random bytes are read as the grammar says, or refused', async () => {
  const random = new Random(99);
  let read = 0;
  for (let round = 0; round < 3000; round++) {
    const { options, model } = random.pick(DIALECTS);
    const width = 1 + random.below(3);
    const pool = random.pick(['a,\n', 'ab,"\n', 'a,"\n\r\\', `a;'\n`, 'aé,\n"', 'abcdefgh,\n', '"\n', ',\n\r']);
    const letters = encoder.encode(pool);
    // Whole rows now and then, so that texts of the right width aren't too rare.
    const row = encoder.encode(`${Array.from({ length: width }, () => 'xy').join(options.delimiter ?? ',')}\n`);
    const parts: number[] = [];
    const length = random.below(random.pick([10, 70, 300]));
    while (parts.length < length) {
      if (random.below(4) === 0) parts.push(random.pick([...letters]));
      else parts.push(...row);
    }
    const bytes = Uint8Array.from(parts);
    const records = modelRecords(bytes, model);
    const good = records.every((fields) => fields.length === width) && isUtf8(bytes);
    const schema = schemaOf(...Array.from({ length: width }, (): DataType => ({ kind: 'Utf8' })));
    const shownAs = `${JSON.stringify(new TextDecoder().decode(bytes))} ${JSON.stringify(options)} ${width}`;
    const given = { ...options, schema, header: false };
    if (!good) {
      assert.match(await errorOf(bytes, given), /^INPUT_ROW: row \d+ \(line \d+\)/, shownAs);
      continue;
    }
    read++;
    const expected = schema.fields.map((_, i) =>
      records.map((fields) => ((fields[i]?.length ?? 0) === 0 ? null : new TextDecoder().decode(fields[i]))),
    );
    assert.deepEqual(await columnsOf(bytes, given), expected, shownAs);
  }
  assert.ok(read > 700, `${read} texts were read`);
});

test('a record wider than the window, and a column of many bytes', async () => {
  const long = 'x'.repeat(3_000_000);
  const text = `${long},1\n"${long.replaceAll('x', 'y"" ').slice(0, 2_000_000)}",2\nz,3\n`;
  const [strings, numbers] = await columnsOf(encoder.encode(text), {
    schema: schemaOf('Utf8', 'Int64'),
    header: false,
  });
  assert.deepEqual(numbers, ['1', '2', '3']);
  assert.equal(strings?.[0], long);
  assert.equal(strings?.[1], 'y" '.repeat(500_000));
});

test('a thousand columns, of which the last is read', async () => {
  const row = `${Array.from({ length: 1000 }, (_, i) => i).join()}\n`;
  const schema = schemaOf(...Array.from({ length: 1000 }, (): DataType => ({ kind: 'Int64' })));
  const [last] = await columnsOf(encoder.encode(row.repeat(9000)), { schema, header: false }, [999]);
  assert.deepEqual(new Set(last), new Set(['999']));
  assert.equal(last?.length, 9000);
});

test('100,000 doubles of 1 to 25 digits are rounded correctly', async () => {
  const random = new Random(5);
  const digits = (count: number): string => Array.from({ length: count }, () => random.below(10)).join('');
  const texts = Array.from({ length: 100_000 }, () => {
    const sign = random.pick(['', '', '-', '+']);
    const point = random.pick(['', '.']);
    const exponent = random.pick([
      '',
      '',
      '',
      `e${random.below(400) - 200}`,
      `E-${random.below(360)}`,
      `e+${random.below(310)}`,
    ]);
    const whole = digits(1 + random.below(25));
    return point === ''
      ? `${sign}${whole}${exponent}`
      : `${sign}${random.pick(['0', whole, '', digits(2)])}.${whole}${exponent}`;
  });
  // Halfway between two doubles, and next to it.
  for (let i = 0; i < 2000; i++) {
    const low = BigInt(random.below(2 ** 31)) * 2n ** 22n + BigInt(random.below(2 ** 22)) + 2n ** 53n;
    const half = low * 2n ** 11n + 2n ** 10n;
    texts.push(String(half), String(half + 1n), String(half - 1n), `${half}.0001`, `${half}e-30`);
  }
  const bytes = encoder.encode(`${texts.join('\n')}\n`);
  const [values] = await columnsOf(bytes, { schema: schemaOf('Float64'), header: false });
  const view = new DataView(new ArrayBuffer(8));
  texts.forEach((text, i) => {
    view.setFloat64(0, Number(text));
    assert.equal(values?.[i], view.getBigUint64(0).toString(16).padStart(16, '0'), text);
  });
});

test('floats are the nearest to the text, not to its double', async () => {
  // 1 + 2^-24 + a little: its double lies halfway between two floats, its text doesn't.
  const texts = [
    '1.00000005960464478',
    '1.000000059604644776',
    '1.00000017881393432617187499',
    '16777217',
    '3.4028236e38',
  ];
  const [values] = await columnsOf(encoder.encode(`${texts.join('\n')}\n`), {
    schema: schemaOf('Float32'),
    header: false,
  });
  assert.deepEqual(values, ['3f800001', '3f800001', '3f800001', '4b800000', '7f800000']);
});

test('64-bit integers are doubles until one is not safe', async () => {
  const read = async (texts: readonly string[], kind: 'Int64' | 'UInt64'): Promise<readonly [string, unknown[]]> => {
    const table = await openCsv(encoder.encode(`${texts.join('\n')}\n`), { schema: schemaOf(kind), header: false });
    const columns: Column[] = [];
    for (const batch of table.read([0], { kind: 'whole' }).batches as Iterable<ColumnBatch>)
      columns.push(...batch.columns);
    const [column] = columns;
    assert.ok(column?.layout === 'numeric');
    return [column.values.constructor.name, texts.map((_, row) => valueAt(column, row))];
  };
  assert.deepEqual(await read(['1', '-9007199254740991', '-0', '+5', '""'], 'Int64'), [
    'Float64Array',
    [1, -9007199254740991, 0, 5, null],
  ]);
  assert.deepEqual(await read(['7', '""', ' 9', '9007199254740992', '-9223372036854775808', ' 3 '], 'Int64'), [
    'BigInt64Array',
    [7, null, 9, 9007199254740992n, -9223372036854775808n, 3],
  ]);
  assert.deepEqual(await read(['7', '18446744073709551615', '-0', '00000000000000000000000009'], 'UInt64'), [
    'BigUint64Array',
    [7, 18446744073709551615n, 0, 9],
  ]);
});

test('messages name file, row, line, column, value and type', async () => {
  const two = { schema: schemaOf('Int64', 'Float64') };
  assert.equal(await errorOf('a,b\n1,2\n3,x y\n', two), 'INPUT_ROW: row 2 (line 3), column "c1": "x y" is no Float64');
  assert.equal(
    await errorOf('a,b\n\n\n1,2\n\n"x",2\n', two),
    'INPUT_ROW: row 2 (line 6), column "c0": "\\"x\\"" is no Int64',
  );
  assert.equal(
    await errorOf('"a\nb",c\n9223372036854775808,1\n', two),
    'INPUT_ROW: row 1 (line 3), column "c0": "9223372036854775808" is no Int64',
  );
  assert.equal(await errorOf('a,b\n1,2\n3\n', two), 'INPUT_ROW: row 2 (line 3) has 1 field, expected 2');
  assert.equal(await errorOf('a,b\r\n1,2\r\n3,4,5\r\n', two), 'INPUT_ROW: row 2 (line 3) has 3 fields, expected 2');
  assert.equal(await errorOf('a\n1,2\n', two), 'INPUT_ROW: the header has 1 fields, expected 2');
  assert.equal(
    await errorOf(`a,b\n${'1,2\n'.repeat(9000)}3,${'z'.repeat(200)}\n`, two),
    `INPUT_ROW: row 9001 (line 9002), column "c1": ${JSON.stringify('z'.repeat(80))}… is no Float64`,
  );
  assert.equal(
    await errorOf(Uint8Array.of(49, 44, 50, 10, 255, 44, 51, 10), { ...two, header: false }),
    'INPUT_ROW: row 2 (line 2), column "c0": bytes that are not UTF-8',
  );
  assert.equal(
    await errorOf('a\n1\n', { schema: schemaOf('Binary') }),
    'UNSUPPORTED: column "c0" is of type Binary, which CSV can\'t be read as',
  );
  assert.equal(await errorOf('a\n', { quote: '""' }), 'USAGE: the CSV quote is "\\"\\"", expected one ASCII character');
  const table = await openCsv(encoder.encode('a,b\n1,2\n3,4\n5,x\n'), two);
  assert.throws(
    () => [
      ...(table.read([1], { kind: 'bytes', start: 8, end: 16, aligned: true }, { rows: 1, lines: 2 })
        .batches as Iterable<ColumnBatch>),
    ],
    { message: 'row 3 (line 4), column "c1": "x" is no Float64' },
  );
});

test('another null text leaves empty fields what they are', async () => {
  const options = { schema: schemaOf('Utf8', 'Int64'), header: false, nullText: 'NULL' };
  assert.deepEqual(await columnsOf(encoder.encode(',1\nNULL,NULL\n"NULL","2"\nNULLS,3\n'), options), [
    ['', null, null, 'NULLS'],
    ['1', null, '2', '3'],
  ]);
  assert.equal(await errorOf('x,\n', options), 'INPUT_ROW: row 1 (line 1), column "c1": "" is no Int64');
  const table = await openCsv(encoder.encode('a,b\nNULL,1\n2,NULL\n'), { nullText: 'NULL' });
  assert.deepEqual(
    table.schema.fields.map(({ type }) => type.kind),
    ['Int64', 'Int64'],
  );
});
