/** From a window function of a payload to what computes it. */
import type { Expr, ExprOf } from '../../../expr/model.ts';
import { type Column, isValid } from '../../../io/column.ts';
import type { AggregateCall, SortKey } from '../aggregates/define.ts';
import { aggregateFunction } from '../aggregates/index.ts';
import { hasKeys } from '../aggregates/keys.ts';
import { isOrderable } from '../aggregates/order.ts';
import { constantColumn, nullColumn } from '../build.ts';
import { trueBits } from '../compare.ts';
import { compile } from '../compile.ts';
import type { BindContext } from '../functions/define.ts';
import { gather, materialize } from '../gather.ts';
import { childrenOf, type Node, plainValue } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { castTo } from '../simplify.ts';
import { refuseTies, STABLE_ROWS } from '../ties.ts';
import { BOOLEAN, innerTypes, isInteger } from '../types.ts';
import type { Rows } from '../vector.ts';
import { arrange, hasTies } from './arrange.ts';
import type { WindowCall, WindowFunction } from './define.ts';
import { type BoundFrame, bindFrame } from './frames.ts';
import { type Place, shift, valueInFrame } from './pick.ts';
import { ntile, rankingFunction } from './ranking.ts';
import { aggregateWindow, type Following } from './sliding.ts';

type WindowExpr = ExprOf<'window_function'>;

/** `node` binds an expression inside of the call. */
export function bindWindow(expr: WindowExpr, node: (inner: Expr) => Node, _context: BindContext): WindowCall {
  const { name } = expr;
  if (expr.definition !== null) throw new Refusal(name, 'is a window UDF');
  const args = expr.args.map((arg) => (arg.kind === 'wildcard' ? null : node(arg)));
  const partitionBy = expr.partitionBy.map(node);
  const orderBy = expr.orderBy.map(
    (key): SortKey => ({ node: node(key.expr), ascending: key.asc, nullsFirst: key.nullsFirst }),
  );
  for (const { type } of partitionBy) {
    if (!hasKeys(type.kind)) throw new Refusal(name, `has a PARTITION BY of ${type.kind}`);
  }
  for (const key of orderBy) {
    if (!isOrderable(key.node.type)) throw new Refusal(name, `has an ORDER BY of ${key.node.type.kind}`);
  }
  for (const key of [...partitionBy, ...orderBy.map((each) => each.node)]) {
    if (!isSortedKey(key))
      throw new Refusal(name, "has a key that the real engine doesn't find sorted after it sorted by it");
  }
  const filter = expr.filter === null ? null : castTo(node(expr.filter), BOOLEAN);
  const bounds = bindFrame(name, expr.frame, orderBy);
  const made =
    expr.family === 'window'
      ? standard(expr, args, orderBy, bounds, filter)
      : aggregate(expr, args, bounds, filter !== null);
  const sortNodes = orderBy.map((key) => key.node);
  const isSorted = orderBy.length + partitionBy.length > 0;
  const mindsTies = isSorted && !made.steady && !(bounds.peersTogether && isOfKeys(expr));
  return {
    name,
    type: made.type,
    nullable: made.nullable,
    operands: [...made.args, ...partitionBy, ...sortNodes, ...(filter === null ? [] : [filter])],
    column: columnOf(made, partitionBy, orderBy, filter, mindsTies ? name : null),
    arrangement: textOf([expr.partitionBy, expr.orderBy]),
    steady: made.steady,
    mindsTies,
    companions: !(name === 'lead' || name === 'lag') || expr.nullTreatment !== 'IGNORE_NULLS',
  };
}

/** Its planner (`SanityCheckPlan`) fails over keys with `sqrt`, or with a comparison of nested values, anywhere in them. */
function isSortedKey(key: Node): boolean {
  const todo: Node[] = [key];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (node.op === 'call' && node.name === 'sqrt') return false;
    if (node.op === 'compare' && innerTypes(node.left.type).length > 0) return false;
    todo.push(...childrenOf(node));
  }
  return true;
}

/** Whether rows that tie have the same arguments: where no frame tells them apart either, their order doesn't matter. */
function isOfKeys({ name, args, partitionBy, orderBy }: WindowExpr): boolean {
  if (!ORDERED.has(name)) return false;
  const keys = new Set([...partitionBy, ...orderBy.map(({ expr }) => expr)].map(textOf));
  return args.every((arg) => arg.kind === 'literal' || keys.has(textOf(arg)));
}

