/** Base64 and hexadecimal, the two text forms in which payloads travel through logs, variables and chats. */
import { DfxError } from './errors.ts';

export type Encoding = 'raw' | 'base64' | 'hex';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const CODE_OF = new Int8Array(128).fill(-1);
for (let at = 0; at < 64; at++) CODE_OF[ALPHABET.charCodeAt(at)] = at;
// the URL-safe alphabet (RFC 4648, section 5)
CODE_OF['-'.charCodeAt(0)] = 62;
CODE_OF['_'.charCodeAt(0)] = 63;

const SPACE = 0x20;
const EQUALS = 0x3d;

const CODES = Uint8Array.from(ALPHABET, (digit) => digit.charCodeAt(0));
/** Bytes that become one string at a time: a multiple of 3, small enough for the arguments of one call. */
const CHUNK = 6144;

/** Base64 with the standard alphabet and padding (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  const out = new Uint8Array(Math.min(CHUNK / 3, Math.ceil(bytes.length / 3)) * 4);
  for (let start = 0; start < bytes.length; start += CHUNK) {
    const end = Math.min(start + CHUNK, bytes.length);
    let length = 0;
    for (let at = start; at < end; at += 3) {
      const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      out[length++] = CODES[bits >> 18] ?? 0;
      out[length++] = CODES[(bits >> 12) & 63] ?? 0;
      out[length++] = CODES[(bits >> 6) & 63] ?? 0;
      out[length++] = CODES[bits & 63] ?? 0;
    }
    const padding = (3 - ((end - start) % 3)) % 3;
    pieces.push(String.fromCharCode(...out.subarray(0, length - padding)), '='.repeat(padding));
  }
  return pieces.join('');
}

export function toHex(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (const byte of bytes) pieces.push(byte < 16 ? `0${byte.toString(16)}` : byte.toString(16));
  return pieces.join('');
}

/** Takes text in either alphabet, with or without padding, with white space anywhere. Offsets in errors are into the text. */
export function fromBase64(text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let length = 0;
  let bits = 0;
  let count = 0;
  let padding = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? 0;
    if (char <= SPACE) continue;
    if (char === EQUALS) {
      padding++;
      continue;
    }
    const code = char < 128 ? (CODE_OF[char] ?? -1) : -1;
    if (code < 0 || padding > 0) throw notText('base64', char, at);
    bits = ((bits << 6) | code) & 0xffffff;
    count++;
    if (count % 4 === 0) {
      bytes[length++] = bits >> 16;
      bytes[length++] = (bits >> 8) & 0xff;
      bytes[length++] = bits & 0xff;
    }
  }
  const rest = count % 4;
  if (rest === 1) {
    throw new DfxError('ENCODING', `found ${count} base64 characters, which is no whole number of bytes`, {
      offset: text.length,
      hint: 'the text is cut off; copy it again',
    });
  }
  if (rest === 2) bytes[length++] = (bits >> 4) & 0xff;
  if (rest === 3) {
    bytes[length++] = (bits >> 10) & 0xff;
    bytes[length++] = (bits >> 2) & 0xff;
  }
  return bytes.subarray(0, length);
}

/** Takes digits in either case, with white space anywhere and an optional `0x` or `\x` in front. */
export function fromHex(text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  let digits = 0;
  let start = 0;
  while (start < text.length && (text[start] ?? 0) <= SPACE) start++;
  const second = text[start + 1];
  if ((text[start] === 0x30 || text[start] === 0x5c) && (second === 0x78 || second === 0x58)) start += 2;
  for (let at = start; at < text.length; at++) {
    const char = text[at] ?? 0;
    if (char <= SPACE) continue;
    const digit = hexDigit(char);
    if (digit < 0) throw notText('hexadecimal', char, at);
    const index = digits >> 1;
    bytes[index] = ((bytes[index] ?? 0) << 4) | digit;
    digits++;
  }
  if (digits % 2 === 1) {
    throw new DfxError('ENCODING', `found ${digits} hexadecimal digits, which is no whole number of bytes`, {
      offset: text.length,
      hint: 'the text is cut off; copy it again',
    });
  }
  return bytes.subarray(0, digits >> 1);
}

function hexDigit(char: number): number {
  if (char >= 0x30 && char <= 0x39) return char - 0x30;
  const lower = char | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}

/** Which text forms the bytes could be, strictest first. A digit string of hexadecimal is base64 too. */
export function textEncodings(bytes: Uint8Array): readonly ('hex' | 'base64')[] {
  let hex = true;
  let base64 = true;
  let count = 0;
  for (const char of bytes) {
    if (char <= SPACE) {
      if (char !== SPACE && char !== 10 && char !== 13 && char !== 9) return [];
      continue;
    }
    if (char >= 128) return [];
    if (hex && hexDigit(char) < 0 && !(count === 1 && (char | 0x20) === 0x78) && !(count === 0 && char === 0x5c))
      hex = false;
    if (base64 && char !== EQUALS && (CODE_OF[char] ?? -1) < 0) base64 = false;
    if (!hex && !base64) return [];
    count++;
  }
  if (count === 0) return [];
  const found: ('hex' | 'base64')[] = [];
  if (hex && count % 2 === 0) found.push('hex');
  if (base64 && count % 4 !== 1) found.push('base64');
  return found;
}

function notText(kind: string, char: number, at: number): DfxError {
  const shown =
    char > SPACE && char < 127 ? `"${String.fromCharCode(char)}"` : `byte 0x${char.toString(16).padStart(2, '0')}`;
  return new DfxError('ENCODING', `found ${shown}, which is no ${kind} character`, {
    offset: at,
    hint: 'give --encoding raw if the payload is not text',
  });
}
