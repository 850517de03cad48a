/** Operands of the commands that read files: `file`, `label=file`, `-` for standard input, once. */
import { closeSync, createReadStream, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { fileError } from '../io/file-errors.ts';
import { readNamedPipe } from '../io/named-pipe.ts';
import { DfxError } from '../wire/errors.ts';
import { DEFAULT_LIMITS } from '../wire/limits.ts';

export interface Operand {
  /** Given as `label=file`, else the file's name without its last extension. */
  readonly label: string;
  /** `-` for standard input. */
  readonly path: string;
  /** What messages call it. */
  readonly name: string;
}

/** Splits at the first `=`, unless a file of the whole name exists. */
export function readOperands(texts: readonly string[]): readonly Operand[] {
  const operands = texts.map(readOperand);
  if (operands.filter(({ path }) => path === '-').length > 1) {
    throw new DfxError('USAGE', 'found - twice: standard input can be read once only', { hint: 'give - once' });
  }
  return operands;
}

function readOperand(text: string): Operand {
  const equals = text.indexOf('=');
  const labelled = equals > 0 && equals < text.length - 1 && !existsSync(text);
  const path = labelled ? text.slice(equals + 1) : text;
  const name = path === '-' ? 'stdin' : path;
  return { label: labelled ? text.slice(0, equals) : stem(name), path, name };
}

/** The file's name without its folder and its last extension. */
function stem(path: string): string {
  const name = basename(path);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}

/**
 * The bytes of a file or of standard input; of more than `maxBytes` no more is read than shows it. Errors name the file. Aborting
 * `signal` ends the wait for a pipe, with the signal's reason.
 */
export async function readInput(
  { path, name }: Pick<Operand, 'path' | 'name'>,
  maxBytes = DEFAULT_LIMITS.maxBytes,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  try {
    const stat = path === '-' ? fstatSync(0) : statSync(path);
    // Node gives an empty stream for standard input that is a folder
    if (stat.isDirectory()) throw new DfxError('FILE_UNREADABLE', 'found a folder, expected a file');
    // a pipe or a device tells no size, and may have nothing to give for long: signals must get through
    if (path === '-') return await readStream(process.stdin, maxBytes, signal);
    if (stat.isFIFO()) return await readStream(await readNamedPipe(path), maxBytes, signal);
    if (!stat.isFile()) return await readStream(createReadStream(path), maxBytes, signal);
    // synchronous: for a small file that is half the time
    const file = openSync(path, 'r');
    try {
      return readWhole(file, stat.size, maxBytes);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw fileError(name, cause).at({ file: name });
  }
}

function readWhole(file: number, size: number, maxBytes: number): Uint8Array {
  if (size > maxBytes) throw tooMany(maxBytes);
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const count = readSync(file, bytes, length, size - length, null);
    if (count === 0) break; // it was cut meanwhile
    length += count;
  }
  return bytes.subarray(0, length);
}

async function readStream(stream: Readable, maxBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
  const stop = (): void => {
    stream.destroy(new Error('ended'));
  };
  signal?.addEventListener('abort', stop);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      const bytes: Uint8Array = chunk;
      length += bytes.length;
      if (length > maxBytes) throw tooMany(maxBytes);
      chunks.push(bytes);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function tooMany(maxBytes: number): DfxError {
  return new DfxError('LIMIT', `found more than ${maxBytes} bytes, the limit (maxBytes)`, {
    hint: 'raise it with --max-bytes if you trust the file',
  });
}
