import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { plantedPayloads } from './planted.ts';

const { DFX_PYTHON } = process.env;
const python = DFX_PYTHON ?? fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));

for (const name of ['pickle0', 'pickle4']) {
  test(`${name}: Python leaves the trace when it loads the planted pickle`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'dfx-planted-'));
    try {
      const trace = join(folder, 'trace');
      const run = spawnSync(python, ['-c', 'import pickle, sys; pickle.load(sys.stdin.buffer)'], {
        input: plantedPayloads(trace)[name],
        encoding: 'utf8',
      });
      assert.equal(run.status, 0, run.stderr);
      assert.ok(existsSync(trace));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
