/** Rows picked from columns, columns put behind each other, and columns put together from parts: for every layout. */
import {
  bitmapBytes,
  type Column,
  type DecimalColumn,
  expandInt64,
  getBit,
  isValid,
  type NumericColumn,
  setBit,
  type Values,
  withoutFullBitmap,
} from '../../io/column.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { newValues, nullColumn } from './build.ts';
import { innerTypes, itemField, type Kind, layoutOf, sameType } from './types.ts';
import { booleanBits, type Rows, type Vector, validityBits } from './vector.ts';

/** The vector as a column of `length` rows. */
export function materialize(vector: Vector, length: number): Column {
  if (!vector.scalar) return vector.column;
  return gather(vector.column, new Int32Array(length));
}

/** The rows of `column` at `indices`, in that order. */
export function gather(column: Column, indices: Int32Array): Column {
  const { length } = indices;
  const { type } = column;
  if (column.layout === 'null') return { layout: 'null', type, length, validity: null };
  const validity = column.validity === null ? null : gatherBits(column.validity, indices);
  switch (column.layout) {
    case 'boolean':
      return { layout: 'boolean', type, length, validity, bits: gatherBits(column.bits, indices) };
    case 'string':
      return { layout: 'string', type, length, validity, ...gatherBytes(column.offsets, column.data, indices) };
    case 'numeric':
      return { layout: 'numeric', type, length, validity, values: gatherValues(column.values, type.kind, indices) };
    case 'decimal': {
      const { values } = column;
      if (values instanceof Float64Array) {
        return { layout: 'decimal', type, length, validity, values: indices64(values, indices) };
      }
      return { layout: 'decimal', type, length, validity, values: Array.from(indices, (row) => values[row] ?? 0n) };
    }
    case 'interval': {
      const months = indices.map((row) => column.months[row] ?? 0);
      const days = indices.map((row) => column.days[row] ?? 0);
      const rest = gatherValues(column.rest, 'Int64', indices) as Float64Array | BigInt64Array;
      return { layout: 'interval', type, length, validity, months, days, rest };
    }
    case 'list':
      return { layout: 'list', type, length, validity, ...gatherItems(column.offsets, column.item, indices) };
    case 'struct':
      return {
        layout: 'struct',
        type,
        length,
        validity,
        children: column.children.map((child) => gather(child, indices)),
      };
    case 'dictionary': {
      const chosen = indices.map((row) => column.indices[row] ?? 0);
      return { layout: 'dictionary', type, length, validity, indices: chosen, values: column.values };
    }
    case 'union': {
      const typeIds = new Int8Array(length);
      const offsets = new Int32Array(length);
      for (let i = 0; i < length; i++) {
        typeIds[i] = column.typeIds[indices[i] ?? 0] ?? 0;
        offsets[i] = column.offsets[indices[i] ?? 0] ?? 0;
      }
      return { layout: 'union', type, length, validity: null, typeIds, offsets, children: column.children };
    }
  }
}

function indices64(values: Float64Array, indices: Int32Array): Float64Array {
  const out = new Float64Array(indices.length);
  for (let i = 0; i < indices.length; i++) out[i] = values[indices[i] ?? 0] ?? 0;
  return out;
}

function gatherBytes(
  offsets: Int32Array,
  data: Uint8Array,
  indices: Int32Array,
): { readonly offsets: Int32Array; readonly data: Uint8Array } {
  const { length } = indices;
  const out = new Int32Array(length + 1);
  let total = 0;
  for (let i = 0; i < length; i++) {
    const row = indices[i] ?? 0;
    total += (offsets[row + 1] ?? 0) - (offsets[row] ?? 0);
    out[i + 1] = total;
  }
  const text = new Uint8Array(total);
  for (let i = 0; i < length; i++) {
    const row = indices[i] ?? 0;
    const start = offsets[row] ?? 0;
    const end = offsets[row + 1] ?? 0;
    let at = out[i] ?? 0;
    // A loop is faster than `set` with a view for texts of a word or two.
    if (end - start < 24) for (let from = start; from < end; ) text[at++] = data[from++] ?? 0;
    else text.set(data.subarray(start, end), at);
  }
  return { offsets: out, data: text };
}

function gatherItems(
  offsets: Int32Array,
  item: Column,
  indices: Int32Array,
): { readonly offsets: Int32Array; readonly item: Column } {
  const out = new Int32Array(indices.length + 1);
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i] ?? 0;
    out[i + 1] = (out[i] ?? 0) + (offsets[row + 1] ?? 0) - (offsets[row] ?? 0);
  }
  const chosen = new Int32Array(out[indices.length] ?? 0);
  let at = 0;
  for (let i = 0; i < indices.length; i++) {
    const row = indices[i] ?? 0;
    const end = offsets[row + 1] ?? 0;
    for (let from = offsets[row] ?? 0; from < end; from++) chosen[at++] = from;
  }
  return { offsets: out, item: gather(item, chosen) };
}

