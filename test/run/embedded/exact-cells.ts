/** Values of columns as the oracle reads and writes them (`engine_oracle.py`): exact under their type, comparable as JSON. */
import assert from 'node:assert/strict';
import { type Column, getBit, isValid, valueAt } from '../../../src/io/column.ts';

export type Cell = null | boolean | string | number | readonly Cell[];

export function exactCells(column: Column): Cell[] {
  const row = cellAt(column);
  return Array.from({ length: column.length }, (_, i) => (isValid(column, i) ? row(i) : null));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** The bits of a Float16 from those of the Float32 that holds it exactly. */
function halfBits(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const exponent = ((word >>> 23) & 0xff) - 127;
  const mantissa = word & 0x7fffff;
  if (exponent === 128) return sign | 0x7c00 | (mantissa >>> 13);
  if (exponent >= -14) return sign | ((exponent + 15) << 10) | (mantissa >>> 13);
  return exponent < -24 ? sign : sign | ((mantissa | 0x800000) >>> (-exponent - 1));
}

function cellAt(column: Column): (row: number) => Cell {
  switch (column.layout) {
    case 'null':
      return () => null;
    case 'boolean':
      return (row) => getBit(column.bits, row);
    case 'numeric': {
      const { values, type } = column;
      if (type.kind === 'Float64') {
        const words = new BigUint64Array(values.buffer, values.byteOffset, values.length);
        return (row) => (words[row] ?? 0n).toString(16).padStart(16, '0');
      }
      if (type.kind === 'Float32') {
        const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
        return (row) => (words[row] ?? 0).toString(16).padStart(8, '0');
      }
      if (type.kind === 'Float16') {
        const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
        return (row) =>
          halfBits(words[row] ?? 0)
            .toString(16)
            .padStart(4, '0');
      }
      return (row) => {
        assert.ok(!Object.is(values[row], -0), '-0 in integers');
        return String(values[row]);
      };
    }
    case 'decimal':
      return (row) => {
        assert.ok(!Object.is(column.values[row], -0), '-0 in decimals');
        return String(column.values[row]);
      };
    case 'string': {
      const { offsets, data, type } = column;
      if (!type.kind.includes('Binary')) return (row) => String(valueAt(column, row));
      return (row) => hex(data.subarray(offsets[row], offsets[row + 1]));
    }
    case 'interval':
      return (row) => `${column.months[row]},${column.days[row]},${column.rest[row]}`;
    case 'list': {
      const items = exactCells(column.item);
      const { offsets } = column;
      return (row) => items.slice(offsets[row], offsets[row + 1]);
    }
    case 'struct': {
      const children = column.children.map(exactCells);
      return (row) => children.map((cells) => cells[row] ?? null);
    }
    case 'dictionary': {
      const values = exactCells(column.values);
      return (row) => values[column.indices[row] ?? 0] ?? null;
    }
    case 'union': {
      const children = column.children.map(exactCells);
      const ids = column.type.kind === 'Union' ? column.type.fields.map(({ id }) => id) : [];
      return (row) => {
        const id = column.typeIds[row] ?? 0;
        return [id, children[ids.indexOf(id)]?.[column.offsets[row] ?? 0] ?? null];
      };
    }
  }
}
