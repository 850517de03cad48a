/** How a Python worker is started. */

import { pythonArgs, pythonEnvironment } from '../../../bin/worker-settings.cjs';
import { packageRoot } from '../env/package-root.ts';
import type { WorkerCommand } from '../spawn/worker.ts';

/** `fork`: a process that has read nothing and has one thread is safe to fork on Linux; elsewhere system libraries aren't. */
export function pythonCommand(interpreter: string, fork = process.platform === 'linux'): WorkerCommand {
  const args = pythonArgs(packageRoot());
  return {
    title: 'the Python worker',
    language: 'Python',
    file: interpreter,
    args,
    forkArgs: fork ? [...args, 'fork'] : undefined,
    env: pythonEnvironment(),
    expendable: false,
    start: { sandbox: null },
  };
}
