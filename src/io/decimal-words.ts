/**
 * Decimals of 128 bits as Arrow lays them out: four words of 32 bits a row, the lowest first. A column of them has the bigints of any other
 * decimal column, but makes them only for those who ask; who can takes the words.
 */
import type { DataType } from '../wire/arrow/types.ts';
import type { Column, DecimalColumn } from './column.ts';

// By the column's identity: what is made of a column by a spread has the values alone, and can't have words of other rows.
const WORDS = new WeakMap<Column, Int32Array>();

/** The words, where the column has them. They aren't to be changed. */
export function decimalWords(column: Column): Int32Array | undefined {
  return WORDS.get(column);
}

export function decimalsOfWords(
  type: DataType,
  length: number,
  validity: Uint8Array | null,
  words: Int32Array,
): DecimalColumn {
  let values: DecimalColumn['values'] | null = null;
  const column: DecimalColumn = {
    layout: 'decimal',
    type,
    length,
    validity,
    get values() {
      values ??= valuesOf(words, length);
      return values;
    },
  };
  WORDS.set(column, words);
  return column;
}

/** In doubles where all of them are safe. */
function valuesOf(words: Int32Array, length: number): DecimalColumn['values'] {
  const high = new BigInt64Array(words.buffer, words.byteOffset, length * 2);
  const low = new BigUint64Array(words.buffer, words.byteOffset, length * 2);
  const out = new Array<bigint>(length);
  let isSafe = true;
  for (let row = 0; row < length; row++) {
    const top = high[row * 2 + 1] ?? 0n;
    const value = top === 0n ? (low[row * 2] ?? 0n) : (top << 64n) | (low[row * 2] ?? 0n);
    out[row] = value;
    isSafe &&= value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
  }
  return isSafe ? Float64Array.from(out, Number) : out;
}
