/** The value of a DataFusion nested literal (`ScalarNestedValue`): row 0 of the one column of a record batch. */
import { DfxError } from '../errors.ts';
import { type Limits, type Span, withLimits } from '../limits.ts';
import { type Column, readDictionaryBatch, readRecordBatch } from './batch-read.ts';
import { type ColumnPlan, dictionaryPlans, planColumn } from './column-plan.ts';
import { fixedWidth, readFixed } from './fixed-width.ts';
import { arrowError } from './flatbuffers.ts';
import { runSteps, type Step } from './heap-steps.ts';
import type { DataType, Schema } from './types.ts';
import type { ArrowValue, NestedBytes } from './value-model.ts';

export interface NestedSource extends NestedBytes {
  /** The batch's schema: one field, whatever its name. Null where the payload lacks it. */
  readonly schema: Schema | null;
}

export interface ReadNestedOptions {
  readonly limits?: Partial<Limits> | undefined;
  /** Where the messages and bodies start in the payload, for the offsets of errors. */
  readonly place?:
    | {
        readonly ipcMessage: number;
        readonly arrowData: number;
        readonly dictionaries?: readonly { readonly ipcMessage: number; readonly arrowData: number }[];
      }
    | undefined;
}

/**
 * Errors: ARROW (malformed, with the offset), UNSUPPORTED (compressed, delta dictionaries), LIMIT (deeper or more values than
 * allowed: never more than the bytes of the literal can honestly hold, see `ValueBudget`).
 */
export function readNested(source: NestedSource, options: ReadNestedOptions = {}): ArrowValue {
  const limits = withLimits(options.limits);
  const place = options.place ?? { ipcMessage: 0, arrowData: 0 };
  const field = source.schema?.fields[0];
  if (field === undefined || source.schema?.fields.length !== 1) {
    throw arrowError(
      `a nested literal has ${source.schema?.fields.length ?? 'no'} fields in its schema, expected 1`,
      place.ipcMessage,
    );
  }
  const plan = planColumn(field, limits.maxDepth);
  const plans = new Map<bigint, ColumnPlan>();
  for (const found of dictionaryPlans(plan)) if (found.dictionary !== null) plans.set(found.dictionary.id, found);
  const dictionaries = new Map<bigint, DictionaryColumn>();
  let bytes = source.arrowData.length;
  source.dictionaries.forEach((dictionary, i) => {
    const at = place.dictionaries?.[i] ?? place;
    const { id, column } = readDictionaryBatch(dictionary, (wanted) => plans.get(wanted), at, limits.maxDepth);
    dictionaries.set(id, { column, values: new Map() });
    bytes += dictionary.arrowData.length;
  });
  const { column, rows } = readRecordBatch(source, plan, place, limits.maxDepth);
  // DataFusion 54 counts the rows of a list of size 0 as 0 / 0, and writes none.
  if (rows === 0 && plan.type.kind === 'FixedSizeList' && plan.type.size === 0) return [];
  if (rows !== 1) throw arrowError(`a nested literal has ${rows} rows, expected 1`, place.ipcMessage);
  const budget = new ValueBudget(bytes, limits.maxNodes, place.arrowData);
  const tooDeep = () =>
    new DfxError('LIMIT', `a value nests deeper than ${limits.maxDepth} levels`, { offset: place.arrowData });
  return runSteps(valueStep({ dictionaries, budget }, column, 0), limits.maxDepth, tooDeep);
}

interface DictionaryColumn {
  readonly column: Column;
  /** What was decoded, by index: equal keys share one value. */
  readonly values: Map<number, ArrowValue>;
}

interface Context {
  readonly dictionaries: ReadonlyMap<bigint, DictionaryColumn>;
  readonly budget: ValueBudget;
}

/**
 * Views, dictionaries and values without bytes of their own (nulls, empty structs) let few bytes stand for much. A boolean
 * is the smallest value that has bytes, so 8 values a byte are honest; beyond that and a fixed allowance it is a bomb.
 */
class ValueBudget {
  readonly #limit: number;
  readonly #offset: number;
  #used = 0;

  constructor(bytes: number, maxNodes: number, offset: number) {
    this.#limit = Math.min(maxNodes, bytes * 8 + 65_536);
    this.#offset = offset;
  }

  /** One value and its bytes, 8 of which count as another. */
  spend(bytes = 0): void {
    this.#used += 1 + bytes / 8;
    if (this.#used > this.#limit) {
      throw new DfxError('LIMIT', 'a nested literal unfolds to more values than its bytes can hold', {
        offset: this.#offset,
      });
    }
  }
}

function isNull({ validity, body }: Column, index: number): boolean {
  if (validity === null) return false;
  return ((body.bytes[validity.start + (index >> 3)] ?? 0) & (1 << (index & 7))) === 0;
}

