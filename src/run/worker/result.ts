/** A job's result on its way to the parent: encoded batch by batch, sent in parts of some hundred kilobytes. */
import type { ColumnBatch } from '../../io/column.ts';
import { BatchEncoder } from '../../io/ipc/write.ts';
import { type RowsEncoder, textEncoder } from '../../io/out/text.ts';
import { type Schema, writeIpcSchema } from '../../wire/arrow/index.ts';
import type { ArrowMessage, Job } from '../transport/messages.ts';
import { send } from './channel.ts';

const PART_BYTES = 256 * 1024;

export interface ResultSink {
  /** Whether rows may be picked by `write` itself. */
  readonly picks: boolean;
  /** `rows`: which rows of the batch, in order; all of them where it isn't given. The batch may change once this returns. */
  write(batch: ColumnBatch, rows?: Uint32Array): void;
  /** Sends what is left. */
  end(): void;
  readonly rows: number;
  readonly batches: number;
}

/** Throws UNSUPPORTED for types that the output can't hold. */
export function resultSink({ job, output, delimiter }: Job, schema: Schema): ResultSink {
  const sink =
    output === 'arrow' ? new ArrowSink(job, schema) : new TextSink(job, textEncoder(output, schema, { delimiter }));
  send({ type: 'schema', job }, writeIpcSchema(schema));
  return sink;
}

/** Bytes are copied once, so that batches may use their memory again. */
class Parts {
  readonly #bytes = new Uint8Array(PART_BYTES);
  #filled = 0;
  #rows = 0;
  #messages: ArrowMessage[] = [];
  readonly #job: number;

  constructor(job: number) {
    this.#job = job;
  }

  add(rows: number, length: number, pieces: readonly Uint8Array[], message: ArrowMessage | null): void {
    if (this.#filled + length > PART_BYTES) this.flush();
    if (length > PART_BYTES) {
      this.#send(rows, message === null ? [] : [message], joined(pieces, length));
      return;
    }
    for (const piece of pieces) {
      this.#bytes.set(piece, this.#filled);
      this.#filled += piece.length;
    }
    this.#rows += rows;
    if (message !== null) this.#messages.push(message);
  }

  flush(): void {
    if (this.#filled === 0) return;
    this.#send(this.#rows, this.#messages, this.#bytes.subarray(0, this.#filled));
    this.#filled = 0;
    this.#rows = 0;
    this.#messages = [];
  }

  #send(rows: number, messages: readonly ArrowMessage[], bytes: Uint8Array): void {
    send({ type: 'result', job: this.#job, rows, messages }, bytes);
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const out = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

class ArrowSink implements ResultSink {
  readonly picks = false;
  rows = 0;
  batches = 0;
  readonly #parts: Parts;
  readonly #encoder: BatchEncoder;

  constructor(job: number, schema: Schema) {
    this.#parts = new Parts(job);
    this.#encoder = new BatchEncoder(schema);
  }

  write(batch: ColumnBatch): void {
    this.rows += batch.length;
    this.batches++;
    for (const { kind, pieces, metadataLength, bodyLength } of this.#encoder.encode(batch)) {
      const rows = kind === 'batch' ? batch.length : 0;
      this.#parts.add(rows, metadataLength + bodyLength, pieces, {
        kind: kind === 'dictionary' ? 'dictionary' : 'batch',
        metadata: metadataLength,
        body: bodyLength,
        rows,
      });
    }
  }

  end(): void {
    this.#parts.flush();
  }
}

class TextSink implements ResultSink {
  readonly picks = true;
  rows = 0;
  batches = 0;
  readonly #parts: Parts;
  readonly #encoder: RowsEncoder;

  constructor(job: number, encoder: RowsEncoder) {
    this.#parts = new Parts(job);
    this.#encoder = encoder;
  }

  write(batch: ColumnBatch, picked?: Uint32Array): void {
    const rows = picked === undefined ? batch.length : picked.length;
    this.rows += rows;
    this.batches++;
    const lines = this.#encoder.encode(batch, picked ?? null);
    this.#parts.add(rows, lines.length, [lines], null);
  }

  end(): void {
    this.#parts.flush();
  }
}
