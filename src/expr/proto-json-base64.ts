/** Base64 in proto JSON. */
import { fromBase64 } from '../wire/encoding.ts';

const OTHER_CHARACTER = /[^A-Za-z0-9+/_-]/;
const STANDARD = /[+/]/;
const URL_SAFE = /[_-]/;

/**
 * The bytes of what the pbjson crate takes (standard or URL-safe base64, not mixed, with or without padding, no bits left over), or
 * what is wrong with the text, as the end of the sentence "found …".
 */
export function readBase64(text: string): Uint8Array | string {
  let length = text.length;
  while (length > 0 && text.length - length < 2 && text[length - 1] === '=') length--;
  const digits = text.slice(0, length);
  const rest = length % 4;
  if (rest === 1) return `base64 of ${length} digits, which is no whole number of bytes`;
  if (text.length > Math.ceil(length / 4) * 4) return 'base64 with too much padding';
  const other = OTHER_CHARACTER.exec(digits)?.[0];
  if (other !== undefined) return `${JSON.stringify(other)} in base64`;
  if (STANDARD.test(digits) && URL_SAFE.test(digits)) return 'standard and URL-safe base64 mixed';
  const bytes = fromBase64(new TextEncoder().encode(digits));
  // The last digit carries four bits beyond one byte, two beyond two.
  const last = rest === 0 ? 0 : lastDigit(digits) & (rest === 2 ? 15 : 3);
  return last === 0 ? bytes : 'base64 whose last digit has bits beyond the last byte';
}

function lastDigit(digits: string): number {
  return (fromBase64(new TextEncoder().encode(`AAA${digits.slice(-1)}`))[2] ?? 0) & 63;
}
