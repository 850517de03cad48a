/**
 * Nested columns of a row group from the levels of their leaves (Parquet format, "Nested Encoding"). Where a value of a node starts in the
 * levels of a leaf below it: at levels whose repetition is no deeper than the node's, and whose definition reaches what the node is in.
 */
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { bitmapBytes, type Column, setBit, withoutFullBitmap } from '../column.ts';
import type { Plain } from './pages.ts';
import type { ParquetNode } from './schema.ts';
import { column, spread } from './values.ts';

export interface LeafData {
  readonly definitions: Uint8Array;
  readonly repetitions: Uint8Array;
  readonly values: Plain;
  /** Of each level with a value, which one it is; else -1. */
  readonly places: Int32Array;
}

export function leafData(
  count: number,
  definitions: Uint8Array | null,
  repetitions: Uint8Array | null,
  values: Plain,
  maxDefinition: number,
): LeafData {
  const levels = definitions ?? new Uint8Array(count).fill(maxDefinition);
  const places = new Int32Array(count);
  let next = 0;
  for (let i = 0; i < count; i++) places[i] = levels[i] === maxDefinition ? next++ : -1;
  return { definitions: levels, repetitions: repetitions ?? new Uint8Array(count), values, places };
}

/** Descends by the depth of the type. Throws RangeError where leaves disagree on what is around them. */
export function assemble(node: ParquetNode, leaves: ReadonlyMap<number, LeafData>): Column {
  return build(node, leaves, { definition: 0, repetition: 0 }, node.type);
}

interface Around {
  /** What the node is in is there from this definition level on, and starts anew up to this repetition level. */
  readonly definition: number;
  readonly repetition: number;
}

function build(node: ParquetNode, leaves: ReadonlyMap<number, LeafData>, around: Around, type: DataType): Column {
  const leaf = leaves.get(node.firstLeaf);
  if (leaf === undefined) throw new DfxError('DEFECT', `a nested column without its leaf ${node.firstLeaf}`);
  const starts = startsOf(leaf, around);
  const length = starts.length;
  const validity = node.nullable ? validityOf(leaf, starts, node.definition) : null;
  const { shape } = node;
  switch (shape.kind) {
    case 'leaf': {
      const places = new Int32Array(length);
      for (let i = 0; i < length; i++) places[i] = leaf.places[starts[i] ?? 0] ?? -1;
      return column(spread(leaf.values, places), type, length, validity);
    }
    case 'struct': {
      const children = shape.children.map((child) => build(child, leaves, around, child.type));
      if (children.some((child) => child.length !== length))
        throw new RangeError('the members of a struct differ in length');
      return { layout: 'struct', type, length, validity, children };
    }
    case 'list': {
      const offsets = new Int32Array(length + 1);
      let total = 0;
      for (let i = 0; i < length; i++) {
        const end = starts[i + 1] ?? leaf.definitions.length;
        for (let at = starts[i] ?? 0; at < end; at++) {
          if ((leaf.repetitions[at] ?? 0) <= shape.repetition && (leaf.definitions[at] ?? 0) >= shape.level) total++;
        }
        offsets[i + 1] = total;
      }
      const item = build(
        shape.item,
        leaves,
        { definition: shape.level, repetition: shape.repetition },
        shape.item.type,
      );
      if (item.length !== total) throw new RangeError('the items of a list differ in number');
      if (type.kind === 'FixedSizeList') checkSizes(offsets, validity, type.size);
      return { layout: 'list', type, length, validity, offsets, item };
    }
  }
}

function checkSizes(offsets: Int32Array, validity: Uint8Array | null, size: number): void {
  for (let i = 0; i + 1 < offsets.length; i++) {
    const found = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0);
    const valid = validity === null || (((validity[i >> 3] ?? 0) >> (i & 7)) & 1) === 1;
    if (found !== (valid ? size : 0)) throw new RangeError(`a list of ${found} items, expected ${size}`);
  }
}

function startsOf({ definitions, repetitions }: LeafData, { definition, repetition }: Around): Int32Array {
  const starts = new Int32Array(definitions.length);
  let count = 0;
  for (let i = 0; i < starts.length; i++) {
    if ((repetitions[i] ?? 0) <= repetition && (definitions[i] ?? 0) >= definition) starts[count++] = i;
  }
  return starts.subarray(0, count);
}

function validityOf(leaf: LeafData, starts: Int32Array, definition: number): Uint8Array | null {
  const bits = new Uint8Array(bitmapBytes(starts.length));
  for (let i = 0; i < starts.length; i++) if ((leaf.definitions[starts[i] ?? 0] ?? 0) >= definition) setBit(bits, i);
  return withoutFullBitmap(bits, starts.length);
}
