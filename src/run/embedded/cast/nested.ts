/** CAST and TRY_CAST of lists, structs, maps and dictionaries, as arrow-cast 59 and DataFusion 55's `nested_struct` do them. */
import { type Column, isValid, type ListColumn } from '../../../io/column.ts';
import type { DataType, Field } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import { concatColumns, gather, usedItems } from '../gather.ts';
import { isDecimal, isInteger, isList, isNumeric, isString, isTemporal, sameType } from '../types.ts';
import { type CastFamily, Failing } from './define.ts';
import { canCast, castColumn, castMayFail } from './index.ts';
import { buildStrings } from './text-sink.ts';

/** Values that a list shows as a cast to a text does. */
function isShown(type: DataType): boolean {
  const { kind } = type;
  if (isList(type) && kind !== 'FixedSizeList') return isShown(type.item.type);
  return kind === 'Boolean' || isNumeric(kind) || isString(kind) || isTemporal(kind) || isDecimal(type);
}

/** A field that promises values takes only what promises them too. */
function fits(from: Field, to: Field): boolean {
  return (to.nullable || !from.nullable) && canCast(from.type, to.type);
}

function isPackable(type: DataType): boolean {
  const { kind } = type;
  if (kind === 'Boolean' || kind === 'Null' || kind === 'Interval' || kind === 'Duration') return false;
  return (
    isNumeric(kind) ||
    isString(kind) ||
    isTemporal(kind) ||
    isDecimal(type) ||
    kind === 'Binary' ||
    kind === 'LargeBinary'
  );
}

/** The field of the same name; names of both sides must be the same set. */
function fieldOf(fields: readonly Field[], name: string): number {
  return fields.findIndex((field) => field.name === name);
}

export const NESTED_CASTS: CastFamily = {
  can: (from, to) => {
    if (from.kind === 'Union' || to.kind === 'Union') return false;
    if (from.kind === 'Dictionary') {
      return to.kind === 'Dictionary' ? canCast(from.value, to.value) : canCast(from.value, to);
    }
    if (to.kind === 'Dictionary') return isPackable(to.value) && canCast(from, to.value);
    if (isList(to)) {
      if (isList(from)) {
        if (from.kind === 'FixedSizeList' && to.kind === 'FixedSizeList' && from.size !== to.size) return false;
        // Rows without a value are filled with nulls.
        if (to.kind === 'FixedSizeList' && from.kind !== 'FixedSizeList' && !to.item.nullable) return false;
        return fits(from.item, to.item);
      }
      return to.kind === 'FixedSizeList' ? false : to.item.nullable && canCast(from, to.item.type);
    }
    if (isList(from)) return from.kind !== 'FixedSizeList' && isString(to.kind) && isShown(from.item.type);
    if (from.kind === 'Struct' && to.kind === 'Struct') {
      if (
        from.fields.length !== to.fields.length ||
        new Set(to.fields.map(({ name }) => name)).size < to.fields.length
      ) {
        return false;
      }
      return to.fields.every((field) => {
        const source = from.fields[fieldOf(from.fields, field.name)];
        return source !== undefined && fits(source, field);
      });
    }
    if (from.kind === 'Map' && to.kind === 'Map') {
      const entries = from.entries.type;
      const target = to.entries.type;
      if (entries.kind !== 'Struct' || target.kind !== 'Struct' || from.sorted !== to.sorted) return false;
      return target.fields.length === 2 && target.fields.every((field, i) => fitsAt(entries.fields, i, field));
    }
    return false;
  },
  mayFail: (from, to) => {
    if (from.kind === 'Dictionary') {
      if (to.kind !== 'Dictionary') return castMayFail(from.value, to);
      return !sameType(from.key, to.key) || castMayFail(from.value, to.value);
    }
    if (to.kind === 'Dictionary') return keyLimit(to.key) < 2 ** 31 - 1 || castMayFail(from, to.value);
    if (isList(to)) {
      if (!isList(from)) return castMayFail(from, to.item.type);
      return (
        (to.kind === 'FixedSizeList' && from.kind !== 'FixedSizeList') || castMayFail(from.item.type, to.item.type)
      );
    }
    if (from.kind === 'Struct' && to.kind === 'Struct') {
      return to.fields.some((field) => {
        const source = from.fields[fieldOf(from.fields, field.name)];
        return source === undefined || castMayFail(source.type, field.type);
      });
    }
    if (from.kind === 'Map' && to.kind === 'Map') return castMayFail(from.entries.type, to.entries.type);
    return false;
  },
  cast: (column, to, safe) => {
    if (column.layout === 'dictionary') return fromDictionary(column, to, safe);
    if (to.kind === 'Dictionary') return toDictionary(castColumn(column, to.value, safe), to, to.key);
    if (isList(to)) {
      if (column.layout !== 'list') return wrapped(castColumn(column, to.item.type, safe), to);
      if (to.kind === 'FixedSizeList' && column.type.kind !== 'FixedSizeList')
        return toFixedSize(column, to, to.size, safe);
      return withItems(column, to, to.item.type, safe);
    }
    if (column.layout === 'list') {
      if (isString(to.kind)) return toText(column, to.kind, safe);
      if (to.kind === 'Map') return toMap(column, to, to.entries, safe);
    }
    if (column.layout === 'struct' && to.kind === 'Struct' && column.type.kind === 'Struct') {
      const { fields } = column.type;
      const children = to.fields.map(({ name, type }) => {
        const child = column.children[fieldOf(fields, name)];
        return child === undefined ? nullColumn(type, column.length) : castColumn(child, type, safe);
      });
      return { ...column, type: to, children };
    }
    throw new DfxError('DEFECT', `a cast from ${column.type.kind} to ${to.kind}`);
  },
};

