/** Lists, structs and maps in SQL text: `[1, 2]`, `{'a': 1}`, `MAP {'k': 1}`, cast to their type where SQL would give another. */
import { readNested } from '../../wire/arrow/nested-read.ts';
import type { DataType, Field } from '../../wire/arrow/types.ts';
import { type ArrowValue, isKind } from '../../wire/arrow/value-model.ts';
import { entryTypes } from '../array-text.ts';
import type { NestedValue, Scalar } from '../model.ts';
import { quoted, stringLiteral } from './identifiers.ts';

/** Types of bare SQL literals: a list of them needs no cast. */
const NATURAL: ReadonlySet<DataType['kind']> = new Set(['Boolean', 'Int64', 'Float64', 'Utf8']);

interface Cell {
  readonly type: DataType;
  readonly value: ArrowValue;
}

export interface NestedLiteral {
  readonly text: string;
  readonly type: DataType;
  /** The text gives this type by itself. */
  readonly natural: boolean;
}

/** Null where the value has something that no SQL text makes: a union, or bytes that are no record batch of the schema. */
export function nestedLiteral(nested: NestedValue, leaf: (scalar: Scalar) => string): NestedLiteral | null {
  const type = nested.schema?.fields[0]?.type;
  if (type === undefined) return null;
  const value = readNested(nested);
  const out: string[] = [];
  const pending: (string | Cell)[] = [{ type, value }];
  for (let piece = pending.pop(); piece !== undefined; piece = pending.pop()) {
    if (typeof piece === 'string') {
      out.push(piece);
      continue;
    }
    const pieces = cellPieces(piece, leaf);
    if (pieces === null) return null;
    for (let index = pieces.length - 1; index >= 0; index--) {
      const next = pieces[index];
      if (next !== undefined) pending.push(next);
    }
  }
  return { text: out.join(''), type, natural: isNatural(type, value) };
}

function cellPieces({ type, value }: Cell, leaf: (scalar: Scalar) => string): readonly (string | Cell)[] | null {
  if (value === null) return ['NULL'];
  switch (type.kind) {
    case 'Dictionary':
      return [{ type: type.value, value }];
    case 'RunEndEncoded':
      return [{ type: type.values.type, value }];
    case 'Union':
      return null;
    case 'List':
    case 'LargeList':
    case 'ListView':
    case 'LargeListView':
    case 'FixedSizeList': {
      if (!isList(value)) return null;
      const pieces: (string | Cell)[] = ['['];
      value.forEach((item, index) => {
        if (index > 0) pieces.push(', ');
        pieces.push({ type: type.item.type, value: item });
      });
      pieces.push(']');
      return pieces;
    }
    case 'Struct':
      return isKind(value, 'struct') ? structPieces(type.fields, value.fields) : null;
    case 'Map': {
      const types = entryTypes(type);
      if (types === null || !isKind(value, 'map')) return null;
      const pieces: (string | Cell)[] = ['MAP {'];
      value.entries.forEach(([key, item], index) => {
        if (index > 0) pieces.push(', ');
        pieces.push({ type: types.key, value: key }, ': ', { type: types.value, value: item });
      });
      pieces.push('}');
      return pieces;
    }
    default: {
      const scalar = leafScalar(type, value);
      return scalar === null ? null : [leaf(scalar)];
    }
  }
}

function structPieces(fields: readonly Field[], values: readonly (readonly [string, ArrowValue])[]): (string | Cell)[] {
  const pieces: (string | Cell)[] = ['named_struct('];
  fields.forEach((field, index) => {
    pieces.push(`${index > 0 ? ', ' : ''}${stringLiteral(field.name)}, `, {
      type: field.type,
      value: values[index]?.[1] ?? null,
    });
  });
  pieces.push(')');
  return pieces;
}

function isList(value: ArrowValue): value is readonly ArrowValue[] {
  return Array.isArray(value);
}

/** A list of bare literals, not empty, whose items DataFusion would name and type so. */
function isNatural(type: DataType, value: ArrowValue): boolean {
  return (
    type.kind === 'List' &&
    type.item.name === 'item' &&
    type.item.nullable &&
    type.item.metadata.length === 0 &&
    NATURAL.has(type.item.type.kind) &&
    value !== null &&
    isList(value) &&
    value.some((item) => item !== null)
  );
}

/** The literal of one value without parts; null where the value is none of the type. */
function leafScalar(type: DataType, value: ArrowValue): Scalar | null {
  if (isKind(value, 'nan')) {
    return type.kind === 'Float32' ? { kind: 'Float32', value: Number.NaN } : { kind: 'Float64', value: Number.NaN };
  }
  if (isKind(value, 'dayTime')) {
    return { kind: 'IntervalDayTime', days: value.days, milliseconds: value.milliseconds };
  }
  if (isKind(value, 'monthDayNano')) {
    return { kind: 'IntervalMonthDayNano', months: value.months, days: value.days, nanos: value.nanos };
  }
  if (typeof value === 'boolean') return { kind: 'Boolean', value };
  if (typeof value === 'string') return { kind: 'Utf8', value };
  if (value instanceof Uint8Array) return { kind: 'Binary', value };
  if (typeof value !== 'number' && typeof value !== 'bigint') return null;
  switch (type.kind) {
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'UInt8':
    case 'UInt16':
    case 'UInt32':
    case 'Int64':
      return { kind: 'Int64', value };
    case 'UInt64':
      return { kind: 'UInt64', value };
    case 'Float16':
    case 'Float32':
      return { kind: 'Float32', value: Number(value) };
    case 'Float64':
      return { kind: 'Float64', value: Number(value) };
    case 'Date32':
      return { kind: 'Date32', value: Number(value) };
    case 'Date64':
      return { kind: 'Date64', value };
    case 'Time32':
      return type.unit === 'Second' || type.unit === 'Millisecond'
        ? { kind: 'Time32', unit: type.unit, value: Number(value) }
        : null;
    case 'Time64':
      return type.unit === 'Microsecond' || type.unit === 'Nanosecond'
        ? { kind: 'Time64', unit: type.unit, value }
        : null;
    case 'Timestamp':
      return { kind: 'Timestamp', unit: type.unit, value, timezone: type.timezone };
    case 'Duration':
      return { kind: 'Duration', unit: type.unit, value };
    case 'Interval':
      return { kind: 'IntervalYearMonth', months: Number(value) };
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return { kind: type.kind, value: BigInt(value), precision: type.precision, scale: type.scale };
    default:
      return null;
  }
}

/** What stands for a literal that SQL can't make: a call that no engine has, so that nothing takes it for the value. */
export function opaqueLiteral(kind: string, bytes: number): string {
  return `${quoted('$literal')}(${stringLiteral(kind)}, ${stringLiteral(`${bytes} bytes`)})`;
}
