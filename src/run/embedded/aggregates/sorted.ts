/**
 * ORDER BY inside of an aggregate whose digits depend on the order of its rows: the engine sorts its input, and the aggregate sees the
 * sorted rows in batches.
 */
import type { Column } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { nullColumn } from '../build.ts';
import { concatColumns, gather } from '../gather.ts';
import { columnOf, listCell, listType } from './cells.ts';
import type { Accumulator, AggregateCall, BoundAggregate } from './define.ts';
import { listItems } from './distinct.ts';
import { type Direction, sortedRows } from './order.ts';
import { orderKeys } from './ordered.ts';

const BATCH = 8192;

/** `bound` over the rows in the order that the call asks for. */
export function inOrder(call: AggregateCall, bound: BoundAggregate): BoundAggregate {
  const keys = orderKeys(call);
  if (keys.length === 0) return bound;
  const operands = [...bound.operands, ...keys.map(({ node }) => node)];
  const types = operands.map(({ type }) => type);
  const inputs = bound.operands.length;
  return {
    ...bound,
    operands,
    state: bound.state === null ? null : types.map(listType),
    create: () => new SortedAccumulator(types, inputs, keys, bound.create()),
  };
}

class SortedAccumulator implements Accumulator {
  private readonly parts: (readonly Column[])[] = [];

  constructor(
    private readonly types: readonly DataType[],
    private readonly inputs: number,
    private readonly directions: readonly Direction[],
    private readonly inner: Accumulator,
  ) {}

  update(columns: readonly Column[], length: number): void {
    if (length === 0) return;
    // A copy: the buffers of a batch are used again.
    const rows = Int32Array.from({ length }, (_, i) => i);
    this.parts.push(columns.map((column) => gather(column, rows)));
  }

  private columns(): readonly Column[] {
    const { parts } = this;
    return this.types.map((type, k) =>
      parts.length === 0
        ? nullColumn(type, 0)
        : concatColumns(
            type,
            parts.map((part) => columnOf(part, k)),
          ),
    );
  }

  state(): readonly Column[] {
    return this.columns().map(listCell);
  }

  merge(state: readonly Column[]): void {
    this.parts.push(state.map(listItems));
  }

  finish(): Column {
    const columns = this.columns();
    const { length } = columnOf(columns, 0);
    const order = sortedRows(columns.slice(this.inputs), this.directions, length);
    const inputs = columns.slice(0, this.inputs);
    for (let start = 0; start < length; start += BATCH) {
      const rows = order.subarray(start, Math.min(length, start + BATCH));
      this.inner.update(
        inputs.map((column) => gather(column, rows)),
        rows.length,
      );
    }
    return this.inner.finish();
  }
}
