/**
 * A file that appears whole or not at all: written under a temporary name beside it, then renamed. A device or a pipe is written
 * to as it is: renaming would put a file in its place. Of a symbolic link, the file behind it is replaced.
 */
import { accessSync, constants, rmSync, writeSync } from 'node:fs';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
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
  /** Null for what is no file. */
  readonly #temporary: string | null;
  readonly #handle: FileHandle;
  /** Where the next bytes go. */
  #at = 0;

  private constructor(path: string, temporary: string | null, handle: FileHandle) {
    this.#path = path;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  static async create(path: string): Promise<OutputFile> {
    const found = await existing(path);
    if (found !== null && !found.isFile) {
      try {
        return new OutputFile(path, null, await open(path, 'w'));
      } catch (cause) {
        throw outputError(path, cause);
      }
    }
    const target = found?.path ?? path;
    const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
    watch(temporary);
    try {
      const handle = await open(temporary, 'wx');
      // who may read the old file may read the new one, and nobody else
      if (found !== null) await handle.chmod(found.mode);
      return new OutputFile(target, temporary, handle);
    } catch (cause) {
      unwatch(temporary);
      throw outputError(path, cause);
    }
  }

  async write(data: Uint8Array | string): Promise<void> {
    try {
      // A disk takes bytes at once; a device or a pipe may not, and signals must be heard meanwhile.
      if (this.#temporary === null) await this.#handle.writeFile(data);
      else this.#put(typeof data === 'string' ? Buffer.from(data) : data);
    } catch (cause) {
      throw outputError(this.#path, cause);
    }
  }

  #put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const count = writeSync(this.#handle.fd, bytes, at, bytes.length - at, this.#at);
      at += count;
      this.#at += count;
    }
  }

  /** The file that other processes may write to, at places that `leave` gives; null where they can't. */
  get shared(): string | null {
    if (this.#temporary === null) return null;
    try {
      accessSync(this.#temporary, constants.W_OK);
      return resolve(this.#temporary);
    } catch {
      return null; // it has the mode of the file that it replaces, which is for reading only
    }
  }

  /** The place of `count` bytes that another process writes. */
  leave(count: number): number {
    const place = this.#at;
    this.#at += count;
    return place;
  }

  async commit(): Promise<void> {
    const temporary = this.#temporary;
    try {
      await this.#handle.close();
      if (temporary !== null) await rename(temporary, this.#path);
    } catch (cause) {
      if (temporary !== null) await rm(temporary, { force: true });
      throw outputError(this.#path, cause);
    } finally {
      if (temporary !== null) unwatch(temporary);
    }
  }

  /** Leaves nothing. */
  async discard(): Promise<void> {
    await this.#handle.close();
    if (this.#temporary === null) return;
    await rm(this.#temporary, { force: true });
    unwatch(this.#temporary);
  }
}

/** What stands at `path` already, behind its links; null for nothing. */
async function existing(path: string): Promise<{ path: string; isFile: boolean; mode: number } | null> {
  try {
    const found = await stat(path);
    return { path: await realpath(path), isFile: found.isFile(), mode: found.mode & 0o777 };
  } catch {
    return null; // creating the file says why it can't be
  }
}
