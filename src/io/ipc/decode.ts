/** Rows of a column from the buffers of its batch, into the layouts of `column.ts`. Descends by the depth of the type (MAX_NESTING). */
import { fixedWidth } from '../../wire/arrow/index.ts';
import { formatDataType } from '../../wire/arrow/type-text.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { bitmapBytes, type Column, getBit, sliceBits, withoutFullBitmap } from '../column.ts';
import type { IntegerMemory } from '../wasm/integer-memory.ts';
import type { Arena } from './access.ts';
import type { BoundColumn, BufferSource } from './bind.ts';
import { decodeList, decodeStruct, decodeUnion } from './decode-nested.ts';
import { decodeText, decodeViews } from './decode-text.ts';
import { decimals, halvesToSingles, int64ToDoubles, numericView } from './fixed-values.ts';

export interface DecodeContext {
  readonly arena: Arena;
  readonly dictionary: (id: bigint) => Column;
}

/** Numbers of the buffers that a column keeps in the arena, from `plan.slot`. */
export const SLOT = { values: 0, converted: 1, text: 2, converted2: 3, sizes: 4, extra: 5 } as const;

/** Rows `[start, end)`. Throws INPUT_FORMAT (offsets that run backwards, bytes that are no UTF-8, keys outside of their dictionary). */
export function decodeColumn(context: DecodeContext, column: BoundColumn, start: number, end: number): Column {
  const { plan } = column;
  const { type } = plan;
  const length = end - start;
  if (type.kind === 'Null') return { layout: 'null', type, length, validity: null };
  const validity = decodeBits(column.validity, start, length);
  switch (type.kind) {
    case 'Boolean': {
      const bits = decodeBits(column.buffers[0] ?? null, start, length, true) ?? new Uint8Array(0);
      if (validity !== null) for (let i = 0; i < bits.length; i++) bits[i] = (bits[i] ?? 0) & (validity[i] ?? 0);
      return { layout: 'boolean', type, length, validity, bits };
    }
    case 'Utf8':
    case 'LargeUtf8':
    case 'Binary':
    case 'LargeBinary':
      return decodeText(context, column, start, end, validity);
    case 'Utf8View':
    case 'BinaryView':
      return decodeViews(context, column, start, end, validity);
    case 'FixedSizeBinary': {
      const bytes = take(context, column, 0, start * type.size, length * type.size, SLOT.values);
      const offsets = Int32Array.from({ length: length + 1 }, (_, i) => i * type.size);
      return { layout: 'string', type, length, validity, offsets, data: bytes };
    }
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256': {
      const width = fixedWidth(type) ?? 0;
      const bytes = take(context, column, 0, start * width, length * width, SLOT.values);
      const words = new Int32Array(bytes.buffer, bytes.byteOffset, (length * width) / 4);
      const out = doubles(context, column, length, SLOT.converted);
      return { layout: 'decimal', type, length, validity, values: decimals(words, width / 4, out) };
    }
    case 'Interval':
      if (type.unit !== 'YearMonth') return decodeIntervals(context, column, start, length, validity);
      break;
    case 'List':
    case 'LargeList':
    case 'ListView':
    case 'LargeListView':
    case 'FixedSizeList':
    case 'Map':
      return decodeList(context, column, start, end, validity);
    case 'Struct':
      return decodeStruct(context, column, start, end, validity);
    case 'Union':
      return decodeUnion(context, column, start, end);
    case 'Dictionary':
      return decodeKeys(context, column, start, length, validity);
    default:
      break;
  }
  const width = fixedWidth(type);
  if (width === null) throw new DfxError('DEFECT', `a ${formatDataType(type)} column to be read`);
  const wide = wideOf(context, column, length);
  const bytes = takeInto(wide, context, column, start * width, length * width);
  if (type.kind === 'Float16') {
    const kept = context.arena.take(column.plan.slot + SLOT.converted, length * 4);
    const values = new Float32Array(kept.buffer, kept.byteOffset, length);
    halvesToSingles(new Uint16Array(bytes.buffer, bytes.byteOffset, length), values);
    return { layout: 'numeric', type, length, validity, values: zeroed(values, validity) };
  }
  const values = numericView(type, bytes, length);
  if (values instanceof Float32Array || values instanceof Float64Array) {
    // What is shared belongs to the caller's bytes, or to the next rows.
    const own = validity !== null && column.buffers[0]?.shared === true ? values.slice() : values;
    return { layout: 'numeric', type, length, validity, values: zeroed(own, validity) };
  }
  if (values !== null) return { layout: 'numeric', type, length, validity, values };
  const signed = type.kind !== 'UInt64';
  const { buffer, byteOffset } = bytes;
  if (wide !== null && buffer === wide.buffer) {
    const found = wide.doubles(length, signed);
    if (found !== null) return { layout: 'numeric', type, length, validity, values: found };
  } else {
    const out = doubles(context, column, length, SLOT.converted);
    const words = new Int32Array(buffer, byteOffset, 2 * length);
    if (int64ToDoubles(words, signed, out)) return { layout: 'numeric', type, length, validity, values: out };
  }
  const kept = signed ? new BigInt64Array(buffer, byteOffset, length) : new BigUint64Array(buffer, byteOffset, length);
  return { layout: 'numeric', type, length, validity, values: kept };
}

