/** median and percentile_cont: every value is kept and sorted in the end, floats in IEEE 754's total order. */
import { type Column, getBit } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { constantColumn, nullColumn } from '../build.ts';
import { addDoubles, type Double } from '../float-sum.ts';
import { concatColumns } from '../gather.ts';
import { plainValue } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { FLOAT64, isDecimal, isInteger } from '../types.ts';
import { columnOf, listCell, listType } from './cells.ts';
import { argumentsOf, asFloat, asFloat64, refuseIgnoreNulls } from './coercion.ts';
import type { Accumulator, AggregateCall, AggregateFunction, BoundAggregate } from './define.ts';
import { distinctGroups, listItems } from './distinct.ts';

/** Doubles (Float32 widened) and the upper words of the NaNs among them, which JavaScript may drop. */
class FloatValues {
  private readonly parts: Float64Array[] = [];
  private readonly negativeNaNs: number[] = [];
  private readonly positiveNaNs: number[] = [];

  add(column: Column, length: number): void {
    if (column.layout === 'null') return;
    if (column.layout !== 'numeric') throw new DfxError('DEFECT', `values of ${column.type.kind} to be sorted`);
    const { values, validity } = column;
    const wide = values instanceof Float64Array;
    const words = new Int32Array(values.buffer, values.byteOffset, values.byteLength / 4);
    const out = new Float64Array(length);
    let count = 0;
    for (let i = 0; i < length; i++) {
      if (validity !== null && !getBit(validity, i)) continue;
      const value = Number(values[i] ?? 0);
      if (!Number.isNaN(value)) out[count++] = value;
      else this.addNaN(wide ? (words[i * 2 + 1] ?? 0) : doubleWord(words[i] ?? 0));
    }
    this.parts.push(out.subarray(0, count));
  }

  private addNaN(word: number): void {
    (word < 0 ? this.negativeNaNs : this.positiveNaNs).push(word);
  }

  sorted(): SortedFloats {
    let total = 0;
    for (const part of this.parts) total += part.length;
    const numbers = new Float64Array(total);
    let at = 0;
    for (const part of this.parts) {
      numbers.set(part, at);
      at += part.length;
    }
    // Typed arrays sort -0 before 0.
    numbers.sort();
    this.negativeNaNs.sort((a, b) => b - a);
    this.positiveNaNs.sort((a, b) => a - b);
    return new SortedFloats(this.negativeNaNs, numbers, this.positiveNaNs);
  }
}

/** The upper word of the double that a Float32's NaN widens to. */
function doubleWord(word: number): number {
  return (word & 0x80000000) | 0x7ff00000 | ((word & 0x007fffff) >>> 3);
}

class SortedFloats {
  readonly length: number;

  constructor(
    private readonly below: readonly number[],
    readonly numbers: Float64Array,
    private readonly above: readonly number[],
  ) {
    this.length = below.length + numbers.length + above.length;
  }

  at(index: number): Double {
    const inside = index - this.below.length;
    if (inside < 0) return { value: Number.NaN, high: (this.below[index] ?? 0) >>> 0 };
    if (inside < this.numbers.length) return { value: this.numbers[inside] ?? 0, high: 0 };
    return { value: Number.NaN, high: (this.above[inside - this.numbers.length] ?? 0) >>> 0 };
  }

  /** Rows `[0, end)` hold a NaN, and not all NaNs are the same. */
  uncertain(end: number): boolean {
    const first = this.below[0] ?? this.above[0];
    if (this.below.length === 0 && end <= this.numbers.length) return false;
    // A NaN at `end` decides the result, unless the others have other bits.
    const nanAtEnd = end >= this.below.length + this.numbers.length || end < this.below.length;
    return !nanAtEnd || [...this.below, ...this.above].some((word) => word !== first);
  }
}

function floatCell(type: DataType, { value, high }: Double): Column {
  if (!Number.isNaN(value)) return constantColumn(type, type.kind === 'Float32' ? Math.fround(value) : value);
  if (type.kind === 'Float32') {
    const values = new Float32Array(1);
    new Uint32Array(values.buffer)[0] = ((high & 0x80000000) | 0x7f800000 | ((high << 3) & 0x007fffff)) >>> 0;
    return { layout: 'numeric', type, length: 1, validity: null, values };
  }
  const values = new Float64Array(1);
  new Uint32Array(values.buffer)[1] = high;
  return { layout: 'numeric', type, length: 1, validity: null, values };
}

type FromFloats = (sorted: SortedFloats) => Double;

class FloatQuantile implements Accumulator {
  private readonly values = new FloatValues();

  constructor(
    private readonly type: DataType,
    private readonly result: FromFloats,
  ) {}

  update(columns: readonly Column[], length: number): void {
    this.values.add(columnOf(columns, 0), length);
  }

  state(): readonly Column[] {
    const sorted = this.values.sorted();
    const items: Column[] = [];
    for (let i = 0; i < sorted.length; i++) {
      if (Number.isNaN(sorted.at(i).value)) items.push(floatCell(this.type, sorted.at(i)));
    }
    const { numbers } = sorted;
    const plain = this.type.kind === 'Float32' ? Float32Array.from(numbers) : numbers;
    const column: Column = { layout: 'numeric', type: this.type, length: plain.length, validity: null, values: plain };
    return [listCell(items.length === 0 ? column : concatColumns(this.type, [column, ...items]))];
  }

  merge(state: readonly Column[]): void {
    const items = listItems(columnOf(state, 0));
    this.values.add(items, items.length);
  }

