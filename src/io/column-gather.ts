/** Rows of columns, picked and joined, for every layout. Both descend by the depth of the type, which readers bound. */

import { DfxError } from '../wire/errors.ts';
import {
  bitmapBytes,
  type Column,
  getBit,
  type ListColumn,
  type StringColumn,
  setBit,
  type Values,
  withoutFullBitmap,
} from './column.ts';

/** The rows of `column` at `indices`, in that order. */
export function gatherRows(column: Column, indices: Int32Array): Column {
  const length = indices.length;
  const { type } = column;
  if (column.layout === 'null') return { layout: 'null', type, length, validity: null };
  const validity = column.validity === null ? null : withoutFullBitmap(gatherBits(column.validity, indices), length);
  switch (column.layout) {
    case 'boolean':
      return { layout: 'boolean', type, length, validity, bits: gatherBits(column.bits, indices) };
    case 'numeric':
      return { layout: 'numeric', type, length, validity, values: gatherValues(column.values, indices) };
    case 'decimal': {
      const { values } = column;
      const picked =
        values instanceof Float64Array
          ? (gatherValues(values, indices) as Float64Array)
          : Array.from(indices, (row) => values[row] ?? 0n);
      return { layout: 'decimal', type, length, validity, values: picked };
    }
    case 'interval':
      return {
        layout: 'interval',
        type,
        length,
        validity,
        months: gatherValues(column.months, indices) as Int32Array,
        days: gatherValues(column.days, indices) as Int32Array,
        rest: gatherValues(column.rest, indices) as Float64Array | BigInt64Array,
      };
    case 'string':
      return gatherStrings(column, indices, validity);
    case 'list':
      return gatherLists(column, indices, validity);
    case 'struct':
      return {
        layout: 'struct',
        type,
        length,
        validity,
        children: column.children.map((child) => gatherRows(child, indices)),
      };
    case 'dictionary':
      return {
        layout: 'dictionary',
        type,
        length,
        validity,
        indices: gatherValues(column.indices, indices) as Int32Array,
        values: column.values,
      };
    case 'union':
      return {
        layout: 'union',
        type,
        length,
        validity,
        typeIds: gatherValues(column.typeIds, indices) as Int8Array,
        offsets: gatherValues(column.offsets, indices) as Int32Array,
        children: column.children,
      };
  }
}

function gatherBits(bits: Uint8Array, indices: Int32Array): Uint8Array {
  const out = new Uint8Array(bitmapBytes(indices.length));
  for (let i = 0; i < indices.length; i++) if (getBit(bits, indices[i] ?? 0)) setBit(out, i);
  return out;
}

function gatherValues(values: Values, indices: Int32Array): Values {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const out =
      values instanceof BigInt64Array ? new BigInt64Array(indices.length) : new BigUint64Array(indices.length);
    for (let i = 0; i < indices.length; i++) out[i] = values[indices[i] ?? 0] ?? 0n;
    return out;
  }
  const out = sameArray(values, indices.length);
  for (let i = 0; i < indices.length; i++) out[i] = values[indices[i] ?? 0] ?? 0;
  return out;
}

function sameArray<T extends Values>(values: T, length: number): T {
  const Made = values.constructor as new (length: number) => T;
  return new Made(length);
}

function gatherStrings(column: StringColumn, indices: Int32Array, validity: Uint8Array | null): StringColumn {
  const { offsets, data, type } = column;
  const length = indices.length;
  const out = new Int32Array(length + 1);
  let total = 0;
  for (let i = 0; i < length; i++) {
    const row = indices[i] ?? 0;
    total += (offsets[row + 1] ?? 0) - (offsets[row] ?? 0);
    if (total > 0x7fffffff) throw new DfxError('LIMIT', 'a batch holds more than 2 GiB of text');
    out[i + 1] = total;
  }
  const text = new Uint8Array(total);
  for (let i = 0; i < length; i++) {
    const row = indices[i] ?? 0;
    text.set(data.subarray(offsets[row] ?? 0, offsets[row + 1] ?? 0), out[i] ?? 0);
  }
  return { layout: 'string', type, length, validity, offsets: out, data: text };
}

function gatherLists(column: ListColumn, indices: Int32Array, validity: Uint8Array | null): ListColumn {
  const { offsets, item, type } = column;
  const length = indices.length;
  const out = new Int32Array(length + 1);
  let total = 0;
  for (let i = 0; i < length; i++) {
    const row = indices[i] ?? 0;
    total += (offsets[row + 1] ?? 0) - (offsets[row] ?? 0);
    if (total > 0x7fffffff) throw new DfxError('LIMIT', 'a batch holds more than 2^31 list items');
    out[i + 1] = total;
  }
  const picked = new Int32Array(total);
  for (let i = 0, to = 0; i < length; i++) {
    const row = indices[i] ?? 0;
    for (let from = offsets[row] ?? 0; from < (offsets[row + 1] ?? 0); from++) picked[to++] = from;
  }
  return { layout: 'list', type, length, validity, offsets: out, item: gatherRows(item, picked) };
}

