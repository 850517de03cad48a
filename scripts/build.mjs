// Builds what the package ships: the command line as CommonJS (it starts faster than ESM), one file a command; the library as one
// ESM file that runs in a browser, and its types.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { buildInTwo } from './late-modules.mjs';
import { warmWorker } from './warm-worker.mjs';

// Packages that load when a file needs them stay where they are.
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

rmSync('dist', { recursive: true, force: true });
const shared = {
  bundle: true,
  target: 'node20',
  logLevel: 'warning',
  sourcemap: false,
  legalComments: 'none',
  minify: true,
  metafile: true,
};

/** The folders of the packages whose code is in a bundle: their licenses ask to travel with it. */
const bundled = new Set();

async function bundle(options, gates) {
  const all = { ...shared, ...options };
  const metafiles = gates === undefined ? [(await build(all)).metafile] : await buildInTwo(all, gates);
  for (const input of metafiles.flatMap(({ inputs }) => Object.keys(inputs))) {
    const [, folder] = /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (folder !== undefined) bundled.add(folder);
  }
  if (options.format === 'cjs') for (const { outputs } of metafiles) Object.keys(outputs).forEach(toAscii);
}

/** esbuild leaves regular expressions and templates with tags as they are; bin/start.cjs reads ASCII. No template's tag here looks at `raw`. */
function toAscii(file) {
  const escaped = (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(/[^\0-\x7f]/g, escaped));
}

function licenses() {
  const texts = [...bundled].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`no license in ${folder}`);
    return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return `The command line of dfx contains code of these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

/** Leaves the other commands out of a command's file: its first word is the command, so that no other can be meant. */
function only(command) {
  return {
    name: 'only-one-command',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]src[\\/]cli[\\/]commands[\\/][^\\/]+\.ts$/ }, ({ path }) =>
        command === null || basename(path) === `${command}.ts` ? undefined : { contents: 'export {};' },
      );
    },
  };
}

/**
 * commander loads node:child_process, and with it net and the streams, for commands that are programs of their own. dfx has none: it is
 * loaded when it is called for.
 */
const lateChildProcess = {
  name: 'late-child-process',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: 'child_process', namespace: 'late' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'late' }, () => ({
      contents: "exports.spawn = (...args) => require('node:child_process').spawn(...args);",
    }));
  },
};

/**
 * Modules of Node's that are needed for few expressions and files: each call loads its module. Only functions are taken from them, and
 * called; a name that is missing here fails the build.
 */
const LATE = {
  crypto: ['createHash', 'getHashes', 'hash'],
  zlib: ['brotliDecompressSync', 'gunzipSync', 'inflateRawSync'],
  'fs/promises': ['lstat', 'mkdir', 'mkdtemp', 'open', 'readFile', 'readdir', 'rename', 'rm', 'stat', 'writeFile'],
};

/** Of the packages in a bundle nothing is known: they load what they want. */
function lateBuiltins(...modules) {
  return {
    name: 'late-builtins',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^node:(${modules.join('|')})$`) }, ({ path, namespace, importer }) => {
        if (namespace === 'late-builtin') return { path, external: true };
        if (/[\\/]node_modules[\\/]/.test(importer)) return undefined;
        return { path: path.slice('node:'.length), namespace: 'late-builtin' };
      });
      onLoad({ filter: /./, namespace: 'late-builtin' }, ({ path }) => ({
        contents: LATE[path]
          .map((name) => `export const ${name} = (...args) => require('node:${path}').${name}(...args);`)
          .join('\n'),
      }));
    },
  };
}

/** What few expressions and files need (late-modules.mjs). */
const ENGINE_GATES = {
  'src/run/embedded/functions/index.ts': ['scalarFunction'],
  'src/io/parquet.ts': ['openParquet'],
  'src/io/ndjson.ts': ['openNdjson'],
  'src/run/embedded/windows/bind.ts': ['bindWindow', 'refuseMixedWindows'],
  'src/run/embedded/javascript/bind.ts': ['bindJsScalar', 'bindJsAggregate'],
  'src/run/embedded/temporal/cast.ts': [
    'TEMPORAL_CASTS.can',
    'TEMPORAL_CASTS.mayFail',
    'TEMPORAL_CASTS.cast',
    'tryCastWraps',
  ],
  'src/run/embedded/functions/text-operators.ts': ['TEXT_OPERATORS.take', 'TEXT_OPERATORS.negate'],
  'src/run/embedded/functions/like.ts': ['likeNode'],
  'src/run/embedded/temporal/operators.ts': ['TEMPORAL_OPERATORS.take', 'TEMPORAL_OPERATORS.negate'],
  'src/run/embedded/cast/decimal.ts': ['DECIMAL_CASTS.can', 'DECIMAL_CASTS.mayFail', 'DECIMAL_CASTS.cast'],
  'src/run/embedded/cast/nested.ts': ['NESTED_CASTS.can', 'NESTED_CASTS.mayFail', 'NESTED_CASTS.cast'],
  'src/run/embedded/case.ts': ['compileCase'],
  'src/run/embedded/aggregates/rare.ts': ['rareAggregate'],
  'src/run/embedded/decimal/arithmetic.ts': ['decimalMayFail', 'decimalArithmetic', 'negateDecimal'],
  'src/run/embedded/bitwise.ts': ['BITWISE_OPERATORS.take', 'BITWISE_OPERATORS.negate'],
  'src/run/embedded/cast/binary.ts': ['BINARY_CASTS.can', 'BINARY_CASTS.mayFail', 'BINARY_CASTS.cast'],
  'src/io/zone.ts': ['zoneOf'],
  'src/io/ipc/decode-nested.ts': ['decodeList', 'decodeStruct', 'decodeUnion'],
  'src/io/out/json-cells.ts': ['refuseForJson', 'memberKey', 'jsonCells'],
  'src/wire/arrow/nested-read.ts': ['readNested'],
  'src/wire/arrow/type-parse.ts': ['parseDataType'],
};

