/** Bytes of an input, in pieces: a file, a stream of chunks (stdin), or bytes in memory. */
import { statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { DfxError } from '../wire/errors.ts';
import { fileError } from './file-errors.ts';

export type InputSource = string | Uint8Array | AsyncIterable<Uint8Array>;

/** Reads that may be started again from the first byte, except for a stream, which is read once. */
interface ByteSource {
  /** For messages. */
  readonly name: string | undefined;
  /** The pieces from the first byte; each piece may be overwritten once the next is asked for. */
  read(pieceSize: number): AsyncIterable<Uint8Array>;
}

export function byteSource(source: InputSource): ByteSource {
  if (typeof source === 'string') return { name: source, read: (pieceSize) => readFilePieces(source, pieceSize) };
  if (source instanceof Uint8Array) return { name: undefined, read: (pieceSize) => readBytesPieces(source, pieceSize) };
  return { name: undefined, read: (pieceSize) => readStreamPieces(source, pieceSize) };
}

/** Everything at once, for formats that need it. */
export async function readAll(source: InputSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const piece of byteSource(source).read(1 << 20)) {
    parts.push(piece.slice());
    length += piece.length;
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Whether any place of the file can be read at any time. Throws FILE_NOT_FOUND, FILE_UNREADABLE. */
export function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** The pieces of a file of any kind, from its first byte; each is one's own. */
export async function* readStreamFile(path: string): AsyncGenerator<Uint8Array> {
  for await (const piece of readFilePieces(path, 1 << 18)) yield piece.slice();
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw fileError(path, cause);
  }
}

async function* readFilePieces(path: string, pieceSize: number): AsyncGenerator<Uint8Array> {
  const file = await openFile(path);
  try {
    if ((await file.stat()).isDirectory()) {
      throw new DfxError('FILE_UNREADABLE', 'found a folder, expected a file', { file: path });
    }
    const buffer = new Uint8Array(pieceSize);
    for (;;) {
      let filled = 0;
      while (filled < pieceSize) {
        const { bytesRead } = await file.read(buffer, filled, pieceSize - filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      if (filled > 0) yield buffer.subarray(0, filled);
      if (filled < pieceSize) return;
    }
  } finally {
    await file.close();
  }
}

async function* readBytesPieces(bytes: Uint8Array, pieceSize: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceSize) yield bytes.subarray(at, at + pieceSize);
}

async function* readStreamPieces(stream: AsyncIterable<Uint8Array>, pieceSize: number): AsyncGenerator<Uint8Array> {
  let buffer = new Uint8Array(pieceSize);
  let filled = 0;
  for await (const chunk of stream) {
    let at = 0;
    while (at < chunk.length) {
      const count = Math.min(pieceSize - filled, chunk.length - at);
      buffer.set(chunk.subarray(at, at + count), filled);
      filled += count;
      at += count;
      if (filled === pieceSize) {
        yield buffer;
        buffer = new Uint8Array(pieceSize);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}
