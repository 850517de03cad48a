/**
 * From the expression of a payload to typed nodes: names become columns of the schema, operands are cast to the type that
 * DataFusion 55 coerces them to (its `type_coercion` analyzer rule). `simplify.ts` makes the nodes.
 *
 * What the engine knows plugs in elsewhere: scalar functions in `functions/index.ts`, aggregates in `aggregates/index.ts`,
 * operators in `operators.ts`, LIKE in `functions/like.ts`, casts in `cast/index.ts`, common types in `coerce.ts`.
 */
import type { Expr, ExprOf } from '../../expr/model.ts';
import { children } from '../../expr/walk.ts';
import { formatDataType } from '../../wire/arrow/index.ts';
import type { DataType, Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import type { AggregateCall, AggregateFunction, SortKey } from './aggregates/define.ts';
import { aggregateFunction } from './aggregates/index.ts';
import { type Surroundings, surroundingsOf } from './aggregates/surroundings.ts';
import { constantColumn } from './build.ts';
import { castMayFail } from './cast/index.ts';
import { comparisonCommon, unionCommon } from './coerce.ts';
import { mayFail } from './fallible.ts';
import type { BindContext } from './functions/define.ts';
import { scalarFunction } from './functions/index.ts';
import { type LikeForm, likeNode } from './functions/like.ts';
import { bindJsAggregate, bindJsScalar } from './javascript/bind.ts';
import { type Aggregate, type CompareOp, childrenOf, type Node, plainValue } from './nodes.ts';
import { negativeNode, operatorNode } from './operators.ts';
import { isComparable } from './order.ts';
import { Refusal } from './refusal.ts';
import { scalarColumn } from './scalar.ts';
import { ShiftingTypes } from './shifting-types.ts';
import {
  asBoolean,
  caseNode,
  castNode,
  castTo,
  commonOf,
  compareNodes,
  constant,
  equalNode,
  fold,
  isNullConstant,
  isNullNode,
  logicNodes,
  negated,
  nullInstead,
  prunedCase,
} from './simplify.ts';
import { isYearWithoutBounds } from './temporal/preimage.ts';
import {
  BOOLEAN,
  innerTypes,
  isDecimal,
  isFloat,
  isNumeric,
  layoutOf,
  MAX_TYPE_DEPTH,
  sameType,
  typeDepth,
} from './types.ts';
import { literalBelow } from './unwrap.ts';
import { bindWindow, refuseMixedWindows } from './windows/bind.ts';
import type { WindowCall } from './windows/define.ts';

export interface Bound {
  readonly kind: 'row' | 'aggregate' | 'window';
  readonly root: Node;
  readonly aggregates: readonly Aggregate[];
  /** Call i is column `fields of the schema + i` of the rows. */
  readonly windows: readonly WindowCall[];
  /** The columns of the schema that are read, ascending. */
  readonly columns: readonly number[];
}

/** Nodes call each other, so depth is bounded. The reader of DataFusion itself takes some 50 levels of functions. */
const MAX_DEPTH = 400;

/** `relation`: the table name that qualified columns may carry. */
export function bind(expr: Expr, schema: Schema, relation: string | null, context: BindContext): Bound {
  if (depthOf(expr) > MAX_DEPTH) throw new Refusal(expr.kind, `nested deeper than ${MAX_DEPTH} levels`);
  const binder = new Binder(schema, relation, context, surroundingsOf(expr));
  const root = binder.node(expr);
  const kind = binder.aggregates.length > 0 ? 'aggregate' : binder.windows.length > 0 ? 'window' : 'row';
  if (kind === 'aggregate' && binder.windows.length > 0) {
    throw new Refusal('window_function', 'stands beside an aggregate function');
  }
  if (kind === 'aggregate' && binder.bareColumn !== null) {
    throw new Refusal('column', `${JSON.stringify(binder.bareColumn)} stands outside of the aggregate functions`);
  }
  if (kind === 'aggregate' && !readsAggregate(root)) {
    throw new Refusal('aggregate_function', "has no part in the result, and the real engine doesn't plan that");
  }
  if (binder.windows.length > 1) refuseMixedWindows(binder.windows);
  return {
    kind,
    root,
    aggregates: binder.aggregates,
    windows: binder.windows,
    columns: [...binder.columns].sort((a, b) => a - b),
  };
}

/** Of what is never null, IS NULL is answered by the planner. */
function readsAggregate(root: Node): boolean {
  const todo: Node[] = [root];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (node.op === 'aggregate') return true;
    if (node.op === 'is_null' && !node.operand.nullable) continue;
    todo.push(...childrenOf(node));
  }
  return false;
}

