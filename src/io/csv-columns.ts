/**
 * Builders of columns from CSV fields: one a column, used batch after batch. The kernel reads the common forms; a field where it stops
 * is read here, and the kernel goes on behind it.
 *
 * The types are those that the reference engine's CSV reader has (arrow-csv 59); others are refused.
 */
import type { DataType, Field } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { bitmapBytes, type Column, type Values } from './column.ts';
import { type TemporalParser, temporalParser } from './csv-temporal.ts';
import { parseCsvBoolean, parseDecimal, parseDouble, parseFloat32, parseInteger, putParsed } from './number-text.ts';
import type { Kernel } from './wasm/kernel.ts';

export const BATCH_ROWS = 8192;

/** The separators of some records: those of record r are `columns` places from place `r * columns` on. */
export interface Places {
  readonly at: number;
  readonly columns: number;
  readonly rows: number;
  /** No text of a field, nor all of one column's together, is longer. */
  readonly bytes: number;
}

/** Called for a field that is no value of its type. */
export type Refuse = (row: number) => never;

export interface ColumnBuilder {
  begin(): void;
  /** Takes the fields of `column` as the rows from `offset` on. */
  add(places: Places, column: number, offset: number, refuse: Refuse): void;
  /** The column of `rows` rows, whose buffers are good until `begin`. */
  finish(rows: number): Column;
}

/** Room that grows, in a kernel's memory. */
class Room {
  at = 0;
  size = 0;

  constructor(private readonly kernel: Kernel) {}

  /** Makes it `size` bytes at least; the first `kept` stay. */
  fit(size: number, kept: number): void {
    if (size <= this.size) return;
    const wanted = Math.max(size, this.size * 2);
    const from = this.at;
    this.at = this.kernel.reserve(wanted);
    this.size = wanted;
    if (kept > 0) this.kernel.bytes.copyWithin(this.at, from, from + kept);
  }
}

/** Rows that are there and those that aren't, and the text of single fields. */
abstract class KernelColumn implements ColumnBuilder {
  protected readonly valid: number;
  private nulls = 0;
  private readonly text: Room;

  constructor(
    protected readonly kernel: Kernel,
    protected readonly type: DataType,
  ) {
    this.valid = kernel.reserve(bitmapBytes(BATCH_ROWS));
    this.text = new Room(kernel);
  }

  begin(): void {
    this.nulls = 0;
    this.kernel.bytes.fill(0xff, this.valid, this.valid + bitmapBytes(BATCH_ROWS));
  }

  add(places: Places, column: number, offset: number, refuse: Refuse): void {
    const { call } = this.kernel;
    call.startColumn();
    for (let row = 0; ; row++) {
      row = this.read(places, column, row, offset);
      if (row >= places.rows) break;
      this.readOne(places, column, row, offset, refuse);
    }
    this.nulls += call.nullCount();
  }

  abstract finish(rows: number): Column;

  /** Reads from row `from` of the places on and gives the row where it stopped. */
  protected abstract read(places: Places, column: number, from: number, offset: number): number;

  /** Reads the text `bytes[start, end)` as `row`. False: it is no value. */
  protected abstract put(bytes: Uint8Array, start: number, end: number, row: number): boolean;

  protected readOne(places: Places, column: number, row: number, offset: number, refuse: Refuse): void {
    const { kernel, text } = this;
    const { call } = kernel;
    const { at, columns } = places;
    text.fit(call.fieldEnd(at, columns, column, row) - call.fieldAt(at, columns, column, row), 0);
    const length = call.copyField(at, columns, column, row, text.at);
    if (call.markNull(text.at, length, this.valid, offset + row) !== 0) return;
    if (!this.put(kernel.bytes, text.at, text.at + length, offset + row)) refuse(row);
  }

