/** Workers of one forking parent: each has a sandbox of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pythonCommand } from '../../../src/run/python/command.ts';
import { sandboxedPython, trustedPython } from '../../../src/run/sandbox/python-worker.ts';
import type { WorkerCommand } from '../../../src/run/spawn/worker.ts';
import { python } from '../cli.ts';

function told(command: WorkerCommand): Readonly<Record<string, string>> {
  const { stdout, stderr } = spawnSync(python, [join(import.meta.dirname, 'siblings.py')], {
    encoding: 'utf8',
    input: JSON.stringify(command.start?.sandbox),
  });
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

test('a worker reaches neither its sibling nor the forking parent', () => {
  const inside = told(sandboxedPython(pythonCommand(python), []));
  assert.deepEqual(inside, {
    'kill the sibling': 'kept in: Operation not permitted',
    'kill the forking parent': 'kept in: Operation not permitted',
    'kill the group': 'kept in: Operation not permitted',
    'kill everybody': 'kept in: Operation not permitted',
    'ptrace the sibling': 'kept in: Operation not permitted',
    'memory of the sibling': 'kept in: Operation not permitted',
    'memory of the forking parent': 'kept in: Operation not permitted',
    'environment of the sibling': 'kept in: Permission denied',
    'descriptors of the sibling': 'kept in: Permission denied',
    'the folder of the sibling': 'kept in: Permission denied',
    'listing the folder of the sibling': 'kept in: Permission denied',
    'an inherited descriptor': 'kept in: Bad file descriptor',
  });
});

test('each of these works where the sandbox is off', () => {
  const outside = told(trustedPython(pythonCommand(python)));
  assert.deepEqual(
    Object.entries(outside).filter(([, said]) => said !== 'out'),
    [],
  );
});
