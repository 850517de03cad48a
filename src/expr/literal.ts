/** Scalars from JavaScript values, with the types that DataFusion's Python `lit` chooses, or with a type of the caller's. */

import { parseDataType } from '../wire/arrow/type-parse.ts';
import { formatDataType } from '../wire/arrow/type-text.ts';
import type { DataType } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { UNITS_PER_SECOND } from './calendar.ts';
import type { Int, Scalar } from './model.ts';

export type LiteralValue = null | boolean | number | bigint | string | Uint8Array | Date;

const MS_PER_DAY = 86_400_000;

const INTEGER_RANGES = {
  Int8: [-128n, 127n],
  Int16: [-32_768n, 32_767n],
  Int32: [-2_147_483_648n, 2_147_483_647n],
  Int64: [-(2n ** 63n), 2n ** 63n - 1n],
  UInt8: [0n, 255n],
  UInt16: [0n, 65_535n],
  UInt32: [0n, 4_294_967_295n],
  UInt64: [0n, 2n ** 64n - 1n],
} as const;

/**
 * Without a type: whole numbers are Int64 (a `bigint` beyond it UInt64), other numbers Float64, strings Utf8View, bytes Binary, a
 * `Date` is Timestamp(Microsecond, "UTC"), null has the type Null.
 *
 * With a type (an Arrow type or its name, `Int32`, `Timestamp(Second, None)`): numbers count the type's units (days,
 * microseconds, months, the unscaled integer of a decimal as a `bigint`), and a decimal may be a text, `"1.23"`.
 * @throws DfxError BAD_VALUE where the value isn't of the type, TYPE_NAME where the name is none.
 */
export function literal(value: LiteralValue, type?: DataType | string): Scalar {
  if (type === undefined) return untyped(value);
  return typedLiteral(value, typeof type === 'string' ? parseDataType(type) : type);
}

function untyped(value: LiteralValue): Scalar {
  if (value === null) return { kind: 'Null', type: { kind: 'Null' } };
  if (value instanceof Uint8Array) return { kind: 'Binary', value };
  if (value instanceof Date) return typedLiteral(value, { kind: 'Timestamp', unit: 'Microsecond', timezone: 'UTC' });
  switch (typeof value) {
    case 'boolean':
      return { kind: 'Boolean', value };
    case 'string':
      return { kind: 'Utf8View', value };
    case 'bigint': {
      const type = value > INTEGER_RANGES.Int64[1] ? 'UInt64' : 'Int64';
      return { kind: type, value: compact(inRange(value, type)) };
    }
    case 'number':
      if (!Number.isInteger(value) || Object.is(value, -0)) return { kind: 'Float64', value };
      if (!Number.isSafeInteger(value)) {
        throw new DfxError('BAD_VALUE', `the whole number ${value} is not exact in JavaScript`, {
          hint: "Pass a bigint, or name the type: lit(value, 'Float64').",
        });
      }
      return { kind: 'Int64', value };
  }
}

