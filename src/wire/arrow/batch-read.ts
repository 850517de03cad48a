/**
 * Takes a RecordBatch message apart into columns: which rows, which validity bitmap, which buffers belong to which field
 * (Arrow columnar format, "RecordBatch message": nodes and buffers in the order of a walk that sees parents first). Every
 * buffer is held against the number of values it must have before anything is read from it.
 */
import { DfxError } from '../errors.ts';
import type { Span } from '../limits.ts';
import type { ColumnPlan } from './column-plan.ts';
import { fixedWidth } from './fixed-width.ts';
import { arrowError, FlatReader, type FlatTable, type FlatVector } from './flatbuffers.ts';
import { runSteps, type Step } from './heap-steps.ts';
import {
  COMPRESSION,
  DICTIONARY_BATCH,
  HEADER,
  HEADER_NAMES,
  MESSAGE,
  METADATA_V5,
  RECORD_BATCH,
} from './ipc-format.ts';
import type { DataType } from './types.ts';

export interface Column {
  readonly plan: ColumnPlan;
  readonly length: number;
  /** The type whose values the buffers hold: the key type for a dictionary column. */
  readonly type: DataType;
  /** Of a bit a row, 0 for null; null when every row is valid. */
  readonly validity: Span | null;
  readonly buffers: readonly Span[];
  readonly children: readonly Column[];
  readonly body: Body;
}

export interface Body {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where the body starts in the payload. */
  readonly base: number;
}

export interface BatchBytes {
  readonly ipcMessage: Uint8Array;
  readonly arrowData: Uint8Array;
}

export interface BatchPlace {
  readonly ipcMessage: number;
  readonly arrowData: number;
}

export interface Batch {
  readonly column: Column;
  readonly rows: number;
}

/** The only column of a RecordBatch message. */
export function readRecordBatch(bytes: BatchBytes, plan: ColumnPlan, place: BatchPlace, maxDepth: number): Batch {
  const { reader, message, header } = openMessage(bytes, HEADER.RecordBatch, 'a RecordBatch', place);
  return readBatch(reader, message, header, bytes.arrowData, plan, place, maxDepth);
}

/** The id and the values of a DictionaryBatch message. */
export function readDictionaryBatch(
  bytes: BatchBytes,
  planOf: (id: bigint) => ColumnPlan | undefined,
  place: BatchPlace,
  maxDepth: number,
): { readonly id: bigint; readonly column: Column } {
  const { reader, message, header } = openMessage(bytes, HEADER.DictionaryBatch, 'a DictionaryBatch', place);
  const id = reader.i64(header, DICTIONARY_BATCH.id, 'a dictionary id');
  const plan = planOf(id);
  if (plan === undefined) throw reader.error(`the schema has no dictionary ${id}`, header.start);
  if (reader.bool(header, DICTIONARY_BATCH.isDelta, 'the delta flag')) {
    throw new DfxError('UNSUPPORTED', `dictionary ${id} comes as a delta`, { offset: reader.base + header.start });
  }
  const data = reader.subtable(header, DICTIONARY_BATCH.data, 'the values of a dictionary');
  if (data === undefined) throw reader.error(`dictionary ${id} lacks its values`, header.start);
  const values = { ...plan, dictionary: null };
  return { id, column: readBatch(reader, message, data, bytes.arrowData, values, place, maxDepth).column };
}

function openMessage(bytes: BatchBytes, expected: number, name: string, place: BatchPlace) {
  const reader = new FlatReader(bytes.ipcMessage, place.ipcMessage);
  const message = reader.root();
  const code = reader.u8(message, MESSAGE.headerType, 'the kind of the message');
  if (code !== expected) {
    const found = HEADER_NAMES[code] ?? `the unknown header ${code}`;
    throw reader.error(`the message holds ${found}, expected ${name}`, message.start);
  }
  const header = reader.subtable(message, MESSAGE.header, name);
  if (header === undefined) throw reader.error(`the message lacks ${name}`, message.start);
  return { reader, message, header };
}

