/**
 * Writes nested literals as DataFusion does: a record batch of one row, uncompressed, each buffer padded to 64 bytes.
 *
 * The bytes are those of the real engine where the value was built without traces of its past: see `writeNested`.
 */
import { DfxError } from '../errors.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { type ColumnPlan, dictionaryPlans, planColumn } from './column-plan.ts';
import { fixedWidth, writeFixed } from './fixed-width.ts';
import { FlatBuilder, type Position } from './flat-builder.ts';
import { DICTIONARY_BATCH, HEADER, MESSAGE, METADATA_V5, RECORD_BATCH } from './ipc-format.ts';
import { formatDataType } from './type-text.ts';
import type { DataType, Field } from './types.ts';
import { arrowValueToJson } from './value-json.ts';
import { type ArrowValue, isKind, type NestedBytes } from './value-model.ts';

const ALIGNMENT = 64;

/**
 * The messages and bodies that carry `value` as the only row of a column of `field`. Throws BAD_VALUE for a value that is
 * none of the field's type.
 *
 * Equal to what DataFusion 54.1.0 and 55.0.0 (of PyPI) write for lists of all five kinds, structs and maps of every plain
 * type, of views and of dictionaries: test/wire/arrow/nested.test.ts holds a corpus. Not always equal: a FixedSizeList of size
 * 0 (54 writes no row), and values cut from larger arrays or built elsewhere (views keep their buffers, dictionaries their
 * unused values, list views the items that nothing refers to, null slots what lay there).
 */
export function writeNested(field: Field, value: ArrowValue): NestedBytes {
  const plan = planColumn(field, DEFAULT_LIMITS.maxDepth);
  const dictionaries = new Map<bigint, DictionaryValues>();
  for (const { dictionary } of dictionaryPlans(plan)) {
    if (dictionary !== null) dictionaries.set(dictionary.id, { values: [], keys: new Map() });
  }
  const main = new BatchWriter(dictionaries);
  main.column(plan, [value]);
  const message = main.finish(1, null);
  // A dictionary's values may refer to the dictionaries inside it, whose ids are lower: so the highest comes first.
  const written: { ipcMessage: Uint8Array; arrowData: Uint8Array }[] = [];
  for (const encoded of [...dictionaryPlans(plan)].reverse()) {
    const id = encoded.dictionary?.id ?? 0n;
    const values = dictionaries.get(id)?.values ?? [];
    const writer = new BatchWriter(dictionaries);
    writer.column({ ...encoded, dictionary: null }, values);
    written.unshift(writer.finish(values.length, id));
  }
  return { ...message, dictionaries: written };
}

interface DictionaryValues {
  readonly values: ArrowValue[];
  readonly keys: Map<string, number>;
}

interface Todo {
  readonly plan: ColumnPlan;
  readonly values: readonly ArrowValue[];
}

class BatchWriter {
  readonly #dictionaries: ReadonlyMap<bigint, DictionaryValues>;
  readonly #nodes: bigint[] = [];
  readonly #buffers: bigint[] = [];
  readonly #variadic: bigint[] = [];
  readonly #parts: Uint8Array[] = [];
  #bodyLength = 0;

  constructor(dictionaries: ReadonlyMap<bigint, DictionaryValues>) {
    this.#dictionaries = dictionaries;
  }

