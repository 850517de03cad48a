import type { DataType } from '../wire/arrow/types.ts';
import type { Scalar } from './model.ts';

/** The literal's Arrow type. Lists, structs and maps answer with the type of their only column, or Null where it is lost. */
export function typeOfScalar(root: Scalar): DataType {
  const keys: DataType[] = [];
  let scalar = root;
  while (scalar.kind === 'Dictionary') {
    keys.push(scalar.key);
    scalar = scalar.value;
  }
  let type = simpleType(scalar);
  for (const key of keys.reverse()) type = { kind: 'Dictionary', key, value: type };
  return type;
}

function simpleType(scalar: Exclude<Scalar, { readonly kind: 'Dictionary' }>): DataType {
  switch (scalar.kind) {
    case 'Null':
      return scalar.type;
    case 'FixedSizeBinary':
      return { kind: 'FixedSizeBinary', size: scalar.size };
    case 'Time32':
    case 'Time64':
    case 'Duration':
      return { kind: scalar.kind, unit: scalar.unit };
    case 'Timestamp':
      return { kind: 'Timestamp', unit: scalar.unit, timezone: scalar.timezone };
    case 'IntervalYearMonth':
      return { kind: 'Interval', unit: 'YearMonth' };
    case 'IntervalDayTime':
      return { kind: 'Interval', unit: 'DayTime' };
    case 'IntervalMonthDayNano':
      return { kind: 'Interval', unit: 'MonthDayNano' };
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return { kind: scalar.kind, precision: scalar.precision, scale: scalar.scale };
    case 'RunEndEncoded':
      return { kind: 'RunEndEncoded', runEnds: scalar.runEnds, values: scalar.values };
    case 'Union':
      return { kind: 'Union', mode: scalar.mode, fields: scalar.fields };
    case 'List':
    case 'LargeList':
    case 'FixedSizeList':
    case 'ListView':
    case 'LargeListView':
    case 'Struct':
    case 'Map':
      return scalar.nested.schema?.fields[0]?.type ?? { kind: 'Null' };
    default:
      return { kind: scalar.kind };
  }
}
