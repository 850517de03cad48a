/**
 * Arrow IPC files and streams, in through apache-arrow's reader and out through its builders-free `makeData`, so buffers are
 * shared and not copied. apache-arrow loads only here, and only when a file needs it.
 */
import type * as Arrow from 'apache-arrow';
import { formatDataType } from '../wire/arrow/index.ts';
import type { DataType, Field, Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { type InputSource, readAll } from './byte-source.ts';
import {
  type Column,
  type ColumnBatch,
  compactInt64,
  expandInt64,
  type InputTable,
  type StringColumn,
  sliceBits,
  withoutFullBitmap,
} from './column.ts';
import { readInOnePiece, WHOLE } from './split.ts';
import { viewsOf } from './string-views.ts';

let loaded: Promise<typeof Arrow> | undefined;

export function loadArrow(): Promise<typeof Arrow> {
  loaded ??= import('apache-arrow');
  return loaded;
}

export async function openArrow(input: InputSource): Promise<InputTable> {
  const file = typeof input === 'string' ? input : undefined;
  const bytes = await readAll(input);
  const arrow = await loadArrow();
  let reader: Arrow.RecordBatchReader;
  try {
    reader = arrow.RecordBatchReader.from(bytes).open();
  } catch (cause) {
    throw unreadable(cause, file);
  }
  const source = reader.schema;
  const schema: Schema = {
    fields: source.fields.map((field) => readField(arrow, field)),
    metadata: [...source.metadata],
  };
  return {
    schema,
    splits: () => [WHOLE],
    read: (indices) => {
      for (const index of indices) {
        const field = schema.fields[index];
        if (field === undefined) throw new DfxError('DEFECT', `no column ${index}`);
        if (!READABLE.has(field.type.kind)) {
          throw new DfxError(
            'UNSUPPORTED',
            `column ${JSON.stringify(field.name)} has the type ${typeText(source.fields[index], field)}, which the embedded reader can't read`,
            { file, hint: 'use --engine datafusion' },
          );
        }
      }
      return readInOnePiece(arrowBatches(arrow, bytes, file, schema, indices));
    },
  };
}

function typeText(source: Arrow.Field | undefined, field: Field): string {
  return field.type.kind === 'FixedSizeBinary' ? String(source?.type) : formatDataType(field.type);
}

function unreadable(cause: unknown, file: string | undefined): DfxError {
  // a reader that runs over the end of cut-off bytes fails in JavaScript's own terms
  const internal = cause instanceof TypeError || cause instanceof RangeError || !(cause instanceof Error);
  const reason = internal ? 'the bytes are cut off or damaged' : cause.message;
  return new DfxError('INPUT_FORMAT', `no readable Arrow IPC file or stream: ${reason}`, { file, cause });
}

const READABLE = new Set<string>([
  'Null',
  'Boolean',
  'Int8',
  'Int16',
  'Int32',
  'Int64',
  'UInt8',
  'UInt16',
  'UInt32',
  'UInt64',
  'Float32',
  'Float64',
  'Utf8',
  'LargeUtf8',
  'Utf8View',
]);

function readField(arrow: typeof Arrow, field: Arrow.Field): Field {
  return {
    name: field.name,
    type: readType(arrow, field.type),
    nullable: field.nullable,
    metadata: [...field.metadata],
  };
}

/** The types that columns are made of. Every other one stands as FixedSizeBinary(0), which no reader takes. */
function readType(arrow: typeof Arrow, type: Arrow.DataType): DataType {
  const { DataType: T } = arrow;
  if (T.isNull(type)) return { kind: 'Null' };
  if (T.isBool(type)) return { kind: 'Boolean' };
  if (T.isInt(type)) {
    const kind = `${type.isSigned ? 'Int' : 'UInt'}${type.bitWidth}`;
    switch (kind) {
      case 'Int8':
      case 'Int16':
      case 'Int32':
      case 'Int64':
      case 'UInt8':
      case 'UInt16':
      case 'UInt32':
      case 'UInt64':
        return { kind };
    }
  }
  if (T.isFloat(type) && type.precision === arrow.Precision.SINGLE) return { kind: 'Float32' };
  if (T.isFloat(type) && type.precision === arrow.Precision.DOUBLE) return { kind: 'Float64' };
  if (T.isUtf8(type)) return { kind: 'Utf8' };
  if (T.isLargeUtf8(type)) return { kind: 'LargeUtf8' };
  if (T.isUtf8View(type)) return { kind: 'Utf8View' };
  return { kind: 'FixedSizeBinary', size: 0 };
}

async function* arrowBatches(
  arrow: typeof Arrow,
  bytes: Uint8Array,
  file: string | undefined,
  schema: Schema,
  indices: readonly number[],
): AsyncGenerator<ColumnBatch> {
  const batches = arrow.RecordBatchReader.from(bytes)[Symbol.iterator]();
  for (;;) {
    let next: IteratorResult<Arrow.RecordBatch>;
    try {
      next = batches.next();
    } catch (cause) {
      throw unreadable(cause, file);
    }
    if (next.done === true) return;
    const batch = next.value;
    const columns = indices.map((index) => {
      const data = batch.data.children[index];
      const field = schema.fields[index];
      if (data === undefined || field === undefined) throw new DfxError('DEFECT', `no column ${index} in a batch`);
      return readColumn(data, field, file);
    });
    yield { length: batch.numRows, columns };
  }
}

function readColumn(data: Arrow.Data, field: Field, file: string | undefined): Column {
  const { length, offset } = data;
  const { type } = field;
  if (type.kind === 'Null') return { layout: 'null', type, length, validity: null };
  // `values` and `valueOffsets` come already cut to the slice, bitmaps don't.
  const bitmap = data.nullBitmap;
  const validity =
    data.nullCount === 0 || bitmap === undefined || bitmap.length === 0
      ? null
      : withoutFullBitmap(sliceBits(bitmap, offset, length), length);
  if (type.kind === 'Boolean') {
    const bits = sliceBits(data.values as Uint8Array, offset, length);
    return { layout: 'boolean', type, length, validity, bits };
  }
  if (type.kind === 'Utf8' || type.kind === 'LargeUtf8') {
    const offsets = narrowOffsets(data.valueOffsets as Int32Array | BigInt64Array, length, field, file);
    return { layout: 'string', type, length, validity, offsets, data: data.values as Uint8Array };
  }
  if (type.kind === 'Utf8View') return readViews(data, validity);
  const values = data.values;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    return { layout: 'numeric', type, length, validity, values: compactInt64(values.subarray(0, length)) };
  }
  return { layout: 'numeric', type, length, validity, values: values.subarray(0, length) };
}

