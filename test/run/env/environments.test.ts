import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { chooseInterpreter, noInterpreter } from '../../../src/run/env/choose.ts';
import { describeInterpreter } from '../../../src/run/env/interpreter.ts';
import { dfx, mainFolder, python, values } from '../cli.ts';

const home = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(home, { recursive: true, force: true }));

/** What `dfx env create` leaves, without the download. */
function plant(version: string, datafusion: string): string {
  const folder = join(home, 'envs', `py${version}-datafusion${datafusion}`);
  const interpreter = join(folder, 'bin', 'python');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(interpreter, '');
  chmodSync(interpreter, 0o755);
  writeFileSync(join(folder, 'dfx-environment.json'), JSON.stringify({ python: version, datafusion }, null, 2));
  return interpreter;
}

/** A program that stands in for Python and its pip: it makes the files, or fails as told. */
function fakePython(pip: number): string {
  const path = join(home, `fake-${pip}`);
  writeFileSync(
    path,
    `#!/bin/sh
case "$1 $2" in
  "-c "*) echo "3 12 " ;;
  "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  "-m pip") echo "pip was here"; exit ${pip} ;;
esac
`,
  );
  chmodSync(path, 0o755);
  return path;
}

const env = { DFX_HOME: home };

test('there is nothing at first, and list says how to change that', () => {
  const { status, stdout, stderr } = dfx(['env', 'list'], { env });
  assert.equal(stdout, '');
  assert.equal(stderr, `no environments in ${join(home, 'envs')}; \`dfx env create\` makes one\n`);
  assert.equal(status, 0);
});

test('create says what it downloads, and leaves nothing when that fails', () => {
  const failed = dfx(['env', 'create', '--python', fakePython(3)], { env });
  const folder = join(home, 'envs', 'py3.12-datafusion55.0.0');
  assert.equal(
    failed.stderr,
    `downloading about 98 MB with pip: datafusion==55.0.0, pyarrow==26.0.1, cloudpickle==3.1.2
into ${folder}
pip was here
dfx: ${folder}/bin/python -m pip ended with 3: pip was here; look at the lines above; behind a proxy, pip reads PIP_INDEX_URL and HTTPS_PROXY
`,
  );
  assert.equal(failed.status, 5);
  assert.equal(existsSync(folder), false);

  const made = dfx(['env', 'create', '--python', fakePython(0), '--json'], { env });
  assert.deepEqual(JSON.parse(made.stdout), {
    schema: 'dfx.env/1',
    environments: [
      { name: 'py3.12-datafusion55.0.0', interpreter: `${folder}/bin/python`, python: '3.12', datafusion: '55.0.0' },
    ],
  });
  assert.equal(dfx(['env', 'list'], { env }).stdout, `py3.12-datafusion55.0.0\t${folder}/bin/python\n`);

  const removed = dfx(['env', 'remove', 'py3.12-datafusion55.0.0'], { env });
  assert.equal(removed.stderr, `removed ${folder}\n`);
  assert.equal(existsSync(folder), false);
});

test('environments of two engines stand side by side', () => {
  for (const version of ['54.1.0', '55.0.0']) {
    const made = dfx(['env', 'create', '--python', fakePython(0), '--datafusion', version], { env });
    assert.match(made.stderr, new RegExp(`^downloading about 98 MB with pip: datafusion==${version}, pyarrow==`));
    assert.equal(made.status, 0);
  }
  const line = (version: string): string => {
    const name = `py3.12-datafusion${version}`;
    return `${name}\t${join(home, 'envs', name, 'bin', 'python')}\n`;
  };
  assert.equal(dfx(['env', 'list'], { env }).stdout, `${line('55.0.0')}${line('54.1.0')}`);
  // What is there is not made again.
  const again = dfx(['env', 'create', '--python', fakePython(3), '--offline'], { env });
  assert.equal(again.stdout, line('55.0.0'));
  assert.equal(dfx(['env', 'remove', 'py3.12-datafusion55.0.0'], { env }).status, 0);
  assert.equal(dfx(['env', 'list'], { env }).stdout, line('54.1.0'));
  const offline = dfx(['env', 'create', '--python', fakePython(0), '--offline'], { env });
  assert.equal(
    offline.stderr,
    "dfx: py3.12-datafusion55.0.0 isn't there, and to make it takes a download of about 98 MB; leave --offline out, or name a Python that has datafusion with --python\n",
  );
  assert.equal(offline.status, 5);
  assert.equal(dfx(['env', 'remove', 'py3.12-datafusion54.1.0'], { env }).status, 0);
});

