/** `map(keys, values)`: maps made of two lists. */
import { isValid } from '../../../io/column.ts';
import type { DataType, Field } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { gather } from '../gather.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import type { ScalarFunction } from './define.ts';
import { ListMaker, listArguments, listsOf, rowCall, valueIds } from './nested-lists.ts';

/**
 * The engine compares the lengths of all lists of a batch together (`map.rs` of datafusion-functions-nested 55.2): the lists of a row may differ
 * where those of another make up for it, and then each row takes what the others left.
 */
function unevenLists(): DfxError {
  const message = 'map of lists of two lengths: what the real engine makes of them depends on its batches';
  return new DfxError('UNSUPPORTED', message, { hint: 'use --engine datafusion' });
}

export const MAP_MAKERS: readonly ScalarFunction[] = [{ name: 'map', bind: makeMap }];

function makeMap(given: readonly Node[]): Node {
  const [keys, values] = given;
  if (keys === undefined || values === undefined || given.length !== 2) throw new Refusal('map', 'takes two lists');
  for (const list of given) {
    if (list.type.kind !== 'List') throw new Refusal('map', `isn't supported for ${list.type.kind}`);
    if (list.op === 'constant' && !isValid(list.value, 0)) throw new Refusal('map', 'takes a list that is null');
    listArguments('map', [list], ['array']);
  }
  const [key, value] = given.map(({ type }) => ('item' in type ? type.item.type : type));
  if (key === undefined || value === undefined) throw new DfxError('DEFECT', 'map without its arguments');
  if ('item' in key || key.kind === 'Struct') throw new Refusal('map', `isn't supported for keys of ${key.kind}`);
  const fields: readonly Field[] = [
    { name: 'key', type: key, nullable: false, metadata: [] },
    { name: 'value', type: value, nullable: true, metadata: [] },
  ];
  const entry: DataType = { kind: 'Struct', fields };
  const entries: Field = { name: 'entries', type: entry, nullable: false, metadata: [] };
  const type: DataType = { kind: 'Map', entries, sorted: false };
  return rowCall({
    name: 'map',
    type,
    nullable: keys.nullable,
    args: given,
    mayFail: true,
    column: (vectors, rows) => {
      const [left, right] = [listsOf(vectors[0]), listsOf(vectors[1])];
      const ids = valueIds(left.item);
      const marks = new Int32Array(ids.length).fill(-1);
      const made = new ListMaker(rows, left.item.length);
      const others = new ListMaker(0, right.item.length);
      for (let row = 0; row < rows; row++) {
        const i = row * left.step;
        const j = row * right.step;
        if (!isValid(left.column, i)) {
          made.endNull();
          continue;
        }
        const from = left.offsets[i] ?? 0;
        const to = left.offsets[i + 1] ?? 0;
        const start = right.offsets[j] ?? 0;
        const end = right.offsets[j + 1] ?? 0;
        for (let at = from; at < to; at++) {
          if (!isValid(left.item, at)) throw new DfxError('EXECUTION', 'map key cannot be null');
          const id = ids[at] ?? 0;
          if (marks[id] === row) throw new DfxError('EXECUTION', 'map key must be unique, duplicate key found');
          marks[id] = row;
        }
        if (!isValid(right.column, j) || end - start !== to - from) throw unevenLists();
        made.copy(from, to);
        others.copy(start, end);
        made.end();
      }
      const picked = made.picked();
      const children = [gather(left.item, picked), gather(right.item, others.picked())];
      return made.finishItems(type, {
        layout: 'struct',
        type: entry,
        length: picked.length,
        validity: null,
        children,
      });
    },
  });
}
