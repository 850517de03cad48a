/**
 * first_value, last_value, nth_value and any_value. Rows come in the order of the input, or of ORDER BY. Of rows that tie for the
 * first, the first one is taken, as DataFusion 55 does; of rows that tie for the last it takes the last one of the first batch that has one,
 * and where batches end is its own affair.
 */
import { type Column, getBit, isValid } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { nullColumn } from '../build.ts';
import { concatColumns, gather } from '../gather.ts';
import { type Node, plainValue } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { hasOpenTie, isSetByKeys, refuseTies, STABLE_ROWS } from '../ties.ts';
import { BOOLEAN } from '../types.ts';
import { booleanCell, columnOf, listCell, listType } from './cells.ts';
import { argumentsOf, refuseSharedOrder } from './coercion.ts';
import type { Accumulator, AggregateCall, AggregateFunction, BoundAggregate, SortKey } from './define.ts';
import { DistinctAccumulator, DistinctValues, distinctOperand, listItems, zeroKeys } from './distinct.ts';
import { type Direction, isOrderable, rowOrder, sameRows, sortedRows } from './order.ts';

/** Keys of a type that can be ordered; the nodes are operands behind the arguments. */
export function orderKeys(call: AggregateCall): readonly SortKey[] {
  for (const { node } of call.orderBy) {
    if (!isOrderable(node.type)) throw new Refusal(call.name, `has an ORDER BY of ${node.type.kind}`);
  }
  return call.orderBy;
}

/** A row that leads: the first or the last. */
class EdgeAccumulator implements Accumulator {
  /** The value and its keys, one row each. */
  private best: readonly Column[] | null = null;
  /** Of the last by ORDER BY: whether another row ties with it and has another value. */
  private open = false;
  /** Whether there was more than one batch, of which the engine may have made others. */
  private many = false;
  private batches = 0;

  constructor(
    private readonly name: string,
    private readonly last: boolean,
    private readonly ignoreNulls: boolean,
    private readonly types: readonly DataType[],
    private readonly directions: readonly Direction[],
  ) {}

  update(columns: readonly Column[], length: number): void {
    if (this.best !== null && !this.last && this.directions.length === 0) return;
    if (length > 0) this.batches++;
    const { row, open } = this.rowOf(columns, length);
    if (row >= 0)
      this.offer(
        columns.map((column) => gather(column, Int32Array.of(row))),
        open,
      );
  }

  /** The row of the batch that leads, -1 for none; `open` as above. */
  private rowOf(columns: readonly Column[], length: number): { readonly row: number; readonly open: boolean } {
    const value = columnOf(columns, 0);
    const counts = (row: number): boolean => !this.ignoreNulls || isValid(value, row);
    if (this.directions.length === 0) {
      if (this.last) {
        for (let row = length - 1; row >= 0; row--) if (counts(row)) return { row, open: false };
      } else {
        for (let row = 0; row < length; row++) if (counts(row)) return { row, open: false };
      }
      return { row: -1, open: false };
    }
    const order = rowOrder(columns.slice(1), this.directions);
    const same = sameRows(value);
    let best = -1;
    let open = false;
    for (let row = 0; row < length; row++) {
      if (!counts(row)) continue;
      const difference = best < 0 ? 0 : order(row, best);
      if (best < 0 || (this.last ? difference >= 0 : difference < 0)) {
        open = best >= 0 && difference === 0 && (open || !same(row, best));
        best = row;
      }
    }
    return { row: best, open };
  }

  private offer(candidate: readonly Column[], open: boolean): void {
    const { best } = this;
    if (best !== null && this.directions.length > 0) {
      const pairs = candidate.slice(1).map((column, k) => concatColumns(column.type, [columnOf(best, k + 1), column]));
      const difference = rowOrder(pairs, this.directions)(1, 0);
      if (difference === 0 && this.last) {
        const values = concatColumns(columnOf(best, 0).type, [columnOf(best, 0), columnOf(candidate, 0)]);
        this.open ||= open || !sameRows(values)(0, 1);
      }
      if (this.last ? difference <= 0 : difference >= 0) return;
    } else if (best !== null && !this.last) {
      return;
    }
    this.best = candidate;
    this.open = open;
  }

  state(): readonly Column[] {
    const best = this.best ?? this.types.map((type) => nullColumn(type, 1));
    return [...best, ...[this.best !== null, this.open, this.many || this.batches > 1].map(booleanCell)];
  }

  merge(state: readonly Column[]): void {
    const [isSet, open, many] = [0, 1, 2].map((k) => isTrue(columnOf(state, this.types.length + k)));
    this.batches++;
    this.many ||= many === true;
    if (isSet === true) this.offer(state.slice(0, this.types.length), open === true);
  }

  finish(): Column {
    if (this.open && (this.many || this.batches > 1)) refuseTies(this.name);
    return this.best?.[0] ?? nullColumn(this.types[0] ?? { kind: 'Null' }, 1);
  }
}

function isTrue(cell: Column): boolean {
  return cell.layout === 'boolean' && getBit(cell.bits, 0);
}

