/**
 * Proto JSON to protobuf bytes, as the readers that pbjson generated for the Rust crates take it (datafusion-proto 55.2.0, feature
 * `json`): either spelling of a field's name, numbers as numbers or strings, enum values by name or number, bytes in either base64.
 * The bytes are those that prost writes for the same message.
 */
import { DfxError } from '../wire/errors.ts';
import { enumDef, type FieldDef, type ProtoScalar } from '../wire/proto/tables.ts';
import { type CompiledField, type CompiledMessage, compiledMessage, ProtoWriter } from '../wire/protobuf/index.ts';
import { type JsonNode, type JsonObject, jsonString, writeJson } from './json-text.ts';
import { readBase64 } from './proto-json-base64.ts';
import { floatBytes, parseFloatText } from './proto-json-floats.ts';

/** A field that is ready to be written. */
type Planned =
  | { readonly form: 'varint'; readonly number: number; readonly value: number | bigint }
  | { readonly form: 'bytes'; readonly number: number; readonly value: Uint8Array }
  | { readonly form: 'fixed'; readonly number: number; readonly value: Uint8Array }
  | { readonly form: 'packed'; readonly number: number; readonly values: readonly (number | bigint)[] }
  | {
      readonly form: 'message';
      readonly number: number;
      readonly content: readonly Planned[];
      /** prost leaves an empty message out where it is a map's value. */
      readonly unlessEmpty: boolean;
    };

interface Task {
  readonly node: JsonObject;
  readonly message: CompiledMessage;
  readonly out: Planned[];
}

const encoder = new TextEncoder();

/** Throws JSON_SHAPE with the offset in the text of what doesn't fit the message. */
export function protoBytesOf(node: JsonNode, message: string): Uint8Array {
  const root: Planned[] = [];
  const tasks: Task[] = [{ node: asObject(node, message), message: compiledMessage(message), out: root }];
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const inner: Task[] = [];
    planMessage(task, inner);
    for (const next of inner.reverse()) tasks.push(next);
  }
  return ProtoWriter.encode((writer) => emit(writer, root));
}

function emit(writer: ProtoWriter, content: readonly Planned[]): void {
  for (const field of content) {
    switch (field.form) {
      case 'varint':
        writer.varint(field.number, field.value);
        break;
      case 'bytes':
        writer.bytes(field.number, field.value);
        break;
      case 'fixed':
        writer.fixed(field.number, field.value);
        break;
      case 'packed':
        writer.packedVarints(field.number, field.values);
        break;
      case 'message':
        if (field.unlessEmpty && field.content.length === 0) break;
        writer.message(field.number, () => emit(writer, field.content));
    }
  }
}

function planMessage(task: Task, inner: Task[]): void {
  const { message, node } = task;
  const seen = new Set<string>();
  const groups: { readonly order: number; readonly planned: readonly Planned[] }[] = [];
  for (const { key, keyStart, value } of node.members) {
    const field = fieldNamed(message, key, keyStart);
    // The proto3 JSON mapping takes null for an absent field.
    if (value.kind === 'null') continue;
    const { oneof } = field.def;
    const owner = oneof === null ? `field ${field.number}` : `oneof ${oneof}`;
    if (seen.has(owner)) {
      const what = oneof === null ? `${placeOf(message, field)} twice` : `a second member of the oneof ${oneof}`;
      throw shape(`found ${what}, expected one`, keyStart, 'keep the one that is meant');
    }
    seen.add(owner);
    groups.push({ order: field.order, planned: planField(message, field, value, inner) });
  }
  groups.sort((a, b) => a.order - b.order);
  for (const { planned } of groups) for (const field of planned) task.out.push(field);
}

function planField(message: CompiledMessage, field: CompiledField, node: JsonNode, inner: Task[]): Planned[] {
  const place = placeOf(message, field);
  if (field.def.map) return planMap(place, field, node, inner);
  if (!field.def.repeated) {
    if (field.def.type === 'message') return [planInner(place, field, node, inner, false)];
    const planned = planScalar(place, field, node);
    return field.implicit && isDefault(planned) ? [] : [planned];
  }
  if (node.kind !== 'array') throw wrongKind(place, node, 'an array');
  if (field.def.type === 'message') return node.items.map((item) => planInner(place, field, item, inner, false));
  const values = node.items.map((item) => planScalar(place, field, item));
  return field.packable ? pack(field.number, values) : values;
}

