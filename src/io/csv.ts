/**
 * A typed CSV reader on bytes: records are cut once, and only the columns in use are turned into values.
 *
 * The values are those that DataFusion 55 reads with the schema it infers: an empty field (quoted or not) is null for every
 * type. Batches hold up to 8,192 rows, the batch size of the reference engine.
 */
import { isUtf8 } from 'node:buffer';
import type { Field, Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { type ByteSource, byteSource, type InputSource } from './byte-source.ts';
import {
  bitmapBytes,
  type Column,
  type ColumnBatch,
  type InputTable,
  onesBitmap,
  setBit,
  withoutFullBitmap,
} from './column.ts';
import { CsvInference, READ_SIZE, startsWithBom } from './csv-infer.ts';
import { type CsvDialect, type FieldTable, fieldTable, readRecord, scanRecords, unquote } from './csv-records.ts';
import { parseCsvBoolean, parseDouble, parseInteger, putParsed } from './number-text.ts';
import { readInOnePiece, WHOLE } from './split.ts';

export interface CsvOptions {
  /** The first record names the columns. Default true. */
  readonly header?: boolean;
  /** One ASCII character. Default `,`. */
  readonly delimiter?: string;
  /** One ASCII character. Default `"`. */
  readonly quote?: string;
  /** Records to infer the schema from. Default 1000. */
  readonly inferRecords?: number;
}

export const BATCH_ROWS = 8192;
const PIECE_BYTES = 1 << 20;

/** The types of which this reader makes values. */
const READABLE = new Set(['Null', 'Boolean', 'Int64', 'Float64', 'Utf8']);

export async function openCsv(input: InputSource, options: CsvOptions = {}): Promise<InputTable> {
  const dialect: CsvDialect = {
    delimiter: oneByte(options.delimiter ?? ',', 'delimiter'),
    quote: oneByte(options.quote ?? '"', 'quote'),
  };
  const header = options.header ?? true;
  const source = byteSource(input);
  // A stream is read once: its first pieces are kept for the rows.
  const stream = typeof input === 'string' || input instanceof Uint8Array ? null : new KeptStream(source);
  try {
    const inference = new CsvInference(dialect, { header, maxRecords: options.inferRecords ?? 1000 });
    for await (const read of stream === null ? source.read(READ_SIZE) : stream.look(READ_SIZE)) {
      inference.push(read);
      if (inference.done) break;
    }
    inference.finish();
    const schema = inference.schema();
    refuseTwins(schema);
    const read = (): AsyncIterable<Uint8Array> => (stream === null ? source.read(PIECE_BYTES) : stream.all());
    return {
      schema,
      splits: () => [WHOLE],
      read: (indices) => readInOnePiece(csvBatches(read, source.name, schema, dialect, header, indices)),
    };
  } catch (error) {
    throw error instanceof DfxError ? error.at({ file: source.name }) : error;
  }
}

function oneByte(text: string, what: string): number {
  const code = text.charCodeAt(0);
  if (text.length !== 1 || code > 127) {
    throw new DfxError('USAGE', `the CSV ${what} is ${JSON.stringify(text)}, expected one ASCII character`);
  }
  return code;
}

function refuseTwins(schema: Schema): void {
  const names = new Set<string>();
  for (const { name } of schema.fields) {
    if (names.has(name)) throw new DfxError('INPUT_FORMAT', `the header has the column ${JSON.stringify(name)} twice`);
    names.add(name);
  }
}

class KeptStream {
  private readonly kept: Uint8Array[] = [];
  private readonly rest: AsyncIterator<Uint8Array>;
  private taken = false;

  constructor(source: ByteSource) {
    this.rest = source.read(READ_SIZE)[Symbol.asyncIterator]();
  }

  async *look(_size: number): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = await this.rest.next();
      if (next.done === true) return;
      this.kept.push(next.value);
      yield next.value;
    }
  }

  async *all(): AsyncGenerator<Uint8Array> {
    if (this.taken) throw new DfxError('DEFECT', 'a stream was read twice');
    this.taken = true;
    yield* this.kept;
    for (;;) {
      const next = await this.rest.next();
      if (next.done === true) return;
      yield next.value;
    }
  }
}

