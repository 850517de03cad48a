/** An Arrow stream that comes in pieces: from a pipe, or from a worker. */
import { type BodyCodec, type MessageMetadata, readMessageMetadata } from '../../wire/arrow/index.ts';
import type { Schema } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import type { ColumnBatch } from '../column.ts';
import { FRESH_ARENA, MemoryAccess } from './access.ts';
import { type BoundColumn, bindColumns, checkRows, type PlacedBatch } from './bind.ts';
import { decompress } from './codecs.ts';
import { decodeColumn } from './decode.ts';
import { Dictionaries } from './dictionaries.ts';
import { batchMetadata, readMessageAt, readStreamSchema } from './messages.ts';
import { planSchema, type SchemaPlan } from './plan.ts';
import { refuseNulls, refuseUnreadable } from './table.ts';

const CONTINUATION = 0xffffffff;

interface MessageHead {
  readonly metadata: MessageMetadata;
  /** Of the message, its body included. */
  readonly bytes: number;
}

/** One record batch of a stream, of which ranges of rows can be read. */
export interface OpenBatch {
  readonly rows: number;
  read(start: number, end: number): ColumnBatch;
}

/**
 * `push` takes bytes as they come, `next` gives a record batch as soon as all of it is there. The columns of a batch stay as they are: they
 * share the memory of the message. Throws INPUT_FORMAT, ARROW, LIMIT, UNSUPPORTED.
 */
export class ArrowStreamReader {
  #pieces: Uint8Array[] = [];
  #held = 0;
  /** Bytes of the stream before those held. */
  #offset = 0;
  #ended = false;
  #schema: Schema | null = null;
  #plan: SchemaPlan | null = null;
  #dictionaries: Dictionaries | null = null;
  #indices: readonly number[] | null = null;
  #head: MessageHead | null = null;