/** Equal where the expressions are, wherever they stand in the payload. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) =>
    key === 'span' || key === 'raw' ? undefined : typeof inner === 'bigint' ? `${inner}n` : inner,
  );
}

function columnOf(
  made: WindowFunction,
  partitionBy: readonly Node[],
  orderBy: readonly SortKey[],
  filter: Node | null,
  mindful: string | null,
): (rows: Rows) => Column {
  const all = (nodes: readonly Node[]): ((rows: Rows) => Column[]) => {
    const compiled = nodes.map((each) => compile(each));
    return (rows) => compiled.map((evaluate) => materialize(evaluate(rows), rows.length));
  };
  const args = all(made.args);
  const partitions = all(partitionBy);
  const keys = all(orderBy.map(({ node }) => node));
  const passes = filter === null ? null : compile(filter);
  return (rows) => {
    const { length } = rows;
    const keyColumns = keys(rows);
    const { order, starts } = arrange(partitions(rows), keyColumns, orderBy, length);
    if (mindful !== null && order !== null && length > STABLE_ROWS && hasTies(order, starts, keyColumns, orderBy)) {
      refuseTies(mindful);
    }
    const sort = (column: Column): Column => (order === null ? column : gather(column, order));
    const bits = passes === null ? null : trueBits(passes(rows), length);
    const filterColumn: Column | null =
      bits === null ? null : sort({ layout: 'boolean', type: BOOLEAN, length, validity: null, bits });
    const values = made.compute({
      length,
      starts,
      args: args(rows).map(sort),
      keys: keyColumns.map(sort),
      passes: filterColumn?.layout === 'boolean' ? filterColumn.bits : null,
    });
    if (order === null) return values;
    const places = new Int32Array(length);
    for (let at = 0; at < length; at++) places[order[at] ?? 0] = at;
    return gather(values, places);
  };
}

function present(name: string, args: readonly (Node | null)[], least: number, most: number): readonly Node[] {
  const given = args.filter((arg) => arg !== null);
  if (given.length !== args.length || given.length < least || given.length > most) {
    throw new Refusal(name, `takes ${least === most ? least : `${least} to ${most}`} arguments`);
  }
  return given;
}

function standard(
  expr: WindowExpr,
  given: readonly (Node | null)[],
  orderBy: readonly SortKey[],
  bounds: BoundFrame,
  filter: Node | null,
): WindowFunction {
  const { name, nullTreatment } = expr;
  if (filter !== null) throw new Refusal(name, 'has a FILTER');
  if (expr.distinct) throw new Refusal(name, 'has DISTINCT');
  const ignoreNulls = nullTreatment === 'IGNORE_NULLS';
  const ranking = rankingFunction(name, orderBy);
  if (ranking !== null || name === 'ntile') {
    if (ignoreNulls) throw new Refusal(name, 'has IGNORE NULLS');
    if (ranking !== null) {
      present(name, given, 0, 0);
      return ranking;
    }
    const [buckets] = present(name, given, 1, 1);
    return ntile(integerOf(name, buckets, 1), orderBy);
  }
  switch (name) {
    case 'lag':
    case 'lead':
      return shifted(name, present(name, given, 1, 3), ignoreNulls);
    case 'first_value':
    case 'last_value':
    case 'nth_value': {
      const nth = name === 'nth_value';
      const [value, count] = present(name, given, nth ? 2 : 1, nth ? 2 : 1);
      if (value === undefined) throw new Refusal(name, 'takes an argument');
      const place: Place = nth
        ? { kind: 'nth', n: nonZero(name, integerOf(name, count, Number.MIN_SAFE_INTEGER)) }
        : { kind: name === 'first_value' ? 'first' : 'last' };
      return valueInFrame(typed(name, value), place, ignoreNulls, bounds.framesOf, nullColumn(value.type, 1));
    }
    default:
      throw new Refusal(name, "isn't a window function of the embedded engine");
  }
}

function typed(name: string, value: Node): Node {
  if (value.type.kind === 'Null') throw new Refusal(name, 'of NULL');
  return value;
}

function nonZero(name: string, n: number): number {
  if (n === 0) throw new Refusal(name, 'counts from 1');
  return n;
}

/** A literal integer, at least `least`. */
function integerOf(name: string, node: Node | undefined, least: number): number {
  const value = node !== undefined && isInteger(node.type.kind) ? plainValue(node) : undefined;
  if (typeof value !== 'number' || value < least) throw new Refusal(name, 'takes a literal integer there');
  return value;
}

