/**
 * Variance, standard deviation, covariance, correlation and regression: running means and sums of products of deviations, row by row,
 * with the operations in the order of datafusion-functions-aggregate 55.2, so that one pass has its last digits too. They have no reverse,
 * and the engine then forgets their ORDER BY: rows come as they are.
 */
import { type Column, getBit } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { Refusal } from '../refusal.ts';
import { FLOAT64, UINT64 } from '../types.ts';
import { countCell, doublesOf, float64Cell, numberOf } from './cells.ts';
import { argumentsOf, asFloat64, refuseIgnoreNulls } from './coercion.ts';
import type { Accumulator, AggregateCall, AggregateFunction, BoundAggregate } from './define.ts';
import { distinctGroups } from './distinct.ts';

type Finish<S> = (sums: S) => number | null;

class OneSums implements Accumulator {
  count = 0;
  mean = 0;
  m2 = 0;

  constructor(private readonly result: Finish<OneSums>) {}

  update(columns: readonly Column[], length: number): void {
    const { values, validity } = doublesOf(columns, 0);
    let { count, mean, m2 } = this;
    for (let i = 0; i < length; i++) {
      if (validity !== null && !getBit(validity, i)) continue;
      const value = values[i] ?? 0;
      count++;
      const before = value - mean;
      mean = before / count + mean;
      m2 += before * (value - mean);
    }
    this.count = count;
    this.mean = mean;
    this.m2 = m2;
  }

  retract(columns: readonly Column[], length: number): void {
    const { values, validity } = doublesOf(columns, 0);
    for (let i = 0; i < length; i++) {
      if (validity !== null && !getBit(validity, i)) continue;
      if (this.count <= 1) {
        this.count = 0;
        this.mean = 0;
        this.m2 = 0;
        continue;
      }
      const value = values[i] ?? 0;
      this.count--;
      const before = this.mean - value;
      this.mean = before / this.count + this.mean;
      this.m2 -= before * (this.mean - value);
    }
  }

  state(): readonly Column[] {
    return [countCell(this.count), float64Cell(this.mean), float64Cell(this.m2)];
  }

  merge(state: readonly Column[]): void {
    const count = numberOf(state, 0);
    if (count === 0) return;
    const mean = numberOf(state, 1);
    const m2 = numberOf(state, 2);
    if (this.count === 0) {
      this.count = count;
      this.mean = mean;
      this.m2 = m2;
      return;
    }
    const total = this.count + count;
    const delta = mean - this.mean;
    this.m2 += m2 + (delta * delta * this.count * count) / total;
    this.mean += (delta * count) / total;
    this.count = total;
  }

  finish(): Column {
    return float64Cell(this.result(this));
  }
}

function variance(sample: boolean): Finish<OneSums> {
  return ({ count, m2 }) => {
    if (count === 0) return null;
    if (count === 1) return sample ? null : 0;
    return m2 / (sample ? count - 1 : count);
  };
}

function deviation(sample: boolean): Finish<OneSums> {
  const of = variance(sample);
  return (sums) => {
    const value = of(sums);
    return value === null ? null : Math.sqrt(value);
  };
}

/** Of pairs in which neither value is null: means, sums of squared deviations, and the sum of their products. */
class PairSums implements Accumulator {
  count = 0;
  mean1 = 0;
  mean2 = 0;
  square1 = 0;
  square2 = 0;
  product = 0;

  constructor(private readonly cell: (sums: PairSums) => Column) {}

  update(columns: readonly Column[], length: number): void {
    const first = doublesOf(columns, 0);
    const second = doublesOf(columns, 1);
    let { count, mean1, mean2, square1, square2, product } = this;
    for (let i = 0; i < length; i++) {
      if (first.validity !== null && !getBit(first.validity, i)) continue;
      if (second.validity !== null && !getBit(second.validity, i)) continue;
      const a = first.values[i] ?? 0;
      const b = second.values[i] ?? 0;
      count++;
      const before1 = a - mean1;
      const before2 = b - mean2;
      mean1 = before1 / count + mean1;
      mean2 = before2 / count + mean2;
      square1 += before1 * (a - mean1);
      square2 += before2 * (b - mean2);
      product += this.productOf(before1, before2, a - mean1, b - mean2);
    }
    this.count = count;
    this.mean1 = mean1;
    this.mean2 = mean2;
    this.square1 = square1;
    this.square2 = square2;
    this.product = product;
  }

