/** Where a command's data goes: stdout, one file, or a file each in a folder. Files appear whole or not at all. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { outputError } from '../io/file-errors.ts';
import { OutputFile } from '../run/merge/output-file.ts';
import { DfxError, EXIT } from '../wire/errors.ts';
import { asDfxError, errorDocument, errorLine } from './render/errors.ts';
import { escapeText } from './render/escape.ts';

/** The reader of stdout went away: nobody is left to tell, and that is no failure. */
export class ReaderGone extends Error {}

/** Resolves when the stream took the data. A full disk is an error like any other. */
export async function writeTo(stream: NodeJS.WriteStream, data: string | Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(data, (error) => {
      if (!error) resolve();
      else if ('code' in error && error.code === 'EPIPE') reject(new ReaderGone());
      else reject(outputError(stream === process.stderr ? 'stderr' : 'stdout', error));
    });
  });
}

export async function toStdout(data: string | Uint8Array): Promise<void> {
  await writeTo(process.stdout, data);
}

export async function writeFileWhole(path: string, data: string | Uint8Array): Promise<void> {
  const file = await OutputFile.create(path);
  try {
    await file.write(data);
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.commit();
}

/** The files of `--out-dir`, one for each label; two of one name are refused before anything is written. */
export async function outputPaths(
  folder: string,
  labels: readonly string[],
  extension: string,
): Promise<readonly string[]> {
  const seen = new Set<string>();
  const paths = labels.map((label) => {
    // a label is a name of ours in a folder of the user's: no part of it may lead elsewhere
    const name = `${basename(label)}${extension}`;
    if (seen.has(name)) {
      throw new DfxError('USAGE', `found two inputs whose output would be ${JSON.stringify(name)}`, {
        hint: 'label one of them: other=file',
      });
    }
    seen.add(name);
    return join(folder, name);
  });
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw outputError(folder, cause);
  }
  return paths;
}

/** One line, or one document. `--debug` shows where it was thrown, too. */
export function errorText(error: DfxError, json: boolean): string {
  const told = `${json ? errorDocument(error) : errorLine(error)}\n`;
  if (!process.argv.includes('--debug')) return told;
  const { stack = '' } = error.code === 'DEFECT' && error.cause instanceof Error ? error.cause : error;
  return `${told}${stack.split('\n').map(escapeText).join('\n')}\n`;
}

export function printError(error: DfxError, json: boolean): void {
  process.stderr.write(errorText(error, json));
}

/** A message for people beside the data. */
export function printNote(text: string): void {
  process.stderr.write(`${escapeText(`dfx: ${text}`)}\n`);
}

/**
 * Does `work` for each item in turn. One that fails is told and doesn't stop the others; the exit code is the worst. The rest is
 * left when the reader of stdout went away.
 */
export async function forEachItem<T>(
  items: readonly T[],
  json: boolean,
  work: (item: T, at: number) => Promise<void>,
): Promise<number> {
  let worst: number = EXIT.ok;
  for (const [at, item] of items.entries()) {
    try {
      await work(item, at);
    } catch (thrown) {
      if (thrown instanceof ReaderGone) return worst;
      const error = asDfxError(thrown);
      printError(error, json);
      worst = Math.max(worst, error.exitCode);
    }
  }
  return worst;
}
