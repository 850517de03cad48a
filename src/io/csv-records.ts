/**
 * Where the records and fields of CSV bytes start and end.
 *
 * The grammar is that of the `csv-core` crate 0.1 with its defaults, which DataFusion 55 reads CSV with: a record ends at LF,
 * CR or CRLF and blank lines are no records; a quote opens a quoted field only as its first byte; inside, a doubled quote is
 * one quote; what follows the closing quote is appended to the field as it is; the end of input ends an open quote.
 */
import { DfxError } from '../wire/errors.ts';

export interface CsvDialect {
  readonly delimiter: number;
  readonly quote: number;
}

export const LF = 10;
export const CR = 13;

/** Fields of up to `capacity` records: slot s of record r is at `s * capacity + r`. */
export interface FieldTable {
  readonly capacity: number;
  /** A negative start s stands for `~s`: a field that must be unquoted first, its opening quote included. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

export function fieldTable(slots: number, capacity: number): FieldTable {
  const size = Math.max(1, slots) * capacity;
  return { capacity, starts: new Int32Array(size), ends: new Int32Array(size) };
}

export interface ScanResult {
  readonly rows: number;
  /** Where the next record starts. */
  readonly next: number;
}

/**
 * Reads up to `table.capacity` whole records of `bytes[start, end)` and notes the fields for which `slots` gives a slot (-1:
 * not asked for). A record that `end` cuts is left for later unless `final`.
 */
export function scanRecords(
  bytes: Uint8Array,
  start: number,
  end: number,
  final: boolean,
  dialect: CsvDialect,
  slots: Int32Array,
  table: FieldTable,
  firstRow: number,
): ScanResult {
  const { delimiter, quote } = dialect;
  const { capacity, starts, ends } = table;
  const fields = slots.length;
  let pos = start;
  let row = 0;
  while (row < capacity) {
    while (pos < end && (bytes[pos] === LF || bytes[pos] === CR)) pos++;
    if (pos >= end) break;
    const recordStart = pos;
    let field = 0;
    let open = true;
    while (open) {
      let fieldStart = pos;
      let fieldEnd: number;
      if (pos < end && bytes[pos] === quote) {
        const closed = quotedEnd(bytes, pos, end, dialect);
        pos = closed < 0 ? ~closed : closed;
        fieldEnd = pos;
        // A plain quoted field needs no unquoting: its bytes stand between the two quotes.
        if (closed >= 0 && isPlainQuoted(bytes, fieldStart, fieldEnd, quote)) {
          fieldStart++;
          fieldEnd--;
        } else {
          fieldStart = ~fieldStart;
        }
      } else {
        while (pos < end) {
          const byte = bytes[pos];
          if (byte === delimiter || byte === LF || byte === CR) break;
          pos++;
        }
        fieldEnd = pos;
      }
      if (pos >= end && !final) return { rows: row, next: recordStart };
      if (field < fields) {
        const slot = slots[field] ?? -1;
        if (slot >= 0) {
          const at = slot * capacity + row;
          starts[at] = fieldStart;
          ends[at] = fieldEnd;
        }
      }
      field++;
      if (pos < end && bytes[pos] === delimiter) pos++;
      else open = false;
    }
    if (field !== fields) {
      throw new DfxError('INPUT_ROW', `row ${firstRow + row} has ${field} fields, expected ${fields}`, {
        hint: 'quote fields that hold the delimiter, or check that every row has the columns of the header',
      });
    }
    row++;
  }
  return { rows: row, next: pos };
}

/** The end of the field whose opening quote is at `pos`: at a delimiter, at a line end, or `~end` where the quote never closed. */
function quotedEnd(bytes: Uint8Array, pos: number, end: number, dialect: CsvDialect): number {
  const { delimiter, quote } = dialect;
  let at = pos + 1;
  for (;;) {
    while (at < end && bytes[at] !== quote) at++;
    if (at >= end) return ~end;
    if (at + 1 < end && bytes[at + 1] === quote) at += 2;
    else break;
  }
  at++;
  while (at < end) {
    const byte = bytes[at];
    if (byte === delimiter || byte === LF || byte === CR) break;
    at++;
  }
  return at;
}

function isPlainQuoted(bytes: Uint8Array, start: number, end: number, quote: number): boolean {
  const inner = bytes.indexOf(quote, start + 1);
  return inner === end - 1;
}

/** The value of a field that `scanRecords` marked: `bytes[start]` is its opening quote. */
export function unquote(bytes: Uint8Array, start: number, end: number, quote: number): Uint8Array {
  const out = new Uint8Array(end - start);
  let length = 0;
  let quoted = true;
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (quoted && byte === quote) {
      if (at + 1 < end && bytes[at + 1] === quote) {
        out[length++] = quote;
        at++;
      } else {
        quoted = false;
      }
    } else {
      out[length++] = byte;
    }
  }
  return out.subarray(0, length);
}

/** One record with all its fields, for headers and type inference. Null where `bytes[pos, end)` holds no further record. */
export function readRecord(
  bytes: Uint8Array,
  pos: number,
  end: number,
  dialect: CsvDialect,
): { fields: Uint8Array[]; next: number } | null {
  const { delimiter, quote } = dialect;
  let at = pos;
  while (at < end && (bytes[at] === LF || bytes[at] === CR)) at++;
  if (at >= end) return null;
  const fields: Uint8Array[] = [];
  for (;;) {
    const start = at;
    if (at < end && bytes[at] === quote) {
      const closed = quotedEnd(bytes, at, end, dialect);
      at = closed < 0 ? ~closed : closed;
      fields.push(unquote(bytes, start, at, quote));
    } else {
      while (at < end && bytes[at] !== delimiter && bytes[at] !== LF && bytes[at] !== CR) at++;
      fields.push(bytes.subarray(start, at));
    }
    if (at < end && bytes[at] === delimiter) at++;
    else return { fields, next: at };
  }
}
