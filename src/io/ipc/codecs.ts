/** What takes the compression off the buffers of a body. LZ4 is our own; Zstandard loads when a file needs it. */
import type { BodyCodec } from '../../wire/arrow/index.ts';
import { DfxError } from '../../wire/errors.ts';
import { readLz4Frame } from './lz4.ts';

type Zstandard = (bytes: Uint8Array, length: number) => Uint8Array;

let zstandard: Zstandard | null = null;

export async function loadZstandard(): Promise<Zstandard> {
  if (zstandard !== null) return zstandard;
  const { ZSTDDecoder } = await import('zstddec');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  // An error of the library shows as a result of another length.
  zstandard = (bytes, length) => (length === 0 ? new Uint8Array(0) : decoder.decode(bytes, length));
  return zstandard;
}

export async function loadCodec(codec: BodyCodec): Promise<void> {
  if (codec === 'ZSTD') await loadZstandard();
}

/** Throws INPUT_FORMAT; UNSUPPORTED for a codec that wasn't loaded. */
export function decompress(codec: BodyCodec, bytes: Uint8Array, length: number): Uint8Array {
  let opened: Uint8Array;
  try {
    if (codec === 'LZ4_FRAME') return readLz4Frame(bytes, length);
    if (zstandard === null) {
      throw new DfxError('UNSUPPORTED', 'the first record batch is not compressed with ZSTD, a later one is', {
        hint: 'write the file with one compression, or use --engine datafusion',
      });
    }
    opened = zstandard(bytes, length);
  } catch (cause) {
    if (cause instanceof DfxError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DfxError('INPUT_FORMAT', `a compressed buffer can't be read: ${reason}`, { cause });
  }
  if (opened.length !== length) {
    throw new DfxError('INPUT_FORMAT', `a compressed buffer can't be read: found ${opened.length} of ${length} bytes`);
  }
  return opened;
}
