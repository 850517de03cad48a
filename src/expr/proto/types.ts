/** `ArrowType`, `Field`, `Schema` of datafusion_common: reading and writing side by side. */
import type { DataType, Field, IntervalUnit, Pairs, PrimitiveKind, Schema, TimeUnit } from '../../wire/arrow/types.ts';
import type { ProtoWriter } from '../../wire/protobuf/index.ts';
import type { MessageReader, Reading } from './reading.ts';

const TIME_UNITS: readonly TimeUnit[] = ['Second', 'Millisecond', 'Microsecond', 'Nanosecond'];
const INTERVAL_UNITS: readonly IntervalUnit[] = ['YearMonth', 'DayTime', 'MonthDayNano'];

/** Members of the `ArrowType` oneof that hold an empty message. */
const PRIMITIVES: readonly (readonly [number, PrimitiveKind])[] = [
  [1, 'Null'],
  [2, 'Boolean'],
  [3, 'UInt8'],
  [4, 'Int8'],
  [5, 'UInt16'],
  [6, 'Int16'],
  [7, 'UInt32'],
  [8, 'Int32'],
  [9, 'UInt64'],
  [10, 'Int64'],
  [11, 'Float16'],
  [12, 'Float32'],
  [13, 'Float64'],
  [14, 'Utf8'],
  [35, 'Utf8View'],
  [32, 'LargeUtf8'],
  [15, 'Binary'],
  [34, 'BinaryView'],
  [31, 'LargeBinary'],
  [17, 'Date32'],
  [18, 'Date64'],
];
const NUMBER_BY_PRIMITIVE = new Map(PRIMITIVES.map(([number, kind]) => [kind, number] as const));
const primitiveTypes = new Map<number, DataType>(PRIMITIVES.map(([number, kind]) => [number, { kind }]));

function readArrowType(r: Reading, entry: number): DataType | null {
  const at = entry + 1;
  if (at >= r.tape.next(entry)) return r.missing(entry, 'type');
  const number = r.tape.number(at);
  const primitive = primitiveTypes.get(number);
  if (primitive !== undefined) return primitive;
  switch (number) {
    case 16:
      return { kind: 'FixedSizeBinary', size: r.tape.int32(at) };
    case 19:
    case 21:
    case 22: {
      const unit = r.enumName(at, TIME_UNITS, 'TimeUnit');
      return unit === null ? null : { kind: number === 19 ? 'Duration' : number === 21 ? 'Time32' : 'Time64', unit };
    }
    case 23: {
      const unit = r.enumName(at, INTERVAL_UNITS, 'IntervalUnit');
      return unit === null ? null : { kind: 'Interval', unit };
    }
    case 20:
    case 24:
    case 25:
    case 26:
    case 27:
    case 28:
    case 29:
    case 30:
    case 33:
    case 36:
    case 40:
    case 41:
    case 42:
    case 43:
    case 44: {
      const make = r.value<(number: number) => DataType>(at);
      return make === null ? null : make(number);
    }
    default:
      r.note('UNKNOWN_VARIANT', at, `ArrowType has the variant ${number}, which DataFusion 55 does not have`);
      return null;
  }
}

export function writeArrowType(w: ProtoWriter, number: number, type: DataType): void {
  w.message(number, () => writeArrowTypeBody(w, type));
}

function writeArrowTypeBody(w: ProtoWriter, type: DataType): void {
  switch (type.kind) {
    case 'FixedSizeBinary':
      return w.varint(16, type.size);
    case 'Duration':
      return w.varint(19, TIME_UNITS.indexOf(type.unit));
    case 'Time32':
      return w.varint(21, TIME_UNITS.indexOf(type.unit));
    case 'Time64':
      return w.varint(22, TIME_UNITS.indexOf(type.unit));
    case 'Interval':
      return w.varint(23, INTERVAL_UNITS.indexOf(type.unit));
    case 'Timestamp':
      return w.message(20, () => {
        w.varintUnlessZero(1, TIME_UNITS.indexOf(type.unit));
        w.stringUnlessEmpty(2, type.timezone ?? '');
      });
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return w.message(DECIMAL_NUMBER[type.kind], () => {
        w.varintUnlessZero(3, type.precision);
        w.varintUnlessZero(4, type.scale);
      });
    case 'List':
    case 'LargeList':
    case 'ListView':
    case 'LargeListView':
      return w.message(LIST_NUMBER[type.kind], () => writeField(w, 1, type.item));
    case 'FixedSizeList':
      return w.message(27, () => {
        writeField(w, 1, type.item);
        w.varintUnlessZero(2, type.size);
      });
    case 'Struct':
      return w.message(28, () => {
        for (const field of type.fields) writeField(w, 1, field);
      });
    case 'Union':
      return w.message(29, () => {
        for (const { field } of type.fields) writeField(w, 1, field);
        w.varintUnlessZero(2, type.mode === 'Dense' ? 1 : 0);
        w.packedVarints(
          3,
          type.fields.map(({ id }) => id),
        );
      });
    case 'Dictionary':
      return w.message(30, () => {
        writeArrowType(w, 1, type.key);
        writeArrowType(w, 2, type.value);
      });
    case 'Map':
      return w.message(33, () => {
        writeField(w, 1, type.entries);
        w.boolUnlessFalse(2, type.sorted);
      });
    case 'RunEndEncoded':
      return w.message(42, () => {
        writeField(w, 1, type.runEnds);
        writeField(w, 2, type.values);
      });
    default:
      return w.message(NUMBER_BY_PRIMITIVE.get(type.kind) ?? 0, () => {});
  }
}

