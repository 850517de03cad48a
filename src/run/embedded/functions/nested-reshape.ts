/** Lists made of lists: put together, cut, turned around, sorted, repeated. */
import { isValid } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import { resolvedUnion } from '../coerce.ts';
import { concatColumns } from '../gather.ts';
import { type Node, plainValue } from '../nodes.ts';
import { isOrdered, rowOrder } from '../order.ts';
import { Refusal } from '../refusal.ts';
import { castTo, nullInstead } from '../simplify.ts';
import { INT64, isInteger, sameType } from '../types.ts';
import type { BindContext, ScalarFunction } from './define.ts';
import {
  depthOf,
  integerAt,
  isNarrow,
  isPlainList,
  isSmall,
  itemType,
  ListMaker,
  type Lists,
  listArguments,
  listOf,
  listsOf,
  oneOf,
  type PlainList,
  refuseStrict,
  rowCall,
  rowsOf,
} from './nested-lists.ts';
import { NESTED_MAKERS } from './nested-make.ts';

export const NESTED_RESHAPES: readonly ScalarFunction[] = [
  {
    name: 'array_append',
    aliases: ['list_append', 'array_push_back', 'list_push_back'],
    bind: (args, context) => append('array_append', args[0], args[1], false, args.length, context),
  },
  {
    name: 'array_prepend',
    aliases: ['list_prepend', 'array_push_front', 'list_push_front'],
    bind: (args, context) => append('array_prepend', args[1], args[0], true, args.length, context),
  },
  { name: 'array_concat', aliases: ['array_cat', 'list_concat', 'list_cat'], bind: arrayConcat },
  { name: 'array_slice', aliases: ['list_slice'], bind: arraySlice },
  {
    name: 'array_pop_front',
    aliases: ['list_pop_front'],
    bind: (args) => picked('array_pop_front', args, (made, _, from, to) => made.copy(Math.min(from + 1, to), to)),
  },
  {
    name: 'array_pop_back',
    aliases: ['list_pop_back'],
    bind: (args) => picked('array_pop_back', args, (made, _, from, to) => made.copy(from, Math.max(to - 1, from))),
  },
  {
    name: 'array_reverse',
    aliases: ['list_reverse'],
    bind: (args) =>
      picked('array_reverse', args, (made, _, from, to) => {
        for (let at = to - 1; at >= from; at--) made.pick(at);
      }),
  },
  {
    name: 'array_compact',
    aliases: ['list_compact'],
    bind: (args) =>
      picked('array_compact', args, (made, { item }, from, to) => {
        for (let at = from; at < to; at++) if (isValid(item, at)) made.pick(at);
      }),
  },
  { name: 'array_sort', aliases: ['list_sort'], bind: arraySort },
  { name: 'array_repeat', aliases: ['list_repeat'], bind: arrayRepeat },
  { name: 'array_resize', aliases: ['list_resize'], bind: arrayResize },
  { name: 'flatten', bind: flatten },
];

/** A list of some items of each list. */
function picked(
  name: string,
  given: readonly Node[],
  pick: (made: ListMaker, lists: Lists, from: number, to: number) => void,
): Node {
  const [list] = listArguments(name, given, ['array']);
  if (list === undefined) throw new DfxError('DEFECT', `${name} without its argument`);
  const { type } = list;
  return rowCall({
    name,
    type,
    nullable: list.nullable,
    args: [list],
    column: ([vector], rows) => {
      const lists = listsOf(vector);
      const made = new ListMaker(rows, lists.item.length);
      for (let row = 0; row < rows; row++) {
        if (isValid(lists.column, row)) {
          pick(made, lists, lists.offsets[row] ?? 0, lists.offsets[row + 1] ?? 0);
          made.end();
        } else made.endNull();
      }
      return made.finish(type, lists.item);
    },
  });
}