/** Levels, where an operand of a chain lies as deep as the left-deep tree that the engine makes of it. */
function depthOf(expr: Expr): number {
  let deepest = 0;
  const todo: { expr: Expr; depth: number }[] = [{ expr, depth: 1 }];
  for (let item = todo.pop(); item !== undefined; item = todo.pop()) {
    const extra = item.expr.kind === 'binary' ? item.expr.operands.length - 1 : 1;
    deepest = Math.max(deepest, item.depth + extra - 1);
    if (deepest > MAX_DEPTH) return deepest;
    for (const child of children(item.expr)) todo.push({ expr: child, depth: item.depth + extra });
  }
  return deepest;
}

const COMPARE = new Set<string>(['Eq', 'NotEq', 'Lt', 'LtEq', 'Gt', 'GtEq', 'IsDistinctFrom', 'IsNotDistinctFrom']);

class Binder {
  readonly aggregates: Aggregate[] = [];
  readonly windows: WindowCall[] = [];
  readonly columns = new Set<number>();
  bareColumn: string | null = null;
  private insideAggregate = false;
  private readonly byName = new Map<string, number>();
  /** CASEs whose results are of several types, not all of them numbers: until they are coerced, the planner takes the first. */
  private readonly mixed = new Set<Expr>();
  private readonly shifting = new ShiftingTypes();

  constructor(
    private readonly schema: Schema,
    private readonly relation: string | null,
    private readonly context: BindContext,
    private readonly surroundings: Surroundings,
  ) {
    schema.fields.forEach((field, index) => {
      this.byName.set(field.name, index);
    });
  }

  node(expr: Expr): Node {
    const node = this.nodeOf(expr);
    this.shifting.visit(expr, node);
    return node;
  }

  private nodeOf(expr: Expr): Node {
    switch (expr.kind) {
      case 'column':
        return this.column(expr);
      case 'literal':
        return constant(scalarColumn(expr.value));
      case 'binary':
        return this.binary(expr);
      case 'negative':
        return negativeNode(this.node(expr.expr));
      case 'not':
        return fold(negated(asBoolean(this.node(expr.expr), 'not')));
      case 'is_null':
      case 'is_not_null': {
        return isNullNode(this.node(expr.expr), expr.kind === 'is_not_null');
      }
      case 'is_unknown':
      case 'is_not_unknown': {
        return isNullNode(asBoolean(this.node(expr.expr), expr.kind), expr.kind === 'is_not_unknown');
      }
      case 'is_true':
      case 'is_not_true':
      case 'is_false':
      case 'is_not_false': {
        const operand = asBoolean(this.node(expr.expr), expr.kind);
        return fold({
          op: 'is_bool',
          type: BOOLEAN,
          nullable: false,
          value: expr.kind === 'is_true' || expr.kind === 'is_not_true',
          negated: expr.kind === 'is_not_true' || expr.kind === 'is_not_false',
          operand,
        });
      }
      case 'between':
        return this.between(expr);
      case 'like':
      case 'ilike':
      case 'similar_to':
        return this.like(expr);
      case 'case':
        return this.caseOf(expr);
      case 'cast':
      case 'try_cast':
        return this.cast(expr);
      case 'in_list':
        return this.inList(expr);
      case 'scalar_function':
        return this.scalarFunction(expr);
      case 'aggregate_function':
        return this.aggregate(expr);
      case 'window_function':
        return this.window(expr);
      case 'alias':
        // A name inside of an expression, such as parsers give to count(*), changes nothing.
        return this.node(expr.expr);
      default:
        throw new Refusal(expr.kind, "isn't supported");
    }
  }

  private column(expr: ExprOf<'column'>): Node {
    if (expr.relation !== null && expr.relation !== this.relation) {
      throw new Refusal(
        'column',
        `${JSON.stringify(expr.name)} is qualified with the table ${JSON.stringify(expr.relation)}`,
      );
    }
    const index = this.byName.get(expr.name);
    const field = index === undefined ? undefined : this.schema.fields[index];
    if (index === undefined || field === undefined) {
      throw new Refusal('column', `${JSON.stringify(expr.name)} isn't in the input`);
    }
    this.checkType(field.type, 'column', `${JSON.stringify(expr.name)} has the type`);
    if (!this.insideAggregate) this.bareColumn ??= expr.name;
    this.columns.add(index);
    return { op: 'column', type: field.type, nullable: field.nullable, index, name: expr.name };
  }

