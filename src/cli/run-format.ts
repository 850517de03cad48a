/** The forms in which a run's rows leave it, and how one is told from a file's name. */
import { extname } from 'node:path';
import { DfxError } from '../wire/errors.ts';
import { oneOf } from './flags.ts';

export const ROW_FORMATS = ['table', 'csv', 'tsv', 'ndjson', 'arrow', 'arrow-stream', 'parquet'] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

export const FORMAT_NAMES = 'table, csv, tsv, ndjson, arrow, arrow-stream or parquet';

const known = oneOf<RowFormat>('format', ROW_FORMATS);

/** Other names that people know a format by. */
const ALIASES: ReadonlyMap<string, RowFormat> = new Map([
  ['text', 'table'],
  ['jsonl', 'ndjson'],
  ['arrows', 'arrow-stream'],
  ['feather', 'arrow'],
  ['ipc', 'arrow'],
]);

export function formatFlag(text: string): RowFormat {
  return ALIASES.get(text) ?? known(text);
}

const OF_EXTENSION: ReadonlyMap<string, RowFormat> = new Map([
  ['.csv', 'csv'],
  ['.tsv', 'tsv'],
  ['.ndjson', 'ndjson'],
  ['.jsonl', 'ndjson'],
  ['.arrow', 'arrow'],
  ['.arrows', 'arrow-stream'],
  ['.feather', 'arrow'],
  ['.ipc', 'arrow'],
  ['.parquet', 'parquet'],
  ['.txt', 'table'],
]);

/** The format that was asked for, or the one that the output's name ends in; `otherwise` where there is no output file. */
export function chooseFormat(
  { format, output }: { readonly format?: RowFormat; readonly output?: string },
  otherwise: RowFormat,
): RowFormat {
  if (format !== undefined) return format;
  if (output === undefined || output === '-') return otherwise;
  const found = OF_EXTENSION.get(extname(output).toLowerCase());
  if (found !== undefined) return found;
  throw new DfxError('USAGE', `the name ${JSON.stringify(output)} doesn't say the output's format`, {
    hint: `name it with --format, or end it in ${[...OF_EXTENSION.keys()].join(', ')}`,
  });
}

export function isBinary(format: RowFormat): boolean {
  return format === 'arrow' || format === 'arrow-stream' || format === 'parquet';
}
