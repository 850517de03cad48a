/**
 * Which rows of its partition a row looks at: `[start, end)` in the order of ORDER BY, as datafusion-expr 55.2 `window_state.rs`
 * finds them. Rows are asked for one after the other; RANGE goes on from where the row before ended.
 */
import type { Column } from '../../../io/column.ts';
import { type Direction, type RowOrder, rowOrder } from '../aggregates/order.ts';
import { concatColumns } from '../gather.ts';

type Units = 'ROWS' | 'RANGE' | 'GROUPS';

/** `offset` of ROWS and GROUPS; of RANGE `targets` hold the values that the rows are measured by. */
export type Bound =
  | { readonly kind: 'unbounded' }
  | { readonly kind: 'current' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: number };

export interface Frame {
  readonly units: Units;
  readonly start: Bound;
  readonly end: Bound;
}

export interface Span {
  start: number;
  end: number;
}

/** Gives the rows of the partition for `row`, counted from the partition's first; `last` is what it gave for the row before. */
export type FrameOf = (row: number, last: Readonly<Span>) => Span;

export function rowsFrame({ start, end }: Frame, length: number): FrameOf {
  return (row) => ({ start: rowsStart(start, row, length), end: rowsEnd(end, row, length) });
}

function rowsStart(bound: Bound, row: number, length: number): number {
  switch (bound.kind) {
    case 'unbounded':
      return 0;
    case 'current':
      return row;
    case 'preceding':
      return Math.max(0, row - bound.offset);
    case 'following':
      return Math.min(length, row + bound.offset);
  }
}

function rowsEnd(bound: Bound, row: number, length: number): number {
  switch (bound.kind) {
    case 'unbounded':
      return length;
    case 'current':
      return row + 1;
    case 'preceding':
      return Math.max(0, row - bound.offset + 1);
    case 'following':
      return Math.min(length, row + bound.offset + 1);
  }
}

export function groupsFrame(
  { start, end }: Frame,
  keys: readonly Column[],
  directions: readonly Direction[],
  length: number,
): FrameOf {
  const order = rowOrder(keys, directions);
  const ends: number[] = [];
  const groupOf = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    groupOf[row] = ends.length;
    if (row + 1 === length || order(row, row + 1) !== 0) ends.push(row + 1);
  }
  const endOf = (group: number): number => (group < 0 ? 0 : (ends[group] ?? length));
  return (row) => {
    const group = groupOf[row] ?? 0;
    return {
      start: groupsStart(start, group, ends.length, endOf),
      end: groupsEnd(end, group, ends.length, endOf, length),
    };
  };
}

function groupsStart(bound: Bound, group: number, groups: number, endOf: (group: number) => number): number {
  switch (bound.kind) {
    case 'unbounded':
      return 0;
    case 'current':
      return endOf(group - 1);
    case 'preceding':
      return endOf(Math.max(0, group - bound.offset) - 1);
    case 'following':
      return endOf(Math.min(groups, group + bound.offset) - 1);
  }
}

function groupsEnd(
  bound: Bound,
  group: number,
  groups: number,
  endOf: (group: number) => number,
  length: number,
): number {
  switch (bound.kind) {
    case 'unbounded':
      return length;
    case 'current':
      return endOf(group);
    case 'preceding':
      return group >= bound.offset ? endOf(group - bound.offset) : 0;
    case 'following':
      return endOf(Math.min(groups - 1, group + bound.offset));
  }
}

/** The values that are an offset away from each row's key, as a column of the key's type; `beyond` marks rows whose value doesn't fit. */
export interface Targets {
  readonly column: Column;
  readonly beyond: Uint8Array | null;
}

/** Compares keys at `[0, length)` with targets behind them. */
interface Measured {
  readonly order: RowOrder;
  readonly beyond: Uint8Array | null;
}

export function rangeFrame(
  { start, end }: Frame,
  keys: readonly Column[],
  directions: readonly Direction[],
  targets: { readonly start: Targets | null; readonly end: Targets | null },
  length: number,
): FrameOf {
  const peers = rowOrder(keys, directions);
  const [key] = keys;
  const measured = (side: Targets | null): Measured | null => {
    if (side === null || key === undefined) return null;
    const both = concatColumns(key.type, [key, side.column]);
    return { order: rowOrder([both], directions), beyond: side.beyond };
  };
  const startBy = measured(targets.start);
  const endBy = measured(targets.end);
  const find = (row: number, from: number, by: Measured | null, side: 'start' | 'end', backward: boolean): number => {
    if (by !== null && by.beyond !== null && by.beyond[row] === 1) return backward ? from : length;
    const order = by === null ? peers : by.order;
    const target = by === null ? row : length + row;
    let at = from;
    if (side === 'start') while (at < length && order(at, target) < 0) at++;
    else while (at < length && order(at, target) <= 0) at++;
    return at;
  };
  return (row, last) => ({
    start: start.kind === 'unbounded' ? 0 : find(row, last.start, startBy, 'start', start.kind !== 'following'),
    end: end.kind === 'unbounded' ? length : find(row, last.end, endBy, 'end', end.kind === 'preceding'),
  });
}
