import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expr, Scalar } from '../../../src/expr/model.ts';
import { ArrowEncoder, openInput, readArrow, WHOLE } from '../../../src/io/index.ts';
import { compileExpression } from '../../../src/run/embedded/engine.ts';
import { gather } from '../../../src/run/embedded/gather.ts';
import type { DataType } from '../../../src/wire/arrow/types.ts';
import { exactCells } from './exact-cells.ts';
import { type Table, tableOf } from './judge.ts';

const col = (name: string): Expr => ({ kind: 'column', name, relation: null });
const lit = (value: Scalar): Expr => ({ kind: 'literal', value });
const int = (value: number): Expr => lit({ kind: 'Int64', value });
const binary = (op: string, ...operands: Expr[]): Expr => ({ kind: 'binary', op, operands });
const cast = (expr: Expr, type: DataType): Expr => ({ kind: 'cast', expr, type, nullable: null, metadata: [] });
const aggregate = (name: string, arg: Expr): Expr => ({
  kind: 'aggregate_function',
  name,
  args: [arg],
  distinct: false,
  filter: null,
  orderBy: [],
  nullTreatment: null,
  definition: null,
});

function evaluate(expr: Expr, { schema, batch }: Table): unknown[] {
  const evaluator = compileExpression(expr, schema);
  const column = evaluator.next({
    length: batch.length,
    columns: evaluator.columns.flatMap((index) => batch.columns[index] ?? []),
  });
  assert.ok(column !== null);
  return exactCells(column);
}

// Values as datafusion 55.0.0 gives them.
test('integers beyond 2^53 on the way leave the fused loop', () => {
  const table = tableOf([['a', 'Int64', [9007199254740991, 3, null]]]);
  const expr = binary('Minus', binary('Multiply', col('a'), int(2)), col('a'));
  assert.deepEqual(evaluate(expr, table), ['9007199254740991', '3', null]);
  const wrapping = binary('Minus', binary('Multiply', col('a'), col('a')), int(1));
  assert.deepEqual(evaluate(wrapping, table), ['-18014398509481984', '8', null]);
});

test('a NaN keeps the bits that the operators give it one by one', () => {
  const table = tableOf([['f', 'Float64', [Infinity, 1, { kind: 'nan', bits: '7ff8000000000001' }]]]);
  const expr = binary('Plus', binary('Minus', col('f'), col('f')), int(1));
  assert.deepEqual(evaluate(expr, table), ['fff8000000000000', '3ff0000000000000', '7ff8000000000001']);
});

test('a cast is taken off where the literal fits below it, so that nothing fails', () => {
  const table = tableOf([['a', 'Int64', [5_000_000_000, 7]]]);
  assert.deepEqual(evaluate(binary('Eq', cast(col('a'), { kind: 'Int32' }), lit({ kind: 'Int32', value: 7 })), table), [
    false,
    true,
  ]);
});

test('minus is taken for the complement of bits, as the optimizer does', () => {
  const table = tableOf([['a', 'Int64', [-128]]]);
  assert.deepEqual(evaluate({ kind: 'negative', expr: binary('BitwiseAnd', int(0), col('a')) }, table), ['128']);
});

test('states of parts, merged in order, are the state of the whole', () => {
  const table = tableOf([['a', 'Int64', [1, 2, null, 9007199254740991, 5]]]);
  const expr = binary('Plus', aggregate('sum', col('a')), aggregate('count', col('a')));
  const whole = compileExpression(expr, table.schema);
  assert.deepEqual(whole.stateSchema, [{ kind: 'Int64' }, { kind: 'Int64' }]);
  for (const rows of [Int32Array.of(0, 1), Int32Array.of(2, 3, 4)]) {
    const part = compileExpression(expr, table.schema);
    part.next({ length: rows.length, columns: table.batch.columns.map((column) => gather(column, rows)) });
    whole.merge(part.state());
  }
  const value = whole.finish();
  assert.ok(value !== null);
  assert.deepEqual(exactCells(value), ['9007199254741003']);
});

test('what an expression hands on is encoded before the next batch takes its memory', async () => {
  const ids = Array.from({ length: 20_000 }, (_, row) => String(row));
  const csv = `i,s,b\n${ids.map((id) => `${id},x${id},${Number(id) % 3 === 0}`).join('\n')}\n`;
  const table = await openInput(new TextEncoder().encode(csv), { format: 'csv' });
  const expected = new Map<string, readonly unknown[]>([
    ['i', ids],
    ['s', ids.map((id) => `x${id}`)],
    ['b', ids.map((id) => Number(id) % 3 === 0)],
  ]);
  for (const [name, cells] of expected) {
    const evaluator = compileExpression(col(name), table.schema);
    const field = { name, type: evaluator.type, nullable: true, metadata: [] };
    const encoder = new ArrowEncoder('stream', { fields: [field], metadata: [] });
    const chunks: Uint8Array[] = [];
    for await (const batch of table.read(evaluator.columns, WHOLE).batches) {
      const column = evaluator.next(batch);
      assert.ok(column !== null);
      chunks.push(Buffer.concat(encoder.batch({ length: column.length, columns: [column] })));
    }
    chunks.push(...encoder.end());
    const { batches } = readArrow(Buffer.concat(chunks));
    assert.deepEqual(Array.from(batches(), ({ columns }) => columns.flatMap(exactCells)).flat(), cells);
  }
});