  /** Nodes and buffers come in the order of a walk that sees parents first. */
  column(plan: ColumnPlan, values: readonly ArrowValue[]): void {
    const todo: Todo[] = [{ plan, values }];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      const children = this.#one(next.plan, next.values);
      for (let i = children.length - 1; i >= 0; i -= 1) todo.push(children[i] as Todo);
    }
  }

  finish(rows: number, dictionary: bigint | null): { readonly ipcMessage: Uint8Array; readonly arrowData: Uint8Array } {
    const builder = new FlatBuilder();
    const buffers = builder.i64s(this.#buffers, 2);
    const nodes = builder.i64s(this.#nodes, 2);
    const variadic = this.#variadic.length === 0 ? undefined : builder.i64s(this.#variadic);
    builder.startTable();
    builder.addI64(RECORD_BATCH.length, BigInt(rows));
    builder.addReference(RECORD_BATCH.nodes, nodes);
    builder.addReference(RECORD_BATCH.buffers, buffers);
    builder.addReference(RECORD_BATCH.variadicBufferCounts, variadic);
    let header: Position = builder.endTable();
    if (dictionary !== null) {
      builder.startTable();
      builder.addI64(DICTIONARY_BATCH.id, dictionary);
      builder.addReference(DICTIONARY_BATCH.data, header);
      header = builder.endTable();
    }
    builder.startTable();
    builder.addI16(MESSAGE.version, METADATA_V5);
    builder.addByte(MESSAGE.headerType, dictionary === null ? HEADER.RecordBatch : HEADER.DictionaryBatch);
    builder.addI64(MESSAGE.bodyLength, BigInt(this.#bodyLength));
    builder.addReference(MESSAGE.header, header);
    const ipcMessage = builder.finish(builder.endTable());
    const arrowData = new Uint8Array(this.#bodyLength);
    let at = 0;
    for (const part of this.#parts) {
      arrowData.set(part, at);
      at += padded(part.length);
    }
    return { ipcMessage, arrowData };
  }

  #buffer(bytes: Uint8Array): void {
    this.#buffers.push(BigInt(this.#bodyLength), BigInt(bytes.length));
    this.#parts.push(bytes);
    this.#bodyLength += padded(bytes.length);
  }

  #node(type: DataType, values: readonly ArrowValue[]): void {
    let nulls = 0;
    if (type.kind === 'Null') nulls = values.length;
    else if (type.kind !== 'Union' && type.kind !== 'RunEndEncoded')
      for (const value of values) if (value === null) nulls += 1;
    this.#nodes.push(BigInt(values.length), BigInt(nulls));
    if (type.kind === 'Null' || type.kind === 'Union' || type.kind === 'RunEndEncoded') return;
    // arrow-rs 58.3 and 59.3.0, which the engine is built with, fill the bitmap where nothing is null (59.3.2 leaves it out).
    this.#buffer(
      nulls === 0 ? new Uint8Array(Math.ceil(values.length / 8)).fill(0xff) : bits(values, (value) => value !== null),
    );
  }

  /** Node and buffers of one column; gives the columns below it. */
  #one(plan: ColumnPlan, values: readonly ArrowValue[]): Todo[] {
    const { type } = plan;
    this.#node(plan.dictionary === null ? type : plan.dictionary.key, values);
    if (plan.dictionary !== null) {
      this.#keys(plan, plan.dictionary, values);
      return [];
    }
    const [first, second] = plan.children;
    switch (type.kind) {
      case 'Null':
        for (const value of values) if (value !== null) throw badValue(type);
        return [];
      case 'Boolean':
        for (const value of values) if (value !== null && typeof value !== 'boolean') throw badValue(type);
        this.#buffer(bits(values, (value) => value === true));
        return [];
      case 'Utf8':
      case 'LargeUtf8':
      case 'Binary':
      case 'LargeBinary': {
        const chunks = values.map((value) => bytesOf(type, value));
        this.#offsets(
          chunks.map((chunk) => chunk.length),
          type.kind.startsWith('Large') ? 8 : 4,
        );
        this.#buffer(concat(chunks));
        return [];
      }
      case 'Utf8View':
      case 'BinaryView':
        this.#views(type, values);
        return [];
      case 'List':
      case 'LargeList': {
        const lists = values.map((value) => listOf(type, value));
        this.#offsets(
          lists.map((list) => list.length),
          type.kind === 'List' ? 4 : 8,
        );
        return [below(first, lists.flat(1) as ArrowValue[])];
      }
      case 'ListView':
      case 'LargeListView': {
        const lists = values.map((value) => listOf(type, value));
        const width = type.kind === 'ListView' ? 4 : 8;
        let start = 0;
        const starts = lists.map((list) => {
          start += list.length;
          return start - list.length;
        });
        this.#buffer(integers(starts, width));
        this.#buffer(
          integers(
            lists.map((list) => list.length),
            width,
          ),
        );
        return [below(first, lists.flat(1) as ArrowValue[])];
      }
      case 'FixedSizeList': {
        const items: ArrowValue[] = [];
        for (const value of values) {
          const list = value === null ? new Array<null>(type.size).fill(null) : listOf(type, value);
          if (list.length !== type.size) throw badValue(type);
          for (const item of list) items.push(item);
        }
        return [below(first, items)];
      }
      case 'Struct': {
        const columns: ArrowValue[][] = type.fields.map(() => []);
        for (const value of values) {
          const fields = value === null ? null : structFields(type, value);
          columns.forEach((column, i) => {
            column.push(fields?.[i]?.[1] ?? null);
          });
        }
        return columns.map((column, i) => below(plan.children[i], column));
      }
      case 'Map': {
        const maps = values.map((value) => mapEntries(type, value));
        this.#offsets(
          maps.map((map) => map.length),
          4,
        );
        return [below(first, maps.flat(1))];
      }
      case 'Union':
        return this.#union(plan, type, values);
      case 'RunEndEncoded': {
        const runs: ArrowValue[] = [];
        const ends: number[] = [];
        let last: string | undefined;
        values.forEach((value, i) => {
          const text = identity(type.values.type, value);
          if (text !== last) {
            runs.push(value);
            ends.push(i + 1);
          } else {
            ends[ends.length - 1] = i + 1;
          }
          last = text;
        });
        return [below(first, ends), below(second, runs)];
      }
      default:
        this.#fixed(type, values);
        return [];
    }
  }

  #fixed(type: DataType, values: readonly ArrowValue[]): void {
    const width = fixedWidth(type);
    if (width === null) throw badValue(type);
    const bytes = new Uint8Array(values.length * width);
    const view = new DataView(bytes.buffer);
    values.forEach((value, i) => {
      if (value !== null && !writeFixed(type, value, view, i * width)) throw badValue(type);
    });
    this.#buffer(bytes);
  }

  #offsets(lengths: readonly number[], width: 4 | 8): void {
    let end = 0;
    const offsets = [0];
    for (const length of lengths) {
      end += length;
      offsets.push(end);
    }
    if (width === 4 && end > 0x7fffffff) throw new DfxError('LIMIT', 'a column has more than 2^31 - 1 items or bytes');
    this.#buffer(integers(offsets, width));
  }

  #views(type: DataType, values: readonly ArrowValue[]): void {
    const views = new Uint8Array(values.length * 16);
    const view = new DataView(views.buffer);
    const long: Uint8Array[] = [];
    let end = 0;
    values.forEach((value, i) => {
      const chunk = bytesOf(type, value);
      view.setInt32(i * 16, chunk.length, true);
      views.set(chunk.length <= 12 ? chunk : chunk.subarray(0, 4), i * 16 + 4);
      if (chunk.length <= 12) return;
      view.setInt32(i * 16 + 12, end, true);
      long.push(chunk);
      end += chunk.length;
    });
    this.#buffer(views);
    this.#variadic.push(long.length === 0 ? 0n : 1n);
    if (long.length > 0) this.#buffer(concat(long));
  }

  #keys(plan: ColumnPlan, dictionary: NonNullable<ColumnPlan['dictionary']>, values: readonly ArrowValue[]): void {
    const entries = this.#dictionaries.get(dictionary.id);
    if (entries === undefined) throw new DfxError('DEFECT', `dictionary ${dictionary.id} has no plan`);
    const keys = values.map((value) => {
      if (value === null) return null;
      const text = identity(plan.type, value);
      let key = entries.keys.get(text);
      if (key === undefined) {
        key = entries.values.length;
        entries.keys.set(text, key);
        entries.values.push(value);
      }
      return key;
    });
    this.#fixed(dictionary.key, keys);
  }

  #union(plan: ColumnPlan, type: Extract<DataType, { kind: 'Union' }>, values: readonly ArrowValue[]): Todo[] {
    const ids = new Uint8Array(values.length);
    const places: number[] = [];
    const columns: ArrowValue[][] = type.fields.map(() => []);
    values.forEach((value, i) => {
      // Only below a null struct or fixed-size list does a union lack its value: the first member stands for it.
      const id = isKind(value, 'union') ? value.id : type.fields[0]?.id;
      const member = type.fields.findIndex((field) => field.id === id);
      const column = columns[member];
      if (column === undefined || id === undefined || (value !== null && !isKind(value, 'union'))) throw badValue(type);
      ids[i] = id & 0xff;
      places.push(column.length);
      column.push(value === null ? null : value.value);
      if (type.mode === 'Sparse') for (const other of columns) if (other !== column) other.push(null);
    });
    this.#buffer(ids);
    if (type.mode === 'Dense') this.#buffer(integers(places, 4));
    return columns.map((column, i) => below(plan.children[i], column));
  }
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function below(plan: ColumnPlan | undefined, values: readonly ArrowValue[]): Todo {
  if (plan === undefined) throw new DfxError('DEFECT', 'a column has no plan');
  return { plan, values };
}

