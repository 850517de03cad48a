/** Data in: CSV and Arrow IPC as typed columns. */

import { DfxError } from '../wire/errors.ts';
import { openArrow } from './arrow.ts';
import { byteSource, type InputSource } from './byte-source.ts';
import type { InputTable } from './column.ts';
import { type CsvOptions, openCsv } from './csv.ts';

export { readArrow, writeArrow } from './arrow.ts';
export type { InputSource } from './byte-source.ts';
export * from './column.ts';
export { BATCH_ROWS, type CsvOptions } from './csv.ts';
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
export { type BatchWriter, batchWriter } from './record-batches.ts';
export * from './split.ts';

export type InputFormat = 'csv' | 'arrow';

export interface OpenOptions {
  /** Default: from the end of the file's name (`.csv`, `.tsv`; `.arrow`, `.ipc`, `.feather`), else from the first bytes. */
  readonly format?: InputFormat;
  readonly csv?: CsvOptions;
}

const EXTENSIONS = new Map<string, InputFormat>([
  ['csv', 'csv'],
  ['tsv', 'csv'],
  ['txt', 'csv'],
  ['arrow', 'arrow'],
  ['arrows', 'arrow'],
  ['ipc', 'arrow'],
  ['feather', 'arrow'],
]);

/** Opens a file by its path, or bytes, and reads its schema. Throws FILE_NOT_FOUND, INPUT_FORMAT, INPUT_ROW. */
export async function openInput(input: InputSource, options: OpenOptions = {}): Promise<InputTable> {
  const format = options.format ?? (await guessFormat(input));
  if (format === 'arrow') return openArrow(input);
  const tabs = typeof input === 'string' && input.toLowerCase().endsWith('.tsv');
  return openCsv(input, { ...(tabs ? { delimiter: '\t' } : {}), ...options.csv });
}

async function guessFormat(input: InputSource): Promise<InputFormat> {
  if (typeof input === 'string') {
    const known = EXTENSIONS.get(input.slice(input.lastIndexOf('.') + 1).toLowerCase());
    if (known !== undefined) return known;
  } else if (!(input instanceof Uint8Array)) {
    throw new DfxError('USAGE', 'a stream of unknown format', { hint: 'name its format: csv or arrow' });
  }
  for await (const start of byteSource(input).read(16)) return looksLikeArrow(start) ? 'arrow' : 'csv';
  return 'csv';
}

/** The file magic, or the continuation marker that starts a stream. */
function looksLikeArrow(start: Uint8Array): boolean {
  const magic = [65, 82, 82, 79, 87, 49];
  const continuation = [255, 255, 255, 255];
  return magic.every((byte, i) => start[i] === byte) || continuation.every((byte, i) => start[i] === byte);
}