function typedLiteral(value: LiteralValue, type: DataType): Scalar {
  if (value === null) return { kind: 'Null', type };
  switch (type.kind) {
    case 'Boolean':
      if (typeof value === 'boolean') return { kind: 'Boolean', value };
      break;
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'UInt8':
    case 'UInt16':
    case 'UInt32':
      return { kind: type.kind, value: Number(inRange(integer(value, type), type.kind)) };
    case 'Int64':
    case 'UInt64':
      return { kind: type.kind, value: compact(inRange(integer(value, type), type.kind)) };
    case 'Float32':
      if (typeof value === 'number') return { kind: 'Float32', value: Math.fround(value) };
      break;
    case 'Float64':
      if (typeof value === 'number') return { kind: 'Float64', value };
      break;
    case 'Utf8':
    case 'LargeUtf8':
    case 'Utf8View':
      if (typeof value === 'string') return { kind: type.kind, value };
      break;
    case 'Binary':
    case 'LargeBinary':
    case 'BinaryView':
      if (value instanceof Uint8Array) return { kind: type.kind, value };
      break;
    case 'FixedSizeBinary':
      if (value instanceof Uint8Array && value.length === type.size) return { kind: type.kind, value, size: type.size };
      break;
    case 'Date32':
      if (value instanceof Date) return { kind: 'Date32', value: Math.floor(time(value) / MS_PER_DAY) };
      return { kind: 'Date32', value: Number(inRange(integer(value, type), 'Int32')) };
    case 'Date64':
      if (value instanceof Date) return { kind: 'Date64', value: time(value) };
      return { kind: 'Date64', value: compact(inRange(integer(value, type), 'Int64')) };
    case 'Time32':
      if (type.unit !== 'Second' && type.unit !== 'Millisecond') break;
      return { kind: 'Time32', unit: type.unit, value: Number(inRange(integer(value, type), 'Int32')) };
    case 'Time64':
      if (type.unit !== 'Microsecond' && type.unit !== 'Nanosecond') break;
      return { kind: 'Time64', unit: type.unit, value: compact(inRange(integer(value, type), 'Int64')) };
    case 'Timestamp': {
      const units = value instanceof Date ? instant(value, UNITS_PER_SECOND[type.unit], type) : integer(value, type);
      return {
        kind: 'Timestamp',
        unit: type.unit,
        value: compact(inRange(units, 'Int64')),
        timezone: type.timezone,
      };
    }
    case 'Duration':
      return { kind: 'Duration', unit: type.unit, value: compact(inRange(integer(value, type), 'Int64')) };
    case 'Interval':
      if (type.unit !== 'YearMonth') break;
      return { kind: 'IntervalYearMonth', months: Number(inRange(integer(value, type), 'Int32')) };
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256': {
      const unscaled =
        typeof value === 'string' ? decimal(value, type.scale) : typeof value === 'bigint' ? value : null;
      if (unscaled === null || digits(unscaled) > type.precision) break;
      return { kind: type.kind, value: unscaled, precision: type.precision, scale: type.scale };
    }
    case 'Dictionary':
      return dictionary(value, type);
    default:
      break;
  }
  throw mismatch(value, type);
}

/** Dictionaries of dictionaries are unwound here, so that a deep type costs no stack. */
function dictionary(value: LiteralValue, type: Extract<DataType, { readonly kind: 'Dictionary' }>): Scalar {
  const keys: DataType[] = [];
  let inner: DataType = type;
  while (inner.kind === 'Dictionary') {
    keys.push(inner.key);
    inner = inner.value;
  }
  let scalar = typedLiteral(value, inner);
  for (const key of keys.reverse()) scalar = { kind: 'Dictionary', key, value: scalar };
  return scalar;
}

function mismatch(value: LiteralValue, type: DataType): DfxError {
  return new DfxError('BAD_VALUE', `${shown(value)} is no value of type ${formatDataType(type)}`);
}

function shown(value: LiteralValue): string {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return `a Uint8Array of ${value.length} bytes`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function integer(value: LiteralValue, type: DataType): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw mismatch(value, type);
}

function inRange(value: bigint, type: keyof typeof INTEGER_RANGES): bigint {
  const [low, high] = INTEGER_RANGES[type];
  if (value < low || value > high) {
    throw new DfxError('BAD_VALUE', `${value} is outside the range of ${type}, ${low} to ${high}`);
  }
  return value;
}

/** The model keeps safe integers as numbers. */
function compact(value: bigint): Int {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

function time(date: Date): number {
  const value = date.getTime();
  if (Number.isNaN(value)) throw new DfxError('BAD_VALUE', 'an invalid Date is no literal');
  return value;
}

function instant(date: Date, perSecond: bigint, type: DataType): bigint {
  const scaled = BigInt(time(date)) * perSecond;
  if (scaled % 1000n !== 0n) throw mismatch(date, type);
  return scaled / 1000n;
}

/** `-12.5` with scale 2 is -1250; null where the text is no decimal or has more digits than the scale. */
function decimal(text: string, scale: number): bigint | null {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = ''] = match;
  const all = BigInt(whole + fraction);
  const shift = scale - fraction.length;
  const factor = 10n ** BigInt(Math.abs(shift));
  if (shift < 0 && all % factor !== 0n) return null;
  const unscaled = shift < 0 ? all / factor : all * factor;
  return sign === '-' ? -unscaled : unscaled;
}

function digits(unscaled: bigint): number {
  return (unscaled < 0n ? -unscaled : unscaled).toString().length;
}