function gatherValues(values: Values, kind: Kind, indices: Int32Array): Values {
  const { length } = indices;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const out = new BigInt64Array(length);
    copyRows(values, indices, out);
    return values instanceof BigInt64Array ? out : new BigUint64Array(out.buffer);
  }
  const out = newValues(kind, length);
  copyRows(values, indices, out);
  return out;
}

/** Copies through integers of the same width, so that the bits of a NaN stay what they are. */
function copyRows(from: Values, indices: Int32Array, to: Values): void {
  if (from.BYTES_PER_ELEMENT === 8) {
    const source = new Int32Array(from.buffer, from.byteOffset, from.length * 2);
    const target = new Int32Array(to.buffer, to.byteOffset, to.length * 2);
    for (let i = 0; i < indices.length; i++) {
      const row = (indices[i] ?? 0) * 2;
      target[i * 2] = source[row] ?? 0;
      target[i * 2 + 1] = source[row + 1] ?? 0;
    }
    return;
  }
  const source = from instanceof Float32Array ? new Int32Array(from.buffer, from.byteOffset, from.length) : from;
  const target = to instanceof Float32Array ? new Int32Array(to.buffer, to.byteOffset, to.length) : to;
  for (let i = 0; i < indices.length; i++) target[i] = source[indices[i] ?? 0] ?? 0;
}

function gatherBits(bits: Uint8Array, indices: Int32Array): Uint8Array {
  const out = new Uint8Array(bitmapBytes(indices.length));
  for (let i = 0; i < indices.length; i++) if (getBit(bits, indices[i] ?? 0)) setBit(out, i);
  return out;
}

export interface Part {
  /** The rows of the result that this part fills, ascending. */
  readonly rows: Int32Array;
  readonly vector: Vector;
}

/** A column of `length` rows put together from parts of one type; rows in no part are null. */
export function assemble(type: DataType, length: number, parts: readonly Part[]): Column {
  if (type.kind === 'Null') return nullColumn(type, length);
  // One column behind the other, then one gather: row `length of all parts` is the null.
  const starts: number[] = [];
  let total = 0;
  for (const { vector } of parts) {
    starts.push(total);
    total += vector.column.length;
  }
  const indices = new Int32Array(length).fill(total);
  parts.forEach(({ rows, vector }, part) => {
    const start = starts[part] ?? 0;
    for (let i = 0; i < rows.length; i++) indices[rows[i] ?? 0] = vector.scalar ? start : start + i;
  });
  const joined = gather(
    concatColumns(type, [...parts.map(({ vector }) => vector.column), nullColumn(type, 1)]),
    indices,
  );
  if (joined.layout === 'null' || joined.layout === 'union' || joined.validity === null) return joined;
  return { ...joined, validity: withoutFullBitmap(joined.validity, length) };
}

