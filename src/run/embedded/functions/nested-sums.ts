/** Lists of numbers taken together, as doubles and from the first item on: array_sum, array_product, array_avg. */
import { bitmapBytes, isValid, setBit, withoutFullBitmap } from '../../../io/column.ts';
import { DfxError } from '../../../wire/errors.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { castTo } from '../simplify.ts';
import { FLOAT64, isDecimal, isNumericType } from '../types.ts';
import type { ScalarFunction } from './define.ts';
import { isPlainList, listsOf, rowCall } from './nested-lists.ts';

export const NESTED_SUMS: readonly ScalarFunction[] = [
  { name: 'array_sum', aliases: ['list_sum'], bind: (args) => together('array_sum', args, 0, (x, y) => x + y, false) },
  {
    name: 'array_product',
    aliases: ['list_product'],
    bind: (args) => together('array_product', args, 1, (x, y) => x * y, false),
  },
  { name: 'array_avg', aliases: ['list_avg'], bind: (args) => together('array_avg', args, 0, (x, y) => x + y, true) },
];

function together(
  name: string,
  given: readonly Node[],
  start: number,
  combine: (x: number, y: number) => number,
  mean: boolean,
): Node {
  const [list] = given;
  if (list === undefined || given.length !== 1 || !isPlainList(list.type)) throw new Refusal(name, 'takes a list');
  const { kind, item } = list.type;
  if (!isNumericType(item.type) && !isDecimal(item.type))
    throw new Refusal(name, `isn't supported for ${item.type.kind}`);
  const field = { ...item, type: FLOAT64, metadata: [] };
  return rowCall({
    name,
    type: FLOAT64,
    args: [castTo(list, { kind: kind === 'LargeList' ? 'LargeList' : 'List', item: field })],
    column: ([vector], rows) => {
      const { column, offsets, item: items } = listsOf(vector);
      if (items.layout !== 'numeric') throw new DfxError('DEFECT', `${name} of ${items.type.kind}`);
      const values = new Float64Array(rows);
      const words = new Uint32Array(values.buffer);
      const source = items.values;
      if (!(source instanceof Float64Array)) throw new DfxError('DEFECT', `${name} of other numbers than doubles`);
      const given = new Uint32Array(source.buffer, source.byteOffset, source.length * 2);
      const validity = new Uint8Array(bitmapBytes(rows));
      for (let row = 0; row < rows; row++) {
        if (!isValid(column, row)) continue;
        let total = start;
        let count = 0;
        // The first NaN stays, as it is; one that arises is negative.
        let nan = -2;
        for (let at = offsets[row] ?? 0; at < (offsets[row + 1] ?? 0); at++) {
          if (!isValid(items, at)) continue;
          const value = source[at] ?? 0;
          total = combine(total, value);
          if (nan === -2 && Number.isNaN(total)) nan = Number.isNaN(value) ? at : -1;
          count++;
        }
        if (count === 0) continue;
        if (nan === -2) values[row] = mean ? total / count : total;
        else {
          words[row * 2] = nan < 0 ? 0 : (given[nan * 2] ?? 0);
          words[row * 2 + 1] = nan < 0 ? 0xfff80000 : (given[nan * 2 + 1] ?? 0) | 0x80000;
        }
        setBit(validity, row);
      }
      return { layout: 'numeric', type: FLOAT64, length: rows, validity: withoutFullBitmap(validity, rows), values };
    },
  });
}
