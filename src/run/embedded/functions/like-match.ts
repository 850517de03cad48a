/**
 * LIKE and ILIKE on bytes, as arrow-string 59 has them: `%` is any text, line breaks too, `_` one character, a backslash takes what
 * follows for itself, and one at the very end stands for itself. ILIKE compares under simple case folding.
 */
import type { StringColumn } from '../../../io/column.ts';
import type { Vector } from '../vector.ts';
import { mapAscii } from './strings-case.ts';
import { isAscii, newBits, pointAt, skipCharsBack, TextBuilder, texts, widthOf } from './strings-rows.ts';
import { containsBits, equalBits, prefixBits, suffixBits } from './strings-scan.ts';
import { foldMapping } from './unicode.ts';

/** A stretch between two `%`: bytes, and -1 for one character whatever it is. */
interface Stretch {
  readonly items: Int16Array;
  readonly chars: number;
}

export type LikePattern =
  | { readonly kind: 'equal' | 'prefix' | 'suffix' | 'contains'; readonly bytes: Uint8Array }
  /** `%` between stretches; before the first and after the last only where `openStart` and `openEnd` say so. */
  | {
      readonly kind: 'general';
      readonly stretches: readonly Stretch[];
      readonly openStart: boolean;
      readonly openEnd: boolean;
    };

const PERCENT = 0x25;
const UNDERSCORE = 0x5f;
const BACKSLASH = 0x5c;
const ANY_CHAR = -1;

export function parseLike(pattern: Uint8Array): LikePattern {
  const parts: number[][] = [[]];
  let plain = true;
  for (let at = 0; at < pattern.length; at++) {
    const byte = pattern[at] ?? 0;
    const part = parts[parts.length - 1] ?? [];
    if (byte === PERCENT) {
      parts.push([]);
    } else if (byte === UNDERSCORE) {
      part.push(ANY_CHAR);
      plain = false;
    } else if (byte === BACKSLASH && at + 1 < pattern.length) {
      // The character after it may have more bytes: those are none of the three and go their own way.
      part.push(pattern[++at] ?? 0);
    } else {
      part.push(byte);
    }
  }
  const filled = parts.filter(({ length }) => length > 0);
  const openStart = parts.length > 1 && parts[0]?.length === 0;
  const openEnd = parts.length > 1 && parts[parts.length - 1]?.length === 0;
  const only = filled[0] ?? [];
  if (plain && filled.length <= 1) {
    const bytes = Uint8Array.from(only);
    if (parts.length === 1) return { kind: 'equal', bytes };
    if (openStart && openEnd) return { kind: 'contains', bytes };
    return { kind: openStart ? 'suffix' : 'prefix', bytes };
  }
  const stretches = filled.map((items): Stretch => {
    const chars = items.filter((item) => item === ANY_CHAR || (item & 0xc0) !== 0x80).length;
    return { items: Int16Array.from(items), chars };
  });
  return { kind: 'general', stretches, openStart, openEnd };
}

/** The rows that match, one bit each; the bits of rows without a value mean nothing. */
export function likeBits(haystack: Vector, pattern: LikePattern, rows: number): Uint8Array {
  switch (pattern.kind) {
    case 'equal':
      return equalBits(haystack, pattern.bytes, rows);
    case 'prefix':
      return prefixBits(haystack, pattern.bytes, rows);
    case 'suffix':
      return suffixBits(haystack, pattern.bytes, rows);
    case 'contains':
      return containsBits(haystack, pattern.bytes, rows);
    case 'general': {
      const { data, offsets, step } = texts(haystack);
      const bits = newBits(rows);
      if (step === 0) return matchLike(data, offsets[0] ?? 0, offsets[1] ?? 0, pattern) ? bits.fill(0xff) : bits;
      for (let row = 0; row < rows; row++) {
        if (matchLike(data, offsets[row] ?? 0, offsets[row + 1] ?? 0, pattern)) {
          bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
        }
      }
      return bits;
    }
  }
}

