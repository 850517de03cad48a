/** Base64 as the pbjson crate writes and reads it (RFC 4648). */

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Digit values by character code; 64 and 65 stand for the two that only the URL-safe alphabet has. */
const DIGITS = new Int8Array(128).fill(-1);
for (let digit = 0; digit < 64; digit++) DIGITS[STANDARD.charCodeAt(digit)] = digit;
DIGITS['-'.charCodeAt(0)] = 64;
DIGITS['_'.charCodeAt(0)] = 65;

/** Bytes that become one string at a time: a multiple of 3, small enough for the arguments of one call. */
const CHUNK = 6144;

const codes = new Uint8Array(64);
for (let digit = 0; digit < 64; digit++) codes[digit] = STANDARD.charCodeAt(digit);

export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  const out = new Uint8Array((CHUNK / 3) * 4);
  for (let start = 0; start < bytes.length; start += CHUNK) {
    const end = Math.min(start + CHUNK, bytes.length);
    let length = 0;
    for (let at = start; at < end; at += 3) {
      const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      out[length++] = codes[bits >> 18] ?? 0;
      out[length++] = codes[(bits >> 12) & 63] ?? 0;
      out[length++] = codes[(bits >> 6) & 63] ?? 0;
      out[length++] = codes[bits & 63] ?? 0;
    }
    const padding = (3 - ((end - start) % 3)) % 3;
    parts.push(String.fromCharCode(...out.subarray(0, length - padding)), '='.repeat(padding));
  }
  return parts.join('');
}

/**
 * The bytes of standard or URL-safe base64 (not mixed) with or without padding, or what is wrong with the text, as the end of the
 * sentence "found …".
 */
export function fromBase64(text: string): Uint8Array | string {
  let length = text.length;
  while (length > 0 && text.length - length < 2 && text[length - 1] === '=') length--;
  if (length % 4 === 1) return `base64 of ${length} digits, which is no whole number of bytes`;
  if (text.length > Math.ceil(length / 4) * 4) return 'base64 with too much padding';
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let bits = 0;
  let size = 0;
  let urlSafe = false;
  let standard = false;
  for (let at = 0, held = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    const digit = code < 128 ? (DIGITS[code] ?? -1) : -1;
    if (digit < 0) return `${JSON.stringify(text[at])} in base64`;
    if (digit >= 64) urlSafe = true;
    else if (digit >= 62) standard = true;
    if (urlSafe && standard) return 'standard and URL-safe base64 mixed';
    bits = (bits << 6) | (digit >= 64 ? digit - 2 : digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[size++] = (bits >> held) & 0xff;
      bits &= (1 << held) - 1;
    }
  }
  return bits === 0 ? bytes : 'base64 whose last digit has bits beyond the last byte';
}
