/** Literals in `expr.json`: `{"lit": 5}`, `{"lit": "2020-01-31", "type": "Date32"}`. Writing and reading side by side. */
import type { DataType, TimeUnit } from '../../wire/arrow/types.ts';
import { toBase64 } from '../../wire/encoding.ts';
import { dateText, timestampText, UNITS_PER_SECOND } from '../calendar.ts';
import { JSON_NULL, type JsonNode, jsonArray, jsonBoolean, jsonNumber, jsonObject, jsonString } from '../json-text.ts';
import type { Int, NestedKind, NestedValue, Scalar } from '../model.ts';
import { decimalText, shortest32 } from '../number-text.ts';
import { nestedValueJson, nestedValueOf } from './nested.ts';
import { arrayOf, bytesOf, integerOf, nameOfKind, ObjectReader, pairsOf, shapeError, stringOf } from './shape.ts';
import { fieldJson, fieldOf, pairsJson, typeHasText, typeJson, typeOf } from './types.ts';

type Members = [string, JsonNode][];

/** Dictionary, run-end-encoded and union values hold another value. Deeper than this a node keeps its bytes instead. */
const MAX_WRAPPED = 64;

/** The members of a literal node, or null where the node must keep its bytes. */
export function literalMembers(scalar: Scalar, depth = 0): Members | null {
  if (depth > MAX_WRAPPED) return null;
  switch (scalar.kind) {
    case 'Null':
      if (scalar.type.kind === 'Null') return [['lit', JSON_NULL]];
      return typeHasText(scalar.type)
        ? [
            ['lit', JSON_NULL],
            ['type', typeJson(scalar.type)],
          ]
        : null;
    case 'Boolean':
      return [['lit', jsonBoolean(scalar.value)]];
    case 'Int64':
      return [['lit', jsonNumber(scalar.value)]];
    case 'Utf8':
      return [['lit', jsonString(scalar.value)]];
    case 'Float64':
      return Number.isFinite(scalar.value)
        ? [['lit', jsonNumber(floatText(scalar.value))]]
        : typed(nonFinite(scalar), { kind: 'Float64' });
    case 'Float32':
      return typed(Number.isFinite(scalar.value) ? jsonNumber(shortest32(scalar.value)) : nonFinite(scalar), {
        kind: 'Float32',
      });
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'UInt8':
    case 'UInt16':
    case 'UInt32':
    case 'UInt64':
      return typed(jsonNumber(scalar.value), { kind: scalar.kind });
    case 'LargeUtf8':
    case 'Utf8View':
      return typed(jsonString(scalar.value), { kind: scalar.kind });
    case 'Binary':
    case 'LargeBinary':
    case 'BinaryView':
      return typed(jsonString(toBase64(scalar.value)), { kind: scalar.kind });
    case 'FixedSizeBinary':
      return typed(jsonString(toBase64(scalar.value)), { kind: 'FixedSizeBinary', size: scalar.size });
    case 'Date32': {
      const text = dateText(scalar.value);
      return typed(DATE.test(text) ? jsonString(text) : jsonNumber(scalar.value), { kind: 'Date32' });
    }
    case 'Date64':
      return typed(jsonNumber(scalar.value), { kind: 'Date64' });
    case 'Time32':
    case 'Time64':
    case 'Duration':
      return typed(jsonNumber(scalar.value), { kind: scalar.kind, unit: scalar.unit });
    case 'Timestamp': {
      const text = timestampText(scalar.value, scalar.unit);
      return typed(TIMESTAMP.test(text) ? jsonString(text) : jsonNumber(scalar.value), {
        kind: 'Timestamp',
        unit: scalar.unit,
        timezone: scalar.timezone,
      });
    }
    case 'IntervalYearMonth':
      return typed(jsonObject([['months', jsonNumber(scalar.months)]]), { kind: 'Interval', unit: 'YearMonth' });
    case 'IntervalDayTime':
      return typed(
        jsonObject([
          ['days', jsonNumber(scalar.days)],
          ['milliseconds', jsonNumber(scalar.milliseconds)],
        ]),
        {
          kind: 'Interval',
          unit: 'DayTime',
        },
      );
    case 'IntervalMonthDayNano':
      return typed(
        jsonObject([
          ['months', jsonNumber(scalar.months)],
          ['days', jsonNumber(scalar.days)],
          ['nanos', jsonNumber(scalar.nanos)],
        ]),
        { kind: 'Interval', unit: 'MonthDayNano' },
      );
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return typed(jsonString(decimalText(scalar.value, scalar.scale)), {
        kind: scalar.kind,
        precision: scalar.precision,
        scale: scalar.scale,
      });
    case 'List':
    case 'LargeList':
    case 'FixedSizeList':
    case 'ListView':
    case 'LargeListView':
    case 'Struct':
    case 'Map':
      return nestedMembers(scalar.kind, scalar.nested);
    case 'Dictionary': {
      const value = literalMembers(scalar.value, depth + 1);
      if (value === null || !typeHasText(scalar.key)) return null;
      return [
        [
          'dictionary',
          jsonObject([
            ['key', typeJson(scalar.key)],
            ['value', jsonObject(value)],
          ]),
        ],
      ];
    }
    case 'RunEndEncoded': {
      const value = literalMembers(scalar.value, depth + 1);
      if (value === null || !typeHasText(scalar.runEnds.type) || !typeHasText(scalar.values.type)) return null;
      const members: Members = [
        ['run_ends', fieldJson(scalar.runEnds)],
        ['values', fieldJson(scalar.values)],
        ['value', jsonObject(value)],
      ];
      return [['run_end_encoded', jsonObject(members)]];
    }
    case 'Union': {
      const value = scalar.value === null ? [] : literalMembers(scalar.value, depth + 1);
      if (value === null || !scalar.fields.every(({ field }) => typeHasText(field.type))) return null;
      const fields = scalar.fields.map(({ id, field }) =>
        jsonObject([
          ['id', jsonNumber(id)],
          ['field', fieldJson(field)],
        ]),
      );
      const members: Members = [
        ['type_id', jsonNumber(scalar.typeId)],
        ['value', scalar.value === null ? JSON_NULL : jsonObject(value)],
        ['fields', jsonArray(fields)],
        ['mode', jsonString(scalar.mode)],
      ];
      return [['union', jsonObject(members)]];
    }
  }
}