/** A missing list counts as an empty one: as what its offsets say, unless its items are lists. */
function append(
  name: string,
  first: Node | undefined,
  second: Node | undefined,
  before: boolean,
  count: number,
  context: BindContext,
): Node {
  if (first === undefined || second === undefined || count !== 2) throw new Refusal(name, 'takes a list and an item');
  if (first.type.kind === 'Null' && first.op === 'constant' && second.type.kind !== 'Null') {
    const make = NESTED_MAKERS.find((made) => made.name === 'make_array');
    if (make === undefined) throw new DfxError('DEFECT', 'no make_array');
    return make.bind([second], context);
  }
  const args = before
    ? listArguments(name, [second, first], ['element', 'array'])
    : listArguments(name, [first, second], ['array', 'element']);
  const [list, element] = before ? [args[1], args[0]] : args;
  if (list === undefined || element === undefined) throw new DfxError('DEFECT', `${name} without its arguments`);
  const inner = itemType(name, list);
  if (!sameType(inner, element.type)) throw new Refusal(name, 'has items of two types');
  refuseStrict(name, list);
  // What stands where a list of a fixed size is missing would come to light.
  if ((before ? second : first).type.kind === 'FixedSizeList' && list.nullable) {
    throw new Refusal(name, 'has lists of a fixed size that may be missing');
  }
  const clean = isPlainList(inner) && inner.kind !== 'FixedSizeList';
  const { type } = list;
  return rowCall({
    name,
    type,
    args: [list, element],
    column: (vectors, rows) => {
      const lists = listsOf(vectors[0]);
      const elements = rowsOf(vectors[1]);
      const base = lists.item.length;
      const made = new ListMaker(rows, base + rows);
      for (let row = 0; row < rows; row++) {
        const i = row * lists.step;
        if (before) made.pick(base + row * elements.step);
        if (!clean || isValid(lists.column, i)) made.copy(lists.offsets[i] ?? 0, lists.offsets[i + 1] ?? 0);
        if (!before) made.pick(base + row * elements.step);
        made.end();
      }
      return made.finish(type, concatColumns(inner, [lists.item, elements.column]));
    },
  });
}

/** A missing list counts as an empty one, unless all of them are missing. */
function arrayConcat(given: readonly Node[]): Node {
  const name = 'array_concat';
  if (given.length === 0) throw new Refusal(name, 'takes at least one list');
  const depth = depthOf(given[0]?.type ?? INT64);
  const bases: DataType[] = [];
  for (const { type } of given) {
    itemType(name, { type } as Node);
    if (depthOf(type) !== depth) throw new Refusal(name, 'has lists of several depths');
    bases.push(baseOf(type));
  }
  const base = resolvedUnion(bases);
  if (base === null) throw new Refusal(name, 'has no common type for its items');
  let inner = base;
  for (let i = 1; i < depth; i++) inner = listOf(inner);
  const large = given.some(({ type }) => type.kind === 'LargeList');
  const field = { name: 'item', type: inner, nullable: true, metadata: [] };
  const type: DataType = { kind: large ? 'LargeList' : 'List', item: field };
  const wanted = given.map((arg) => {
    const rebased = withBase(arg.type, base);
    const item = itemType(name, { type: rebased } as Node);
    if (!sameType(item, inner)) throw new Refusal(name, 'has lists whose inner lists are of several kinds');
    return rebased;
  });
  const args = listArguments(
    name,
    given.map((arg, i) => castTo(arg, wanted[i] ?? arg.type)),
    given.map(() => 'array' as const),
  );
  return rowCall({
    name,
    type,
    args,
    column: (vectors, rows) => {
      const lists = vectors.map(listsOf);
      const bottoms: number[] = [];
      let total = 0;
      for (const { item } of lists) {
        bottoms.push(total);
        total += item.length;
      }
      const made = new ListMaker(rows, total);
      for (let row = 0; row < rows; row++) {
        let found = false;
        for (const [k, one] of lists.entries()) {
          const i = row * one.step;
          if (!isValid(one.column, i)) continue;
          found = true;
          const bottom = bottoms[k] ?? 0;
          made.copy(bottom + (one.offsets[i] ?? 0), bottom + (one.offsets[i + 1] ?? 0));
        }
        if (found) made.end();
        else made.endNull();
      }
      const all = concatColumns(
        inner,
        lists.map(({ item }) => item),
      );
      return made.finish(type, all);
    },
  });
}

function baseOf(given: DataType): DataType {
  let type = given;
  while (isPlainList(type)) type = type.item.type;
  return type;
}

/** The list with another type at its bottom; lists of a fixed size become others. */
function withBase(type: DataType, base: DataType): DataType {
  if (!isPlainList(type)) return base;
  const item = { ...type.item, type: withBase(type.item.type, base), metadata: [] };
  return { kind: type.kind === 'LargeList' ? 'LargeList' : 'List', item };
}

