import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { dfx, dfxOnTerminal, root, temporaryFolder } from './dfx.ts';

const folder = temporaryFolder();
after(() => folder.remove());
const MAIN = 'fixtures/main/count_above_10.bin';

test('each --json document is what the schema describes', () => {
  const validate = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(join(root, 'schemas/decode.schema.json'), 'utf8')),
  );
  for (const format of ['json', 'proto-json', 'sql', 'tree']) {
    const { stdout } = dfx(['decode', MAIN, 'fixtures/55/broken/cut-aggregate-020.bin', '--json', '--format', format]);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, format === 'sql' || format === 'tree' ? 2 : 1);
    for (const line of lines) assert.ok(validate(JSON.parse(line)), `${line}: ${JSON.stringify(validate.errors)}`);
  }
});

test('what decode gives, encode takes: the same bytes through a pipe', () => {
  for (const path of [MAIN, 'fixtures/55/pickles/nested-protocol-0.pkl', 'fixtures/55/plans/schema-nested.arrows']) {
    const { stdout } = dfx(['decode', path]);
    const again = dfx(['encode', '--encoding', 'hex'], { input: stdout });
    assert.equal(again.stdout, `${readFileSync(join(root, path)).toString('hex')}\n`, path);
  }
  const { stdout } = dfx(['decode', MAIN, '--format', 'proto-json']);
  const again = dfx(['encode', '--encoding', 'base64'], { input: stdout });
  assert.equal(again.stdout, `${readFileSync(join(root, MAIN)).toString('base64')}\n`);
});

test('base64 and hex are read as such', () => {
  const bytes = readFileSync(join(root, MAIN));
  for (const encoding of ['base64', 'hex'] as const) {
    for (const flags of [[], ['--encoding', encoding]]) {
      const { stdout } = dfx(['decode', '--format', 'tree', ...flags], { input: bytes.toString(encoding) });
      assert.match(stdout, /^AggregateFunction sum\n/);
    }
  }
});

test('--out-dir holds a file for each payload; the bad one is told and the others are there', () => {
  const out = join(folder.path, 'decoded', 'deep');
  const cut = join(folder.path, 'cut.bin');
  writeFileSync(cut, readFileSync(join(root, MAIN)).subarray(0, 40));
  const { status, stdout, stderr } = dfx(['decode', MAIN, cut, `other=${MAIN}`, '--out-dir', out, '--format', 'sql']);
  assert.equal(status, 3);
  assert.equal(stdout, '');
  assert.match(stderr, /dfx: .*cut\.bin: byte 0: found a length of /);
  assert.deepEqual(readdirSync(out).sort(), ['count_above_10.sql', 'cut.sql', 'other.sql']);
  assert.equal(readFileSync(join(out, 'other.sql'), 'utf8'), 'sum(above_10(value))\n');
});

test('two outputs of one name are refused before anything is written', () => {
  const out = join(folder.path, 'twice');
  const { status, stderr } = dfx(['decode', MAIN, 'fixtures/main/count_above_10.pkl', '--out-dir', out]);
  assert.equal(status, 2);
  assert.equal(
    stderr,
    'dfx: found two inputs whose output would be "count_above_10.json"; label one of them: other=file\n',
  );
  assert.equal(existsSync(out), false);
});

test('a label is no way out of the folder', () => {
  const out = join(folder.path, 'inside');
  assert.equal(dfx(['decode', `../../up=${MAIN}`, '--out-dir', out]).status, 0);
  assert.deepEqual(readdirSync(out), ['up.json']);
});

test('--redact shows no literal, captured value or code, in no format', () => {
  const secret = join(folder.path, 'secret.bin');
  const document = {
    expr: {
      op: '+',
      args: [
        { udf: 'f', args: [{ lit: 'TOPSECRET' }] },
        { in: { col: 'a' }, list: [{ lit: ['TOPSECRET'], type: 'List(Utf8)' }, { lit: 31337 }] },
        { alias: 'x', expr: { col: 'b' }, metadata: [['k', 'TOPSECRET']] },
      ],
    },
    udfs: [
      {
        name: 'f',
        family: 'scalar',
        inputs: ['Utf8'],
        returns: 'Utf8',
        python: { source: 'def f(a): return "TOPSECRET"', entry: 'f', captures: [['k', 'TOPSECRET']], target: '3.11' },
      },
    ],
  };
  assert.equal(dfx(['encode', '-o', secret], { input: JSON.stringify(document) }).status, 0);
  for (const format of ['json', 'sql', 'tree']) {
    for (const flags of [[], ['--json']]) {
      const { status, stdout, stderr } = dfx(['decode', secret, '--redact', '--format', format, ...flags]);
      assert.equal(status, 0, stderr);
      assert.doesNotMatch(stdout, /TOPSECRET|VE9QU0VDUkVU|31337/, format);
      assert.match(stdout, /\bf\b/);
    }
  }
  const { stdout } = dfx(['decode', secret, '--redact']);
  const { status, stderr } = dfx(['encode'], { input: stdout });
  assert.equal(status, 3);
  assert.match(stderr, /found a redacted document, which lacks the values that a payload needs/);
});

test('names of a payload write no control sequence to a terminal', () => {
  const nasty = join(folder.path, 'nasty.bin');
  const name = '\u001b[31mred\u009b2J\u0007\u202e';
  assert.equal(dfx(['encode', '-o', nasty], { input: JSON.stringify({ expr: { col: name } }) }).status, 0);
  for (const format of ['json', 'sql', 'tree', 'proto-json']) {
    const { stdout } = dfxOnTerminal(['decode', nasty, '--format', format]);
    // the terminal itself ends lines with a carriage return
    assert.doesNotMatch(stdout.replaceAll('\r\n', '\n'), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/, format);
  }
});
