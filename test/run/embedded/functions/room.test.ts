/** Calls that ask for more memory than a batch may take end with LIMIT, before they take it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromSql } from '../../../../src/expr/sql/index.ts';
import { compileExpression } from '../../../../src/run/embedded/engine.ts';
import { DfxError } from '../../../../src/wire/errors.ts';
import { tableOf } from '../judge.ts';

const { schema, batch } = tableOf([
  ['s', 'Utf8', ['ab', 'cd']],
  ['n', 'Int64', [300_000_000n, 300_000_000n]],
  ['one', 'List(Int64)', [[1n], [2n]]],
]);

function evaluate(sql: string): unknown {
  const evaluator = compileExpression(fromSql(sql), schema);
  const columns = evaluator.columns.map((index) => batch.columns[index]).filter((column) => column !== undefined);
  return evaluator.next({ length: batch.length, columns });
}

const hint = 'evaluate fewer rows at a time with --batch-size, or use --engine datafusion';
const TEXT = 'strings of a batch take more than 1 GiB';
const ITEMS = 'lists of a batch have more than 134217728 items';

for (const [sql, message] of [
  ['repeat(s, n)', TEXT],
  ["lpad(s, n * 4, 'x')", TEXT],
  ["rpad(s, n * 4, 'xyz')", TEXT],
  ['array_repeat(s, n)', ITEMS],
  ['array_resize(one, n, 7)', ITEMS],
  ['array_resize(one, n)', ITEMS],
  ['range(n)', ITEMS],
  ['generate_series(1, n)', ITEMS],
] as const) {
  test(sql, () => {
    assert.throws(() => evaluate(sql), new DfxError('LIMIT', message, { hint }));
  });
}

test('what the real engine refuses, too', () => {
  assert.throws(
    () => evaluate('range(n * 10)'),
    new DfxError('EXECUTION', 'Range too large to materialize: would produce 3000000000 elements'),
  );
  assert.throws(
    () => evaluate('repeat(s, n * 10)'),
    new DfxError('EXECUTION', 'string size overflow on repeat, max size is 2147483647, but got 6000000000'),
  );
});
