/** How the types of Arrow stand in columns: the layout, and what stands inside of a type. */
import type { DataType, Field } from '../wire/arrow/types.ts';
import type { Column } from './column.ts';

/** How columns of the type are laid out; null for RunEndEncoded, which has no layout of its own. */
export function layoutOf(type: DataType): Column['layout'] | null {
  switch (type.kind) {
    case 'Null':
      return 'null';
    case 'Boolean':
      return 'boolean';
    case 'Utf8':
    case 'LargeUtf8':
    case 'Utf8View':
    case 'Binary':
    case 'LargeBinary':
    case 'BinaryView':
    case 'FixedSizeBinary':
      return 'string';
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return 'decimal';
    case 'Interval':
      return type.unit === 'YearMonth' ? 'numeric' : 'interval';
    case 'List':
    case 'LargeList':
    case 'ListView':
    case 'LargeListView':
    case 'FixedSizeList':
    case 'Map':
      return 'list';
    case 'Struct':
      return 'struct';
    case 'Union':
      return 'union';
    case 'Dictionary':
      return 'dictionary';
    case 'RunEndEncoded':
      return null;
    default:
      return 'numeric';
  }
}

/** The field that the rows of a list or map hold. */
export function itemField(type: DataType): Field | null {
  if ('item' in type) return type.item;
  return type.kind === 'Map' ? type.entries : null;
}

/** The types that stand directly inside of a type. */
export function innerTypes(type: DataType): readonly DataType[] {
  if ('item' in type) return [type.item.type];
  switch (type.kind) {
    case 'Struct':
      return type.fields.map((field) => field.type);
    case 'Map':
      return [type.entries.type];
    case 'Union':
      return type.fields.map(({ field }) => field.type);
    case 'Dictionary':
      return [type.key, type.value];
    case 'RunEndEncoded':
      return [type.runEnds.type, type.values.type];
    default:
      return [];
  }
}
