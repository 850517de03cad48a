/** `npm test -- decode-transcripts --update` rewrites the transcripts. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dfx, root } from './dfx.ts';

const { DFX_UPDATE: UPDATE } = process.env;
const FOLDER = 'test/transcripts/decode';

/** A transcript's name and its command; payloads are named from the folder of the fixtures. */
const COMMANDS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['main', ['main/count_above_10.bin']],
  ['main-sql', ['main/count_above_10.bin', 'main/custom_sum.bin', '--format', 'sql']],
  ['main-tree', ['main/count_above_10.bin', 'main/custom_sum.bin', '--format', 'tree']],
  ['main-redacted', ['main/count_above_10.bin', '--redact']],
  ['literal-redacted', ['55/literals/list-not-null.bin', '55/exprs/sql-i-plus-j.bin', '--redact', '--format', 'sql']],
  ['proto-json', ['55/exprs/sql-i-plus-j.bin', '--format', 'proto-json']],
  ['proto-json-pickle', ['55/pickles/list-protocol-4.pkl', '--format', 'proto-json']],
  ['proto-json-pickle-lossy', ['55/pickles/list-protocol-4.pkl', '--format', 'proto-json', '--lossy']],
  ['proto-json-unknown-field', ['55/exprs/built-future-field-40.bin', '--as', 'expr', '--format', 'proto-json']],
  ['pickle-tree', ['55/pickles/nested-protocol-4.pkl', '--format', 'tree']],
  ['pickle-foreign', ['55/pickles/odd-foreign-callable.pkl']],
  ['schema', ['55/plans/schema-nested.arrows']],
  ['plan-sql', ['55/plans/logical-select-1.bin', '--format', 'sql']],
  ['nasty-name-tree', ['55/by-name/strict-scalar-nasty-name.bin', '--format', 'tree']],
  ['json-lines', ['55/exprs/sql-i.bin', '55/broken/chain-cut-12.bin', 'missing.bin', '55/exprs/sql-k.bin', '--json']],
  ['json-sql', ['55/exprs/sql-i.bin', '--json', '--format', 'sql']],
  ['broken', ['55/broken/cut-aggregate-020.bin']],
  ['broken-tree', ['55/broken/cut-aggregate-020.bin', '--format', 'tree']],
  ['broken-sql', ['55/broken/cut-aggregate-020.bin', '--format', 'sql', '--json']],
  ['limit', ['main/count_above_10.bin', '--max-bytes', '100']],
  ['usage-format', ['main/count_above_10.bin', '--format', 'yaml']],
  ['usage-lossy', ['main/count_above_10.bin', '--lossy']],
  ['usage-redact', ['main/count_above_10.bin', '--redact', '--format', 'proto-json']],
  ['usage-output', ['main/count_above_10.bin', 'main/custom_sum.bin', '-o', 'one.json']],
  ['usage-stdin', ['-', '-']],
];

for (const [name, args] of COMMANDS) {
  test(`dfx decode ${args.join(' ')}`, () => {
    const { status, stdout, stderr } = dfx(['decode', ...args], { cwd: join(root, 'fixtures') });
    const found = `$ dfx decode ${args.join(' ')}\n--- stdout\n${stdout}--- stderr\n${stderr}--- exit ${status}\n`;
    const path = join(FOLDER, `${name}.txt`);
    if (UPDATE === '1') writeFileSync(path, found);
    assert.ok(existsSync(path), `${path} is missing: make it with --update`);
    assert.equal(found, readFileSync(path, 'utf8'));
  });
}

test('each transcript belongs to a command', () => {
  assert.deepEqual(readdirSync(FOLDER).sort(), COMMANDS.map(([name]) => `${name}.txt`).sort());
});
