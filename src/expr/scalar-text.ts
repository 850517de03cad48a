/**
 * Literals as the engine prints them in the names of expressions (`Expr.canonical_name()` in Python, `Debug` and `Display` of
 * `ScalarValue` in DataFusion 55). Strings go out as they are: whoever shows the text on a terminal escapes it.
 */

import { readNested } from '../wire/arrow/nested-read.ts';
import { debugString } from '../wire/arrow/rust-string.ts';
import { displayDataType, formatDataType } from '../wire/arrow/type-text.ts';
import type { DataType, Field } from '../wire/arrow/types.ts';
import { type ArrowValue, isKind } from '../wire/arrow/value-model.ts';
import { DfxError } from '../wire/errors.ts';
import { arrayValueText, entryTypes } from './array-text.ts';
import { dateText, floorDivide } from './calendar.ts';
import type { Int, NestedValue, Scalar } from './model.ts';
import { arrowDecimalText, float32Text, float64Text } from './number-text.ts';

const HEX = '0123456789ABCDEF';
/** `Display` of binary values stops here. */
const SHOWN_BYTES = 10;
const MS_PER_DAY = 86_400_000n;

/** With the type: `Int64(2)`, `Utf8("x")`, `TimestampNanosecond(5, Some("UTC"))`, `Date32("2020-01-01")`, `NULL`. */
export function scalarText(scalar: Scalar): string {
  const before: string[] = [];
  let closing = 0;
  const wrap = (text: string): string => before.join('') + text + ')'.repeat(closing);
  let current = scalar;
  // A dictionary or run-end-encoded value wraps another one, to any depth.
  for (;;) {
    switch (current.kind) {
      case 'Dictionary':
        before.push(`Dictionary(${formatDataType(current.key)}, `);
        closing++;
        current = current.value;
        break;
      case 'RunEndEncoded':
        before.push(`RunEndEncoded(${fieldText(current.runEnds)}, ${fieldText(current.values)}, `);
        closing++;
        current = current.value;
        break;
      case 'Union':
        // The engine writes the member without its type.
        return wrap(
          current.value === null ? 'Union(NULL)' : `Union ${current.typeId}:${scalarValueText(current.value)}`,
        );
      default:
        return wrap(typedText(current));
    }
  }
}

type Wrapping = 'Dictionary' | 'RunEndEncoded' | 'Union';
type Plain = Exclude<Scalar, { readonly kind: Wrapping }>;

function typedText(scalar: Plain): string {
  switch (scalar.kind) {
    case 'Null':
      return nullText(scalar.type);
    case 'Utf8':
    case 'LargeUtf8':
    case 'Utf8View':
      return `${scalar.kind}("${scalar.value}")`;
    case 'Binary':
    case 'LargeBinary':
    case 'BinaryView':
      return `${scalar.kind}("${scalar.value.join(',')}")`;
    case 'FixedSizeBinary':
      return `FixedSizeBinary(${scalar.size}, "${scalar.value.join(',')}")`;
    case 'Date32':
    case 'Date64':
    case 'IntervalYearMonth':
    case 'IntervalDayTime':
    case 'IntervalMonthDayNano':
      return `${scalar.kind}("${plainText(scalar)}")`;
    case 'Time32':
    case 'Time64':
    case 'Duration':
      return `${scalar.kind}${scalar.unit}("${scalar.value}")`;
    case 'Timestamp':
      return `Timestamp${scalar.unit}(${scalar.value}, ${timezoneText(scalar.timezone)})`;
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return `${scalar.kind}(${plainText(scalar)},${scalar.precision},${scalar.scale})`;
    case 'Struct':
    case 'Map':
      return `${scalar.kind}(${nestedText(scalar, true)})`;
    default:
      return `${scalar.kind}(${plainText(scalar)})`;
  }
}

function timezoneText(timezone: string | null): string {
  return timezone === null ? 'None' : `Some(${debugString(timezone)})`;
}

/** The null of a type: `Int8(NULL)`, `Date32("NULL")`, `Decimal128(NULL,10,2)`; plain `NULL` has the type Null. */
function nullText(type: DataType): string {
  switch (type.kind) {
    case 'Null':
      return 'NULL';
    case 'FixedSizeBinary':
      return `FixedSizeBinary(${type.size}, NULL)`;
    case 'Date32':
    case 'Date64':
      return `${type.kind}("NULL")`;
    case 'Time32':
    case 'Time64':
    case 'Duration':
      return `${type.kind}${type.unit}("NULL")`;
    case 'Interval':
      return `Interval${type.unit}("NULL")`;
    case 'Timestamp':
      return `Timestamp${type.unit}(NULL, ${timezoneText(type.timezone)})`;
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return `${type.kind}(NULL,${type.precision},${type.scale})`;
    case 'List':
    case 'LargeList':
    case 'ListView':
    case 'LargeListView':
    case 'FixedSizeList':
      // The engine prints an empty cell for a null list.
      return `${type.kind}()`;
    case 'Struct':
      return `Struct({${type.fields.map((field) => `${field.name}:`).join(',')}})`;
    case 'Map':
      return 'Map([NULL])';
    default:
      return `${type.kind}(NULL)`;
  }
}

