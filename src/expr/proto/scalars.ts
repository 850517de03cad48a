/** `ScalarValue` of datafusion_common: reading and writing side by side. */
import type { DataType, Field, Schema, TimeUnit, UnionField } from '../../wire/arrow/types.ts';
import type { ProtoWriter } from '../../wire/protobuf/index.ts';
import type { Int, NestedKind, NestedValue, Scalar } from '../model.ts';
import type { MessageReader, Reading } from './reading.ts';
import { writeArrowType, writeField, writeSchema } from './types.ts';

const NESTED: readonly (readonly [number, NestedKind])[] = [
  [16, 'LargeList'],
  [17, 'List'],
  [18, 'FixedSizeList'],
  [46, 'ListView'],
  [47, 'LargeListView'],
  [32, 'Struct'],
  [41, 'Map'],
];
const NESTED_KIND = new Map(NESTED);
const NESTED_NUMBER = new Map(NESTED.map(([number, kind]) => [kind, number] as const));

const DURATION_UNITS: readonly TimeUnit[] = ['Second', 'Millisecond', 'Microsecond', 'Nanosecond'];
const FIRST_DURATION = 35;

const DECIMALS = {
  20: { kind: 'Decimal128', size: 16 },
  39: { kind: 'Decimal256', size: 32 },
  43: { kind: 'Decimal32', size: 4 },
  44: { kind: 'Decimal64', size: 8 },
} as const;
const DECIMAL_NUMBER = { Decimal128: 20, Decimal256: 39, Decimal32: 43, Decimal64: 44 } as const;

const QUIET_NAN_64 = '7ff8000000000000';
const QUIET_NAN_32 = '7fc00000';

export function readScalar(r: Reading, entry: number): Scalar | null {
  const at = entry + 1;
  if (at >= r.tape.next(entry)) return r.missing(entry, 'value');
  const tape = r.tape;
  const number = tape.number(at);
  switch (number) {
    case 1:
      return { kind: 'Boolean', value: tape.bool(at) };
    case 2:
      return { kind: 'Utf8', value: tape.string(at) };
    case 3:
      return { kind: 'LargeUtf8', value: tape.string(at) };
    case 23:
      return { kind: 'Utf8View', value: tape.string(at) };
    case 4:
      return small(r, at, 'Int8', tape.int32(at), -0x80, 0x7f);
    case 5:
      return small(r, at, 'Int16', tape.int32(at), -0x8000, 0x7fff);
    case 6:
      return { kind: 'Int32', value: tape.int32(at) };
    case 7:
      return { kind: 'Int64', value: tape.int64(at) };
    case 8:
      return small(r, at, 'UInt8', tape.uint32(at), 0, 0xff);
    case 9:
      return small(r, at, 'UInt16', tape.uint32(at), 0, 0xffff);
    case 10:
      return { kind: 'UInt32', value: tape.uint32(at) };
    case 11:
      return { kind: 'UInt64', value: tape.uint64(at) };
    case 12:
      return readFloat32(tape.view(at));
    case 13:
      return readFloat64(tape.view(at));
    case 14:
      return { kind: 'Date32', value: tape.int32(at) };
    case 21:
      return { kind: 'Date64', value: tape.int64(at) };
    case 24:
      return { kind: 'IntervalYearMonth', months: tape.int32(at) };
    case 22:
      return { kind: 'BinaryView', value: tape.raw(at) };
    case 28:
      return { kind: 'Binary', value: tape.raw(at) };
    case 29:
      return { kind: 'LargeBinary', value: tape.raw(at) };
    case 33: {
      const type = r.value<DataType>(at);
      return type === null ? null : { kind: 'Null', type };
    }
    case 35:
    case 36:
    case 37:
    case 38:
      return { kind: 'Duration', unit: DURATION_UNITS[number - FIRST_DURATION] ?? 'Second', value: tape.int64(at) };
    case 15:
    case 25:
    case 26:
    case 27:
    case 30:
    case 31:
    case 34:
    case 42:
    case 45:
      return r.value<Scalar>(at);
    case 20:
    case 39:
    case 43:
    case 44:
      return readDecimal(r, at, DECIMALS[number]);
    default: {
      const kind = NESTED_KIND.get(number);
      if (kind === undefined) {
        r.note('UNKNOWN_VARIANT', at, `ScalarValue has the variant ${number}, which DataFusion 55 does not have`);
        return null;
      }
      const nested = r.value<NestedValue>(at);
      return nested === null ? null : { kind, nested };
    }
  }
}

/** The wire has 32 bits for these; the receiver keeps the low ones, so a wider value is no longer the same literal. */
function small(
  r: Reading,
  at: number,
  kind: 'Int8' | 'Int16' | 'UInt8' | 'UInt16',
  value: number,
  min: number,
  max: number,
): Scalar | null {
  if (value >= min && value <= max) return { kind, value };
  r.note('BAD_VALUE', at, `${kind} literal holds ${value}`);
  return null;
}

