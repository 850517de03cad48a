/**
 * What an IPC message says of its body (Arrow columnar format, "Serialization and Interprocess Communication"), without the
 * body: a reader takes from a file only the buffers that it needs.
 */
import { type Limits, withLimits } from '../limits.ts';
import { FlatReader, type FlatTable, type FlatVector } from './flatbuffers.ts';
import {
  BLOCK_BYTES,
  CODECS,
  COMPRESSION,
  DICTIONARY_BATCH,
  FOOTER,
  HEADER,
  HEADER_NAMES,
  MESSAGE,
  METADATA_V5,
  RECORD_BATCH,
} from './ipc-format.ts';
import { readSchemaTable, type SchemaTable } from './schema-read.ts';

export type BodyCodec = (typeof CODECS)[number];

export interface BatchMetadata {
  readonly rows: number;
  /** Length and number of nulls of each column and child, parents first. */
  readonly nodes: Float64Array;
  /** Offset and length in the body of each buffer. Every one lies within the body. */
  readonly buffers: Float64Array;
  /** How many buffers of text each column of views has. */
  readonly variadicCounts: Float64Array;
  readonly codec: BodyCodec | null;
  /** Up to format version 4 unions had a validity bitmap. */
  readonly unionsHaveValidity: boolean;
}

export type MessageMetadata = {
  readonly bodyLength: number;
} & (
  | { readonly kind: 'schema' }
  | { readonly kind: 'batch'; readonly batch: BatchMetadata }
  | { readonly kind: 'dictionary'; readonly id: bigint; readonly isDelta: boolean; readonly batch: BatchMetadata }
);

/** `base` is where the message starts in the file, for the offsets of errors. Throws ARROW. */
export function readMessageMetadata(bytes: Uint8Array, base: number): MessageMetadata {
  const reader = new FlatReader(bytes, base);
  const message = reader.root();
  const version = reader.i16(message, MESSAGE.version, 'the metadata version');
  const bodyLength = reader.count(message, MESSAGE.bodyLength, 'the body length');
  const code = reader.u8(message, MESSAGE.headerType, 'the kind of the message');
  const header = reader.subtable(message, MESSAGE.header, HEADER_NAMES[code] ?? 'the header');
  if (header === undefined) throw reader.error('a message lacks its header', message.start);
  const unionsHaveValidity = version < METADATA_V5;
  switch (code) {
    case HEADER.Schema:
      return { kind: 'schema', bodyLength };
    case HEADER.RecordBatch:
      return { kind: 'batch', bodyLength, batch: batchMetadata(reader, header, bodyLength, unionsHaveValidity) };
    case HEADER.DictionaryBatch: {
      const data = reader.subtable(header, DICTIONARY_BATCH.data, 'the values of a dictionary');
      if (data === undefined) throw reader.error('a dictionary lacks its values', header.start);
      return {
        kind: 'dictionary',
        bodyLength,
        id: reader.i64(header, DICTIONARY_BATCH.id, 'a dictionary id'),
        isDelta: reader.bool(header, DICTIONARY_BATCH.isDelta, 'the delta flag'),
        batch: batchMetadata(reader, data, bodyLength, unionsHaveValidity),
      };
    }
    default:
      throw reader.error(
        `a message holds ${HEADER_NAMES[code] ?? `the unknown header ${code}`}, expected a RecordBatch`,
        message.start,
      );
  }
}

function batchMetadata(
  reader: FlatReader,
  batch: FlatTable,
  bodyLength: number,
  unionsHaveValidity: boolean,
): BatchMetadata {
  const none: FlatVector = { start: batch.start, count: 0 };
  const nodes = reader.vector(batch, RECORD_BATCH.nodes, 16, 'the nodes of a record batch') ?? none;
  const buffers = reader.vector(batch, RECORD_BATCH.buffers, 16, 'the buffers of a record batch') ?? none;
  const variadic = reader.vector(batch, RECORD_BATCH.variadicBufferCounts, 8, 'the buffer counts of views') ?? none;
  const compression = reader.subtable(batch, RECORD_BATCH.compression, 'the compression');
  let codec: BodyCodec | null = null;
  if (compression !== undefined) {
    const number = reader.u8(compression, COMPRESSION.codec, 'the codec');
    const method = reader.u8(compression, COMPRESSION.method, 'the method of compression');
    codec = CODECS[number] ?? null;
    if (codec === null || method !== 0) {
      throw reader.error(`a body is compressed by the unknown codec ${number}, method ${method}`, compression.start);
    }
  }
  const ranges = counts(reader, buffers, 2 * buffers.count);
  for (let i = 0; i < ranges.length; i += 2) {
    const offset = ranges[i] ?? 0;
    const length = ranges[i + 1] ?? 0;
    if (offset + length > bodyLength) {
      throw reader.error(
        `a buffer claims bytes ${offset} to ${offset + length} of a body of ${bodyLength}`,
        buffers.start + 8 * i,
      );
    }
  }
  return {
    rows: reader.count(batch, RECORD_BATCH.length, 'the number of rows'),
    nodes: counts(reader, nodes, 2 * nodes.count),
    buffers: ranges,
    variadicCounts: counts(reader, variadic, variadic.count),
    codec,
    unionsHaveValidity,
  };
}

function counts(reader: FlatReader, vector: FlatVector, words: number): Float64Array {
  const out = new Float64Array(words);
  for (let i = 0; i < words; i += 1) out[i] = reader.countAt(vector.start + 8 * i);
  return out;
}

/** Where a message stands in a file. */
export interface Block {
  readonly offset: number;
  /** From the message's length prefix to its body. */
  readonly metadataLength: number;
  readonly bodyLength: number;
}

export interface Footer extends SchemaTable {
  /** The code of the metadata version: 4 for V5. */
  readonly version: number;
  readonly dictionaries: readonly Block[];
  readonly batches: readonly Block[];
}

/** The footer of an Arrow file; `base` is where it starts in the file, before which every block lies. Throws ARROW, LIMIT. */
export function readFooter(bytes: Uint8Array, base: number, limits?: Partial<Limits>): Footer {
  const reader = new FlatReader(bytes, base);
  const footer = reader.root();
  const schema = reader.subtable(footer, FOOTER.schema, 'the schema');
  if (schema === undefined) throw reader.error('the footer lacks its schema', footer.start);
  return {
    ...readSchemaTable(reader, schema, withLimits(limits)),
    version: reader.i16(footer, FOOTER.version, 'the metadata version'),
    dictionaries: blocks(reader, footer, FOOTER.dictionaries, base),
    batches: blocks(reader, footer, FOOTER.recordBatches, base),
  };
}

function blocks(reader: FlatReader, footer: FlatTable, slot: number, end: number): readonly Block[] {
  const vector = reader.vector(footer, slot, BLOCK_BYTES, 'the blocks of the footer');
  const found: Block[] = [];
  for (let i = 0; i < (vector?.count ?? 0); i += 1) {
    const at = (vector?.start ?? 0) + BLOCK_BYTES * i;
    const offset = reader.countAt(at);
    const metadataLength = reader.i32At(at + 8);
    const bodyLength = reader.countAt(at + 16);
    if (metadataLength < 8 || offset + metadataLength + bodyLength > end) {
      throw reader.error(`a block claims bytes ${offset} to ${offset + metadataLength + bodyLength} of ${end}`, at);
    }
    found.push({ offset, metadataLength, bodyLength });
  }
  return found;
}
