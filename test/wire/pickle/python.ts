import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Runs one of the oracle scripts beside this file with the real package; what it prints is JSON. Fails without Python. */
export function askPython(script: string, input: unknown): unknown {
  const { DFX_PYTHON } = process.env;
  const python = DFX_PYTHON ?? fileURLToPath(new URL('../../../.venv/bin/python', import.meta.url));
  if (!existsSync(python)) throw new Error(`no Python with datafusion at ${python}: run the set-up or set DFX_PYTHON`);
  const run = spawnSync(python, [fileURLToPath(new URL(script, import.meta.url))], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 120_000,
  });
  if (run.status !== 0) throw new Error(`${script}: ${run.stderr}`);
  return JSON.parse(run.stdout);
}
