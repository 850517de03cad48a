/** NDJSON: one JSON object a line, with the schema that DataFusion 55 infers, by byte ranges where it is a file. */
import { formatDataType } from '../wire/arrow/type-text.ts';
import type { Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { byteSource, type InputSource, isRegularFile } from './byte-source.ts';
import type { ColumnBatch, InputTable } from './column.ts';
import { FileAccess, MemoryAccess, type RandomAccess } from './ipc/access.ts';
import { type JsonBuilder, jsonBuilder } from './ndjson/builders.ts';
import { JsonInference } from './ndjson/infer.ts';
import { type LineRange, NdjsonReader } from './ndjson/reader.ts';
import { JsonFault, skipBlanks } from './ndjson/text.ts';
import { readInOnePiece, type Split, type SplitReader, WHOLE } from './split.ts';

export interface NdjsonOptions {
  /** Records to infer the schema from. Default 1000. */
  readonly inferRecords?: number | undefined;
  /** The columns, instead of inferring them: those that a record lacks are null there. */
  readonly schema?: Schema | undefined;
}

interface NdjsonTable extends InputTable {
  /** `before`: rows and line ends in the splits before, for messages. */
  read(
    indices: readonly number[],
    split: Split,
    before?: { readonly rows: number; readonly lines: number },
  ): SplitReader;
}

const LF = 10;
const PIECE_BYTES = 256 * 1024;
const LEAST_SPLIT = 1 << 20;
const MOST_SPLIT = 16 << 20;
/** A file is cut into that many splits, so that the last ones are short for all workers alike. */
const WANTED_SPLITS = 16;
const INFER_RECORDS = 1000;

/** Throws FILE_NOT_FOUND, FILE_UNREADABLE, INPUT_FORMAT, INPUT_ROW (a record that the schema can't be inferred from). */
export async function openNdjson(input: InputSource, options: NdjsonOptions = {}): Promise<NdjsonTable> {
  if (typeof input === 'string' && isRegularFile(input)) {
    return openAt(() => new FileAccess(input), options);
  }
  if (input instanceof Uint8Array) return openAt(() => new MemoryAccess(input), options);
  return openChunks(input, options);
}

function openAt(open: () => RandomAccess, options: NdjsonOptions): NdjsonTable {
  const access = open();
  try {
    const schema = options.schema ?? inferSync(access, options.inferRecords ?? INFER_RECORDS);
    return new RangeTable(open, access.size, schema);
  } catch (error) {
    throw error instanceof DfxError ? error.at({ file: access.name }) : error;
  } finally {
    access.close();
  }
}

/** Takes lines from pieces until it has as many records as are asked for. */
class LineInference {
  readonly #inference = new JsonInference();
  #records: number;
  #rest = new Uint8Array(0);
  #line = 0;

  constructor(records: number) {
    this.#records = records;
  }

  get done(): boolean {
    return this.#records === 0;
  }

  push(piece: Uint8Array): void {
    const joined = new Uint8Array(this.#rest.length + piece.length);
    joined.set(this.#rest);
    joined.set(piece, this.#rest.length);
    let at = 0;
    for (let found = joined.indexOf(LF); found >= 0 && !this.done; found = joined.indexOf(LF, at)) {
      this.#add(joined, at, found);
      at = found + 1;
    }
    this.#rest = joined.subarray(at);
  }

  schema(): Schema {
    if (!this.done) this.#add(this.#rest, 0, this.#rest.length);
    return this.#inference.schema();
  }

  #add(bytes: Uint8Array, start: number, end: number): void {
    this.#line++;
    if (skipBlanks(bytes, start, end) === end) return;
    this.#records--;
    try {
      this.#inference.add(bytes, start, end);
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      // A JSON document that is no NDJSON fails here, mostly in its first line.
      throw new DfxError('INPUT_ROW', `line ${this.#line}: ${error.message}`, {
        hint: "NDJSON has one object a line: `jq -c '.[]'` writes a JSON array so, `jq -c .` an object",
      });
    }
  }
}

function inferSync(access: RandomAccess, records: number): Schema {
  const inference = new LineInference(records);
  for (let at = 0; at < access.size && !inference.done; at += PIECE_BYTES) {
    inference.push(access.read(at, Math.min(PIECE_BYTES, access.size - at)));
  }
  return inference.schema();
}

/** A reader of these columns. One whose type can't be read is refused by its name. */
function openReader(schema: Schema, indices: readonly number[], range: LineRange): NdjsonReader {
  const builders: JsonBuilder[] = [];
  const fields = indices.map((index) => {
    const field = schema.fields[index];
    if (field === undefined) throw new DfxError('DEFECT', `no column ${index}`);
    const builder = jsonBuilder(field.type);
    if (builder === null) {
      throw new DfxError(
        'UNSUPPORTED',
        `column ${JSON.stringify(field.name)} is read from NDJSON as ${formatDataType(field.type)}, which the embedded reader can't read`,
        { hint: 'use --engine datafusion' },
      );
    }
    builders.push(builder);
    return field;
  });
  return new NdjsonReader(fields, builders, range);
}

class RangeTable implements NdjsonTable {
  readonly schema: Schema;
  readonly #open: () => RandomAccess;
  readonly #size: number;

  constructor(open: () => RandomAccess, size: number, schema: Schema) {
    this.schema = schema;
    this.#open = open;
    this.#size = size;
  }

  splits(): readonly Split[] {
    const step = Math.min(MOST_SPLIT, Math.max(LEAST_SPLIT, Math.ceil(this.#size / WANTED_SPLITS)));
    const splits: Split[] = [];
    for (let start = 0; start < this.#size; start += step) {
      splits.push({ kind: 'bytes', start, end: Math.min(start + step, this.#size), aligned: start === 0 });
    }
    return splits;
  }

  read(indices: readonly number[], split: Split, before = { rows: 0, lines: 0 }): SplitReader {
    if (split.kind === 'rows') throw new DfxError('DEFECT', 'a split of record batches for NDJSON');
    const { start, end, aligned } = split.kind === 'whole' ? { start: 0, end: this.#size, aligned: true } : split;
    const inside = !aligned && start > 0;
    const offset = inside ? start - 1 : start;
    const reader = openReader(this.schema, indices, { offset, stop: end, inside, ...before });
    const taken = { bytes: 0 };
    return {
      batches: this.#read(reader, offset, taken),
      report: () => ({
        rows: reader.rows,
        bytes: taken.bytes,
        start: split.kind === 'whole' ? 0 : reader.first,
        end: split.kind === 'whole' ? 0 : reader.last,
        lines: reader.lines,
      }),
    };
  }

  *#read(reader: NdjsonReader, offset: number, taken: { bytes: number }): Generator<ColumnBatch, void, void> {
    const access = this.#open();
    try {
      const room = new Uint8Array(PIECE_BYTES);
      let position = offset;
      while (!reader.finished) {
        const batch = reader.next();
        if (batch !== null) {
          yield batch;
        } else if (!reader.finished) {
          const count = Math.min(PIECE_BYTES, access.size - position);
          if (count > 0) reader.push(access.read(position, count, room));
          else reader.end();
          position += count;
          taken.bytes = access.taken;
        }
      }
    } catch (error) {
      throw error instanceof DfxError ? error.at({ file: access.name }) : error;
    } finally {
      access.close();
    }
  }
}

async function openChunks(input: InputSource, options: NdjsonOptions): Promise<NdjsonTable> {
  const source = byteSource(input);
  const pieces = source.read(PIECE_BYTES)[Symbol.asyncIterator]();
  const kept: Uint8Array[] = [];
  const inference = new LineInference(options.inferRecords ?? INFER_RECORDS);
  let ended = false;
  let schema = options.schema;
  try {
    while (schema === undefined && !inference.done && !ended) {
      const next = await pieces.next();
      if (next.done === true) {
        ended = true;
      } else {
        kept.push(new Uint8Array(next.value));
        inference.push(next.value);
      }
    }
    schema ??= inference.schema();
  } catch (error) {
    throw error instanceof DfxError ? error.at({ file: source.name }) : error;
  }
  const found = schema;
  const range = { offset: 0, stop: Number.POSITIVE_INFINITY, inside: false };
  let taken = false;
  return {
    schema: found,
    splits: () => [WHOLE],
    read: (indices, _split, before = { rows: 0, lines: 0 }) => {
      if (taken) throw new DfxError('DEFECT', 'a stream was read twice');
      const reader = openReader(found, indices, { ...range, ...before });
      taken = true;
      return readInOnePiece(chunkBatches(reader, kept, ended, pieces, source.name));
    },
  };
}

async function* chunkBatches(
  reader: NdjsonReader,
  kept: readonly Uint8Array[],
  ended: boolean,
  pieces: AsyncIterator<Uint8Array>,
  file: string | undefined,
): AsyncGenerator<ColumnBatch> {
  try {
    for (const piece of kept) {
      reader.push(piece);
      for (let batch = reader.next(); batch !== null; batch = reader.next()) yield batch;
    }
    while (!ended) {
      const next = await pieces.next();
      if (next.done === true) break;
      reader.push(next.value);
      for (let batch = reader.next(); batch !== null; batch = reader.next()) yield batch;
    }
    reader.end();
    for (let batch = reader.next(); batch !== null; batch = reader.next()) yield batch;
  } catch (error) {
    throw error instanceof DfxError ? error.at({ file }) : error;
  } finally {
    await pieces.return?.();
  }
}
