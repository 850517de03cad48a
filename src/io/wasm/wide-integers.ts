/** Memory for a column of 64-bit integers, as they are read and as doubles, and what makes these of those. */
import { INTEGERS } from './integers-module.ts';

const PAGE = 65536;
/** Below it the module has nothing of its own either. */
const FIRST = 1024;

/** src/io/wasm/integers/index.ts */
type ToDoubles = (from: number, to: number, count: number, signed: boolean) => number;

let compiled: WebAssembly.Module | null = null;

export class WideIntegers {
  /** Rows that it has room for. */
  readonly capacity: number;
  readonly buffer: ArrayBuffer;
  readonly #toDoubles: ToDoubles;
  readonly #doublesAt: number;

  constructor(rows: number) {
    const pages = Math.ceil((FIRST + 16 * rows) / PAGE);
    this.capacity = Math.floor((pages * PAGE - FIRST) / 16);
    this.#doublesAt = FIRST + 8 * this.capacity;
    compiled ??= new WebAssembly.Module(Buffer.from(INTEGERS, 'base64'));
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.buffer = memory.buffer;
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
    // The signature is that of the sources that the module is made of (a test makes it again).
    this.#toDoubles = exports['toDoubles'] as ToDoubles;
  }

  /** What is to be filled. */
  bytes(rows: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.buffer, FIRST, 8 * rows);
  }

  /** The first rows of what was filled; null where one of them is no safe integer. */
  doubles(rows: number, signed: boolean): Float64Array | null {
    if (this.#toDoubles(FIRST, this.#doublesAt, rows, signed) === 0) return null;
    return new Float64Array(this.buffer, this.#doublesAt, rows);
  }
}
