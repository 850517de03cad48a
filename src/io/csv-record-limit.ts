/** How long a record may be: without an end to it, a quote that nobody closed takes the whole rest of a file into memory. */
import { DfxError } from '../wire/errors.ts';
import { CR, type CsvDialect, LF } from './csv-dialect.ts';

/** Line ends in `bytes[from, to)`: LF, CR or CRLF. */
export function countLines(bytes: Uint8Array, from: number, to: number): number {
  let lines = 0;
  for (let i = from; i < to; i++)
    if (bytes[i] === CR || (bytes[i] === LF && (i === from || bytes[i - 1] !== CR))) lines++;
  return lines;
}

/** `bytes[from, end)` is the start of a record that is longer than the limit; `place` says which, such as `row 7 (line 9)`, `whereIs` where a byte is. */
export function tooLong(
  place: string,
  whereIs: (at: number) => string,
  bytes: Uint8Array,
  from: number,
  end: number,
  dialect: CsvDialect,
): DfxError {
  const size = `${place} is longer than ${dialect.maxRecordBytes} bytes`;
  const quoted = openQuote(bytes, from, end, dialect);
  if (quoted === null) {
    return new DfxError('INPUT_ROW', size, { hint: 'is this CSV? --max-record-bytes allows longer records' });
  }
  return new DfxError(
    'INPUT_ROW',
    `${size}: the value that is quoted from ${whereIs(quoted)} on may lack its closing quote`,
    { hint: 'close the quote, or allow longer records with --max-record-bytes' },
  );
}

/** Where the first quoted value starts that a line ends in, or that doesn't end; null: there is none. */
function openQuote(bytes: Uint8Array, from: number, end: number, dialect: CsvDialect): number | null {
  const { delimiter, quote, escape: escapeByte } = dialect;
  for (let at = from; at < end; at++) {
    const start = at;
    if (bytes[at] === quote) {
      for (at++; at < end; at++) {
        const byte = bytes[at];
        if (byte === LF || byte === CR) return start;
        if (byte === escapeByte) at++;
        else if (byte === quote && bytes[at + 1] === quote) at++;
        else if (byte === quote) break;
      }
      if (at >= end) return start;
    }
    while (at < end && bytes[at] !== delimiter) at++;
  }
  return null;
}
