/** A field of an Arrow schema from its FlatBuffers table, children included. */
import type { Span } from '../limits.ts';
import type { FlatBudget, FlatReader, FlatTable, FlatVector } from './flatbuffers.ts';
import type { Step } from './heap-steps.ts';
import {
  DATE_DEFAULT_UNIT,
  DECIMAL,
  DICTIONARY,
  DURATION_DEFAULT_UNIT,
  FIELD,
  INT,
  INTERVAL_UNIT_CODES,
  KEY_VALUE,
  ONLY_SLOT,
  TIME,
  TIME_UNIT_CODES,
  TIMESTAMP,
  TYPE,
  UNION,
  UNION_MODE_CODES,
} from './ipc-format.ts';
import type { DataType, Field, Pairs, PrimitiveKind, UnionField } from './types.ts';

export interface DictionaryField {
  readonly field: Field;
  readonly id: bigint;
  readonly isOrdered: boolean;
}

export interface PlacedField {
  readonly field: Field;
  /** Of the field's own table; names, types and children stand elsewhere in the message. */
  readonly span: Span;
}

export interface FieldSink {
  /** Every field, children before their parents. */
  readonly fields: PlacedField[];
  readonly dictionaries: DictionaryField[];
}

export interface FieldSource {
  readonly reader: FlatReader;
  readonly budget: FlatBudget;
  readonly sink: FieldSink;
}

const UNPARAMETRIC: ReadonlyMap<number, PrimitiveKind> = new Map<number, PrimitiveKind>([
  [TYPE.Null, 'Null'],
  [TYPE.Bool, 'Boolean'],
  [TYPE.Binary, 'Binary'],
  [TYPE.Utf8, 'Utf8'],
  [TYPE.LargeBinary, 'LargeBinary'],
  [TYPE.LargeUtf8, 'LargeUtf8'],
  [TYPE.BinaryView, 'BinaryView'],
  [TYPE.Utf8View, 'Utf8View'],
]);
const LISTS = new Map<number, 'List' | 'LargeList' | 'ListView' | 'LargeListView'>([
  [TYPE.List, 'List'],
  [TYPE.LargeList, 'LargeList'],
  [TYPE.ListView, 'ListView'],
  [TYPE.LargeListView, 'LargeListView'],
]);
const INTS: ReadonlyMap<string, PrimitiveKind> = new Map<string, PrimitiveKind>([
  ['signed 8', 'Int8'],
  ['signed 16', 'Int16'],
  ['signed 32', 'Int32'],
  ['signed 64', 'Int64'],
  ['unsigned 8', 'UInt8'],
  ['unsigned 16', 'UInt16'],
  ['unsigned 32', 'UInt32'],
  ['unsigned 64', 'UInt64'],
]);
const FLOATS: readonly PrimitiveKind[] = ['Float16', 'Float32', 'Float64'];
const DATES: readonly PrimitiveKind[] = ['Date32', 'Date64'];
const DECIMALS = new Map<number, 'Decimal32' | 'Decimal64' | 'Decimal128' | 'Decimal256'>([
  [32, 'Decimal32'],
  [64, 'Decimal64'],
  [128, 'Decimal128'],
  [256, 'Decimal256'],
]);

export function* fieldStep(source: FieldSource, table: FlatTable): Step<Field> {
  const { reader, budget, sink } = source;
  const name = reader.string(table, FIELD.name, 'a field name') ?? '';
  const nullable = reader.bool(table, FIELD.nullable, 'the nullability of a field');
  const metadata = readPairs(source, table, FIELD.customMetadata);
  const children: Field[] = [];
  const vector = reader.vector(table, FIELD.children, 4, 'the children of a field');
  if (vector !== undefined) {
    budget.spend(vector, 'the children of a field');
    for (let i = 0; i < vector.count; i += 1) {
      children.push(yield fieldStep(source, reader.element(vector, i, 'a child field')));
    }
  }
  const dictionary = reader.subtable(table, FIELD.dictionary, 'a dictionary encoding');
  let type = dataTypeOf(source, table, children);
  if (dictionary !== undefined) type = { kind: 'Dictionary', key: dictionaryKey(reader, dictionary), value: type };
  const field: Field = { name, type, nullable, metadata };
  if (dictionary !== undefined) {
    const id = reader.i64(dictionary, DICTIONARY.id, 'a dictionary id');
    const isOrdered = reader.bool(dictionary, DICTIONARY.isOrdered, 'the order of a dictionary');
    sink.dictionaries.push({ field, id, isOrdered });
  }
  const start = reader.base + table.start;
  sink.fields.push({ field, span: { start, end: start + table.size } });
  return field;
}

