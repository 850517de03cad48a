/** How a CSV file is written. */
import { DfxError } from '../wire/errors.ts';

export interface CsvDialect {
  readonly delimiter: number;
  readonly quote: number;
  /** The byte that takes the next one literally inside quotes; null for none. */
  readonly escape: number | null;
  /** A field of this text is null. */
  readonly nullText: string;
  readonly maxRecordBytes: number;
}

export interface DialectOptions {
  /** One ASCII character. Default `,`. */
  readonly delimiter?: string | undefined;
  /** One ASCII character. Default `"`. */
  readonly quote?: string | undefined;
  /** One ASCII character. Default: none, a quote inside quotes is doubled. */
  readonly escape?: string | undefined;
  /**
   * The text that stands for null, instead of the empty text. DataFusion 55 heeds its counterpart (`null_regex`) when it infers a schema only; this
   * is what arrow-csv makes of it. Default: the empty text.
   */
  readonly nullText?: string | undefined;
  /** A record of more bytes is an error. Default 64 MiB. */
  readonly maxRecordBytes?: number | undefined;
}

export const LF = 10;
export const CR = 13;
const MOST_NULL_BYTES = 1000;
const MAX_RECORD_BYTES = 64 << 20;
/** The kernel's memory holds a window of twice as much. */
const MOST_RECORD_BYTES = 256 << 20;

export function csvDialect(options: DialectOptions): CsvDialect {
  const delimiter = oneByte(options.delimiter ?? ',', 'delimiter');
  const quote = oneByte(options.quote ?? '"', 'quote');
  const escapeByte = options.escape === undefined ? null : oneByte(options.escape, 'escape');
  if (delimiter === quote) {
    throw new DfxError('USAGE', `the CSV delimiter and quote are both ${JSON.stringify(options.quote ?? '"')}`);
  }
  const nullText = options.nullText ?? '';
  if (Buffer.byteLength(nullText) > MOST_NULL_BYTES) {
    throw new DfxError('USAGE', `the null text of CSV has more than ${MOST_NULL_BYTES} bytes`);
  }
  const maxRecordBytes = options.maxRecordBytes ?? MAX_RECORD_BYTES;
  if (maxRecordBytes > MOST_RECORD_BYTES) {
    throw new DfxError(
      'USAGE',
      `the longest CSV record is ${maxRecordBytes} bytes, expected at most ${MOST_RECORD_BYTES} (256M)`,
    );
  }
  return { delimiter, quote, escape: escapeByte, nullText, maxRecordBytes };
}

function oneByte(text: string, what: string): number {
  const code = text.charCodeAt(0);
  if (text.length !== 1 || code > 127) {
    throw new DfxError('USAGE', `the CSV ${what} is ${JSON.stringify(text)}, expected one ASCII character`);
  }
  if (code === LF || code === CR) throw new DfxError('USAGE', `the CSV ${what} is a line end`);
  return code;
}
