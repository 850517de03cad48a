/** min and max: floats in IEEE 754's total order (a NaN above every number, or below where its sign is set), texts by their bytes. */
import { type Column, getBit, isValid, type StringColumn } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { nullColumn } from '../build.ts';
import { concatColumns, gather } from '../gather.ts';
import { Refusal } from '../refusal.ts';
import { isFloat } from '../types.ts';
import { columnOf } from './cells.ts';
import { argumentsOf, refuseIgnoreNulls } from './coercion.ts';
import type { Accumulator, AggregateCall, AggregateFunction, BoundAggregate } from './define.ts';
import { distinctGroups } from './distinct.ts';
import { isOrderable, valueOrder } from './order.ts';

class ExtremeAccumulator implements Accumulator {
  private best: Column | null = null;
  /** The value of `best`, where it is a number other than zero and NaN; else NaN. */
  private bound = Number.NaN;

  constructor(
    private readonly greatest: boolean,
    private readonly type: DataType,
  ) {}

  update(columns: readonly Column[], length: number): void {
    const column = columnOf(columns, 0);
    if (column.layout === 'null' || this.staysAhead(column, length)) return;
    const row = leadingRow(column, length, this.greatest);
    if (row < 0) return;
    const candidate = gather(column, Int32Array.of(row));
    if (this.best !== null) {
      const difference = valueOrder(concatColumns(this.type, [this.best, candidate]))(1, 0);
      if (this.greatest ? difference <= 0 : difference >= 0) return;
    }
    this.best = candidate;
    const value = candidate.layout === 'numeric' ? candidate.values[0] : 0;
    this.bound = typeof value === 'number' && value !== 0 ? value : Number.NaN;
  }

  /** Most batches of numbers change nothing: their extreme alone says so, wherever it stands. */
  private staysAhead(column: Column, length: number): boolean {
    if (column.layout !== 'numeric' || column.validity !== null || Number.isNaN(this.bound)) return false;
    const { values } = column;
    if (values instanceof Float64Array) {
      if (this.greatest) return greatestDouble(values, length) <= this.bound;
      return leastDouble(values, length) >= this.bound;
    }
    if (values instanceof BigInt64Array || values instanceof BigUint64Array || values instanceof Float32Array)
      return false;
    if (this.greatest) return greatestNumber(values, length) <= this.bound;
    return leastNumber(values, length) >= this.bound;
  }

  state(): readonly Column[] {
    return [this.finish()];
  }

  merge(state: readonly Column[]): void {
    this.update(state, 1);
  }

  finish(): Column {
    return this.best ?? nullColumn(this.type, 1);
  }
}

/** -1 where every row is null. */
function leadingRow(column: Column, length: number, greatest: boolean): number {
  if (
    column.layout === 'numeric' &&
    !(column.values instanceof BigInt64Array || column.values instanceof BigUint64Array)
  ) {
    const row = leadingNumber(column.values, column.validity, length, greatest);
    if (row < 0 || !isFloat(column.type.kind)) return row;
    // A NaN or a zero: their bits decide.
    const value = column.values[row] ?? 0;
    if (!Number.isNaN(value) && value !== 0) return row;
  }
  if (column.layout === 'string') return leadingText(column, length, greatest);
  const order = valueOrder(column);
  let best = -1;
  for (let i = 0; i < length; i++) {
    if (!isValid(column, i)) continue;
    if (best < 0 || (greatest ? order(i, best) > 0 : order(i, best) < 0)) best = i;
  }
  return best;
}

/** The row of a NaN where there may be one: the bits decide then. */
function leadingNumber(
  values: ArrayLike<number>,
  validity: Uint8Array | null,
  length: number,
  greatest: boolean,
): number {
  let first = 0;
  if (validity !== null) while (first < length && !getBit(validity, first)) first++;
  if (first >= length) return -1;
  if (Number.isNaN(values[first] ?? 0)) return first;
  if (validity !== null) return leadingValid(values, validity, first, length, greatest);
  return greatest ? greatestOf(values, length) : leastOf(values, length);
}

/** Four at a time, each with a trace that is 0 while all values are finite. The result is NaN where one isn't. */
function leastDouble(values: Float64Array, length: number): number {
  let m0 = values[0] ?? 0;
  let m1 = m0;
  let m2 = m0;
  let m3 = m0;
  let t0 = 0;
  let t1 = 0;
  let t2 = 0;
  let t3 = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    const a = values[i] ?? 0;
    const b = values[i + 1] ?? 0;
    const c = values[i + 2] ?? 0;
    const d = values[i + 3] ?? 0;
    t0 += a - a;
    t1 += b - b;
    t2 += c - c;
    t3 += d - d;
    if (a < m0) m0 = a;
    if (b < m1) m1 = b;
    if (c < m2) m2 = c;
    if (d < m3) m3 = d;
  }
  for (; i < length; i++) {
    const value = values[i] ?? 0;
    t0 += value - value;
    if (value < m0) m0 = value;
  }
  return Math.min(m0, m1, m2, m3) + (t0 + t1 + t2 + t3);
}

