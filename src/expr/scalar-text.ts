/**
 * Literals as the engine prints them in the names of expressions (`Expr.canonical_name()` in Python, `Debug` and `Display` of
 * `ScalarValue` in DataFusion 55). Strings go out as they are: whoever shows the text on a terminal escapes it.
 */
import { debugString } from '../wire/arrow/rust-string.ts';
import { formatDataType } from '../wire/arrow/type-text.ts';
import type { DataType } from '../wire/arrow/types.ts';
import { dateText, floorDivide } from './calendar.ts';
import type { Int, NestedKind, NestedValue, Scalar } from './model.ts';
import { arrowDecimalText, float32Text, float64Text } from './number-text.ts';

/** Words for the value of a list, struct or map; `scalarText` asks its caller, since decoding them takes an Arrow reader. */
export type NestedText = (nested: NestedValue, kind: NestedKind) => string;

const HEX = '0123456789ABCDEF';
/** `Display` of binary values stops here. */
const SHOWN_BYTES = 10;
const MS_PER_DAY = 86_400_000n;

function nestedPlaceholder(nested: NestedValue): string {
  return `<${nested.ipcMessage.length + nested.arrowData.length} bytes of Arrow data>`;
}

/** With the type: `Int64(2)`, `Utf8("x")`, `TimestampNanosecond(5, Some("UTC"))`, `Date32("2020-01-01")`, `NULL`. */
export function scalarText(scalar: Scalar, nestedText: NestedText = nestedPlaceholder): string {
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
        before.push(`RunEndEncoded(${formatDataType(current.runEnds.type)}, ${formatDataType(current.values.type)}, `);
        closing++;
        current = current.value;
        break;
      case 'Union':
        // The engine writes the member without its type.
        return wrap(
          current.value === null
            ? 'Union(NULL)'
            : `Union ${current.typeId}:${scalarValueText(current.value, nestedText)}`,
        );
      default:
        return wrap(typedText(current, nestedText));
    }
  }
}

type Wrapping = 'Dictionary' | 'RunEndEncoded' | 'Union';
type Plain = Exclude<Scalar, { readonly kind: Wrapping }>;

function typedText(scalar: Plain, nestedText: NestedText): string {
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
      return `${scalar.kind}("${plainText(scalar, nestedText)}")`;
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
      return `${scalar.kind}(${plainText(scalar, nestedText)},${scalar.precision},${scalar.scale})`;
    default:
      return `${scalar.kind}(${plainText(scalar, nestedText)})`;
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
    default:
      return `${type.kind}(NULL)`;
  }
}

/** Without the type: `2`, `x`, `5`, `2020-01-01`, `00FF`, `NULL`. */
export function scalarValueText(scalar: Scalar, nestedText: NestedText = nestedPlaceholder): string {
  const before: string[] = [];
  let current: Scalar | null = scalar;
  for (;;) {
    if (current === null) return `${before.join('')}NULL`;
    if (current.kind === 'Union' && current.value !== null) before.push(`${current.typeId}:`);
    else if (current.kind !== 'Dictionary' && current.kind !== 'RunEndEncoded' && current.kind !== 'Union') {
      return before.join('') + plainText(current, nestedText);
    }
    current = current.value;
  }
}

function plainText(scalar: Plain, nestedText: NestedText): string {
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
      return nestedText(scalar.nested, scalar.kind);
  }
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
