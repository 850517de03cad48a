/**
 * The values that a JavaScript UDF captured, in the bytes of its frame: JSON's kinds, with integers of any size, bytes, every
 * float, and maps whose keys keep their order. Each value has one encoding, and a reader refuses any other, so that the same
 * UDF has the same bytes (`docs/wire-format.md`, "Captured values").
 */
import { DfxError } from './errors.ts';
import type { FrameCursor } from './frame-cursor.ts';

export type JsValue = null | boolean | number | bigint | string | Uint8Array | readonly JsValue[] | JsMap;

/** Pairs instead of an object: names from a payload are never keys. Keys are unique, and their order is part of the value. */
export interface JsMap {
  readonly pairs: readonly (readonly [key: string, value: JsValue])[];
}

export const VALUE_TAG = {
  null: 0,
  false: 1,
  true: 2,
  number: 3,
  bigint: 4,
  string: 5,
  bytes: 6,
  list: 7,
  map: 8,
} as const;

/** IEEE 754 binary64, little-endian, of the one NaN. */
const NAN_BITS = 0x7ff8_0000_0000_0000n;

export function isJsMap(value: JsValue): value is JsMap {
  return value !== null && typeof value === 'object' && 'pairs' in value;
}

function isList(value: JsValue): value is readonly JsValue[] {
  return Array.isArray(value);
}

/** Bytes of a frame being written. */
export class FrameBytes {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  raw(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.length += bytes.length;
  }

  u8(value: number): void {
    this.raw(Uint8Array.of(value));
  }

  u32(value: number, what: string): void {
    if (value > 0xffff_ffff)
      throw new DfxError('LIMIT', `${what} of ${value} is too long for a frame: at most 4294967295`);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    this.raw(bytes);
  }

  /** A length and the bytes. */
  block(bytes: Uint8Array, what: string): void {
    this.u32(bytes.length, what);
    this.raw(bytes);
  }

  text(text: string, what: string): void {
    if (/\p{Surrogate}/u.test(text)) {
      throw new DfxError('BAD_VALUE', `${what} holds half of a surrogate pair, which UTF-8 can't say`);
    }
    this.block(new TextEncoder().encode(text), what);
  }

  concat(): Uint8Array {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

type WriteStep = { readonly value: JsValue } | { readonly key: string };

/** Writes a value of any depth. `what` names it in errors. */
export function writeJsValue(out: FrameBytes, root: JsValue, what: string): void {
  const pending: WriteStep[] = [{ value: root }];
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    if ('key' in step) {
      out.text(step.key, `a key of ${what}`);
      continue;
    }
    const { value } = step;
    if (isList(value)) {
      out.u8(VALUE_TAG.list);
      out.u32(value.length, what);
      for (let index = value.length - 1; index >= 0; index--) pending.push({ value: value[index] ?? null });
    } else if (isJsMap(value)) {
      requireUnique(value, what);
      out.u8(VALUE_TAG.map);
      out.u32(value.pairs.length, what);
      for (const [key, item] of [...value.pairs].reverse()) pending.push({ value: item }, { key });
    } else {
      writePlain(out, value, what);
    }
  }
}

function requireUnique(map: JsMap, what: string): void {
  const seen = new Set<string>();
  for (const [key] of map.pairs) {
    if (seen.has(key)) throw new DfxError('BAD_VALUE', `${what} has the key ${JSON.stringify(key)} twice`);
    seen.add(key);
  }
}

function writePlain(
  out: FrameBytes,
  value: null | boolean | number | bigint | string | Uint8Array,
  what: string,
): void {
  if (value === null) return out.u8(VALUE_TAG.null);
  if (value instanceof Uint8Array) {
    out.u8(VALUE_TAG.bytes);
    return out.block(value, what);
  }
  switch (typeof value) {
    case 'boolean':
      return out.u8(value ? VALUE_TAG.true : VALUE_TAG.false);
    case 'number': {
      const bytes = new Uint8Array(9);
      bytes[0] = VALUE_TAG.number;
      const view = new DataView(bytes.buffer);
      if (Number.isNaN(value)) view.setBigUint64(1, NAN_BITS, true);
      else view.setFloat64(1, value, true);
      return out.raw(bytes);
    }
    case 'bigint':
      out.u8(VALUE_TAG.bigint);
      return out.block(integerBytes(value), what);
    case 'string':
      out.u8(VALUE_TAG.string);
      return out.text(value, what);
  }
}

/** Two's complement, little-endian, in as few bytes as keep the sign: none for 0, `80 00` for 128, `80` for -128. */
export function integerBytes(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0);
  const magnitude = value < 0n ? -value - 1n : value;
  const bits = magnitude === 0n ? 0 : magnitude.toString(2).length;
  const length = Math.floor(bits / 8) + 1;
  const hex = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, '0');
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    const at = (length - 1 - index) * 2;
    bytes[index] = Number.parseInt(hex.slice(at, at + 2), 16);
  }
  return bytes;
}

