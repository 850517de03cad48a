/** `npm test -- inspect-transcripts --update` rewrites the transcripts. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspectInProcess } from './inspect-harness.ts';

const { DFX_UPDATE: UPDATE } = process.env;
const FOLDER = 'test/transcripts/inspect';

/** A transcript's name and its command; payloads are named from the folder of the fixtures. */
const COMMANDS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['main', ['main/count_above_10.bin']],
  ['main-aggregate', ['main/custom_sum.bin']],
  ['main-pickle', ['main/count_above_60.pkl']],
  ['main-json', ['main/count_above_10.bin', '--json']],
  ['main-hex', ['main/count_above_10.bin', '--hex']],
  ['main-opcodes', ['main/count_above_10.bin', '--pickle']],
  ['main-redacted', ['main/count_above_10.bin', '--redact']],
  ['main-redacted-hex', ['main/count_above_10.bin', '--redact', '--hex']],
  ['several', ['main/count_above_10.bin', '55/broken/chain-cut-12.bin', '55/exprs/sql-i-plus-j.bin']],
  ['several-json', ['55/exprs/sql-i.bin', '55/broken/chain-cut-12.bin', 'missing.bin', '55/exprs/sql-k.bin', '--json']],
  ['by-name', ['55/by-name/strict-aggregate-filter.bin']],
  ['nasty-name', ['55/by-name/strict-scalar-nasty-name.bin']],
  ['chain-session', ['55/chain/real-session.bin']],
  ['chain-hex', ['55/chain/built-blob-unknown.bin', '--hex']],
  ['frame-window', ['55/frames/window-class.bin']],
  ['captures', ['55/udfs/scalar-make-capturing-proto-1-constructor-2-0-3-1-k-none-i64-i6.bin']],
  ['outer-name', ['55/udfs/scalar-outer-outer.bin']],
  ['plan', ['55/plans/logical-aggregate-udf.bin']],
  ['plan-physical', ['55/plans/physical-select-s-sum-x-count-distinct-i-from-v-group-by-s-having.bin']],
  ['schema', ['55/plans/schema-nested.arrows']],
  ['schema-nasty-names', ['55/plans/schema-nasty-names.arrows']],
  ['schema-hex', ['55/plans/schema-one.arrows', '--hex']],
  ['expr-list', ['55/plans/expr-list-3.bin']],
  ['literal-list-hex', ['55/literals/list-not-null.bin', '--hex']],
  ['as-physical', ['55/exprs/sql-i.bin', '--as', 'physical-expr']],
  ['deep', ['55/broken/proto-not-depth-200.bin']],
  ['broken-cut', ['55/broken/cut-aggregate-020.bin']],
  ['broken-cut-hex', ['55/broken/cut-aggregate-020.bin', '--hex']],
  ['broken-version', ['55/broken/header-scalar-version-2.bin']],
  ['broken-header', ['55/broken/header-scalar-cut-08.bin']],
  ['broken-family', ['55/broken/frame-scalar-in-aggregate-node.bin']],
  ['broken-chain-version', ['55/broken/chain-version-2.bin']],
  ['broken-chain-id', ['55/broken/chain-id-not-utf8.bin']],
  ['broken-body', ['55/broken/body-scalar-no-stop.bin']],
  ['broken-body-hex', ['55/broken/body-scalar-opcode.bin', '--hex', '--pickle']],
  ['broken-body-shape', ['55/broken/frame-list.bin']],
  ['broken-schema', ['55/broken/frame-schema-cut.bin']],
  ['broken-tag', ['55/broken/proto-tag-zero.bin']],
  ['broken-utf8', ['55/broken/proto-name-not-utf8.bin']],
  ['broken-varint', ['55/broken/proto-varint-never-ends.bin']],
  ['broken-length', ['55/broken/proto-length-4gb.bin']],
  ['limit', ['main/count_above_10.bin', '--max-bytes', '100']],
  ['usage', ['main/count_above_10.bin', '--as', 'nothing']],
];

async function transcriptOf(args: readonly string[]): Promise<string> {
  const folder = process.cwd();
  process.chdir('fixtures');
  try {
    const { status, stdout, stderr } = await inspectInProcess(args);
    return `$ dfx inspect ${args.join(' ')}\n--- stdout\n${stdout}--- stderr\n${stderr}--- exit ${status}\n`;
  } finally {
    process.chdir(folder);
  }
}

for (const [name, args] of COMMANDS) {
  test(`dfx inspect ${args.join(' ')}`, async () => {
    const path = join(FOLDER, `${name}.txt`);
    const found = await transcriptOf(args);
    if (UPDATE === '1') writeFileSync(path, found);
    assert.ok(existsSync(path), `${path} is missing: make it with --update`);
    assert.equal(found, readFileSync(path, 'utf8'));
  });
}

test('each transcript belongs to a command', () => {
  const known = COMMANDS.map(([name]) => `${name}.txt`).sort();
  assert.deepEqual(readdirSync(FOLDER).sort(), known);
});
