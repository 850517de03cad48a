/** A file as the batches that travel to workers: read here, each an Arrow stream of its own. */
import type { ColumnBatch, InputTable } from '../../io/column.ts';
import { BatchEncoder, END_OF_STREAM, hasDictionaries, joinPieces } from '../../io/ipc/write.ts';
import { type RowRange, type Split, WHOLE } from '../../io/split.ts';
import { writeIpcSchema } from '../../wire/arrow/index.ts';
import type { Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';

/** How a file is cut into streams. */
export interface BatchFlow {
  /** Rows of a batch. */
  readonly rows: number;
  /** Whether a stream may hold several: a worker then takes them one by one without waiting for the next message. */
  readonly several: boolean;
  readonly workers: number;
}

/** Batches of a stream, at most. */
const MOST_BATCHES = 8;
/** A stream of so many bytes takes no more batches. */
const STREAM_BYTES = 512 * 1024;
/** Streams that are left for each worker, where a stream has several batches: none of them is to wait long for the last one. */
const STREAMS_LEFT = 8;

/**
 * Streams of the columns at `indices`, at least one, so that a result has a schema. What readers give in one piece isn't cut here: a worker
 * cuts it.
 */
export async function* encodedBatches(
  table: InputTable,
  indices: readonly number[],
  flow: BatchFlow,
): AsyncGenerator<EncodedBatch, void, void> {
  const splits = readingOrder(table, flow.rows);
  const stream = new BatchStreams(subset(table.schema, indices), flow, rowsOf(splits));
  // Numbers go on as they lie in the input.
  const hints = { stored: new Set(indices), batchRows: flow.rows };
  for (const split of splits) {
    const { batches } = table.read(indices, split, undefined, hints);
    // A reader that waits for nothing is asked without waiting for it: a turn of the loop for each batch adds up.
    if (Symbol.iterator in batches) for (const batch of batches) yield* stream.add(batch);
    else for await (const batch of batches) yield* stream.add(batch);
  }
  if (stream.rows > 0 || stream.taken === 0) yield stream.take();
}

/** A stream of `encodedBatches` without batches. */
export function emptyStream(table: InputTable, indices: readonly number[]): Uint8Array {
  return writeIpcSchema(subset(table.schema, indices));
}

/** Null where nobody knows. */
function rowsOf(splits: readonly Split[]): number | null {
  let rows = 0;
  for (const split of splits) {
    if (split.kind !== 'rows') return null;
    for (const { start, end } of split.parts) rows += end - start;
  }
  return rows;
}

function subset({ fields, metadata }: Schema, indices: readonly number[]): Schema {
  return { fields: indices.flatMap((index) => fields[index] ?? []), metadata };
}

/**
 * What to read, so that batches end where streams do: an Arrow file's record batches are cut at multiples of `rows`, in one reading. A record
 * batch that is compressed is taken off its compression once for each range of it, and not cut.
 */
function readingOrder(table: InputTable, rows: number): readonly Split[] {
  const splits = table.splits();
  if (!('cutsAnywhere' in table) || table.cutsAnywhere !== true) return splits.length === 0 ? [WHOLE] : splits;
  const parts: RowRange[] = [];
  let left = rows;
  for (const { batch, start: from, end } of splits.flatMap((split) => (split.kind === 'rows' ? split.parts : []))) {
    for (let start = from; start < end; ) {
      const stop = Math.min(end, start + left);
      const last = parts.at(-1);
      // Neighbours that were cut apart only to make splits are one range again.
      if (last !== undefined && left < rows && last.batch === batch && last.end === start) {
        parts[parts.length - 1] = { batch, start: last.start, end: stop };
      } else {
        parts.push({ batch, start, end: stop });
      }
      left -= stop - start;
      start = stop;
      if (left === 0) left = rows;
    }
  }
  return [{ kind: 'rows', parts }];
}

/** Memory that is for the next ones once it is given back. */
interface LentBytes {
  readonly bytes: Uint8Array;
  readonly release: () => void;
}

/** Some batches as an Arrow stream. */
export interface EncodedBatch extends LentBytes {
  /** Rows of the input before it. */
  readonly before: number;
}

/** Memory that is used again: new memory for each batch keeps the garbage collector busy for longer than the batch takes. */
class Memory {
  #free: ArrayBuffer[] = [];

  take(length: number): LentBytes {
    const at = this.#free.findIndex(({ byteLength }) => byteLength >= length);
    const [found] = at === -1 ? [] : this.#free.splice(at, 1);
    // Too small for this one is too small for the next ones, which are about as long.
    if (found === undefined) this.#free = [];
    const buffer = found ?? new ArrayBuffer(Math.ceil(length * 1.05));
    return { bytes: new Uint8Array(buffer, 0, length), release: () => void this.#free.push(buffer) };
  }
}

/** Puts batches into one stream after the other. */
class BatchStreams {
  /** Of the stream at hand. */
  rows = 0;
  taken = 0;
  readonly #schema: Schema;
  readonly #flow: BatchFlow;
  /** Of the input; null where nobody knows. */
  readonly #total: number | null;
  readonly #head: readonly Uint8Array[];
  readonly #isFlat: boolean;
  readonly #memory = new Memory();
  #encoder: BatchEncoder;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #before = 0;
  /** Rows that the stream at hand is to have. */
  #most: number;

  constructor(schema: Schema, flow: BatchFlow, total: number | null) {
    this.#schema = schema;
    this.#flow = flow;
    this.#total = total;
    this.#encoder = new BatchEncoder(schema);
    this.#head = this.#encoder.schemaMessage().pieces;
    this.#isFlat = !hasDictionaries(schema);
    this.#most = this.#nextMost();
  }

  /** Gives the streams that are full. */
  *add(batch: ColumnBatch): Generator<EncodedBatch, void, void> {
    if (this.rows > 0 && this.rows + batch.length > this.#most) yield this.take();
    const pieces = this.#encoder.encode(batch).flatMap((message) => message.pieces);
    this.rows += batch.length;
    for (const { length } of pieces) this.#bytes += length;
    const isWhole = this.rows % this.#flow.rows === 0;
    if (this.rows >= this.#most || (isWhole && this.#bytes >= STREAM_BYTES)) {
      this.#pieces.push(...pieces);
      yield this.take();
    } else {
      // The reader may use the batch's memory for the next one.
      this.#pieces.push(joinPieces(pieces));
    }
  }

  take(): EncodedBatch {
    const pieces = [...this.#head, ...this.#pieces, END_OF_STREAM];
    const { bytes, release } = this.#memory.take(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    const before = this.#before;
    this.#before += this.rows;
    this.#pieces = [];
    this.#bytes = 0;
    this.rows = 0;
    this.taken++;
    this.#most = this.#nextMost();
    // Each stream has the dictionaries that it needs.
    if (!this.#isFlat) this.#encoder = new BatchEncoder(this.#schema);
    return { bytes, before, release };
  }

  /** One batch first, so that the first worker can begin; then more, and fewer again where the input comes to its end. */
  #nextMost(): number {
    const { rows, several, workers } = this.#flow;
    if (!several || this.#total === null) return rows;
    const left = (this.#total - this.#before) / rows;
    const fair = Math.floor(left / (STREAMS_LEFT * workers));
    return rows * Math.max(1, Math.min(fair, MOST_BATCHES, 2 ** Math.floor(this.taken / workers)));
  }
}

/** The places of the columns that a job reads; all of them where it isn't known which. A batch needs one to have rows. */
export function columnsRead(table: InputTable, reads: readonly string[] | null): readonly number[] {
  const { fields } = table.schema;
  const twins = new Set(fields.map(({ name }) => name)).size < fields.length;
  if (reads === null || twins) return fields.map((_, index) => index);
  const found = reads.map((name) => {
    const index = fields.findIndex((field) => field.name === name);
    if (index === -1) throw new DfxError('DEFECT', `a column that is read isn't there: ${JSON.stringify(name)}`);
    return index;
  });
  if (found.length === 0 && fields.length > 0) return [0];
  return [...new Set(found)].sort((a, b) => a - b);
}
