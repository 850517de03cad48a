/** Which Python runs the real engine: --python, DFX_PYTHON, an environment of `dfx env`, the checkout's own, one on PATH. */
import { join } from 'node:path';
import { DfxError } from '../../wire/errors.ts';
import { isPossiblePython, type PythonVersion, pythonText } from '../../wire/frame.ts';
import { listEnvironments, REFERENCE_ENGINE } from './environments.ts';
import { describeInterpreter, findExecutable, type Interpreter } from './interpreter.ts';
import { packageRoot } from './package-root.ts';

export type InterpreterSource = '--python' | 'DFX_PYTHON' | 'dfx env' | 'the checkout' | 'PATH';

export interface ChosenInterpreter extends Interpreter {
  readonly source: InterpreterSource;
}

/**
 * `stamp`: the Python that the payloads' frames ask for, null where they have none. Null: nothing is there, and only
 * `dfx env create` changes that; nothing is ever downloaded on the way.
 *
 * What the user names is taken as it is. Of what dfx finds by itself, one with the stamp's version comes first, the
 * reference engine before others. Where none of its own has that version, the first on PATH that has it and the engine does.
 */
export async function chooseInterpreter(
  named: string | undefined,
  stamp: PythonVersion | null,
): Promise<ChosenInterpreter | null> {
  if (named !== undefined) return { ...(await theNamed(named, '--python')), source: '--python' };
  const { DFX_PYTHON = '' } = process.env;
  if (DFX_PYTHON !== '') return { ...(await theNamed(DFX_PYTHON, 'DFX_PYTHON')), source: 'DFX_PYTHON' };

  const found: ChosenInterpreter[] = (await listEnvironments()).map((environment) => ({
    path: environment.interpreter,
    python: environment.python,
    datafusion: environment.datafusion,
    source: 'dfx env',
  }));
  const checkout = findExecutable(join(packageRoot(), '.venv', 'bin', 'python'));
  if (checkout !== null) found.push({ ...(await describeInterpreter(checkout)), source: 'the checkout' });

  const rank = (candidate: Interpreter): number =>
    (stamp !== null && sameVersion(candidate.python, stamp) ? 0 : 2) +
    (candidate.datafusion === REFERENCE_ENGINE ? 0 : 1);
  let best: ChosenInterpreter | null = null;
  for (const candidate of found) if (best === null || rank(candidate) < rank(best)) best = candidate;
  if (best !== null && (stamp === null || sameVersion(best.python, stamp))) return best;
  return (await onPath(stamp)) ?? best;
}

/** What was found for a PATH and a stamp: to ask an interpreter takes a process. */
const seenOnPath = new Map<string, Promise<ChosenInterpreter | null>>();

function onPath(stamp: PythonVersion | null): Promise<ChosenInterpreter | null> {
  const { PATH = '' } = process.env;
  const version = stamp === null ? '' : pythonText(stamp);
  const key = `${version} ${PATH}`;
  const found = seenOnPath.get(key) ?? searchPath(version, stamp);
  seenOnPath.set(key, found);
  return found;
}

async function searchPath(version: string, stamp: PythonVersion | null): Promise<ChosenInterpreter | null> {
  for (const name of [`python${version}`, 'python3', 'python']) {
    const path = findExecutable(name);
    if (path === null) continue;
    let found: Interpreter;
    try {
      found = await describeInterpreter(path);
    } catch (error) {
      // A shim of a version that isn't installed; nobody has named it.
      if (error instanceof DfxError) continue;
      throw error;
    }
    const fits = stamp === null || sameVersion(found.python, stamp);
    if (fits && found.datafusion !== null) return { ...found, source: 'PATH' };
  }
  return null;
}

export function sameVersion(a: PythonVersion, b: PythonVersion): boolean {
  return a.major === b.major && a.minor === b.minor;
}

export function noInterpreter(stamp: PythonVersion | null): DfxError {
  const command =
    stamp === null || !isPossiblePython(stamp)
      ? 'dfx env create'
      : `dfx env create --python python${pythonText(stamp)}`;
  return new DfxError('ENVIRONMENT', 'found no Python environment with the datafusion package', {
    hint: `make one with \`${command}\`, or name one that has it with --python`,
  });
}

async function theNamed(name: string, by: InterpreterSource): Promise<Interpreter> {
  const path = findExecutable(name);
  if (path === null) {
    throw new DfxError('ENVIRONMENT', `${by} names ${name}, which is no program here`, {
      hint: 'give the path of a Python interpreter that has the datafusion package',
    });
  }
  return describeInterpreter(path);
}