function arraySlice(given: readonly Node[]): Node {
  const name = 'array_slice';
  const args = oneOf(name, given, ['array', 'index', 'index'], ['array', 'index', 'index', 'index']);
  const [list, , , stride] = args;
  if (list === undefined) throw new DfxError('DEFECT', `${name} without its arguments`);
  const narrow = list.type.kind !== 'LargeList';
  const step = stride === undefined ? 1 : plainValue(stride);
  if (!narrow && stride !== undefined && !isSmall(stride)) {
    throw new Refusal(name, 'takes every so many items of a large list');
  }
  if (step === 0) throw new Refusal(name, 'takes every 0th item');
  const { type } = list;
  return rowCall({
    name,
    type,
    args,
    mayFail:
      (narrow && !given.slice(1, 3).every(isNarrow)) ||
      (stride !== undefined && (step === undefined || !isSmall(stride))),
    column: (vectors, rows) => {
      const lists = listsOf(vectors[0]);
      const [from, to, strides] = [
        rowsOf(vectors[1]),
        rowsOf(vectors[2]),
        vectors[3] === undefined ? null : rowsOf(vectors[3]),
      ];
      const made = new ListMaker(rows, lists.item.length);
      for (let row = 0; row < rows; row++) {
        const i = row * lists.step;
        const first = integerAt(from, row);
        const last = integerAt(to, row);
        const by = strides === null ? 1 : integerAt(strides, row);
        if (!isValid(lists.column, i) || first === null || last === null || by === null) {
          made.endNull();
          continue;
        }
        const start = lists.offsets[i] ?? 0;
        slice(made, start, (lists.offsets[i + 1] ?? 0) - start, first, last, by, narrow);
        made.end();
      }
      return made.finish(type, lists.item);
    },
  });
}

/** Both ends count from 1, or from the end where negative, and belong to the slice. */
function slice(
  made: ListMaker,
  start: number,
  length: number,
  first: number,
  last: number,
  by: number,
  narrow: boolean,
): void {
  if (length === 0) return;
  const from = index(first, narrow) < 0 ? Math.max(0, first + length) : Math.max(0, first - 1);
  const to = index(last, narrow) < 0 ? last + length : Math.min(last, length) - 1;
  if (from >= length || to < 0) return;
  if (by === 0) throw new DfxError('EXECUTION', 'array_slice got invalid stride: 0, it cannot be 0');
  if ((from < to && by < 0) || (from > to && by > 0)) return;
  if (narrow && Math.abs(by) > 2147483647 - length) {
    throw new DfxError('EXECUTION', `array_slice got invalid stride: ${by}`);
  }
  if (by === 1) {
    made.copy(start + from, start + to + 1);
    return;
  }
  for (let at = from; by > 0 ? at <= to : at >= to; at += by) made.pick(start + at);
}

function index(value: number, narrow: boolean): number {
  if (narrow && (value > 2147483647 || value < -2147483648)) {
    throw new DfxError('EXECUTION', `array_slice got invalid index: ${value}`);
  }
  return value;
}

function arraySort(given: readonly Node[]): Node {
  const name = 'array_sort';
  const args = oneOf(name, given, ['array'], ['array', 'string'], ['array', 'string', 'string']);
  const [list, ...modifiers] = args;
  if (list === undefined) throw new DfxError('DEFECT', `${name} without its arguments`);
  const { type } = list;
  if (!isOrdered(itemType(name, list))) throw new Refusal(name, 'has items without an order');
  const words = modifiers.map((modifier) => {
    const word = plainValue(modifier);
    if (typeof word === 'string') return word.toUpperCase();
    if (word === null) return null;
    throw new Refusal(name, 'takes constant texts for the order');
  });
  if (words.includes(null)) return nullInstead(name, type, [list]);
  const [order = 'ASC', nulls = 'NULLS FIRST'] = words;
  if (order !== 'ASC' && order !== 'DESC') throw new Refusal(name, 'expects DESC or ASC');
  if (nulls !== 'NULLS FIRST' && nulls !== 'NULLS LAST') throw new Refusal(name, 'expects NULLS FIRST or NULLS LAST');
  const sign = order === 'DESC' ? -1 : 1;
  return picked(name, [list], (made, { item }, from, to) => {
    const compare = rowOrder(item, item);
    const present = new Int32Array(to - from);
    let count = 0;
    for (let at = from; at < to; at++) if (isValid(item, at)) present[count++] = at;
    if (nulls === 'NULLS FIRST') nullsOf(made, item, from, to);
    for (const at of present.subarray(0, count).sort((i, j) => sign * compare(i, j))) made.pick(at);
    if (nulls === 'NULLS LAST') nullsOf(made, item, from, to);
  });
}

function nullsOf(made: ListMaker, item: Lists['item'], from: number, to: number): void {
  for (let at = from; at < to; at++) if (!isValid(item, at)) made.pick(at);
}