function readFloat32(view: DataView): Scalar {
  const value = view.getFloat32(0, true);
  if (!Number.isNaN(value)) return { kind: 'Float32', value };
  const bits = view.getUint32(0, true).toString(16).padStart(8, '0');
  return bits === QUIET_NAN_32 ? { kind: 'Float32', value } : { kind: 'Float32', value, bits };
}

function readFloat64(view: DataView): Scalar {
  const value = view.getFloat64(0, true);
  if (!Number.isNaN(value)) return { kind: 'Float64', value };
  const bits = view.getBigUint64(0, true).toString(16).padStart(16, '0');
  return bits === QUIET_NAN_64 ? { kind: 'Float64', value } : { kind: 'Float64', value, bits };
}

/** Big-endian two's complement of the type's width, with precision and scale (`Decimal128` and its sisters). */
function readDecimal(r: Reading, entry: number, decimal: (typeof DECIMALS)[keyof typeof DECIMALS]): Scalar | null {
  let bytes: Uint8Array = new Uint8Array(0);
  let precision: Int = 0;
  let scale: Int = 0;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    switch (r.tape.number(at)) {
      case 1:
        bytes = r.tape.raw(at);
        break;
      case 2:
        precision = r.tape.int64(at);
        break;
      case 3:
        scale = r.tape.int64(at);
        break;
    }
  }
  if (bytes.length !== decimal.size || typeof precision !== 'number' || typeof scale !== 'number') {
    r.note('BAD_VALUE', entry, `${decimal.kind} literal has ${bytes.length} bytes, expected ${decimal.size}`);
    return null;
  }
  // the receiver keeps the low 8 bits of each
  if (precision < 0 || precision > 0xff || scale < -0x80 || scale > 0x7f) {
    r.note('BAD_VALUE', entry, `${decimal.kind} literal has the precision ${precision} and the scale ${scale}`);
    return null;
  }
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return { kind: decimal.kind, value: BigInt.asIntN(decimal.size * 8, value), precision, scale };
}

function readTime32(r: Reading, entry: number): Scalar | null {
  const at = entry + 1;
  if (at >= r.tape.next(entry)) return r.missing(entry, 'value');
  return { kind: 'Time32', unit: r.tape.number(at) === 1 ? 'Second' : 'Millisecond', value: r.tape.int32(at) };
}

function readTime64(r: Reading, entry: number): Scalar | null {
  const at = entry + 1;
  if (at >= r.tape.next(entry)) return r.missing(entry, 'value');
  return { kind: 'Time64', unit: r.tape.number(at) === 1 ? 'Microsecond' : 'Nanosecond', value: r.tape.int64(at) };
}

/** Order of the members of `ScalarTimestampValue`. */
const TIMESTAMP_UNITS: readonly TimeUnit[] = ['Microsecond', 'Nanosecond', 'Second', 'Millisecond'];

function readTimestampValue(r: Reading, entry: number): Scalar | null {
  let unit: TimeUnit | undefined;
  let value: Int = 0;
  let timezone = '';
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    const number = r.tape.number(at);
    if (number === 5) timezone = r.tape.string(at);
    else {
      unit = TIMESTAMP_UNITS[number - 1];
      value = r.tape.int64(at);
    }
  }
  if (unit === undefined) return r.missing(entry, 'value');
  return { kind: 'Timestamp', unit, value, timezone: timezone === '' ? null : timezone };
}

function readIntervalDayTime(r: Reading, entry: number): Scalar {
  let days = 0;
  let milliseconds = 0;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) days = r.tape.int32(at);
    else if (r.tape.number(at) === 2) milliseconds = r.tape.int32(at);
  }
  return { kind: 'IntervalDayTime', days, milliseconds };
}

function readIntervalMonthDayNano(r: Reading, entry: number): Scalar {
  let months = 0;
  let days = 0;
  let nanos: Int = 0;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    switch (r.tape.number(at)) {
      case 1:
        months = r.tape.int32(at);
        break;
      case 2:
        days = r.tape.int32(at);
        break;
      case 3:
        nanos = r.tape.int64(at);
        break;
    }
  }
  return { kind: 'IntervalMonthDayNano', months, days, nanos };
}

function readFixedSizeBinary(r: Reading, entry: number): Scalar {
  let value: Uint8Array = new Uint8Array(0);
  let size = 0;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) value = r.tape.raw(at);
    else if (r.tape.number(at) === 2) size = r.tape.int32(at);
  }
  return { kind: 'FixedSizeBinary', value, size };
}

