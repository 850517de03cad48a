/** Columns of one type behind each other, for every layout. Descends by the depth of the type, which readers and the binder bound. */
import type { DataType } from '../wire/arrow/types.ts';
import { DfxError } from '../wire/errors.ts';
import {
  bitmapBytes,
  type Column,
  type DecimalColumn,
  type DictionaryColumn,
  expandInt64,
  getBit,
  isValid,
  onesBitmap,
  setBit,
  type UnionColumn,
  type Values,
} from './column.ts';
import { gatherBetween } from './column-gather.ts';
import { innerTypes, itemField, layoutOf } from './column-layout.ts';
import { newValues, nullColumn } from './null-column.ts';

/**
 * Columns of the type (or of Null: rows without a value) behind each other, in memory of their own; a dictionary that all of them
 * have is shared.
 */
export function concatColumns(type: DataType, given: readonly Column[]): Column {
  let length = 0;
  for (const column of given) length += column.length;
  const layout = layoutOf(type);
  if (layout === 'null') return { layout, type, length, validity: null };
  const columns = given.map((column) => (column.layout === 'null' ? nullColumn(type, column.length) : column));
  const validity = columns.every((column) => column.validity === null)
    ? null
    : joinBits(columns, length, (column) => column.validity);
  switch (layout) {
    case 'boolean': {
      const parts = ofLayout(columns, 'boolean');
      return { layout, type, length, validity, bits: joinBits(parts, length, ({ bits }) => bits) };
    }
    case 'string':
      return { layout, type, length, validity, ...joinBytes(ofLayout(columns, 'string'), length) };
    case 'numeric':
      return { layout, type, length, validity, values: joinValues(type.kind, ofLayout(columns, 'numeric'), length) };
    case 'decimal':
      return { layout, type, length, validity, values: joinDecimals(ofLayout(columns, 'decimal'), length) };
    case 'interval': {
      const parts = ofLayout(columns, 'interval');
      const months = joinInt32(parts, length, (part) => part.months);
      const days = joinInt32(parts, length, (part) => part.days);
      const rests = parts.map((part) => ({ length: part.length, values: part.rest }));
      const rest = joinValues('Int64', rests, length) as Float64Array | BigInt64Array;
      return { layout, type, length, validity, months, days, rest };
    }
    case 'list': {
      const parts = ofLayout(columns, 'list');
      const field = itemField(type);
      if (field === null) throw new DfxError('DEFECT', `no items in the type ${type.kind}`);
      const items = parts.map((part) => usedItems(part.offsets, part.item, part.length));
      const offsets = joinOffsets(parts, length);
      return { layout, type, length, validity, offsets, item: concatColumns(field.type, items) };
    }
    case 'struct': {
      const parts = ofLayout(columns, 'struct');
      const children = innerTypes(type).map((inner, i) =>
        concatColumns(
          inner,
          parts.map((part) => childOf(part.children, i)),
        ),
      );
      return { layout, type, length, validity, children };
    }
    case 'dictionary':
      return { layout, type, length, validity, ...joinKeys(type, ofLayout(columns, 'dictionary'), length) };
    case 'union':
      return { layout, type, length, validity: null, ...joinUnions(type, ofLayout(columns, 'union'), length) };
    case null:
      throw new DfxError('DEFECT', `columns of the type ${type.kind} to be put together`);
  }
}

function ofLayout<L extends Column['layout']>(
  columns: readonly Column[],
  layout: L,
): Extract<Column, { readonly layout: L }>[] {
  return columns.map((column) => {
    if (column.layout === layout) return column as Extract<Column, { readonly layout: L }>;
    throw new DfxError('DEFECT', `a ${column.type.kind} column among those of the layout ${layout}`);
  });
}

function childOf(children: readonly Column[], index: number): Column {
  const child = children[index];
  if (child === undefined) throw new DfxError('DEFECT', 'columns of different types were put together');
  return child;
}

/** The items that rows refer to, as a column that starts with them. */
export function usedItems(offsets: Int32Array, item: Column, length: number): Column {
  const start = offsets[0] ?? 0;
  return gatherBetween(item, start, offsets[length] ?? start);
}

interface Dictionary {
  readonly indices: Int32Array;
  readonly values: Column;
}

/** Each dictionary once, behind each other. */
function joinKeys(type: DataType, parts: readonly DictionaryColumn[], length: number): Dictionary {
  const [, inner = type] = innerTypes(type);
  const bases = new Map<Column, number>();
  let size = 0;
  for (const { values } of parts) {
    if (values.length === 0 || bases.has(values)) continue;
    bases.set(values, size);
    size += values.length;
  }
  const [only] = bases.keys();
  if (bases.size === 1 && only !== undefined) {
    return { indices: joinInt32(parts, length, (part) => part.indices), values: only };
  }
  const indices = new Int32Array(length);
  let at = 0;
  for (const part of parts) {
    const base = bases.get(part.values) ?? 0;
    for (let i = 0; i < part.length; i++, at++) if (isValid(part, i)) indices[at] = base + (part.indices[i] ?? 0);
  }
  return { indices, values: concatColumns(inner, [...bases.keys()]) };
}

