/** Arrow types as Parquet's, as parquet-rs and Arrow C++ write them: physical types, and what they stand for. */
import type { SchemaElement } from 'hyparquet';
import { formatDataType } from '../../wire/arrow/type-text.ts';
import type { DataType, Field, Schema, TimeUnit } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { MAX_NESTING } from '../ipc/plan.ts';

/** The elements of the schema, parents first. */
export function parquetElements(schema: Schema): readonly SchemaElement[] {
  if (schema.fields.length === 0) throw new DfxError('UNSUPPORTED', 'a Parquet file without columns');
  const names = new Set<string>();
  const elements: SchemaElement[] = [
    { name: 'schema', num_children: schema.fields.length, repetition_type: 'REQUIRED' },
  ];
  for (const field of schema.fields) {
    if (names.has(field.name)) {
      throw new DfxError('UNSUPPORTED', `a Parquet file with two columns of the name ${JSON.stringify(field.name)}`, {
        hint: 'give the payloads labels of their own: label=path',
      });
    }
    names.add(field.name);
    addField(elements, field, field.name, 1);
  }
  return elements;
}

function addField(elements: SchemaElement[], field: Field, column: string, depth: number): void {
  const { name, nullable } = field;
  const type = valueType(field.type);
  const repetition_type = nullable ? 'OPTIONAL' : 'REQUIRED';
  if (depth > MAX_NESTING) throw refused(column, field.type);
  switch (type.kind) {
    case 'Struct':
      if (type.fields.length === 0) throw refused(column, type);
      elements.push({ name, repetition_type, num_children: type.fields.length });
      for (const child of type.fields) addField(elements, child, column, depth + 1);
      return;
    case 'List':
    case 'LargeList':
    case 'FixedSizeList':
    case 'ListView':
    case 'LargeListView':
      elements.push({ name, repetition_type, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } });
      elements.push({ name: 'list', repetition_type: 'REPEATED', num_children: 1 });
      addField(elements, { ...type.item, name: 'element' }, column, depth + 1);
      return;
    case 'Map': {
      const entries = type.entries.type;
      const [key, value] = entries.kind === 'Struct' ? entries.fields : [];
      if (key === undefined || value === undefined) throw refused(column, type);
      elements.push({ name, repetition_type, num_children: 1, converted_type: 'MAP', logical_type: { type: 'MAP' } });
      elements.push({ name: 'key_value', repetition_type: 'REPEATED', num_children: 2 });
      addField(elements, { ...key, name: 'key', nullable: false }, column, depth + 2);
      addField(elements, { ...value, name: 'value' }, column, depth + 2);
      return;
    }
    default: {
      const leaf = leafElement(type);
      if (leaf === null) throw refused(column, field.type);
      elements.push({ name, repetition_type, ...leaf });
    }
  }
}

function refused(column: string, type: DataType): DfxError {
  return new DfxError(
    'UNSUPPORTED',
    `column ${JSON.stringify(column)} has the type ${formatDataType(type)}, which Parquet doesn't have`,
    { hint: 'write an Arrow file, or put an arrow_cast around the expression' },
  );
}

/** Parquet has dictionaries as an encoding only. */
function valueType(type: DataType): DataType {
  return type.kind === 'Dictionary' ? valueType(type.value) : type;
}

const UNITS: Record<TimeUnit, 'MILLIS' | 'MICROS' | 'NANOS'> = {
  Second: 'MILLIS',
  Millisecond: 'MILLIS',
  Microsecond: 'MICROS',
  Nanosecond: 'NANOS',
};

type LeafElement = Omit<SchemaElement, 'name' | 'repetition_type'>;

function leafElement(type: DataType): LeafElement | null {
  switch (type.kind) {
    case 'Null':
      return { type: 'INT32', logical_type: { type: 'NULL' } };
    case 'Boolean':
      return { type: 'BOOLEAN' };
    case 'Int8':
    case 'Int16':
    case 'UInt8':
    case 'UInt16':
    case 'UInt32':
    case 'UInt64': {
      const width = type.kind.replace(/^U?Int/, '');
      // hyparquet-writer 0.17 writes the width of a logical type INTEGER as 32 bits, and readers expect 8.
      const converted_type =
        `${type.kind.startsWith('U') ? 'UINT' : 'INT'}_${width as '8' | '16' | '32' | '64'}` as const;
      return { type: width === '64' ? 'INT64' : 'INT32', converted_type };
    }
    case 'Int32':
      return { type: 'INT32' };
    case 'Int64':
    case 'Duration':
      return { type: 'INT64' };
    case 'Float16':
      return { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } };
    case 'Float32':
      return { type: 'FLOAT' };
    case 'Float64':
      return { type: 'DOUBLE' };
    case 'Utf8':
    case 'LargeUtf8':
    case 'Utf8View':
      return { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
    case 'Binary':
    case 'LargeBinary':
    case 'BinaryView':
      return { type: 'BYTE_ARRAY' };
    case 'FixedSizeBinary':
      return type.size === 0 ? null : { type: 'FIXED_LEN_BYTE_ARRAY', type_length: type.size };
    case 'Date32':
    case 'Date64':
      return { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } };
    case 'Time32':
      return { type: 'INT32', logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: 'MILLIS' } };
    case 'Time64':
      return { type: 'INT64', logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: UNITS[type.unit] } };
    case 'Timestamp':
      return {
        type: 'INT64',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: type.timezone !== null, unit: UNITS[type.unit] },
      };
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256': {
      const { precision, scale } = type;
      if (scale < 0 || scale > precision) return null;
      const meaning = {
        converted_type: 'DECIMAL',
        logical_type: { type: 'DECIMAL', precision, scale },
        precision,
        scale,
      } as const;
      if (precision <= 9) return { type: 'INT32', ...meaning };
      if (precision <= 18) return { type: 'INT64', ...meaning };
      return { type: 'FIXED_LEN_BYTE_ARRAY', type_length: decimalBytes(precision), ...meaning };
    }
    default:
      return null;
  }
}

/** As few bytes as hold any integer of so many digits, and its sign. */
function decimalBytes(precision: number): number {
  let bytes = 1;
  while (2n ** BigInt(8 * bytes - 1) <= 10n ** BigInt(precision) - 1n) bytes++;
  return bytes;
}

export function holdsFloats(type: DataType): boolean {
  const found = valueType(type);
  switch (found.kind) {
    case 'Float16':
    case 'Float32':
    case 'Float64':
      return true;
    case 'Struct':
      return found.fields.some((field) => holdsFloats(field.type));
    case 'Map':
      return holdsFloats(found.entries.type);
    default:
      return 'item' in found && holdsFloats(found.item.type);
  }
}