interface Cursor {
  readonly reader: FlatReader;
  readonly nodes: FlatVector;
  readonly buffers: FlatVector;
  readonly variadic: FlatVector;
  readonly body: Body;
  readonly unionsHaveValidity: boolean;
  nextNode: number;
  nextBuffer: number;
  nextVariadic: number;
}

function readBatch(
  reader: FlatReader,
  message: FlatTable,
  batch: FlatTable,
  arrowData: Uint8Array,
  plan: ColumnPlan,
  place: BatchPlace,
  maxDepth: number,
): Batch {
  const compression = reader.subtable(batch, RECORD_BATCH.compression, 'the compression');
  if (compression !== undefined) {
    const codec = reader.u8(compression, COMPRESSION.codec, 'the codec') === 0 ? 'LZ4' : 'ZSTD';
    throw new DfxError('UNSUPPORTED', `a record batch is compressed with ${codec}`, {
      offset: reader.base + compression.start,
      hint: 'write the literal without compression, as DataFusion does',
    });
  }
  const none: FlatVector = { start: batch.start, count: 0 };
  const cursor: Cursor = {
    reader,
    nodes: reader.vector(batch, RECORD_BATCH.nodes, 16, 'the nodes of a record batch') ?? none,
    buffers: reader.vector(batch, RECORD_BATCH.buffers, 16, 'the buffers of a record batch') ?? none,
    variadic: reader.vector(batch, RECORD_BATCH.variadicBufferCounts, 8, 'the buffer counts of views') ?? none,
    body: {
      bytes: arrowData,
      view: new DataView(arrowData.buffer, arrowData.byteOffset, arrowData.byteLength),
      base: place.arrowData,
    },
    // Up to format version 4 unions had a validity bitmap.
    unionsHaveValidity: reader.i16(message, MESSAGE.version, 'the metadata version') < METADATA_V5,
    nextNode: 0,
    nextBuffer: 0,
    nextVariadic: 0,
  };
  const rows = reader.count(batch, RECORD_BATCH.length, 'the number of rows');
  const tooDeep = () =>
    new DfxError('LIMIT', `a type nests deeper than ${maxDepth} levels`, { offset: place.ipcMessage });
  const column = runSteps(columnStep(cursor, plan), maxDepth, tooDeep);
  if (column.length < rows) throw reader.error(`a column has ${column.length} of ${rows} rows`, batch.start);
  return { column, rows };
}

function* columnStep(cursor: Cursor, plan: ColumnPlan): Step<Column> {
  const { reader, body } = cursor;
  if (cursor.nextNode >= cursor.nodes.count) throw reader.error('a record batch has too few nodes', cursor.nodes.start);
  const node = cursor.nodes.start + 16 * cursor.nextNode;
  cursor.nextNode += 1;
  const length = reader.countAt(node);
  const nulls = reader.countAt(node + 8);
  const type = plan.dictionary?.key ?? plan.type;

  let validity: Span | null = null;
  if (hasValidity(type, cursor.unionsHaveValidity)) {
    const bitmap = nextBuffer(cursor);
    // With no nulls the bitmap may be left out; arrow-rs doesn't look at it then.
    if (nulls > 0) {
      need(cursor, bitmap, Math.ceil(length / 8), 'the validity of a column');
      validity = bitmap;
    }
  }
  const buffers = readBuffers(cursor, type, length);
  const children: Column[] = [];
  if (plan.dictionary === null) {
    for (const child of plan.children) children.push(yield columnStep(cursor, child));
  }
  checkChildren(cursor, type, length, children, node);
  return { plan, length, type, validity, buffers, children, body };
}

function hasValidity(type: DataType, unionsHaveValidity: boolean): boolean {
  if (type.kind === 'Union') return unionsHaveValidity;
  return type.kind !== 'Null' && type.kind !== 'RunEndEncoded';
}

