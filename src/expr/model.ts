/**
 * The expression language of DataFusion as a payload can carry it: one variant a node of `LogicalExprNode`.
 *
 * Everything is plain, readonly data. Names from a payload are never keys. Integers that may pass 2^53 are `number` while
 * they are safe and `bigint` beyond, so that the common case stays cheap and no value is ever rounded.
 */
import type { DataType, Field, IntervalUnit, Pairs, Schema, TimeUnit, UnionField } from '../wire/arrow/types.ts';
import type { Span } from '../wire/limits.ts';

export type Int = number | bigint;

/** Arrow IPC record batch of one row with its schema: how lists, structs and maps travel. */
export interface NestedValue {
  readonly ipcMessage: Uint8Array;
  readonly arrowData: Uint8Array;
  readonly schema: Schema | null;
  readonly dictionaries: readonly { readonly ipcMessage: Uint8Array; readonly arrowData: Uint8Array }[];
}

export type NestedKind = 'List' | 'LargeList' | 'FixedSizeList' | 'ListView' | 'LargeListView' | 'Struct' | 'Map';

/** A `ScalarValue`. `Null` is the null of any type; every other variant holds a value. */
export type Scalar =
  | { readonly kind: 'Null'; readonly type: DataType }
  | { readonly kind: 'Boolean'; readonly value: boolean }
  | { readonly kind: 'Int8' | 'Int16' | 'Int32' | 'UInt8' | 'UInt16' | 'UInt32'; readonly value: number }
  | { readonly kind: 'Int64' | 'UInt64'; readonly value: Int }
  /** `bits` (16 digits of hexadecimal, 8 for Float32) only for a NaN other than the canonical quiet one. */
  | { readonly kind: 'Float32' | 'Float64'; readonly value: number; readonly bits?: string }
  | { readonly kind: 'Utf8' | 'LargeUtf8' | 'Utf8View'; readonly value: string }
  | { readonly kind: 'Binary' | 'LargeBinary' | 'BinaryView'; readonly value: Uint8Array }
  | { readonly kind: 'FixedSizeBinary'; readonly value: Uint8Array; readonly size: number }
  /** Days since 1970-01-01. */
  | { readonly kind: 'Date32'; readonly value: number }
  /** Milliseconds since 1970-01-01. */
  | { readonly kind: 'Date64'; readonly value: Int }
  | { readonly kind: 'Time32'; readonly unit: 'Second' | 'Millisecond'; readonly value: number }
  | { readonly kind: 'Time64'; readonly unit: 'Microsecond' | 'Nanosecond'; readonly value: Int }
  /** `timezone` null: none. (The wire writes none as an empty string.) */
  | { readonly kind: 'Timestamp'; readonly unit: TimeUnit; readonly value: Int; readonly timezone: string | null }
  | { readonly kind: 'Duration'; readonly unit: TimeUnit; readonly value: Int }
  | { readonly kind: 'IntervalYearMonth'; readonly months: number }
  | { readonly kind: 'IntervalDayTime'; readonly days: number; readonly milliseconds: number }
  | { readonly kind: 'IntervalMonthDayNano'; readonly months: number; readonly days: number; readonly nanos: Int }
  /** `value` is the unscaled integer. */
  | {
      readonly kind: 'Decimal32' | 'Decimal64' | 'Decimal128' | 'Decimal256';
      readonly value: bigint;
      readonly precision: number;
      readonly scale: number;
    }
  | { readonly kind: NestedKind; readonly nested: NestedValue }
  | { readonly kind: 'Dictionary'; readonly key: DataType; readonly value: Scalar }
  | { readonly kind: 'RunEndEncoded'; readonly runEnds: Field; readonly values: Field; readonly value: Scalar }
  | {
      readonly kind: 'Union';
      readonly typeId: number;
      readonly value: Scalar | null;
      readonly fields: readonly UnionField[];
      readonly mode: 'Sparse' | 'Dense';
    };

export type ScalarKind = Scalar['kind'];
export type { IntervalUnit };

export type TableReference =
  | { readonly table: string }
  | { readonly schema: string; readonly table: string }
  | { readonly catalog: string; readonly schema: string; readonly table: string };

export interface SortExpr {
  readonly expr: Expr;
  readonly asc: boolean;
  readonly nullsFirst: boolean;
}

export type NullTreatment = 'RESPECT_NULLS' | 'IGNORE_NULLS';

/** UNBOUNDED is a null count (`Null` of UInt64), as the engine writes it. `value` null: the payload gives no value at all. */
export type FrameBound =
  | { readonly kind: 'CURRENT_ROW' }
  | { readonly kind: 'PRECEDING' | 'FOLLOWING'; readonly value: Scalar | null };

export interface WindowFrame {
  readonly units: 'ROWS' | 'RANGE' | 'GROUPS';
  readonly start: FrameBound;
  /** Null where the payload gives only a start. */
  readonly end: FrameBound | null;
}

export interface WhenThen {
  readonly when: Expr;
  readonly then: Expr;
}

