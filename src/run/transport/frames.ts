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
  readonly body: Uint8Array;
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
    return { header: parseHeader(text), body: bodyLength === 0 ? NO_BYTES : this.#take(bodyLength) };
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
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= length) {
      if (first.length === length) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(length);
      this.#held -= length;
      return first.subarray(0, length);
    }
    const whole = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) throw new DfxError('DEFECT', 'a frame was taken before it was whole');
      const part = chunk.subarray(0, length - filled);
      whole.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#held -= length;
    return whole;
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
