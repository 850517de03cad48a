import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expr } from '../../../../src/expr/model.ts';
import { type Column, type ColumnBatch, openInput, valueAt, WHOLE } from '../../../../src/io/index.ts';
import { compileExpression, type Evaluator } from '../../../../src/run/embedded/index.ts';
import { UdfRaised } from '../../../../src/run/embedded/javascript/raised.ts';
import type { DataType, Field } from '../../../../src/wire/arrow/types.ts';
import { DfxError } from '../../../../src/wire/errors.ts';
import { type JsUdf, writeJsUdf } from '../../../../src/wire/js-udf.ts';

const CSV = 'a,b,s\n3,0.5,x\n17,,yy\n,2.5,\n9007199254740993,-1.5,zzz\n';

const field = (name: string, type: DataType): Field => ({ name, type, nullable: true, metadata: [] });
const INT64: DataType = { kind: 'Int64' };
const FLOAT64: DataType = { kind: 'Float64' };
const UTF8: DataType = { kind: 'Utf8' };

function udf(parts: Partial<JsUdf> & Pick<JsUdf, 'source'>): JsUdf {
  return {
    family: 'scalar',
    name: 'f',
    entry: 'f',
    captures: [],
    inputs: [field('arg_0', INT64)],
    returns: field('value', INT64),
    state: null,
    volatility: 'immutable',
    mode: 'row',
    ...parts,
  };
}

function call(made: JsUdf, columns: readonly string[]): Expr {
  const args = columns.map((name): Expr => ({ kind: 'column', name, relation: null }));
  const definition = writeJsUdf(made);
  return made.family === 'aggregate'
    ? {
        kind: 'aggregate_function',
        name: 'outer',
        args,
        distinct: false,
        filter: null,
        orderBy: [],
        nullTreatment: null,
        definition,
      }
    : { kind: 'scalar_function', name: 'outer', args, definition };
}

function shown(column: Column): unknown[] {
  return Array.from({ length: column.length }, (_, row) => valueAt(column, row));
}

interface Run {
  readonly evaluator: Evaluator;
  readonly batches: readonly ColumnBatch[];
}

async function run(expr: Expr): Promise<Run> {
  const table = await openInput(new TextEncoder().encode(CSV), { format: 'csv' });
  const evaluator = compileExpression(expr, table.schema, { inlineCode: true });
  const batches: ColumnBatch[] = [];
  for await (const batch of table.read(evaluator.columns, WHOLE).batches) batches.push(batch);
  return { evaluator, batches };
}

async function values(made: JsUdf, columns: readonly string[]): Promise<unknown[]> {
  const { evaluator, batches } = await run(call(made, columns));
  const rows = batches.flatMap((batch) => {
    const column = evaluator.next(batch);
    return column === null ? [] : shown(column);
  });
  const last = evaluator.finish();
  return last === null ? rows : shown(last);
}

test('a scalar UDF per row sees null, numbers, and a bigint beyond 2^53', async () => {
  const source = 'const f = (v) => typeof v === "bigint" ? v + step : v === null ? -1 : v + Number(step)';
  assert.deepEqual(await values(udf({ source, captures: [['step', 2n]] }), ['a']), [5, 19, -1, 9007199254740995n]);
});

test('a vectorised UDF gets columns and the number of rows', async () => {
  const source = `function f(b, s, rows) {
    const out = new Float64Array(rows);
    for (let i = 0; i < rows; i++) out[i] = (b.isNull(i) ? 0 : b.values[i]) + (s.get(i) ?? '').length;
    return out;
  }`;
  const made = udf({
    source,
    mode: 'batch',
    inputs: [field('arg_0', FLOAT64), field('arg_1', UTF8)],
    returns: field('value', FLOAT64),
  });
  assert.deepEqual(await values(made, ['b', 's']), [1.5, 2, 2.5, 1.5]);
});

test('captured lists and maps arrive as arrays and Maps, under any name', async () => {
  const source = 'const f = (v) => { const m = __proto__; return [...m.keys()] + ":" + m.get("__proto__")[1]; }';
  const captures = [
    [
      '__proto__',
      {
        pairs: [
          ['__proto__', [1, 2]],
          ['b', null],
        ],
      },
    ],
  ] as const;
  const made = udf({ source, captures, returns: field('value', UTF8) });
  assert.deepEqual((await values(made, ['a']))[0], '__proto__,b:2');
});

