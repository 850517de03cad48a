/** Lists and structs made of values, and the values taken out again: make_array, struct, named_struct, get_field, array_element. */
import { type Column, isValid } from '../../../io/column.ts';
import type { DataType, Field } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { buildColumn, nullColumn } from '../build.ts';
import { resolvedUnion } from '../coerce.ts';
import { concatColumns, gather, materialize } from '../gather.ts';
import { type Node, plainValue } from '../nodes.ts';
import { rowOrder } from '../order.ts';
import { Refusal } from '../refusal.ts';
import { callNode, castTo, constant } from '../simplify.ts';
import { INT64, isInteger, NULL, sameType } from '../types.ts';
import { numeric, type Vector } from '../vector.ts';
import type { ScalarFunction } from './define.ts';

export const NESTED_MAKERS: readonly ScalarFunction[] = [
  { name: 'make_array', aliases: ['make_list'], bind: makeArray },
  {
    name: 'struct',
    aliases: ['row'],
    bind: (args) =>
      structNode(
        'struct',
        args,
        args.map((_, i) => `c${i}`),
      ),
  },
  { name: 'named_struct', bind: namedStruct },
  { name: 'get_field', bind: getField },
  { name: 'array_element', aliases: ['array_extract', 'list_element', 'list_extract'], bind: arrayElement },
];

function nullableField(name: string, type: DataType): Field {
  return { name, type, nullable: true, metadata: [] };
}

function makeArray(given: readonly Node[]): Node {
  if (given.length === 0) return constant(buildColumn({ kind: 'List', item: nullableField('item', NULL) }, [[]]));
  const itemType = resolvedUnion(given.map(({ type }) => type));
  if (itemType === null) throw new Refusal('make_array', 'has no common type for its arguments');
  if (itemType.kind === 'Struct' && !given.every(({ type }) => sameType(type, itemType))) {
    throw new Refusal('make_array', 'puts structs of several types together');
  }
  // Columns of nulls without a type become one row there.
  if (itemType.kind === 'Null' && !given.every(({ op }) => op === 'constant')) {
    throw new Refusal('make_array', 'has columns of nulls');
  }
  const args = given.map((arg) => castTo(arg, itemType));
  const type: DataType = { kind: 'List', item: nullableField('item', itemType) };
  return callNode({
    name: 'make_array',
    type,
    nullable: true,
    args,
    mayFail: false,
    evaluate: (vectors, length) => {
      const scalar = vectors.every((vector) => vector.scalar);
      const rows = scalar ? 1 : length;
      const width = vectors.length;
      const starts: number[] = [];
      let total = 0;
      for (const { column } of vectors) {
        starts.push(total);
        total += column.length;
      }
      const all = concatColumns(
        itemType,
        vectors.map(({ column }) => column),
      );
      const places = new Int32Array(rows * width);
      vectors.forEach((vector, k) => {
        const start = starts[k] ?? 0;
        for (let row = 0; row < rows; row++) places[row * width + k] = vector.scalar ? start : start + row;
      });
      const offsets = new Int32Array(rows + 1);
      for (let row = 0; row <= rows; row++) offsets[row] = row * width;
      return {
        column: { layout: 'list', type, length: rows, validity: null, offsets, item: gather(all, places) },
        scalar,
      };
    },
  });
}

/** `named_struct('a', x, 'b', y)`. */
function namedStruct(args: readonly Node[]): Node {
  const names: string[] = [];
  const values: Node[] = [];
  args.forEach((arg, i) => {
    if (i % 2 === 1) {
      values.push(arg);
      return;
    }
    const name = plainValue(arg);
    if (typeof name !== 'string' || name === '')
      throw new Refusal('named_struct', 'names its fields by constant texts');
    names.push(name);
  });
  if (names.length !== values.length) throw new Refusal('named_struct', 'takes names and values in pairs');
  return structNode('named_struct', values, names);
}

function structNode(name: string, values: readonly Node[], names: readonly string[]): Node {
  if (values.length === 0) throw new Refusal(name, 'takes at least one value');
  if (new Set(names).size < names.length) throw new Refusal(name, 'has two fields of one name');
  const type: DataType = {
    kind: 'Struct',
    fields: names.map((field, i) => nullableField(field, values[i]?.type ?? NULL)),
  };
  return callNode({
    name,
    type,
    nullable: true,
    args: values,
    mayFail: false,
    evaluate: (vectors, length) => {
      const scalar = vectors.every((vector) => vector.scalar);
      const rows = scalar ? 1 : length;
      const children = vectors.map((vector) => materialize(vector, rows));
      return { column: { layout: 'struct', type, length: rows, validity: null, children }, scalar };
    },
  });
}

function getField(args: readonly Node[]): Node {
  const [base, ...path] = args;
  if (base === undefined || path.length === 0) throw new Refusal('get_field', 'takes a value and the names of fields');
  return path.reduce(oneField, base);
}

