/** approx_median, approx_percentile_cont, approx_percentile_cont_with_weight (a t-digest) and approx_distinct (a HyperLogLog). */
import { type Column, expandInt64, getBit, type Values } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { constantColumn, nullColumn } from '../build.ts';
import { plainValue } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { isInteger, UINT64 } from '../types.ts';
import { columnOf, countCell, listCell, listType } from './cells.ts';
import { argumentsOf, asFloat, refuseIgnoreNulls } from './coercion.ts';
import type { Accumulator, AggregateCall, AggregateFunction, BoundAggregate } from './define.ts';
import { DistinctValues, distinctGroups, listItems } from './distinct.ts';
import { HyperLogLog } from './hyperloglog.ts';
import { percentileOf } from './quantile.ts';
import { TDigest } from './tdigest.ts';

/** Centroids where the call doesn't say. */
const DEFAULT_SIZE = 100;

class DigestAccumulator implements Accumulator {
  private readonly digest: TDigest;

  constructor(
    private readonly type: DataType,
    private readonly percentile: number,
    size: number,
    private readonly weighted: boolean,
  ) {
    this.digest = new TDigest(size);
  }

  update(columns: readonly Column[], length: number): void {
    const values = columnOf(columns, 0);
    const weights = this.weighted ? columnOf(columns, 1) : null;
    const rows = validRows(values, weights, length);
    const means = doublesAt(values, rows);
    if (weights === null) this.digest.mergeSorted(sortTotal(means));
    else this.digest.mergeWeighted(means, doublesAt(weights, rows));
  }

  state(): readonly Column[] {
    throw new DfxError('DEFECT', 'a t-digest has no partial state');
  }

  merge(): void {
    throw new DfxError('DEFECT', 'a t-digest has no partial state');
  }

  finish(): Column {
    if (this.digest.count === 0) return nullColumn(this.type, 1);
    const value = this.digest.quantile(this.percentile);
    // A NaN that arises is negative on x86-64.
    if (Number.isNaN(value)) {
      const bits = this.type.kind === 'Float32' ? 'ffc00000' : 'fff8000000000000';
      return constantColumn(this.type, { kind: 'nan', bits });
    }
    return constantColumn(this.type, this.type.kind === 'Float32' ? Math.fround(value) : value);
  }
}

function validRows(values: Column, weights: Column | null, length: number): Int32Array {
  const rows = new Int32Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) {
    if (values.layout === 'null' || (values.validity !== null && !getBit(values.validity, i))) continue;
    if (
      weights !== null &&
      (weights.layout === 'null' || (weights.validity !== null && !getBit(weights.validity, i)))
    ) {
      continue;
    }
    rows[count++] = i;
  }
  return rows.subarray(0, count);
}

function doublesAt(column: Column, rows: Int32Array): Float64Array {
  const out = new Float64Array(rows.length);
  if (column.layout !== 'numeric') return out;
  for (let i = 0; i < rows.length; i++) {
    const value = Number(column.values[rows[i] ?? 0] ?? 0);
    // What a NaN does to a digest depends on its sign, which gets lost here.
    if (Number.isNaN(value)) {
      throw new DfxError('UNSUPPORTED', 'the embedded engine makes no t-digest of a NaN', {
        hint: 'use --engine datafusion',
      });
    }
    out[i] = value;
  }
  return out;
}

/** Typed arrays sort -0 before 0; there are no NaNs. */
function sortTotal(values: Float64Array): Float64Array {
  return values.sort();
}

function sizeOf(call: AggregateCall, given: AggregateCall['args'][number] | undefined): number {
  if (given === undefined) return DEFAULT_SIZE;
  const size = isInteger(given.type.kind) ? plainValue(given) : undefined;
  if (typeof size !== 'number' || size <= 0)
    throw new Refusal(call.name, 'takes a literal number of centroids above 0');
  return size;
}

function digest(call: AggregateCall, values: number, percentile: number, size: number): BoundAggregate {
  refuseIgnoreNulls(call);
  const operands = call.args.slice(0, values).map((node) => asFloat(call, node));
  const type = operands[0]?.type ?? { kind: 'Float64' };
  const create = (): Accumulator => new DigestAccumulator(type, percentile, size, values > 1);
  return { type, nullable: true, operands, state: null, create };
}

const APPROX_MEDIAN: AggregateFunction = {
  name: 'approx_median',
  bind(call: AggregateCall): BoundAggregate {
    argumentsOf(call, 1);
    const bound = digest(call, 1, 0.5, DEFAULT_SIZE);
    if (!call.distinct) return bound;
    if (call.grouping !== 'groups') throw new Refusal(call.name, 'DISTINCT is only available where it stands alone');
    return distinctGroups(call, bound);
  },
};

