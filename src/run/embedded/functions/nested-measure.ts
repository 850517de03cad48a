/** What lists come to: lengths, dimensions, their least and greatest items, sums; and series of integers. */
import { bitmapBytes, type Column, isValid, setBit, withoutFullBitmap } from '../../../io/column.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import { concatColumns, gather } from '../gather.ts';
import { type Node, plainValue } from '../nodes.ts';
import { isOrdered, rowOrder } from '../order.ts';
import { Refusal } from '../refusal.ts';
import { castTo } from '../simplify.ts';
import { BOOLEAN, INT64, isInteger, UINT64 } from '../types.ts';
import { booleanColumn } from '../vector.ts';
import type { ScalarFunction } from './define.ts';
import {
  depthOf,
  integerAt,
  isSmall,
  itemType,
  ListMaker,
  type Lists,
  listArguments,
  listOf,
  listsOf,
  rowCall,
  rowsOf,
} from './nested-lists.ts';
import { refuseTooMany } from './room.ts';

export const NESTED_MEASURES: readonly ScalarFunction[] = [
  { name: 'array_length', aliases: ['list_length'], bind: arrayLength },
  { name: 'cardinality', bind: cardinality },
  { name: 'empty', aliases: ['array_empty', 'list_empty'], bind: empty },
  { name: 'array_ndims', aliases: ['list_ndims'], bind: arrayNdims },
  { name: 'array_dims', aliases: ['list_dims'], bind: arrayDims },
  { name: 'array_min', bind: (args) => extreme('array_min', args, -1) },
  { name: 'array_max', aliases: ['list_max'], bind: (args) => extreme('array_max', args, 1) },
  {
    name: 'array_any_value',
    aliases: ['list_any_value'],
    bind: (args) =>
      chosen('array_any_value', args, ({ item }, from, to) => {
        for (let at = from; at < to; at++) if (isValid(item, at)) return at;
        return -1;
      }),
  },
  { name: 'range', bind: (args) => series('range', args, false) },
  { name: 'generate_series', bind: (args) => series('generate_series', args, true) },
];

/** A count of each row that has one. */
function counted(
  name: string,
  args: readonly Node[],
  fails: boolean,
  count: (lists: Lists, row: number, others: (number | null)[]) => number | null,
): Node {
  return rowCall({
    name,
    type: UINT64,
    args,
    mayFail: fails,
    column: (vectors, rows) => {
      const lists = listsOf(vectors[0]);
      const others = vectors.slice(1).map(rowsOf);
      const values = new Float64Array(rows);
      const validity = new Uint8Array(bitmapBytes(rows));
      for (let row = 0; row < rows; row++) {
        const i = row * lists.step;
        if (!isValid(lists.column, i)) continue;
        const found = count(
          lists,
          i,
          others.map((other) => integerAt(other, row)),
        );
        if (found === null) continue;
        values[row] = found;
        setBit(validity, row);
      }
      return { layout: 'numeric', type: UINT64, length: rows, validity: withoutFullBitmap(validity, rows), values };
    },
  });
}

function arrayLength(given: readonly Node[]): Node {
  const name = 'array_length';
  const args =
    given.length === 1
      ? listArguments(name, given, ['array'], 'kept')
      : listArguments(name, given, ['array', 'index'], 'kept');
  const [, dimension] = args;
  const known = dimension === undefined ? 1 : plainValue(dimension);
  return counted(name, args, known !== null && known !== 1, ({ offsets, item }, row, [given = 1]) => {
    if (given === null || given < 1) return null;
    return sizeAt(name, offsets, item, row, given);
  });
}

/** The length of the first list of the first list … `dimension` levels down; null below the lists. */
function sizeAt(name: string, offsets: Int32Array, item: Column, row: number, dimension: number): number | null {
  let from = offsets[row] ?? 0;
  let to = offsets[row + 1] ?? 0;
  let inner = item;
  for (let level = 1; level < dimension; level++) {
    if (inner.layout !== 'list') return null;
    if (from === to) throw new DfxError('EXECUTION', `${name} looks for the first list of an empty list`);
    const at = from;
    from = inner.offsets[at] ?? 0;
    to = inner.offsets[at + 1] ?? 0;
    inner = inner.item;
  }
  return to - from;
}

