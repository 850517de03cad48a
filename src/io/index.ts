/** Data in and out: CSV, Arrow IPC, Parquet and NDJSON as typed columns. Formats load when an input has them. */
import { DfxError } from '../wire/errors.ts';
import { byteSource, type InputSource } from './byte-source.ts';
import type { InputTable } from './column.ts';
import type { CsvOptions } from './csv.ts';
import { DETECT_BYTES, detectFormat, type InputFormat } from './detect.ts';
import type { NdjsonOptions } from './ndjson.ts';

export { readArrow, writeArrow } from './arrow.ts';
export type { InputSource } from './byte-source.ts';
export * from './column.ts';
export type { CsvOptions } from './csv.ts';
export { DETECT_BYTES, detectFormat, type InputFormat, needsFile } from './detect.ts';
export { type ArrowContainer, ArrowEncoder } from './ipc/encoder.ts';
export { ArrowStreamReader, type OpenBatch } from './ipc/stream-reader.ts';
export {
  BatchEncoder,
  type Block,
  END_OF_STREAM,
  type EncodedMessage,
  FILE_START,
  fileEnd,
  hasDictionaries,
  joinPieces,
} from './ipc/write.ts';
export type { NdjsonOptions } from './ndjson.ts';
export * from './split.ts';

interface OpenOptions {
  /** Default: what the first bytes or the end of the file's name say (`detectFormat`). */
  readonly format?: InputFormat;
  readonly csv?: CsvOptions;
  readonly ndjson?: NdjsonOptions;
}

/**
 * Opens a file by its path, bytes, or chunks as they come, and reads its schema. Chunks of unknown format have none: their format is named.
 * Throws FILE_NOT_FOUND, FILE_UNREADABLE, INPUT_FORMAT, INPUT_ROW, ARROW, LIMIT, UNSUPPORTED.
 */
export async function openInput(input: InputSource, options: OpenOptions = {}): Promise<InputTable> {
  switch (options.format ?? (await guessFormat(input))) {
    case 'arrow': {
      const { openArrow } = await import('./arrow.ts');
      return openArrow(input);
    }
    case 'parquet': {
      const { openParquet } = await import('./parquet.ts');
      return openParquet(input);
    }
    case 'ndjson': {
      const { openNdjson } = await import('./ndjson.ts');
      return openNdjson(input, options.ndjson);
    }
    case 'csv': {
      const { openCsv } = await import('./csv.ts');
      const tabs = typeof input === 'string' && input.toLowerCase().endsWith('.tsv');
      return openCsv(input, { ...(tabs ? { delimiter: '\t' } : {}), ...options.csv });
    }
  }
}

async function guessFormat(input: InputSource): Promise<InputFormat> {
  if (input instanceof Uint8Array) return detectFormat(input.subarray(0, DETECT_BYTES));
  if (typeof input !== 'string') {
    throw new DfxError('USAGE', 'a stream of unknown format', {
      hint: 'name its format: csv, arrow, ndjson or parquet',
    });
  }
  for await (const start of byteSource(input).read(DETECT_BYTES)) return detectFormat(start, input);
  return detectFormat(new Uint8Array(0), input);
}
