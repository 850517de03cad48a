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
  const words = new Int32Array(views.buffer);
  let from = offsets[0] ?? 0;
  for (let row = 0; row < length; row++) {
    const to = offsets[row + 1] as number;
    const size = to - from;
    if (validity === null || (((validity[row >> 3] as number) >> (row & 7)) & 1) === 1) {
      const text = row * VIEW_BYTES + 4;
      // Copying a few bytes by a call would take longer.
      const inView = size <= INLINE_BYTES ? size : PREFIX_BYTES;
      for (let i = 0; i < inView; i++) views[text + i] = data[from + i] as number;
      words[row * 4] = size;
      if (size > INLINE_BYTES) words[row * 4 + 3] = from;
    }
    from = to;
  }
  return views;
}
