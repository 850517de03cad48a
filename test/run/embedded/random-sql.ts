/** Seeded random SQL expressions over the tables of the differential test (`random-table.ts`). */
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
    return this.random.pick([
      () => this.number(depth),
      () => this.number(depth),
      () => this.boolean(depth),
      () => this.boolean(depth),
      () => this.string(depth),
      () => this.string(depth),
      () => this.decimal(depth),
      () => this.temporal(depth),
    ])();
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
      () => `(${sub()} ${random.pick(['&', '|', '^', '<<', '>>'])} ${sub()})`,
      () => `${random.pick(['greatest', 'least', 'coalesce', 'nullif', 'nvl'])}(${sub()}, ${sub()})`,
      () => `nvl2(${this.any(depth - 1)}, ${sub()}, ${sub()})`,
      () => `date_part('${random.pick(['year', 'month', 'dow', 'hour'])}', ${random.pick(['d', 'ts', 'tz', 'e'])})`,
      () => `${random.pick(['length', 'octet_length', 'ascii'])}(${this.string(depth - 1)})`,
    ])();
  }

  decimal(depth: number): string {
    const { random } = this;
    if (depth <= 0) return random.pick(['dec', 'dw', 'dec', 'CAST(1.50 AS DECIMAL(5,2))', 'CAST(-7 AS DECIMAL(20,0))']);
    const sub = (): string => random.pick([() => this.decimal(depth - 1), () => this.decimal(0)])();
    return random.pick([
      () => `(${sub()} ${random.pick(['+', '-', '*', '/', '%'])} ${sub()})`,
      () => `(${sub()} ${random.pick(['+', '-', '*', '/', '%'])} ${this.number(depth - 1)})`,
      () => `(- ${sub()})`,
      () => `TRY_CAST(${this.any(depth - 1)} AS DECIMAL(${random.pick(['10,2', '38,10', '20,0', '5,4', '3,0'])}))`,
      () => `CAST(${sub()} AS DECIMAL(${random.pick(['38,10', '20,0', '12,4'])}))`,
      () => this.caseOf(depth, sub),
      () => `coalesce(${sub()}, ${this.number(depth - 1)})`,
      () => `${random.pick(['greatest', 'least', 'nullif'])}(${sub()}, ${sub()})`,
    ])();
  }

  temporal(depth: number): string {
    const { random } = this;
    if (depth <= 0) {
      return random.pick([
        'd',
        'e',
        'ts',
        'tz',
        'tm',
        'du',
        'iv',
        'd',
        'ts',
        "DATE '2024-02-29'",
        "INTERVAL '1 month'",
      ]);
    }
    const sub = (): string => this.temporal(depth - 1);
    const instant = (): string => random.pick(['d', 'ts', 'tz', 'e', "TIMESTAMP '2024-03-10 02:30:00'", sub()]);
    return random.pick([
      () =>
        `(${instant()} ${random.pick(['+', '-'])} ${random.pick(['iv', 'du', "INTERVAL '1 day'", "INTERVAL '-1 hour'"])})`,
      () => `(${instant()} - ${instant()})`,
      () => `CAST(${sub()} AS ${random.pick(['DATE', 'TIMESTAMP', 'TIMESTAMP(0)', 'TIME'])})`,
      () => `TRY_CAST(${this.string(0)} AS ${random.pick(['DATE', 'TIMESTAMP', 'TIME'])})`,
      () => `date_trunc('${random.pick(['day', 'month', 'hour', 'week'])}', ${instant()})`,
      () => this.caseOf(depth, sub),
      () => `coalesce(${sub()}, ${sub()})`,
      () => `${random.pick(['greatest', 'least', 'nullif'])}(${sub()}, ${sub()})`,
    ])();
  }

  string(depth: number): string {
    const { random } = this;
    if (depth <= 0) return random.pick(['s', 't', 'v', "'a'", "'1'", "''", 's', 't', 'NULL']);
    return random.pick([
      () => `CAST(${this.any(depth - 1)} AS VARCHAR)`,
      () => this.caseOf(depth, () => random.pick([() => this.string(depth - 1), () => this.any(depth - 1)])()),
      () => this.string(0),
      () => `${random.pick(['upper', 'lower', 'trim', 'reverse'])}(${this.string(depth - 1)})`,
      () => `substr(${this.string(depth - 1)}, ${random.pick(['1', '2', '-1', 'i8', 'i64'])})`,
      () => `(${this.string(depth - 1)} || ${this.any(depth - 1)})`,
      () => `coalesce(${this.string(depth - 1)}, ${this.string(0)})`,
      () => `nullif(${this.string(depth - 1)}, ${this.string(0)})`,
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
      () => `(${this.decimal(depth - 1)} ${compare()} ${random.pick([this.decimal(0), this.number(0)])})`,
      () => `(${this.temporal(depth - 1)} ${compare()} ${this.temporal(0)})`,
      () => `(${this.decimal(depth - 1)} ${random.pick(['', 'NOT '])}BETWEEN ${this.decimal(0)} AND ${this.number(0)})`,
      () => `(${this.temporal(depth - 1)} ${random.pick(['', 'NOT '])}IN (${this.temporal(0)}, ${this.temporal(0)}))`,
      () =>
        `(${this.number(depth - 1)} ${random.pick(['', 'NOT '])}IN (${this.number(0)}, ${this.number(0)}, ${this.number(0)}))`,
      () =>
        `(${this.string(depth - 1)} ${random.pick(['', 'NOT '])}LIKE ${random.pick(["'a%'", "'%1%'", "'_'", "''", 't'])})`,
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
