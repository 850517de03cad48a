/**
 * Single records with all their fields, for headers and type inference; rows are read by the kernel (wasm/kernel/scan.ts).
 *
 * The grammar is that of the `csv-core` crate 0.1, which DataFusion 55 reads CSV with: a record ends at LF,
 * CR or CRLF and blank lines are no records; a quote opens a quoted field only as its first byte; inside, a doubled quote is
 * one quote; what follows the closing quote is appended to the field as it is; the end of input ends an open quote.
 */
import { CR, type CsvDialect, LF } from './csv-dialect.ts';

interface CsvRecord {
  readonly fields: readonly Uint8Array[];
  /** The place of the line end behind it, or `end`. */
  readonly next: number;
}

/** Null where `bytes[pos, end)` holds no further record. */
export function readRecord(bytes: Uint8Array, pos: number, end: number, dialect: CsvDialect): CsvRecord | null {
  const { delimiter, quote } = dialect;
  let at = pos;
  while (at < end && (bytes[at] === LF || bytes[at] === CR)) at++;
  if (at >= end) return null;
  const fields: Uint8Array[] = [];
  for (;;) {
    const start = at;
    if (at < end && bytes[at] === quote) {
      const field = readQuoted(bytes, at, end, dialect);
      fields.push(field.text);
      at = field.next;
    } else {
      while (at < end && bytes[at] !== delimiter && bytes[at] !== LF && bytes[at] !== CR) at++;
      fields.push(bytes.subarray(start, at));
    }
    if (at < end && bytes[at] === delimiter) at++;
    else return { fields, next: at };
  }
}

/** `bytes[start]` is the opening quote. */
function readQuoted(
  bytes: Uint8Array,
  start: number,
  end: number,
  { delimiter, quote, escape: escapeByte }: CsvDialect,
): { text: Uint8Array; next: number } {
  let text = new Uint8Array(64);
  let length = 0;
  const append = (byte: number): void => {
    if (length === text.length) {
      const longer = new Uint8Array(length * 2);
      longer.set(text);
      text = longer;
    }
    text[length++] = byte;
  };
  let at = start + 1;
  for (; at < end; at++) {
    let byte = bytes[at] ?? 0;
    if (byte === quote) {
      at++;
      if (bytes[at] !== quote || at >= end) break;
    } else if (byte === escapeByte) {
      at++;
      if (at >= end) break;
      byte = bytes[at] ?? 0;
    }
    append(byte);
  }
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === delimiter || byte === LF || byte === CR) break;
    append(byte);
  }
  return { text: text.subarray(0, length), next: at };
}
