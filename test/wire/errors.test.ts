/** The one table of error codes: nothing dead in it, and nothing beside it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DfxError, ERROR_CODES, EXIT } from '../../src/wire/errors.ts';

const sources = readdirSync('src', { recursive: true })
  .map((name) => join('src', String(name)))
  .filter((file) => file.endsWith('.ts') && !file.endsWith(join('wire', 'errors.ts')))
  .map((file) => withoutComments(readFileSync(file, 'utf8')))
  .join('\n');

/** Workers name some codes themselves. */
const workers = readdirSync('python/dfx_worker')
  .filter((name) => name.endsWith('.py'))
  .map((name) => readFileSync(join('python/dfx_worker', name), 'utf8'))
  .join('\n');

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

test('each code is thrown somewhere', () => {
  const dead = Object.keys(ERROR_CODES).filter(
    (code) => !sources.includes(`'${code}'`) && !workers.includes(`"code": "${code}"`),
  );
  assert.deepEqual(dead, []);
});

test('each error is made with a code of the table', () => {
  const made = [...sources.matchAll(/new DfxError\(\s*'([^']*)'/g)].map(([, code = '']) => code);
  assert.ok(made.length > 100);
  assert.deepEqual(
    made.filter((code) => !Object.hasOwn(ERROR_CODES, code)),
    [],
  );
});

test('codes are stable upper-case words, and none is a finding', () => {
  for (const [code, exit] of Object.entries(ERROR_CODES)) {
    assert.match(code, /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
    assert.ok([EXIT.usage, EXIT.data, EXIT.policy, EXIT.execution, EXIT.defect].some((known) => known === exit));
    assert.equal(new DfxError(code as keyof typeof ERROR_CODES, 'x').exitCode, exit); // the table's own keys
  }
});

test('the README has every exit code', () => {
  const codes = [...readFileSync('README.md', 'utf8').matchAll(/^\| (\d+)[^|]*\|/gm)].map(([, code]) => Number(code));
  assert.deepEqual(codes.slice(0, 7), Object.values(EXIT));
});
