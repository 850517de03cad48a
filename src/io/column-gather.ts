/** Rows picked from columns of every layout. Descends by the depth of the type, which readers and the binder bound. */
import { DfxError } from '../wire/errors.ts';
import { bitmapBytes, type Column, getBit, setBit, type Values, withoutFullBitmap } from './column.ts';

/** The rows of `column` at `indices`, in that order, in memory of their own; the values of a dictionary and the members of a union are shared. */
export function gather(column: Column, indices: Int32Array): Column {
  const { length } = indices;
  const { type } = column;
  if (column.layout === 'null') return { layout: 'null', type, length, validity: null };
  const validity = column.validity === null ? null : withoutFullBitmap(gatherBits(column.validity, indices), length);
  switch (column.layout) {
    case 'boolean':
      return { layout: 'boolean', type, length, validity, bits: gatherBits(column.bits, indices) };
    case 'string':
      return { layout: 'string', type, length, validity, ...gatherBytes(column.offsets, column.data, indices) };
    case 'numeric':
      return { layout: 'numeric', type, length, validity, values: gatherValues(column.values, indices) };
    case 'decimal': {
      const { values } = column;
      const chosen =
        values instanceof Float64Array
          ? gatherValues(values, indices)
          : Array.from(indices, (row) => values[row] ?? 0n);
      return { layout: 'decimal', type, length, validity, values: chosen };
    }
    case 'interval': {
      const months = gatherValues(column.months, indices);
      const days = gatherValues(column.days, indices);
      return { layout: 'interval', type, length, validity, months, days, rest: gatherValues(column.rest, indices) };
    }
    case 'list':
      return { layout: 'list', type, length, validity, ...gatherItems(column.offsets, column.item, indices) };
    case 'struct': {
      const children = column.children.map((child) => gather(child, indices));
      return { layout: 'struct', type, length, validity, children };
    }
    case 'dictionary': {
      const chosen = gatherValues(column.indices, indices);
      return { layout: 'dictionary', type, length, validity, indices: chosen, values: column.values };
    }
    case 'union': {
      const typeIds = gatherValues(column.typeIds, indices);
      const offsets = gatherValues(column.offsets, indices);
      return { layout: 'union', type, length, validity: null, typeIds, offsets, children: column.children };
    }
  }
}

/** Rows `from` to `to`, the last one not included. */
export function gatherBetween(column: Column, from: number, to: number): Column {
  if (from === 0 && to === column.length) return column;
  return gather(
    column,
    Int32Array.from({ length: to - from }, (_, i) => from + i),
  );
}

function gatherBits(bits: Uint8Array, indices: Int32Array): Uint8Array {
  const out = new Uint8Array(bitmapBytes(indices.length));
  for (let i = 0; i < indices.length; i++) if (getBit(bits, indices[i] ?? 0)) setBit(out, i);
  return out;
}

function sameArray<T extends Values>(values: T, length: number): T {
  const Made = values.constructor as new (length: number) => T;
  return new Made(length);
}

function gatherValues<T extends Values>(values: T, indices: Int32Array): T {
  const out = sameArray(values, indices.length);
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

/** Where the chosen rows will lie, one behind the other. */
function gatherOffsets(offsets: Int32Array, indices: Int32Array, most: string): Int32Array {
  const { length } = indices;
  const out = new Int32Array(length + 1);
  let total = 0;
  for (let i = 0; i < length; i++) {
    const row = indices[i] ?? 0;
    total += (offsets[row + 1] ?? 0) - (offsets[row] ?? 0);
    out[i + 1] = total;
  }
  if (total > 0x7fffffff) throw new DfxError('LIMIT', `a batch holds more than ${most}`);
  return out;
}

function gatherBytes(
  offsets: Int32Array,
  data: Uint8Array,
  indices: Int32Array,
): { readonly offsets: Int32Array; readonly data: Uint8Array } {
  const { length } = indices;
  const out = gatherOffsets(offsets, indices, '2 GiB of text');
  const text = new Uint8Array(out[length] ?? 0);
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
  const { length } = indices;
  const out = gatherOffsets(offsets, indices, '2^31 list items');
  const chosen = new Int32Array(out[length] ?? 0);
  let at = 0;
  for (let i = 0; i < length; i++) {
    const row = indices[i] ?? 0;
    const end = offsets[row + 1] ?? 0;
    for (let from = offsets[row] ?? 0; from < end; from++) chosen[at++] = from;
  }
  return { offsets: out, item: gather(item, chosen) };
}
