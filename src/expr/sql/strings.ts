/** The insides of SQL strings: quotes doubled, PostgreSQL's E'' escapes, dollar quotes, Oracle's q'' quotes. */
import { syntax } from './errors.ts';

export interface Read {
  readonly text: string;
  /** The index after the closing quote. */
  readonly end: number;
}

const MYSQL_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['0', '\0'],
  ['a', '\u0007'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['Z', '\u001a'],
]);

/** From the opening quote at `start`. Two quotes are one; a backslash counts only where the engine says so (X''). */
export function readQuoted(text: string, start: number, quote: string, backslash = false): Read {
  let out = '';
  let from = start + 1;
  for (let at = from; at < text.length; at++) {
    const ch = text[at];
    if (ch === quote) {
      out += text.slice(from, at);
      if (text[at + 1] !== quote) return { text: out, end: at + 1 };
      out += quote;
      at++;
      from = at + 1;
    } else if (ch === '\\' && backslash) {
      out += text.slice(from, at);
      const next = text[at + 1] ?? '';
      out += MYSQL_ESCAPES.get(next) ?? next;
      at++;
      from = at + 1;
    }
  }
  throw syntax(`found a quote without its end, expected ${quote}`, start);
}

/** A byte of an octal or hexadecimal escape: the engine takes ASCII other than NUL. */
function escapedByte(value: number, at: number): string {
  const byte = value & 0xff;
  if (byte === 0 || byte > 127) throw syntax(`found an escape for the byte ${byte}, expected 1 to 127`, at);
  return String.fromCharCode(byte);
}

/** From the opening quote of E'…' at `start`: the escapes of PostgreSQL. */
export function readEscapeString(text: string, start: number): Read {
  let out = '';
  let at = start + 1;
  while (at < text.length) {
    const ch = text[at] ?? '';
    if (ch === "'") {
      if (text[at + 1] !== "'") return { text: out, end: at + 1 };
      out += "'";
      at += 2;
      continue;
    }
    if (ch !== '\\') {
      out += ch;
      at++;
      continue;
    }
    const next = text[at + 1];
    if (next === undefined) break;
    const rest = text.slice(at + 1, at + 12);
    const octal = /^[0-7]{1,3}/.exec(rest);
    const hex = /^x([0-9a-fA-F]{1,2})/.exec(rest);
    if (octal !== null) {
      out += escapedByte(Number.parseInt(octal[0], 8), at);
      at += 1 + octal[0].length;
    } else if (hex !== null) {
      out += escapedByte(Number.parseInt(hex[1] ?? '', 16), at);
      at += 1 + hex[0].length;
    } else if (next === 'u' || next === 'U') {
      const size = next === 'u' ? 4 : 8;
      const digits = rest.slice(1, 1 + size);
      const point = /^[0-9a-fA-F]+$/.test(digits) && digits.length === size ? Number.parseInt(digits, 16) : 0;
      if (point === 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
        throw syntax(`found \\${next}${digits}, expected ${size} digits of a character's code`, at);
      }
      out += String.fromCodePoint(point);
      at += 2 + size;
    } else {
      out += next === '0' ? '' : 'bfnrt'.includes(next) ? (MYSQL_ESCAPES.get(next) ?? '') : next;
      at += 2;
    }
  }
  throw syntax("found a quote without its end, expected '", start);
}

/** From the first dollar: `$$…$$` (tag '') or `$tag$…$tag$`. */
export function readDollarQuoted(text: string, start: number, tag: string): Read {
  const mark = `$${tag}$`;
  const from = start + mark.length;
  const end = text.indexOf(mark, from);
  if (end < 0) throw syntax(`found a dollar quote without its end, expected ${mark}`, start);
  return { text: text.slice(from, end), end: end + mark.length };
}

const CLOSING: ReadonlyMap<string, string> = new Map([
  ['[', ']'],
  ['{', '}'],
  ['<', '>'],
  ['(', ')'],
]);

/** From the quote of Q'[…]' at `start`. */
export function readQuoteDelimited(text: string, start: number): Read {
  const open = text[start + 1] ?? '';
  if (open === '' || ' \t\r\n'.includes(open)) throw syntax("found a blank after Q', expected a delimiter", start + 1);
  const mark = `${CLOSING.get(open) ?? open}'`;
  const end = text.indexOf(mark, start + 2);
  if (end < 0) throw syntax(`found a quote without its end, expected ${mark}`, start);
  return { text: text.slice(start + 2, end), end: end + 2 };
}
