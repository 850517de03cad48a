/** Values of a column as JavaScript values that are the same (in a Set or a Map) exactly where DataFusion 55 finds the values equal. */
import { type Column, getBit } from '../../../io/column.ts';
import { DfxError } from '../../../wire/errors.ts';
import { isFloat, isString } from '../types.ts';

export type Key = number | bigint | string | boolean;

/** `one`: -0.0 is 0.0, as groups have it. `two`: floats are the same by their bits. NaNs are the same by their bits in both. */
export type ZeroKeys = 'one' | 'two';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
// One character a byte: every byte has one of its own in this encoding.
const bytes = new TextDecoder('windows-1252');

/** Null where a column of this type has no keys here. */
export function hasKeys(kind: Column['type']['kind']): boolean {
  switch (kind) {
    case 'List':
    case 'LargeList':
    case 'ListView':
    case 'LargeListView':
    case 'FixedSizeList':
    case 'Struct':
    case 'Map':
    case 'Union':
    case 'Dictionary':
    case 'RunEndEncoded':
      return false;
    default:
      return true;
  }
}

/** The key of a row that isn't null. */
export function rowKeys(column: Column, zeros: ZeroKeys): (row: number) => Key {
  switch (column.layout) {
    case 'boolean':
      return (row) => getBit(column.bits, row);
    case 'string': {
      const { offsets, data } = column;
      const decoder = isString(column.type.kind) ? utf8 : bytes;
      return (row) => decoder.decode(data.subarray(offsets[row] ?? 0, offsets[row + 1] ?? 0));
    }
    case 'decimal': {
      const { values } = column;
      return (row) => narrow(values[row] ?? 0);
    }
    case 'interval': {
      const { months, days, rest } = column;
      return (row) => `${months[row]} ${days[row]} ${rest[row]}`;
    }
    case 'numeric': {
      const { values } = column;
      if (!isFloat(column.type.kind)) {
        if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
          return (row) => narrow(values[row] ?? 0n);
        }
        return (row) => values[row] ?? 0;
      }
      return floatKeys(values as Float32Array | Float64Array, zeros);
    }
    default:
      throw new DfxError('DEFECT', `keys of ${column.type.kind}`);
  }
}

/** A bigint that a number can stand for is that number: the same value may come in either representation. */
function narrow(value: number | bigint): Key {
  if (typeof value === 'bigint' && value >= -9007199254740991n && value <= 9007199254740991n) return Number(value);
  return value;
}

function floatKeys(values: Float32Array | Float64Array, zeros: ZeroKeys): (row: number) => Key {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.byteLength / 4);
  const wide = values instanceof Float64Array;
  return (row) => {
    const value = values[row] ?? 0;
    if (value === 0) return zeros === 'two' && Object.is(value, -0) ? '-0' : 0;
    if (!Number.isNaN(value)) return value;
    return wide ? `${words[row * 2 + 1]} ${words[row * 2]}` : `${words[row]}`;
  };
}
