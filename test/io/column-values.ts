import { type Column, getBit } from '../../src/io/index.ts';

export type Shown = string | boolean | null | readonly Shown[];

/**
 * Values as arrow_oracle.py prints them: integers, dates, times and unscaled decimals as text, floats by the hexadecimal digits of their
 * bits, bytes by theirs, nested values as lists.
 */
export function columnValues(column: Column): Shown[] {
  const of = reader(column);
  return Array.from({ length: column.length }, (_, row) => of(row));
}

function reader(column: Column): (row: number) => Shown {
  if (column.layout === 'null') return () => null;
  const { validity } = column;
  const value = valueReader(column);
  return (row) => (validity === null || getBit(validity, row) ? value(row) : null);
}

function valueReader(column: Exclude<Column, { layout: 'null' }>): (row: number) => Shown {
  const { type } = column;
  switch (column.layout) {
    case 'boolean':
      return (row) => getBit(column.bits, row);
    case 'numeric': {
      const { values } = column;
      if (type.kind === 'Float64' && values instanceof Float64Array) {
        const words = new BigUint64Array(values.buffer, values.byteOffset, column.length);
        return (row) => (words[row] ?? 0n).toString(16).padStart(16, '0');
      }
      if (values instanceof Float32Array) {
        const words = new Uint32Array(values.buffer, values.byteOffset, column.length);
        return (row) => (words[row] ?? 0).toString(16).padStart(8, '0');
      }
      return (row) => (Object.is(values[row], -0) ? 'negative zero' : String(values[row]));
    }
    case 'decimal':
      return (row) => String(column.values[row]);
    case 'interval':
      return (row) => [column.months[row], column.days[row], column.rest[row]].map(String);
    case 'string': {
      const text = type.kind.includes('Utf8');
      return (row) => {
        const bytes = Buffer.from(column.data.subarray(column.offsets[row], column.offsets[row + 1]));
        return bytes.toString(text ? 'utf8' : 'hex');
      };
    }
    case 'list': {
      const item = reader(column.item);
      return (row) => {
        const from = column.offsets[row] ?? 0;
        return Array.from({ length: (column.offsets[row + 1] ?? 0) - from }, (_, i) => item(from + i));
      };
    }
    case 'struct': {
      const members = column.children.map(reader);
      return (row) => members.map((member) => member(row));
    }
    case 'dictionary': {
      const value = reader(column.values);
      return (row) => value(column.indices[row] ?? 0);
    }
    case 'union': {
      const members = column.children.map(reader);
      const ids = type.kind === 'Union' ? type.fields.map(({ id }) => id) : [];
      return (row) => {
        const id = column.typeIds[row] ?? 0;
        const value = members[ids.indexOf(id)]?.(column.offsets[row] ?? 0) ?? null;
        return value === null ? null : [String(id), value];
      };
    }
  }
}
