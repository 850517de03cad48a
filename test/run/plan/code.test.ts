/** Code in a payload is found wherever it hides: what the model does not show counts too. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DecodeOptions, decodePayload } from '../../../src/expr/payload.ts';
import { type CarriedCode, carriedCode } from '../../../src/run/plan/code.ts';
import { checkPolicy } from '../../../src/run/plan/policy.ts';

const fixtures = join(import.meta.dirname, '../../../fixtures');

function codeOf(bytes: Uint8Array, options: DecodeOptions = {}): CarriedCode {
  const [found] = decodePayload(bytes, options).exprs;
  assert.ok(found !== undefined);
  return carriedCode(found.expr, found.bytes, found.span.start);
}

/** A protobuf field of a length-delimited type. */
function field(number: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  assert.ok(bytes.length < 128);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

const INLINE = { strict: false, sandbox: 'on' } as const;
const TRUSTED = { strict: false, sandbox: 'off' } as const;
const STRICT = { strict: true, sandbox: 'off' } as const;

test('the definitions of a payload are found with their names and places', () => {
  const bytes = readFileSync(join(fixtures, 'main/count_above_10.bin'));
  const { definitions, hidden } = codeOf(bytes);
  assert.deepEqual(
    definitions.map(({ name, family, offset, definition }) => [name, family, offset, definition.outcome]),
    [['above_10', 'scalar', bytes.indexOf('DFPYUDF'), 'frame']],
  );
  assert.deepEqual(hidden, []);
});

test('in a pickle the place is the pickle’s', () => {
  const bytes = readFileSync(join(fixtures, 'main/count_above_10.pkl'));
  assert.equal(codeOf(bytes).definitions[0]?.offset, bytes.indexOf('DFPYUDF'));
});

test('a magic in a literal or a column name is text', () => {
  // LogicalExprNode { column: Column { name: "DFPYUDF" } }
  assert.deepEqual(codeOf(field(1, field(1, 'DFPYUDF'))), { definitions: [], hidden: [] });
});

test('a magic that no function node accounts for counts as code', () => {
  // a column, and a field that this version does not know
  const unknown = Buffer.from([0x82, 0xfa, 0x01, 16]); // field 4000, 16 bytes
  const bytes = Buffer.concat([field(1, field(1, 'a')), unknown, Buffer.from('DFPYUDW and more')]);
  const code = codeOf(bytes, { as: 'expr' });
  assert.deepEqual(code.definitions, []);
  assert.deepEqual(code.hidden, [{ offset: bytes.indexOf('DFPYUDW'), magic: 'DFPYUDW', language: 'python' }]);
  checkPolicy(code, TRUSTED, null, null);
  checkPolicy(code, INLINE, null, null);
  assert.throws(() => checkPolicy(code, INLINE, null, 'the kernel is too old'), {
    code: 'SANDBOX_UNAVAILABLE',
    message: 'the payload carries what may be an inline UDF (DFPYUDW), and there is no sandbox: the kernel is too old',
  });
  assert.throws(() => checkPolicy(code, STRICT, null, null), {
    code: 'STRICT',
    message: 'found the magic DFPYUDW of an inline UDF outside of every function node',
  });
});

test('the stamp is held against the Python that would run the frame', () => {
  const code = codeOf(readFileSync(join(fixtures, 'main/custom_sum.bin')));
  checkPolicy(code, TRUSTED, { python: { major: 3, minor: 11 }, path: '/p' }, null);
  assert.throws(() => checkPolicy(code, STRICT, { python: { major: 3, minor: 12 }, path: '/p' }, null), {
    code: 'PYTHON_MISMATCH',
    message: 'the aggregate UDF "my_sum" was made by Python 3.11, and /p is Python 3.12',
    hint: 'name a Python 3.11 with --python, or make one with `dfx env create --python python3.11`',
  });
});

test('a stamp that no Python has is damage, and nothing to install', () => {
  const bytes = Buffer.from(readFileSync(join(fixtures, 'main/custom_sum.bin')));
  bytes[bytes.indexOf('DFPYUDA') + 8] = 252;
  assert.throws(() => checkPolicy(codeOf(bytes), TRUSTED, { python: { major: 3, minor: 11 }, path: '/p' }, null), {
    code: 'PYTHON_MISMATCH',
    message: 'the aggregate UDF "my_sum" was made by Python 252.11, and /p is Python 3.11',
    hint: "there is no Python 252.11: the bytes behind the frame's version are damaged; have the sender encode it again",
  });
});