const DECIMAL_NUMBER = { Decimal32: 40, Decimal64: 41, Decimal128: 24, Decimal256: 36 } as const;
const LIST_NUMBER = { List: 25, LargeList: 26, ListView: 43, LargeListView: 44 } as const;

// The parameters of a type are read before the oneof member that says which type they belong to is known: a list and a large
// list share the message `List`. So these readers give a function from the member's number to the type.

type TypeMaker = (number: number) => DataType;

function readTimestamp(r: Reading, entry: number): TypeMaker | null {
  let unit: TimeUnit | null = 'Second';
  let timezone = '';
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) unit = r.enumName(at, TIME_UNITS, 'TimeUnit');
    else if (r.tape.number(at) === 2) timezone = r.tape.string(at);
  }
  if (unit === null) return null;
  const known = unit;
  return () => ({ kind: 'Timestamp', unit: known, timezone: timezone === '' ? null : timezone });
}

function readDecimalType(r: Reading, entry: number): TypeMaker {
  let precision = 0;
  let scale = 0;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 3) precision = r.tape.uint32(at);
    else if (r.tape.number(at) === 4) scale = r.tape.int32(at);
  }
  return (number) => ({
    kind: number === 40 ? 'Decimal32' : number === 41 ? 'Decimal64' : number === 24 ? 'Decimal128' : 'Decimal256',
    precision,
    scale,
  });
}

function readListType(r: Reading, entry: number): TypeMaker | null {
  let item: Field | null = null;
  let size = 0;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) {
      item = r.value<Field>(at);
      if (item === null) return null;
    } else if (r.tape.number(at) === 2) size = r.tape.int32(at);
  }
  if (item === null) return r.missing(entry, 'field_type');
  const known = item;
  return (number) => {
    switch (number) {
      case 26:
        return { kind: 'LargeList', item: known };
      case 27:
        return { kind: 'FixedSizeList', item: known, size };
      case 43:
        return { kind: 'ListView', item: known };
      case 44:
        return { kind: 'LargeListView', item: known };
      default:
        return { kind: 'List', item: known };
    }
  };
}

function readStructType(r: Reading, entry: number): TypeMaker | null {
  const fields = readFields(r, entry, 1);
  return fields === null ? null : () => ({ kind: 'Struct', fields });
}

function readUnionType(r: Reading, entry: number): TypeMaker | null {
  const fields = readFields(r, entry, 1);
  if (fields === null) return null;
  let mode = 0;
  const ids: number[] = [];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 2) mode = r.tape.int32(at);
    else if (r.tape.number(at) === 3) readPackedInt32(r, at, ids);
  }
  if (mode !== 0 && mode !== 1) {
    r.note('UNKNOWN_ENUM', entry, `UnionMode has no value ${mode}`);
    return null;
  }
  if (ids.length !== fields.length) {
    r.note('BAD_VALUE', entry, `Union has ${fields.length} fields and ${ids.length} type ids`);
    return null;
  }
  return () => ({
    kind: 'Union',
    mode: mode === 1 ? 'Dense' : 'Sparse',
    fields: fields.map((field, at) => ({ id: ids[at] ?? 0, field })),
  });
}

function readPackedInt32(r: Reading, entry: number, into: number[]): void {
  const bytes = r.tape.raw(entry);
  let value = 0;
  let shift = 0;
  for (const byte of bytes) {
    if (shift < 32) value |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte < 0x80) {
      into.push(value | 0);
      value = 0;
      shift = 0;
    }
  }
}

