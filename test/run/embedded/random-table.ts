/** The tables of the differential test: columns of many types, with mild values or with edges. */
import type { Column } from '../../../src/io/column.ts';
import { buildColumn } from '../../../src/run/embedded/build.ts';
import { parseDataType } from '../../../src/wire/arrow/index.ts';
import type { ArrowValue } from '../../../src/wire/arrow/value-model.ts';
import type { Table } from './judge.ts';
import type { Random } from './random-sql.ts';

interface TableColumn {
  readonly name: string;
  /** As text. */
  readonly type: string;
  readonly mild: readonly ArrowValue[];
  readonly edges: readonly ArrowValue[];
}

const NEGATIVE_NAN: ArrowValue = { kind: 'nan', bits: 'fff8000000000000' };
const NEGATIVE_NAN_32: ArrowValue = { kind: 'nan', bits: 'ffc00000' };
const FLOATS: readonly number[] = [
  0,
  -0,
  Number.NaN,
  Infinity,
  -Infinity,
  1.5,
  -2.5,
  5e-324,
  1.7976931348623157e308,
  1e16,
  0.1,
];
const ints = (...values: number[]): readonly ArrowValue[] => values;

function interval(months: number, days: number, nanos: number): ArrowValue {
  return { kind: 'monthDayNano', months, days, nanos };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const COLUMNS: readonly TableColumn[] = [
  { name: 'i8', type: 'Int8', mild: ints(1, 2, 3, -4, 7), edges: ints(-128, 127, 0, -1) },
  { name: 'i16', type: 'Int16', mild: ints(1, 2, 30, -4, 700), edges: ints(-32768, 32767, 0, -1) },
  { name: 'i32', type: 'Int32', mild: ints(1, 2, 3, -4, 70000), edges: ints(-2147483648, 2147483647, 0, -1) },
  {
    name: 'i64',
    type: 'Int64',
    mild: ints(1, 2, 3, -4, 5000000000),
    edges: [-9223372036854775808n, 9223372036854775807n, 0, -1, 9007199254740991, 9007199254740993n],
  },
  { name: 'j64', type: 'Int64', mild: ints(5, 2, 1, 9, 12), edges: [9007199254740992n, -1, 0, 3037000500] },
  { name: 'u8', type: 'UInt8', mild: ints(1, 2, 3, 4), edges: ints(0, 255) },
  { name: 'u16', type: 'UInt16', mild: ints(1, 2, 3, 400), edges: ints(0, 65535) },
  { name: 'u32', type: 'UInt32', mild: ints(1, 2, 3, 70000), edges: ints(0, 4294967295) },
  { name: 'u64', type: 'UInt64', mild: ints(1, 2, 3, 4), edges: [0, 18446744073709551615n, 9223372036854775808n] },
  {
    name: 'f32',
    type: 'Float32',
    mild: ints(1.5, 0.25, -3, 8),
    edges: [...FLOATS.map(Math.fround), NEGATIVE_NAN_32, 3.4e38],
  },
  { name: 'f64', type: 'Float64', mild: ints(1.5, 0.1, -3.25, 1e6), edges: [...FLOATS, NEGATIVE_NAN] },
  { name: 'g64', type: 'Float64', mild: ints(2, -0.5, 3, 12.75), edges: [...FLOATS, NEGATIVE_NAN] },
  { name: 'b', type: 'Boolean', mild: [true, false], edges: [true, false] },
  { name: 'c', type: 'Boolean', mild: [true, false], edges: [true, false] },
  {
    name: 's',
    type: 'Utf8',
    mild: ['1', '2', '-3', '40'],
    edges: ['', ' 1 ', 'x', '+5', '1e3', 'true', 'NaN', '-inf', '1.5', '99999999999999999999'],
  },
  {
    name: 'v',
    type: 'Utf8View',
    mild: ['a', '12', 'b c'],
    edges: ['', 'a text that is longer than twelve bytes', 'ä'],
  },
  { name: 'dec', type: 'Decimal128(10, 2)', mild: [150n, 200n, -325n], edges: [0n, 1n, 9999999999n, -9999999999n] },
  {
    name: 'dw',
    type: 'Decimal128(38, 10)',
    mild: [10000000000n, -25000000000n],
    edges: [0n, 5n, 99999999999999999999999999999999999999n, -123456789012345678901234567890n],
  },
  { name: 'd', type: 'Date32', mild: [0, 11016, 19782], edges: [-1, 19783, -25567, 2932896] },
  { name: 'e', type: 'Date64', mild: [0, 86400000, 1709164800000], edges: [-86400000, 253402214400000] },
  {
    name: 'ts',
    type: 'Timestamp(Nanosecond, None)',
    mild: [0, 1709210096123456789n, 951782400000000000n],
    edges: [-1, 9223372036854775807n, -9223372036854775808n, 1711850400000000000n],
  },
  {
    name: 'tz',
    type: 'Timestamp(Microsecond, Some("America/New_York"))',
    mild: [0, 1709210096123456],
    edges: [-1, 1710054000000000, 1730610000000000, 253402300799999999n],
  },
  { name: 'tm', type: 'Time64(Nanosecond)', mild: [0, 3661000000000], edges: [86399999999999, 1] },
  { name: 'du', type: 'Duration(Millisecond)', mild: [0, 1000, 86400000], edges: [-1, -86400001] },
  {
    name: 'iv',
    type: 'Interval(MonthDayNano)',
    mild: [interval(1, 0, 0), interval(0, 2, 3000000000)],
    edges: [interval(0, 0, 0), interval(-13, 40, -1)],
  },
  { name: 'bi', type: 'Binary', mild: [bytes('a'), bytes('b')], edges: [bytes(''), Uint8Array.of(255, 0)] },
  { name: 't', type: 'LargeUtf8', mild: ['a', 'b', 'ab', 'ä'], edges: ['', 'é', '\u{1f600}', 'zz', 'A'] },
];

/** Rows drawn from the mild values, or from these and the edges; nulls in about every sixth slot. */
export function makeTable(random: Random, rows: number, edges: boolean, nulls: boolean): Table {
  const columns = COLUMNS.map(({ type, mild, edges: sharp }): Column => {
    const pool = edges ? [...mild, ...sharp, ...sharp] : mild;
    return buildColumn(
      parseDataType(type),
      Array.from({ length: rows }, () => (nulls && random.below(6) === 0 ? null : random.pick(pool))),
    );
  });
  const fields = COLUMNS.map(({ name, type }) => ({ name, type: parseDataType(type), nullable: true, metadata: [] }));
  return { schema: { fields, metadata: [] }, batch: { length: rows, columns } };
}
