/** array_agg and string_agg. Without a row to collect the result is null. */
import { type Column, isValid } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import { concatColumns, gather } from '../gather.ts';
import { type Node, plainValue } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { castTo } from '../simplify.ts';
import { hasOpenTie, isSetByKeys, refuseTies, STABLE_ROWS } from '../ties.ts';
import { isBinary, isString } from '../types.ts';
import { columnOf, listCell, listType } from './cells.ts';
import { argumentsOf, refuseIgnoreNulls, refuseSharedOrder } from './coercion.ts';
import type { Accumulator, AggregateCall, AggregateFunction, BoundAggregate, SortKey } from './define.ts';
import { DistinctAccumulator, DistinctValues, distinctOperand, listItems, zeroKeys } from './distinct.ts';
import { type Direction, rowOrder, sameRows, sortedRows } from './order.ts';
import { orderKeys } from './ordered.ts';

const LARGE_UTF8: DataType = { kind: 'LargeUtf8' };

/** Every row, in the order of the input or of its keys. */
class CollectingAccumulator implements Accumulator {
  private readonly parts: (readonly Column[])[] = [];

  constructor(
    private readonly name: string,
    private readonly types: readonly DataType[],
    private readonly directions: readonly Direction[],
    private readonly ignoreNulls: boolean,
    private readonly result: (values: Column) => Column,
  ) {}

  update(columns: readonly Column[], length: number): void {
    const rows = collectedRows(columnOf(columns, 0), length, this.ignoreNulls);
    // A copy: the buffers of a batch are used again.
    if (rows.length > 0) this.parts.push(columns.map((column) => gather(column, rows)));
  }

  private columns(): readonly Column[] {
    return this.types.map((type, k) =>
      this.parts.length === 0
        ? nullColumn(type, 0)
        : concatColumns(
            type,
            this.parts.map((part) => columnOf(part, k)),
          ),
    );
  }

  state(): readonly Column[] {
    return this.columns().map(listCell);
  }

  merge(state: readonly Column[]): void {
    const columns = state.map(listItems);
    if (columnOf(columns, 0).length > 0) this.parts.push(columns);
  }

  finish(): Column {
    const [values, ...keys] = this.columns();
    if (values === undefined) throw new DfxError('DEFECT', 'nothing to collect');
    if (this.directions.length === 0) return this.result(values);
    const order = sortedRows(keys, this.directions, values.length);
    const compare = rowOrder(keys, this.directions);
    const tie = (i: number, j: number): boolean => compare(i, j) === 0;
    if (order.length > STABLE_ROWS && hasOpenTie(order, tie, sameRows(values), 0, order.length)) refuseTies(this.name);
    return this.result(gather(values, order));
  }
}

function collectedRows(column: Column, length: number, ignoreNulls: boolean): Int32Array {
  const rows = new Int32Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) if (!ignoreNulls || isValid(column, i)) rows[count++] = i;
  return rows.subarray(0, count);
}

/** Over distinct values that come in one batch or more: sorts them where `direction` says so. */
class DistinctCollector implements Accumulator {
  private readonly parts: Column[] = [];

  constructor(
    private readonly type: DataType,
    private readonly direction: Direction | null,
    private readonly result: (values: Column) => Column,
  ) {}

  update(columns: readonly Column[]): void {
    this.parts.push(columnOf(columns, 0));
  }

  state(): readonly Column[] {
    throw new DfxError('DEFECT', 'a collector of distinct values has no state of its own');
  }

  merge(): void {
    throw new DfxError('DEFECT', 'a collector of distinct values has no state of its own');
  }

  finish(): Column {
    const values = this.parts.length === 0 ? nullColumn(this.type, 0) : concatColumns(this.type, this.parts);
    const { direction } = this;
    if (direction === null) return this.result(values);
    return this.result(gather(values, sortedRows([values], [direction], values.length)));
  }
}

/** DISTINCT without the optimizer's groups comes out in the order of a hash table that is seeded afresh: only sorted is it known. */
function bindDistinct(
  call: AggregateCall,
  value: Node,
  type: DataType,
  keepNull: boolean,
  result: (values: Column) => Column,
): BoundAggregate {
  distinctOperand(call, [value]);
  const [key, ...others] = call.orderBy;
  if (key !== undefined && (others.length > 0 || !sameColumn(key.node, value))) {
    throw new Refusal(call.name, 'has DISTINCT and an ORDER BY of something else');
  }
  if (key === undefined && call.grouping !== 'groups') {
    throw new Refusal(call.name, 'DISTINCT gives its values in no order');
  }
  const direction: SortKey | null = key ?? null;
  const values = (): DistinctValues => new DistinctValues(value.type, zeroKeys(call), keepNull);
  return {
    type,
    nullable: true,
    operands: [value],
    state: [listType(value.type)],
    create: () => new DistinctAccumulator(values(), () => new DistinctCollector(value.type, direction, result)),
  };
}

