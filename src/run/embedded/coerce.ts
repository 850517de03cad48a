/**
 * Which type two types meet at, as DataFusion 55 decides it (datafusion-expr-common 55.2 `type_coercion/binary.rs`). Null: no
 * common type, or none that the engine has. Temporal types are in `temporal/coerce.ts`, decimals in `decimal/types.ts`.
 */
import type { DataType, Field } from '../../wire/arrow/types.ts';
import { decimalCommon } from './decimal/types.ts';
import { temporalComparison, temporalUnion } from './temporal/coerce.ts';
import {
  INT64,
  isBinary,
  isDecimal,
  isNumeric,
  isString,
  isTemporal,
  type Kind,
  type StringKind,
  sameType,
  UTF8_VIEW,
} from './types.ts';

/** What holds every Int64 and every UInt64. */
const WIDE: DataType = { kind: 'Decimal128', precision: 20, scale: 0 };

type Meet = (left: DataType, right: DataType) => DataType | null;

function isNumber(type: DataType): boolean {
  return isNumeric(type.kind) || type.kind === 'Float16' || isDecimal(type);
}

const SIGNED_BELOW_64: readonly Kind[] = ['Int8', 'Int16', 'Int32'];

/** `numerical_coercion`, in its order: one side may be a decimal, which then gives way. */
function numericCommon(left: DataType, right: DataType): DataType | null {
  const has = (kind: Kind): boolean => left.kind === kind || right.kind === kind;
  const pair = (kind: Kind, others: readonly Kind[]): boolean =>
    (left.kind === kind && others.includes(right.kind)) || (right.kind === kind && others.includes(left.kind));
  if (has('Float64')) return { kind: 'Float64' };
  if (has('Float32')) return { kind: 'Float32' };
  if (has('Float16')) return { kind: 'Float16' };
  if (pair('UInt64', [...SIGNED_BELOW_64, 'Int64'])) return WIDE;
  if (has('UInt64')) return { kind: 'UInt64' };
  if (has('Int64') || pair('UInt32', SIGNED_BELOW_64)) return INT64;
  if (has('UInt32')) return { kind: 'UInt32' };
  if (has('Int32') || pair('UInt16', ['Int16', 'Int8'])) return { kind: 'Int32' };
  if (has('UInt16')) return { kind: 'UInt16' };
  if (has('Int16') || pair('UInt8', ['Int8'])) return { kind: 'Int16' };
  if (has('Int8')) return { kind: 'Int8' };
  return has('UInt8') ? { kind: 'UInt8' } : null;
}

/** `binary_numeric_coercion`: decimals come before floats. */
function numbersCommon(left: DataType, right: DataType): DataType | null {
  if (!isNumber(left) || !isNumber(right)) return null;
  if (sameType(left, right)) return left;
  return decimalCommon(left, right) ?? numericCommon(left, right);
}

function stringCommon(left: DataType, right: DataType): DataType | null {
  if (!isString(left.kind) || !isString(right.kind)) return null;
  const has = (kind: StringKind): boolean => left.kind === kind || right.kind === kind;
  return { kind: has('Utf8View') ? 'Utf8View' : has('LargeUtf8') ? 'LargeUtf8' : 'Utf8' };
}

/** Bytes with bytes, or with texts. */
function binaryCommon(left: DataType, right: DataType): DataType | null {
  const kinds = [left.kind, right.kind];
  if (kinds.includes('FixedSizeBinary')) {
    if (kinds.includes('Binary')) return { kind: 'Binary' };
    return kinds.includes('BinaryView') ? { kind: 'BinaryView' } : null;
  }
  if (!kinds.every((kind) => isBinary(kind) || isString(kind)) || !kinds.some(isBinary)) return null;
  if (kinds.includes('BinaryView')) return { kind: 'BinaryView' };
  if (kinds.includes('LargeBinary') || kinds.includes('Utf8View') || kinds.includes('LargeUtf8')) {
    return { kind: 'LargeBinary' };
  }
  return { kind: 'Binary' };
}

function dictionaryCommon(left: DataType, right: DataType, meet: Meet): DataType | null {
  if (left.kind === 'Dictionary' && right.kind === 'Dictionary') return meet(left.value, right.value);
  if (left.kind === 'Dictionary') return sameType(left.value, right) ? left : meet(left.value, right);
  if (right.kind === 'Dictionary') return sameType(right.value, left) ? right : meet(left, right.value);
  return null;
}

function isPlainList(type: DataType): type is Extract<DataType, { readonly item: Field }> {
  return type.kind === 'List' || type.kind === 'LargeList' || type.kind === 'FixedSizeList';
}

function listCommon(left: DataType, right: DataType, meet: Meet): DataType | null {
  if (!isPlainList(left) || !isPlainList(right)) return null;
  const type = meet(left.item.type, right.item.type);
  if (type === null) return null;
  const item: Field = { ...left.item, type, nullable: left.item.nullable || right.item.nullable };
  if (left.kind === 'FixedSizeList' && right.kind === 'FixedSizeList' && left.size === right.size) {
    return { kind: 'FixedSizeList', item, size: left.size };
  }
  return { kind: left.kind === 'LargeList' || right.kind === 'LargeList' ? 'LargeList' : 'List', item };
}

function structCommon(left: DataType, right: DataType, meet: Meet): DataType | null {
  if (left.kind !== 'Struct' || right.kind !== 'Struct' || left.fields.length !== right.fields.length) return null;
  const byName = left.fields.every(({ name }) => right.fields.some((other) => other.name === name));
  const fields: Field[] = [];
  for (const [i, field] of left.fields.entries()) {
    const other = byName ? right.fields.find(({ name }) => name === field.name) : right.fields[i];
    const type = other === undefined ? null : meet(field.type, other.type);
    if (other === undefined || type === null) return null;
    fields.push({ name: field.name, type, nullable: field.nullable || other.nullable, metadata: [] });
  }
  return { kind: 'Struct', fields };
}

