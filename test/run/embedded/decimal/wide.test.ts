/** Decimals beyond 53 bits: without bigints they are what bigints say, and what the real engine does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalsOfWords } from '../../../../src/io/decimal-words.ts';
import { productWords, quotients } from '../../../../src/run/embedded/decimal/wide.ts';
import type { ArrowValue } from '../../../../src/wire/arrow/value-model.ts';
import { type Case, differences, judge, summary, type Table, tableOf } from '../judge.ts';
import { Random } from '../random-sql.ts';

const random = new Random(Number(process.env['DFX_SEED'] ?? '53'));
const SAFE = Number.MAX_SAFE_INTEGER;

/** Integers of every size, and those around powers of two, up to `most`. */
function integers(count: number, most: number): Float64Array {
  const near = [0, 1, 2 ** 26, 2 ** 31, 2 ** 32, 2 ** 52, most].flatMap((each) => [each - 1, each, each + 1]);
  return Float64Array.from({ length: count }, (_, i) => {
    const size = i % 3 === 0 ? random.pick(near) : Math.floor(random.next() * 2 ** (1 + random.below(53)));
    return (random.below(2) === 0 ? -1 : 1) * Math.min(Math.abs(size), most) || 0;
  });
}

test('products are those of bigints', () => {
  const rows = 100_000;
  const [a, b] = [integers(rows, 2 ** 52), integers(rows, 2 ** 52)];
  const type = { kind: 'Decimal128', precision: 38, scale: 0 } as const;
  for (const step of [0, 1] as const) {
    const words = productWords({ values: a, step }, { values: b, step: 1 }, rows);
    assert.ok(words !== null);
    const { values } = decimalsOfWords(type, rows, null, words);
    for (let row = 0; row < rows; row++) {
      assert.equal(BigInt(values[row] ?? 0), BigInt(a[row * step] ?? 0) * BigInt(b[row] ?? 0));
    }
  }
});

test('operands beyond 2^52 are left to bigints', () => {
  const one = { values: Float64Array.of(1), step: 1 } as const;
  const beyond = { values: Float64Array.of(2 ** 52 + 1), step: 1 } as const;
  assert.equal(productWords(one, beyond, 1), null);
  assert.equal(productWords(beyond, one, 1), null);
});

test('quotients are those of bigints, cut', () => {
  const rows = 100_000;
  let found = 0;
  for (const up of [1, 10, 10 ** 4, 10 ** 8, 10 ** 15]) {
    const [a, b] = [integers(rows, 2 ** 50), integers(rows, 2 ** 50)];
    for (let row = 0; row < rows; row++) {
      const one = { values: a.subarray(row, row + 1), step: 1 } as const;
      const other = { values: b.subarray(row, row + 1), step: 1 } as const;
      const given = quotients(one, up, other, 1, null);
      if (given === null) {
        assert.ok(b[row] === 0 || Math.abs(((a[row] ?? 0) * up) / (b[row] ?? 0)) >= 2 ** 49);
        continue;
      }
      found++;
      assert.equal(BigInt(given[0] ?? 0), (BigInt(a[row] ?? 0) * BigInt(up)) / BigInt(b[row] ?? 0));
      assert.ok(!Object.is(given[0], -0));
    }
  }
  assert.ok(found > rows);
});

test('columns of decimals come out as in the real engine', { timeout: 60_000 }, async (t) => {
  const decimals = (most: number, rows: number): ArrowValue[] =>
    Array.from(integers(rows, most), (value) => (random.below(9) === 0 ? null : BigInt(value)));
  const tables = new Map<string, Table>(
    [1, 300].map((rows) => [
      `rows${rows}`,
      tableOf([
        ['d', 'Decimal128(16, 2)', decimals(2 ** 52, rows)],
        ['f', 'Decimal128(16, 2)', decimals(SAFE, rows)],
        ['e', 'Decimal128(15, 4)', decimals(10 ** 15 - 1, rows)],
        ['w', 'Decimal128(20, 2)', decimals(2 ** 51, rows)],
        ['k', 'Decimal64(16, 3)', decimals(SAFE, rows)],
        ['h', 'Decimal256(30, 3)', decimals(SAFE, rows)],
        ['i', 'Int64', decimals(SAFE, rows)],
        ['p', 'Boolean', Array.from({ length: rows }, () => random.below(2) === 0)],
      ]),
    ]),
  );
  const rowWise = [
    'd * e',
    'w * w',
    'd * -3.14',
    'f * e',
    'f / e',
    'd * i',
    'd / e',
    'd / 7.25',
    'w / i',
    '1.5 / e',
    'k * k',
    'k / k',
    'h * h',
    'h / h',
    'd * e + d',
    'd * e - w * w',
    'd * e > w * w',
    'd * e = e * d',
    '(d * e) * d',
    '(d * e) / w',
    '(d * e) % w',
    '-(d * e)',
    'abs(d * e)',
    'CAST(d * e AS DOUBLE)',
    'CAST(d * e AS VARCHAR)',
    'CAST(d * e AS DECIMAL(38, 2))',
    'CASE WHEN p THEN d * e ELSE w * w END',
    'coalesce(d * e, w * w)',
    'nullif(d * e, d * e)',
    'd * e IN (0, 1)',
    'make_array(d * e, w * d)',
    'greatest(d * e, e * w)',
    'round(d * e, 1)',
    'd * e IS NULL',
  ];
  const aggregates = [
    'sum(d * e)',
    'avg(d * e)',
    'min(w * w)',
    'max(d * e)',
    'sum(d * e) FILTER (WHERE p)',
    'count(DISTINCT d * e)',
    'sum(d / e)',
    'sum(d * e) + sum(w)',
    'array_agg(d * e)',
    'first_value(d * e ORDER BY d * e)',
    'median(d * e)',
  ];
  const windows = ['sum(d * e) OVER (ORDER BY i ROWS 2 PRECEDING)', 'lag(w * w) OVER ()', 'sum(d * e) OVER ()'];
  const cases = [...tables.keys()].flatMap((table) => [
    ...rowWise.map((sql): Case => ({ table, kind: 'row', sql })),
    ...aggregates.map((sql): Case => ({ table, kind: 'aggregate', sql })),
    ...windows.map((sql): Case => ({ table, kind: 'window', sql })),
  ]);
  const outcomes = await judge(tables, cases);
  for (const line of summary(outcomes)) t.diagnostic(line);
  assert.equal(differences(cases, outcomes), '');
  assert.ok(outcomes.filter(({ state }) => state === 'equal').length > cases.length * 0.6);
  const merged = cases.filter(({ kind }) => kind === 'aggregate');
  assert.equal(differences(merged, await judge(tables, merged, { pieces: 3 })), '');
});
