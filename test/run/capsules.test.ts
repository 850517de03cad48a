/** UDFs of other libraries, by FFI (PyCapsules of two packages that are built against DataFusion's own crates), by name from `--register`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dfx, python, root } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'dfx-capsules-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const made = spawnSync(python, [join(root, 'test/run/capsule_payloads.py'), folder], {
  encoding: 'utf8',
  env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  maxBuffer: 1 << 28,
});
assert.equal(made.status, 0, made.stderr);
const answers: {
  readonly rows: Readonly<Record<string, readonly (string | number)[]>>;
  readonly values: Readonly<Record<string, readonly [number]>>;
  readonly refusal: string;
} = JSON.parse(made.stdout);

const INPUT = ['--input', join(folder, 'rows.arrow'), '--workers', '2'];
const REGISTER = ['--register', join(root, 'test/run/capsule_functions.py')];

function payload(name: string): string {
  return join(folder, `${name}.bin`);
}

const WAYS = [
  ['--transport', 'split', '--split-size', '30K'],
  ['--transport', 'sync', '--batch-size', '100'],
  ['--transport', 'pipelined', '--batch-size', '100'],
];

for (const way of WAYS) {
  test(`scalar UDFs from capsules give what they give in one process (${way.join(' ')})`, () => {
    const names = Object.keys(answers.rows);
    const { status, stdout, stderr } = dfx(['run', ...names.map(payload), ...INPUT, ...REGISTER, ...way, '--json']);
    assert.equal(status, 0, stderr);
    const { rows } = JSON.parse(stdout) as { readonly rows: readonly (readonly unknown[])[] };
    for (const [at, name] of names.entries()) {
      assert.deepEqual(
        rows.map((row) => row[at]),
        answers.rows[name],
        name,
      );
    }
  });

  test(`aggregate UDFs from capsules, too, by partial results (${way.join(' ')})`, () => {
    const names = Object.keys(answers.values);
    const args = ['run', ...names.map(payload), ...INPUT, ...REGISTER, ...way, '--json', '--stats'];
    const { status, stdout, stderr } = dfx(args);
    assert.equal(status, 0, stderr);
    const { results } = JSON.parse(stdout) as {
      readonly results: readonly { readonly label: string; readonly value: number }[];
    };
    for (const { label, value } of results) {
      const [expected = Number.NaN] = answers.values[label] ?? [];
      // Sums of floats in another order (docs/run.md, "Aggregates").
      if (label === 'skewness') assert.ok(Math.abs(value / expected - 1) < 1e-12, `${value} ${expected}`);
      else assert.equal(value, expected, label);
    }
    assert.equal(results.length, names.length);
  });
}

test('they run in the sandbox, too, beside a payload that carries code', () => {
  const args = ['run', payload('text'), payload('inline'), ...INPUT, ...REGISTER, '--limit', '2', '--format', 'csv'];
  const { status, stdout, stderr } = dfx(args);
  assert.deepEqual([status, stdout, stderr], [0, 'text,inline\nPOINT(0 0),0\nPOINT(1 0.5),1\n', '']);
});

test('one that nobody registers is named', () => {
  const without = join(folder, 'without.py');
  writeFileSync(without, 'def register(ctx):\n    pass\n');
  const run = (name: string, ...more: readonly string[]): readonly [string, string] => {
    const { status, stderr } = dfx(['run', payload(name), ...INPUT, '--json', ...more]);
    assert.equal(status, 5);
    const { error } = JSON.parse(stderr);
    return [error.code, error.message];
  };
  assert.deepEqual(run('skewness', '--register', without), [
    'UDF_NOT_REGISTERED',
    'the aggregate UDF "skewness" travels by name, and no worker has it',
  ]);
  assert.deepEqual(run('text', '--register', without), [
    'UDF_NOT_REGISTERED',
    'the scalar UDF "st_astext" travels by name, and no worker has it',
  ]);
});

test('what one refuses is told in its own words', () => {
  for (const way of WAYS) {
    const { status, stderr } = dfx(['run', payload('fails'), ...INPUT, ...REGISTER, ...way, '--json']);
    assert.equal(status, 5);
    const { error } = JSON.parse(stderr);
    assert.deepEqual([error.code, error.message], ['EXECUTION', answers.refusal]);
  }
});