function integerOf(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  let hex = '0x';
  for (let index = bytes.length - 1; index >= 0; index--) hex += (bytes[index] ?? 0).toString(16).padStart(2, '0');
  return BigInt.asIntN(bytes.length * 8, BigInt(hex));
}

interface OpenList {
  readonly items: JsValue[];
  readonly count: number;
  readonly keys: null;
}

interface OpenMap {
  readonly items: JsValue[];
  readonly count: number;
  readonly keys: string[];
  readonly seen: Set<string>;
}

/** Reads a value of any depth within the cursor's limits. `what` names it in errors. */
export function readJsValue(cursor: FrameCursor, what: string): JsValue {
  const open: (OpenList | OpenMap)[] = [];
  for (;;) {
    let value = readHead(cursor, what, open);
    // A list or map that is complete is the next value of the one around it.
    while (value !== undefined) {
      const top = open[open.length - 1];
      if (top === undefined) return value;
      top.items.push(value);
      value = undefined;
      if (top.items.length === top.count) {
        open.pop();
        value = closed(top);
      } else {
        readKey(cursor, what, top);
      }
    }
  }
}

function closed(top: OpenList | OpenMap): JsValue {
  return top.keys === null ? top.items : { pairs: top.keys.map((key, index) => [key, top.items[index] ?? null]) };
}

/** A value without items; or undefined after opening a list or map that has some. */
function readHead(cursor: FrameCursor, what: string, open: (OpenList | OpenMap)[]): JsValue | undefined {
  const at = cursor.position;
  const tag = cursor.u8(`the tag of ${what}`);
  cursor.countNode(at);
  switch (tag) {
    case VALUE_TAG.null:
      return null;
    case VALUE_TAG.false:
      return false;
    case VALUE_TAG.true:
      return true;
    case VALUE_TAG.number:
      return readNumber(cursor, what);
    case VALUE_TAG.bigint: {
      const bytes = cursor.block(what);
      const value = integerOf(bytes);
      if (integerBytes(value).length !== bytes.length) {
        throw cursor.bad(
          at,
          `found an integer of ${bytes.length} bytes in ${what}, expected its ${integerBytes(value).length},`,
        );
      }
      return value;
    }
    case VALUE_TAG.string:
      return cursor.text(what);
    case VALUE_TAG.bytes:
      return cursor.block(what).slice();
    case VALUE_TAG.list: {
      // Each item takes at least its tag.
      const count = cursor.count(what, 1);
      if (count === 0) return [];
      cursor.checkDepth(open.length + 1, at);
      open.push({ items: [], count, keys: null });
      return undefined;
    }
    case VALUE_TAG.map: {
      // Each pair takes at least the length of its key and a tag.
      const count = cursor.count(what, 5);
      if (count === 0) return { pairs: [] };
      cursor.checkDepth(open.length + 1, at);
      const map: OpenMap = { items: [], count, keys: [], seen: new Set() };
      open.push(map);
      readKey(cursor, what, map);
      return undefined;
    }
    default:
      throw cursor.bad(at, `found the tag ${tag} in ${what}, expected 0 to ${VALUE_TAG.map},`);
  }
}

function readKey(cursor: FrameCursor, what: string, top: OpenList | OpenMap): void {
  if (top.keys === null) return;
  const at = cursor.position;
  const key = cursor.text(`a key of ${what}`);
  if (top.seen.has(key)) throw cursor.bad(at, `found the key ${JSON.stringify(key)} twice in ${what}`);
  top.seen.add(key);
  top.keys.push(key);
}

function readNumber(cursor: FrameCursor, what: string): number {
  const at = cursor.position;
  const bytes = cursor.take(8, `the number of ${what}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const value = view.getFloat64(0, true);
  if (Number.isNaN(value) && view.getBigUint64(0, true) !== NAN_BITS) {
    throw cursor.bad(at, `found a NaN with other bits than 7ff8000000000000 in ${what}`);
  }
  return value;
}