const APPROX_PERCENTILE_CONT: AggregateFunction = {
  name: 'approx_percentile_cont',
  bind(call: AggregateCall): BoundAggregate {
    const [, fraction, size] = call.args.length === 3 ? call.args : argumentsOf(call, 2);
    // Its accumulator doesn't look at DISTINCT.
    if (call.distinct && call.grouping !== 'values') throw new Refusal(call.name, "DISTINCT isn't supported");
    return digest(call, 1, percentileOf(call, fraction), sizeOf(call, size));
  },
};

const APPROX_PERCENTILE_CONT_WITH_WEIGHT: AggregateFunction = {
  name: 'approx_percentile_cont_with_weight',
  bind(call: AggregateCall): BoundAggregate {
    if (call.distinct) throw new Refusal(call.name, "DISTINCT isn't available");
    const [, , fraction, size] = call.args.length === 4 ? call.args : argumentsOf(call, 3);
    return digest(call, 2, percentileOf(call, fraction), sizeOf(call, size));
  },
};

class SketchCount implements Accumulator {
  private readonly sketch = new HyperLogLog();

  update(columns: readonly Column[], length: number): void {
    const column = columnOf(columns, 0);
    if (column.layout === 'null') return;
    const { validity } = column;
    if (column.layout === 'string') {
      const { offsets, data } = column;
      for (let i = 0; i < length; i++) {
        if (validity === null || getBit(validity, i)) {
          this.sketch.addText(data, offsets[i] ?? 0, offsets[i + 1] ?? 0);
        }
      }
      return;
    }
    if (column.layout !== 'numeric') throw new DfxError('DEFECT', `a sketch of ${column.type.kind}`);
    const { values } = column;
    const narrow = values.BYTES_PER_ELEMENT < 8;
    const words = narrow ? null : wordsOf(values, column.type.kind);
    for (let i = 0; i < length; i++) {
      if (validity !== null && !getBit(validity, i)) continue;
      if (words === null) this.sketch.addWord(Number(values[i] ?? 0) | 0, 0);
      else this.sketch.addWord(words[i * 2] ?? 0, words[i * 2 + 1] ?? 0);
    }
  }

  state(): readonly Column[] {
    const data = this.sketch.registers.slice();
    return [
      { layout: 'string', type: BINARY, length: 1, validity: null, offsets: Int32Array.of(0, data.length), data },
    ];
  }

  merge(state: readonly Column[]): void {
    const column = columnOf(state, 0);
    if (column.layout !== 'string') throw new DfxError('DEFECT', 'the state of a sketch is no bytes');
    this.sketch.merge(column.data.subarray(column.offsets[0] ?? 0, column.offsets[1] ?? 0));
  }

  finish(): Column {
    return countCell(this.sketch.count());
  }
}

const BINARY: DataType = { kind: 'Binary' };

function wordsOf(values: Values, kind: string): Int32Array {
  const wide = expandInt64(values, kind === 'UInt64' ? 'UInt64' : 'Int64');
  return new Int32Array(wide.buffer, wide.byteOffset, wide.length * 2);
}

/** Small domains are counted exactly. */
class SmallCount implements Accumulator {
  private readonly values: DistinctValues;

  constructor(type: DataType) {
    this.values = new DistinctValues(type, 'one', false);
  }

  update(columns: readonly Column[]): void {
    this.values.add(columnOf(columns, 0));
  }

  state(): readonly Column[] {
    return [listCell(this.values.values())];
  }

  merge(state: readonly Column[]): void {
    this.values.add(listItems(columnOf(state, 0)));
  }

  finish(): Column {
    return countCell(this.values.size);
  }
}

/** DISTINCT changes nothing: a value twice is a value once. */
const APPROX_DISTINCT: AggregateFunction = {
  name: 'approx_distinct',
  bind(call: AggregateCall): BoundAggregate {
    refuseIgnoreNulls(call);
    const operands = argumentsOf(call, 1);
    const type = operands[0]?.type ?? { kind: 'Null' };
    const common = { type: UINT64, nullable: false, operands };
    switch (type.kind) {
      case 'Boolean':
      case 'Int8':
      case 'Int16':
      case 'UInt8':
      case 'UInt16':
        return { ...common, state: [listType(type)], create: () => new SmallCount(type) };
      case 'Int32':
      case 'Int64':
      case 'UInt32':
      case 'UInt64':
      case 'Date32':
      case 'Date64':
      case 'Time32':
      case 'Time64':
      case 'Timestamp':
      case 'Duration':
      case 'Utf8':
      case 'LargeUtf8':
        return { ...common, state: [BINARY], create: () => new SketchCount() };
      default:
        throw new Refusal(call.name, `isn't supported for ${type.kind}`);
    }
  },
};

export const APPROXIMATE: readonly AggregateFunction[] = [
  APPROX_DISTINCT,
  APPROX_MEDIAN,
  APPROX_PERCENTILE_CONT,
  APPROX_PERCENTILE_CONT_WITH_WEIGHT,
];
