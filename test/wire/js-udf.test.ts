import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { writeIpcSchema } from '../../src/wire/arrow/index.ts';
import type { Field } from '../../src/wire/arrow/types.ts';
import { DfxError } from '../../src/wire/errors.ts';
import { type JsUdf, type JsValue, readJsUdf, writeJsUdf } from '../../src/wire/js-udf.ts';
import { integerBytes } from '../../src/wire/js-value.ts';

const INT64: Field = { name: 'arg_0', type: { kind: 'Int64' }, nullable: true, metadata: [] };
const RETURNS: Field = { name: 'value', type: { kind: 'Boolean' }, nullable: true, metadata: [] };

const UDF: JsUdf = {
  family: 'scalar',
  name: 'above',
  entry: 'f',
  source: 'const f = (x) => x > t;',
  captures: [
    ['t', 10],
    ['more', [null, true, false, -1n, 'é', new Uint8Array([255]), { pairs: [['__proto__', []]] }]],
  ],
  inputs: [INT64],
  returns: RETURNS,
  state: null,
  volatility: 'stable',
  mode: 'batch',
};

const hex = (text: string): string => Buffer.from(text).toString('hex');
const u32 = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.toString('hex');
};
const stream = (...fields: Field[]): string => {
  const bytes = writeIpcSchema({ fields, metadata: [] });
  return u32(bytes.length) + Buffer.from(bytes).toString('hex');
};

/** The byte table of docs/wire-format.md, by hand. */
const BYTES = [
  hex('DFJSUDF'),
  '01', // version
  '01', // mode: batch
  '01', // volatility: stable
  u32(5) + hex('above'),
  u32(1) + hex('f'),
  u32(23) + hex('const f = (x) => x > t;'),
  u32(2), // captured values
  `${u32(1)}${hex('t')}03${'0000000000002440'}`, // 10 as binary64
  `${u32(4)}${hex('more')}07${u32(7)}`,
  '00', // null
  '02', // true
  '01', // false
  `04${u32(1)}ff`, // -1n
  `05${u32(2)}c3a9`, // é
  `06${u32(1)}ff`, // bytes
  `08${u32(1)}${u32(9)}${hex('__proto__')}07${u32(0)}`, // a map of one empty list
  stream(INT64),
  stream(RETURNS),
  u32(0), // no state
].join('');

function thrown(run: () => unknown): DfxError {
  try {
    run();
  } catch (error) {
    if (error instanceof DfxError) return error;
    throw error;
  }
  assert.fail('nothing was thrown');
}

test('a frame has the bytes of the table, and reads back', () => {
  const bytes = writeJsUdf(UDF);
  assert.equal(Buffer.from(bytes).toString('hex'), BYTES);
  const { parts, ...udf } = readJsUdf(bytes, { offset: 1000 });
  assert.deepEqual(udf, UDF);
  assert.deepEqual(
    parts.map((part) => part.name),
    ['magic', 'version', 'mode', 'volatility', 'name', 'entry', 'source', 'captures', 'inputs', 'returns', 'state'],
  );
  let end = 1000;
  for (const { span } of parts) {
    assert.equal(span.start, end);
    end = span.end;
  }
  assert.equal(end, 1000 + bytes.length);
});

test('aggregates carry their state, windows do not', () => {
  const aggregate: JsUdf = { ...UDF, family: 'aggregate', state: [INT64, RETURNS] };
  assert.equal(Buffer.from(writeJsUdf(aggregate)).toString('latin1', 0, 7), 'DFJSUDA');
  assert.deepEqual(readJsUdf(writeJsUdf(aggregate)).state, [INT64, RETURNS]);
  const window: JsUdf = { ...UDF, family: 'window' };
  assert.equal(Buffer.from(writeJsUdf(window)).toString('latin1', 0, 7), 'DFJSUDW');
  assert.equal(readJsUdf(writeJsUdf(window)).state, null);
  assert.deepEqual(readJsUdf(writeJsUdf({ ...aggregate, inputs: [], state: [] })).state, []);
});

