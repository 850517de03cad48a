/**
 * One string looked for in a whole column, on its bytes: equal to it, starting or ending with it, holding it. UTF-8 synchronizes
 * itself, so that bytes are found where characters are. One bit a row; the bits of rows without a value mean nothing.
 */
import { DfxError } from '../../../wire/errors.ts';
import type { Vector } from '../vector.ts';
import { newBits, type Texts, texts } from './strings-rows.ts';

/** Rows whose bytes are those of `needle`. */
export function equalBits(haystack: Vector, needle: Uint8Array, rows: number): Uint8Array {
  return anchoredBits(texts(haystack), needle, rows, 'equal');
}

export function prefixBits(haystack: Vector, needle: Uint8Array, rows: number): Uint8Array {
  return anchoredBits(texts(haystack), needle, rows, 'prefix');
}

export function suffixBits(haystack: Vector, needle: Uint8Array, rows: number): Uint8Array {
  return anchoredBits(texts(haystack), needle, rows, 'suffix');
}

type Anchor = 'equal' | 'prefix' | 'suffix';

function anchoredBits(haystack: Texts, needle: Uint8Array, rows: number, anchor: Anchor): Uint8Array {
  const bits = newBits(rows);
  if (haystack.step === 0) {
    if (rows > 0 && matchesAt(haystack, needle, 0, anchor)) bits.fill(0xff);
    return bits;
  }
  if (needle.length === 0 && anchor !== 'equal') return bits.fill(0xff);
  const { data, offsets } = haystack;
  if (anchor === 'equal') equalRows(data, offsets, needle, rows, bits);
  else if (anchor === 'prefix') prefixRows(data, offsets, needle, rows, bits);
  else suffixRows(data, offsets, needle, rows, bits);
  return bits;
}

function matchesAt({ data, offsets }: Texts, needle: Uint8Array, row: number, anchor: Anchor): boolean {
  const from = offsets[row] ?? 0;
  const size = (offsets[row + 1] ?? 0) - from;
  if (anchor === 'equal' ? size !== needle.length : size < needle.length) return false;
  const start = anchor === 'suffix' ? from + size - needle.length : from;
  for (let i = 0; i < needle.length; i++) if (data[start + i] !== needle[i]) return false;
  return true;
}

// The three loops are apart, and take eight rows at once, so that a row costs little more than reading its offset: lengths and single
// bytes settle most of them.

/** Whether `needle` stands at `start`, which leaves room for it. */
function stands(data: Uint8Array, start: number, needle: Uint8Array): boolean {
  for (let k = 0; k < needle.length; k++) if (data[start + k] !== needle[k]) return false;
  return true;
}

function equalRows(data: Uint8Array, offsets: Int32Array, needle: Uint8Array, rows: number, bits: Uint8Array): void {
  const size = needle.length;
  const edge = needle[size - 1] ?? 0;
  const whole = rows & ~7;
  let from = offsets[0] ?? 0;
  for (let row = 0; row < whole; row += 8) {
    let byte = 0;
    const o1 = offsets[row + 1] ?? 0;
    const o2 = offsets[row + 2] ?? 0;
    const o3 = offsets[row + 3] ?? 0;
    const o4 = offsets[row + 4] ?? 0;
    const o5 = offsets[row + 5] ?? 0;
    const o6 = offsets[row + 6] ?? 0;
    const o7 = offsets[row + 7] ?? 0;
    const o8 = offsets[row + 8] ?? 0;
    if (o1 - from === size && (size === 0 || (data[o1 - 1] === edge && stands(data, from, needle)))) byte |= 1;
    if (o2 - o1 === size && (size === 0 || (data[o2 - 1] === edge && stands(data, o1, needle)))) byte |= 2;
    if (o3 - o2 === size && (size === 0 || (data[o3 - 1] === edge && stands(data, o2, needle)))) byte |= 4;
    if (o4 - o3 === size && (size === 0 || (data[o4 - 1] === edge && stands(data, o3, needle)))) byte |= 8;
    if (o5 - o4 === size && (size === 0 || (data[o5 - 1] === edge && stands(data, o4, needle)))) byte |= 16;
    if (o6 - o5 === size && (size === 0 || (data[o6 - 1] === edge && stands(data, o5, needle)))) byte |= 32;
    if (o7 - o6 === size && (size === 0 || (data[o7 - 1] === edge && stands(data, o6, needle)))) byte |= 64;
    if (o8 - o7 === size && (size === 0 || (data[o8 - 1] === edge && stands(data, o7, needle)))) byte |= 128;
    bits[row >> 3] = byte;
    from = o8;
  }
  for (let row = whole; row < rows; row++) {
    const to = offsets[row + 1] ?? 0;
    if (to - from === size && (size === 0 || (data[to - 1] === edge && stands(data, from, needle))))
      bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
    from = to;
  }
}

