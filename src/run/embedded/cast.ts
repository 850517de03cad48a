/**
 * CAST and TRY_CAST between numbers, booleans and strings, as arrow-cast 59 does them for DataFusion 55. `safe` is TRY_CAST:
 * a value that doesn't fit becomes null; with CAST it is an error.
 */
import {
  bitmapBytes,
  type Column,
  getBit,
  isValid,
  type NumericColumn,
  onesBitmap,
  type StringColumn,
  setBit,
  type Values,
  valueAt,
  withoutFullBitmap,
} from '../../io/column.ts';
import { parseCastBoolean, parseDouble, parseFloat32, parseInteger, putParsed } from '../../io/number-text.ts';
import { DfxError } from '../../wire/errors.ts';
import {
  bitsOf,
  type FloatKind,
  type IntegerKind,
  integerRange,
  isFloat,
  isInteger,
  isNumeric,
  isSigned,
  isString,
  type Kind,
  type StringKind,
} from './coerce.ts';
import { debugFloat32, formatFloat32, formatFloat64 } from './number-format.ts';
import { newValues, nullColumn, type Vector } from './vector.ts';

export function castVector(vector: Vector, kind: Kind, safe: boolean): Vector {
  return { column: castColumn(vector.column, kind, safe), scalar: vector.scalar };
}

/** Whether some value of `from` makes the cast fail. */
export function castMayFail(from: Kind, to: Kind): boolean {
  if (from === to || from === 'Null' || from === 'Boolean' || isString(to)) return false;
  if (isString(from)) return true;
  if (!isInteger(to)) return false;
  if (isFloat(from)) return true;
  if (!isInteger(from)) return false;
  const source = integerRange(from);
  const target = integerRange(to);
  return source.low < target.low || source.high > target.high;
}

function castColumn(column: Column, kind: Kind, safe: boolean): Column {
  const { length } = column;
  if (column.type.kind === kind) return column;
  switch (column.layout) {
    case 'null':
      return nullColumn(kind, length);
    case 'boolean':
      if (isNumeric(kind)) {
        const values = newValues(kind, length);
        for (let i = 0; i < length; i++) values[i] = getBit(column.bits, i) ? 1 : 0;
        return { layout: 'numeric', type: { kind }, length, validity: column.validity, values };
      }
      if (isString(kind)) return buildStrings(kind, column, (row) => (getBit(column.bits, row) ? 'true' : 'false'));
      break;
    case 'string':
      if (isString(kind)) return { ...column, type: { kind } };
      if (kind === 'Boolean') return stringToBoolean(column, safe);
      if (isNumeric(kind)) return stringToNumber(column, kind, safe);
      break;
    case 'numeric':
      if (kind === 'Boolean') {
        const bits = new Uint8Array(bitmapBytes(length));
        // Loose equality: a number or a bigint. A NaN isn't zero.
        // biome-ignore lint/suspicious/noDoubleEquals: 0 == 0n
        for (let i = 0; i < length; i++) if (!(column.values[i] == 0)) setBit(bits, i);
        return { layout: 'boolean', type: { kind }, length, validity: column.validity, bits };
      }
      if (isString(kind)) return numberToString(column, kind);
      if (isFloat(kind)) return numberToFloat(column, kind);
      if (isInteger(kind)) return numberToInteger(column, kind, safe);
      break;
  }
  throw new DfxError('DEFECT', `a cast from ${column.type.kind} to ${kind}`);
}

function numberToFloat(column: NumericColumn, kind: FloatKind): Column {
  const { length, validity, values } = column;
  const out = newValues(kind, length);
  const from = column.type.kind;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    for (let i = 0; i < length; i++) {
      const value = values[i] ?? 0n;
      out[i] = kind === 'Float64' ? Number(value) : bigToFloat32(value);
    }
  } else {
    for (let i = 0; i < length; i++) out[i] = values[i] ?? 0;
    if (isFloat(from)) keepNaNSigns(values, out);
  }
  return { layout: 'numeric', type: { kind }, length, validity, values: out };
}

