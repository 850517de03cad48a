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

  constructor(
    private readonly greatest: boolean,
    private readonly type: DataType,
  ) {}

  update(columns: readonly Column[], length: number): void {
    const column = columnOf(columns, 0);
    if (column.layout === 'null') return;
    const row = leadingRow(column, length, this.greatest);
    if (row < 0) return;
    const candidate = gather(column, Int32Array.of(row));
    if (this.best !== null) {
      const difference = valueOrder(concatColumns(this.type, [this.best, candidate]))(1, 0);
      if (this.greatest ? difference <= 0 : difference >= 0) return;
    }
    this.best = candidate;
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

/** The row of a NaN where there is one. */
function leadingNumber(
  values: ArrayLike<number>,
  validity: Uint8Array | null,
  length: number,
  greatest: boolean,
): number {
  let first = 0;
  if (validity !== null) while (first < length && !getBit(validity, first)) first++;
  if (first >= length) return -1;
  const best = greatest ? greatestOf(values, validity, first, length) : leastOf(values, validity, first, length);
  for (let i = first; i < length; i++) {
    const value = values[i] ?? 0;
    if ((value === best || Number.isNaN(value)) && (validity === null || getBit(validity, i))) return i;
  }
  return first;
}

/** NaN where there is one: `Math.min` passes it on. */
function leastOf(values: ArrayLike<number>, validity: Uint8Array | null, first: number, length: number): number {
  let best = values[first] ?? 0;
  if (validity === null) {
    for (let i = first; i < length; i++) best = Math.min(best, values[i] ?? 0);
  } else {
    for (let i = first; i < length; i++) if (getBit(validity, i)) best = Math.min(best, values[i] ?? 0);
  }
  return best;
}

function greatestOf(values: ArrayLike<number>, validity: Uint8Array | null, first: number, length: number): number {
  let best = values[first] ?? 0;
  if (validity === null) {
    for (let i = first; i < length; i++) best = Math.max(best, values[i] ?? 0);
  } else {
    for (let i = first; i < length; i++) if (getBit(validity, i)) best = Math.max(best, values[i] ?? 0);
  }
  return best;
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
