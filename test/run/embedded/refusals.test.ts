import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expr, ExprOf, Scalar } from '../../../src/expr/model.ts';
import { canEvaluate, compileExpression } from '../../../src/run/embedded/index.ts';
import type { DataType, Field, Schema } from '../../../src/wire/arrow/types.ts';
import { DfxError } from '../../../src/wire/errors.ts';

const col = (name: string): Expr => ({ kind: 'column', name, relation: null });
const lit = (value: Scalar): Expr => ({ kind: 'literal', value });
const int = (value: number): Expr => lit({ kind: 'Int64', value });
const binary = (op: string, ...operands: Expr[]): Expr => ({ kind: 'binary', op, operands });
const aggregate = (name: string, arg: Expr, rest: Partial<ExprOf<'aggregate_function'>> = {}): Expr => ({
  kind: 'aggregate_function',
  name,
  args: [arg],
  distinct: false,
  filter: null,
  orderBy: [],
  nullTreatment: null,
  definition: null,
  ...rest,
});
const byDate = [{ expr: col('Date32'), asc: true, nullsFirst: false }];
const NULLS_OF_KEYS = 'has an ORDER BY, whose nulls the real engine may take for those of its arguments';
const NO_PART = "has no part in the result, and the real engine doesn't plan that";

const call = (name: string, ...args: Expr[]): Expr => ({ kind: 'scalar_function', name, args, definition: null });
const SHIFTS = 'takes a decimal rounded to a literal, whose type shifts while the real engine plans';

const NULL_TEXT = lit({ kind: 'Null', type: { kind: 'Utf8' } });
const FALLIBLE: Expr = {
  kind: 'cast',
  expr: binary('Divide', col('Int64'), col('Int64')),
  type: { kind: 'Utf8' },
  nullable: null,
  metadata: [],
};

const field = (name: string, type: DataType): Field => ({ name, type, nullable: true, metadata: [] });

const SCHEMA: Schema = {
  fields: [
    ...(['Int64', 'UInt64', 'Utf8', 'Boolean', 'Date32'] as const).map((kind) => field(kind, { kind })),
    field('price', { kind: 'Decimal128', precision: 10, scale: 2 }),
    field('runs', {
      kind: 'RunEndEncoded',
      runEnds: field('run_ends', { kind: 'Int32' }),
      values: field('values', { kind: 'Int64' }),
    }),
  ],
  metadata: [],
};

