/** Strings as fields of CSV and as JSON. */
import { type TextBytes, writeAscii, writeSlice } from './text-bytes.ts';

const QUOTE = 34;
const LF = 10;
const CR = 13;

/**
 * The `csv` crate's rule: a field is quoted where it holds the delimiter, a quote or a line end, and quotes in it are doubled.
 */
export function writeCsvString(out: TextBytes, data: Uint8Array, start: number, end: number, delimiter: number): void {
  for (let i = start; i < end; i++) {
    const byte = data[i] ?? 0;
    if (byte === QUOTE || byte === delimiter || byte === LF || byte === CR) {
      writeQuoted(out, data, start, end);
      return;
    }
  }
  writeSlice(out, data, start, end);
}

function writeQuoted(out: TextBytes, data: Uint8Array, start: number, end: number): void {
  out.reserve((end - start) * 2 + 2);
  const { bytes } = out;
  let at = out.at;
  bytes[at++] = QUOTE;
  for (let i = start; i < end; i++) {
    const byte = data[i] ?? 0;
    if (byte === QUOTE) bytes[at++] = QUOTE;
    bytes[at++] = byte;
  }
  bytes[at++] = QUOTE;
  out.at = at;
}

const BACKSLASH = 92;
/** serde_json's short escapes: `\b \t \n \f \r`; other control characters are `\u001f`. */
const SHORT_ESCAPES = new Map([
  [8, '\\b'],
  [9, '\\t'],
  [LF, '\\n'],
  [12, '\\f'],
  [CR, '\\r'],
  [QUOTE, '\\"'],
  [BACKSLASH, '\\\\'],
]);

export function writeJsonString(out: TextBytes, data: Uint8Array, start: number, end: number): void {
  out.reserve(end - start + 2);
  out.bytes[out.at++] = QUOTE;
  let plain = start;
  for (let i = start; i < end; i++) {
    const byte = data[i] ?? 0;
    if (byte >= 32 && byte !== QUOTE && byte !== BACKSLASH) continue;
    writeSlice(out, data, plain, i);
    writeAscii(out, SHORT_ESCAPES.get(byte) ?? `\\u${byte.toString(16).padStart(4, '0')}`);
    plain = i + 1;
  }
  writeSlice(out, data, plain, end);
  out.reserve(1);
  out.bytes[out.at++] = QUOTE;
}
