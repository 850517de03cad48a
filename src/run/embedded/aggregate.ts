/**
 * The aggregate functions as DataFusion 55 computes them over one partition: nulls don't count; integer sums wrap at 64 bits;
 * sums and averages of floats add up in row order; min and max of floats use the total order.
 */
import { type Column, countBits, getBit, isValid, type StringColumn, type Values, valueAt } from '../../io/column.ts';
import { DfxError } from '../../wire/errors.ts';
import { isFloat, isString, type Kind } from './coerce.ts';
import { compareStrings, totalKeys, trueBits } from './compare.ts';
import { compile, type Evaluate } from './compile.ts';
import { addDoubles, type Double, nanColumn, sumFloats, ZERO } from './float-sum.ts';
import type { Aggregate, AggregateName } from './nodes.ts';
import { constantColumn, gather, materialize, nullColumn, type Rows, rowsOf, SelectedRows } from './vector.ts';

/** Takes batches, then gives its result as a column of one row. */
export interface Accumulator {
  update(rows: Rows): void;
  finish(): Column;
}

export function accumulator(aggregate: Aggregate): Accumulator {
  const operand = aggregate.operand === null ? null : compile(aggregate.operand);
  const filter = aggregate.filter === null ? null : compile(aggregate.filter);
  const state = stateOf(aggregate);
  return {
    update(rows) {
      const chosen = filter === null ? rows : filtered(rows, filter);
      state.add(operand === null ? null : operandColumn(operand, chosen), chosen.length);
    },
    finish: () => state.result(),
  };
}

function filtered(rows: Rows, filter: Evaluate): Rows {
  const hits = trueBits(filter(rows), rows.length);
  const taken = rowsOf(hits, rows.length);
  return taken.length === rows.length ? rows : new SelectedRows(rows, taken);
}

function operandColumn(operand: Evaluate, rows: Rows): Column {
  return materialize(operand(rows), rows.length);
}

interface State {
  /** `column` null: every row counts. */
  add(column: Column | null, length: number): void;
  result(): Column;
}

function stateOf(aggregate: Aggregate): State {
  const { name, kind } = aggregate;
  if (aggregate.distinct) return new DistinctState(name, kind);
  switch (name) {
    case 'count':
      return new CountState();
    case 'sum':
      return isFloat(kind) ? new FloatState(false) : new IntegerSumState(kind);
    case 'avg':
      return new FloatState(true);
    case 'min':
    case 'max':
      return new ExtremeState(name, kind);
  }
}

class CountState implements State {
  private count = 0;

  add(column: Column | null, length: number): void {
    if (column === null) this.count += length;
    else if (column.layout !== 'null')
      this.count += column.validity === null ? length : countBits(column.validity, length);
  }

  result(): Column {
    return constantColumn('Int64', this.count);
  }
}

/** Adds doubles while the total is safe, and moves it to a bigint before it isn't. */
class IntegerSumState implements State {
  private total = 0n;
  private any = false;

  constructor(private readonly kind: Kind) {}

  add(column: Column | null): void {
    if (column === null || column.layout !== 'numeric') return;
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

  result(): Column {
    return this.any ? wrapped(this.kind, this.total) : constantColumn(this.kind, null);
  }
}

function wrapped(kind: Kind, total: bigint): Column {
  return constantColumn(kind, kind === 'UInt64' ? BigInt.asUintN(64, total) : BigInt.asIntN(64, total));
}

/** Each batch is summed by itself and then added, as the reference engine does, so that sums have its last digits too. */
class FloatState implements State {
  private sum: Double = ZERO;
  private count = 0;

  constructor(private readonly average: boolean) {}

  add(column: Column | null): void {
    if (column === null || column.layout !== 'numeric') return;
    const { length, validity } = column;
    const valid = validity === null ? length : countBits(validity, length);
    if (valid === 0) return;
    this.count += valid;
    this.sum = addDoubles(this.sum, sumFloats(column));
  }

  result(): Column {
    if (this.count === 0) return constantColumn('Float64', null);
    const { value, high } = this.sum;
    if (Number.isNaN(value)) return nanColumn(high);
    return constantColumn('Float64', this.average ? value / this.count : value);
  }
}

/** Keeps the one row that leads. */
class ExtremeState implements State {
  private best: Column | null = null;

  constructor(
    private readonly name: 'min' | 'max',
    private readonly kind: Kind,
  ) {}

  add(column: Column | null): void {
    if (column === null || column.layout === 'null') return;
    const row = leader(column, this.name);
    if (row < 0) return;
    const candidate = gather(column, Int32Array.of(row));
    if (this.best !== null) {
      const pair = [this.best, candidate] as const;
      if (!leads(pair[1], pair[0], this.name)) return;
    }
    this.best = candidate;
  }

  result(): Column {
    return this.best ?? nullColumn(this.kind, 1);
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
class DistinctState implements State {
  private readonly seen = new Set<boolean | number | bigint | string>();

  constructor(
    private readonly name: AggregateName,
    private readonly kind: Kind,
  ) {}

  add(column: Column | null): void {
    if (column === null) return;
    for (let i = 0; i < column.length; i++) {
      const value = valueAt(column, i);
      if (value !== null) this.seen.add(value);
    }
  }

  result(): Column {
    if (this.name === 'count') return constantColumn('Int64', this.seen.size);
    if (this.seen.size === 0) return constantColumn(this.kind, null);
    if (this.name === 'sum') {
      let total = 0n;
      for (const value of this.seen) total += BigInt(value);
      return wrapped(this.kind, total);
    }
    throw new DfxError('DEFECT', `${this.name} DISTINCT of ${isString(this.kind) ? 'strings' : this.kind}`);
  }
}
