/** The sandbox of a Python worker: what python/dfx_worker/sandbox.py is told, and the environment that the worker sees. */

import { passedToCode } from '../../../bin/worker-settings.cjs';
import type { WorkerCommand } from '../spawn/worker.ts';
import { seccompFilter } from './filter.ts';
import { privateFolder, scratchFolder } from './folder.ts';
import type { AllowedModules } from './modules.ts';
import { machine } from './probe.ts';

/** What goes to `sandbox.enter`, as JSON. */
export type PythonSandbox = {
  /** What code may take from modules; null: anything. */
  readonly modules: AllowedModules | null;
} & (
  | { readonly mode: 'off' }
  | {
      readonly mode: 'on';
      /** The seccomp filter in base64, and where in it the worker's pid belongs. */
      readonly filter: string;
      readonly pidAt: readonly number[];
      /** Absolute paths that may be read, besides what Python itself needs. */
      readonly readable: readonly string[];
      /** The file of `--register`: the worker may read the modules beside it that it imports (python/dfx_worker/siblings.py). */
      readonly register: string | null;
      /** A folder in which the worker makes its own. */
      readonly scratch: string;
    }
);

/** The variables that code of a payload may see: who starts workers before this code is loaded must take the same. */
function listedVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return passedToCode(env);
}

/** The user trusts the code and says so. */
export function trustedPython(command: WorkerCommand, modules: AllowedModules | null = null): WorkerCommand {
  const sandbox: PythonSandbox = { mode: 'off', modules };
  return { ...command, start: { sandbox } };
}

export function sandboxedPython(
  command: WorkerCommand,
  readable: readonly string[],
  modules: AllowedModules | null = null,
  register: string | null = null,
): WorkerCommand {
  const kind = machine();
  // `probe` has refused before.
  if (kind === null) throw new Error('a sandbox for a machine that has none');
  const { program, pidAt } = seccompFilter(kind, null);
  const sandbox: PythonSandbox = {
    mode: 'on',
    modules,
    filter: Buffer.from(program).toString('base64'),
    pidAt,
    readable,
    register,
    scratch: scratchFolder(),
  };
  return { ...command, env: listedVariables(command.env), scratch: privateFolder(), start: { sandbox } };
}
