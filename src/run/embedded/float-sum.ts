/**
 * Sums of doubles in the order of arrow-arith 59 on x86-64 (vectors of 16 bytes): four running sums where a batch has no
 * nulls, two where it has, each taking every fourth or second row, and then the halves added up.
 */
import { type Column, countBits, getBit, type NumericColumn } from '../../io/column.ts';
import { LOOP_ROWS } from '../../io/loop-rows.ts';
import { DfxError } from '../../wire/errors.ts';

/** A double, and its upper 32 bits where it is a NaN: JavaScript doesn't promise to keep those. */
export interface Double {
  readonly value: number;
  readonly high: number;
}

export const ZERO: Double = { value: 0, high: 0 };
const QUIET = 0x00080000;
const FRESH_NAN = 0xfff80000;

/** The first operand's NaN is passed on, then the second's; one that arises is negative. */
export function addDoubles(a: Double, b: Double): Double {
  const value = a.value + b.value;
  if (!Number.isNaN(value)) return { value, high: 0 };
  const high = Number.isNaN(a.value) ? a.high | QUIET : Number.isNaN(b.value) ? b.high | QUIET : FRESH_NAN;
  return { value, high: high >>> 0 };
}

/** The sum of the rows that aren't null: at least one. */
export function sumFloats(column: NumericColumn): Double {
  const { length, validity, values } = column;
  const full = validity === null || countBits(validity, length) === length;
  if (!(values instanceof Float64Array)) throw new DfxError('DEFECT', `a sum of doubles over ${column.type.kind}`);
  const value = full || validity === null ? fullSum(values, length) : validSum(values, validity, length);
  return Number.isNaN(value) ? sumWithNaNs(column, full ? 4 : 2) : { value, high: 0 };
}

const lanes = new Float64Array(4);

function fullSum(values: Float64Array, length: number): number {
  lanes.fill(0);
  const whole = length & ~3;
  for (let from = 0; from < whole; from += LOOP_ROWS) addLanes(values, from, Math.min(from + LOOP_ROWS, whole));
  for (let i = whole; i < length; i++) lanes[i & 3] = (lanes[i & 3] as number) + (values[i] as number);
  return ofLanes(lanes);
}

/** The sum of the four that each took every fourth row. */
export function ofLanes([s0 = 0, s1 = 0, s2 = 0, s3 = 0]: Float64Array): number {
  return s0 + s2 + (s1 + s3);
}

function addLanes(values: Float64Array, from: number, to: number): void {
  let s0 = lanes[0] as number;
  let s1 = lanes[1] as number;
  let s2 = lanes[2] as number;
  let s3 = lanes[3] as number;
  for (let i = from; i < to; i += 4) {
    s0 += values[i] as number;
    s1 += values[i + 1] as number;
    s2 += values[i + 2] as number;
    s3 += values[i + 3] as number;
  }
  lanes[0] = s0;
  lanes[1] = s1;
  lanes[2] = s2;
  lanes[3] = s3;
}

function validSum(values: Float64Array, validity: Uint8Array, length: number): number {
  let s0 = 0;
  let s1 = 0;
  for (let start = 0; start < length; start += 8) {
    const bits = validity[start >> 3] ?? 0;
    const end = Math.min(length, start + 8);
    for (let i = start; i < end; i += 2) {
      if (bits & (1 << (i & 7))) s0 += values[i] ?? 0;
      if (i + 1 < end && bits & (2 << (i & 7))) s1 += values[i + 1] ?? 0;
    }
  }
  return s0 + s1;
}

/** The same once more, with an eye on which NaN comes through: the earlier, or in a batch with nulls the later. */
function sumWithNaNs(column: NumericColumn, lanes: number): Double {
  const { length, validity, values } = column;
  const words = new Uint32Array(values.buffer, values.byteOffset, length * 2);
  const sums: Double[] = Array.from({ length: lanes }, () => ZERO);
  for (let i = 0; i < length; i++) {
    if (validity !== null && !getBit(validity, i)) continue;
    const lane = i & (lanes - 1);
    const term: Double = { value: Number(values[i] ?? 0), high: words[i * 2 + 1] ?? 0 };
    const sum = sums[lane] ?? ZERO;
    sums[lane] = lanes === 4 ? addDoubles(sum, term) : addDoubles(term, sum);
  }
  for (let half = lanes / 2; half >= 1; half /= 2) {
    for (let i = 0; i < half; i++) {
      const upper = sums[i + half] ?? ZERO;
      const lower = sums[i] ?? ZERO;
      sums[i] = lanes === 4 ? addDoubles(lower, upper) : addDoubles(upper, lower);
    }
  }
  return sums[0] ?? ZERO;
}

export function nanColumn(high: number): Column {
  const values = new Float64Array(1);
  new Uint32Array(values.buffer)[1] = high;
  return { layout: 'numeric', type: { kind: 'Float64' }, length: 1, validity: null, values };
}
