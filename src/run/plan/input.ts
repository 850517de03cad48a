/** The input of a run: which file, in which format. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileError } from '../../io/file-errors.ts';
import { readNamedPipe } from '../../io/named-pipe.ts';
import { DfxError } from '../../wire/errors.ts';
import type { InputFormat, InputSpec } from '../transport/messages.ts';

export interface InputOptions {
  readonly format?: InputFormat | undefined;
  readonly delimiter?: string | undefined;
  readonly header?: boolean | undefined;
  /** Aborting it ends the wait for a pipe. */
  readonly signal?: AbortSignal | undefined;
}

export interface PreparedInput {
  readonly spec: InputSpec;
  /** The name that the user gave, for messages. */
  readonly name: string;
  /** Removes what was put aside for the run. */
  readonly close: () => Promise<void>;
}

/** Checks the file and finds its format. Standard input (`-`) and named pipes are put into a private temporary file first. */
export async function prepareInput(name: string, options: InputOptions): Promise<PreparedInput> {
  const piped = name === '-' || (await isPipe(name));
  if (!piped) return { spec: await describeInput(name, options), name, close: async () => undefined };
  const shown = name === '-' ? 'stdin' : name;
  const folder = await mkdtemp(join(tmpdir(), 'dfx-'));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'input');
    const source = name === '-' ? process.stdin : await readNamedPipe(name);
    await pipeline(source, createWriteStream(path, { mode: 0o600 }), { signal: options.signal });
    return { spec: await describeInput(path, options, shown), name: shown, close };
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

async function describeInput(path: string, options: InputOptions, shown = path): Promise<InputSpec> {
  const start = await readStart(path);
  if (start.length === 0) throw new DfxError('EMPTY_INPUT', 'the input is empty', { file: shown });
  const format = options.format ?? formatOf(start, path);
  if (format !== 'csv') return { path, format };
  const delimiter = options.delimiter ?? (extname(path).toLowerCase() === '.tsv' ? '\t' : ',');
  if (delimiter.length !== 1 || delimiter.charCodeAt(0) > 127) {
    throw new DfxError('USAGE', `the CSV delimiter is ${JSON.stringify(delimiter)}, expected one ASCII character`);
  }
  return { path, format, csv: { header: options.header ?? true, delimiter } };
}

async function readStart(path: string): Promise<Uint8Array> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      throw new DfxError('FILE_UNREADABLE', 'found a folder, expected a file', { file: path });
    }
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(8), 0, 8, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw fileError(path, cause);
  }
}

function formatOf(start: Uint8Array, path: string): InputFormat {
  const magic = String.fromCharCode(...start);
  // Arrow columnar format, "IPC File Format" and "Encapsulated message format"; Parquet format, "File format".
  if (magic.startsWith('ARROW1') || magic.startsWith('\u00ff\u00ff\u00ff\u00ff')) return 'arrow';
  if (magic.startsWith('PAR1')) return 'parquet';
  const extension = extname(path).toLowerCase();
  return extension === '.ndjson' || extension === '.jsonl' || extension === '.json' ? 'ndjson' : 'csv';
}
