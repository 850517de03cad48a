import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readPayload } from '../../../src/expr/payload.ts';
import { exprFromProto, exprToProto } from '../../../src/expr/proto/index.ts';

const fixtures = new URL('../../../fixtures/', import.meta.url);
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

test('every expression in every fixture gives its own bytes again', () => {
  const manifest: readonly { path: string; bytes: number }[] = JSON.parse(
    readFileSync(new URL('manifest.json', fixtures), 'utf8'),
  );
  let compared = 0;
  for (const { path, bytes: size } of manifest) {
    if (size === 0) continue;
    const payload = readPayload(new Uint8Array(readFileSync(new URL(path, fixtures))));
    if (payload.error !== null) continue;
    for (const { expr, bytes: own } of payload.exprs) {
      assert.ok(Buffer.compare(exprToProto(expr), own) === 0, path);
      compared++;
    }
  }
  assert.ok(compared > 6000, `only ${compared} expressions`);
});

test('an expression without oddities carries no bytes of its own', () => {
  // NOT a
  const { expr, oddities, notes } = exprFromProto(bytes('42 07 0a 05 0a 03 0a 01 61'), { base: 10 });
  assert.deepEqual(expr, {
    kind: 'not',
    expr: { kind: 'column', name: 'a', relation: null, span: { start: 14, end: 19 } },
    span: { start: 10, end: 19 },
  });
  assert.deepEqual([oddities, notes], [[], []]);
});

test('odd bytes stay with the innermost expression around them', () => {
  // NOT of a column whose name has an overlong length
  const source = bytes('42 08 0a 06 0a 04 0a 81 00 61');
  const { expr } = exprFromProto(source);
  assert.deepEqual(expr, {
    kind: 'not',
    expr: {
      kind: 'column',
      name: 'a',
      relation: null,
      span: { start: 4, end: 10 },
      raw: bytes('0a 04 0a 81 00 61'),
    },
    span: { start: 0, end: 10 },
  });
  assert.deepEqual(exprToProto(expr), source);
});

const OPAQUE: readonly (readonly [what: string, hex: string, code: string, message: string, offset: number])[] = [
  ['nothing inside', '42 00', 'MISSING_FIELD', 'Not has no expr', 0],
  [
    'a variant of the future',
    'd2 0f 00',
    'UNKNOWN_VARIANT',
    'LogicalExprNode has the variant 250, which DataFusion 55 does not have',
    0,
  ],
  ['an Int8 of 300', '1a 03 20 ac 02', 'BAD_VALUE', 'Int8 literal holds 300', 2],
  [
    'one operand',
    '22 0d 0a 05 0a 03 0a 01 61 1a 04 50 6c 75 73',
    'MISSING_FIELD',
    'BinaryExprNode has no second operand',
    0,
  ],
];

for (const [what, hex, code, message, offset] of OPAQUE) {
  test(`${what}: told, and kept as bytes`, () => {
    const { expr, notes } = exprFromProto(bytes(hex));
    assert.equal(expr.kind, 'opaque');
    assert.deepEqual(notes, [{ code, message, offset }]);
    assert.deepEqual(exprToProto(expr), bytes(hex));
  });
}

test('a decimal whose scale is no byte is not shown as another number', () => {
  const value = `${'00'.repeat(15)}7b`;
  const { expr, notes } = exprFromProto(bytes(`1a 1a a2 01 17 0a 10 ${value} 10 05 18 ac 02`));
  assert.equal(expr.kind, 'opaque');
  assert.deepEqual(notes, [
    { code: 'BAD_VALUE', message: 'Decimal128 literal has the precision 5 and the scale 300', offset: 2 },
  ]);
});
