/** Rows of NDJSON from pieces of bytes, as they come. */
import { isAscii, isUtf8 } from 'node:buffer';
import type { Field } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { BATCH_ROWS } from '../batch-rows.ts';
import type { ColumnBatch } from '../column.ts';
import { addValue, type JsonBuilder, ObjectReader } from './builders.ts';
import { JsonFault, OPEN_OBJECT, skipBlanks, unexpected } from './text.ts';

const LF = 10;

export interface LineRange {
  /** Of the first byte that is pushed, in the file. */
  readonly offset: number;
  /** No line is read that starts at or behind this place in the file. */
  readonly stop: number;
  /** The first byte is inside of a line, or the end of one: that line is left out. */
  readonly inside: boolean;
  /** Rows and line ends before, for messages. */
  readonly rows: number;
  readonly lines: number;
}

export class NdjsonReader {
  readonly #fields: readonly Field[];
  readonly #builders: readonly JsonBuilder[];
  readonly #objects: ObjectReader;
  readonly #range: LineRange;
  #buffer = Buffer.alloc(0);
  /** Of the buffer's first byte, in the file. */
  #offset: number;
  /** Where the next line starts in the buffer. */
  #at = 0;
  #ascii = true;
  #inside: boolean;
  #ended = false;
  #batchRows = 0;
  #first: number | null = null;
  rows = 0;
  lines = 0;
  finished = false;

  constructor(fields: readonly Field[], builders: readonly JsonBuilder[], range: LineRange) {
    this.#fields = fields;
    this.#builders = builders;
    this.#objects = new ObjectReader(fields.map(({ name }) => name));
    this.#range = range;
    this.#offset = range.offset;
    this.#inside = range.inside;
  }

  /** Where the first line that is read starts, and where the last one ends: in the file. */
  get first(): number {
    return this.#first ?? this.last;
  }

  get last(): number {
    return this.#offset + this.#at;
  }

  push(chunk: Uint8Array): void {
    const rest = this.#buffer.subarray(this.#at);
    const joined = Buffer.allocUnsafe(rest.length + chunk.length);
    joined.set(rest);
    joined.set(chunk, rest.length);
    this.#offset += this.#at;
    this.#at = 0;
    this.#buffer = joined;
    this.#ascii = isAscii(joined);
  }

  end(): void {
    this.#ended = true;
  }

  /** The next full batch, the last one after the end; null where more bytes are needed, or none are left. */
  next(): ColumnBatch | null {
    while (!this.finished && this.#batchRows < BATCH_ROWS) {
      if (this.#offset + this.#at >= this.#range.stop && !this.#inside) {
        this.finished = true;
        break;
      }
      const found = this.#buffer.indexOf(LF, this.#at);
      if (found < 0 && !this.#ended) return null;
      const end = found < 0 ? this.#buffer.length : found;
      if (found < 0 && this.#at === end) {
        this.finished = true;
        break;
      }
      if (this.#inside) this.#inside = false;
      else this.#line(this.#at, end);
      this.#at = found < 0 ? end : found + 1;
      if (found >= 0 && this.#first !== null) this.lines++;
    }
    if (this.#batchRows === 0 || (this.#batchRows < BATCH_ROWS && !this.finished)) return null;
    const length = this.#batchRows;
    this.#batchRows = 0;
    return { length, columns: this.#builders.map((builder) => builder.finish()) };
  }

  #line(start: number, end: number): void {
    this.#first ??= this.#offset + start;
    const bytes = this.#buffer;
    const at = skipBlanks(bytes, start, end);
    if (at === end) return;
    let column = -1;
    try {
      if (!this.#ascii && !isUtf8(bytes.subarray(start, end))) throw new JsonFault('bytes that are not UTF-8', start);
      if (bytes[at] !== OPEN_OBJECT) throw unexpected(bytes, at, end, 'an object');
      const behind = skipBlanks(bytes, this.#objects.read(bytes, at, end), end);
      if (behind < end) throw unexpected(bytes, behind, end, 'the end of the line: one object a line');
      const { places, ends } = this.#objects;
      for (column = 0; column < this.#builders.length; column++) {
        const builder = this.#builders[column];
        const place = places[column] ?? -1;
        if (place < 0) builder?.addNull();
        else if (builder !== undefined) addValue(builder, bytes, place, ends[column] ?? place);
      }
    } catch (error) {
      throw error instanceof JsonFault ? this.#rowError(error, column) : error;
    }
    this.rows++;
    this.#batchRows++;
  }

  #rowError(fault: JsonFault, column: number): DfxError {
    const row = this.#range.rows + this.rows + 1;
    const line = this.#range.lines + this.lines + 1;
    const name = column < 0 ? '' : `, column ${JSON.stringify(this.#fields[column]?.name)}`;
    return new DfxError('INPUT_ROW', `row ${row} (line ${line})${name}: ${fault.message}`, {
      ...(column < 0 ? {} : { hint: 'where the type was inferred, give it with --schema' }),
    });
  }
}
