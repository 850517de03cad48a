/** Values of fixed width, from the bytes of a buffer into the arrays of `column.ts`. */
import type { DataType } from '../../wire/arrow/types.ts';
import type { NumericColumn } from '../column.ts';
import { LOOP_ROWS } from '../loop-rows.ts';

export type NumericArray = NumericColumn['values'];

const HIGH_LIMIT = 2 ** 21;

/**
 * 64-bit integers, little-endian pairs of words, as doubles into `out`; false where one of them is no safe integer. The safe integers
 * are those whose high word is in [-2^21, 2^21), but for -2^53 itself.
 */
export function int64ToDoubles(words: Int32Array, signed: boolean, out: Float64Array): boolean {
  let outside = 0;
  for (let from = 0; from < out.length; from += LOOP_ROWS) {
    outside |= pairsToDoubles(words, out, from, Math.min(from + LOOP_ROWS, out.length));
  }
  if (signed ? outside >>> 21 !== 0 : highBits(words, out.length) >>> 21 !== 0) return false;
  if (signed && outside >>> 20 !== 0) return !out.includes(-9007199254740992);
  return true;
}

// Loops that are functions of their own: V8 compiles a loop while it runs, and what stands behind it has run never by then, so that
// the compiled code is thrown away at the loop's end.

/** Gives the bits of all high words, or of their complements where they are negative. */
function pairsToDoubles(words: Int32Array, out: Float64Array, from: number, to: number): number {
  let outside = 0;
  for (let i = from, w = 2 * from; i < to; i++, w += 2) {
    const high = words[w + 1] as number;
    outside |= high ^ (high >> 31);
    out[i] = high * 4294967296 + ((words[w] as number) >>> 0);
  }
  return outside;
}

function highBits(words: Int32Array, count: number): number {
  let high = 0;
  for (let i = 0, w = 1; i < count; i++, w += 2) high |= words[w] as number;
  return high;
}

/** The typed array of a type whose values need no conversion, or null. `bytes` start where the element allows it. */
export function numericView(type: DataType, bytes: Uint8Array, count: number): NumericArray | null {
  const { buffer, byteOffset } = bytes;
  switch (type.kind) {
    case 'Int8':
      return new Int8Array(buffer, byteOffset, count);
    case 'Int16':
      return new Int16Array(buffer, byteOffset, count);
    case 'Int32':
    case 'Date32':
    case 'Time32':
      return new Int32Array(buffer, byteOffset, count);
    case 'UInt8':
      return new Uint8Array(buffer, byteOffset, count);
    case 'UInt16':
      return new Uint16Array(buffer, byteOffset, count);
    case 'UInt32':
      return new Uint32Array(buffer, byteOffset, count);
    case 'Float32':
      return new Float32Array(buffer, byteOffset, count);
    case 'Float64':
      return new Float64Array(buffer, byteOffset, count);
    case 'Interval':
      return type.unit === 'YearMonth' ? new Int32Array(buffer, byteOffset, count) : null;
    default:
      return null;
  }
}

/** Halves as singles, by their bits: the payload of a NaN stays. */
export function halvesToSingles(halves: Uint16Array, out: Float32Array): void {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < out.length; i++) {
    const half = halves[i] ?? 0;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) bits[i] = sign | 0x7f800000 | (fraction << 13);
    else if (exponent !== 0) bits[i] = sign | ((exponent + 112) << 23) | (fraction << 13);
    else out[i] = (sign === 0 ? 1 : -1) * fraction * 2 ** -24;
  }
}

/** Unscaled integers of 32, 64, 128 or 256 bits: doubles where all of them are safe integers, else bigints. */
export function decimals(words: Int32Array, wordsEach: number, out: Float64Array): Float64Array | readonly bigint[] {
  const count = out.length;
  if (wordsEach === 1) {
    for (let i = 0; i < count; i++) out[i] = words[i] ?? 0;
    return out;
  }
  for (let i = 0; i < count; i++) {
    const at = i * wordsEach;
    const high = words[at + 1] ?? 0;
    const sign = high >> 31;
    let fits = high < HIGH_LIMIT && high >= -HIGH_LIMIT && !(high === -HIGH_LIMIT && words[at] === 0);
    for (let w = 2; w < wordsEach; w++) fits = fits && words[at + w] === sign;
    if (!fits) return bigDecimals(words, wordsEach, count);
    out[i] = high * 4294967296 + ((words[at] ?? 0) >>> 0);
  }
  return out;
}

function bigDecimals(words: Int32Array, wordsEach: number, count: number): readonly bigint[] {
  return Array.from({ length: count }, (_, i) => {
    const end = i * wordsEach + wordsEach - 1;
    let value = BigInt(words[end] ?? 0);
    for (let w = 1; w < wordsEach; w++) value = (value << 32n) | BigInt((words[end - w] ?? 0) >>> 0);
    return value;
  });
}