/** A text that two values of the type share only if they are the same to the bit. */
function identity(type: DataType, value: ArrowValue): string {
  return JSON.stringify(arrowValueToJson(type, value));
}

function bits(values: readonly ArrowValue[], isSet: (value: ArrowValue) => boolean): Uint8Array {
  const out = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, i) => {
    if (isSet(value)) out[i >> 3] = (out[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return out;
}

function integers(values: readonly number[], width: 4 | 8): Uint8Array {
  const out = new Uint8Array(values.length * width);
  const view = new DataView(out.buffer);
  values.forEach((value, i) => {
    if (width === 4) view.setInt32(i * 4, value, true);
    else view.setBigInt64(i * 8, BigInt(value), true);
  });
  return out;
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

const UTF8 = new TextEncoder();

function bytesOf(type: DataType, value: ArrowValue): Uint8Array {
  if (value === null) return new Uint8Array();
  if (type.kind.includes('Binary')) {
    if (value instanceof Uint8Array) return value;
  } else if (typeof value === 'string') {
    return UTF8.encode(value);
  }
  throw badValue(type);
}

function listOf(type: DataType, value: ArrowValue): readonly ArrowValue[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw badValue(type);
  return value as readonly ArrowValue[];
}

function structFields(type: Extract<DataType, { kind: 'Struct' }>, value: ArrowValue) {
  if (!isKind(value, 'struct') || value.fields.length !== type.fields.length) throw badValue(type);
  return value.fields;
}

/** The entries as the structs that they are below a map. */
function mapEntries(type: Extract<DataType, { kind: 'Map' }>, value: ArrowValue): ArrowValue[] {
  if (value === null) return [];
  const [key, item] = type.entries.type.kind === 'Struct' ? type.entries.type.fields : [];
  if (!isKind(value, 'map') || key === undefined || item === undefined) throw badValue(type);
  return value.entries.map(([k, v]) => ({
    kind: 'struct',
    fields: [
      [key.name, k],
      [item.name, v],
    ],
  }));
}

function badValue(type: DataType): DfxError {
  return new DfxError('BAD_VALUE', `found a value that is no ${formatDataType(type)}`);
}
