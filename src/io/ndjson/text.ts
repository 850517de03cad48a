/**
 * JSON text, byte by byte (RFC 8259), as strictly as the reference engine reads the records that it infers a schema from. Errors are
 * `JsonFault`s: what was found where, for whoever knows the row.
 */
import { isUtf8 } from 'node:buffer';

export class JsonFault extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** As deep as serde_json reads. */
const MAX_DEPTH = 127;

export const QUOTE = 0x22;
export const COMMA = 0x2c;
const COLON = 0x3a;
export const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
const BACKSLASH = 0x5c;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_E = 0x65;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const LETTER_F = 0x66;

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a;
}

/** The first place from `at` on that is no white space; `end` where there is none. */
export function skipBlanks(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  while (next < end) {
    const byte = bytes[next] as number;
    if (byte > 0x20 || !isBlank(byte)) break;
    next++;
  }
  return next;
}

function shown(bytes: Uint8Array, at: number, end: number): string {
  return at >= end ? 'the end of the line' : JSON.stringify(String.fromCharCode(bytes[at] ?? 0));
}

export function unexpected(bytes: Uint8Array, at: number, end: number, expected: string): JsonFault {
  return new JsonFault(`found ${shown(bytes, at, end)}, expected ${expected}`, at);
}

/** Behind the string whose opening quote is at `at`. */
export function skipString(bytes: Uint8Array, at: number, end: number): number {
  let next = at + 1;
  while (next < end) {
    const byte = bytes[next] as number;
    if (byte === QUOTE) return next + 1;
    if (byte === BACKSLASH) next++;
    else if (byte < 0x20) throw new JsonFault('found a control character in a string', next);
    next++;
  }
  throw new JsonFault('found the end of the line in a string', end);
}

/** Behind the digits from `at` on, of which there is one at least. */
function skipDigits(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  while (next < end) {
    const digit = (bytes[next] as number) - ZERO;
    if (digit < 0 || digit > 9) break;
    next++;
  }
  if (next === at) throw unexpected(bytes, at, end, 'a digit');
  return next;
}

/** Behind the number at `at`. */
function skipNumber(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] === MINUS ? at + 1 : at;
  let next = skipDigits(bytes, first, end);
  if (bytes[first] === ZERO && next > first + 1) throw new JsonFault('found a number with a leading zero', at);
  if (next < end && bytes[next] === POINT) next = skipDigits(bytes, next + 1, end);
  if (next < end && ((bytes[next] as number) | 0x20) === LETTER_E) {
    next++;
    if (next < end && (bytes[next] === PLUS || bytes[next] === MINUS)) next++;
    next = skipDigits(bytes, next, end);
  }
  return next;
}

const NULL = [0x6e, 0x75, 0x6c, 0x6c];
const TRUE = [0x74, 0x72, 0x75, 0x65];
const FALSE = [0x66, 0x61, 0x6c, 0x73, 0x65];

function skipWord(bytes: Uint8Array, at: number, end: number, word: readonly number[]): number {
  for (let i = 0; i < word.length; i++) {
    if (at + i >= end || bytes[at + i] !== word[i]) throw unexpected(bytes, at + i, end, 'a value');
  }
  return at + word.length;
}

/** Behind the string, number or word at `at`; -1 where a list or an object starts. */
function skipScalar(bytes: Uint8Array, at: number, end: number): number {
  const byte = at < end ? (bytes[at] as number) : 0;
  if (byte === MINUS || (byte >= ZERO && byte <= NINE)) return skipNumber(bytes, at, end);
  switch (byte) {
    case QUOTE:
      return skipString(bytes, at, end);
    case LETTER_N:
      return skipWord(bytes, at, end, NULL);
    case LETTER_T:
      return skipWord(bytes, at, end, TRUE);
    case LETTER_F:
      return skipWord(bytes, at, end, FALSE);
    case OPEN_LIST:
    case OPEN_OBJECT:
      return -1;
    default:
      throw unexpected(bytes, at, end, 'a value');
  }
}

/** Behind the key at `at` and the colon: where its value starts. */
export function skipToValue(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== QUOTE || at >= end) throw unexpected(bytes, at, end, 'a key in quotes');
  return skipColon(bytes, skipString(bytes, at, end), end);
}

/** Behind the colon that follows a key: where its value starts. */
export function skipColon(bytes: Uint8Array, at: number, end: number): number {
  const colon = skipBlanks(bytes, at, end);
  if (colon >= end || bytes[colon] !== COLON) throw unexpected(bytes, colon, end, '":"');
  return skipBlanks(bytes, colon + 1, end);
}