  push(chunk: Uint8Array): void {
    if (chunk.length === 0 || this.#ended) return;
    // `slice` of a Buffer copies nothing.
    this.#pieces.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#held += chunk.length;
  }

  /** Null until the bytes of the schema are there. */
  get schema(): Schema | null {
    if (this.#schema === null) this.#openSchema();
    return this.#schema;
  }

  /** Whether the end-of-stream marker was read. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Gives only these columns from now on. A column that can't be read is refused by name (UNSUPPORTED). */
  select(indices: readonly number[]): void {
    if (this.schema === null || this.#plan === null) throw new DfxError('DEFECT', 'columns chosen before the schema');
    for (const index of indices) refuseUnreadable(this.schema, this.#plan, index);
    this.#indices = indices;
  }

  /** The next record batch, or null: more bytes are needed, or the stream ended. */
  next(): ColumnBatch | null {
    const batch = this.nextOpen();
    return batch === null ? null : batch.read(0, batch.rows);
  }

  nextOpen(): OpenBatch | null {
    const { schema } = this;
    if (schema === null || this.#plan === null) return null;
    if (this.#indices === null) this.select(schema.fields.map((_, i) => i));
    for (;;) {
      const bytes = this.#takeMessage();
      if (bytes === null) return null;
      const access = new MemoryAccess(bytes);
      const message = readMessageAt(access, 0);
      if (message === null) throw new DfxError('DEFECT', 'a message without bytes');
      const { metadata } = message;
      const placed: PlacedBatch = {
        access,
        metadata: batchMetadata(message),
        bodyStart: message.bodyStart,
        decompress,
      };
      this.#dictionaries ??= new Dictionaries(this.#plan);
      if (metadata.kind === 'dictionary') {
        this.#dictionaries.add({ id: metadata.id, isDelta: metadata.isDelta, batch: placed });
        continue;
      }
      checkRows(placed, metadata.bodyLength);
      return this.#open(schema, placed, bindColumns(placed, this.#plan.columns, this.#indices ?? []));
    }
  }

  #open(schema: Schema, placed: PlacedBatch, columns: readonly BoundColumn[]): OpenBatch {
    const dictionaries = this.#dictionaries;
    const indices = this.#indices ?? [];
    const context = {
      arena: FRESH_ARENA,
      dictionary: (id: bigint) => {
        if (dictionaries === null) throw new DfxError('DEFECT', 'a dictionary of no stream');
        return dictionaries.get(id);
      },
    };
    return {
      rows: placed.metadata.rows,
      read: (start, end) => ({
        length: end - start,
        columns: columns.map((column, i) => {
          const found = decodeColumn(context, column, start, end);
          if (found.validity !== null) refuseNulls(schema, indices[i] ?? 0);
          return found;
        }),
      }),
    };
  }

  /** Throws INPUT_FORMAT where the stream is cut off inside a message, or before its schema. */
  end(): void {
    if (this.#ended) return;
    if (this.schema === null) throw new DfxError('INPUT_FORMAT', 'the Arrow stream ends before its schema');
    if (this.#held > 0) {
      throw new DfxError('INPUT_FORMAT', 'the Arrow stream ends inside a message', {
        offset: this.#offset + this.#held,
      });
    }
  }

  #openSchema(): void {
    const bytes = this.#takeMessage();
    if (bytes === null) {
      if (this.#ended) throw new DfxError('INPUT_FORMAT', 'the Arrow stream ends before its schema');
      return;
    }
    const { schema, dictionaries, version } = readStreamSchema(new MemoryAccess(bytes));
    this.#schema = schema;
    this.#plan = planSchema(schema, dictionaries, version !== 'V5');
  }

  /** What the next message is compressed with, as soon as all of it is there. */
  get nextCodec(): BodyCodec | null {
    const metadata = this.#ended || this.#schema === null ? undefined : this.#readHead()?.metadata;
    return metadata === undefined || metadata.kind === 'schema' ? null : metadata.batch.codec;
  }

  /** A whole message in a piece of memory that starts at a multiple of 8; null where more bytes are needed. */
  #takeMessage(): Uint8Array | null {
    const head = this.#ended ? null : this.#readHead();
    if (head === null || this.#held < head.bytes) return null;
    const bytes = this.#take(head.bytes);
    this.#offset += head.bytes;
    this.#head = null;
    return bytes;
  }

  #readHead(): MessageHead | null {
    if (this.#head !== null) return this.#head;
    if (this.#held < 4) return null;
    const start = this.#peek(Math.min(8, this.#held));
    const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
    let prefix = 4;
    let length = view.getUint32(0, true);
    if (length === CONTINUATION) {
      if (start.length < 8) return null;
      prefix = 8;
      length = view.getUint32(4, true);
    }
    if (length === 0) {
      this.#ended = true;
      this.#pieces = [];
      this.#held = 0;
      return null;
    }
    if (this.#held < prefix + length) return null;
    const metadata = readMessageMetadata(this.#peek(prefix + length).subarray(prefix), this.#offset + prefix);
    this.#head = { metadata, bytes: prefix + length + metadata.bodyLength };
    return this.#head;
  }

  /** The first bytes held, joined into the first piece. */
  #peek(count: number): Uint8Array {
    const [first] = this.#pieces;
    if (first !== undefined && first.length >= count) return first.subarray(0, count);
    this.#join();
    return (this.#pieces[0] ?? new Uint8Array(0)).subarray(0, count);
  }

  #take(count: number): Uint8Array {
    const [first] = this.#pieces;
    this.#held -= count;
    if (first !== undefined && first.length >= count) {
      if (first.length === count) this.#pieces.shift();
      else this.#pieces[0] = first.subarray(count);
      return (first.byteOffset & 7) === 0 ? first.subarray(0, count) : first.slice(0, count);
    }
    const out = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const piece = this.#pieces.shift();
      if (piece === undefined) throw new DfxError('DEFECT', 'fewer bytes than were counted');
      const used = piece.subarray(0, count - filled);
      out.set(used, filled);
      filled += used.length;
      if (used.length < piece.length) this.#pieces.unshift(piece.subarray(used.length));
    }
    return out;
  }

  #join(): void {
    const joined = new Uint8Array(this.#held);
    let at = 0;
    for (const piece of this.#pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [joined];
  }
}
