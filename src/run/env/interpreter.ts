/** What a Python interpreter is: its version, and the DataFusion that it would run. */
import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DfxError } from '../../wire/errors.ts';
import type { PythonVersion } from '../../wire/frame.ts';

export interface Interpreter {
  /** Absolute path of the executable. */
  readonly path: string;
  readonly python: PythonVersion;
  /** The version of the installed `datafusion` package, null where there is none. */
  readonly datafusion: string | null;
}

const PROBE = `
import sys
sys.path.pop(0)
import importlib.metadata as metadata
try:
    version = metadata.version("datafusion")
except metadata.PackageNotFoundError:
    version = ""
print(sys.version_info[0], sys.version_info[1], version)
`;

const PROBE_TIMEOUT_MS = 20_000;

/** `name` as given to --python: a path, or a command on PATH. Null when there is no such file. */
export function findExecutable(name: string): string | null {
  if (name.includes('/') || name.includes('\\')) return isExecutable(name) ? resolve(name) : null;
  const { PATH = '' } = process.env;
  for (const folder of PATH.split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, name);
    if (isExecutable(path)) return resolve(path);
  }
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Reads a virtual environment's own files where it can, which takes no process; asks the interpreter otherwise. */
export async function describeInterpreter(path: string): Promise<Interpreter> {
  return describeVirtualEnvironment(path) ?? (await probe(path));
}

function describeVirtualEnvironment(path: string): Interpreter | null {
  const home = dirname(dirname(path));
  let configuration: string;
  try {
    configuration = readFileSync(join(home, 'pyvenv.cfg'), 'utf8');
  } catch {
    return null;
  }
  const version = /^version(?:_info)?\s*=\s*(\d+)\.(\d+)/m.exec(configuration);
  // With the system's packages in sight, or PYTHONPATH set, the folder isn't the whole truth.
  const { PYTHONPATH = '' } = process.env;
  const alone = PYTHONPATH === '' && /^include-system-site-packages\s*=\s*false/m.test(configuration);
  if (version === null || !alone) return null;
  const python = { major: Number(version[1]), minor: Number(version[2]) };
  let names: readonly string[];
  try {
    names = readdirSync(join(home, 'lib', `python${python.major}.${python.minor}`, 'site-packages'));
  } catch {
    return null;
  }
  const installed = names.map((name) => /^datafusion-(\d[^-]*)\.dist-info$/.exec(name)?.[1]).find((found) => found);
  return { path, python, datafusion: installed ?? null };
}

async function probe(path: string): Promise<Interpreter> {
  let answer: string;
  try {
    const { stdout } = await promisify(execFile)(path, ['-c', PROBE], { timeout: PROBE_TIMEOUT_MS });
    answer = stdout;
  } catch (cause) {
    const said = firstWords(cause);
    throw new DfxError(
      'ENVIRONMENT',
      `${path} doesn't answer as a Python interpreter${said === '' ? '' : `: ${said}`}`,
      {
        cause,
        hint: 'name a Python 3.10 or later with --python',
      },
    );
  }
  const found = /^(\d+) (\d+)(?: (\S+))?$/.exec(answer.trim());
  if (found === null) {
    throw new DfxError('ENVIRONMENT', `${path} doesn't answer as a Python interpreter`, {
      hint: 'name a Python 3.10 or later with --python',
    });
  }
  return {
    path,
    python: { major: Number(found[1]), minor: Number(found[2]) },
    datafusion: found[3] ?? null,
  };
}

/** The first line that the program wrote to stderr: a shim says there that its version isn't installed. */
function firstWords(cause: unknown): string {
  const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : '';
  return stderr.trim().split('\n', 1)[0]?.slice(0, 200) ?? '';
}
