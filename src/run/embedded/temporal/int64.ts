/**
 * 64-bit counts of seconds, milliseconds, microseconds or nanoseconds: written and read without a bigint a row. A product that
 * leaves the safe integers is kept as two 32-bit words: the low one from the products modulo 2^32, the high one from the double,
 * whose error is far below half of 2^32.
 */
import { expandInt64, type Values } from '../../../io/column.ts';
import { UNITS_PER_SECOND } from '../../../io/temporal-text.ts';
import type { TimeUnit } from '../../../wire/arrow/types.ts';

const TWO_32 = 4_294_967_296;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
/** Doubles below this one are below 2^63, whatever was rounded on the way. */
const SURE_LIMIT = 2 ** 63 - 2 ** 14;

type Int64Values = Float64Array | BigInt64Array;

/** A column of 64-bit integers, row by row: doubles until one leaves the safe integers. Rows that aren't put are 0. */
export class Int64Builder {
  private readonly small: Float64Array;
  private wide: BigInt64Array | null = null;
  private words: Int32Array | null = null;

  constructor(length: number) {
    this.small = new Float64Array(length);
  }

  /** A safe integer. */
  put(row: number, value: number): void {
    if (this.words === null) this.small[row] = value + 0;
    else this.putWords(this.words, row, value | 0, value);
  }

  putBig(row: number, value: bigint): void {
    const number = Number(value);
    if (Number.isSafeInteger(number)) this.put(row, number);
    else this.widened()[row] = value;
  }

  /** `a * by + more`, all safe integers, |more| below 2^40: false, and nothing put, where it leaves 64 bits. */
  putProduct(row: number, a: number, by: number, more: number): boolean {
    const value = a * by + more;
    if (value >= -MAX_SAFE && value <= MAX_SAFE) {
      this.put(row, value);
      return true;
    }
    if (value > SURE_LIMIT || value < -SURE_LIMIT) {
      const exact = BigInt(a) * BigInt(by) + BigInt(more);
      if (exact > MAX_INT64 || exact < MIN_INT64) return false;
      this.widened()[row] = exact;
      return true;
    }
    this.widened();
    if (this.words !== null) this.putWords(this.words, row, (Math.imul(a | 0, by | 0) + (more | 0)) | 0, value);
    return true;
  }

  /** Signed upper and unsigned lower 32 bits of an integer that is no safe one. */
  putHalves(row: number, high: number, low: number): void {
    this.widened();
    if (this.words === null) return;
    this.words[row * 2] = low;
    this.words[row * 2 + 1] = high;
  }

  values(): Int64Values {
    return this.wide ?? this.small;
  }

  private putWords(words: Int32Array, row: number, low: number, value: number): void {
    words[row * 2] = low;
    words[row * 2 + 1] = Math.round((value - (low >>> 0)) / TWO_32);
  }

  private widened(): BigInt64Array {
    if (this.wide === null) {
      this.wide = expandInt64(this.small, 'Int64') as BigInt64Array;
      this.words = new Int32Array(this.wide.buffer);
    }
    return this.wide;
  }
}

/** Whole seconds, rounded down, and the nanoseconds behind them. Read with `read`, which writes both. */
export class Instants {
  seconds = 0;
  nanos = 0;
  private readonly values: Values;
  private readonly words: Int32Array | null;
  private readonly perSecond: number;
  private readonly nanosPerUnit: number;
  /** 2^48 and 2^32 in seconds, and the units left over. */
  private readonly high: readonly [number, number];
  private readonly middle: readonly [number, number];

  constructor(values: Values, unit: TimeUnit) {
    this.values = values;
    this.words =
      values instanceof BigInt64Array ? new Int32Array(values.buffer, values.byteOffset, values.length * 2) : null;
    this.perSecond = UNITS_PER_SECOND[unit];
    this.nanosPerUnit = 1_000_000_000 / this.perSecond;
    this.high = [Math.floor(2 ** 48 / this.perSecond), 2 ** 48 % this.perSecond];
    this.middle = [Math.floor(TWO_32 / this.perSecond), TWO_32 % this.perSecond];
  }

  /**
   * Counts of seconds and milliseconds beyond 2^53 lie beyond every calendar: their seconds are rounded.
   */
  read(row: number): void {
    const { perSecond, words } = this;
    if (words === null) {
      const value = this.values[row] as number;
      let seconds = Math.floor(value / perSecond);
      let rest = value - seconds * perSecond;
      // The quotient may have been rounded up to a whole one.
      if (rest < 0) {
        seconds--;
        rest += perSecond;
      } else if (rest >= perSecond) {
        seconds++;
        rest -= perSecond;
      }
      this.seconds = seconds;
      this.nanos = rest * this.nanosPerUnit;
      return;
    }
    const upper = words[row * 2 + 1] ?? 0;
    const h = upper >> 16;
    const m = upper & 0xffff;
    const rest = h * this.high[1] + m * this.middle[1] + ((words[row * 2] ?? 0) >>> 0);
    const carry = Math.floor(rest / perSecond);
    this.seconds = h * this.high[0] + m * this.middle[0] + carry;
    this.nanos = (rest - carry * perSecond) * this.nanosPerUnit;
  }
}

/** The integer at a row, exact. */
export function bigAt(values: Values, row: number): bigint {
  const value = values[row] ?? 0;
  return typeof value === 'bigint' ? value : BigInt(value);
}

/** `a + b` or `a - b` row by row (a scalar side has one row); `failed` is told the first row where it leaves 64 bits. */
export function addInt64(
  a: Values,
  b: Values,
  subtract: boolean,
  length: number,
  isRow: (row: number) => boolean,
  failed: (row: number) => void,
  scalarA: boolean,
  scalarB: boolean,
): Int64Values {
  const builder = new Int64Builder(length);
  if (a instanceof Float64Array && b instanceof Float64Array) {
    for (let row = 0; row < length; row++) {
      const x = a[scalarA ? 0 : row] ?? 0;
      const y = b[scalarB ? 0 : row] ?? 0;
      const sum = subtract ? x - y : x + y;
      if (sum >= -MAX_SAFE && sum <= MAX_SAFE) builder.put(row, sum);
      else if (isRow(row)) builder.putBig(row, subtract ? BigInt(x) - BigInt(y) : BigInt(x) + BigInt(y));
    }
    return builder.values();
  }
  const left = wordsOf(a);
  const right = wordsOf(b);
  for (let row = 0; row < length; row++) {
    const i = scalarA ? 0 : row * 2;
    const j = scalarB ? 0 : row * 2;
    const lowA = (left[i] ?? 0) >>> 0;
    const lowB = (right[j] ?? 0) >>> 0;
    let low = subtract ? lowA - lowB : lowA + lowB;
    let high = subtract ? (left[i + 1] ?? 0) - (right[j + 1] ?? 0) : (left[i + 1] ?? 0) + (right[j + 1] ?? 0);
    if (low < 0) {
      low += TWO_32;
      high--;
    } else if (low >= TWO_32) {
      low -= TWO_32;
      high++;
    }
    if (high > 2_147_483_647 || high < -2_147_483_648) {
      if (isRow(row)) failed(row);
    } else if (high >= -2_097_152 && high < 2_097_152 && !(high === -2_097_152 && low === 0)) {
      builder.put(row, high * TWO_32 + low);
    } else {
      builder.putHalves(row, high, low);
    }
  }
  return builder.values();
}

function wordsOf(values: Values): Int32Array {
  const wide = expandInt64(values, 'Int64');
  return new Int32Array(wide.buffer, wide.byteOffset, wide.length * 2);
}
