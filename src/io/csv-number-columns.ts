/** Columns of integers and floats from CSV fields. */
import type { DataType } from '../wire/arrow/types.ts';
import { BATCH_ROWS } from './batch-rows.ts';
import type { Values } from './column.ts';
import { type ColumnBuilder, NumberColumn, type Places } from './csv-column-base.ts';
import { parseDouble, parseFloat32, parseInteger, putParsed } from './number-text.ts';
import type { Kernel } from './wasm/kernel.ts';

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

/** Null: the type is no number that CSV is read as. */
export function numberBuilder(kernel: Kernel, type: DataType): ColumnBuilder | null {
  const short = SHORT_KINDS.get(type.kind);
  if (short !== undefined) return new ShortColumn(kernel, type, short);
  switch (type.kind) {
    case 'Int64':
    case 'UInt64':
      return new LongColumn(kernel, type);
    case 'Float32':
      return new FloatColumn(kernel, type);
    case 'Float64':
      return new DoubleColumn(kernel, type);
    default:
      return null;
  }
}
