/**
 * JSON text (RFC 8259) as nodes that know their place.
 *
 * `JSON.parse` won't do for names out of payloads: it sorts integer-like keys to the front, sets a prototype for `__proto__`, keeps
 * one of two equal keys, rounds numbers and says no offset. Here objects are lists of pairs and numbers stay text.
 */
import { DfxError } from '../wire/errors.ts';
import { type Limits, withLimits } from '../wire/limits.ts';

interface Placed {
  /** Index of the node's first character in the text; -1 for a node that was not read from text. */
  readonly start: number;
  /** Index behind its last character. */
  readonly end: number;
}

export interface JsonNull extends Placed {
  readonly kind: 'null';
}

export interface JsonBoolean extends Placed {
  readonly kind: 'boolean';
  readonly value: boolean;
}

export interface JsonNumber extends Placed {
  readonly kind: 'number';
  /** As written: `1e400`, `-0` and `0.10` keep their meaning and their form. */
  readonly text: string;
}

export interface JsonString extends Placed {
  readonly kind: 'string';
  readonly value: string;
}

export interface JsonArray extends Placed {
  readonly kind: 'array';
  readonly items: readonly JsonNode[];
}

export interface JsonMember {
  readonly key: string;
  /** Index of the key's opening quote; -1 where there is no text. */
  readonly keyStart: number;
  readonly value: JsonNode;
}

export interface JsonObject extends Placed {
  readonly kind: 'object';
  /** In the order of the text. Equal keys stay apart; whoever gives them a meaning decides about them. */
  readonly members: readonly JsonMember[];
}

export type JsonNode = JsonNull | JsonBoolean | JsonNumber | JsonString | JsonArray | JsonObject;

export interface ParseJsonOptions {
  /** `maxBytes` counts characters here. */
  readonly limits?: Partial<Limits> | undefined;
}

type OpenContainer =
  | { readonly kind: 'array'; readonly start: number; readonly items: JsonNode[] }
  | { readonly kind: 'object'; readonly start: number; readonly members: JsonMember[]; key: string; keyStart: number };

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /[A-Za-z_$][\w$]*/y;
const HINT = 'correct the text there; comments, trailing commas and single quotes are no JSON';

/**
 * Reads one JSON text, of any nesting, without recursion. A byte order mark at the start is skipped.
 *
 * Throws JSON_SYNTAX with the offset of what is wrong, and LIMIT. A `\u` escape that is half of a surrogate pair is refused: it is
 * no character, and neither UTF-8 nor the real engine can hold it.
 */
