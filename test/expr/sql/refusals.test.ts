import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FromSqlOptions, fromSql } from '../../../src/expr/sql/index.ts';
import type { Schema } from '../../../src/wire/arrow/index.ts';
import { DfxError } from '../../../src/wire/errors.ts';

const schema: Schema = {
  fields: [
    { name: 'value', type: { kind: 'Int64' }, nullable: true, metadata: [] },
    { name: 'Label', type: { kind: 'Utf8' }, nullable: true, metadata: [] },
  ],
  metadata: [],
};

/** Code, byte offset, message and hint of the refusal. */
function refusal(
  text: string,
  options: FromSqlOptions = {},
): readonly [string, number | undefined, string, string | undefined] {
  try {
    fromSql(text, options);
  } catch (error) {
    if (error instanceof DfxError) return [error.code, error.offset, error.message, error.hint];
    throw error;
  }
  throw new assert.AssertionError({ message: `${text} was not refused` });
}

test('a syntax error says what was found and what was expected, at its byte', () => {
  const cases = [
    ['a +', 3, 'found the end of the text, expected an expression'],
    ['a b', 2, "found 'b', expected the end of the expression"],
    // é has two bytes.
    ["'é' +* 1", 6, "found '*', expected an expression"],
    ['"😀" = = 1', 9, "found '=', expected an expression"],
    ['(a', 2, "found the end of the text, expected ')'"],
    ["a IN ('x' 'y')", 10, 'found the string "y", expected \')\''],
    ['CAST(a AS )', 10, "found ')', expected a data type"],
    ['CASE WHEN a THEN 1', 5, "found 'WHEN', expected the end of the expression"],
    ["a = 'x", 4, "found a quote without its end, expected '"],
    ['a /* x', 2, 'found a comment without its end, expected */'],
    ['a € b', 2, 'found "€", which starts no token'],
    ['', 0, 'found the end of the text, expected an expression'],
    ['CREATE TABLE t', 0, "found 'CREATE', expected an expression, not a command"],
  ] as const;
  for (const [text, offset, message] of cases) {
    assert.deepEqual(refusal(text), ['SQL_SYNTAX', offset, message, undefined], text);
  }
});

test('what only a schema can tell is refused, naming it', () => {
  const give = 'give the schema of the input (--schema or --input)';
  assert.deepEqual(refusal("a || 'x'"), [
    'SQL_UNSUPPORTED',
    2,
    "found ||, which is another operator for lists: the type of column a isn't known",
    give,
  ]);
  assert.deepEqual(refusal('CAST(a AS TIMESTAMP)'), [
    'SQL_UNSUPPORTED',
    0,
    "found a cast to TIMESTAMP, which counts an Int64 in seconds: the type of column a isn't known",
    give,
  ]);
  assert.deepEqual(refusal('a[1]'), [
    'SQL_UNSUPPORTED',
    0,
    "found a subscript, which is another function for maps: the type of column a isn't known",
    give,
  ]);
  assert.deepEqual(refusal('a.b'), [
    'SQL_UNSUPPORTED',
    0,
    'found a.b, which is a field of a struct or a column of a table',
    `${give}; for a column of a table, write its name alone`,
  ]);
  assert.deepEqual(refusal('a > $1'), [
    'SQL_UNSUPPORTED',
    2,
    "found the placeholder $1, whose type follows from the type of column a, which isn't known",
    undefined,
  ]);
});

test('a column that the schema lacks is refused, naming those that it has', () => {
  const message = (name: string) => `found the column ${name}, expected one of the input: value, Label`;
  assert.deepEqual(refusal('valu + 1', { schema }), ['COLUMN_MISSING', 0, message('valu'), undefined]);
  const hint = 'write "Label": names in double quotes keep their case';
  assert.deepEqual(refusal('1 + Label', { schema }), ['COLUMN_MISSING', 4, message('label'), hint]);
  assert.deepEqual(refusal('t.value', { schema }), ['COLUMN_MISSING', 0, message('t.value'), undefined]);
  assert.deepEqual(fromSql('"Label"', { schema }), { kind: 'column', name: 'Label', relation: null });
});

test('an unknown function is refused with the names that are near', () => {
  assert.deepEqual(refusal('1 + sqrtt(a)'), [
    'UNKNOWN_FUNCTION',
    4,
    'found the function sqrtt, expected a scalar or aggregate function',
    'did you mean sqrt? a UDF is declared by name and family, such as --udf sqrtt:scalar',
  ]);
  assert.deepEqual(refusal('my_ud(a)', { udfs: [{ name: 'my_udf', family: 'scalar' }] })[3]?.includes('my_udf'), true);
  assert.deepEqual(refusal('row_number()'), [
    'UNKNOWN_FUNCTION',
    0,
    'found the function row_number, expected a scalar or aggregate function',
    'give it a window: OVER (…)',
  ]);
  assert.deepEqual(refusal('s.f(a)'), [
    'UNKNOWN_FUNCTION',
    2,
    'found the function s.f, expected one without a schema',
    undefined,
  ]);
});

test('subqueries, lambdas and named windows are refused with the way out', () => {
  assert.deepEqual(refusal('a IN (SELECT 1)'), [
    'SQL_UNSUPPORTED',
    6,
    'found a subquery, which no expression payload can carry',
    'run the query first, or write the expression without it',
  ]);
  assert.deepEqual(refusal('sum(a) OVER w'), [
    'SQL_UNSUPPORTED',
    12,
    'found a named window, which only a query can define',
    'write the window out: OVER (PARTITION BY … ORDER BY …)',
  ]);
  assert.deepEqual(refusal('array_transform(l, x -> x + 1)'), [
    'SQL_UNSUPPORTED',
    0,
    'found array_transform, which takes a lambda',
    "The engine's default SQL dialect has no lambdas; write the expression as JSON.",
  ]);
});

test('a message stays short however long the text is', () => {
  const [, , message] = refusal(`"${'x'.repeat(100_000)}" y`, { schema });
  assert.equal(message, "found 'y', expected the end of the expression");
  const missing = refusal(`"${'x'.repeat(100_000)}"`, { schema });
  assert.equal(missing[2], `found the column ${'x'.repeat(282)}…`);
});
