/** Values of fixed width, from the arrays of `column.ts` into the bytes of a buffer: what `fixed-values.ts` reads. */

/** Safe integers as little-endian 64-bit integers. */
export function doublesToInt64(values: Float64Array): Uint8Array {
  const count = values.length;
  const words = new Int32Array(2 * count);
  for (let i = 0, w = 0; i < count; i++, w += 2) {
    const value = values[i] as number;
    // Of a safe integer the high half is exact, and ToInt32 gives its low half.
    words[w] = value | 0;
    words[w + 1] = Math.floor(value * 2 ** -32);
  }
  return new Uint8Array(words.buffer);
}

/** Two's complement integers of `wordsEach` 32-bit words. */
export function integersToWords(
  values: Float64Array | readonly bigint[],
  length: number,
  wordsEach: number,
): Uint8Array {
  const words = new Int32Array(length * wordsEach);
  if (values instanceof Float64Array) {
    for (let i = 0, w = 0; i < length; i++, w += wordsEach) {
      const value = values[i] ?? 0;
      words[w] = value | 0;
      if (wordsEach > 1) words[w + 1] = Math.floor(value * 2 ** -32);
      const sign = value < 0 ? -1 : 0;
      for (let k = 2; k < wordsEach; k++) words[w + k] = sign;
    }
  } else {
    for (let i = 0, w = 0; i < length; i++) {
      let value = values[i] ?? 0n;
      for (let k = 0; k < wordsEach; k++, w++) {
        words[w] = Number(BigInt.asIntN(32, value));
        value >>= 32n;
      }
    }
  }
  return new Uint8Array(words.buffer);
}

/** The nearest half of each single, ties to even. A single that came from a half gives the same half, the payload of a NaN included. */
export function singlesToHalves(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = halfOf(bits[i] ?? 0);
  return out;
}

function halfOf(single: number): number {
  const sign = (single >>> 16) & 0x8000;
  const size = single & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7c00 | ((size >> 13) & 0x3ff) | ((size & 0x7fe000) === 0 ? 0x200 : 0);
  // 65520 is the first that rounds to infinity.
  if (size >= 0x477ff000) return sign | 0x7c00;
  if (size < 0x38800000) {
    // Subnormal: a multiple of 2^-24.
    const shift = 126 - (size >> 23);
    if (shift > 24) return sign;
    const fraction = (size & 0x7fffff) | (size >> 23 === 0 ? 0 : 0x800000);
    return sign | roundShift(fraction, shift);
  }
  return sign | roundShift(size - 0x38000000, 13);
}

function roundShift(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}
