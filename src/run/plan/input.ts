/** The input of a run: which file, in which format. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DETECT_BYTES, detectFormat } from '../../io/detect.ts';
import { fileError } from '../../io/file-errors.ts';
import { readNamedPipe } from '../../io/named-pipe.ts';
import type { Schema } from '../../wire/arrow/index.ts';
import { DfxError } from '../../wire/errors.ts';
import type { InputFormat, InputSpec } from '../transport/messages.ts';

export interface InputOptions {
  readonly format?: InputFormat | undefined;
  readonly delimiter?: string | undefined;
  readonly header?: boolean | undefined;
  readonly quote?: string | undefined;
  readonly escape?: string | undefined;
  readonly nullText?: string | undefined;
  /** Of CSV: names and types of all columns, instead of inferring them. */
  readonly schema?: Schema | undefined;
  /** Aborting it ends the wait for a pipe. */
  readonly signal?: AbortSignal | undefined;
}

export interface PreparedInput {
  readonly spec: InputSpec;
  /** The name that the user gave, for messages. */
  readonly name: string;
  /** What the user says that the columns are. */
  readonly schema: Schema | undefined;
  /** Bytes of the file. */
  readonly size: number;
  /** Removes what was put aside for the run. */
  readonly close: () => Promise<void>;
}

/** Checks the file and finds its format. Standard input (`-`) and named pipes are put into a private temporary file first. */
export async function prepareInput(name: string, options: InputOptions): Promise<PreparedInput> {
  const { schema } = options;
  const piped = name === '-' || (await isPipe(name));
  if (!piped) return { ...(await describeInput(name, options)), name, schema, close: async () => undefined };
  const shown = name === '-' ? 'stdin' : name;
  const folder = await mkdtemp(join(tmpdir(), 'dfx-'));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'input');
    const source = name === '-' ? process.stdin : await readNamedPipe(name);
    await pipeline(source, createWriteStream(path, { mode: 0o600 }), { signal: options.signal });
    return { ...(await describeInput(path, options, shown)), name: shown, schema, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A named pipe, or what a shell makes of `<(command)`. */
async function isPipe(name: string): Promise<boolean> {
  try {
    return (await stat(name)).isFIFO();
  } catch {
    return false; // reading it says why
  }
}

interface Described {
  readonly spec: InputSpec;
  readonly size: number;
}

async function describeInput(path: string, options: InputOptions, shown = path): Promise<Described> {
  const { start, size } = await readStart(path, shown);
  if (start.length === 0) throw new DfxError('EMPTY_INPUT', 'the input is empty', { file: shown });
  const format = options.format ?? detectFormat(start, path);
  if (format !== 'csv') return { spec: { path, format }, size };
  const { header = true, quote, nullText } = options;
  const delimiter = options.delimiter ?? (extname(path).toLowerCase() === '.tsv' ? '\t' : ',');
  if (delimiter.length !== 1 || delimiter.charCodeAt(0) > 127) {
    throw new DfxError('USAGE', `the CSV delimiter is ${JSON.stringify(delimiter)}, expected one ASCII character`);
  }
  const csv = {
    header,
    delimiter,
    ...(quote === undefined ? {} : { quote }),
    ...(options.escape === undefined ? {} : { escape: options.escape }),
    ...(nullText === undefined ? {} : { nullText }),
  };
  return { spec: { path, format, csv }, size };
}

async function readStart(path: string, shown: string): Promise<{ readonly start: Uint8Array; readonly size: number }> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      throw new DfxError('FILE_UNREADABLE', 'found a folder, expected a file', { file: shown });
    }
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(DETECT_BYTES), 0, DETECT_BYTES, 0);
      return { start: buffer.subarray(0, bytesRead), size: found.size };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw fileError(shown, cause);
  }
}
