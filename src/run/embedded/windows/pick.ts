/** lag, lead, first_value, last_value and nth_value: the value of another row of the partition. */
import { type Column, isValid } from '../../../io/column.ts';
import { concatColumns, gather } from '../gather.ts';
import type { Node } from '../nodes.ts';
import type { Sorted, WindowFunction } from './define.ts';
import type { Span } from './frame.ts';
import type { FramesOf } from './frames.ts';

/** For each row the row whose value it takes; -1: the fallback. */
type Pick = (out: Int32Array, sorted: Sorted, start: number, end: number) => void;

function picking(value: Node, fallback: Column, steady: boolean, pick: Pick): WindowFunction {
  return {
    type: value.type,
    nullable: true,
    args: [value],
    steady,
    compute(sorted: Sorted): Column {
      const { length, starts, args } = sorted;
      const rows = new Int32Array(length);
      for (let p = 0; p + 1 < starts.length; p++) pick(rows, sorted, starts[p] ?? 0, starts[p + 1] ?? 0);
      for (let i = 0; i < length; i++) if ((rows[i] ?? 0) < 0) rows[i] = length;
      return gather(concatColumns(value.type, [args[0] ?? fallback, fallback]), rows);
    },
  };
}

/** `offset` rows back; negative ones forward. `fallback`: one row of the value's type. */
export function shift(value: Node, offset: number, fallback: Column, ignoreNulls: boolean): WindowFunction {
  if (!ignoreNulls) {
    return picking(value, fallback, false, (out, _sorted, start, end) => {
      for (let row = start; row < end; row++) {
        const at = row - offset;
        out[row] = at >= start && at < end ? at : -1;
      }
    });
  }
  return picking(value, fallback, false, (out, sorted, start, end) => {
    const [values] = sorted.args;
    if (values === undefined) return;
    if (offset > 0) shiftBack(out, values, offset, start, end);
    else shiftForward(out, values, -offset, start, end);
  });
}

/** The row `needed` values back; nulls don't count. */
function shiftBack(out: Int32Array, values: Column, needed: number, start: number, end: number): void {
  const seen: number[] = [];
  for (let row = start; row < end; row++) {
    out[row] = seen.length < needed ? -1 : (seen[seen.length - needed] ?? -1);
    if (isValid(values, row)) seen.push(row);
  }
}

/**
 * The row `needed` values ahead, as the engine looks for it (datafusion-functions-window 55.2 `lead_lag.rs`): it keeps the distances between
 * the values ahead, and forgets where a null stood behind the last of them, so that a row may find nothing where there is something.
 */
function shiftForward(out: Int32Array, values: Column, needed: number, start: number, end: number): void {
  const gaps: number[] = [];
  const sum = (count: number): number => {
    let total = 0;
    for (let i = 0; i < count; i++) total += gaps[i] ?? 0;
    return total;
  };
  for (let row = start; row < end; row++) {
    const reach = gaps.length === needed ? Math.min(row + sum(needed) + 1, end) : end;
    if (gaps.length === 0) {
      let gap = 1;
      for (let i = row + 1; i < reach && gaps.length <= needed; i++) {
        if (isValid(values, i)) {
          gaps.push(gap);
          gap = 1;
        } else {
          gap++;
        }
      }
    } else if (reach < end && isValid(values, reach)) {
      gaps.push(1);
    }
    const at = gaps.length >= needed ? row + sum(needed) : -1;
    out[row] = at >= 0 && isValid(values, at) ? at : -1;
    const [first] = gaps;
    if (first === 1) gaps.shift();
    else if (first !== undefined) gaps[0] = first - 1;
  }
}

export type Place =
  | { readonly kind: 'first' }
  | { readonly kind: 'last' }
  | { readonly kind: 'nth'; readonly n: number };

export function valueInFrame(
  value: Node,
  place: Place,
  ignoreNulls: boolean,
  frames: FramesOf,
  fallback: Column,
): WindowFunction {
  return picking(value, fallback, false, (out, sorted, start, end) => {
    const frameOf = frames(sorted, start, end);
    const [values] = sorted.args;
    if (values === undefined) return;
    const places = ignoreNulls ? new ValidPlaces(values, start, end) : null;
    let last: Span = { start: 0, end: 0 };
    for (let row = start; row < end; row++) {
      last = frameOf(row - start, last);
      out[row] = last.start >= last.end ? -1 : placed(place, start + last.start, start + last.end, places);
    }
  });
}

function placed(place: Place, start: number, end: number, places: ValidPlaces | null): number {
  if (places !== null) return places.at(place, start, end);
  if (place.kind === 'first') return start;
  if (place.kind === 'last') return end - 1;
  const row = place.n > 0 ? start + place.n - 1 : end + place.n;
  return row >= start && row < end ? row : -1;
}

/** The rows of a partition that have a value, and how many of them come before each row. */
class ValidPlaces {
  private readonly rows: number[] = [];
  private readonly before: Int32Array;

  constructor(
    values: Column,
    private readonly start: number,
    end: number,
  ) {
    this.before = new Int32Array(end - start + 1);
    for (let row = start; row < end; row++) {
      this.before[row - start] = this.rows.length;
      if (isValid(values, row)) this.rows.push(row);
    }
    this.before[end - start] = this.rows.length;
  }

  at(place: Place, start: number, end: number): number {
    const from = this.before[start - this.start] ?? 0;
    const to = this.before[end - this.start] ?? 0;
    let index: number;
    if (place.kind === 'first') index = from;
    else if (place.kind === 'last') index = to - 1;
    else index = place.n > 0 ? from + place.n - 1 : to + place.n;
    return index >= from && index < to ? (this.rows[index] ?? -1) : -1;
  }
}
