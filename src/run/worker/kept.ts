/** Results that wait in this worker for their place in the output file, which it writes to itself. */
import { closeSync, constants, openSync, writevSync } from 'node:fs';
import { reason } from '../../io/file-errors.ts';
import { send } from './channel.ts';

const BLOCK_BYTES = 1024 * 1024;
/** Memory of results that are written, for the next ones: fresh memory costs more than filling it. */
const spare: Uint8Array[] = [];
const MOST_SPARE = 64;

/** Bytes that grow at their end, in blocks. */
export class KeptBytes {
  length = 0;
  readonly #blocks: Uint8Array[] = [];

  add(piece: Uint8Array): void {
    for (let from = 0; from < piece.length; ) {
      const filled = this.length % BLOCK_BYTES;
      if (filled === 0) this.#blocks.push(spare.pop() ?? new Uint8Array(BLOCK_BYTES));
      const count = Math.min(piece.length - from, BLOCK_BYTES - filled);
      this.#blocks[this.#blocks.length - 1]?.set(piece.subarray(from, from + count), filled);
      from += count;
      this.length += count;
    }
  }

  get pieces(): readonly Uint8Array[] {
    const over = this.#blocks.length * BLOCK_BYTES - this.length;
    return this.#blocks.map((block, at) =>
      at + 1 < this.#blocks.length ? block : block.subarray(0, BLOCK_BYTES - over),
    );
  }

  /** Nobody reads the bytes any more. */
  free(): void {
    for (const block of this.#blocks) if (spare.length < MOST_SPARE) spare.push(block);
    this.#blocks.length = 0;
    this.length = 0;
  }
}

const kept = new Map<number, { readonly target: string; readonly bytes: KeptBytes }>();

export function keep(job: number, target: string, bytes: KeptBytes): void {
  kept.set(job, { target, bytes });
}

/** `offset` null: the result isn't wanted. */
export function writeKept(job: number, offset: number | null): void {
  const found = kept.get(job);
  if (found === undefined) {
    if (offset !== null)
      send({ type: 'failed', job, code: 'DEFECT', message: 'a result was asked for that was not kept' });
    return;
  }
  kept.delete(job);
  try {
    if (offset !== null) writeAt(found.target, found.bytes.pieces, offset);
  } catch (cause) {
    send({ type: 'failed', job, code: 'FILE_UNWRITABLE', message: `the output can't be written: ${reason(cause)}` });
    return;
  } finally {
    found.bytes.free();
  }
  if (offset !== null) send({ type: 'written', job });
}

/** The file of the run, open from its first result on. */
let open: { readonly path: string; readonly file: number } | null = null;

function writeAt(path: string, pieces: readonly Uint8Array[], offset: number): void {
  if (open?.path !== path) {
    if (open !== null) closeSync(open.file);
    // Not created: it is there, or the run is over.
    open = { path, file: openSync(path, constants.O_WRONLY) };
  }
  let left = pieces.filter(({ length }) => length > 0);
  for (let at = offset; left.length > 0; ) {
    const count = writevSync(open.file, left, at);
    at += count;
    left = behind(left, count);
  }
}

/** The pieces without their first `count` bytes. */
function behind(pieces: readonly Uint8Array[], count: number): Uint8Array[] {
  const left: Uint8Array[] = [];
  let skip = count;
  for (const piece of pieces) {
    if (skip < piece.length) left.push(piece.subarray(skip));
    skip = Math.max(0, skip - piece.length);
  }
  return left;
}