/** Of the command, what few payloads and outputs need beside that. */
const RUN_GATES = {
  ...ENGINE_GATES,
  'src/cli/sql-schema.ts': ['schemaOf'],
  'src/cli/render/run-plan.ts': ['planText'],
  'src/cli/render/draw-rows.ts': ['drawRows', 'widest'],
  'src/wire/pickle/index.ts': ['readPickle', 'readPickledExprs', 'bytesIn', 'writeSourceUdf'],
  'src/run/sandbox/modules.ts': ['allowedModules', 'checkModules'],
};

// What a start runs, compiled: without it, compiling takes more time than everything else together. V8 takes it only where the version
// and the flags are the same, and compiles the file otherwise.
const SAMPLE = 'fixtures/main/count_above_10.bin';
const WARM_UPS = {
  inspect: [
    ['inspect', SAMPLE],
    ['inspect', '--json', SAMPLE],
  ],
  decode: [
    ['decode', SAMPLE],
    ['decode', '--format', 'sql', SAMPLE],
    ['decode', '--format', 'tree', SAMPLE],
  ],
  encode: [['encode', '--sql', 'a + 1 > 2', '--encoding', 'hex']],
};

/** Some of the functions that payloads use most (src/run/embedded/functions). */
const FUNCTIONS = `CASE WHEN text LIKE 'w%' THEN upper(substr(text, 2)) ELSE concat(text, '-', CAST(round(value, 1) AS VARCHAR)) END`;

const commonJs = {
  platform: 'node',
  format: 'cjs',
  external: Object.keys(dependencies),
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'dfxMeta.url', 'import.meta.resolve': 'dfxMeta.resolve' },
  // A getter: few runs ask for it.
  banner: {
    js: "const dfxMeta={get url(){return require('node:url').pathToFileURL(__filename).href},resolve:require.resolve};",
  },
};

const commands = readdirSync('src/cli/commands')
  .filter((name) => name.endsWith('.ts'))
  .map((name) => basename(name, '.ts'));
for (const command of [null, ...commands]) {
  const outfile = `dist/cli/${command ?? 'any'}.cjs`;
  await bundle(
    {
      ...commonJs,
      entryPoints: ['src/cli/main.ts'],
      outfile,
      plugins: [only(command), lateChildProcess, lateBuiltins('crypto', 'zlib', 'fs/promises')],
    },
    command === 'run' ? RUN_GATES : undefined,
  );
}
const worker = 'dist/worker/node.cjs';
await bundle(
  {
    ...commonJs,
    entryPoints: ['src/run/worker/node.ts'],
    outfile: worker,
    plugins: [lateBuiltins('crypto', 'zlib', 'fs/promises')],
  },
  ENGINE_GATES,
);
if (existsSync(SAMPLE)) warmUp();

function warmUp() {
  const folder = mkdtempSync(join(tmpdir(), 'dfx-build-'));
  const payload = (name, sql) => {
    const file = join(folder, `${name}.bin`);
    spawnSync(process.execPath, ['bin/dfx', 'encode', '--sql', sql, '--output', file], { stdio: 'ignore' });
    return file;
  };
  try {
    const aggregate = payload('aggregate', 'sum(value * 2.5)');
    const rows = payload('rows', 'value * 2 + 0.5');
    const condition = payload('condition', 'value > 10');
    const functions = payload('functions', FUNCTIONS);
    const table = join(folder, 'values.csv');
    writeFileSync(table, `value,text\n${'17.25,words\n5.5,others\n'.repeat(15e4)}`);
    warmWorker(worker, { aggregate, rows, condition, functions }, table, folder);
    const arrow = join(folder, 'values.arrow');
    spawnSync(process.execPath, ['bin/dfx', 'run', rows, '--input', table, '--keep', 'value,text', '--output', arrow]);
    const run = [table, arrow].flatMap((input) => [
      ['run', aggregate, '--input', input],
      ['run', rows, '--input', input, '--output', join(folder, 'out.arrow')],
      ['run', '--filter', condition, '--input', input, '--output', join(folder, 'out.csv')],
      ['run', functions, '--input', input, '--output', join(folder, 'out.arrow')],
    ]);
    for (const command of [null, ...commands]) {
      const outfile = `dist/cli/${command ?? 'any'}.cjs`;
      keepCompiled(outfile, command === 'run' ? run : (WARM_UPS[command] ?? [['--version']]));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function keepCompiled(outfile, runs) {
  const warmed = spawnSync(process.execPath, ['scripts/compile-cache.cjs', outfile, JSON.stringify(runs)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (!existsSync(`${outfile}.cache`)) process.stderr.write(`no compiled code for ${outfile}: ${warmed.stderr}\n`);
}
writeFileSync('dist/cli/LICENSES.txt', licenses());
if (existsSync('src/index.ts')) {
  await bundle({
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
