/**
 * Reads the schema of an Arrow IPC stream or file (Arrow columnar format, "Serialization and Interprocess Communication"):
 * a message is `0xFFFFFFFF | metadata length u32 LE | metadata | body`; writers before Arrow 0.15 left out the first four bytes.
 */
import { DfxError } from '../errors.ts';
import { type Limits, type Span, withLimits } from '../limits.ts';
import { arrowError, FlatBudget, FlatReader, type FlatTable } from './flatbuffers.ts';
import { runSteps } from './heap-steps.ts';
import { CONTINUATION, FILE_MAGIC, HEADER, HEADER_NAMES, MESSAGE, SCHEMA } from './ipc-format.ts';
import {
  type DictionaryField,
  type FieldSink,
  type FieldSource,
  fieldStep,
  type PlacedField,
  readPairs,
} from './type-read.ts';
import type { Field, Pairs, Schema } from './types.ts';

export interface SchemaMessage {
  readonly schema: Schema;
  /** Of the data that the schema announces; the schema itself is always little-endian. */
  readonly endian: 'little' | 'big';
  readonly version: `V${1 | 2 | 3 | 4 | 5}`;
  /** The message's own metadata, not the schema's. */
  readonly metadata: Pairs;
  readonly bodyLength: number;
  /** Dictionary-encoded fields with their ids, children first. */
  readonly dictionaries: readonly DictionaryField[];
  /** Every field with the place of its table, children first. */
  readonly fields: readonly PlacedField[];
}

export interface IpcSchema extends SchemaMessage {
  readonly form: IpcForm;
  /** After the schema message and, where there is one, the end-of-stream marker behind it. */
  readonly end: number;
  readonly hasEos: boolean;
  readonly spans: {
    /** Continuation marker and length. */
    readonly prefix: Span;
    /** The FlatBuffers message with its padding. */
    readonly message: Span;
    readonly eos: Span | null;
  };
}

/** `legacy-stream`: without the continuation marker. */
export type IpcForm = 'stream' | 'legacy-stream' | 'file';

export interface ReadIpcOptions {
  readonly limits?: Partial<Limits> | undefined;
  /** Where the stream starts in `bytes`. Default 0. */
  readonly offset?: number | undefined;
}

/** Whether the bytes start as an Arrow file: `ARROW1` and two bytes of padding. */
export function isArrowFile(bytes: Uint8Array, offset = 0): boolean {
  return bytes.length >= offset + 8 && FILE_MAGIC.every((byte, i) => bytes[offset + i] === byte);
}

/** The form in which a readable schema starts here, or null. Bytes of anything else give null, never an error. */
export function detectIpcSchema(bytes: Uint8Array, offset = 0): IpcForm | null {
  try {
    return readIpcSchema(bytes, { offset }).form;
  } catch (error) {
    if (error instanceof DfxError) return null;
    throw error;
  }
}

/**
 * The schema of the IPC stream or file at `offset`. Every offset given back, and in errors (ARROW, LIMIT), counts from the
 * start of `bytes`.
 */
export function readIpcSchema(bytes: Uint8Array, options: ReadIpcOptions = {}): IpcSchema {
  const offset = options.offset ?? 0;
  const limits = withLimits(options.limits);
  if (bytes.length > limits.maxBytes) {
    throw new DfxError('LIMIT', `${bytes.length} bytes, more than the limit of ${limits.maxBytes}`, { offset });
  }
  const inFile = isArrowFile(bytes, offset);
  const prefixStart = inFile ? offset + 8 : offset;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const hasMarker = u32(view, prefixStart, 'the length of its first message') === CONTINUATION;
  const lengthAt = hasMarker ? prefixStart + 4 : prefixStart;
  const length = u32(view, lengthAt, 'the length of its first message');
  const start = lengthAt + 4;
  if (length === 0) throw arrowError('the Arrow stream ends before its schema', lengthAt);
  if (length > bytes.length - start) {
    throw arrowError(`the schema message claims ${length} bytes, ${bytes.length - start} follow`, lengthAt);
  }
  const messageEnd = start + length;
  const message = readSchemaMessage(bytes.subarray(start, messageEnd), { limits, base: start });
  const bodyEnd = messageEnd + message.bodyLength;
  if (bodyEnd > bytes.length) {
    throw arrowError(
      `the schema message claims a body of ${message.bodyLength} bytes, ${bytes.length - messageEnd} follow`,
      start,
    );
  }
  const eos = endOfStream(view, bodyEnd);
  return {
    ...message,
    form: inFile ? 'file' : hasMarker ? 'stream' : 'legacy-stream',
    end: eos?.end ?? bodyEnd,
    hasEos: eos !== null,
    spans: { prefix: { start: prefixStart, end: start }, message: { start, end: messageEnd }, eos },
  };
}