function planInner(place: string, field: CompiledField, node: JsonNode, inner: Task[], unlessEmpty: boolean): Planned {
  const content: Planned[] = [];
  inner.push({ node: asObject(node, place), message: compiledMessage(field.def.ref ?? ''), out: content });
  return { form: 'message', number: field.number, content, unlessEmpty };
}

/** A JSON object whose members are the map's entries, written in the order of the text. */
function planMap(place: string, field: CompiledField, node: JsonNode, inner: Task[]): Planned[] {
  if (node.kind !== 'object') throw wrongKind(place, node, 'an object');
  const entry = compiledMessage(field.def.ref ?? '');
  const keyField = entry.field(1);
  const valueField = entry.field(2);
  if (keyField?.def.type !== 'string' || valueField === undefined) {
    throw new DfxError('DEFECT', `the map ${place} has other keys than strings`);
  }
  const seen = new Set<string>();
  return node.members.map(({ key, keyStart, value }): Planned => {
    if (seen.has(key)) throw shape(`found the key ${quoted(key)} twice in ${place}`, keyStart, 'keep one of the two');
    seen.add(key);
    const content: Planned[] = [];
    if (key !== '') content.push({ form: 'bytes', number: 1, value: encoder.encode(key) });
    if (valueField.def.type === 'message') content.push(planInner(place, valueField, value, inner, true));
    else {
      const planned = planScalar(place, valueField, value);
      if (!isDefault(planned)) content.push(planned);
    }
    return { form: 'message', number: field.number, content, unlessEmpty: false };
  });
}

function isDefault(planned: Planned): boolean {
  switch (planned.form) {
    case 'varint':
      return BigInt(planned.value) === 0n;
    case 'bytes':
      return planned.value.length === 0;
    case 'fixed':
      return planned.value.every((byte) => byte === 0);
    case 'packed':
    case 'message':
      return false;
  }
}

function pack(number: number, values: readonly Planned[]): Planned[] {
  if (values.length === 0) return [];
  if (values[0]?.form !== 'fixed') {
    return [{ form: 'packed', number, values: values.map((value) => (value.form === 'varint' ? value.value : 0)) }];
  }
  const parts = values.flatMap((value) => (value.form === 'fixed' ? [value.value] : []));
  const size = parts[0]?.length ?? 0;
  const bytes = new Uint8Array(size * parts.length);
  for (const [index, part] of parts.entries()) bytes.set(part, index * size);
  return [{ form: 'bytes', number, value: bytes }];
}

function planScalar(place: string, field: CompiledField, node: JsonNode): Planned {
  const { number } = field;
  const { type } = field.def;
  switch (type) {
    case 'string':
      if (node.kind !== 'string') throw wrongKind(place, node, 'a string');
      return { form: 'bytes', number, value: encoder.encode(node.value) };
    case 'bytes': {
      if (node.kind !== 'string') throw wrongKind(place, node, 'a string of base64');
      const value = readBase64(node.value);
      if (typeof value === 'string') throw shape(`found ${value} for ${place}`, node.start, 'write standard base64');
      return { form: 'bytes', number, value };
    }
    case 'bool':
      if (node.kind !== 'boolean') throw wrongKind(place, node, 'true or false');
      return { form: 'varint', number, value: node.value ? 1 : 0 };
    case 'enum':
      return { form: 'varint', number, value: enumNumber(place, field.def, node) };
    case 'double':
    case 'float': {
      const text = node.kind === 'number' ? node.text : node.kind === 'string' ? node.value : null;
      if (text === null) throw wrongKind(place, node, 'a number');
      const value = parseFloatText(text);
      if (value === null || (node.kind === 'number' && !Number.isFinite(value.number))) {
        const expected = 'a number, or "NaN", "Infinity" or "-Infinity"';
        throw shape(`found ${short(text)} for ${place}, expected ${expected}`, node.start);
      }
      return { form: 'fixed', number, value: floatBytes(value, type === 'double' ? 8 : 4) };
    }
    case 'message':
      throw new DfxError('DEFECT', `${place} is no scalar`);
    default:
      return { form: 'varint', number, value: integer(place, type, node) };
  }
}

type IntegerType = Extract<ProtoScalar, `${string}int${string}`>;

