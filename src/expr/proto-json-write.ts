/**
 * Protobuf bytes to proto JSON, in the form that pbjson generated for the Rust crates (datafusion-proto 55.2.0, feature `json`):
 * lowerCamelCase names, 64-bit integers as strings, bytes as base64, enum values by name, absent defaults. Unlike it, non-finite
 * floats are strings, which its readers take.
 */

import { toBase64 } from '../wire/encoding.ts';
import { DfxError } from '../wire/errors.ts';
import { enumDef, NEWEST_MAJOR } from '../wire/proto/tables.ts';
import {
  type CompiledField,
  type CompiledMessage,
  compiledMessage,
  type OddityKind,
  type Tape,
  UNKNOWN_FIELD,
} from '../wire/protobuf/index.ts';
import {
  type JsonMember,
  type JsonNode,
  jsonArray,
  jsonBoolean,
  jsonNumber,
  jsonObject,
  jsonString,
  writeJson,
} from './json-text.ts';
import { floatText } from './proto-json-floats.ts';

const ODDITIES: Readonly<Record<OddityKind, string>> = {
  overlong_varint: 'a varint of more bytes than its value needs',
  field_order: 'a field behind one that the real writer puts after it',
  duplicate_field: 'a field that stands twice where one counts',
  explicit_default: 'a default value that the real writer leaves out',
  unknown_field: `a field that DataFusion ${NEWEST_MAJOR} doesn't know`,
  wide_value: 'a number of more bits than its field has',
  unpacked: 'a list of numbers that is not packed',
  empty_packed: 'an empty list that the real writer leaves out',
};

/** One message of the result, to be filled. */
interface Task {
  /** Tape entries whose fields together make the message: more than one when a lossy reading merges duplicates, as prost does. */
  readonly entries: readonly number[];
  readonly message: CompiledMessage;
  readonly members: JsonMember[];
}

/** The entries that count for one field. */
interface Slot {
  readonly field: CompiledField;
  entries: number[];
}

/** Throws UNREPRESENTABLE with the offset of what proto JSON can't say, unless `lossy`. */
export function protoJsonNodeOf(tape: Tape, message: string, lossy: boolean): JsonNode {
  const oddity = tape.oddities[0];
  if (oddity !== undefined && !lossy) {
    throw unrepresentable(`${ODDITIES[oddity.kind]} (${nameOf(tape, oddity.entry)})`, oddity.offset);
  }
  const root: JsonMember[] = [];
  const tasks: Task[] = [{ entries: [0], message: compiledMessage(message), members: root }];
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const inner: Task[] = [];
    for (const slot of slotsOf(tape, task, lossy)) {
      const value = slot.field.def.repeated
        ? listOrMap(tape, slot, inner, lossy)
        : singular(tape, slot.field, slot.entries, inner, lossy);
      if (value !== null) task.members.push(made(slot.field.def.jsonName, value));
    }
    for (const next of inner.reverse()) tasks.push(next);
  }
  return { kind: 'object', members: root, start: -1, end: -1 };
}

function made(key: string, value: JsonNode): JsonMember {
  return { key, keyStart: -1, value };
}

function children(tape: Tape, entry: number): number[] {
  const found: number[] = [];
  for (let child = entry + 1, end = tape.next(entry); child < end; child = tape.next(child)) found.push(child);
  return found;
}

/** Sorts a message's entries by field. Of several the last counts, messages merge, and of a oneof the last member stays. */
function slotsOf(tape: Tape, task: Task, lossy: boolean): Slot[] {
  const slots = new Map<number, Slot>();
  const members = new Map<string, number>();
  for (const child of task.entries.flatMap((entry) => children(tape, entry))) {
    if (tape.message(child) === UNKNOWN_FIELD) continue; // an oddity, refused before unless lossy
    const field = task.message.field(tape.number(child));
    if (field === undefined) continue;
    const { def } = field;
    if (def.until !== null) {
      if (lossy) continue;
      const what = `${task.message.def.name}.${def.name}, a field that DataFusion ${def.until} dropped`;
      throw unrepresentable(what, tape.base + tape.tag(child));
    }
    if (def.oneof !== null) {
      const other = members.get(def.oneof);
      if (other !== undefined && other !== field.number) slots.delete(other);
      members.set(def.oneof, field.number);
    }
    const slot = slots.get(field.number);
    if (slot === undefined) slots.set(field.number, { field, entries: [child] });
    else if (def.repeated || def.type === 'message') slot.entries.push(child);
    else slot.entries = [child];
  }
  // pbjson writes the plain fields first, then the oneofs.
  const all = [...slots.values()];
  return [
    ...all.filter(({ field }) => field.def.oneof === null),
    ...all.filter(({ field }) => field.def.oneof !== null),
  ];
}

