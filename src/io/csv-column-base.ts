/**
 * What builders of columns from CSV fields share: the kernel reads the common forms; a field where it stops is read here, and the kernel
 * goes on behind it.
 */
import type { DataType } from '../wire/arrow/types.ts';
import { BATCH_ROWS } from './batch-rows.ts';
import { bitmapBytes, type Column, type Values } from './column.ts';
import type { Kernel } from './wasm/kernel.ts';

/** The separators of some records: those of record r are `columns` places from place `r * columns` on. */
export interface Places {
  readonly at: number;
  readonly columns: number;
  readonly rows: number;
  /** No text of a field, nor all of one column's together, is longer. */
  readonly bytes: number;
}

/** Called for a field that is no value of its type. */
type Refuse = (row: number) => never;

export interface ColumnBuilder {
  begin(): void;
  /** Takes the fields of `column` as the rows from `offset` on. */
  add(places: Places, column: number, offset: number, refuse: Refuse): void;
  /** The column of `rows` rows, whose buffers are good until `begin`. */
  finish(rows: number): Column;
}

/** Room that grows, in a kernel's memory. */
export class Room {
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
export abstract class KernelColumn implements ColumnBuilder {
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
export abstract class NumberColumn extends KernelColumn {
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
