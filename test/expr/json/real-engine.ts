/** Asks the real engine: the interpreter is DFX_PYTHON, else the checkout's own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export interface Answer {
  readonly canonical?: string;
  readonly values?: readonly unknown[];
  readonly error?: string;
}

export type Question =
  | { readonly canonical: string }
  | { readonly call: string }
  | { readonly evaluate: string; readonly kind: 'column' | 'aggregate' };

export function enginePython(): string {
  const { DFX_PYTHON: python = '.venv/bin/python' } = process.env;
  assert.ok(existsSync(python), `no Python at ${python}: run \`npm run setup\`, or set DFX_PYTHON`);
  return python;
}

/** The `major.minor` of the engine's Python: what frames must be stamped for. */
export function engineVersion(): string {
  const script = 'import sys; print("%d.%d" % sys.version_info[:2])';
  return spawnSync(enginePython(), ['-c', script], { encoding: 'utf8' }).stdout.trim();
}

export function askEngine(questions: readonly Question[]): readonly Answer[] {
  const child = spawnSync(enginePython(), ['test/expr/json/real_engine.py'], {
    input: questions.map((question) => JSON.stringify(question)).join('\n'),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  assert.equal(child.status, 0, child.stderr);
  return child.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
