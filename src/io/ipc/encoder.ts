/** Record batches as an Arrow IPC file or stream, without holding more than one of them. */
import type { Schema } from '../../wire/arrow/types.ts';
import type { ColumnBatch } from '../column.ts';
import { OneDictionary } from './one-dictionary.ts';
import {
  BatchEncoder,
  type Block,
  END_OF_STREAM,
  type EncodedMessage,
  encodeSchema,
  FILE_START,
  fileEnd,
  hasDictionaries,
} from './write.ts';

export type ArrowContainer = 'file' | 'stream';

/**
 * The pieces that `batch` gives may be views of the columns: they are to be written before the columns change. In a file every dictionary
 * is one for all batches, and stands behind them: the footer says where.
 */
export class ArrowEncoder {
  readonly #container: ArrowContainer;
  readonly #schema: Schema;
  readonly #encoder: BatchEncoder;
  readonly #dictionaries: OneDictionary | null;
  readonly #batches: Block[] = [];
  #offset = 0;
  #started = false;

  constructor(container: ArrowContainer, schema: Schema) {
    this.#container = container;
    this.#schema = schema;
    this.#encoder = new BatchEncoder(schema);
    this.#dictionaries = container === 'file' && hasDictionaries(schema) ? new OneDictionary(schema) : null;
  }

  batch(batch: ColumnBatch): readonly Uint8Array[] {
    const out = this.#start();
    if (this.#dictionaries !== null) {
      const message = this.#dictionaries.encode(batch);
      this.#batches.push(this.#place(message));
      out.push(...message.pieces);
      return out;
    }
    for (const message of this.#encoder.encode(batch)) {
      const block = this.#place(message);
      if (message.kind === 'batch') this.#batches.push(block);
      out.push(...message.pieces);
    }
    return out;
  }

  /** The footer or the end-of-stream marker. Without it a reader sees that the result is not whole. */
  end(): readonly Uint8Array[] {
    const out = this.#start();
    if (this.#container === 'stream') return [...out, END_OF_STREAM];
    const dictionaries = (this.#dictionaries?.finish() ?? []).map((message) => {
      out.push(...message.pieces);
      return this.#place(message);
    });
    return [...out, fileEnd(this.#schema, dictionaries, this.#batches)];
  }

  #start(): Uint8Array[] {
    if (this.#started) return [];
    this.#started = true;
    const { pieces } = encodeSchema(this.#schema);
    const out = this.#container === 'file' ? [FILE_START, ...pieces] : [...pieces];
    for (const { length } of out) this.#offset += length;
    return out;
  }

  #place({ metadataLength, bodyLength }: EncodedMessage): Block {
    const offset = this.#offset;
    this.#offset += metadataLength + bodyLength;
    return { offset, metadataLength, bodyLength };
  }
}