/** Where 64-bit integers are read to; null for all else. */
function wideOf(context: DecodeContext, column: BoundColumn, rows: number): IntegerMemory | null {
  switch (column.plan.type.kind) {
    case 'Int64':
    case 'UInt64':
    case 'Timestamp':
    case 'Duration':
    case 'Date64':
    case 'Time64':
      return integersOf(context, column, rows);
    default:
      return null;
  }
}

/** Memory for so many 64-bit integers of the column's first buffer; null where others hold that, or there is none. */
export function integersOf(context: DecodeContext, column: BoundColumn, count: number): IntegerMemory | null {
  return column.buffers[0]?.shared === true ? null : context.arena.integers(column.plan.slot, count);
}

/** Bytes of the first buffer, in `memory` where that is given and they had to be read: their own buffer says so. */
export function takeInto(
  memory: IntegerMemory | null,
  context: DecodeContext,
  column: BoundColumn,
  start: number,
  length: number,
): Uint8Array {
  const source = column.buffers[0];
  return memory === null || source === undefined
    ? take(context, column, 0, start, length, SLOT.values)
    : source.bytes(start, length, memory.bytes(length));
}

/** `decodeColumn`, but 64-bit integers as they are, for whoever only passes them on. */
export function decodeStored(context: DecodeContext, column: BoundColumn, start: number, end: number): Column {
  const { type } = column.plan;
  if (type.kind !== 'Int64' && type.kind !== 'UInt64') return decodeColumn(context, column, start, end);
  const length = end - start;
  const validity = decodeBits(column.validity, start, length);
  const { buffer, byteOffset } = take(context, column, 0, start * 8, length * 8, SLOT.values);
  const values =
    type.kind === 'Int64'
      ? new BigInt64Array(buffer, byteOffset, length)
      : new BigUint64Array(buffer, byteOffset, length);
  return { layout: 'numeric', type, length, validity, values };
}

/** Bytes of a buffer of the column, which `bind` has found to be long enough. But for texts they start where every typed array may. */
export function take(
  context: DecodeContext,
  column: BoundColumn,
  buffer: number,
  start: number,
  length: number,
  slot: number,
): Uint8Array {
  const source = column.buffers[buffer];
  if (source === undefined)
    throw new DfxError('DEFECT', `a ${column.plan.type.kind} column without its buffer ${buffer}`);
  if (length === 0) return new Uint8Array(0);
  if (!source.shared) return source.bytes(start, length, context.arena.take(column.plan.slot + slot, length));
  const found = source.bytes(start, length);
  return slot === SLOT.text || (found.byteOffset & 7) === 0 ? found : found.slice();
}

