/**
 * Values as JSON, exact in both directions under their type: lists are arrays; structs and maps are arrays of pairs (names
 * may repeat, keys may be anything); integers beyond 2^53, decimals and the floats that JSON lacks are strings; bytes are
 * hexadecimal.
 *
 *     [1, "9007199254740993", null]    List(Int64)
 *     [["a", 1], ["b", "x"]]           Struct("a": Int64, "b": Utf8)
 *     "-0.01"                          Decimal128(10, 2)
 *     "-0", "Infinity", "NaN", "NaN:7ff8000000000001"
 */
import { DfxError } from '../errors.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { decimalText, parseDecimal } from './decimal-text.ts';
import { fixedWidth, shortInt, writeFixed } from './fixed-width.ts';
import { runSteps, type Step } from './heap-steps.ts';
import { formatDataType } from './type-text.ts';
import type { DataType, Field } from './types.ts';
import { type ArrowValue, isKind } from './value-model.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

function tooDeep(): DfxError {
  return new DfxError('LIMIT', `a value nests deeper than ${DEFAULT_LIMITS.maxDepth} levels`);
}

/** Throws BAD_VALUE when the value is none of the type. */
export function arrowValueToJson(type: DataType, value: ArrowValue): JsonValue {
  return runSteps(toJsonStep(type, value), DEFAULT_LIMITS.maxDepth, tooDeep);
}

/** Throws JSON_SHAPE when the JSON is no value of the type. */
export function arrowValueFromJson(type: DataType, json: unknown): ArrowValue {
  return runSteps(fromJsonStep(type, json), DEFAULT_LIMITS.maxDepth, tooDeep);
}

function* toJsonStep(type: DataType, value: ArrowValue): Step<JsonValue> {
  if (value === null) return null;
  switch (type.kind) {
    case 'Dictionary':
      return yield toJsonStep(type.value, value);
    case 'RunEndEncoded':
      return yield toJsonStep(type.values.type, value);
    case 'List':
    case 'LargeList':
    case 'ListView':
    case 'LargeListView':
    case 'FixedSizeList': {
      if (!isList(value)) throw badValue(type);
      const out: JsonValue[] = [];
      for (const item of value) out.push(yield toJsonStep(type.item.type, item));
      return out;
    }
    case 'Struct': {
      if (!isKind(value, 'struct') || value.fields.length !== type.fields.length) throw badValue(type);
      const out: JsonValue[] = [];
      for (const [i, [name, item]] of value.fields.entries()) {
        out.push([name, yield toJsonStep((type.fields[i] as Field).type, item)]);
      }
      return out;
    }
    case 'Map': {
      const [keyField, valueField] = mapFields(type);
      if (!isKind(value, 'map')) throw badValue(type);
      const out: JsonValue[] = [];
      for (const [key, item] of value.entries) {
        const keyJson: JsonValue = yield toJsonStep(keyField.type, key);
        out.push([keyJson, yield toJsonStep(valueField.type, item)]);
      }
      return out;
    }
    case 'Union': {
      const member = isKind(value, 'union') ? type.fields.find(({ id }) => id === value.id) : undefined;
      if (!isKind(value, 'union') || member === undefined) throw badValue(type);
      return { id: value.id, value: yield toJsonStep(member.field.type, value.value) };
    }
    default:
      return leafToJson(type, value);
  }
}

function leafToJson(type: DataType, value: Exclude<ArrowValue, null>): JsonValue {
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (value instanceof Uint8Array) return toHex(value);
  if (isDecimal(type)) {
    if (typeof value !== 'bigint') throw badValue(type);
    return decimalText(value, type.scale);
  }
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return numberToJson(type, value);
  if (isKind(value, 'nan')) return `NaN:${value.bits}`;
  if (isKind(value, 'dayTime')) return { days: value.days, milliseconds: value.milliseconds };
  if (isKind(value, 'monthDayNano')) {
    const nanos = typeof value.nanos === 'bigint' ? value.nanos.toString() : value.nanos;
    return { months: value.months, days: value.days, nanos };
  }
  throw badValue(type);
}

function numberToJson(type: DataType, value: number): JsonValue {
  if (Object.is(value, -0)) return '-0';
  if (!Number.isFinite(value)) return String(value);
  return type.kind === 'Float32' ? shortFloat32(value) : value;
}