/** A length of 0, with or without the continuation marker before it. */
function endOfStream(view: DataView, at: number): Span | null {
  if (at + 4 > view.byteLength) return null;
  const word = view.getUint32(at, true);
  if (word === 0) return { start: at, end: at + 4 };
  if (word !== CONTINUATION || at + 8 > view.byteLength || view.getUint32(at + 4, true) !== 0) return null;
  return { start: at, end: at + 8 };
}

function u32(view: DataView, at: number, what: string): number {
  if (at + 4 > view.byteLength) throw arrowError(`the Arrow stream ends inside ${what}`, view.byteLength);
  return view.getUint32(at, true);
}

/** A bare FlatBuffers `Message` that holds a schema. `base` is where it starts in the payload, for offsets. */
export function readSchemaMessage(
  bytes: Uint8Array,
  options: { readonly limits?: Partial<Limits> | undefined; readonly base?: number | undefined } = {},
): SchemaMessage {
  const limits = withLimits(options.limits);
  const reader = new FlatReader(bytes, options.base ?? 0);
  const message = reader.root();
  const version = reader.i16(message, MESSAGE.version, 'the metadata version');
  if (version < 0 || version > 4)
    throw reader.error(`the metadata version is ${version}, expected 0 to 4`, message.start);
  const header = reader.u8(message, MESSAGE.headerType, 'the kind of the message');
  if (header !== HEADER.Schema) {
    const found = HEADER_NAMES[header] ?? `the unknown header ${header}`;
    throw reader.error(`the message holds ${found}, expected a Schema`, message.start);
  }
  const schema = reader.subtable(message, MESSAGE.header, 'the schema');
  if (schema === undefined) throw reader.error('the message lacks its schema', message.start);
  const described = readSchemaTable(reader, schema, limits);
  const bodyLength = reader.i64(message, MESSAGE.bodyLength, 'the body length');
  if (bodyLength < 0n || bodyLength > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw reader.error(`the body length is ${bodyLength}`, message.start);
  }
  return {
    schema: described.schema,
    endian: described.endian,
    version: `V${(version + 1) as 1 | 2 | 3 | 4 | 5}`,
    metadata: readPairs(described.source, message, MESSAGE.customMetadata),
    bodyLength: Number(bodyLength),
    dictionaries: described.source.sink.dictionaries,
    fields: described.source.sink.fields,
  };
}

export interface SchemaTable {
  readonly schema: Schema;
  readonly endian: 'little' | 'big';
  /** What was read from, with the fields that were found. */
  readonly source: FieldSource;
}

/** A `Schema` table, of a message or of the footer of a file. */
export function readSchemaTable(reader: FlatReader, schema: FlatTable, limits: Limits): SchemaTable {
  const vector = reader.vector(schema, SCHEMA.fields, 4, 'the fields of the schema');
  if (vector === undefined) throw reader.error('the schema lacks its fields', schema.start);

  const sink: FieldSink = { fields: [], dictionaries: [] };
  const source = { reader, budget: new FlatBudget(reader, limits.maxNodes), sink };
  source.budget.spend(vector, 'the fields of the schema');
  const fields: Field[] = [];
  for (let i = 0; i < vector.count; i += 1) {
    const table = reader.element(vector, i, 'a field');
    const tooDeep = () =>
      new DfxError('LIMIT', `a field nests deeper than ${limits.maxDepth} levels`, {
        offset: reader.base + table.start,
      });
    fields.push(runSteps(fieldStep(source, table), limits.maxDepth, tooDeep));
  }
  return {
    schema: { fields, metadata: readPairs(source, schema, SCHEMA.customMetadata) },
    endian: reader.i16(schema, SCHEMA.endianness, 'the endianness') === 0 ? 'little' : 'big',
    source,
  };
}