function singular(
  tape: Tape,
  field: CompiledField,
  entries: readonly number[],
  inner: Task[],
  lossy: boolean,
): JsonNode | null {
  if (field.def.type === 'message') return messageNode(field, entries, inner);
  const last = entries[entries.length - 1];
  return last === undefined ? null : scalar(tape, field, last, lossy);
}

/** An object that a later task fills: building it at once would recurse as deep as the payload nests. */
function messageNode(field: CompiledField, entries: readonly number[], inner: Task[]): JsonNode {
  const members: JsonMember[] = [];
  inner.push({ entries, message: compiledMessage(field.def.ref ?? ''), members });
  return { kind: 'object', members, start: -1, end: -1 };
}

function listOrMap(tape: Tape, slot: Slot, inner: Task[], lossy: boolean): JsonNode | null {
  const { field, entries } = slot;
  if (field.def.map) return mapNode(tape, field, entries, inner, lossy);
  if (field.def.type === 'message') return jsonArray(entries.map((entry) => messageNode(field, [entry], inner)));
  if (!field.packable) return jsonArray(entries.flatMap((entry) => scalar(tape, field, entry, lossy) ?? []));
  const items = entries.flatMap((entry) => packedValues(tape, field, entry, lossy));
  return items.length === 0 ? null : jsonArray(items);
}

function mapNode(
  tape: Tape,
  field: CompiledField,
  entries: readonly number[],
  inner: Task[],
  lossy: boolean,
): JsonNode {
  const entryMessage = compiledMessage(field.def.ref ?? '');
  const valueField = entryMessage.field(2);
  if (entryMessage.field(1)?.def.type !== 'string' || valueField === undefined) {
    throw new DfxError('DEFECT', `the map ${field.def.name} has other keys than strings`);
  }
  const values = new Map<string, JsonNode>();
  for (const entry of entries) {
    const parts = children(tape, entry);
    const keyEntry = parts.findLast((part) => tape.number(part) === 1);
    const valueEntries = parts.filter((part) => tape.number(part) === 2);
    const key = keyEntry === undefined ? '' : tape.string(keyEntry);
    const offset = tape.base + tape.tag(entry);
    if (!lossy && values.has(key)) {
      throw unrepresentable(`the key ${writeJson(jsonString(key))} twice in a map (${field.def.name})`, offset);
    }
    if (valueField.def.type === 'message') {
      const [only] = valueEntries;
      if (!lossy && only !== undefined && tape.start(only) === tape.end(only)) {
        throw unrepresentable(`an empty message written out as a map's value (${field.def.name})`, offset);
      }
      values.set(key, messageNode(valueField, valueEntries, inner));
      continue;
    }
    const last = valueEntries[valueEntries.length - 1];
    const value = last === undefined ? null : scalar(tape, valueField, last, lossy);
    values.set(key, value ?? defaultNode(valueField));
  }
  return jsonObject([...values]);
}

/** What stands for an absent value where JSON needs one. */
function defaultNode(field: CompiledField): JsonNode {
  switch (field.def.type) {
    case 'bool':
      return jsonBoolean(false);
    case 'string':
    case 'bytes':
      return jsonString('');
    case 'int64':
    case 'uint64':
      return jsonString('0');
    case 'enum':
      return jsonString(enumDef(field.def.ref ?? '').byNumber.get(0)?.name ?? '');
    default:
      return jsonNumber(0);
  }
}

