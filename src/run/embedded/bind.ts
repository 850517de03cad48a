/**
 * From the expression of a payload to typed nodes: names become columns of the schema, operands are cast to the type that
 * DataFusion 55 coerces them to (its `type_coercion` analyzer rule). `simplify.ts` makes the nodes.
 */
import type { Expr, ExprOf } from '../../expr/model.ts';
import { children } from '../../expr/walk.ts';
import { valueAt } from '../../io/column.ts';
import type { Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { castMayFail } from './cast.ts';
import {
  arithmeticCommon,
  comparisonCommon,
  isFloat,
  isInteger,
  isNumeric,
  isSigned,
  type Kind,
  kindOf,
  unionCommon,
} from './coerce.ts';
import type { Aggregate, AggregateName, ArithmeticOp, CompareOp, Node, ScalarName } from './nodes.ts';
import { Refusal } from './refusal.ts';
import { scalarColumn } from './scalar.ts';
import {
  asBoolean,
  caseNode,
  castTo,
  commonOf,
  compareNodes,
  constant,
  fits,
  fold,
  isNullConstant,
  isNullNode,
  logicNodes,
  negated,
  nullInstead,
  prunedCase,
} from './simplify.ts';
import { constantColumn } from './vector.ts';

export interface Bound {
  readonly kind: 'row' | 'aggregate';
  readonly root: Node;
  readonly aggregates: readonly Aggregate[];
  /** The columns of the schema that are read, ascending. */
  readonly columns: readonly number[];
}

/** Nodes call each other, so depth is bounded. The reader of DataFusion itself takes some 50 levels of functions. */
const MAX_DEPTH = 400;

/** `relation`: the table name that qualified columns may carry. */
export function bind(expr: Expr, schema: Schema, relation: string | null): Bound {
  if (depthOf(expr) > MAX_DEPTH) throw new Refusal(expr.kind, `nested deeper than ${MAX_DEPTH} levels`);
  const binder = new Binder(schema, relation);
  const root = binder.node(expr);
  const kind = binder.aggregates.length > 0 ? 'aggregate' : 'row';
  if (kind === 'aggregate' && binder.bareColumn !== null) {
    throw new Refusal('column', `${JSON.stringify(binder.bareColumn)} stands outside of the aggregate functions`);
  }
  return { kind, root, aggregates: binder.aggregates, columns: [...binder.columns].sort((a, b) => a - b) };
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

const ARITHMETIC = new Set<string>(['Plus', 'Minus', 'Multiply', 'Divide', 'Modulo']);
const COMPARE = new Set<string>(['Eq', 'NotEq', 'Lt', 'LtEq', 'Gt', 'GtEq', 'IsDistinctFrom', 'IsNotDistinctFrom']);
const AGGREGATES = new Map<string, AggregateName>([
  ['count', 'count'],
  ['sum', 'sum'],
  ['avg', 'avg'],
  ['mean', 'avg'],
  ['min', 'min'],
  ['max', 'max'],
]);
const SCALARS = new Map<string, ScalarName>([
  ['abs', 'abs'],
  ['sqrt', 'sqrt'],
  ['floor', 'floor'],
  ['ceil', 'ceil'],
]);

class Binder {
  readonly aggregates: Aggregate[] = [];
  readonly columns = new Set<number>();
  bareColumn: string | null = null;
  private insideAggregate = false;
  private readonly byName = new Map<string, number>();

  constructor(
    private readonly schema: Schema,
    private readonly relation: string | null,
  ) {
    schema.fields.forEach((field, index) => {
      this.byName.set(field.name, index);
    });
  }

  node(expr: Expr): Node {
    switch (expr.kind) {
      case 'column':
        return this.column(expr);
      case 'literal':
        return constant(scalarColumn(expr.value));
      case 'binary':
        return this.binary(expr);
      case 'negative': {
        const operand = this.node(expr.expr);
        if (operand.kind === 'Null') return constant(constantColumn('Null', null));
        if (!isNumeric(operand.kind) || (isInteger(operand.kind) && !isSigned(operand.kind))) {
          throw new Refusal('negative', `takes signed numbers only, found ${operand.kind}`);
        }
        return fold({ op: 'negative', kind: operand.kind, nullable: operand.nullable, operand });
      }
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
          kind: 'Boolean',
          nullable: false,
          value: expr.kind === 'is_true' || expr.kind === 'is_not_true',
          negated: expr.kind === 'is_not_true' || expr.kind === 'is_not_false',
          operand,
        });
      }
      case 'between':
        return this.between(expr);
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
    const kind = kindOf(field.type);
    if (kind === null) {
      throw new Refusal(
        'column',
        `${JSON.stringify(expr.name)} has the type ${field.type.kind}, which isn't supported`,
      );
    }
    if (!this.insideAggregate) this.bareColumn ??= expr.name;
    this.columns.add(index);
    return { op: 'column', kind, nullable: field.nullable, index, name: expr.name };
  }

  private binary(expr: ExprOf<'binary'>): Node {
    const [first, ...rest] = expr.operands;
    if (first === undefined || rest.length === 0) throw new Refusal('binary', 'has fewer than two operands');
    let left = this.node(first);
    for (const operand of rest) left = this.pair(expr.op, left, this.node(operand));
    return left;
  }

  private pair(op: string, left: Node, right: Node): Node {
    if (ARITHMETIC.has(op)) {
      const kind = arithmeticCommon(left.kind, right.kind);
      if (kind === 'Wide') throw new Refusal(op, 'a signed integer with a UInt64 gives a decimal');
      if (kind === null) throw new Refusal(op, `doesn't take ${left.kind} and ${right.kind}`);
      const a = castTo(left, kind);
      const b = castTo(right, kind);
      if (isNullConstant(a) || isNullConstant(b)) return nullInstead(op, kind, [a, b]);
      return fold({
        op: 'arithmetic',
        fn: op as ArithmeticOp,
        kind,
        nullable: a.nullable || b.nullable,
        left: a,
        right: b,
      });
    }
    if (COMPARE.has(op)) return compareNodes(op as CompareOp, left, right);
    if (op === 'And' || op === 'Or') return logicNodes(op, asBoolean(left, op), asBoolean(right, op));
    throw new Refusal(op, "isn't supported");
  }

  private between(expr: ExprOf<'between'>): Node {
    const operand = this.node(expr.expr);
    const low = this.node(expr.low);
    const high = this.node(expr.high);
    const kind = commonOf('between', [operand, low, high], comparisonCommon);
    const value = castTo(operand, kind);
    return expr.negated
      ? logicNodes('Or', compareNodes('Lt', value, castTo(low, kind)), compareNodes('Gt', value, castTo(high, kind)))
      : logicNodes(
          'And',
          compareNodes('GtEq', value, castTo(low, kind)),
          compareNodes('LtEq', value, castTo(high, kind)),
        );
  }

  private caseOf(expr: ExprOf<'case'>): Node {
    if (expr.whenThen.length === 0) throw new Refusal('case', 'has no WHEN');
    const base = expr.expr === null ? null : this.node(expr.expr);
    const whens = expr.whenThen.map(({ when }) => this.node(when));
    const thens = expr.whenThen.map(({ then }) => this.node(then));
    const otherwise = expr.otherwise === null ? null : this.node(expr.otherwise);
    const kind = commonOf('case', otherwise === null ? thens : [otherwise, ...thens], unionCommon);
    const tested = base === null ? 'Boolean' : commonOf('case', [base, ...whens], comparisonCommon);
    const branches = whens.map((when, i) => {
      const then = thens[i];
      if (then === undefined) throw new DfxError('DEFECT', 'a WHEN without a THEN');
      return { when: castTo(when, tested), then: castTo(then, kind) };
    });
    const last = otherwise === null ? null : castTo(otherwise, kind);
    if (base !== null) return fold(caseNode(kind, castTo(base, tested), branches, last));
    return prunedCase(kind, branches, last);
  }

  private cast(expr: ExprOf<'cast' | 'try_cast'>): Node {
    const kind = kindOf(expr.type);
    if (kind === null) throw new Refusal(expr.kind, `to ${expr.type.kind} isn't supported`);
    if (expr.metadata.length > 0) throw new Refusal(expr.kind, 'carries field metadata');
    const operand = this.node(expr.expr);
    if (kind === 'Null' && operand.kind !== 'Null') throw new Refusal(expr.kind, "to Null isn't supported");
    if (operand.kind === kind) return operand;
    const safe = expr.kind === 'try_cast';
    return fold({ op: 'cast', kind, nullable: operand.nullable || safe, safe, operand });
  }

  private inList(expr: ExprOf<'in_list'>): Node {
    if (expr.expr.kind === 'alias') throw new Refusal('in_list', 'tests an alias');
    const operand = this.node(expr.expr);
    const items = expr.list.map((item) => this.node(item));
    if (items.length === 0) throw new Refusal('in_list', 'has an empty list');
    if (!items.every((item) => item.op === 'constant'))
      throw new Refusal('in_list', 'has a list with more than literals');
    const kind = commonOf('in_list', [operand, ...items], comparisonCommon);
    let value = castTo(operand, kind);
    let list = items.map((item) => castTo(item, kind));
    // A cast of the operand is taken off where every literal fits the type below (`unwrap_cast_in_comparison`).
    while (value.op === 'cast' && isInteger(value.kind) && isInteger(value.operand.kind)) {
      const below = value.operand.kind;
      if (!list.every((item) => fits(item, below))) {
        if (castMayFail(below, value.kind))
          throw new Refusal('in_list', 'tests a narrowing cast against values out of range');
        break;
      }
      list = list.map((item) => castTo(item, below));
      value = value.operand;
    }
    if (isNullConstant(value)) return nullInstead('in_list', 'Boolean', []);
    if (list.every(isNullConstant)) return nullInstead('in_list', 'Boolean', [value]);
    if (
      value.op === 'function' &&
      value.name === 'floor' &&
      list.some((item) => item.op === 'constant' && valueAt(item.value, 0) === 0)
    ) {
      // Some of these become ranges over the argument, which take -0.0 for 0.0, and others don't.
      throw new Refusal('in_list', 'looks for the zero of floor()');
    }
    // Short lists over a column become comparisons; others, and constants, look values up by their bits.
    const compared = value.op !== 'constant' && (list.length === 1 || (list.length <= 3 && value.op === 'column'));
    return fold({
      op: 'in_list',
      kind: 'Boolean',
      nullable: true,
      operand: value,
      list,
      negated: expr.negated,
      zeros: compared ? 'equal' : 'distinct',
    });
  }

  private scalarFunction(expr: ExprOf<'scalar_function'>): Node {
    const name = expr.definition === null ? SCALARS.get(expr.name) : undefined;
    if (name === undefined) throw new Refusal(expr.name, "isn't a function of the embedded engine");
    const [argument, ...others] = expr.args.map((arg) => this.node(arg));
    if (argument === undefined || others.length > 0) throw new Refusal(expr.name, 'takes one argument');
    if (!isNumeric(argument.kind)) throw new Refusal(expr.name, `isn't supported for ${argument.kind}`);
    const kind = name === 'abs' || argument.kind === 'Float32' ? argument.kind : 'Float64';
    return fold({ op: 'function', name, kind, nullable: argument.nullable, args: [castTo(argument, kind)] });
  }

  private aggregate(expr: ExprOf<'aggregate_function'>): Node {
    const name = expr.definition === null ? AGGREGATES.get(expr.name) : undefined;
    if (name === undefined) throw new Refusal(expr.name, "isn't an aggregate of the embedded engine");
    if (this.insideAggregate) throw new Refusal(expr.name, 'stands inside of another aggregate');
    if (expr.orderBy.length > 0) throw new Refusal(expr.name, 'has an ORDER BY');
    if (expr.nullTreatment !== null) throw new Refusal(expr.name, 'has a null treatment');
    const [argument, ...others] = expr.args;
    if (argument === undefined || others.length > 0) throw new Refusal(expr.name, 'takes one argument');
    this.insideAggregate = true;
    const star = argument.kind === 'wildcard';
    if (star && (name !== 'count' || argument.qualifier !== null || expr.distinct)) {
      throw new Refusal(expr.name, 'of a wildcard');
    }
    const operand = star ? null : this.node(argument);
    const filter = expr.filter === null ? null : castTo(this.node(expr.filter), 'Boolean');
    this.insideAggregate = false;
    const aggregate = aggregateOf(name, operand, filter, expr.distinct);
    this.aggregates.push(aggregate);
    return { op: 'aggregate', kind: aggregate.kind, nullable: name !== 'count', slot: this.aggregates.length - 1 };
  }
}

