/** The values of a column as hyparquet-writer takes them: physical values, arrays for lists, objects for structs. */
import type { DataType, Field } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { type Column, getBit, type NumericColumn } from '../column.ts';

/** Null for a row without a value. */
type CellReader = (row: number) => unknown;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const DAY_MILLISECONDS = 86_400_000;

/** Descends by the depth of the type, which the schema's writer bounds. */
export function cellReader(column: Column, field: Field): CellReader {
  if (column.layout === 'null') return () => null;
  const { validity } = column;
  const value = valueReader(column, field);
  return validity === null ? value : (row) => (getBit(validity, row) ? value(row) : null);
}

function valueReader(column: Exclude<Column, { layout: 'null' }>, field: Field): CellReader {
  const { type } = field;
  switch (column.layout) {
    case 'boolean':
      return (row) => getBit(column.bits, row);
    case 'numeric':
      return numberReader(column, type, field.name);
    case 'decimal':
      return (row) => BigInt(column.values[row] ?? 0);
    case 'string': {
      const { offsets, data } = column;
      const bytes = (row: number): Uint8Array => data.subarray(offsets[row] ?? 0, offsets[row + 1] ?? 0);
      return type.kind.includes('Utf8') ? (row) => decoder.decode(bytes(row)) : (row) => bytes(row).slice();
    }
    case 'dictionary': {
      if (type.kind !== 'Dictionary') throw mismatch(column, type);
      const value = cellReader(column.values, { ...field, type: type.value });
      return (row) => value(column.indices[row] ?? 0);
    }
    case 'list': {
      const entry = entryField(type);
      const item = type.kind === 'Map' ? mapEntryReader(column.item, entry) : cellReader(column.item, entry);
      return (row) => {
        const from = column.offsets[row] ?? 0;
        return Array.from({ length: (column.offsets[row + 1] ?? 0) - from }, (_, i) => item(from + i));
      };
    }
    case 'struct': {
      if (type.kind !== 'Struct') throw mismatch(column, type);
      const members = type.fields.map((member, i) => ({
        name: member.name,
        read: cellReader(childOf(column.children, i), member),
      }));
      return (row) => {
        // Without a prototype, so that every name is a name.
        const value: Record<string, unknown> = Object.create(null);
        for (const { name, read } of members) value[name] = read(row);
        return value;
      };
    }
    default:
      throw mismatch(column, type);
  }
}

function mismatch(column: Column, type: DataType): DfxError {
  return new DfxError('DEFECT', `a ${column.layout} column of type ${type.kind} on its way to Parquet`);
}

function childOf(children: readonly Column[], index: number): Column {
  const child = children[index];
  if (child === undefined) throw new DfxError('DEFECT', `a column without its child ${index}`);
  return child;
}

function entryField(type: DataType): Field {
  if (type.kind === 'Map') return type.entries;
  if ('item' in type) return type.item;
  throw new DfxError('DEFECT', `a list column of type ${type.kind}`);
}

function mapEntryReader(entries: Column, field: Field): CellReader {
  if (entries.layout !== 'struct' || field.type.kind !== 'Struct') throw mismatch(entries, field.type);
  const [keyField, valueField] = field.type.fields;
  if (keyField === undefined || valueField === undefined) throw mismatch(entries, field.type);
  const key = cellReader(childOf(entries.children, 0), keyField);
  const value = cellReader(childOf(entries.children, 1), valueField);
  return (row) => ({ key: key(row), value: value(row) });
}

function numberReader({ values }: NumericColumn, type: DataType, name: string): CellReader {
  switch (type.kind) {
    case 'Int64':
    case 'UInt64':
    case 'Duration':
    case 'Time64':
      return (row) => BigInt(values[row] ?? 0);
    case 'Timestamp':
      return type.unit === 'Second' ? (row) => milliseconds(values[row] ?? 0) : (row) => BigInt(values[row] ?? 0);
    case 'Time32':
      return type.unit === 'Second' ? (row) => Number(values[row] ?? 0) * 1000 : (row) => values[row] ?? 0;
    case 'Date64':
      return (row) => {
        const days = Number(values[row] ?? 0) / DAY_MILLISECONDS;
        if (Number.isInteger(days)) return days;
        throw new DfxError(
          'EXECUTION',
          `column ${JSON.stringify(name)} has a Date64 within a day, Parquet has whole days`,
          {
            hint: "cast it with arrow_cast(…, 'Timestamp(Millisecond, None)')",
          },
        );
      };
    default:
      return (row) => values[row] ?? 0;
  }
}

/** Parquet has no timestamps in seconds. */
function milliseconds(seconds: number | bigint): bigint {
  const value = BigInt(seconds) * 1000n;
  if (BigInt.asIntN(64, value) !== value) {
    throw new DfxError('EXECUTION', `the timestamp ${seconds} s doesn't fit Parquet's milliseconds`);
  }
  return value;
}