function joinUnions(
  type: DataType,
  parts: readonly UnionColumn[],
  length: number,
): Pick<UnionColumn, 'typeIds' | 'offsets' | 'children'> {
  const places = new Map(type.kind === 'Union' ? type.fields.map(({ id }, i) => [id, i]) : []);
  const inners = innerTypes(type);
  const bases = inners.map(() => 0);
  const typeIds = new Int8Array(length);
  const offsets = new Int32Array(length);
  let at = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++, at++) {
      const id = part.typeIds[i] ?? 0;
      typeIds[at] = id;
      offsets[at] = (part.offsets[i] ?? 0) + (bases[places.get(id) ?? 0] ?? 0);
    }
    part.children.forEach((child, i) => {
      bases[i] = (bases[i] ?? 0) + child.length;
    });
  }
  const children = inners.map((inner, i) =>
    concatColumns(
      inner,
      parts.map((part) => childOf(part.children, i)),
    ),
  );
  return { typeIds, offsets, children };
}

function joinOffsets(parts: readonly { readonly length: number; readonly offsets: Int32Array }[], length: number) {
  const out = new Int32Array(length + 1);
  let row = 0;
  let base = 0;
  for (const { offsets, length: rows } of parts) {
    const from = offsets[0] ?? 0;
    for (let i = 1; i <= rows; i++) out[++row] = base + (offsets[i] ?? 0) - from;
    base += (offsets[rows] ?? 0) - from;
    if (base > 0x7fffffff) throw new DfxError('LIMIT', 'rows put together hold more than 2 GiB of text, or 2^31 items');
  }
  return out;
}

function joinBytes(
  parts: readonly { readonly length: number; readonly offsets: Int32Array; readonly data: Uint8Array }[],
  length: number,
): { readonly offsets: Int32Array; readonly data: Uint8Array } {
  const offsets = joinOffsets(parts, length);
  const data = new Uint8Array(offsets[length] ?? 0);
  let at = 0;
  for (const part of parts) {
    const piece = part.data.subarray(part.offsets[0] ?? 0, part.offsets[part.length] ?? 0);
    data.set(piece, at);
    at += piece.length;
  }
  return { offsets, data };
}

function joinInt32<P extends { readonly length: number }>(
  parts: readonly P[],
  length: number,
  of: (part: P) => Int32Array,
): Int32Array {
  const out = new Int32Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(of(part).subarray(0, part.length), at);
    at += part.length;
  }
  return out;
}

function joinValues(
  kind: DataType['kind'],
  parts: readonly { readonly length: number; readonly values: Values }[],
  length: number,
): Values {
  const wide = parts.some(({ values }) => values instanceof BigInt64Array || values instanceof BigUint64Array);
  const out: Values = wide
    ? kind === 'UInt64'
      ? new BigUint64Array(length)
      : new BigInt64Array(length)
    : newValues(kind, length);
  let at = 0;
  for (const part of parts) {
    const values = part.values.subarray(0, part.length);
    if (out instanceof BigInt64Array || out instanceof BigUint64Array) {
      out.set(expandInt64(values, kind === 'UInt64' ? 'UInt64' : 'Int64'), at);
    } else {
      // Byte by byte, so that the bits of a NaN stay what they are: both sides hold the same kind of array.
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      new Uint8Array(out.buffer).set(bytes, at * out.BYTES_PER_ELEMENT);
    }
    at += part.length;
  }
  return out;
}

function joinDecimals(parts: readonly DecimalColumn[], length: number): Float64Array | bigint[] {
  if (!parts.every(({ values }) => values instanceof Float64Array)) {
    return parts.flatMap((part) => Array.from<number | bigint, bigint>(part.values, BigInt).slice(0, part.length));
  }
  const out = new Float64Array(length);
  let at = 0;
  for (const part of parts) {
    if (part.values instanceof Float64Array) out.set(part.values.subarray(0, part.length), at);
    at += part.length;
  }
  return out;
}

/** Null stands for ones. */
function joinBits<P extends { readonly length: number }>(
  parts: readonly P[],
  length: number,
  of: (part: P) => Uint8Array | null,
): Uint8Array {
  const out = new Uint8Array(bitmapBytes(length));
  let at = 0;
  for (const part of parts) {
    const bits = of(part) ?? onesBitmap(part.length);
    if ((at & 7) === 0) {
      const bytes = bitmapBytes(part.length);
      out.set(bits.subarray(0, bytes), at >> 3);
      const rest = part.length & 7;
      const last = (at >> 3) + bytes - 1;
      if (rest !== 0) out[last] = (out[last] ?? 0) & ((1 << rest) - 1);
    } else {
      for (let i = 0; i < part.length; i++) if (getBit(bits, i)) setBit(out, at + i);
    }
    at += part.length;
  }
  return out;
}
