/** Values of Parquet's physical types as columns of Arrow types. */
import { isAscii, isUtf8 } from 'node:buffer';
import { formatDataType } from '../../wire/arrow/type-text.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { bitmapBytes, type Column, setBit, withoutFullBitmap } from '../column.ts';
import { decimals, halvesToSingles, int64ToDoubles } from '../ipc/fixed-values.ts';
import { dictionaryColumn } from './dictionary.ts';
import type { Page, Plain } from './pages.ts';

/** Days from Julian day 0 to 1970-01-01: INT96 counts days from there. */
const JULIAN_EPOCH = 2440588;
const DAY_NANOSECONDS = 86_400_000_000_000n;
const DAY_MILLISECONDS = 86_400_000;

/** The rows of a page of a column that isn't nested. */
export function pageColumn(page: Page, type: DataType, maxDefinition: number): Column {
  const { count, definitions, values } = page;
  if (definitions === null) return column(values, type, count, null);
  const validity = new Uint8Array(bitmapBytes(count));
  const places = new Int32Array(count);
  let next = 0;
  for (let i = 0; i < count; i++) {
    if (definitions[i] === maxDefinition) {
      setBit(validity, i);
      places[i] = next++;
    } else {
      places[i] = -1;
    }
  }
  return column(spread(values, places), type, count, withoutFullBitmap(validity, count));
}

/** The values at `places`; -1 is no value: zero, or no bytes. */
export function spread(values: Plain, places: Int32Array): Plain {
  const count = places.length;
  if (values.layout === 'flags') {
    return { layout: 'flags', flags: Uint8Array.from(places, (place) => (place < 0 ? 0 : (values.flags[place] ?? 0))) };
  }
  if (values.layout === 'fixed') {
    const { bytes, width } = values;
    const out = new Uint8Array(count * width);
    for (let i = 0; i < count; i++) {
      const place = places[i] ?? -1;
      if (place < 0) continue;
      const from = place * width;
      const to = i * width;
      for (let b = 0; b < width; b++) out[to + b] = bytes[from + b] ?? 0;
    }
    return { ...values, bytes: out };
  }
  // Values stand in order, so that only the offsets change.
  const offsets = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) {
    const place = places[i] ?? -1;
    offsets[i + 1] = place < 0 ? (offsets[i] ?? 0) : (values.offsets[place + 1] ?? 0);
  }
  return { layout: 'bytes', offsets, data: values.data };
}

/** `values` has a value for each of `length` rows. */
export function column(values: Plain, type: DataType, length: number, validity: Uint8Array | null): Column {
  if (type.kind === 'Null') return { layout: 'null', type, length, validity: null };
  if (type.kind === 'Dictionary') return dictionaryColumn(column(values, type.value, length, validity), type);
  switch (values.layout) {
    case 'flags': {
      if (type.kind !== 'Boolean') throw mismatch(values, type);
      const bits = new Uint8Array(bitmapBytes(length));
      for (let i = 0; i < length; i++) if (values.flags[i] === 1) setBit(bits, i);
      return { layout: 'boolean', type, length, validity, bits };
    }
    case 'bytes':
      return textColumn(values, type, length, validity);
    case 'fixed':
      return fixedColumn(values, type, length, validity);
  }
}

function mismatch(values: Plain, type: DataType): DfxError {
  return new DfxError('DEFECT', `${values.layout} values of Parquet as ${formatDataType(type)}`);
}

function textColumn(
  values: Plain & { layout: 'bytes' },
  type: DataType,
  length: number,
  validity: Uint8Array | null,
): Column {
  const { offsets, data } = values;
  switch (type.kind) {
    case 'Utf8':
    case 'LargeUtf8':
    case 'Utf8View':
      if (!isAscii(data)) {
        let broken = !isUtf8(data);
        for (let i = 0; i < length && !broken; i++) {
          const at = offsets[i] ?? 0;
          broken = at < data.length && ((data[at] ?? 0) & 0xc0) === 0x80;
        }
        if (broken) throw new DfxError('INPUT_FORMAT', 'a text is not valid UTF-8');
      }
      return { layout: 'string', type, length, validity, offsets, data };
    case 'Binary':
    case 'LargeBinary':
    case 'BinaryView':
      return { layout: 'string', type, length, validity, offsets, data };
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256': {
      const width = 32;
      const words = new Uint8Array(length * width);
      for (let i = 0; i < length; i++) {
        const from = offsets[i] ?? 0;
        const to = offsets[i + 1] ?? 0;
        if (to - from > width) throw new RangeError(`a decimal of ${to - from} bytes`);
        if (to > from) reverse(data, from, to - from, words, i * width, width);
      }
      return {
        layout: 'decimal',
        type,
        length,
        validity,
        values: decimals(new Int32Array(words.buffer), 8, new Float64Array(length)),
      };
    }
    default:
      throw mismatch(values, type);
  }
}