function narrowOffsets(
  offsets: Int32Array | BigInt64Array,
  length: number,
  field: Field,
  file: string | undefined,
): Int32Array {
  if (length === 0) return new Int32Array(1);
  if (offsets instanceof Int32Array) return offsets.subarray(0, length + 1);
  if ((offsets[length] ?? 0n) > 0x7fffffffn) {
    throw new DfxError('UNSUPPORTED', `column ${JSON.stringify(field.name)} has a batch with more than 2 GiB of text`, {
      file,
    });
  }
  return Int32Array.from(offsets.subarray(0, length + 1), Number);
}

/** Views (Arrow columnar format 1.4): 16 bytes a row, the text itself up to 12 bytes, else buffer number and offset. */
function readViews(data: Arrow.Data, validity: Uint8Array | null): StringColumn {
  const { length } = data;
  const views = data.values as Uint8Array;
  const buffers = data.variadicBuffers;
  const words = new DataView(views.buffer, views.byteOffset, views.byteLength);
  const offsets = new Int32Array(length + 1);
  let total = 0;
  for (let i = 0; i < length; i++) {
    const valid = validity === null || (((validity[i >> 3] ?? 0) >> (i & 7)) & 1) === 1;
    if (valid) total += words.getInt32(i * 16, true);
    offsets[i + 1] = total;
  }
  const text = new Uint8Array(total);
  for (let i = 0; i < length; i++) {
    const at = offsets[i] ?? 0;
    const size = (offsets[i + 1] ?? 0) - at;
    if (size === 0) continue;
    if (size <= 12) {
      text.set(views.subarray(i * 16 + 4, i * 16 + 4 + size), at);
      continue;
    }
    const buffer = buffers[words.getInt32(i * 16 + 8, true)];
    const from = words.getInt32(i * 16 + 12, true);
    if (buffer === undefined || from < 0 || from + size > buffer.length) {
      throw new DfxError('INPUT_FORMAT', 'a string view points outside its buffers');
    }
    text.set(buffer.subarray(from, from + size), at);
  }
  return { layout: 'string', type: { kind: 'Utf8View' }, length, validity, offsets, data: text };
}

