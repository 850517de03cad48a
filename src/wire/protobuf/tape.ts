import { type CompiledField, type CompiledMessage, compiledByIndex } from './compiled.ts';
import { signed64, unsigned64 } from './varint.ts';

/** Why bytes are valid and yet not what prost writes. Each makes the enclosing expression keep its own bytes. */
export type OddityKind =
  | 'overlong_varint'
  | 'field_order'
  | 'duplicate_field'
  | 'explicit_default'
  | 'unknown_field'
  | 'wide_value'
  | 'unpacked'
  | 'empty_packed';

export interface Oddity {
  readonly kind: OddityKind;
  /** Tape entry of the field. */
  readonly entry: number;
  /** Offset in the payload. */
  readonly offset: number;
}

export const COLUMNS = 7;
const NUMBER = 0;
const MESSAGE = 1;
const TAG = 2;
const START = 3;
const END = 4;
const NEXT = 5;
const PARENT = 6;

/** `message` column of entries that are not messages. */
export const NOT_A_MESSAGE = -1;
export const UNKNOWN_FIELD = -2;

/** Oddities beyond this number are counted, not listed. */
const MAX_LISTED_ODDITIES = 1000;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A message as a flat list of its fields in preorder (28 bytes a field), so that any nesting is read without recursion and every
 * field knows its bytes. Entry 0 is the message itself; the fields of entry `e` are `e + 1`, then `next(e + 1)`, … up to `next(e)`.
 * Offsets are local to `bytes`; `base` takes them to the payload.
 */
export class Tape {
  /** One row of `COLUMNS` an entry. The reader writes it directly; everybody else asks the methods below. */
  data: Int32Array;
  length = 0;
  /** Most messages inside each other; the root counts 1. */
  depth = 0;
  /** Fields of the root message that its table has. */
  knownFields = 0;
  /** Fields of message type that newer versions no longer have. */
  retiredMessages = 0;
  /** Messages that are nothing but a choice and don't have exactly one known field. */
  badChoices = 0;
  /** Control characters in texts, line breaks, tabs and escapes aside. */
  controlCharacters = 0;
  readonly oddities: Oddity[] = [];
  oddityCount = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly base: number,
    capacity: number,
  ) {
    this.data = new Int32Array(capacity * COLUMNS);
  }

  push(number: number, message: number, tag: number, start: number, end: number, parent: number): number {
    const entry = this.length++;
    let at = entry * COLUMNS;
    if (at === this.data.length) this.grow(tag);
    const data = this.data;
    data[at++] = number;
    data[at++] = message;
    data[at++] = tag;
    data[at++] = start;
    data[at++] = end;
    data[at++] = entry + 1;
    data[at] = parent;
    return entry;
  }

  /** Makes room, as much as the bytes need if what follows is like what was read up to `position`. */
  grow(position: number): Int32Array {
    const held = this.data.length / COLUMNS;
    const foreseen = position > 0 ? Math.ceil((held / position) * this.bytes.length * 1.03) : 0;
    const grown = new Int32Array(Math.max(held + (held >> 2) + 16, Math.min(foreseen, 16 * held)) * COLUMNS);
    grown.set(this.data);
    this.data = grown;
    return grown;
  }

  /** Takes back the last entry: its bytes turned out to be no value of its field. */
  drop(entry: number): void {
    this.length = entry;
  }

  close(entry: number): void {
    this.data[entry * COLUMNS + NEXT] = this.length;
  }

  odd(kind: OddityKind, entry: number, offset: number): void {
    this.oddityCount++;
    if (this.oddities.length < MAX_LISTED_ODDITIES) this.oddities.push({ kind, entry, offset: this.base + offset });
    this.oddEntries.push(entry);
  }

  /** Entry of every oddity, listed or not. */
  readonly oddEntries: number[] = [];

  number(entry: number): number {
    return this.data[entry * COLUMNS + NUMBER] as number;
  }

  /** Index of the compiled message, or NOT_A_MESSAGE, or UNKNOWN_FIELD. */
  message(entry: number): number {
    return this.data[entry * COLUMNS + MESSAGE] as number;
  }

  /** Where the field's tag starts. */
  tag(entry: number): number {
    return this.data[entry * COLUMNS + TAG] as number;
  }

  /** Where the value starts: behind the tag, and behind the length where there is one. */
  start(entry: number): number {
    return this.data[entry * COLUMNS + START] as number;
  }

  end(entry: number): number {
    return this.data[entry * COLUMNS + END] as number;
  }

  /** The entry behind this one's subtree. */
  next(entry: number): number {
    return this.data[entry * COLUMNS + NEXT] as number;
  }

  parent(entry: number): number {
    return this.data[entry * COLUMNS + PARENT] as number;
  }

  compiled(entry: number): CompiledMessage | null {
    const message = this.message(entry);
    return message < 0 ? null : compiledByIndex(message);
  }

  /** The field's description, or null for the root and for unknown fields. */
  field(entry: number): CompiledField | null {
    if (entry === 0 || this.message(entry) === UNKNOWN_FIELD) return null;
    return this.compiled(this.parent(entry))?.field(this.number(entry)) ?? null;
  }

  raw(entry: number): Uint8Array {
    return this.bytes.subarray(this.start(entry), this.end(entry));
  }

  string(entry: number): string {
    return readUtf8(this.bytes, this.start(entry), this.end(entry));
  }

  bool(entry: number): boolean {
    const bytes = this.bytes;
    for (let at = this.start(entry); at < this.end(entry); at++) if (((bytes[at] as number) & 0x7f) !== 0) return true;
    return false;
  }

  /** int32, enum: the low 32 bits with their sign, as prost casts. */
  int32(entry: number): number {
    return this.uint32(entry) | 0;
  }

  uint32(entry: number): number {
    const bytes = this.bytes;
    let at = this.start(entry);
    let value = (bytes[at] as number) & 0x7f;
    for (let shift = 7; (bytes[at] as number) >= 0x80 && shift < 35; shift += 7) {
      value |= ((bytes[++at] as number) & 0x7f) << shift;
    }
    return value >>> 0;
  }

  int64(entry: number): number | bigint {
    const bytes = this.bytes;
    const first = bytes[this.start(entry)] as number;
    if (first < 0x80) return first;
    const [low, high] = this.halves(entry);
    return signed64(low, high);
  }

  uint64(entry: number): number | bigint {
    const [low, high] = this.halves(entry);
    return unsigned64(low, high);
  }

  view(entry: number): DataView {
    return new DataView(
      this.bytes.buffer,
      this.bytes.byteOffset + this.start(entry),
      this.end(entry) - this.start(entry),
    );
  }

  private halves(entry: number): [number, number] {
    const bytes = this.bytes;
    let low = 0;
    let high = 0;
    let shift = 0;
    for (let at = this.start(entry); at < this.end(entry); at++, shift += 7) {
      const bits = (bytes[at] as number) & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= (bits & 0x0f) << 28;
        high = bits >> 4;
      } else high |= bits << (shift - 32);
    }
    return [low >>> 0, high >>> 0];
  }
}

/** Strings of a payload are mostly short and ASCII, where building them by hand beats the decoder's call. */
function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= 24) {
    let text = '';
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
      text += String.fromCharCode(byte);
    }
    return text;
  }
  return decoder.decode(bytes.subarray(start, end));
}

/** Whether the bytes are UTF-8. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && (bytes[at] as number) < 0x80) at++;
  if (at === end) return true;
  try {
    decoder.decode(bytes.subarray(at, end));
    return true;
  } catch {
    return false;
  }
}