/** A big-endian integer of `size` bytes as a little-endian one of `width`. */
function reverse(from: Uint8Array, at: number, size: number, out: Uint8Array, to: number, width: number): void {
  const sign = (from[at] ?? 0) >= 128 ? 255 : 0;
  for (let b = 0; b < width; b++) out[to + b] = b < size ? (from[at + size - 1 - b] ?? 0) : sign;
}

function fixedColumn(
  plain: Plain & { layout: 'fixed' },
  type: DataType,
  length: number,
  validity: Uint8Array | null,
): Column {
  const { bytes, width } = plain;
  const { buffer, byteOffset } = bytes;
  const numeric = (values: Extract<Column, { layout: 'numeric' }>['values']): Column => ({
    layout: 'numeric',
    type,
    length,
    validity,
    values,
  });
  switch (type.kind) {
    case 'Float32':
      return numeric(new Float32Array(buffer, byteOffset, length));
    case 'Float64':
      return numeric(new Float64Array(buffer, byteOffset, length));
    case 'Float16': {
      const values = new Float32Array(length);
      halvesToSingles(new Uint16Array(buffer, byteOffset, length), values);
      return numeric(values);
    }
    case 'FixedSizeBinary': {
      const offsets = Int32Array.from({ length: length + 1 }, (_, i) => i * type.size);
      return { layout: 'string', type, length, validity, offsets, data: bytes };
    }
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return { layout: 'decimal', type, length, validity, values: fixedDecimals(plain, length) };
    case 'Timestamp':
      if (width === 12) return numeric(julian(bytes, length, type));
      break;
    case 'Date64':
      if (width === 4) {
        return numeric(
          Float64Array.from(new Int32Array(buffer, byteOffset, length), (days) => days * DAY_MILLISECONDS),
        );
      }
      break;
    default:
      break;
  }
  if (width === 4) return numeric(narrow(type, new Int32Array(buffer, byteOffset, length)));
  const values = new Float64Array(length);
  if (int64ToDoubles(new Int32Array(buffer, byteOffset, 2 * length), type.kind !== 'UInt64', values))
    return numeric(values);
  return numeric(
    type.kind === 'UInt64'
      ? new BigUint64Array(buffer, byteOffset, length)
      : new BigInt64Array(buffer, byteOffset, length),
  );
}

function narrow(type: DataType, values: Int32Array): Extract<Column, { layout: 'numeric' }>['values'] {
  switch (type.kind) {
    case 'Int8':
      return Int8Array.from(values);
    case 'Int16':
      return Int16Array.from(values);
    case 'UInt8':
      return Uint8Array.from(values);
    case 'UInt16':
      return Uint16Array.from(values);
    case 'UInt32':
      return new Uint32Array(values.buffer, values.byteOffset, values.length);
    case 'Int32':
    case 'Date32':
    case 'Time32':
      return values;
    // By the hint of a writer: 64 bits in Arrow.
    case 'Timestamp':
      return Float64Array.from(values);
    default:
      throw new DfxError('DEFECT', `INT32 of Parquet as ${formatDataType(type)}`);
  }
}

/** INT32 and INT64 are little-endian, bytes of fixed length big-endian. */
function fixedDecimals(values: Plain & { layout: 'fixed' }, length: number): Float64Array | readonly bigint[] {
  const { bytes, width, bigEndian } = values;
  const out = new Float64Array(length);
  if (!bigEndian) return decimals(new Int32Array(bytes.buffer, bytes.byteOffset, (length * width) / 4), width / 4, out);
  const size = 4 * Math.ceil(width / 4);
  const words = new Uint8Array(length * size);
  for (let i = 0; i < length; i++) reverse(bytes, i * width, width, words, i * size, size);
  return decimals(new Int32Array(words.buffer), size / 4, out);
}

/** INT96: nanoseconds of the day, 64 bits, and the Julian day, 32 bits. */
function julian(bytes: Uint8Array, length: number, type: DataType): BigInt64Array | Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new BigInt64Array(length);
  const unit = type.kind === 'Timestamp' ? type.unit : 'Nanosecond';
  const perDay =
    unit === 'Second'
      ? 86_400n
      : unit === 'Millisecond'
        ? 86_400_000n
        : unit === 'Microsecond'
          ? 86_400_000_000n
          : DAY_NANOSECONDS;
  const divisor = DAY_NANOSECONDS / perDay;
  for (let i = 0; i < length; i++) {
    const days = BigInt(view.getInt32(i * 12 + 8, true) - JULIAN_EPOCH);
    out[i] = days * perDay + view.getBigInt64(i * 12, true) / divisor;
  }
  const values = new Float64Array(length);
  return int64ToDoubles(new Int32Array(out.buffer), true, values) ? values : out;
}
