/** What a start of `dfx` pays for: the modules that are loaded before a command asks for more. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';

/** The modules and packages that a module needs before its first line runs. Types and `import()` are not among them. */
function loadedBy(entry: string): ReadonlySet<string> {
  const found = new Set<string>([entry]);
  for (const file of found) {
    if (!file.endsWith('.ts')) continue;
    const source = readFileSync(file, 'utf8');
    for (const [, names = '', target = ''] of source.matchAll(
      /^(?:import|export) (?!type )([^;'"]*)from '([^']+)'/gm,
    )) {
      const named = /^\{(.*)\}\s*$/s.exec(names.trim())?.[1];
      if (named?.split(',').every((name) => /^\s*(type .*)?$/s.test(name))) continue;
      found.add(target.startsWith('.') ? join(dirname(file), target) : target);
    }
  }
  return found;
}

test('the program loads no command, and of the core the errors alone', () => {
  const loaded = [...loadedBy('src/cli/main.ts')];
  assert.ok(loaded.includes('commander') && loaded.includes('src/wire/errors.ts'), 'the walk finds modules');
  assert.deepEqual(
    loaded.filter((name) =>
      /^src\/(cli\/commands\/|cli\/\w+-command|expr|inspect|io\/(?!file-errors)|run\/(?!merge\/output-file))/.test(
        name,
      ),
    ),
    [],
  );
  assert.deepEqual(
    loaded.filter((name) => !name.startsWith('src/') && !name.startsWith('node:') && !name.endsWith('package.json')),
    ['commander'],
  );
});

for (const { name } of COMMANDS) {
  test(`${name} loads neither Arrow nor colours nor tables before it needs them`, () => {
    const command = `src/cli/${name}-command.ts`;
    for (const entry of [`src/cli/commands/${name}.ts`, ...(existsSync(command) ? [command] : [])]) {
      const packages = [...loadedBy(entry)].filter((each) => !/^(src\/|bin\/|node:)/.test(each));
      assert.deepEqual(
        packages.filter((each) => !each.endsWith('package.json')),
        [],
      );
    }
  });
}
