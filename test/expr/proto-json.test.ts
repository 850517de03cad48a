import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readProtoJson, writeProtoJson } from '../../src/expr/proto-json.ts';
import { readBase64 } from '../../src/expr/proto-json-base64.ts';
import { floatText } from '../../src/expr/proto-json-floats.ts';
import { DfxError } from '../../src/wire/errors.ts';

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function problem(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DfxError) return `${error.code} ${error.offset}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

// What serde_json and pbjson of datafusion-proto-models 55.2.0 write for these payloads (scripts/rust-oracle).
const WRITTEN_BY_RUST: readonly (readonly [string, string])[] = [
  ['exprs/sql-i.bin', '{"column":{"name":"i","relation":{"relation":"t"}}}'],
  ['exprs/sql-5.bin', '{"literal":{"int64Value":"-5"}}'],
  [
    'exprs/sql-case-when-p-then-1-end.bin',
    '{"case":{"whenThenExpr":[{"whenExpr":{"column":{"name":"p","relation":{"relation":"t"}}},"thenExpr":{"literal":{"int64Value":"1"}}}]}}',
  ],
  [
    'exprs/sql-cast-dollar-1-as-bigint.bin',
    '{"cast":{"expr":{"placeholder":{"id":"$1"}},"arrowType":{"INT64":{}},"nullable":true}}',
  ],
  [
    'exprs/sql-select-1.bin',
    '{"scalarSubqueryExpr":{"subquery":{"subquery":{"projection":{"input":{"emptyRelation":{"produceOneRow":true}},"expr":[{"literal":{"int64Value":"1"}}]}}}}}',
  ],
  [
    'functions/py-cume-dist.bin',
    '{"windowExpr":{"windowFrame":{"startBound":{"windowFrameBoundType":"PRECEDING","boundValue":{"nullValue":{"UINT64":{}}}},"bound":{"windowFrameBoundType":"FOLLOWING","boundValue":{"nullValue":{"UINT64":{}}}}},"udwf":"cume_dist"}}',
  ],
  [
    'exprs/lambda-array-transform-li-v-gt-v-plus-1.bin',
    '{"higherOrderUdfExpr":{"funName":"array_transform","args":[{"column":{"name":"li","relation":{"relation":"t"}}},{"lambda":{"params":["v"],"body":{"binaryExpr":{"operands":[{"lambdaVariable":{"name":"v","field":{"name":"v","arrowType":{"INT64":{}},"nullable":true}}},{"literal":{"int64Value":"1"}}],"op":"Plus"}}}}]}}',
  ],
];

test('writes the text that the Rust crates write, and reads it back to the same bytes', () => {
  for (const [path, json] of WRITTEN_BY_RUST) {
    const bytes = new Uint8Array(readFileSync(new URL(`../../fixtures/55/${path}`, import.meta.url)));
    assert.equal(writeProtoJson(bytes), json, path);
    assert.equal(hexOf(readProtoJson(json)), hexOf(bytes), path);
  }
});

// The bytes that the Rust reader makes of these texts (scripts/rust-oracle, message ScalarValue).
const READ_BY_RUST: readonly (readonly [string, string])[] = [
  ['{"float64Value":"NaN"}', '69000000000000f87f'],
  ['{"float64Value":"-NaN"}', '69000000000000f8ff'],
  ['{"float32Value":"-nan"}', '650000c0ff'],
  ['{"float64Value":"-Infinity"}', '69000000000000f0ff'],
  ['{"float64Value":"+inf"}', '69000000000000f07f'],
  ['{"float64Value":"1e999"}', '69000000000000f07f'],
  ['{"float64Value":-0.0}', '690000000000000080'],
  ['{"float64Value":-0}', '690000000000000080'],
  ['{"float64Value":".5"}', '69000000000000e03f'],
  ['{"float64Value":"5."}', '690000000000001440'],
  ['{"float32Value":0.1}', '65cdcccc3d'],
  ['{"float32Value":1e39}', '650000807f'],
  ['{"int64Value":"+007"}', '3807'],
  ['{"int64_value":7}', '3807'],
  ['{"int8Value":300}', '20ac02'],
  ['{"int32Value":"-0"}', '3000'],
  ['{"int64Value":null}', ''],
  ['{"binaryValue":"_-8"}', 'e20102ffef'],
  ['{"binaryValue":"AA="}', 'e2010100'],
];

test('reads numbers, names and base64 as the Rust readers do', () => {
  for (const [json, hex] of READ_BY_RUST) assert.equal(hexOf(readProtoJson(json, 'ScalarValue')), hex, json);
});

test('refuses what the Rust readers refuse, naming the field and the offset in the text', () => {
  const int64 = 'expected a whole number from -9223372036854775808 to 9223372036854775807';
  const float = 'expected a number, or "NaN", "Infinity" or "-Infinity"';
  const cases: readonly (readonly [string, string])[] = [
    ['{"int64Value":1.0}', `JSON_SHAPE 14: found 1.0 for ScalarValue.int64Value, ${int64}`],
    ['{"int64Value":1e2}', `JSON_SHAPE 14: found 1e2 for ScalarValue.int64Value, ${int64}`],
    ['{"int64Value":" 7"}', `JSON_SHAPE 14: found  7 for ScalarValue.int64Value, ${int64}`],
    [
      '{"int64Value":9223372036854775808}',
      `JSON_SHAPE 14: found 9223372036854775808 for ScalarValue.int64Value, ${int64}`,
    ],
    [
      '{"uint32Value":-0}',
      'JSON_SHAPE 15: found -0 for ScalarValue.uint32Value, expected a whole number from 0 to 4294967295',
    ],
    ['{"float64Value":1e999}', `JSON_SHAPE 16: found 1e999 for ScalarValue.float64Value, ${float}`],
    ['{"float64Value":"0x10"}', `JSON_SHAPE 16: found 0x10 for ScalarValue.float64Value, ${float}`],
    ['{"float64Value":"1_0"}', `JSON_SHAPE 16: found 1_0 for ScalarValue.float64Value, ${float}`],
    [
      '{"boolValue":"true"}',
      'JSON_SHAPE 13: found the string "true" for ScalarValue.boolValue, expected true or false',
    ],
    ['{"binaryValue":"_+8"}', 'JSON_SHAPE 15: found standard and URL-safe base64 mixed for ScalarValue.binaryValue'],
    [
      '{"binaryValue":"A"}',
      'JSON_SHAPE 15: found base64 of 1 digits, which is no whole number of bytes for ScalarValue.binaryValue',
    ],
    [
      '{"binaryValue":"AB=="}',
      'JSON_SHAPE 15: found base64 whose last digit has bits beyond the last byte for ScalarValue.binaryValue',
    ],
    ['{"binaryValue":"A A="}', 'JSON_SHAPE 15: found " " in base64 for ScalarValue.binaryValue'],
    ['{"int64Value":1,"int32Value":2}', 'JSON_SHAPE 16: found a second member of the oneof value, expected one'],
    ['{"int64Value":1,"int64_value":2}', 'JSON_SHAPE 16: found a second member of the oneof value, expected one'],
    ['[]', 'JSON_SHAPE 0: found an array for ScalarValue, expected an object'],
    ['{"nullValue":{"NONE":[]}}', 'JSON_SHAPE 21: found an array for ArrowType.NONE, expected an object'],
    ['{"int64Value":1', "JSON_SYNTAX 15: found the end of the text, expected ',' or '}'"],
  ];
  for (const [json, expected] of cases)
    assert.equal(
      problem(() => readProtoJson(json, 'ScalarValue')),
      expected,
      json,
    );
});

test('an unknown field is refused with its offset; names from the text are names only', () => {
  assert.equal(
    problem(() => readProtoJson('{"column":{"name":"a","__proto__":{}}}')),
    'JSON_SHAPE 22: found the unknown field "__proto__" in Column, expected one of name, relation',
  );
  assert.equal(
    problem(() => readProtoJson('{"preserveNulls":true}', 'UnnestOptions')),
    'JSON_SHAPE 1: found the field "preserveNulls" in UnnestOptions, which DataFusion 55 dropped, expected one of recursions, nullHandling',
  );
  assert.equal(
    problem(() => readProtoJson('{"nullHandling":"KEEP"}', 'UnnestOptions')),
    'JSON_SHAPE 16: found "KEEP" for UnnestOptions.nullHandling, expected one of PRESERVE, DROP, PRESERVE_AND_EXPAND_EMPTY',
  );
  assert.equal(hexOf(readProtoJson('{"nullHandling":1}', 'UnnestOptions')), '1801');
  assert.equal(
    problem(() => readProtoJson('{"alias":{"metadata":{"k":"1","k":"2"}}}')),
    'JSON_SHAPE 30: found the key "k" twice in AliasNode.metadata',
  );
});

test('map keys keep their order, integer-like and __proto__ ones too', () => {
  const hex =
    '12 26 22 07 0a02 3130 1201 61  22 06 0a01 32 1201 62  22 0e 0a09 5f5f70726f746f5f5f 1201 63  22 03 1201 64';
  const json = '{"alias":{"metadata":{"10":"a","2":"b","__proto__":"c","":"d"}}}';
  assert.equal(writeProtoJson(bytesOf(hex)), json);
  assert.equal(hexOf(readProtoJson(json)), hexOf(bytesOf(hex)));
});

test('fields are written in the order of prost, whatever the order of the text', () => {
  assert.equal(
    hexOf(readProtoJson('{"alias":{"alias":"x","expr":{"column":{"name":"a"}}}}')),
    '120a0a050a030a0161120178',
  );
});

// bytes, refusal, and what prost reads from them as the Rust crates' JSON shows it (null where a NaN stands)
const ODD: readonly (readonly [string, string, string])[] = [
  [
    '0a8300 0a0161',
    "0: found a varint of more bytes than its value needs (LogicalExprNode.column), which proto JSON can't express",
    '{"column":{"name":"a"}}',
  ],
  [
    '0a03 0a0161 f83f01',
    "5: found a field that DataFusion 55 doesn't know (LogicalExprNode.#1023), which proto JSON can't express",
    '{"column":{"name":"a"}}',
  ],
  [
    '0a03 0a0161 0a03 0a0162',
    "5: found a field that stands twice where one counts (LogicalExprNode.column), which proto JSON can't express",
    '{"column":{"name":"b"}}',
  ],
  [
    '0a03 0a0161 1a02 3807',
    "5: found a field that stands twice where one counts (LogicalExprNode.literal), which proto JSON can't express",
    '{"literal":{"int64Value":"7"}}',
  ],
  [
    '120a 120178 0a05 0a03 0a0161',
    "5: found a field behind one that the real writer puts after it (AliasNode.expr), which proto JSON can't express",
    '{"alias":{"expr":{"column":{"name":"a"}},"alias":"x"}}',
  ],
  [
    '0a02 0a00',
    "2: found a default value that the real writer leaves out (Column.name), which proto JSON can't express",
    '{"column":{}}',
  ],
  [
    '2a00',
    "0: found LogicalExprNode.aggregate_expr, a field that DataFusion 41 dropped, which proto JSON can't express",
    '{}',
  ],
];

test('what proto JSON has no words for is refused with its offset; --lossy drops it as prost does', () => {
  for (const [hex, refusal, lossy] of ODD) {
    assert.equal(
      problem(() => writeProtoJson(bytesOf(hex))),
      `UNREPRESENTABLE ${refusal}`,
      hex,
    );
    const written = writeProtoJson(bytesOf(hex), 'LogicalExprNode', { lossy: true });
    assert.deepEqual(
      JSON.parse(written),
      lossy === '{"column":{}}' ? { column: { name: '' } } : JSON.parse(lossy),
      hex,
    );
  }
});

test('an enum number without a name, NaN payloads and equal map keys are refused', () => {
  const refused = (hex: string, message?: string) => problem(() => writeProtoJson(bytesOf(hex), message));
  assert.equal(
    refused('9a0102 3809'),
    "UNREPRESENTABLE 3: found the number 9 for the enum NullTreatment, which has no such value in DataFusion 55 (null_treatment), which proto JSON can't express",
  );
  assert.equal(
    refused('1a09 69 010000000000f07f'),
    "UNREPRESENTABLE 2: found a NaN with payload bits (float64_value), which proto JSON can't express",
  );
  assert.equal(writeProtoJson(bytesOf('1a09 69 000000000000f8ff')), '{"literal":{"float64Value":"-NaN"}}');
  assert.equal(
    refused('1210 2206 0a016b 120131 2206 0a016b 120132'),
    'UNREPRESENTABLE 10: found the key "k" twice in a map (metadata), which proto JSON can\'t express',
  );
  assert.equal(
    refused('0801', 'UniqueConstraint'),
    "UNREPRESENTABLE 0: found a list of numbers that is not packed (UniqueConstraint.indices), which proto JSON can't express",
  );
  assert.equal(writeProtoJson(bytesOf('0a03 01ac02'), 'UniqueConstraint'), '{"indices":["1","300"]}');
});

test('the offset counts from the start of the payload', () => {
  assert.equal(
    problem(() => writeProtoJson(bytesOf('0a02 0a00'), 'LogicalExprNode', { base: 100 })),
    "UNREPRESENTABLE 102: found a default value that the real writer leaves out (Column.name), which proto JSON can't express",
  );
});

test('20,000 nested NOTs go both ways without recursion', () => {
  const depth = 20_000;
  const json = `${'{"notExpr":{"expr":'.repeat(depth)}{"column":{"name":"a"}}${'}}'.repeat(depth)}`;
  const bytes = readProtoJson(json);
  assert.equal(writeProtoJson(bytes), json);
});

test('a list of 150,000 literals goes both ways', () => {
  const json = `{"inList":{"expr":{"column":{"name":"a"}},"list":[${'{"literal":{"int64Value":"1"}},'.repeat(149_999)}{"literal":{"int64Value":"1"}}]}}`;
  assert.equal(writeProtoJson(readProtoJson(json)) === json, true);
});

test('base64 is taken as the Rust crate takes it', () => {
  for (let length = 0; length < 300; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 151 + length * 7) & 0xff);
    const text = Buffer.from(bytes).toString('base64');
    for (const form of [text, text.replaceAll('=', ''), Buffer.from(bytes).toString('base64url')]) {
      assert.deepEqual(readBase64(form), bytes, form);
    }
  }
  for (const [text, fault] of [
    ['AAAA=', 'base64 with too much padding'],
    ['AB=C', '"=" in base64'],
    ['A B', '" " in base64'],
    ['A\u00e9B', '"é" in base64'],
    ['A', 'base64 of 1 digits, which is no whole number of bytes'],
    ['+_AA', 'standard and URL-safe base64 mixed'],
    ['AB', 'base64 whose last digit has bits beyond the last byte'],
    ['AAB=', 'base64 whose last digit has bits beyond the last byte'],
    ['AA===', 'base64 with too much padding'],
  ] as const)
    assert.equal(readBase64(text), fault);
});

test('every 32-bit float has a text that is it again', () => {
  const view = new DataView(new ArrayBuffer(4));
  for (let step = 0; step < 200_000; step++) {
    const bits = Math.imul(step, 2654435761) >>> 0;
    view.setUint32(0, bits, true);
    const value = view.getFloat32(0, true);
    if (!Number.isFinite(value)) continue;
    const { text } = floatText(view);
    assert.ok(Object.is(Math.fround(Number(text)), value), `${bits.toString(16)} ${text}`);
  }
});