test('wrong names are answered with the right ones', () => {
  const version = dfx(['env', 'create', '--datafusion', '1.0'], { env });
  assert.equal(version.stderr, 'dfx: no pinned packages for datafusion 1.0; take one of 55.0.0, 54.1.0\n');
  assert.equal(version.status, 2);
  const name = dfx(['env', 'remove', 'x'], { env });
  assert.equal(name.stderr, 'dfx: no environment "x"; there is none; `dfx env create` makes one\n');
  assert.equal(name.status, 2);
  const missing = dfx(['env', 'create', '--python', 'python0.1'], { env });
  assert.equal(
    missing.stderr,
    'dfx: found no python0.1 to make an environment from; name a Python 3.10 or later with --python\n',
  );
  assert.equal(missing.status, 5);
});

test('of the environments, the stamp’s Python comes first and the reference engine second', async () => {
  const { DFX_HOME, DFX_PYTHON } = process.env;
  Object.assign(process.env, { DFX_HOME: home });
  Reflect.deleteProperty(process.env, 'DFX_PYTHON');
  try {
    const older = plant('3.96', '54.1.0');
    const newer = plant('3.97', '55.0.0');
    const oldest = plant('3.96', '55.0.0');
    const chosen = async (minor: number) => (await chooseInterpreter(undefined, { major: 3, minor }))?.path;
    assert.equal(await chosen(96), oldest);
    assert.equal(await chosen(97), newer);
    rmSync(oldest);
    rmSync(join(home, 'envs', 'py3.96-datafusion55.0.0'), { recursive: true });
    assert.equal(await chosen(96), older);
    assert.equal((await chooseInterpreter(python, null))?.source, '--python');
    Object.assign(process.env, { DFX_PYTHON: python });
    assert.equal((await chooseInterpreter(undefined, null))?.source, 'DFX_PYTHON');
  } finally {
    for (const [name, value] of Object.entries({ DFX_HOME, DFX_PYTHON })) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else Object.assign(process.env, { [name]: value });
    }
  }
});

test('where nothing else has the stamp’s Python, one on PATH that has it and the engine does', async () => {
  const { DFX_HOME, DFX_PYTHON, PATH } = process.env;
  const folder = join(home, 'bin');
  mkdirSync(folder);
  // One that isn't installed, one of another version, one without the engine, one that has both.
  const programs = [
    ['python3.98', 'exit 127'],
    ['python3', 'echo "3 98 55.0.0"'],
    ['python', 'echo "3 99 "'],
    ['python3.99', 'echo "3 99 54.1.0"'],
  ] as const;
  for (const [name, does] of programs) writeFileSync(join(folder, name), `#!/bin/sh\n${does}\n`, { mode: 0o755 });
  Object.assign(process.env, { DFX_HOME: join(home, 'none'), PATH: folder });
  Reflect.deleteProperty(process.env, 'DFX_PYTHON');
  try {
    const chosen = async (minor: number) => chooseInterpreter(undefined, { major: 3, minor });
    assert.deepEqual(await chosen(99), {
      path: join(folder, 'python3.99'),
      python: { major: 3, minor: 99 },
      datafusion: '54.1.0',
      source: 'PATH',
    });
    assert.equal((await chosen(98))?.path, join(folder, 'python3'));
    assert.notEqual((await chosen(97))?.source, 'PATH');
  } finally {
    for (const [name, value] of Object.entries({ DFX_HOME, DFX_PYTHON, PATH })) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else Object.assign(process.env, { [name]: value });
    }
  }
});

test('a virtual environment is described from its files as it describes itself', async () => {
  const described = await describeInterpreter(python);
  assert.equal(described.datafusion, '55.0.0');
  assert.deepEqual(Object.keys(described), ['path', 'python', 'datafusion']);
});

test('without any Python the error names the command that makes one', () => {
  assert.deepEqual(
    [noInterpreter({ major: 3, minor: 12 }).message, noInterpreter({ major: 3, minor: 12 }).hint],
    [
      'found no Python environment with the datafusion package',
      'make one with `dfx env create --python python3.12`, or name one that has it with --python',
    ],
  );
});

test('a Python without datafusion is told before anything is spawned', () => {
  const fake = fakePython(0);
  const { status, stderr } = dfx(['run', join(mainFolder, 'custom_sum.bin'), '--input', values, '--python', fake]);
  assert.match(stderr, /was made by Python 3\.\d+, and \S+fake-0 is Python 3\.12; /);
  assert.equal(status, 4);
});
