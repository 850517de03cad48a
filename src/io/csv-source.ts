/** Bytes that can be read from any place: a file or memory. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fileError } from './file-errors.ts';

export interface RandomBytes {
  /** For messages. */
  readonly name: string | undefined;
  size(): number;
  /** Reads into `target` from byte `position` on. Gives how many bytes there were, 0 at the end. */
  read(target: Uint8Array, position: number): number;
  close(): void;
}

/** The file is opened at the first call of a method, and again after `close`. */
export class FileBytes implements RandomBytes {
  private descriptor: number | null = null;

  constructor(readonly name: string) {}

  size(): number {
    return fstatSync(this.open()).size;
  }

  read(target: Uint8Array, position: number): number {
    const descriptor = this.open();
    try {
      return readSync(descriptor, target, 0, target.length, position);
    } catch (cause) {
      throw fileError(this.name, cause);
    }
  }

  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }

  private open(): number {
    try {
      this.descriptor ??= openSync(this.name, 'r');
    } catch (cause) {
      throw fileError(this.name, cause);
    }
    return this.descriptor;
  }
}

export class MemoryBytes implements RandomBytes {
  readonly name = undefined;

  constructor(private readonly bytes: Uint8Array) {}

  size(): number {
    return this.bytes.length;
  }

  read(target: Uint8Array, position: number): number {
    const part = this.bytes.subarray(position, position + target.length);
    target.set(part);
    return part.length;
  }

  close(): void {}
}