/** Behind the value at `at`, whatever it is. */
export function skipValue(bytes: Uint8Array, at: number, end: number): number {
  const scalar = skipScalar(bytes, at, end);
  if (scalar >= 0) return scalar;
  // What is open, outermost first.
  const open: number[] = [];
  let next = at;
  for (;;) {
    // A value is due at `next`.
    const behind = skipScalar(bytes, next, end);
    if (behind >= 0) {
      next = behind;
    } else {
      if (open.length >= MAX_DEPTH)
        throw new JsonFault(`found a value that nests deeper than ${MAX_DEPTH} levels`, next);
      const list = bytes[next] === OPEN_LIST;
      const first = skipBlanks(bytes, next + 1, end);
      if (bytes[first] !== (list ? CLOSE_LIST : CLOSE_OBJECT) || first >= end) {
        open.push(list ? OPEN_LIST : OPEN_OBJECT);
        next = list ? first : skipToValue(bytes, first, end);
        continue;
      }
      next = first + 1;
    }
    // Behind a value: as many ends as there are, then a comma.
    for (;;) {
      const kind = open.at(-1);
      if (kind === undefined) return next;
      next = skipBlanks(bytes, next, end);
      const close = kind === OPEN_LIST ? CLOSE_LIST : CLOSE_OBJECT;
      if (next < end && bytes[next] === close) {
        open.pop();
        next++;
        continue;
      }
      if (next >= end || bytes[next] !== COMMA) {
        throw unexpected(bytes, next, end, kind === OPEN_LIST ? '"," or "]"' : '"," or "}"');
      }
      next = skipBlanks(bytes, next + 1, end);
      if (kind === OPEN_OBJECT) next = skipToValue(bytes, next, end);
      break;
    }
  }
}

/** Calls `entry` for each key (the place of its opening quote) and value of the object at `at`; gives the place behind it. */
export function eachEntry(
  bytes: Uint8Array,
  at: number,
  end: number,
  entry: (key: number, value: number, ordinal: number) => number,
): number {
  let next = skipBlanks(bytes, at + 1, end);
  if (next < end && bytes[next] === CLOSE_OBJECT) return next + 1;
  for (let ordinal = 0; ; ordinal++) {
    const value = skipToValue(bytes, next, end);
    next = skipBlanks(bytes, entry(next, value, ordinal), end);
    if (next < end && bytes[next] === CLOSE_OBJECT) return next + 1;
    if (next >= end || bytes[next] !== COMMA) throw unexpected(bytes, next, end, '"," or "}"');
    next = skipBlanks(bytes, next + 1, end);
  }
}

/** Calls `item` for each value of the list at `at`; gives the place behind it. */
export function eachItem(bytes: Uint8Array, at: number, end: number, item: (value: number) => number): number {
  let next = skipBlanks(bytes, at + 1, end);
  if (next < end && bytes[next] === CLOSE_LIST) return next + 1;
  for (;;) {
    next = skipBlanks(bytes, item(next), end);
    if (next < end && bytes[next] === CLOSE_LIST) return next + 1;
    if (next >= end || bytes[next] !== COMMA) throw unexpected(bytes, next, end, '"," or "]"');
    next = skipBlanks(bytes, next + 1, end);
  }
}

/** The bytes of the string that stands, in its quotes, at `[start, end)`: a view where nothing is escaped. */
export function stringBytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const raw = bytes.subarray(start + 1, end - 1);
  return raw.indexOf(BACKSLASH) < 0 ? raw : withoutEscapes(bytes, start + 1, end - 1);
}

const ESCAPES = new Map([
  [QUOTE, QUOTE],
  [BACKSLASH, BACKSLASH],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [LETTER_N, 0x0a],
  [0x72, 0x0d],
  [LETTER_T, 0x09],
]);

function withoutEscapes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const out = new Uint8Array(end - start);
  let length = 0;
  let at = start;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte !== BACKSLASH) {
      out[length++] = byte;
      at++;
      continue;
    }
    const plain = ESCAPES.get(bytes[at + 1] ?? 0);
    if (plain !== undefined) {
      out[length++] = plain;
      at += 2;
      continue;
    }
    if (bytes[at + 1] !== 0x75) throw new JsonFault('found an unknown escape in a string', at);
    let code = hex(bytes, at + 2, end);
    at += 6;
    if (code >= 0xd800 && code < 0xe000) {
      const low = bytes[at] === BACKSLASH && bytes[at + 1] === 0x75 ? hex(bytes, at + 2, end) : 0;
      if (code >= 0xdc00 || low < 0xdc00 || low >= 0xe000) {
        throw new JsonFault('found half of a surrogate pair in a string', at - 6);
      }
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      at += 6;
    }
    // An escape of 6 bytes is at most 3 bytes of UTF-8, a pair of 12 at most 4.
    if (code < 0x80) {
      out[length++] = code;
    } else if (code < 0x800) {
      out[length++] = 0xc0 | (code >> 6);
      out[length++] = 0x80 | (code & 63);
    } else if (code < 0x10000) {
      out[length++] = 0xe0 | (code >> 12);
      out[length++] = 0x80 | ((code >> 6) & 63);
      out[length++] = 0x80 | (code & 63);
    } else {
      out[length++] = 0xf0 | (code >> 18);
      out[length++] = 0x80 | ((code >> 12) & 63);
      out[length++] = 0x80 | ((code >> 6) & 63);
      out[length++] = 0x80 | (code & 63);
    }
  }
  return out.subarray(0, length);
}

function hex(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const byte = at + i < end ? (bytes[at + i] ?? 0) : 0;
    const letter = (byte | 0x20) - 0x61;
    const digit = byte >= ZERO && byte <= NINE ? byte - ZERO : letter >= 0 && letter < 6 ? letter + 10 : -1;
    if (digit < 0) throw new JsonFault('found an escape without four hexadecimal digits', at - 2);
    value = value * 16 + digit;
  }
  return value;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function stringText(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(stringBytes(bytes, start, end));
}

/** Throws where the bytes are no UTF-8. */
export function checkUtf8(bytes: Uint8Array, start: number, end: number): void {
  if (!isUtf8(bytes.subarray(start, end))) throw new JsonFault('found bytes that are not UTF-8', start);
}
