/** Seeded random SQL expressions over the tables of the differential test, and those tables. */
import type { Column } from '../../../src/io/column.ts';
import { buildColumn } from '../../../src/run/embedded/build.ts';
import type { DataType, PrimitiveKind } from '../../../src/wire/arrow/types.ts';
import type { ArrowValue } from '../../../src/wire/arrow/value-model.ts';
import type { Table } from './judge.ts';

export class Random {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

interface TableColumn {
  readonly name: string;
  readonly kind: PrimitiveKind;
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

const COLUMNS: readonly TableColumn[] = [
  { name: 'i8', kind: 'Int8', mild: ints(1, 2, 3, -4, 7), edges: ints(-128, 127, 0, -1) },
  { name: 'i16', kind: 'Int16', mild: ints(1, 2, 30, -4, 700), edges: ints(-32768, 32767, 0, -1) },
  { name: 'i32', kind: 'Int32', mild: ints(1, 2, 3, -4, 70000), edges: ints(-2147483648, 2147483647, 0, -1) },
  {
    name: 'i64',
    kind: 'Int64',
    mild: ints(1, 2, 3, -4, 5000000000),
    edges: [-9223372036854775808n, 9223372036854775807n, 0, -1, 9007199254740991, 9007199254740993n],
  },
  { name: 'j64', kind: 'Int64', mild: ints(5, 2, 1, 9, 12), edges: [9007199254740992n, -1, 0, 3037000500] },
  { name: 'u8', kind: 'UInt8', mild: ints(1, 2, 3, 4), edges: ints(0, 255) },
  { name: 'u16', kind: 'UInt16', mild: ints(1, 2, 3, 400), edges: ints(0, 65535) },
  { name: 'u32', kind: 'UInt32', mild: ints(1, 2, 3, 70000), edges: ints(0, 4294967295) },
  { name: 'u64', kind: 'UInt64', mild: ints(1, 2, 3, 4), edges: [0, 18446744073709551615n, 9223372036854775808n] },
  {
    name: 'f32',
    kind: 'Float32',
    mild: ints(1.5, 0.25, -3, 8),
    edges: [...FLOATS.map(Math.fround), NEGATIVE_NAN_32, 3.4e38],
  },
  { name: 'f64', kind: 'Float64', mild: ints(1.5, 0.1, -3.25, 1e6), edges: [...FLOATS, NEGATIVE_NAN] },
  { name: 'g64', kind: 'Float64', mild: ints(2, -0.5, 3, 12.75), edges: [...FLOATS, NEGATIVE_NAN] },
  { name: 'b', kind: 'Boolean', mild: [true, false], edges: [true, false] },
  { name: 'c', kind: 'Boolean', mild: [true, false], edges: [true, false] },
  {
    name: 's',
    kind: 'Utf8',
    mild: ['1', '2', '-3', '40'],
    edges: ['', ' 1 ', 'x', '+5', '1e3', 'true', 'NaN', '-inf', '1.5', '99999999999999999999'],
  },
  { name: 't', kind: 'LargeUtf8', mild: ['a', 'b', 'ab', 'ä'], edges: ['', 'é', '\u{1f600}', 'zz', 'A'] },
];

/** Rows drawn from the mild values, or from these and the edges; nulls in about every sixth slot. */
export function makeTable(random: Random, rows: number, edges: boolean, nulls: boolean): Table {
  const columns = COLUMNS.map(({ kind, mild, edges: sharp }): Column => {
    const pool = edges ? [...mild, ...sharp, ...sharp] : mild;
    const type: DataType = { kind };
    return buildColumn(
      type,
      Array.from({ length: rows }, () => (nulls && random.below(6) === 0 ? null : random.pick(pool))),
    );
  });
  const fields = COLUMNS.map(({ name, kind }) => ({ name, type: { kind }, nullable: true, metadata: [] }));
  return { schema: { fields, metadata: [] }, batch: { length: rows, columns } };
}

const NUMBERS = ['i8', 'i16', 'i32', 'i64', 'j64', 'u8', 'u16', 'u32', 'u64', 'f32', 'f64', 'g64'];
const INTEGER_TYPES = [
  'TINYINT',
  'SMALLINT',
  'INT',
  'BIGINT',
  'TINYINT UNSIGNED',
  'SMALLINT UNSIGNED',
  'INT UNSIGNED',
  'BIGINT UNSIGNED',
];
const NUMBER_TYPES = [...INTEGER_TYPES, 'FLOAT', 'DOUBLE'];

export class SqlSource {
  constructor(private readonly random: Random) {}

  any(depth: number): string {
    return this.random.pick([() => this.number(depth), () => this.boolean(depth), () => this.string(depth)])();
  }

