/**
 * Reads FlatBuffers (the encoding of Arrow's metadata) from bytes that nobody vouches for. A table starts with the signed
 * distance back to its vtable; a vtable holds its own size, the table's size and, for each field, its place in the table
 * (0: absent). References point forward only, so that no chain of them can loop; that many may share one target is the
 * caller's to bound (`FlatBudget`).
 *
 * Offsets given and kept here count from the start of the bytes; `base` is added where an error names one.
 */
import { DfxError } from '../errors.ts';

export function arrowError(message: string, offset: number): DfxError {
  return new DfxError('ARROW', message, { offset });
}

export interface FlatTable {
  readonly start: number;
  readonly size: number;
  readonly vtable: number;
  readonly vtableSize: number;
}

export interface FlatVector {
  /** Of the first element. */
  readonly start: number;
  readonly count: number;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class FlatReader {
  readonly bytes: Uint8Array;
  readonly base: number;
  readonly #view: DataView;
  readonly #end: number;
  readonly #strings = new Map<number, string>();
  #stringBytes = 0;

  /** Reads within `bytes`; `base` is where they start in the payload. */
  constructor(bytes: Uint8Array, base = 0) {
    this.bytes = bytes;
    this.base = base;
    this.#end = bytes.length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  root(): FlatTable {
    return this.table(this.reference(0, 'the root table'), 'the root table');
  }

  /** The target of the forward reference that stands at `at`. */
  reference(at: number, what: string): number {
    this.#need(at, 4, what);
    const target = at + this.#view.getUint32(at, true);
    if (target === at || target > this.#end) throw this.error(`the reference to ${what} leads out of its message`, at);
    return target;
  }

  table(start: number, what: string): FlatTable {
    this.#need(start, 4, what);
    const vtable = start - this.#view.getInt32(start, true);
    if (vtable < 0 || vtable + 4 > this.#end) throw this.error(`the vtable of ${what} is outside its message`, start);
    const vtableSize = this.#view.getUint16(vtable, true);
    if (vtableSize < 4 || vtableSize % 2 !== 0 || vtable + vtableSize > this.#end) {
      throw this.error(`the vtable of ${what} claims ${vtableSize} bytes`, vtable);
    }
    const size = this.#view.getUint16(vtable + 2, true);
    if (size < 4 || start + size > this.#end) throw this.error(`${what} claims ${size} bytes`, vtable + 2);
    return { start, size, vtable, vtableSize };
  }

  /** Where the field stands, or -1 when it is absent. */
  field(table: FlatTable, slot: number, bytes: number, what: string): number {
    const entry = 4 + 2 * slot;
    if (entry + 2 > table.vtableSize) return -1;
    const place = this.#view.getUint16(table.vtable + entry, true);
    if (place === 0) return -1;
    if (place < 4 || place + bytes > table.size) {
      throw this.error(`${what} stands outside its table`, table.vtable + entry);
    }
    return table.start + place;
  }

  bool(table: FlatTable, slot: number, what: string): boolean {
    return this.u8(table, slot, what) !== 0;
  }

  u8(table: FlatTable, slot: number, what: string): number {
    const at = this.field(table, slot, 1, what);
    return at < 0 ? 0 : this.#view.getUint8(at);
  }

  i16(table: FlatTable, slot: number, what: string, absent = 0): number {
    const at = this.field(table, slot, 2, what);
    return at < 0 ? absent : this.#view.getInt16(at, true);
  }

  i32(table: FlatTable, slot: number, what: string, absent = 0): number {
    const at = this.field(table, slot, 4, what);
    return at < 0 ? absent : this.#view.getInt32(at, true);
  }

  i64(table: FlatTable, slot: number, what: string): bigint {
    const at = this.field(table, slot, 8, what);
    return at < 0 ? 0n : this.#view.getBigInt64(at, true);
  }

  /** A 64-bit integer that counts something: a safe one, from 0 up; 0 where it is absent. */
  count(table: FlatTable, slot: number, what: string): number {
    const at = this.field(table, slot, 8, what);
    return at < 0 ? 0 : this.countAt(at);
  }

  i32At(at: number): number {
    this.#need(at, 4, 'a number');
    return this.#view.getInt32(at, true);
  }

  i64At(at: number): bigint {
    this.#need(at, 8, 'a number');
    return this.#view.getBigInt64(at, true);
  }

  countAt(at: number): number {
    this.#need(at, 8, 'a number');
    const high = this.#view.getInt32(at + 4, true);
    if (high < 0 || high >= 2 ** 21) throw this.error(`found the count ${this.#view.getBigInt64(at, true)}`, at);
    return high * 2 ** 32 + this.#view.getUint32(at, true);
  }

  subtable(table: FlatTable, slot: number, what: string): FlatTable | undefined {
    const at = this.field(table, slot, 4, what);
    return at < 0 ? undefined : this.table(this.reference(at, what), what);
  }

  vector(table: FlatTable, slot: number, elementBytes: number, what: string): FlatVector | undefined {
    const at = this.field(table, slot, 4, what);
    if (at < 0) return undefined;
    const head = this.reference(at, what);
    this.#need(head, 4, what);
    const count = this.#view.getUint32(head, true);
    if (head + 4 + count * elementBytes > this.#end) {
      throw this.error(`${what} claims ${count} elements, more than its message holds`, head);
    }
    return { start: head + 4, count };
  }

  /** A table that an element of a vector of references leads to. */
  element(vector: FlatVector, index: number, what: string): FlatTable {
    return this.table(this.reference(vector.start + 4 * index, what), what);
  }

  string(table: FlatTable, slot: number, what: string): string | undefined {
    const vector = this.vector(table, slot, 1, what);
    if (vector === undefined) return undefined;
    const known = this.#strings.get(vector.start);
    if (known !== undefined) return known;
    // Strings of an honest writer lie apart: together they can't be longer than the message.
    this.#stringBytes += vector.count;
    if (this.#stringBytes > this.#end) throw this.error(`${what} overlaps other strings`, vector.start);
    let text: string;
    try {
      text = UTF8.decode(this.bytes.subarray(vector.start, vector.start + vector.count));
    } catch {
      throw this.error(`${what} is not valid UTF-8`, vector.start);
    }
    this.#strings.set(vector.start, text);
    return text;
  }

  error(message: string, at: number): DfxError {
    return arrowError(message, this.base + at);
  }

  #need(at: number, bytes: number, what: string): void {
    if (at < 0 || at + bytes > this.#end) throw this.error(`the message ends inside ${what}`, at);
  }
}

/**
 * Bounds the work that shared targets could multiply: an honest message spends at least 4 bytes, its own reference or
 * number, on each element of a vector.
 */
export class FlatBudget {
  readonly #reader: FlatReader;
  readonly #maxNodes: number;
  #left: number;
  #used = 0;

  constructor(reader: FlatReader, maxNodes: number) {
    this.#reader = reader;
    this.#maxNodes = maxNodes;
    this.#left = Math.floor(reader.bytes.length / 4);
  }

  spend(vector: FlatVector, what: string): void {
    this.#left -= vector.count;
    this.#used += vector.count;
    if (this.#left < 0) throw this.#reader.error(`${what} shares its elements with others`, vector.start);
    if (this.#used > this.#maxNodes) {
      throw new DfxError('LIMIT', `a schema has more than ${this.#maxNodes} fields and metadata entries`, {
        offset: this.#reader.base + vector.start,
      });
    }
  }
}
