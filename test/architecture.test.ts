import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';

/** Each room may import from itself and from the rooms behind it. */
const MAY_IMPORT: ReadonlyMap<string, readonly string[]> = new Map([
  ['wire', []],
  ['expr', ['wire']],
  ['inspect', ['wire', 'expr']],
  ['io', ['wire', 'expr']],
  ['run', ['wire', 'expr', 'inspect', 'io']],
  ['cli', ['wire', 'expr', 'inspect', 'io', 'run']],
]);
/** What the program shares with who starts it lies beside it. */
const OUTSIDE = /(^|\/)(package\.json|bin\/worker-settings\.cjs)$/;

/** These run in a browser. */
const PURE = ['wire', 'expr', 'inspect'];

interface Import {
  readonly file: string;
  readonly target: string;
}

function importsOf(room: string): Import[] {
  const folder = join('src', room);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, target = '']) => ({
        file,
        target,
      })),
    );
}

test('imports go one way: cli → run → io, inspect → expr → wire', () => {
  const wrong: string[] = [];
  for (const [room, allowed] of MAY_IMPORT) {
    for (const { file, target } of importsOf(room)) {
      if (!target.startsWith('.') || OUTSIDE.test(target)) continue;
      const path = relative('src', resolve(dirname(file), target));
      const other = path.split('/')[0] ?? '';
      if (other !== room && !allowed.includes(other)) wrong.push(`${file} imports ${path}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('wire, expr and inspect import nothing from outside', () => {
  const wrong = PURE.flatMap(importsOf)
    .filter(({ target }) => !target.startsWith('.'))
    .map(({ file, target }) => `${file} imports ${target}`);
  assert.deepEqual(wrong, []);
});

test('source files stay under 600 lines', () => {
  const long = readdirSync('src', { recursive: true })
    .map((name) => join('src', String(name)))
    .filter((file) => file.endsWith('.ts') && !/tables-|function-table/.test(file))
    .filter((file) => readFileSync(file, 'utf8').split('\n').length > 600);
  assert.deepEqual(long, []);
});