  aggregate(depth: number): string {
    const { random } = this;
    const argument = random.pick([() => this.number(depth), () => this.number(0), () => this.number(0)]);
    const filter = random.below(4) === 0 ? ` FILTER (WHERE ${this.boolean(1)})` : '';
    const distinct = random.below(5) === 0 ? 'DISTINCT ' : '';
    const one = random.pick([
      () => `count(*)${filter}`,
      () => `count(${distinct}${this.any(depth)})${filter}`,
      () => `sum(${distinct}${argument()})${filter}`,
      () => `avg(${distinct}${argument()})${filter}`,
      () => `min(${this.any(depth)})${filter}`,
      () => `max(${this.any(depth)})${filter}`,
    ])();
    if (random.below(6) !== 0) return one;
    return `(${one}) ${random.pick(['+', '-', '*', '/', '%', '>'])} ${random.pick(['count(*)', '2', 'sum(i32)', '1.5'])}`;
  }

  number(depth: number): string {
    const { random } = this;
    if (depth <= 0) {
      return random.pick([
        () => random.pick(NUMBERS),
        () => random.pick(NUMBERS),
        () =>
          random.pick(['0', '1', '2', '-1', '3', '127', '1.5', '-0.5', '0.0', '100000', 'NULL', '9223372036854775807']),
      ])();
    }
    const sub = (): string => this.number(depth - 1);
    return random.pick([
      () => `(${sub()} ${random.pick(['+', '-', '*', '+', '-', '*', '/', '%'])} ${sub()})`,
      () => `(${sub()} ${random.pick(['+', '-', '*', '+', '-', '*', '/', '%'])} ${sub()})`,
      () => `(- ${sub()})`,
      () => `${random.pick(['CAST', 'TRY_CAST', 'TRY_CAST'])}(${this.any(depth - 1)} AS ${random.pick(NUMBER_TYPES)})`,
      () => `TRY_CAST(${this.string(depth - 1)} AS ${random.pick(NUMBER_TYPES)})`,
      () => this.caseOf(depth, sub),
      () => `${random.pick(['abs', 'floor', 'ceil', 'sqrt'])}(${sub()})`,
    ])();
  }

  string(depth: number): string {
    const { random } = this;
    if (depth <= 0) return random.pick(['s', 't', "'a'", "'1'", "''", 's', 't', 'NULL']);
    return random.pick([
      () => `CAST(${this.any(depth - 1)} AS VARCHAR)`,
      () => this.caseOf(depth, () => random.pick([() => this.string(depth - 1), () => this.any(depth - 1)])()),
      () => this.string(0),
    ])();
  }

  boolean(depth: number): string {
    const { random } = this;
    if (depth <= 0) return random.pick(['b', 'c', 'b', 'c', 'TRUE', 'FALSE', 'NULL']);
    const sub = (): string => this.boolean(depth - 1);
    const compare = (): string =>
      random.pick(['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM']);
    return random.pick([
      () => `(${this.number(depth - 1)} ${compare()} ${this.number(depth - 1)})`,
      () => `(${this.number(depth - 1)} ${compare()} ${this.number(depth - 1)})`,
      () => `(${this.string(depth - 1)} ${compare()} ${this.string(depth - 1)})`,
      () => `(${this.any(depth - 1)} ${compare()} ${this.any(depth - 1)})`,
      () => `(${sub()} ${random.pick(['AND', 'OR'])} ${sub()})`,
      () => `(${sub()} ${random.pick(['AND', 'OR'])} ${sub()})`,
      () => `(NOT ${sub()})`,
      () => `(${this.any(depth - 1)} IS ${random.pick(['NULL', 'NOT NULL'])})`,
      () => `(${sub()} IS ${random.pick(['TRUE', 'FALSE', 'UNKNOWN', 'NOT TRUE', 'NOT FALSE', 'NOT UNKNOWN'])})`,
      () => `(${this.number(depth - 1)} ${random.pick(['', 'NOT '])}BETWEEN ${this.number(0)} AND ${this.number(0)})`,
      () => {
        const items = Array.from({ length: 1 + random.below(6) }, () =>
          random.pick(['0', '1', '2', '-1', '3.5', '0.0', 'NULL', "'1'", '255', '1.5']),
        );
        return `(${this.number(depth - 1)} ${random.pick(['', 'NOT '])}IN (${items.join(', ')}))`;
      },
      () => `(${this.string(0)} ${random.pick(['', 'NOT '])}IN ('a', '1', 'zz'))`,
      () => `${random.pick(['CAST', 'TRY_CAST'])}(${random.pick([this.number(depth - 1), 's'])} AS BOOLEAN)`,
      () => this.caseOf(depth, sub),
    ])();
  }

  private caseOf(depth: number, result: () => string): string {
    const { random } = this;
    const count = 1 + random.below(3);
    const otherwise = random.below(3) === 0 ? '' : ` ELSE ${result()}`;
    const simple = random.below(3) === 0;
    const base = simple ? `${this.number(0)} ` : '';
    const whens = Array.from(
      { length: count },
      () => `WHEN ${simple ? this.number(0) : this.boolean(depth - 1)} THEN ${result()}`,
    );
    return `CASE ${base}${whens.join(' ')}${otherwise} END`;
  }
}
