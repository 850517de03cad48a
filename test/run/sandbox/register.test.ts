/** In the sandbox, the file of `--register` has the modules beside it that it imports, and nobody has anything else of that folder. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { dfx, python, root } from '../cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'dfx-register-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const made = spawnSync(python, [join(root, 'test/run/sandbox/register_payloads.py'), folder], { encoding: 'utf8' });
assert.equal(made.status, 0, made.stderr);

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const FUNCTIONS = `
import pyarrow as pa
import helpers
import apart.deep
import iniconfig
import random
from pack import inner
from datafusion import udf


def mark(values):
    import late

    words = (helpers.MARK, inner.MARK, apart.deep.MARK, late.MARK, str(hasattr(random, "shuffle")), iniconfig.IniConfig.__name__)
    return pa.array([" ".join((text, *words)) for text in values.to_pylist()])


def register(ctx):
    ctx.register_udf(udf(mark, [pa.string()], pa.string(), "volatile", "marked"))
`;

const module = write('own/functions.py', FUNCTIONS);
const beside = {
  helpers: write('own/helpers.py', 'from more import MARK\n'),
  more: write('own/more.py', 'MARK = "more"\n'),
  late: write('own/late.py', 'MARK = "late"\n'),
  pack: write('own/pack/__init__.py', ''),
  inner: write(
    'own/pack/inner.py',
    'from . import other\nfrom .sub.last import MARK as last\n\nMARK = other.MARK + last\n',
  ),
  other: write('own/pack/other.py', 'MARK = "other"\n'),
  sub: write('own/pack/sub/__init__.py', ''),
  last: write('own/pack/sub/last.py', 'MARK = "last"\n'),
  deep: write('own/apart/deep.py', 'MARK = "deep"\n'),
};
// What nobody imports, data, and a module with the name of one of Python's own.
const hidden = {
  secret: write('own/secret.txt', 'secret\n'),
  inPackage: write('own/pack/secret.txt', 'secret\n'),
  unused: write('own/unused.py', 'PASSWORD = "secret"\n'),
  unusedInPackage: write('own/pack/unused.py', 'PASSWORD = "secret"\n'),
  random: write('own/random.py', 'raise ValueError("not Python’s")\n'),
  installed: write('own/iniconfig/notes.txt', 'a folder with the name of an installed package\n'),
  folder: join(folder, 'own'),
  package: join(folder, 'own/pack'),
  above: folder,
};
const MARKED = 'more otherlast deep late True IniConfig';

/** One column of text in, the rows of the payloads out. */
function run(names: readonly string[], texts: readonly string[], ...more: readonly string[]): readonly unknown[][] {
  const input = write('texts.ndjson', texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const payloads = names.map((name) => join(folder, `${name}.bin`));
  const { status, stdout, stderr } = dfx(['run', ...payloads, '--input', input, '--json', ...more]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout).rows;
}

test('modules beside the file, and what they import, are found in the sandbox', () => {
  assert.deepEqual(run(['looks', 'marked'], [module], '--register', module), [
    [`${Buffer.byteLength(FUNCTIONS)} bytes`, `${module} ${MARKED}`],
  ]);
});

test('so they are where no sandbox is needed, and with --sandbox off', () => {
  assert.deepEqual(run(['marked'], ['x'], '--register', module), [[`x ${MARKED}`]]);
  assert.deepEqual(run(['looks', 'marked'], [hidden.secret], '--register', module, '--sandbox', 'off'), [
    ['7 bytes', `${hidden.secret} ${MARKED}`],
  ]);
});

test('a payload’s code can read the imported modules and nothing else of the folder', () => {
  const paths = [...Object.values(beside), ...Object.values(hidden)];
  const rows = run(['looks', 'marked'], paths, '--register', module);
  const found = rows.map(([told]) => told);
  for (const [at, name] of Object.keys(beside).entries()) assert.match(String(found[at]), /^\d+ bytes$/, name);
  assert.deepEqual(
    found.slice(Object.keys(beside).length),
    Object.keys(hidden).map(() => 'PermissionError'),
  );
});

test('a payload’s code can import those modules only', () => {
  const names = ['helpers', 'pack.inner', 'unused', 'pack.unused'];
  assert.deepEqual(
    run(['imports', 'marked'], names, '--register', module).map(([told]) => told),
    ['helpers', 'pack.inner', 'ModuleNotFoundError', 'ModuleNotFoundError'],
  );
});

test('a link to the file leads to its own folder, as Python itself has it', () => {
  mkdirSync(join(folder, 'elsewhere'));
  const link = join(folder, 'elsewhere/link.py');
  symlinkSync(module, link);
  assert.deepEqual(run(['looks', 'marked'], [hidden.secret], '--register', link), [
    ['PermissionError', `${hidden.secret} ${MARKED}`],
  ]);
});

test('what is imported by a name that is put together is told as missing in the sandbox, with its line', () => {
  const dynamic = write(
    'own/dynamic.py',
    'import importlib\n\nimportlib.import_module("unu" + "sed")\n\n\ndef register(ctx):\n    pass\n',
  );
  const args = ['run', join(folder, 'looks.bin'), '--input', write('one.ndjson', '{"text": "x"}\n')];
  const { status, stderr } = dfx([...args, '--register', dynamic, '--json']);
  assert.equal(status, 5);
  const { error } = JSON.parse(stderr);
  assert.deepEqual(
    [error.code, error.message],
    ['REGISTER', `${dynamic} line 3: ModuleNotFoundError: No module named 'unused'`],
  );
  assert.equal(dfx([...args, '--register', dynamic, '--sandbox', 'off']).status, 0);
});

test('data beside the file isn’t readable in the sandbox, and the error names the line', () => {
  const reads = write(
    'own/reads.py',
    `from pathlib import Path\n\n\ndef register(ctx):\n    Path(__file__).with_name("secret.txt").read_text()\n`,
  );
  const args = ['run', join(folder, 'looks.bin'), '--input', write('one.ndjson', '{"text": "x"}\n')];
  const { status, stderr } = dfx([...args, '--register', reads, '--json']);
  assert.equal(status, 5);
  const { error } = JSON.parse(stderr);
  assert.deepEqual(
    [error.code, error.message],
    ['REGISTER', `${reads} line 5: PermissionError: [Errno 13] Permission denied: '${hidden.secret}'`],
  );
});