function readDictionaryType(r: Reading, entry: number): TypeMaker | null {
  const types: (DataType | null)[] = [null, null];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    const number = r.tape.number(at);
    if (number === 1 || number === 2) types[number - 1] = r.value<DataType>(at);
  }
  const [key, value] = types;
  if (key == null || value == null) return r.missing(entry, key == null ? 'key' : 'value');
  return () => ({ kind: 'Dictionary', key, value });
}

function readMapType(r: Reading, entry: number): TypeMaker | null {
  let entries: Field | null = null;
  let sorted = false;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) entries = r.value<Field>(at);
    else if (r.tape.number(at) === 2) sorted = r.tape.bool(at);
  }
  if (entries === null) return r.missing(entry, 'field_type');
  const known = entries;
  return () => ({ kind: 'Map', entries: known, sorted });
}

function readRunEndEncodedType(r: Reading, entry: number): TypeMaker | null {
  const fields: (Field | null)[] = [null, null];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    const number = r.tape.number(at);
    if (number === 1 || number === 2) fields[number - 1] = r.value<Field>(at);
  }
  const [runEnds, values] = fields;
  if (runEnds == null || values == null) return r.missing(entry, runEnds == null ? 'run_ends_field' : 'values_field');
  return () => ({ kind: 'RunEndEncoded', runEnds, values });
}

function readFields(r: Reading, entry: number, number: number): Field[] | null {
  const fields: Field[] = [];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) !== number) continue;
    const field = r.value<Field>(at);
    if (field === null) return null;
    fields.push(field);
  }
  return fields;
}

function readField(r: Reading, entry: number): Field | null {
  let name = '';
  let type: DataType | null = null;
  let nullable = false;
  const metadata: (readonly [string, string])[] = [];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    switch (r.tape.number(at)) {
      case 1:
        name = r.tape.string(at);
        break;
      case 2:
        type = r.value<DataType>(at);
        break;
      case 3:
        nullable = r.tape.bool(at);
        break;
      case 4:
        // children: no version writes them, the type itself holds them
        r.keepBytes(at);
        break;
      case 5:
        metadata.push(readPair(r, at));
        break;
    }
  }
  if (type === null) return r.missing(entry, 'arrow_type');
  return { name, type, nullable, metadata };
}

export function writeField(w: ProtoWriter, number: number, field: Field): void {
  w.message(number, () => {
    w.stringUnlessEmpty(1, field.name);
    writeArrowType(w, 2, field.type);
    w.boolUnlessFalse(3, field.nullable);
    writePairs(w, 5, field.metadata);
  });
}

/** One entry of a `map<string, string>`. */
export function readPair(r: Reading, entry: number): readonly [string, string] {
  let key = '';
  let value = '';
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) key = r.tape.string(at);
    else if (r.tape.number(at) === 2) value = r.tape.string(at);
  }
  return [key, value];
}

/** The entries of a map in the order given: the sender's hash order is in the bytes. */
export function writePairs(w: ProtoWriter, number: number, pairs: Pairs): void {
  for (const [key, value] of pairs) {
    w.message(number, () => {
      w.stringUnlessEmpty(1, key);
      w.stringUnlessEmpty(2, value);
    });
  }
}

function readSchema(r: Reading, entry: number): Schema | null {
  const fields = readFields(r, entry, 1);
  if (fields === null) return null;
  const metadata: (readonly [string, string])[] = [];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 2) metadata.push(readPair(r, at));
  }
  return { fields, metadata };
}

export function writeSchema(w: ProtoWriter, number: number, schema: Schema): void {
  w.message(number, () => {
    for (const field of schema.fields) writeField(w, 1, field);
    writePairs(w, 2, schema.metadata);
  });
}

export const TYPE_READERS: readonly (readonly [string, MessageReader])[] = [
  ['ArrowType', readArrowType],
  ['Timestamp', readTimestamp],
  ['Decimal32Type', readDecimalType],
  ['Decimal64Type', readDecimalType],
  ['Decimal128Type', readDecimalType],
  ['Decimal256Type', readDecimalType],
  ['List', readListType],
  ['FixedSizeList', readListType],
  ['Struct', readStructType],
  ['Union', readUnionType],
  ['Dictionary', readDictionaryType],
  ['Map', readMapType],
  ['RunEndEncoded', readRunEndEncodedType],
  ['Field', readField],
  ['Schema', readSchema],
];
