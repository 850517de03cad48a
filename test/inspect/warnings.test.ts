import assert from 'node:assert/strict';
import { test } from 'node:test';
import { col, lit, udf } from '../../src/expr/builder.ts';
import type { Expr } from '../../src/expr/model.ts';
import { readPayload } from '../../src/expr/payload.ts';
import { exprToProto } from '../../src/expr/proto/index.ts';
import { payloadWarnings } from '../../src/inspect/findings.ts';
import type { Warning } from '../../src/inspect/model.ts';
import { inspectPayload } from '../../src/inspect/report.ts';
import { toBase64 } from '../../src/wire/encoding.ts';
import { writeJsUdf } from '../../src/wire/js-udf.ts';
import { fixtureBytes, manifest } from './fixtures.ts';

function warningsOf(path: string): readonly Warning[] {
  return inspectPayload(fixtureBytes(path)).warnings;
}

function messagesOf(path: string, code: string): readonly string[] {
  return warningsOf(path).flatMap((each) => (each.code === code ? [`${each.offset}: ${each.message}`] : []));
}

test('warns of the recursion limit exactly where the real receiver refuses', () => {
  let refused = 0;
  for (const { path, container, receiver, category } of manifest) {
    if (container !== 'expr' || receiver === null || category === 'udfs') continue;
    const report = inspectPayload(fixtureBytes(path), { as: 'expr' });
    if (report.error !== null) continue;
    const isWarned = report.warnings.some(({ code }) => code === 'RECURSION_LIMIT');
    const isRefused = receiver.error?.includes('recursion limit reached') === true;
    assert.equal(isWarned, isRefused, `${path}: ${receiver.error?.slice(0, 200)}`);
    if (isRefused) refused++;
  }
  assert.ok(refused > 5, `${refused} fixtures are refused`);
});

test('warns of operators exactly where the real receiver knows none', () => {
  for (const { path, container, receiver, category } of manifest) {
    if (container !== 'expr' || receiver === null || category !== 'exprs') continue;
    const isWarned = warningsOf(path).some(({ code }) => code === 'OPERATOR_UNREADABLE');
    const isRefused = receiver.error?.includes('Unsupported binary operator') === true;
    assert.equal(isWarned, isRefused, `${path}: ${receiver.error?.slice(0, 200)}`);
  }
});

/** One fixture for each, with the whole message. */
const EXAMPLES: readonly (readonly [code: string, path: string, message: string])[] = [
  [
    'UDF_NAME_DIFFERS',
    '55/udfs/scalar-outer-outer.bin',
    `21: the call says "outer" and the frame "inner"; the receiver uses the frame's`,
  ],
  [
    'RECURSION_LIMIT',
    '55/exprs/nested-abs-50.bin',
    '0: 102 messages stand inside each other, and receivers stop at 100 ("recursion limit reached")',
  ],
  [
    'OPERATOR_UNREADABLE',
    '55/exprs/sql-i-divided-by-divided-by-2.bin',
    '0: the operator IntegerDivide can be written but not read by DataFusion 54 and 55',
  ],
  ['METADATA_DROPPED', '55/exprs/py-col-a-alias-b-metadata-eq-unit-m.bin', "0: receivers drop an alias's metadata"],
  ['UDF_BY_NAME', '55/by-name/strict-scalar.bin', '3: the scalar UDF "above_10" travels by name'],
  [
    'UDF_NAME_BUILT_IN',
    '55/by-name/built-definition-other-codec.bin',
    '3: the scalar UDF "abs" travels by name, and a receiver that has no UDF of this name takes the built-in function in silence',
  ],
  ['EMPTY_DEFINITION', '55/by-name/built-definition-empty.bin', '17: the scalar UDF "abs" has a definition of 0 bytes'],
  [
    'CODEC_NOT_PORTABLE',
    '55/chain/built-anonymous.bin',
    '70: the scalar UDF "plain" was written by "anon:0123456789abcdef0123456789abcdef", which no other session can decode',
  ],
  [
    'CODEC_NEEDED',
    '55/chain/named-scalar.bin',
    '49: the extension codec "example.Codec" wrote the scalar UDF "above_10", and it alone can read it',
  ],
  [
    'NEWER_THAN_54',
    '55/functions/array-add.bin',
    "3: the function array_add came with DataFusion 55: an older receiver doesn't know it",
  ],
  [
    'UNKNOWN_FIELD',
    '55/broken/proto-unknown-field.bin',
    "5: LogicalExprNode has the field 99, which DataFusion 55 doesn't know",
  ],
  [
    'FAMILY_MISMATCH',
    '55/broken/frame-scalar-in-aggregate-node.bin',
    `24: a scalar UDF's frame stands in a call of the aggregate family, whose receiver doesn't take it and looks "above_10" up by name`,
  ],
  [
    'VOLATILITY_UNKNOWN',
    '55/broken/frame-volatility-unknown.bin',
    '23: the volatility of the scalar UDF "by_hand" is "sometimes", which the receiver refuses',
  ],
  [
    'PYTHON_STAMP',
    'main/count_above_10.bin',
    '40: the scalar UDF "above_10" is bytecode for Python 3.11 and nothing else',
  ],
];

