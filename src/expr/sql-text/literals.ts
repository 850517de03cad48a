/** Literals in SQL text. A bare SQL literal is Int64, UInt64, Float64, Utf8, Boolean, Binary, an interval or NULL. */

import { formatDataType } from '../../wire/arrow/type-text.ts';
import type { DataType } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { dateText, timestampText, timeText, UNITS_PER_SECOND } from '../calendar.ts';
import type { Int, NestedValue, Scalar } from '../model.ts';
import { decimalText, shortest32, shortestText } from '../number-text.ts';
import { hexText } from '../scalar-text.ts';
import { typeOfScalar } from '../scalar-type.ts';
import { stringLiteral } from './identifiers.ts';
import { type NestedLiteral, nestedLiteral, opaqueLiteral } from './nested-literals.ts';
import { sqlTypeName } from './type-names.ts';

/**
 * `typed` (the default) writes a literal so that it comes back with its value and its type, as `CAST(5 AS SMALLINT)` or
 * `arrow_cast('x', 'LargeUtf8')`; `bare` leaves the type of numbers and strings out. Utf8View, Python's string literal, is
 * bare in both: it would fill the text, and strings coerce.
 */
export type LiteralStyle = 'typed' | 'bare';

export interface LiteralText {
  readonly text: string;
  /** A sign in front: the text binds like a negation. */
  readonly negative: boolean;
  /** Why the text reads back as another expression; null where it is this very literal. */
  readonly loss: string | null;
}

const INT64_MAX = 9_223_372_036_854_775_807n;
const MS_PER_DAY = 86_400_000;
const DAY_SECONDS = 86_400n;

function exact(text: string): LiteralText {
  return { text, negative: text.startsWith('-'), loss: null };
}

function lossy(text: string, loss: string): LiteralText {
  return { text, negative: text.startsWith('-'), loss };
}

/** `CAST(text AS type)` where SQL names the type, else `arrow_cast(text, 'type')`. */
export function castText(text: string, type: DataType): string {
  const name = sqlTypeName(type);
  return name === null ? arrowCast(text, type) : `CAST(${text} AS ${name})`;
}

function arrowCast(text: string, type: DataType): string {
  return `arrow_cast(${text}, ${stringLiteral(formatDataType(type))})`;
}

function typed(text: string, type: DataType): LiteralText {
  return lossy(castText(text, type), `a cast to ${formatDataType(type)} stands for a literal of that type`);
}

function arrowTyped(text: string, type: DataType): LiteralText {
  return lossy(arrowCast(text, type), `a cast to ${formatDataType(type)} stands for a literal of that type`);
}

export function sqlLiteral(scalar: Scalar, style: LiteralStyle): LiteralText {
  const wrappers: DataType[] = [];
  let loss: string | null = null;
  let value: Scalar | null = scalar;
  while (value !== null && (value.kind === 'Dictionary' || value.kind === 'RunEndEncoded' || value.kind === 'Union')) {
    wrappers.push(wrapperType(value));
    if (value.kind === 'Union') loss = 'SQL has no literal of a union';
    value = value.value;
  }
  const inner = value === null ? exact('NULL') : plainLiteral(value, style);
  if (wrappers.length === 0) return inner;
  let text = inner.text;
  for (const type of wrappers.reverse()) text = arrowCast(text, type);
  return lossy(text, loss ?? `a cast to ${formatDataType(typeOfScalar(scalar))} stands for a literal of that type`);
}

type Wrapping = 'Dictionary' | 'RunEndEncoded' | 'Union';
type Wrapped = Extract<Scalar, { readonly kind: Wrapping }>;
type Plain = Exclude<Scalar, { readonly kind: Wrapping }>;

function wrapperType(scalar: Wrapped): DataType {
  switch (scalar.kind) {
    case 'Dictionary':
      return { kind: 'Dictionary', key: scalar.key, value: typeOfScalar(scalar.value) };
    case 'RunEndEncoded':
      return { kind: 'RunEndEncoded', runEnds: scalar.runEnds, values: scalar.values };
    case 'Union':
      return { kind: 'Union', mode: scalar.mode, fields: scalar.fields };
  }
}

