/** The SQL names that DataFusion 55 reads as an Arrow type after `CAST(… AS`. */
import type { DataType, Field, TimeUnit } from '../../wire/arrow/types.ts';
import { quoted } from './identifiers.ts';

const SIMPLE: ReadonlyMap<DataType['kind'], string> = new Map([
  ['Boolean', 'BOOLEAN'],
  ['Int8', 'TINYINT'],
  ['Int16', 'SMALLINT'],
  ['Int32', 'INT'],
  ['Int64', 'BIGINT'],
  ['UInt8', 'TINYINT UNSIGNED'],
  ['UInt16', 'SMALLINT UNSIGNED'],
  ['UInt32', 'INT UNSIGNED'],
  ['UInt64', 'BIGINT UNSIGNED'],
  ['Float32', 'FLOAT'],
  ['Float64', 'DOUBLE'],
  ['Utf8View', 'VARCHAR'],
  ['Binary', 'BYTEA'],
  ['Date32', 'DATE'],
]);

const TIMESTAMP: Record<TimeUnit, string> = {
  Second: 'TIMESTAMP(0)',
  Millisecond: 'TIMESTAMP(3)',
  Microsecond: 'TIMESTAMP(6)',
  Nanosecond: 'TIMESTAMP',
};

/** Greatest precisions of Decimal128 and Decimal256; SQL's DECIMAL takes the smaller type that fits. */
const DECIMAL128_DIGITS = 38;
const DECIMAL256_DIGITS = 76;

type Piece = string | DataType;

/** `INT UNSIGNED`, `DECIMAL(10, 2)`, `STRUCT<"a" INT[]>`; null where SQL has no name for exactly this type. */
export function sqlTypeName(type: DataType): string | null {
  const out: string[] = [];
  const pending: Piece[] = [type];
  for (let piece = pending.pop(); piece !== undefined; piece = pending.pop()) {
    if (typeof piece === 'string') {
      out.push(piece);
      continue;
    }
    const pieces = typePieces(piece);
    if (pieces === null) return null;
    for (const next of pieces.reverse()) pending.push(next);
  }
  return out.join('');
}

function typePieces(type: DataType): Piece[] | null {
  const simple = SIMPLE.get(type.kind);
  if (simple !== undefined) return [simple];
  switch (type.kind) {
    case 'Timestamp':
      // TIMESTAMP WITH TIME ZONE takes the zone of the reader's session, so it names no type.
      return type.timezone === null ? [TIMESTAMP[type.unit]] : null;
    case 'Time64':
      return type.unit === 'Nanosecond' ? ['TIME'] : null;
    case 'Interval':
      return type.unit === 'MonthDayNano' ? ['INTERVAL'] : null;
    case 'Decimal128':
      return type.precision >= 1 && type.precision <= DECIMAL128_DIGITS ? decimal(type.precision, type.scale) : null;
    case 'Decimal256':
      return type.precision > DECIMAL128_DIGITS && type.precision <= DECIMAL256_DIGITS
        ? decimal(type.precision, type.scale)
        : null;
    case 'List':
      return plainField(type.item) && type.item.name === 'item' ? [type.item.type, '[]'] : null;
    case 'FixedSizeList':
      return plainField(type.item) && type.item.name === 'item' && type.size > 0
        ? [type.item.type, `[${type.size}]`]
        : null;
    case 'Struct': {
      if (type.fields.length === 0 || !type.fields.every(plainField)) return null;
      return [
        'STRUCT<',
        ...type.fields.flatMap((field, index): Piece[] => [
          `${index === 0 ? '' : ', '}${quoted(field.name)} `,
          field.type,
        ]),
        '>',
      ];
    }
    default:
      return null;
  }
}

function decimal(precision: number, scale: number): Piece[] | null {
  return scale <= precision ? [`DECIMAL(${precision}, ${scale})`] : null;
}

/** SQL types have no NOT NULL and no metadata inside. */
function plainField(field: Field): boolean {
  return field.nullable && field.metadata.length === 0;
}
