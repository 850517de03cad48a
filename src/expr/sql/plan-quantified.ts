/** `x = ANY(list)` and `x > ALL(list)`: the engine writes them out with functions over lists. */
import type { Expr } from '../model.ts';
import { unsupported } from './errors.ts';
import { BOOLEAN } from './facts.ts';
import { binary, literal, type Planned, type Scope, scalarCall } from './planned.ts';
import type { Syntax } from './syntax.ts';

type Quantified = Syntax & { readonly kind: 'any' | 'all' };

function test(kind: 'is_null' | 'is_not_null' | 'not', operand: Planned): Planned {
  return { expr: { kind, expr: operand.expr }, facts: BOOLEAN };
}

function cases(branches: readonly (readonly [Planned, Planned])[], otherwise: Planned): Planned {
  const whenThen = branches.map(([when, then]) => ({ when: when.expr, then: then.expr }));
  const expr: Expr = { kind: 'case', expr: null, whenThen, otherwise: otherwise.expr };
  return { expr, facts: BOOLEAN };
}

const NO_BOOLEAN = literal({ kind: 'Null', type: { kind: 'Boolean' } });
const TRUE = literal({ kind: 'Boolean', value: true });
const FALSE = literal({ kind: 'Boolean', value: false });

export function planQuantified(node: Quantified, needle: Planned, list: Planned, scope: Scope): Planned {
  const compare = (left: Planned, op: string, right: Planned) => binary(op, left, right, scope, node.start).planned;
  return node.kind === 'any' ? planAny(node, needle, list, compare) : planAll(node, needle, list, compare);
}

type Compare = (left: Planned, op: string, right: Planned) => Planned;

function planAny(node: Quantified, needle: Planned, list: Planned, compare: Compare): Planned {
  const min = scalarCall('array_min', [list]);
  const max = scalarCall('array_max', [list]);
  const guarded = (bound: Planned, comparison: Planned) =>
    cases(
      [
        [test('is_not_null', bound), comparison],
        [test('is_not_null', list), FALSE],
      ],
      NO_BOOLEAN,
    );
  switch (node.op) {
    case '=':
      return scalarCall('array_has', [list, needle]);
    case '!=':
      return guarded(max, compare(compare(min, 'NotEq', needle), 'Or', compare(max, 'NotEq', needle)));
    case '>':
      return guarded(min, compare(min, 'Lt', needle));
    case '<':
      return guarded(max, compare(max, 'Gt', needle));
    case '>=':
      return guarded(min, compare(min, 'LtEq', needle));
    case '<=':
      return guarded(max, compare(max, 'GtEq', needle));
    default:
      throw unsupported(`found ${node.op} ANY, expected one of = <> < <= > >=`, node.start);
  }
}

function planAll(node: Quantified, needle: Planned, list: Planned, compare: Compare): Planned {
  const min = scalarCall('array_min', [list]);
  const max = scalarCall('array_max', [list]);
  const decide = (): Planned => {
    switch (node.op) {
      case '!=':
        return scalarCall('array_has', [list, needle]);
      case '=':
        return test('not', compare(compare(min, 'Eq', needle), 'And', compare(max, 'Eq', needle)));
      case '>':
        return test('not', compare(needle, 'Gt', max));
      case '<':
        return test('not', compare(needle, 'Lt', min));
      case '>=':
        return test('not', compare(needle, 'GtEq', max));
      case '<=':
        return test('not', compare(needle, 'LtEq', min));
      default:
        throw unsupported(`found ${node.op} ALL, expected one of = <> < <= > >=`, node.start);
    }
  };
  const none = literal({ kind: 'Null', type: { kind: 'Null' } });
  const empty = compare(scalarCall('cardinality', [list]), 'Eq', literal({ kind: 'UInt64', value: 0 }));
  const position = scalarCall('array_position', [list, none, literal({ kind: 'Int64', value: 1 })]);
  return cases(
    [
      [test('is_null', list), NO_BOOLEAN],
      [empty, TRUE],
      [test('is_null', needle), NO_BOOLEAN],
      [decide(), FALSE],
      [test('is_not_null', position), NO_BOOLEAN],
    ],
    TRUE,
  );
}
