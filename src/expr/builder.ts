/**
 * A fluent builder of expressions: `col('a').add(lit(1)).gt(fn('sqrt', col('b')))`.
 *
 * Builders are immutable; `.expr` is the model. Operands may be builders, expressions or JavaScript values (see `literal`). A
 * chain of one operator, `a.add(b).add(c)`, is one node, as DataFusion's writer makes it of a left-deep tree.
 */
import { parseDataType } from '../wire/arrow/type-parse.ts';
import type { DataType, Pairs } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { type LiteralValue, literal } from './literal.ts';
import type { Definition, Expr, ExprOf, SortExpr, TableReference, UnaryKind, WhenThen } from './model.ts';
import { operatorByName } from './operators.ts';

export type Operand = ExprBuilder | Expr | LiteralValue;
export type Type = DataType | string;

const NONE: Pairs = [];

export function toExpr(operand: Operand): Expr {
  if (operand instanceof ExprBuilder) return operand.expr;
  if (typeof operand === 'object' && operand !== null && 'kind' in operand) return operand;
  return { kind: 'literal', value: literal(operand) };
}

function dataType(type: Type): DataType {
  return typeof type === 'string' ? parseDataType(type) : type;
}

/** `operands` joined from left to right; where the first is a chain of the same operator, the others join it. */
function chain(op: string, operands: readonly Expr[]): Expr {
  if (operatorByName(op) === undefined) {
    throw new DfxError('BAD_VALUE', `${JSON.stringify(op)} is no binary operator of DataFusion`, {
      hint: "Use the name of an operator on the wire, such as 'Plus' or 'BitwiseXor'.",
    });
  }
  const [first, ...rest] = operands;
  if (first === undefined || rest.length === 0) {
    throw new DfxError('BAD_VALUE', `the operator ${op} takes at least 2 operands, found ${operands.length}`);
  }
  // A node with `raw` is written from those bytes, so nothing can join it.
  const joins = first.kind === 'binary' && first.op === op && first.raw === undefined;
  return { kind: 'binary', op, operands: joins ? [...first.operands, ...rest] : operands };
}

export interface LikeOptions {
  /** One character; none by default. */
  readonly escape?: string;
}

export interface SortOptions {
  readonly descending?: boolean;
  /** By default nulls come last, and first when descending, as in SQL. */
  readonly nullsFirst?: boolean;
}

export class ExprBuilder<E extends Expr = Expr> {
  readonly expr: E;

  constructor(expr: E) {
    this.expr = expr;
  }

  /** Any binary operator, by its name on the wire: `col('a').op('BitwiseXor', 3)`. */
  op(name: string, other: Operand): ExprBuilder {
    return new ExprBuilder(chain(name, [this.expr, toExpr(other)]));
  }

  add(other: Operand): ExprBuilder {
    return this.op('Plus', other);
  }
  sub(other: Operand): ExprBuilder {
    return this.op('Minus', other);
  }
  mul(other: Operand): ExprBuilder {
    return this.op('Multiply', other);
  }
  div(other: Operand): ExprBuilder {
    return this.op('Divide', other);
  }
  mod(other: Operand): ExprBuilder {
    return this.op('Modulo', other);
  }
  eq(other: Operand): ExprBuilder {
    return this.op('Eq', other);
  }
  ne(other: Operand): ExprBuilder {
    return this.op('NotEq', other);
  }
  lt(other: Operand): ExprBuilder {
    return this.op('Lt', other);
  }
  le(other: Operand): ExprBuilder {
    return this.op('LtEq', other);
  }
  gt(other: Operand): ExprBuilder {
    return this.op('Gt', other);
  }
  ge(other: Operand): ExprBuilder {
    return this.op('GtEq', other);
  }
  and(other: Operand): ExprBuilder {
    return this.op('And', other);
  }
  or(other: Operand): ExprBuilder {
    return this.op('Or', other);
  }
  /** `||` */
  concat(other: Operand): ExprBuilder {
    return this.op('StringConcat', other);
  }
  isDistinctFrom(other: Operand): ExprBuilder {
    return this.op('IsDistinctFrom', other);
  }
  isNotDistinctFrom(other: Operand): ExprBuilder {
    return this.op('IsNotDistinctFrom', other);
  }