function scalar(tape: Tape, field: CompiledField, entry: number, lossy: boolean): JsonNode | null {
  switch (field.def.type) {
    case 'string':
      return jsonString(tape.string(entry));
    case 'bytes':
      return jsonString(toBase64(tape.raw(entry)));
    case 'bool':
      return jsonBoolean(tape.bool(entry));
    case 'int32':
      return jsonNumber(tape.int32(entry));
    case 'uint32':
      return jsonNumber(tape.uint32(entry));
    case 'int64':
      return jsonString(String(tape.int64(entry)));
    case 'uint64':
      return jsonString(String(tape.uint64(entry)));
    case 'enum':
      return enumNode(tape, field, entry, tape.int32(entry), lossy);
    case 'double':
    case 'float':
      return floatNode(tape, field, entry, tape.view(entry), lossy);
    case 'message':
      throw new DfxError('DEFECT', `${field.def.name} is no scalar`);
  }
}

function enumNode(tape: Tape, field: CompiledField, entry: number, value: number, lossy: boolean): JsonNode | null {
  const found = enumDef(field.def.ref ?? '').byNumber.get(value);
  if (found !== undefined && found.until === null) return jsonString(found.name);
  if (lossy) return null;
  const what = `the number ${value} for the enum ${field.def.ref}, which has no such value in DataFusion ${NEWEST_MAJOR}`;
  throw unrepresentable(`${what} (${field.def.name})`, tape.base + tape.tag(entry));
}

function floatNode(tape: Tape, field: CompiledField, entry: number, view: DataView, lossy: boolean): JsonNode {
  const { text, quoted, exact } = floatText(view);
  if (!exact && !lossy) {
    throw unrepresentable(`a NaN with payload bits (${field.def.name})`, tape.base + tape.tag(entry));
  }
  return quoted ? jsonString(text) : jsonNumber(text);
}

/** The numbers of one entry: a packed list, or one number that came unpacked. */
function packedValues(tape: Tape, field: CompiledField, entry: number, lossy: boolean): JsonNode[] {
  const { bytes } = tape;
  const packed = ((bytes[tape.tag(entry)] ?? 0) & 7) === 2;
  const end = tape.end(entry);
  const { type } = field.def;
  if (!packed) {
    const value = scalar(tape, field, entry, lossy);
    return value === null ? [] : [value];
  }
  const values: JsonNode[] = [];
  if (type === 'double' || type === 'float') {
    const size = type === 'double' ? 8 : 4;
    for (let at = tape.start(entry); at < end; at += size) {
      values.push(floatNode(tape, field, entry, new DataView(bytes.buffer, bytes.byteOffset + at, size), lossy));
    }
    return values;
  }
  for (let at = tape.start(entry); at < end; ) {
    let bits = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] ?? 0;
      bits |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const value = varintNode(tape, field, entry, BigInt.asUintN(64, bits), lossy);
    if (value !== null) values.push(value);
  }
  return values;
}

function varintNode(tape: Tape, field: CompiledField, entry: number, bits: bigint, lossy: boolean): JsonNode | null {
  switch (field.def.type) {
    case 'bool':
      return jsonBoolean(bits !== 0n);
    case 'int32':
      return jsonNumber(BigInt.asIntN(32, bits));
    case 'uint32':
      return jsonNumber(BigInt.asUintN(32, bits));
    case 'int64':
      return jsonString(String(BigInt.asIntN(64, bits)));
    case 'uint64':
      return jsonString(String(bits));
    case 'enum':
      return enumNode(tape, field, entry, Number(BigInt.asIntN(32, bits)), lossy);
    default:
      throw new DfxError('DEFECT', `${field.def.name} is no list of varints`);
  }
}

function nameOf(tape: Tape, entry: number): string {
  const parent = tape.compiled(tape.parent(entry))?.def.name ?? 'the message';
  return `${parent}.${tape.field(entry)?.def.name ?? `#${tape.number(entry)}`}`;
}

function unrepresentable(what: string, offset: number): DfxError {
  return new DfxError('UNREPRESENTABLE', `found ${what}, which proto JSON can't express`, {
    offset,
    hint: 'decode with --format json, which keeps it, or with --lossy, which drops it',
  });
}
