/** Which format an input has: by its first bytes where they tell, else by the end of its name. */

export type InputFormat = 'csv' | 'arrow' | 'parquet' | 'ndjson';

/** As many bytes tell every format that bytes tell. */
export const DETECT_BYTES = 8;

const EXTENSIONS = new Map<string, InputFormat>([
  ['csv', 'csv'],
  ['tsv', 'csv'],
  ['txt', 'csv'],
  ['arrow', 'arrow'],
  ['arrows', 'arrow'],
  ['ipc', 'arrow'],
  ['feather', 'arrow'],
  ['parquet', 'parquet'],
  ['ndjson', 'ndjson'],
  ['jsonl', 'ndjson'],
  ['json', 'ndjson'],
]);

/**
 * `start`: the first bytes, up to DETECT_BYTES. Arrow files start with `ARROW1`, streams with the continuation marker, Feather 1 with
 * `FEA1`, Parquet with `PAR1`; encrypted footers make it `PARE`.
 */
export function detectFormat(start: Uint8Array, name?: string): InputFormat {
  const magic = String.fromCharCode(...start.subarray(0, 6));
  if (magic === 'ARROW1' || magic.startsWith('\u00ff\u00ff\u00ff\u00ff') || magic.startsWith('FEA1')) return 'arrow';
  if (magic.startsWith('PAR1') || magic.startsWith('PARE')) return 'parquet';
  const extension = name?.slice(name.lastIndexOf('.') + 1).toLowerCase() ?? '';
  return EXTENSIONS.get(extension) ?? (magic.startsWith('{') ? 'ndjson' : 'csv');
}

/** Whether the input is read at many places, the last one first, so that what comes through a pipe is put into a file first. */
export function needsFile(format: InputFormat, start: Uint8Array): boolean {
  return format === 'parquet' || (format === 'arrow' && start[0] !== 0xff);
}
