/** Starts the real `dfx` for tests, with the Python that DFX_PYTHON names or the checkout's own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const { DFX_PYTHON = '' } = process.env;
export const python = DFX_PYTHON === '' ? join(root, '.venv', 'bin', 'python') : DFX_PYTHON;
if (!existsSync(python)) throw new Error(`no Python at ${python}: run npm run setup, or set DFX_PYTHON`);

export const values = join(root, 'fixtures/main/values.csv');

/** The payloads of the main job that the Python at hand can read (scripts/setup.mjs). */
const local = join(root, 'fixtures/local');
export const mainFolder = existsSync(join(local, 'values.csv')) ? local : join(root, 'fixtures/main');

const environment: NodeJS.ProcessEnv = { ...process.env, DFX_PYTHON: python, DFX_SOURCES: '1', NO_COLOR: '1' };

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function dfx(
  args: readonly string[],
  options: { input?: string | Uint8Array; env?: NodeJS.ProcessEnv } = {},
): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/dfx'), ...args], {
    encoding: 'utf8',
    input: options.input ?? '',
    env: { ...environment, ...options.env },
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr };
}

/** A `dfx` that goes on while the test does something to it. */
export function startDfx(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(root, 'bin/dfx'), ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export interface PayloadFolder {
  readonly folder: string;
  readonly file: (name: string) => string;
  readonly remove: () => void;
}

/** The payloads of payloads.py, made by the Python at hand, in a temporary folder. */
export function makePayloads(): PayloadFolder {
  const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
  const made = spawnSync(python, [join(root, 'test/run/payloads.py'), folder], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`payloads.py ended with ${made.status}: ${made.stderr}`);
  return {
    folder,
    file: (name) => join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Whether a process of that pid runs. A zombie doesn't. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until no process is left, and fails by returning the pids that are. */
export async function leftAfter(pids: readonly number[], milliseconds: number): Promise<readonly number[]> {
  const end = Date.now() + milliseconds;
  let left = pids.filter(isAlive);
  while (left.length > 0 && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    left = left.filter(isAlive);
  }
  return left;
}

/** The pids of a process's children, and theirs. */
export function descendants(pid: number): readonly number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const children = new Map<number, number[]>();
  for (const line of stdout.trim().split('\n')) {
    const [child = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const found: number[] = [];
  const pending = [pid];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const own = children.get(next) ?? [];
    found.push(...own);
    pending.push(...own);
  }
  return found;
}
