/**
 * WarmReplay in one file, as dfx ships: run from its sources, tsx's loader is asked on another thread for each module that a run imports when it
 * needs it, which takes longer than the plan.
 */
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { WarmReplay } from './warm-replay.ts';

export type { WarmReplay, WarmRun } from './warm-replay.ts';

const source = fileURLToPath(new URL('warm-replay.ts', import.meta.url));
/** Below the package, where its dependencies and the Python worker are found. */
const made = fileURLToPath(new URL('../../node_modules/.cache/dfx-bench/', import.meta.url));

export async function startWarm(): Promise<WarmReplay> {
  const outfile = join(made, 'warm-replay.mjs');
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    // bin/worker-settings.cjs asks for a module of Node's.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);",
    },
  });
  const bundled: { readonly WarmReplay: new () => WarmReplay } = await import(pathToFileURL(outfile).href);
  return new bundled.WarmReplay();
}
