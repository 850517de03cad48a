/** Writes the messages of record batches and the footer of Arrow files: metadata only, the bodies are the caller's. */
import { DfxError } from '../errors.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { FlatBuilder, type Position } from './flat-builder.ts';
import {
  CONTINUATION,
  DICTIONARY_BATCH,
  FILE_MAGIC,
  FOOTER,
  HEADER,
  MESSAGE,
  METADATA_V5,
  RECORD_BATCH,
} from './ipc-format.ts';
import type { Block } from './message-read.ts';
import { writeSchemaTable } from './schema-write.ts';
import type { Schema } from './types.ts';

/** Each message starts and ends on a multiple of 64 bytes, as arrow-rs writes them. */
export const MESSAGE_ALIGNMENT = 64;

export interface BatchLayout {
  readonly rows: number;
  /** Length and number of nulls of each column and child, parents first. */
  readonly nodes: readonly number[];
  /** Offset and length in the body of each buffer. */
  readonly buffers: readonly number[];
  readonly variadicCounts: readonly number[];
  readonly bodyLength: number;
  /** The id of the dictionary whose values these are; null for rows. */
  readonly dictionary: bigint | null;
}

export function writeBatchMessage(layout: BatchLayout): Uint8Array {
  const builder = new FlatBuilder();
  const buffers = builder.i64s(layout.buffers.map(BigInt), 2);
  const nodes = builder.i64s(layout.nodes.map(BigInt), 2);
  const variadic = layout.variadicCounts.length === 0 ? undefined : builder.i64s(layout.variadicCounts.map(BigInt));
  builder.startTable();
  builder.addI64(RECORD_BATCH.length, BigInt(layout.rows));
  builder.addReference(RECORD_BATCH.nodes, nodes);
  builder.addReference(RECORD_BATCH.buffers, buffers);
  builder.addReference(RECORD_BATCH.variadicBufferCounts, variadic);
  let header = builder.endTable();
  if (layout.dictionary !== null) {
    builder.startTable();
    builder.addI64(DICTIONARY_BATCH.id, layout.dictionary);
    builder.addReference(DICTIONARY_BATCH.data, header);
    header = builder.endTable();
  }
  builder.startTable();
  builder.addI64(MESSAGE.bodyLength, BigInt(layout.bodyLength));
  builder.addI16(MESSAGE.version, METADATA_V5);
  builder.addByte(MESSAGE.headerType, layout.dictionary === null ? HEADER.RecordBatch : HEADER.DictionaryBatch);
  builder.addReference(MESSAGE.header, header);
  return builder.finish(builder.endTable());
}

/** A message as it stands in a stream, up to its body: continuation marker, length, metadata, padding. */
export function encapsulate(message: Uint8Array): Uint8Array {
  const length = Math.ceil((8 + message.length) / MESSAGE_ALIGNMENT) * MESSAGE_ALIGNMENT;
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  view.setUint32(0, CONTINUATION, true);
  view.setUint32(4, length - 8, true);
  out.set(message, 8);
  return out;
}

/** What ends a stream, and the messages of a file. */
export function endOfStream(): Uint8Array {
  return Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);
}

/** The footer, its length and the magic. */
export function writeFileEnd(schema: Schema, dictionaries: readonly Block[], batches: readonly Block[]): Uint8Array {
  const builder = new FlatBuilder();
  const described = writeSchemaTable(builder, schema);
  const dictionaryBlocks = writeBlocks(builder, dictionaries);
  const batchBlocks = writeBlocks(builder, batches);
  builder.startTable();
  builder.addReference(FOOTER.schema, described);
  builder.addReference(FOOTER.dictionaries, dictionaryBlocks);
  builder.addReference(FOOTER.recordBatches, batchBlocks);
  builder.addI16(FOOTER.version, METADATA_V5);
  const footer = builder.finish(builder.endTable());
  if (footer.length > DEFAULT_LIMITS.maxBytes) throw new DfxError('LIMIT', 'an Arrow file has too many record batches');
  const out = new Uint8Array(footer.length + 4 + FILE_MAGIC.length);
  out.set(footer);
  new DataView(out.buffer).setUint32(footer.length, footer.length, true);
  out.set(FILE_MAGIC, footer.length + 4);
  return out;
}

function writeBlocks(builder: FlatBuilder, blocks: readonly Block[]): Position {
  const words = blocks.flatMap(({ offset, metadataLength, bodyLength }) => [offset, metadataLength, bodyLength]);
  return builder.i64s(words.map(BigInt), 3);
}
