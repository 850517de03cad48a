/** row_number, rank, dense_rank, percent_rank, cume_dist and ntile: places of a row in its partition. */
import type { Column } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { type Direction, rowOrder } from '../aggregates/order.ts';
import { FLOAT64, UINT64 } from '../types.ts';
import type { Sorted, WindowFunction } from './define.ts';

/** Fills `out[start, end)`; `peer(row)`: whether the row ties with the one before. */
type Fill = (out: Float64Array, start: number, end: number, peer: (row: number) => boolean) => void;

const FILLS: ReadonlyMap<string, { readonly type: DataType; readonly steady: boolean; readonly fill: Fill }> = new Map([
  ['row_number', { type: UINT64, steady: false, fill: rowNumber }],
  ['rank', { type: UINT64, steady: true, fill: rank }],
  ['dense_rank', { type: UINT64, steady: true, fill: denseRank }],
  ['percent_rank', { type: FLOAT64, steady: true, fill: percentRank }],
  ['cume_dist', { type: FLOAT64, steady: true, fill: cumeDist }],
]);

export function rankingFunction(name: string, directions: readonly Direction[]): WindowFunction | null {
  const made = FILLS.get(name);
  return made === undefined ? null : ranking(made.type, made.steady, made.fill, directions);
}

/** `buckets`: at least 1. */
export function ntile(buckets: number, directions: readonly Direction[]): WindowFunction {
  const fill: Fill = (out, start, end) => {
    const rows = end - start;
    const base = Math.floor(rows / buckets);
    const rest = rows % buckets;
    const largeRows = rest * (base + 1);
    for (let i = 0; i < rows; i++) {
      out[start + i] = i < largeRows ? Math.floor(i / (base + 1)) + 1 : rest + Math.floor((i - largeRows) / base) + 1;
    }
  };
  return ranking(UINT64, false, fill, directions);
}

function ranking(type: DataType, steady: boolean, fill: Fill, directions: readonly Direction[]): WindowFunction {
  return {
    type,
    nullable: false,
    args: [],
    steady,
    compute({ length, starts, keys }: Sorted): Column {
      const out = new Float64Array(length);
      const order = keys.length === 0 ? null : rowOrder(keys, directions);
      const peer = (row: number): boolean => order === null || order(row - 1, row) === 0;
      for (let p = 0; p + 1 < starts.length; p++) fill(out, starts[p] ?? 0, starts[p + 1] ?? 0, peer);
      return { layout: 'numeric', type, length, validity: null, values: out };
    },
  };
}

function rowNumber(out: Float64Array, start: number, end: number): void {
  for (let row = start; row < end; row++) out[row] = row - start + 1;
}

function rank(out: Float64Array, start: number, end: number, peer: (row: number) => boolean): void {
  let first = start;
  for (let row = start; row < end; row++) {
    if (row > start && !peer(row)) first = row;
    out[row] = first - start + 1;
  }
}

function denseRank(out: Float64Array, start: number, end: number, peer: (row: number) => boolean): void {
  let place = 1;
  for (let row = start; row < end; row++) {
    if (row > start && !peer(row)) place++;
    out[row] = place;
  }
}

function percentRank(out: Float64Array, start: number, end: number, peer: (row: number) => boolean): void {
  rank(out, start, end, peer);
  const others = Math.max(1, end - start - 1);
  for (let row = start; row < end; row++) out[row] = ((out[row] ?? 1) - 1) / others;
}

function cumeDist(out: Float64Array, start: number, end: number, peer: (row: number) => boolean): void {
  let first = start;
  for (let row = start; row < end; row++) {
    if (row + 1 < end && peer(row + 1)) continue;
    out.fill((row + 1 - start) / (end - start), first, row + 1);
    first = row + 1;
  }
}
