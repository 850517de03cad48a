/** What people mistype, and what they are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromJson, toJson } from '../../../src/expr/json/index.ts';
import { decodePayload } from '../../../src/expr/payload.ts';
import { DfxError } from '../../../src/wire/errors.ts';

/** Offset, message and hint of the refusal. */
function refusal(document: unknown): readonly unknown[] {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  try {
    fromJson(text);
  } catch (error) {
    if (error instanceof DfxError)
      return [text.slice(error.offset, (error.offset ?? 0) + 12), error.message, error.hint];
    throw error;
  }
  return [];
}

const UDF = {
  name: 'f',
  family: 'scalar',
  inputs: ['Int64'],
  returns: 'Int64',
  volatility: 'immutable',
  python: { source: 'def f(a):\n    return a\n', entry: 'f', target: '3.11' },
};
const call = (...udfs: unknown[]): unknown => ({ expr: { udf: 'f', args: [{ col: 'a' }] }, udfs });
const source = (more: object): unknown => call({ ...UDF, python: { ...UDF.python, ...more } });

test('an operator of another language is refused, with the one that is meant', () => {
  const args = [{ col: 'a' }, { lit: 1 }];
  assert.deepEqual(refusal({ expr: { op: '==', args } }), [
    '"==","args":',
    `found the operator "==", which DataFusion doesn't have`,
    'write "="',
  ]);
  assert.deepEqual(refusal({ expr: { op: 'plus', args } }), [
    '"plus","args',
    `found the operator "plus", which DataFusion doesn't have`,
    'write it as SQL does, such as "+", "=", "AND" or "IS DISTINCT FROM"',
  ]);
  assert.deepEqual(
    fromJson(JSON.stringify({ expr: { op: 'and', args } })),
    fromJson(JSON.stringify({ expr: { op: 'AND', args } })),
  );
});

test('a payload with an operator that no engine has keeps its bytes', () => {
  // BinaryExprNode: two operands (field 1), op (field 2) "=="
  const bytes = Uint8Array.from(Buffer.from('22110a050a030a01610a041a0238011a023d3d', 'hex'));
  const json = toJson(decodePayload(bytes));
  assert.deepEqual(Object.keys(JSON.parse(json).expr), ['raw']);
  assert.deepEqual(fromJson(json).bytes, bytes);
});

test('a value or a name where an expression should stand is refused, with how to write it', () => {
  assert.deepEqual(refusal({ expr: { in: { col: 'a' }, list: [1] } }), [
    '1]}}',
    'found 1, expected an expression as an object',
    'such as {"lit": 1}',
  ]);
  assert.deepEqual(refusal({ expr: { not: 'a' } }), [
    '"a"}}',
    'found a string, expected an expression as an object',
    'such as {"col": "name"}, or {"lit": "text"}',
  ]);
});

test('a struct as an object is refused, with its form', () => {
  assert.deepEqual(refusal({ expr: { lit: { x: 1 }, type: 'Struct("x": Int64)' } }), [
    '{"x":1},"typ',
    'found an object, expected a value of Struct("x": Int64)',
    'write its fields as pairs: [["name", value], …]',
  ]);
});

test('a frame bound that is neither way is refused', () => {
  const frame = { units: 'ROWS', start: { preceeding: 1 }, end: 'current row' };
  assert.deepEqual(refusal({ expr: { call: 'sum', args: [{ col: 'a' }], over: { frame } } }), [
    '{"preceeding',
    'found neither "preceding" nor "following" in a frame bound',
    'such as {"preceding": 1}',
  ]);
});

test('nothing of a UDF is dropped in silence', () => {
  assert.deepEqual(refusal(call({ ...UDF, state: ['Int64'] })), [
    '["Int64"]}]}',
    'found "state" in a scalar UDF, which has none',
    'take it away',
  ]);
  assert.deepEqual(refusal(call({ ...UDF, bytes: 'AAEC' })), [
    '"bytes":"AAE',
    'found "bytes" beside "python" in a UDF',
    'leave one of them',
  ]);
  assert.deepEqual(refusal(call(UDF, { ...UDF, returns: 'Utf8' })), [
    '{"name":"f",',
    'found two UDFs "f" in "udfs"',
    'give one of them an "id", and call it by that',
  ]);
});

test('mistakes in a source UDF are refused where they stand', () => {
  assert.deepEqual(refusal(source({ entry: 'g' })), [
    '"g","target"',
    `found the entry "g", which the source doesn't name`,
    'name the function or class that the source defines',
  ]);
  assert.deepEqual(refusal(source({ imports: ['import pyarrow'] })), [
    '{"source":"d',
    'import "import pyarrow" is no module name',
    'write "module", "module as alias", "module:name" or "module:name as alias"',
  ]);
  assert.deepEqual(refusal(source({ target: '3' })), [
    '"3"}}]}',
    'found "3" for a Python version, expected one such as "3.11"',
    undefined,
  ]);
  // an import is an entry too, and so is a name that Python normalises
  assert.deepEqual(refusal(source({ source: 'pass\n', entry: 'g', imports: ['package:f as g'] })), []);
  assert.deepEqual(refusal(source({ source: 'def ﬁ(a): return a\n', entry: 'fi' })), []);
});
