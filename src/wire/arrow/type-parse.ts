/**
 * Reads type names: the form that `formatDataType` writes, the one that DataFusion 54 and 55 display (`Timestamp(µs, "UTC")`),
 * and Rust's `Debug` form (`List(Field { name: "item", data_type: Int64, nullable: true, … })`), which older versions print.
 */
import { DfxError } from '../errors.ts';
import { type Limits, withLimits } from '../limits.ts';
import { runSteps, type Step } from './heap-steps.ts';
import { TypeTokens, typeNameError } from './type-tokens.ts';
import {
  type DataType,
  type Field,
  type IntervalUnit,
  type Pairs,
  PRIMITIVE_KINDS,
  type PrimitiveKind,
  type TimeUnit,
  type UnionField,
} from './types.ts';

const PRIMITIVES: ReadonlyMap<string, PrimitiveKind> = new Map(PRIMITIVE_KINDS.map((kind) => [kind, kind]));
const TIME_UNITS: ReadonlyMap<string, TimeUnit> = new Map([
  ['Second', 'Second'],
  ['s', 'Second'],
  ['Millisecond', 'Millisecond'],
  ['ms', 'Millisecond'],
  ['Microsecond', 'Microsecond'],
  ['us', 'Microsecond'],
  ['µs', 'Microsecond'],
  ['μs', 'Microsecond'],
  ['Nanosecond', 'Nanosecond'],
  ['ns', 'Nanosecond'],
]);
const INTERVAL_UNITS: ReadonlyMap<string, IntervalUnit> = new Map([
  ['YearMonth', 'YearMonth'],
  ['DayTime', 'DayTime'],
  ['MonthDayNano', 'MonthDayNano'],
]);
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);
/** Most digits that each width holds (arrow-schema `DECIMAL*_MAX_PRECISION`). */
const MAX_PRECISION = { Decimal32: 9, Decimal64: 18, Decimal128: 38, Decimal256: 76 } as const;
const I32_MAX = 2 ** 31 - 1;

/** The type that `text` names. Throws TYPE_NAME with the offset of the offending word, or LIMIT. */
export function parseDataType(text: string, limits?: Partial<Limits>): DataType {
  const { maxDepth } = withLimits(limits);
  const tokens = new TypeTokens(text);
  const type = runSteps(
    typeStep(tokens),
    maxDepth,
    () => new DfxError('LIMIT', `a type nests deeper than ${maxDepth} levels`, { offset: tokens.peek().offset }),
  );
  if (tokens.peek().kind !== 'end') throw tokens.unexpected('the end');
  return type;
}

function* typeStep(tokens: TypeTokens): Step<DataType> {
  const head = tokens.peek();
  if (head.kind !== 'word') throw tokens.unexpected('a type');
  tokens.next();
  const primitive = PRIMITIVES.get(head.text);
  if (primitive !== undefined) return { kind: primitive };
  const build = PARAMETRIC.get(head.text);
  if (build === undefined) throw typeNameError(`${JSON.stringify(head.text)} is no Arrow type`, head.offset);
  tokens.expect('(');
  const type = yield* build(tokens);
  tokens.expect(')');
  return type;
}

/** Reads what stands between the parentheses. */
type Build = (tokens: TypeTokens) => Step<DataType>;

const PARAMETRIC: ReadonlyMap<string, Build> = new Map<string, Build>([
  ['FixedSizeBinary', fixedSizeBinary],
  ['Time32', (tokens) => timeType('Time32', ['Second', 'Millisecond'], tokens)],
  ['Time64', (tokens) => timeType('Time64', ['Microsecond', 'Nanosecond'], tokens)],
  ['Duration', (tokens) => timeType('Duration', undefined, tokens)],
  ['Timestamp', timestampType],
  ['Interval', intervalType],
  ['Decimal32', (tokens) => decimalType('Decimal32', tokens)],
  ['Decimal64', (tokens) => decimalType('Decimal64', tokens)],
  ['Decimal128', (tokens) => decimalType('Decimal128', tokens)],
  ['Decimal256', (tokens) => decimalType('Decimal256', tokens)],
  ['List', (tokens) => listType('List', tokens)],
  ['LargeList', (tokens) => listType('LargeList', tokens)],
  ['ListView', (tokens) => listType('ListView', tokens)],
  ['LargeListView', (tokens) => listType('LargeListView', tokens)],
  ['FixedSizeList', fixedSizeList],
  ['Struct', structType],
  ['Map', mapType],
  ['Union', unionType],
  ['Dictionary', dictionaryType],
  ['RunEndEncoded', runEndEncodedType],
]);