/** Without the type: `2`, `x`, `5`, `2020-01-01`, `00FF`, `NULL`. */
export function scalarValueText(scalar: Scalar): string {
  const before: string[] = [];
  let current: Scalar | null = scalar;
  for (;;) {
    if (current === null) return `${before.join('')}NULL`;
    if (current.kind === 'Union' && current.value !== null) before.push(`${current.typeId}:`);
    else if (current.kind !== 'Dictionary' && current.kind !== 'RunEndEncoded' && current.kind !== 'Union') {
      return before.join('') + plainText(current);
    }
    current = current.value;
  }
}

function plainText(scalar: Plain): string {
  switch (scalar.kind) {
    case 'Null':
      return 'NULL';
    case 'Boolean':
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'Int64':
    case 'UInt8':
    case 'UInt16':
    case 'UInt32':
    case 'UInt64':
    case 'Utf8':
    case 'LargeUtf8':
    case 'Utf8View':
    case 'Time32':
    case 'Time64':
    case 'Timestamp':
    case 'Duration':
      return String(scalar.value);
    case 'Float32':
      return float32Text(scalar.value);
    case 'Float64':
      return float64Text(scalar.value);
    case 'Binary':
    case 'LargeBinary':
    case 'BinaryView':
    case 'FixedSizeBinary':
      return hexText(scalar.value.subarray(0, SHOWN_BYTES)) + (scalar.value.length > SHOWN_BYTES ? '...' : '');
    case 'Date32':
      return dateText(scalar.value);
    case 'Date64':
      return dateText(daysOf(scalar.value));
    case 'IntervalYearMonth':
      return String(scalar.months);
    case 'IntervalDayTime':
      return `IntervalDayTime { days: ${scalar.days}, milliseconds: ${scalar.milliseconds} }`;
    case 'IntervalMonthDayNano':
      return `IntervalMonthDayNano { months: ${scalar.months}, days: ${scalar.days}, nanoseconds: ${scalar.nanos} }`;
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return arrowDecimalText(scalar.value, scalar.precision, scalar.scale);
    case 'List':
    case 'LargeList':
    case 'FixedSizeList':
    case 'ListView':
    case 'LargeListView':
    case 'Struct':
    case 'Map':
      return nestedText(scalar, false);
  }
}

type Nested = Extract<Scalar, { readonly nested: NestedValue }>;

/** `debug` is the form beside a type's name: it quotes what is in a map, and shows the fields of a struct that is null. */
function nestedText(scalar: Nested, debug: boolean): string {
  const type = scalar.nested.schema?.fields[0]?.type;
  let value: ArrowValue;
  try {
    value = readNested(scalar.nested);
  } catch (error) {
    // Whoever reads the payload reports it with its place; a name has no room for more.
    if (error instanceof DfxError) return `<${error.message}>`;
    throw error;
  }
  if (type?.kind === 'Struct') {
    if (value === null && !debug) return 'NULL';
    const fields = value !== null && isKind(value, 'struct') ? value.fields : [];
    const texts = type.fields.map(
      (field, index) => `${field.name}:${arrayValueText(field.type, fields[index]?.[1] ?? null)}`,
    );
    return `{${texts.join(',')}}`;
  }
  if (type?.kind === 'Map') {
    const types = entryTypes(type);
    if (types === null || value === null || !isKind(value, 'map')) return debug ? '[NULL]' : 'NULL';
    const quote = (text: string): string => (debug ? debugString(text) : text);
    const texts = value.entries.map(
      ([key, item]) => `${quote(arrayValueText(types.key, key))}:${quote(arrayValueText(types.value, item))}`,
    );
    return `[{${texts.join(',')}}]`;
  }
  return type === undefined ? '' : arrayValueText(type, value);
}

/** `Debug` of an arrow-rs `Field`, which leaves out what is false or empty. */
function fieldText(field: Field): string {
  const type = `data_type: ${displayDataType(field.type)}`;
  return `Field { name: ${debugString(field.name)}, ${type}${field.nullable ? ', nullable: true' : ''} }`;
}

function daysOf(milliseconds: Int): number {
  return Number(floorDivide(BigInt(milliseconds), MS_PER_DAY));
}

/** Upper-case hexadecimal digits, two for each byte. */
export function hexText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX.charAt(byte >> 4) + HEX.charAt(byte & 15);
  return text;
}
