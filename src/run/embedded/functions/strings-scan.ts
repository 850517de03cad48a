/**
 * One string looked for in a whole column, on its bytes: equal to it, starting or ending with it, holding it. UTF-8 synchronizes
 * itself, so that bytes are found where characters are. One bit a row; the bits of rows without a value mean nothing.
 */
import { DfxError } from '../../../wire/errors.ts';
import type { Vector } from '../vector.ts';
import { find, newBits, type Texts, texts } from './strings-rows.ts';

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

// The three loops are apart so that each knows what it tests: a row costs about as much as its two offsets. Lengths and single bytes
// settle most rows.

function equalRows(data: Uint8Array, offsets: Int32Array, needle: Uint8Array, rows: number, bits: Uint8Array): void {
  const size = needle.length;
  const last = needle[size - 1] ?? 0;
  let from = offsets[0] ?? 0;
  for (let row = 0; row < rows; row++) {
    const to = offsets[row + 1] ?? 0;
    if (to - from === size && (size === 0 || data[to - 1] === last)) {
      let k = 0;
      while (k < size && data[from + k] === needle[k]) k++;
      if (k === size) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
    }
    from = to;
  }
}

function prefixRows(data: Uint8Array, offsets: Int32Array, needle: Uint8Array, rows: number, bits: Uint8Array): void {
  const size = needle.length;
  const first = needle[0] ?? 0;
  let from = offsets[0] ?? 0;
  for (let row = 0; row < rows; row++) {
    const to = offsets[row + 1] ?? 0;
    if (data[from] === first && to - from >= size) {
      let k = 1;
      while (k < size && data[from + k] === needle[k]) k++;
      if (k === size) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
    }
    from = to;
  }
}

function suffixRows(data: Uint8Array, offsets: Int32Array, needle: Uint8Array, rows: number, bits: Uint8Array): void {
  const size = needle.length;
  const last = needle[size - 1] ?? 0;
  let from = offsets[0] ?? 0;
  for (let row = 0; row < rows; row++) {
    const to = offsets[row + 1] ?? 0;
    if (to - from >= size && data[to - 1] === last) {
      let k = size - 2;
      const start = to - size;
      while (k >= 0 && data[start + k] === needle[k]) k--;
      if (k < 0) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
    }
    from = to;
  }
}

/** A native search costs as much as looking at so many bytes one by one: nearer hits are looked for here. */
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
    let hit: number;
    if (near > 4) {
      hit = find(data, at, end, needle, 0, needle.length);
    } else {
      hit = native.indexOf(needle, at);
      near = hit >= 0 && hit - at < NEAR ? near + 1 : 0;
    }
    if (hit < 0) break;
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

/** Rows of two columns (or of a column and itself) with the same bytes. */
export function sameBits(left: Vector, right: Vector, rows: number): Uint8Array {
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

export type OrderTest = 'Eq' | 'NotEq' | 'Lt' | 'LtEq' | 'Gt' | 'GtEq';

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
