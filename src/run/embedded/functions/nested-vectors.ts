/** Lists of numbers as vectors of doubles: array_add and array_subtract, item by item. */
import { bitmapBytes, isValid, setBit, withoutFullBitmap } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import type { Node } from '../nodes.ts';
import { Refusal } from '../refusal.ts';
import { castTo } from '../simplify.ts';
import { FLOAT64, isDecimal, isNumericType } from '../types.ts';
import type { ScalarFunction } from './define.ts';
import { isPlainList, ListMaker, listField, listsOf, rowCall } from './nested-lists.ts';

export const NESTED_VECTORS: readonly ScalarFunction[] = [
  { name: 'array_add', aliases: ['list_add'], bind: (args) => itemByItem('array_add', args, (x, y) => x + y) },
  {
    name: 'array_subtract',
    aliases: ['list_subtract'],
    bind: (args) => itemByItem('array_subtract', args, (x, y) => x - y),
  },
];

function itemByItem(name: string, given: readonly Node[], combine: (x: number, y: number) => number): Node {
  if (given.length !== 2) throw new Refusal(name, 'takes two lists');
  const kind = given.some(({ type }) => type.kind === 'LargeList') ? 'LargeList' : 'List';
  const args = given.map((arg) => {
    const { type } = arg;
    if (!isPlainList(type)) throw new Refusal(name, `isn't supported for ${type.kind}`);
    const { item } = type;
    if (!isNumericType(item.type) && !isDecimal(item.type)) {
      throw new Refusal(name, `isn't supported for ${item.type.kind}`);
    }
    return castTo(arg, { kind, item: { ...item, type: FLOAT64, metadata: [] } });
  });
  const type: DataType = { kind, item: listField(FLOAT64) };
  return rowCall({
    name,
    type,
    args,
    mayFail: true,
    column: (vectors, rows) => {
      const [left, right] = [listsOf(vectors[0]), listsOf(vectors[1])];
      const [a, b] = [doubles(name, left.item), doubles(name, right.item)];
      const [one, other] = [new ListMaker(rows, a.length), new ListMaker(0, b.length)];
      for (let row = 0; row < rows; row++) {
        const i = row * left.step;
        const j = row * right.step;
        if (!isValid(left.column, i) || !isValid(right.column, j)) {
          one.endNull();
          continue;
        }
        const [from, to] = [left.offsets[i] ?? 0, left.offsets[i + 1] ?? 0];
        const [start, end] = [right.offsets[j] ?? 0, right.offsets[j + 1] ?? 0];
        if (to - from !== end - start) {
          throw new DfxError(
            'EXECUTION',
            `${name} requires both list inputs to have the same length per row, got ${to - from} and ${end - start} at row ${row}`,
          );
        }
        one.copy(from, to);
        other.copy(start, end);
        one.end();
      }
      const [p, q] = [one.picked(), other.picked()];
      const values = new Float64Array(p.length);
      const words = new Uint32Array(values.buffer);
      const validity = new Uint8Array(bitmapBytes(p.length));
      for (let k = 0; k < p.length; k++) {
        const x = p[k] ?? 0;
        const y = q[k] ?? 0;
        if (!isValid(left.item, x) || !isValid(right.item, y)) continue;
        setBit(validity, k);
        const found = combine(a[x] ?? 0, b[y] ?? 0);
        if (!Number.isNaN(found)) {
          values[k] = found;
          continue;
        }
        // The first NaN as it is, made quiet; one that arises is negative.
        const [source, at] = Number.isNaN(a[x]) ? [a, x] : Number.isNaN(b[y]) ? [b, y] : [null, 0];
        const bits = source === null ? null : new Uint32Array(source.buffer, source.byteOffset + at * 8, 2);
        words[k * 2] = bits?.[0] ?? 0;
        words[k * 2 + 1] = (bits?.[1] ?? 0xfff80000) | 0x80000;
      }
      const { length } = values;
      const item = {
        layout: 'numeric',
        type: FLOAT64,
        length,
        validity: withoutFullBitmap(validity, length),
        values,
      } as const;
      return one.finishItems(type, item);
    },
  });
}

function doubles(name: string, item: ReturnType<typeof listsOf>['item']): Float64Array {
  if (item.layout === 'numeric' && item.values instanceof Float64Array) return item.values;
  throw new DfxError('DEFECT', `${name} of ${item.type.kind}`);
}