  not(): ExprBuilder {
    return this.unary('not');
  }
  neg(): ExprBuilder {
    return this.unary('negative');
  }
  isNull(): ExprBuilder {
    return this.unary('is_null');
  }
  isNotNull(): ExprBuilder {
    return this.unary('is_not_null');
  }
  isTrue(): ExprBuilder {
    return this.unary('is_true');
  }
  isNotTrue(): ExprBuilder {
    return this.unary('is_not_true');
  }
  isFalse(): ExprBuilder {
    return this.unary('is_false');
  }
  isNotFalse(): ExprBuilder {
    return this.unary('is_not_false');
  }
  isUnknown(): ExprBuilder {
    return this.unary('is_unknown');
  }
  isNotUnknown(): ExprBuilder {
    return this.unary('is_not_unknown');
  }

  like(pattern: Operand, options?: LikeOptions): ExprBuilder {
    return this.pattern('like', pattern, false, options);
  }
  notLike(pattern: Operand, options?: LikeOptions): ExprBuilder {
    return this.pattern('like', pattern, true, options);
  }
  ilike(pattern: Operand, options?: LikeOptions): ExprBuilder {
    return this.pattern('ilike', pattern, false, options);
  }
  notIlike(pattern: Operand, options?: LikeOptions): ExprBuilder {
    return this.pattern('ilike', pattern, true, options);
  }
  similarTo(pattern: Operand, options?: LikeOptions): ExprBuilder {
    return this.pattern('similar_to', pattern, false, options);
  }
  notSimilarTo(pattern: Operand, options?: LikeOptions): ExprBuilder {
    return this.pattern('similar_to', pattern, true, options);
  }

  between(low: Operand, high: Operand): ExprBuilder {
    return new ExprBuilder({ kind: 'between', expr: this.expr, negated: false, low: toExpr(low), high: toExpr(high) });
  }
  notBetween(low: Operand, high: Operand): ExprBuilder {
    return new ExprBuilder({ kind: 'between', expr: this.expr, negated: true, low: toExpr(low), high: toExpr(high) });
  }
  inList(items: readonly Operand[]): ExprBuilder {
    return new ExprBuilder({ kind: 'in_list', expr: this.expr, list: items.map(toExpr), negated: false });
  }
  notInList(items: readonly Operand[]): ExprBuilder {
    return new ExprBuilder({ kind: 'in_list', expr: this.expr, list: items.map(toExpr), negated: true });
  }

  cast(type: Type): ExprBuilder {
    return new ExprBuilder({ kind: 'cast', expr: this.expr, type: dataType(type), nullable: true, metadata: NONE });
  }
  tryCast(type: Type): ExprBuilder {
    return new ExprBuilder({ kind: 'try_cast', expr: this.expr, type: dataType(type), nullable: true, metadata: NONE });
  }
  alias(name: string, metadata: Pairs = NONE): ExprBuilder {
    return new ExprBuilder({ kind: 'alias', expr: this.expr, name, relation: null, metadata });
  }
  /** A field of a struct: the function `get_field`. */
  field(name: string): ExprBuilder {
    return fn('get_field', this, lit(name, 'Utf8'));
  }

  /** A sort key, for `orderBy`. */
  sort(options: SortOptions = {}): SortExpr {
    const asc = options.descending !== true;
    return { expr: this.expr, asc, nullsFirst: options.nullsFirst ?? !asc };
  }

  private unary(kind: UnaryKind): ExprBuilder {
    return new ExprBuilder({ kind, expr: this.expr });
  }

  private pattern(
    kind: 'like' | 'ilike' | 'similar_to',
    pattern: Operand,
    negated: boolean,
    options: LikeOptions = {},
  ): ExprBuilder {
    const mark = options.escape ?? '';
    if ([...mark].length > 1) {
      throw new DfxError('BAD_VALUE', `${JSON.stringify(mark)} is no escape character: it takes one`);
    }
    return new ExprBuilder({ kind, expr: this.expr, pattern: toExpr(pattern), negated, escape: mark });
  }
}

/** A column by its exact name: unlike Python's `col`, nothing is lower-cased or split at dots. */
export function col(name: string, relation: string | null = null): ExprBuilder {
  return new ExprBuilder({ kind: 'column', name, relation });
}

/** A literal; `type` is an Arrow type or its name. See `literal` for the types chosen without one. */
export function lit(value: LiteralValue, type?: Type): ExprBuilder {
  return new ExprBuilder({ kind: 'literal', value: literal(value, type) });
}

