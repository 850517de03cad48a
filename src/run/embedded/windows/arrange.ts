/** The rows of the input in the order in which the engine's window functions see them. */
import { type Column, isValid } from '../../../io/column.ts';
import { rowKeys } from '../aggregates/keys.ts';
import { type Direction, rowOrder } from '../aggregates/order.ts';

interface Arrangement {
  /** The row of the input at each place; null where that is the input's own order. */
  readonly order: Int32Array | null;
  readonly starts: Int32Array;
}

/**
 * Partitions in the order of their first rows, rows inside by their keys; rows that tie in the order of the input. Floats are
 * told apart by their bits, nulls are a partition of their own.
 */
export function arrange(
  partitionBy: readonly Column[],
  keys: readonly Column[],
  directions: readonly Direction[],
  length: number,
): Arrangement {
  if (partitionBy.length === 0 && keys.length === 0) return { order: null, starts: Int32Array.of(0, length) };
  const { ids, count } = partitionIds(partitionBy, length);
  const starts = new Int32Array(count + 1);
  for (let row = 0; row < length; row++) starts[(ids[row] ?? 0) + 1] = (starts[(ids[row] ?? 0) + 1] ?? 0) + 1;
  for (let p = 0; p < count; p++) starts[p + 1] = (starts[p + 1] ?? 0) + (starts[p] ?? 0);
  const next = starts.slice();
  const order = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    const id = ids[row] ?? 0;
    const at = next[id] ?? 0;
    order[at] = row;
    next[id] = at + 1;
  }
  if (keys.length > 0) {
    const compare = rowOrder(keys, directions);
    for (let p = 0; p < count; p++) {
      order.subarray(starts[p], starts[p + 1]).sort((i, j) => compare(i, j) || i - j);
    }
  }
  return { order, starts };
}

/** Whether rows of a partition tie in all keys. */
export function hasTies(
  order: Int32Array,
  starts: Int32Array,
  keys: readonly Column[],
  directions: readonly Direction[],
): boolean {
  const compare = rowOrder(keys, directions);
  for (let p = 0; p + 1 < starts.length; p++) {
    const end = starts[p + 1] ?? 0;
    for (let at = (starts[p] ?? 0) + 1; at < end; at++) {
      if (compare(order[at - 1] ?? 0, order[at] ?? 0) === 0) return true;
    }
  }
  return false;
}

/** The partition of each row; without PARTITION BY there is one, even of no rows. */
function partitionIds(columns: readonly Column[], length: number): { ids: Int32Array; count: number } {
  let ids = new Int32Array(length);
  let count = 1;
  for (const column of columns) {
    const own = valueIds(column, length);
    const seen = new Map<number, number>();
    const joined = new Int32Array(length);
    for (let row = 0; row < length; row++) {
      const key = (ids[row] ?? 0) * own.count + (own.ids[row] ?? 0);
      let id = seen.get(key);
      if (id === undefined) {
        id = seen.size;
        seen.set(key, id);
      }
      joined[row] = id;
    }
    ids = joined;
    count = Math.max(1, seen.size);
  }
  return { ids, count };
}

function valueIds(column: Column, length: number): { ids: Int32Array; count: number } {
  const ids = new Int32Array(length);
  if (column.layout === 'null') return { ids, count: 1 };
  const keyOf = rowKeys(column, 'two');
  const seen = new Map<unknown, number>();
  for (let row = 0; row < length; row++) {
    // No key is null.
    const key = isValid(column, row) ? keyOf(row) : null;
    let id = seen.get(key);
    if (id === undefined) {
      id = seen.size;
      seen.set(key, id);
    }
    ids[row] = id;
  }
  return { ids, count: seen.size + 1 };
}
