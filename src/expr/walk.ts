/** Ways through an expression that never recurse: a chain of 100,000 nested calls is a payload like any other. */
import type { FunctionFamily } from './functions.ts';
import type { Expr, ExprOf, SortExpr } from './model.ts';

const NONE: readonly Expr[] = [];

function sorted(list: readonly SortExpr[]): Expr[] {
  return list.map((sort) => sort.expr);
}

/** The node's direct operands, in the order in which SQL text names them. */
export function children(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'column':
    case 'literal':
    case 'wildcard':
    case 'placeholder':
    case 'scalar_subquery':
    case 'lambda_variable':
    case 'opaque':
      return NONE;
    case 'alias':
    case 'cast':
    case 'try_cast':
    case 'is_null':
    case 'is_not_null':
    case 'not':
    case 'negative':
    case 'is_true':
    case 'is_false':
    case 'is_unknown':
    case 'is_not_true':
    case 'is_not_false':
    case 'is_not_unknown':
      return [expr.expr];
    case 'binary':
      return expr.operands;
    case 'between':
      return [expr.expr, expr.low, expr.high];
    case 'like':
    case 'ilike':
    case 'similar_to':
      return [expr.expr, expr.pattern];
    case 'case': {
      const list: Expr[] = expr.expr === null ? [] : [expr.expr];
      for (const branch of expr.whenThen) list.push(branch.when, branch.then);
      if (expr.otherwise !== null) list.push(expr.otherwise);
      return list;
    }
    case 'in_list':
      return [expr.expr, ...expr.list];
    case 'scalar_function':
    case 'higher_order_function':
      return expr.args;
    case 'aggregate_function': {
      if (expr.filter === null && expr.orderBy.length === 0) return expr.args;
      const list = [...expr.args, ...sorted(expr.orderBy)];
      if (expr.filter !== null) list.push(expr.filter);
      return list;
    }
    case 'window_function': {
      const list = [...expr.args];
      if (expr.filter !== null) list.push(expr.filter);
      return list.concat(expr.partitionBy, sorted(expr.orderBy));
    }
    case 'grouping_sets':
      return expr.sets.flat();
    case 'cube':
    case 'rollup':
    case 'unnest':
      return expr.exprs;
    case 'lambda':
      return [expr.body];
  }
}

export interface Visitor {
  /** Before the node's operands. `false` passes them by. `depth` is 1 for the root. */
  readonly enter?: (expr: Expr, depth: number) => boolean | undefined;
  /** After the node's operands. Called for a node whose operands were passed by, too. */
  readonly leave?: (expr: Expr, depth: number) => void;
}

interface Open {
  readonly expr: Expr;
  readonly operands: readonly Expr[];
  next: number;
}

/** Visits every node, operands in order, `enter` before and `leave` after them. */
export function walkExpr(root: Expr, visit: Visitor): void {
  const open: Open[] = [];
  const enter = (expr: Expr): void => {
    const skip = visit.enter?.(expr, open.length + 1) === false;
    open.push({ expr, operands: skip ? NONE : children(expr), next: 0 });
  };
  enter(root);
  for (;;) {
    const top = open[open.length - 1];
    if (top === undefined) return;
    const operand = top.operands[top.next];
    if (operand !== undefined) {
      top.next++;
      enter(operand);
    } else {
      visit.leave?.(top.expr, open.length);
      open.pop();
    }
  }
}

/** Every node before its operands, from left to right. */
export function* nodesOf(root: Expr): Generator<Expr, void, void> {
  const pending: Expr[] = [root];
  for (let expr = pending.pop(); expr !== undefined; expr = pending.pop()) {
    yield expr;
    const operands = children(expr);
    for (let index = operands.length - 1; index >= 0; index--) {
      const operand = operands[index];
      if (operand !== undefined) pending.push(operand);
    }
  }
}

/** How many nodes the expression has. A chain of one operator is one node, as on the wire. */
export function countNodes(root: Expr): number {
  let count = 0;
  for (const _ of nodesOf(root)) count++;
  return count;
}

/** Levels of nodes: 1 for a column. */
export function depth(root: Expr): number {
  let deepest = 0;
  walkExpr(root, {
    enter: (_, level) => {
      if (level > deepest) deepest = level;
      return undefined;
    },
  });
  return deepest;
}

export interface ColumnReference {
  readonly name: string;
  readonly relation: string | null;
}

/** The distinct columns, in the order in which they first appear. */
export function columnsOf(root: Expr): readonly ColumnReference[] {
  const seen = new Set<string>();
  const columns: ColumnReference[] = [];
  for (const expr of nodesOf(root)) {
    if (expr.kind !== 'column') continue;
    const key = JSON.stringify([expr.relation, expr.name]);
    if (seen.has(key)) continue;
    seen.add(key);
    columns.push({ name: expr.name, relation: expr.relation });
  }
  return columns;
}

export type FunctionNode = ExprOf<
  'scalar_function' | 'higher_order_function' | 'aggregate_function' | 'window_function'
>;

export interface FunctionReference {
  readonly name: string;
  /** Where the receiver looks the function up: an aggregate called with OVER is in the aggregate registry. */
  readonly family: FunctionFamily;
}

export function isFunctionNode(expr: Expr): expr is FunctionNode {
  return (
    expr.kind === 'scalar_function' ||
    expr.kind === 'higher_order_function' ||
    expr.kind === 'aggregate_function' ||
    expr.kind === 'window_function'
  );
}

/** The registry in which a receiver looks for the node's function. */
export function familyOf(node: FunctionNode): FunctionFamily {
  switch (node.kind) {
    case 'scalar_function':
      return 'scalar';
    case 'higher_order_function':
      return 'higher_order';
    case 'aggregate_function':
      return 'aggregate';
    case 'window_function':
      return node.family;
  }
}

/** The distinct functions, in the order in which they first appear. */
export function functionsOf(root: Expr): readonly FunctionReference[] {
  const seen = new Set<string>();
  const functions: FunctionReference[] = [];
  for (const expr of nodesOf(root)) {
    if (!isFunctionNode(expr)) continue;
    const family = familyOf(expr);
    const key = `${family} ${expr.name}`;
    if (seen.has(key)) continue;
    seen.add(key);
    functions.push({ name: expr.name, family });
  }
  return functions;
}
