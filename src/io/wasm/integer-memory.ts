/** Memory for a column of integers, as they are read and as they are used, and what makes these of those. */
import { INTEGERS } from './integers-module.ts';

const PAGE = 65536;
/** Below it the module has nothing of its own either. */
const FIRST = 1024;

/** src/io/wasm/integers/index.ts */
interface Exports {
  toDoubles(from: number, to: number, count: number, signed: boolean): number;
  fromFirst(from: number, to: number, count: number): number;
}

let compiled: WebAssembly.Module | null = null;

export class IntegerMemory {
  /** Integers of 64 bits that it has room for. */
  readonly capacity: number;
  readonly buffer: ArrayBuffer;
  readonly #exports: Exports;
  readonly #usedAt: number;

  constructor(rows: number) {
    const pages = Math.ceil((FIRST + 16 * rows) / PAGE);
    this.capacity = Math.floor((pages * PAGE - FIRST) / 16);
    this.#usedAt = FIRST + 8 * this.capacity;
    compiled ??= new WebAssembly.Module(Buffer.from(INTEGERS, 'base64'));
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.buffer = memory.buffer;
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
    // The signatures are those of the sources that the module is made of (a test makes it again).
    this.#exports = exports as unknown as Exports;
  }

  /** What is to be filled. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.buffer, FIRST, length);
  }

  /** The first 64-bit integers of what was filled; null where one of them is no safe integer. */
  doubles(count: number, signed: boolean): Float64Array | null {
    if (this.#exports.toDoubles(FIRST, this.#usedAt, count, signed) === 0) return null;
    return new Float64Array(this.buffer, this.#usedAt, count);
  }

  /** The first 32-bit integers of what was filled, less the first; null where one of them is less than the one before. */
  fromFirst(count: number): Int32Array<ArrayBuffer> | null {
    if (this.#exports.fromFirst(FIRST, this.#usedAt, count) === 0) return null;
    return new Int32Array(this.buffer, this.#usedAt, count);
  }
}