/** Whether `data[from, to)` matches. */
export function matchLike(data: Uint8Array, from: number, to: number, pattern: LikePattern): boolean {
  if (pattern.kind !== 'general') {
    const { kind, bytes } = pattern;
    const size = to - from;
    if (kind === 'equal' ? size !== bytes.length : size < bytes.length) return false;
    const last = to - bytes.length;
    const first = kind === 'suffix' ? last : from;
    for (let at = first; at <= (kind === 'contains' ? last : first); at++) {
      let k = 0;
      while (k < bytes.length && data[at + k] === bytes[k]) k++;
      if (k === bytes.length) return true;
    }
    return false;
  }
  const { stretches, openStart, openEnd } = pattern;
  let at = from;
  let end = to;
  let next = 0;
  let count = stretches.length;
  const first = stretches[0];
  if (!openStart && first !== undefined) {
    at = matchStretch(data, from, to, first);
    if (at < 0) return false;
    next = 1;
    if (count === 1) return openEnd || at === to;
  }
  const last = stretches[count - 1];
  if (!openEnd && last !== undefined) {
    const start = skipCharsBack(data, at, to, last.chars);
    if (matchStretch(data, start, to, last) !== to) return false;
    end = start;
    count--;
  }
  for (; next < count; next++) {
    const stretch = stretches[next];
    if (stretch === undefined) break;
    at = findStretch(data, at, end, stretch);
    if (at < 0) return false;
  }
  return at <= end;
}

/** The end of the stretch where it stands at `from`, else -1. */
function matchStretch(data: Uint8Array, from: number, to: number, { items }: Stretch): number {
  let at = from;
  for (let i = 0; i < items.length; i++) {
    if (at >= to) return -1;
    const item = items[i] ?? 0;
    const byte = data[at] ?? 0;
    if (item === ANY_CHAR) at += widthOf(byte);
    else if (item === byte) at++;
    else return -1;
  }
  return at;
}

/** The end of the first place where the stretch stands, else -1: the first is as good as any, for what follows may come later. */
function findStretch(data: Uint8Array, from: number, to: number, stretch: Stretch): number {
  const first = stretch.items[0] ?? 0;
  for (let at = from; at < to; at++) {
    const byte = data[at] ?? 0;
    if (first === ANY_CHAR ? (byte & 0xc0) === 0x80 : byte !== first) continue;
    const end = matchStretch(data, at, to, stretch);
    if (end >= 0) return end;
  }
  return -1;
}

/**
 * Text in which every character is the least of those that it folds together with: two texts match without regard to case where
 * their folded forms match. Each character stays one character.
 */
export function foldBytes(data: Uint8Array, from: number, to: number): Uint8Array {
  const out = new TextBuilder(0, to - from);
  foldInto(out, data, from, to);
  return out.data.subarray(0, out.at);
}

function foldInto(out: TextBuilder, data: Uint8Array, from: number, to: number): void {
  const fold = foldMapping();
  for (let at = from; at < to; ) {
    const point = pointAt(data, at);
    out.point(fold.get(point) ?? point);
    at += widthOf(data[at] ?? 0);
  }
}

/** The column with its text folded. */
export function foldColumn(column: StringColumn): StringColumn {
  const { data, offsets, length, type, validity } = column;
  const from = offsets[0] ?? 0;
  const to = offsets[length] ?? 0;
  if (isAscii(data, from, to)) {
    // The least of an orbit is the capital letter.
    const moved = from === 0 ? offsets : offsets.map((offset) => offset - from);
    return { ...column, offsets: moved, data: mapAscii(data, from, to, 0x61) };
  }
  const out = new TextBuilder(length, to - from);
  for (let row = 0; row < length; row++) {
    foldInto(out, data, offsets[row] ?? 0, offsets[row + 1] ?? 0);
    out.end();
  }
  return out.column(type, validity);
}