function csvBatches(
  read: () => AsyncIterable<Uint8Array>,
  file: string | undefined,
  schema: Schema,
  dialect: CsvDialect,
  header: boolean,
  indices: readonly number[],
): AsyncIterable<ColumnBatch> {
  const fields = indices.map((index) => {
    const field = schema.fields[index];
    if (field === undefined) throw new DfxError('DEFECT', `no column ${index}`);
    if (!READABLE.has(field.type.kind)) {
      throw new DfxError(
        'UNSUPPORTED',
        `column ${JSON.stringify(field.name)} is read from CSV as ${field.type.kind}, which the embedded reader can't read`,
        { file, hint: 'use --engine datafusion' },
      );
    }
    return field;
  });
  const slots = new Int32Array(schema.fields.length).fill(-1);
  indices.forEach((index, slot) => {
    slots[index] = slot;
  });
  return readBatches(read, file, { dialect, header, fields, slots });
}

interface Plan {
  readonly dialect: CsvDialect;
  readonly header: boolean;
  readonly fields: readonly Field[];
  readonly slots: Int32Array;
}

async function* readBatches(
  read: () => AsyncIterable<Uint8Array>,
  file: string | undefined,
  plan: Plan,
): AsyncGenerator<ColumnBatch> {
  const table = fieldTable(plan.fields.length, BATCH_ROWS);
  let buffer: Uint8Array = new Uint8Array(0);
  let row = 1;
  let started = false;
  const pieces = read()[Symbol.asyncIterator]();
  let final = false;
  // A batch is full, or the last: rows short of a batch wait for more bytes, since the engine's batches are full ones too.
  for (;;) {
    let pos = 0;
    try {
      if (!started && (buffer.length >= 3 || final)) {
        if (startsWithBom(buffer)) pos = 3;
        started = true;
        if (plan.header) {
          const first = readHeaderEnd(buffer, pos, plan.dialect, final);
          if (first < 0) started = false;
          else pos = first;
        }
      }
      while (started) {
        const scan = scanRecords(buffer, pos, buffer.length, final, plan.dialect, plan.slots, table, row);
        if (scan.rows === 0 || (scan.rows < BATCH_ROWS && !final)) break;
        if (!isUtf8(buffer.subarray(pos, scan.next))) {
          throw new DfxError('INPUT_ROW', `rows ${row} to ${row + scan.rows - 1} hold bytes that are not UTF-8`);
        }
        const columns = plan.fields.map((field, slot) =>
          readColumn(field, buffer, table, slot, scan.rows, plan.dialect.quote, row),
        );
        yield { length: scan.rows, columns };
        row += scan.rows;
        pos = scan.next;
      }
    } catch (error) {
      throw error instanceof DfxError ? error.at({ file }) : error;
    }
    if (final) return;
    const rest = buffer.subarray(started ? pos : 0);
    const parts: Uint8Array[] = [];
    let added = 0;
    while (added < PIECE_BYTES && !final) {
      const next = await pieces.next();
      if (next.done === true) {
        final = true;
      } else {
        parts.push(next.value.slice());
        added += next.value.length;
      }
    }
    const grown = new Uint8Array(rest.length + added);
    grown.set(rest);
    let at = rest.length;
    for (const part of parts) {
      grown.set(part, at);
      at += part.length;
    }
    buffer = grown;
  }
}

/** Where the first data record starts; -1 where the header isn't whole yet. */
function readHeaderEnd(buffer: Uint8Array, pos: number, dialect: CsvDialect, final: boolean): number {
  const record = readRecord(buffer, pos, buffer.length, dialect);
  if (record === null) return final ? buffer.length : -1;
  return record.next < buffer.length || final ? record.next : -1;
}

