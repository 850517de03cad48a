/** A file that appears whole or not at all: written under a temporary name beside it, then renamed. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DfxError } from '../../wire/errors.ts';

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
    try {
      return new OutputFile(path, temporary, await open(temporary, 'wx'));
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  async write(data: Uint8Array | string): Promise<void> {
    try {
      await this.#handle.writeFile(data);
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  async commit(): Promise<void> {
    try {
      await this.#handle.close();
      await rename(this.#temporary, this.#path);
    } catch (cause) {
      await rm(this.#temporary, { force: true });
      throw unwritable(this.#path, cause);
    }
  }

  /** Leaves nothing. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await rm(this.#temporary, { force: true });
  }
}

function unwritable(path: string, cause: unknown): DfxError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DfxError('FILE_UNWRITABLE', `the output can't be written: ${why}`, { file: path, cause });
}
