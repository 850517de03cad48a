/**
 * Rows that tie in an ORDER BY. The engine sorts with an unstable sort (Rust's `sort_unstable_by` over all rows, or over runs of them that are
 * merged, whose borders lie where its buffers' sizes put them): which of two such rows comes first can't be known
 * here. What depends on it is found out when the rows are known, and refused; it is never guessed.
 */
import { DfxError } from '../../wire/errors.ts';
import type { SortKey } from './aggregates/define.ts';
import type { Node } from './nodes.ts';

/** The engine sorts so few rows by insertion, which keeps the order of rows that tie. */
export const STABLE_ROWS = 20;

export function refuseTies(name: string): never {
  throw new DfxError(
    'UNSUPPORTED',
    `${name} depends on the order of rows that tie in its ORDER BY, which the real engine leaves open`,
    {
      hint: 'use --engine datafusion, or add a key that tells the rows apart',
    },
  );
}

/** Whether rows that tie in `keys` have one value: that of a key, or the same in all rows. */
export function isSetByKeys(value: Node, keys: readonly SortKey[]): boolean {
  if (value.op === 'constant') return true;
  return value.op === 'column' && keys.some(({ node }) => node.op === 'column' && node.index === value.index);
}

/** Whether rows `i` and `j` have the same value. */
type SameRow = (i: number, j: number) => boolean;

/**
 * Whether the rows at places `[from, to)` of `order`, or some that tie with them, could stand in another order: rows that tie and differ.
 */
export function hasOpenTie(order: Int32Array, tie: SameRow, same: SameRow, from: number, to: number): boolean {
  const ties = (place: number): boolean => tie(order[place - 1] ?? 0, order[place] ?? 0);
  let start = from;
  while (start > 0 && start < order.length && ties(start)) start--;
  let end = Math.min(to, order.length);
  while (end > start && end < order.length && ties(end)) end++;
  for (let place = start + 1; place < end; place++) {
    if (ties(place) && !same(order[place - 1] ?? 0, order[place] ?? 0)) return true;
  }
  return false;
}