function nextBuffer(cursor: Cursor): Span {
  const { reader, body } = cursor;
  if (cursor.nextBuffer >= cursor.buffers.count) {
    throw reader.error('a record batch has too few buffers', cursor.buffers.start);
  }
  const at = cursor.buffers.start + 16 * cursor.nextBuffer;
  cursor.nextBuffer += 1;
  const start = reader.countAt(at);
  const length = reader.countAt(at + 8);
  if (start + length > body.bytes.length) {
    throw reader.error(`a buffer claims bytes ${start} to ${start + length} of a body of ${body.bytes.length}`, at);
  }
  return { start, end: start + length };
}

function need(cursor: Cursor, buffer: Span, bytes: number, what: string): void {
  if (buffer.end - buffer.start < bytes) {
    throw arrowError(
      `${what} has ${buffer.end - buffer.start} bytes, expected ${bytes}`,
      cursor.body.base + buffer.start,
    );
  }
}

function sized(cursor: Cursor, bytes: number, what: string): Span {
  const buffer = nextBuffer(cursor);
  need(cursor, buffer, bytes, what);
  return buffer;
}

function readBuffers(cursor: Cursor, type: DataType, length: number): Span[] {
  switch (type.kind) {
    case 'Boolean':
      return [sized(cursor, Math.ceil(length / 8), 'a buffer of booleans')];
    case 'Utf8':
    case 'Binary':
      return [offsetsBuffer(cursor, length, 4), nextBuffer(cursor)];
    case 'LargeUtf8':
    case 'LargeBinary':
      return [offsetsBuffer(cursor, length, 8), nextBuffer(cursor)];
    case 'Utf8View':
    case 'BinaryView': {
      const buffers = [sized(cursor, length * 16, 'a buffer of views')];
      for (let i = variadicCount(cursor); i > 0; i -= 1) buffers.push(nextBuffer(cursor));
      return buffers;
    }
    case 'List':
    case 'Map':
      return [offsetsBuffer(cursor, length, 4)];
    case 'LargeList':
      return [offsetsBuffer(cursor, length, 8)];
    case 'ListView':
      return [sized(cursor, length * 4, 'a buffer of offsets'), sized(cursor, length * 4, 'a buffer of sizes')];
    case 'LargeListView':
      return [sized(cursor, length * 8, 'a buffer of offsets'), sized(cursor, length * 8, 'a buffer of sizes')];
    case 'Union': {
      const ids = sized(cursor, length, 'a buffer of type ids');
      return type.mode === 'Sparse' ? [ids] : [ids, sized(cursor, length * 4, 'a buffer of offsets')];
    }
    default: {
      const width = fixedWidth(type);
      return width === null ? [] : [sized(cursor, length * width, `a buffer of ${type.kind}`)];
    }
  }
}

/** One more offset than values; an empty column may have none. */
function offsetsBuffer(cursor: Cursor, length: number, width: number): Span {
  return sized(cursor, length === 0 ? 0 : (length + 1) * width, 'a buffer of offsets');
}

function variadicCount(cursor: Cursor): number {
  const { reader, variadic } = cursor;
  if (cursor.nextVariadic >= variadic.count)
    throw reader.error('a column of views lacks its buffer count', variadic.start);
  const at = variadic.start + 8 * cursor.nextVariadic;
  cursor.nextVariadic += 1;
  const buffers = reader.countAt(at);
  if (buffers > cursor.buffers.count - cursor.nextBuffer) {
    throw reader.error(`a column of views claims ${buffers} buffers`, at);
  }
  return buffers;
}

function checkChildren(
  cursor: Cursor,
  type: DataType,
  length: number,
  children: readonly Column[],
  node: number,
): void {
  let least = 0;
  if (type.kind === 'Struct' || (type.kind === 'Union' && type.mode === 'Sparse')) least = length;
  else if (type.kind === 'FixedSizeList') least = length * type.size;
  for (const child of children) {
    if (child.length < least) {
      throw cursor.reader.error(`a child of a ${type.kind} has ${child.length} values, expected ${least}`, node);
    }
  }
}
