/** The function table and the corpus of SQL texts, held against the real engine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { listFunctions } from '../../src/expr/functions.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { DFX_PYTHON = `${ROOT}.venv/bin/python` } = process.env;

function python(...args: readonly string[]): string {
  assert.ok(existsSync(DFX_PYTHON), `no Python with datafusion at ${DFX_PYTHON}: set DFX_PYTHON`);
  const run = spawnSync(DFX_PYTHON, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  assert.equal(run.status, 0, run.stderr.slice(-2000));
  return run.stdout;
}

test('the table has the functions and aliases that the engine lists', () => {
  const listed: Record<string, readonly string[]> = JSON.parse(python('scripts/functions.py', '--list'));
  for (const family of ['scalar', 'aggregate', 'window'] as const) {
    const ours = listFunctions().filter((one) => one.family === family);
    const names = ours.flatMap(({ name, aliases }) => [name, ...aliases]);
    assert.deepEqual(names.sort(), [...(listed[family] ?? [])].sort(), family);
  }
});

test('the engine still writes the bytes of every SQL text', () => {
  const committed = readFileSync(new URL('sql/texts.json', import.meta.url), 'utf8');
  assert.deepEqual(JSON.parse(python('test/expr/sql/make_texts.py')), JSON.parse(committed));
});
