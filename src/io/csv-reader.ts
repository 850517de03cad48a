/**
 * CSV bytes to batches: whoever has bytes puts them into the reader's window, which is the kernel's memory, and asks for batches until it
 * wants more. The window holds some hundred kilobytes, or a record if that is longer.
 *
 * An empty field (quoted or not) is null for every type, unless another null text is given. Batches have 8,192 rows, the batch size of the
 * reference engine, but for the last.
 */

import { formatDataType } from '../wire/arrow/type-text.ts';
import type { Field, Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { BATCH_ROWS } from './batch-rows.ts';
import type { ColumnBatch } from './column.ts';
import type { ColumnBuilder } from './csv-column-base.ts';
import { columnBuilder } from './csv-columns.ts';
import { CR, type CsvDialect, LF } from './csv-dialect.ts';
import { tooLong } from './csv-record-limit.ts';
import { readRecord } from './csv-records.ts';
import { Kernel } from './wasm/kernel.ts';

/** Records whose separators are found at once: they and their bytes stay in the processor's first cache. */
const CHUNK_ROWS = 1024;
const MOST_PLACES = 65536;
const FIRST_WINDOW = 512 * 1024;
const SHOWN_BYTES = 80;

interface ReaderStart {
  /** Rows before the first byte, and line ends, which only messages ask for. */
  readonly rows: number;
  readonly lines: () => number;
  /** Whether a record is known to start at the first byte. If not, one starts behind the first line end, or behind others that follow it. */
  readonly aligned: boolean;
  /** The records that start before this many bytes are read; infinite: all. */
  readonly stop: number;
}

export class CsvReader {
  private readonly kernel: Kernel;
  private readonly builders: readonly ColumnBuilder[];
  private readonly fields: readonly Field[];
  private readonly columns: number;
  private readonly places: number;
  private readonly chunkRows: number;
  private window: number;
  private windowSize = FIRST_WINDOW;
  /** Of the window: what is there, and where the next record is looked for. */
  private filled = 0;
  private at = 0;
  /** Bytes before the window's first. */
  private before = 0;
  private last = false;
  private done = false;
  private options: ReaderStart = { rows: 0, lines: () => 0, aligned: true, stop: Number.POSITIVE_INFINITY };
  private phase: 'line' | 'blanks' | 'records' = 'records';
  private firstPosition = 0;
  /** A CR was the last byte of a record's end: a LF behind it belongs to it. */
  private afterReturn = false;
  /** Bytes behind `at` from which on it is worth to look for a record's end. */
  private enough = 0;
  private batchRows = 0;
  private rowsRead = 0;
  private linesRead = 0;

  /** `indices`: the columns that become values. Throws UNSUPPORTED for a type that CSV isn't read as. */
  constructor(
    private readonly schema: Schema,
    private readonly indices: readonly number[],
    private readonly dialect: CsvDialect,
  ) {
    this.fields = indices.map((index) => {
      const field = schema.fields[index];
      if (field === undefined) throw new DfxError('DEFECT', `no column ${index}`);
      return field;
    });
    this.columns = schema.fields.length;
    this.kernel = new Kernel();
    const nullText = new TextEncoder().encode(dialect.nullText);
    const nullAt = this.kernel.reserve(nullText.length);
    this.kernel.bytes.set(nullText, nullAt);
    const { call } = this.kernel;
    call.configure(dialect.delimiter, dialect.quote, dialect.escape ?? 256, nullAt, nullText.length);
    this.chunkRows = Math.max(1, Math.min(CHUNK_ROWS, Math.floor(MOST_PLACES / Math.max(1, this.columns))));
    this.places = this.kernel.reserve((this.chunkRows * this.columns + 132) * 4) + 16;
    this.window = this.kernel.reserve(this.windowSize);
    this.builders = this.fields.map((field) => columnBuilder(this.kernel, field));
  }

  /** Starts with the first record of other bytes. */
  start(options: ReaderStart): void {
    this.options = options;
    this.phase = options.aligned ? 'records' : 'line';
    this.firstPosition = 0;
    this.filled = 0;
    this.at = 0;
    this.before = 0;
    this.last = false;
    this.done = false;
    this.afterReturn = false;
    this.enough = 0;
    this.batchRows = 0;
    this.rowsRead = 0;
    this.linesRead = 0;
  }

  get rows(): number {
    return this.rowsRead;
  }

  /** Line ends of what was read. */
  get lines(): number {
    return this.linesRead;
  }

  /** Bytes before the first record. */
  get origin(): number {
    return this.firstPosition;
  }

  /** Bytes up to the first record that wasn't read: once all are, where that one starts. */
  get position(): number {
    return this.before + this.at;
  }

  /** Nothing more is to come. */
  get finished(): boolean {
    return this.done;
  }

  /** Where the next bytes go. Good until any other call. */
  room(): Uint8Array<ArrayBuffer> {
    const { kernel } = this;
    if (this.at > 0) {
      kernel.bytes.copyWithin(this.window, this.window + this.at, this.window + this.filled);
      this.before += this.at;
      this.filled -= this.at;
      this.at = 0;
    }
    if (this.filled > this.dialect.maxRecordBytes) this.refuseLength();
    if (this.filled > this.windowSize / 2) {
      const from = this.window;
      this.windowSize *= 2;
      this.window = kernel.reserve(this.windowSize);
      kernel.bytes.copyWithin(this.window, from, from + this.filled);
    }
    return kernel.bytes.subarray(this.window + this.filled, this.window + this.windowSize);
  }

  /** `count` bytes were put into the room. */
  put(count: number): void {
    this.filled += count;
  }

  /** No further bytes: the last record may lack its line end. */
  end(): void {
    this.last = true;
    // The kernel wants the line end that the last record may lack.
    this.kernel.bytes[this.window + this.filled] = LF;
  }

  /** The next batch; null where bytes are wanted, or none are left (`finished`). */
  next(): ColumnBatch | null {
    while (!this.done && this.batchRows < BATCH_ROWS) {
      if (!this.readChunk()) break;
    }
    if (this.batchRows === 0 || (this.batchRows < BATCH_ROWS && !this.done)) return null;
    const length = this.batchRows;
    this.batchRows = 0;
    return { length, columns: this.builders.map((builder) => builder.finish(length)) };
  }

  /** False: bytes are wanted. */
  private readChunk(): boolean {
    if (this.phase !== 'records' && !this.align()) return false;
    const stop = Math.min(this.filled, this.options.stop - this.before);
    if (this.afterReturn && this.at < this.filled) this.skipFeed();
    if (this.at < stop) {
      const held = this.filled - this.at;
      if (held < this.enough && !this.last) return false;
      const final = this.last && stop === this.filled;
      if (this.readRecords(stop, final, Math.min(this.chunkRows, BATCH_ROWS - this.batchRows))) return true;
      // Without a record in all that is left, that is blank lines.
      if (final) return this.skipBlanks() && this.finish();
      // What was looked through in vain isn't looked through for each further piece.
      this.enough = held < FIRST_WINDOW / 2 ? 0 : Math.min(held * 2, this.dialect.maxRecordBytes + 1);
      if (stop === this.filled) return false;
      // The last record starts before the stop and ends behind it, or only blank lines do.
      if (!this.skipBlanks()) return false;
      if (this.at >= stop) return this.finish();
      if (this.readRecords(this.filled, this.last, 1)) return true;
      return this.last ? this.finish() : false;
    }
    if (stop === this.filled && !this.last) return false;
    return this.skipBlanks() ? this.finish() : false;
  }

  /** Goes to the first byte of the first record. False: bytes are wanted. */
  private align(): boolean {
    if (this.phase === 'line') {
      const { bytes } = this.kernel;
      const end = this.window + this.filled;
      let at = this.window + this.at;
      while (at < end && bytes[at] !== LF && bytes[at] !== CR) at++;
      this.at = at - this.window;
      if (at === end && !this.last) return false;
      this.phase = 'blanks';
    }
    if (!this.skipBlanks()) return false;
    this.phase = 'records';
    this.afterReturn = false;
    this.firstPosition = this.position;
    this.linesRead = 0;
    return true;
  }

  private finish(): true {
    this.done = true;
    return true;
  }

  private skipFeed(): void {
    if (this.kernel.bytes[this.window + this.at] === LF) this.at++;
    this.afterReturn = false;
  }

  /** Goes to the next record's first byte. False: bytes are wanted to know it. */
  private skipBlanks(): boolean {
    const { bytes } = this.kernel;
    const from = this.window + this.at;
    const end = this.window + this.filled;
    let at = from;
    while (at < end && (bytes[at] === LF || bytes[at] === CR)) at++;
    this.linesRead += this.kernel.call.countLines(from, at);
    if (at > from) this.afterReturn = bytes[at - 1] === CR && at === end;
    this.at = at - this.window;
    return at < end || this.last;
  }

  /** Reads whole records before `end`. False: there is none. */
  private readRecords(end: number, final: boolean, limit: number): boolean {
    const { call } = this.kernel;
    const { window, columns } = this;
    const from = window + this.at;
    if (columns === 0) return this.readNothing(end, final);
    const rows = call.scan(from, window + end, final ? 1 : 0, columns, limit, this.places);
    const next = call.next();
    if (rows > 0) {
      if (call.hasWideBytes() !== 0 && call.isUtf8(from, next) === 0) this.refuseBytes(rows);
      // Not before: the last batch's buffers stay as they are.
      if (this.batchRows === 0) for (const builder of this.builders) builder.begin();
      const places = { at: this.places, columns, rows, bytes: next - from };
      for (let slot = 0; slot < this.builders.length; slot++) {
        const column = this.indices[slot] ?? 0;
        this.builders[slot]?.add(places, column, this.batchRows, (row) => this.refuseValue(slot, row));
      }
      this.batchRows += rows;
      this.rowsRead += rows;
      this.linesRead += call.lineEnds();
      this.at = next - window;
      this.enough = 0;
      if (this.kernel.bytes[next - 1] === CR) {
        this.afterReturn = true;
        if (this.at < this.filled) this.skipFeed();
      }
    } else if (call.isRagged() !== 0) {
      this.refuseWidth(from, window + end);
    }
    return rows > 0;
  }

  /** Of a schema without columns: any record is one too many. */
  private readNothing(end: number, final: boolean): boolean {
    if (!this.skipBlanks() && !final) return false;
    if (this.at < end) this.refuseWidth(this.window + this.at, this.window + end);
    return false;
  }

  /** `row 7 (line 9)`: of a record whose first byte is at `at`; the chunk it belongs to starts at `from`. */
  private place(row: number, from: number, at: number): string {
    return `row ${this.options.rows + this.rowsRead + row + 1} (line ${this.lineAt(from, at)})`;
  }

  private lineAt(from: number, at: number): number {
    return this.options.lines() + this.linesRead + this.kernel.call.countLines(from, at) + 1;
  }

  private refuseLength(): never {
    const { kernel, window } = this;
    let start = window + this.at;
    const end = window + this.filled;
    while (start < end && (kernel.bytes[start] === LF || kernel.bytes[start] === CR)) start++;
    const place = this.place(0, window + this.at, start);
    const whereIs = (at: number): string => `line ${this.lineAt(window + this.at, at)}`;
    throw tooLong(place, whereIs, kernel.bytes, start, end, this.dialect);
  }

  private refuseWidth(from: number, end: number): never {
    const { bytes } = this.kernel;
    let start = from;
    while (start < end && (bytes[start] === LF || bytes[start] === CR)) start++;
    const record = readRecord(bytes, start, end, this.dialect);
    const found = record?.fields.length ?? 0;
    const more = record?.next === end && !this.last ? ' or more' : '';
    throw new DfxError(
      'INPUT_ROW',
      `${this.place(0, from, start)} has ${found}${more} field${found === 1 ? '' : 's'}, expected ${this.columns}`,
      { hint: 'quote fields that hold the delimiter, or check that every row has the columns of the header' },
    );
  }

  private refuseBytes(rows: number): never {
    const { call } = this.kernel;
    const { places, columns } = this;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const from = call.fieldAt(places, columns, column, row);
        if (call.isUtf8(from, call.fieldEnd(places, columns, column, row)) !== 0) continue;
        const place = this.place(row, this.window + this.at, call.fieldAt(places, columns, 0, row));
        const name = JSON.stringify(this.schema.fields[column]?.name ?? '');
        throw new DfxError('INPUT_ROW', `${place}, column ${name}: bytes that are not UTF-8`, {
          hint: 'convert the file to UTF-8',
        });
      }
    }
    throw new DfxError('INPUT_ROW', 'bytes that are not UTF-8 between two fields');
  }

  private refuseValue(slot: number, row: number): never {
    const { call, bytes } = this.kernel;
    const { places, columns } = this;
    const column = this.indices[slot] ?? 0;
    const from = call.fieldAt(places, columns, column, row);
    const end = call.fieldEnd(places, columns, column, row);
    const cut = end - from > SHOWN_BYTES;
    const text = new TextDecoder().decode(bytes.subarray(from, cut ? from + SHOWN_BYTES : end));
    const place = this.place(row, this.window + this.at, call.fieldAt(places, columns, 0, row));
    const field = this.fields[slot];
    if (field === undefined) throw new DfxError('DEFECT', `no column in slot ${slot}`);
    throw new DfxError(
      'INPUT_ROW',
      `${place}, column ${JSON.stringify(field.name)}: ${JSON.stringify(text)}${cut ? '…' : ''} is no ${formatDataType(field.type)}`,
      { hint: 'where the type was inferred, give it with --schema' },
    );
  }
}
