/**
 * Writes Arrow IPC schema messages byte for byte as arrow-rs 58 and 59 do: the calls to the builder come in the order of
 * `IpcSchemaEncoder`, metadata is sorted by key, dictionary ids count from 0 with children before their parents.
 */
import { DfxError } from '../errors.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { FlatBuilder, type Position } from './flat-builder.ts';
import { runSteps, type Step } from './heap-steps.ts';
import {
  DATE_DEFAULT_UNIT,
  DECIMAL,
  DICTIONARY,
  DURATION_DEFAULT_UNIT,
  FIELD,
  HEADER,
  INT,
  INTERVAL_UNIT_CODES,
  KEY_VALUE,
  MESSAGE,
  METADATA_V5,
  ONLY_SLOT,
  SCHEMA,
  TIME,
  TIME_UNIT_CODES,
  TIMESTAMP,
  TYPE,
  UNION,
  UNION_MODE_CODES,
} from './ipc-format.ts';
import { compareCodePoints } from './type-text.ts';
import type { DataType, Field, Pairs, Schema } from './types.ts';

/** arrow-rs pads each message to 64 bytes (`IpcWriteOptions::default`). */
const ALIGNMENT = 64;

/** An IPC stream that holds the schema and the end-of-stream marker: what the frames of Python UDFs carry. */
export function writeIpcSchema(schema: Schema): Uint8Array {
  const message = writeSchemaMessage(schema);
  const padded = Math.ceil((message.length + 8) / ALIGNMENT) * ALIGNMENT - 8;
  const out = new Uint8Array(8 + padded + 8);
  const view = new DataView(out.buffer);
  view.setUint32(0, 0xffffffff, true);
  view.setUint32(4, padded, true);
  out.set(message, 8);
  view.setUint32(8 + padded, 0xffffffff, true);
  return out;
}

/** The bare FlatBuffers `Message` of the schema. */
export function writeSchemaMessage(schema: Schema): Uint8Array {
  const builder = new FlatBuilder();
  const header = writeSchemaTable(builder, schema);
  builder.startTable();
  builder.addI16(MESSAGE.version, METADATA_V5);
  builder.addByte(MESSAGE.headerType, HEADER.Schema);
  builder.addReference(MESSAGE.header, header);
  return builder.finish(builder.endTable());
}

/** The `Schema` table, which stands in a message and in the footer of a file. */
export function writeSchemaTable(builder: FlatBuilder, schema: Schema): Position {
  const encoder: FieldEncoder = { builder, nextDictionary: 0n };
  const fields = schema.fields.map((field) => runSteps(writeField(encoder, field), DEFAULT_LIMITS.maxDepth, tooDeep));
  const list = builder.references(fields);
  const metadata = schema.metadata.length === 0 ? undefined : writePairs(builder, schema.metadata);
  builder.startTable();
  builder.addReference(SCHEMA.fields, list);
  builder.addReference(SCHEMA.customMetadata, metadata);
  return builder.endTable();
}

function tooDeep(): DfxError {
  return new DfxError('LIMIT', `a type nests deeper than ${DEFAULT_LIMITS.maxDepth} levels`);
}

interface FieldEncoder {
  readonly builder: FlatBuilder;
  nextDictionary: bigint;
}

function writePairs(builder: FlatBuilder, pairs: Pairs): Position {
  const sorted = [...pairs].sort(([a], [b]) => compareCodePoints(a, b));
  const entries = sorted.map(([key, value]) => {
    const keyAt = builder.string(key);
    const valueAt = builder.string(value);
    builder.startTable();
    builder.addReference(KEY_VALUE.key, keyAt);
    builder.addReference(KEY_VALUE.value, valueAt);
    return builder.endTable();
  });
  return builder.references(entries);
}

function* writeField(encoder: FieldEncoder, field: Field): Step<Position> {
  const { builder } = encoder;
  const metadata = field.metadata.length === 0 ? undefined : writePairs(builder, field.metadata);
  const name = builder.string(field.name);
  // The value type of a dictionary stands where the field's type does; a dictionary of dictionaries keeps the outer key.
  let type = field.type;
  while (type.kind === 'Dictionary') type = type.value;
  const children: Position[] = [];
  for (const child of childFields(type)) children.push(yield writeField(encoder, child));
  const [code, parameters, list] = writeType(builder, type, children);
  let dictionary: Position | undefined;
  if (field.type.kind === 'Dictionary') {
    dictionary = writeDictionary(builder, field.type.key, encoder.nextDictionary);
    encoder.nextDictionary += 1n;
  }
  builder.startTable();
  builder.addReference(FIELD.name, name);
  builder.addReference(FIELD.dictionary, dictionary);
  builder.addByte(FIELD.typeType, code);
  builder.addBool(FIELD.nullable, field.nullable);
  builder.addReference(FIELD.children, list);
  builder.addReference(FIELD.type, parameters);
  builder.addReference(FIELD.customMetadata, metadata);
  return builder.endTable();
}