/** `array_repeat(value, times)`; no times at all where the count is negative. */
function arrayRepeat(given: readonly Node[]): Node {
  const name = 'array_repeat';
  const [element, times, ...others] = given;
  if (element === undefined || times === undefined || others.length > 0) {
    throw new Refusal(name, 'takes a value and a count');
  }
  if (!isInteger(times.type.kind)) throw new Refusal(name, `doesn't take a ${times.type.kind} for a count`);
  const inner = element.type;
  if (inner.kind === 'Null' || inner.kind === 'FixedSizeList' || inner.kind === 'Dictionary') {
    throw new Refusal(name, `isn't supported for ${inner.kind}`);
  }
  if (isPlainList(inner) && (inner.item.name !== 'item' || !inner.item.nullable || inner.item.metadata.length > 0)) {
    throw new Refusal(name, 'has lists whose items are named otherwise');
  }
  const field = { name: 'item', type: inner, nullable: true, metadata: [] };
  const type: DataType = { kind: inner.kind === 'LargeList' ? 'LargeList' : 'List', item: field };
  return rowCall({
    name,
    type,
    args: [element, castTo(times, INT64)],
    mayFail: !isSmall(times),
    column: (vectors, rows) => {
      const elements = rowsOf(vectors[0]);
      const counts = rowsOf(vectors[1]);
      const made = new ListMaker(rows, rows);
      for (let row = 0; row < rows; row++) {
        const count = integerAt(counts, row);
        if (count === null) {
          made.endNull();
          continue;
        }
        if (count > 0) made.repeat(row * elements.step, count);
        made.end();
      }
      return made.finish(type, elements.column);
    },
  });
}

/** Cut, or filled up with the value. */
function arrayResize(given: readonly Node[]): Node {
  const name = 'array_resize';
  const args = oneOf(name, given, ['array', 'index'], ['array', 'index', 'element']);
  const [list, count, filler] = args;
  if (list === undefined || count === undefined) throw new DfxError('DEFECT', `${name} without its arguments`);
  const inner = itemType(name, list);
  if (filler !== undefined && !sameType(filler.type, inner)) throw new Refusal(name, 'has items of two types');
  refuseStrict(name, list);
  const { type } = list;
  const known = plainValue(count);
  return rowCall({
    name,
    type,
    args,
    mayFail: known !== null && !(isSmall(count) && Number(known) >= 0),
    column: (vectors, rows) => {
      const lists = listsOf(vectors[0]);
      const counts = rowsOf(vectors[1]);
      const fillers = vectors[2] === undefined ? null : rowsOf(vectors[2]);
      const base = lists.item.length;
      const made = new ListMaker(rows, base);
      for (let row = 0; row < rows; row++) {
        const i = row * lists.step;
        const size = integerAt(counts, row);
        if (size === null || !isValid(lists.column, i)) {
          made.endNull();
          continue;
        }
        if (size < 0) throw new DfxError('EXECUTION', 'array_resize: failed to convert size to usize');
        const from = lists.offsets[i] ?? 0;
        const length = (lists.offsets[i + 1] ?? 0) - from;
        made.copy(from, from + Math.min(size, length));
        if (size > length) made.repeat(base + row * (fillers?.step ?? 0), size - length);
        made.end();
      }
      return made.finish(type, concatColumns(inner, [lists.item, fillers?.column ?? nullColumn(inner, 1)]));
    },
  });
}

/** One level less. Lists of plain items stay what they are. */
function flatten(given: readonly Node[]): Node {
  const [list] = listArguments('flatten', given, ['array']);
  if (list === undefined) throw new DfxError('DEFECT', 'flatten without its argument');
  const inner = itemType('flatten', list);
  if (!isPlainList(inner)) return list;
  if (inner.kind === 'FixedSizeList') throw new Refusal('flatten', 'has lists of a fixed size inside');
  const type: PlainList = list.type.kind === 'LargeList' ? { kind: 'LargeList', item: inner.item } : inner;
  return rowCall({
    name: 'flatten',
    type,
    nullable: list.nullable,
    args: [list],
    column: ([vector]) => {
      const { column, offsets, item } = listsOf(vector);
      if (item.layout !== 'list') throw new DfxError('DEFECT', 'lists without lists inside');
      const places = item.offsets;
      const flat = offsets.subarray(0, column.length + 1).map((at) => places[at] ?? 0);
      return { ...column, type, offsets: flat, item: item.item };
    },
  });
}
