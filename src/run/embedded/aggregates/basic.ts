/**
 * count, sum, avg, min and max as DataFusion 55 computes them over one partition: nulls don't count; integer sums wrap at 64
 * bits; sums and averages of floats add up in row order; min and max of floats use the total order.
 */
import {
  type Column,
  countBits,
  getBit,
  isValid,
  type StringColumn,
  type Values,
  valueAt,
} from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { constantColumn, nullColumn } from '../build.ts';
import { compareStrings, totalKeys } from '../compare.ts';
import { addDoubles, type Double, nanColumn, sumFloats, ZERO } from '../float-sum.ts';
import { gather } from '../gather.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { castTo } from '../simplify.ts';
import { FLOAT64, INT64, isFloat, isNumeric, isSigned, isString, UINT64 } from '../types.ts';
import type { Accumulator, AggregateCall, AggregateFunction, BoundAggregate } from './define.ts';

export const BASIC_AGGREGATES: readonly AggregateFunction[] = [
  { name: 'count', bind: bindCount },
  { name: 'sum', bind: bindSum },
  { name: 'avg', aliases: ['mean'], bind: bindAverage },
  { name: 'min', bind: (call) => bindExtreme('min', call) },
  { name: 'max', bind: (call) => bindExtreme('max', call) },
];

function onlyArgument(call: AggregateCall): Node {
  if (call.orderBy.length > 0) throw new Refusal(call.name, 'has an ORDER BY');
  if (call.nullTreatment !== null) throw new Refusal(call.name, 'has a null treatment');
  const [argument, ...others] = call.args;
  if (argument === undefined || others.length > 0) throw new Refusal(call.name, 'takes one argument');
  return argument;
}

/** Which zeros and NaNs count as one depends on how the engine groups. */
function refuseDistinctFloats(name: string, call: AggregateCall, { type: { kind } }: Node): void {
  if (
    call.distinct &&
    !(isNumeric(kind) && !isFloat(kind)) &&
    !isString(kind) &&
    kind !== 'Boolean' &&
    kind !== 'Null'
  ) {
    throw new Refusal(name, `DISTINCT isn't supported for ${kind}`);
  }
}

function bindCount(call: AggregateCall): BoundAggregate {
  const common = { type: INT64, nullable: false };
  if (call.star) return { ...common, operands: [], state: [INT64], create: () => new CountState() };
  const argument = onlyArgument(call);
  refuseDistinctFloats('count', call, argument);
  if (call.distinct)
    return { ...common, operands: [argument], state: null, create: () => new DistinctState('count', INT64) };
  return { ...common, operands: [argument], state: [INT64], create: () => new CountState() };
}

function bindSum(call: AggregateCall): BoundAggregate {
  const argument = onlyArgument(call);
  const { kind } = argument.type;
  if (!isNumeric(kind)) throw new Refusal('sum', `isn't supported for ${kind}`);
  refuseDistinctFloats('sum', call, argument);
  const type = isFloat(kind) ? FLOAT64 : isSigned(kind) ? INT64 : UINT64;
  const common = { type, nullable: true, operands: [castTo(argument, type)] };
  if (call.distinct) return { ...common, state: null, create: () => new DistinctState('sum', type) };
  return { ...common, state: [type], create: () => (isFloat(kind) ? new FloatSumState() : new IntegerSumState(type)) };
}

function bindAverage(call: AggregateCall): BoundAggregate {
  const argument = onlyArgument(call);
  const { kind } = argument.type;
  if (!isNumeric(kind)) throw new Refusal('avg', `isn't supported for ${kind}`);
  // Distinct values are added in the order of a hash table.
  if (call.distinct) throw new Refusal('avg', "DISTINCT isn't supported");
  const operands = [castTo(argument, FLOAT64)];
  return { type: FLOAT64, nullable: true, operands, state: [FLOAT64, UINT64], create: () => new AverageState() };
}