function buffer(column: Column, index: number): Span {
  return column.buffers[index] ?? { start: 0, end: 0 };
}

function child(column: Column, index: number): Column {
  const found = column.children[index];
  if (found === undefined) throw arrowError(`a ${column.type.kind} lacks a child`, column.body.base);
  return found;
}

/** A count or place that the data gives: never negative. */
function readSize(column: Column, at: number, width: 4 | 8): number {
  const { view, base } = column.body;
  const value = width === 4 ? view.getInt32(at, true) : Number(view.getBigInt64(at, true));
  if (value < 0 || !Number.isSafeInteger(value))
    throw arrowError(`found the offset ${value} in a ${column.type.kind}`, base + at);
  return value;
}

function* valueStep(context: Context, column: Column, index: number): Step<ArrowValue> {
  context.budget.spend();
  if (column.plan.dictionary !== null) return yield* dictionaryValue(context, column, column.plan.dictionary.id, index);
  if (isNull(column, index)) return null;
  const { type } = column;
  switch (type.kind) {
    case 'List':
    case 'LargeList': {
      const [start, end] = offsetsAt(column, index, type.kind === 'List' ? 4 : 8);
      return yield* items(context, column, start, end);
    }
    case 'ListView':
    case 'LargeListView': {
      const width = type.kind === 'ListView' ? 4 : 8;
      const start = readSize(column, buffer(column, 0).start + index * width, width);
      return yield* items(
        context,
        column,
        start,
        start + readSize(column, buffer(column, 1).start + index * width, width),
      );
    }
    case 'FixedSizeList':
      return yield* items(context, column, index * type.size, (index + 1) * type.size);
    case 'Struct': {
      const fields: (readonly [string, ArrowValue])[] = [];
      for (const [i, { name }] of type.fields.entries()) {
        fields.push([name, yield valueStep(context, child(column, i), index)]);
      }
      return { kind: 'struct', fields };
    }
    case 'Map': {
      const [start, end] = offsetsAt(column, index, 4);
      return yield* mapEntries(context, column, start, end);
    }
    case 'Union':
      return yield* unionValue(context, column, type, index);
    case 'RunEndEncoded':
      return yield valueStep(context, child(column, 1), runOf(column, index));
    default:
      return leafValue(context, column, index);
  }
}

function offsetsAt(column: Column, index: number, width: 4 | 8): readonly [number, number] {
  const at = buffer(column, 0).start + index * width;
  const start = readSize(column, at, width);
  const end = readSize(column, at + width, width);
  if (end < start)
    throw arrowError(`the offsets of a ${column.type.kind} run from ${start} to ${end}`, column.body.base + at);
  return [start, end];
}

function checkEnd(column: Column, end: number): void {
  if (end > column.length) {
    throw arrowError(
      `a value reaches to element ${end} of ${column.length}`,
      column.body.base + buffer(column, 0).start,
    );
  }
}

const NESTED = new Set<DataType['kind']>([
  'List',
  'LargeList',
  'ListView',
  'LargeListView',
  'FixedSizeList',
  'Struct',
  'Map',
  'Union',
  'RunEndEncoded',
]);

function* items(
  context: Context,
  column: Column,
  start: number,
  end: number,
): Generator<Step<ArrowValue>, ArrowValue[], ArrowValue> {
  const values = child(column, 0);
  checkEnd(values, end);
  const found: ArrowValue[] = [];
  if (values.plan.dictionary !== null || NESTED.has(values.type.kind)) {
    for (let i = start; i < end; i += 1) found.push(yield valueStep(context, values, i));
  } else {
    // Plain values need no step of their own.
    for (let i = start; i < end; i += 1) {
      context.budget.spend();
      found.push(isNull(values, i) ? null : leafValue(context, values, i));
    }
  }
  return found;
}

function* mapEntries(
  context: Context,
  column: Column,
  start: number,
  end: number,
): Generator<Step<ArrowValue>, ArrowValue, ArrowValue> {
  const entries = child(column, 0);
  if (entries.type.kind !== 'Struct' || entries.children.length !== 2) {
    throw arrowError('the entries of a Map are no struct of two fields', column.body.base);
  }
  checkEnd(entries, end);
  const pairs: (readonly [ArrowValue, ArrowValue])[] = [];
  for (let i = start; i < end; i += 1) {
    const key: ArrowValue = yield valueStep(context, child(entries, 0), i);
    pairs.push([key, yield valueStep(context, child(entries, 1), i)]);
  }
  return { kind: 'map', entries: pairs };
}