const DATE = /^\d{4}-\d\d-\d\d$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3,9})?$/;

function typed(value: JsonNode, type: DataType): Members | null {
  return typeHasText(type)
    ? [
        ['lit', value],
        ['type', typeJson(type)],
      ]
    : null;
}

/** Always with a point or an exponent, so that it reads back as Float64 and not as Int64. */
function floatText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function nonFinite(scalar: { readonly value: number; readonly bits?: string }): JsonNode {
  return jsonString(scalar.bits === undefined ? String(scalar.value) : `NaN:${scalar.bits}`);
}

/** A list, struct or map whose value can be written again byte for byte stands as that value, another as its Arrow bytes. */
function nestedMembers(kind: NestedKind, nested: NestedValue): Members | null {
  const value = nestedValueJson(kind, nested);
  if (value !== null)
    return [
      // {"lit": null} of a list is the wire's null of any type; a list that is null is another value
      [value.value.kind === 'null' ? 'nested' : 'lit', value.value],
      ['type', typeJson(value.type)],
    ];
  const members: Members = [
    ['kind', jsonString(kind)],
    ['ipc_message', jsonString(toBase64(nested.ipcMessage))],
    ['arrow_data', jsonString(toBase64(nested.arrowData))],
  ];
  if (nested.schema !== null) {
    if (!nested.schema.fields.every((field) => typeHasText(field.type))) return null;
    members.push(['schema', jsonArray(nested.schema.fields.map(fieldJson))]);
    if (nested.schema.metadata.length > 0) members.push(['metadata', pairsJson(nested.schema.metadata)]);
  }
  if (nested.dictionaries.length > 0) {
    const dictionaries = nested.dictionaries.map((dictionary) =>
      jsonObject([
        ['ipc_message', jsonString(toBase64(dictionary.ipcMessage))],
        ['arrow_data', jsonString(toBase64(dictionary.arrowData))],
      ]),
    );
    members.push(['dictionaries', jsonArray(dictionaries)]);
  }
  return [['nested', jsonObject(members)]];
}