/** DISTINCT changes nothing here. */
function bindExtreme(name: 'min' | 'max', call: AggregateCall): BoundAggregate {
  const argument = onlyArgument(call);
  const { type } = argument;
  const { kind } = type;
  if (!isNumeric(kind) && !isString(kind) && kind !== 'Boolean' && kind !== 'Null') {
    throw new Refusal(name, `isn't supported for ${kind}`);
  }
  return { type, nullable: true, operands: [argument], state: [type], create: () => new ExtremeState(name, type) };
}

class CountState implements Accumulator {
  private count = 0;

  update([column]: readonly Column[], length: number): void {
    if (column === undefined) this.count += length;
    else if (column.layout !== 'null')
      this.count += column.validity === null ? length : countBits(column.validity, length);
  }

  state(): readonly Column[] {
    return [this.finish()];
  }

  merge([count]: readonly Column[]): void {
    if (count?.layout === 'numeric') this.count += Number(count.values[0] ?? 0);
  }

  finish(): Column {
    return constantColumn(INT64, this.count);
  }
}

/** Adds doubles while the total is safe, and moves it to a bigint before it isn't. */
class IntegerSumState implements Accumulator {
  private total = 0n;
  private any = false;

  constructor(private readonly type: DataType) {}

  update([column]: readonly Column[]): void {
    if (column === undefined || column.layout !== 'numeric') return;
    const { length, validity, values } = column;
    let part = 0;
    for (let i = 0; i < length; i++) {
      if (validity !== null && !getBit(validity, i)) continue;
      this.any = true;
      const value = values[i] ?? 0;
      if (typeof value === 'bigint') {
        this.total += value;
        continue;
      }
      const next = part + value;
      if (next > Number.MAX_SAFE_INTEGER || next < -Number.MAX_SAFE_INTEGER) {
        this.total += BigInt(part);
        part = value;
      } else {
        part = next;
      }
    }
    this.total += BigInt(part);
  }

  state(): readonly Column[] {
    return [this.finish()];
  }

  merge(state: readonly Column[]): void {
    this.update(state);
  }

  finish(): Column {
    return this.any ? wrapped(this.type, this.total) : nullColumn(this.type, 1);
  }
}

function wrapped(type: DataType, total: bigint): Column {
  return constantColumn(type, type.kind === 'UInt64' ? BigInt.asUintN(64, total) : BigInt.asIntN(64, total));
}

/** Each batch is summed by itself and then added, as the reference engine does, so that sums have its last digits too. */
class FloatSum {
  sum: Double = ZERO;
  count = 0;

  add(column: Column | undefined): void {
    if (column === undefined || column.layout !== 'numeric') return;
    const { length, validity } = column;
    const valid = validity === null ? length : countBits(validity, length);
    if (valid === 0) return;
    this.count += valid;
    this.sum = addDoubles(this.sum, sumFloats(column));
  }

  column(): Column {
    if (this.count === 0) return nullColumn(FLOAT64, 1);
    const { value, high } = this.sum;
    return Number.isNaN(value) ? nanColumn(high) : constantColumn(FLOAT64, value);
  }
}

class FloatSumState implements Accumulator {
  private readonly total = new FloatSum();

  update([column]: readonly Column[]): void {
    this.total.add(column);
  }

  state(): readonly Column[] {
    return [this.finish()];
  }

  merge([sum]: readonly Column[]): void {
    this.total.add(sum);
  }

  finish(): Column {
    return this.total.column();
  }
}

class AverageState implements Accumulator {
  private readonly total = new FloatSum();

  update([column]: readonly Column[]): void {
    this.total.add(column);
  }

  state(): readonly Column[] {
    return [this.total.column(), constantColumn(UINT64, this.total.count)];
  }

  merge([sum, count]: readonly Column[]): void {
    const before = this.total.count;
    this.total.add(sum);
    this.total.count = before + (count?.layout === 'numeric' ? Number(count.values[0] ?? 0) : 0);
  }

  finish(): Column {
    const { count, sum } = this.total;
    if (count === 0 || Number.isNaN(sum.value)) return this.total.column();
    return constantColumn(FLOAT64, sum.value / count);
  }
}

/** Keeps the one row that leads. */
class ExtremeState implements Accumulator {
  private best: Column | null = null;