function plainLiteral(scalar: Plain, style: LiteralStyle): LiteralText {
  switch (scalar.kind) {
    case 'Null':
      return scalar.type.kind === 'Null' || style === 'bare'
        ? lossUnless(exact('NULL'), scalar.type.kind === 'Null', scalar.type)
        : typed('NULL', scalar.type);
    case 'Boolean':
      return exact(scalar.value ? 'TRUE' : 'FALSE');
    case 'Int64':
      return exact(String(scalar.value));
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'UInt8':
    case 'UInt16':
    case 'UInt32':
      return number(String(scalar.value), { kind: scalar.kind }, style);
    case 'UInt64':
      return BigInt(scalar.value) > INT64_MAX
        ? exact(String(scalar.value))
        : number(String(scalar.value), { kind: 'UInt64' }, style);
    case 'Float64': {
      if (!Number.isFinite(scalar.value)) return typed(stringLiteral(special(scalar.value)), { kind: 'Float64' });
      return exact(withPoint(shortestText(scalar.value)));
    }
    case 'Float32':
      if (!Number.isFinite(scalar.value)) return typed(stringLiteral(special(scalar.value)), { kind: 'Float32' });
      return number(withPoint(shortest32(scalar.value)), { kind: 'Float32' }, style);
    case 'Utf8':
      return exact(stringLiteral(scalar.value));
    case 'Utf8View':
      return lossy(stringLiteral(scalar.value), 'a SQL string is Utf8, and this literal is Utf8View');
    case 'LargeUtf8':
      return style === 'bare'
        ? lossy(stringLiteral(scalar.value), 'a SQL string is Utf8, and this literal is LargeUtf8')
        : arrowTyped(stringLiteral(scalar.value), { kind: 'LargeUtf8' });
    case 'Binary':
      return exact(`X'${hexText(scalar.value)}'`);
    case 'LargeBinary':
    case 'BinaryView':
    case 'FixedSizeBinary':
      return arrowTyped(`X'${hexText(scalar.value)}'`, typeOfScalar(scalar));
    case 'Date32': {
      const text = plainDate(dateText(scalar.value));
      return text === null
        ? arrowTyped(arrowCast(String(scalar.value), { kind: 'Int32' }), { kind: 'Date32' })
        : lossy(`DATE '${text}'`, 'a cast from text stands for a Date32 literal');
    }
    case 'Date64': {
      const days = Number(scalar.value) / MS_PER_DAY;
      const text = Number.isInteger(days) ? plainDate(dateText(days)) : null;
      return arrowTyped(text === null ? String(scalar.value) : stringLiteral(text), { kind: 'Date64' });
    }
    case 'Time32':
    case 'Time64':
      return time(scalar.value, scalar);
    case 'Timestamp':
      return timestamp(scalar);
    case 'Duration':
      return arrowTyped(String(scalar.value), { kind: 'Duration', unit: scalar.unit });
    case 'IntervalMonthDayNano':
      return exact(`INTERVAL '${intervalWords(scalar.months, scalar.days, scalar.nanos)}'`);
    case 'IntervalYearMonth':
      return arrowTyped(stringLiteral(`${scalar.months} months`), { kind: 'Interval', unit: 'YearMonth' });
    case 'IntervalDayTime':
      return arrowTyped(stringLiteral(`${scalar.days} days ${scalar.milliseconds} milliseconds`), {
        kind: 'Interval',
        unit: 'DayTime',
      });
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256': {
      const text = decimalText(scalar.value, scalar.scale);
      // Text can't be cast to a decimal with a negative scale, numbers can.
      return typed(scalar.scale < 0 ? text : stringLiteral(text), typeOfScalar(scalar));
    }
    case 'List':
    case 'LargeList':
    case 'FixedSizeList':
    case 'ListView':
    case 'LargeListView':
    case 'Struct':
    case 'Map':
      return nested(scalar);
  }
}

