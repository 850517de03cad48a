import assert from 'node:assert/strict';
import { test } from 'node:test';
import { col, fn, lit } from '../../src/expr/builder.ts';
import { exprToProto } from '../../src/expr/proto/index.ts';
import { opcodeLines, pickleListings } from '../../src/inspect/opcodes.ts';
import { inspect, inspectPayload } from '../../src/inspect/report.ts';
import { fixtureBytes } from './fixtures.ts';

test('literals become placeholders of their type and size', () => {
  const bytes = exprToProto(
    col('name')
      .eq(lit('secret', 'Utf8'))
      .and(col('n').gt(lit(42))).expr,
  );
  const report = inspectPayload(bytes, { redact: true });
  assert.equal(report.redacted, true);
  assert.equal(report.expression?.sql, 'name = $Utf8_6_bytes AND n > $Int64');
  assert.deepEqual(report.expression?.columns, [
    { name: 'name', relation: null },
    { name: 'n', relation: null },
  ]);
});

test('captured values go, their names, types and sizes stay', () => {
  const plain = inspectPayload(fixtureBytes('main/count_above_10.bin')).udfs[0]?.callable;
  const redacted = inspectPayload(fixtureBytes('main/count_above_10.bin'), { redact: true }).udfs[0]?.callable;
  assert.deepEqual(plain?.captures, [{ name: 'threshold', type: 'int', value: '10', bytes: 2 }]);
  assert.deepEqual(redacted?.captures, [{ name: 'threshold', type: 'int', value: null, bytes: 2 }]);
  assert.equal(redacted?.qualname, 'make_above.<locals>.above');
});

test('opcodes keep their names only', () => {
  const inspection = inspect(fixtureBytes('55/frames/scalar-closure.bin'), { redact: true });
  const [listing] = pickleListings(inspection);
  assert.ok(listing !== undefined);
  const lines = [...opcodeLines(listing.reading, true)];
  const texts = lines.filter(({ opcode }) => opcode === 'SHORT_BINUNICODE' || opcode === 'BININT1');
  assert.ok(texts.length > 10);
  for (const { text } of texts) assert.match(text, /^redacted, \d+ bytes$/);
});

test('a nest of 20,000 calls is redacted without a stack', () => {
  let expr = col('a');
  for (let level = 0; level < 20_000; level++) expr = fn('abs', expr);
  const { expression } = inspectPayload(exprToProto(expr.expr), { redact: true });
  assert.equal(expression?.depth, 20_001);
});