/** The items at the bottom; a map's entries. */
function cardinality(given: readonly Node[]): Node {
  const [arg] = given;
  const isMap = given.length === 1 && arg?.type.kind === 'Map';
  const args = isMap ? given : listArguments('cardinality', given, ['array']);
  return counted('cardinality', args, false, ({ offsets, item }, row) => {
    const from = offsets[row] ?? 0;
    const to = offsets[row + 1] ?? 0;
    return isMap ? to - from : leaves(item, from, to);
  });
}

/** Calls itself for lists within lists, as deep as their type. */
function leaves(item: Column, from: number, to: number): number {
  if (item.layout !== 'list') return to - from;
  let total = 0;
  for (let at = from; at < to; at++) {
    if (isValid(item, at)) total += leaves(item.item, item.offsets[at] ?? 0, item.offsets[at + 1] ?? 0);
  }
  return total;
}

function empty(given: readonly Node[]): Node {
  const args = listArguments('empty', given, ['array'], 'kept');
  return rowCall({
    name: 'empty',
    type: BOOLEAN,
    args,
    column: ([vector], rows) => {
      const { column, offsets } = listsOf(vector);
      const bits = new Uint8Array(bitmapBytes(rows));
      for (let row = 0; row < rows; row++) if (offsets[row] === offsets[row + 1]) setBit(bits, row);
      return booleanColumn(bits, rows, column.validity);
    },
  });
}

function arrayNdims(given: readonly Node[]): Node {
  const args = listArguments('array_ndims', given, ['array'], 'kept');
  const depth = depthOf(args[0]?.type ?? INT64);
  return counted('array_ndims', args, false, () => depth);
}

function arrayDims(given: readonly Node[]): Node {
  const args = listArguments('array_dims', given, ['array'], 'kept');
  const depth = depthOf(args[0]?.type ?? INT64);
  const type = listOf(UINT64);
  return rowCall({
    name: 'array_dims',
    type,
    args,
    mayFail: depth > 2,
    column: ([vector], rows) => {
      const { column, offsets, item } = listsOf(vector);
      const made = new ListMaker(rows, rows * depth);
      for (let row = 0; row < rows; row++) {
        if (!isValid(column, row) || offsets[row] === offsets[row + 1]) {
          made.endNull();
          continue;
        }
        for (let level = 1; level <= depth; level++) made.pick(sizeAt('array_dims', offsets, item, row, level) ?? 0);
        made.end();
      }
      const values = Float64Array.from(made.picked());
      return made.finishItems(type, { layout: 'numeric', type: UINT64, length: values.length, validity: null, values });
    },
  });
}

/** One item of each list, null where there is none. */
function chosen(
  name: string,
  given: readonly Node[],
  choose: (lists: Lists, from: number, to: number) => number,
): Node {
  const args = listArguments(name, given, ['array']);
  const [list] = args;
  if (list === undefined) throw new DfxError('DEFECT', `${name} without its argument`);
  const type = itemType(name, list);
  return rowCall({
    name,
    type,
    args,
    column: ([vector], rows) => {
      const lists = listsOf(vector);
      const places = new Int32Array(rows).fill(lists.item.length);
      for (let row = 0; row < rows; row++) {
        if (!isValid(lists.column, row)) continue;
        const at = choose(lists, lists.offsets[row] ?? 0, lists.offsets[row + 1] ?? 0);
        if (at >= 0) places[row] = at;
      }
      return gather(concatColumns(type, [lists.item, nullColumn(type, 1)]), places);
    },
  });
}

/** `sign` of the order that the chosen item has to the others. */
function extreme(name: string, given: readonly Node[], sign: 1 | -1): Node {
  const [list] = listArguments(name, given, ['array']);
  if (list === undefined) throw new DfxError('DEFECT', `${name} without its argument`);
  const type = itemType(name, list);
  if (!isOrdered(type) || type.kind === 'FixedSizeBinary') throw new Refusal(name, `isn't supported for ${type.kind}`);
  return chosen(name, given, ({ item }, from, to) => {
    const order = rowOrder(item, item);
    let best = -1;
    for (let at = from; at < to; at++) {
      if (isValid(item, at) && (best < 0 || sign * order(at, best) > 0)) best = at;
    }
    return best;
  });
}

