/** Columns of nulls for every type, and the typed arrays that columns of numbers are made of. */
import type { DataType } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { bitmapBytes, type Column, type NumberValues } from './column.ts';
import { innerTypes, itemField, layoutOf } from './column-layout.ts';

/** Zeros for a `numeric` column; 64-bit integers in their representation of safe integers. */
export function newValues(kind: DataType['kind'], length: number): NumberValues {
  switch (kind) {
    case 'Int8':
      return new Int8Array(length);
    case 'Int16':
      return new Int16Array(length);
    case 'Int32':
    case 'Date32':
    case 'Time32':
    case 'Interval':
      return new Int32Array(length);
    case 'UInt8':
      return new Uint8Array(length);
    case 'UInt16':
      return new Uint16Array(length);
    case 'UInt32':
      return new Uint32Array(length);
    case 'Float16':
    case 'Float32':
      return new Float32Array(length);
    default:
      return new Float64Array(length);
  }
}

/** All rows null. Descends by the depth of the type, which readers and the binder bound. */
export function nullColumn(type: DataType, length: number): Column {
  const validity = new Uint8Array(bitmapBytes(length));
  const layout = layoutOf(type);
  switch (layout) {
    case 'null':
      return { layout, type, length, validity: null };
    case 'boolean':
      return { layout, type, length, validity, bits: new Uint8Array(validity.length) };
    case 'numeric':
      return { layout, type, length, validity, values: newValues(type.kind, length) };
    case 'string':
      return { layout, type, length, validity, offsets: new Int32Array(length + 1), data: new Uint8Array(0) };
    case 'decimal':
      return { layout, type, length, validity, values: new Float64Array(length) };
    case 'interval': {
      const rest = new Float64Array(length);
      return { layout, type, length, validity, months: new Int32Array(length), days: new Int32Array(length), rest };
    }
    case 'list':
      return nullLists(type, length, validity);
    case 'struct':
      return { layout, type, length, validity, children: innerTypes(type).map((inner) => nullColumn(inner, length)) };
    case 'dictionary': {
      const [, inner = type] = innerTypes(type);
      return { layout, type, length, validity, indices: new Int32Array(length), values: nullColumn(inner, 0) };
    }
    case 'union':
      return nullUnion(type, length);
    case null:
      throw new DfxError('DEFECT', `a column of the type ${type.kind}`);
  }
}

/** A row of a fixed size has its items, value or not. */
function nullLists(type: DataType, length: number, validity: Uint8Array): Column {
  const field = itemField(type);
  if (field === null) throw new DfxError('DEFECT', `no items in the type ${type.kind}`);
  const size = type.kind === 'FixedSizeList' ? type.size : 0;
  if (length * size > 0x7fffffff) throw new DfxError('LIMIT', 'a batch holds more than 2^31 list items');
  const offsets = Int32Array.from({ length: length + 1 }, (_, row) => row * size);
  return { layout: 'list', type, length, validity, offsets, item: nullColumn(field.type, length * size) };
}

/** A null stands in the first member. A sparse union has a value of each member for each row: there must be one to take. */
function nullUnion(type: DataType, length: number): Column {
  const fields = type.kind === 'Union' ? type.fields : [];
  const typeIds = new Int8Array(length).fill(fields[0]?.id ?? 0);
  const offsets = Int32Array.from({ length }, (_, row) => row);
  const spare = type.kind === 'Union' && type.mode === 'Sparse' ? Math.min(length, 1) : 0;
  const children = fields.map(({ field }, i) => nullColumn(field.type, i === 0 ? length : spare));
  return { layout: 'union', type, length, validity: null, typeIds, offsets, children };
}
