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
  if (needle.length >= 4) wideAnchored(haystack, needle, rows, anchor, bits);
  else narrowAnchored(haystack, needle, rows, anchor, bits);
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

/** Needles of four bytes and more: the first four and the last four at once, then what lies between. */
function wideAnchored(
  { data, offsets }: Texts,
  needle: Uint8Array,
  rows: number,
  anchor: Anchor,
  bits: Uint8Array,
): void {
  const size = needle.length;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const wanted = new DataView(needle.buffer, needle.byteOffset, size);
  const head = wanted.getInt32(0, true);
  const tail = wanted.getInt32(size - 4, true);
  const suffix = anchor === 'suffix';
  const equal = anchor === 'equal';
  let from = offsets[0] ?? 0;
  let byte = 0;
  for (let row = 0; row < rows; row++) {
    const to = offsets[row + 1] ?? 0;
    const length = to - from;
    if (equal ? length === size : length >= size) {
      const start = suffix ? to - size : from;
      if (view.getInt32(start, true) === head && view.getInt32(start + size - 4, true) === tail) {
        let k = 4;
        while (k < size - 4 && data[start + k] === needle[k]) k++;
        if (k >= size - 4) byte |= 1 << (row & 7);
      }
    }
    if ((row & 7) === 7) {
      bits[row >> 3] = byte;
      byte = 0;
    }
    from = to;
  }
  if ((rows & 7) !== 0) bits[rows >> 3] = byte;
}

function narrowAnchored(
  { data, offsets }: Texts,
  needle: Uint8Array,
  rows: number,
  anchor: Anchor,
  bits: Uint8Array,
): void {
  const size = needle.length;
  const [a = 0, b = 0, c = 0] = needle;
  const suffix = anchor === 'suffix';
  const equal = anchor === 'equal';
  let from = offsets[0] ?? 0;
  let byte = 0;
  for (let row = 0; row < rows; row++) {
    const to = offsets[row + 1] ?? 0;
    const length = to - from;
    if (equal ? length === size : length >= size) {
      const start = suffix ? to - size : from;
      if (
        (size < 1 || data[start] === a) &&
        (size < 2 || data[start + 1] === b) &&
        (size < 3 || data[start + 2] === c)
      ) {
        byte |= 1 << (row & 7);
      }
    }
    if ((row & 7) === 7) {
      bits[row >> 3] = byte;
      byte = 0;
    }
    from = to;
  }
  if ((rows & 7) !== 0) bits[rows >> 3] = byte;
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