function prefixRows(data: Uint8Array, offsets: Int32Array, needle: Uint8Array, rows: number, bits: Uint8Array): void {
  const size = needle.length;
  const edge = needle[0] ?? 0;
  const whole = rows & ~7;
  let from = offsets[0] ?? 0;
  for (let row = 0; row < whole; row += 8) {
    let byte = 0;
    const o1 = offsets[row + 1] ?? 0;
    const o2 = offsets[row + 2] ?? 0;
    const o3 = offsets[row + 3] ?? 0;
    const o4 = offsets[row + 4] ?? 0;
    const o5 = offsets[row + 5] ?? 0;
    const o6 = offsets[row + 6] ?? 0;
    const o7 = offsets[row + 7] ?? 0;
    const o8 = offsets[row + 8] ?? 0;
    if (data[from] === edge && o1 - from >= size && stands(data, from, needle)) byte |= 1;
    if (data[o1] === edge && o2 - o1 >= size && stands(data, o1, needle)) byte |= 2;
    if (data[o2] === edge && o3 - o2 >= size && stands(data, o2, needle)) byte |= 4;
    if (data[o3] === edge && o4 - o3 >= size && stands(data, o3, needle)) byte |= 8;
    if (data[o4] === edge && o5 - o4 >= size && stands(data, o4, needle)) byte |= 16;
    if (data[o5] === edge && o6 - o5 >= size && stands(data, o5, needle)) byte |= 32;
    if (data[o6] === edge && o7 - o6 >= size && stands(data, o6, needle)) byte |= 64;
    if (data[o7] === edge && o8 - o7 >= size && stands(data, o7, needle)) byte |= 128;
    bits[row >> 3] = byte;
    from = o8;
  }
  for (let row = whole; row < rows; row++) {
    const to = offsets[row + 1] ?? 0;
    if (data[from] === edge && to - from >= size && stands(data, from, needle))
      bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
    from = to;
  }
}

function suffixRows(data: Uint8Array, offsets: Int32Array, needle: Uint8Array, rows: number, bits: Uint8Array): void {
  const size = needle.length;
  const edge = needle[size - 1] ?? 0;
  const whole = rows & ~7;
  let from = offsets[0] ?? 0;
  for (let row = 0; row < whole; row += 8) {
    let byte = 0;
    const o1 = offsets[row + 1] ?? 0;
    const o2 = offsets[row + 2] ?? 0;
    const o3 = offsets[row + 3] ?? 0;
    const o4 = offsets[row + 4] ?? 0;
    const o5 = offsets[row + 5] ?? 0;
    const o6 = offsets[row + 6] ?? 0;
    const o7 = offsets[row + 7] ?? 0;
    const o8 = offsets[row + 8] ?? 0;
    if (o1 - from >= size && data[o1 - 1] === edge && stands(data, o1 - size, needle)) byte |= 1;
    if (o2 - o1 >= size && data[o2 - 1] === edge && stands(data, o2 - size, needle)) byte |= 2;
    if (o3 - o2 >= size && data[o3 - 1] === edge && stands(data, o3 - size, needle)) byte |= 4;
    if (o4 - o3 >= size && data[o4 - 1] === edge && stands(data, o4 - size, needle)) byte |= 8;
    if (o5 - o4 >= size && data[o5 - 1] === edge && stands(data, o5 - size, needle)) byte |= 16;
    if (o6 - o5 >= size && data[o6 - 1] === edge && stands(data, o6 - size, needle)) byte |= 32;
    if (o7 - o6 >= size && data[o7 - 1] === edge && stands(data, o7 - size, needle)) byte |= 64;
    if (o8 - o7 >= size && data[o8 - 1] === edge && stands(data, o8 - size, needle)) byte |= 128;
    bits[row >> 3] = byte;
    from = o8;
  }
  for (let row = whole; row < rows; row++) {
    const to = offsets[row + 1] ?? 0;
    if (to - from >= size && data[to - 1] === edge && stands(data, to - size, needle))
      bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
    from = to;
  }
}

/** A native search costs as much as looking at so many bytes one by one: after some hits nearer than that, rows are gone through. */
const NEAR = 96;

