/** What an error looks like, whichever command has it. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { dfx, root, shell, temporaryFolder, UDF_PAYLOAD } from './dfx.ts';

const folder = temporaryFolder();
after(() => folder.remove());

const READERS = ['inspect', 'decode', 'encode', 'run'];
const good = join(root, UDF_PAYLOAD);
const plain = join(folder.path, 'plain.bin');
// LogicalExprNode { column: Column { name: "a" } }
writeFileSync(plain, new Uint8Array([10, 3, 10, 1, 97]));

/** The frame says version 9. */
const bytes = readFileSync(good);
const version = bytes.indexOf('DFPYUDF') + 7;
const broken = join(folder.path, 'broken.bin');
writeFileSync(
  broken,
  bytes.map((byte, at) => (at === version ? 9 : byte)),
);
const VERSION_TOLD =
  'found version 9 of the inline Python scalar UDF frame, expected 1..=1; align the datafusion-python versions of sender and receiver';

const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(join(root, 'schemas/error.schema.json'), 'utf8')),
);

/** The documents on a stderr, each held against the schema. */
function documents(stderr: string): { code: string; file: string | null; offset: number | null; message: string }[] {
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { schema, error } = JSON.parse(line);
      assert.ok(validate({ schema, error }), JSON.stringify(validate.errors));
      return error;
    });
}

for (const command of READERS) {
  test(`${command}: a file that is not there, a folder, an empty file`, () => {
    const empty = join(folder.path, 'empty.bin');
    writeFileSync(empty, '');
    const missing = dfx([command, 'nosuch.bin']);
    assert.deepEqual(missing, { status: 2, stdout: '', stderr: 'dfx: nosuch.bin: there is no such file\n' });
    const directory = dfx([command, folder.path]);
    assert.equal(directory.stderr, `dfx: ${folder.path}: found a folder, expected a file\n`);
    assert.equal(directory.status, 2);
    const nothing = dfx([command, '--json', empty]);
    const [error, ...others] = documents(nothing.stderr);
    assert.deepEqual([error?.code, error?.file, others], ['EMPTY_INPUT', empty, []]);
    assert.equal(nothing.status, 3);
  });
}

test('run: an input that is not there', () => {
  const { status, stderr } = dfx(['run', plain, '--input', 'nosuch.csv']);
  assert.equal(stderr, 'dfx: nosuch.csv: there is no such file\n');
  assert.equal(status, 2);
});

test('a line names the file, the byte, what was found and expected, and the next step', () => {
  const { status, stderr } = dfx(['inspect', broken]);
  assert.equal(stderr, `dfx: ${broken}: byte ${version}: ${VERSION_TOLD}\n`);
  assert.equal(status, 3);
});

test('with --json the same is a document', () => {
  const { status, stderr } = dfx(['inspect', '--json', broken]);
  const [message, hint] = VERSION_TOLD.split('; ');
  assert.deepEqual(documents(stderr), [{ code: 'FRAME_VERSION', message, file: broken, offset: version, hint }]);
  assert.equal(status, 3);
});

test('wrong usage is a document too, with null for what it has not', () => {
  const { status, stdout, stderr } = dfx(['inspect', '--json', '--hexx']);
  assert.deepEqual(documents(stderr), [
    { code: 'USAGE', message: "unknown option '--hexx'", file: null, offset: null, hint: 'did you mean --hex?' },
  ]);
  assert.equal(stdout, '');
  assert.equal(status, 2);
});

for (const command of ['inspect', 'decode']) {
  test(`${command}: one bad payload does not stop the others, and the worst exit code counts`, () => {
    const { status, stdout, stderr } = dfx([command, '--json', plain, 'nosuch.bin', broken, plain]);
    assert.deepEqual(
      documents(stderr).map(({ code, file }) => [code, file]),
      command === 'inspect'
        ? [
            ['FILE_NOT_FOUND', 'nosuch.bin'],
            ['FRAME_VERSION', broken],
          ]
        : [['FILE_NOT_FOUND', 'nosuch.bin']],
    );
    const shown = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).file);
    assert.deepEqual(shown, [plain, broken, plain]);
    assert.equal(status, command === 'inspect' ? 3 : 2);
  });
}