function readDictionaryValue(r: Reading, entry: number): Scalar | null {
  let key: DataType | null = null;
  let value: Scalar | null = null;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) key = r.value<DataType>(at);
    else if (r.tape.number(at) === 2) value = r.value<Scalar>(at);
  }
  if (key === null || value === null) return r.missing(entry, key === null ? 'index_type' : 'value');
  return { kind: 'Dictionary', key, value };
}

function readRunEndEncodedValue(r: Reading, entry: number): Scalar | null {
  let runEnds: Field | null = null;
  let values: Field | null = null;
  let value: Scalar | null = null;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    switch (r.tape.number(at)) {
      case 1:
        runEnds = r.value<Field>(at);
        break;
      case 2:
        values = r.value<Field>(at);
        break;
      case 3:
        value = r.value<Scalar>(at);
        break;
    }
  }
  if (runEnds === null || values === null || value === null) return r.missing(entry, 'run ends, values or value');
  return { kind: 'RunEndEncoded', runEnds, values, value };
}

function readUnionField(r: Reading, entry: number): UnionField | null {
  let id = 0;
  let field: Field | null = null;
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    if (r.tape.number(at) === 1) id = r.tape.int32(at);
    else if (r.tape.number(at) === 2) field = r.value<Field>(at);
  }
  return field === null ? r.missing(entry, 'field') : { id, field };
}

function readUnionValue(r: Reading, entry: number): Scalar | null {
  let typeId = 0;
  let value: Scalar | null = null;
  let mode = 0;
  const fields: UnionField[] = [];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    switch (r.tape.number(at)) {
      case 1:
        typeId = r.tape.int32(at);
        break;
      case 2:
        value = r.value<Scalar>(at);
        if (value === null) return null;
        break;
      case 3: {
        const field = r.value<UnionField>(at);
        if (field === null) return null;
        fields.push(field);
        break;
      }
      case 4:
        mode = r.tape.int32(at);
        break;
    }
  }
  if (mode !== 0 && mode !== 1) {
    r.note('UNKNOWN_ENUM', entry, `UnionMode has no value ${mode}`);
    return null;
  }
  return { kind: 'Union', typeId, value, fields, mode: mode === 1 ? 'Dense' : 'Sparse' };
}

function readNestedValue(r: Reading, entry: number): NestedValue | null {
  let ipcMessage: Uint8Array = new Uint8Array(0);
  let arrowData: Uint8Array = new Uint8Array(0);
  let schema: Schema | null = null;
  const dictionaries: { ipcMessage: Uint8Array; arrowData: Uint8Array }[] = [];
  for (let at = entry + 1; at < r.tape.next(entry); at = r.tape.next(at)) {
    switch (r.tape.number(at)) {
      case 1:
        ipcMessage = r.tape.raw(at);
        break;
      case 2:
        arrowData = r.tape.raw(at);
        break;
      case 3:
        schema = r.value<Schema>(at);
        if (schema === null) return null;
        break;
      case 4: {
        const dictionary = r.value<NestedValue>(at);
        if (dictionary !== null)
          dictionaries.push({ ipcMessage: dictionary.ipcMessage, arrowData: dictionary.arrowData });
        break;
      }
    }
  }
  return { ipcMessage, arrowData, schema, dictionaries };
}

function writeNestedValue(w: ProtoWriter, nested: NestedValue): void {
  w.bytesUnlessEmpty(1, nested.ipcMessage);
  w.bytesUnlessEmpty(2, nested.arrowData);
  if (nested.schema !== null) writeSchema(w, 3, nested.schema);
  for (const dictionary of nested.dictionaries) {
    w.message(4, () => {
      w.bytesUnlessEmpty(1, dictionary.ipcMessage);
      w.bytesUnlessEmpty(2, dictionary.arrowData);
    });
  }
}

export function writeScalar(w: ProtoWriter, number: number, scalar: Scalar): void {
  w.message(number, () => writeScalarBody(w, scalar));
}