/** Reads a node whose leading member is `lit`, `dictionary`, `run_end_encoded`, `union` or `nested`. */
export function literalOf(object: ObjectReader, depth = 0): Scalar {
  if (depth > MAX_WRAPPED)
    throw shapeError(object.node, `found literals more than ${MAX_WRAPPED} levels inside each other`);
  const dictionary = object.optional('dictionary');
  if (dictionary !== undefined) {
    const inner = ObjectReader.of(dictionary, 'a dictionary value');
    const key = typeOf(inner.required('key'), 'key');
    const value = literalIn(inner.required('value'), depth);
    inner.finish();
    return { kind: 'Dictionary', key, value };
  }
  const runs = object.optional('run_end_encoded');
  if (runs !== undefined) {
    const inner = ObjectReader.of(runs, 'a run-end-encoded value');
    const scalar: Scalar = {
      kind: 'RunEndEncoded',
      runEnds: fieldOf(inner.required('run_ends'), 'run_ends'),
      values: fieldOf(inner.required('values'), 'values'),
      value: literalIn(inner.required('value'), depth),
    };
    inner.finish();
    return scalar;
  }
  const union = object.optional('union');
  if (union !== undefined) return unionOf(ObjectReader.of(union, 'a union value'), depth);
  const nested = object.optional('nested');
  if (nested?.kind === 'null') return nullNestedOf(nested, typeOf(object.required('type'), 'type'));
  if (nested !== undefined) return nestedOf(ObjectReader.of(nested, 'a nested value'));

  const node = object.required('lit');
  const typeNode = object.optional('type');
  return typeNode === undefined ? untyped(node) : typedValue(node, typeOf(typeNode, 'type'));
}

function literalIn(node: JsonNode, depth: number): Scalar {
  const object = ObjectReader.of(node, 'a literal');
  const scalar = literalOf(object, depth + 1);
  object.finish();
  return scalar;
}

