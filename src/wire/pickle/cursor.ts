import { DfxError, type ErrorCode } from '../errors.ts';
import { opcodeOf } from './opcodes.ts';

/** The largest integer that is turned into a number: its decimal text takes time that grows faster than its bytes. */
export const MAX_INTEGER_BYTES = 65_536;

/** Reads opcode arguments with a bounds check before each. Positions are local; errors carry absolute offsets. */
export class PickleCursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly base: number;
  /** Where the opcode being read starts. */
  start = 0;
  pos = 0;

  constructor(bytes: Uint8Array, base: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.base = base;
  }

  /** The name of the opcode being read. */
  get name(): string {
    return opcodeOf(this.bytes[this.start] ?? 0)?.name ?? 'opcode';
  }

  fail(code: ErrorCode, what: string, hint?: string): DfxError {
    return new DfxError(code, what, { offset: this.base + this.start, hint });
  }

  bad(what: string): DfxError {
    return this.fail('PICKLE', `${this.name} ${what}`);
  }

  private need(count: number): void {
    const left = this.bytes.length - this.pos;
    if (left < count)
      throw this.fail('PICKLE_TRUNCATED', `${this.name} needs ${plural(count)} of argument, ${are(left)} left`);
  }

  uint1(): number {
    this.need(1);
    return this.bytes[this.pos++] ?? 0;
  }

  uint2(): number {
    this.need(2);
    this.pos += 2;
    return this.view.getUint16(this.pos - 2, true);
  }

  uint4(): number {
    this.need(4);
    this.pos += 4;
    return this.view.getUint32(this.pos - 4, true);
  }

  int4(): number {
    this.need(4);
    this.pos += 4;
    return this.view.getInt32(this.pos - 4, true);
  }

  /** Exact up to 2^53, which is beyond any length that can be left. */
  uint8(): number {
    this.need(8);
    this.pos += 8;
    return this.view.getUint32(this.pos - 8, true) + this.view.getUint32(this.pos - 4, true) * 2 ** 32;
  }

  float8(): number {
    this.need(8);
    this.pos += 8;
    return this.view.getFloat64(this.pos - 8, false);
  }

  /** Moves over `length` payload bytes and gives where they start. */
  block(length: number): number {
    const left = this.bytes.length - this.pos;
    if (length > left) throw this.fail('PICKLE_TRUNCATED', `${this.name} says ${plural(length)}, ${are(left)} left`);
    const start = this.pos;
    this.pos += length;
    return start;
  }

  /** A frame's length: the frame must lie inside the payload, but its opcodes are read as they come. */
  frame(): number {
    const length = this.uint8();
    const left = this.bytes.length - this.pos;
    if (length > left) throw this.fail('PICKLE_TRUNCATED', `FRAME says ${plural(length)}, ${are(left)} left`);
    return length;
  }

  /** Moves behind the next newline and gives where that newline is. */
  line(): number {
    const end = this.bytes.indexOf(0x0a, this.pos);
    if (end < 0) throw this.fail('PICKLE_TRUNCATED', `${this.name} needs a line of text, no newline follows`);
    this.pos = end + 1;
    return end;
  }

  /** The length of a LONG1 or LONG4. */
  integerBytes(length: number): number {
    if (length < 0) throw this.bad(`says ${length} bytes`);
    const start = this.block(length);
    this.checkIntegerSize(length);
    return start;
  }

  checkIntegerSize(length: number): void {
    if (length > MAX_INTEGER_BYTES)
      throw this.fail(
        'LIMIT',
        `${this.name} holds an integer of ${length} bytes, more than the ${MAX_INTEGER_BYTES} that dfx reads`,
      );
  }
}

function plural(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}

function are(count: number): string {
  return count === 0 ? 'none is' : count === 1 ? '1 is' : `${count} are`;
}
