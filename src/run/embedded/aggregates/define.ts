/** What an aggregate function of the embedded engine is. FILTER is applied by the engine: `update` sees the rows that passed. */
import type { Column } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import type { Node } from '../nodes.ts';

export interface SortKey {
  readonly node: Node;
  readonly ascending: boolean;
  readonly nullsFirst: boolean;
}

export interface AggregateCall {
  readonly name: string;
  /** Typed and not yet cast. Empty for `count(*)`. */
  readonly args: readonly Node[];
  readonly star: boolean;
  readonly distinct: boolean;
  readonly orderBy: readonly SortKey[];
  readonly nullTreatment: 'RespectNulls' | 'IgnoreNulls' | null;
  readonly filtered: boolean;
  /** Whether this is the only aggregate function of the expression. */
  readonly alone: boolean;
  /** How the engine would do the DISTINCTs of the expression (`distinct.ts`); `unknown`: either way. */
  readonly grouping: Grouping;
  /** Whether `sum(x + literal)` may become `sum(x) + literal * count(x)`, which fails on other rows. */
  readonly linear: boolean;
}

export type Grouping = 'none' | 'groups' | 'values' | 'unknown';

export interface AggregateFunction {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Throws a Refusal for what isn't computed exactly as DataFusion 55 does, and for what DataFusion 55 itself refuses. */
  bind(call: AggregateCall): BoundAggregate;
}

export interface BoundAggregate {
  readonly type: DataType;
  readonly nullable: boolean;
  /** What `update` takes, cast to it: arguments, then the keys of ORDER BY where they matter. */
  readonly operands: readonly Node[];
  /**
   * The columns of a partial state, one row each. Null: partial results can't be put together to what one pass gives, and the input is
   * aggregated in one piece.
   */
  readonly state: readonly DataType[] | null;
  readonly create: () => Accumulator;
  /** Whether rows that tie in ORDER BY may make it fail with UNSUPPORTED when they are known (`../ties.ts`). */
  readonly mindsTies?: boolean;
}

export interface Accumulator {
  /** Columns of `length` rows, in the order of `operands`. */
  update(columns: readonly Column[], length: number): void;
  /** Takes `sum` in, of so many rows of doubles, none of them null, in the place of the rows; it isn't NaN. Where the function needs no more than that. */
  addSum?(sum: number, rows: number): void;
  /** Takes rows back that were taken in, as a moving window frame does; where the engine can. */
  retract?(columns: readonly Column[], length: number): void;
  /** One row a state column. */
  state(): readonly Column[];
  /** Takes one partial state in. Called in the order of the splits. */
  merge(state: readonly Column[]): void;
  /** One row. */
  finish(): Column;
}

/** By name and alias. */
export function byName(lists: readonly (readonly AggregateFunction[])[]): ReadonlyMap<string, AggregateFunction> {
  const named = new Map<string, AggregateFunction>();
  for (const made of lists.flat()) for (const name of [made.name, ...(made.aliases ?? [])]) named.set(name, made);
  return named;
}
