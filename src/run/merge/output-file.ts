/** A file that appears whole or not at all: written under a temporary name beside it, then renamed. */
import { rmSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { outputError } from '../../io/file-errors.ts';

/** What a signal finds half written. */
const unfinished = new Set<string>();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Removes what is half written, and lets the signal do what it does without this. */
function onSignal(signal: NodeJS.Signals): void {
  for (const temporary of unfinished) rmSync(temporary, { force: true });
  unfinished.clear();
  unwatch();
  // who listens beside this was told along with it; else the process ends as if nobody had listened
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function watch(temporary: string): void {
  if (unfinished.size === 0) for (const signal of SIGNALS) process.on(signal, onSignal);
  unfinished.add(temporary);
}

function unwatch(temporary?: string): void {
  if (temporary !== undefined) unfinished.delete(temporary);
  if (unfinished.size === 0) for (const signal of SIGNALS) process.off(signal, onSignal);
}

export class OutputFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;

  private constructor(path: string, temporary: string, handle: FileHandle) {
    this.#path = path;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  static async create(path: string): Promise<OutputFile> {
    const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
    watch(temporary);
    try {
      return new OutputFile(path, temporary, await open(temporary, 'wx'));
    } catch (cause) {
      unwatch(temporary);
      throw outputError(path, cause);
    }
  }

  async write(data: Uint8Array | string): Promise<void> {
    try {
      await this.#handle.writeFile(data);
    } catch (cause) {
      throw outputError(this.#path, cause);
    }
  }

  async commit(): Promise<void> {
    try {
      await this.#handle.close();
      await rename(this.#temporary, this.#path);
    } catch (cause) {
      await rm(this.#temporary, { force: true });
      throw outputError(this.#path, cause);
    } finally {
      unwatch(this.#temporary);
    }
  }

  /** Leaves nothing. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await rm(this.#temporary, { force: true });
    unwatch(this.#temporary);
  }
}
