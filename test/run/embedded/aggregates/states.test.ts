import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromSql } from '../../../../src/index.ts';
import { type Column, openInput, WHOLE, writeArrow } from '../../../../src/io/index.ts';
import { compileExpression } from '../../../../src/run/embedded/index.ts';
import { formatDataType } from '../../../../src/wire/arrow/index.ts';
import { exactCells } from '../exact-cells.ts';
import { Random } from '../random-sql.ts';
import { TYPED_COLUMNS, typedTable } from './typed-tables.ts';

/** One state through the bytes of an Arrow stream, as it travels from a worker. */
async function sent(columns: readonly Column[]): Promise<readonly Column[]> {
  const fields = columns.map(({ type }, i) => ({ name: `s${i}`, type, nullable: true, metadata: [] }));
  const bytes = await writeArrow({ fields, metadata: [] }, [{ length: 1, columns }], 'stream');
  const table = await openInput(bytes, { format: 'arrow' });
  for await (const batch of table.read(
    columns.map((_, i) => i),
    WHOLE,
  ).batches)
    return batch.columns;
  throw new Error('no batch');
}

test('states have the types that are promised, and come through Arrow whole', async () => {
  const table = typedTable(new Random(5), { rows: 40, edges: false, nulls: 0.2 });
  const calls = TYPED_COLUMNS.flatMap(({ name, type }) => {
    const common = [
      `count(${name})`,
      `count(DISTINCT ${name})`,
      `min(${name})`,
      `max(${name})`,
      `array_agg(${name})`,
      `array_agg(${name} ORDER BY k)`,
      `first_value(${name} ORDER BY k)`,
      `last_value(${name})`,
      `nth_value(${name}, -2)`,
      `approx_distinct(${name})`,
    ];
    const numbers = [`sum(${name})`, `avg(${name})`, `sum(DISTINCT ${name})`, `median(${name})`];
    const doubles = [`var(${name})`, `corr(${name}, g64)`, `percentile_cont(${name}, 0.3)`, `avg(${name} ORDER BY k)`];
    const isNumber = /^(U?Int|Float|Decimal)/.test(type) && !type.startsWith('Decimal256');
    const isInteger = /^U?Int\d/.test(type);
    return [
      ...common,
      ...(isNumber ? numbers : []),
      ...(isNumber && !type.startsWith('Decimal') ? doubles : []),
      ...(isInteger ? [`bit_xor(${name})`, `bit_and(${name})`] : []),
      ...(type === 'Boolean' ? [`bool_and(${name})`] : []),
      ...(type === 'Utf8' ? [`string_agg(${name}, ',' ORDER BY k)`] : []),
    ];
  });
  let merged = 0;
  for (const sql of calls) {
    const expr = fromSql(sql, { schema: table.schema });
    let evaluator: ReturnType<typeof compileExpression>;
    try {
      evaluator = compileExpression(expr, table.schema);
    } catch (error) {
      assert.match(String(error), /doesn't take this expression/, sql);
      continue;
    }
    const columns = evaluator.columns.map((index) => table.batch.columns[index] as Column);
    evaluator.next({ length: table.batch.length, columns });
    if (evaluator.stateSchema === null) continue;
    const state = evaluator.state();
    assert.deepEqual(
      state.map(({ type, length }) => [formatDataType(type), length]),
      evaluator.stateSchema.map((type) => [formatDataType(type), 1]),
      sql,
    );
    const other = compileExpression(expr, table.schema);
    other.merge(await sent(state));
    const [ours, theirs] = [other.finish(), evaluator.finish()];
    assert.ok(ours !== null && theirs !== null);
    assert.deepEqual(exactCells(ours), exactCells(theirs), sql);
    merged++;
  }
  assert.ok(merged > 300, `${merged} states were merged`);
});
