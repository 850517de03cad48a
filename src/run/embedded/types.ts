/** The Arrow types that the engine computes with: which family a type is of, its range, and when two are the same. */
import { innerTypes } from '../../io/column-layout.ts';
import type { DataType, Field } from '../../wire/arrow/types.ts';

export { innerTypes, itemField, layoutOf } from '../../io/column-layout.ts';

const INTEGER_KINDS = ['Int8', 'Int16', 'Int32', 'Int64', 'UInt8', 'UInt16', 'UInt32', 'UInt64'] as const;
export type IntegerKind = (typeof INTEGER_KINDS)[number];
export type FloatKind = 'Float32' | 'Float64';
export type NumericKind = IntegerKind | FloatKind;
export type StringKind = 'Utf8' | 'LargeUtf8' | 'Utf8View';
type BinaryKind = 'Binary' | 'LargeBinary' | 'BinaryView';
export type DecimalKind = 'Decimal32' | 'Decimal64' | 'Decimal128' | 'Decimal256';
export type Kind = DataType['kind'];

type NumericType = { readonly kind: NumericKind };
export type DecimalType = Extract<DataType, { readonly kind: DecimalKind }>;
type ListType = Extract<DataType, { readonly item: Field }>;

export const NULL: DataType = { kind: 'Null' };
export const BOOLEAN: DataType = { kind: 'Boolean' };
export const INT32: DataType = { kind: 'Int32' };
export const INT64: DataType = { kind: 'Int64' };
export const UINT64: DataType = { kind: 'UInt64' };
export const FLOAT32: DataType = { kind: 'Float32' };
export const FLOAT64: DataType = { kind: 'Float64' };
export const UTF8: DataType = { kind: 'Utf8' };
export const UTF8_VIEW: DataType = { kind: 'Utf8View' };

const INTEGERS: ReadonlySet<string> = new Set(INTEGER_KINDS);

export function isInteger(kind: string): kind is IntegerKind {
  return INTEGERS.has(kind);
}

/** Float16 is no type that the engine computes with: it only passes through. */
export function isFloat(kind: string): kind is FloatKind {
  return kind === 'Float32' || kind === 'Float64';
}

export function isNumeric(kind: string): kind is NumericKind {
  return isInteger(kind) || isFloat(kind);
}

export function isNumericType(type: DataType): type is NumericType {
  return isNumeric(type.kind);
}

export function isDecimal(type: DataType): type is DecimalType {
  return (
    type.kind === 'Decimal128' || type.kind === 'Decimal256' || type.kind === 'Decimal64' || type.kind === 'Decimal32'
  );
}

export function isString(kind: string): kind is StringKind {
  return kind === 'Utf8' || kind === 'LargeUtf8' || kind === 'Utf8View';
}

export function isBinary(kind: string): kind is BinaryKind {
  return kind === 'Binary' || kind === 'LargeBinary' || kind === 'BinaryView';
}

export function isTemporal(kind: string): boolean {
  switch (kind) {
    case 'Date32':
    case 'Date64':
    case 'Time32':
    case 'Time64':
    case 'Timestamp':
    case 'Duration':
    case 'Interval':
      return true;
    default:
      return false;
  }
}

export function isList(type: DataType): type is ListType {
  return 'item' in type;
}

export function isSigned(kind: string): boolean {
  return kind === 'Int8' || kind === 'Int16' || kind === 'Int32' || kind === 'Int64';
}

interface IntegerRange {
  readonly low: bigint;
  readonly high: bigint;
}

const BITS: Record<IntegerKind, number> = {
  Int8: 8,
  Int16: 16,
  Int32: 32,
  Int64: 64,
  UInt8: 8,
  UInt16: 16,
  UInt32: 32,
  UInt64: 64,
};

export function bitsOf(kind: IntegerKind): number {
  return BITS[kind];
}

export function integerRange(kind: IntegerKind): IntegerRange {
  const bits = BigInt(BITS[kind]);
  return isSigned(kind)
    ? { low: -(1n << (bits - 1n)), high: (1n << (bits - 1n)) - 1n }
    : { low: 0n, high: (1n << bits) - 1n };
}

/** Equal as arrow-rs compares types: names, nullability and metadata of inner fields count. */
export function sameType(one: DataType, other: DataType): boolean {
  const todo: [DataType, DataType][] = [[one, other]];
  for (let pair = todo.pop(); pair !== undefined; pair = todo.pop()) {
    const [a, b] = pair;
    if (a === b) continue;
    if (a.kind !== b.kind || parametersOf(a) !== parametersOf(b)) return false;
    const x = innerTypes(a);
    const y = innerTypes(b);
    if (x.length !== y.length) return false;
    x.forEach((inner, i) => {
      todo.push([inner, y[i] ?? NULL]);
    });
  }
  return true;
}

/** Everything of a type but its kind and its inner types, as one text. */
function parametersOf(type: DataType): string {
  if ('item' in type) return JSON.stringify([fieldFacts(type.item), 'size' in type ? type.size : 0]);
  switch (type.kind) {
    case 'FixedSizeBinary':
      return String(type.size);
    case 'Time32':
    case 'Time64':
    case 'Duration':
    case 'Interval':
      return type.unit;
    case 'Timestamp':
      return type.timezone === null ? type.unit : `${type.unit} ${type.timezone}`;
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return `${type.precision} ${type.scale}`;
    case 'Struct':
      return JSON.stringify(type.fields.map(fieldFacts));
    case 'Map':
      return JSON.stringify([fieldFacts(type.entries), type.sorted]);
    case 'Union':
      return JSON.stringify([type.mode, type.fields.map(({ id, field }) => [id, fieldFacts(field)])]);
    case 'RunEndEncoded':
      return JSON.stringify([fieldFacts(type.runEnds), fieldFacts(type.values)]);
    default:
      return '';
  }
}

function fieldFacts({ name, nullable, metadata }: Field): unknown {
  return [name, nullable, [...metadata].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))];
}

/** Types nest, and functions over them call each other: deeper ones are refused at bind time. */
export const MAX_TYPE_DEPTH = 32;

export function typeDepth(type: DataType): number {
  let deepest = 0;
  const todo: { type: DataType; depth: number }[] = [{ type, depth: 1 }];
  for (let item = todo.pop(); item !== undefined; item = todo.pop()) {
    deepest = Math.max(deepest, item.depth);
    if (deepest > MAX_TYPE_DEPTH) return deepest;
    for (const inner of innerTypes(item.type)) todo.push({ type: inner, depth: item.depth + 1 });
  }
  return deepest;
}
