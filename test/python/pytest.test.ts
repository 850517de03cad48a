/** Runs the tests of the Python worker: pytest judges them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { python, root } from '../run/cli.ts';

test('the Python worker passes its own tests', () => {
  const { status, stdout, stderr } = spawnSync(
    python,
    ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--strict-markers', 'test/python'],
    { cwd: root, encoding: 'utf8', env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } },
  );
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  assert.doesNotMatch(stdout, /skipped|xfailed/);
});
