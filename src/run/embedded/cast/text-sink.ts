/** Texts one by one into a column. */
import { type Column, isValid } from '../../../io/column.ts';
import type { StringKind } from '../types.ts';

const encoder = new TextEncoder();

/** The text of every row that has a value. */
export function buildStrings(kind: StringKind, column: Column, text: (row: number) => string): Column {
  const { length } = column;
  const validity = column.layout === 'null' ? null : column.validity;
  const offsets = new Int32Array(length + 1);
  let data = new Uint8Array(length * 8 + 64);
  let at = 0;
  for (let i = 0; i < length; i++) {
    if (isValid(column, i)) {
      const piece = text(i);
      if (at + piece.length * 3 > data.length) {
        const grown = new Uint8Array(data.length * 2 + piece.length * 3);
        grown.set(data.subarray(0, at));
        data = grown;
      }
      at += encoder.encodeInto(piece, data.subarray(at)).written;
    }
    offsets[i + 1] = at;
  }
  return { layout: 'string', type: { kind }, length, validity, offsets, data: data.subarray(0, at) };
}
