/**
 * CSV as tables: the schema, the byte ranges that workers may read on their own, and the rows of one.
 *
 * What a range is: the records that start in it. A range that isn't known to start with a record starts behind the first line end at or
 * after the byte before it; its report says where, and the report of the range before says whether that is right.
 */
import { statSync } from 'node:fs';
import type { Schema } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import { byteSource, type InputSource } from './byte-source.ts';
import type { ColumnBatch, InputTable } from './column.ts';
import { type CsvDialect, csvDialect, type DialectOptions } from './csv-dialect.ts';
import { type CsvHead, readHead } from './csv-head.ts';
import { CsvInference, READ_SIZE } from './csv-infer.ts';
import { CsvReader } from './csv-reader.ts';
import { FileBytes, MemoryBytes, type RandomBytes } from './csv-source.ts';
import { openCsvStream } from './csv-stream.ts';
import type { RowsBefore, Split, SplitReader } from './split.ts';

export interface CsvOptions extends DialectOptions {
  /** The first record names the columns. Default true. */
  readonly header?: boolean | undefined;
  /** Records to infer the schema from. Default 1000. */
  readonly inferRecords?: number | undefined;
  /** The names and types of all columns, instead of inferring them. The header, if there is one, is passed over. */
  readonly schema?: Schema | undefined;
  /** Ends the inference, which takes long where there are very many columns. */
  readonly signal?: AbortSignal | undefined;
}

export interface CsvTable extends InputTable {
  /** Of an input that comes once, in order: its rows in pieces for several readers, instead of `read`. Else null. */
  readonly stream: CsvStream | null;
}

export interface CsvStream {
  /** Whole records, for `CsvPieces`; about `bytes` each. */
  pieces(bytes: number): AsyncIterable<Uint8Array>;
  /** Line ends of the header. Known with the first piece. */
  headLines(): number;
}

const NOTHING_BEFORE: RowsBefore = { rows: 0, lines: 0 };
const PIECE_BYTES = 256 * 1024;
const PAUSE_MS = 25;
const CHUNK_BYTES = 64 * 1024;
/** Read beyond a range's end for its last record. */
const OVERHANG_BYTES = 4096;
const LEAST_SPLIT = 1 << 20;
const MOST_SPLIT = 16 << 20;
/** A file is cut into that many splits, so that the last ones are short for all workers alike. */
const WANTED_SPLITS = 16;

/** Throws FILE_NOT_FOUND, FILE_UNREADABLE, INPUT_FORMAT, INPUT_ROW, USAGE. */
export async function openCsv(input: InputSource, options: CsvOptions = {}): Promise<CsvTable> {
  const dialect = csvDialect(options);
  const header = options.header ?? true;
  const bytes = randomBytes(input);
  try {
    if (bytes === null)
      return await openCsvStream(chunksOf(input), dialect, header, (reads) =>
        schemaOf(reads, dialect, header, options),
      );
    const schema = await schemaOf(readsOf(bytes), dialect, header, options);
    return new RandomTable(bytes, dialect, header, schema);
  } catch (error) {
    throw error instanceof DfxError ? error.at({ file: bytes?.name }) : error;
  }
}

/** Chunks that stay as they are. */
async function* chunksOf(input: InputSource): AsyncGenerator<Uint8Array> {
  if (typeof input !== 'string' && !(input instanceof Uint8Array)) yield* input;
  else for await (const piece of byteSource(input).read(CHUNK_BYTES)) yield piece.slice();
}

/** Null: bytes that come once, in order. */
function randomBytes(input: InputSource): RandomBytes | null {
  if (typeof input === 'string') {
    const stat = statSync(input, { throwIfNoEntry: false });
    return stat === undefined || stat.isFile() || stat.isDirectory() ? new FileBytes(input) : null;
  }
  return input instanceof Uint8Array ? new MemoryBytes(input) : null;
}

/** From the first byte on, as many at a time as the engine reads. */
function* readsOf(bytes: RandomBytes): Generator<Uint8Array> {
  const buffer = new Uint8Array(READ_SIZE);
  try {
    for (let position = 0, count = READ_SIZE; count === READ_SIZE; position += count) {
      count = bytes.read(buffer, position);
      if (count > 0) yield buffer.subarray(0, count);
    }
  } finally {
    bytes.close();
  }
}

async function schemaOf(
  reads: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  dialect: CsvDialect,
  header: boolean,
  options: CsvOptions,
): Promise<Schema> {
  if (options.schema !== undefined) return options.schema;
  const inference = new CsvInference(dialect, { header, maxRecords: options.inferRecords ?? 1000 });
  let paused = performance.now();
  for await (const read of reads) {
    inference.push(read);
    if (inference.done) break;
    // A thousand rows of a very wide table take long: signals and timeouts are heard meanwhile.
    if (performance.now() - paused < PAUSE_MS) continue;
    await new Promise(setImmediate);
    options.signal?.throwIfAborted();
    paused = performance.now();
  }
  inference.finish();
  const schema = inference.schema();
  const names = new Set<string>();
  for (const { name } of schema.fields) {
    if (names.has(name)) {
      throw new DfxError('INPUT_FORMAT', `the header has the column ${JSON.stringify(name)} twice`, {
        hint: 'give the columns other names with --schema',
      });
    }
    names.add(name);
  }
  return schema;
}