/** Operands joined by one operator, in one node: `joined('And', conditions)`. */
export function joined(op: string, operands: readonly Operand[]): ExprBuilder {
  return new ExprBuilder(chain(op, operands.map(toExpr)));
}

export interface UdfOptions {
  /** The inline frame. Without it the function travels by name, and the receiver must have it. */
  readonly definition?: Definition;
}

/** A call of a scalar function. */
export function fn(name: string, ...args: readonly Operand[]): ExprBuilder {
  return new ExprBuilder({ kind: 'scalar_function', name, args: args.map(toExpr), definition: null });
}

/** A scalar UDF as a function of its arguments: `const above = udf('above_10', { definition })`, then `above(col('x'))`. */
export function udf(name: string, options: UdfOptions = {}): (...args: readonly Operand[]) => ExprBuilder {
  const definition = options.definition ?? null;
  return (...args) => new ExprBuilder({ kind: 'scalar_function', name, args: args.map(toExpr), definition });
}

/** A function that takes lambdas: `higherOrder('array_filter', col('l'), lambda(['v'], (v) => v.gt(1)))`. */
export function higherOrder(name: string, ...args: readonly Operand[]): ExprBuilder {
  return new ExprBuilder({ kind: 'higher_order_function', name, args: args.map(toExpr), definition: null });
}

export function lambda(params: readonly string[], body: (...variables: ExprBuilder[]) => Operand): ExprBuilder {
  const variables = params.map((name) => new ExprBuilder({ kind: 'lambda_variable', name, field: null }));
  return new ExprBuilder({ kind: 'lambda', params, body: toExpr(body(...variables)) });
}

export class CaseBuilder {
  private readonly base: Expr | null;
  private readonly branches: readonly WhenThen[];

  constructor(base: Expr | null, branches: readonly WhenThen[]) {
    this.base = base;
    this.branches = branches;
  }

  when(condition: Operand, result: Operand): CaseBuilder {
    return new CaseBuilder(this.base, [...this.branches, { when: toExpr(condition), then: toExpr(result) }]);
  }

  otherwise(result: Operand): ExprBuilder {
    return this.finish(toExpr(result));
  }

  /** Without an ELSE: null where no branch holds. */
  end(): ExprBuilder {
    return this.finish(null);
  }

  private finish(otherwise: Expr | null): ExprBuilder {
    if (this.branches.length === 0) throw new DfxError('BAD_VALUE', 'CASE takes at least one WHEN');
    return new ExprBuilder<ExprOf<'case'>>({ kind: 'case', expr: this.base, whenThen: this.branches, otherwise });
  }
}

/** `CASE base WHEN …`; without a base, conditions stand alone. */
export function caseWhen(base?: Operand): CaseBuilder {
  return new CaseBuilder(base === undefined ? null : toExpr(base), []);
}

/** `CASE WHEN condition THEN result …` */
export function when(condition: Operand, result: Operand): CaseBuilder {
  return caseWhen().when(condition, result);
}

/** `$1`, `$name`; DataFusion infers the type where it can. */
export function placeholder(id: string, type?: Type): ExprBuilder {
  return new ExprBuilder({
    kind: 'placeholder',
    id,
    type: type === undefined ? null : dataType(type),
    nullable: type === undefined ? null : true,
    metadata: NONE,
  });
}

/** `outer` keeps rows whose list is null or empty. */
export function unnest(operand: Operand, options: { readonly outer?: boolean } = {}): ExprBuilder {
  return new ExprBuilder({ kind: 'unnest', exprs: [toExpr(operand)], outer: options.outer === true });
}

export function wildcard(qualifier: TableReference | null = null): ExprBuilder {
  return new ExprBuilder({ kind: 'wildcard', qualifier });
}

export function groupingSets(sets: readonly (readonly Operand[])[]): ExprBuilder {
  return new ExprBuilder({ kind: 'grouping_sets', sets: sets.map((set) => set.map(toExpr)) });
}

export function cube(...operands: readonly Operand[]): ExprBuilder {
  return new ExprBuilder({ kind: 'cube', exprs: operands.map(toExpr) });
}

export function rollup(...operands: readonly Operand[]): ExprBuilder {
  return new ExprBuilder({ kind: 'rollup', exprs: operands.map(toExpr) });
}
