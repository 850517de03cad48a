/** SQL type names to Arrow types, as the planner of DataFusion 55 takes them with its default settings. */
import type { DataType, Field } from '../../wire/arrow/types.ts';
import { unsupported } from './errors.ts';
import { normalize } from './identifiers.ts';
import type { TypeSyntax } from './syntax.ts';

const PLAIN: ReadonlyMap<string, DataType> = new Map<string, DataType>([
  ['BOOLEAN', { kind: 'Boolean' }],
  ['BOOL', { kind: 'Boolean' }],
  ['TINYINT', { kind: 'Int8' }],
  ['SMALLINT', { kind: 'Int16' }],
  ['INT2', { kind: 'Int16' }],
  ['INT', { kind: 'Int32' }],
  ['INTEGER', { kind: 'Int32' }],
  ['INT4', { kind: 'Int32' }],
  ['BIGINT', { kind: 'Int64' }],
  ['INT8', { kind: 'Int64' }],
  ['TINYINT UNSIGNED', { kind: 'UInt8' }],
  ['SMALLINT UNSIGNED', { kind: 'UInt16' }],
  ['INT2 UNSIGNED', { kind: 'UInt16' }],
  ['INT UNSIGNED', { kind: 'UInt32' }],
  ['INTEGER UNSIGNED', { kind: 'UInt32' }],
  ['INT4 UNSIGNED', { kind: 'UInt32' }],
  ['BIGINT UNSIGNED', { kind: 'UInt64' }],
  ['INT8 UNSIGNED', { kind: 'UInt64' }],
  ['FLOAT', { kind: 'Float32' }],
  ['REAL', { kind: 'Float32' }],
  ['FLOAT4', { kind: 'Float32' }],
  ['DOUBLE', { kind: 'Float64' }],
  ['DOUBLE PRECISION', { kind: 'Float64' }],
  ['FLOAT8', { kind: 'Float64' }],
  ['VARCHAR', { kind: 'Utf8View' }],
  ['CHAR', { kind: 'Utf8View' }],
  ['TEXT', { kind: 'Utf8View' }],
  ['STRING', { kind: 'Utf8View' }],
  ['DATE', { kind: 'Date32' }],
  ['BYTEA', { kind: 'Binary' }],
]);

const TIMESTAMP_UNITS = new Map([
  [0, 'Second'],
  [3, 'Millisecond'],
  [6, 'Microsecond'],
  [9, 'Nanosecond'],
] as const);

/** The engine's default for NUMERIC without numbers. */
const DEFAULT_DECIMAL = [38, 10] as const;

function decimal(numbers: readonly number[], refuse: () => Error): DataType {
  const [precision, scale] = numbers.length === 0 ? DEFAULT_DECIMAL : [numbers[0] ?? 0, numbers[1] ?? 0];
  if (precision < 1 || precision > 76 || Math.abs(scale) > precision) throw refuse();
  return { kind: precision > 38 ? 'Decimal256' : 'Decimal128', precision, scale };
}

function namedType(type: TypeSyntax & { readonly kind: 'named' }, start: number): DataType {
  const shown = type.name.startsWith('CUSTOM ') ? type.name.slice(7) : type.name;
  const refuse = () => {
    const numbers = type.numbers.length === 0 ? '' : `(${type.numbers.join(', ')})`;
    return unsupported(`found the type ${shown}${numbers}, which the engine has no meaning for`, start);
  };
  const name = type.unsigned ? `${type.name} UNSIGNED` : type.name;
  switch (name) {
    case 'NUMERIC':
    case 'DECIMAL':
      return decimal(type.numbers, refuse);
    case 'TIMESTAMP':
    case 'TIMESTAMPTZ': {
      const unit = TIMESTAMP_UNITS.get((type.numbers[0] ?? 9) as 0 | 3 | 6 | 9);
      if (unit === undefined) throw refuse();
      // WITH TIME ZONE means the session's zone, and a session has none unless it is told.
      return { kind: 'Timestamp', unit, timezone: null };
    }
    case 'TIME':
      if (type.zoned || type.numbers.length > 0) throw refuse();
      return { kind: 'Time64', unit: 'Nanosecond' };
    case 'INTERVAL':
      if (type.numbers.length > 0) throw refuse();
      return { kind: 'Interval', unit: 'MonthDayNano' };
    case 'DOUBLE':
      if (type.numbers.length > 0) throw refuse();
      return { kind: 'Float64' };
    default: {
      const plain = PLAIN.get(name);
      if (plain === undefined) throw refuse();
      return plain;
    }
  }
}

function item(type: DataType): Field {
  return { name: 'item', type, nullable: true, metadata: [] };
}

/** The Arrow type of a cast's target. Nesting is bounded by the parser. */
export function arrowType(type: TypeSyntax, start: number): DataType {
  switch (type.kind) {
    case 'named':
      return namedType(type, start);
    case 'array': {
      const inner = item(arrowType(type.item, start));
      if (type.size === null) return { kind: 'List', item: inner };
      if (type.size > 0x7fff_ffff)
        throw unsupported(`found an array of ${type.size} elements, expected at most 2147483647`, start);
      return { kind: 'FixedSizeList', item: inner, size: type.size };
    }
    case 'struct': {
      const fields = type.fields.map(({ name, type: inner }, i): Field => {
        const field = item(arrowType(inner, start));
        return { ...field, name: name === null ? `c${i}` : normalize(name) };
      });
      return { kind: 'Struct', fields };
    }
  }
}