class RandomTable implements CsvTable {
  readonly stream = null;
  private head: CsvHead | null = null;
  /** The reader of the last split that was read to its end, with the columns that it reads. */
  private idle: { readonly columns: string; readonly reader: CsvReader } | null = null;

  constructor(
    private readonly bytes: RandomBytes,
    private readonly dialect: CsvDialect,
    private readonly header: boolean,
    readonly schema: Schema,
  ) {}

  splits(): readonly Split[] {
    const { dataStart } = this.readHead();
    const size = this.bytes.size();
    this.bytes.close();
    const step = Math.min(MOST_SPLIT, Math.max(LEAST_SPLIT, Math.ceil(size / WANTED_SPLITS)));
    const splits: Split[] = [];
    let start = dataStart;
    while (start < size || splits.length === 0) {
      const end = Math.min(size, start + step);
      splits.push({ kind: 'bytes', start, end, aligned: splits.length === 0 });
      start = end;
      if (end === size) break;
    }
    return splits;
  }

  read(indices: readonly number[], split: Split, before: RowsBefore = NOTHING_BEFORE): SplitReader {
    if (split.kind === 'rows') throw new DfxError('DEFECT', 'a split of record batches for CSV');
    const columns = indices.join();
    const reader = this.idle?.columns === columns ? this.idle.reader : this.openReader(indices);
    this.idle = null;
    const run = new SplitRun(this.bytes, reader, () => this.readHead(), split, before);
    return {
      batches: run.batches(() => {
        this.idle = { columns, reader };
      }),
      report: () => run.report(),
    };
  }

  private openReader(indices: readonly number[]): CsvReader {
    return placed(this.bytes.name, () => new CsvReader(this.schema, indices, this.dialect));
  }

  private readHead(): CsvHead {
    this.head ??= placed(this.bytes.name, () => {
      const head = readHead(this.bytes, this.dialect, this.header);
      // The engine counts the fields of the header that it passes over.
      if (head.width !== null && head.width !== this.schema.fields.length) {
        throw new DfxError('INPUT_ROW', `the header has ${head.width} fields, expected ${this.schema.fields.length}`);
      }
      return head;
    });
    return this.head;
  }
}

function placed<T>(file: string | undefined, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DfxError ? error.at({ file }) : error;
  }
}

/** One reading of one split. */
class SplitRun {
  private first = 0;
  private bytesRead = 0;

  constructor(
    private readonly bytes: RandomBytes,
    private readonly reader: CsvReader,
    private readonly head: () => CsvHead,
    private readonly split: Exclude<Split, { kind: 'rows' }>,
    private readonly before: RowsBefore,
  ) {}

  *batches(done: () => void): Generator<ColumnBatch> {
    const { bytes, reader } = this;
    try {
      const stop = this.start();
      let position = this.first;
      for (;;) {
        const batch = reader.next();
        if (batch !== null) {
          yield batch;
          continue;
        }
        if (reader.finished) break;
        const room = reader.room();
        const wanted = position < stop ? stop - position + OVERHANG_BYTES : PIECE_BYTES;
        const count = bytes.read(room.subarray(0, Math.min(room.length, PIECE_BYTES, wanted)), position);
        if (count === 0) reader.end();
        else reader.put(count);
        position += count;
        this.bytesRead += count;
      }
      done();
    } catch (error) {
      throw error instanceof DfxError ? error.at({ file: bytes.name }) : error;
    } finally {
      bytes.close();
    }
  }

  /** Gives the place behind which no record that is read starts. */
  private start(): number {
    const { split, before } = this;
    const lines = (): number => this.head().lines + before.lines;
    if (split.kind === 'whole') {
      this.first = this.head().dataStart;
      this.reader.start({ rows: before.rows, lines, aligned: true, stop: Number.POSITIVE_INFINITY });
      return Number.POSITIVE_INFINITY;
    }
    this.first = split.aligned ? split.start : split.start - 1;
    this.reader.start({ rows: before.rows, lines, aligned: split.aligned, stop: split.end - this.first });
    return split.end;
  }

  report(): ReturnType<SplitReader['report']> {
    const { reader, first } = this;
    return {
      rows: reader.rows,
      bytes: this.bytesRead,
      start: first + reader.origin,
      end: first + reader.position,
      lines: reader.lines,
    };
  }
}

/** Reads pieces that a `CsvCutter` made, one after the other: the columns at `indices` of the whole schema. */
export class CsvPieces {
  private readonly reader: CsvReader;

  constructor(schema: Schema, indices: readonly number[], options: DialectOptions = {}) {
    this.reader = new CsvReader(schema, indices, csvDialect(options));
  }

  /** `before`: the header's lines count, too. */
  read(piece: Uint8Array, before: RowsBefore = NOTHING_BEFORE): SplitReader {
    const head = { dataStart: 0, lines: 0, width: null };
    const run = new SplitRun(new MemoryBytes(piece), this.reader, () => head, { kind: 'whole' }, before);
    return { batches: run.batches(() => {}), report: () => run.report() };
  }
}
