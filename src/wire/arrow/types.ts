/**
 * Arrow's logical types as DataFusion names them (arrow-rs `DataType`). The same model serves the protobuf `ArrowType`, the
 * Arrow IPC schema and type names in JSON.
 */
export type TimeUnit = 'Second' | 'Millisecond' | 'Microsecond' | 'Nanosecond';
export type IntervalUnit = 'YearMonth' | 'DayTime' | 'MonthDayNano';

/** Key and value, in the order of the bytes: names from a payload are never keys of an object. */
export type Pairs = readonly (readonly [string, string])[];

export interface Field {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly metadata: Pairs;
}

export interface UnionField {
  readonly id: number;
  readonly field: Field;
}

export interface Schema {
  readonly fields: readonly Field[];
  readonly metadata: Pairs;
}

export const PRIMITIVE_KINDS = [
  'Null',
  'Boolean',
  'Int8',
  'Int16',
  'Int32',
  'Int64',
  'UInt8',
  'UInt16',
  'UInt32',
  'UInt64',
  'Float16',
  'Float32',
  'Float64',
  'Utf8',
  'LargeUtf8',
  'Utf8View',
  'Binary',
  'LargeBinary',
  'BinaryView',
  'Date32',
  'Date64',
] as const;

/** Types that have no parameter. */
export type PrimitiveKind = (typeof PRIMITIVE_KINDS)[number];

export type DataType =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: 'FixedSizeBinary'; readonly size: number }
  | { readonly kind: 'Time32' | 'Time64' | 'Duration'; readonly unit: TimeUnit }
  | { readonly kind: 'Timestamp'; readonly unit: TimeUnit; readonly timezone: string | null }
  | { readonly kind: 'Interval'; readonly unit: IntervalUnit }
  | {
      readonly kind: 'Decimal32' | 'Decimal64' | 'Decimal128' | 'Decimal256';
      readonly precision: number;
      readonly scale: number;
    }
  | { readonly kind: 'List' | 'LargeList' | 'ListView' | 'LargeListView'; readonly item: Field }
  | { readonly kind: 'FixedSizeList'; readonly item: Field; readonly size: number }
  | { readonly kind: 'Struct'; readonly fields: readonly Field[] }
  | { readonly kind: 'Map'; readonly entries: Field; readonly sorted: boolean }
  | { readonly kind: 'Union'; readonly mode: 'Sparse' | 'Dense'; readonly fields: readonly UnionField[] }
  | { readonly kind: 'Dictionary'; readonly key: DataType; readonly value: DataType }
  | { readonly kind: 'RunEndEncoded'; readonly runEnds: Field; readonly values: Field };
