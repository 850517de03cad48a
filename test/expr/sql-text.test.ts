import assert from 'node:assert/strict';
import { test } from 'node:test';
import { col, cube, ExprBuilder, fn, lit, placeholder, udf } from '../../src/expr/builder.ts';
import { agg } from '../../src/expr/builder-calls.ts';
import { sqlIsExact, sqlText, toSql } from '../../src/expr/sql-text.ts';
import { EXACT } from './sql-text-cases.ts';

const a = col('a');
const b = col('b');

test('exact texts', () => {
  for (const [builder, expected] of EXACT) {
    assert.equal(toSql(builder.expr), expected);
    assert.ok(sqlIsExact(builder.expr), expected);
  }
});

/** Texts of what SQL can't say, with what they lose. */
const LOSSY: readonly (readonly [ExprBuilder, string, string])[] = [
  [lit(5, 'Int8'), 'CAST(5 AS TINYINT)', 'a cast to Int8 stands for a literal of that type'],
  [lit('x'), "'x'", 'a SQL string is Utf8, and this literal is Utf8View'],
  [lit('x', 'LargeUtf8'), "arrow_cast('x', 'LargeUtf8')", 'a cast to LargeUtf8 stands for a literal of that type'],
  [lit(Number.NaN), "CAST('NaN' AS DOUBLE)", 'a cast to Float64 stands for a literal of that type'],
  [lit(18262, 'Date32'), "DATE '2020-01-01'", 'a cast from text stands for a Date32 literal'],
  [lit(null, 'Int8'), 'CAST(NULL AS TINYINT)', 'a cast to Int8 stands for a literal of that type'],
  [
    lit(new Date('2020-01-01T00:00:00.5Z')),
    `arrow_cast('2020-01-01T00:00:00.500Z', 'Timestamp(Microsecond, Some("UTC"))')`,
    'a cast to Timestamp(Microsecond, Some("UTC")) stands for a literal of that type',
  ],
  [a.cast('Utf8'), "arrow_cast(a, 'Utf8')", 'SQL has no name for the type: arrow_cast stands for the cast'],
  [
    a.cast('Timestamp(Nanosecond, None)'),
    'CAST(a AS TIMESTAMP)',
    'SQL reads a number that is cast to TIMESTAMP as seconds',
  ],
  [a.alias('x').add(1), '(a AS x) + 1', 'SQL has no alias inside an expression'],
  [a.alias('x', [['k', 'v']]), 'a AS x', "an alias's metadata is not part of SQL"],
  [a.inList([]), 'a IN ()', 'SQL has no IN with an empty list'],
  [cube(a, b), 'CUBE (a, b)', 'CUBE stands in GROUP BY only'],
  [udf('f', { definition: new Uint8Array(3) })(a), 'f(a)', 'the definition of f is not part of SQL'],
  [fn('pow', a, b), 'pow(a, b)', 'SQL reads pow as another name of power'],
  [a.add(placeholder('$1')), 'a + $1', 'SQL gives a placeholder the type of what stands beside it'],
  [a.op('AtArrow', b), 'a @> b', 'the SQL planner replaces @> between lists by a function'],
  [agg('sum', a).ignoreNulls(), 'sum(a) IGNORE NULLS', 'SQL takes no IGNORE NULLS or RESPECT NULLS on sum'],
  [
    agg('first_value', a).over(),
    'first_value(a) OVER ()',
    'SQL makes the window function first_value of it, not the aggregate',
  ],
  [
    new ExprBuilder({ kind: 'opaque', raw: new Uint8Array(4) }),
    `"$opaque"('4 bytes')`,
    'the node is of no kind that SQL knows',
  ],
  [
    new ExprBuilder({ kind: 'binary', op: 'Foo', operands: [a.expr, b.expr] }),
    '"Foo"(a, b)',
    'the operator Foo is unknown',
  ],
];

test('what SQL can not say is printed all the same, and told', () => {
  for (const [builder, sql, reason] of LOSSY) {
    const text = sqlText(builder.expr);
    assert.equal(text.sql, sql);
    assert.equal(text.exact, false);
    assert.deepEqual(
      text.losses.map((loss) => loss.reason),
      [reason],
      sql,
    );
  }
});

test('bare literals leave the types of numbers and strings out', () => {
  const expr = lit(5, 'Int8').add(lit(1, 'Float32')).concat(lit('x', 'LargeUtf8')).expr;
  assert.equal(toSql(expr, { literals: 'bare' }), "(5 + 1.0) || 'x'");
});

test('text keeps control characters', () => {
  assert.equal(toSql(a.eq(lit('\u001b[31m\n', 'Utf8')).expr), "a = '\u001b[31m\n'");
});

test('100,000 levels and 100,000 operands are printed without the call stack', () => {
  let deep = a;
  for (let level = 0; level < 100_000; level++) deep = fn('f', deep);
  assert.equal(toSql(deep.expr).length, 300_001);
  const items = Array.from({ length: 200_000 }, () => 1);
  assert.equal(toSql(a.inList(items).expr).length, 'a IN ()'.length + 3 * items.length - 2);
  assert.equal(toSql(agg('f', ...items.slice(0, 50_000)).expr).length, 3 + 150_000 - 2);
});
