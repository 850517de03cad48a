/**
 * Aggregates over frames. A frame that starts where its partition starts only takes rows in; one that moves on also takes rows back, with
 * the engine's arithmetic: what was added is subtracted, and a float keeps the error of that.
 */
import { type Column, getBit, isValid } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import type { Accumulator, BoundAggregate } from '../aggregates/define.ts';
import { rowRange } from '../aggregates/distinct.ts';
import { type RowOrder, valueOrder } from '../aggregates/order.ts';
import { nullColumn } from '../build.ts';
import { concatColumns, gather } from '../gather.ts';
import type { Sorted, WindowFunction } from './define.ts';
import type { Span } from './frame.ts';
import type { BoundFrame } from './frames.ts';
import { sliceColumn } from './slice.ts';

/** How an aggregate follows a frame whose start moves. */
export type Following =
  /** Subtracts rows. */
  | 'retract'
  /** Keeps the candidates for the least or greatest. */
  | 'least'
  | 'greatest'
  /** Starts afresh for each row. */
  | 'afresh';

/** One row a result, many rows in the end: results that repeat are kept once. */
class Results {
  private readonly full: Column[] = [];
  private parts: Column[] = [];
  private count = 0;
  private readonly rows: Int32Array;

  constructor(
    private readonly type: DataType,
    length: number,
  ) {
    this.rows = new Int32Array(length);
  }

  /** The same result as the last one. */
  repeat(row: number): void {
    this.rows[row] = this.count - 1;
  }

  add(row: number, result: Column): void {
    this.parts.push(result);
    this.rows[row] = this.count++;
    if (this.parts.length < 4096) return;
    this.full.push(concatColumns(this.type, this.parts));
    this.parts = [];
  }

  column(): Column {
    const all = concatColumns(this.type, [...this.full, ...this.parts]);
    return gather(all, this.rows);
  }
}

export function aggregateWindow(
  bound: BoundAggregate,
  bounds: BoundFrame,
  following: Following | null,
  empty: Column | null,
  steady: boolean,
): WindowFunction {
  const { type, nullable } = bound;
  const fallback = empty ?? nullColumn(type, 1);
  return {
    type,
    nullable,
    args: bound.operands,
    steady,
    compute(sorted: Sorted): Column {
      const { length, starts } = sorted;
      const results = new Results(type, length);
      for (let p = 0; p + 1 < starts.length; p++) {
        const start = starts[p] ?? 0;
        const end = starts[p + 1] ?? 0;
        if (end === start) continue;
        const rows = new PartitionRows(sorted, start, end);
        if (bounds.whole) wholePartition(bound.create(), rows, results);
        else if (bounds.frame.start.kind === 'unbounded')
          expanding(bound.create(), rows, bounds, results, fallback, sorted);
        else if (following === 'retract') retracting(bound.create(), rows, bounds, results, fallback, sorted);
        else if (following === 'least' || following === 'greatest') {
          extremes(following === 'greatest', rows, bounds, results, fallback, sorted);
        } else afresh(bound, rows, bounds, results, fallback, sorted);
      }
      return results.column();
    },
  };
}

/** The rows of one partition, and those of them that pass the FILTER. */
class PartitionRows {
  constructor(
    private readonly sorted: Sorted,
    readonly start: number,
    readonly end: number,
  ) {}

  get args(): readonly Column[] {
    return this.sorted.args;
  }

  passes(row: number): boolean {
    return this.sorted.passes === null || getBit(this.sorted.passes, this.start + row);
  }

  /** Hands rows `[from, to)` of the partition to an accumulator. */
  hand(from: number, to: number, take: (columns: readonly Column[], length: number) => void): void {
    const { args, passes } = this.sorted;
    if (to <= from) return;
    if (passes === null) {
      take(
        args.map((column) => sliceColumn(column, this.start + from, to - from)),
        to - from,
      );
      return;
    }
    const rows: number[] = [];
    for (let row = from; row < to; row++) if (getBit(passes, this.start + row)) rows.push(this.start + row);
    const chosen = Int32Array.from(rows);
    take(
      args.map((column) => gather(column, chosen)),
      chosen.length,
    );
  }
}

