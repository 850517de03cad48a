/** The schema at the start of a result, which may come in pieces of any size. */
import { isArrowFile, readIpcSchema, type Schema } from '../../wire/arrow/index.ts';

/** Continuation marker and length. */
const PREFIX = 8;
const FILE_MAGIC = 8;

export class SchemaHead {
  #pieces: Uint8Array[] = [];
  #length = 0;
  #needed: number | null = null;

  /** Keeps a piece while the schema isn't whole. */
  push(piece: Uint8Array): void {
    if (this.#needed !== null && this.#length >= this.#needed) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#needed === null && this.#length >= FILE_MAGIC + PREFIX) {
      const start = Buffer.concat(this.#pieces);
      this.#pieces = [start];
      const at = isArrowFile(start) ? FILE_MAGIC : 0;
      this.#needed = at + PREFIX + start.readUInt32LE(at + 4);
    }
  }

  /** Call at the result's end. Throws ARROW when the result has no readable schema. */
  read(): Schema {
    return readIpcSchema(Buffer.concat(this.#pieces)).schema;
  }
}
