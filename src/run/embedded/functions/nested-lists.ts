/** What the functions over lists share: which types their arguments take, lists put together item by item, values told apart. */
import {
  bitmapBytes,
  type Column,
  getBit,
  isValid,
  type ListColumn,
  setBit,
  withoutFullBitmap,
} from '../../../io/column.ts';
import { formatDataType } from '../../../wire/arrow/index.ts';
import type { DataType, Field } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { resolvedUnion } from '../coerce.ts';
import { gather } from '../gather.ts';
import { type Node, plainValue } from '../nodes.ts';
import { rowOrder } from '../order.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo } from '../simplify.ts';
import { INT64, innerTypes, isFloat, isInteger, sameType, UTF8 } from '../types.ts';
import type { Vector } from '../vector.ts';
import { MOST_ITEMS, refuseTooMany } from './room.ts';
import { coercedFrom } from './signature.ts';

export type PlainList =
  | { readonly kind: 'List' | 'LargeList'; readonly item: Field }
  | { readonly kind: 'FixedSizeList'; readonly item: Field; readonly size: number };

export function isPlainList(type: DataType): type is PlainList {
  return type.kind === 'List' || type.kind === 'LargeList' || type.kind === 'FixedSizeList';
}

export function isNested(type: DataType): boolean {
  return isPlainList(type) || type.kind === 'Struct';
}

export function listField(type: DataType, nullable = true): Field {
  return { name: 'item', type, nullable, metadata: [] };
}

export function listOf(type: DataType): DataType {
  return { kind: 'List', item: listField(type) };
}

export function depthOf(given: DataType): number {
  let depth = 0;
  for (let type = given; isPlainList(type); type = type.item.type) depth++;
  return depth;
}

/** The type of the items of a list; every other type is refused. */
export function itemType(name: string, { type }: Node): DataType {
  if (!isPlainList(type)) throw new Refusal(name, `isn't supported for ${type.kind}`);
  return type.item.type;
}

function refuseItems(name: string, given: DataType): void {
  const todo = [given];
  for (let type = todo.pop(); type !== undefined; type = todo.pop()) {
    switch (type.kind) {
      case 'Null':
      case 'Float16':
      case 'Dictionary':
      case 'Map':
      case 'Union':
      case 'RunEndEncoded':
      case 'ListView':
      case 'LargeListView':
        throw new Refusal(name, `isn't supported for lists of ${type.kind}`);
      default:
        todo.push(...innerTypes(type));
    }
  }
}

type Shape = 'array' | 'element' | 'index' | 'string';

/**
 * The arguments of a function with an `ArraySignature`, cast (datafusion-expr 55.2 `functions.rs`). `fixed` says whether lists of a fixed
 * size stay such.
 */
export function listArguments(
  name: string,
  given: readonly Node[],
  shapes: readonly Shape[],
  fixed: 'kept' | 'list' = 'list',
): readonly Node[] {
  if (given.length !== shapes.length) throw new Refusal(name, `takes ${shapes.length} arguments`);
  const elements: DataType[] = [];
  const large = given.some(({ type }, i) => shapes[i] === 'array' && type.kind === 'LargeList');
  let keep = fixed === 'kept';
  for (const [i, { type }] of given.entries()) {
    if (shapes[i] === 'element') elements.push(type);
    if (shapes[i] !== 'array') continue;
    if (!isPlainList(type)) throw new Refusal(name, `isn't supported for ${type.kind}`);
    elements.push(type.item.type);
    if (type.kind !== 'FixedSizeList') keep = false;
  }
  const element = resolvedUnion(elements);
  if (element === null) throw new Refusal(name, 'has no common type for its items');
  refuseItems(name, element);
  return given.map((arg, i) => {
    switch (shapes[i]) {
      case 'index':
        return coerced(name, arg, INT64);
      case 'string':
        return coerced(name, arg, UTF8);
      case 'element':
        return coerced(name, arg, element);
      default: {
        const { type } = arg;
        if (!isPlainList(type)) throw new DfxError('DEFECT', `a list of ${type.kind}`);
        if (depthOf(type.item.type) !== depthOf(element)) throw new Refusal(name, 'has lists of several depths');
        const item: Field = { ...type.item, type: element };
        if (large) return castTo(arg, { kind: 'LargeList', item });
        if (keep && type.kind === 'FixedSizeList') return castTo(arg, { kind: 'FixedSizeList', item, size: type.size });
        return castTo(arg, { kind: 'List', item });
      }
    }
  });
}

