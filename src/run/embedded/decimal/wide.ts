/**
 * Products and quotients of decimals of 128 bits whose operands are safe integers, where a product has more than 53 bits: without a bigint
 * a row. All numbers on the way are integers that doubles hold exactly.
 */
import { getBit } from '../../../io/column.ts';

/** Rows of an operand: every one of them, or the first for all. */
export interface Operand {
  readonly values: Float64Array;
  /** 0 for a scalar. */
  readonly step: 0 | 1;
}

const P26 = 2 ** 26;
const P52 = 2 ** 52;

/** Four words of 32 bits a row, the lowest first. Null where an operand is beyond 2^52, and sums on the way might be rounded. */
export function productWords(a: Operand, b: Operand, rows: number): Int32Array | null {
  let most = 0;
  const out = new Int32Array(rows * 4);
  const { values: left, step: p } = a;
  const { values: right, step: q } = b;
  for (let row = 0, at = 0; row < rows; row++, at += 4) {
    const s = left[row * p] ?? 0;
    const t = right[row * q] ?? 0;
    const x = Math.abs(s);
    const y = Math.abs(t);
    most = Math.max(most, x, y);
    const x1 = Math.floor(x * (1 / P26));
    const x0 = x - x1 * P26;
    const y1 = Math.floor(y * (1 / P26));
    const y0 = y - y1 * P26;
    // x * y = x1 * y1 * 2^52 + middle * 2^26 + x0 * y0
    const middle = x1 * y0 + x0 * y1;
    const carried = Math.floor(middle * (1 / P26));
    let low = x0 * y0 + (middle - carried * P26) * P26;
    let high = x1 * y1 + carried;
    const over = Math.floor(low * (1 / P52));
    low -= over * P52;
    high += over;
    if (s < 0 !== t < 0) {
      high = -high;
      if (low > 0) {
        low = P52 - low;
        high--;
      }
    }
    // 52 bits and what is above them, as words of 32.
    const low1 = Math.floor(low * 2 ** -32);
    const high1 = Math.floor(high * 2 ** -12);
    const high2 = Math.floor(high1 * 2 ** -32);
    out[at] = low - low1 * 2 ** 32;
    out[at + 1] = low1 + (high - high1 * 4096) * 2 ** 20;
    out[at + 2] = high1 - high2 * 2 ** 32;
    out[at + 3] = high2;
  }
  return most > P52 ? null : out;
}

/** Below these, every sum on the way is exact. */
const MOST = 2 ** 50;
const SPLIT = 2 ** 27 + 1;

/** `x * y - high`, where `high` is the product as doubles round it (T. J. Dekker). */
function lowOfProduct(x: number, y: number, high: number): number {
  const cx = SPLIT * x;
  const x1 = cx - (cx - x);
  const x0 = x - x1;
  const cy = SPLIT * y;
  const y1 = cy - (cy - y);
  const y0 = y - y1;
  return x0 * y0 - (high - x1 * y1 - x0 * y1 - x1 * y0);
}

/**
 * `a * up / b`, cut, as safe integers; 0 for a row without a value. Null where a divisor is 0, or a number on the way is too large: somebody
 * else says what comes out.
 */
export function quotients(
  a: Operand,
  up: number,
  b: Operand,
  rows: number,
  validity: Uint8Array | null,
): Float64Array | null {
  const out = new Float64Array(rows);
  const { values: left, step: p } = a;
  const { values: right, step: q } = b;
  if (up > MOST) return null;
  for (let row = 0; row < rows; row++) {
    if (validity !== null && !getBit(validity, row)) continue;
    const s = left[row * p] ?? 0;
    const t = right[row * q] ?? 0;
    const x = Math.abs(s);
    const y = Math.abs(t);
    const high = x * up;
    let quotient = Math.floor(high / y);
    if (!(quotient < MOST) || x > MOST || y > MOST) return null;
    const back = quotient * y;
    let rest = high - back + (lowOfProduct(x, up, high) - lowOfProduct(quotient, y, back));
    while (rest < 0) {
      quotient--;
      rest += y;
    }
    while (rest >= y) {
      quotient++;
      rest -= y;
    }
    out[row] = quotient !== 0 && s < 0 !== t < 0 ? -quotient : quotient;
  }
  return out;
}
