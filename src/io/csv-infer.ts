/**
 * The schema of a CSV file as DataFusion 55 infers it (arrow-csv 59 `infer_schema`, datafusion-datasource-csv 55.2).
 *
 * The file is looked at in pieces of whole lines, cut from reads of 8 KiB. Within a piece, dates and timestamps of several
 * precisions unite to the finest timestamp; between pieces only Int64 and Float64 unite, and every other mix is Utf8. So the
 * pieces show in the answer, and are cut here exactly as `object_store` 0.13 cuts them.
 */
import { isUtf8 } from 'node:buffer';
import type { DataType, Field, Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { CR, type CsvDialect, LF } from './csv-dialect.ts';
import { startsWithBom } from './csv-head.ts';
import { countLines, tooLong } from './csv-record-limit.ts';
import { readRecord } from './csv-records.ts';
import { Kernel } from './wasm/kernel.ts';

interface InferOptions {
  readonly header: boolean;
  /** Records to look at. */
  readonly maxRecords: number;
}

/** Tables as wide as this are read; a file of one endless line would take minutes before anything is said. */
const MAX_COLUMNS = 100_000;

export const READ_SIZE = 8 * 1024;

const Seen = {
  Boolean: 1,
  Int64: 2,
  Float64: 4,
  Date32: 8,
  Second: 16,
  Millisecond: 32,
  Microsecond: 64,
  Nanosecond: 128,
  Utf8: 256,
} as const;
type Seen = (typeof Seen)[keyof typeof Seen];

/** In the order of precedence. `digits` is the class that `\d` stands for; the flag `u` is for classes of Unicode. */
function patterns(digits: string, flags: '' | 'u'): readonly (readonly [RegExp, Seen])[] {
  const d = `[${digits}]`;
  const day = `${d}{4}-${d}{2}-${d}{2}`;
  const second = `${day}[T ]${d}{2}:${d}{2}:${d}{2}`;
  const fraction = (most: number): RegExp => new RegExp(`^${second}\\.${d}{1,${most}}(?:[^${digits}][^\\n]*)?$`, flags);
  return [
    [new RegExp('^(true)$|^(false)$', `i${flags}`), Seen.Boolean],
    [new RegExp(`^-?(${d}+)$`, flags), Seen.Int64],
    [new RegExp(`^-?((${d}*\\.${d}+|${d}+\\.${d}*)([eE][-+]?${d}+)?|${d}+([eE][-+]?${d}+))$`, flags), Seen.Float64],
    [new RegExp(`^${day}$`, flags), Seen.Date32],
    [new RegExp(`^${second}(?:[^${digits}.][^\\n]*)?$`, flags), Seen.Second],
    [fraction(3), Seen.Millisecond],
    [fraction(6), Seen.Microsecond],
    [fraction(9), Seen.Nanosecond],
  ];
}

// Rust's `\d` is any decimal digit of Unicode, and its case folding is Unicode's. Most texts are ASCII, for which those classes, which take
// milliseconds to make, are not needed.
let ofAscii: ReturnType<typeof patterns> | null = null;
let ofUnicode: ReturnType<typeof patterns> | null = null;

function patternsFor(text: string): ReturnType<typeof patterns> {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) < 128) continue;
    ofUnicode ??= patterns('\\p{Nd}', 'u');
    return ofUnicode;
  }
  ofAscii ??= patterns('0-9', '');
  return ofAscii;
}

const I64_TEXT = /^-?[0-9]+$/;

function seenIn(text: string, bytes: number): Seen {
  if (text.startsWith('"')) return Seen.Utf8;
  const letter = text.charCodeAt(0) | 32;
  if (letter >= 97 && letter <= 122) return wordSeen(text);
  for (const [pattern, seen] of patternsFor(text)) {
    if (!pattern.test(text)) continue;
    if (seen === Seen.Int64 && bytes >= 19 && !fitsInt64(text)) return Seen.Utf8;
    return seen;
  }
  return text === '-inf' ? Seen.Float64 : Seen.Utf8;
}