function* unionValue(
  context: Context,
  column: Column,
  type: Extract<DataType, { kind: 'Union' }>,
  index: number,
): Generator<Step<ArrowValue>, ArrowValue, ArrowValue> {
  const at = buffer(column, 0).start + index;
  const id = column.body.view.getInt8(at);
  const member = type.fields.findIndex((field) => field.id === id);
  if (member < 0) throw arrowError(`a union has no member with the type id ${id}`, column.body.base + at);
  const values = child(column, member);
  const place = type.mode === 'Sparse' ? index : readSize(column, buffer(column, 1).start + index * 4, 4);
  checkEnd(values, place + 1);
  return { kind: 'union', id, value: yield valueStep(context, values, place) };
}

/** The first run that ends behind `index`; run ends grow, so that halving finds it. */
function runOf(column: Column, index: number): number {
  const ends = child(column, 0);
  const width = fixedWidth(ends.type);
  if (!['Int16', 'Int32', 'Int64'].includes(ends.type.kind) || width === null) {
    throw arrowError(`the run ends of a RunEndEncoded are ${ends.type.kind}`, column.body.base);
  }
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Number(readFixed(ends.type, ends.body.view, buffer(ends, 0).start + middle * width)) > index) high = middle;
    else low = middle + 1;
  }
  if (low >= Math.min(ends.length, child(column, 1).length)) {
    throw arrowError(
      `the runs of a RunEndEncoded end before element ${index}`,
      column.body.base + buffer(ends, 0).start,
    );
  }
  return low;
}

function* dictionaryValue(
  context: Context,
  column: Column,
  id: bigint,
  index: number,
): Generator<Step<ArrowValue>, ArrowValue, ArrowValue> {
  if (isNull(column, index)) return null;
  const { view, base } = column.body;
  const at = buffer(column, 0).start + index * (fixedWidth(column.type) ?? 1);
  const key = Number(readFixed(column.type, view, at));
  const dictionary = context.dictionaries.get(id);
  if (dictionary === undefined) throw arrowError(`the literal lacks dictionary ${id}`, base + at);
  const { column: values, values: known } = dictionary;
  if (!(key >= 0 && key < values.length)) {
    throw arrowError(`found the key ${key} of a dictionary of ${values.length} values`, base + at);
  }
  const before = known.get(key);
  if (before !== undefined) return before;
  const value: ArrowValue = yield valueStep(context, values, key);
  known.set(key, value);
  return value;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function leafValue(context: Context, column: Column, index: number): ArrowValue {
  const { type, body } = column;
  const first = buffer(column, 0);
  switch (type.kind) {
    case 'Null':
      return null;
    case 'Boolean':
      return ((body.bytes[first.start + (index >> 3)] ?? 0) & (1 << (index & 7))) !== 0;
    case 'Utf8':
    case 'LargeUtf8':
    case 'Binary':
    case 'LargeBinary': {
      const [start, end] = offsetsAt(column, index, type.kind.startsWith('Large') ? 8 : 4);
      return slice(context, column, buffer(column, 1), start, end);
    }
    case 'Utf8View':
    case 'BinaryView':
      return viewValue(context, column, first.start + index * 16);
    default: {
      const width = fixedWidth(type);
      if (width === null) throw arrowError(`a ${type.kind} is no plain value`, body.base);
      if (type.kind === 'FixedSizeBinary') context.budget.spend(width);
      return readFixed(type, body.view, first.start + index * width);
    }
  }
}

/** Up to 12 bytes stand in the view itself; longer ones in one of the buffers behind it. */
function viewValue(context: Context, column: Column, at: number): ArrowValue {
  const { view, base } = column.body;
  const length = view.getInt32(at, true);
  if (length < 0) throw arrowError(`a view claims ${length} bytes`, base + at);
  if (length <= 12) return slice(context, column, { start: at + 4, end: at + 16 }, 0, length);
  const data = column.buffers[1 + view.getInt32(at + 8, true)];
  const start = view.getInt32(at + 12, true);
  if (data === undefined || view.getInt32(at + 8, true) < 0 || start < 0) {
    throw arrowError('a view leads to a buffer that is not there', base + at);
  }
  return slice(context, column, data, start, start + length);
}

function slice(context: Context, column: Column, data: Span, start: number, end: number): ArrowValue {
  const { bytes, base } = column.body;
  if (data.start + end > data.end) {
    throw arrowError(`a value reaches to byte ${end} of ${data.end - data.start}`, base + data.start);
  }
  context.budget.spend(end - start);
  const found = bytes.subarray(data.start + start, data.start + end);
  if (column.type.kind.includes('Binary')) return found.slice();
  try {
    return UTF8.decode(found);
  } catch {
    throw arrowError('a text is not valid UTF-8', base + data.start + start);
  }
}