/** The number with the fewest digits that rounds to this float: 0.1 and not 0.10000000149011612. Nine digits always do. */
function shortFloat32(value: number): number {
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

function* fromJsonStep(type: DataType, json: unknown): Step<ArrowValue> {
  if (json === null) return null;
  switch (type.kind) {
    case 'Dictionary':
      return yield fromJsonStep(type.value, json);
    case 'RunEndEncoded':
      return yield fromJsonStep(type.values.type, json);
    case 'List':
    case 'LargeList':
    case 'ListView':
    case 'LargeListView':
    case 'FixedSizeList': {
      const items = listOf(type, json);
      if (type.kind === 'FixedSizeList' && items.length !== type.size) throw badShape(type, json);
      const out: ArrowValue[] = [];
      for (const item of items) out.push(yield fromJsonStep(type.item.type, item));
      return out;
    }
    case 'Struct': {
      const pairs = listOf(type, json);
      if (pairs.length !== type.fields.length) throw badShape(type, json);
      const fields: (readonly [string, ArrowValue])[] = [];
      for (const [i, field] of type.fields.entries()) {
        const [name, item] = pairOf(type, pairs[i]);
        if (name !== field.name) throw badShape(type, json);
        fields.push([field.name, yield fromJsonStep(field.type, item)]);
      }
      return { kind: 'struct', fields };
    }
    case 'Map': {
      const [keyField, valueField] = mapFields(type);
      const entries: (readonly [ArrowValue, ArrowValue])[] = [];
      for (const pair of listOf(type, json)) {
        const [key, item] = pairOf(type, pair);
        const keyValue: ArrowValue = yield fromJsonStep(keyField.type, key);
        entries.push([keyValue, yield fromJsonStep(valueField.type, item)]);
      }
      return { kind: 'map', entries };
    }
    case 'Union': {
      const id = property(json, 'id');
      const member = type.fields.find((field) => field.id === id);
      if (member === undefined) throw badShape(type, json);
      return {
        kind: 'union',
        id: member.id,
        value: yield fromJsonStep(member.field.type, property(json, 'value') ?? null),
      };
    }
    default: {
      const value = leafFromJson(type, json);
      if (value === undefined) throw badShape(type, json);
      return value;
    }
  }
}

/** Undefined when the JSON is no value of the type. */
function leafFromJson(type: DataType, json: unknown): ArrowValue | undefined {
  switch (type.kind) {
    case 'Boolean':
      return typeof json === 'boolean' ? json : undefined;
    case 'Utf8':
    case 'LargeUtf8':
    case 'Utf8View':
      return typeof json === 'string' ? json : undefined;
    case 'Binary':
    case 'LargeBinary':
    case 'BinaryView':
      return typeof json === 'string' ? fromHex(json) : undefined;
    default: {
      const value = fixedFromJson(type, json);
      const width = fixedWidth(type);
      if (value === undefined || width === null) return undefined;
      return writeFixed(type, value, new DataView(new ArrayBuffer(width)), 0) ? value : undefined;
    }
  }
}

function fixedFromJson(type: DataType, json: unknown): ArrowValue | undefined {
  if (type.kind === 'FixedSizeBinary') return typeof json === 'string' ? fromHex(json) : undefined;
  if (isDecimal(type)) return typeof json === 'string' ? parseDecimal(json, type.scale) : undefined;
  if (type.kind === 'Float32' && typeof json === 'number') return Math.fround(json);
  if (type.kind === 'Float16' || type.kind === 'Float32' || type.kind === 'Float64') return floatFromJson(json);
  if (type.kind === 'Interval' && type.unit !== 'YearMonth') {
    const days = property(json, 'days');
    if (typeof days !== 'number') return undefined;
    if (type.unit === 'DayTime') {
      const milliseconds = property(json, 'milliseconds');
      return typeof milliseconds === 'number' ? { kind: 'dayTime', days, milliseconds } : undefined;
    }
    const months = property(json, 'months');
    const nanos = integerFromJson(property(json, 'nanos'));
    return typeof months === 'number' && nanos !== undefined
      ? { kind: 'monthDayNano', months, days, nanos }
      : undefined;
  }
  return integerFromJson(json);
}

function integerFromJson(json: unknown): number | bigint | undefined {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? json : undefined;
  return typeof json === 'string' && /^-?[0-9]{1,40}$/.test(json) ? shortInt(BigInt(json)) : undefined;
}

const SPECIAL_FLOATS: ReadonlyMap<unknown, number> = new Map([
  ['-0', -0],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

function floatFromJson(json: unknown): ArrowValue | undefined {
  if (typeof json === 'number') return json;
  const bits = typeof json === 'string' ? /^NaN:([0-9a-f]{4,16})$/.exec(json)?.[1] : undefined;
  return bits === undefined ? SPECIAL_FLOATS.get(json) : { kind: 'nan', bits };
}

function isDecimal(type: DataType): type is Extract<DataType, { readonly scale: number }> {
  return type.kind.startsWith('Decimal');
}

function isList(value: ArrowValue): value is readonly ArrowValue[] {
  return Array.isArray(value);
}

/** The key and the value field of a map's entries. */
function mapFields(type: Extract<DataType, { kind: 'Map' }>): readonly [Field, Field] {
  const [key, value] = type.entries.type.kind === 'Struct' ? type.entries.type.fields : [];
  if (key === undefined || value === undefined) throw badValue(type);
  return [key, value];
}

function property(json: unknown, name: 'id' | 'value' | 'months' | 'days' | 'nanos' | 'milliseconds'): unknown {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as { readonly [key: string]: unknown })[name]
    : undefined;
}

function listOf(type: DataType, json: unknown): readonly unknown[] {
  if (!Array.isArray(json)) throw badShape(type, json);
  return json;
}

function pairOf(type: DataType, json: unknown): readonly [unknown, unknown] {
  if (!Array.isArray(json) || json.length !== 2) throw badShape(type, json);
  return [json[0], json[1]];
}

function toHex(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += byte.toString(16).padStart(2, '0');
  return out;
}

function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

function badValue(type: DataType): DfxError {
  return new DfxError('BAD_VALUE', `found a value that is no ${formatDataType(type)}`);
}

function badShape(type: DataType, json: unknown): DfxError {
  const found =
    typeof json === 'object' ? (Array.isArray(json) ? `a list of ${json.length}` : 'an object') : JSON.stringify(json);
  // names are never keys: a struct's fields and a map's entries are pairs
  const hint =
    type.kind === 'Struct'
      ? 'write its fields as pairs: [["name", value], …]'
      : type.kind === 'Map'
        ? 'write its entries as pairs: [[key, value], …]'
        : undefined;
  return new DfxError('JSON_SHAPE', `found ${found}, expected a value of ${formatDataType(type)}`, { hint });
}