  protected validity(rows: number): Uint8Array | null {
    if (this.nulls === 0) return null;
    const bits = this.kernel.bytes.subarray(this.valid, this.valid + bitmapBytes(rows));
    const rest = rows & 7;
    if (rest !== 0) bits[bits.length - 1] = (bits[bits.length - 1] ?? 0) & ((1 << rest) - 1);
    return bits;
  }
}

/** A column of numbers of `width` bytes in the kernel's memory. */
abstract class NumberColumn extends KernelColumn {
  protected readonly values: number;

  constructor(
    kernel: Kernel,
    type: DataType,
    private readonly width: number,
  ) {
    super(kernel, type);
    this.values = kernel.reserve(BATCH_ROWS * width);
  }

  protected abstract view(buffer: ArrayBuffer, at: number, rows: number): Values;

  finish(rows: number): Column {
    const { type } = this;
    const values = this.view(this.kernel.bytes.buffer, this.values, rows);
    return { layout: 'numeric', type, length: rows, validity: this.validity(rows), values };
  }

  /** Sets the slot of a row that `readOne` leaves without a value. */
  protected override readOne(places: Places, column: number, row: number, offset: number, refuse: Refuse): void {
    const at = this.values + (offset + row) * this.width;
    this.kernel.bytes.fill(0, at, at + this.width);
    super.readOne(places, column, row, offset, refuse);
  }
}

/** Int64 and UInt64: doubles until the first integer that no double holds, from there on to the batch's end 64-bit integers. */
class LongColumn extends NumberColumn {
  private wide = false;
  private readonly signed: boolean;
  private readonly least: bigint;
  private readonly most: bigint;

  constructor(kernel: Kernel, type: DataType) {
    super(kernel, type, 8);
    this.signed = type.kind === 'Int64';
    this.least = this.signed ? 1n << 63n : 0n;
    this.most = this.signed ? (1n << 63n) - 1n : (1n << 64n) - 1n;
  }

  override begin(): void {
    super.begin();
    this.wide = false;
  }

  protected read(places: Places, column: number, from: number, offset: number): number {
    const { call } = this.kernel;
    const { at, columns, rows } = places;
    let row = from;
    if (!this.wide) {
      row = call.readSafeIntegers(at, columns, column, row, rows, this.values, this.valid, offset, this.signed ? 1 : 0);
      if (row === rows || call.isWide() === 0) return row;
      this.widen(offset + row);
    }
    return call.readIntegers(at, columns, column, row, rows, this.values, this.valid, offset, 3, this.least, this.most);
  }

  private widen(rows: number): void {
    this.wide = true;
    this.kernel.call.widen(this.values, rows);
  }

  protected put(bytes: Uint8Array, start: number, end: number, row: number): boolean {
    const value = parseInteger(bytes, start, end);
    if (value === undefined || value < -this.least || value > this.most) return false;
    if (typeof value === 'bigint' && !this.wide) this.widen(row);
    const { buffer } = this.kernel.bytes;
    if (this.wide) new BigInt64Array(buffer, this.values, BATCH_ROWS)[row] = BigInt.asIntN(64, BigInt(value));
    else new Float64Array(buffer, this.values, BATCH_ROWS)[row] = Number(value);
    return true;
  }

  protected view(buffer: ArrayBuffer, at: number, rows: number): Values {
    if (!this.wide) return new Float64Array(buffer, at, rows);
    return this.signed ? new BigInt64Array(buffer, at, rows) : new BigUint64Array(buffer, at, rows);
  }
}

type ShortArray = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

interface ShortKind {
  /** Of the width's logarithm. */
  readonly size: number;
  readonly least: number;
  readonly most: number;
  readonly view: (buffer: ArrayBuffer, at: number, rows: number) => ShortArray;
}

