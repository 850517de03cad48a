/** Reads the length-prefixed parts of a frame: bounds first, and an error that names the part that is missing. */
import { DfxError } from './errors.ts';
import type { Limits } from './limits.ts';

const CUT_OFF = "the definition is cut off; compare the payload's length with the sender's";
const DAMAGED = 'the bytes are damaged; compare them with what the sender wrote';

export class FrameCursor {
  /** In the frame. */
  position: number;
  private readonly bytes: Uint8Array;
  private readonly base: number;
  private readonly limits: Limits;
  private readonly frame: string;
  private nodes = 0;

  /** `base` is where `bytes` starts in the payload, `frame` what errors call it. */
  constructor(bytes: Uint8Array, position: number, base: number, limits: Limits, frame: string) {
    this.bytes = bytes;
    this.position = position;
    this.base = base;
    this.limits = limits;
    this.frame = frame;
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  /** A view of the next bytes. */
  take(length: number, what: string): Uint8Array {
    if (length > this.remaining) throw this.truncated(`the ${length} bytes of ${what}`);
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  u8(what: string): number {
    const byte = this.bytes[this.position];
    if (byte === undefined) throw this.truncated(what);
    this.position++;
    return byte;
  }

  u32(what: string): number {
    const bytes = this.take(4, what);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  }

  /** A view of length-prefixed bytes. */
  block(what: string): Uint8Array {
    return this.take(this.u32(`the length of ${what}`), what);
  }

  text(what: string): string {
    const bytes = this.block(what);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw this.bad(this.position - bytes.length, `found bytes that are not UTF-8 in ${what}`);
    }
  }

  /** A number of items, refused where the rest of the frame can't hold that many of `least` bytes. */
  count(what: string, least: number): number {
    const at = this.position;
    const count = this.u32(`the number of items of ${what}`);
    if (count * least > this.remaining) {
      throw this.truncated(`the ${count} items of ${what}`, at + 4);
    }
    return count;
  }

  countNode(at: number): void {
    this.nodes++;
    if (this.nodes > this.limits.maxNodes) {
      throw new DfxError('LIMIT', `more values than the limit of ${this.limits.maxNodes} in the ${this.frame}`, {
        offset: this.base + at,
      });
    }
  }

  checkDepth(depth: number, at: number): void {
    if (depth > this.limits.maxDepth) {
      throw new DfxError(
        'LIMIT',
        `values nested deeper than the limit of ${this.limits.maxDepth} in the ${this.frame}`,
        {
          offset: this.base + at,
        },
      );
    }
  }

  bad(at: number, message: string): DfxError {
    return new DfxError('FRAME_BODY', `${message} of the ${this.frame}`, { offset: this.base + at, hint: DAMAGED });
  }

  private truncated(what: string, at = this.position): DfxError {
    const left = this.bytes.length - at;
    const found = left === 0 ? 'the end' : left === 1 ? '1 byte' : `${left} bytes`;
    return new DfxError('FRAME_TRUNCATED', `found ${found} of the ${this.frame}, expected ${what}`, {
      offset: this.base + at,
      hint: CUT_OFF,
    });
  }
}