/** Columns of the type (or of Null: rows without a value) behind each other. */
export function concatColumns(type: DataType, given: readonly Column[]): Column {
  const columns = given.map((column) =>
    column.layout === 'null' && type.kind !== 'Null' ? nullColumn(type, column.length) : column,
  );
  let length = 0;
  for (const column of columns) length += column.length;
  const layout = layoutOf(type);
  if (layout === 'null') return { layout, type, length, validity: null };
  const validity = columns.every((column) => column.validity === null) ? null : joinBits(columns, length, validityBits);
  switch (layout) {
    case 'boolean':
      return { layout, type, length, validity, bits: joinBits(columns, length, booleanBits) };
    case 'string':
      return { layout, type, length, validity, ...joinBytes(ofLayout(columns, 'string'), length) };
    case 'numeric':
      return { layout, type, length, validity, values: joinValues(type.kind, ofLayout(columns, 'numeric'), length) };
    case 'decimal':
      return { layout, type, length, validity, values: joinDecimals(ofLayout(columns, 'decimal'), length) };
    case 'interval': {
      const parts = ofLayout(columns, 'interval');
      const months = joinInt32(parts.map((part) => part.months));
      const days = joinInt32(parts.map((part) => part.days));
      const rests = parts.map(
        (part): NumericColumn => ({ layout: 'numeric', type, length: part.length, validity: null, values: part.rest }),
      );
      const rest = joinValues('Int64', rests, length) as Float64Array | BigInt64Array;
      return { layout, type, length, validity, months, days, rest };
    }
    case 'list': {
      const parts = ofLayout(columns, 'list');
      const field = itemField(type);
      if (field === null) throw new DfxError('DEFECT', `no items in the type ${type.kind}`);
      const item = concatColumns(
        field.type,
        parts.map((part) => usedItems(part.offsets, part.item, part.length)),
      );
      return { layout, type, length, validity, offsets: joinOffsets(parts, length), item };
    }
    case 'struct': {
      const parts = ofLayout(columns, 'struct');
      const children = innerTypes(type).map((inner, i) =>
        concatColumns(
          inner,
          parts.map((part) => part.children[i] ?? nullColumn(inner, part.length)),
        ),
      );
      return { layout, type, length, validity, children };
    }
    case 'dictionary': {
      const [, inner = type] = innerTypes(type);
      const parts = ofLayout(columns, 'dictionary');
      const first = parts[0]?.values;
      if (first !== undefined && parts.every((part) => part.values === first || part.values.length === 0)) {
        return { layout, type, length, validity, indices: joinInt32(parts.map((part) => part.indices)), values: first };
      }
      const indices = new Int32Array(length);
      let at = 0;
      let base = 0;
      for (const part of parts) {
        for (let i = 0; i < part.length; i++) indices[at++] = isValid(part, i) ? base + (part.indices[i] ?? 0) : 0;
        base += part.values.length;
      }
      const values = concatColumns(
        inner,
        parts.map((part) => part.values),
      );
      return { layout, type, length, validity, indices, values };
    }
    case 'union': {
      const parts = ofLayout(columns, 'union');
      const ids = type.kind === 'Union' ? type.fields.map(({ id }) => id) : [];
      const bases = ids.map(() => 0);
      const typeIds = new Int8Array(length);
      const offsets = new Int32Array(length);
      let at = 0;
      for (const part of parts) {
        for (let i = 0; i < part.length; i++, at++) {
          const id = part.typeIds[i] ?? 0;
          typeIds[at] = id;
          offsets[at] = (part.offsets[i] ?? 0) + (bases[ids.indexOf(id)] ?? 0);
        }
        part.children.forEach((child, k) => {
          bases[k] = (bases[k] ?? 0) + child.length;
        });
      }
      const children = innerTypes(type).map((inner, k) =>
        concatColumns(
          inner,
          parts.map((part) => part.children[k] ?? nullColumn(inner, 0)),
        ),
      );
      return { layout, type, length, validity: null, typeIds, offsets, children };
    }
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

/** The items that rows refer to, as a column that starts with them. */
export function usedItems(offsets: Int32Array, item: Column, length: number): Column {
  const start = offsets[0] ?? 0;
  const end = offsets[length] ?? start;
  if (start === 0 && end === item.length) return item;
  return gather(
    item,
    Int32Array.from({ length: end - start }, (_, i) => start + i),
  );
}

function joinOffsets(parts: readonly { readonly length: number; readonly offsets: Int32Array }[], length: number) {
  const out = new Int32Array(length + 1);
  let row = 0;
  let base = 0;
  for (const { offsets, length: rows } of parts) {
    const from = offsets[0] ?? 0;
    for (let i = 1; i <= rows; i++) out[++row] = base + (offsets[i] ?? 0) - from;
    base = out[row] ?? 0;
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

function joinInt32(parts: readonly Int32Array[]): Int32Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Int32Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function joinValues(kind: Kind, columns: readonly NumericColumn[], length: number): Values {
  const wide = columns.some(({ values }) => values instanceof BigInt64Array || values instanceof BigUint64Array);
  const values: Values = wide
    ? kind === 'UInt64'
      ? new BigUint64Array(length)
      : new BigInt64Array(length)
    : newValues(kind, length);
  let at = 0;
  for (const column of columns) {
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
      values.set(expandInt64(column.values, kind === 'UInt64' ? 'UInt64' : 'Int64'), at);
    } else {
      // Byte by byte, so that the bits of a NaN stay what they are: both sides hold the same kind of array.
      const { buffer, byteOffset, byteLength } = column.values;
      new Uint8Array(values.buffer).set(new Uint8Array(buffer, byteOffset, byteLength), at * values.BYTES_PER_ELEMENT);
    }
    at += column.length;
  }
  return values;
}

function joinDecimals(columns: readonly DecimalColumn[], length: number): Float64Array | bigint[] {
  if (columns.every(({ values }) => values instanceof Float64Array)) {
    const out = new Float64Array(length);
    let at = 0;
    for (const { values } of columns) {
      if (values instanceof Float64Array) out.set(values, at);
      at += values.length;
    }
    return out;
  }
  return columns.flatMap(({ values }) => Array.from<number | bigint, bigint>(values, BigInt));
}

function joinBits(columns: readonly Column[], length: number, bitsOf: (column: Column) => Uint8Array): Uint8Array {
  const out = new Uint8Array(bitmapBytes(length));
  let at = 0;
  for (const column of columns) {
    const bits = bitsOf(column);
    for (let i = 0; i < column.length; i++) if (getBit(bits, i)) setBit(out, at + i);
    at += column.length;
  }
  return out;
}

/** The same rows under another type of the same layout. */
export function retyped(column: Column, type: DataType): Column {
  if (sameType(column.type, type)) return column;
  if (layoutOf(type) !== column.layout) throw new DfxError('DEFECT', `${column.type.kind} taken for ${type.kind}`);
  return { ...column, type };
}

/** Some rows of a batch. Columns are gathered when they are asked for. */
export class SelectedRows implements Rows {
  private readonly columns = new Map<number, Column>();

  constructor(
    private readonly parent: Rows,
    private readonly rows: Int32Array,
  ) {}

  get length(): number {
    return this.rows.length;
  }

  column(index: number): Column {
    let column = this.columns.get(index);
    if (column === undefined) {
      column = gather(this.parent.column(index), this.rows);
      this.columns.set(index, column);
    }
    return column;
  }
}
