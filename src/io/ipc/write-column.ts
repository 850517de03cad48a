/** The buffers of a column as Arrow lays them out (Arrow columnar format, "Buffer Listing for Each Layout"). */
import { fixedWidth } from '../../wire/arrow/index.ts';
import { formatDataType } from '../../wire/arrow/type-text.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import {
  bitmapBytes,
  type Column,
  countBits,
  type DictionaryColumn,
  type IntervalColumn,
  type ListColumn,
  type NumericColumn,
  type StringColumn,
  type UnionColumn,
} from '../column.ts';
import { gather, gatherBetween } from '../column-gather.ts';
import { decimalWords } from '../decimal-words.ts';
import { nullColumn } from '../null-column.ts';
import { viewsOf } from '../string-views.ts';
import { doublesToInt64, integersToWords, singlesToHalves } from './fixed-words.ts';
import type { BodyWriter, WritePlan } from './write.ts';

const NO_BYTES = new Uint8Array(0);

/** Descends by the depth of the type, which the plan bounds. */
export function writeColumn(body: BodyWriter, plan: WritePlan, column: Column): void {
  const { type } = plan;
  const { length } = column;
  if (plan.dictionary !== null && column.layout !== 'dictionary') {
    throw mismatch(type, column);
  }
  if (type.kind === 'Null') {
    // A Null column has a length and nothing else.
    body.node(length, length);
    return;
  }
  const nulls =
    column.layout === 'null' ? length : column.validity === null ? 0 : length - countBits(column.validity, length);
  if (type.kind === 'Union') {
    body.node(length, 0);
  } else {
    body.node(length, nulls);
    body.buffer(
      nulls === 0
        ? NO_BYTES
        : (column.validity ?? new Uint8Array(bitmapBytes(length))).subarray(0, bitmapBytes(length)),
    );
  }
  switch (column.layout) {
    case 'null':
      throw mismatch(type, column);
    case 'boolean':
      if (type.kind !== 'Boolean') throw mismatch(type, column);
      body.buffer(column.bits.subarray(0, bitmapBytes(length)));
      return;
    case 'numeric':
      body.buffer(numericBytes(type, column));
      return;
    case 'decimal': {
      const width = fixedWidth(type);
      if (width === null || !type.kind.startsWith('Decimal')) throw mismatch(type, column);
      const words = width === 16 ? decimalWords(column) : undefined;
      if (words === undefined) body.buffer(integersToWords(column.values, length, width / 4));
      else body.buffer(new Uint8Array(words.buffer, words.byteOffset, length * width));
      return;
    }
    case 'interval':
      body.buffer(intervalBytes(type, column));
      return;
    case 'string':
      writeText(body, type, column);
      return;
    case 'list':
      writeList(body, plan, column);
      return;
    case 'struct':
      if (type.kind !== 'Struct') throw mismatch(type, column);
      plan.children.forEach((child, i) => {
        writeColumn(body, child, childOf(column.children, i));
      });
      return;
    case 'dictionary':
      writeKeys(body, plan, column);
      return;
    case 'union':
      writeUnion(body, plan, column);
      return;
  }
}

function mismatch(type: DataType, column: Column): DfxError {
  return new DfxError('DEFECT', `a ${column.layout} column to be written as ${formatDataType(type)}`);
}