/** Rows that hold `needle` somewhere. The bytes of all rows are searched as one. */
export function containsBits(haystack: Vector, needle: Uint8Array, rows: number): Uint8Array {
  const { data, offsets, step } = texts(haystack);
  const bits = newBits(rows);
  if (rows === 0) return bits;
  if (needle.length === 0) return bits.fill(0xff);
  const last = step === 0 ? 1 : rows;
  const end = offsets[last] ?? 0;
  const native = Buffer.from(data.buffer, data.byteOffset, data.byteLength).subarray(0, end);
  let at = offsets[0] ?? 0;
  let row = 0;
  let near = 0;
  while (at < end) {
    if (near > 4) {
      containsRows(data, offsets, needle, row, last, bits);
      break;
    }
    const hit = native.indexOf(needle, at);
    if (hit < 0) break;
    near = hit - at < NEAR ? near + 1 : 0;
    while ((offsets[row + 1] ?? 0) <= hit) row++;
    const stop = offsets[row + 1] ?? 0;
    if (hit + needle.length <= stop) {
      bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
      at = stop;
      row++;
    } else {
      // It lies across two rows.
      at = hit + 1;
    }
  }
  if (step === 0 && ((bits[0] ?? 0) & 1) === 1) bits.fill(0xff);
  return bits;
}

/** The same, row by row from `start` on: where most rows hold it, nothing is won by skipping. */
function containsRows(
  data: Uint8Array,
  offsets: Int32Array,
  needle: Uint8Array,
  start: number,
  rows: number,
  bits: Uint8Array,
): void {
  const size = needle.length;
  const first = needle[0] ?? 0;
  let at = offsets[start] ?? 0;
  for (let row = start; row < rows; row++) {
    const to = offsets[row + 1] ?? 0;
    const last = to - size;
    while (at <= last && (data[at] !== first || (size > 1 && !stands(data, at, needle)))) at++;
    if (at <= last) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
    at = to;
  }
}

/** Rows of two columns (or of a column and itself) with the same bytes. */
function sameBits(left: Vector, right: Vector, rows: number): Uint8Array {
  if (left.scalar && !right.scalar) return sameBits(right, left, rows);
  const a = texts(left);
  const b = texts(right);
  if (b.step === 0) return equalBits(left, b.data.subarray(b.offsets[0] ?? 0, b.offsets[1] ?? 0), rows);
  if (a.offsets.length <= rows || b.offsets.length <= rows)
    throw new DfxError('DEFECT', 'a column shorter than its batch');
  const bits = newBits(rows);
  let x = a.offsets[0] ?? 0;
  let y = b.offsets[0] ?? 0;
  for (let row = 0; row < rows; row++) {
    const to = a.offsets[row + 1] ?? 0;
    const stop = b.offsets[row + 1] ?? 0;
    if (to - x === stop - y) {
      while (x < to && a.data[x] === b.data[y]) {
        x++;
        y++;
      }
      if (x === to) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
    }
    x = to;
    y = stop;
  }
  return bits;
}

type OrderTest = 'Eq' | 'NotEq' | 'Lt' | 'LtEq' | 'Gt' | 'GtEq';

const FLIPPED: Record<OrderTest, OrderTest> = {
  Eq: 'Eq',
  NotEq: 'NotEq',
  Lt: 'Gt',
  LtEq: 'GtEq',
  Gt: 'Lt',
  GtEq: 'LtEq',
};

/** Rows of two columns of strings or binaries, of which either may be a scalar, whose bytes pass the test. */
export function comparedBits(test: OrderTest, left: Vector, right: Vector, rows: number): Uint8Array {
  if (left.scalar && !right.scalar) return comparedBits(FLIPPED[test], right, left, rows);
  if (test === 'Eq') return sameBits(left, right, rows);
  if (test === 'NotEq') return inverted(sameBits(left, right, rows));
  if (test === 'GtEq') return inverted(lessBits(left, right, rows, false));
  if (test === 'Gt') return inverted(lessBits(left, right, rows, true));
  return lessBits(left, right, rows, test === 'LtEq');
}

function inverted(bits: Uint8Array): Uint8Array {
  for (let i = 0; i < bits.length; i++) bits[i] = ~(bits[i] ?? 0);
  return bits;
}

/** Rows of `left` that come before those of `right`, or with `equal` are the same. */
function lessBits(left: Vector, right: Vector, rows: number, equal: boolean): Uint8Array {
  const a = texts(left);
  const b = texts(right);
  const bits = newBits(rows);
  const single = a.step === 0 ? 1 : rows;
  for (let row = 0; row < single; row++) {
    let x = a.offsets[row] ?? 0;
    const to = a.offsets[row + 1] ?? 0;
    let y = b.offsets[row * b.step] ?? 0;
    const stop = b.offsets[row * b.step + 1] ?? 0;
    while (x < to && y < stop && a.data[x] === b.data[y]) {
      x++;
      y++;
    }
    // Where one of them ends the longer one is the greater.
    const less = x < to && y < stop ? (a.data[x] ?? 0) < (b.data[y] ?? 0) : x >= to && (y < stop || equal);
    if (less) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
  }
  if (a.step === 0 && ((bits[0] ?? 0) & 1) === 1) bits.fill(0xff);
  return bits;
}