/** The `fun_definition` bytes: an inline frame, a chain envelope or another codec's bytes. Null: the UDF travels by name. */
export type Definition = Uint8Array | null;

export const UNARY_KINDS = [
  'is_null',
  'is_not_null',
  'not',
  'negative',
  'is_true',
  'is_false',
  'is_unknown',
  'is_not_true',
  'is_not_false',
  'is_not_unknown',
] as const;
export type UnaryKind = (typeof UNARY_KINDS)[number];

export interface Located {
  /** The byte range of the `LogicalExprNode` in the payload. Absent on expressions that weren't read from bytes. */
  readonly span?: Span | undefined;
  /**
   * The node's exact bytes, where the canonical writer would not give them again (an overlong varint, an unknown field,
   * a field out of order, …). The writer copies them and does not look at the node's other properties.
   */
  readonly raw?: Uint8Array | undefined;
}

export type Expr = Located &
  (
    | { readonly kind: 'column'; readonly name: string; readonly relation: string | null }
    | {
        readonly kind: 'alias';
        readonly expr: Expr;
        readonly name: string;
        readonly relation: TableReference | null;
        readonly metadata: Pairs;
      }
    | { readonly kind: 'literal'; readonly value: Scalar }
    /** `operands` has at least two: a left-deep chain of one operator travels as one node. `op` as DataFusion spells it (`Plus`, `Eq`, `And`). */
    | { readonly kind: 'binary'; readonly op: string; readonly operands: readonly Expr[] }
    | { readonly kind: UnaryKind; readonly expr: Expr }
    | {
        readonly kind: 'between';
        readonly expr: Expr;
        readonly negated: boolean;
        readonly low: Expr;
        readonly high: Expr;
      }
    | {
        readonly kind: 'like' | 'ilike' | 'similar_to';
        readonly expr: Expr;
        readonly pattern: Expr;
        readonly negated: boolean;
        /** '' for none, else one character. */
        readonly escape: string;
      }
    | {
        readonly kind: 'case';
        readonly expr: Expr | null;
        readonly whenThen: readonly WhenThen[];
        readonly otherwise: Expr | null;
      }
    /** `nullable` null and `metadata` empty: the field that DataFusion 54 brought is not in the payload. */
    | {
        readonly kind: 'cast' | 'try_cast';
        readonly expr: Expr;
        readonly type: DataType;
        readonly nullable: boolean | null;
        readonly metadata: Pairs;
      }
    | { readonly kind: 'in_list'; readonly expr: Expr; readonly list: readonly Expr[]; readonly negated: boolean }
    | { readonly kind: 'wildcard'; readonly qualifier: TableReference | null }
    | {
        readonly kind: 'scalar_function';
        readonly name: string;
        readonly args: readonly Expr[];
        readonly definition: Definition;
      }
    | {
        readonly kind: 'higher_order_function';
        readonly name: string;
        readonly args: readonly Expr[];
        readonly definition: Definition;
      }
    | {
        readonly kind: 'aggregate_function';
        readonly name: string;
        readonly args: readonly Expr[];
        readonly distinct: boolean;
        readonly filter: Expr | null;
        readonly orderBy: readonly SortExpr[];
        readonly nullTreatment: NullTreatment | null;
        readonly definition: Definition;
      }
    | {
        readonly kind: 'window_function';
        /** Which member of the oneof names the function: a window UDF, or an aggregate used as a window function. */
        readonly family: 'window' | 'aggregate';
        readonly name: string;
        readonly args: readonly Expr[];
        readonly partitionBy: readonly Expr[];
        readonly orderBy: readonly SortExpr[];
        readonly frame: WindowFrame | null;
        readonly nullTreatment: NullTreatment | null;
        readonly distinct: boolean;
        readonly filter: Expr | null;
        readonly definition: Definition;
      }
    | { readonly kind: 'grouping_sets'; readonly sets: readonly (readonly Expr[])[] }
    | { readonly kind: 'cube' | 'rollup'; readonly exprs: readonly Expr[] }
    | {
        readonly kind: 'placeholder';
        readonly id: string;
        readonly type: DataType | null;
        readonly nullable: boolean | null;
        readonly metadata: Pairs;
      }
    | { readonly kind: 'unnest'; readonly exprs: readonly Expr[]; readonly outer: boolean }
    /** The plan stays bytes: `subquery` is the `SubqueryNode` message. */
    | { readonly kind: 'scalar_subquery'; readonly subquery: Uint8Array }
    | { readonly kind: 'lambda'; readonly params: readonly string[]; readonly body: Expr }
    | { readonly kind: 'lambda_variable'; readonly name: string; readonly field: Field | null }
    /** A node that this version has no friendly form for (no variant set, or an unknown one): only `raw` holds it. */
    | { readonly kind: 'opaque'; readonly raw: Uint8Array }
  );

export type ExprKind = Expr['kind'];
export type ExprOf<K extends ExprKind> = Extract<Expr, { readonly kind: K }>;

export type UdfFamily = 'scalar' | 'aggregate' | 'window';
