/** Utf8View as Arrow's columnar format 1.4 lays it out, from the offsets that a column of ours has. */
import type { StringColumn } from './column.ts';

/** A view is 16 bytes: the length, then the text itself up to 12 bytes; else its first 4, the buffer's number and the offset in it. */
const VIEW_BYTES = 16;
const INLINE_BYTES = 12;
const PREFIX_BYTES = 4;

/** The views of `column`, which point into its own text as buffer 0. A null's view is zero. */
export function viewsOf(column: StringColumn): Uint8Array {
  const { length, offsets, data, validity } = column;
  const views = new Uint8Array(length * VIEW_BYTES);
  const words = new DataView(views.buffer);
  for (let row = 0; row < length; row++) {
    if (validity !== null && (((validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 0) continue;
    const from = offsets[row] ?? 0;
    const size = (offsets[row + 1] ?? 0) - from;
    const at = row * VIEW_BYTES;
    words.setInt32(at, size, true);
    if (size <= INLINE_BYTES) {
      views.set(data.subarray(from, from + size), at + 4);
    } else {
      views.set(data.subarray(from, from + PREFIX_BYTES), at + 4);
      words.setInt32(at + 12, from, true);
    }
  }
  return views;
}
