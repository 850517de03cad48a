import { type Column, isValid, valueAt } from '../../src/io/index.ts';

/** Values as the oracles print them: floats by the hexadecimal digits of their bits, integers as text. */
export function shown(column: Column): (string | boolean | null)[] {
  return Array.from({ length: column.length }, (_, row) => {
    if (!isValid(column, row)) return null;
    if (column.layout === 'numeric' && column.type.kind === 'Float64') {
      const words = new BigUint64Array(column.values.buffer, column.values.byteOffset, column.length);
      return (words[row] ?? 0n).toString(16).padStart(16, '0');
    }
    if (column.layout === 'numeric' && column.type.kind === 'Float32') {
      const words = new Uint32Array(column.values.buffer, column.values.byteOffset, column.length);
      return (words[row] ?? 0).toString(16).padStart(8, '0');
    }
    const value = valueAt(column, row);
    return typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  });
}
