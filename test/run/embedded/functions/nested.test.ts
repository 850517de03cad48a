/** The functions over lists and maps, against the real engine on random ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, differences, judge, summary, type Table, tableOf } from '../judge.ts';
import { Random } from '../random-sql.ts';
import { nestedCall, nestedTable } from './nested-source.ts';

const SEED = Number(process.env['DFX_SEED'] ?? '20260');
const EACH = 25;

const TEMPLATES = [
  'array_has({with})',
  'array_has_all({like})',
  'array_has_any({like})',
  'array_position({with})',
  'array_position({with}, {index})',
  'array_positions({with})',
  'array_remove({with})',
  'array_remove_n({with}, {index})',
  'array_remove_all({with})',
  'array_replace({with}, {element})',
  'array_replace_n({with}, 1, {index})',
  'array_replace_all({with}, NULL)',
  'array_append({with})',
  'array_prepend({htiw})',
  'array_concat({like})',
  'array_concat({list}, {like})',
  'array_slice({list}, {index}, {index})',
  'array_slice({list}, {index}, {index}, {index})',
  '{array_pop_front|array_pop_back|array_reverse|array_compact|flatten|array_sort}({list})',
  "array_sort({list}, '{asc|DESC|Desc}')",
  "array_sort({list}, '{asc|DESC}', '{nulls first|NULLS LAST}')",
  'array_repeat({element|list}, {small})',
  'array_resize({list}, {small})',
  'array_resize({list}, {p|1|3|0}, {element})',
  'array_length({list})',
  'array_length({list}, {1|2|3|p|n|NULL})',
  '{cardinality|empty|array_ndims|array_dims}({list})',
  '{array_min|array_max|array_any_value}({list})',
  '{range|generate_series}({n|p|3|0|-2|NULL})',
  '{range|generate_series}({n|p|1}, {n|p|5}, {n|p|-1|2|0|9223372036854775807})',
  'range(9223372036854775800, {9223372036854775807|i}, {1|3|9223372036854775807})',
  'array_distinct({list})',
  '{array_union|array_intersect|array_except}({like})',
  '{array_sum|array_product|array_avg}({lf|lh|lg|li|le|bi|fx|lk|lu})',
  '{cardinality|map_keys|map_values|map_entries}({m|mi|mv})',
  'map_extract({m|mi|mv}, {element})',
  '{cardinality|map_keys|map_values|map_entries}({map})',
  'map([{i|s|1}, {p|2|NULL}], [{element}, {element}])',
  '{array_add|array_subtract}({lf|lh|lg|li|fx|lk}, {lf|lh|lk|lg|lu})',
  '{array_add|array_subtract}({fx|fy}, {fx|fy})',
  '{array_add|array_subtract}({lf|lh|array_reverse(lf)|array_sort(lf)}, {lf|array_reverse(lf)})',
  'map({nz|li|ls}, {nz|li|ls})',
  'arrays_zip({like})',
  'arrays_zip({list}, {list}, {list})',
];

test('lists and maps come out as in the real engine', { timeout: 120_000 }, async (t) => {
  const random = new Random(SEED);
  const tables = new Map([['t', nestedTable(random)]]);
  const sqls = new Set(TEMPLATES.flatMap((one) => Array.from({ length: EACH }, () => nestedCall(random, one))));
  const cases = [...sqls].map((sql): Case => ({ table: 't', kind: 'row', sql }));
  const outcomes = await judge(tables, cases);
  for (const line of summary(outcomes)) t.diagnostic(line);
  assert.equal(differences(cases, outcomes), '');
  assert.ok(outcomes.filter(({ state }) => state === 'equal').length > cases.length * 0.5);
});

test('what hangs on the borders of batches is refused', { timeout: 60_000 }, async () => {
  const lists: Table = tableOf([
    ['keys', 'List(Int64)', [[1n, 2n], [3n]]],
    ['values', 'List(Int64)', [[4n], [5n, 6n]]],
    ['none', 'List(Int64)', [[], []]],
    ['gone', 'List(Int64)', [null, [1n]]],
  ]);
  const outcomesOf = async (sqls: readonly string[]): Promise<readonly string[]> => {
    const cases = sqls.map((sql): Case => ({ table: 't', kind: 'row', sql }));
    return (await judge(new Map([['t', lists]]), cases)).map(({ state, note }) => `${state}: ${note}`);
  };
  // The engine answers: {1: 4, 2: 5} and {3: 6}; true for the null, as no row of the batch looks for anything.
  assert.deepEqual(
    await outcomesOf(['map(keys, "values")', 'array_has_all(gone, none)', 'array_has_any(gone, none)']),
    [
      'refused: map of lists of two lengths: what the real engine makes of them depends on its batches',
      'refused: array_has_all: looks for lists that may all be empty in a batch, beside nulls',
      'refused: array_has_any: looks for lists that may all be empty in a batch, beside nulls',
    ],
  );
  const sqls = ['array_has_all(gone, [1])', 'array_has_any(gone, [])', 'array_has_any([1], gone)'];
  assert.deepEqual(
    await outcomesOf(sqls),
    sqls.map((sql) => `equal: ${sql}`),
  );
});
