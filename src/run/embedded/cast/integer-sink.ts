/** Integers one by one into a typed array of their type. */
import type { Values } from '../../../io/column.ts';
import { newValues } from '../build.ts';
import { bitsOf, type IntegerKind, integerRange, isSigned } from '../types.ts';

/** Integers as they come: a typed array of the kind, which turns to BigInts at the first value beyond 2^53. */
export class IntegerSink {
  private small: Values;
  private big: BigInt64Array | BigUint64Array | null = null;
  private readonly low: bigint;
  private readonly high: bigint;
  private readonly lowNumber: number;
  private readonly lowSafe: bigint;
  private readonly highSafe: bigint;
  private readonly highNumber: number;

  constructor(
    private readonly kind: IntegerKind,
    length: number,
  ) {
    this.small = newValues(kind, length);
    ({ low: this.low, high: this.high } = integerRange(kind));
    // Within the safe integers the limits are exact; beyond, `put` compares bigints.
    this.lowNumber = bitsOf(kind) === 64 && isSigned(kind) ? -Number.MAX_SAFE_INTEGER : Number(this.low);
    this.highNumber = bitsOf(kind) === 64 ? Number.MAX_SAFE_INTEGER : Number(this.high);
    this.lowSafe = BigInt(this.lowNumber);
    this.highSafe = BigInt(this.highNumber);
  }

  /** False where the value doesn't fit. */
  put(row: number, given: number | bigint): boolean {
    let value = given;
    if (typeof value === 'bigint' && value >= this.lowSafe && value <= this.highSafe) value = Number(value);
    if (typeof value === 'number' && value >= this.lowNumber && value <= this.highNumber) {
      if (this.big === null) this.small[row] = value;
      else this.big[row] = BigInt(value);
      return true;
    }
    const exact = BigInt(value);
    if (exact < this.low || exact > this.high) return false;
    if (this.big === null) {
      const wide =
        this.kind === 'UInt64' ? new BigUint64Array(this.small.length) : new BigInt64Array(this.small.length);
      for (let i = 0; i < row; i++) wide[i] = BigInt(this.small[i] ?? 0);
      this.big = wide;
    }
    this.big[row] = exact;
    return true;
  }

  values(): Values {
    return this.big ?? this.small;
  }
}