test('a frame cut anywhere names what is missing and where', () => {
  const bytes = writeJsUdf(UDF);
  const { parts } = readJsUdf(bytes);
  for (let length = 7; length < bytes.length; length++) {
    const error = thrown(() => readJsUdf(bytes.subarray(0, length), { offset: 50 }));
    assert.equal(error.code, 'FRAME_TRUNCATED', `${length}: ${error.message}`);
    assert.match(error.message, /^found (the end|\d+ bytes?) of the inline JavaScript scalar UDF frame, expected /);
    const part = parts.find(({ span }) => length >= span.start && length < span.end);
    assert.ok(part !== undefined && error.offset !== undefined);
    assert.ok(error.offset - 50 >= part.span.start && error.offset - 50 <= length, `${length}: ${error.offset}`);
  }
});

const CUTS: readonly (readonly [number, number, string])[] = [
  [7, 7, 'found the end of the inline JavaScript scalar UDF frame, expected its wire-format version byte'],
  [8, 8, 'found the end of the inline JavaScript scalar UDF frame, expected the mode byte'],
  [9, 9, 'found the end of the inline JavaScript scalar UDF frame, expected the volatility byte'],
  [13, 10, 'found 3 bytes of the inline JavaScript scalar UDF frame, expected the 4 bytes of the length of the name'],
  [18, 14, 'found 4 bytes of the inline JavaScript scalar UDF frame, expected the 5 bytes of the name'],
  [25, 24, 'found 1 byte of the inline JavaScript scalar UDF frame, expected the 4 bytes of the length of the source'],
  [57, 55, 'found 2 bytes of the inline JavaScript scalar UDF frame, expected the 2 items of the captured values'],
];

test('truncation messages', () => {
  const bytes = writeJsUdf(UDF);
  for (const [length, offset, message] of CUTS) {
    const error = thrown(() => readJsUdf(bytes.subarray(0, length)));
    assert.equal(error.message, message, String(length));
    assert.equal(error.offset, offset, message);
  }
});

/** Frames that no writer makes: bytes replaced at an offset. */
const DAMAGED: readonly (readonly [number, string, string, number, string])[] = [
  [7, '02', 'FRAME_VERSION', 7, 'found version 2 of the inline JavaScript scalar UDF frame, expected 1..=1'],
  [8, '02', 'FRAME_BODY', 8, 'found 2 as the mode, expected 0 to 1, of the inline JavaScript scalar UDF frame'],
  [9, '03', 'FRAME_BODY', 9, 'found 3 as the volatility, expected 0 to 2, of the inline JavaScript scalar UDF frame'],
  [14, 'ff', 'FRAME_BODY', 14, 'found bytes that are not UTF-8 in the name of the inline JavaScript scalar UDF frame'],
  [
    60,
    '09',
    'FRAME_BODY',
    60,
    'found the tag 9 in the captured value "t", expected 0 to 8, of the inline JavaScript scalar UDF frame',
  ],
  [
    61,
    '010000000000f87f',
    'FRAME_BODY',
    61,
    'found a NaN with other bits than 7ff8000000000000 in the captured value "t" of the inline JavaScript scalar UDF frame',
  ],
  [
    61,
    'ffffffffffffffff',
    'FRAME_BODY',
    61,
    'found a NaN with other bits than 7ff8000000000000 in the captured value "t" of the inline JavaScript scalar UDF frame',
  ],
];

test('a body that no writer makes is refused with its place', () => {
  const bytes = writeJsUdf(UDF);
  for (const [at, replacement, code, offset, message] of DAMAGED) {
    const damaged = bytes.slice();
    damaged.set(Buffer.from(replacement, 'hex'), at);
    const error = thrown(() => readJsUdf(damaged));
    assert.equal(error.message, message);
    assert.equal(error.code, code);
    assert.equal(error.offset, offset);
  }
  const longer = thrown(() => readJsUdf(new Uint8Array([...bytes, 0])));
  assert.equal(
    longer.message,
    'found 1 byte after the state schema, expected the end of the inline JavaScript scalar UDF frame',
  );
});