  private checkType(type: DataType, node: string, what: string): void {
    if (typeDepth(type) > MAX_TYPE_DEPTH) {
      throw new Refusal(node, `${what} that nests deeper than ${MAX_TYPE_DEPTH} levels`);
    }
    const todo: DataType[] = [type];
    for (let item = todo.pop(); item !== undefined; item = todo.pop()) {
      if (layoutOf(item) === null) throw new Refusal(node, `${what} ${formatDataType(type)}, which isn't supported`);
      todo.push(...innerTypes(item));
    }
  }

  private binary(expr: ExprOf<'binary'>): Node {
    const [first, ...rest] = expr.operands;
    if (first === undefined || rest.length === 0) throw new Refusal('binary', 'has fewer than two operands');
    let left = this.node(first);
    for (const operand of rest) left = this.pair(expr.op, left, this.node(operand));
    if (expr.op !== 'And' && expr.op !== 'Or') {
      this.refuseMixed(expr.op, expr.operands);
      if (expr.op !== 'StringConcat') this.shifting.refuse(expr.op, expr.operands);
    }
    return left;
  }

  private pair(op: string, left: Node, right: Node): Node {
    if (COMPARE.has(op)) return compareNodes(op as CompareOp, left, right);
    if (op === 'And' || op === 'Or') return logicNodes(op, asBoolean(left, op), asBoolean(right, op));
    return operatorNode(op, left, right);
  }

  private like(expr: ExprOf<'like' | 'ilike' | 'similar_to'>): Node {
    const form: LikeForm = { form: expr.kind, negated: expr.negated, escape: expr.escape };
    return likeNode(form, this.node(expr.expr), this.node(expr.pattern));
  }

  private between(expr: ExprOf<'between'>): Node {
    const operand = this.node(expr.expr);
    const low = this.node(expr.low);
    const high = this.node(expr.high);
    this.shifting.refuse('between', [expr.expr, expr.low, expr.high]);
    // Each end meets the operand first, and then the two meet each other.
    const one = comparisonCommon(operand.type, low.type);
    const other = comparisonCommon(operand.type, high.type);
    const type = one === null || other === null ? null : comparisonCommon(one, other);
    if (type === null) throw new Refusal('between', `has no common type for ${operand.type.kind} and its ends`);
    const value = castTo(operand, type);
    return expr.negated
      ? logicNodes('Or', compareNodes('Lt', value, castTo(low, type)), compareNodes('Gt', value, castTo(high, type)))
      : logicNodes(
          'And',
          compareNodes('GtEq', value, castTo(low, type)),
          compareNodes('LtEq', value, castTo(high, type)),
        );
  }

  private caseOf(expr: ExprOf<'case'>): Node {
    if (expr.whenThen.length === 0) throw new Refusal('case', 'has no WHEN');
    const base = expr.expr === null ? null : this.node(expr.expr);
    const whens = expr.whenThen.map(({ when }) => this.node(when));
    const thens = expr.whenThen.map(({ then }) => this.node(then));
    const otherwise = expr.otherwise === null ? null : this.node(expr.otherwise);
    const results = otherwise === null ? thens : [otherwise, ...thens];
    const type = commonOf('case', results, unionCommon);
    if (results.length > 1) this.shifting.refuse('case', [expr.otherwise, ...expr.whenThen.map(({ then }) => then)]);
    if (base !== null) this.shifting.refuse('case', [expr.expr, ...expr.whenThen.map(({ when }) => when)]);
    const inner = expr.whenThen.some(({ then }) => this.isMixed(then));
    if (inner || !results.every((each) => isPlannedAs(each.type, type))) this.mixed.add(expr);
    const tested = base === null ? BOOLEAN : commonOf('case', [base, ...whens], comparisonCommon);
    if (!isComparable(tested)) throw new Refusal('case', `isn't supported for ${tested.kind}`);
    const branches = whens.map((when, i) => {
      const then = thens[i];
      if (then === undefined) throw new DfxError('DEFECT', 'a WHEN without a THEN');
      return { when: castTo(when, tested), then: castTo(then, type) };
    });
    const last = otherwise === null ? null : castTo(otherwise, type);
    if (base !== null) return fold(caseNode(type, castTo(base, tested), branches, last));
    return prunedCase(type, branches, last);
  }

