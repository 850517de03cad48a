/**
 * Batches as lines of CSV or NDJSON, byte for byte as DataFusion's `write_csv` and `write_json` print them (arrow-csv and arrow-json 59).
 * Workers encode their own rows: nothing here loads a library.
 *
 * In CSV a null and an empty string are both an empty field, as the engine has it; in NDJSON the member of a null is left out, and a
 * float that isn't finite is null.
 */
import type { DataType, Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { type Column, type ColumnBatch, isValid } from '../column.ts';
import { CsvRows, type ReadyTexts } from '../csv-write.ts';
import { csvCells, refuseNested } from './csv-cells.ts';
import { jsonCells, memberKey, refuseForJson } from './json-cells.ts';
import { type CellWriter, hasValue, plainType } from './scalar-cells.ts';
import { writeCsvString } from './strings.ts';
import { TextBytes, writeAscii, writeByte, writeBytes } from './text-bytes.ts';

export type TextFormat = 'csv' | 'ndjson';

export interface TextOptions {
  /** One ASCII character that separates the fields of CSV; a comma if it isn't given. */
  readonly delimiter?: string | undefined;
}

export interface RowsEncoder {
  /** CSV's header line; empty for NDJSON. */
  readonly head: Uint8Array;
  /** The lines of the rows at `rows`, in that order; of all rows where it isn't given. The bytes are good until the next call. */
  encode(batch: ColumnBatch, rows?: Uint32Array | null): Uint8Array;
}

const LF = 10;
const COMMA = 44;

/** Throws UNSUPPORTED for a type that the format can't hold, before any row. */
export function textEncoder(format: TextFormat, schema: Schema, options: TextOptions = {}): RowsEncoder {
  const types = schema.fields.map(({ type }) => plainType(type));
  if (format === 'ndjson') {
    refuseForJson(schema);
    const keys = schema.fields.map(({ name }) => memberKey(name));
    return new Encoder(new Uint8Array(0), (batch, out) => jsonLines(batch, types, keys, out));
  }
  refuseNested(schema);
  const character = options.delimiter ?? ',';
  const delimiter = character.charCodeAt(0);
  const head = csvHead(schema, delimiter);
  // The kernel takes dates and intervals as they come, and they hold colons and spaces.
  if (CsvRows.takes(character) && !IN_NUMBERS.test(character)) return new KernelEncoder(head, types, character);
  return new Encoder(head, (batch, out) => csvLines(batch, types, delimiter, out));
}

/** CSV whose numbers, booleans and strings the kernel writes. */
class KernelEncoder implements RowsEncoder {
  /** Made with the first rows: a run may have none. */
  #rows: CsvRows | null = null;

  constructor(
    readonly head: Uint8Array,
    private readonly types: readonly DataType[],
    private readonly delimiter: string,
  ) {}

  encode(batch: ColumnBatch, rows: Uint32Array | null = null): Uint8Array {
    const { types, delimiter } = this;
    this.#rows ??= new CsvRows(
      types,
      (column, at, picked) => readyTexts(column, typeAt(types, at), picked, delimiter),
      delimiter,
    );
    return this.#rows.encode(batch, rows);
  }
}

function readyTexts(column: Column, type: DataType, rows: Uint32Array | null, delimiter: string): ReadyTexts {
  const count = rows === null ? column.length : rows.length;
  const out = new TextBytes(count * 32);
  const cells = csvCells(column, type, out, delimiter.charCodeAt(0));
  const offsets = new Int32Array(count + 1);
  for (let at = 0; at < count; at++) {
    const row = rows === null ? at : (rows[at] ?? 0);
    if (isValid(column, row)) cells(row);
    offsets[at + 1] = out.at;
  }
  return { offsets, data: out.bytes.subarray(0, out.at) };
}

class Encoder implements RowsEncoder {
  readonly head: Uint8Array;
  readonly #lines: (batch: ColumnBatch, out: TextBytes) => CellWriter;
  /** Of the batch before: the next one will be about as long. */
  #perRow = 32;

