import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { pythonCommand } from '../../../src/run/python/command.ts';
import { sandboxedPython } from '../../../src/run/sandbox/python-worker.ts';
import { mainFolder, python, root, values } from '../cli.ts';

const settings = createRequire(join(root, 'package.json'))('./bin/worker-settings.cjs');

test('the launcher gives code of payloads the environment that the sandbox gives it', () => {
  Object.assign(process.env, { DFX_TEST_SECRET: 'x', OMP_NUM_THREADS: '1' });
  const sandboxed = sandboxedPython(pythonCommand(python), []).env;
  assert.deepEqual(settings.sandboxedPythonEnvironment(), sandboxed);
  const { DFX_TEST_SECRET } = sandboxed;
  assert.equal(DFX_TEST_SECRET, undefined);
  assert.equal(settings.pythonEnvironment().DFX_TEST_SECRET, 'x');
});

/** Which parent of Python workers the launcher starts for these words, and what it says of Node workers. */
function launched(...args: readonly string[]): { readonly file: string | null; readonly secret: boolean } {
  const script = `
    process.argv.splice(1, 0, 'dfx', 'run');
    require(${JSON.stringify(join(root, 'bin/early-workers.cjs'))});
    const early = globalThis[Symbol.for('dfx.early-zygote')];
    console.log(JSON.stringify({ file: early?.file ?? null, secret: early?.env.DFX_TEST_SECRET !== undefined }));
  `;
  const env = { ...process.env, DFX_PYTHON: python, DFX_TEST_SECRET: 'x' };
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, ...args], { encoding: 'utf8', env });
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

test('it starts one where a payload carries Python, or where the real engine is asked for', () => {
  const code = join(mainFolder, 'custom_sum.bin');
  // Any file without a UDF in it.
  const plain = join(root, 'package.json');
  const input = ['--input', values];
  assert.deepEqual(launched(code, ...input), { file: python, secret: false });
  assert.deepEqual(launched(`label=${code}`, ...input, '--sandbox', 'off'), { file: python, secret: true });
  assert.deepEqual(launched(plain, ...input), { file: null, secret: false });
  assert.deepEqual(launched(plain, ...input, '--engine', 'datafusion'), { file: python, secret: true });
  assert.deepEqual(launched(code, ...input, '--engine', 'embedded'), { file: null, secret: false });
  assert.deepEqual(launched(code, ...input, '--python', '/nonexistent/python'), { file: null, secret: false });
});