const SHORT_KINDS = new Map<string, ShortKind>([
  ['Int8', { size: 0, least: -128, most: 127, view: (buffer, at, rows) => new Int8Array(buffer, at, rows) }],
  ['Int16', { size: 1, least: -32768, most: 32767, view: (buffer, at, rows) => new Int16Array(buffer, at, rows) }],
  [
    'Int32',
    { size: 2, least: -2147483648, most: 2147483647, view: (buffer, at, rows) => new Int32Array(buffer, at, rows) },
  ],
  ['UInt8', { size: 0, least: 0, most: 255, view: (buffer, at, rows) => new Uint8Array(buffer, at, rows) }],
  ['UInt16', { size: 1, least: 0, most: 65535, view: (buffer, at, rows) => new Uint16Array(buffer, at, rows) }],
  ['UInt32', { size: 2, least: 0, most: 4294967295, view: (buffer, at, rows) => new Uint32Array(buffer, at, rows) }],
]);

class ShortColumn extends NumberColumn {
  private readonly least: bigint;
  private readonly most: bigint;

  constructor(
    kernel: Kernel,
    type: DataType,
    private readonly kind: ShortKind,
  ) {
    super(kernel, type, 1 << kind.size);
    this.least = BigInt(-kind.least);
    this.most = BigInt(kind.most);
  }

  protected read(places: Places, column: number, from: number, offset: number): number {
    return this.kernel.call.readIntegers(
      places.at,
      places.columns,
      column,
      from,
      places.rows,
      this.values,
      this.valid,
      offset,
      this.kind.size,
      this.least,
      this.most,
    );
  }

  protected put(bytes: Uint8Array, start: number, end: number, row: number): boolean {
    const value = parseInteger(bytes, start, end);
    if (typeof value !== 'number' || value < this.kind.least || value > this.kind.most) return false;
    this.kind.view(this.kernel.bytes.buffer, this.values, BATCH_ROWS)[row] = value;
    return true;
  }

  protected view(buffer: ArrayBuffer, at: number, rows: number): Values {
    return this.kind.view(buffer, at, rows);
  }
}

class DoubleColumn extends NumberColumn {
  constructor(kernel: Kernel, type: DataType) {
    super(kernel, type, 8);
  }

  protected read(places: Places, column: number, from: number, offset: number): number {
    const { at, columns, rows } = places;
    return this.kernel.call.readDoubles(at, columns, column, from, rows, this.values, this.valid, offset);
  }

  protected put(bytes: Uint8Array, start: number, end: number, row: number): boolean {
    const value = parseDouble(bytes, start, end);
    if (value === undefined) return false;
    putParsed(this.view(bytes.buffer as ArrayBuffer, this.values, BATCH_ROWS), row, value, bytes, start);
    return true;
  }

  protected view(buffer: ArrayBuffer, at: number, rows: number): Float64Array {
    return new Float64Array(buffer, at, rows);
  }
}

class FloatColumn extends NumberColumn {
  constructor(kernel: Kernel, type: DataType) {
    super(kernel, type, 4);
  }

  protected read(places: Places, column: number, from: number, offset: number): number {
    const { at, columns, rows } = places;
    return this.kernel.call.readFloats(at, columns, column, from, rows, this.values, this.valid, offset);
  }

  protected put(bytes: Uint8Array, start: number, end: number, row: number): boolean {
    const value = parseFloat32(bytes, start, end);
    if (value === undefined) return false;
    putParsed(this.view(bytes.buffer as ArrayBuffer, this.values, BATCH_ROWS), row, value, bytes, start);
    return true;
  }

  protected view(buffer: ArrayBuffer, at: number, rows: number): Float32Array {
    return new Float32Array(buffer, at, rows);
  }
}

class BooleanColumnBuilder extends KernelColumn {
  private readonly bits: number;

  constructor(kernel: Kernel, type: DataType) {
    super(kernel, type);
    this.bits = kernel.reserve(bitmapBytes(BATCH_ROWS));
  }

  override begin(): void {
    super.begin();
    this.kernel.bytes.fill(0, this.bits, this.bits + bitmapBytes(BATCH_ROWS));
  }