function writeScalarBody(w: ProtoWriter, scalar: Scalar): void {
  switch (scalar.kind) {
    case 'Null':
      return writeArrowType(w, 33, scalar.type);
    case 'Boolean':
      return w.bool(1, scalar.value);
    case 'Utf8':
      return w.string(2, scalar.value);
    case 'LargeUtf8':
      return w.string(3, scalar.value);
    case 'Utf8View':
      return w.string(23, scalar.value);
    case 'Int8':
      return w.varint(4, scalar.value);
    case 'Int16':
      return w.varint(5, scalar.value);
    case 'Int32':
      return w.varint(6, scalar.value);
    case 'Int64':
      return w.varint(7, scalar.value);
    case 'UInt8':
      return w.varint(8, scalar.value);
    case 'UInt16':
      return w.varint(9, scalar.value);
    case 'UInt32':
      return w.varint(10, scalar.value);
    case 'UInt64':
      return w.varint(11, scalar.value);
    case 'Float32':
      return w.fixed(12, floatBytes(4, scalar.value, scalar.bits));
    case 'Float64':
      return w.fixed(13, floatBytes(8, scalar.value, scalar.bits));
    case 'Date32':
      return w.varint(14, scalar.value);
    case 'Date64':
      return w.varint(21, scalar.value);
    case 'Time32':
      return w.message(15, () => w.varint(scalar.unit === 'Second' ? 1 : 2, scalar.value));
    case 'Time64':
      return w.message(30, () => w.varint(scalar.unit === 'Microsecond' ? 1 : 2, scalar.value));
    case 'Timestamp':
      return w.message(26, () => {
        w.varint(TIMESTAMP_UNITS.indexOf(scalar.unit) + 1, scalar.value);
        w.stringUnlessEmpty(5, scalar.timezone ?? '');
      });
    case 'Duration':
      return w.varint(FIRST_DURATION + DURATION_UNITS.indexOf(scalar.unit), scalar.value);
    case 'IntervalYearMonth':
      return w.varint(24, scalar.months);
    case 'IntervalDayTime':
      return w.message(25, () => {
        w.varintUnlessZero(1, scalar.days);
        w.varintUnlessZero(2, scalar.milliseconds);
      });
    case 'IntervalMonthDayNano':
      return w.message(31, () => {
        w.varintUnlessZero(1, scalar.months);
        w.varintUnlessZero(2, scalar.days);
        w.varintUnlessZero(3, scalar.nanos);
      });
    case 'Binary':
      return w.bytes(28, scalar.value);
    case 'LargeBinary':
      return w.bytes(29, scalar.value);
    case 'BinaryView':
      return w.bytes(22, scalar.value);
    case 'FixedSizeBinary':
      return w.message(34, () => {
        w.bytesUnlessEmpty(1, scalar.value);
        w.varintUnlessZero(2, scalar.size);
      });
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256': {
      const number = DECIMAL_NUMBER[scalar.kind];
      return w.message(number, () => {
        w.bytesUnlessEmpty(1, bigEndian(scalar.value, DECIMALS[number].size));
        w.varintUnlessZero(2, scalar.precision);
        w.varintUnlessZero(3, scalar.scale);
      });
    }
    case 'List':
    case 'LargeList':
    case 'FixedSizeList':
    case 'ListView':
    case 'LargeListView':
    case 'Struct':
    case 'Map':
      return w.message(NESTED_NUMBER.get(scalar.kind) ?? 0, () => writeNestedValue(w, scalar.nested));
    case 'Dictionary':
      return w.message(27, () => {
        writeArrowType(w, 1, scalar.key);
        writeScalar(w, 2, scalar.value);
      });
    case 'RunEndEncoded':
      return w.message(45, () => {
        writeField(w, 1, scalar.runEnds);
        writeField(w, 2, scalar.values);
        writeScalar(w, 3, scalar.value);
      });
    case 'Union':
      return w.message(42, () => {
        w.varintUnlessZero(1, scalar.typeId);
        if (scalar.value !== null) writeScalar(w, 2, scalar.value);
        for (const { id, field } of scalar.fields) {
          w.message(3, () => {
            w.varintUnlessZero(1, id);
            writeField(w, 2, field);
          });
        }
        w.varintUnlessZero(4, scalar.mode === 'Dense' ? 1 : 0);
      });
  }
}

function floatBytes(size: 4 | 8, value: number, bits: string | undefined): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (size === 4) {
    if (Number.isNaN(value)) view.setUint32(0, Number.parseInt(bits ?? QUIET_NAN_32, 16), true);
    else view.setFloat32(0, value, true);
  } else if (Number.isNaN(value)) view.setBigUint64(0, BigInt(`0x${bits ?? QUIET_NAN_64}`), true);
  else view.setFloat64(0, value, true);
  return bytes;
}

function bigEndian(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = BigInt.asUintN(size * 8, value);
  for (let at = size - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

export const SCALAR_READERS: readonly (readonly [string, MessageReader])[] = [
  ['ScalarValue', readScalar],
  ['ScalarTime32Value', readTime32],
  ['ScalarTime64Value', readTime64],
  ['ScalarTimestampValue', readTimestampValue],
  ['IntervalDayTimeValue', readIntervalDayTime],
  ['IntervalMonthDayNanoValue', readIntervalMonthDayNano],
  ['ScalarFixedSizeBinary', readFixedSizeBinary],
  ['ScalarDictionaryValue', readDictionaryValue],
  ['ScalarRunEndEncodedValue', readRunEndEncodedValue],
  ['UnionField', readUnionField],
  ['UnionValue', readUnionValue],
  ['ScalarNestedValue', readNestedValue],
  ['ScalarNestedValue.Dictionary', readNestedValue],
];
