/** Which Python runs the real engine: --python, DFX_PYTHON, an environment of `dfx env`, the checkout's own. */
import { join } from 'node:path';
import { DfxError } from '../../wire/errors.ts';
import { type PythonVersion, pythonText } from '../../wire/frame.ts';
import { listEnvironments, REFERENCE_ENGINE } from './environments.ts';
import { describeInterpreter, findExecutable, type Interpreter } from './interpreter.ts';
import { packageRoot } from './package-root.ts';

export type InterpreterSource = '--python' | 'DFX_PYTHON' | 'dfx env' | 'the checkout';

export interface ChosenInterpreter extends Interpreter {
  readonly source: InterpreterSource;
}

/**
 * `stamp`: the Python that the payloads' frames ask for, null where they have none. Null: nothing is there, and only
 * `dfx env create` changes that; nothing is ever downloaded on the way.
 *
 * What the user names is taken as it is. Of what dfx finds by itself, one with the stamp's version comes first, the
 * reference engine before others.
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
  const checkout = await findExecutable(join(packageRoot(), '.venv', 'bin', 'python'));
  if (checkout !== null) found.push({ ...(await describeInterpreter(checkout)), source: 'the checkout' });

  const rank = (candidate: Interpreter): number =>
    (stamp !== null && sameVersion(candidate.python, stamp) ? 0 : 2) +
    (candidate.datafusion === REFERENCE_ENGINE ? 0 : 1);
  let best: ChosenInterpreter | null = null;
  for (const candidate of found) if (best === null || rank(candidate) < rank(best)) best = candidate;
  return best;
}

export function sameVersion(a: PythonVersion, b: PythonVersion): boolean {
  return a.major === b.major && a.minor === b.minor;
}

export function noInterpreter(stamp: PythonVersion | null): DfxError {
  const command = stamp === null ? 'dfx env create' : `dfx env create --python python${pythonText(stamp)}`;
  return new DfxError('ENVIRONMENT', 'found no Python environment with the datafusion package', {
    hint: `make one with \`${command}\`, or name one that has it with --python`,
  });
}

async function theNamed(name: string, by: InterpreterSource): Promise<Interpreter> {
  const path = await findExecutable(name);
  if (path === null) {
    throw new DfxError('ENVIRONMENT', `${by} names ${name}, which is no program here`, {
      hint: 'give the path of a Python interpreter that has the datafusion package',
    });
  }
  return describeInterpreter(path);
}