  private cast(expr: ExprOf<'cast' | 'try_cast'>): Node {
    if (expr.metadata.length > 0) throw new Refusal(expr.kind, 'carries field metadata');
    this.checkType(expr.type, expr.kind, 'to a type');
    const operand = this.node(expr.expr);
    return castNode(operand, expr.type, expr.kind === 'try_cast');
  }

  private inList(expr: ExprOf<'in_list'>): Node {
    if (expr.expr.kind === 'alias') throw new Refusal('in_list', 'tests an alias');
    const operand = this.node(expr.expr);
    const items = expr.list.map((item) => this.node(item));
    this.shifting.refuse('in_list', [expr.expr, ...expr.list]);
    // The operand isn't computed.
    if (items.length === 0) return constant(constantColumn(BOOLEAN, expr.negated));
    const type = commonOf('in_list', [operand, ...items], comparisonCommon);
    if (!isComparable(type) || innerTypes(type).length > 0)
      throw new Refusal('in_list', `isn't supported for ${type.kind}`);
    if (!items.every((item) => item.op === 'constant')) return this.comparedList(expr, type, operand, items);
    let value = castTo(operand, type);
    let list = items.map((item) => castTo(item, type));
    // A cast of the operand is taken off where every literal is one of the type below (`unwrap_cast_in_comparison`).
    while (value.op === 'cast') {
      const cast = value;
      const below = list.map((item) => (item.op === 'constant' ? literalBelow(cast, item, 'In') : null));
      const taken = below.filter((item) => item !== null);
      if (taken.length < below.length) break;
      list = taken.map(constant);
      value = cast.operand;
    }
    if (value.op === 'cast' && castMayFail(value.operand.type, value.type)) {
      throw new Refusal('in_list', 'tests a cast that may fail');
    }
    if (isNullConstant(value)) return nullInstead('in_list', BOOLEAN, []);
    if (list.every(isNullConstant)) return nullInstead('in_list', BOOLEAN, [value]);
    const floored = value.op === 'call' && value.name === 'floor';
    if (floored && isDecimal(value.type)) throw new Refusal('in_list', 'tests floor() of a decimal, which may fail');
    if (floored && list.some((item) => plainValue(item) === 0)) {
      // Some of these become ranges over the argument, which take -0.0 for 0.0, and others don't.
      throw new Refusal('in_list', 'looks for the zero of floor()');
    }
    if (list.some((item) => isYearWithoutBounds(value, item))) {
      // A list of one becomes a range whose ends are nulls, a longer one looks years up.
      throw new Refusal('in_list', 'looks for years that timestamps of nanoseconds reach in part or not at all');
    }
    // Short lists over a column become comparisons; others, and constants, look values up by their bits.
    const compared = value.op !== 'constant' && (list.length === 1 || (list.length <= 3 && value.op === 'column'));
    return fold({
      op: 'in_list',
      type: BOOLEAN,
      nullable: true,
      operand: value,
      list,
      negated: expr.negated,
      zeros: compared ? 'equal' : 'distinct',
    });
  }

  /** A list with more than literals is compared item by item, from the first one on. */
  private comparedList(expr: ExprOf<'in_list'>, type: DataType, operand: Node, items: readonly Node[]): Node {
    const value = castTo(operand, type);
    const list = items.map((item) => castTo(item, type));
    const failing = [value, ...list].find(mayFail);
    if (failing !== undefined) throw new Refusal('in_list', 'has an operand that may fail');
    // Short lists over a column become comparisons; the others tell -0.0 from 0.0.
    const short = list.length === 1 || (list.length <= 3 && value.op === 'column');
    if (!short && isFloat(type.kind)) throw new Refusal('in_list', 'has a list of floats with more than literals');
    const found = list
      .map((item) => (short ? compareNodes('Eq', value, item) : equalNode(value, item)))
      .reduce((left, right) => logicNodes('Or', left, right));
    return expr.negated ? fold(negated(found)) : found;
  }

