/**
 * The texts inside a pickle: UTF-8 with surrogates (binary strings), `raw-unicode-escape` (UNICODE), Python 2 string escapes
 * (STRING) and numbers in decimal (INT, LONG, FLOAT, GET, PUT). Each decoder gives null for text that Python refuses.
 */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LATIN1_CHUNK = 8192;
/** Below this length a loop beats a TextDecoder call. */
const SHORT = 24;

/** UTF-8 as Python's `surrogatepass` reads it: surrogates that were encoded alone come back alone. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | null {
  if (end - start <= SHORT) {
    let text = '';
    let at = start;
    for (; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte >= 0x80) break;
      text += String.fromCharCode(byte);
    }
    if (at === end) return text;
  }
  try {
    return UTF8.decode(bytes.subarray(start, end));
  } catch {
    return decodeSurrogates(bytes, start, end);
  }
}

/** Splits at each encoded surrogate (ED A0..BF xx); what lies between must be strict UTF-8. */
function decodeSurrogates(bytes: Uint8Array, start: number, end: number): string | null {
  const parts: string[] = [];
  let from = start;
  try {
    for (let at = start; at + 2 < end; at++) {
      const second = bytes[at + 1] ?? 0;
      const third = bytes[at + 2] ?? 0;
      if (bytes[at] !== 0xed || second < 0xa0 || second > 0xbf || (third & 0xc0) !== 0x80) continue;
      if (at > from) parts.push(UTF8.decode(bytes.subarray(from, at)));
      parts.push(String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f)));
      at += 2;
      from = at + 1;
    }
    parts.push(UTF8.decode(bytes.subarray(from, end)));
  } catch {
    return null;
  }
  return parts.join('');
}

export function decodeLatin1(bytes: Uint8Array, start: number, end: number): string {
  const parts: string[] = [];
  for (let at = start; at < end; at += LATIN1_CHUNK) {
    parts.push(String.fromCharCode(...bytes.subarray(at, Math.min(end, at + LATIN1_CHUNK))));
  }
  return parts.join('');
}

/** Latin-1 text back to its bytes; null where a character is beyond U+00FF. */
export function encodeLatin1(text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) return null;
    bytes[i] = unit;
  }
  return bytes;
}

/** UTF-8 where lone surrogates are written as three bytes, as Python's `surrogatepass` does. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else
      bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  }
  return Uint8Array.from(bytes);
}

function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function hexNumber(text: string, start: number, digits: number): number | null {
  if (start + digits > text.length) return null;
  let value = 0;
  for (let i = start; i < start + digits; i++) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit < 0) return null;
    value = value * 16 + digit;
  }
  return value;
}

/**
 * Python's `raw-unicode-escape`: bytes are Latin-1, and \uXXXX or \UXXXXXXXX after an odd number of backslashes is a
 * character.
 */
export function decodeRawUnicodeEscape(bytes: Uint8Array, start: number, end: number): string | null {
  const raw = decodeLatin1(bytes, start, end);
  if (!raw.includes('\\')) return raw;
  const parts: string[] = [];
  let from = 0;
  for (let at = raw.indexOf('\\'); at >= 0; at = raw.indexOf('\\', at)) {
    const next = raw[at + 1];
    if (next === '\\') {
      at += 2;
      continue;
    }
    if (next !== 'u' && next !== 'U') {
      at += 1;
      continue;
    }
    const digits = next === 'u' ? 4 : 8;
    const code = hexNumber(raw, at + 2, digits);
    if (code === null || code > 0x10ffff) return null;
    parts.push(raw.slice(from, at), code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code));
    at += 2 + digits;
    from = at;
  }
  parts.push(raw.slice(from));
  return parts.join('');
}

const SIMPLE_ESCAPES: ReadonlyMap<string, number> = new Map([
  ['\\', 0x5c],
  ["'", 0x27],
  ['"', 0x22],
  ['b', 8],
  ['f', 12],
  ['t', 9],
  ['n', 10],
  ['r', 13],
  ['v', 11],
  ['a', 7],
]);

/** The escapes of a Python byte string literal, without its quotes. An unknown escape keeps its backslash. */
export function decodeStringEscape(bytes: Uint8Array, start: number, end: number): Uint8Array | null {
  const raw = decodeLatin1(bytes, start, end);
  const out: number[] = [];
  for (let at = 0; at < raw.length; ) {
    if (raw[at] !== '\\') {
      out.push(raw.charCodeAt(at++));
      continue;
    }
    const next = raw[at + 1];
    if (next === undefined) return null;
    const simple = SIMPLE_ESCAPES.get(next);
    if (simple !== undefined) {
      out.push(simple);
      at += 2;
    } else if (next >= '0' && next <= '7') {
      const digits = /^[0-7]{1,3}/.exec(raw.slice(at + 1, at + 4))?.[0] ?? '';
      out.push(Number.parseInt(digits, 8) & 0xff);
      at += 1 + digits.length;
    } else if (next === 'x') {
      const code = hexNumber(raw, at + 2, 2);
      if (code === null) return null;
      out.push(code);
      at += 4;
    } else {
      out.push(0x5c);
      at += 1;
    }
  }
  return Uint8Array.from(out);
}

function narrowed(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** An integer as C's `strtol` and Python's `int(text, 0)` read it: decimal, 0x, 0o, 0b, and (INT only) a leading 0 for octal. */
export function parseInteger(text: string, leadingZeroIsOctal: boolean): number | bigint | null {
  const match = /^[ \t\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|[0-9]+)[ \t\v\f\r]*$/.exec(text);
  if (match === null) return null;
  let digits = match[2] ?? '';
  if (leadingZeroIsOctal && /^0[0-7]+$/.test(digits)) digits = `0o${digits}`;
  else if (!leadingZeroIsOctal && /^0+[1-9]/.test(digits)) return null;
  const negative = match[1] === '-';
  if (digits.length <= 15) {
    const value = Number(digits);
    return Number.isNaN(value) ? null : negative && value !== 0 ? -value : value;
  }
  if (/^0[0-9]/.test(digits) && !/^0+$/.test(digits)) return null;
  const value = BigInt(digits);
  return narrowed(negative ? -value : value);
}

/** A decimal float as Python's `repr` writes it, inf and nan included. */
export function parseFloatText(text: string): number | null {
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (word === null) return null;
  if (/nan/i.test(word[2] ?? '')) return Number.NaN;
  return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** A two's complement little-endian integer of any length. */
export function decodeLong(bytes: Uint8Array, start: number, end: number): number | bigint {
  const length = end - start;
  if (length === 0) return 0;
  const negative = (bytes[end - 1] ?? 0) >= 0x80;
  if (length <= 6) {
    let value = 0;
    for (let at = end - 1; at >= start; at--) value = value * 256 + (bytes[at] ?? 0);
    return negative ? value - 2 ** (8 * length) : value;
  }
  const digits: string[] = [];
  for (let at = end - 1; at >= start; at--) digits.push((bytes[at] ?? 0).toString(16).padStart(2, '0'));
  const value = BigInt(`0x${digits.join('')}`);
  return narrowed(negative ? value - (1n << BigInt(8 * length)) : value);
}