function edge(name: string, aliases: readonly string[], last: boolean): AggregateFunction {
  return {
    name,
    aliases,
    bind(call: AggregateCall): BoundAggregate {
      const args = argumentsOf(call, 1);
      // any_value doesn't look at its ORDER BY.
      if (name !== 'any_value') refuseSharedOrder(call);
      const keys = name === 'any_value' ? [] : orderKeys(call);
      const ignoreNulls = name === 'any_value' || call.nullTreatment === 'IgnoreNulls';
      if (name === 'any_value' && call.nullTreatment === 'IgnoreNulls') throw new Refusal(name, 'has IGNORE NULLS');
      const operands: readonly Node[] = [...args, ...keys.map(({ node }) => node)];
      const types = operands.map(({ type }) => type);
      const type = types[0] ?? { kind: 'Null' };
      const create = (): Accumulator => new EdgeAccumulator(name, last, ignoreNulls, types, keys);
      const [value] = args;
      const mindsTies = last && keys.length > 0 && value !== undefined && !isSetByKeys(value, keys);
      const state = [...types, BOOLEAN, BOOLEAN, BOOLEAN];
      const bound: BoundAggregate = { type, nullable: true, operands, state, create, mindsTies };
      // As groups the values lose the sign of zero, and the last one is the one that appeared last for the first time.
      if (!call.distinct || call.grouping === 'values') return bound;
      if (call.grouping === 'unknown') throw new Refusal(name, 'DISTINCT beside another DISTINCT');
      distinctOperand(call, operands);
      const values = (): DistinctValues => new DistinctValues(type, zeroKeys(call), true);
      return {
        ...bound,
        state: [listType(type)],
        create: () => new DistinctAccumulator(values(), bound.create),
      };
    },
  };
}

/** Keeps rows with their keys, and of them no more than can still be asked for: but more than a stable sort takes, so that it shows. */
class NthAccumulator implements Accumulator {
  private parts: (readonly Column[])[] = [];
  private kept = 0;

  /** `n`: from the start, 1 the first; negative from the end, -1 the last. */
  constructor(
    private readonly name: string,
    private readonly n: number,
    private readonly types: readonly DataType[],
    private readonly directions: readonly Direction[],
  ) {}

  update(columns: readonly Column[], length: number): void {
    const needed = Math.abs(this.n);
    let from = 0;
    let to = length;
    if (this.directions.length === 0) {
      if (this.n > 0) to = Math.min(length, needed - this.kept);
      else from = Math.max(0, length - needed);
    }
    if (to <= from) return;
    const rows = Int32Array.from({ length: to - from }, (_, i) => from + i);
    this.parts.push(columns.map((column) => gather(column, rows)));
    this.kept += rows.length;
    if (this.kept > 4 * this.needed() + 65_536) this.trim();
  }

  private needed(): number {
    return this.directions.length === 0 ? Math.abs(this.n) : Math.max(Math.abs(this.n), STABLE_ROWS + 1);
  }

  private trim(): void {
    const columns = this.rows();
    const needed = this.needed();
    const keys = columns.slice(1);
    const order = sortedRows(keys, this.directions, this.kept);
    if (keys.length > 0 && this.kept > STABLE_ROWS) {
      const compare = rowOrder(keys, this.directions);
      const at = this.n > 0 ? this.n - 1 : this.kept + this.n;
      const tie = (i: number, j: number): boolean => compare(i, j) === 0;
      if (at >= 0 && at < this.kept && hasOpenTie(order, tie, sameRows(columnOf(columns, 0)), at, at + 1))
        refuseTies(this.name);
    }
    const rows = this.n > 0 ? order.subarray(0, needed) : order.subarray(Math.max(0, order.length - needed));
    this.parts = [columns.map((column) => gather(column, rows))];
    this.kept = rows.length;
  }

  private rows(): readonly Column[] {
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
    if (this.kept > this.needed()) this.trim();
    return this.rows().map(listCell);
  }

  merge(state: readonly Column[]): void {
    const columns = state.map(listItems);
    this.update(columns, columnOf(columns, 0).length);
  }

  finish(): Column {
    if (this.kept > 0) this.trim();
    const values = columnOf(this.rows(), 0);
    const at = this.n > 0 ? this.n - 1 : this.kept + this.n;
    return at >= 0 && at < this.kept ? gather(values, Int32Array.of(at)) : nullColumn(values.type, 1);
  }
}

const NTH_VALUE: AggregateFunction = {
  name: 'nth_value',
  bind(call: AggregateCall): BoundAggregate {
    if (call.nullTreatment === 'IgnoreNulls') throw new Refusal(call.name, 'has IGNORE NULLS');
    refuseSharedOrder(call);
    const [value, count] = argumentsOf(call, 2);
    const n = count?.type.kind === 'Int64' ? plainValue(count) : undefined;
    if (value === undefined || typeof n !== 'number') throw new Refusal(call.name, 'takes a literal Int64 for n');
    if (n === 0) throw new Refusal(call.name, 'counts from 1');
    if (call.distinct && call.grouping !== 'values') throw new Refusal(call.name, "DISTINCT isn't supported");
    const keys = orderKeys(call);
    const operands = [value, ...keys.map(({ node }) => node)];
    const types = operands.map(({ type }) => type);
    const create = (): Accumulator => new NthAccumulator(call.name, n, types, keys);
    const mindsTies = keys.length > 0 && !isSetByKeys(value, keys);
    return { type: value.type, nullable: true, operands, state: types.map(listType), create, mindsTies };
  },
};

export const ORDERED: readonly AggregateFunction[] = [
  edge('first_value', [], false),
  edge('last_value', [], true),
  edge('any_value', [], false),
  NTH_VALUE,
];