function untyped(node: JsonNode): Scalar {
  switch (node.kind) {
    case 'null':
      return { kind: 'Null', type: { kind: 'Null' } };
    case 'boolean':
      return { kind: 'Boolean', value: node.value };
    case 'string':
      return { kind: 'Utf8', value: node.value };
    case 'number':
      if (/[.eE]/.test(node.text)) return { kind: 'Float64', value: Number(node.text) };
      return { kind: 'Int64', value: bounded(node, INT64_MIN, INT64_MAX, 'Int64') };
    default:
      throw shapeError(
        node,
        `found ${nameOfKind(node)} for "lit", expected a "type" beside it`,
        'for a list write {"lit": [1, 2], "type": "List(Int64)"}',
      );
  }
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

const BOUNDS: Readonly<Record<'Int8' | 'Int16' | 'Int32' | 'UInt8' | 'UInt16' | 'UInt32', readonly [bigint, bigint]>> =
  {
    Int8: [-128n, 127n],
    Int16: [-32768n, 32767n],
    Int32: [-2147483648n, 2147483647n],
    UInt8: [0n, 255n],
    UInt16: [0n, 65535n],
    UInt32: [0n, 4294967295n],
  };

function bounded(node: JsonNode, min: bigint, max: bigint, what: string): Int {
  // a string too: numbers beyond 2^53 lose digits in many JSON writers
  const text = node.kind === 'number' ? node.text : node.kind === 'string' ? node.value : '';
  if (!/^-?\d{1,40}$/.test(text))
    throw shapeError(node, `found ${nameOfKind(node)} for "lit", expected an integer for ${what}`);
  const value = BigInt(text);
  if (value < min || value > max)
    throw shapeError(node, `found ${text} for "lit", expected ${min}..${max} for ${what}`);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function small(node: JsonNode, what: string, min = -2147483648n, max = 2147483647n): number {
  return Number(bounded(node, min, max, what));
}

function typedValue(node: JsonNode, type: DataType): Scalar {
  if (node.kind === 'null') return { kind: 'Null', type };
  switch (type.kind) {
    case 'Boolean':
      if (node.kind !== 'boolean')
        throw shapeError(node, `found ${nameOfKind(node)} for "lit", expected true or false`);
      return { kind: 'Boolean', value: node.value };
    case 'Int64':
      return { kind: 'Int64', value: bounded(node, INT64_MIN, INT64_MAX, 'Int64') };
    case 'UInt64':
      return { kind: 'UInt64', value: bounded(node, 0n, 2n ** 64n - 1n, 'UInt64') };
    case 'Int8':
    case 'Int16':
    case 'Int32':
    case 'UInt8':
    case 'UInt16':
    case 'UInt32': {
      const [min, max] = BOUNDS[type.kind];
      return { kind: type.kind, value: small(node, type.kind, min, max) };
    }
    case 'Float32':
    case 'Float64':
      return floatOf(node, type.kind);
    case 'Utf8':
    case 'LargeUtf8':
    case 'Utf8View':
      return { kind: type.kind, value: stringOf(node, 'lit') };
    case 'Binary':
    case 'LargeBinary':
    case 'BinaryView':
      return { kind: type.kind, value: bytesOf(node, 'lit') };
    case 'FixedSizeBinary':
      return { kind: 'FixedSizeBinary', value: bytesOf(node, 'lit'), size: type.size };
    case 'Date32':
      return {
        kind: 'Date32',
        value: node.kind === 'string' ? Number(dateOf(node, node.value)) : small(node, 'Date32'),
      };
    case 'Date64':
      return {
        kind: 'Date64',
        value:
          node.kind === 'string'
            ? narrow(dateOf(node, node.value) * 86_400_000n)
            : bounded(node, INT64_MIN, INT64_MAX, 'Date64'),
      };
    case 'Time32':
      if (type.unit !== 'Second' && type.unit !== 'Millisecond')
        throw shapeError(node, `Time32 has no unit ${type.unit}`);
      return { kind: 'Time32', unit: type.unit, value: small(node, 'Time32') };
    case 'Time64':
      if (type.unit !== 'Microsecond' && type.unit !== 'Nanosecond')
        throw shapeError(node, `Time64 has no unit ${type.unit}`);
      return { kind: 'Time64', unit: type.unit, value: bounded(node, INT64_MIN, INT64_MAX, 'Time64') };
    case 'Duration':
      return { kind: 'Duration', unit: type.unit, value: bounded(node, INT64_MIN, INT64_MAX, 'Duration') };
    case 'Timestamp':
      return {
        kind: 'Timestamp',
        unit: type.unit,
        value:
          node.kind === 'string'
            ? timestampOf(node, node.value, type.unit)
            : bounded(node, INT64_MIN, INT64_MAX, 'Timestamp'),
        timezone: type.timezone,
      };
    case 'Interval':
      return intervalOf(node, type.unit);
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      return { kind: type.kind, value: decimalOf(node, type.scale), precision: type.precision, scale: type.scale };
    case 'List':
    case 'LargeList':
    case 'FixedSizeList':
    case 'ListView':
    case 'LargeListView':
    case 'Struct':
    case 'Map':
      return { kind: type.kind, nested: nestedValueOf(node, type) };
    case 'Null':
    case 'Float16':
    case 'Union':
    case 'Dictionary':
    case 'RunEndEncoded':
      throw shapeError(
        node,
        `found a value of type ${type.kind}, which a literal can't hold so`,
        LITERAL_HINT[type.kind],
      );
  }
}

const LITERAL_HINT = {
  Null: 'the only value of type Null is null',
  Float16: 'DataFusion writes Float16 literals as Float32; cast one: {"cast": {"lit": 1.5}, "to": "Float16"}',
  Union: 'write {"union": {"type_id": …, "value": …, "fields": […], "mode": …}}',
  Dictionary: 'write {"dictionary": {"key": "Int32", "value": {"lit": …}}}',
  RunEndEncoded: 'write {"run_end_encoded": {"run_ends": …, "values": …, "value": …}}',
} as const;

function floatOf(node: JsonNode, kind: 'Float32' | 'Float64'): Scalar {
  if (node.kind === 'number') {
    const value = Number(node.text);
    return { kind, value: kind === 'Float32' ? Math.fround(value) : value };
  }
  const text = stringOf(node, 'lit');
  const digits = kind === 'Float32' ? 8 : 16;
  if (text === 'NaN') return { kind, value: Number.NaN };
  if (text === 'Infinity') return { kind, value: Number.POSITIVE_INFINITY };
  if (text === '-Infinity') return { kind, value: Number.NEGATIVE_INFINITY };
  const bits = /^NaN:([0-9a-f]+)$/.exec(text)?.[1];
  if (bits?.length === digits && isNaNBits(bits)) return { kind, value: Number.NaN, bits };
  throw shapeError(
    node,
    `found "${text}" for "lit", expected a number, "NaN", "Infinity", "-Infinity" or "NaN:" and ${digits} hexadecimal digits`,
  );
}

function isNaNBits(bits: string): boolean {
  const value = BigInt(`0x${bits}`);
  const [exponent, mantissa] =
    bits.length === 8 ? [0x7f80_0000n, 0x7f_ffffn] : [0x7ff0_0000_0000_0000n, 0xf_ffff_ffff_ffffn];
  return (value & exponent) === exponent && (value & mantissa) !== 0n;
}

/** Days since 1970-01-01 of `YYYY-MM-DD`. */
function dateOf(node: JsonNode, text: string): bigint {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  const days = year === '' ? Number.NaN : utcDays(Number(year), Number(month), Number(day));
  if (Number.isNaN(days) || dateText(days) !== text)
    throw shapeError(node, `found "${text}" for "lit", expected a date as YYYY-MM-DD`);
  return BigInt(days);
}

/** `Date.UTC` reads the years 0 to 99 as 1900 to 1999; setting the year afterwards does not. */
function utcDays(year: number, month: number, day: number): number {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime() / 86_400_000;
}

function timestampOf(node: JsonNode, text: string, unit: TimeUnit): Int {
  const [, date = '', hour = '', minute = '', second = '', fraction = ''] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?$/.exec(text) ?? [];
  if (date === '' || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    throw shapeError(
      node,
      `found "${text}" for "lit", expected a timestamp as YYYY-MM-DDTHH:MM:SS.fff (in UTC, without a zone)`,
    );
  }
  const seconds = dateOf(node, date) * 86_400n + BigInt(hour) * 3600n + BigInt(minute) * 60n + BigInt(second);
  const perSecond = UNITS_PER_SECOND[unit];
  const nanos = BigInt(fraction.padEnd(9, '0'));
  const unitNanos = 1_000_000_000n / perSecond;
  if (nanos % unitNanos !== 0n) throw shapeError(node, `found "${text}" for "lit", finer than a ${unit}`);
  return narrow(seconds * perSecond + nanos / unitNanos);
}

function narrow(value: bigint): Int {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function intervalOf(node: JsonNode, unit: 'YearMonth' | 'DayTime' | 'MonthDayNano'): Scalar {
  const object = ObjectReader.of(node, 'an interval');
  const part = (key: string): number => {
    const value = object.optional(key);
    return value === undefined ? 0 : small(value, key);
  };
  let scalar: Scalar;
  if (unit === 'YearMonth') scalar = { kind: 'IntervalYearMonth', months: part('months') };
  else if (unit === 'DayTime')
    scalar = { kind: 'IntervalDayTime', days: part('days'), milliseconds: part('milliseconds') };
  else {
    const nanos = object.optional('nanos');
    scalar = {
      kind: 'IntervalMonthDayNano',
      months: part('months'),
      days: part('days'),
      nanos: nanos === undefined ? 0 : bounded(nanos, INT64_MIN, INT64_MAX, 'nanos'),
    };
  }
  object.finish();
  return scalar;
}

/** A Decimal256 has up to 78 digits, and a scale moves the point by up to 128 places either way. */
function decimalOf(node: JsonNode, scale: number): bigint {
  const text = node.kind === 'number' ? node.text : stringOf(node, 'lit');
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d{1,210})(?:\.(\d{0,210}))?$/.exec(text) ?? [];
  if (whole === '') throw shapeError(node, `found "${text}" for "lit", expected a decimal number such as "12.30"`);
  let digits = BigInt(whole + fraction);
  const shift = scale - fraction.length;
  if (shift >= 0) digits *= 10n ** BigInt(shift);
  else {
    const divisor = 10n ** BigInt(-shift);
    if (digits % divisor !== 0n)
      throw shapeError(node, `found "${text}" for "lit", which needs a scale above ${scale}`);
    digits /= divisor;
  }
  return sign === '-' ? -digits : digits;
}

function unionOf(object: ObjectReader, depth: number): Scalar {
  const value = object.required('value');
  const mode = object.string('mode');
  if (mode !== 'Sparse' && mode !== 'Dense')
    throw shapeError(object.node, `found "${mode}" for "mode", expected "Sparse" or "Dense"`);
  const scalar: Scalar = {
    kind: 'Union',
    typeId: integerOf(object.required('type_id'), 'type_id'),
    value: value.kind === 'null' ? null : literalIn(value, depth),
    fields: object.array('fields').map((node) => {
      const inner = ObjectReader.of(node, 'a union field');
      const field = { id: integerOf(inner.required('id'), 'id'), field: fieldOf(inner.required('field'), 'field') };
      inner.finish();
      return field;
    }),
    mode,
  };
  object.finish();
  return scalar;
}

const NESTED_KINDS: readonly NestedKind[] = [
  'List',
  'LargeList',
  'FixedSizeList',
  'ListView',
  'LargeListView',
  'Struct',
  'Map',
];

/** `{"nested": null, "type": "List(Int64)"}`: a list that is null, in the Arrow bytes of one. */
function nullNestedOf(node: JsonNode, type: DataType): Scalar {
  const kind = NESTED_KINDS.find((known) => known === type.kind);
  if (kind === undefined)
    throw shapeError(node, `found a nested null of type ${type.kind}, expected one of ${NESTED_KINDS.join(', ')}`);
  return { kind, nested: nestedValueOf(node, type) };
}

function nestedOf(object: ObjectReader): Scalar {
  const name = object.string('kind');
  const kind = NESTED_KINDS.find((known) => known === name);
  if (kind === undefined)
    throw shapeError(object.node, `found "${name}" for "kind", expected one of ${NESTED_KINDS.join(', ')}`);
  const schema = object.optional('schema');
  const nested: NestedValue = {
    ipcMessage: object.bytes('ipc_message'),
    arrowData: object.bytes('arrow_data'),
    schema:
      schema === undefined
        ? null
        : {
            fields: arrayOf(schema, 'schema').map((field) => fieldOf(field, 'schema')),
            metadata: pairsOf(object.array('metadata'), 'metadata'),
          },
    dictionaries: object.array('dictionaries').map((node) => {
      const inner = ObjectReader.of(node, 'a dictionary');
      const dictionary = { ipcMessage: inner.bytes('ipc_message'), arrowData: inner.bytes('arrow_data') };
      inner.finish();
      return dictionary;
    }),
  };
  object.finish();
  return { kind, nested };
}