function coerced(name: string, arg: Node, type: DataType): Node {
  const fits =
    isPlainList(type) && arg.type.kind !== 'Null' ? depthOf(arg.type) === depthOf(type) : coercedFrom(type, arg.type);
  if (!fits && !sameType(arg.type, type)) {
    throw new Refusal(name, `doesn't take a ${formatDataType(arg.type)} for a ${formatDataType(type)}`);
  }
  return castTo(arg, type);
}

/** The signature whose count of arguments fits. */
export function oneOf(
  name: string,
  given: readonly Node[],
  ...choices: readonly (readonly Shape[])[]
): readonly Node[] {
  const shapes = choices.find(({ length }) => length === given.length);
  if (shapes === undefined) throw new Refusal(name, `doesn't take ${given.length} arguments`);
  return listArguments(name, given, shapes);
}

/** An item that may be null where the list says that none is. */
export function refuseStrict(name: string, { type }: Node): void {
  if (isPlainList(type) && !type.item.nullable)
    throw new Refusal(name, 'may put a null among items that are never null');
}

/** Whether an Int64 argument is known, and small enough for every kind of list. */
export function isSmall(node: Node): boolean {
  const value = plainValue(node);
  return value === null || (typeof value === 'number' && Math.abs(value) < 2 ** 30);
}

/** Whether an argument's own type keeps an Int64 that is made of it within 32 bits. */
export function isNarrow(given: Node): boolean {
  const { kind } = given.type;
  return isSmall(given) || (isInteger(kind) && kind !== 'Int64' && kind !== 'UInt32' && kind !== 'UInt64');
}

/** A value of each row. */
interface Rows {
  readonly column: Column;
  /** The row of the column that stands for a row of the batch: times the row. */
  readonly step: 0 | 1;
}

export interface Lists {
  readonly column: ListColumn;
  readonly offsets: Int32Array;
  readonly item: Column;
  readonly step: 0 | 1;
}

export function rowsOf(vector: Vector | undefined): Rows {
  if (vector === undefined) throw new DfxError('DEFECT', 'an argument less than were bound');
  return { column: vector.column, step: vector.scalar ? 0 : 1 };
}

export function listsOf(vector: Vector | undefined): Lists {
  const { column, step } = rowsOf(vector);
  if (column.layout !== 'list') throw new DfxError('DEFECT', `a ${column.type.kind} column where lists were due`);
  return { column, offsets: column.offsets, item: column.item, step };
}

/** The integer of a row, null where there is none. Those beyond 2^53 are rounded: none of them is an index. */
export function integerAt({ column, step }: Rows, row: number): number | null {
  if (column.layout === 'null' || !isValid(column, row * step)) return null;
  if (column.layout !== 'numeric') throw new DfxError('DEFECT', `a ${column.type.kind} column where integers were due`);
  return Number(column.values[row * step] ?? 0);
}

/** A call that computes row after row: a batch of one where all arguments are scalars. */
export function rowCall(call: {
  readonly name: string;
  readonly type: DataType;
  readonly args: readonly Node[];
  readonly nullable?: boolean;
  readonly mayFail?: boolean;
  readonly column: (vectors: readonly Vector[], rows: number) => Column;
}): Node {
  return callNode({
    name: call.name,
    type: call.type,
    nullable: call.nullable ?? true,
    args: call.args,
    mayFail: call.mayFail ?? false,
    evaluate: (vectors, length) => {
      const scalar = vectors.every((vector) => vector.scalar);
      return { column: call.column(vectors, scalar ? 1 : length), scalar };
    },
  });
}

