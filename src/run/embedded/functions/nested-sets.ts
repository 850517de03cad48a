/** Lists taken for sets: array_distinct, array_union, array_intersect, array_except. A null is a value; -0.0 becomes 0.0. */
import { type Column, isValid } from '../../../io/column.ts';
import { DfxError } from '../../../wire/errors.ts';
import { concatColumns } from '../gather.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { isFloat, sameType } from '../types.ts';
import type { ScalarFunction } from './define.ts';
import { itemType, ListMaker, listArguments, listsOf, rowCall, valueIds } from './nested-lists.ts';

export const NESTED_SETS: readonly ScalarFunction[] = [
  { name: 'array_distinct', aliases: ['list_distinct'], bind: arrayDistinct },
  { name: 'array_union', aliases: ['list_union'], bind: (args) => combined('array_union', args, union) },
  {
    name: 'array_intersect',
    aliases: ['list_intersect'],
    bind: (args) => combined('array_intersect', args, intersect),
  },
  { name: 'array_except', aliases: ['list_except'], bind: (args) => combined('array_except', args, except) },
];

/** The values that a list has had, by their numbers: a mark says in which row it was last seen. */
class Seen {
  private readonly marks: Int32Array;
  private mark = 0;

  constructor(items: number) {
    this.marks = new Int32Array(items);
  }

  clear(): void {
    this.mark++;
  }

  has(id: number): boolean {
    return this.marks[id] === this.mark;
  }

  /** Whether the value is new. */
  add(id: number): boolean {
    if (this.marks[id] === this.mark) return false;
    this.marks[id] = this.mark;
    return true;
  }
}

/** Without the sign of zeros. */
function positiveZeros(item: Column): Column {
  if (item.layout !== 'numeric' || !isFloat(item.type.kind)) return item;
  const { values } = item;
  if (values instanceof Float32Array) {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length).slice();
    for (let i = 0; i < words.length; i++) if (words[i] === 0x80000000) words[i] = 0;
    return { ...item, values: new Float32Array(words.buffer) };
  }
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2).slice();
  for (let i = 0; i < words.length; i += 2) if (words[i] === 0 && words[i + 1] === 0x80000000) words[i + 1] = 0;
  return { ...item, values: new Float64Array(words.buffer) };
}

function arrayDistinct(given: readonly Node[]): Node {
  const [list] = listArguments('array_distinct', given, ['array']);
  if (list === undefined) throw new DfxError('DEFECT', 'array_distinct without its argument');
  const { type } = list;
  return rowCall({
    name: 'array_distinct',
    type,
    nullable: list.nullable,
    args: [list],
    column: ([vector], rows) => {
      const lists = listsOf(vector);
      const item = positiveZeros(lists.item);
      const ids = valueIds(item);
      const seen = new Seen(ids.length);
      const made = new ListMaker(rows, item.length);
      for (let row = 0; row < rows; row++) {
        if (!isValid(lists.column, row)) {
          made.endNull();
          continue;
        }
        seen.clear();
        for (let at = lists.offsets[row] ?? 0; at < (lists.offsets[row + 1] ?? 0); at++) {
          if (seen.add(ids[at] ?? 0)) made.pick(at);
        }
        made.end();
      }
      return made.finish(type, item);
    },
  });
}

/** Items `from` up to `to` of one list. */
type Span = readonly [number, number];

interface Sets {
  readonly made: ListMaker;
  readonly ids: Int32Array;
  readonly seen: Seen;
  readonly looked: Seen;
}

function addAll({ made, ids, seen }: Sets, [from, to]: Span): void {
  for (let at = from; at < to; at++) if (seen.add(ids[at] ?? 0)) made.pick(at);
}

function union(sets: Sets, left: Span, right: Span): void {
  addAll(sets, left);
  addAll(sets, right);
}

/** In the order of the longer list, of the left one where both are as long. */
function intersect({ made, ids, seen, looked }: Sets, left: Span, right: Span): void {
  const [lookup, probe] = left[1] - left[0] < right[1] - right[0] ? [left, right] : [right, left];
  looked.clear();
  for (let at = lookup[0]; at < lookup[1]; at++) looked.add(ids[at] ?? 0);
  for (let at = probe[0]; at < probe[1]; at++) {
    if (looked.has(ids[at] ?? 0) && seen.add(ids[at] ?? 0)) made.pick(at);
  }
}

function except(sets: Sets, left: Span, right: Span): void {
  for (let at = right[0]; at < right[1]; at++) sets.seen.add(sets.ids[at] ?? 0);
  addAll(sets, left);
}

function combined(name: string, given: readonly Node[], combine: (sets: Sets, left: Span, right: Span) => void): Node {
  const args = listArguments(name, given, ['array', 'array']);
  const [first, second] = args;
  if (first === undefined || second === undefined) throw new DfxError('DEFECT', `${name} without its arguments`);
  const inner = itemType(name, first);
  if (!sameType(inner, itemType(name, second))) throw new Refusal(name, 'has items of two types');
  const other = second.type;
  if ('item' in first.type && 'item' in other && !first.type.item.nullable && other.item.nullable) {
    throw new Refusal(name, 'may put a null among items that are never null');
  }
  const { type } = first;
  return rowCall({
    name,
    type,
    args,
    column: (vectors, rows) => {
      const [left, right] = [listsOf(vectors[0]), listsOf(vectors[1])];
      const item = positiveZeros(concatColumns(inner, [left.item, right.item]));
      const base = left.item.length;
      const ids = valueIds(item);
      const made = new ListMaker(rows, item.length);
      const sets: Sets = { made, ids, seen: new Seen(ids.length), looked: new Seen(ids.length) };
      for (let row = 0; row < rows; row++) {
        const i = row * left.step;
        const j = row * right.step;
        if (!isValid(left.column, i) || !isValid(right.column, j)) {
          made.endNull();
          continue;
        }
        sets.seen.clear();
        combine(
          sets,
          [left.offsets[i] ?? 0, left.offsets[i + 1] ?? 0],
          [base + (right.offsets[j] ?? 0), base + (right.offsets[j + 1] ?? 0)],
        );
        made.end();
      }
      return made.finish(type, item);
    },
  });
}