  constructor(
    private readonly name: 'min' | 'max',
    private readonly type: DataType,
  ) {}

  update([column]: readonly Column[]): void {
    if (column === undefined || column.layout === 'null') return;
    const row = leader(column, this.name);
    if (row < 0) return;
    const candidate = gather(column, Int32Array.of(row));
    if (this.best !== null) {
      const pair = [this.best, candidate] as const;
      if (!leads(pair[1], pair[0], this.name)) return;
    }
    this.best = candidate;
  }

  state(): readonly Column[] {
    return [this.finish()];
  }

  merge(state: readonly Column[]): void {
    this.update(state);
  }

  finish(): Column {
    return this.best ?? nullColumn(this.type, 1);
  }
}

/** The row that comes first (min) or last (max); -1 where every row is null. */
function leader(column: Column, name: 'min' | 'max'): number {
  const order = rowOrder(column);
  const sign = name === 'min' ? 1 : -1;
  let best = -1;
  for (let i = 0; i < column.length; i++) {
    if (!isValid(column, i)) continue;
    if (best < 0 || sign * order(i, best) < 0) best = i;
  }
  return best;
}

function leads(a: Column, b: Column, name: 'min' | 'max'): boolean {
  const sign = name === 'min' ? 1 : -1;
  if (a.layout === 'string' && b.layout === 'string') return sign * compareStrings(a, 0, b, 0) < 0;
  if (a.layout === 'numeric' && b.layout === 'numeric') {
    const x = isFloat(a.type.kind) ? totalKeys(a.values)(0) : (a.values[0] ?? 0);
    const y = isFloat(b.type.kind) ? totalKeys(b.values)(0) : (b.values[0] ?? 0);
    return sign > 0 ? x < y : x > y;
  }
  return sign * (Number(valueAt(a, 0)) - Number(valueAt(b, 0))) < 0;
}

function rowOrder(column: Column): (i: number, j: number) => number {
  switch (column.layout) {
    case 'string':
      return stringOrder(column);
    case 'boolean':
      return (i, j) => Number(getBit(column.bits, i)) - Number(getBit(column.bits, j));
    case 'numeric':
      return numberOrder(column.values, isFloat(column.type.kind));
    case 'null':
      return () => 0;
    default:
      throw new DfxError('DEFECT', `rows of ${column.type.kind} to be ordered`);
  }
}

function stringOrder(column: StringColumn): (i: number, j: number) => number {
  return (i, j) => compareStrings(column, i, column, j);
}

function numberOrder(values: Values, floats: boolean): (i: number, j: number) => number {
  const keys = floats ? totalKeys(values) : null;
  return (i, j) => {
    const x = values[i] ?? 0;
    const y = values[j] ?? 0;
    if (x < y) return -1;
    if (x > y) return 1;
    if (keys === null || (x === y && x !== 0)) return 0;
    const p = keys(i);
    const q = keys(j);
    return p < q ? -1 : p > q ? 1 : 0;
  };
}

/** Sees each value once, then counts or adds. Integers, booleans and strings. */
class DistinctState implements Accumulator {
  private readonly seen = new Set<boolean | number | bigint | string>();

  constructor(
    private readonly name: 'count' | 'sum',
    private readonly type: DataType,
  ) {}

  update([column]: readonly Column[]): void {
    if (column === undefined) return;
    for (let i = 0; i < column.length; i++) {
      const value = valueAt(column, i);
      if (value !== null) this.seen.add(value);
    }
  }

  state(): readonly Column[] {
    throw new DfxError('DEFECT', `a partial state of ${this.name} DISTINCT`);
  }

  merge(): void {
    throw new DfxError('DEFECT', `a partial state of ${this.name} DISTINCT`);
  }

  finish(): Column {
    if (this.name === 'count') return constantColumn(this.type, this.seen.size);
    if (this.seen.size === 0) return nullColumn(this.type, 1);
    let total = 0n;
    for (const value of this.seen) total += BigInt(value);
    return wrapped(this.type, total);
  }
}