const RANGES: Readonly<Record<IntegerType, readonly [bigint, bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

/** A whole number as a JSON number or in a string. The Rust readers refuse `1.0`, `1e2` and the number `-0`, and so does this. */
function integer(place: string, type: IntegerType, node: JsonNode): number | bigint {
  const [least, most] = RANGES[type];
  const text = node.kind === 'number' ? node.text : node.kind === 'string' ? node.value : null;
  const expected = `a whole number from ${least} to ${most}`;
  if (text === null) throw wrongKind(place, node, expected);
  const whole = least === 0n ? /^\+?[0-9]+$/ : /^[+-]?[0-9]+$/;
  // 40 digits hold every 64-bit number with room for zeros; a megabyte of digits is not worth its conversion.
  const value = whole.test(text) && text.length <= 40 ? BigInt(text.replace('+', '')) : null;
  if (value === null || value < least || value > most || (node.kind === 'number' && text === '-0')) {
    throw shape(`found ${short(text)} for ${place}, expected ${expected}`, node.start);
  }
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function enumNumber(place: string, def: FieldDef, node: JsonNode): number {
  const { values, byName, byNumber } = enumDef(def.ref ?? '');
  const found =
    node.kind === 'string'
      ? byName.get(node.value)
      : node.kind === 'number'
        ? byNumber.get(/^-?(?:0|[1-9][0-9]{0,9})$/.test(node.text) ? Number(node.text) : Number.NaN)
        : undefined;
  if (found !== undefined && found.until === null) return found.number;
  const names = values.flatMap((value) => (value.until === null ? [value.name] : []));
  const text = node.kind === 'string' ? quoted(node.value) : node.kind === 'number' ? short(node.text) : kindOf(node);
  throw shape(`found ${text} for ${place}, expected ${listed(names)}`, node.start);
}

/** Live fields by both spellings. */
const namesOf = new Map<CompiledMessage, ReadonlyMap<string, CompiledField>>();

function fieldNamed(message: CompiledMessage, name: string, offset: number): CompiledField {
  let names = namesOf.get(message);
  if (names === undefined) {
    const live = new Map<string, CompiledField>();
    for (const def of message.def.fields) {
      const field = def.until === null ? message.field(def.number) : undefined;
      if (field === undefined) continue;
      live.set(def.name, field);
      live.set(def.jsonName, field);
    }
    names = live;
    namesOf.set(message, names);
  }
  const field = names.get(name);
  if (field !== undefined) return field;
  const retired = message.def.fields.find((def) => def.until !== null && (def.name === name || def.jsonName === name));
  const known = message.def.fields.flatMap((def) => (def.until === null ? [def.jsonName] : []));
  const what =
    retired === undefined
      ? `the unknown field ${quoted(name)} in ${message.def.name}`
      : `the field ${quoted(name)} in ${message.def.name}, which DataFusion ${retired.until} dropped`;
  throw shape(`found ${what}, expected ${known.length === 0 ? 'no field' : listed(known)}`, offset);
}

function listed(names: readonly string[]): string {
  return names.length === 1 ? (names[0] ?? '') : `one of ${names.join(', ')}`;
}

function placeOf(message: CompiledMessage, field: CompiledField): string {
  return `${message.def.name}.${field.def.jsonName}`;
}

function asObject(node: JsonNode, place: string): JsonObject {
  if (node.kind !== 'object') throw wrongKind(place, node, 'an object');
  return node;
}

function kindOf(node: JsonNode): string {
  switch (node.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(node.value);
    case 'number':
      return short(node.text);
    case 'string':
      return `the string ${quoted(node.value)}`;
    case 'array':
      return 'an array';
    case 'object':
      return 'an object';
  }
}

function short(text: string): string {
  return text.length <= 40 ? quoted(text).slice(1, -1) : `${quoted(text.slice(0, 40)).slice(1, -1)}…`;
}

function quoted(text: string): string {
  return writeJson(jsonString(text.length <= 60 ? text : `${text.slice(0, 60)}…`));
}

function wrongKind(place: string, node: JsonNode, expected: string): DfxError {
  return shape(`found ${kindOf(node)} for ${place}, expected ${expected}`, node.start);
}

function shape(message: string, offset: number, hint?: string): DfxError {
  return new DfxError('JSON_SHAPE', message, { offset: offset < 0 ? undefined : offset, hint });
}