/** Of a text that starts with a letter of ASCII: no pattern is compiled for it, which takes longer than looking at a thousand rows. */
function wordSeen(text: string): Seen {
  if (text === 'NaN' || text === 'nan' || text === 'inf') return Seen.Float64;
  // U+017F folds to s.
  const word = text.toLowerCase().replace('\u017f', 's');
  return word === 'true' || word === 'false' ? Seen.Boolean : Seen.Utf8;
}

function fitsInt64(text: string): boolean {
  return I64_TEXT.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

type InferredKind =
  | 'Null'
  | 'Boolean'
  | 'Int64'
  | 'Float64'
  | 'Date32'
  | 'Second'
  | 'Millisecond'
  | 'Microsecond'
  | 'Nanosecond'
  | 'Utf8';

/** The type of one column in one piece, from the set of what was seen. */
function kindInPiece(seen: number): InferredKind {
  if (seen === 0) return 'Null';
  if (seen === Seen.Boolean) return 'Boolean';
  if (seen === Seen.Int64) return 'Int64';
  if (seen === Seen.Float64 || seen === (Seen.Int64 | Seen.Float64)) return 'Float64';
  if (seen < Seen.Utf8 && (seen & 7) === 0) {
    if (seen >= Seen.Nanosecond) return 'Nanosecond';
    if (seen >= Seen.Microsecond) return 'Microsecond';
    if (seen >= Seen.Millisecond) return 'Millisecond';
    if (seen >= Seen.Second) return 'Second';
    return 'Date32';
  }
  return 'Utf8';
}

function dataTypeOf(kind: InferredKind): DataType {
  switch (kind) {
    case 'Second':
    case 'Millisecond':
    case 'Microsecond':
    case 'Nanosecond':
      return { kind: 'Timestamp', unit: kind, timezone: null };
    default:
      return { kind };
  }
}

/** The type of a column from its types in all pieces. */
function unite(kinds: ReadonlySet<InferredKind>, noInference: boolean): DataType {
  const rest = [...kinds].filter((kind) => kind !== 'Null');
  const [first, second] = rest;
  if (first === undefined) return { kind: noInference ? 'Utf8' : 'Null' };
  if (second === undefined) return dataTypeOf(first);
  return rest.length === 2 && kinds.has('Int64') && kinds.has('Float64') ? { kind: 'Float64' } : { kind: 'Utf8' };
}

const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Cuts reads into pieces that end at a line's end. The last line end of a read is looked for backwards, so quotes and
 * backslashes are counted from the back: a quirk that decides where pieces end when values hold newlines.
 */
class LineCutter {
  private rest: Uint8Array[] = [];
  private restBytes = 0;
  /** Line ends in the pieces that were given. */
  private lines = 0;
  private escaped = false;
  private quoted = false;

  constructor(private readonly dialect: CsvDialect) {}

  push(read: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let start = 0;
    if (this.rest.length > 0) {
      while (start < read.length && !this.endsLine(read[start] ?? 0)) start++;
      if (start === read.length) {
        this.keep(read);
        return pieces;
      }
      start++;
      pieces.push(concat([...this.rest, read.subarray(0, start)]));
      this.rest = [];
      this.restBytes = 0;
    }
    let end = read.length;
    while (end > start && !this.endsLine(read[end - 1] ?? 0)) end--;
    if (end > start) pieces.push(read.subarray(start, end));
    else end = start;
    for (const piece of pieces) this.lines += countLines(piece, 0, piece.length);
    if (end < read.length) this.keep(read.subarray(end));
    return pieces;
  }

  /** A copy: the reader reuses its buffer. */
  private keep(part: Uint8Array): void {
    this.rest.push(part.slice());
    this.restBytes += part.length;
    if (this.restBytes <= this.dialect.maxRecordBytes) return;
    const line = this.lines + 1;
    const rest = concat(this.rest);
    const whereIs = (at: number): string => `line ${line + countLines(rest, 0, at)}`;
    throw tooLong(`a record on or behind line ${line}`, whereIs, rest, 0, rest.length, this.dialect);
  }

  finish(): Uint8Array | null {
    if (this.rest.length === 0) return null;
    if (this.quoted) throw new DfxError('INPUT_FORMAT', 'a quoted value never ends');
    if (this.escaped) throw new DfxError('INPUT_FORMAT', 'the text ends with a backslash');
    return concat(this.rest);
  }

  private endsLine(byte: number): boolean {
    if (this.escaped) this.escaped = false;
    else if (byte === BACKSLASH) this.escaped = true;
    else if (byte === QUOTE) this.quoted = !this.quoted;
    else if (!this.quoted) return byte === LF;
    return false;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function notUtf8(place: string): DfxError {
  return new DfxError('INPUT_FORMAT', `${place} holds bytes that are not UTF-8`, { hint: 'convert the file to UTF-8' });
}

/** Records whose fields are found at once. */
const CHUNK_ROWS = 256;

/** A piece in the kernel's memory. */
interface Rows {
  readonly kernel: Kernel;
  readonly places: number;
  readonly columns: number;
  readonly start: number;
  readonly end: number;
  /** Room for one field. */
  readonly text: number;
  readonly isUtf8: boolean;
}

const WIDTH_HINT = 'quote fields that hold the delimiter, or check that every row has the columns of the header';
/** The first record of a piece: the cutter takes some line ends within quotes for ends of records, as DataFusion does. */
const CUT_HINT = `${WIDTH_HINT}; where values hold line ends, types can't always be inferred: name the columns with --schema`;

/** Takes reads of `READ_SIZE` bytes until `done`, then `schema()`. */
export class CsvInference {
  private readonly cutter: LineCutter;
  private names: string[] | null = null;
  private readonly kinds: Set<InferredKind>[] = [];
  private left: number;
  private records = 0;
  /** Line ends before the piece. */
  private lines = 0;
  private readonly kernel = new Kernel();
  private readonly base = this.kernel.mark;
  private readonly nullText: Buffer;

  constructor(
    private readonly dialect: CsvDialect,
    private readonly options: InferOptions,
  ) {
    this.left = options.maxRecords;
    this.cutter = new LineCutter(dialect);
    this.nullText = Buffer.from(dialect.nullText);
  }

  get done(): boolean {
    return this.names !== null && this.left === 0;
  }

  push(read: Uint8Array): void {
    for (const piece of this.cutter.push(read)) {
      if (this.done) return;
      this.look(piece);
    }
  }

  finish(): void {
    if (this.done) return;
    const piece = this.cutter.finish();
    if (piece !== null) this.look(piece);
  }

  schema(): Schema {
    const noInference = this.options.maxRecords === 0;
    const fields = (this.names ?? []).map(
      (name, i): Field => ({
        name,
        type: unite(this.kinds[i] ?? new Set(), noInference),
        nullable: true,
        metadata: [],
      }),
    );
    return { fields, metadata: [] };
  }

  private look(piece: Uint8Array): void {
    let pos = startsWithBom(piece) ? 3 : 0;
    const first = this.names === null;
    const record = readRecord(piece, pos, piece.length, this.dialect);
    const width = record === null ? 0 : record.fields.length;
    if (width > MAX_COLUMNS) {
      throw new DfxError(
        'LIMIT',
        `the first record has ${width} fields, more than the ${MAX_COLUMNS} columns that are read`,
        {
          hint: 'is the delimiter right?',
        },
      );
    }
    if (first) {
      if (this.options.header) {
        this.names =
          record === null
            ? []
            : record.fields.map((field) => {
                if (!isUtf8(field)) throw notUtf8('the header (line 1)');
                return decoder.decode(field);
              });
        pos = record === null ? piece.length : record.next;
      } else {
        this.names = Array.from({ length: width }, (_, i) => `column_${i + 1}`);
      }
      for (let i = 0; i < width; i++) this.kinds.push(new Set());
    } else if (width !== this.kinds.length) {
      throw this.unequal(width, piece, pos, CUT_HINT);
    }
    const { seen, read } = this.lookAtRows(piece, pos);
    this.lines += countLines(piece, 0, piece.length);
    this.left -= read;
    if (read === 0 && first) return;
    for (let i = 0; i < seen.length; i++) this.kinds[i]?.add(kindInPiece(seen[i] ?? 0));
  }

  /** What the columns of the records behind `pos` hold, and how many records there are. */
  private lookAtRows(piece: Uint8Array, pos: number): { seen: Uint16Array; read: number } {
    const columns = this.kinds.length;
    const seen = new Uint16Array(columns);
    if (columns === 0) return { seen, read: 0 };
    const rows = this.openRows(piece, pos, columns);
    const { call, bytes } = rows.kernel;
    let read = 0;
    for (let at = rows.start; read < this.left; at = call.next()) {
      const count = call.scan(at, rows.end, 1, columns, Math.min(CHUNK_ROWS, this.left - read), rows.places);
      if (count === 0) {
        if (call.isRagged() !== 0) {
          const width = readRecord(bytes, at, rows.end, this.dialect)?.fields.length ?? 0;
          throw this.unequal(width, piece, pos + at - rows.start, WIDTH_HINT);
        }
        break;
      }
      if (!rows.isUtf8) this.checkRows(rows, count, piece, pos);
      for (let column = 0; column < columns; column++) {
        if ((seen[column] ?? 0) < Seen.Utf8)
          seen[column] = (seen[column] ?? 0) | this.lookAtColumn(rows, column, count);
      }
      read += count;
      this.records += count;
    }
    return { seen, read };
  }

  private lookAtColumn({ kernel, places, columns, text }: Rows, column: number, count: number): number {
    const { call, bytes } = kernel;
    let odd = 0;
    for (let row = 0; ; row++) {
      row = call.lookAt(places, columns, column, row, count);
      if (row >= count) return odd | call.seen();
      const length = call.copyField(places, columns, column, row, text);
      const field = bytes.subarray(text, text + length);
      if (!this.nullText.equals(field)) odd |= seenIn(decoder.decode(field), length);
    }
  }

  private checkRows({ kernel, places, columns, start }: Rows, count: number, piece: Uint8Array, pos: number): void {
    const { call } = kernel;
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < columns; column++) {
        const from = call.fieldAt(places, columns, column, row);
        if (call.isUtf8(from, call.fieldEnd(places, columns, column, row)) !== 0) continue;
        const place = this.place(row, piece, pos + call.fieldAt(places, columns, 0, row) - start);
        throw notUtf8(`${place}, column ${JSON.stringify(this.names?.[column] ?? '')}`);
      }
    }
  }

  /** `row 7 (line 9)`, of a record that starts at `at` of the piece or behind the blank lines there. */
  private place(row: number, piece: Uint8Array, at: number): string {
    let start = at;
    while (start < piece.length && (piece[start] === LF || piece[start] === CR)) start++;
    return `row ${this.records + row + 1} (line ${this.lines + countLines(piece, 0, start) + 1})`;
  }

  private openRows(piece: Uint8Array, pos: number, columns: number): Rows {
    const { kernel, dialect, nullText } = this;
    kernel.release(this.base);
    const nullAt = kernel.reserve(nullText.length);
    const places = kernel.reserve((CHUNK_ROWS * columns + 132) * 4) + 16;
    const start = kernel.reserve(piece.length);
    const text = kernel.reserve(piece.length);
    kernel.bytes.set(nullText, nullAt);
    kernel.bytes.set(piece.subarray(pos), start);
    const end = start + piece.length - pos;
    kernel.bytes[end] = LF;
    kernel.call.configure(dialect.delimiter, dialect.quote, dialect.escape ?? 256, nullAt, nullText.length);
    return { kernel, places, columns, start, end, text, isUtf8: isUtf8(piece) };
  }

  private unequal(found: number, piece: Uint8Array, at: number, hint: string): DfxError {
    const fields = `${found} field${found === 1 ? '' : 's'}`;
    return new DfxError('INPUT_ROW', `${this.place(0, piece, at)} has ${fields}, expected ${this.kinds.length}`, {
      hint,
    });
  }
}
