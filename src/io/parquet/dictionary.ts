/** Values told apart, as a dictionary: for columns that were dictionaries when they were written. */
import type { DataType } from '../../wire/arrow/types.ts';
import { type Column, type DictionaryColumn, isValid } from '../column.ts';
import { gather } from '../column-gather.ts';

export function dictionaryColumn(values: Column, type: DataType): DictionaryColumn {
  const { length } = values;
  const places = new Map<unknown, number>();
  const first: number[] = [];
  const indices = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    if (!isValid(values, i)) continue;
    const key = keyOf(values, i);
    let place = places.get(key);
    if (place === undefined) {
      place = first.length;
      places.set(key, place);
      first.push(i);
    }
    indices[i] = place;
  }
  const validity = values.validity;
  return { layout: 'dictionary', type, length, validity, indices, values: gather(values, Int32Array.from(first)) };
}

/** Rows that are equal have equal keys; rows of types without such a key have one each. */
function keyOf(column: Column, row: number): unknown {
  switch (column.layout) {
    case 'string': {
      const bytes = column.data.subarray(column.offsets[row] ?? 0, column.offsets[row + 1] ?? 0);
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    }
    case 'decimal':
      return column.values[row];
    case 'numeric': {
      const value = column.values[row];
      // A Map takes both zeros for one, and every NaN.
      return Object.is(value, -0) ? 'negative zero' : Number.isNaN(value) ? row : value;
    }
    default:
      return `row ${row}`;
  }
}
