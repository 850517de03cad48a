/**
 * sum and avg. Integers and decimals wrap at the width of their type; floats add up batch by batch, as the engine adds them; decimals of
 * an average are summed in a wider type, and a result that doesn't fit is an error (datafusion-functions-aggregate 55.2 `average.rs`).
 */
import { type Column, countBits } from '../../../io/column.ts';
import { decimalWords } from '../../../io/decimal-words.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { constantColumn, nullColumn } from '../build.ts';
import { addDoubles, type Double, nanColumn, sumFloats, ZERO } from '../float-sum.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { castTo } from '../simplify.ts';
import { type DecimalType, FLOAT64, INT64, isDecimal, isFloat, isInteger, isSigned, UINT64 } from '../types.ts';
import { columnOf, countCell, numberOf } from './cells.ts';
import { argumentsOf, refuseIgnoreNulls, refuseSharedOrder } from './coercion.ts';
import type { Accumulator, AggregateCall, AggregateFunction, BoundAggregate } from './define.ts';
import { distinctGroups } from './distinct.ts';
import { IntegerSum } from './integer-sum.ts';
import { inOrder } from './sorted.ts';

const MAX_PRECISION = { Decimal32: 9, Decimal64: 18, Decimal128: 38, Decimal256: 76 } as const;
const BITS = { Decimal32: 32, Decimal64: 64, Decimal128: 128, Decimal256: 256 } as const;

/** Each batch is summed by itself and then added, as the reference engine does, so that sums have its last digits too. */
class FloatSum {
  sum: Double = ZERO;
  count = 0;

  add(column: Column): void {
    if (column.layout !== 'numeric') return;
    const { length, validity } = column;
    const valid = validity === null ? length : countBits(validity, length);
    if (valid === 0) return;
    this.count += valid;
    // Of two NaNs the later one is passed on.
    this.sum = addDoubles(sumFloats(column), this.sum);
  }

  addSum(value: number, rows: number): void {
    this.count += rows;
    this.sum = addDoubles({ value, high: 0 }, this.sum);
  }

  subtract(column: Column): void {
    if (column.layout !== 'numeric') return;
    const { length, validity } = column;
    const valid = validity === null ? length : countBits(validity, length);
    if (valid === 0) return;
    this.count -= valid;
    this.sum = subtractDoubles(this.sum, sumFloats(column));
  }

  column(): Column {
    if (this.count === 0) return nullColumn(FLOAT64, 1);
    const { value, high } = this.sum;
    return Number.isNaN(value) ? nanColumn(high) : constantColumn(FLOAT64, value);
  }
}

/** A NaN is passed on as it is, whichever side it stands on. */
function subtractDoubles(a: Double, b: Double): Double {
  const value = a.value - b.value;
  if (!Number.isNaN(value) || Number.isNaN(a.value) || Number.isNaN(b.value)) {
    return Number.isNaN(value) ? addDoubles(a, b) : { value, high: 0 };
  }
  return { value, high: 0xfff80000 };
}

class FloatSumAccumulator implements Accumulator {
  private readonly total = new FloatSum();

  update(columns: readonly Column[]): void {
    this.total.add(columnOf(columns, 0));
  }

  addSum(sum: number, rows: number): void {
    this.total.addSum(sum, rows);
  }

  retract(columns: readonly Column[]): void {
    this.total.subtract(columnOf(columns, 0));
  }

  state(): readonly Column[] {
    return [this.finish()];
  }

  merge(state: readonly Column[]): void {
    this.total.add(columnOf(state, 0));
  }

  finish(): Column {
    return this.total.column();
  }
}

class FloatAverage implements Accumulator {
  private readonly total = new FloatSum();

  update(columns: readonly Column[]): void {
    this.total.add(columnOf(columns, 0));
  }

  addSum(sum: number, rows: number): void {
    this.total.addSum(sum, rows);
  }

  retract(columns: readonly Column[]): void {
    this.total.subtract(columnOf(columns, 0));
  }

  state(): readonly Column[] {
    return [this.total.column(), countCell(this.total.count)];
  }