  retract(columns: readonly Column[], length: number): void {
    const first = doublesOf(columns, 0);
    const second = doublesOf(columns, 1);
    for (let i = 0; i < length; i++) {
      if (first.validity !== null && !getBit(first.validity, i)) continue;
      if (second.validity !== null && !getBit(second.validity, i)) continue;
      if (this.count <= 1) {
        this.count = 0;
        this.mean1 = 0;
        this.mean2 = 0;
        this.square1 = 0;
        this.square2 = 0;
        this.product = 0;
        continue;
      }
      const a = first.values[i] ?? 0;
      const b = second.values[i] ?? 0;
      this.count--;
      const before1 = this.mean1 - a;
      const before2 = this.mean2 - b;
      this.mean1 = before1 / this.count + this.mean1;
      this.mean2 = before2 / this.count + this.mean2;
      this.square1 -= before1 * (this.mean1 - a);
      this.square2 -= before2 * (this.mean2 - b);
      this.product -= this.productOf(before1, before2, this.mean1 - a, this.mean2 - b);
    }
  }

  protected productOf(before1: number, _before2: number, _after1: number, after2: number): number {
    return before1 * after2;
  }

  state(): readonly Column[] {
    const { count, mean1, mean2, square1, square2, product } = this;
    return [countCell(count), ...[mean1, mean2, square1, square2, product].map(float64Cell)];
  }

  merge(state: readonly Column[]): void {
    const count = numberOf(state, 0);
    if (count === 0) return;
    const mean1 = numberOf(state, 1);
    const mean2 = numberOf(state, 2);
    if (this.count === 0) {
      this.count = count;
      this.mean1 = mean1;
      this.mean2 = mean2;
      this.square1 = numberOf(state, 3);
      this.square2 = numberOf(state, 4);
      this.product = numberOf(state, 5);
      return;
    }
    const total = this.count + count;
    const delta1 = mean1 - this.mean1;
    const delta2 = mean2 - this.mean2;
    const weight = (this.count * count) / total;
    this.square1 += numberOf(state, 3) + delta1 * delta1 * weight;
    this.square2 += numberOf(state, 4) + delta2 * delta2 * weight;
    this.product += numberOf(state, 5) + delta1 * delta2 * weight;
    this.mean1 += (delta1 * count) / total;
    this.mean2 += (delta2 * count) / total;
    this.count = total;
  }

  finish(): Column {
    return this.cell(this);
  }
}

/** regr_*(y, x): the products take the deviation of x before and of y after. */
class RegressionSums extends PairSums {
  protected override productOf(_before1: number, before2: number, after1: number, _after2: number): number {
    return before2 * after1;
  }
}

function covariance(sample: boolean): Finish<PairSums> {
  return ({ count, product }) => {
    const divisor = sample ? count - 1 : count;
    return divisor <= 0 ? null : product / divisor;
  };
}

function correlation({ count, mean1, mean2, square1, square2, product }: PairSums): number | null {
  if (Number.isNaN(mean1) && Number.isNaN(mean2)) return Number.NaN;
  if (Number.isNaN(mean1) || Number.isNaN(mean2) || count < 2) return null;
  const deviation1 = Math.sqrt(square1 / count);
  const deviation2 = Math.sqrt(square2 / count);
  if (deviation1 === 0 || deviation2 === 0) return null;
  return product / count / deviation1 / deviation2;
}