/** The rows of columns of one type, one after the other. */
export function joinColumns(parts: readonly Column[]): Column {
  const [first] = parts;
  if (first === undefined) throw new DfxError('DEFECT', 'no column to join');
  if (parts.length === 1) return first;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const { type } = first;
  if (first.layout === 'null') return { layout: 'null', type, length, validity: null };
  const validity = joinBits(parts, length, (part) => part.validity);
  switch (first.layout) {
    case 'boolean': {
      const bits =
        joinBits(parts, length, (part) => (part as typeof first).bits) ?? new Uint8Array(bitmapBytes(length));
      return { layout: 'boolean', type, length, validity, bits };
    }
    case 'numeric':
      return {
        layout: 'numeric',
        type,
        length,
        validity,
        values: joinValues(
          parts.map((part) => (part as typeof first).values.subarray(0, part.length)),
          length,
        ),
      };
    case 'decimal': {
      const values = parts.map((part) => (part as typeof first).values);
      const joined = values.every((some) => some instanceof Float64Array)
        ? (joinValues(values, length) as Float64Array)
        : values.flatMap((some) => Array.from(some, BigInt));
      return { layout: 'decimal', type, length, validity, values: joined };
    }
    case 'interval': {
      const some = parts as readonly (typeof first)[];
      return {
        layout: 'interval',
        type,
        length,
        validity,
        months: joinValues(
          some.map(({ months }) => months),
          length,
        ) as Int32Array,
        days: joinValues(
          some.map(({ days }) => days),
          length,
        ) as Int32Array,
        rest: joinValues(
          some.map(({ rest }) => rest),
          length,
        ) as Float64Array | BigInt64Array,
      };
    }
    case 'string': {
      const some = parts as readonly (typeof first)[];
      const offsets = joinOffsets(some, length);
      const data = new Uint8Array(offsets[length] ?? 0);
      let at = 0;
      for (const part of some) {
        const text = part.data.subarray(part.offsets[0] ?? 0, part.offsets[part.length] ?? 0);
        data.set(text, at);
        at += text.length;
      }
      return { layout: 'string', type, length, validity, offsets, data };
    }
    case 'list': {
      const some = parts as readonly (typeof first)[];
      const items = some.map(({ item, offsets, length: rows }) => {
        const from = offsets[0] ?? 0;
        const count = (offsets[rows] ?? 0) - from;
        return from === 0 && count === item.length
          ? item
          : gatherRows(
              item,
              Int32Array.from({ length: count }, (_, i) => from + i),
            );
      });
      return { layout: 'list', type, length, validity, offsets: joinOffsets(some, length), item: joinColumns(items) };
    }
    case 'struct': {
      const children = first.children.map((_, i) =>
        joinColumns(parts.map((part) => childOf((part as typeof first).children, i))),
      );
      return { layout: 'struct', type, length, validity, children };
    }
    case 'dictionary': {
      const some = parts as readonly (typeof first)[];
      const values = [...new Set(some.map((part) => part.values))];
      const bases = new Map<Column, number>();
      let base = 0;
      for (const each of values) {
        bases.set(each, base);
        base += each.length;
      }
      const indices = new Int32Array(length);
      let at = 0;
      for (const part of some) {
        const shift = bases.get(part.values) ?? 0;
        for (let i = 0; i < part.length; i++) indices[at++] = (part.indices[i] ?? 0) + shift;
      }
      return { layout: 'dictionary', type, length, validity, indices, values: joinColumns(values) };
    }
    case 'union': {
      const some = parts as readonly (typeof first)[];
      return joinUnions(some, first, length);
    }
  }
}

function joinUnions(
  parts: readonly (Column & { layout: 'union' })[],
  first: Column & { layout: 'union' },
  length: number,
): Column {
  const { type } = first;
  const places = new Map(type.kind === 'Union' ? type.fields.map(({ id }, i) => [id, i]) : []);
  const bases = first.children.map(() => 0);
  const offsets = new Int32Array(length);
  const typeIds = new Int8Array(length);
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
  const children = first.children.map((_, i) => joinColumns(parts.map((part) => childOf(part.children, i))));
  return { layout: 'union', type, length, validity: null, typeIds, offsets, children };
}

function childOf(children: readonly Column[], index: number): Column {
  const child = children[index];
  if (child === undefined) throw new DfxError('DEFECT', 'columns of different types were joined');
  return child;
}

/** Null where every part has none: a part without a bitmap has ones. */
function joinBits(
  parts: readonly Column[],
  length: number,
  of: (part: Column) => Uint8Array | null,
): Uint8Array | null {
  if (parts.every((part) => of(part) === null)) return null;
  const out = new Uint8Array(bitmapBytes(length));
  let at = 0;
  for (const part of parts) {
    const bits = of(part);
    for (let i = 0; i < part.length; i++, at++) if (bits === null || getBit(bits, i)) setBit(out, at);
  }
  return out;
}

function joinValues(parts: readonly Values[], length: number): Values {
  const [first] = parts;
  if (first === undefined) throw new DfxError('DEFECT', 'no values to join');
  const big = parts.find((part) => part instanceof BigInt64Array || part instanceof BigUint64Array);
  if (big instanceof BigInt64Array || big instanceof BigUint64Array) {
    const out = sameArray(big, length);
    let at = 0;
    for (const part of parts) {
      for (let i = 0; i < part.length; i++) out[at++] = BigInt(part[i] ?? 0);
    }
    return out;
  }
  const out = sameArray(first, length);
  let at = 0;
  for (const part of parts) {
    // Of one type of number: the mixed case is above.
    (out as Float64Array).set(part as Float64Array, at);
    at += part.length;
  }
  return out;
}

function joinOffsets(
  parts: readonly { readonly offsets: Int32Array; readonly length: number }[],
  length: number,
): Int32Array {
  const out = new Int32Array(length + 1);
  let row = 0;
  let total = 0;
  for (const part of parts) {
    const from = part.offsets[0] ?? 0;
    for (let i = 1; i <= part.length; i++) out[++row] = total + (part.offsets[i] ?? 0) - from;
    total += (part.offsets[part.length] ?? 0) - from;
    if (total > 0x7fffffff) throw new DfxError('LIMIT', 'a dictionary holds more than 2 GiB');
  }
  return out;
}
