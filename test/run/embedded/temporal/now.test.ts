import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromSql } from '../../../../src/expr/sql/index.ts';
import { compileExpression } from '../../../../src/run/embedded/index.ts';
import { formatDataType } from '../../../../src/wire/arrow/index.ts';
import { exactCells } from '../exact-cells.ts';
import { type Case, tableOf } from '../judge.ts';
import { agree } from './agree.ts';

const CALLS = ['now()', 'current_timestamp()', 'current_date()', 'today()', 'current_time()'];

test('the run starts at one instant, whatever the clock says later', () => {
  // 2024-02-29T12:34:56.789012345Z
  const now = 1_709_210_096_789_012_345n;
  const schema = { fields: [], metadata: [] };
  const shown = CALLS.map((sql) => {
    const evaluator = compileExpression(fromSql(sql), schema, { relation: null, now });
    const column = evaluator.next({ length: 1, columns: [] });
    assert.ok(column !== null);
    return `${formatDataType(column.type)} ${exactCells(column)[0]}`;
  });
  assert.deepEqual(shown, [
    'Timestamp(Nanosecond, None) 1709210096789012345',
    'Timestamp(Nanosecond, None) 1709210096789012345',
    'Date32 19782',
    'Date32 19782',
    'Time64(Nanosecond) 45296789012345',
  ]);
});

test('the instant has the types of the real engine', async () => {
  const cases = CALLS.flatMap((call): Case[] => [
    { table: 't', kind: 'row', sql: `CASE WHEN i > 0 THEN ${call} END` },
    { table: 't', kind: 'row', sql: `${call} IS NULL` },
  ]);
  cases.push({
    table: 't',
    kind: 'row',
    sql: "now() > TIMESTAMP '2020-01-01' AND date_part('year', current_date()) > 2019",
  });
  await agree(new Map([['t', tableOf([['i', 'Int64', [-1n, null]]])]]), cases, { equal: cases.length });
});
