import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { dfx, dfxOnTerminal, root, temporaryFolder } from './dfx.ts';

const folder = temporaryFolder();
after(() => folder.remove());

const COLUMN = '{"expr":{"col":"a"}}';
/** `Expr.to_bytes()` of `col("a")`. */
const COLUMN_HEX = '0a030a0161';

function file(name: string, text: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, text);
  return path;
}

interface Summary {
  readonly payload?: string;
  readonly output?: string;
  readonly encoding: string;
  readonly bytes: number;
  readonly sha256: string;
}

test('each --json document is what the schema describes, and true', () => {
  const validate = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(join(root, 'schemas/encode.schema.json'), 'utf8')),
  );
  const output = join(folder.path, 'said.bin');
  for (const args of [
    ['--sql', 'f(a)', '--udf', 'f'],
    ['--sql', 'a', '-o', output],
    ['--sql', 'a', '--encoding', 'hex'],
  ]) {
    const { stdout } = dfx(['encode', ...args, '--json']);
    const document: Summary = JSON.parse(stdout);
    assert.ok(validate(document), `${stdout}: ${JSON.stringify(validate.errors)}`);
    const bytes =
      document.payload === undefined
        ? readFileSync(document.output ?? '')
        : Buffer.from(document.payload, document.encoding === 'hex' ? 'hex' : 'base64');
    assert.equal(document.bytes, bytes.length);
    assert.equal(document.sha256, createHash('sha256').update(bytes).digest('hex'));
  }
});

test('raw bytes go to a pipe as they are, to a terminal as base64 with a word about it', () => {
  const piped = spawnSync(process.execPath, [join(root, 'bin/dfx'), 'encode', '--sql', 'a'], {
    env: { ...process.env, DFX_SOURCES: '1' },
  });
  assert.equal(piped.stdout.toString('hex'), COLUMN_HEX);
  assert.equal(piped.stderr.toString(), '');
  const { stdout } = dfxOnTerminal(['encode', '--sql', 'a'], { columns: 200 });
  assert.equal(
    stdout.replaceAll('\r\n', '\n'),
    'dfx: the payload is binary and stdout a terminal: written as base64; -o writes a file\nCgMKAWE=\n',
  );
});

test('an output file is whole or not there, and nothing is left beside it', () => {
  const out = join(folder.path, 'outputs');
  mkdirSync(out);
  const good = join(out, 'good.bin');
  assert.deepEqual(dfx(['encode', '-o', good], { input: COLUMN }), { status: 0, stdout: '', stderr: '' });
  assert.equal(readFileSync(good).toString('hex'), COLUMN_HEX);
  assert.equal(dfx(['encode', '-o', join(out, 'bad.bin')], { input: '{' }).status, 3);
  // what was there before stays when the new one fails
  assert.equal(dfx(['encode', '-o', good], { input: '{' }).status, 3);
  assert.equal(readFileSync(good).toString('hex'), COLUMN_HEX);
  assert.deepEqual(readdirSync(out), ['good.bin']);
});

test('--out-dir holds a payload for each file; one bad file is told and the others are there', () => {
  const out = join(folder.path, 'payloads');
  const files = [
    file('one.json', COLUMN),
    file('two.json', '{"expr":{}}'),
    file('three.json', '{"column":{"name":"a"}}'),
  ];
  const { status, stdout, stderr } = dfx(['encode', ...files, '--out-dir', out, '--format', 'pickle']);
  assert.equal(status, 3);
  assert.equal(stdout, '');
  assert.match(stderr, /^dfx: .*two\.json: byte 8: found an empty object, expected an expression; such as /);
  assert.deepEqual(readdirSync(out).sort(), ['one.pkl', 'three.pkl']);
  const shown = dfx(['decode', join(out, 'three.pkl'), '--format', 'sql']);
  assert.deepEqual(shown, { status: 0, stdout: 'a\n', stderr: '' });
});

test('several files without a folder are lines of text', () => {
  const files = [file('four.json', COLUMN), file('five.json', COLUMN)];
  const { stdout } = dfx(['encode', ...files, '--encoding', 'hex']);
  assert.equal(stdout, `${COLUMN_HEX}\n${COLUMN_HEX}\n`);
  const documents = dfx(['encode', ...files, '--json'])
    .stdout.trimEnd()
    .split('\n');
  assert.deepEqual(
    documents.map((line) => JSON.parse(line).file),
    files,
  );
});

test('--schema takes expr.json of a schema and Arrow files', () => {
  const json = file('columns.json', '{"container":"schema","fields":[{"name":"s","type":"Utf8"}]}');
  for (const schema of [json, 'fixtures/55/plans/schema-one.arrows']) {
    const { status, stderr } = dfx(['encode', '--sql', 'nothing', '--schema', schema]);
    assert.equal(status, 2);
    assert.match(stderr, /found the column nothing, expected one of the input: \w+\n$/);
  }
  const { stderr } = dfx(['encode', '--sql', 'a', '--schema', file('no-schema.json', COLUMN)]);
  assert.match(stderr, /no-schema\.json: found the container expr, expected a schema; write \{/);
});

test('a document of any depth encodes', () => {
  const levels = 20_000;
  const text = `{"expr":${'{"not":'.repeat(levels)}{"col":"a"}${'}'.repeat(levels)}}`;
  const { status, stdout, stderr } = dfx(['encode', '--encoding', 'hex'], { input: text });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /40002 messages stand inside each other, and receivers stop at 100/);
  assert.ok(stdout.endsWith(`${COLUMN_HEX}\n`));
});

test('no Python starts for source UDFs, by-name ones and --strict', () => {
  const trace = join(folder.path, 'started');
  const python = file('python', `#!/bin/sh\ntouch '${trace}'\n`);
  const udf = (python: object): string =>
    JSON.stringify({
      expr: { udf: 'f', args: [] },
      udfs: [{ name: 'f', family: 'scalar', inputs: [], returns: 'Int64', python }],
    });
  const run = (input: string, ...flags: string[]) =>
    dfx(['encode', '--python', python, '--encoding', 'hex', ...flags], { input });
  assert.equal(run(udf({ source: 'f = abs', entry: 'f', target: '3.11' })).status, 0);
  assert.equal(run(udf({ module: 'os:getcwd' }), '--strict').status, 0);
  assert.equal(existsSync(trace), false);
});