function sameColumn(one: Node, other: Node): boolean {
  return one.op === 'column' && other.op === 'column' && one.index === other.index;
}

const ARRAY_AGG: AggregateFunction = {
  name: 'array_agg',
  bind(call: AggregateCall): BoundAggregate {
    const [value] = argumentsOf(call, 1);
    if (value === undefined) throw new DfxError('DEFECT', 'array_agg without an argument');
    refuseSharedOrder(call);
    const ignoreNulls = call.nullTreatment === 'IgnoreNulls';
    const type = listType(value.type);
    const result = (values: Column): Column => (values.length === 0 ? nullColumn(type, 1) : listCell(values));
    if (call.distinct) return bindDistinct(call, value, type, !ignoreNulls, result);
    const keys = orderKeys(call);
    const operands = [value, ...keys.map(({ node }) => node)];
    const types = operands.map((node) => node.type);
    const create = (): Accumulator => new CollectingAccumulator(call.name, types, keys, ignoreNulls, result);
    const mindsTies = keys.length > 0 && !isSetByKeys(value, keys);
    return { type, nullable: true, operands, state: types.map(listType), create, mindsTies };
  },
};

const STRING_AGG: AggregateFunction = {
  name: 'string_agg',
  bind(call: AggregateCall): BoundAggregate {
    refuseIgnoreNulls(call);
    refuseSharedOrder(call);
    const [given, separator] = argumentsOf(call, 2);
    if (given === undefined || separator === undefined) throw new DfxError('DEFECT', 'string_agg without arguments');
    const delimiter = plainValue(separator);
    if (delimiter === undefined || !(isString(separator.type.kind) || separator.type.kind === 'Null')) {
      throw new Refusal(call.name, 'takes a literal text between the values');
    }
    const value = asText(call, given);
    const between = encoder.encode(typeof delimiter === 'string' ? delimiter : '');
    const result = (values: Column): Column => joined(values, between);
    if (call.distinct) {
      if (call.grouping === 'groups') throw new Refusal(call.name, 'DISTINCT gives its values in no order');
      return bindDistinct(call, value, LARGE_UTF8, false, result);
    }
    const keys = orderKeys(call);
    const operands = [value, ...keys.map(({ node }) => node)];
    const types = operands.map((node) => node.type);
    const create = (): Accumulator => new CollectingAccumulator(call.name, types, keys, true, result);
    const mindsTies = keys.length > 0 && !isSetByKeys(given, keys);
    return { type: LARGE_UTF8, nullable: true, operands, state: types.map(listType), create, mindsTies };
  },
};

const encoder = new TextEncoder();

function asText(call: AggregateCall, node: Node): Node {
  const { kind } = node.type;
  if (isString(kind)) return node;
  if (isBinary(kind) || kind === 'FixedSizeBinary') throw new Refusal(call.name, `isn't supported for ${kind}`);
  return castTo(node, LARGE_UTF8);
}

/** `values` has no nulls. */
function joined(values: Column, between: Uint8Array): Column {
  if (values.length === 0) return nullColumn(LARGE_UTF8, 1);
  if (values.layout !== 'string') throw new DfxError('DEFECT', `${values.type.kind} to be joined`);
  const { offsets, data, length } = values;
  const first = offsets[0] ?? 0;
  const bytes = new Uint8Array((offsets[length] ?? 0) - first + between.length * (length - 1));
  let at = 0;
  for (let i = 0; i < length; i++) {
    if (i > 0) {
      bytes.set(between, at);
      at += between.length;
    }
    const from = offsets[i] ?? 0;
    const to = offsets[i + 1] ?? 0;
    bytes.set(data.subarray(from, to), at);
    at += to - from;
  }
  return {
    layout: 'string',
    type: LARGE_UTF8,
    length: 1,
    validity: null,
    offsets: Int32Array.of(0, bytes.length),
    data: bytes,
  };
}

export const COLLECTING: readonly AggregateFunction[] = [ARRAY_AGG, STRING_AGG];
