/** Record batches as an Arrow IPC file or stream, without holding more than one of them. */
import {
  AsyncByteQueue,
  type RecordBatch,
  RecordBatchFileWriter,
  RecordBatchStreamWriter,
  type Schema,
} from 'apache-arrow';

export type ArrowContainer = 'file' | 'stream';

/** Takes the writer's bytes as they come, where apache-arrow's own sink would wait for a reader. */
class TakenBytes extends AsyncByteQueue {
  #taken: Uint8Array[] = [];

  override write(value: ArrayBufferLike | ArrayBufferView): void {
    const bytes = ArrayBuffer.isView(value)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value);
    // The writer reuses small buffers (padding, lengths): what it lends is copied.
    if (bytes.length > 0) this.#taken.push(bytes.slice());
  }

  take(): readonly Uint8Array[] {
    const taken = this.#taken;
    this.#taken = [];
    return taken;
  }
}

export class ArrowEncoder {
  readonly #sink = new TakenBytes();
  readonly #writer: RecordBatchFileWriter | RecordBatchStreamWriter;

  constructor(container: ArrowContainer, schema: Schema) {
    this.#writer =
      container === 'file' ? new RecordBatchFileWriter() : new RecordBatchStreamWriter({ autoDestroy: false });
    this.#writer.reset(this.#sink, schema);
  }

  batch(batch: RecordBatch): readonly Uint8Array[] {
    this.#writer.write(batch);
    return this.#sink.take();
  }

  /** The footer or the end-of-stream marker. Without it a reader sees that the result is not whole. */
  end(): readonly Uint8Array[] {
    this.#writer.finish();
    return this.#sink.take();
  }
}
