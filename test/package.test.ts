/** The package as it is installed: packed, put into an empty folder, called and imported. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { environment, root, temporaryFolder, UDF_PAYLOAD } from './cli/dfx.ts';

const folder = temporaryFolder();
after(() => folder.remove());
const project = join(folder.path, 'project');
let packed: readonly string[] = [];

const { DFX_SOURCES: _sources, ...env } = environment;

function run(cwd: string, file: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8', env });
  assert.equal(status, 0, `${file} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

function tsc(): string {
  return join(root, 'node_modules/.bin/tsc');
}

before(() => {
  // Packed in a copy: building removes the bundle that others may be running.
  const checkout = join(folder.path, 'checkout');
  mkdirSync(checkout);
  for (const name of readdirSync(root)) {
    if (['node_modules', 'dist', 'fixtures', 'bench'].includes(name) || name.startsWith('.')) continue;
    cpSync(join(root, name), join(checkout, name), {
      recursive: true,
      filter: (path) => !path.includes('rust-oracle') && !path.includes('__pycache__'),
    });
  }
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  // what the build compiles the commands with
  mkdirSync(join(checkout, 'fixtures/main'), { recursive: true });
  copyFileSync(join(root, UDF_PAYLOAD), join(checkout, UDF_PAYLOAD));
  mkdirSync(project);
  const [about] = JSON.parse(run(checkout, 'npm', 'pack', '--json', '--silent', '--pack-destination', project));
  packed = about.files.map(({ path }: { path: string }) => path);
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
  run(project, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', `./${about.filename}`);
  copyFileSync(join(root, UDF_PAYLOAD), join(project, 'payload.bin'));
});

test('it holds what it needs to run, and no tests or fixtures', () => {
  const top = new Set(packed.map((path) => path.split('/')[0]));
  assert.deepEqual(
    [...top].sort(),
    ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'docs', 'package.json', 'python', 'schemas'].sort(),
  );
  assert.deepEqual(
    packed.filter((path) => /\.test\.|fixture|__pycache__|\.pyc$|\.map$|\.cache$/.test(path)),
    [],
  );
  for (const room of ['python/dfx_worker', 'docs', 'schemas']) {
    const missing = readdirSync(join(root, room))
      .filter((name) => name !== '__pycache__')
      .map((name) => `${room}/${name}`)
      .filter((path) => !packed.includes(path));
    assert.deepEqual(missing, []);
  }
});

test('the licenses of the code in the bundle come with it', () => {
  const text = readFileSync(join(project, 'node_modules/dfx/dist/cli/LICENSES.txt'), 'utf8');
  for (const name of ['commander', 'chalk', 'cli-table3', 'string-width'])
    assert.match(text, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, 'm'));
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.deepEqual(Object.keys(dependencies), ['hyparquet', 'hyparquet-writer', 'zstddec']);
});

test('npx dfx runs: --version, inspect, encode, decode, env', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.equal(run(project, 'npx', 'dfx', '--version'), `${version}\n`);
  const report = JSON.parse(run(project, 'npx', 'dfx', 'inspect', '--json', 'payload.bin'));
  assert.deepEqual([report.container, report.udfs[0].name], ['expr', 'above_10']);
  run(project, 'npx', 'dfx', 'encode', '--sql', 'sum(a + 1)', '-o', 'sum.bin');
  assert.equal(run(project, 'npx', 'dfx', 'decode', 'sum.bin', '--format', 'sql'), 'sum(a + 1)\n');
  assert.match(run(project, 'npx', 'dfx', 'env', 'list', '--json'), /^{"schema":"dfx\.env\/1",/);
});

test('the embedded engine runs in a worker process', () => {
  writeFileSync(join(project, 'data.csv'), 'a\n1\n2\n3\n');
  const [result] = JSON.parse(
    run(project, 'npx', 'dfx', 'run', 'sum.bin', '--input', 'data.csv', '--engine', 'embedded', '--json'),
  ).results;
  assert.deepEqual([result.value, result.type], [9, 'Int64']);
});

test('an ESM script imports the library', () => {
  const script = `
    import { readFileSync } from 'node:fs';
    import { decodePayload, encodePayload, fromSql, inspectPayload, toSql } from 'dfx';
    const payload = decodePayload(new Uint8Array(readFileSync('payload.bin')));
    console.log(payload.container, toSql(payload.exprs[0].expr));
    console.log(inspectPayload(encodePayload(fromSql('a + 1 > 2'))).expression.sql);
  `;
  writeFileSync(join(project, 'script.mjs'), script);
  assert.equal(run(project, process.execPath, 'script.mjs'), 'expr sum(above_10(value))\na + 1 > 2\n');
});

test('its types stand alone, without those of node or a browser', () => {
  writeFileSync(
    join(project, 'typed.ts'),
    `import { col, decodePayload, DfxError, encodePayload, lit, type Payload, toJson } from 'dfx';
     const bytes: Uint8Array = encodePayload(col('a').add(lit(1)));
     const payload: Payload = decodePayload(bytes, { limits: { maxBytes: 100 } });
     export const text: string = toJson(payload);
     export const code = (error: unknown): string => (error instanceof DfxError ? error.code : '');
     // @ts-expect-error: bytes are no number
     decodePayload(1);`,
  );
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'NodeNext',
        target: 'ES2022',
        lib: ['ES2023'],
        types: [],
        strict: true,
        noEmit: true,
        skipLibCheck: false,
      },
      files: ['typed.ts'],
    }),
  );
  assert.equal(run(project, tsc(), '-p', 'tsconfig.json'), '');
});

test('no declaration needs a package that is not installed', () => {
  const foreign = packed
    .filter((path) => path.endsWith('.d.ts'))
    .flatMap((path) =>
      [
        ...readFileSync(join(project, 'node_modules/dfx', path), 'utf8').matchAll(
          /^(?:import|export) .*from '([^'.][^']*)'/gm,
        ),
      ].map(([, name]) => `${path}: ${name}`),
    );
  assert.deepEqual(foreign, []);
});