  private scalarFunction(expr: ExprOf<'scalar_function'>): Node {
    if (expr.definition !== null) {
      this.mayOpen(expr.name);
      const args = expr.args.map((arg) => this.node(arg));
      return bindJsScalar(expr.name, expr.definition, args);
    }
    const made = scalarFunction(expr.name);
    if (made === undefined) throw new Refusal(expr.name, "isn't a function of the embedded engine");
    const args = expr.args.map((arg) => this.node(arg));
    this.refuseMixed(expr.name, expr.args);
    this.shifting.refuseCall(expr);
    return made.bind(args, this.context);
  }

  private mayOpen(name: string): void {
    if (!this.context.inlineCode) throw new Refusal(name, 'is an inline UDF, and none may be opened');
  }

  /** Its values stand as one more column. */
  private window(expr: ExprOf<'window_function'>): Node {
    if (this.insideAggregate) throw new Refusal(expr.name, 'stands inside of another function of many rows');
    this.insideAggregate = true;
    const call = bindWindow(expr, (inner) => this.node(inner), this.context);
    this.insideAggregate = false;
    this.windows.push(call);
    const index = this.schema.fields.length + this.windows.length - 1;
    return { op: 'column', type: call.type, nullable: call.nullable, index, name: call.name };
  }

  private refuseMixed(name: string, args: readonly Expr[]): void {
    if (args.some((arg) => this.isMixed(arg))) throw new Refusal(name, 'takes a CASE of several types');
  }

  private isMixed(given: Expr): boolean {
    let expr = given;
    while (expr.kind === 'alias') expr = expr.expr;
    return this.mixed.has(expr);
  }

  private aggregate(expr: ExprOf<'aggregate_function'>): Node {
    const { name, distinct } = expr;
    const { definition } = expr;
    if (definition !== null) this.mayOpen(name);
    const made = definition === null ? aggregateFunction(name) : javascriptAggregate(name, definition, distinct);
    if (made === undefined) throw new Refusal(name, "isn't an aggregate of the embedded engine");
    if (this.insideAggregate) throw new Refusal(name, 'stands inside of another aggregate');
    const [first] = expr.args;
    const star = first?.kind === 'wildcard';
    if (star && (made.name !== 'count' || expr.args.length > 1 || first.qualifier !== null || distinct)) {
      throw new Refusal(name, 'of a wildcard');
    }
    this.insideAggregate = true;
    const args = star ? [] : expr.args.map((arg) => this.node(arg));
    this.refuseMixed(name, expr.args);
    const orderBy = expr.orderBy.map(
      (key): SortKey => ({ node: this.node(key.expr), ascending: key.asc, nullsFirst: key.nullsFirst }),
    );
    const filter = expr.filter === null ? null : castTo(this.node(expr.filter), BOOLEAN);
    this.insideAggregate = false;
    const call: AggregateCall = {
      name: made.name,
      args,
      star,
      distinct,
      orderBy,
      nullTreatment: NULL_TREATMENT[expr.nullTreatment ?? 'NONE'],
      filtered: filter !== null,
      ...this.surroundings,
    };
    const bound = made.bind(call);
    this.aggregates.push({ name: made.name, star, filter, distinct, bound });
    return { op: 'aggregate', type: bound.type, nullable: bound.nullable, slot: this.aggregates.length - 1 };
  }
}

function isPlannedAs(type: DataType, common: DataType): boolean {
  return type.kind === 'Null' || sameType(type, common) || (isNumeric(type.kind) && isNumeric(common.kind));
}

const NULL_TREATMENT = { NONE: null, RESPECT_NULLS: 'RespectNulls', IGNORE_NULLS: 'IgnoreNulls' } as const;

/** What the UDF would see of DISTINCT, ORDER BY and null treatment isn't defined for JavaScript. */
function javascriptAggregate(name: string, definition: Uint8Array, distinct: boolean): AggregateFunction {
  if (distinct) throw new Refusal(name, 'is a JavaScript UDF with DISTINCT');
  return {
    name,
    bind: ({ args, orderBy, nullTreatment }) => {
      if (orderBy.length > 0) throw new Refusal(name, 'is a JavaScript UDF with ORDER BY');
      if (nullTreatment !== null) throw new Refusal(name, 'is a JavaScript UDF with a null treatment');
      return bindJsAggregate(name, definition, args);
    },
  };
}
