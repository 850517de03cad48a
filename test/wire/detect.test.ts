import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readPayload } from '../../src/expr/payload.ts';

const fixtures = new URL('../../fixtures/', import.meta.url);

/** Fixtures whose bytes are as good, or better, as another container, each with the reason. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['exprs/built-retired-field-5.bin', 'a field that no DataFusion in use has; a sound physical expression'],
  ['exprs/built-retired-field-16.bin', 'a field that no DataFusion in use has; a sound physical expression'],
  ['exprs/built-retired-field-21.bin', 'a field that no DataFusion in use has; a sound physical expression'],
]);

/** Broken on purpose, so that the bytes fit another message better; how many may, at most. */
const MOST_BROKEN = 26;

test('each fixture is told for what its maker says it is', () => {
  const manifest: readonly { path: string; container: string; category: string; bytes: number }[] = JSON.parse(
    readFileSync(new URL('manifest.json', fixtures), 'utf8'),
  );
  const wrong: string[] = [];
  const broken: string[] = [];
  for (const { path, container, category, bytes } of manifest) {
    if (bytes === 0) continue;
    const { container: told } = readPayload(new Uint8Array(readFileSync(new URL(path, fixtures))));
    if (told === container) continue;
    if (category === 'broken') broken.push(path);
    else wrong.push(path.replace(/^\d+\//, ''));
  }
  assert.deepEqual(wrong.sort(), [...EXCEPTIONS.keys()].flatMap((path) => [path, path]).sort());
  assert.ok(broken.length <= MOST_BROKEN, broken.join('\n'));
  assert.deepEqual(
    broken.filter((path) => /\/cut-/.test(path)),
    [],
    'what is cut off is still an expression',
  );
});
