import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromJson, toJson } from '../../../src/expr/json/index.ts';
import { decodePayload } from '../../../src/expr/payload.ts';
import { writePythonFrame } from '../../../src/wire/frame.ts';
import { readPickle, readSourceUdf } from '../../../src/wire/pickle/index.ts';

const FAMILIES = ['scalar', 'aggregate', 'window'] as const;
type Family = (typeof FAMILIES)[number];

const SOURCE = 'import math\n\ndef f(a):\n    return a\n';

function sourceDocument(family: Family): string {
  const udf = {
    name: `u_${family}`,
    family,
    inputs: ['Int64', { name: 'other', type: 'Utf8', nullable: false }],
    returns: 'Float64',
    ...(family === 'aggregate' ? { state: ['Int64', 'Float64'] } : {}),
    volatility: 'stable',
    python: {
      source: SOURCE,
      entry: 'f',
      captures: [
        ['threshold', 10],
        ['table', [1, ['x', null]]],
      ],
      imports: ['pyarrow.compute as pc'],
      target: '3.11',
    },
  };
  const over = family === 'window' ? { over: {} } : {};
  return JSON.stringify({ expr: { udf: udf.name, args: [{ col: 'a' }, { col: 'b' }], ...over }, udfs: [udf] });
}

test('a source UDF of each family comes back in source form, byte for byte', () => {
  for (const family of FAMILIES) {
    const { bytes } = fromJson(sourceDocument(family));
    const json = toJson(decodePayload(bytes));
    const [udf] = JSON.parse(json).udfs;
    assert.deepEqual(
      [udf.family, udf.python.source, udf.python.entry, udf.python.target, udf.frame],
      [family, SOURCE, 'f', '3.11', undefined],
    );
    assert.deepEqual(fromJson(json).bytes, bytes, family);
  }
});

/** The frame alone, which is a container of its own. */
function frameOf(family: Family): Uint8Array {
  const { bytes } = fromJson(sourceDocument(family));
  const text = Buffer.from(bytes).toString('latin1');
  const start = text.indexOf('DFPYUD');
  const stop = readPickle(bytes.subarray(start + 10)).end;
  return bytes.slice(start, start + 10 + stop);
}

test('the family of a source UDF is the one of its frame', () => {
  for (const family of FAMILIES) {
    const reading = readPickle(frameOf(family).subarray(10));
    assert.equal(readSourceUdf(reading, family)?.family, family);
    assert.equal(readSourceUdf(reading, family === 'aggregate' ? 'window' : 'aggregate'), null);
  }
});

test('bytes behind the pickle of a source UDF stay: it is kept as a frame', () => {
  for (const family of FAMILIES) {
    const body = frameOf(family).subarray(10);
    const longer = writePythonFrame(family, { major: 3, minor: 11 }, Uint8Array.of(...body, 0, 1));
    assert.equal(readSourceUdf(readPickle(longer.subarray(10)), family), null);
    const json = toJson(decodePayload(longer));
    const [udf] = JSON.parse(json).udfs;
    assert.deepEqual([udf.family, udf.python, typeof udf.frame.pickle], [family, undefined, 'string']);
    assert.deepEqual(fromJson(json).bytes, longer, family);
  }
});

test('many UDFs of one name are told in time that grows with their number', () => {
  const count = 20_000;
  const args = Array.from({ length: count }, (_, at) => ({ udf: at === 0 ? 'f' : `f#${at + 1}`, args: [] }));
  const udfs = args.map(({ udf }, at) => ({
    id: udf,
    name: 'f',
    family: 'scalar',
    bytes: Buffer.from(`${at}`.padStart(6, '0')).toString('base64'),
  }));
  const { bytes } = fromJson(JSON.stringify({ expr: { call: 'coalesce', args }, udfs }));
  const start = performance.now();
  const json = toJson(decodePayload(bytes));
  const took = performance.now() - start;
  assert.equal(JSON.parse(json).udfs.length, count);
  // Comparing each with all before it would be 200 million comparisons.
  assert.ok(took < 10_000, `took ${took} ms`);
});