  protected read(places: Places, column: number, from: number, offset: number): number {
    const { at, columns, rows } = places;
    return this.kernel.call.readBooleans(at, columns, column, from, rows, this.bits, this.valid, offset);
  }

  protected put(bytes: Uint8Array, start: number, end: number, row: number): boolean {
    const value = parseCsvBoolean(bytes, start, end);
    if (value === undefined) return false;
    const at = this.bits + (row >> 3);
    if (value) bytes[at] = (bytes[at] ?? 0) | (1 << (row & 7));
    return true;
  }

  finish(rows: number): Column {
    const { type } = this;
    const bits = this.kernel.bytes.subarray(this.bits, this.bits + bitmapBytes(rows));
    return { layout: 'boolean', type, length: rows, validity: this.validity(rows), bits };
  }
}

class TextColumn extends KernelColumn {
  private readonly offsets: number;
  private readonly data: Room;
  private length = 0;

  constructor(kernel: Kernel, type: DataType) {
    super(kernel, type);
    this.offsets = kernel.reserve((BATCH_ROWS + 1) * 4);
    this.data = new Room(kernel);
  }

  override begin(): void {
    super.begin();
    this.length = 0;
  }

  protected read(places: Places, column: number, _from: number, offset: number): number {
    const { at, columns, rows } = places;
    this.data.fit(this.length + places.bytes, this.length);
    if (this.length + places.bytes > 0x7fff_ffff) {
      throw new DfxError('LIMIT', `${BATCH_ROWS} rows hold more than 2 GiB of text`);
    }
    this.length = this.kernel.call.readTexts(
      at,
      columns,
      column,
      rows,
      this.offsets,
      this.data.at,
      this.length,
      this.valid,
      offset,
    );
    return rows;
  }

  protected put(): boolean {
    throw new DfxError('DEFECT', 'a text that the kernel left');
  }

  finish(rows: number): Column {
    const { bytes } = this.kernel;
    return {
      layout: 'string',
      type: this.type,
      length: rows,
      validity: this.validity(rows),
      offsets: new Int32Array(bytes.buffer, this.offsets, rows + 1),
      data: bytes.subarray(this.data.at, this.data.at + this.length),
    };
  }
}

class DateColumn extends NumberColumn {
  private readonly parser: TemporalParser;

  constructor(kernel: Kernel, type: DataType) {
    super(kernel, type, 4);
    this.parser = temporalParser(type);
  }

  protected read(places: Places, column: number, from: number, offset: number): number {
    const { at, columns, rows } = places;
    return this.kernel.call.readDates(at, columns, column, from, rows, this.values, this.valid, offset);
  }

  protected put(bytes: Uint8Array, start: number, end: number, row: number): boolean {
    const value = this.parser(bytes, start, end);
    if (value === undefined) return false;
    this.view(bytes.buffer as ArrayBuffer, this.values, BATCH_ROWS)[row] = Number(value);
    return true;
  }

  protected view(buffer: ArrayBuffer, at: number, rows: number): Int32Array {
    return new Int32Array(buffer, at, rows);
  }
}

/** Time32: no text form is common enough for the kernel. */
class TimeColumn extends DateColumn {
  protected override read(_places: Places, _column: number, from: number): number {
    return from;
  }
}

const UNITS = { Second: 1, Millisecond: 1_000, Microsecond: 1_000_000, Nanosecond: 1_000_000_000 } as const;

/** Date64, Time64 and Timestamp: 64-bit integers until the batch's end, where they become doubles if all are safe. */
class InstantColumn extends NumberColumn {
  private readonly parser: TemporalParser;
  /** Units in a second where the kernel reads them: without a zone but UTC. */
  private readonly units: number;