export function doubles(context: DecodeContext, column: BoundColumn, length: number, slot: number): Float64Array {
  const kept = context.arena.take(column.plan.slot + slot, length * 8);
  return new Float64Array(kept.buffer, kept.byteOffset, length);
}

/** A bitmap from bit `start`; null where there is none, or (validity only) where every bit is set. */
function decodeBits(source: BufferSource | null, start: number, length: number, keep = false): Uint8Array | null {
  if (source === null) return null;
  const first = start >> 3;
  const bytes = source.bytes(first, bitmapBytes(start + length) - first);
  const bits = sliceBits(bytes, start & 7, length);
  return keep ? bits : withoutFullBitmap(bits, length);
}

function zeroed<T extends Float32Array | Float64Array>(values: T, validity: Uint8Array | null): T {
  if (validity !== null) {
    for (let i = 0; i < values.length; i++) if (!getBit(validity, i)) values[i] = 0;
  }
  return values;
}

function decodeIntervals(
  context: DecodeContext,
  column: BoundColumn,
  start: number,
  length: number,
  validity: Uint8Array | null,
): Column {
  const { type } = column.plan;
  const width = fixedWidth(type) ?? 0;
  const bytes = take(context, column, 0, start * width, length * width, SLOT.values);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, (length * width) / 4);
  const months = new Int32Array(length);
  const days = new Int32Array(length);
  if (width === 8) {
    const rest = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      days[i] = words[2 * i] ?? 0;
      rest[i] = words[2 * i + 1] ?? 0;
    }
    return { layout: 'interval', type, length, validity, months, days, rest };
  }
  const nanoseconds = new Int32Array(2 * length);
  for (let i = 0; i < length; i++) {
    months[i] = words[4 * i] ?? 0;
    days[i] = words[4 * i + 1] ?? 0;
    nanoseconds[2 * i] = words[4 * i + 2] ?? 0;
    nanoseconds[2 * i + 1] = words[4 * i + 3] ?? 0;
  }
  const rest = new Float64Array(length);
  const fits = int64ToDoubles(nanoseconds, true, rest);
  return {
    layout: 'interval',
    type,
    length,
    validity,
    months,
    days,
    rest: fits ? rest : new BigInt64Array(nanoseconds.buffer, 0, length),
  };
}

function decodeKeys(
  context: DecodeContext,
  column: BoundColumn,
  start: number,
  length: number,
  validity: Uint8Array | null,
): Column {
  const { type, dictionary } = column.plan;
  if (type.kind !== 'Dictionary' || dictionary === null) throw new DfxError('DEFECT', 'a dictionary without its id');
  const values = context.dictionary(dictionary);
  const width = fixedWidth(type.key) ?? 0;
  const bytes = take(context, column, 0, start * width, length * width, SLOT.values);
  const keys = keyView(type.key, bytes, length);
  const kept = context.arena.take(column.plan.slot + SLOT.converted, length * 4);
  const indices = new Int32Array(kept.buffer, kept.byteOffset, length);
  const size = values.length;
  for (let i = 0; i < length; i++) {
    if (validity !== null && !getBit(validity, i)) {
      indices[i] = 0;
      continue;
    }
    const key = Number(keys[i] ?? 0);
    if (!(key >= 0 && key < size)) {
      throw new DfxError('INPUT_FORMAT', `found the key ${key} of a dictionary of ${size} values`);
    }
    indices[i] = key;
  }
  return { layout: 'dictionary', type, length, validity, indices, values };
}

function keyView(key: DataType, bytes: Uint8Array, length: number): ArrayLike<number | bigint> {
  const { buffer, byteOffset } = bytes;
  if (key.kind === 'Int64') return new BigInt64Array(buffer, byteOffset, length);
  if (key.kind === 'UInt64') return new BigUint64Array(buffer, byteOffset, length);
  const view = numericView(key, bytes, length);
  if (view === null) throw new DfxError('INPUT_FORMAT', `the keys of a dictionary are ${formatDataType(key)}`);
  return view;
}
