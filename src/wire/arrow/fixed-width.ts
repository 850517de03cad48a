/** How the values of fixed-width types lie in their buffer (Arrow columnar format, "Fixed-size primitive layout"). */
import type { DataType } from './types.ts';
import type { ArrowValue } from './value-model.ts';

/** Bytes of one value; null for types whose values lie in another layout. */
export function fixedWidth(type: DataType): number | null {
  switch (type.kind) {
    case 'Int8':
    case 'UInt8':
      return 1;
    case 'Int16':
    case 'UInt16':
    case 'Float16':
      return 2;
    case 'Int32':
    case 'UInt32':
    case 'Float32':
    case 'Date32':
    case 'Time32':
    case 'Decimal32':
      return 4;
    case 'Int64':
    case 'UInt64':
    case 'Float64':
    case 'Date64':
    case 'Time64':
    case 'Timestamp':
    case 'Duration':
    case 'Decimal64':
      return 8;
    case 'Decimal128':
      return 16;
    case 'Decimal256':
      return 32;
    case 'Interval':
      return type.unit === 'YearMonth' ? 4 : type.unit === 'DayTime' ? 8 : 16;
    case 'FixedSizeBinary':
      return type.size;
    default:
      return null;
  }
}

/** The value at `at`, which the caller has found to be within the view. */
export function readFixed(type: DataType, view: DataView, at: number): ArrowValue {
  switch (type.kind) {
    case 'Int8':
      return view.getInt8(at);
    case 'UInt8':
      return view.getUint8(at);
    case 'Int16':
      return view.getInt16(at, true);
    case 'UInt16':
      return view.getUint16(at, true);
    case 'Int32':
    case 'Date32':
    case 'Time32':
      return view.getInt32(at, true);
    case 'UInt32':
      return view.getUint32(at, true);
    case 'Int64':
    case 'Date64':
    case 'Time64':
    case 'Timestamp':
    case 'Duration':
      return shortInt(view.getBigInt64(at, true));
    case 'UInt64':
      return shortInt(view.getBigUint64(at, true));
    case 'Float16':
      return readHalf(view.getUint16(at, true));
    case 'Float32':
      return floatValue(view.getFloat32(at, true), BigInt(view.getUint32(at, true)), 0x7fc00000n, 8);
    case 'Float64':
      return floatValue(view.getFloat64(at, true), view.getBigUint64(at, true), 0x7ff8000000000000n, 16);
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return readInteger(view, at, Number(type.kind.slice(7)) / 8);
    case 'Interval':
      return readInterval(type.unit, view, at);
    case 'FixedSizeBinary':
      return new Uint8Array(view.buffer, view.byteOffset + at, type.size).slice();
    default:
      return null;
  }
}

/** Integers are numbers while those are exact. */
export function shortInt(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function floatValue(value: number, bits: bigint, canonical: bigint, digits: number): ArrowValue {
  if (!Number.isNaN(value) || bits === canonical) return value;
  return { kind: 'nan', bits: bits.toString(16).padStart(digits, '0') };
}

function readHalf(bits: number): ArrowValue {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) {
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : floatValue(Number.NaN, BigInt(bits), 0x7e00n, 4);
  }
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

function readInteger(view: DataView, at: number, bytes: number): bigint {
  let value = 0n;
  for (let i = bytes - 4; i >= 0; i -= 4) value = (value << 32n) | BigInt(view.getUint32(at + i, true));
  return BigInt.asIntN(bytes * 8, value);
}

function readInterval(unit: 'YearMonth' | 'DayTime' | 'MonthDayNano', view: DataView, at: number): ArrowValue {
  const first = view.getInt32(at, true);
  if (unit === 'YearMonth') return first;
  const second = view.getInt32(at + 4, true);
  if (unit === 'DayTime') return { kind: 'dayTime', days: first, milliseconds: second };
  return { kind: 'monthDayNano', months: first, days: second, nanos: shortInt(view.getBigInt64(at + 8, true)) };
}

/** Writes the value at `at`; false when it is no value of the type. */
export function writeFixed(type: DataType, value: ArrowValue, view: DataView, at: number): boolean {
  switch (type.kind) {
    case 'Float16':
    case 'Float32':
    case 'Float64':
      return writeFloat(type.kind, value, view, at);
    case 'Interval':
      return writeInterval(type.unit, value, view, at);
    case 'FixedSizeBinary':
      if (!(value instanceof Uint8Array) || value.length !== type.size) return false;
      new Uint8Array(view.buffer, view.byteOffset + at, type.size).set(value);
      return true;
    default: {
      const width = fixedWidth(type);
      if (width === null || (typeof value !== 'bigint' && (typeof value !== 'number' || !Number.isInteger(value))))
        return false;
      return writeInteger(BigInt(value), width, type.kind.startsWith('UInt'), view, at);
    }
  }
}

function writeInteger(value: bigint, width: number, unsigned: boolean, view: DataView, at: number): boolean {
  const bits = width * 8;
  if ((unsigned ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value)) !== value) return false;
  for (let i = 0; i < width; i += 1) view.setUint8(at + i, Number((value >> BigInt(8 * i)) & 0xffn));
  return true;
}

function writeFloat(kind: 'Float16' | 'Float32' | 'Float64', value: ArrowValue, view: DataView, at: number): boolean {
  const width = { Float16: 2, Float32: 4, Float64: 8 }[kind];
  if (value !== null && typeof value === 'object' && 'kind' in value && value.kind === 'nan') {
    if (value.bits.length !== width * 2 || !/^[0-9a-f]+$/.test(value.bits)) return false;
    return writeInteger(BigInt(`0x${value.bits}`), width, true, view, at);
  }
  if (typeof value !== 'number') return false;
  if (kind === 'Float64') view.setFloat64(at, value, true);
  else if (kind === 'Float32') view.setFloat32(at, value, true);
  else view.setUint16(at, halfBits(value), true);
  if (Number.isNaN(value)) return true;
  // A value that the narrower type would round is not a value of that type.
  return Object.is(
    kind === 'Float16' ? readHalf(halfBits(value)) : kind === 'Float32' ? Math.fround(value) : value,
    value,
  );
}

/** The nearest half that is not farther from zero; exact for every value that a half holds. */
function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65536) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | Math.trunc(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  const scaled = size / 2 ** exponent;
  // log2 may be off by one at powers of two.
  const shift = scaled >= 2 ? 1 : scaled < 1 ? -1 : 0;
  const fraction = Math.trunc((size / 2 ** (exponent + shift) - 1) * 1024);
  return sign | ((exponent + shift + 15) << 10) | fraction;
}

function writeInterval(
  unit: 'YearMonth' | 'DayTime' | 'MonthDayNano',
  value: ArrowValue,
  view: DataView,
  at: number,
): boolean {
  if (unit === 'YearMonth') return typeof value === 'number' && writeInt32(value, view, at);
  if (value === null || typeof value !== 'object' || !('kind' in value)) return false;
  if (unit === 'DayTime') {
    return value.kind === 'dayTime' && writeInt32(value.days, view, at) && writeInt32(value.milliseconds, view, at + 4);
  }
  return (
    value.kind === 'monthDayNano' &&
    writeInt32(value.months, view, at) &&
    writeInt32(value.days, view, at + 4) &&
    writeInteger(BigInt(value.nanos), 8, false, view, at + 8)
  );
}

function writeInt32(value: number, view: DataView, at: number): boolean {
  return Number.isInteger(value) && writeInteger(BigInt(value), 4, false, view, at);
}
