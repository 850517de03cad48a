/**
 * The order of rows as ORDER BY has it in DataFusion 55: floats in IEEE 754's total order (-0.0 below 0.0), strings and bytes by
 * their bytes, false before true, nulls where the key says.
 */
import { type Column, getBit, isValid } from '../../../io/column.ts';
import type { DataType } from '../../../wire/arrow/types.ts';
import { DfxError } from '../../../wire/errors.ts';
import { isFloat } from '../types.ts';
import { hasKeys } from './keys.ts';

export interface Direction {
  readonly ascending: boolean;
  readonly nullsFirst: boolean;
}

export type RowOrder = (i: number, j: number) => number;

export function isOrderable(type: DataType): boolean {
  return hasKeys(type.kind);
}

/** Of rows that aren't null, ascending. */
export function valueOrder(column: Column): RowOrder {
  switch (column.layout) {
    case 'null':
      return () => 0;
    case 'boolean':
      return (i, j) => Number(getBit(column.bits, i)) - Number(getBit(column.bits, j));
    case 'string': {
      const { offsets, data } = column;
      return (i, j) => {
        const a = offsets[i] ?? 0;
        const b = offsets[j] ?? 0;
        const aLength = (offsets[i + 1] ?? 0) - a;
        const bLength = (offsets[j + 1] ?? 0) - b;
        const common = Math.min(aLength, bLength);
        for (let k = 0; k < common; k++) {
          const difference = (data[a + k] ?? 0) - (data[b + k] ?? 0);
          if (difference !== 0) return difference;
        }
        return aLength - bLength;
      };
    }
    case 'decimal': {
      const { values } = column;
      return (i, j) => {
        const a = values[i] ?? 0;
        const b = values[j] ?? 0;
        return a < b ? -1 : a > b ? 1 : 0;
      };
    }
    case 'numeric': {
      const { values } = column;
      if (isFloat(column.type.kind) || column.type.kind === 'Float16') {
        return floatOrder(values as Float32Array | Float64Array);
      }
      return (i, j) => {
        const a = values[i] ?? 0;
        const b = values[j] ?? 0;
        return a < b ? -1 : a > b ? 1 : 0;
      };
    }
    case 'interval': {
      const { months, days, rest } = column;
      return (i, j) => {
        const byMonth = (months[i] ?? 0) - (months[j] ?? 0);
        if (byMonth !== 0) return byMonth;
        const byDay = (days[i] ?? 0) - (days[j] ?? 0);
        if (byDay !== 0) return byDay;
        const a = rest[i] ?? 0;
        const b = rest[j] ?? 0;
        return a < b ? -1 : a > b ? 1 : 0;
      };
    }
    default:
      throw new DfxError('DEFECT', `rows of ${column.type.kind} to be ordered`);
  }
}

function floatOrder(values: Float32Array | Float64Array): RowOrder {
  const words = new Int32Array(values.buffer, values.byteOffset, values.byteLength / 4);
  const wide = values instanceof Float64Array;
  return (i, j) => {
    const a = values[i] ?? 0;
    const b = values[j] ?? 0;
    if (a < b) return -1;
    if (a > b) return 1;
    if (a === b && a !== 0) return 0;
    if (!wide) return totalWord(words[i] ?? 0) - totalWord(words[j] ?? 0);
    const high = totalWord(words[i * 2 + 1] ?? 0) - totalWord(words[j * 2 + 1] ?? 0);
    if (high !== 0) return high;
    // The same sign: of negative values the greater low half is the lesser.
    const low = ((words[i * 2] ?? 0) >>> 0) - ((words[j * 2] ?? 0) >>> 0);
    return (words[i * 2 + 1] ?? 0) < 0 ? -low : low;
  };
}

/** Rust's `total_cmp`: the bits as a signed integer, those below the sign turned over where it is set. */
function totalWord(word: number): number {
  return word < 0 ? word ^ 0x7fffffff : word;
}

/** Of rows of all `columns`, the first key first. */
export function rowOrder(columns: readonly Column[], directions: readonly Direction[]): RowOrder {
  const orders = columns.map((column, k) => keyOrder(column, directions[k] ?? { ascending: true, nullsFirst: false }));
  const [only] = orders;
  if (only !== undefined && orders.length === 1) return only;
  return (i, j) => {
    for (const order of orders) {
      const difference = order(i, j);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}

function keyOrder(column: Column, { ascending, nullsFirst }: Direction): RowOrder {
  const order = valueOrder(column);
  const directed: RowOrder = ascending ? order : (i, j) => order(j, i);
  if (column.layout === 'null' || column.validity === null) return directed;
  const nulls = nullsFirst ? -1 : 1;
  return (i, j) => {
    const a = isValid(column, i);
    const b = isValid(column, j);
    if (a && b) return directed(i, j);
    if (a === b) return 0;
    return a ? -nulls : nulls;
  };
}

/** Whether two rows have the same value, bit for bit. Of a type without an order nothing is known to be the same. */
export function sameRows(column: Column): (i: number, j: number) => boolean {
  if (!isOrderable(column.type)) return () => false;
  const order = rowOrder([column], [{ ascending: true, nullsFirst: true }]);
  return (i, j) => order(i, j) === 0;
}

/** Rows `0 … length - 1` in order; rows that tie stay in the order of the input. */
export function sortedRows(columns: readonly Column[], directions: readonly Direction[], length: number): Int32Array {
  const rows = new Int32Array(length);
  for (let i = 0; i < length; i++) rows[i] = i;
  if (columns.length === 0) return rows;
  const order = rowOrder(columns, directions);
  return rows.sort((i, j) => order(i, j) || i - j);
}
