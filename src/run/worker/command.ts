/** How a Node worker is started: the built file, or the source through tsx where dfx itself runs from its sources. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../env/package-root.ts';
import type { WorkerCommand } from '../spawn/worker.ts';

interface Settings {
  readonly nodeFlags: readonly string[];
  readonly workerEnvironment: () => NodeJS.ProcessEnv;
}

export function nodeCommand(): WorkerCommand {
  const root = packageRoot();
  const fromSources = import.meta.url.endsWith('.ts');
  // What the launcher starts workers with before this code is loaded, too.
  const { nodeFlags, workerEnvironment }: Settings = createRequire(join(root, 'package.json'))(
    './bin/worker-settings.cjs',
  );
  const args = fromSources
    ? [...nodeFlags, '--import', import.meta.resolve('tsx'), join(root, 'src', 'run', 'worker', 'node.ts')]
    : [...nodeFlags, join(root, 'bin', 'worker.cjs')];
  return {
    title: 'the Node worker',
    language: 'JavaScript',
    file: process.execPath,
    args,
    env: workerEnvironment(),
    expendable: true,
  };
}
