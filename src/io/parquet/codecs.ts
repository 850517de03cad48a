/** What takes the compression off the pages of a Parquet file (Parquet format, "Compression"). */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { snappyUncompress } from 'hyparquet/src/snappy.js';
import { DfxError } from '../../wire/errors.ts';
import { loadZstandard } from '../ipc/codecs.ts';
import { readLz4Block, readLz4Frame } from '../ipc/lz4.ts';

export type Codec = (bytes: Uint8Array, length: number) => Uint8Array;

/** Of a page, more than any writer makes: what it claims is allocated before it is known to be true. */
const MAX_PAGE_BYTES = 1 << 29;

/** Throws UNSUPPORTED for a codec that isn't known. */
export async function loadPageCodec(name: string | undefined): Promise<Codec> {
  switch (name) {
    case 'UNCOMPRESSED':
      return (bytes) => bytes;
    case 'SNAPPY':
      return checked((bytes, length) => {
        const out = new Uint8Array(length);
        snappyUncompress(bytes, out);
        return out;
      });
    case 'GZIP':
      return checked((bytes, length) => gunzipSync(bytes, { maxOutputLength: Math.max(1, length) }));
    case 'BROTLI':
      return checked((bytes, length) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, length) }));
    case 'ZSTD':
      return checked(await loadZstandard());
    case 'LZ4_RAW':
      return checked(readLz4Block);
    case 'LZ4':
      return checked(readOldLz4);
    default:
      throw new DfxError('UNSUPPORTED', `the Parquet file is compressed with ${name ?? 'an unknown codec'}`, {
        hint: 'use --engine datafusion',
      });
  }
}

function checked(codec: Codec): Codec {
  return (bytes, length) => {
    if (length > MAX_PAGE_BYTES) {
      throw new DfxError('LIMIT', `a page claims ${length} bytes, at most ${MAX_PAGE_BYTES} are read`);
    }
    const opened = codec(bytes, length);
    if (opened.length !== length) throw new RangeError(`a page of ${opened.length} bytes, expected ${length}`);
    return opened;
  };
}

/** The old codec LZ4 says nothing of its framing: Hadoop's (big-endian sizes before each block), a frame, or a bare block. */
function readOldLz4(bytes: Uint8Array, length: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 4 && view.getUint32(0, true) === 0x184d2204) return readLz4Frame(bytes, length);
  const out = new Uint8Array(length);
  let filled = 0;
  let at = 0;
  while (at + 8 <= bytes.length) {
    const size = view.getUint32(at);
    const packed = view.getUint32(at + 4);
    if (size > length - filled || packed > bytes.length - at - 8) break;
    out.set(readLz4Block(bytes.subarray(at + 8, at + 8 + packed), size), filled);
    filled += size;
    at += 8 + packed;
  }
  return at === bytes.length && filled === length ? out : readLz4Block(bytes, length);
}