function childOf(children: readonly Column[], index: number): Column {
  const child = children[index];
  if (child === undefined) throw new DfxError('DEFECT', `a column without its child ${index}`);
  return child;
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function numericBytes(type: DataType, column: NumericColumn): Uint8Array {
  const { values, length } = column;
  const width = fixedWidth(type);
  const own = values.subarray(0, length);
  if (type.kind === 'Float16') {
    if (!(own instanceof Float32Array)) throw mismatch(type, column);
    return bytesOf(singlesToHalves(own));
  }
  if (type.kind !== 'Float64' && width === 8 && own instanceof Float64Array) return doublesToInt64(own);
  if (own.BYTES_PER_ELEMENT !== width || type.kind === 'FixedSizeBinary') throw mismatch(type, column);
  return bytesOf(own);
}

function intervalBytes(type: DataType, column: IntervalColumn): Uint8Array {
  if (type.kind !== 'Interval' || type.unit === 'YearMonth') throw mismatch(type, column);
  const { months, days, rest, length } = column;
  if (type.unit === 'DayTime') {
    const words = new Int32Array(2 * length);
    for (let i = 0; i < length; i++) {
      words[2 * i] = days[i] ?? 0;
      words[2 * i + 1] = Number(rest[i] ?? 0);
    }
    return bytesOf(words);
  }
  const nanoseconds = rest instanceof Float64Array ? doublesToInt64(rest.subarray(0, length)) : bytesOf(rest);
  const halves = new Int32Array(nanoseconds.buffer, nanoseconds.byteOffset, 2 * length);
  const words = new Int32Array(4 * length);
  for (let i = 0; i < length; i++) {
    words[4 * i] = months[i] ?? 0;
    words[4 * i + 1] = days[i] ?? 0;
    words[4 * i + 2] = halves[2 * i] ?? 0;
    words[4 * i + 3] = halves[2 * i + 1] ?? 0;
  }
  return bytesOf(words);
}

function writeText(body: BodyWriter, type: DataType, column: StringColumn): void {
  const { offsets, data, length } = column;
  const from = offsets[0] ?? 0;
  const to = offsets[length] ?? from;
  switch (type.kind) {
    case 'Utf8':
    case 'Binary':
      body.buffer(bytesOf(fromZero(offsets, length)));
      body.buffer(data.subarray(from, to));
      return;
    case 'LargeUtf8':
    case 'LargeBinary':
      body.buffer(longOffsets(offsets, length));
      body.buffer(data.subarray(from, to));
      return;
    case 'Utf8View':
    case 'BinaryView':
      body.buffer(
        viewsOf(from === 0 ? column : { ...column, offsets: fromZero(offsets, length), data: data.subarray(from, to) }),
      );
      body.buffer(data.subarray(from, to));
      body.variadicCounts.push(1);
      return;
    case 'FixedSizeBinary':
      body.buffer(fixedBytes(type.size, column));
      return;
    default:
      throw mismatch(type, column);
  }
}

/** A row without a value may have no bytes in our columns; in Arrow it has as many as every other. */
function fixedBytes(size: number, column: StringColumn): Uint8Array {
  const { offsets, data, length } = column;
  const from = offsets[0] ?? 0;
  let even = true;
  for (let i = 0; i < length && even; i++) even = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0) === size;
  if (even) return data.subarray(from, from + size * length);
  const out = new Uint8Array(size * length);
  for (let i = 0; i < length; i++) {
    const piece = data.subarray(offsets[i] ?? 0, offsets[i + 1] ?? 0);
    if (piece.length !== size && piece.length !== 0) throw mismatch(column.type, column);
    out.set(piece, i * size);
  }
  return out;
}

function fromZero(offsets: Int32Array, length: number): Int32Array {
  const from = offsets[0] ?? 0;
  if (from === 0) return offsets.subarray(0, length + 1);
  const out = new Int32Array(length + 1);
  for (let i = 0; i <= length; i++) out[i] = (offsets[i] ?? 0) - from;
  return out;
}

function longOffsets(offsets: Int32Array, length: number): Uint8Array {
  const from = offsets[0] ?? 0;
  const words = new Int32Array(2 * (length + 1));
  for (let i = 0; i <= length; i++) words[2 * i] = (offsets[i] ?? 0) - from;
  return bytesOf(words);
}

function writeList(body: BodyWriter, plan: WritePlan, column: ListColumn): void {
  const { type } = plan;
  const { offsets, length } = column;
  const [itemPlan] = plan.children;
  if (itemPlan === undefined) throw mismatch(type, column);
  const from = offsets[0] ?? 0;
  const item = (): Column => gatherBetween(column.item, from, offsets[length] ?? from);
  switch (type.kind) {
    case 'List':
    case 'Map':
      body.buffer(bytesOf(fromZero(offsets, length)));
      break;
    case 'LargeList':
      body.buffer(longOffsets(offsets, length));
      break;
    case 'ListView':
    case 'LargeListView': {
      const zero = fromZero(offsets, length);
      const sizes = Int32Array.from({ length }, (_, i) => (zero[i + 1] ?? 0) - (zero[i] ?? 0));
      const starts = zero.subarray(0, length);
      const long = type.kind === 'LargeListView';
      body.buffer(long ? doublesToInt64(Float64Array.from(starts)) : bytesOf(starts));
      body.buffer(long ? doublesToInt64(Float64Array.from(sizes)) : bytesOf(sizes));
      break;
    }
    case 'FixedSizeList':
      writeColumn(body, itemPlan, fixedItems(type.size, column));
      return;
    default:
      throw mismatch(type, column);
  }
  writeColumn(body, itemPlan, item());
}

