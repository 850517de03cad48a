/**
 * SQL with placeholders, filled at random with columns and literals: `substr({str}, {int})`. `{a|b}` is one of the texts. The table
 * has columns of every type, with nulls and edge values.
 */
import type { ArrowValue } from '../../../src/wire/arrow/value-model.ts';
import { type Table, tableOf } from './judge.ts';
import type { Random } from './random-sql.ts';

type Pool = readonly ArrowValue[];

const TEXTS: Pool = [
  ...[
    '',
    ' ',
    'a',
    'abc',
    'ABC',
    'Hello World',
    '  pad  ',
    '%',
    '_',
    'a%b_c',
    '\\',
    '12',
    '-3.5',
    '1e3',
    'true',
    'NaN',
  ],
  ...[
    'é',
    'e\u0301',
    'ß',
    'İ',
    'ǅ',
    'Σας',
    '日本語',
    '\u{1f600}',
    'a\u{1f468}\u200d\u{1f469}b',
    '\n',
    'tab\there',
    'x,y,,z',
  ],
  ...[
    '2024-02-29',
    '2024-02-29T12:34:56.789Z',
    '12:34:56',
    '1 day',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    '\u0000',
    "it's",
    '0xff',
  ],
];
const INTS: Pool = [0, 1, 2, 3, -1, -2, 5, 7, 10, 100, -100];
const DAY = 86400;
const SECONDS: Pool = [
  0,
  1,
  -1,
  DAY,
  -DAY,
  951_782_400,
  1_709_208_000,
  1_711_850_400,
  1_729_990_800,
  4_102_444_800,
  -2_208_988_800,
];
const times = (unit: bigint, ...more: bigint[]): Pool => [
  ...SECONDS.map((value) => BigInt(value as number) * unit + (123n % unit)),
  ...more,
];

const nan = (bits: string): ArrowValue => ({ kind: 'nan', bits });
const FLOATS: Pool = [0, -0, 1, -1, 0.5, -2.5, 1.5, 0.1, 3.25, 1e10, -1e-10, Number.NaN, Infinity, -Infinity];

const COLUMNS: readonly (readonly [name: string, type: string, pool: Pool])[] = [
  ['nul', 'Null', [null]],
  ['bo', 'Boolean', [true, false]],
  ['i8', 'Int8', [...INTS, -128, 127]],
  ['i16', 'Int16', [...INTS, -32768, 32767]],
  ['i32', 'Int32', [...INTS, -2147483648, 2147483647]],
  ['i64', 'Int64', [...INTS, -9223372036854775808n, 9223372036854775807n, 9007199254740993n]],
  ['u8', 'UInt8', [0, 1, 2, 7, 255]],
  ['u16', 'UInt16', [0, 1, 2, 7, 65535]],
  ['u32', 'UInt32', [0, 1, 2, 7, 4294967295]],
  ['u64', 'UInt64', [0, 1, 2, 7, 18446744073709551615n, 9223372036854775808n]],
  ['f32', 'Float32', [...FLOATS.map((value) => Math.fround(value as number)), nan('ffc00000'), Math.fround(3.4e38)]],
  ['f64', 'Float64', [...FLOATS, nan('fff8000000000000'), 5e-324, 1.7976931348623157e308]],
  ['st', 'Utf8', TEXTS],
  ['ls', 'LargeUtf8', TEXTS],
  ['sv', 'Utf8View', TEXTS],
  [
    'bi',
    'Binary',
    [...['', 'a', 'abc', '\u00ff'].map((text) => new TextEncoder().encode(text)), Uint8Array.of(255, 0, 128)],
  ],
  [
    'bv',
    'BinaryView',
    [...['', 'a', 'a text of more than twelve'].map((text) => new TextEncoder().encode(text)), Uint8Array.of(254)],
  ],
  ['fb', 'FixedSizeBinary(3)', [Uint8Array.of(1, 2, 3), Uint8Array.of(97, 98, 99), Uint8Array.of(255, 255, 255)]],
  ['da', 'Date32', [0, 1, -1, 11016, 19782, 19783, 20088, 47482, -25567, 2932896, -719162]],
  ['db', 'Date64', times(1000n)],
  ['ts', 'Timestamp(Second, None)', SECONDS],
  ['tm', 'Timestamp(Millisecond, None)', times(1000n)],
  ['tu', 'Timestamp(Microsecond, None)', times(1_000_000n, -1n, 253_402_300_799_999_999n)],
  ['tn', 'Timestamp(Nanosecond, None)', times(1_000_000_000n, 9223372036854775807n, -9223372036854775808n)],
  ['tz', 'Timestamp(Microsecond, Some("America/New_York"))', times(1_000_000n)],
  ['te', 'Timestamp(Nanosecond, Some("+05:30"))', times(1_000_000_000n)],
  ['t3', 'Time32(Second)', [0, 1, 3661, 86399]],
  ['t4', 'Time32(Millisecond)', [0, 1, 3661123, 86399999]],
  ['t6', 'Time64(Microsecond)', [0, 1, 3661123456, 86399999999]],
  ['t9', 'Time64(Nanosecond)', [0, 1, 3661123456789, 86399999999999]],
  ['du', 'Duration(Second)', [0, 1, -1, 86400, 100000]],
  ['dn', 'Duration(Nanosecond)', [0, 1, -1, 86400000000000, 123456789]],
  [
    'iv',
    'Interval(MonthDayNano)',
    [
      { kind: 'monthDayNano', months: 1, days: 2, nanos: 3 },
      { kind: 'monthDayNano', months: 0, days: 0, nanos: 0 },
      { kind: 'monthDayNano', months: -1, days: 30, nanos: 86400000000000 },
      { kind: 'monthDayNano', months: 12, days: -1, nanos: -1 },
    ],
  ],
  ['d5', 'Decimal32(5, 2)', [0n, 1n, -1n, 150n, -99999n, 99999n]],
  ['d12', 'Decimal64(12, 3)', [0n, 1n, -1n, 1500n, 999999999999n, -999999999999n]],
  ['de', 'Decimal128(10, 2)', [0n, 1n, -1n, 150n, -250n, 9999999999n, -9999999999n, 12345n]],
  [
    'dw',
    'Decimal128(38, 10)',
    [0n, 1n, -15000000000n, 99999999999999999999999999999999999999n, 123456789012345678901234567890n],
  ],
  ['di', 'Decimal128(20, 0)', [0n, 1n, -7n, 18446744073709551615n, -9223372036854775808n]],
  ['dn', 'Decimal128(5, -2)', [0n, 1n, -7n, 99999n]],
  ['dh', 'Decimal256(50, 5)', [0n, 100000n, -12345n, 10n ** 49n]],
  ['ar', 'List(Int64)', [[], [1, 2, 3], [null], [3, 1, null, 3], [9223372036854775807n]]],
  ['as', 'List(Utf8)', [[], ['a', 'b'], [null, ''], ['a', 'a', 'é'], ['x']]],
  ['af', 'List(Float64)', [[], [1.5, -0, 0], [null, Number.NaN], [2]]],
  ['aa', 'List(List(Int64))', [[], [[1], [2, 3]], [null, []], [[null]]]],
  ['al', 'LargeList(Int64)', [[], [1, 2], [null, 5]]],
  [
    'ax',
    'FixedSizeList(2 x Int64)',
    [
      [1, 2],
      [null, 3],
      [0, 0],
    ],
  ],
  [
    'sr',
    'Struct("a": Int64, "b": Utf8)',
    [
      {
        kind: 'struct',
        fields: [
          ['a', 1],
          ['b', 'x'],
        ],
      },
      {
        kind: 'struct',
        fields: [
          ['a', null],
          ['b', ''],
        ],
      },
      {
        kind: 'struct',
        fields: [
          ['a', -5],
          ['b', null],
        ],
      },
    ],
  ],
  [
    'mp',
    'Map("entries": non-null Struct("key": non-null Utf8, "value": Int64), unsorted)',
    [
      {
        kind: 'map',
        entries: [
          ['a', 1],
          ['b', null],
        ],
      },
      { kind: 'map', entries: [] },
      { kind: 'map', entries: [['b', 2]] },
    ],
  ],
  ['dc', 'Dictionary(Int32, Utf8)', ['a', 'b', '', 'a', 'é']],
];