/** Rounds once: bits below the 53 of a double are folded into its last one, where they can't change which float is nearer. */
function bigToFloat32(value: bigint): number {
  const negative = value < 0n;
  const magnitude = negative ? -value : value;
  if (magnitude <= 9007199254740992n) return Math.fround(Number(value));
  const high = magnitude >> 11n;
  const sticky = (magnitude & 0x7ffn) === 0n ? high : high | 1n;
  const rounded = Math.fround(Number(sticky) * 2048);
  return negative ? -rounded : rounded;
}

function keepNaNSigns(from: Values, to: Values): void {
  const source = new DataView(from.buffer, from.byteOffset, from.byteLength);
  const target = new DataView(to.buffer, to.byteOffset, to.byteLength);
  const signAt = (row: number, size: number): number => row * size + size - 1;
  for (let i = 0; i < to.length; i++) {
    if (!Number.isNaN(to[i])) continue;
    const sign = source.getUint8(signAt(i, from.BYTES_PER_ELEMENT)) & 0x80;
    const at = signAt(i, to.BYTES_PER_ELEMENT);
    target.setUint8(at, (target.getUint8(at) & 0x7f) | sign);
  }
}

/** Collects a cast that may leave rows without a value. */
class Failing {
  private nulls: Uint8Array | null = null;

  constructor(
    private readonly column: Column,
    private readonly safe: boolean,
    private readonly message: (row: number) => string,
  ) {}

  fail(row: number): void {
    if (!this.safe) throw new DfxError('EXECUTION', this.message(row));
    this.nulls ??= new Uint8Array(bitmapBytes(this.column.length));
    setBit(this.nulls, row);
  }

  validity(): Uint8Array | null {
    const { length } = this.column;
    if (this.nulls === null) return this.column.layout === 'null' ? null : this.column.validity;
    const out = (this.column.layout === 'null' ? null : this.column.validity)?.slice() ?? onesBitmap(length);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) & ~(this.nulls[i] ?? 0);
    return withoutFullBitmap(out, length);
  }
}

/** Integers as they come: a typed array of the kind, which turns to BigInts at the first value beyond 2^53. */
class IntegerSink {
  private small: Values;
  private big: BigInt64Array | BigUint64Array | null = null;
  private readonly low: bigint;
  private readonly high: bigint;
  private readonly lowNumber: number;
  private readonly lowSafe: bigint;
  private readonly highSafe: bigint;
  private readonly highNumber: number;

  constructor(
    private readonly kind: IntegerKind,
    length: number,
  ) {
    this.small = newValues(kind, length);
    ({ low: this.low, high: this.high } = integerRange(kind));
    // Within the safe integers the limits are exact; beyond, `put` compares bigints.
    this.lowNumber = bitsOf(kind) === 64 && isSigned(kind) ? -Number.MAX_SAFE_INTEGER : Number(this.low);
    this.highNumber = bitsOf(kind) === 64 ? Number.MAX_SAFE_INTEGER : Number(this.high);
    this.lowSafe = BigInt(this.lowNumber);
    this.highSafe = BigInt(this.highNumber);
  }

  /** False where the value doesn't fit. */
  put(row: number, given: number | bigint): boolean {
    let value = given;
    if (typeof value === 'bigint' && value >= this.lowSafe && value <= this.highSafe) value = Number(value);
    if (typeof value === 'number' && value >= this.lowNumber && value <= this.highNumber) {
      if (this.big === null) this.small[row] = value;
      else this.big[row] = BigInt(value);
      return true;
    }
    const exact = BigInt(value);
    if (exact < this.low || exact > this.high) return false;
    if (this.big === null) {
      const wide =
        this.kind === 'UInt64' ? new BigUint64Array(this.small.length) : new BigInt64Array(this.small.length);
      for (let i = 0; i < row; i++) wide[i] = BigInt(this.small[i] ?? 0);
      this.big = wide;
    }
    this.big[row] = exact;
    return true;
  }

  values(): Values {
    return this.big ?? this.small;
  }
}

