/** How a Python worker is started. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../env/package-root.ts';
import type { WorkerCommand } from '../spawn/worker.ts';

interface Settings {
  readonly pythonArgs: (root: string) => readonly string[];
  readonly pythonEnvironment: () => NodeJS.ProcessEnv;
}

/** `fork`: a process that has read nothing and has one thread is safe to fork on Linux; elsewhere system libraries aren't. */
export function pythonCommand(interpreter: string, fork = process.platform === 'linux'): WorkerCommand {
  const root = packageRoot();
  // What the launcher starts the forking parent with before this code is loaded, too.
  const { pythonArgs, pythonEnvironment }: Settings = createRequire(join(root, 'package.json'))(
    './bin/worker-settings.cjs',
  );
  const args = pythonArgs(root);
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