/** The fields that stand below a field of this type in a schema. */
export function childFields(type: DataType): readonly Field[] {
  switch (type.kind) {
    case 'List':
    case 'LargeList':
    case 'ListView':
    case 'LargeListView':
    case 'FixedSizeList':
      return [type.item];
    case 'Struct':
      return type.fields;
    case 'Map':
      return [type.entries];
    case 'Union':
      return type.fields.map(({ field }) => field);
    case 'RunEndEncoded':
      return [type.runEnds, type.values];
    default:
      return [];
  }
}

function writeDictionary(builder: FlatBuilder, key: DataType, id: bigint): Position {
  builder.startTable();
  addInt(builder, key);
  const index = builder.endTable();
  builder.startTable();
  builder.addI64(DICTIONARY.id, id);
  builder.addReference(DICTIONARY.indexType, index);
  return builder.endTable();
}

function addInt(builder: FlatBuilder, type: DataType): void {
  builder.addBool(INT.isSigned, type.kind.startsWith('Int'));
  builder.addI32(INT.bitWidth, Number(type.kind.replace(/^U?Int/, '')));
}

/** The type's code, its parameters and the vector of its children, written in arrow-rs's order. */
type WrittenType = readonly [code: number, parameters: Position, children: Position];

function writeType(builder: FlatBuilder, type: DataType, children: readonly Position[]): WrittenType {
  switch (type.kind) {
    // Of these arrow-rs writes the (empty) vector of children before the parameters, of all others after them.
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'Int64':
    case 'UInt8':
    case 'UInt16':
    case 'UInt32':
    case 'UInt64': {
      const list = builder.references([]);
      builder.startTable();
      addInt(builder, type);
      return [TYPE.Int, builder.endTable(), list];
    }
    case 'Float16':
    case 'Float32':
    case 'Float64': {
      const list = builder.references([]);
      builder.startTable();
      builder.addI16(ONLY_SLOT, ['Float16', 'Float32', 'Float64'].indexOf(type.kind));
      return [TYPE.FloatingPoint, builder.endTable(), list];
    }
    default:
      break;
  }
  const timezone = type.kind === 'Timestamp' ? builder.string(type.timezone ?? '') : undefined;
  const typeIds = type.kind === 'Union' ? builder.i32s(type.fields.map(({ id }) => id)) : undefined;
  builder.startTable();
  const code = addParameters(builder, type, timezone, typeIds);
  const parameters = builder.endTable();
  return [code, parameters, builder.references(children)];
}

function addParameters(
  builder: FlatBuilder,
  type: DataType,
  timezone: Position | undefined,
  typeIds: Position | undefined,
): number {
  switch (type.kind) {
    case 'FixedSizeBinary':
      builder.addI32(ONLY_SLOT, type.size);
      return TYPE.FixedSizeBinary;
    case 'FixedSizeList':
      builder.addI32(ONLY_SLOT, type.size);
      return TYPE.FixedSizeList;
    case 'Date32':
      builder.addI16(ONLY_SLOT, 0, DATE_DEFAULT_UNIT);
      return TYPE.Date;
    case 'Date64':
      return TYPE.Date;
    case 'Time32':
    case 'Time64':
      // The width follows from the unit, as arrow-rs has it.
      builder.addI32(TIME.bitWidth, TIME_UNIT_CODES.indexOf(type.unit) < 2 ? 32 : 64, TIME.defaultBitWidth);
      builder.addI16(TIME.unit, TIME_UNIT_CODES.indexOf(type.unit), TIME.defaultUnit);
      return TYPE.Time;
    case 'Timestamp':
      builder.addI16(TIMESTAMP.unit, TIME_UNIT_CODES.indexOf(type.unit));
      builder.addReference(TIMESTAMP.timezone, type.timezone ? timezone : undefined);
      return TYPE.Timestamp;
    case 'Interval':
      builder.addI16(ONLY_SLOT, INTERVAL_UNIT_CODES.indexOf(type.unit));
      return TYPE.Interval;
    case 'Duration':
      builder.addI16(ONLY_SLOT, TIME_UNIT_CODES.indexOf(type.unit), DURATION_DEFAULT_UNIT);
      return TYPE.Duration;
    case 'Map':
      builder.addBool(ONLY_SLOT, type.sorted);
      return TYPE.Map;
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      builder.addI32(DECIMAL.precision, type.precision);
      builder.addI32(DECIMAL.scale, type.scale);
      builder.addI32(DECIMAL.bitWidth, Number(type.kind.slice(7)), DECIMAL.defaultBitWidth);
      return TYPE.Decimal;
    case 'Union':
      builder.addI16(UNION.mode, UNION_MODE_CODES.indexOf(type.mode));
      builder.addReference(UNION.typeIds, typeIds);
      return TYPE.Union;
    case 'Boolean':
      return TYPE.Bool;
    case 'Dictionary':
      throw new DfxError('DEFECT', 'a dictionary type reached the writer of plain types');
    default:
      // Types without parameters have the same name in the format.
      return TYPE[type.kind as keyof typeof TYPE];
  }
}