const SUM: JsUdf = udf({
  family: 'aggregate',
  source: `class Sum {
    total = 0;
    update(v) { if (v !== null) this.total += v; }
    state() { return [this.total]; }
    merge(part) { this.total += part; }
    evaluate() { return this.total; }
  }`,
  entry: 'Sum',
  inputs: [field('arg_0', FLOAT64)],
  returns: field('value', FLOAT64),
  state: [field('state_0', FLOAT64)],
});

test('an aggregate UDF sums, and partial states merge to the same', async () => {
  assert.deepEqual(await values(SUM, ['b']), [1.5]);
  const { evaluator, batches } = await run(call(SUM, ['b']));
  assert.deepEqual(evaluator.stateSchema, [FLOAT64]);
  for (const batch of batches) evaluator.next(batch);
  const merged = await run(call(SUM, ['b']));
  merged.evaluator.merge(evaluator.state());
  merged.evaluator.merge(evaluator.state());
  const total = merged.evaluator.finish();
  assert.deepEqual(total === null ? [] : shown(total), [3]);
});

test('what a UDF throws comes with its type, message and its own frames', async () => {
  const source = 'function f(v) {\n  return inner(v);\n}\nfunction inner(v) {\n  throw new RangeError("no " + v);\n}';
  await assert.rejects(values(udf({ source }), ['a']), (error: unknown) => {
    assert.ok(error instanceof UdfRaised);
    assert.equal(error.message, 'the scalar UDF "f" raised RangeError: no 3');
    assert.deepEqual(error.udf, { name: 'f', family: 'scalar' });
    const frames = error.exception.traceback.split('\n').map((line) => line.trim());
    assert.deepEqual(frames, ['RangeError: no 3', 'at inner (udf:f:5:9)', 'at f (udf:f:2:10)']);
    return true;
  });
});

test('anything may be thrown, also what throws when it is looked at', async () => {
  const source =
    'const f = () => { throw { get name() { throw 1; }, get message() { throw 2; }, get stack() { throw 3; } }; }';
  await assert.rejects(values(udf({ source }), ['a']), new DfxError('UDF_RAISED', 'the scalar UDF "f" raised Error'));
  const thrown = udf({ source: 'const f = () => { throw 7; }' });
  await assert.rejects(values(thrown, ['a']), new DfxError('UDF_RAISED', 'the scalar UDF "f" raised number: 7'));
});

const WRONG: readonly (readonly [string, string])[] = [
  ['const f = (v) => "x"', 'gave the text "x", expected Int64'],
  ['const f = (v) => 1.5', 'gave 1.5, expected Int64'],
  ['const f = (v) => v === null ? 2n ** 63n : 0', 'gave 9223372036854775808, expected Int64'],
  ['const f = async (v) => v', 'gave a promise, expected Int64'],
];
for (const [source, message] of WRONG) {
  test(`a result of another type is refused: ${source}`, async () => {
    await assert.rejects(values(udf({ source }), ['a']), new DfxError('EXECUTION', `the scalar UDF "f" ${message}`));
  });
}

test('a vectorised UDF must give a value a row', async () => {
  const made = udf({ source: 'const f = (a) => [1, 2]', mode: 'batch' });
  const message = 'the scalar UDF "f" gave 2 values for a batch of 4 rows';
  await assert.rejects(values(made, ['a']), new DfxError('EXECUTION', message));
});

test('binding runs nothing, and an expression with a UDF is not taken where frames stay closed', async () => {
  const expr = call(udf({ source: 'throw new Error("ran")' }), ['a']);
  const { evaluator } = await run(expr);
  assert.equal(evaluator.kind, 'row');
  const aggregate = await run(call({ ...SUM, source: 'throw new Error("ran")' }, ['b']));
  assert.deepEqual(aggregate.evaluator.stateSchema, [FLOAT64]);
  const table = await openInput(new TextEncoder().encode(CSV), { format: 'csv' });
  assert.throws(
    () => compileExpression(expr, table.schema),
    new DfxError(
      'UNSUPPORTED',
      "the embedded engine doesn't take this expression: outer: is an inline UDF, and none may be opened",
      {
        hint: 'use --engine datafusion',
      },
    ),
  );
});

test('an entry is a name and nothing else', async () => {
  const made = udf({ source: 'const f = () => 1', entry: 'f;globalThis' });
  const message = 'the entry of the UDF "f" is "f;globalThis", expected a name';
  await assert.rejects(values(made, ['a']), new DfxError('UNSUPPORTED', message));
});