const REGRESSIONS: readonly (readonly [string, Finish<PairSums>])[] = [
  ['regr_slope', (sums) => slope(sums)],
  [
    'regr_intercept',
    (sums) => {
      const rise = slope(sums);
      return rise === null ? null : sums.mean1 - rise * sums.mean2;
    },
  ],
  [
    'regr_r2',
    ({ count, square1, square2, product }) => {
      const covariation = product / count;
      const variance1 = square1 / count;
      const variance2 = square2 / count;
      if (count <= 1 || variance1 === 0 || variance2 === 0) return null;
      return (covariation * covariation) / (variance2 * variance1);
    },
  ],
  ['regr_avgx', ({ count, mean2 }) => (count < 1 ? null : mean2)],
  ['regr_avgy', ({ count, mean1 }) => (count < 1 ? null : mean1)],
  ['regr_sxx', ({ count, square2 }) => (count < 1 ? null : square2)],
  ['regr_syy', ({ count, square1 }) => (count < 1 ? null : square1)],
  ['regr_sxy', ({ count, product }) => (count < 1 ? null : product)],
];

function slope({ count, square2, product }: PairSums): number | null {
  const variance2 = square2 / count;
  return count <= 1 || variance2 === 0 ? null : product / count / variance2;
}

const ONE_STATE: readonly DataType[] = [UINT64, FLOAT64, FLOAT64];
const PAIR_STATE: readonly DataType[] = [UINT64, FLOAT64, FLOAT64, FLOAT64, FLOAT64, FLOAT64];

function oneValued(name: string, aliases: readonly string[], result: Finish<OneSums>, set: boolean): AggregateFunction {
  return {
    name,
    aliases,
    bind(call: AggregateCall): BoundAggregate {
      refuseIgnoreNulls(call);
      const operands = argumentsOf(call, 1).map((node) => asFloat64(call, node));
      const create = (): Accumulator => new OneSums(result);
      const bound: BoundAggregate = { type: FLOAT64, nullable: true, operands, state: ONE_STATE, create };
      if (!call.distinct) return bound;
      if (!set && call.grouping !== 'groups') {
        throw new Refusal(name, 'DISTINCT is only available where it stands alone, without FILTER and ORDER BY');
      }
      return distinctGroups(call, bound);
    },
  };
}

/**
 * DISTINCT changes nothing: the accumulators of pairs don't look at it. But for the count there is no partial state: of pairs that hardly go
 * together the sum of products cancels, and what merging does to its last digits may be all that is left of it.
 */
function pairValued(
  name: string,
  aliases: readonly string[],
  type: DataType,
  create: () => Accumulator,
): AggregateFunction {
  return {
    name,
    aliases,
    bind(call: AggregateCall): BoundAggregate {
      refuseIgnoreNulls(call);
      const operands = argumentsOf(call, 2).map((node) => asFloat64(call, node));
      if (call.distinct && call.grouping !== 'values') {
        throw new Refusal(name, "DISTINCT isn't supported where the optimizer may make groups of it");
      }
      const counts = type.kind === 'UInt64';
      return { type, nullable: !counts, operands, state: counts ? PAIR_STATE : null, create };
    },
  };
}

export const MOMENTS: readonly AggregateFunction[] = [
  oneValued('var', ['var_samp', 'var_sample'], variance(true), true),
  oneValued('var_pop', ['var_population'], variance(false), true),
  oneValued('stddev', ['stddev_samp'], deviation(true), false),
  oneValued('stddev_pop', [], deviation(false), false),
  pairValued('covar_samp', ['covar'], FLOAT64, () => new PairSums((sums) => float64Cell(covariance(true)(sums)))),
  pairValued('covar_pop', [], FLOAT64, () => new PairSums((sums) => float64Cell(covariance(false)(sums)))),
  pairValued('corr', [], FLOAT64, () => new PairSums((sums) => float64Cell(correlation(sums)))),
  pairValued('regr_count', [], UINT64, () => new RegressionSums(({ count }) => countCell(count))),
  ...REGRESSIONS.map(([name, result]) =>
    pairValued(name, [], FLOAT64, () => new RegressionSums((sums) => float64Cell(result(sums)))),
  ),
];