// biome-ignore-start lint/correctness/useYield: a leaf is a step like the others, with nothing to wait for.
function* fixedSizeBinary(tokens: TypeTokens): Step<DataType> {
  return { kind: 'FixedSizeBinary', size: tokens.integer('the size of a FixedSizeBinary', 0, I32_MAX) };
}

function* timeType(
  kind: 'Time32' | 'Time64' | 'Duration',
  allowed: readonly TimeUnit[] | undefined,
  tokens: TypeTokens,
): Step<DataType> {
  return { kind, unit: unitOf(tokens, kind, allowed) };
}

function* timestampType(tokens: TypeTokens): Step<DataType> {
  return { kind: 'Timestamp', unit: unitOf(tokens, 'Timestamp'), timezone: timezoneOf(tokens) };
}

function* intervalType(tokens: TypeTokens): Step<DataType> {
  return { kind: 'Interval', unit: wordOf(tokens, INTERVAL_UNITS, 'YearMonth, DayTime or MonthDayNano') };
}

function* decimalType(kind: keyof typeof MAX_PRECISION, tokens: TypeTokens): Step<DataType> {
  const precision = tokens.integer(`the precision of a ${kind}`, 1, MAX_PRECISION[kind]);
  tokens.expect(',');
  // pyarrow builds scales beyond the precision, and the engine carries them.
  return { kind, precision, scale: tokens.integer(`the scale of a ${kind}`, -128, 127) };
}
// biome-ignore-end lint/correctness/useYield: see above.

function* listType(kind: 'List' | 'LargeList' | 'ListView' | 'LargeListView', tokens: TypeTokens): Step<DataType> {
  return { kind, item: yield* itemField(tokens) };
}

function* dictionaryType(tokens: TypeTokens): Step<DataType> {
  const { offset } = tokens.peek();
  const key: DataType = yield typeStep(tokens);
  if (!KEY_KINDS.has(key.kind))
    throw typeNameError(`the key of a Dictionary is ${key.kind}, expected an integer`, offset);
  tokens.expect(',');
  return { kind: 'Dictionary', key, value: yield typeStep(tokens) };
}

const KEY_KINDS: ReadonlySet<string> = new Set(PRIMITIVE_KINDS.filter((kind) => /^U?Int/.test(kind)));

function* runEndEncodedType(tokens: TypeTokens): Step<DataType> {
  const runEnds = yield* namedField(tokens);
  tokens.expect(',');
  return { kind: 'RunEndEncoded', runEnds, values: yield* namedField(tokens) };
}

function wordOf<T>(tokens: TypeTokens, words: ReadonlyMap<string, T>, expected: string): T {
  const token = tokens.peek();
  const value = token.kind === 'word' ? words.get(token.text) : undefined;
  if (value === undefined) throw tokens.unexpected(expected);
  tokens.next();
  return value;
}

function unitOf(tokens: TypeTokens, type: string, allowed?: readonly TimeUnit[]): TimeUnit {
  const { offset } = tokens.peek();
  const unit = wordOf(tokens, TIME_UNITS, 'Second, Millisecond, Microsecond or Nanosecond');
  if (allowed !== undefined && !allowed.includes(unit)) {
    throw typeNameError(`the unit of a ${type} is ${unit}, expected ${allowed.join(' or ')}`, offset);
  }
  return unit;
}

function timezoneOf(tokens: TypeTokens): string | null {
  if (!tokens.accept(',') || tokens.accept('None')) return null;
  if (!tokens.accept('Some')) return tokens.string('None, Some("…") or a time zone');
  tokens.expect('(');
  const timezone = tokens.string('a time zone');
  tokens.expect(')');
  return timezone;
}

/** `non-null Int64, field: 'x', metadata: {…}`, or a `Field { … }`. */
function* itemField(tokens: TypeTokens): Generator<Step<DataType>, Field, DataType> {
  if (tokens.accept('Field')) return yield* debugField(tokens);
  const nullable = nullability(tokens);
  const type: DataType = yield typeStep(tokens);
  let name = 'item';
  let metadata: Pairs = [];
  while (tokens.accept(',')) {
    if (tokens.accept('field')) {
      tokens.expect(':');
      name = tokens.string('a field name');
    } else {
      tokens.expect('metadata');
      metadata = metadataOf(tokens);
    }
  }
  return { name, type, nullable, metadata };
}

function nullability(tokens: TypeTokens): boolean {
  if (tokens.accept('non-null')) return false;
  tokens.accept('nullable');
  return true;
}

/** After a colon: `{"key": "value", …}`. */
function metadataOf(tokens: TypeTokens): Pairs {
  tokens.expect(':');
  tokens.expect('{');
  const pairs: (readonly [string, string])[] = [];
  while (!tokens.accept('}')) {
    if (pairs.length > 0) tokens.expect(',');
    const key = tokens.string('a metadata key');
    tokens.expect(':');
    pairs.push([key, tokens.string('a metadata value')]);
  }
  return pairs;
}