function oneField(base: Node, key: Node): Node {
  if (base.type.kind === 'Map') return mapValue(base, base.type.entries, key);
  if (base.type.kind !== 'Struct') throw new Refusal('get_field', `isn't supported for ${base.type.kind}`);
  const name = plainValue(key);
  if (typeof name !== 'string' || name === '') throw new Refusal('get_field', 'names a field by a constant text');
  const index = base.type.fields.findIndex((field) => field.name === name);
  const field = base.type.fields[index];
  if (field === undefined) throw new Refusal('get_field', `finds no field ${JSON.stringify(name)}`);
  // Of a struct that was made here, the optimizer takes the value, and computes none of the others.
  const made =
    base.op === 'call' && (base.name === 'struct' || base.name === 'named_struct') ? base.args[index] : undefined;
  if (made !== undefined) return made;
  return callNode({
    name: 'get_field',
    type: field.type,
    nullable: field.nullable || base.nullable,
    args: [base],
    mayFail: false,
    evaluate: ([vector]) => {
      if (vector === undefined || vector.column.layout !== 'struct')
        throw new DfxError('DEFECT', 'no struct to look into');
      const child = vector.column.children[index];
      if (child === undefined) throw new DfxError('DEFECT', `a struct without field ${index}`);
      return { column: child, scalar: vector.scalar };
    },
  });
}

/** The value of the first entry with the key. */
function mapValue(base: Node, entries: Field, key: Node): Node {
  const [keyField, valueField] = entries.type.kind === 'Struct' ? entries.type.fields : [];
  if (keyField === undefined || valueField === undefined || key.op !== 'constant') {
    throw new Refusal('get_field', 'looks a key up that is no literal');
  }
  if (!sameType(keyField.type, key.type))
    throw new Refusal('get_field', `looks for a ${key.type.kind} among other keys`);
  const { value } = key;
  const { type } = valueField;
  return callNode({
    name: 'get_field',
    type,
    nullable: true,
    args: [base],
    mayFail: false,
    evaluate: ([vector]) => {
      const column = vector?.column;
      if (column?.layout !== 'list' || column.item.layout !== 'struct')
        throw new DfxError('DEFECT', 'no map to look into');
      const [keys, values] = column.item.children;
      if (keys === undefined || values === undefined) throw new DfxError('DEFECT', 'a map without entries');
      const order = rowOrder(keys, value);
      const all = concatColumns(type, [values, nullColumn(type, 1)]);
      const rows = new Int32Array(column.length).fill(values.length);
      for (let row = 0; row < column.length && isValid(value, 0); row++) {
        for (let at = column.offsets[row] ?? 0; at < (column.offsets[row + 1] ?? 0); at++) {
          if (order(at, 0) !== 0) continue;
          rows[row] = at;
          break;
        }
      }
      return { column: gather(all, rows), scalar: vector?.scalar === true };
    },
  });
}

function arrayElement(args: readonly Node[]): Node {
  const [list, index, ...others] = args;
  if (list === undefined || index === undefined || others.length > 0) {
    throw new Refusal('array_element', 'takes a list and an index');
  }
  const { type } = list;
  if (type.kind !== 'List' && type.kind !== 'LargeList' && type.kind !== 'FixedSizeList') {
    throw new Refusal('array_element', `isn't supported for ${type.kind}`);
  }
  if ((!isInteger(index.type.kind) && index.type.kind !== 'Null') || index.type.kind === 'UInt64') {
    throw new Refusal('array_element', `doesn't take a ${index.type.kind} for an index`);
  }
  const narrow = type.kind !== 'LargeList';
  const plain = plainValue(index);
  const wide = index.type.kind === 'Int64' || index.type.kind === 'UInt32';
  const known = typeof plain === 'number' || plain === null;
  const itemType = type.item.type;
  return callNode({
    name: 'array_element',
    type: itemType,
    nullable: true,
    args: [
      type.kind === 'FixedSizeList' ? castTo(list, { kind: 'List', item: type.item }) : list,
      castTo(index, INT64),
    ],
    mayFail: narrow && wide && !(known && Math.abs(plain ?? 0) < 2 ** 31),
    evaluate: ([lists, indexes], length) => {
      if (lists === undefined || indexes === undefined)
        throw new DfxError('DEFECT', 'array_element without its arguments');
      return elements(itemType, lists, indexes, narrow, length);
    },
  });
}

/** Counted from 1, or from the end where negative. */
function elements(type: DataType, lists: Vector, indexes: Vector, narrow: boolean, length: number): Vector {
  const column: Column = lists.column;
  if (column.layout !== 'list') throw new DfxError('DEFECT', `an element of ${column.type.kind}`);
  const scalar = lists.scalar && indexes.scalar;
  const rows = scalar ? 1 : length;
  const { values } = numeric(indexes.column);
  const missing = column.item.length;
  const places = new Int32Array(rows).fill(missing);
  for (let row = 0; row < rows; row++) {
    const i = lists.scalar ? 0 : row;
    const j = indexes.scalar ? 0 : row;
    if (!isValid(column, i) || !isValid(indexes.column, j)) continue;
    const index = Number(values[j] ?? 0);
    if (narrow && type.kind !== 'Null' && (index > 2147483647 || index < -2147483648)) {
      throw new DfxError('EXECUTION', `array_element got invalid index: ${values[j]}`);
    }
    const start = column.offsets[i] ?? 0;
    const size = (column.offsets[i + 1] ?? 0) - start;
    const at = index < 0 ? index + size : index - 1;
    if (at >= 0 && at < size) places[row] = start + at;
  }
  return { column: gather(concatColumns(type, [column.item, nullColumn(type, 1)]), places), scalar };
}
