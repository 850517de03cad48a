import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromJson } from '../../src/expr/json/index.ts';
import { askPython } from '../wire/pickle/python.ts';

const PAGE = readFileSync(new URL('../../docs/distributing.md', import.meta.url), 'utf8');

/** The page's examples of one language, without their indent. */
function examples(language: string): readonly string[] {
  const fence = new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm');
  return Array.from(PAGE.matchAll(fence), ([, text = '']) => text);
}

test('what the page says of the engine is what the engine does', () => {
  const hex = (text: string): string =>
    Buffer.from(fromJson(text, { targetPython: pythonAtHand() }).bytes).toString('hex');
  const sources = examples('json').map(hex);
  assert.equal(sources.length, 1);
  assert.deepEqual(askPython('../../docs/distributing_oracle.py', { sources }), {
    'pickle runs only the method': false,
    'cloudpickle sends its code': true,
    'a cloudpickle loads': 'a + Int64(1)',
    'a lock travels': false,
    'by name it is refused': true,
    'a generator travels': false,
    'a file for reading travels, contents': [true, true],
    'a file for writing travels': false,
    'a strict sender sends code': false,
    'a strict receiver takes code': false,
    'by name, unregistered': false,
    'by name, registered': 'own(a)',
    'by name abs': 'abs(a)',
    'sender context': false,
    'sender context in another thread': true,
    'worker context': 'own(a)',
    'global context': 'own(a)',
    '49 calls': true,
    '50 calls': false,
    'a chain of 200': true,
    Float16: 'Float32(1.5)',
    'metadata is written, and kept': [true, false],
    'source UDF': [[[false, true]]],
  });
});

function pythonAtHand(): { readonly major: number; readonly minor: number } {
  const [major = 0, minor = 0] = askPython('python_version.py', null) as readonly number[];
  return { major, minor };
}

test('the commands on the page exist', async () => {
  const { COMMANDS } = await import('../../src/cli/commands.ts');
  const known = new Set(COMMANDS.map(({ name }) => name));
  const used = examples('sh').flatMap((text) => Array.from(text.matchAll(/\bdfx ([a-z]+)/g), ([, name = '']) => name));
  assert.ok(used.length > 5);
  for (const name of used) assert.ok(known.has(name), name);
});
