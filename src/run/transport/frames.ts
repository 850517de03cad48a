/**
 * The frames between dfx and its workers: `header length u32 LE | body length u32 LE | header (JSON) | body`.
 * `docs/worker-protocol.md` has the messages; `python/dfx_worker/channel.py` is the other end.
 */
import { DfxError } from '../../wire/errors.ts';

export const PREFIX_LENGTH = 8;

/** A header names columns and messages, never data: a longer one is a stray byte in the stream. */
export const MAX_HEADER = 16 * 1024 * 1024;

export interface Frame {
  readonly header: Readonly<Record<string, unknown>> & { readonly type: string };
  /** The pieces one after the other, in one: a copy where there are several. */
  readonly body: Uint8Array;
  /** Views of the chunks that came. */
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
}

class ReadFrame implements Frame {
  readonly header: Frame['header'];
  readonly pieces: readonly Uint8Array[];
  readonly length: number;

  constructor(header: Frame['header'], pieces: readonly Uint8Array[], length: number) {
    this.header = header;
    this.pieces = pieces;
    this.length = length;
  }

  get body(): Uint8Array {
    return joined(this.pieces, this.length);
  }
}

/** `length` bytes in one piece: a copy where there are several. */
export function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return first;
  if (first === undefined) return NO_BYTES;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const NO_BYTES = new Uint8Array(0);

/** Prefix and header in one piece, to be written before the body. */
export function encodeFrameHead(header: { readonly type: string }, bodyLength: number): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(PREFIX_LENGTH + text.length);
  const view = new DataView(head.buffer);
  view.setUint32(0, text.length, true);
  view.setUint32(4, bodyLength, true);
  head.set(text, PREFIX_LENGTH);
  return head;
}

/** Cuts a stream of chunks into frames. A body inside one chunk is a view of it, not a copy. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #held = 0;

  /** Bytes that wait for the rest of their frame. */
  get held(): number {
    return this.#held;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
  }

  /** The next whole frame, or null while bytes are missing. Throws DEFECT when the bytes aren't frames. */
  next(): Frame | null {
    if (this.#held < PREFIX_LENGTH) return null;
    const prefix = this.#peek(PREFIX_LENGTH);
    const view = new DataView(prefix.buffer, prefix.byteOffset, PREFIX_LENGTH);
    const headerLength = view.getUint32(0, true);
    const bodyLength = view.getUint32(4, true);
    if (headerLength > MAX_HEADER) {
      throw new DfxError('DEFECT', `a worker sent a frame with a header of ${headerLength} bytes`);
    }
    if (this.#held < PREFIX_LENGTH + headerLength + bodyLength) return null;
    this.#take(PREFIX_LENGTH);
    const text = new TextDecoder().decode(this.#take(headerLength));
    return new ReadFrame(parseHeader(text), this.#takePieces(bodyLength), bodyLength);
  }

  #peek(length: number): Uint8Array {
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= length) return first.subarray(0, length);
    const whole = this.#take(length);
    this.#chunks.unshift(whole);
    this.#held += length;
    return whole;
  }

  #take(length: number): Uint8Array {
    return joined(this.#takePieces(length), length);
  }

  #takePieces(length: number): readonly Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) throw new DfxError('DEFECT', 'a frame was taken before it was whole');
      if (chunk.length <= missing) {
        this.#chunks.shift();
        pieces.push(chunk);
        missing -= chunk.length;
      } else {
        this.#chunks[0] = chunk.subarray(missing);
        pieces.push(chunk.subarray(0, missing));
        missing = 0;
      }
    }
    this.#held -= length;
    return pieces;
  }
}

function parseHeader(text: string): Frame['header'] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DfxError('DEFECT', "a worker sent a frame whose header isn't JSON", { cause });
  }
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string') {
    throw new DfxError('DEFECT', 'a worker sent a frame without a type');
  }
  return { ...value, type: value.type };
}
