/** Which format an input has: by its first bytes where they tell, else by the end of its name. */
import { DfxError } from '../wire/errors.ts';

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

/** What whole files are packed in, by their first bytes, and what unpacks them. */
const PACKED: readonly (readonly [magic: string, name: string, command: string])[] = [
  ['\x1f\x8b', 'gzip', 'gzip -dc'],
  ['\x28\xb5\x2f\xfd', 'Zstandard', 'zstd -dc'],
  ['BZh', 'bzip2', 'bzip2 -dc'],
  ['\xfd7zXZ\0', 'xz', 'xz -dc'],
  ['\x04\x22\x4d\x18', 'LZ4', 'lz4 -dc'],
  ['PK\x03\x04', 'ZIP', 'unzip -p'],
];

/** Refuses text that is packed or in another encoding, which would be read as one odd column. */
export function refusePacked(start: Uint8Array, file: string | null): void {
  const magic = String.fromCharCode(...start);
  const packed = PACKED.find(([bytes]) => magic.startsWith(bytes));
  if (packed !== undefined && (packed[1] !== 'bzip2' || magic.slice(4) === '1AY&')) {
    throw new DfxError('INPUT_FORMAT', `the input is packed with ${packed[1]}, expected its content`, {
      ...(file === null ? {} : { file }),
      hint: `unpack it on the way: ${packed[2]} FILE | dfx run … --input -`,
    });
  }
  if (/^(\xff\xfe|\xfe\xff)/.test(magic)) {
    throw new DfxError('INPUT_FORMAT', 'the input is UTF-16, expected UTF-8', {
      ...(file === null ? {} : { file }),
      hint: 'convert it on the way: iconv -f UTF-16 -t UTF-8 FILE | dfx run … --input -',
    });
  }
}

/**
 * `start`: the first bytes, up to DETECT_BYTES. Arrow files start with `ARROW1`, streams with the continuation marker, Feather 1 with
 * `FEA1`, Parquet with `PAR1`; encrypted footers make it `PARE`.
 */
export function detectFormat(start: Uint8Array, name?: string): InputFormat {
  const magic = String.fromCharCode(...start.subarray(0, 6));
  if (magic === 'ARROW1' || magic.startsWith('\u00ff\u00ff\u00ff\u00ff') || magic.startsWith('FEA1')) return 'arrow';
  if (magic.startsWith('PAR1') || magic.startsWith('PARE')) return 'parquet';
  refusePacked(start, name ?? null);
  const extension = name?.slice(name.lastIndexOf('.') + 1).toLowerCase() ?? '';
  return EXTENSIONS.get(extension) ?? (magic.startsWith('{') ? 'ndjson' : 'csv');
}

/** Whether the input is read at many places, the last one first, so that what comes through a pipe is put into a file first. */
export function needsFile(format: InputFormat, start: Uint8Array): boolean {
  return format === 'parquet' || (format === 'arrow' && start[0] !== 0xff);
}
