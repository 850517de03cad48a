// Builds what the package ships: the command line as CommonJS (it starts faster than ESM on Node 20), the library as one
// ESM file that runs in a browser, and its types.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

rmSync('dist', { recursive: true, force: true });
const shared = {
  bundle: true,
  target: 'node20',
  logLevel: 'warning',
  sourcemap: false,
  legalComments: 'none',
  minify: true,
  keepNames: true,
};

// commander and cli-table3 are CommonJS and ask for node's modules with `require`, which an ESM bundle hasn't got.
const banner = {
  js: "import { createRequire as dfxCreateRequire } from 'node:module'; const require = dfxCreateRequire(import.meta.url);",
};

// One file a command: a command that is not called is not parsed.
const commands = existsSync('src/cli/commands')
  ? readdirSync('src/cli/commands').filter((name) => name.endsWith('.ts'))
  : [];
if (existsSync('src/cli/main.ts')) {
  await build({
    ...shared,
    platform: 'node',
    format: 'esm',
    splitting: true,
    banner,
    outdir: 'dist/cli',
    entryPoints: ['src/cli/main.ts', ...commands.map((name) => `src/cli/commands/${name}`)],
    external: ['apache-arrow'],
  });
}
// The worker process of the embedded engine.
if (existsSync('src/run/worker/node.ts')) {
  await build({
    ...shared,
    platform: 'node',
    format: 'esm',
    banner,
    entryPoints: ['src/run/worker/node.ts'],
    outfile: 'dist/worker/node.js',
    external: ['apache-arrow'],
  });
}
if (existsSync('src/index.ts')) {
  await build({
    ...shared,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    entryPoints: ['src/index.ts'],
    outfile: 'dist/index.js',
  });
  const types = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.types.json'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (types.status !== 0) process.exit(types.status ?? 1);
}
