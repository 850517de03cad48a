/** How a Node worker is started: the built file, or the source through tsx where dfx itself runs from its sources. */
import { join } from 'node:path';
import { packageRoot } from '../env/package-root.ts';
import type { WorkerCommand } from '../spawn/worker.ts';
import { workerSettings } from '../spawn/worker-settings.ts';

export function nodeCommand(): WorkerCommand {
  const root = packageRoot();
  const fromSources = import.meta.url.endsWith('.ts');
  const { nodeFlags, workerEnvironment } = workerSettings();
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
