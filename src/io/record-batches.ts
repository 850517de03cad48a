/** Columns as apache-arrow's record batches, which the parent merges and shows. apache-arrow loads only here. */
import type * as Arrow from 'apache-arrow';
import { formatDataType } from '../wire/arrow/index.ts';
import type { Field, Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { type Column, type ColumnBatch, expandInt64 } from './column.ts';
import { viewsOf } from './string-views.ts';

let loaded: Promise<typeof Arrow> | undefined;

function loadArrow(): Promise<typeof Arrow> {
  loaded ??= import('apache-arrow');
  return loaded;
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