/** `range(stop)`, `range(start, stop)`, `range(start, stop, step)` of integers. */
function series(name: string, given: readonly Node[], inclusive: boolean): Node {
  if (given.length < 1 || given.length > 3) throw new Refusal(name, 'takes one to three arguments');
  for (const { type } of given) {
    if (!isInteger(type.kind)) throw new Refusal(name, `isn't supported for ${type.kind}`);
  }
  const args = given.map((arg) => castTo(arg, INT64));
  const step = args[2];
  if (step !== undefined && plainValue(step) === 0) throw new Refusal(name, 'has a step of 0');
  const type = listOf(INT64);
  return rowCall({
    name,
    type,
    args,
    mayFail: !args.every(isSmall),
    column: (vectors, rows) => {
      const columns = vectors.map(rowsOf);
      const wide = columns.some(({ column }) => column.layout === 'numeric' && column.values instanceof BigInt64Array);
      const offsets = new Int32Array(rows + 1);
      const validity = new Uint8Array(bitmapBytes(rows));
      const [starts, steps] = [new Array<number | bigint>(rows), new Array<number | bigint>(rows)];
      for (let row = 0; row < rows; row++) {
        const before = offsets[row] ?? 0;
        offsets[row + 1] = before;
        const values = columns.map(({ column, step: by }) =>
          column.layout === 'numeric' && isValid(column, row * by) ? (column.values[row * by] ?? 0) : null,
        );
        const [start, stop, by] = values.length === 1 ? [0, values[0], 1] : [values[0], values[1], values[2]];
        if (start === null || start === undefined || stop === null || stop === undefined || by === null) continue;
        const each = by ?? 1;
        if (Number(each) === 0) {
          throw new DfxError('EXECUTION', `step can't be 0 for function ${name}(start [, stop, step])`);
        }
        const count = wide
          ? wideCount(BigInt(start), BigInt(stop), BigInt(each), inclusive)
          : smallCount(Number(start), Number(stop), Number(each), inclusive);
        if (before + Number(count) > MOST_COUNT) throw tooLarge(count);
        refuseTooMany(before + Number(count));
        setBit(validity, row);
        starts[row] = wide ? BigInt(start) : Number(start);
        steps[row] = wide ? BigInt(each) : Number(each);
        offsets[row + 1] = before + Number(count);
      }
      const length = offsets[rows] ?? 0;
      const items = wide ? new BigInt64Array(length) : new Float64Array(length);
      for (let row = 0; row < rows; row++) {
        const [from, to] = [offsets[row] ?? 0, offsets[row + 1] ?? 0];
        if (from === to) continue;
        if (items instanceof Float64Array) fillSmall(items, from, to, Number(starts[row]), Number(steps[row]));
        else fillWide(items, from, to, BigInt(starts[row] ?? 0), BigInt(steps[row] ?? 0));
      }
      const item: Column = { layout: 'numeric', type: INT64, length, validity: null, values: items };
      return { layout: 'list', type, length: rows, validity: withoutFullBitmap(validity, rows), offsets, item };
    },
  });
}

/** Items that the engine puts into one column of lists. */
const MOST_COUNT = 2147483647;

function tooLarge(count: number | bigint): DfxError {
  return new DfxError('EXECUTION', `Range too large to materialize: would produce ${count} elements`);
}

function smallCount(start: number, stop: number, by: number, inclusive: boolean): number {
  const end = inclusive ? stop : stop - Math.sign(by);
  return (by > 0 ? start > end : start < end) ? 0 : Math.floor((end - start) / by) + 1;
}

function wideCount(start: bigint, stop: bigint, by: bigint, inclusive: boolean): bigint {
  const end = inclusive ? stop : by > 0n ? stop - 1n : stop + 1n;
  return (by > 0n ? start > end : start < end) ? 0n : (end - start) / by + 1n;
}

function fillSmall(items: Float64Array, from: number, to: number, start: number, by: number): void {
  for (let at = from, value = start; at < to; at++, value += by) items[at] = value;
}

function fillWide(items: BigInt64Array, from: number, to: number, start: bigint, by: bigint): void {
  for (let at = from, value = start; at < to; at++, value += by) items[at] = value;
}
