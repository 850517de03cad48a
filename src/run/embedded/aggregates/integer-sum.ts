/** Exact sums of integers in doubles, and in bigints where these end. */
import { getBit, type Values } from '../../../io/column.ts';

const SAFE = Number.MAX_SAFE_INTEGER;
const BLOCK = 4096;

export class IntegerSum {
  private part = 0;
  private large = 0n;
  count = 0;

  get total(): bigint {
    return this.large + BigInt(this.part) - (this.removed?.total ?? 0n);
  }

  private removed: IntegerSum | null = null;

  /** Takes rows back. */
  subtract(values: Values | readonly bigint[], validity: Uint8Array | null, length: number): void {
    this.removed ??= new IntegerSum();
    const before = this.removed.count;
    this.removed.add(values, validity, length);
    this.count -= this.removed.count - before;
  }

  /** Rows `[0, length)` that are valid. */
  add(values: Values | readonly bigint[], validity: Uint8Array | null, length: number): void {
    if (values instanceof BigInt64Array || values instanceof BigUint64Array || !ArrayBuffer.isView(values)) {
      this.addLarge(values, validity, length);
      return;
    }
    if (validity !== null) this.addValid(values, validity, length);
    else this.addAll(values, length);
  }

  /** Rows `[0, length)`, at most 2^21, of decimals as words (`io/decimal-words.ts`). */
  addWords(words: Int32Array, validity: Uint8Array | null, length: number): void {
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    let count = 0;
    for (let i = 0, at = 0; i < length; i++, at += 4) {
      if (validity !== null && !getBit(validity, i)) continue;
      s0 += (words[at] ?? 0) >>> 0;
      s1 += (words[at + 1] ?? 0) >>> 0;
      s2 += (words[at + 2] ?? 0) >>> 0;
      s3 += words[at + 3] ?? 0;
      count++;
    }
    this.large += BigInt(s0) + (BigInt(s1) << 32n) + (BigInt(s2) << 64n) + (BigInt(s3) << 96n);
    this.count += count;
  }

  private addLarge(values: ArrayLike<bigint>, validity: Uint8Array | null, length: number): void {
    let sum = 0n;
    for (let i = 0; i < length; i++) {
      if (validity !== null && !getBit(validity, i)) continue;
      sum += values[i] ?? 0n;
      this.count++;
    }
    this.large += sum;
  }

  private addAll(values: ArrayLike<number>, length: number): void {
    for (let start = 0; start < length; start += BLOCK) {
      const end = Math.min(length, start + BLOCK);
      const sum = values instanceof Float64Array ? blockSum(values, start, end) : smallSum(values, start, end);
      if (Number.isNaN(sum)) this.addStepwise(values, null, start, end);
      else this.addPart(sum);
    }
    this.count += length;
  }

  private addValid(values: ArrayLike<number>, validity: Uint8Array, length: number): void {
    for (let start = 0; start < length; start += BLOCK) {
      const end = Math.min(length, start + BLOCK);
      let sum = 0;
      let magnitude = 0;
      let count = 0;
      for (let i = start; i < end; i++) {
        // All bits set or none, without a branch that data decides.
        const bit = ((validity[i >> 3] ?? 0) >> (i & 7)) & 1;
        const value = (values[i] ?? 0) * bit;
        sum += value;
        magnitude += Math.abs(value);
        count += bit;
      }
      if (magnitude > SAFE) this.addStepwise(values, validity, start, end);
      else this.addPart(sum);
      this.count += count;
    }
  }

  private addStepwise(values: ArrayLike<number>, validity: Uint8Array | null, start: number, end: number): void {
    for (let i = start; i < end; i++) {
      if (validity === null || getBit(validity, i)) this.addPart(values[i] ?? 0);
    }
  }

  /** Both are safe integers. */
  private addPart(value: number): void {
    const next = this.part + value;
    if (next > SAFE || next < -SAFE) {
      this.large += BigInt(this.part);
      this.part = value;
    } else {
      this.part = next;
    }
  }
}

/** NaN where the magnitudes together aren't safe, and partial sums may have been rounded. */
function blockSum(values: Float64Array, start: number, end: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let m0 = 0;
  let m1 = 0;
  let m2 = 0;
  let m3 = 0;
  let i = start;
  for (; i + 3 < end; i += 4) {
    const a = values[i] ?? 0;
    const b = values[i + 1] ?? 0;
    const c = values[i + 2] ?? 0;
    const d = values[i + 3] ?? 0;
    s0 += a;
    s1 += b;
    s2 += c;
    s3 += d;
    m0 += Math.abs(a);
    m1 += Math.abs(b);
    m2 += Math.abs(c);
    m3 += Math.abs(d);
  }
  for (; i < end; i++) {
    s0 += values[i] ?? 0;
    m0 += Math.abs(values[i] ?? 0);
  }
  return m0 + m1 + m2 + m3 > SAFE ? Number.NaN : s0 + s1 + s2 + s3;
}

/** Of integers of 32 bits at most: a block of them is always safe. */
function smallSum(values: ArrayLike<number>, start: number, end: number): number {
  let s0 = 0;
  let s1 = 0;
  let i = start;
  for (; i + 1 < end; i += 2) {
    s0 += values[i] ?? 0;
    s1 += values[i + 1] ?? 0;
  }
  return i < end ? s0 + s1 + (values[i] ?? 0) : s0 + s1;
}
