/** Every code that a worker's sources name is taken from it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isErrorCode, isWorkerCode } from '../../../src/run/transport/worker-codes.ts';
import { root } from '../cli.ts';

function codesIn(folder: string, ending: string, found: RegExp): ReadonlySet<string> {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const texts = names
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'));
  return new Set(texts.flatMap((text) => [...text.matchAll(found)].flatMap(([, code]) => code ?? [])));
}

test('those of the Python worker', () => {
  const codes = codesIn('python/dfx_worker', '.py', /"([A-Z]+(?:_[A-Z]+)*)"/g);
  const sent = [...codes].filter((code) => isErrorCode(code) || code === 'NOT_MERGEABLE');
  // Told in an `unready` frame, before there is any job.
  assert.deepEqual(
    sent.filter((code) => !isWorkerCode('Python', code)),
    ['SANDBOX_UNAVAILABLE'],
  );
  assert.ok(sent.includes('UDF_RAISED') && sent.length > 10);
});

test('those of the Node worker', () => {
  for (const folder of ['src/io', 'src/run/embedded', 'src/run/worker']) {
    const codes = [...codesIn(folder, '.ts', /DfxError\(\s*'([A-Z_]+)'/g)];
    assert.deepEqual(
      codes.filter((code) => !isWorkerCode('JavaScript', code)),
      [],
    );
    assert.ok(codes.includes('DEFECT'));
  }
});

test('what dfx alone knows is no worker’s', () => {
  for (const code of ['TIMEOUT', 'WORKER_DIED', 'MEMORY_LIMIT', 'PYTHON_MISMATCH', '__proto__', '']) {
    for (const language of ['Python', 'JavaScript']) assert.equal(isWorkerCode(language, code), false);
  }
});