test('says what is odd, where, in whole sentences', () => {
  for (const [code, path, message] of EXAMPLES) {
    const found = messagesOf(path, code);
    assert.deepEqual(found, [message], `${code} ${path}`);
  }
});

test('says what follows a pickle, and what is in it beside expressions', () => {
  const [trailing] = warningsOf('55/pickles/plain-then-more.pkl').filter(({ code }) => code === 'TRAILING_BYTES');
  assert.equal(trailing?.message, "35 bytes follow the pickle's STOP");
  const [rebuilt, ...others] = messagesOf('55/pickles/plain-cloudpickle.pkl', 'PICKLE_REBUILT');
  assert.match(
    rebuilt ?? '',
    /^\d+: cloudpickle sent Expr\._reconstruct along: loading the pickle runs the sender's own code$/,
  );
  assert.deepEqual(others, []);
  const [foreign, ...more] = messagesOf('55/pickles/plain-cloudpickle.pkl', 'PICKLE_FOREIGN');
  assert.match(foreign ?? '', /^\d+: the pickle holds .+, .+, .+ and \d+ more beside its expressions$/);
  assert.deepEqual(more, []);
});

test('says that a pickle holds no expression', () => {
  // pickle.dumps([1], 0)
  const bytes = new TextEncoder().encode('(lp0\nI1\na.');
  const found = inspectPayload(bytes, { as: 'pickle' }).warnings.find(
    ({ code }) => code === 'PICKLE_WITHOUT_EXPRESSION',
  );
  assert.equal(found?.message, 'the pickle holds no expression');
  assert.equal(found?.offset, 0);
});

test('a plain expression has no warning', () => {
  assert.deepEqual(warningsOf('55/exprs/sql-i-plus-j.bin'), []);
});

test('counts aliases inside each other', () => {
  let expr: Expr = { kind: 'column', name: 'a', relation: null };
  for (let level = 0; level < 20; level++)
    expr = { kind: 'alias', expr, name: `n${level}`, relation: null, metadata: [] };
  const { warnings } = inspectPayload(exprToProto(expr));
  assert.deepEqual(
    warnings.map(({ code, message }) => `${code}: ${message}`),
    ['ALIAS_NESTING: 20 aliases stand inside each other, which takes the receiver 2^20 steps to plan'],
  );
});

test('finds a frame where no definition is', () => {
  const frame = fixtureBytes('55/frames/scalar-closure.bin');
  const bytes = exprToProto(lit(frame).expr);
  const { warnings } = inspectPayload(bytes);
  assert.deepEqual(
    warnings.map(({ code, message, offset }) => ({ code, message, offset })),
    [
      {
        code: 'HIDDEN_FRAME',
        message: 'an inline UDF frame stands where no function definition is',
        offset: bytes.length - frame.length,
      },
    ],
  );
});

test('counts a definition once, and its uses', () => {
  const definition = fixtureBytes('55/frames/scalar-closure.bin');
  const above = udf('above_10', { definition });
  const bytes = exprToProto(above(above(col('a'))).expr);
  const { udfs } = inspectPayload(bytes);
  assert.equal(udfs.length, 1);
  assert.equal(udfs[0]?.uses, 2);
  assert.equal(udfs[0]?.offsets.length, 2);
});

test('a JavaScript UDF is told with its captures', () => {
  const definition = writeJsUdf({
    family: 'scalar',
    name: 'add',
    entry: 'add',
    source: 'const add = (x) => x + n;',
    captures: [['n', 10]],
    inputs: [{ name: 'x', type: { kind: 'Int64' }, nullable: true, metadata: [] }],
    returns: { name: 'value', type: { kind: 'Int64' }, nullable: true, metadata: [] },
    state: null,
    volatility: 'immutable',
    mode: 'row',
  });
  const { udfs, warnings } = inspectPayload(exprToProto(udf('add', { definition })(col('a')).expr));
  assert.deepEqual(udfs[0]?.callable?.captures, [{ name: 'n', type: 'number', value: '10', bytes: 8 }]);
  assert.equal(udfs[0]?.callable?.source, 'const add = (x) => x + n;');
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['JAVASCRIPT_UDF'],
  );
});

test('takes base64 off, and counts offsets without it', () => {
  const inner = exprToProto(col('a').expr);
  const report = inspectPayload(new TextEncoder().encode(toBase64(inner)));
  assert.equal(report.encoding, 'base64');
  assert.equal(report.payloadBytes, inner.length);
  assert.equal(report.expression?.sql, 'a');
});

test('says that other encodings give a payload too, unless the user chose one', () => {
  const payload = { ...readPayload(fixtureBytes('55/exprs/sql-i-plus-j.bin')), otherEncodings: ['base64'] as const };
  const facts = { payload, udfs: [], alternatives: [], chosen: false };
  assert.deepEqual(payloadWarnings({ ...facts, settled: false }), [
    {
      code: 'AMBIGUOUS_ENCODING',
      severity: 'warning',
      message: 'the bytes are taken as raw, and are a valid payload as base64 too',
      offset: 0,
      hint: 'settle it with --encoding raw or --encoding base64',
    },
  ]);
  assert.deepEqual(payloadWarnings({ ...facts, settled: true }), []);
});
