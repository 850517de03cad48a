/** What the real engine reads from CSV. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PYTHON = process.env['DFX_PYTHON'] ?? `${ROOT}.venv/bin/python`;

export interface Request {
  readonly text: Uint8Array;
  /** Types of the columns `c0`, `c1` …, as pyarrow writes them. Default: inferred. */
  readonly types?: readonly string[];
  /** Asks for the rows as the engine writes them to CSV, without a header. */
  readonly write?: boolean;
  /** Members of the engine's `CsvReadOptions`. */
  readonly options?: Readonly<Record<string, string | boolean | number>>;
}

export interface Answer {
  readonly fields?: readonly (readonly [string, string])[];
  readonly columns?: readonly (readonly (string | boolean | null)[])[];
  readonly csv?: string;
  readonly error?: string;
}

export async function askEngine(requests: readonly Request[]): Promise<Answer[]> {
  assert.ok(existsSync(PYTHON), `no Python with datafusion at ${PYTHON}: set DFX_PYTHON or make .venv`);
  const child = spawn(PYTHON, [fileURLToPath(new URL('./csv_oracle.py', import.meta.url))]);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve);
  });
  child.stdin.end(
    JSON.stringify(requests.map((request) => ({ ...request, text: Buffer.from(request.text).toString('base64') }))),
  );
  assert.equal(await ended, 0, Buffer.concat(err).toString('utf8').slice(-2000));
  const lines = Buffer.concat(out).toString('utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Answer);
}