  constructor(kernel: Kernel, type: DataType) {
    super(kernel, type, 8);
    this.parser = temporalParser(type);
    const inUtc = type.kind === 'Timestamp' && (type.timezone === null || type.timezone === 'UTC');
    this.units = type.kind === 'Date64' ? 1000 : inUtc ? UNITS[type.unit] : 0;
  }

  protected read(places: Places, column: number, from: number, offset: number): number {
    if (this.units === 0) return from;
    const { at, columns, rows } = places;
    return this.kernel.call.readTimestamps(
      at,
      columns,
      column,
      from,
      rows,
      this.values,
      this.valid,
      offset,
      this.units,
    );
  }

  protected put(bytes: Uint8Array, start: number, end: number, row: number): boolean {
    const value = this.parser(bytes, start, end);
    if (value === undefined) return false;
    new BigInt64Array(bytes.buffer, this.values, BATCH_ROWS)[row] = BigInt(value);
    return true;
  }

  protected view(buffer: ArrayBuffer, at: number, rows: number): Values {
    return this.kernel.call.narrow(at, rows) !== 0
      ? new Float64Array(buffer, at, rows)
      : new BigInt64Array(buffer, at, rows);
  }
}

class DecimalColumnBuilder extends KernelColumn {
  private numbers = new Float64Array(BATCH_ROWS);
  private integers: bigint[] | null = null;
  private readonly precision: number;
  private readonly scale: number;

  constructor(kernel: Kernel, type: DataType & { readonly precision: number; readonly scale: number }) {
    super(kernel, type);
    this.precision = type.precision;
    this.scale = type.scale;
  }

  override begin(): void {
    super.begin();
    this.numbers.fill(0);
    this.integers = null;
  }

  protected read(_places: Places, _column: number, from: number): number {
    return from;
  }

  protected put(bytes: Uint8Array, start: number, end: number, row: number): boolean {
    const value = parseDecimal(bytes, start, end, this.precision, this.scale);
    if (value === undefined) return false;
    if (this.integers === null && BigInt.asIntN(53, value) === value) {
      this.numbers[row] = Number(value);
    } else {
      this.integers ??= Array.from(this.numbers, (safe) => BigInt(safe));
      this.integers[row] = value;
    }
    return true;
  }

  finish(rows: number): Column {
    const values = this.integers === null ? this.numbers.subarray(0, rows) : this.integers.slice(0, rows);
    return { layout: 'decimal', type: this.type, length: rows, validity: this.validity(rows), values };
  }
}

class NullColumnBuilder implements ColumnBuilder {
  constructor(private readonly type: DataType) {}

  begin(): void {}

  add(): void {}

  finish(rows: number): Column {
    return { layout: 'null', type: this.type, length: rows, validity: null };
  }
}

export function columnBuilder(kernel: Kernel, { name, type }: Field): ColumnBuilder {
  const short = SHORT_KINDS.get(type.kind);
  if (short !== undefined) return new ShortColumn(kernel, type, short);
  switch (type.kind) {
    case 'Null':
      return new NullColumnBuilder(type);
    case 'Boolean':
      return new BooleanColumnBuilder(kernel, type);
    case 'Int64':
    case 'UInt64':
      return new LongColumn(kernel, type);
    case 'Float32':
      return new FloatColumn(kernel, type);
    case 'Float64':
      return new DoubleColumn(kernel, type);
    case 'Utf8':
    case 'Utf8View':
      return new TextColumn(kernel, type);
    case 'Date32':
      return new DateColumn(kernel, type);
    case 'Time32':
      return new TimeColumn(kernel, type);
    case 'Date64':
    case 'Time64':
    case 'Timestamp':
      return new InstantColumn(kernel, type);
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return new DecimalColumnBuilder(kernel, type);
    default:
      throw new DfxError(
        'UNSUPPORTED',
        `column ${JSON.stringify(name)} is of type ${type.kind}, which CSV can't be read as`,
        { hint: 'read it as Utf8 and put a cast around the column' },
      );
  }
}
