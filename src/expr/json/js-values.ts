/**
 * Captured JavaScript values as JSON: a JSON value where it says all, `{"$bigint": "5"}`, `{"$number": "NaN"}`, `{"$bytes": "…"}` and
 * `{"$map": [["key", 1]]}` beside. A number is always a JavaScript number.
 */
import { toBase64 } from '../../wire/encoding.ts';
import { isJsMap, type JsValue } from '../../wire/js-value.ts';
import { JSON_NULL, type JsonNode, jsonArray, jsonBoolean, jsonNumber, jsonObject, jsonString } from '../json-text.ts';
import { arrayOf, bytesOf, shapeError, stringOf } from './shape.ts';

const MAX_DEPTH = 64;
const NON_FINITE = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** Null where the value nests too deep: the definition keeps its bytes then. */
export function jsValueJson(value: JsValue, depth = 0): JsonNode | null {
  if (depth > MAX_DEPTH) return null;
  if (value === null) return JSON_NULL;
  switch (typeof value) {
    case 'boolean':
      return jsonBoolean(value);
    case 'number':
      return Number.isFinite(value) ? jsonNumber(value) : jsonObject([['$number', jsonString(String(value))]]);
    case 'bigint':
      return jsonObject([['$bigint', jsonString(String(value))]]);
    case 'string':
      return jsonString(value);
    default:
  }
  if (value instanceof Uint8Array) return jsonObject([['$bytes', jsonString(toBase64(value))]]);
  if (isJsMap(value)) {
    const pairs: (readonly [string, JsonNode])[] = [];
    for (const [key, item] of value.pairs) {
      const node = jsValueJson(item, depth + 1);
      if (node === null) return null;
      pairs.push([key, node]);
    }
    if (pairs.every(([key]) => !key.startsWith('$'))) return jsonObject(pairs);
    return jsonObject([['$map', jsonArray(pairs.map(([key, node]) => jsonArray([jsonString(key), node])))]]);
  }
  const items: JsonNode[] = [];
  for (const item of value) {
    const node = jsValueJson(item, depth + 1);
    if (node === null) return null;
    items.push(node);
  }
  return jsonArray(items);
}

export function jsValueOf(node: JsonNode, depth = 0): JsValue {
  if (depth > MAX_DEPTH)
    throw shapeError(node, `found captured values more than ${MAX_DEPTH} levels inside each other`);
  switch (node.kind) {
    case 'null':
      return null;
    case 'boolean':
    case 'string':
      return node.value;
    case 'number':
      return Number(node.text);
    case 'array':
      return node.items.map((item) => jsValueOf(item, depth + 1));
    case 'object': {
      const [first, ...others] = node.members;
      if (first?.key.startsWith('$') && others.length === 0) return specialOf(first.key, first.value, depth);
      return { pairs: node.members.map(({ key, value }) => [key, jsValueOf(value, depth + 1)] as const) };
    }
  }
}

function specialOf(key: string, node: JsonNode, depth: number): JsValue {
  switch (key) {
    case '$bytes':
      return bytesOf(node, key);
    case '$bigint': {
      const text = stringOf(node, key);
      if (!/^-?\d{1,1000}$/.test(text)) throw shapeError(node, `found "${text}" for "$bigint", expected digits`);
      return BigInt(text);
    }
    case '$number': {
      const value = NON_FINITE.get(stringOf(node, key));
      if (value === undefined) throw shapeError(node, 'found no "NaN", "Infinity" or "-Infinity" for "$number"');
      return value;
    }
    case '$map':
      return {
        pairs: arrayOf(node, key).map((pair) => {
          const [name, value, ...more] = arrayOf(pair, key);
          if (name === undefined || value === undefined || more.length > 0)
            throw shapeError(pair, 'found no [key, value] pair in "$map"');
          return [stringOf(name, key), jsValueOf(value, depth + 1)] as const;
        }),
      };
    default:
      throw shapeError(node, `found "${key}", expected "$bytes", "$bigint", "$number" or "$map"`);
  }
}