function readColumn(
  field: Field,
  bytes: Uint8Array,
  table: FieldTable,
  slot: number,
  rows: number,
  quote: number,
  firstRow: number,
): Column {
  const base = slot * table.capacity;
  const { type } = field;
  if (type.kind === 'Null') return { layout: 'null', type, length: rows, validity: null };
  if (type.kind === 'Utf8') return readStrings(bytes, table, base, rows, quote);
  const nulls = new Uint8Array(bitmapBytes(rows));
  const bits = type.kind === 'Boolean' ? new Uint8Array(bitmapBytes(rows)) : null;
  const numbers = new Float64Array(bits === null ? rows : 0);
  let bigs: BigInt64Array | null = null;
  let anyNull = false;
  for (let i = 0; i < rows; i++) {
    let source = bytes;
    let start = table.starts[base + i] ?? 0;
    let end = table.ends[base + i] ?? 0;
    if (start < 0) {
      source = unquote(bytes, ~start, end, quote);
      start = 0;
      end = source.length;
    }
    if (start === end) {
      setBit(nulls, i);
      anyNull = true;
      continue;
    }
    if (bits !== null) {
      const value = parseCsvBoolean(source, start, end);
      if (value === undefined) throw badValue(field, source, start, end, firstRow + i);
      if (value) setBit(bits, i);
    } else if (type.kind === 'Float64') {
      const value = parseDouble(source, start, end);
      if (value === undefined) throw badValue(field, source, start, end, firstRow + i);
      putParsed(numbers, i, value, source, start);
    } else {
      const value = parseInteger(source, start, end);
      if (typeof value === 'number') {
        if (bigs === null) numbers[i] = value;
        else bigs[i] = BigInt(value);
      } else {
        if (value === undefined || BigInt.asIntN(64, value) !== value) {
          throw badValue(field, source, start, end, firstRow + i);
        }
        bigs ??= BigInt64Array.from(numbers, (safe) => BigInt(safe));
        bigs[i] = value;
      }
    }
  }
  const validity = anyNull ? invert(nulls, rows) : null;
  if (bits !== null) return { layout: 'boolean', type, length: rows, validity, bits };
  return { layout: 'numeric', type, length: rows, validity, values: bigs ?? numbers };
}

function invert(bits: Uint8Array, length: number): Uint8Array {
  const out = onesBitmap(length);
  for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) & ~(bits[i] ?? 0);
  return out;
}

function readStrings(bytes: Uint8Array, table: FieldTable, base: number, rows: number, quote: number): Column {
  const { starts, ends } = table;
  const offsets = new Int32Array(rows + 1);
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const start = starts[base + i] ?? 0;
    total += (ends[base + i] ?? 0) - (start < 0 ? ~start : start);
  }
  const data = new Uint8Array(total);
  const valid = new Uint8Array(bitmapBytes(rows));
  let at = 0;
  for (let i = 0; i < rows; i++) {
    const start = starts[base + i] ?? 0;
    const end = ends[base + i] ?? 0;
    if (start < 0) {
      const text = unquote(bytes, ~start, end, quote);
      data.set(text, at);
      at += text.length;
    } else if (end - start < 24) {
      for (let from = start; from < end; from++) data[at++] = bytes[from] ?? 0;
    } else {
      data.set(bytes.subarray(start, end), at);
      at += end - start;
    }
    offsets[i + 1] = at;
    if (at > (offsets[i] ?? 0)) setBit(valid, i);
  }
  return {
    layout: 'string',
    type: { kind: 'Utf8' },
    length: rows,
    validity: withoutFullBitmap(valid, rows),
    offsets,
    data: data.subarray(0, at),
  };
}

function badValue(field: Field, bytes: Uint8Array, start: number, end: number, row: number): DfxError {
  const text = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 80)));
  return new DfxError(
    'INPUT_ROW',
    `row ${row}, column ${JSON.stringify(field.name)}: ${JSON.stringify(text)} is no ${field.type.kind}`,
    { hint: 'the type comes from the first 1000 rows; give more rows to infer from' },
  );
}