/** Turns columns into apache-arrow's record batches, one at a time, without copying buffers. */
export interface BatchWriter {
  readonly schema: Arrow.Schema;
  toRecordBatch(batch: ColumnBatch): Arrow.RecordBatch;
}

/** Strings of every kind keep their type. */
export async function batchWriter(schema: Schema): Promise<BatchWriter> {
  const arrow = await loadArrow();
  const fields = schema.fields.map(
    (field) => new arrow.Field(field.name, writeType(arrow, field), field.nullable, new Map(field.metadata)),
  );
  const target = new arrow.Schema(fields, new Map(schema.metadata));
  return {
    schema: target,
    toRecordBatch: (batch) =>
      new arrow.RecordBatch(
        target,
        arrow.makeData({
          type: new arrow.Struct(fields),
          length: batch.length,
          nullCount: 0,
          children: batch.columns.map((column, i) => {
            const field = fields[i];
            if (field === undefined) throw new DfxError('DEFECT', 'more columns than fields');
            return writeColumn(arrow, field.type, column);
          }),
        }),
      ),
  };
}

/** A table as Arrow IPC, whole. */
export async function writeArrow(
  schema: Schema,
  batches: readonly ColumnBatch[],
  format: 'file' | 'stream',
): Promise<Uint8Array> {
  const arrow = await loadArrow();
  const { schema: target, toRecordBatch } = await batchWriter(schema);
  const writer = format === 'file' ? new arrow.RecordBatchFileWriter() : new arrow.RecordBatchStreamWriter();
  writer.reset(undefined, target);
  for (const batch of batches) writer.write(toRecordBatch(batch));
  writer.finish();
  return writer.toUint8Array(true);
}

function writeType(arrow: typeof Arrow, field: Field): Arrow.DataType {
  switch (field.type.kind) {
    case 'Null':
      return new arrow.Null();
    case 'Boolean':
      return new arrow.Bool();
    case 'Int8':
      return new arrow.Int8();
    case 'Int16':
      return new arrow.Int16();
    case 'Int32':
      return new arrow.Int32();
    case 'Int64':
      return new arrow.Int64();
    case 'UInt8':
      return new arrow.Uint8();
    case 'UInt16':
      return new arrow.Uint16();
    case 'UInt32':
      return new arrow.Uint32();
    case 'UInt64':
      return new arrow.Uint64();
    case 'Float32':
      return new arrow.Float32();
    case 'Float64':
      return new arrow.Float64();
    case 'Utf8':
      return new arrow.Utf8();
    case 'Utf8View':
      return new arrow.Utf8View();
    case 'LargeUtf8':
      return new arrow.LargeUtf8();
    default:
      throw new DfxError(
        'UNSUPPORTED',
        `column ${JSON.stringify(field.name)} has the type ${formatDataType(field.type)}, which can't be written`,
      );
  }
}

function writeColumn(arrow: typeof Arrow, type: Arrow.DataType, column: Column): Arrow.Data {
  const { length } = column;
  const nullBitmap = column.validity;
  switch (column.layout) {
    case 'null':
      return arrow.makeData({ type: new arrow.Null(), length });
    case 'boolean':
      return arrow.makeData({ type: new arrow.Bool(), length, nullBitmap, data: column.bits });
    case 'string':
      if (arrow.DataType.isUtf8View(type)) {
        return arrow.makeData({ type, length, nullBitmap, views: viewsOf(column), variadicBuffers: [column.data] });
      }
      return arrow.DataType.isLargeUtf8(type)
        ? arrow.makeData({
            type,
            length,
            nullBitmap,
            valueOffsets: BigInt64Array.from(column.offsets, BigInt),
            data: column.data,
          })
        : arrow.makeData({
            type: new arrow.Utf8(),
            length,
            nullBitmap,
            valueOffsets: column.offsets,
            data: column.data,
          });
    case 'numeric': {
      const { kind } = column.type;
      const data = kind === 'Int64' || kind === 'UInt64' ? expandInt64(column.values, kind) : column.values;
      return arrow.makeData({ type: type as Arrow.Int, length, nullBitmap, data: data as Int32Array });
    }
    default:
      throw new DfxError('DEFECT', `a ${column.layout} column to be written`);
  }
}