  merge(state: readonly Column[]): void {
    const count = this.total.count + numberOf(state, 1);
    this.total.add(columnOf(state, 0));
    this.total.count = count;
  }

  finish(): Column {
    const { count, sum } = this.total;
    if (count === 0 || Number.isNaN(sum.value)) return this.total.column();
    return constantColumn(FLOAT64, sum.value / count);
  }
}

/** Integers, durations and decimals. */
class ExactSum implements Accumulator {
  private readonly total = new IntegerSum();

  constructor(
    private readonly type: DataType,
    private readonly bits: number,
  ) {}

  update(columns: readonly Column[], length: number): void {
    addExactly(this.total, columnOf(columns, 0), length);
  }

  retract(columns: readonly Column[], length: number): void {
    addExactly(this.total, columnOf(columns, 0), length, -1);
  }

  state(): readonly Column[] {
    return [this.finish()];
  }

  merge(state: readonly Column[]): void {
    this.update(state, 1);
  }

  finish(): Column {
    if (this.total.count === 0) return nullColumn(this.type, 1);
    const { total } = this.total;
    return constantColumn(
      this.type,
      this.type.kind === 'UInt64' ? BigInt.asUintN(64, total) : BigInt.asIntN(this.bits, total),
    );
  }
}

/** So many words of 32 bits add up to a safe integer. */
const WORD_ROWS = 2 ** 21;

function addExactly(total: IntegerSum, column: Column, length: number, sign: 1 | -1 = 1): void {
  if (column.layout === 'null') return;
  if (column.layout !== 'numeric' && column.layout !== 'decimal') {
    throw new DfxError('DEFECT', `a sum of ${column.type.kind}`);
  }
  const words = sign === 1 && length <= WORD_ROWS ? decimalWords(column) : undefined;
  if (words !== undefined) total.addWords(words, column.validity, length);
  else if (sign === 1) total.add(column.values, column.validity, length);
  else total.subtract(column.values, column.validity, length);
}

class ExactAverage implements Accumulator {
  private readonly total = new IntegerSum();

  constructor(
    private readonly type: DataType,
    private readonly sumType: DataType,
    private readonly bits: number,
    private readonly average: (sum: bigint, count: bigint) => bigint,
  ) {}

  update(columns: readonly Column[], length: number): void {
    addExactly(this.total, columnOf(columns, 0), length);
  }

  retract(columns: readonly Column[], length: number): void {
    addExactly(this.total, columnOf(columns, 0), length, -1);
  }

  private get sum(): bigint {
    return BigInt.asIntN(this.bits, this.total.total);
  }

  state(): readonly Column[] {
    const { count } = this.total;
    return [count === 0 ? nullColumn(this.sumType, 1) : constantColumn(this.sumType, this.sum), countCell(count)];
  }

  merge(state: readonly Column[]): void {
    const count = this.total.count + numberOf(state, 1);
    this.update(state, 1);
    this.total.count = count;
  }

  finish(): Column {
    const { count } = this.total;
    if (count === 0) return nullColumn(this.type, 1);
    return constantColumn(this.type, this.average(this.sum, BigInt(count)));
  }
}

function bindSum(call: AggregateCall): BoundAggregate {
  refuseIgnoreNulls(call);
  const [argument] = argumentsOf(call, 1);
  if (argument === undefined) throw new DfxError('DEFECT', 'sum without an argument');
  if (call.linear && argument.op === 'arithmetic' && argument.fn === 'Plus') {
    throw new Refusal(call.name, 'of a sum with a literal, beside another aggregate of the like');
  }
  const bound = boundSum(call, argument);
  return call.distinct ? distinctGroups(call, bound) : bound;
}

