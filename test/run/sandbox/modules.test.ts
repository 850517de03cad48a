/** `--allow-modules`: what the code of a payload may take from where, by looking and again in the worker. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { decodePayload } from '../../../src/expr/payload.ts';
import { carriedCode } from '../../../src/run/plan/code.ts';
import { pythonCommand } from '../../../src/run/python/command.ts';
import { allowedModules } from '../../../src/run/sandbox/modules.ts';
import { trustedPython } from '../../../src/run/sandbox/python-worker.ts';
import { Worker } from '../../../src/run/spawn/worker.ts';
import { WorkerFailure } from '../../../src/run/transport/split-task.ts';
import { dfx, python, root, values } from '../cli.ts';
import { jobOf, runJob } from '../one-job.ts';

const folder = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const made = spawnSync(python, [join(root, 'test/run/sandbox/modules.py'), folder], { encoding: 'utf8' });
assert.equal(made.status, 0, made.stderr);

function run(name: string, ...flags: readonly string[]): ReturnType<typeof dfx> {
  return dfx(['run', join(folder, `${name}.bin`), '--input', values, '--format', 'csv', ...flags]);
}

for (const name of ['captured', 'by_compute', 'untyped', 'total']) {
  test(`${name} takes from pyarrow only, and runs where that is listed`, () => {
    assert.equal(run(name, '--allow-modules', 'pyarrow').status, 0);
    const { status, stderr } = run(name, '--allow-modules', 'numpy,os');
    assert.match(stderr, new RegExp(`byte \\d+: the (scalar|aggregate) UDF "${name}" takes pyarrow(.compute)?, which`));
    assert.equal(status, 4);
  });
}

/** By looking: what each takes, and a part of the payload that stands where the refusal says. */
const SEEN: readonly (readonly [name: string, takes: string, hint: string])[] = [
  ['statement', 'os', 'add os to the list if it may have that'],
  ['inner', 'os.path', 'add os.path to the list if it may have that'],
  ['by_importlib', 'importlib', 'add importlib to the list if it may have that'],
  ['by_sys', 'sys', 'add sys to the list if it may have that'],
  ['reference', 'posix.getcwd', 'add posix to the list if it may have that'],
  ['second_name', 'cloudpickle.cloudpickle.subimport', 'add cloudpickle to the list if it may have that'],
  ['computed', 'a global whose name is computed', 'have the sender leave it out'],
];

for (const [name, takes, hint] of SEEN) {
  test(`${name} is refused by looking at its pickle`, () => {
    const { status, stdout, stderr } = run(name, '--allow-modules', 'pyarrow');
    const [, offset = ''] = /byte (\d+)/.exec(stderr) ?? [];
    const place = `${join(folder, `${name}.bin`)}: byte ${offset}`;
    assert.equal(
      stderr,
      `dfx: ${place}: the scalar UDF "${name}" takes ${takes}, which --allow-modules doesn't list; ${hint}\n`,
    );
    const bytes = readFileSync(join(folder, `${name}.bin`));
    assert.ok(Number(offset) > bytes.indexOf('DFPYUDF') && Number(offset) < bytes.length);
    assert.equal(stdout, '');
    assert.equal(status, 4);
  });
}

test('source text is refused: nobody can tell by looking what it takes', () => {
  const udf = {
    name: 'text',
    family: 'scalar',
    inputs: ['Int64'],
    returns: 'Int64',
    volatility: 'immutable',
    python: { source: 'def same(values):\n    return values\n', entry: 'same' },
  };
  const [, version = ''] = /(\d+\.\d+)/.exec(spawnSync(python, ['--version'], { encoding: 'utf8' }).stdout) ?? [];
  const document = JSON.stringify({ expr: { udf: 'text', args: [{ col: 'value' }] }, udfs: [udf] });
  const path = join(folder, 'text.bin');
  dfx(['encode', '-', '--target-python', version, '-o', path], { input: document });
  assert.equal(run('text').status, 0);
  const { status, stderr } = run('text', '--allow-modules', 'pyarrow');
  const offset = readFileSync(path).indexOf('DFPYUDF') + 10;
  assert.equal(
    stderr,
    `dfx: ${path}: byte ${offset}: the scalar UDF "text" is source text, which may take anything as it runs; run it without ` +
      '--allow-modules; the sandbox holds it all the same\n',
  );
  assert.equal(status, 4);
});

/** Names of a listed module that lead out of it: only where it is loaded can anybody tell. */
const THROUGH = [
  ['through_listed', 'os'],
  ['through_modules', 'sys'],
  ['through_object', 'builtins.object.__getattribute__'],
] as const;

for (const [name, takes] of THROUGH) {
  test(`${name} is refused as its pickle is loaded`, () => {
    const { status, stdout, stderr } = run(name, '--allow-modules', 'pyarrow');
    assert.equal(
      stderr,
      `dfx: ${join(folder, `${name}.bin`)}: a UDF's pickle is refused as it is loaded: it takes ${takes}, which --allow-modules doesn't list\n`,
    );
    assert.equal(stdout, '');
    assert.equal(status, 4);
  });
}

test('an import that no statement shows is refused as the code runs', () => {
  const { status, stdout, stderr } = run('by_import', '--allow-modules', 'pyarrow');
  assert.match(
    stderr,
    /by_import\.bin: the scalar UDF "by_import" is refused as it runs: it takes os, which --allow-modules doesn't list/,
  );
  assert.equal(stdout, '');
  assert.equal(status, 4);
});

test('the list holds with --sandbox off, too; without one all of these run', () => {
  assert.equal(run('by_import', '--allow-modules', 'pyarrow', '--sandbox', 'off').status, 4);
  for (const name of ['by_import', 'through_listed', 'through_modules', 'second_name', 'by_importlib']) {
    const { stderr } = run(name);
    assert.doesNotMatch(stderr, /--allow-modules/);
  }
});

test('the worker holds to the list, whatever dfx saw in the bytes', async () => {
  const bytes = readFileSync(join(folder, 'reference.bin'));
  const [found] = decodePayload(bytes).exprs;
  assert.ok(found !== undefined && carriedCode(found.expr, bytes, 0).definitions.length === 1);
  const command = trustedPython(pythonCommand(python), allowedModules(['pyarrow']));
  const worker = Worker.start(command, () => undefined);
  worker.send({ type: 'payload', hash: 'reference' }, [bytes]);
  const job = jobOf({
    job: 0,
    mode: 'rows',
    columns: [{ payload: 'reference', name: 'out', relation: null }],
    input: { path: values, format: 'csv', csv: { header: true, delimiter: ',' } },
    inlineCode: true,
  });
  await assert.rejects(runJob(worker, job), (error) => {
    assert.ok(error instanceof WorkerFailure);
    assert.deepEqual(
      [error.failed.code, error.failed.message],
      [
        'MODULE_REFUSED',
        "a UDF's pickle is refused as it is loaded: it takes posix.getcwd, which --allow-modules doesn't list",
      ],
    );
    return true;
  });
  await worker.stop();
});

test('names of modules are checked', () => {
  const { status, stderr } = run('total', '--allow-modules', 'os; rm');
  assert.equal(stderr, 'dfx: found "os; rm" in --allow-modules, expected names of Python modules: a,b.c\n');
  assert.equal(status, 2);
});
