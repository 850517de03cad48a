/**
 * The schema of NDJSON as DataFusion 55 infers it from its first records (arrow-json 59, `infer_json_schema_from_iterator`): fields in the
 * order in which they come; integers, floats, booleans and texts, lists and structs of them; what differs from record to record becomes
 * Float64 (numbers), a list (of the value and the list) or Utf8.
 */
import type { DataType, Field, Schema } from '../../wire/arrow/types.ts';
import {
  checkUtf8,
  eachEntry,
  eachItem,
  JsonFault,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  skipBlanks,
  skipValue,
  stringText,
  unexpected,
} from './text.ts';

type Scalar = 'Boolean' | 'Int64' | 'Float64' | 'Utf8';

type Inferred =
  | { readonly kind: 'any' }
  | { readonly kind: 'scalar'; readonly types: Set<Scalar> }
  | { readonly kind: 'list'; item: Inferred }
  | { readonly kind: 'object'; readonly fields: Map<string, Inferred> };

const ANY: Inferred = { kind: 'any' };

export class JsonInference {
  readonly #fields = new Map<string, Inferred>();

  /** One line that isn't blank. Throws JsonFault. */
  add(bytes: Uint8Array, start: number, end: number): void {
    checkUtf8(bytes, start, end);
    const at = skipBlanks(bytes, start, end);
    // All of it is checked before any of it is taken for what it seems.
    const behind = skipBlanks(bytes, skipValue(bytes, at, end), end);
    if (behind < end) throw unexpected(bytes, behind, end, 'the end of the line: one object a line');
    if (bytes[at] !== OPEN_OBJECT) throw new JsonFault('found a value, expected an object', at);
    addObject(this.#fields, bytes, at, end);
  }

  schema(): Schema {
    return { fields: fieldsOf(this.#fields), metadata: [] };
  }
}

/** The last of the entries with one key, in the place of the first. */
function entriesOf(bytes: Uint8Array, at: number, end: number): Map<string, number> {
  const entries = new Map<string, number>();
  eachEntry(bytes, at, end, (key, value) => {
    const keyEnd = skipValue(bytes, key, end);
    entries.set(stringText(bytes, key, keyEnd), value);
    return skipValue(bytes, value, end);
  });
  return entries;
}

/** Descends with the value, which `skipValue` has found to be at most MAX_DEPTH deep. */
function addObject(fields: Map<string, Inferred>, bytes: Uint8Array, at: number, end: number): void {
  for (const [name, value] of entriesOf(bytes, at, end)) {
    const known = fields.get(name) ?? ANY;
    const byte = bytes[value];
    if (byte === OPEN_LIST) {
      const item = itemType(bytes, value, end);
      if (known.kind === 'scalar') {
        if (item.kind !== 'scalar' && item.kind !== 'any') throw clash(known, item, value);
        fields.set(name, { kind: 'list', item: merged(known, item, value) });
      } else if (known.kind === 'object') {
        throw clash(known, { kind: 'list', item }, value);
      } else {
        fields.set(name, { kind: 'list', item: merged(known.kind === 'list' ? known.item : ANY, item, value) });
      }
    } else if (byte === OPEN_OBJECT) {
      if (known.kind !== 'any' && known.kind !== 'object')
        throw clash(known, { kind: 'object', fields: new Map() }, value);
      const inner = known.kind === 'object' ? known : { kind: 'object' as const, fields: new Map<string, Inferred>() };
      fields.set(name, inner);
      addObject(inner.fields, bytes, value, end);
    } else {
      const type = scalarType(bytes, value, end);
      if (type === null) fields.set(name, known);
      else if (known.kind === 'object') throw clash(known, { kind: 'scalar', types: new Set([type]) }, value);
      else fields.set(name, merged(known, { kind: 'scalar', types: new Set([type]) }, value));
    }
  }
}

/** The first item decides what the list is of. */
function itemType(bytes: Uint8Array, at: number, end: number): Inferred {
  let found: Inferred = ANY;
  let first = true;
  eachItem(bytes, at, end, (item) => {
    const byte = bytes[item];
    if (first) {
      if (byte === OPEN_LIST) found = { kind: 'list', item: ANY };
      else if (byte === OPEN_OBJECT) found = { kind: 'object', fields: new Map() };
      else found = { kind: 'scalar', types: new Set() };
      first = false;
    }
    switch (found.kind) {
      case 'list':
        if (byte !== OPEN_LIST) throw new JsonFault('found a value that is no list in a list of lists', item);
        found.item = merged(found.item, itemType(bytes, item, end), item);
        break;
      case 'object':
        if (byte !== OPEN_OBJECT) throw new JsonFault('found a value that is no object in a list of objects', item);
        addObject(found.fields, bytes, item, end);
        break;
      case 'scalar': {
        if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
          throw new JsonFault('found a list or an object in a list of plain values', item);
        }
        const type = scalarType(bytes, item, end);
        if (type !== null) found.types.add(type);
      }
    }
    return skipValue(bytes, item, end);
  });
  return found;
}

const INT64_MAX = 2n ** 63n - 1n;

/** Null for null. */
function scalarType(bytes: Uint8Array, at: number, end: number): Scalar | null {
  const byte = bytes[at];
  if (byte === QUOTE) {
    stringText(bytes, at, skipValue(bytes, at, end));
    return 'Utf8';
  }
  if (byte === 0x6e) return null;
  if (byte === 0x74 || byte === 0x66) return 'Boolean';
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, skipValue(bytes, at, end) - at).toString('latin1');
  if (/^-?[0-9]+$/.test(text) && text !== '-0') {
    const value = BigInt(text);
    if (value <= INT64_MAX && value >= -INT64_MAX - 1n) return 'Int64';
  }
  if (!Number.isFinite(Number(text))) throw new JsonFault(`found the number ${text}, which is out of range`, at);
  return 'Float64';
}

function clash(known: Inferred, found: Inferred, at: number): JsonFault {
  return new JsonFault(`found ${nameOf(found)} where records before have ${nameOf(known)}`, at);
}

function nameOf(type: Inferred): string {
  switch (type.kind) {
    case 'any':
      return 'null';
    case 'scalar':
      return 'a plain value';
    case 'list':
      return 'a list';
    case 'object':
      return 'an object';
  }
}

function merged(known: Inferred, found: Inferred, at: number): Inferred {
  if (known.kind === 'any') return found;
  if (found.kind === 'any') return known;
  if (known.kind === 'list' && found.kind === 'list') return { kind: 'list', item: merged(known.item, found.item, at) };
  if (known.kind === 'scalar' && found.kind === 'scalar') {
    return { kind: 'scalar', types: new Set([...known.types, ...found.types]) };
  }
  if (known.kind === 'object' && found.kind === 'object') {
    const fields = new Map(known.fields);
    for (const [name, type] of found.fields) fields.set(name, merged(fields.get(name) ?? ANY, type, at));
    return { kind: 'object', fields };
  }
  if (known.kind === 'list' && found.kind === 'scalar') return { kind: 'list', item: merged(known.item, found, at) };
  if (known.kind === 'scalar' && found.kind === 'list') return { kind: 'list', item: merged(found.item, known, at) };
  throw clash(known, found, at);
}

function fieldsOf(fields: ReadonlyMap<string, Inferred>): readonly Field[] {
  return [...fields].map(([name, type]) => ({ name, type: typeOf(type), nullable: true, metadata: [] }));
}

function typeOf(type: Inferred): DataType {
  switch (type.kind) {
    case 'any':
      return { kind: 'Null' };
    case 'scalar': {
      const [first = 'Utf8', ...others] = type.types;
      if (others.length === 0) return { kind: first };
      const numbers = [...type.types].every((each) => each === 'Int64' || each === 'Float64');
      return { kind: numbers ? 'Float64' : 'Utf8' };
    }
    case 'list':
      return { kind: 'List', item: { name: 'item', type: typeOf(type.item), nullable: true, metadata: [] } };
    case 'object':
      return { kind: 'Struct', fields: fieldsOf(type.fields) };
  }
}
