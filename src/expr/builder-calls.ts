/** The fluent builder's aggregates and windows: `agg('sum', col('a')).distinct().over({ orderBy: [col('b').sort()] })`. */
import { DfxError } from '../wire/errors.ts';
import { ExprBuilder, type Operand, toExpr, type UdfOptions } from './builder.ts';
import { type LiteralValue, literal } from './literal.ts';
import type { ExprOf, FrameBound, NullTreatment, Scalar, SortExpr, WindowFrame } from './model.ts';

export type Bound =
  | 'unbounded preceding'
  | 'current row'
  | 'unbounded following'
  | { readonly preceding: LiteralValue | Scalar }
  | { readonly following: LiteralValue | Scalar };

export interface OverOptions {
  readonly partitionBy?: readonly Operand[];
  readonly orderBy?: readonly SortExpr[];
  /**
   * By default SQL's: the whole partition, or with `orderBy` RANGE from its start to the current row. (Python's `over` takes
   * ROWS there.)
   */
  readonly frame?: WindowFrame;
}

/** DataFusion writes UNBOUNDED as a null of this type. */
const UNBOUNDED: Scalar = { kind: 'Null', type: { kind: 'UInt64' } };

export class AggregateBuilder extends ExprBuilder<ExprOf<'aggregate_function'>> {
  distinct(): AggregateBuilder {
    return new AggregateBuilder({ ...this.expr, distinct: true });
  }
  filter(condition: Operand): AggregateBuilder {
    return new AggregateBuilder({ ...this.expr, filter: toExpr(condition) });
  }
  orderBy(...keys: readonly SortExpr[]): AggregateBuilder {
    return new AggregateBuilder({ ...this.expr, orderBy: keys });
  }
  ignoreNulls(): AggregateBuilder {
    return this.nulls('IGNORE_NULLS');
  }
  respectNulls(): AggregateBuilder {
    return this.nulls('RESPECT_NULLS');
  }

  /** The aggregate over a window. Its own `orderBy` would be lost: a window has one. */
  over(options: OverOptions = {}): ExprBuilder {
    const { name, args, distinct, filter, orderBy, nullTreatment, definition } = this.expr;
    if (orderBy.length > 0) {
      throw new DfxError('BAD_VALUE', `${name} over a window takes no ORDER BY of its own`, {
        hint: 'Give the sort keys to over({ orderBy }).',
      });
    }
    return new ExprBuilder({
      kind: 'window_function',
      family: 'aggregate',
      name,
      args,
      ...windowClauses(options),
      nullTreatment,
      distinct,
      filter,
      definition,
    });
  }

  private nulls(nullTreatment: NullTreatment): AggregateBuilder {
    return new AggregateBuilder({ ...this.expr, nullTreatment });
  }
}

export class WindowBuilder extends ExprBuilder<ExprOf<'window_function'>> {
  over(options: OverOptions = {}): WindowBuilder {
    return new WindowBuilder({ ...this.expr, ...windowClauses(options) });
  }
  ignoreNulls(): WindowBuilder {
    return new WindowBuilder({ ...this.expr, nullTreatment: 'IGNORE_NULLS' });
  }
  respectNulls(): WindowBuilder {
    return new WindowBuilder({ ...this.expr, nullTreatment: 'RESPECT_NULLS' });
  }
}

function windowClauses(options: OverOptions): Pick<ExprOf<'window_function'>, 'partitionBy' | 'orderBy' | 'frame'> {
  const orderBy = options.orderBy ?? [];
  return {
    partitionBy: (options.partitionBy ?? []).map(toExpr),
    orderBy,
    frame: options.frame ?? impliedFrame(orderBy.length > 0),
  };
}

/** What SQL takes for OVER without a frame. */
export function impliedFrame(ordered: boolean): WindowFrame {
  return ordered ? range('unbounded preceding') : rows('unbounded preceding', 'unbounded following');
}

/** A call of an aggregate function: `agg('count', col('a')).distinct()`. */
export function agg(name: string, ...args: readonly Operand[]): AggregateBuilder {
  return udaf(name)(...args);
}

/** An aggregate UDF as a function of its arguments. */
export function udaf(name: string, options: UdfOptions = {}): (...args: readonly Operand[]) => AggregateBuilder {
  return (...args) =>
    new AggregateBuilder({
      kind: 'aggregate_function',
      name,
      args: args.map(toExpr),
      distinct: false,
      filter: null,
      orderBy: [],
      nullTreatment: null,
      definition: options.definition ?? null,
    });
}

/** A call of a window function, over the whole partition until `over` says otherwise: `win('lag', col('a'), 1).over({ … })`. */
export function win(name: string, ...args: readonly Operand[]): WindowBuilder {
  return udwf(name)(...args);
}

/** A window UDF as a function of its arguments. */
export function udwf(name: string, options: UdfOptions = {}): (...args: readonly Operand[]) => WindowBuilder {
  return (...args) =>
    new WindowBuilder({
      kind: 'window_function',
      family: 'window',
      name,
      args: args.map(toExpr),
      ...windowClauses({}),
      nullTreatment: null,
      distinct: false,
      filter: null,
      definition: options.definition ?? null,
    });
}

/** `ROWS BETWEEN start AND end`; numbers count rows. */
export function rows(start: Bound, end: Bound = 'current row'): WindowFrame {
  return frame('ROWS', start, end);
}

/** `RANGE BETWEEN start AND end`; distances are values of the sort key. */
export function range(start: Bound, end: Bound = 'current row'): WindowFrame {
  return frame('RANGE', start, end);
}

/** `GROUPS BETWEEN start AND end`; numbers count groups of equal sort keys. */
export function groups(start: Bound, end: Bound = 'current row'): WindowFrame {
  return frame('GROUPS', start, end);
}

function frame(units: WindowFrame['units'], start: Bound, end: Bound): WindowFrame {
  return { units, start: frameBound(units, start), end: frameBound(units, end) };
}

function frameBound(units: WindowFrame['units'], bound: Bound): FrameBound {
  switch (bound) {
    case 'current row':
      return { kind: 'CURRENT_ROW' };
    case 'unbounded preceding':
      return { kind: 'PRECEDING', value: UNBOUNDED };
    case 'unbounded following':
      return { kind: 'FOLLOWING', value: UNBOUNDED };
    default:
      return 'preceding' in bound
        ? { kind: 'PRECEDING', value: distance(units, bound.preceding) }
        : { kind: 'FOLLOWING', value: distance(units, bound.following) };
  }
}

function distance(units: WindowFrame['units'], value: LiteralValue | Scalar): Scalar {
  if (typeof value === 'object' && value !== null && 'kind' in value) return value;
  return units === 'RANGE' ? literal(value) : literal(value, 'UInt64');
}
