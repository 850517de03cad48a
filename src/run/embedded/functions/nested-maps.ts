/** Maps taken apart (map_keys, map_values, map_entries, map_extract), and lists zipped into lists of structs. */
import { type Column, isValid } from '../../../io/column.ts';
import type { DataType, Field } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { nullColumn } from '../build.ts';
import { concatColumns, gather, retyped } from '../gather.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { castTo } from '../simplify.ts';
import type { ScalarFunction } from './define.ts';
import {
  itemType,
  ListMaker,
  type Lists,
  listField,
  listOf,
  listsOf,
  rowCall,
  rowsOf,
  sameValue,
} from './nested-lists.ts';

export const NESTED_MAPS: readonly ScalarFunction[] = [
  {
    name: 'map_keys',
    bind: (args) =>
      parts(
        'map_keys',
        args,
        ({ key }) => listOf(key.type),
        ([keys]) => keys,
      ),
  },
  {
    name: 'map_values',
    bind: (args) =>
      parts(
        'map_values',
        args,
        ({ value }) => ({ kind: 'List', item: { ...value, name: 'item' } }),
        ([, values]) => values,
      ),
  },
  { name: 'map_entries', bind: mapEntries },
  { name: 'map_extract', aliases: ['element_at'], bind: mapExtract },
  { name: 'arrays_zip', aliases: ['list_zip'], bind: arraysZip },
];

interface Entry {
  readonly key: Field;
  readonly value: Field;
}

function entryOf(name: string, node: Node | undefined): Entry {
  const type = node?.type.kind === 'Map' ? node.type.entries.type : null;
  const [key, value] = type?.kind === 'Struct' ? type.fields : [];
  if (key === undefined || value === undefined) throw new Refusal(name, 'takes a map');
  return { key, value };
}

function childrenOf({ item }: Lists): readonly [Column, Column] {
  const [keys, values] = item.layout === 'struct' ? item.children : [];
  if (keys === undefined || values === undefined) throw new DfxError('DEFECT', 'a map without entries');
  return [keys, values];
}

function parts(
  name: string,
  args: readonly Node[],
  typeOf: (entry: Entry) => DataType,
  choose: (children: readonly [Column, Column]) => Column,
): Node {
  const [map] = args;
  if (map === undefined || args.length !== 1) throw new Refusal(name, 'takes a map');
  const type = typeOf(entryOf(name, map));
  return rowCall({
    name,
    type,
    nullable: map.nullable,
    args,
    column: ([vector]) => {
      const lists = listsOf(vector);
      return { ...lists.column, type, item: choose(childrenOf(lists)) };
    },
  });
}

function mapEntries(args: readonly Node[]): Node {
  const [map] = args;
  if (map === undefined || args.length !== 1) throw new Refusal('map_entries', 'takes a map');
  const { key, value } = entryOf('map_entries', map);
  const fields: readonly Field[] = [
    { name: 'key', type: key.type, nullable: false, metadata: [] },
    { name: 'value', type: value.type, nullable: true, metadata: [] },
  ];
  const given = [key, value];
  // The entries are taken as they are: other names would be another type.
  if (!fields.every(({ name, nullable }, i) => given[i]?.name === name && given[i]?.nullable === nullable)) {
    throw new Refusal('map_entries', 'has entries that are named otherwise');
  }
  const inner: DataType = { kind: 'Struct', fields };
  const type: DataType = { kind: 'List', item: listField(inner, false) };
  return rowCall({
    name: 'map_entries',
    type,
    nullable: map.nullable,
    args,
    column: ([vector]) => {
      const { column, item } = listsOf(vector);
      return { ...column, type, item: retyped(item, inner) };
    },
  });
}

/** A list of the value that stands under the key, or of a null. */
function mapExtract(args: readonly Node[]): Node {
  const name = 'map_extract';
  const [map, wanted] = args;
  if (map === undefined || wanted === undefined || args.length !== 2) throw new Refusal(name, 'takes a map and a key');
  const { key, value } = entryOf(name, map);
  if ('item' in key.type || key.type.kind === 'Struct' || key.type.kind === 'Dictionary') {
    throw new Refusal(name, `looks for a ${key.type.kind}`);
  }
  const type = listOf(value.type);
  return rowCall({
    name,
    type,
    args: [map, castTo(wanted, key.type)],
    column: (vectors, rows) => {
      const lists = listsOf(vectors[0]);
      const keysWanted = rowsOf(vectors[1]);
      const [keys, values] = childrenOf(lists);
      const same = sameValue(keys, keysWanted.column);
      const made = new ListMaker(rows, rows);
      for (let row = 0; row < rows; row++) {
        const i = row * lists.step;
        let at = lists.offsets[i] ?? 0;
        const end = lists.offsets[i + 1] ?? 0;
        while (at < end && !same(at, row * keysWanted.step)) at++;
        made.pick(at < end ? at : values.length);
        made.end();
      }
      return made.finish(type, concatColumns(value.type, [values, nullColumn(value.type, 1)]));
    },
  });
}

/** Structs of the first items, the second items …; the shorter lists go on with nulls. */
function arraysZip(args: readonly Node[]): Node {
  const name = 'arrays_zip';
  if (args.length === 0) throw new Refusal(name, 'takes at least one list');
  const fields = args.map((arg, i): Field => {
    const type = itemType(name, arg);
    if (type.kind === 'Null') throw new Refusal(name, "isn't supported for lists of Null");
    return { name: String(i + 1), type, nullable: true, metadata: [] };
  });
  const inner: DataType = { kind: 'Struct', fields };
  const type = listOf(inner);
  return rowCall({
    name,
    type,
    args,
    column: (vectors, rows) => {
      const lists = vectors.map(listsOf);
      const made = new ListMaker(rows, 0);
      const picked = lists.map(() => new ListMaker(0, rows));
      let count = 0;
      for (let row = 0; row < rows; row++) {
        let most = -1;
        for (const { column, offsets, step } of lists) {
          const i = row * step;
          if (isValid(column, i)) most = Math.max(most, (offsets[i + 1] ?? 0) - (offsets[i] ?? 0));
        }
        for (const [k, { column, offsets, item, step }] of lists.entries()) {
          const i = row * step;
          const from = isValid(column, i) ? (offsets[i] ?? 0) : 0;
          const to = isValid(column, i) ? (offsets[i + 1] ?? 0) : 0;
          picked[k]?.copy(from, to);
          if (most > to - from) picked[k]?.repeat(item.length, most - (to - from));
        }
        if (most > 0) {
          made.repeat(0, most);
          count += most;
        }
        if (most < 0) made.endNull();
        else made.end();
      }
      const children = lists.map(({ item }, k) => {
        const { type: own } = item;
        return gather(concatColumns(own, [item, nullColumn(own, 1)]), picked[k]?.picked() ?? new Int32Array(0));
      });
      return made.finishItems(type, { layout: 'struct', type: inner, length: count, validity: null, children });
    },
  });
}
