/** Captured Python values as JSON: a JSON value where Python has the same, `{"$tuple": […]}` and `{"$bytes": "…"}` beside. */
import { toBase64 } from '../../wire/encoding.ts';
import type { PyValue } from '../../wire/pickle/index.ts';
import { JSON_NULL, type JsonNode, jsonArray, jsonBoolean, jsonNumber, jsonObject, jsonString } from '../json-text.ts';
import { arrayOf, bytesOf, shapeError } from './shape.ts';

const MAX_DEPTH = 64;

/** Null where JSON has no words for the value. */
export function pyValueJson(value: PyValue, depth = 0): JsonNode | null {
  if (depth > MAX_DEPTH) return null;
  if (value === null) return JSON_NULL;
  switch (typeof value) {
    case 'boolean':
      return jsonBoolean(value);
    case 'bigint':
      return jsonNumber(value);
    case 'number':
      return Number.isInteger(value) ? jsonNumber(value) : floatJson(value);
    case 'string':
      return jsonString(value);
    default:
  }
  if (value instanceof Uint8Array) return jsonObject([['$bytes', jsonString(toBase64(value))]]);
  if (isList(value)) return listJson(value, depth);
  if (value instanceof Map) {
    const members: [string, JsonNode][] = [];
    for (const [key, item] of value) {
      const node = pyValueJson(item, depth + 1);
      if (typeof key !== 'string' || key.startsWith('$') || node === null) return null;
      members.push([key, node]);
    }
    return jsonObject(members);
  }
  if ('float' in value) return floatJson(value.float);
  if ('tuple' in value) {
    const items = listJson(value.tuple, depth);
    return items === null ? null : jsonObject([['$tuple', items]]);
  }
  return null;
}

function isList(value: PyValue): value is readonly PyValue[] {
  return Array.isArray(value);
}

function listJson(values: readonly PyValue[], depth: number): JsonNode | null {
  const items: JsonNode[] = [];
  for (const value of values) {
    const node = pyValueJson(value, depth + 1);
    if (node === null) return null;
    items.push(node);
  }
  return jsonArray(items);
}

function floatJson(value: number): JsonNode | null {
  if (!Number.isFinite(value)) return null;
  if (Object.is(value, -0)) return jsonNumber('-0.0');
  const text = String(value);
  return jsonNumber(/[.e]/.test(text) ? text : `${text}.0`);
}

export function pyValueOf(node: JsonNode, depth = 0): PyValue {
  if (depth > MAX_DEPTH)
    throw shapeError(node, `found captured values more than ${MAX_DEPTH} levels inside each other`);
  switch (node.kind) {
    case 'null':
      return null;
    case 'boolean':
    case 'string':
      return node.value;
    case 'number': {
      if (/[.eE]/.test(node.text)) return { float: Number(node.text) };
      const value = Number(node.text);
      return Number.isSafeInteger(value) ? value : BigInt(node.text);
    }
    case 'array':
      return node.items.map((item) => pyValueOf(item, depth + 1));
    case 'object': {
      const [first, ...others] = node.members;
      if (first?.key === '$bytes' && others.length === 0) return bytesOf(first.value, '$bytes');
      if (first?.key === '$tuple' && others.length === 0) {
        return { tuple: arrayOf(first.value, '$tuple').map((item) => pyValueOf(item, depth + 1)) };
      }
      return new Map<PyValue, PyValue>(node.members.map(({ key, value }) => [key, pyValueOf(value, depth + 1)]));
    }
  }
}