test('a count that the frame can not hold is refused before memory is spent', () => {
  const bytes = writeJsUdf({ ...UDF, captures: [] });
  bytes.set([255, 255, 255, 255], 51);
  assert.equal(
    thrown(() => readJsUdf(bytes)).message,
    `found ${bytes.length - 55} bytes of the inline JavaScript scalar UDF frame, expected the 4294967295 items of the captured values`,
  );
});

test('100,000 nested lists are written and read, and a limit stops them', () => {
  let value: JsValue = 1;
  for (let level = 0; level < 100_000; level++) value = [value];
  const bytes = writeJsUdf({ ...UDF, captures: [['deep', value]] });
  assert.deepEqual(writeJsUdf(readJsUdf(bytes)), bytes);
  const error = thrown(() => readJsUdf(bytes, { limits: { maxDepth: 100 } }));
  assert.equal(error.code, 'LIMIT');
  assert.equal(error.message, 'values nested deeper than the limit of 100 in the inline JavaScript scalar UDF frame');
});

test('integers are two’s complement in as few bytes as keep the sign', () => {
  const cases: readonly (readonly [bigint, string])[] = [
    [0n, ''],
    [1n, '01'],
    [-1n, 'ff'],
    [127n, '7f'],
    [128n, '8000'],
    [-128n, '80'],
    [-129n, '7fff'],
    [255n, 'ff00'],
    [256n, '0001'],
    [2n ** 63n, '000000000000008000'],
    [-(2n ** 63n), '0000000000000080'],
  ];
  for (const [value, expected] of cases) assert.equal(Buffer.from(integerBytes(value)).toString('hex'), expected);
});

const REFUSED: readonly (readonly [Partial<JsUdf>, string])[] = [
  [{ name: '' }, 'a JavaScript UDF needs a name'],
  [{ entry: '' }, 'the JavaScript UDF above needs an entry'],
  [{ state: [] }, 'the JavaScript scalar UDF above takes no state fields'],
  [{ family: 'aggregate' }, 'the JavaScript aggregate UDF above needs state fields'],
  [{ source: '\ud800' }, "the source holds half of a surrogate pair, which UTF-8 can't say"],
  [
    {
      captures: [
        ['a', 1],
        ['a', 2],
      ],
    },
    'the captured value "a" stands twice',
  ],
  [
    {
      captures: [
        [
          'a',
          {
            pairs: [
              ['k', 1],
              ['k', 2],
            ],
          },
        ],
      ],
    },
    'the captured value "a" has the key "k" twice',
  ],
];

test('a UDF that the frame can not say is refused', () => {
  for (const [change, message] of REFUSED) {
    const error = thrown(() => writeJsUdf({ ...UDF, ...change }));
    assert.equal(error.code, 'BAD_VALUE');
    assert.equal(error.message, message);
  }
});

const { value: anyValue } = fc.letrec<{ value: JsValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: 'grapheme' }),
    fc.uint8Array(),
    fc.array(tie('value')),
    fc
      .uniqueArray(fc.tuple(fc.string(), tie('value')), { selector: ([key]) => key })
      .map((pairs): JsValue => ({ pairs })),
  ),
}));

test('any captured value comes back as it was, and the same UDF has the same bytes', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const udf: JsUdf = { ...UDF, captures: [['v', value]] };
      const bytes = writeJsUdf(udf);
      const { parts: _, ...read } = readJsUdf(bytes);
      assert.deepEqual(read, udf);
      assert.deepEqual(writeJsUdf(read), bytes);
    }),
    { seed: 20260101, numRuns: 300 },
  );
});

test('flipped bits give an error of the table or another UDF, never anything else', () => {
  const bytes = writeJsUdf(UDF);
  fc.assert(
    fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        readJsUdf(damaged);
      } catch (error) {
        assert.ok(error instanceof DfxError, String(error));
      }
    }),
    { seed: 20260101, numRuns: 3000 },
  );
});