function aggregateOf(name: AggregateName, operand: Node | null, filter: Node | null, distinct: boolean): Aggregate {
  if (filter !== null && filter.kind !== 'Boolean') throw new Refusal(name, 'has a FILTER that is no boolean');
  if (operand === null) return { name, operand, filter, distinct, kind: 'Int64' };
  const { kind } = operand;
  // Which zeros and NaNs count as one depends on how the engine groups.
  if (distinct && isFloat(kind) && name !== 'min' && name !== 'max')
    throw new Refusal(name, `DISTINCT isn't supported for ${kind}`);
  switch (name) {
    case 'count':
      return { name, operand, filter, distinct, kind: 'Int64' };
    case 'min':
    case 'max':
      // DISTINCT changes nothing here.
      return { name, operand, filter, distinct: false, kind };
    case 'sum': {
      if (!isNumeric(kind)) throw new Refusal(name, `isn't supported for ${kind}`);
      const total: Kind = isFloat(kind) ? 'Float64' : isSigned(kind) ? 'Int64' : 'UInt64';
      return { name, operand: castTo(operand, total), filter, distinct, kind: total };
    }
    case 'avg':
      if (!isNumeric(kind)) throw new Refusal(name, `isn't supported for ${kind}`);
      // Distinct values are added in the order of a hash table.
      if (distinct) throw new Refusal(name, "DISTINCT isn't supported");
      return { name, operand: castTo(operand, 'Float64'), filter, distinct, kind: 'Float64' };
  }
}
