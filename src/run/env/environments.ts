/**
 * The Python environments that dfx keeps for the real engine: one a Python minor version and DataFusion version, each a
 * virtual environment with pinned packages.
 */
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DfxError } from '../../wire/errors.ts';
import { type PythonVersion, pythonText } from '../../wire/frame.ts';
import { describeInterpreter, findExecutable } from './interpreter.ts';
import { packageRoot } from './package-root.ts';

export interface Environment {
  /** `py3.11-datafusion55.0.0` */
  readonly name: string;
  readonly folder: string;
  readonly interpreter: string;
  readonly python: PythonVersion;
  readonly datafusion: string;
}

/** The DataFusion versions that `python/requirements-*.txt` pin; the first is the reference engine. */
export const ENGINE_VERSIONS = ['55.0.0', '54.1.0'] as const;
export const REFERENCE_ENGINE = ENGINE_VERSIONS[0];

/** What pip downloads for one environment on Linux x86-64 (datafusion, pyarrow and their needs), in megabytes. */
export const DOWNLOAD_MEGABYTES = 98;

/** Written last: an environment without it was never finished. */
const MARK = 'dfx-environment.json';

/** DFX_HOME, else the user's data folder (XDG Base Directory Specification). */
export function environmentsFolder(): string {
  const { DFX_HOME = '', XDG_DATA_HOME = '' } = process.env;
  if (DFX_HOME !== '') return join(DFX_HOME, 'envs');
  return join(XDG_DATA_HOME === '' ? join(homedir(), '.local', 'share') : XDG_DATA_HOME, 'dfx', 'envs');
}

function environmentName(python: PythonVersion, datafusion: string): string {
  return `py${pythonText(python)}-datafusion${datafusion}`;
}

function interpreterIn(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}

/** Newest DataFusion first, then newest Python. */
export async function listEnvironments(): Promise<readonly Environment[]> {
  const root = environmentsFolder();
  const found: Environment[] = [];
  for (const name of await namesIn(root)) {
    const folder = join(root, name);
    const mark = await readMark(join(folder, MARK));
    if (mark !== null) found.push({ name, folder, interpreter: interpreterIn(folder), ...mark });
  }
  return found.sort(
    (a, b) =>
      b.datafusion.localeCompare(a.datafusion, 'en', { numeric: true }) ||
      b.python.major - a.python.major ||
      b.python.minor - a.python.minor,
  );
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return []; // nothing was ever created
  }
}

async function readMark(path: string): Promise<{ readonly python: PythonVersion; readonly datafusion: string } | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return null;
  }
  const found = /"python":\s*"(\d+)\.(\d+)",\s*"datafusion":\s*"([^"]+)"/.exec(text);
  if (found === null) return null;
  return { python: { major: Number(found[1]), minor: Number(found[2]) }, datafusion: found[3] ?? '' };
}

export interface CreateOptions {
  /** A path or a command on PATH. */
  readonly python: string;
  readonly datafusion: string;
  /** Whether it is an error that something must be downloaded. */
  readonly offline: boolean;
  /** Receives what is about to be downloaded, before anything is, and pip's own lines after that. */
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

export async function createEnvironment(options: CreateOptions): Promise<Environment> {
  const requirements = join(packageRoot(), 'python', `requirements-${options.datafusion}.txt`);
  let pins: readonly string[];
  try {
    pins = (await readFile(requirements, 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  } catch {
    throw new DfxError('USAGE', `no pinned packages for datafusion ${options.datafusion}`, {
      hint: `take one of ${ENGINE_VERSIONS.join(', ')}`,
    });
  }
  const base = findExecutable(options.python);
  if (base === null) {
    throw new DfxError('ENVIRONMENT', `found no ${options.python} to make an environment from`, {
      hint: 'name a Python 3.10 or later with --python',
    });
  }
  const { python } = await describeInterpreter(base);
  const name = environmentName(python, options.datafusion);
  const existing = (await listEnvironments()).find((environment) => environment.name === name);
  if (existing !== undefined) return existing;

  const folder = join(environmentsFolder(), name);
  if (options.offline) {
    throw new DfxError(
      'ENVIRONMENT',
      `${name} isn't there, and to make it takes a download of about ${DOWNLOAD_MEGABYTES} MB`,
      {
        hint: 'leave --offline out, or name a Python that has datafusion with --python',
      },
    );
  }
  options.onLine(`downloading about ${DOWNLOAD_MEGABYTES} MB with pip: ${pins.join(', ')}`);
  options.onLine(`into ${folder}`);
  try {
    // What an interrupted run left behind has no mark and goes.
    await rm(folder, { recursive: true, force: true });
    await mkdir(environmentsFolder(), { recursive: true });
    await runTool(base, ['-m', 'venv', folder], options);
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '-r', requirements];
    await runTool(interpreterIn(folder), pip, options);
    const mark = { python: pythonText(python), datafusion: options.datafusion };
    await writeFile(join(folder, MARK), `${JSON.stringify(mark, null, 2)}\n`);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return { name, folder, interpreter: interpreterIn(folder), python, datafusion: options.datafusion };
}

/** Removes the environment of that name, or every one with that Python or DataFusion version. */
export async function removeEnvironment(name: string): Promise<readonly Environment[]> {
  const all = await listEnvironments();
  const chosen = all.filter((environment) => environment.name === name);
  if (chosen.length === 0) {
    const known = all.map((environment) => environment.name).join(', ');
    throw new DfxError('USAGE', `no environment ${JSON.stringify(name)}`, {
      hint: known === '' ? 'there is none; `dfx env create` makes one' : `take one of ${known}`,
    });
  }
  for (const environment of chosen) await rm(environment.folder, { recursive: true, force: true });
  return chosen;
}

async function runTool(file: string, args: readonly string[], options: CreateOptions): Promise<void> {
  const lines: string[] = [];
  const status = await new Promise<number | string>((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], signal: options.signal });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        for (const line of text.split('\n').filter((part) => part !== '')) {
          lines.push(line);
          options.onLine(line);
        }
      });
    }
    child.on('error', (error) => reject(options.signal.aborted ? options.signal.reason : error));
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'a signal'));
  });
  if (status !== 0) {
    throw new DfxError(
      'ENVIRONMENT',
      `${file} ${args.slice(0, 2).join(' ')} ended with ${status}: ${lines.at(-1) ?? 'it said nothing'}`,
      {
        hint: 'look at the lines above; behind a proxy, pip reads PIP_INDEX_URL and HTTPS_PROXY',
      },
    );
  }
}
