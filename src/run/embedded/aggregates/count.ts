/** count: rows, rows without a null among the arguments, or distinct values. */
import { type Column, countBits, isValid } from '../../../io/column.ts';
import { DfxError } from '../../../wire/errors.ts';
import { Refusal } from '../refusal.ts';
import { INT64 } from '../types.ts';
import { columnOf, countCell, listCell, listType, numberOf } from './cells.ts';
import { refuseIgnoreNulls, refuseSharedOrder } from './coercion.ts';
import type { Accumulator, AggregateCall, AggregateFunction, BoundAggregate } from './define.ts';
import { DistinctValues, distinctOperand, listItems, zeroKeys } from './distinct.ts';

class CountAccumulator implements Accumulator {
  private count = 0;

  update(columns: readonly Column[], length: number): void {
    this.count += rowsWithoutNull(columns, length);
  }

  retract(columns: readonly Column[], length: number): void {
    this.count -= rowsWithoutNull(columns, length);
  }

  state(): readonly Column[] {
    return [this.finish()];
  }

  merge(state: readonly Column[]): void {
    this.count += numberOf(state, 0);
  }

  finish(): Column {
    return countCell(this.count, INT64);
  }
}

function rowsWithoutNull(columns: readonly Column[], length: number): number {
  let valid: Uint8Array | null = null;
  for (const column of columns) {
    if (column.layout === 'null') return 0;
    if (column.layout === 'union') throw new DfxError('DEFECT', 'a count of unions');
    if (column.validity === null) continue;
    valid = valid === null ? column.validity : andBits(valid, column.validity);
  }
  return valid === null ? length : countBits(valid, length);
}

function andBits(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = (a[i] ?? 0) & (b[i] ?? 0);
  return out;
}

class DistinctCount implements Accumulator {
  constructor(private readonly values: DistinctValues) {}

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
    return countCell(this.values.size, INT64);
  }
}

function bind(call: AggregateCall): BoundAggregate {
  refuseIgnoreNulls(call);
  refuseSharedOrder(call);
  const { args } = call;
  if (args.length === 0 && !call.star) throw new Refusal(call.name, 'takes an argument');
  const common = { type: INT64, nullable: false, operands: args };
  if (args.some(({ type }) => type.kind === 'Union' || type.kind === 'Dictionary')) {
    throw new Refusal(call.name, 'of unions or dictionaries, whose values may be null themselves');
  }
  if (!call.distinct && call.orderBy.length > 0) {
    // With a FILTER, with several arguments, and where the optimizer names it anew.
    throw new Refusal(call.name, 'has an ORDER BY, whose nulls the real engine may take for those of its arguments');
  }
  if (!call.distinct) {
    // `count(1)`: every row counts.
    const varying = args.some((node) => node.op !== 'constant' || !isValid(node.value, 0));
    return { ...common, operands: varying ? args : [], state: [INT64], create: () => new CountAccumulator() };
  }
  const { type } = distinctOperand(call, args);
  const zeros = zeroKeys(call);
  return {
    ...common,
    state: [listType(type)],
    create: () => new DistinctCount(new DistinctValues(type, zeros, false)),
  };
}

export const COUNT: AggregateFunction = { name: 'count', bind };
