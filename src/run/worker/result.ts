/** A job's result on its way to the parent: encoded batch by batch, sent in parts of some hundred kilobytes. */
import type { ColumnBatch } from '../../io/column.ts';
import { BatchEncoder, hasDictionaries } from '../../io/ipc/write.ts';
import { type RowsEncoder, type TextFormat, textEncoder } from '../../io/out/text.ts';
import { type Schema, writeIpcSchema } from '../../wire/arrow/index.ts';
import { joined } from '../transport/frames.ts';
import type { ArrowMessage, Job } from '../transport/messages.ts';
import { send } from './channel.ts';
import { KeptBytes, keep } from './kept.ts';

const PART_BYTES = 256 * 1024;
/** Of one job. */
const MOST_KEPT_BYTES = 32 * 1024 * 1024;

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
export function resultSink({ job, output, delimiter, target }: Job, schema: Schema): ResultSink {
  const ipc = writeIpcSchema(schema);
  const sink =
    output === 'arrow'
      ? new ArrowSink(job, target, schema)
      : new TextSink(job, target, encoderOf(output, schema, ipc, delimiter));
  send({ type: 'schema', job }, ipc);
  return sink;
}

/** That of the job before: the next one mostly writes the same, and an encoder's memory costs more to make than to use again. */
let last: { readonly key: string; readonly encoder: RowsEncoder } | null = null;

function encoderOf(output: TextFormat, schema: Schema, ipc: Uint8Array, delimiter: string): RowsEncoder {
  const key = `${output} ${delimiter} ${Buffer.from(ipc.buffer, ipc.byteOffset, ipc.length).toString('latin1')}`;
  if (last?.key !== key) last = { key, encoder: textEncoder(output, schema, { delimiter }) };
  return last.encoder;
}

/** Where a result's bytes go: to the parent, or for a while to this worker's memory. */
interface Parts {
  /** The pieces of one message, or lines; their memory may be used again once this returns. */
  add(rows: number, length: number, pieces: readonly Uint8Array[], message: ArrowMessage | null): void;
  end(): void;
}

/** One job at a time fills it. */
const partBytes = new Uint8Array(PART_BYTES);

class SentParts implements Parts {
  #filled = 0;
  #rows = 0;
  #messages: ArrowMessage[] = [];
  readonly #job: number;

  constructor(job: number) {
    this.#job = job;
  }

  add(rows: number, length: number, pieces: readonly Uint8Array[], message: ArrowMessage | null): void {
    if (this.#filled + length > PART_BYTES) this.end();
    if (length > PART_BYTES) {
      this.#send(rows, message === null ? [] : [message], joined(pieces, length));
      return;
    }
    for (const piece of pieces) {
      partBytes.set(piece, this.#filled);
      this.#filled += piece.length;
    }
    this.#rows += rows;
    if (message !== null) this.#messages.push(message);
  }

  end(): void {
    if (this.#filled === 0) return;
    this.#send(this.#rows, this.#messages, partBytes.subarray(0, this.#filled));
    this.#filled = 0;
    this.#rows = 0;
    this.#messages = [];
  }

  #send(rows: number, messages: readonly ArrowMessage[], bytes: Uint8Array): void {
    send({ type: 'result', job: this.#job, rows, messages }, bytes);
  }
}

/** Keeps the bytes for the file that the job names; what gets too long is sent after all. */
class KeptParts implements Parts {
  readonly #job: number;
  readonly #target: string;
  #bytes: KeptBytes = new KeptBytes();
  #rows = 0;
  #messages: ArrowMessage[] = [];
  #sent: SentParts | null = null;

  constructor(job: number, target: string) {
    this.#job = job;
    this.#target = target;
  }

  add(rows: number, length: number, pieces: readonly Uint8Array[], message: ArrowMessage | null): void {
    if (this.#sent === null && this.#bytes.length + length > MOST_KEPT_BYTES) this.#sent = this.#sendKept();
    if (this.#sent !== null) {
      this.#sent.add(rows, length, pieces, message);
      return;
    }
    for (const piece of pieces) this.#bytes.add(piece);
    this.#rows += rows;
    if (message !== null) this.#messages.push(message);
  }

  end(): void {
    if (this.#sent !== null) {
      this.#sent.end();
    } else if (this.#bytes.length > 0) {
      keep(this.#job, this.#target, this.#bytes);
      const [rows, messages, kept] = [this.#rows, this.#messages, this.#bytes.length];
      send({ type: 'result', job: this.#job, rows, messages, kept });
    }
  }

  #sendKept(): SentParts {
    const whole = joined(this.#bytes.pieces, this.#bytes.length);
    this.#bytes.free();
    if (whole.length > 0) send({ type: 'result', job: this.#job, rows: this.#rows, messages: this.#messages }, whole);
    return new SentParts(this.#job);
  }
}

function partsOf(job: number, target: string | null): Parts {
  return target === null ? new SentParts(job) : new KeptParts(job, target);
}

class ArrowSink implements ResultSink {
  readonly picks = false;
  rows = 0;
  batches = 0;
  readonly #parts: Parts;
  readonly #encoder: BatchEncoder;

  constructor(job: number, target: string | null, schema: Schema) {
    // A file has one dictionary for all of its batches: whoever writes it makes that one.
    this.#parts = partsOf(job, hasDictionaries(schema) ? null : target);
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
    this.#parts.end();
  }
}

class TextSink implements ResultSink {
  readonly picks = true;
  rows = 0;
  batches = 0;
  readonly #parts: Parts;
  readonly #encoder: RowsEncoder;

  constructor(job: number, target: string | null, encoder: RowsEncoder) {
    this.#parts = partsOf(job, target);
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
    this.#parts.end();
  }
}
