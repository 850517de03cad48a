/** How a Node worker is started: the built file, or the source through tsx where dfx itself runs from its sources. */
import { join } from 'node:path';
import { nodeFlags, workerEnvironment } from '../../../bin/worker-settings.cjs';
import { packageRoot } from '../env/package-root.ts';
import type { WorkerCommand } from '../spawn/worker.ts';

export function nodeCommand(): WorkerCommand {
  return {
    title: 'the Node worker',
    language: 'JavaScript',
    file: process.execPath,
    // A getter: a run that takes workers which the launcher has started looks for no files.
    get args() {
      return [...nodeFlags, ...program()];
    },
    env: workerEnvironment(),
    expendable: true,
  };
}

function program(): readonly string[] {
  const root = packageRoot();
  const fromSources = import.meta.url.endsWith('.ts');
  if (!fromSources) return [join(root, 'bin', 'worker.cjs')];
  return ['--import', import.meta.resolve('tsx'), join(root, 'src', 'run', 'worker', 'node.ts')];
}