function shifted(name: 'lag' | 'lead', args: readonly Node[], ignoreNulls: boolean): WindowFunction {
  const [value, count, otherwise] = args;
  if (value === undefined) throw new Refusal(name, 'takes an argument');
  typed(name, value);
  const rows = count === undefined ? 1 : integerOf(name, count, Number.MIN_SAFE_INTEGER);
  if (rows === 0 && ignoreNulls) throw new Refusal(name, 'of the row itself, with IGNORE NULLS');
  let fallback = nullColumn(value.type, 1);
  if (otherwise !== undefined && otherwise.type.kind !== 'Null') {
    const cast = castTo(otherwise, value.type);
    if (cast.op !== 'constant' || otherwise.op !== 'constant') throw new Refusal(name, 'takes a literal for a default');
    fallback = isValid(cast.value, 0) ? cast.value : fallback;
  }
  return shift(value, name === 'lag' ? rows : -rows, fallback, ignoreNulls);
}

/** Aggregates whose frames may leave rows behind; the engine refuses the others. */
const RETRACTING = new Set([
  'sum',
  'avg',
  'count',
  'var',
  'var_pop',
  'stddev',
  'stddev_pop',
  'covar_samp',
  'covar_pop',
  'corr',
  'bit_xor',
]);
const AFRESH = new Set(['median', 'percentile_cont', 'array_agg']);
/** Aggregates whose value depends on the order of their rows. */
const ORDERED = new Set(['array_agg', 'string_agg', 'first_value', 'last_value', 'nth_value', 'any_value']);

function aggregate(
  expr: WindowExpr,
  given: readonly (Node | null)[],
  bounds: BoundFrame,
  filtered: boolean,
): WindowFunction {
  const made = aggregateFunction(expr.name);
  if (made === undefined) throw new Refusal(expr.name, "isn't an aggregate of the embedded engine");
  const { name } = made;
  const star = given.length === 1 && given[0] === null;
  const call: AggregateCall = {
    name,
    args: star ? [] : present(name, given, 0, 4),
    star,
    distinct: expr.distinct,
    orderBy: [],
    nullTreatment:
      expr.nullTreatment === null ? null : expr.nullTreatment === 'IGNORE_NULLS' ? 'IgnoreNulls' : 'RespectNulls',
    filtered,
    alone: true,
    grouping: expr.distinct ? 'values' : 'none',
    linear: false,
  };
  const bound = made.bind(call);
  const expands = bounds.frame.start.kind === 'unbounded';
  const following = expands ? null : followingOf(name, expr.distinct, bound.operands);
  if (!expands && following === null) throw new Refusal(name, 'over a frame that leaves rows behind');
  // A frame without rows has the default of the type, and only counts have one.
  const counts = name === 'count' || name === 'regr_count' || name === 'approx_distinct';
  const empty = counts ? constantColumn(bound.type, 0) : null;
  return aggregateWindow(bound, bounds, following, empty, bounds.peersTogether && !ORDERED.has(name));
}

function followingOf(name: string, distinct: boolean, operands: readonly Node[]): Following | null {
  if (name === 'min') return 'least';
  if (name === 'max') return 'greatest';
  if (distinct) {
    if (name === 'count') return 'afresh';
    return name === 'sum' && operands[0]?.type.kind === 'Int64' ? 'afresh' : null;
  }
  if (RETRACTING.has(name) || name.startsWith('regr_')) return 'retract';
  return AFRESH.has(name) ? 'afresh' : null;
}

/** The engine puts one window function on top of another: rows that tie then stand as the one below has left them. */
export function refuseMixedWindows(windows: readonly WindowCall[]): void {
  const [first] = windows;
  if (first === undefined) return;
  for (const call of windows) {
    if (!call.companions) throw new Refusal(call.name, 'has IGNORE NULLS beside another window function');
    if (call.arrangement !== first.arrangement && windows.some(({ steady }) => !steady)) {
      throw new Refusal(call.name, 'orders its rows in another way than another window function');
    }
  }
}
