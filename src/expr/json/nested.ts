/** Lists, structs and maps as values: `{"lit": [1, 2], "type": "List(Int64)"}`. */
import {
  arrowValueFromJson,
  arrowValueToJson,
  type JsonValue,
  readNested,
  writeNested,
} from '../../wire/arrow/index.ts';
import type { DataType, Field } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { sameBytes } from '../../wire/same-bytes.ts';
import { JSON_NULL, type JsonNode, jsonArray, jsonBoolean, jsonNumber, jsonObject, jsonString } from '../json-text.ts';
import type { NestedKind, NestedValue } from '../model.ts';
import { shapeError } from './shape.ts';
import { sameJson, typeHasText } from './types.ts';

/** The one column of the record batch in a nested literal, as datafusion-proto names it; nullable where its value is null. */
function columnOf(type: DataType, isNull: boolean): Field {
  return { name: 'field_name', type, nullable: isNull, metadata: [] };
}

/** The value as JSON with its type, or null where writing it again would not give the same bytes. */
export function nestedValueJson(
  kind: NestedKind,
  nested: NestedValue,
): { readonly value: JsonNode; readonly type: DataType } | null {
  const type = nested.schema?.fields[0]?.type;
  if (type === undefined || type.kind !== kind || !typeHasText(type)) return null;
  try {
    const value = readNested(nested);
    if (!sameNested(fromValue(type, value), nested)) return null;
    return { value: value === null ? JSON_NULL : nodeOf(arrowValueToJson(type, value)), type };
  } catch (error) {
    // bytes that the Arrow reader refuses stay bytes; `inspect` tells what is wrong with them
    if (error instanceof DfxError) return null;
    throw error;
  }
}

export function nestedValueOf(node: JsonNode, type: DataType): NestedValue {
  try {
    return fromValue(type, node.kind === 'null' ? null : arrowValueFromJson(type, plainOf(node)));
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    throw shapeError(node, error.message, error.hint);
  }
}

function fromValue(type: DataType, value: Parameters<typeof writeNested>[1]): NestedValue {
  const field = columnOf(type, value === null);
  return { ...writeNested(field, value), schema: { fields: [field], metadata: [] } };
}

function sameNested(a: NestedValue, b: NestedValue): boolean {
  if (a.dictionaries.length !== b.dictionaries.length || !sameJson(a.schema, b.schema)) return false;
  if (!sameBytes(a.ipcMessage, b.ipcMessage) || !sameBytes(a.arrowData, b.arrowData)) return false;
  return a.dictionaries.every((dictionary, at) => {
    const other = b.dictionaries[at];
    return (
      other !== undefined &&
      sameBytes(dictionary.ipcMessage, other.ipcMessage) &&
      sameBytes(dictionary.arrowData, other.arrowData)
    );
  });
}

/** Deepest literal that stands as a value; deeper ones stay Arrow bytes. */
const MAX_DEPTH = 64;

function nodeOf(value: JsonValue, depth = 0): JsonNode {
  if (depth > MAX_DEPTH) throw new DfxError('LIMIT', `a value nests deeper than ${MAX_DEPTH} levels`);
  if (value === null) return JSON_NULL;
  if (typeof value === 'boolean') return jsonBoolean(value);
  if (typeof value === 'number') return jsonNumber(value);
  if (typeof value === 'string') return jsonString(value);
  if (isArray(value)) return jsonArray(value.map((item) => nodeOf(item, depth + 1)));
  return jsonObject(Object.entries(value).map(([key, item]) => [key, nodeOf(item, depth + 1)]));
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function plainOf(node: JsonNode, depth = 0): JsonValue {
  if (depth > MAX_DEPTH) throw shapeError(node, `found values more than ${MAX_DEPTH} levels inside each other`);
  switch (node.kind) {
    case 'null':
      return null;
    case 'boolean':
    case 'string':
      return node.value;
    case 'number': {
      // digits that a double would lose travel as text, which the value reader takes too
      const value = Number(node.text);
      return Number.isSafeInteger(value) || /[.eE]/.test(node.text) ? value : node.text;
    }
    case 'array':
      return node.items.map((item) => plainOf(item, depth + 1));
    case 'object':
      return objectOf(node.members.map(({ key, value }) => [key, plainOf(value, depth + 1)] as const));
  }
}

/** Only intervals, unions and the like are objects; their keys are ours, and no prototype can be reached through one. */
function objectOf(members: readonly (readonly [string, JsonValue])[]): JsonValue {
  const object: { [key: string]: JsonValue } = Object.create(null);
  for (const [key, value] of members) object[key] = value;
  return object;
}
