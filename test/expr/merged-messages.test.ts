/** A message that stands twice is merged by a receiver, wherever the second one stands: the model must not show the last alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePayload } from '../../src/expr/payload.ts';

/** A protobuf field of a length-delimited type. */
function field(number: number, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  assert.ok(body.length < 128);
  return Buffer.concat([Buffer.from([(number << 3) | 2, body.length]), body]);
}

const column = (name: string): Buffer => field(1, field(1, name));
const plus = (left: string, right: string): Buffer =>
  field(4, field(1, column(left)), field(1, column(right)), field(3, 'Plus'));

// python:55.0.0 reads `a + b + c + a AS z` from both
test('AliasNode.expr twice, side by side', () => {
  const bytes = field(2, field(1, plus('a', 'b')), field(1, plus('c', 'a')), field(2, 'z'));
  const [found] = decodePayload(bytes, { as: 'expr' }).exprs;
  assert.equal(found?.expr.kind, 'opaque');
});

test('AliasNode.expr twice, with the alias between them', () => {
  const bytes = field(2, field(1, plus('a', 'b')), field(2, 'z'), field(1, plus('c', 'a')));
  const [found] = decodePayload(bytes, { as: 'expr' }).exprs;
  assert.equal(found?.expr.kind, 'opaque');
  assert.deepEqual(
    found?.notes.map(({ code, message }) => [code, message]),
    [['DUPLICATE_FIELD', 'a message stands twice where one belongs; a receiver merges the two']],
  );
});

test('fields out of order without a repetition keep their model', () => {
  const [found] = decodePayload(field(2, field(2, 'z'), field(1, column('a'))), { as: 'expr' }).exprs;
  assert.equal(found?.expr.kind, 'alias');
});