function wholePartition(accumulator: Accumulator, rows: PartitionRows, results: Results): void {
  rows.hand(0, rows.end - rows.start, (columns, length) => accumulator.update(columns, length));
  results.add(rows.start, accumulator.finish());
  for (let row = rows.start + 1; row < rows.end; row++) results.repeat(row);
}

function expanding(
  accumulator: Accumulator,
  rows: PartitionRows,
  bounds: BoundFrame,
  results: Results,
  fallback: Column,
  sorted: Sorted,
): void {
  const frameOf = bounds.framesOf(sorted, rows.start, rows.end);
  let last: Span = { start: 0, end: 0 };
  for (let row = 0; row < rows.end - rows.start; row++) {
    const span = frameOf(row, last);
    const unchanged = row > 0 && span.end === last.end;
    if (span.start < span.end && span.end > last.end) {
      rows.hand(last.end, span.end, (columns, length) => accumulator.update(columns, length));
    }
    if (unchanged) results.repeat(rows.start + row);
    else results.add(rows.start + row, span.start === span.end ? fallback : accumulator.finish());
    last = span;
  }
}

function retracting(
  accumulator: Accumulator,
  rows: PartitionRows,
  bounds: BoundFrame,
  results: Results,
  fallback: Column,
  sorted: Sorted,
): void {
  const frameOf = bounds.framesOf(sorted, rows.start, rows.end);
  const retract = (columns: readonly Column[], length: number): void => accumulator.retract?.(columns, length);
  let last: Span = { start: 0, end: 0 };
  for (let row = 0; row < rows.end - rows.start; row++) {
    const span = frameOf(row, last);
    if (span.start === span.end) {
      rows.hand(last.start, last.end, retract);
      results.add(rows.start + row, fallback);
    } else {
      rows.hand(last.end, span.end, (columns, length) => accumulator.update(columns, length));
      rows.hand(last.start, span.start, retract);
      results.add(rows.start + row, accumulator.finish());
    }
    last = span;
  }
}

/** Candidates in order: each is beaten only by those before it, which leave first. */
function extremes(
  greatest: boolean,
  rows: PartitionRows,
  bounds: BoundFrame,
  results: Results,
  fallback: Column,
  sorted: Sorted,
): void {
  const frameOf = bounds.framesOf(sorted, rows.start, rows.end);
  const [values] = rows.args;
  if (values === undefined) return;
  const order: RowOrder = valueOrder(values);
  const candidates: number[] = [];
  let head = 0;
  let taken = 0;
  let last: Span = { start: 0, end: 0 };
  for (let row = 0; row < rows.end - rows.start; row++) {
    const span = frameOf(row, last);
    for (; taken < span.end; taken++) {
      const at = rows.start + taken;
      if (!rows.passes(taken) || !isValid(values, at)) continue;
      while (candidates.length > head) {
        const rival = candidates[candidates.length - 1] ?? 0;
        const difference = order(at, rival);
        if (greatest ? difference < 0 : difference > 0) break;
        candidates.pop();
      }
      candidates.push(at);
    }
    while (head < candidates.length && (candidates[head] ?? 0) < rows.start + span.start) head++;
    const best = candidates[head];
    const found = span.start < span.end && best !== undefined;
    results.add(rows.start + row, found ? rowRange(values, best, 1) : fallback);
    last = span;
  }
}

function afresh(
  bound: BoundAggregate,
  rows: PartitionRows,
  bounds: BoundFrame,
  results: Results,
  fallback: Column,
  sorted: Sorted,
): void {
  const frameOf = bounds.framesOf(sorted, rows.start, rows.end);
  let last: Span = { start: 0, end: 0 };
  for (let row = 0; row < rows.end - rows.start; row++) {
    const span = frameOf(row, last);
    if (span.start >= span.end) {
      results.add(rows.start + row, fallback);
    } else if (row > 0 && span.start === last.start && span.end === last.end) {
      results.repeat(rows.start + row);
    } else {
      const accumulator = bound.create();
      rows.hand(span.start, span.end, (columns, length) => accumulator.update(columns, length));
      results.add(rows.start + row, accumulator.finish());
    }
    last = span;
  }
}
