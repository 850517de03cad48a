/** Tables with a column of every type that aggregates and windows take: mild values, edges, ties and nulls. */
import type { ArrowValue } from '../../../../src/wire/arrow/value-model.ts';
import { type Table, tableOf } from '../judge.ts';
import type { Random } from '../random-sql.ts';

export interface TypedColumn {
  readonly name: string;
  readonly type: string;
  readonly mild: readonly ArrowValue[];
  readonly edges: readonly ArrowValue[];
}

const utf8 = new TextEncoder();
const bytes = (text: string): Uint8Array => utf8.encode(text);
const TEXTS: readonly string[] = ['a', 'ab', 'b', 'B', 'z', 'abc'];
const ODD_TEXTS: readonly string[] = ['', 'ä', 'a\u{1f600}', '\u{ff5e}', '日本', ' a'];
const NEGATIVE_NAN: ArrowValue = { kind: 'nan', bits: 'fff8000000000000' };
const NEGATIVE_NAN_32: ArrowValue = { kind: 'nan', bits: 'ffc00000' };

export const TYPED_COLUMNS: readonly TypedColumn[] = [
  { name: 'i8', type: 'Int8', mild: [1, 2, 3, -4], edges: [-128, 127, 0] },
  { name: 'i16', type: 'Int16', mild: [1, 2, 30, -4], edges: [-32768, 32767, 0] },
  { name: 'i32', type: 'Int32', mild: [1, 2, 3, -4, 70000], edges: [-2147483648, 2147483647, 0] },
  {
    name: 'i64',
    type: 'Int64',
    mild: [1, 2, 3, -4, 5000000000],
    edges: [-9223372036854775808n, 9223372036854775807n, 9007199254740991, 9007199254740993n, -1],
  },
  { name: 'u8', type: 'UInt8', mild: [1, 2, 3], edges: [255, 0] },
  { name: 'u16', type: 'UInt16', mild: [1, 2, 3], edges: [65535, 0] },
  { name: 'u32', type: 'UInt32', mild: [1, 2, 3], edges: [4294967295, 0, 2147483648] },
  { name: 'u64', type: 'UInt64', mild: [1, 2, 3, 77], edges: [18446744073709551615n, 0, 9007199254740993n] },
  {
    name: 'f32',
    type: 'Float32',
    mild: [1.5, 2.25, -3, 0.5],
    edges: [0, -0, NaN, Infinity, -Infinity, NEGATIVE_NAN_32],
  },
  {
    name: 'f64',
    type: 'Float64',
    mild: [1.5, 2.1, -3.7, 0.1, 12345.678],
    edges: [0, -0, NaN, Infinity, -Infinity, 1e300, 5e-324, NEGATIVE_NAN],
  },
  { name: 'g64', type: 'Float64', mild: [0.3, 7.7, -1.25, 2, 100.01], edges: [0, -0, 1e15] },
  { name: 'dec', type: 'Decimal128(10, 2)', mild: [150n, -275n, 1n, 100n], edges: [9999999999n, -9999999999n, 0n] },
  {
    name: 'big',
    type: 'Decimal128(38, 4)',
    mild: [12345n, -5n, 7n],
    edges: [99999999999999999999999999999999999999n, -99999999999999999999999999999999999999n],
  },
  { name: 'wide', type: 'Decimal256(50, 3)', mild: [12345n, -5n, 7n], edges: [10n ** 49n, -(10n ** 49n)] },
  { name: 'p', type: 'Boolean', mild: [true, false], edges: [true] },
  { name: 'q', type: 'Boolean', mild: [true, false, true], edges: [false] },
  { name: 's', type: 'Utf8', mild: TEXTS, edges: ODD_TEXTS },
  { name: 'ls', type: 'LargeUtf8', mild: TEXTS, edges: ODD_TEXTS },
  { name: 'sv', type: 'Utf8View', mild: TEXTS, edges: [...ODD_TEXTS, 'a text longer than twelve bytes'] },
  {
    name: 'bin',
    type: 'Binary',
    mild: TEXTS.map(bytes),
    edges: [new Uint8Array(0), Uint8Array.of(255, 0), Uint8Array.of(0)],
  },
  { name: 'bv', type: 'BinaryView', mild: TEXTS.map(bytes), edges: [new Uint8Array(0), Uint8Array.of(255, 0)] },
  { name: 'd', type: 'Date32', mild: [0, 10, 19000, -5], edges: [2932896, -719162] },
  { name: 'd64', type: 'Date64', mild: [0, 86400000, 864000000], edges: [-86400000] },
  { name: 't32', type: 'Time32(Second)', mild: [0, 1, 3600], edges: [86399] },
  { name: 'tm', type: 'Time64(Nanosecond)', mild: [0, 1, 3600000000000], edges: [86399999999999] },
  {
    name: 'ts',
    type: 'Timestamp(Nanosecond, None)',
    mild: [0, 1, 1600000000000000000n],
    edges: [-1, 9223372036854775807n],
  },
  { name: 'tz', type: 'Timestamp(Microsecond, Some("UTC"))', mild: [0, 1, 1600000000000000], edges: [-1] },
  { name: 'dur', type: 'Duration(Second)', mild: [1, 2, 3600, -7], edges: [0, 9223372036854775807n] },
  {
    name: 'iv',
    type: 'Interval(MonthDayNano)',
    mild: [
      { kind: 'monthDayNano', months: 1, days: 0, nanos: 0 },
      { kind: 'monthDayNano', months: 0, days: 30, nanos: 5 },
    ],
    edges: [{ kind: 'monthDayNano', months: -1, days: 40, nanos: -3 }],
  },
  { name: 'n', type: 'Null', mild: [null], edges: [null] },
];

export interface TableShape {
  readonly rows: number;
  readonly edges: boolean;
  readonly nulls: number;
}

/** `k` has every value once, in random order; `tie` few values, `part` three. */
export function typedTable(random: Random, { rows, edges, nulls }: TableShape): Table {
  const order = Array.from({ length: rows }, (_, i) => ({ i, at: random.next() })).sort((a, b) => a.at - b.at);
  const pickFrom = (values: readonly ArrowValue[]): readonly ArrowValue[] =>
    Array.from({ length: rows }, () => (random.next() < nulls ? null : random.pick(values)));
  return tableOf([
    ['k', 'Int64', order.map(({ i }) => i)],
    ['tie', 'Int64', pickFrom([1, 2, 3, 4])],
    ['part', 'Utf8', pickFrom(['x', 'y', 'z'])],
    ...TYPED_COLUMNS.map(
      (column) =>
        [column.name, column.type, pickFrom(edges ? [...column.mild, ...column.edges] : column.mild)] as const,
    ),
  ]);
}

export function typedTables(random: Random): Map<string, Table> {
  return new Map([
    ['edges', typedTable(random, { rows: 60, edges: true, nulls: 0.2 })],
    ['mild', typedTable(random, { rows: 300, edges: false, nulls: 0.1 })],
    ['full', typedTable(random, { rows: 100, edges: false, nulls: 0 })],
    ['few', typedTable(random, { rows: 5, edges: true, nulls: 0.3 })],
    ['one', typedTable(random, { rows: 1, edges: false, nulls: 0 })],
    ['nulls', typedTable(random, { rows: 7, edges: false, nulls: 1 })],
    ['empty', typedTable(random, { rows: 0, edges: false, nulls: 0 })],
  ]);
}