const REFUSALS: readonly (readonly [string, Expr, string, string])[] = [
  ['a missing column', col('x'), 'column', '"x" isn\'t in the input'],
  [
    'a type without support',
    col('runs'),
    'column',
    '"runs" has the type RunEndEncoded("run_ends": Int32, "values": Int64), which isn\'t supported',
  ],
  [
    'an operand that AND may skip',
    binary('And', col('Boolean'), binary('Gt', binary('Divide', col('Int64'), col('Int64')), int(1))),
    'And',
    'Divide may fail in it, on rows that the real engine may skip',
  ],
  [
    'a column beside an aggregate',
    binary('Plus', aggregate('sum', col('Int64')), col('Int64')),
    'column',
    '"Int64" stands outside of the aggregate functions',
  ],
  [
    'a constant that fails',
    binary('Divide', int(1), int(0)),
    'arithmetic',
    'its constant operands give an error: Divide by zero error',
  ],
  ...(
    [
      // Of all of these, the real engine gives an error, another type, or another value.
      ['Gt', binary('Gt', call('round', col('price'), int(1)), int(1))],
      ['Plus', binary('Plus', call('abs', call('round', col('price'), int(1))), col('price'))],
      ['coalesce', call('coalesce', call('round', col('price'), int(1)), col('price'))],
      ['in_list', { kind: 'in_list', expr: call('round', col('price'), int(1)), list: [int(1)], negated: false }],
      [
        'case',
        {
          kind: 'case',
          expr: null,
          whenThen: [{ when: col('Boolean'), then: call('round', col('price'), int(1)) }],
          otherwise: col('price'),
        },
      ],
      [
        'between',
        { kind: 'between', expr: col('price'), low: int(0), high: call('round', col('price'), int(1)), negated: false },
      ],
    ] as const
  ).map(([node, expr]) => [`a rounded decimal under ${node}`, expr, node, SHIFTS] as const),
  [
    'an ordered count with a FILTER',
    aggregate('count', col('Int64'), { orderBy: byDate, filter: col('Boolean') }),
    'count',
    NULLS_OF_KEYS,
  ],
  [
    'an ordered count of two arguments',
    aggregate('count', col('Int64'), { orderBy: byDate, args: [col('Int64'), col('Utf8')] }),
    'count',
    NULLS_OF_KEYS,
  ],
  ...(
    [
      ['a count that is never null', { kind: 'is_null', expr: aggregate('count', col('Int64')) }],
      ['an estimate that is never null', { kind: 'is_null', expr: aggregate('approx_distinct', col('Int64')) }],
      [
        'a sum behind a null',
        binary('Plus', aggregate('sum', col('Int64')), lit({ kind: 'Null', type: { kind: 'Int64' } })),
      ],
      [
        'a count that no case comes to',
        {
          kind: 'case',
          expr: null,
          whenThen: [{ when: lit({ kind: 'Boolean', value: true }), then: int(1) }],
          otherwise: aggregate('count', col('Int64')),
        },
      ],
    ] as const
  ).map(([what, expr]) => [what, expr, 'aggregate_function', NO_PART] as const),
  ...(['regexp_replace', 'regexp_count', 'regexp_instr'] as const).map(
    (name) =>
      [
        `a null argument of ${name} beside one that may fail`,
        call(name, FALLIBLE, NULL_TEXT, ...(name === 'regexp_replace' ? [NULL_TEXT] : [])),
        name,
        'drops an operand that may fail (cast)',
      ] as const,
  ),
  [
    'a null count of repeat beside a text that may fail',
    call('repeat', FALLIBLE, lit({ kind: 'Null', type: { kind: 'Int64' } })),
    'repeat',
    'drops an operand that may fail (cast)',
  ],
  [
    'a null separator beside a text that may fail',
    call('concat_ws', NULL_TEXT, FALLIBLE),
    'concat_ws',
    'drops an operand that may fail (cast)',
  ],
  ['strings in arithmetic', binary('Plus', col('Utf8'), int(1)), 'Plus', "doesn't take Utf8 and Int64"],
];

for (const [what, expr, node, reason] of REFUSALS) {
  test(`refuses ${what}, naming the node`, () => {
    assert.deepEqual(canEvaluate(expr, SCHEMA), { ok: false, node, reason });
  });
}

test('takes a rounded decimal where its type is its own', () => {
  const places = lit({ kind: 'Int32', value: 1 });
  const taken: readonly Expr[] = [
    call('round', col('price'), int(1)),
    aggregate('sum', call('round', col('price'), int(1))),
    binary(
      'Gt',
      {
        kind: 'cast',
        expr: call('round', col('price'), int(1)),
        type: { kind: 'Float64' },
        nullable: null,
        metadata: [],
      },
      int(1),
    ),
    binary('Gt', call('round', col('price')), int(1)),
    binary('Gt', call('round', col('price'), places), int(1)),
    binary('Gt', call('round', col('price'), col('Int64')), int(1)),
    call('concat', call('round', col('price'), int(1)), col('Utf8')),
  ];
  assert.deepEqual(
    taken.map((expr) => canEvaluate(expr, SCHEMA).ok),
    taken.map(() => true),
  );
});

test('what is not taken is refused when it is compiled, with the node and the reason', () => {
  const expr: Expr = { kind: 'scalar_function', name: 'file_name_of', args: [], definition: null };
  assert.throws(
    () => compileExpression(expr, SCHEMA),
    (error) =>
      error instanceof DfxError &&
      error.code === 'UNSUPPORTED' &&
      error.message ===
        "the embedded engine doesn't take this expression: file_name_of: isn't a function of the embedded engine",
  );
});

test('refuses deep nesting without running out of stack', () => {
  let expr: Expr = col('Boolean');
  for (let i = 0; i < 200_000; i++) expr = { kind: 'not', expr };
  assert.deepEqual(canEvaluate(expr, SCHEMA), { ok: false, node: 'not', reason: 'nested deeper than 400 levels' });
});

test('names are data: a column that is called like code', () => {
  const name = `"];process.exit(1);//`;
  const schema: Schema = { fields: [{ name, type: { kind: 'Int64' }, nullable: true, metadata: [] }], metadata: [] };
  assert.deepEqual(canEvaluate(binary('Plus', col(name), int(1)), schema), {
    ok: true,
    type: { kind: 'Int64' },
    kind: 'row',
  });
});
