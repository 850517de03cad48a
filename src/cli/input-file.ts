/** Operands of the commands that read files: `file`, `label=file`, `-` for standard input, once. */
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileError } from '../run/plan/input.ts';
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

/** The bytes of a file or of standard input; more than `maxBytes` are not read. Errors name the file. */
export async function readInput(
  { path, name }: Pick<Operand, 'path' | 'name'>,
  maxBytes = DEFAULT_LIMITS.maxBytes,
): Promise<Uint8Array> {
  const tooMany = (): DfxError =>
    new DfxError('LIMIT', `found more than ${maxBytes} bytes, the limit (maxBytes)`, {
      file: name,
      hint: 'raise it with --max-bytes if you trust the file',
    });
  if (path === '-') {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of process.stdin) {
      const bytes: Uint8Array = chunk;
      length += bytes.length;
      if (length > maxBytes) throw tooMany();
      chunks.push(bytes);
    }
    return joined(chunks, length);
  }
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      if (size > maxBytes) throw tooMany();
      const bytes = await handle.readFile(); // a pipe or a device tells no size before it is read
      if (bytes.length > maxBytes) throw tooMany();
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw fileError(cause, path);
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
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
