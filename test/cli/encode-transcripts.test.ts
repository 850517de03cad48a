/** `npm test -- encode-transcripts --update` rewrites the transcripts. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dfx, root } from './dfx.ts';

const { DFX_UPDATE: UPDATE } = process.env;
const FOLDER = 'test/transcripts/encode';

const UDF = `{ "expr": { "udf": "f", "args": [{ "col": "a" }] },
  "udfs": [{ "name": "f", "family": "scalar", "inputs": ["Int64"], "returns": "Int64",
    "python": { "source": "def f(a): return a", "entry": "f" } }] }`;
const NOT = (levels: number): string => `{"expr":${'{"not":'.repeat(levels)}{"col":"a"}${'}'.repeat(levels)}}`;

/** A transcript's name, its command and what is on stdin; files are named from the folder of the fixtures. */
const COMMANDS: readonly (readonly [name: string, args: readonly string[], input?: string])[] = [
  ['sql-base64', ['--sql', 'a + 1 > sqrt(b)', '--encoding', 'base64']],
  ['sql-json', ['--sql', 'a + 1 > sqrt(b)', '--json']],
  ['sql-pickle', ['--sql', 'a', '--format', 'pickle', '--protocol', '0', '--encoding', 'hex']],
  ['sql-schema', ['--sql', 'c + 1', '--schema', 'a:Int64,b:Decimal128(10, 2),"odd, name":List(Int64)']],
  ['sql-schema-type', ['--sql', 'a + 1', '--schema', 'a:Int65']],
  ['sql-schema-shape', ['--sql', 'a + 1', '--schema', 'a']],
  ['sql-input', ['--sql', 'other + 1', '--input', 'main/values.csv']],
  ['sql-udf', ['--sql', 'f(g(a))', '--udf', 'f', '--udf', 'g:aggregate', '--json']],
  ['sql-unknown-function', ['--sql', 'sqr(a)']],
  ['sql-syntax', ['--sql', 'a +']],
  ['sql-file', ['--from', 'sql', '--encoding', 'hex'], 'a + 1\n'],
  ['json', ['--encoding', 'hex'], '{"expr":{"col":"a"}}'],
  ['json-syntax', [], '{"expr":{"col":"a"}'],
  ['json-shape', [], '{"expr":{"col":"a","alias":"b"}}'],
  ['json-raw-changed', [], '{"expr":{"raw":"CgMKAWHAAgE=","as":{"col":"b"}}}'],
  ['json-redacted', [], '{"redacted":true,"expr":{"col":"a"}}'],
  ['proto-json', ['--encoding', 'hex'], '{"column":{"name":"a"}}'],
  ['proto-json-list', ['--json'], '{"expr":[{"column":{"name":"a"}}]}'],
  ['proto-json-physical', ['--json', '--as', 'physical-expr'], '{"column":{"name":"a","index":0}}'],
  ['proto-json-shape', ['--from', 'proto-json'], '{"columns":{}}'],
  ['source', ['--target-python', '3.11', '--json'], UDF],
  ['source-untargeted', ['--json'], UDF],
  ['source-target', ['--target-python', 'three'], UDF],
  ['strict', ['--strict', '--json'], UDF],
  ['strict-raw', ['--strict'], '{"scalarUdfExpr":{"funName":"f","funDefinition":"REZQWVVERgEDC4AETi4="}}'],
  ['deep', ['--encoding', 'hex'], NOT(50)],
  ['deep-json', ['--json'], NOT(50)],
  ['not-deep', ['--encoding', 'hex'], NOT(49)],
  ['empty', []],
  ['binary', ['main/count_above_10.bin']],
  ['missing', ['missing.json']],
  ['usage-two', ['a.json', 'b.json']],
  ['usage-sql', ['a.json', '--sql', 'a']],
  ['usage-protocol', ['--sql', 'a', '--protocol', '6']],
];

for (const [name, args, input = ''] of COMMANDS) {
  test(`dfx encode ${args.join(' ')}`, () => {
    const { status, stdout, stderr } = dfx(['encode', ...args], { cwd: join(root, 'fixtures'), input });
    const given = input === '' ? '' : `--- stdin\n${input.trimEnd()}\n`;
    const found = `$ dfx encode ${args.join(' ')}\n${given}--- stdout\n${stdout}--- stderr\n${stderr}--- exit ${status}\n`;
    const path = join(FOLDER, `${name}.txt`);
    if (UPDATE === '1') writeFileSync(path, found);
    assert.ok(existsSync(path), `${path} is missing: make it with --update`);
    assert.equal(found, readFileSync(path, 'utf8'));
  });
}

test('each transcript belongs to a command', () => {
  assert.deepEqual(readdirSync(FOLDER).sort(), COMMANDS.map(([name]) => `${name}.txt`).sort());
});
