/**
 * DISTINCT: each value once, in the order in which the values first appear, then the aggregate over these.
 *
 * DataFusion 55 does it in two ways. Where every aggregate of the query is DISTINCT over one expression (sum, min and max may stand beside
 * it) and none has a FILTER or ORDER BY, its optimizer makes groups of the values (`single_distinct_aggregation_to_group_by`): -0.0
 * becomes 0.0 and null is a group like any other. Else the accumulator keeps a hash set, in which floats are told apart by their bits.
 */
import { type Column, isValid } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import { concatColumns, gather } from '../gather.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { isFloat } from '../types.ts';
import { columnOf, listCell, listType } from './cells.ts';
import type { Accumulator, AggregateCall, BoundAggregate } from './define.ts';
import { hasKeys, type Key, rowKeys, type ZeroKeys } from './keys.ts';

/** The engine sends groups on in batches of this many. */
const GROUP_BATCH = 8192;

/** The distinct values that were seen, first ones first. */
export class DistinctValues {
  private readonly seen = new Set<Key>();
  private readonly parts: Column[] = [];
  private nullSeen = false;

  constructor(
    private readonly type: DataType,
    private readonly zeros: ZeroKeys,
    private readonly keepNull: boolean,
  ) {}

  /** Values that aren't null. */
  get size(): number {
    return this.seen.size;
  }

  add(column: Column): void {
    if (column.layout === 'null') {
      if (this.keepNull && !this.nullSeen && column.length > 0) {
        this.nullSeen = true;
        this.parts.push(nullColumn(this.type, 1));
      }
      return;
    }
    const { seen } = this;
    const keyOf = rowKeys(column, this.zeros);
    const fresh: number[] = [];
    for (let i = 0; i < column.length; i++) {
      if (!isValid(column, i)) {
        if (!this.keepNull || this.nullSeen) continue;
        this.nullSeen = true;
        fresh.push(i);
        continue;
      }
      const key = keyOf(i);
      if (seen.has(key)) continue;
      seen.add(key);
      fresh.push(i);
    }
    if (fresh.length === 0) return;
    const part = gather(column, Int32Array.from(fresh));
    if (this.zeros === 'one') unsignZeros(part);
    this.parts.push(part);
  }

  values(): Column {
    if (this.parts.length === 0) return nullColumn(this.type, 0);
    return concatColumns(this.type, this.parts);
  }
}

/** `column` is fresh: nobody else has its buffers. */
function unsignZeros(column: Column): void {
  if (column.layout !== 'numeric' || !isFloat(column.type.kind)) return;
  const { values } = column;
  for (let i = 0; i < values.length; i++) if (values[i] === 0) values[i] = 0;
}

export function zeroKeys(call: AggregateCall): ZeroKeys {
  return call.grouping === 'groups' ? 'one' : 'two';
}

/** The one operand whose values are told apart. */
export function distinctOperand(call: AggregateCall, operands: readonly Node[]): Node {
  const [operand, ...others] = operands;
  if (operand === undefined || others.length > 0) throw new Refusal(call.name, 'DISTINCT of several arguments');
  const { kind } = operand.type;
  if (!hasKeys(kind)) throw new Refusal(call.name, `DISTINCT isn't supported for ${kind}`);
  if (call.grouping === 'unknown' && isFloat(kind)) {
    throw new Refusal(call.name, 'DISTINCT of floats, of which the planner may make groups or not');
  }
  return operand;
}

/** `bound` over the distinct values of its one operand. */
export function distinctGroups(call: AggregateCall, bound: BoundAggregate): BoundAggregate {
  // With an ORDER BY there are no groups, and a hash set has no order to keep.
  const { type } = distinctOperand(call, bound.operands);
  const zeros = zeroKeys(call);
  return {
    ...bound,
    state: [listType(type)],
    create: () => new DistinctAccumulator(new DistinctValues(type, zeros, call.grouping === 'groups'), bound.create),
  };
}

export class DistinctAccumulator implements Accumulator {
  constructor(
    private readonly values: DistinctValues,
    private readonly create: () => Accumulator,
  ) {}

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
    const inner = this.create();
    const all = this.values.values();
    for (let start = 0; start < all.length; start += GROUP_BATCH) {
      const length = Math.min(GROUP_BATCH, all.length - start);
      inner.update([rowRange(all, start, length)], length);
    }
    return inner.finish();
  }
}

/** Rows `[start, start + length)`. */
export function rowRange(column: Column, start: number, length: number): Column {
  if (start === 0 && length === column.length) return column;
  const rows = new Int32Array(length);
  for (let i = 0; i < length; i++) rows[i] = start + i;
  return gather(column, rows);
}

/** All items of the lists of a column, in order; a list that is null has none. */
export function listItems(lists: Column): Column {
  if (lists.layout !== 'list') throw new DfxError('DEFECT', `a ${lists.type.kind} column where a list was due`);
  const rows: number[] = [];
  for (let row = 0; row < lists.length; row++) {
    if (!isValid(lists, row)) continue;
    const end = lists.offsets[row + 1] ?? 0;
    for (let i = lists.offsets[row] ?? 0; i < end; i++) rows.push(i);
  }
  if (rows.length === lists.item.length) return lists.item;
  return gather(lists.item, Int32Array.from(rows));
}
