/** Text as each type of a given schema, held against the engine's own reader: values, nulls, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CsvOptions, openCsv } from '../../src/io/csv.ts';
import type { DataType, TimeUnit } from '../../src/wire/arrow/types.ts';
import { DfxError } from '../../src/wire/errors.ts';
import { type Answer, askEngine } from './csv-engine.ts';
import { Random, schemaOf } from './csv-fuzz.ts';
import { shown } from './shown.ts';

const encoder = new TextEncoder();

const INTEGERS = [
  ...[
    '0',
    '-0',
    '+0',
    '127',
    '128',
    '-128',
    '-129',
    '255',
    '256',
    '32767',
    '32768',
    '-32768',
    '-32769',
    '65535',
    '65536',
  ],
  ...['2147483647', '2147483648', '-2147483648', '-2147483649', '4294967295', '4294967296', '9007199254740993'],
  ...['9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809'],
  ...['18446744073709551615', '18446744073709551616', ' 7', '7 ', '+7', '--7', '1.0', '0000000000000000000000012'],
  ...[
    '1e3',
    '\u00a07',
    '\t8',
    '\v8',
    '-',
    '+',
    '"12"',
    '"1""2"',
    '" 5 "',
    '12345678',
    '123456789',
    '1234567890123456',
    'x',
  ],
];
const FLOATS = [
  ...[
    '1.5',
    '1e400',
    '-inf',
    '+Inf',
    'NaN',
    '-nan',
    '.5',
    '5.',
    '.',
    '1e',
    'e5',
    '0x10',
    '1_0',
    ' 2.5 ',
    '3.4028235e38',
  ],
  ...[
    '3.4028236e38',
    '3.4028235677973366e38',
    '1e-46',
    '1.17549429e-38',
    '1.1754943e-38',
    '16777217',
    'infinity',
    'INFINITY',
    'in',
  ],
  ...[
    '1.00000005960464478',
    '1.00000005960464477539',
    '7.0064923216240854e-46',
    '1e-45',
    '-0.0',
    '"2.5"',
    '1.7976931348623159e308',
  ],
  ...[
    '0.1',
    '123456789012345678901234567890',
    '0.000000000000000000000000000001',
    '2.2250738585072011e-308',
    '9007199254740993',
  ],
];
const BOOLEANS = ['true', 'TRUE', 'False', 'fAlSe', 't', '1', 'yes', ' true', 'truee', '"true"', 'falsx'];
const DATES = [
  ...[
    '2020-02-29',
    '2019-02-29',
    '1900-02-29',
    '2000-02-29',
    '2020-2-9',
    '2020-12-9',
    '2020-2-19',
    '20200229',
    '+10000-01-01',
  ],
  ...[
    '-0001-01-01',
    '2020-01-1x',
    '2020-01-01T10:00:00',
    '2020-01-01T23:00:00-05:00',
    '0000-01-01',
    '9999-12-31',
    '2020-13-01',
  ],
  ...[
    '2020-00-01',
    '2020-01-00',
    '2020-01-32',
    '2020-04-31',
    '2020/01/01',
    '+5877641-06-23',
    '2020-01-01 ',
    '2020-1-1ab',
    '2020-1-1a',
  ],
  ...['"2020-01-01"', 'x', '1', '-5', '1582-10-15', '0001-01-01', '1969-12-31', '1970-01-01', '2020-1-1', '2020-01-1'],
];
const INSTANTS = [
  ...[
    '2020-01-01',
    '2020-01-01T10:11:12',
    '2020-01-01 10:11:12',
    '2020-01-01t10:11:12',
    '2020-01-01T10:11:12Z',
    '2020-01-01T10:11:12z',
  ],
  ...[
    '2020-01-01T10:11:12.1',
    '2020-01-01T10:11:12.123',
    '2020-01-01T10:11:12.1234567',
    '2020-01-01T10:11:12.123456789',
  ],
  ...[
    '2020-01-01T10:11:12.1234567891',
    '2020-01-01T10:11:12.12345678912345',
    '2020-01-01T10:11:12.',
    '2020-01-01T10:11:12.5Z',
  ],
  ...[
    '2020-01-01T10:11:12+01:00',
    '2020-01-01T10:11:12.25-0530',
    '2020-01-01T10:11:12+02',
    '2020-01-01T10:11:12 +01:00',
  ],
  ...[
    '2020-01-01T24:00:00',
    '2020-01-01T23:59:60',
    '2020-01-01T23:59:60.5',
    '2020-01-01T10:60:00',
    '2020-01-01T101112',
  ],
  ...[
    '2020-01-01T1011121',
    '2020-01-01T101112Z',
    '2020-01-01T10:11',
    '2020-01-01T',
    '2020-01-01x10:11:12',
    '2019-02-29T00:00:00',
  ],
  ...['1677-09-21T00:12:44', '1677-09-21T00:12:43', '1677-09-21T00:12:43.145224192', '2262-04-11T23:47:16.854775807'],
  ...[
    '2262-04-11T23:47:16.854775808',
    '2262-04-11T23:47:16',
    '2262-04-11T23:47:15',
    '0001-01-01T00:00:00',
    '9999-12-31T23:59:59.999999999',
  ],
  ...[
    '1969-12-31T23:59:59.999',
    '1969-12-31T23:59:59.9999999',
    ' 2020-01-01',
    '2020-01-01 ',
    '"2020-01-01 01:02:03"',
    '2020-01-01T10:11:12 UTC',
  ],
  ...[
    '2020-01-01T10:11:12+1',
    '2020-01-01T10:11:12+25:00',
    '2020-01-01T1x:11:12',
    '2020-1-1T10:11:12',
    '2020-01-01T10-11-12',
  ],
];
const TIMES = [
  ...[
    '9:26',
    '09:26:56',
    '09:26:56.123456789',
    '9:26 PM',
    '12:00 am',
    '13:00 pm',
    '24:00',
    '23:59:60',
    '23:59:60.5',
    '86399',
    '-1',
  ],
  ...[
    '9:2',
    '09:26:56.1234567891',
    '1:2:3',
    '+5',
    '09:26:56.',
    '0:00',
    '00:00 PM',
    '12:30:15.5 Pm',
    '2147483648',
    '9:26:56x',
    'x',
    '09:26:5',
  ],
];
const DECIMALS = [
  ...[
    '1',
    '1.234',
    '-0.5',
    '12345678.9',
    '123456789.1',
    '1e3',
    '1.5e-2',
    '.5',
    '5.',
    '.',
    '-',
    '1e',
    '0.000',
    '00012.3',
    '+3.25',
  ],
  ...[
    '1e-10',
    '9e9',
    '1.23E+2',
    '99999999.99',
    '1-',
    ' 1',
    '0.1e1',
    '1e0',
    '12e-1',
    '100e-2',
    '0e5',
    '12345',
    '99999.9',
    '-99999',
  ],
  ...[
    '0.0049',
    '1234567890123456789012345678.12',
    '12345678901234567890123456789012345678',
    '"1.5"',
    'x',
    '1.2.3',
    '1e1.5',
    '0.00001',
  ],
];

const UNITS: readonly (readonly [TimeUnit, string])[] = [
  ['Second', 's'],
  ['Millisecond', 'ms'],
  ['Microsecond', 'us'],
  ['Nanosecond', 'ns'],
];

interface Case {
  readonly type: DataType;
  readonly name: string;
  readonly texts: readonly string[];
}

const simple = (kind: string, name: string, texts: readonly string[]): Case => ({
  type: { kind } as DataType,
  name,
  texts,
});

const CASES: readonly Case[] = [
  ...['Int8', 'Int16', 'Int32', 'Int64', 'UInt8', 'UInt16', 'UInt32', 'UInt64'].map((kind) =>
    simple(kind, kind.toLowerCase(), INTEGERS),
  ),
  simple('Float32', 'float', FLOATS),
  simple('Float64', 'double', FLOATS),
  simple('Boolean', 'bool', BOOLEANS),
  simple('Date32', 'date32', DATES),
  simple('Date64', 'date64', [...DATES, ...INSTANTS.slice(0, 12)]),
  simple('Utf8', 'string', ['x', '"a""b"', 'é', ' ', 'x"y']),
  simple('Utf8View', 'string_view', ['x', 'a text that is longer than twelve bytes', '"a""b"']),
  simple('LargeUtf8', 'large_string', ['x']),
  simple('Binary', 'binary', ['x']),
  simple('Null', 'null', ['', 'x', '1']),
  ...UNITS.map(
    ([unit, short]): Case => ({
      type: { kind: 'Timestamp', unit, timezone: null },
      name: `timestamp[${short}]`,
      texts: INSTANTS,
    }),
  ),
  ...['UTC', '+05:30', '-0800'].map(
    (timezone): Case => ({
      type: { kind: 'Timestamp', unit: 'Microsecond', timezone },
      name: `timestamp[us, tz=${timezone}]`,
      texts: INSTANTS.slice(0, 30),
    }),
  ),
  ...UNITS.map(
    ([unit, short], i): Case => ({
      type: { kind: i < 2 ? 'Time32' : 'Time64', unit },
      name: `time${i < 2 ? 32 : 64}[${short}]`,
      texts: TIMES,
    }),
  ),
  ...(
    [
      ['Decimal128', 10, 2],
      ['Decimal128', 38, 10],
      ['Decimal128', 5, 0],
      ['Decimal256', 60, 3],
      ['Decimal32', 9, 2],
      ['Decimal64', 18, 4],
    ] as const
  ).map(
    ([kind, precision, scale]): Case => ({
      type: { kind, precision, scale },
      name: `${kind.toLowerCase()}(${precision}, ${scale})`,
      texts: DECIMALS,
    }),
  ),
];

async function ours(text: Uint8Array, options: CsvOptions): Promise<Answer> {
  try {
    const table = await openCsv(text, options);
    const columns: (string | boolean | null)[][] = table.schema.fields.map(() => []);
    for await (const batch of table.read(
      table.schema.fields.map((_, i) => i),
      { kind: 'whole' },
    ).batches) {
      for (const [i, column] of batch.columns.entries()) columns[i]?.push(...shown(column));
    }
    return { columns };
  } catch (error) {
    if (error instanceof DfxError) return { error: `${error.code} ${error.message}` };
    throw error;
  }
}

function compare(label: string, mine: Answer, theirs: Answer | undefined): string[] {
  assert.ok(theirs !== undefined);
  if ((mine.error === undefined) !== (theirs.error === undefined)) {
    return [
      `${label}: ours ${mine.error ?? JSON.stringify(mine.columns)}, theirs ${theirs.error ?? JSON.stringify(theirs.columns)}`,
    ];
  }
  try {
    if (mine.error === undefined) assert.deepEqual(mine.columns, theirs.columns);
  } catch {
    return [`${label}: ours ${JSON.stringify(mine.columns)}, theirs ${JSON.stringify(theirs.columns)}`];
  }
  return [];
}

test('each type takes the texts that the engine takes, for the same values', { timeout: 120_000 }, async (t) => {
  const requests = CASES.flatMap(({ type, name, texts }) => {
    const one = texts.map((text) => ({ type, name, text: encoder.encode(`c0\n${text}\n`), label: `${name} ${text}` }));
    return [...one, { type, name, text: encoder.encode('c0,c1\n,1\n"",2\n'), label: `${name} null` }];
  });
  const answers = await askEngine(
    requests.map(({ text, name, label }) => ({ text, types: label.endsWith(' null') ? [name, 'int64'] : [name] })),
  );
  const differences: string[] = [];
  for (const [i, { type, text, label }] of requests.entries()) {
    const schema = label.endsWith(' null') ? schemaOf(type, 'Int64') : schemaOf(type);
    differences.push(...compare(label, await ours(text, { schema }), answers[i]));
  }
  t.diagnostic(`${requests.length - differences.length} of ${requests.length} texts equal`);
  assert.equal(differences.join('\n'), '');
});

test('columns of every type, batch after batch', { timeout: 120_000 }, async () => {
  const random = new Random(3);
  const good = new Map<Case, string[]>();
  for (const item of CASES) {
    const texts: string[] = [];
    for (const text of item.texts) {
      const read = await ours(encoder.encode(`c0\n${text}\n`), { schema: schemaOf(item.type) });
      if (read.error === undefined) texts.push(text);
    }
    if (texts.length > 0) good.set(item, texts);
  }
  const items = [...good.entries()];
  const rows = Array.from({ length: 9000 }, () =>
    items.map(([, texts]) => (random.below(10) === 0 ? '' : random.pick(texts))).join(),
  );
  const text = encoder.encode(`${items.map((_, i) => `c${i}`).join()}\n${rows.join('\n')}\n`);
  const [theirs] = await askEngine([{ text, types: items.map(([{ name }]) => name) }]);
  const mine = await ours(text, { schema: schemaOf(...items.map(([{ type }]) => type)) });
  assert.equal(mine.error, undefined);
  assert.equal(theirs?.error, undefined);
  for (const [i, [{ name }]] of items.entries()) assert.deepEqual(mine.columns?.[i], theirs?.columns?.[i], name);
});

// The engine heeds its `null_regex` when it infers a schema, not when it reads rows: there is nothing to compare a null text with.
test('delimiter, quote, escape and header are the engine’s', { timeout: 120_000 }, async () => {
  const random = new Random(21);
  const dialects = [
    { ours: { delimiter: ';' }, theirs: { delimiter: ';' } },
    { ours: { quote: "'" }, theirs: { quote: "'" } },
    { ours: { escape: '\\' }, theirs: { escape: '\\' } },
    { ours: { header: false }, theirs: { has_header: false } },
  ] as const;
  const cells = [
    'a',
    '"x,y"',
    "'p;q'",
    '"l1\nl2"',
    '"a\\"b"',
    '"\\\\"',
    'NULL',
    '"NULL"',
    '',
    '""',
    'it"s',
    '"q"z',
    "''",
    'ä',
  ];
  const requests = Array.from({ length: 200 }, () => {
    const dialect = random.pick(dialects);
    const delimiter = 'delimiter' in dialect.ours ? dialect.ours.delimiter : ',';
    const rows = Array.from(
      { length: 1 + random.below(6) },
      () => `${random.pick(cells)}${delimiter}${random.pick(cells)}`,
    );
    return { dialect, text: encoder.encode(`c0${delimiter}c1\n${rows.join('\n')}\n`) };
  });
  const answers = await askEngine(
    requests.map(({ dialect, text }) => ({ text, types: ['string', 'string'], options: dialect.theirs })),
  );
  const differences: string[] = [];
  for (const [i, { dialect, text }] of requests.entries()) {
    const mine = await ours(text, { ...dialect.ours, schema: schemaOf('Utf8', 'Utf8') });
    differences.push(
      ...compare(`${JSON.stringify(new TextDecoder().decode(text))} ${JSON.stringify(dialect.ours)}`, mine, answers[i]),
    );
  }
  assert.equal(differences.join('\n'), '');
});