function nested(scalar: Extract<Scalar, { readonly nested: NestedValue }>): LiteralText {
  let literal: NestedLiteral | null = null;
  try {
    // The cast around the whole gives the types of what is inside.
    literal = nestedLiteral(scalar.nested, (leaf) => sqlLiteral(leaf, 'bare').text);
  } catch (error) {
    // Bytes that are no value of the schema: whoever reads the payload reports them with their place.
    if (!(error instanceof DfxError)) throw error;
  }
  if (literal === null) {
    const bytes = scalar.nested.ipcMessage.length + scalar.nested.arrowData.length;
    return lossy(opaqueLiteral(scalar.kind, bytes), `SQL has no text for this literal of type ${scalar.kind}`);
  }
  return literal.natural ? lossy(literal.text, 'SQL makes a list by a call') : arrowTyped(literal.text, literal.type);
}

function lossUnless(literal: LiteralText, same: boolean, type: DataType): LiteralText {
  return same ? literal : lossy(literal.text, `the literal's type ${formatDataType(type)} is left out`);
}

function number(text: string, type: DataType, style: LiteralStyle): LiteralText {
  return style === 'typed' ? typed(text, type) : lossUnless(exact(text), false, type);
}

function special(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf';
}

/** Digits alone would read as an integer. */
function withPoint(text: string): string {
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Only years of four digits are read back by the engine's casts from text. */
function plainDate(text: string): string | null {
  return /^\d{4}-/.test(text) ? text : null;
}

function time(value: Int, type: Extract<Scalar, { readonly kind: 'Time32' | 'Time64' }>): LiteralText {
  const dataType: DataType = { kind: type.kind, unit: type.unit };
  const inDay = value >= 0 && BigInt(value) < DAY_SECONDS * UNITS_PER_SECOND[type.unit];
  if (!inDay) {
    return arrowTyped(arrowCast(String(value), { kind: type.kind === 'Time32' ? 'Int32' : 'Int64' }), dataType);
  }
  const text = stringLiteral(timeText(value, type.unit));
  return type.unit === 'Nanosecond'
    ? lossy(`TIME ${text}`, 'a cast from text stands for a Time64 literal')
    : arrowTyped(text, dataType);
}

function timestamp(scalar: Extract<Scalar, { readonly kind: 'Timestamp' }>): LiteralText {
  const type: DataType = { kind: 'Timestamp', unit: scalar.unit, timezone: scalar.timezone };
  const text = plainDate(timestampText(scalar.value, scalar.unit));
  if (text === null) return arrowTyped(String(scalar.value), type);
  if (scalar.timezone !== null) return arrowTyped(stringLiteral(`${text}Z`), type);
  return scalar.unit === 'Nanosecond'
    ? lossy(`TIMESTAMP '${text}'`, 'a cast from text stands for a Timestamp literal')
    : typed(stringLiteral(text), type);
}

const NANO_UNITS: readonly (readonly [bigint, string])[] = [
  [1_000_000_000n, 'seconds'],
  [1_000_000n, 'milliseconds'],
  [1_000n, 'microseconds'],
  [1n, 'nanoseconds'],
];

/** `1 months -2 days 3 seconds`: what the engine's interval parser reads as exactly these three numbers. */
function intervalWords(months: number, days: number, nanos: Int): string {
  const words: string[] = [];
  if (months !== 0) words.push(`${months} months`);
  if (days !== 0) words.push(`${days} days`);
  const count = BigInt(nanos);
  if (count !== 0n) {
    const [size, name] = NANO_UNITS.find(([unit]) => count % unit === 0n) ?? [1n, 'nanoseconds'];
    words.push(`${count / size} ${name}`);
  }
  return words.length === 0 ? '0 days' : words.join(' ');
}
