/** The order of two values of one type, as arrow-ord 59 has it: floats in IEEE 754's total order, texts by their bytes. */
import { type Column, getBit, isValid, type ListColumn } from '../../io/column.ts';
import { formatDataType } from '../../wire/arrow/index.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { compareStrings, totalKeys } from './compare.ts';
import { innerTypes, isFloat } from './types.ts';

/** Below 0 where row `i` of one column comes before row `j` of the other. Both have a value; both columns have the same type. */
type RowOrder = (i: number, j: number) => number;

/** Whether `rowOrder` knows the type: ask at bind time. */
export function isOrdered({ kind }: DataType): boolean {
  switch (kind) {
    case 'Dictionary':
    case 'List':
    case 'LargeList':
    case 'FixedSizeList':
    case 'ListView':
    case 'LargeListView':
    case 'Struct':
    case 'Map':
    case 'Union':
    case 'RunEndEncoded':
    case 'Float16':
      return false;
    default:
      return true;
  }
}

/** Whether `=` and `<` know the type: `rowOrder` for those that aren't plain. */
export function isComparable(type: DataType): boolean {
  if (type.kind === 'Float16' || type.kind === 'Union' || type.kind === 'RunEndEncoded') return false;
  return innerTypes(type).every(isComparable);
}

export function rowOrder(a: Column, b: Column): RowOrder {
  if (a.layout === 'null' || b.layout === 'null') return () => 0;
  if (a.layout === 'string' && b.layout === 'string') return (i, j) => compareStrings(a, i, b, j);
  if (a.layout === 'boolean' && b.layout === 'boolean') {
    return (i, j) => Number(getBit(a.bits, i)) - Number(getBit(b.bits, j));
  }
  if (a.layout === 'numeric' && b.layout === 'numeric') {
    const x = a.values;
    const y = b.values;
    if (!isFloat(a.type.kind)) return (i, j) => sign(x[i] ?? 0, y[j] ?? 0);
    const p = totalKeys(x);
    const q = totalKeys(y);
    return (i, j) => {
      const one = x[i] ?? 0;
      const other = y[j] ?? 0;
      if (one < other) return -1;
      if (one > other) return 1;
      return one === other && one !== 0 ? 0 : sign(p(i), q(j));
    };
  }
  if (a.layout === 'decimal' && b.layout === 'decimal') {
    const x = a.values;
    const y = b.values;
    return (i, j) => sign(x[i] ?? 0, y[j] ?? 0);
  }
  if (a.layout === 'interval' && b.layout === 'interval') {
    // Field by field: a month is more than any number of days.
    return (i, j) =>
      (a.months[i] ?? 0) - (b.months[j] ?? 0) ||
      (a.days[i] ?? 0) - (b.days[j] ?? 0) ||
      sign(a.rest[i] ?? 0, b.rest[j] ?? 0);
  }
  if (a.layout === 'list' && b.layout === 'list') return listOrder(a, b);
  if (a.layout === 'struct' && b.layout === 'struct') {
    const children = a.children.map((child, k) => nullsFirst(child, b.children[k] ?? child));
    return (i, j) => {
      for (const order of children) {
        const found = order(i, j);
        if (found !== 0) return found;
      }
      return 0;
    };
  }
  if (a.layout === 'dictionary' && b.layout === 'dictionary') {
    const order = nullsFirst(a.values, b.values);
    return (i, j) => order(a.indices[i] ?? 0, b.indices[j] ?? 0);
  }
  throw new DfxError('DEFECT', `an order of ${formatDataType(a.type)}`);
}

/** Item by item, then the shorter first. */
function listOrder(a: ListColumn, b: ListColumn): RowOrder {
  const order = nullsFirst(a.item, b.item);
  return (i, j) => {
    const start = a.offsets[i] ?? 0;
    const other = b.offsets[j] ?? 0;
    const length = (a.offsets[i + 1] ?? 0) - start;
    const otherLength = (b.offsets[j + 1] ?? 0) - other;
    const shared = Math.min(length, otherLength);
    for (let k = 0; k < shared; k++) {
      const found = order(start + k, other + k);
      if (found !== 0) return found;
    }
    return length - otherLength;
  };
}

/** The same for values inside of others: nulls come first, and are equal. */
function nullsFirst(a: Column, b: Column): RowOrder {
  const order = rowOrder(a, b);
  return (i, j) => {
    const x = isValid(a, i);
    const y = isValid(b, j);
    return x && y ? order(i, j) : Number(x) - Number(y);
  };
}

function sign(x: number | bigint, y: number | bigint): number {
  return x < y ? -1 : x > y ? 1 : 0;
}