/** Key and value pairs in their order. arrow-rs passes by a pair that lacks either. */
export function readPairs(source: FieldSource, table: FlatTable, slot: number): Pairs {
  const { reader, budget } = source;
  const vector = reader.vector(table, slot, 4, 'metadata');
  if (vector === undefined) return [];
  budget.spend(vector, 'metadata');
  const pairs: (readonly [string, string])[] = [];
  for (let i = 0; i < vector.count; i += 1) {
    const entry = reader.element(vector, i, 'a metadata entry');
    const key = reader.string(entry, KEY_VALUE.key, 'a metadata key');
    const value = reader.string(entry, KEY_VALUE.value, 'a metadata value');
    if (key !== undefined && value !== undefined) pairs.push([key, value]);
  }
  return pairs;
}

/** Without `indexType` the key is Int32: the default of the format. */
function dictionaryKey(reader: FlatReader, dictionary: FlatTable): DataType {
  const index = reader.subtable(dictionary, DICTIONARY.indexType, 'the key type of a dictionary');
  return index === undefined ? { kind: 'Int32' } : { kind: intKind(reader, index) };
}

function intKind(reader: FlatReader, table: FlatTable): PrimitiveKind {
  const bits = reader.i32(table, INT.bitWidth, 'the width of an integer');
  const sign = reader.bool(table, INT.isSigned, 'the sign of an integer') ? 'signed' : 'unsigned';
  const kind = INTS.get(`${sign} ${bits}`);
  if (kind === undefined) throw reader.error(`an integer has ${bits} bits, expected 8, 16, 32 or 64`, table.start);
  return kind;
}

function dataTypeOf(source: FieldSource, field: FlatTable, children: readonly Field[]): DataType {
  const { reader } = source;
  const code = reader.u8(field, FIELD.typeType, 'the type of a field');
  const plain = UNPARAMETRIC.get(code);
  if (plain !== undefined) return { kind: plain };
  const list = LISTS.get(code);
  if (list !== undefined) return { kind: list, item: childOf(reader, field, children, list, 1, 0) };
  if (code === TYPE.Struct) return { kind: 'Struct', fields: children };
  if (code === TYPE.RunEndEncoded) {
    const runEnds = childOf(reader, field, children, 'RunEndEncoded', 2, 0);
    return { kind: 'RunEndEncoded', runEnds, values: childOf(reader, field, children, 'RunEndEncoded', 2, 1) };
  }
  const table = reader.subtable(field, FIELD.type, 'the parameters of a type');
  if (table === undefined) {
    throw reader.error(
      code === 0 ? 'a field has no type' : `type ${code} of a field lacks its parameters`,
      field.start,
    );
  }
  switch (code) {
    case TYPE.Int:
      return { kind: intKind(reader, table) };
    case TYPE.FloatingPoint:
      return {
        kind: pick(reader, table, FLOATS, reader.i16(table, ONLY_SLOT, 'a precision'), 'floating-point precision'),
      };
    case TYPE.Date:
      return {
        kind: pick(reader, table, DATES, reader.i16(table, ONLY_SLOT, 'a unit', DATE_DEFAULT_UNIT), 'date unit'),
      };
    case TYPE.Decimal:
      return decimalOf(reader, table);
    case TYPE.Time:
      return timeOf(reader, table);
    case TYPE.Timestamp: {
      const unit = timeUnit(reader, table, 0);
      return { kind: 'Timestamp', unit, timezone: reader.string(table, TIMESTAMP.timezone, 'a time zone') ?? null };
    }
    case TYPE.Interval: {
      const unit = reader.i16(table, ONLY_SLOT, 'a unit');
      return { kind: 'Interval', unit: pick(reader, table, INTERVAL_UNIT_CODES, unit, 'interval unit') };
    }
    case TYPE.Duration:
      return { kind: 'Duration', unit: timeUnit(reader, table, DURATION_DEFAULT_UNIT) };
    case TYPE.FixedSizeBinary:
      return { kind: 'FixedSizeBinary', size: sizeOf(reader, table, 'FixedSizeBinary') };
    case TYPE.FixedSizeList: {
      const item = childOf(reader, field, children, 'FixedSizeList', 1, 0);
      return { kind: 'FixedSizeList', item, size: sizeOf(reader, table, 'FixedSizeList') };
    }
    case TYPE.Map: {
      const entries = childOf(reader, field, children, 'Map', 1, 0);
      return { kind: 'Map', entries, sorted: reader.bool(table, ONLY_SLOT, 'the order of a map') };
    }
    case TYPE.Union:
      return unionOf(source, table, children);
    default:
      throw reader.error(`a field has the unknown type ${code}`, field.start);
  }
}

