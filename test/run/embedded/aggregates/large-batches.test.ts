/** Batches larger than the engine's give, to the last bit, what batches of its size give: sums of floats depend on where these end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expr } from '../../../../src/expr/model.ts';
import { BATCH_ROWS } from '../../../../src/io/batch-rows.ts';
import type { ColumnBatch } from '../../../../src/io/column.ts';
import { constantColumn } from '../../../../src/run/embedded/build.ts';
import { canEvaluate, compileExpression, type Evaluator } from '../../../../src/run/embedded/engine.ts';
import { sumFloats } from '../../../../src/run/embedded/float-sum.ts';
import { gather } from '../../../../src/run/embedded/gather.ts';
import { FLOAT64 } from '../../../../src/run/embedded/types.ts';
import { exactCells } from '../exact-cells.ts';
import { tableOf } from '../judge.ts';
import { Random } from '../random-sql.ts';
import { makeTable } from '../random-table.ts';

const NAMES = [
  ...['count', 'sum', 'avg', 'min', 'max', 'bit_and', 'bool_or', 'median', 'array_agg', 'first_value', 'last_value'],
  ...['approx_distinct', 'approx_median', 'var', 'stddev_pop'],
];
const ROWS = 3 * BATCH_ROWS + 1000;

const columnOf = (name: string): Expr => ({ kind: 'column', name, relation: null });

function call(name: string, column: string | Expr, filter: Expr | null = null): Expr {
  const args: Expr[] = [typeof column === 'string' ? columnOf(column) : column];
  const kind = 'aggregate_function';
  return { kind, name, args, distinct: false, filter, orderBy: [], nullTreatment: null, definition: null };
}

function cellsOf(evaluator: Evaluator, batches: readonly ColumnBatch[]): unknown {
  for (const { length, columns } of batches) {
    evaluator.next({ length, columns: evaluator.columns.flatMap((index) => columns[index] ?? []) });
  }
  const value = evaluator.finish();
  assert.ok(value !== null);
  return exactCells(value);
}

function inPieces({ length, columns }: ColumnBatch): ColumnBatch[] {
  return Array.from({ length: Math.ceil(length / BATCH_ROWS) }, (_, piece) => {
    const start = piece * BATCH_ROWS;
    const rows = Int32Array.from({ length: Math.min(BATCH_ROWS, length - start) }, (_, at) => start + at);
    return { length: rows.length, columns: columns.map((column) => gather(column, rows)) };
  });
}

test('one large batch and batches of the usual size give the same bits', () => {
  const { schema, batch } = makeTable(new Random(5), ROWS, false, true);
  const pieces = inPieces(batch);
  let taken = 0;
  for (const { name: column } of schema.fields) {
    for (const name of NAMES) {
      const expr = call(name, column);
      if (!canEvaluate(expr, schema).ok) continue;
      const large = compileExpression(expr, schema);
      assert.equal(large.mindsBatches, false);
      assert.deepEqual(cellsOf(large, [batch]), cellsOf(compileExpression(expr, schema), pieces), `${name}(${column})`);
      taken++;
    }
  }
  assert.ok(taken > 100, String(taken));
});

test('a sum of floats is that of its batches', () => {
  const random = new Random(11);
  const values = Array.from({ length: ROWS }, () => (random.below(1_000_000) - 500_000) * 1.1 ** random.below(40));
  const { schema, batch } = tableOf([['x', 'Float64', values]]);
  const expr = call('sum', 'x');
  const large = cellsOf(compileExpression(expr, schema), [batch]);
  assert.deepEqual(large, cellsOf(compileExpression(expr, schema), inPieces(batch)));
  // Added up as one batch of the engine's, the last digits are others: the test can tell.
  const [whole] = batch.columns;
  assert.ok(whole?.layout === 'numeric');
  assert.notDeepEqual(large, exactCells(constantColumn(FLOAT64, sumFloats(whole).value)));
});

test('a sum of arithmetic is that of its batches', () => {
  const random = new Random(12);
  const values = (): number[] =>
    Array.from({ length: ROWS }, () => (random.below(1_000_000) - 500_000) * 1.1 ** random.below(40));
  const { schema, batch } = tableOf([
    ['x', 'Float64', values()],
    ['y', 'Float64', values()],
  ]);
  const product: Expr = { kind: 'binary', op: 'Multiply', operands: [columnOf('x'), columnOf('y')] };
  for (const name of ['sum', 'avg']) {
    const evaluator = (): Evaluator => compileExpression(call(name, product), schema);
    assert.deepEqual(cellsOf(evaluator(), [batch]), cellsOf(evaluator(), inPieces(batch)), name);
  }
});

test('the rows that pass a FILTER are a batch of their own', () => {
  const { schema } = tableOf([['x', 'Float64', [1]]]);
  const filter: Expr = { kind: 'is_not_null', expr: { kind: 'column', name: 'x', relation: null } };
  assert.equal(compileExpression(call('sum', 'x', filter), schema).mindsBatches, true);
});
