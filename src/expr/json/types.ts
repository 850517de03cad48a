/** Types and fields in `expr.json`: a type is the text that DataFusion writes, a field adds name and nullability. */
import { formatDataType, parseDataType } from '../../wire/arrow/index.ts';
import type { DataType, Field, Pairs } from '../../wire/arrow/types.ts';
import { DfxError } from '../../wire/errors.ts';
import { type JsonNode, jsonArray, jsonBoolean, jsonObject, jsonString } from '../json-text.ts';
import { ObjectReader, pairsOf, shapeError, stringOf } from './shape.ts';

export function typeJson(type: DataType): JsonNode {
  return jsonString(formatDataType(type));
}

export function typeOf(node: JsonNode, key: string): DataType {
  const text = stringOf(node, key);
  try {
    return parseDataType(text);
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    throw new DfxError('TYPE_NAME', error.message, {
      offset: node.start < 0 ? undefined : node.start + 1 + (error.offset ?? 0),
      hint: error.hint,
    });
  }
}

/** Whether the text of the type reads back as the same type. */
export function typeHasText(type: DataType): boolean {
  if (Object.keys(type).length === 1) return true;
  try {
    return sameJson(parseDataType(formatDataType(type)), type);
  } catch (error) {
    if (error instanceof DfxError) return false;
    throw error;
  }
}

/** Deep equality of plain data, without recursion. */
export function sameJson(a: unknown, b: unknown): boolean {
  const pairs: [unknown, unknown][] = [[a, b]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [left, right] = pair;
    if (Object.is(left, right)) continue;
    if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
    const leftEntries = Object.entries(left);
    const rightEntries = new Map(Object.entries(right));
    if (leftEntries.length !== rightEntries.size) return false;
    for (const [key, value] of leftEntries) {
      if (!rightEntries.has(key)) return false;
      pairs.push([value, rightEntries.get(key)]);
    }
  }
  return true;
}

export function pairsJson(pairs: Pairs): JsonNode {
  return jsonArray(pairs.map(([key, value]) => jsonArray([jsonString(key), jsonString(value)])));
}

/** `{"name": "x", "type": "Int64"}`; nullable unless it says `"nullable": false`. */
export function fieldJson(field: Field): JsonNode {
  const members: [string, JsonNode][] = [
    ['name', jsonString(field.name)],
    ['type', typeJson(field.type)],
  ];
  if (!field.nullable) members.push(['nullable', jsonBoolean(false)]);
  if (field.metadata.length > 0) members.push(['metadata', pairsJson(field.metadata)]);
  return jsonObject(members);
}

/** A field, or the text of a type where `name` says what the field is called. */
export function fieldOf(node: JsonNode, key: string, name?: string): Field {
  if (node.kind === 'string') {
    if (name === undefined) throw shapeError(node, `found a string for "${key}", expected a field as an object`);
    return { name, type: typeOf(node, key), nullable: true, metadata: [] };
  }
  const object = ObjectReader.of(node, 'a field');
  const given = object.optionalString('name');
  const field: Field = {
    name: given ?? name ?? object.string('name'),
    type: typeOf(object.required('type'), 'type'),
    nullable: object.boolean('nullable', true),
    metadata: pairsOf(object.array('metadata'), 'metadata'),
  };
  object.finish();
  return field;
}
