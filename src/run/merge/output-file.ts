/**
 * A file that appears whole or not at all: written under a temporary name beside it, then renamed. A device or a pipe is written
 * to as it is: renaming would put a file in its place. Of a symbolic link, the file behind it is replaced.
 */
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
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

/** A disk takes bytes at once; a device or a pipe may not, and signals must be heard meanwhile. */
type Sink =
  | { readonly kind: 'file'; readonly file: number; readonly temporary: string }
  | { readonly kind: 'stream'; readonly handle: FileHandle };

export class OutputFile {
  readonly #path: string;
  readonly #sink: Sink;
  /** Where the next bytes go. */
  #at = 0;

  private constructor(path: string, sink: Sink) {
    this.#path = path;
    this.#sink = sink;
  }

  static async create(path: string): Promise<OutputFile> {
    const found = existing(path);
    if (found !== null && !found.isFile) {
      try {
        return new OutputFile(path, { kind: 'stream', handle: await open(path, 'w') });
      } catch (cause) {
        throw outputError(path, cause);
      }
    }
    const target = found?.path ?? path;
    const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
    watch(temporary);
    try {
      const file = openSync(temporary, 'wx');
      // who may read the old file may read the new one, and nobody else
      if (found !== null) fchmodSync(file, found.mode);
      return new OutputFile(target, { kind: 'file', file, temporary });
    } catch (cause) {
      unwatch(temporary);
      throw outputError(path, cause);
    }
  }

  async write(data: Uint8Array | string): Promise<void> {
    const sink = this.#sink;
    try {
      if (sink.kind === 'stream') await sink.handle.writeFile(data);
      else this.#put(sink.file, typeof data === 'string' ? Buffer.from(data) : data);
    } catch (cause) {
      throw outputError(this.#path, cause);
    }
  }

  #put(file: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const count = writeSync(file, bytes, at, bytes.length - at, this.#at);
      at += count;
      this.#at += count;
    }
  }

  /** The file that other processes may write to, at places that `leave` gives; null where they can't. */
  get shared(): string | null {
    if (this.#sink.kind === 'stream') return null;
    const { temporary } = this.#sink;
    try {
      accessSync(temporary, constants.W_OK);
      return resolve(temporary);
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
    const sink = this.#sink;
    try {
      if (sink.kind === 'stream') {
        await sink.handle.close();
      } else {
        closeSync(sink.file);
        renameSync(sink.temporary, this.#path);
      }
    } catch (cause) {
      if (sink.kind === 'file') rmSync(sink.temporary, { force: true });
      throw outputError(this.#path, cause);
    } finally {
      if (sink.kind === 'file') unwatch(sink.temporary);
    }
  }

  /** Leaves nothing. */
  async discard(): Promise<void> {
    const sink = this.#sink;
    if (sink.kind === 'stream') return sink.handle.close();
    closeSync(sink.file);
    rmSync(sink.temporary, { force: true });
    unwatch(sink.temporary);
  }
}

/** What stands at `path` already, behind its links; null for nothing. */
function existing(path: string): { path: string; isFile: boolean; mode: number } | null {
  try {
    const found = statSync(path);
    return { path: realpathSync(path), isFile: found.isFile(), mode: found.mode & 0o777 };
  } catch {
    return null; // creating the file says why it can't be
  }
}