/** Lists of items picked from one column, row after row. */
export class ListMaker {
  private places: Int32Array;
  private count = 0;
  private row = 0;
  private readonly offsets: Int32Array;
  private readonly validity: Uint8Array;

  constructor(rows: number, expected: number) {
    this.places = new Int32Array(Math.max(16, expected));
    this.offsets = new Int32Array(rows + 1);
    this.validity = new Uint8Array(bitmapBytes(rows));
  }

  pick(place: number): void {
    if (this.count === this.places.length) this.grow(this.count + 1);
    this.places[this.count++] = place;
  }

  /** The items from `from` up to `to`. */
  copy(from: number, to: number): void {
    if (this.count + to - from > this.places.length) this.grow(this.count + to - from);
    for (let at = from; at < to; at++) this.places[this.count++] = at;
  }

  repeat(place: number, times: number): void {
    if (this.count + times > this.places.length) this.grow(this.count + times);
    this.places.fill(place, this.count, this.count + times);
    this.count += times;
  }

  end(): void {
    setBit(this.validity, this.row);
    this.offsets[++this.row] = this.count;
  }

  endNull(): void {
    this.offsets[++this.row] = this.count;
  }

  finish(type: DataType, item: Column): Column {
    return this.finishItems(type, gather(item, this.picked()));
  }

  picked(): Int32Array {
    return this.places.subarray(0, this.count);
  }

  finishItems(type: DataType, item: Column): Column {
    const validity = withoutFullBitmap(this.validity, this.row);
    return { layout: 'list', type, length: this.row, validity, offsets: this.offsets, item };
  }

  private grow(least: number): void {
    refuseTooMany(least);
    const grown = new Int32Array(Math.min(MOST_ITEMS, Math.max(least, this.places.length * 2)));
    grown.set(this.places.subarray(0, this.count));
    this.places = grown;
  }
}

/** Whether two values are the same, nulls too: floats by their bits. */
export function sameValue(a: Column, b: Column): (i: number, j: number) => boolean {
  const order = rowOrder(a, b);
  return (i, j) => (isValid(a, i) ? isValid(b, j) && order(i, j) === 0 : !isValid(b, j));
}

/** A number for each item, the same for the same values, nulls too. */
export function valueIds(item: Column): Int32Array {
  const ids = new Int32Array(item.length);
  const seen = new Map<unknown, number>();
  const key = keyOf(item);
  if (key !== null) {
    for (let i = 0; i < ids.length; i++) {
      const value = isValid(item, i) ? key(i) : null;
      let id = seen.get(value);
      if (id === undefined) {
        id = seen.size;
        seen.set(value, id);
      }
      ids[i] = id;
    }
    return ids;
  }
  const order = rowOrder(item, item);
  const rows = Int32Array.from(ids, (_, i) => i).sort((i, j) => {
    const x = isValid(item, i);
    const y = isValid(item, j);
    return x && y ? order(i, j) : Number(x) - Number(y);
  });
  const same = sameValue(item, item);
  for (let i = 1, id = 0; i < rows.length; i++) {
    if (!same(rows[i - 1] ?? 0, rows[i] ?? 0)) id++;
    ids[rows[i] ?? 0] = id;
  }
  return ids;
}

function keyOf(item: Column): ((row: number) => unknown) | null {
  if (item.layout === 'boolean') return (row) => getBit(item.bits, row);
  if (item.layout === 'string') {
    const { offsets } = item;
    const data = Buffer.from(item.data.buffer, item.data.byteOffset, item.data.byteLength);
    return (row) => data.toString('latin1', offsets[row] ?? 0, offsets[row + 1] ?? 0);
  }
  if (item.layout === 'numeric' && !isFloat(item.type.kind)) return (row) => item.values[row] ?? 0;
  return item.layout === 'decimal' ? (row) => item.values[row] ?? 0 : null;
}