function boundSum(call: AggregateCall, argument: Node): BoundAggregate {
  const { type } = argument;
  const { kind } = type;
  if (isFloat(kind)) {
    const operands = [castTo(argument, FLOAT64)];
    return { type: FLOAT64, nullable: true, operands, state: [FLOAT64], create: () => new FloatSumAccumulator() };
  }
  if (isInteger(kind)) {
    const total = isSigned(kind) ? INT64 : UINT64;
    // Narrower integers are summed as they are: a cast would only copy them.
    const operands = call.distinct ? [castTo(argument, total)] : [argument];
    return { type: total, nullable: true, operands, state: [total], create: () => new ExactSum(total, 64) };
  }
  if (kind === 'Duration') {
    return { type, nullable: true, operands: [argument], state: [type], create: () => new ExactSum(type, 64) };
  }
  if (isDecimal(type)) {
    if (call.grouping === 'groups' || call.grouping === 'unknown') {
      throw new Refusal(call.name, 'of decimals in a query that makes groups of DISTINCT');
    }
    const sum = { ...type, precision: Math.min(MAX_PRECISION[type.kind], type.precision + 10) };
    const bits = BITS[type.kind];
    return { type: sum, nullable: true, operands: [argument], state: [sum], create: () => new ExactSum(sum, bits) };
  }
  throw new Refusal(call.name, `isn't supported for ${kind}`);
}

function bindAverage(call: AggregateCall): BoundAggregate {
  refuseIgnoreNulls(call);
  refuseSharedOrder(call);
  const [argument] = argumentsOf(call, 1);
  if (argument === undefined) throw new DfxError('DEFECT', 'avg without an argument');
  const bound = boundAverage(call, argument);
  if (!call.distinct) return isFloat(bound.type.kind) ? inOrder(call, bound) : bound;
  if (argument.type.kind === 'Duration' && call.grouping !== 'groups') {
    throw new Refusal(call.name, 'DISTINCT of durations is only available where it stands alone');
  }
  return distinctGroups(call, bound);
}

function boundAverage(call: AggregateCall, argument: Node): BoundAggregate {
  const { type } = argument;
  const { kind } = type;
  if (isFloat(kind) || isInteger(kind)) {
    const operands = [castTo(argument, FLOAT64)];
    return { type: FLOAT64, nullable: true, operands, state: [FLOAT64, UINT64], create: () => new FloatAverage() };
  }
  if (kind === 'Duration') {
    const create = (): Accumulator => new ExactAverage(type, type, 64, (sum, count) => sum / count);
    return { type, nullable: true, operands: [argument], state: [type, UINT64], create };
  }
  if (isDecimal(type)) return decimalAverage(call, argument, type);
  throw new Refusal(call.name, `isn't supported for ${kind}`);
}

/** The sum has 13 digits more where a type has room for them. */
function averageSum(type: DecimalType): DecimalType {
  const digits = Math.max(type.precision + 13, MAX_PRECISION[type.kind]);
  const kind = digits <= 18 ? 'Decimal64' : digits <= 38 ? 'Decimal128' : 'Decimal256';
  return { kind, precision: MAX_PRECISION[kind], scale: type.scale };
}

function decimalAverage(call: AggregateCall, argument: Node, type: DecimalType): BoundAggregate {
  if (type.scale < 0) throw new Refusal(call.name, `isn't supported for the scale ${type.scale}`);
  const most = MAX_PRECISION[type.kind];
  const result: DecimalType = {
    kind: type.kind,
    precision: Math.min(most, type.precision + 4),
    scale: Math.min(most, type.scale + 4),
  };
  const sum = averageSum(type);
  const bits = BITS[sum.kind];
  const factor = 10n ** BigInt(result.scale - type.scale);
  const limit = 10n ** BigInt(result.precision);
  const average = (total: bigint, count: bigint): bigint => {
    const scaled = total * factor;
    const value = scaled / count;
    if (scaled !== BigInt.asIntN(bits, scaled) || value >= limit || value <= -limit) {
      throw new DfxError('EXECUTION', 'Arithmetic Overflow in AvgAccumulator');
    }
    return value;
  };
  const create = (): Accumulator => new ExactAverage(result, sum, bits, average);
  return { type: result, nullable: true, operands: [argument], state: [sum, UINT64], create };
}

export const SUMS: readonly AggregateFunction[] = [
  { name: 'sum', bind: bindSum },
  { name: 'avg', aliases: ['mean'], bind: bindAverage },
];
