/** The input of a run: which file, in which format. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { DETECT_BYTES, detectFormat, needsFile, refusePacked } from '../../io/detect.ts';
import { fileError } from '../../io/file-errors.ts';
import { readNamedPipe } from '../../io/named-pipe.ts';
import type { Schema } from '../../wire/arrow/index.ts';
import { DfxError } from '../../wire/errors.ts';
import type { InputFormat, InputSpec } from '../transport/messages.ts';
import { type StillThere, stampFile } from './file-stamp.ts';
import { Pipe } from './pipe.ts';

export interface InputOptions {
  readonly format?: InputFormat | undefined;
  readonly delimiter?: string | undefined;
  readonly header?: boolean | undefined;
  readonly quote?: string | undefined;
  readonly escape?: string | undefined;
  readonly nullText?: string | undefined;
  /** A CSV record of more bytes is an error. Default 64 MiB. */
  readonly maxRecordBytes?: number | undefined;
  /** Of CSV and NDJSON: names and types of all columns, instead of inferring them. */
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
  /** Ends what takes long of reading it. */
  readonly signal: AbortSignal | undefined;
  /** Bytes of the file; null for a pipe, whose end nobody knows. */
  readonly size: number | null;
  /** Of Arrow: whether it is a file, whose footer says where batches are, and no stream. */
  readonly isFile: boolean;
  /** Where the bytes come from, if they come once. */
  readonly pipe: Pipe | null;
  /** Throws where the file isn't what it was when it was prepared. */
  readonly stillThere: StillThere;
  /** Removes what was put aside for the run. */
  readonly close: () => Promise<void>;
}

/** Checks the file and finds its format. What comes through a pipe (`-`, a named pipe) is looked at, and waits to be read. */
export async function prepareInput(name: string, options: InputOptions): Promise<PreparedInput> {
  const { schema, signal } = options;
  if (name !== '-' && !isPipe(name)) {
    const { start, size } = readStart(name);
    const stillThere = stampFile(name);
    const spec = describeInput(name, name, start, options);
    const close = async (): Promise<void> => undefined;
    return { spec, name, schema, signal, size, isFile: start[0] === 0x41, pipe: null, stillThere, close };
  }
  const shown = name === '-' ? 'stdin' : name;
  const pipe = new Pipe(name === '-' ? process.stdin : await readNamedPipe(name), signal);
  const close = (): Promise<void> => pipe.close();
  try {
    const start = await pipe.start(DETECT_BYTES);
    const spec = describeInput(name, shown, start, options);
    const input: PreparedInput = {
      spec: { ...spec, path: shown },
      name: shown,
      schema,
      signal,
      size: null,
      isFile: start[0] === 0x41,
      pipe,
      stillThere: () => undefined,
      close,
    };
    return needsFile(spec.format, start) || spec.format === 'ndjson' ? await spooled(input) : input;
  } catch (error) {
    await close();
    throw error;
  }
}

/** The same input as a file that can be read at any place, and more than once. */
export async function spooled(input: PreparedInput): Promise<PreparedInput> {
  const { pipe, spec } = input;
  if (pipe === null) return input;
  const path = await pipe.spool();
  return { ...input, spec: { ...spec, path }, size: statSync(path).size, pipe: null };
}

/** A named pipe, or what a shell makes of `<(command)`. */
function isPipe(name: string): boolean {
  try {
    return statSync(name).isFIFO();
  } catch {
    return false; // reading it says why
  }
}

/** `path` is what the user wrote, whose end may tell the format. */
function describeInput(path: string, shown: string, start: Uint8Array, options: InputOptions): InputSpec {
  if (start.length === 0) throw new DfxError('EMPTY_INPUT', 'the input is empty', { file: shown });
  if (options.format === undefined || options.format === 'csv' || options.format === 'ndjson')
    refusePacked(start, shown);
  const format = options.format ?? detectFormat(start, path);
  if (format !== 'csv') return { path, format };
  const { header = true, quote, nullText, maxRecordBytes } = options;
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
    ...(maxRecordBytes === undefined ? {} : { maxRecordBytes }),
  };
  return { path, format, csv };
}

/** Waiting for a file's first bytes costs less than loading what reads without waiting. */
function readStart(path: string): { readonly start: Uint8Array; readonly size: number } {
  try {
    const found = statSync(path);
    if (found.isDirectory()) {
      throw new DfxError('FILE_UNREADABLE', 'found a folder, expected a file', { file: path });
    }
    const file = openSync(path, 'r');
    try {
      const start = new Uint8Array(DETECT_BYTES);
      return { start: start.subarray(0, readSync(file, start, 0, DETECT_BYTES, 0)), size: found.size };
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw fileError(path, cause);
  }
}
