/** How a Node worker is started: the built file, or the source through tsx where dfx itself runs from its sources. */
import { join } from 'node:path';
import { packageRoot } from '../env/package-root.ts';
import type { WorkerCommand } from '../spawn/worker.ts';

export function nodeCommand(): WorkerCommand {
  const fromSources = import.meta.url.endsWith('.ts');
  const args = fromSources
    ? ['--import', import.meta.resolve('tsx'), join(packageRoot(), 'src', 'run', 'worker', 'node.ts')]
    : [join(packageRoot(), 'dist', 'worker', 'node.js')];
  return {
    title: 'the Node worker',
    language: 'JavaScript',
    file: process.execPath,
    args,
    env: process.env,
    expendable: true,
  };
}
