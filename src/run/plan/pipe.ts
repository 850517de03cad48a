/** Input that comes once, through a pipe: looked at for its format and its schema, then handed on, or put into a file. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { makePrivateFolder } from '../private-folder.ts';

export class Pipe {
  readonly #stream: Readable;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  /** What was read so far, for who reads it from the start. */
  #seen: Uint8Array[] | null = [];
  #folder: string | null = null;
  readonly #onAbort = (): void => this.cancel();

  constructor(stream: Readable, signal: AbortSignal | undefined) {
    this.#stream = stream;
    this.#signal = signal;
    this.#chunks = stream[Symbol.asyncIterator]();
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** The first bytes, `count` of them or all that there are. */
  async start(count: number): Promise<Uint8Array> {
    let held = 0;
    const look = this.look()[Symbol.asyncIterator]();
    while (held < count) {
      const next = await look.next();
      if (next.done === true) break;
      held += next.value.length;
    }
    return Buffer.concat(this.#seen ?? []).subarray(0, count);
  }

  /** From the first byte on; what is read is kept, so that it can be read again. */
  look(): AsyncGenerator<Uint8Array, void, void> {
    // A reader that hasn't begun when `forget` is called starts with what was seen until then all the same.
    return this.#readFrom(this.#seen ?? []);
  }

  async *#readFrom(seen: Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
    for (let at = 0; ; at++) {
      const known = seen[at];
      const next = known ?? (await this.#next());
      if (next === null) return;
      if (known === undefined && this.#seen === seen) seen.push(next);
      yield next;
    }
  }

  /** Nothing is kept any more of what `look` reads from now on. */
  forget(): void {
    this.#seen = null;
  }

  /** From the first byte on, for the last time. */
  async *all(): AsyncGenerator<Uint8Array, void, void> {
    const seen = this.#seen ?? [];
    this.#seen = null;
    yield* seen;
    for (let next = await this.#next(); next !== null; next = await this.#next()) yield next;
  }

  /** Puts everything into a private file. */
  async spool(): Promise<string> {
    this.#folder = makePrivateFolder('input');
    const path = join(this.#folder, 'input');
    const file = createWriteStream(path, { mode: 0o600 });
    try {
      for await (const chunk of this.all()) if (!file.write(chunk)) await once(file, 'drain');
      this.#signal?.throwIfAborted();
    } finally {
      file.end();
      await once(file, 'close');
    }
    return path;
  }

  /** Whoever waits for the pipe waits no more. */
  cancel(): void {
    this.#stream.destroy();
  }

  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.cancel();
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true });
  }

  async #next(): Promise<Uint8Array | null> {
    try {
      const next = await this.#chunks.next();
      return next.done === true ? null : next.value;
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw error;
    }
  }
}
