/** Operands of the commands that read files: `file`, `label=file`, `-` for standard input, once. */
import { closeSync, createReadStream, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { fileError } from '../io/file-errors.ts';
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
 * The bytes of a file or of standard input; of more than `maxBytes` no more is read than shows it. Errors name the file.
 */
export async function readInput(
  { path, name }: Pick<Operand, 'path' | 'name'>,
  maxBytes = DEFAULT_LIMITS.maxBytes,
): Promise<Uint8Array> {
  try {
    if (path === '-') {
      if (fstatSync(0).isDirectory()) throw isFolder(); // Node gives an empty stream for it
      return await readStream(process.stdin, maxBytes);
    }
    // one read, synchronous: for a small file that is half the time
    const file = openSync(path, 'r');
    try {
      const stat = fstatSync(file);
      if (stat.isFile()) return readWhole(file, stat.size, maxBytes);
      if (stat.isDirectory()) throw isFolder();
    } finally {
      closeSync(file);
    }
    // a pipe or a device tells no size, and may have nothing to give for long: signals must get through
    return await readStream(createReadStream(path), maxBytes);
  } catch (cause) {
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

async function readStream(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxBytes) throw tooMany(maxBytes);
    chunks.push(chunk);
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

function isFolder(): DfxError {
  return new DfxError('FILE_UNREADABLE', 'found a folder, expected a file');
}

function tooMany(maxBytes: number): DfxError {
  return new DfxError('LIMIT', `found more than ${maxBytes} bytes, the limit (maxBytes)`, {
    hint: 'raise it with --max-bytes if you trust the file',
  });
}
