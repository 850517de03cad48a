/**
 * Arrow types as text. Nested types read as arrow-rs displays them (arrow-schema 58 and 59, `SELECT arrow_typeof(…)`):
 * `List(non-null Int64, field: 'x')`, `Struct("a": Int64, "b": non-null Utf8)`. Units are spelled out, `Timestamp(Microsecond,
 * Some("UTC"))`, the form that dfx fixes for its documents and that every `arrow_cast` reads; `displayDataType` abbreviates
 * them as the engine prints them today.
 */
import { debugString } from './rust-string.ts';
import type { DataType, Field, Pairs, TimeUnit } from './types.ts';

const SHORT_UNIT: Record<TimeUnit, string> = { Second: 's', Millisecond: 'ms', Microsecond: 'µs', Nanosecond: 'ns' };

/** Text that `parseDataType` reads back to the same type: names and metadata included, in their order. */
export function formatDataType(type: DataType): string {
  return writeType(type, 'spelled');
}

/**
 * Exactly what `arrow_typeof` prints in DataFusion 54 and 55: `Timestamp(µs, "UTC")`, `Duration(s)`. Metadata comes sorted by
 * key and the field name of a list is not escaped, so some texts can't be read back.
 */
export function displayDataType(type: DataType): string {
  return writeType(type, 'display');
}

type Style = 'spelled' | 'display';

/** Pieces still to write, last first: text, or a type whose text goes here. */
type Piece = string | DataType;

function writeType(type: DataType, style: Style): string {
  const out: string[] = [];
  const todo: Piece[] = [type];
  for (let piece = todo.pop(); piece !== undefined; piece = todo.pop()) {
    if (typeof piece === 'string') {
      out.push(piece);
      continue;
    }
    const pieces = typePieces(piece, style);
    for (let i = pieces.length - 1; i >= 0; i -= 1) todo.push(pieces[i] as Piece);
  }
  return out.join('');
}

function typePieces(type: DataType, style: Style): Piece[] {
  switch (type.kind) {
    case 'Timestamp':
      return [timestampText(type.unit, type.timezone, style)];
    case 'Time32':
    case 'Time64':
    case 'Duration':
      return [`${type.kind}(${style === 'display' ? SHORT_UNIT[type.unit] : type.unit})`];
    case 'Interval':
      return [`Interval(${type.unit})`];
    case 'FixedSizeBinary':
      return [`FixedSizeBinary(${type.size})`];
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return [`${type.kind}(${type.precision}, ${type.scale})`];
    case 'List':
    case 'LargeList':
    case 'ListView':
    case 'LargeListView':
      return [`${type.kind}(`, ...itemPieces(type.item, style), ')'];
    case 'FixedSizeList':
      return [`FixedSizeList(${type.size} x `, ...itemPieces(type.item, style), ')'];
    case 'Struct': {
      const pieces: Piece[] = ['Struct('];
      type.fields.forEach((field, i) => {
        if (i > 0) pieces.push(', ');
        pieces.push(...fieldPieces(field, style));
      });
      pieces.push(')');
      return pieces;
    }
    case 'Map':
      return ['Map(', ...fieldPieces(type.entries, style), type.sorted ? ', sorted)' : ', unsorted)'];
    case 'Union': {
      const pieces: Piece[] = [`Union(${type.mode}`];
      for (const { id, field } of type.fields) pieces.push(`, ${id}: (`, ...fieldPieces(field, style), ')');
      pieces.push(')');
      return pieces;
    }
    case 'Dictionary':
      return ['Dictionary(', type.key, ', ', type.value, ')'];
    case 'RunEndEncoded':
      return ['RunEndEncoded(', ...fieldPieces(type.runEnds, style), ', ', ...fieldPieces(type.values, style), ')'];
    default:
      return [type.kind];
  }
}

function timestampText(unit: TimeUnit, timezone: string | null, style: Style): string {
  if (style === 'spelled') {
    return `Timestamp(${unit}, ${timezone === null ? 'None' : `Some(${debugString(timezone)})`})`;
  }
  return `Timestamp(${SHORT_UNIT[unit]}${timezone === null ? '' : `, ${debugString(timezone)}`})`;
}

function fieldPieces(field: Field, style: Style): Piece[] {
  const start = `${debugString(field.name)}: ${field.nullable ? '' : 'non-null '}`;
  return [start, field.type, metadataText(field.metadata, style)];
}

/** The item of a list: its name shows only where it isn't the usual `item`. */
function itemPieces(field: Field, style: Style): Piece[] {
  let end = '';
  if (field.name !== 'item') {
    // arrow-rs writes the name raw, and can't read it back when it holds a quote.
    end = `, field: ${style === 'display' ? `'${field.name}'` : debugString(field.name, "'")}`;
  }
  return [field.nullable ? '' : 'non-null ', field.type, end + metadataText(field.metadata, style)];
}

function metadataText(metadata: Pairs, style: Style): string {
  if (metadata.length === 0) return '';
  const pairs = style === 'display' ? [...metadata].sort(([a], [b]) => compareCodePoints(a, b)) : metadata;
  return `, metadata: {${pairs.map(([key, value]) => `${debugString(key)}: ${debugString(value)}`).join(', ')}}`;
}

/** Rust sorts strings by UTF-8 bytes, which is the order of code points, not of UTF-16 units. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; ) {
    const left = a.codePointAt(i) ?? 0;
    const right = b.codePointAt(i) ?? 0;
    if (left !== right) return left - right;
    i += left > 0xffff ? 2 : 1;
  }
  return a.length - b.length;
}