/** `"a": non-null Int64, metadata: {…}`, or a `Field { … }`. */
function* namedField(tokens: TypeTokens): Generator<Step<DataType>, Field, DataType> {
  if (tokens.accept('Field')) return yield* debugField(tokens);
  const name = tokens.string('a field name');
  tokens.expect(':');
  const nullable = nullability(tokens);
  const type: DataType = yield typeStep(tokens);
  if (!tokens.at(',', 'metadata')) return { name, type, nullable, metadata: [] };
  tokens.next();
  tokens.next();
  return { name, type, nullable, metadata: metadataOf(tokens) };
}

/** `{ name: "item", data_type: Int64, nullable: true, … }`; what arrow-rs leaves out has its default. */
function* debugField(tokens: TypeTokens): Generator<Step<DataType>, Field, DataType> {
  tokens.expect('{');
  let name = 'item';
  let type: DataType | undefined;
  let nullable = false;
  let metadata: Pairs = [];
  while (!tokens.accept('}')) {
    if (tokens.accept(',')) continue;
    const property = tokens.next();
    if (property.text === 'metadata') {
      metadata = metadataOf(tokens);
      continue;
    }
    tokens.expect(':');
    if (property.text === 'name') name = tokens.string('a field name');
    else if (property.text === 'data_type') type = yield typeStep(tokens);
    else if (property.text === 'nullable') nullable = wordOf(tokens, BOOLEANS, 'true or false');
    else if (property.text === 'dict_is_ordered') wordOf(tokens, BOOLEANS, 'true or false');
    else if (property.text === 'dict_id')
      tokens.integer('a dictionary id', -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    else throw typeNameError(`${JSON.stringify(property.text)} is no property of a Field`, property.offset);
  }
  if (type === undefined) throw tokens.unexpected('a Field with its data_type');
  return { name, type, nullable, metadata };
}

function* fixedSizeList(tokens: TypeTokens): Step<DataType> {
  if (tokens.accept('Field')) {
    const item = yield* debugField(tokens);
    tokens.expect(',');
    return { kind: 'FixedSizeList', item, size: tokens.integer('the size of a FixedSizeList', 0, I32_MAX) };
  }
  const size = tokens.integer('the size of a FixedSizeList', 0, I32_MAX);
  if (!tokens.accept('x')) tokens.expect(',');
  return { kind: 'FixedSizeList', item: yield* itemField(tokens), size };
}

function* structType(tokens: TypeTokens): Step<DataType> {
  const fields: Field[] = [];
  const bracketed = tokens.accept('[');
  const close = bracketed ? ']' : ')';
  while (!tokens.at(close)) {
    if (fields.length > 0) tokens.expect(',');
    fields.push(yield* namedField(tokens));
  }
  if (bracketed) tokens.next();
  return { kind: 'Struct', fields };
}

/** `"entries": non-null Struct(…), unsorted`, or `Field { … }, false`. */
function* mapType(tokens: TypeTokens): Step<DataType> {
  const entries = yield* namedField(tokens);
  tokens.expect(',');
  return { kind: 'Map', entries, sorted: wordOf(tokens, SORTED, 'sorted or unsorted') };
}

const SORTED: ReadonlyMap<string, boolean> = new Map([['sorted', true], ['unsorted', false], ...BOOLEANS]);

/** `Dense, 0: ("a": Int64), 1: (…)`, or `[(0, Field { … }), …], Dense`. */
function* unionType(tokens: TypeTokens): Step<DataType> {
  const fields: UnionField[] = [];
  if (tokens.accept('[')) {
    while (!tokens.accept(']')) {
      if (fields.length > 0) tokens.expect(',');
      tokens.expect('(');
      const id = unionId(tokens);
      tokens.expect(',');
      fields.push({ id, field: yield* namedField(tokens) });
      tokens.expect(')');
    }
    tokens.expect(',');
    return { kind: 'Union', mode: wordOf(tokens, UNION_MODES, 'Sparse or Dense'), fields };
  }
  const mode = wordOf(tokens, UNION_MODES, 'Sparse or Dense');
  while (tokens.accept(',')) {
    const id = unionId(tokens);
    tokens.expect(':');
    tokens.expect('(');
    fields.push({ id, field: yield* namedField(tokens) });
    tokens.expect(')');
  }
  return { kind: 'Union', mode, fields };
}

function unionId(tokens: TypeTokens): number {
  return tokens.integer('the type id of a Union member', -128, 127);
}

const UNION_MODES: ReadonlyMap<string, 'Sparse' | 'Dense'> = new Map([
  ['Sparse', 'Sparse'],
  ['Dense', 'Dense'],
]);
