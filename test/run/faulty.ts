/** Runs `dfx` on payloads that do harm, and looks for processes that it left. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dfx, python, root } from './cli.ts';

export interface Faults {
  readonly folder: string;
  readonly file: (name: string) => string;
  /** What a UDF has told, once it has. */
  readonly told: (name: string) => Promise<string>;
  readonly remove: () => void;
}

export function makeFaults(): Faults {
  const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
  const made = spawnSync(python, [join(root, 'test/run/fault_payloads.py'), folder], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`fault_payloads.py ended with ${made.status}: ${made.stderr}`);
  const file = (name: string): string => join(folder, name);
  return {
    folder,
    file,
    told: async (name) => {
      await until(() => existsSync(file(`${name}.told`)), `${name} says something`);
      return readFileSync(file(`${name}.told`), 'utf8');
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

let runs = 0;

/** What the processes of one run have in their environment. */
export function newTag(): string {
  return `DFX_TEST_RUN=${process.pid}-${runs++}`;
}

/** The processes of a run: they, and what they start, have its tag. */
export function taggedProcesses(tag: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        // A zombie has none.
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(tag);
      } catch {
        return false;
      }
    });
}

/** `dfx` with these arguments. When it is gone, so is everything that it started. */
export function runAlone(args: readonly string[], env: NodeJS.ProcessEnv = {}): ReturnType<typeof dfx> {
  const tag = newTag();
  const [name = '', value = ''] = tag.split('=');
  const outcome = dfx(args, { env: { ...env, [name]: value } });
  assert.deepEqual(taggedProcesses(tag), []);
  return outcome;
}

export interface Told {
  readonly code: string;
  readonly message: string;
}

/** The errors that `dfx run --json` wrote to stderr. */
export function errorsOf(stderr: string): readonly Told[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{"schema":"dfx.error/1"'))
    .map((line) => JSON.parse(line).error);
}

export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