test('control characters of file names and payloads are escaped', () => {
  const odd = join(folder.path, 'a\x1b[31m\u202e\nb.bin');
  writeFileSync(odd, new Uint8Array([0xff, 0xff]));
  for (const command of READERS) {
    const { stderr } = dfx([command, odd]);
    assert.ok(stderr.startsWith(`dfx: ${folder.path}/a\\x1b[31m\\u202e\\x0ab.bin: `), stderr);
    assert.equal(stderr.indexOf('\n'), stderr.length - 1);
    assert.doesNotMatch(stderr, /\x1b/);
  }
  const name = '\x1b]0;owned\x07';
  const payload = join(folder.path, 'named.bin');
  writeFileSync(payload, new Uint8Array([10, name.length + 2, 10, name.length, ...Buffer.from(name)]));
  const { status, stderr } = dfx(['run', payload]);
  assert.match(stderr, /^dfx: .*named\.bin: the expression reads the columns? "\\u001b\]0;owned\\u0007"; .*\n$/);
  assert.equal(status, 2);
});

test('files with odd names', () => {
  const at = temporaryFolder();
  try {
    for (const name of ['-', 'with space.bin', 'a=b.bin', 'b.bin', '=c.bin', 'd='])
      copyFileSync(plain, join(at.path, name));
    const named = (...operands: string[]): unknown => {
      const { status, stdout, stderr } = dfx(['decode', '--json', ...operands], { cwd: at.path });
      assert.deepEqual([status, stderr], [0, '']);
      return stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).file);
    };
    assert.deepEqual(named('./-', 'with space.bin', 'a=b.bin', 'other=b.bin', '=c.bin', 'd='), [
      './-',
      'with space.bin',
      'a=b.bin',
      'b.bin',
      '=c.bin',
      'd=',
    ]);
    // the label names the output
    mkdirSync(join(at.path, 'out'));
    dfx(['decode', 'a=b.bin', 'other=b.bin', '--out-dir', 'out'], { cwd: at.path });
    assert.deepEqual(shell('ls out', { cwd: at.path }).stdout, 'a=b.json\nother.json\n');
    const absent = dfx(['decode', 'label=absent.bin'], { cwd: at.path });
    assert.equal(absent.stderr, 'dfx: absent.bin: there is no such file\n');
  } finally {
    at.remove();
  }
});

/** Runs before dfx: breaks something under it. */
function breaking(code: string): { env: NodeJS.ProcessEnv } {
  return { env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` } };
}

const BROKEN_STDOUT = "process.stdout.write = () => { throw new TypeError('no words\\ntoday'); };";
const REPORT = 'this is a defect of dfx: please report it with the command and what --debug shows';

test('a defect asks for a report, and shows its stack under --debug only', () => {
  const told = dfx(['inspect', plain], breaking(BROKEN_STDOUT));
  assert.equal(told.stderr, `dfx: no words\\x0atoday; ${REPORT}\n`);
  assert.equal(told.status, 70);
  const debugged = dfx(['inspect', plain, '--debug'], breaking(BROKEN_STDOUT));
  assert.match(debugged.stderr, /^dfx: no words\\x0atoday; .*\nTypeError: no words\n.*\n {4}at /);
  assert.equal(debugged.status, 70);
  const [error] = documents(dfx(['inspect', plain, '--json'], breaking(BROKEN_STDOUT)).stderr);
  assert.deepEqual(error, { code: 'DEFECT', message: 'no words\ntoday', file: null, offset: null, hint: REPORT });
});

test('so does one that nobody waits for', () => {
  const later =
    "process.on('newListener', (name) => { if (name === 'unhandledRejection') setImmediate(() => { throw new Error('later'); }); });";
  const { status, stdout, stderr } = shell(`sleep 3 | dfx inspect; exit \${PIPESTATUS[1]}`, breaking(later));
  assert.equal(stderr, `dfx: later; ${REPORT}\n`);
  assert.equal(stdout, '');
  assert.equal(status, 70);
});

test('an error of the user shows its stack under --debug, too', () => {
  const { status, stderr } = dfx(['decode', 'nosuch.bin', '--debug']);
  assert.match(stderr, /^dfx: nosuch\.bin: there is no such file\nDfxError: there is no such file\n {4}at /);
  assert.equal(status, 2);
});