function fitsAt(fields: readonly Field[], index: number, to: Field): boolean {
  const from = fields[index];
  return from !== undefined && fits(from, to);
}

function withItems(column: ListColumn, type: DataType, itemType: DataType, safe: boolean): Column {
  const { offsets, length } = column;
  const start = offsets[0] ?? 0;
  const item = castColumn(usedItems(offsets, column.item, length), itemType, safe);
  return { ...column, type, offsets: start === 0 ? offsets : offsets.map((at) => at - start), item };
}

function wrapped(item: Column, type: DataType): Column {
  const { length } = item;
  const offsets = Int32Array.from({ length: length + 1 }, (_, row) => row);
  return { layout: 'list', type, length, validity: null, offsets, item };
}

function toFixedSize(column: ListColumn, to: DataType & { item: Field }, size: number, safe: boolean): Column {
  const { length, offsets } = column;
  let failed = 0;
  const failing = new Failing(
    column,
    safe,
    (row) => `Cannot cast to FixedSizeList(${size}): value at index ${row} has length ${failed}`,
  );
  for (let i = 0; i < length; i++) {
    if (!isValid(column, i)) continue;
    failed = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0);
    if (failed !== size) failing.fail(i);
  }
  const validity = failing.validity();
  const kept = { ...column, validity };
  // A row of a fixed size has its items, value or not.
  const missing = column.item.length;
  const rows: number[] = [];
  const ends = new Int32Array(length + 1);
  for (let i = 0; i < length; i++) {
    for (let k = 0; k < size; k++) rows.push(isValid(kept, i) ? (offsets[i] ?? 0) + k : missing);
    ends[i + 1] = rows.length;
  }
  const all = concatColumns(column.item.type, [column.item, nullColumn(column.item.type, 1)]);
  const item = castColumn(gather(all, Int32Array.from(rows)), to.item.type, safe);
  return { layout: 'list', type: to, length, validity, offsets: ends, item };
}

/** `[1, , x]`: nulls are empty, texts stand without quotes. */
function toText(column: ListColumn, kind: 'Utf8' | 'LargeUtf8' | 'Utf8View', safe: boolean): Column {
  const { offsets } = column;
  const texts = castColumn(column.item, { kind: 'Utf8' }, safe);
  if (texts.layout !== 'string') {
    return buildStrings(
      kind,
      column,
      (row) => `[${', '.repeat(Math.max((offsets[row + 1] ?? 0) - (offsets[row] ?? 0) - 1, 0))}]`,
    );
  }
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return buildStrings(kind, column, (row) => {
    const shown: string[] = [];
    for (let at = offsets[row] ?? 0; at < (offsets[row + 1] ?? 0); at++) {
      const valid = isValid(texts, at);
      shown.push(valid ? decoder.decode(texts.data.subarray(texts.offsets[at] ?? 0, texts.offsets[at + 1] ?? 0)) : '');
    }
    return `[${shown.join(', ')}]`;
  });
}

/** Keys and values by their place, whatever they are called. */
function toMap(column: ListColumn, type: DataType, entries: Field, safe: boolean): Column {
  const { item } = column;
  if (item.layout !== 'struct' || entries.type.kind !== 'Struct') throw new DfxError('DEFECT', 'a map without entries');
  const children = entries.type.fields.map((field, i) => {
    const child = item.children[i];
    return child === undefined ? nullColumn(field.type, item.length) : castColumn(child, field.type, safe);
  });
  return { ...column, type, item: { ...item, type: entries.type, children } };
}

function keyLimit(key: DataType): number {
  switch (key.kind) {
    case 'Int8':
      return 127;
    case 'UInt8':
      return 255;
    case 'Int16':
      return 32767;
    case 'UInt16':
      return 65535;
    default:
      return 2 ** 31 - 1;
  }
}

function fromDictionary(column: Column & { layout: 'dictionary' }, to: DataType, safe: boolean): Column {
  if (to.kind === 'Dictionary') {
    const limit = keyLimit(to.key);
    const over = column.indices.filter((key, row) => key > limit && isValid(column, row)).length;
    if (over > 0 && column.type.kind === 'Dictionary') {
      const [from, key] = [column.type.key.kind, to.key.kind];
      throw new DfxError('EXECUTION', `Could not convert ${over} dictionary indexes from ${from} to ${key}`);
    }
    return { ...column, type: to, values: castColumn(column.values, to.value, safe) };
  }
  const values = concatColumns(to, [castColumn(column.values, to, safe), nullColumn(to, 1)]);
  const missing = values.length - 1;
  return gather(
    values,
    column.indices.map((key, row) => (isValid(column, row) ? key : missing)),
  );
}

function toDictionary(values: Column, type: DataType, key: DataType): Column {
  const { length } = values;
  if (!isInteger(key.kind)) throw new DfxError('DEFECT', `dictionary keys of type ${key.kind}`);
  if (length - 1 > keyLimit(key)) throw new DfxError('EXECUTION', 'Dictionary key bigger than the key type');
  const validity = values.layout === 'null' ? null : values.validity;
  const indices = Int32Array.from({ length }, (_, row) => (isValid(values, row) ? row : 0));
  return { layout: 'dictionary', type, length, validity, indices, values };
}