function pick<T>(reader: FlatReader, table: FlatTable, values: readonly T[], code: number, what: string): T {
  const value = values[code];
  if (value === undefined) throw reader.error(`a type has the unknown ${what} ${code}`, table.start);
  return value;
}

function timeUnit(reader: FlatReader, table: FlatTable, absent: number) {
  return pick(reader, table, TIME_UNIT_CODES, reader.i16(table, ONLY_SLOT, 'a unit', absent), 'time unit');
}

function sizeOf(reader: FlatReader, table: FlatTable, kind: string): number {
  const size = reader.i32(table, ONLY_SLOT, `the size of a ${kind}`);
  if (size < 0) throw reader.error(`the size of a ${kind} is ${size}`, table.start);
  return size;
}

function childOf(
  reader: FlatReader,
  field: FlatTable,
  children: readonly Field[],
  kind: string,
  count: number,
  index: number,
): Field {
  const child = children[index];
  if (children.length !== count || child === undefined) {
    throw reader.error(`a ${kind} has ${children.length} children, expected ${count}`, field.start);
  }
  return child;
}

function decimalOf(reader: FlatReader, table: FlatTable): DataType {
  const bits = reader.i32(table, DECIMAL.bitWidth, 'the width of a decimal', DECIMAL.defaultBitWidth);
  const kind = DECIMALS.get(bits);
  if (kind === undefined) throw reader.error(`a decimal has ${bits} bits, expected 32, 64, 128 or 256`, table.start);
  const precision = reader.i32(table, DECIMAL.precision, 'the precision of a decimal');
  const scale = reader.i32(table, DECIMAL.scale, 'the scale of a decimal');
  // arrow-rs keeps the precision in a u8 and the scale in an i8.
  if (precision < 0 || precision > 255) throw reader.error(`the precision of a decimal is ${precision}`, table.start);
  if (scale < -128 || scale > 127) throw reader.error(`the scale of a decimal is ${scale}`, table.start);
  return { kind, precision, scale };
}

function timeOf(reader: FlatReader, table: FlatTable): DataType {
  const unit = timeUnit(reader, table, TIME.defaultUnit);
  const bits = reader.i32(table, TIME.bitWidth, 'the width of a time', TIME.defaultBitWidth);
  const kind = unit === 'Second' || unit === 'Millisecond' ? 'Time32' : 'Time64';
  if (kind !== `Time${bits}`) throw reader.error(`a time in ${unit}s has ${bits} bits`, table.start);
  return { kind, unit };
}

/** Without `typeIds` the members are numbered from 0. */
function unionOf({ reader, budget }: FieldSource, table: FlatTable, children: readonly Field[]): DataType {
  const mode = pick(reader, table, UNION_MODE_CODES, reader.i16(table, UNION.mode, 'a union mode'), 'union mode');
  const ids: FlatVector | undefined = reader.vector(table, UNION.typeIds, 4, 'the type ids of a union');
  if (ids !== undefined) {
    budget.spend(ids, 'the type ids of a union');
    if (ids.count !== children.length) {
      throw reader.error(`a union has ${children.length} members and ${ids.count} type ids`, ids.start);
    }
  }
  const fields: UnionField[] = children.map((field, i) => {
    const id = ids === undefined ? i : reader.i32At(ids.start + 4 * i);
    if (id < -128 || id > 127) throw reader.error(`a type id of a union is ${id}, expected one byte`, table.start);
    return { id, field };
  });
  return { kind: 'Union', mode, fields };
}