function mapCommon(left: DataType, right: DataType, meet: Meet): DataType | null {
  if (left.kind !== 'Map' || right.kind !== 'Map') return null;
  const type = structCommon(left.entries.type, right.entries.type, meet);
  return type === null
    ? null
    : { kind: 'Map', entries: { ...left.entries, type }, sorted: left.sorted && right.sorted };
}

function nullCommon(left: DataType, right: DataType): DataType | null {
  return left.kind === 'Null' ? right : right.kind === 'Null' ? left : null;
}

function stringWithNumber(left: DataType, right: DataType, prefer: 'number' | 'string'): DataType | null {
  if (isNumber(left) && isString(right.kind)) return prefer === 'number' ? left : right;
  if (isString(left.kind) && isNumber(right)) return prefer === 'number' ? right : left;
  return null;
}

function anyTemporal(left: DataType, right: DataType): boolean {
  return isTemporal(left.kind) || isTemporal(right.kind);
}

/** For operands that are compared: `=`, `<`, BETWEEN, IN, CASE x WHEN. A string meets a number as that number. */
export function comparisonCommon(left: DataType, right: DataType): DataType | null {
  return common(left, right, 'number', comparisonCommon, temporalComparison);
}

/** For values that become one column: the branches of CASE, NVL2. A string meets a number as that string type. */
export function unionCommon(left: DataType, right: DataType): DataType | null {
  return common(left, right, 'string', unionCommon, temporalUnion);
}

function common(
  left: DataType,
  right: DataType,
  prefer: 'number' | 'string',
  meet: Meet,
  temporal: Meet,
): DataType | null {
  if (sameType(left, right)) return left;
  return (
    numbersCommon(left, right) ??
    dictionaryCommon(left, right, meet) ??
    nullCommon(left, right) ??
    (anyTemporal(left, right) ? temporal(left, right) : null) ??
    stringCommon(left, right) ??
    listCommon(left, right, meet) ??
    stringWithNumber(left, right, prefer) ??
    binaryCommon(left, right) ??
    structCommon(left, right, meet) ??
    mapCommon(left, right, meet)
  );
}

/** `type_union_resolution`: for the arguments of COALESCE and of arrays. Structs keep the fields of the first. */
export function resolvedUnion(types: readonly DataType[]): DataType | null {
  const [first] = types;
  if (first === undefined) return null;
  if (types.every((type) => sameType(type, first))) return first;
  const present = types.filter((type) => type.kind !== 'Null');
  if (present.length === 0) return UTF8_VIEW;
  const categories = new Set(present.map(categoryOf));
  categories.delete('unknown');
  if (categories.size > 1 || categories.has('none')) return null;
  let candidate: DataType | null = null;
  for (const type of present) {
    candidate = candidate === null ? type : resolvedPair(type, candidate);
    if (candidate === null) return null;
  }
  return candidate;
}

type Category = 'array' | 'boolean' | 'number' | 'time' | 'composite' | 'unknown' | 'none';

function categoryOf(given: DataType): Category {
  let type = given;
  while (type.kind === 'Dictionary') type = type.value;
  if (isNumber(type)) return 'number';
  if (type.kind === 'Boolean') return 'boolean';
  if (isPlainList(type)) return 'array';
  if (isString(type.kind) || type.kind === 'Null') return 'unknown';
  if (isTemporal(type.kind)) return 'time';
  return type.kind === 'Map' || type.kind === 'Struct' || type.kind === 'Union' ? 'composite' : 'none';
}

function resolvedPair(left: DataType, right: DataType): DataType | null {
  if (sameType(left, right)) return left;
  if (left.kind === 'Dictionary' && right.kind === 'Dictionary') {
    const key = resolvedPair(left.key, right.key);
    const value = resolvedPair(left.value, right.value);
    return key === null || value === null ? null : { kind: 'Dictionary', key, value };
  }
  if (left.kind === 'Dictionary' || right.kind === 'Dictionary') {
    const [dictionary, other] = left.kind === 'Dictionary' ? [left, right] : [right, left];
    if (dictionary.kind !== 'Dictionary') return null;
    const value = resolvedPair(dictionary.value, other);
    return value === null || value.kind === 'Utf8View' ? value : { ...dictionary, value };
  }
  if (left.kind === 'Struct' && right.kind === 'Struct') {
    return sameNames(left.fields, right.fields) ? structCommon(left, right, resolvedPair) : null;
  }
  // A date or a timestamp meets no text here.
  const temporal = anyTemporal(left, right) && !isString(left.kind) && !isString(right.kind);
  return (
    nullCommon(left, right) ??
    numbersCommon(left, right) ??
    listCommon(left, right, resolvedPair) ??
    mapCommon(left, right, resolvedPair) ??
    (temporal ? temporalUnion(left, right) : null) ??
    stringCommon(left, right) ??
    stringWithNumber(left, right, 'number') ??
    binaryCommon(left, right)
  );
}

function sameNames(left: readonly Field[], right: readonly Field[]): boolean {
  return left.length === right.length && left.every(({ name }, i) => right[i]?.name === name);
}

/** For `+ - * / %` of numbers that aren't decimals. Two Nulls count as Int64. */
export function arithmeticCommon(left: DataType, right: DataType): DataType | null {
  if (left.kind === 'Null' && right.kind === 'Null') return INT64;
  if (left.kind === 'Null') return isNumber(right) ? right : null;
  if (right.kind === 'Null') return isNumber(left) ? left : null;
  if (!isNumber(left) || !isNumber(right)) return null;
  return sameType(left, right) ? left : numericCommon(left, right);
}