  finish(): Column {
    const sorted = this.values.sorted();
    return sorted.length === 0 ? nullColumn(this.type, 1) : floatCell(this.type, this.result(sorted));
  }
}

/** The mean of the two in the middle, or the one. */
function middleFloat(single: boolean): FromFloats {
  return (sorted) => {
    const { length } = sorted;
    const high = sorted.at(length >> 1);
    if (length % 2 === 1) return high;
    if (sorted.uncertain(length >> 1)) {
      // The engine looks for the greatest of the lower half with comparisons that a NaN upsets, in an order of its own.
      throw new DfxError('UNSUPPORTED', 'the embedded engine has no median of these NaNs', {
        hint: 'use --engine datafusion',
      });
    }
    const sum = addDoubles(sorted.at((length >> 1) - 1), high);
    if (Number.isNaN(sum.value)) return sum;
    if (!single) return { value: sum.value / 2, high: 0 };
    return { value: Math.fround(Math.fround(sum.value) / 2), high: 0 };
  };
}

/** Interpolates with a weight of six digits. */
function interpolated(percentile: number): FromFloats {
  return (sorted) => {
    const { length } = sorted;
    if (length === 1) return sorted.at(0);
    const index = percentile * (length - 1);
    const lower = Math.floor(index);
    const upper = Math.ceil(index);
    const low = sorted.at(lower);
    if (lower === upper) return low;
    const high = sorted.at(upper);
    const weight = Math.trunc((index - lower) * 1_000_000) / 1_000_000;
    const value = low.value + (high.value - low.value) * weight;
    // Bits of a NaN that arises: the operands' own, else a fresh one.
    return Number.isNaN(value)
      ? addDoubles(low, Number.isNaN(high.value) ? high : { value, high: 0xfff80000 })
      : { value, high: 0 };
  };
}

/** Unscaled integers; numbers while they are safe. */
class DecimalMedian implements Accumulator {
  private readonly values: (number | bigint)[] = [];

  constructor(private readonly type: DataType) {}

  update(columns: readonly Column[], length: number): void {
    const column = columnOf(columns, 0);
    if (column.layout === 'null') return;
    if (column.layout !== 'decimal') throw new DfxError('DEFECT', `${column.type.kind} where a decimal was due`);
    const { values, validity } = column;
    for (let i = 0; i < length; i++) {
      if (validity === null || getBit(validity, i)) this.values.push(values[i] ?? 0);
    }
  }

  state(): readonly Column[] {
    const values = this.values.map(BigInt);
    const column: Column = { layout: 'decimal', type: this.type, length: values.length, validity: null, values };
    return [listCell(column)];
  }

  merge(state: readonly Column[]): void {
    const items = listItems(columnOf(state, 0));
    this.update([items], items.length);
  }

  finish(): Column {
    const { length } = this.values;
    if (length === 0) return nullColumn(this.type, 1);
    this.values.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const high = BigInt(this.values[length >> 1] ?? 0);
    if (length % 2 === 1) return constantColumn(this.type, high);
    return constantColumn(this.type, (BigInt(this.values[(length >> 1) - 1] ?? 0) + high) / 2n);
  }
}

const MEDIAN: AggregateFunction = {
  name: 'median',
  bind(call: AggregateCall): BoundAggregate {
    refuseIgnoreNulls(call);
    const operands = argumentsOf(call, 1).map((node) => {
      const { kind } = node.type;
      if (kind === 'Float32' || kind === 'Float64' || isDecimal(node.type)) return node;
      if (isInteger(kind)) return asFloat64(call, node);
      throw new Refusal(call.name, `isn't supported for ${kind}`);
    });
    const type = operands[0]?.type ?? FLOAT64;
    const result = middleFloat(type.kind === 'Float32');
    const create = (): Accumulator => (isDecimal(type) ? new DecimalMedian(type) : new FloatQuantile(type, result));
    const bound: BoundAggregate = { type, nullable: true, operands, state: [listType(type)], create };
    return call.distinct ? distinctGroups(call, bound) : bound;
  },
};

/** A literal from 0 to 1; the other end is meant where the values are ordered from the greatest. */
export function percentileOf(call: AggregateCall, given: AggregateCall['args'][number] | undefined): number {
  const literal = given === undefined ? undefined : plainValue(asFloat64(call, given));
  if (typeof literal !== 'number') throw new Refusal(call.name, 'takes a literal percentile');
  if (!(literal >= 0 && literal <= 1)) throw new Refusal(call.name, `has the percentile ${literal}`);
  return call.orderBy[0]?.ascending === false ? 1 - literal : literal;
}

const PERCENTILE_CONT: AggregateFunction = {
  name: 'percentile_cont',
  aliases: ['quantile_cont'],
  bind(call: AggregateCall): BoundAggregate {
    refuseIgnoreNulls(call);
    const [given, fraction] = argumentsOf(call, 2);
    if (given === undefined) throw new DfxError('DEFECT', 'percentile_cont without an argument');
    if (call.distinct && call.grouping !== 'values') throw new Refusal(call.name, "DISTINCT isn't supported");
    const value = asFloat(call, given);
    const { type } = value;
    const result = interpolated(percentileOf(call, fraction));
    const create = (): Accumulator => new FloatQuantile(type, result);
    const bound: BoundAggregate = { type, nullable: true, operands: [value], state: [listType(type)], create };
    return call.distinct ? distinctGroups(call, bound) : bound;
  },
};

export const QUANTILES: readonly AggregateFunction[] = [MEDIAN, PERCENTILE_CONT];
