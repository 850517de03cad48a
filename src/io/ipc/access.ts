/** Bytes at any place of an input: of a file, read when they are asked for, or of memory. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DfxError } from '../../wire/errors.ts';
import { fileError } from '../file-errors.ts';
import { IntegerMemory } from '../wasm/integer-memory.ts';

export interface RandomAccess {
  /** For messages. */
  readonly name: string | undefined;
  readonly size: number;
  /** Bytes that were given so far. */
  readonly taken: number;
  /** Whether `read` gives views of memory that others hold, which must not be written to; else it fills `into`. */
  readonly shared: boolean;
  /**
   * Bytes `[start, start + length)`, which the caller has found to lie within `size`; in `into`, where that is given and large enough and
   * they aren't shared. Shared ones start at any place of their memory.
   */
  read(start: number, length: number, into?: Uint8Array): Uint8Array;
  close(): void;
}

export class FileAccess implements RandomAccess {
  readonly name: string;
  readonly size: number;
  readonly shared = false;
  taken = 0;
  #descriptor: number;

  /** Throws FILE_NOT_FOUND, FILE_UNREADABLE. */
  constructor(path: string) {
    this.name = path;
    try {
      this.#descriptor = openSync(path, 'r');
    } catch (cause) {
      throw fileError(path, cause);
    }
    const found = fstatSync(this.#descriptor);
    this.size = found.size;
    if (found.isDirectory()) {
      this.close();
      throw new DfxError('FILE_UNREADABLE', 'found a folder, expected a file', { file: path });
    }
  }

  read(start: number, length: number, into?: Uint8Array): Uint8Array {
    const out = into !== undefined && into.length >= length ? into.subarray(0, length) : new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      let count: number;
      try {
        count = readSync(this.#descriptor, out, filled, length - filled, start + filled);
      } catch (cause) {
        throw fileError(this.name, cause);
      }
      if (count === 0) {
        throw new DfxError('INPUT_FORMAT', `the file ended at byte ${start + filled} while it was read`, {
          file: this.name,
          hint: 'try again when nobody writes to it',
        });
      }
      filled += count;
    }
    this.taken += length;
    return out;
  }

  close(): void {
    if (this.#descriptor < 0) return;
    closeSync(this.#descriptor);
    this.#descriptor = -1;
  }
}

export class MemoryAccess implements RandomAccess {
  readonly name: string | undefined;
  readonly shared = true;
  taken = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, name?: string) {
    this.name = name;
    // `slice` of a Buffer copies nothing.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(start: number, length: number): Uint8Array {
    this.taken += length;
    return this.#bytes.subarray(start, start + length);
  }

  close(): void {}
}

/** Memory for the buffers of one batch, which the next batch may use again. */
export interface Arena {
  /** `slot` tells the buffers of a batch apart. The bytes hold anything. */
  take(slot: number, bytes: number): Uint8Array<ArrayBuffer>;
  /** The same for a column of so many 64-bit integers; null where it has no memory of that kind. */
  integers(slot: number, count: number): IntegerMemory | null;
}

/** Fewer are converted faster than handed over. */
const LEAST_INTEGERS = 1024;
/** Children of a list may be any number: 16 MiB for a column are enough. */
const MOST_INTEGERS = 1024 * 1024;
/** Each has a memory of its own, of which V8 allows some hundred. */
const MOST_MEMORIES = 16;

/** The same memory for every batch: what of a batch must outlast it is copied by who holds it. */
export class PooledArena implements Arena {
  readonly #slots: Uint8Array<ArrayBuffer>[] = [];
  readonly #integers = new Map<number, IntegerMemory>();

  take(slot: number, bytes: number): Uint8Array<ArrayBuffer> {
    const held = this.#slots[slot];
    if (held !== undefined && held.length >= bytes) return held.subarray(0, bytes);
    const made = new Uint8Array(Math.max(64, Math.ceil(bytes / 64) * 64));
    this.#slots[slot] = made;
    return made.subarray(0, bytes);
  }

  integers(slot: number, count: number): IntegerMemory | null {
    const held = this.#integers.get(slot);
    if (held !== undefined && held.capacity >= count) return held;
    if (count < LEAST_INTEGERS || count > MOST_INTEGERS || (held === undefined && this.#integers.size >= MOST_MEMORIES))
      return null;
    const made = new IntegerMemory(Math.max(count, Math.floor((held?.capacity ?? 0) * 1.25)));
    this.#integers.set(slot, made);
    return made;
  }
}

export const FRESH_ARENA: Arena = { take: (_slot, bytes) => new Uint8Array(bytes), integers: () => null };