function greatestDouble(values: Float64Array, length: number): number {
  let m0 = values[0] ?? 0;
  let m1 = m0;
  let m2 = m0;
  let m3 = m0;
  let t0 = 0;
  let t1 = 0;
  let t2 = 0;
  let t3 = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    const a = values[i] ?? 0;
    const b = values[i + 1] ?? 0;
    const c = values[i + 2] ?? 0;
    const d = values[i + 3] ?? 0;
    t0 += a - a;
    t1 += b - b;
    t2 += c - c;
    t3 += d - d;
    if (a > m0) m0 = a;
    if (b > m1) m1 = b;
    if (c > m2) m2 = c;
    if (d > m3) m3 = d;
  }
  for (; i < length; i++) {
    const value = values[i] ?? 0;
    t0 += value - value;
    if (value > m0) m0 = value;
  }
  return Math.max(m0, m1, m2, m3) + (t0 + t1 + t2 + t3);
}

/** Of integers of 32 bits at most. */
function leastNumber(values: ArrayLike<number>, length: number): number {
  let best = values[0] ?? 0;
  for (let i = 1; i < length; i++) {
    const value = values[i] ?? 0;
    if (value < best) best = value;
  }
  return best;
}

function greatestNumber(values: ArrayLike<number>, length: number): number {
  let best = values[0] ?? 0;
  for (let i = 1; i < length; i++) {
    const value = values[i] ?? 0;
    if (value > best) best = value;
  }
  return best;
}

function leastOf(values: ArrayLike<number>, length: number): number {
  let best = values[0] ?? 0;
  let at = 0;
  for (let i = 1; i < length; i++) {
    const value = values[i] ?? 0;
    if (value >= best) continue;
    if (Number.isNaN(value)) return i;
    best = value;
    at = i;
  }
  return at;
}

function greatestOf(values: ArrayLike<number>, length: number): number {
  let best = values[0] ?? 0;
  let at = 0;
  for (let i = 1; i < length; i++) {
    const value = values[i] ?? 0;
    if (value <= best) continue;
    if (Number.isNaN(value)) return i;
    best = value;
    at = i;
  }
  return at;
}

function leadingValid(
  values: ArrayLike<number>,
  validity: Uint8Array,
  first: number,
  length: number,
  greatest: boolean,
): number {
  let best = values[first] ?? 0;
  let at = first;
  for (let i = first + 1; i < length; i++) {
    if (!getBit(validity, i)) continue;
    const value = values[i] ?? 0;
    if (Number.isNaN(value)) return i;
    if (greatest ? value > best : value < best) {
      best = value;
      at = i;
    }
  }
  return at;
}

function leadingText(column: StringColumn, length: number, greatest: boolean): number {
  const { offsets, data, validity } = column;
  let best = -1;
  let bestFrom = 0;
  let bestTo = 0;
  for (let i = 0; i < length; i++) {
    if (validity !== null && !getBit(validity, i)) continue;
    const from = offsets[i] ?? 0;
    const to = offsets[i + 1] ?? 0;
    if (best >= 0) {
      const end = Math.min(to - from, bestTo - bestFrom);
      let k = 0;
      while (k < end && data[from + k] === data[bestFrom + k]) k++;
      const difference = k < end ? (data[from + k] ?? 0) - (data[bestFrom + k] ?? 0) : to - from - (bestTo - bestFrom);
      if (greatest ? difference <= 0 : difference >= 0) continue;
    }
    best = i;
    bestFrom = from;
    bestTo = to;
  }
  return best;
}

function extreme(name: string, greatest: boolean): AggregateFunction {
  return {
    name,
    bind(call: AggregateCall): BoundAggregate {
      refuseIgnoreNulls(call);
      const operands = argumentsOf(call, 1);
      const type = operands[0]?.type ?? { kind: 'Null' };
      if (!isOrderable(type) || type.kind === 'Float16') throw new Refusal(name, `isn't supported for ${type.kind}`);
      const create = (): Accumulator => new ExtremeAccumulator(greatest, type);
      const bound: BoundAggregate = { type, nullable: true, operands, state: [type], create };
      // Groups lose the sign of zero; everything else is the same with DISTINCT and without.
      return call.distinct && isFloat(type.kind) && call.grouping !== 'values' ? distinctGroups(call, bound) : bound;
    },
  };
}

export const EXTREMES: readonly AggregateFunction[] = [extreme('min', false), extreme('max', true)];