function numberToInteger(column: NumericColumn, kind: IntegerKind, safe: boolean): Column {
  const { length, values } = column;
  const from = column.type.kind;
  const sink = new IntegerSink(kind, length);
  const failing = new Failing(
    column,
    safe,
    (row) => `Can't cast value ${debugNumber(from, values[row] ?? 0)} to type ${kind}`,
  );
  const fromFloat = isFloat(from);
  for (let i = 0; i < length; i++) {
    if (!isValid(column, i)) continue;
    let value = values[i] ?? 0;
    if (fromFloat && typeof value === 'number') {
      if (!Number.isFinite(value)) {
        failing.fail(i);
        continue;
      }
      value = Math.trunc(value) + 0;
    }
    if (!sink.put(i, value)) failing.fail(i);
  }
  return { layout: 'numeric', type: { kind }, length, validity: failing.validity(), values: sink.values() };
}

/** As Rust's `{:?}` prints a number. */
function debugNumber(kind: string, value: number | bigint): string {
  if (!isFloat(kind)) return String(value);
  return kind === 'Float32' ? debugFloat32(Number(value)) : formatFloat64(Number(value));
}

function stringToNumber(column: StringColumn, kind: IntegerKind | FloatKind, safe: boolean): Column {
  const { length, offsets, data } = column;
  const failing = new Failing(
    column,
    safe,
    (row) => `Cannot cast string '${String(valueAt(column, row))}' to value of ${kind} type`,
  );
  if (isFloat(kind)) {
    const values = kind === 'Float64' ? new Float64Array(length) : new Float32Array(length);
    const parse = kind === 'Float64' ? parseDouble : parseFloat32;
    for (let i = 0; i < length; i++) {
      if (!isValid(column, i)) continue;
      const value = parse(data, offsets[i] ?? 0, offsets[i + 1] ?? 0);
      if (value === undefined) failing.fail(i);
      else putParsed(values, i, value, data, offsets[i] ?? 0);
    }
    return { layout: 'numeric', type: { kind }, length, validity: failing.validity(), values };
  }
  const sink = new IntegerSink(kind, length);
  for (let i = 0; i < length; i++) {
    if (!isValid(column, i)) continue;
    const value = parseInteger(data, offsets[i] ?? 0, offsets[i + 1] ?? 0);
    if (value === undefined || !sink.put(i, value)) failing.fail(i);
  }
  return { layout: 'numeric', type: { kind }, length, validity: failing.validity(), values: sink.values() };
}

function stringToBoolean(column: StringColumn, safe: boolean): Column {
  const { length } = column;
  const bits = new Uint8Array(bitmapBytes(length));
  const failing = new Failing(
    column,
    safe,
    (row) => `Cannot cast value '${String(valueAt(column, row)).toLowerCase().trim()}' to value of Boolean type`,
  );
  for (let i = 0; i < length; i++) {
    const text = valueAt(column, i);
    if (typeof text !== 'string') continue;
    const value = parseCastBoolean(text);
    if (value === undefined) failing.fail(i);
    else if (value) setBit(bits, i);
  }
  return { layout: 'boolean', type: { kind: 'Boolean' }, length, validity: failing.validity(), bits };
}

function numberToString(column: NumericColumn, kind: StringKind): Column {
  const { values } = column;
  const from = column.type.kind;
  const format = from === 'Float64' ? formatFloat64 : from === 'Float32' ? formatFloat32 : null;
  return buildStrings(kind, column, (row) => {
    const value = values[row] ?? 0;
    return format === null ? String(value) : format(Number(value));
  });
}

const encoder = new TextEncoder();

function buildStrings(kind: StringKind, column: Column, text: (row: number) => string): Column {
  const { length } = column;
  const validity = column.layout === 'null' ? null : column.validity;
  const offsets = new Int32Array(length + 1);
  let data = new Uint8Array(length * 8 + 64);
  let at = 0;
  for (let i = 0; i < length; i++) {
    if (isValid(column, i)) {
      const piece = text(i);
      if (at + piece.length * 3 > data.length) {
        const grown = new Uint8Array(data.length * 2 + piece.length * 3);
        grown.set(data.subarray(0, at));
        data = grown;
      }
      at += encoder.encodeInto(piece, data.subarray(at)).written;
    }
    offsets[i + 1] = at;
  }
  return { layout: 'string', type: { kind }, length, validity, offsets, data: data.subarray(0, at) };
}
