/** Reading the shape of JSON objects: each member is asked for by name, and one that nobody asked for is an error. */

import { fromBase64 } from '../../wire/encoding.ts';
import { DfxError } from '../../wire/errors.ts';
import type { JsonNode, JsonObject } from '../json-text.ts';

export function shapeError(node: JsonNode | number, message: string, hint?: string): DfxError {
  const offset = typeof node === 'number' ? node : node.start;
  return new DfxError('JSON_SHAPE', message, { offset: offset < 0 ? undefined : offset, hint });
}

export function nameOfKind(node: JsonNode): string {
  switch (node.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(node.value);
    case 'number':
      return node.text;
    case 'string':
      return 'a string';
    case 'array':
      return 'an array';
    case 'object':
      return 'an object';
  }
}

/** Where an expression should stand people write its value or its name. */
function exampleFor(node: JsonNode): string | undefined {
  switch (node.kind) {
    case 'string':
      return 'such as {"col": "name"}, or {"lit": "text"}';
    case 'number':
    case 'boolean':
    case 'null':
      return `such as {"lit": ${nameOfKind(node)}}`;
    case 'array':
    case 'object':
      return undefined;
  }
}

export class ObjectReader {
  private readonly asked = new Set<string>();

  constructor(
    readonly node: JsonObject,
    /** What the object is, for errors: `a column`. */
    readonly what: string,
  ) {
    const seen = new Set<string>();
    for (const { key, keyStart } of node.members) {
      if (seen.has(key)) throw shapeError(keyStart, `found "${key}" twice in ${what}`);
      seen.add(key);
    }
  }

  static of(node: JsonNode, what: string): ObjectReader {
    if (node.kind !== 'object')
      throw shapeError(
        node,
        `found ${nameOfKind(node)}, expected ${what} as an object`,
        what === 'an expression' ? exampleFor(node) : undefined,
      );
    return new ObjectReader(node, what);
  }

  optional(key: string): JsonNode | undefined {
    this.asked.add(key);
    return this.node.members.find((member) => member.key === key)?.value;
  }

  required(key: string): JsonNode {
    const value = this.optional(key);
    if (value === undefined) throw shapeError(this.node, `found no "${key}" in ${this.what}`);
    return value;
  }

  string(key: string): string {
    return stringOf(this.required(key), key);
  }

  optionalString(key: string): string | undefined {
    const value = this.optional(key);
    return value === undefined ? undefined : stringOf(value, key);
  }

  boolean(key: string, absent: boolean): boolean {
    const value = this.optional(key);
    if (value === undefined) return absent;
    if (value.kind !== 'boolean')
      throw shapeError(value, `found ${nameOfKind(value)} for "${key}", expected true or false`);
    return value.value;
  }

  integer(key: string, absent: number): number {
    const value = this.optional(key);
    return value === undefined ? absent : integerOf(value, key);
  }

  array(key: string): readonly JsonNode[] {
    const value = this.optional(key);
    return value === undefined ? [] : arrayOf(value, key);
  }

  bytes(key: string): Uint8Array {
    return bytesOf(this.required(key), key);
  }

  /** Throws for a member that nobody asked for: most likely a misspelt one. */
  finish(): void {
    for (const { key, keyStart } of this.node.members) {
      if (this.asked.has(key) || key === '$comment') continue;
      const known = [...this.asked].map((name) => `"${name}"`).join(', ');
      throw shapeError(keyStart, `found "${key}" in ${this.what}, which has no such member`, `it may have ${known}`);
    }
  }
}

export function stringOf(node: JsonNode, key: string): string {
  if (node.kind !== 'string') throw shapeError(node, `found ${nameOfKind(node)} for "${key}", expected a string`);
  return node.value;
}

export function integerOf(node: JsonNode, key: string): number {
  const value = node.kind === 'number' ? Number(node.text) : Number.NaN;
  if (!Number.isSafeInteger(value))
    throw shapeError(node, `found ${nameOfKind(node)} for "${key}", expected an integer`);
  return value;
}

export function arrayOf(node: JsonNode, key: string): readonly JsonNode[] {
  if (node.kind !== 'array') throw shapeError(node, `found ${nameOfKind(node)} for "${key}", expected an array`);
  return node.items;
}

export function bytesOf(node: JsonNode, key: string): Uint8Array {
  const text = stringOf(node, key);
  try {
    return fromBase64(new TextEncoder().encode(text));
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    throw shapeError(node, `found text that is no base64 for "${key}": ${error.message}`);
  }
}

/** Pairs as `[["key", "value"], …]`: as keys of an object, names such as `0` or `__proto__` would not keep their order. */
export function pairsOf(nodes: readonly JsonNode[], key: string): (readonly [string, string])[] {
  return nodes.map((node) => {
    const items = arrayOf(node, key);
    const [name, value] = items;
    if (items.length !== 2 || name === undefined || value === undefined) {
      throw shapeError(node, `found ${items.length} items in a pair of "${key}", expected a name and a value`);
    }
    return [stringOf(name, key), stringOf(value, key)];
  });
}
