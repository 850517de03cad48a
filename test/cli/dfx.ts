/** Starts the real `dfx` for tests that need no Python: the sources, or with DFX_SOURCES=0 the bundle. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const launcher = join(root, 'bin/dfx');
/** A payload with a UDF and a plain one, as one names them from the root. */
export const UDF_PAYLOAD = 'fixtures/main/count_above_10.bin';

const { NO_COLOR: _no, FORCE_COLOR: _force, DFX_SOURCES = '1', ...inherited } = process.env;
export const environment: NodeJS.ProcessEnv = {
  ...inherited,
  DFX_SOURCES,
  TERM: 'xterm-256color',
};

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly input?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Both streams are pipes. */
export function dfx(args: readonly string[], { input = '', env = {}, cwd = root }: Surroundings = {}): Outcome {
  return outcome(
    spawnSync(process.execPath, [launcher, ...args], {
      cwd,
      encoding: 'utf8',
      input,
      env: { ...environment, ...env },
      maxBuffer: 1 << 28,
    }),
  );
}

/** Runs a line of bash with `dfx` in it. */
export function shell(line: string, { input = '', env = {}, cwd = root }: Surroundings = {}): Outcome {
  const script = `dfx() { ${quoted(process.execPath)} ${quoted(launcher)} "$@"; }; ${line}`;
  return outcome(spawnSync('bash', ['-c', script], { cwd, encoding: 'utf8', input, env: { ...environment, ...env } }));
}

/** Runs `dfx` with a terminal for stdin, stdout and stderr: what comes on it is `stdout`, with line ends as a terminal has them. */
export function dfxOnTerminal(args: readonly string[], { env = {}, columns = 80 } = {}): Outcome {
  const line = `stty cols ${columns}; ${[process.execPath, launcher, ...args].map(quoted).join(' ')}`;
  return outcome(
    spawnSync('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment, ...env },
    }),
  );
}

function outcome({ status, stdout, stderr, error }: SpawnSyncReturns<string>): Outcome {
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

export interface Folder {
  readonly path: string;
  readonly remove: () => void;
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'dfx-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
