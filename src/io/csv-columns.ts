/**
 * Builders of columns from CSV fields: one a column, used batch after batch. The types are those that the reference engine's CSV reader has
 * (arrow-csv 59); others are refused.
 */
import type { DataType, Field } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { BATCH_ROWS } from './batch-rows.ts';
import { bitmapBytes, type Column, type Values } from './column.ts';
import { type ColumnBuilder, KernelColumn, NumberColumn, type Places, Room } from './csv-column-base.ts';
import { numberBuilder } from './csv-number-columns.ts';
import { type TemporalParser, temporalParser } from './csv-temporal.ts';
import { parseCsvBoolean, parseDecimal } from './number-text.ts';
import type { Kernel } from './wasm/kernel.ts';

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
  const numbers = numberBuilder(kernel, type);
  if (numbers !== null) return numbers;
  switch (type.kind) {
    case 'Null':
      return new NullColumnBuilder(type);
    case 'Boolean':
      return new BooleanColumnBuilder(kernel, type);
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
