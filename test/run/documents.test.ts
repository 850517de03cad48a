/** The documents of `run` and `env`, held against their schemas. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { dfx, mainFolder, root, values } from './cli.ts';

function check(schema: string, text: string): void {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(join(root, 'schemas', schema), 'utf8')),
  );
  assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors));
}

const payloads = ['count_above_10', 'custom_sum'].map((name) => join(mainFolder, `${name}.bin`));

test('values are a dfx.run/2', () => {
  const { stdout, stderr } = dfx(['run', ...payloads, '--input', values, '--sandbox', 'off', '--json']);
  assert.equal(stderr, '');
  check('run.schema.json', stdout);
  assert.deepEqual(
    JSON.parse(stdout).results.map(({ label, value, type }: Record<string, unknown>) => [label, value, type]),
    [
      ['count_above_10', 8, 'Int64'],
      ['custom_sum', 361, 'Int64'],
    ],
  );
});

test('a run that is refused prints errors and no document', () => {
  const { status, stdout, stderr } = dfx(['run', ...payloads, '--input', values, '--json', '--strict']);
  assert.equal(stdout, '');
  assert.deepEqual(
    stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).error.code),
    ['STRICT', 'STRICT'],
  );
  assert.equal(status, 4);
});

test('environments are a dfx.env/1', () => {
  const { stdout } = dfx(['env', 'list', '--json'], { env: { DFX_HOME: '/nonexistent' } });
  check('env.schema.json', stdout);
  assert.deepEqual(JSON.parse(stdout).environments, []);
});
