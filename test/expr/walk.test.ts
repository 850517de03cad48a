import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expr } from '../../src/expr/model.ts';
import { children, columnsOf, countNodes, depth, functionsOf, nodesOf, walkExpr } from '../../src/expr/walk.ts';

const column = (name: string, relation: string | null = null): Expr => ({ kind: 'column', name, relation });
const call = (name: string, ...args: Expr[]): Expr => ({ kind: 'scalar_function', name, args, definition: null });
const sort = (expr: Expr) => ({ expr, asc: true, nullsFirst: false });

function name(expr: Expr): string {
  return 'name' in expr ? expr.name : expr.kind;
}

const WINDOW: Expr = {
  kind: 'window_function',
  family: 'aggregate',
  name: 'sum',
  args: [column('arg')],
  partitionBy: [column('part')],
  orderBy: [sort(column('order'))],
  frame: null,
  nullTreatment: null,
  distinct: false,
  filter: column('filter'),
  definition: null,
};

test('children come in the order of SQL text, filter, sort and partition expressions included', () => {
  const aggregate: Expr = {
    kind: 'aggregate_function',
    name: 'sum',
    args: [column('arg')],
    distinct: true,
    filter: column('filter'),
    orderBy: [sort(column('order'))],
    nullTreatment: null,
    definition: null,
  };
  const branches: Expr = {
    kind: 'case',
    expr: column('base'),
    whenThen: [
      { when: column('w1'), then: column('t1') },
      { when: column('w2'), then: column('t2') },
    ],
    otherwise: column('else'),
  };
  assert.deepEqual(children(aggregate).map(name), ['arg', 'order', 'filter']);
  assert.deepEqual(children(WINDOW).map(name), ['arg', 'filter', 'part', 'order']);
  assert.deepEqual(children(branches).map(name), ['base', 'w1', 't1', 'w2', 't2', 'else']);
  assert.deepEqual(
    children({ kind: 'grouping_sets', sets: [[column('a'), column('b')], [], [column('a')]] }).map(name),
    ['a', 'b', 'a'],
  );
});

test('walkExpr enters before and leaves after the operands, and passes by where enter says false', () => {
  const root: Expr = { kind: 'binary', op: 'Plus', operands: [call('f', column('a')), call('g', column('b'))] };
  const steps: string[] = [];
  walkExpr(root, {
    enter: (expr, level) => {
      steps.push(`+${name(expr)}${level}`);
      return name(expr) === 'g' ? false : undefined;
    },
    leave: (expr, level) => steps.push(`-${name(expr)}${level}`),
  });
  assert.deepEqual(steps, ['+binary1', '+f2', '+a3', '-a3', '-f2', '+g2', '-g2', '-binary1']);
  assert.deepEqual([...nodesOf(root)].map(name), ['binary', 'f', 'a', 'g', 'b']);
});

test('100,000 levels are walked without the call stack', () => {
  let root = column('x');
  for (let level = 1; level < 100_000; level++) root = { kind: 'not', expr: root };
  assert.equal(depth(root), 100_000);
  assert.equal(countNodes(root), 100_000);
  assert.deepEqual(columnsOf(root), [{ name: 'x', relation: null }]);
});

test('columns and functions are listed once, in the order of appearance', () => {
  const root: Expr = {
    kind: 'binary',
    op: 'And',
    operands: [
      call('f', column('__proto__'), column('1')),
      WINDOW,
      call('sum', column('1'), column('a', 't'), column('t.a')),
      { kind: 'higher_order_function', name: 'f', args: [column('__proto__')], definition: null },
    ],
  };
  assert.deepEqual(
    columnsOf(root).map((entry) => [entry.relation, entry.name]),
    [
      [null, '__proto__'],
      [null, '1'],
      [null, 'arg'],
      [null, 'filter'],
      [null, 'part'],
      [null, 'order'],
      ['t', 'a'],
      [null, 't.a'],
    ],
  );
  assert.deepEqual(functionsOf(root), [
    { name: 'f', family: 'scalar' },
    { name: 'sum', family: 'aggregate' },
    { name: 'sum', family: 'scalar' },
    { name: 'f', family: 'higher_order' },
  ]);
});