export function parseJson(text: string, options: ParseJsonOptions = {}): JsonNode {
  const limits = withLimits(options.limits);
  if (text.length > limits.maxBytes) {
    throw new DfxError('LIMIT', `found ${text.length} characters, more than the limit of ${limits.maxBytes}`, {
      offset: 0,
      hint: 'raise maxBytes (--max-bytes) if you trust the text',
    });
  }
  const open: OpenContainer[] = [];
  let nodes = 0;
  let at = skipSpace(text, text.charCodeAt(0) === 0xfeff ? 1 : 0);

  for (;;) {
    // A value starts at `at`.
    if (++nodes > limits.maxNodes) {
      throw new DfxError('LIMIT', `found more than ${limits.maxNodes} values`, {
        offset: at,
        hint: 'raise maxNodes (--max-nodes) if you trust the text',
      });
    }
    let node: JsonNode;
    const first = text[at];
    if (first === '{' || first === '[') {
      if (open.length >= limits.maxDepth) {
        throw new DfxError('LIMIT', `found more than ${limits.maxDepth} values inside each other`, {
          offset: at,
          hint: 'raise maxDepth (--max-depth) if you trust the text',
        });
      }
      const start = at;
      at = skipSpace(text, at + 1);
      if (first === '{') {
        if (text[at] === '}') node = { kind: 'object', members: [], start, end: ++at };
        else {
          const container: OpenContainer = { kind: 'object', start, members: [], key: '', keyStart: -1 };
          at = readKey(text, at, container, "a key or '}'");
          open.push(container);
          continue;
        }
      } else if (text[at] === ']') node = { kind: 'array', items: [], start, end: ++at };
      else {
        open.push({ kind: 'array', start, items: [] });
        continue;
      }
    } else {
      node = readScalar(text, at);
      at = node.end;
    }

    // A value is complete: it joins its container, which may be complete then too.
    for (;;) {
      const container = open[open.length - 1];
      at = skipSpace(text, at);
      if (container === undefined) {
        if (at < text.length) throw wrong(text, at, 'the end of the text');
        return node;
      }
      if (container.kind === 'array') container.items.push(node);
      else container.members.push({ key: container.key, keyStart: container.keyStart, value: node });
      const close = container.kind === 'array' ? ']' : '}';
      if (text[at] === ',') {
        at = skipSpace(text, at + 1);
        if (container.kind === 'object') at = readKey(text, at, container, 'a key');
        break;
      }
      if (text[at] !== close) throw wrong(text, at, `',' or '${close}'`);
      at++;
      open.pop();
      node =
        container.kind === 'array'
          ? { kind: 'array', items: container.items, start: container.start, end: at }
          : { kind: 'object', members: container.members, start: container.start, end: at };
    }
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
}

/** Reads `"key" :` and gives the index of the value. */
function readKey(
  text: string,
  at: number,
  container: Extract<OpenContainer, { kind: 'object' }>,
  expected: string,
): number {
  if (text[at] !== '"') throw wrong(text, at, expected);
  const key = readString(text, at);
  container.key = key.value;
  container.keyStart = at;
  const colon = skipSpace(text, key.end);
  if (text[colon] !== ':') throw wrong(text, colon, "':'");
  return skipSpace(text, colon + 1);
}

function readScalar(text: string, at: number): JsonNode {
  const first = text[at];
  if (first === '"') return readString(text, at);
  if (first === 't' && isWord(text, at, 'true')) return { kind: 'boolean', value: true, start: at, end: at + 4 };
  if (first === 'f' && isWord(text, at, 'false')) return { kind: 'boolean', value: false, start: at, end: at + 5 };
  if (first === 'n' && isWord(text, at, 'null')) return { kind: 'null', start: at, end: at + 4 };
  NUMBER.lastIndex = at;
  const number = NUMBER.exec(text)?.[0];
  if (number === undefined) throw wrong(text, at, 'a value');
  const end = at + number.length;
  if (/[0-9.eE+\-\w]/.test(text[end] ?? '')) throw wrong(text, end, 'the end of the number');
  return { kind: 'number', text: number, start: at, end };
}

function isWord(text: string, at: number, word: string): boolean {
  WORD.lastIndex = at;
  return WORD.exec(text)?.[0] === word;
}

const ESCAPES = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

function readString(text: string, start: number): JsonString {
  let value = '';
  let from = start + 1;
  for (let at = from; ; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return { kind: 'string', value: value + text.slice(from, at), start, end: at + 1 };
    if (code === 0x5c) {
      value += text.slice(from, at);
      const escaped = readEscape(text, at);
      value += escaped.value;
      from = escaped.end;
      at = from - 1;
    } else if (Number.isNaN(code)) {
      throw new DfxError('JSON_SYNTAX', 'found the end of the text inside a string', { offset: start, hint: HINT });
    } else if (code < 0x20) {
      throw wrong(text, at, 'an escape: a string holds no bare control characters');
    } else if (code >= 0xd800 && code <= 0xdfff) {
      if (code > 0xdbff || !isLowSurrogate(text.charCodeAt(at + 1))) throw loneSurrogate(code, at);
      at++;
    }
  }
}

function readEscape(text: string, at: number): { readonly value: string; readonly end: number } {
  const letter = text[at + 1] ?? '';
  const plain = ESCAPES.get(letter);
  if (plain !== undefined) return { value: plain, end: at + 2 };
  if (letter !== 'u') throw wrong(text, at + 1, 'one of "\\/bfnrtu behind the backslash');
  const code = readHex(text, at + 2);
  if (code < 0xd800 || code > 0xdfff) return { value: String.fromCharCode(code), end: at + 6 };
  if (code > 0xdbff || text[at + 6] !== '\\' || text[at + 7] !== 'u') throw loneSurrogate(code, at);
  const low = readHex(text, at + 8);
  if (!isLowSurrogate(low)) throw loneSurrogate(code, at);
  return { value: String.fromCharCode(code, low), end: at + 12 };
}

function readHex(text: string, at: number): number {
  const digits = text.slice(at, at + 4);
  if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw wrong(text, at, "four hex digits behind '\\u'");
  return Number.parseInt(digits, 16);
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

function loneSurrogate(code: number, offset: number): DfxError {
  return new DfxError('JSON_SYNTAX', `found half of a surrogate pair, U+${code.toString(16).toUpperCase()}`, {
    offset,
    hint: 'write both halves, or the character itself',
  });
}

function wrong(text: string, offset: number, expected: string): DfxError {
  return new DfxError('JSON_SYNTAX', `found ${describe(text, offset)}, expected ${expected}`, { offset, hint: HINT });
}

function describe(text: string, at: number): string {
  const point = text.codePointAt(at);
  if (point === undefined) return 'the end of the text';
  WORD.lastIndex = at;
  const word = WORD.exec(text)?.[0];
  if (word !== undefined) return word.length > 20 ? `'${word.slice(0, 20)}…'` : `'${word}'`;
  const printable = point > 0x20 && point < 0x7f;
  return printable ? `'${String.fromCodePoint(point)}'` : `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
}

// Nodes that are made, not read

export const JSON_NULL: JsonNull = { kind: 'null', start: -1, end: -1 };

export function jsonBoolean(value: boolean): JsonBoolean {
  return { kind: 'boolean', value, start: -1, end: -1 };
}

/** A finite number, or the text of one that a JavaScript number can't hold. */
export function jsonNumber(value: number | bigint | string): JsonNumber {
  const text = Object.is(value, -0) ? '-0' : String(value);
  NUMBER.lastIndex = 0;
  if (NUMBER.exec(text)?.[0] !== text) throw new DfxError('DEFECT', `${text} is no JSON number`);
  return { kind: 'number', text, start: -1, end: -1 };
}

export function jsonString(value: string): JsonString {
  return { kind: 'string', value, start: -1, end: -1 };
}

export function jsonArray(items: readonly JsonNode[]): JsonArray {
  return { kind: 'array', items, start: -1, end: -1 };
}

export function jsonObject(members: readonly (readonly [key: string, value: JsonNode])[]): JsonObject {
  return { kind: 'object', members: members.map(([key, value]) => ({ key, keyStart: -1, value })), start: -1, end: -1 };
}
export { type WriteJsonOptions, writeJson } from './json-write.ts';
