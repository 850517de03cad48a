import { caseWhen, col, type ExprBuilder, fn, lit, placeholder, unnest } from '../../src/expr/builder.ts';
import { agg, range, rows, win } from '../../src/expr/builder-calls.ts';

const a = col('a');
const b = col('b');
const c = col('c');
const x = lit('x', 'Utf8');

/** Expressions and their SQL text, which `sql-text.oracle.test.ts` gives to the real engine to read back. */
export const EXACT: readonly (readonly [ExprBuilder, string])[] = [
  [a.add(b).add(c), 'a + b + c'],
  [a.sub(b.sub(c)), 'a - (b - c)'],
  [a.sub(b).sub(c), 'a - b - c'],
  [a.add(b).mul(c), '(a + b) * c'],
  [a.add(b.mul(c)), 'a + b * c'],
  [a.mul(b).div(c), 'a * b / c'],
  [a.mul(b.div(c)), 'a * (b / c)'],
  [a.concat(b.add(c)), 'a || (b + c)'],
  [a.concat(b).mul(c), '(a || b) * c'],
  [a.op('BitwiseAnd', b).op('BitwiseOr', c), '(a & b) | c'],
  [a.op('BitwiseXor', b).op('BitwiseXor', c), 'a ^ b ^ c'],
  [a.eq(b).eq(c), '(a = b) = c'],
  [a.eq(b).and(c.not()).or(a.gt(1)), 'a = b AND NOT c OR a > 1'],
  [a.or(b).and(c), '(a OR b) AND c'],
  [a.and(b).not(), 'NOT (a AND b)'],
  [a.eq(b).not(), 'NOT a = b'],
  [a.eq(b).isNull(), '(a = b) IS NULL'],
  [a.add(1).isNotTrue(), 'a + 1 IS NOT TRUE'],
  [a.isDistinctFrom(b).and(c), '(a IS DISTINCT FROM b) AND c'],
  [a.isNotDistinctFrom(b), 'a IS NOT DISTINCT FROM b'],
  [a.neg().neg(), '-(-a)'],
  [lit(5).neg(), '-(5)'],
  [lit(-5).neg(), '-(-5)'],
  [a.sub(-5), 'a - -5'],
  [a.neg().mul(b), '-a * b'],
  [a.mul(b).neg(), '-(a * b)'],
  [a.between(b.add(1), c).and(b), 'a BETWEEN b + 1 AND c AND b'],
  [a.notBetween(b.eq(c), 1), 'a NOT BETWEEN (b = c) AND 1'],
  [a.like(x, { escape: '\\' }), "a LIKE 'x' ESCAPE '\\'"],
  [a.notIlike(x), "a NOT ILIKE 'x'"],
  [a.similarTo(x).not(), "NOT a SIMILAR TO 'x'"],
  [a.inList([1, b.add(2)]), 'a IN (1, b + 2)'],
  [a.notInList([null]), 'a NOT IN (NULL)'],
  [caseWhen(a).when(1, 2).otherwise(3), 'CASE a WHEN 1 THEN 2 ELSE 3 END'],
  [caseWhen().when(a, b).when(c, 1).end(), 'CASE WHEN a THEN b WHEN c THEN 1 END'],
  [a.cast('Int32'), 'CAST(a AS INT)'],
  [a.tryCast('Decimal128(10, 2)'), 'TRY_CAST(a AS DECIMAL(10, 2))'],
  [a.cast('List(Utf8View)'), 'CAST(a AS VARCHAR[])'],
  [a.add(1).cast('Timestamp(Nanosecond, Some("UTC"))'), "(a + 1) AT TIME ZONE 'UTC'"],
  [col('Mixed Case'), '"Mixed Case"'],
  [col('quo"ted'), '"quo""ted"'],
  [col('user'), '"user"'],
  [col('value'), 'value'],
  [col('a.b', 's.Table'), 's."Table"."a.b"'],
  [lit("it's", 'Utf8'), "'it''s'"],
  [lit(new Uint8Array([0, 255])), "X'00FF'"],
  [lit(2n ** 63n), '9223372036854775808'],
  [lit(-(2n ** 63n)), '-9223372036854775808'],
  [lit(1, 'Float64'), '1.0'],
  [lit(-0), '-0.0'],
  [lit(1e21, 'Float64'), '1e21'],
  [fn('sqrt', a), 'sqrt(a)'],
  [fn('Strange', a), '"Strange"(a)'],
  [fn('struct', a, b), '"struct"(a, b)'],
  [
    agg('sum', a)
      .distinct()
      .filter(c)
      .orderBy(b.sort({ descending: true, nullsFirst: false })),
    'sum(DISTINCT a ORDER BY b DESC NULLS LAST) FILTER (WHERE c)',
  ],
  [agg('array_agg', a).orderBy(lit(1).sort()), 'array_agg(a ORDER BY (1))'],
  [agg('first_value', a).ignoreNulls(), 'first_value(a) IGNORE NULLS'],
  [
    agg('percentile_cont', a, 0.5).orderBy(a.sort({ descending: true })),
    'percentile_cont(0.5) WITHIN GROUP (ORDER BY a DESC)',
  ],
  [agg('sum', a).over({ partitionBy: [b, 1], orderBy: [c.sort()] }), 'sum(a) OVER (PARTITION BY b, (1) ORDER BY c)'],
  [
    agg('sum', a).over({ orderBy: [b.sort()], frame: rows({ preceding: 1 }, { following: 2 }) }),
    'sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING)',
  ],
  [
    agg('sum', a).over({ orderBy: [b.sort()], frame: range({ preceding: { kind: 'Utf8', value: '1 day' } }) }),
    "sum(a) OVER (ORDER BY b RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW)",
  ],
  [win('row_number').over(), 'row_number() OVER ()'],
  [unnest(a, { outer: true }), 'unnest_outer(a)'],
  [placeholder('$name'), '$name'],
  [fn('character_length', a).alias('length(a)'), 'length(a)'],
  [fn('character_length', a).alias('length(a)').add(1), 'length(a) + 1'],
  [agg('count', 1).alias('count(*)'), 'count(*)'],
  [a.add(1).alias('Total'), 'a + 1 AS "Total"'],
];