/** A row without a value has as many items as every other: any items, here the first one of the column or nulls. */
function fixedItems(size: number, column: ListColumn): Column {
  const { offsets, length, item } = column;
  let even = true;
  for (let i = 0; i < length && even; i++) even = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0) === size;
  if (even) return gatherBetween(item, offsets[0] ?? 0, offsets[length] ?? 0);
  const picked = new Int32Array(size * length);
  for (let i = 0; i < length; i++) {
    const from = offsets[i] ?? 0;
    const found = (offsets[i + 1] ?? 0) - from;
    if (found !== size && found !== 0) throw mismatch(column.type, column);
    for (let k = 0; k < size; k++) picked[i * size + k] = found === 0 ? 0 : from + k;
  }
  return item.length === 0 ? nullColumn(item.type, picked.length) : gather(item, picked);
}

function writeKeys(body: BodyWriter, plan: WritePlan, column: DictionaryColumn): void {
  const { type, dictionary } = plan;
  if (type.kind !== 'Dictionary' || dictionary === null) throw mismatch(type, column);
  body.buffer(keyBytes(type.key, column));
  body.dictionaries.push({ id: dictionary.id, plan: dictionary.values, values: column.values });
}

const KEY_LIMITS = new Map<DataType['kind'], number>([
  ['Int8', 127],
  ['UInt8', 255],
  ['Int16', 32767],
  ['UInt16', 65535],
]);

function keyBytes(key: DataType, column: DictionaryColumn): Uint8Array {
  const { indices, length, values } = column;
  const own = indices.subarray(0, length);
  const limit = KEY_LIMITS.get(key.kind);
  if (limit !== undefined && values.length - 1 > limit) {
    throw new DfxError(
      'EXECUTION',
      `a dictionary has ${values.length} values, more than its keys of type ${key.kind} can tell apart`,
      {
        hint: 'cast the column to its value type with arrow_cast',
      },
    );
  }
  switch (key.kind) {
    case 'Int8':
    case 'UInt8':
      return Uint8Array.from(own);
    case 'Int16':
    case 'UInt16':
      return bytesOf(Uint16Array.from(own));
    case 'Int32':
    case 'UInt32':
      return bytesOf(own);
    case 'Int64':
    case 'UInt64':
      return doublesToInt64(Float64Array.from(own));
    default:
      throw mismatch(key, column);
  }
}

function writeUnion(body: BodyWriter, plan: WritePlan, column: UnionColumn): void {
  const { type } = plan;
  if (type.kind !== 'Union') throw mismatch(type, column);
  const { length, typeIds, offsets } = column;
  body.buffer(bytesOf(typeIds.subarray(0, length)));
  if (type.mode === 'Dense') {
    body.buffer(bytesOf(offsets.subarray(0, length)));
    plan.children.forEach((child, i) => {
      writeColumn(body, child, childOf(column.children, i));
    });
    return;
  }
  // Every child has a value for every row; those that the row is not of may be any.
  plan.children.forEach((child, i) => {
    const values = childOf(column.children, i);
    const id = type.fields[i]?.id;
    const picked = Int32Array.from({ length }, (_, row) => (typeIds[row] === id ? (offsets[row] ?? 0) : 0));
    const inPlace = values.length === length && picked.every((from, row) => from === row || typeIds[row] !== id);
    if (inPlace) writeColumn(body, child, values);
    else writeColumn(body, child, values.length === 0 ? nullColumn(values.type, length) : gather(values, picked));
  });
}
