/**
 * The Node worker of a checkout. tsx compiles sources in a process of its own, which a sandbox doesn't let it start: the worker is made one file
 * before.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../env/package-root.ts';
import { privateFolder } from './folder.ts';

interface Bundler {
  readonly buildSync: (options: Readonly<Record<string, unknown>>) => unknown;
}

let made: string | null = null;

export function bundledWorker(): { readonly args: readonly string[]; readonly files: readonly string[] } {
  made ??= bundle();
  return { args: [made], files: [made] };
}

function bundle(): string {
  const root = packageRoot();
  const file = join(privateFolder(), 'worker.cjs');
  // Only a checkout has it, and only a checkout comes here.
  const { buildSync }: Bundler = createRequire(join(root, 'package.json'))('esbuild');
  buildSync({
    entryPoints: [join(root, 'src/run/worker/node.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    define: { 'import.meta.url': JSON.stringify(`file://${file}`) },
    logLevel: 'silent',
  });
  return file;
}