  constructor(head: Uint8Array, lines: (batch: ColumnBatch, out: TextBytes) => CellWriter) {
    this.head = head;
    this.#lines = lines;
  }

  encode(batch: ColumnBatch, rows: Uint32Array | null = null): Uint8Array {
    const count = rows === null ? batch.length : rows.length;
    if (count === 0) return new Uint8Array(0);
    const out = new TextBytes(Math.ceil(count * this.#perRow * 1.05));
    const line = this.#lines(batch, out);
    if (rows === null) for (let row = 0; row < count; row++) line(row);
    else for (let at = 0; at < count; at++) line(rows[at] ?? 0);
    this.#perRow = out.at / count;
    return out.bytes.subarray(0, out.at);
  }
}

function csvHead(schema: Schema, delimiter: number): Uint8Array {
  const out = new TextBytes(256);
  const text = new TextEncoder();
  schema.fields.forEach(({ name }, at) => {
    if (at > 0) writeByte(out, delimiter);
    const bytes = text.encode(name);
    writeCsvString(out, bytes, 0, bytes.length, delimiter);
  });
  if (out.at === 0) writeAscii(out, '""');
  writeByte(out, LF);
  return out.bytes.subarray(0, out.at);
}

/** Characters of numbers, dates and words: a delimiter of this kind may stand in any field. */
const IN_NUMBERS = /^[-+.: 0-9a-zA-Z<>]$/;

function csvLines(batch: ColumnBatch, types: readonly DataType[], delimiter: number, out: TextBytes): CellWriter {
  const odd = IN_NUMBERS.test(String.fromCharCode(delimiter));
  const columns = batch.columns.map((column, at) => {
    const cells = csvCells(column, typeAt(types, at), out, delimiter);
    return odd && column.layout !== 'string' ? requoted(cells, out, delimiter) : cells;
  });
  const validities = batch.columns.map(validityOf);
  return (row) => {
    const start = out.at;
    for (let at = 0; at < columns.length; at++) {
      if (at > 0) writeByte(out, delimiter);
      const validity = validities[at];
      if (validity === undefined || ((validity[row >> 3] ?? 0) >> (row & 7)) & 1) columns[at]?.(row);
    }
    // A line without a character would be no row to most readers.
    if (out.at === start) writeAscii(out, '""');
    writeByte(out, LF);
  };
}

/** Undefined: every row has a value, or the writer knows that it writes nothing. */
function validityOf(column: Column): Uint8Array | undefined {
  return column.validity ?? undefined;
}

/** What was written and holds the delimiter is written again, in quotes. */
function requoted(cells: CellWriter, out: TextBytes, delimiter: number): CellWriter {
  return (row) => {
    const start = out.at;
    cells(row);
    if (!out.bytes.subarray(start, out.at).includes(delimiter)) return;
    const field = out.bytes.slice(start, out.at);
    out.at = start;
    writeCsvString(out, field, 0, field.length, delimiter);
  };
}

function jsonLines(
  batch: ColumnBatch,
  types: readonly DataType[],
  keys: readonly Uint8Array[],
  out: TextBytes,
): CellWriter {
  const columns = batch.columns.map((column, at) => ({
    key: keys[at] ?? new Uint8Array(0),
    cells: jsonCells(column, typeAt(types, at), out, 'engine'),
    filled:
      column.layout !== 'dictionary' && column.layout !== 'null' && column.validity === null ? null : hasValue(column),
  }));
  return (row) => {
    writeAscii(out, '{');
    let first = true;
    for (const { key, cells, filled } of columns) {
      if (filled !== null && !filled(row)) continue;
      if (!first) writeByte(out, COMMA);
      first = false;
      writeBytes(out, key);
      cells(row);
    }
    writeAscii(out, '}\n');
  };
}

function typeAt(types: readonly DataType[], at: number): DataType {
  const type = types[at];
  if (type === undefined) throw new DfxError('DEFECT', `a batch has a column ${at}, its schema has ${types.length}`);
  return type;
}
