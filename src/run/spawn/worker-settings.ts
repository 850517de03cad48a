/** What workers are started with, which the launcher needs before this code is loaded: bin/worker-settings.cjs. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../env/package-root.ts';

export interface WorkerSettings {
  readonly smallInput: (path: string) => number;
  readonly nodeFlags: readonly string[];
  readonly workerEnvironment: () => NodeJS.ProcessEnv;
  readonly pythonArgs: (root: string) => readonly string[];
  readonly pythonEnvironment: () => NodeJS.ProcessEnv;
  readonly passedToCode: (environment: NodeJS.ProcessEnv) => NodeJS.ProcessEnv;
  readonly zygoteStdio: (slots: number) => ('ignore' | 'pipe')[];
}

let settings: WorkerSettings | undefined;

export function workerSettings(): WorkerSettings {
  // The signatures are those of that file.
  settings ??= createRequire(join(packageRoot(), 'package.json'))('./bin/worker-settings.cjs') as WorkerSettings;
  return settings;
}
