/** An Arrow stream that arrives in chunks, as streams of some record batches each. The batches are passed on as they are. */
import { joinPieces } from '../../io/ipc/write.ts';
import { endOfStream, readMessageMetadata } from '../../wire/arrow/index.ts';
import { DfxError } from '../../wire/errors.ts';

const CONTINUATION = 0xffffffff;

/** Bytes that wait for the rest of their message. */
class Chunks {
  #chunks: Uint8Array[] = [];
  held = 0;

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.held += chunk.length;
  }

  /** The first `count` bytes, which are there. */
  peek(count: number): Uint8Array {
    const [first] = this.#chunks;
    if (first === undefined || first.length < count) this.#chunks = [joinPieces(this.#chunks)];
    return (this.#chunks[0] ?? new Uint8Array(0)).subarray(0, count);
  }

  take(count: number): Uint8Array {
    const taken = this.peek(count);
    const rest = this.#chunks[0]?.subarray(count) ?? new Uint8Array(0);
    if (rest.length === 0) this.#chunks.shift();
    else this.#chunks[0] = rest;
    this.held -= count;
    return taken;
  }
}

export interface ArrowPiece {
  readonly bytes: Uint8Array;
  /** Rows of the stream before it. */
  readonly before: number;
}

interface Message {
  /** With its prefix; empty for the end of the stream. */
  readonly bytes: Uint8Array;
  readonly rows: number;
}

const END: Message = { bytes: new Uint8Array(0), rows: 0 };

/**
 * Each piece has the schema, record batches of about `bytes` together, and an end. For streams without dictionaries. `file`: the input's name,
 * for messages.
 */
export async function* arrowPieces(
  source: AsyncIterable<Uint8Array>,
  bytes: number,
  file: string | undefined,
): AsyncGenerator<ArrowPiece, void, void> {
  const chunks = new Chunks();
  let schema: Uint8Array | null = null;
  let batches: Uint8Array[] = [];
  let held = 0;
  let rows = 0;
  let before = 0;
  const piece = (head: Uint8Array): ArrowPiece => {
    const made = { bytes: joinPieces([head, ...batches, endOfStream()]), before };
    batches = [];
    held = 0;
    before = rows;
    return made;
  };
  let ended = false;
  for await (const chunk of source) {
    chunks.push(chunk);
    for (let message = nextMessage(chunks); message !== null; message = nextMessage(chunks)) {
      if (message.bytes.length === 0) {
        ended = true;
        break;
      }
      if (schema === null) {
        schema = message.bytes;
        continue;
      }
      batches.push(message.bytes);
      held += message.bytes.length;
      rows += message.rows;
      if (held >= bytes) yield piece(schema);
    }
    if (ended) break;
  }
  if (!ended && chunks.held > 0) {
    throw new DfxError('INPUT_FORMAT', 'no readable Arrow IPC file or stream: the stream ends inside a message', {
      file,
    });
  }
  if (schema !== null) yield piece(schema);
}

/** Null where more bytes are needed. */
function nextMessage(chunks: Chunks): Message | null {
  if (chunks.held < 4) return null;
  const first = readU32(chunks.peek(4), 0);
  const prefix = first === CONTINUATION ? 8 : 4;
  if (chunks.held < prefix) return null;
  const length = prefix === 4 ? first : readU32(chunks.peek(8), 4);
  if (length === 0) return END;
  if (chunks.held < prefix + length) return null;
  const metadata = readMessageMetadata(chunks.peek(prefix + length).subarray(prefix), prefix);
  const whole = prefix + length + metadata.bodyLength;
  if (chunks.held < whole) return null;
  return { bytes: chunks.take(whole), rows: metadata.kind === 'batch' ? metadata.batch.rows : 0 };
}

function readU32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true);
}
