/** Strings one behind the other, row by row: by columns, so that each loop knows what it copies. */
import type { StringColumn } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { refuseTooLong } from './room.ts';
import { isSet, type Texts } from './strings-rows.ts';

export interface JoinedPart extends Texts {
  /** Rows without a value add nothing. */
  readonly validity: Uint8Array | null;
}

/** The parts of each row joined. `validity` is the result's. */
export function joinParts(
  parts: readonly JoinedPart[],
  type: DataType,
  rows: number,
  validity: Uint8Array | null,
): StringColumn {
  const offsets = new Int32Array(rows + 1);
  let most = 0;
  for (const part of parts) most += addLengths(part, offsets, rows);
  refuseTooLong(most);
  for (let row = 0; row < rows; row++) offsets[row + 1] = (offsets[row + 1] ?? 0) + (offsets[row] ?? 0);
  const data = new Uint8Array(offsets[rows] ?? 0);
  const cursors = offsets.slice();
  for (const part of parts) copyRows(part, data, cursors, rows);
  return { layout: 'string', type, length: rows, validity, offsets, data };
}

/** Adds the length of each row to the offset after it; gives the sum, of rows without a value too. */
function addLengths({ offsets, step, validity }: JoinedPart, lengths: Int32Array, rows: number): number {
  if (step === 0) {
    const size = (offsets[1] ?? 0) - (offsets[0] ?? 0);
    if (!isSet(validity, 0)) return 0;
    for (let row = 1; row <= rows; row++) lengths[row] = (lengths[row] ?? 0) + size;
    return size * rows;
  }
  let from = offsets[0] ?? 0;
  for (let row = 0; row < rows; row++) {
    const to = offsets[row + 1] ?? 0;
    if (validity === null || isSet(validity, row)) lengths[row + 1] = (lengths[row + 1] ?? 0) + to - from;
    from = to;
  }
  return (offsets[rows] ?? 0) - (offsets[0] ?? 0);
}

function copyRows(
  { data: source, offsets, step, validity }: JoinedPart,
  data: Uint8Array,
  cursors: Int32Array,
  rows: number,
): void {
  if (step === 0 && !isSet(validity, 0)) return;
  const words = new DataView(data.buffer);
  const sourceWords = new DataView(source.buffer, source.byteOffset, source.byteLength);
  for (let row = 0; row < rows; row++) {
    const k = row * step;
    if (step === 1 && validity !== null && !isSet(validity, row)) continue;
    let from = offsets[k] ?? 0;
    const to = offsets[k + 1] ?? 0;
    let at = cursors[row] ?? 0;
    if (to - from > 256) {
      data.set(source.subarray(from, to), at);
      cursors[row] = at + to - from;
      continue;
    }
    for (; from + 4 <= to; from += 4, at += 4) words.setInt32(at, sourceWords.getInt32(from, true), true);
    while (from < to) data[at++] = source[from++] ?? 0;
    cursors[row] = at;
  }
}