/** Every seventh row is null in each column. `edges` false leaves all nulls away. */
export function typedTable(random: Random, rows: number, nulls = true): Table {
  return tableOf(
    COLUMNS.filter(([name], i) => COLUMNS.findIndex(([other]) => other === name) === i).map(([name, type, pool]) => [
      name,
      type,
      Array.from({ length: rows }, () => (nulls && random.below(7) === 0 ? null : random.pick(pool))),
    ]),
  );
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const HOLES = new Map<string, readonly string[]>([
  ['int', ['i8', 'i16', 'i32', 'i64', 'i64', 'u8', 'u32', 'u64', '0', '1', '-1', '2', '3', '-2', '5', 'NULL']],
  ['small', ['0', '1', '2', '3', '-1', '-2', '5', '10', 'i8', 'NULL']],
  ['float', ['f32', 'f64', 'f64', '0.5', '-1.5', '0.0', 'NULL']],
  [
    'dec',
    [
      'de',
      'dw',
      'di',
      'd5',
      'd12',
      'dh',
      "arrow_cast('1.25', 'Decimal128(10, 2)')",
      "arrow_cast('-7', 'Decimal128(3, 0)')",
    ],
  ],
  ['str', ['st', 'st', 'ls', 'sv', ...['a', 'b', '', 'abc', ' ', 'é', 'Hello', 'l', '%a%'].map(quote), 'NULL']],
  ['col', ['st', 'ls', 'sv']],
  ['bool', ['bo', 'bo', 'TRUE', 'FALSE', 'NULL']],
  ['bin', ['bi', 'bv', 'fb']],
  ['date', ['da', 'db']],
  ['ts', ['ts', 'tm', 'tu', 'tn', 'tz', 'te']],
  ['time', ['t3', 't4', 't6', 't9']],
  ['dur', ['du', 'dn']],
  ['iv', ['iv', "INTERVAL '1 month'", "INTERVAL '1 day 2 hours'", "INTERVAL '-3 months 5 days'"]],
  ['list', ['ar', 'as', 'af', 'aa', 'al', 'ax', '[1, 2, 3]', "['a', 'b']", '[]', '[NULL]']],
  ['any', COLUMNS.map(([name]) => name)],
]);
HOLES.set('num', [...(HOLES.get('int') ?? []), ...(HOLES.get('float') ?? [])]);
HOLES.set('lit', [
  "'a'",
  '1',
  '1.5',
  'TRUE',
  'NULL',
  "DATE '2024-02-29'",
  "TIMESTAMP '2024-02-29 12:34:56'",
  "X'ff00'",
]);

/** One filling of the template. */
export function fill(template: string, random: Random): string {
  return template.replace(/\{([^{}]+)\}/g, (_, hole: string) => {
    const pool = HOLES.get(hole);
    return pool === undefined ? random.pick(hole.split('|')) : random.pick(pool);
  });
}
