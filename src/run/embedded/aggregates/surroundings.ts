/** What the optimizer of DataFusion 55 does with an aggregate depends on the others of its query: the facts that decide. */
import type { Expr, ExprOf } from '../../../expr/model.ts';
import { children } from '../../../expr/walk.ts';
import type { Grouping } from './define.ts';

export interface Surroundings {
  /** There is one aggregate function at most. */
  readonly alone: boolean;
  readonly grouping: Grouping;
  readonly linear: boolean;
}

type AggregateExpr = ExprOf<'aggregate_function'>;

export function surroundingsOf(root: Expr): Surroundings {
  const aggregates: AggregateExpr[] = [];
  const todo: Expr[] = [root];
  for (let expr = todo.pop(); expr !== undefined; expr = todo.pop()) {
    if (expr.kind === 'aggregate_function') aggregates.push(expr);
    else todo.push(...children(expr));
  }
  return {
    alone: aggregates.length <= 1,
    grouping: isNamedDistinct(root) ? 'values' : groupingOf(aggregates),
    linear: aggregates.filter(isLinear).length > 1,
  };
}

/** An aggregate that a name stands around: the rule below doesn't look behind it. Around a larger expression it makes no difference. */
function isNamedDistinct(root: Expr): boolean {
  let inner = root;
  while (inner.kind === 'alias') inner = inner.expr;
  return inner !== root && inner.kind === 'aggregate_function' && inner.distinct;
}

/** `single_distinct_aggregation_to_group_by`. */
function groupingOf(aggregates: readonly AggregateExpr[]): Grouping {
  const distinct = aggregates.filter((each) => each.distinct);
  const [only] = distinct;
  if (only === undefined) return 'none';
  for (const each of aggregates) {
    if (each.filter !== null || each.orderBy.length > 0) return 'values';
    if (!each.distinct && each.name !== 'sum' && each.name !== 'min' && each.name !== 'max') return 'values';
  }
  if (distinct.length > 1) return 'unknown';
  const [first, second] = only.args;
  // A name is put around an aggregate whose text the simplifier changes, and the rule doesn't look behind names.
  if (!aggregates.every(({ args }) => args.every(staysAsWritten))) return 'unknown';
  if (second === undefined) return 'groups';
  return first !== undefined && surelyDifferent(first, second) ? 'values' : 'unknown';
}

const ARITHMETIC = new Set(['Plus', 'Minus', 'Multiply', 'Divide', 'Modulo']);
/** Without simplification of their own. */
const AS_WRITTEN = new Set(['abs', 'floor', 'ceil', 'sqrt', 'upper', 'lower', 'length', 'reverse', 'left', 'right']);

/** Whether the simplifier surely leaves the text alone (casts aren't part of it). */
function staysAsWritten(given: Expr): boolean {
  const todo: Expr[] = [given];
  for (let expr = todo.pop(); expr !== undefined; expr = todo.pop()) {
    switch (expr.kind) {
      case 'column':
      case 'literal':
      case 'wildcard':
        continue;
      case 'cast':
      case 'try_cast':
      case 'negative':
        break;
      case 'binary':
        if (!ARITHMETIC.has(expr.op)) return false;
        break;
      case 'scalar_function':
        if (!AS_WRITTEN.has(expr.name)) return false;
        break;
      default:
        return false;
    }
    // Constants are computed, and cast to the type of what stands beside them.
    const inner = children(expr);
    if (inner.some(({ kind }) => kind === 'literal')) return false;
    todo.push(...inner);
  }
  return true;
}

/** After simplification too: `x * 1` is `x`. */
function surelyDifferent(one: Expr, other: Expr): boolean {
  if (one.kind === 'column') return other.kind === 'literal' || (other.kind === 'column' && other.name !== one.name);
  return one.kind === 'literal' && other.kind === 'column';
}

/** `rewrite_multiple_linear_aggregates`. */
function isLinear({ args, distinct, filter, orderBy, nullTreatment }: AggregateExpr): boolean {
  if (distinct || filter !== null || orderBy.length > 0 || nullTreatment !== null) return false;
  const [only] = args;
  return only?.kind === 'binary' && args.length === 1 && only.operands.some((operand) => operand.kind === 'literal');
}
