// What prost reads and refuses is in the protobuf encoding specification (protobuf.dev/programming-guides/encoding): varints of at most 10
// bytes and 64 bits, wire types 0 to 5, field numbers from 1, groups that end with their own number.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DfxError, type ErrorCode } from '../../../src/wire/errors.ts';
import { readMessage, readPartialMessage, UNKNOWN_FIELD } from '../../../src/wire/protobuf/index.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

const DAMAGED = 'the bytes are damaged, or of another message; try --as with another container';
const CUT_OFF = "the payload is cut off; compare its length with the sender's";
const OVERRUN = "the payload is cut off or damaged; compare its length with the sender's";

function refused(
  hex: string,
  message: string,
): { code: ErrorCode; message: string; offset: number | undefined; hint: string | undefined } {
  try {
    readMessage(bytes(hex), message);
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    return { code: error.code, message: error.message, offset: error.offset, hint: error.hint };
  }
  return assert.fail(`${hex} was read`);
}

const REFUSALS: readonly (readonly [what: string, hex: string, message: string, ReturnType<typeof refused>])[] = [
  [
    'field number 0',
    '02 00',
    'Column',
    {
      code: 'BAD_TAG',
      message: 'found the field number 0 where a field of Column should start',
      offset: 0,
      hint: DAMAGED,
    },
  ],
  [
    'wire type 6',
    '0e 00',
    'Column',
    {
      code: 'BAD_TAG',
      message: 'found field 1 with the wire type 6 where a field of Column should start',
      offset: 0,
      hint: DAMAGED,
    },
  ],
  [
    'the end of a group that nobody opened',
    '0a 01 61 0c',
    'Column',
    {
      code: 'BAD_TAG',
      message: 'found field 1 with the wire type 4 (end-group) where a field of Column should start',
      offset: 3,
      hint: DAMAGED,
    },
  ],
  [
    'a tag of more than 32 bits',
    '8a 80 80 80 80 01',
    'Column',
    {
      code: 'BAD_TAG',
      message: 'found a tag of more than 32 bits where a field of Column should start',
      offset: 0,
      hint: DAMAGED,
    },
  ],
  [
    'a known field with another wire type',
    '08 01',
    'Column',
    {
      code: 'BAD_WIRE_TYPE',
      message: 'found wire type varint for Column.name, expected length-delimited',
      offset: 0,
      hint: DAMAGED,
    },
  ],
  [
    'text that is not UTF-8',
    '0a 02 c3 28',
    'Column',
    { code: 'BAD_UTF8', message: "found bytes that aren't UTF-8 in the string name", offset: 2, hint: DAMAGED },
  ],
  [
    'a length beyond the message',
    '0a 05 61',
    'Column',
    {
      code: 'TRUNCATED',
      message: 'found a length of 5 for Column.name where 1 bytes are left',
      offset: 0,
      hint: OVERRUN,
    },
  ],
  [
    'a double of 7 bytes',
    '69 00 00 00 00 00 00 00',
    'ScalarValue',
    { code: 'TRUNCATED', message: 'found 7 bytes where ScalarValue.float64_value has 8', offset: 1, hint: CUT_OFF },
  ],
  [
    'a varint that never ends',
    '38 80',
    'ScalarValue',
    {
      code: 'TRUNCATED',
      message: 'found the end of the bytes inside the value of int64_value',
      offset: 1,
      hint: CUT_OFF,
    },
  ],
  [
    'a varint of 11 bytes',
    '38 ff ff ff ff ff ff ff ff ff 81 00',
    'ScalarValue',
    {
      code: 'BAD_VARINT',
      message: 'found a varint of more than 64 bits in the value of int64_value',
      offset: 1,
      hint: 'the bytes are damaged or of another format; compare them with what the sender wrote',
    },
  ],
  [
    'a varint whose tenth byte is 2',
    '38 ff ff ff ff ff ff ff ff ff 02',
    'ScalarValue',
    {
      code: 'BAD_VARINT',
      message: 'found a varint of more than 64 bits in the value of int64_value',
      offset: 1,
      hint: 'the bytes are damaged or of another format; compare them with what the sender wrote',
    },
  ],
  [
    'an unknown group that ends as another',
    'c3 3e cc 3e',
    'Column',
    {
      code: 'BAD_TAG',
      message: 'found the end of group 1001, which is not the open one',
      offset: 4,
      hint: 'the bytes are damaged, or of another format',
    },
  ],
];

for (const [what, hex, message, expected] of REFUSALS) {
  test(`refused: ${what}`, () => assert.deepEqual(refused(hex, message), expected));
}

test('varints of 10 bytes hold 64 bits, signed and unsigned', () => {
  const signed = readMessage(bytes('38 ff ff ff ff ff ff ff ff ff 01'), 'ScalarValue');
  assert.equal(signed.int64(1), -1);
  const unsigned = readMessage(bytes('58 ff ff ff ff ff ff ff ff ff 01'), 'ScalarValue');
  assert.equal(unsigned.uint64(1), 2n ** 64n - 1n);
  const least = readMessage(bytes('38 80 80 80 80 80 80 80 80 80 01'), 'ScalarValue');
  assert.equal(least.int64(1), -(2n ** 63n));
});

const ODDITIES: readonly (readonly [kind: string, hex: string, message: string, offset: number])[] = [
  ['overlong_varint', '38 81 00', 'ScalarValue', 0],
  ['duplicate_field', '0a 01 61 0a 01 62', 'Column', 3],
  ['explicit_default', '0a 00', 'Column', 0],
  ['unknown_field', 'c0 3e 00', 'Column', 0],
  ['wide_value', '08 02', 'ScalarValue', 0],
];

for (const [kind, hex, message, offset] of ODDITIES) {
  test(`valid, but not what prost writes: ${kind}`, () => {
    const { oddities } = readMessage(bytes(hex), message);
    assert.deepEqual(oddities, [{ kind, entry: oddities[0]?.entry, offset }]);
  });
}

test('fields out of order are told with the place of the earlier one', () => {
  // InListNode: negated = 3 before expr = 1
  const { oddities } = readMessage(bytes('18 01 0a 05 0a 03 0a 01 61'), 'InListNode');
  assert.deepEqual(oddities, [{ kind: 'field_order', entry: 2, offset: 2 }]);
});

test('numbers of a repeated field may be packed or not; empty and unpacked ones are odd', () => {
  // Union: union_types = 1, union_mode = 2, type_ids = 3
  assert.deepEqual(readMessage(bytes('1a 02 00 01'), 'Union').oddities, []);
  assert.deepEqual(
    readMessage(bytes('18 00 18 01'), 'Union').oddities.map(({ kind }) => kind),
    ['unpacked', 'duplicate_field', 'unpacked'],
  );
  assert.deepEqual(
    readMessage(bytes('1a 00'), 'Union').oddities.map(({ kind }) => kind),
    ['empty_packed'],
  );
});

test('an unknown group is skipped as a whole, with what is inside', () => {
  const tape = readMessage(bytes('c3 3e 08 01 cb 3e cc 3e c4 3e 0a 01 61'), 'Column');
  assert.equal(tape.message(1), UNKNOWN_FIELD);
  assert.deepEqual([tape.tag(1), tape.end(1)], [0, 10]);
  assert.equal(tape.string(2), 'a');
});

test('every field knows its bytes', () => {
  // NOT a: LogicalExprNode.not_expr = 8, Not.expr = 1, LogicalExprNode.column = 1, Column.name = 1
  const tape = readMessage(bytes('42 07 0a 05 0a 03 0a 01 61'), 'LogicalExprNode', { base: 100 });
  const places = Array.from({ length: tape.length }, (_, at) => [
    tape.number(at),
    tape.tag(at),
    tape.start(at),
    tape.end(at),
  ]);
  assert.deepEqual(places, [
    [0, 0, 0, 9],
    [8, 0, 2, 9],
    [1, 2, 4, 9],
    [1, 4, 6, 9],
    [1, 6, 8, 9],
  ]);
  assert.equal(tape.depth, 4);
});

test('where only the end is missing, what is there is read up to it', () => {
  // alias of column "a" as "name", cut inside the name
  const { tape, error, reached } = readPartialMessage(
    bytes('12 0d 0a 05 0a 03 0a 01 61 12 04 6e 61'),
    'LogicalExprNode',
  );
  assert.equal(error?.message, 'found a length of 13 for LogicalExprNode.alias where 11 bytes are left');
  assert.equal(error?.offset, 0);
  assert.equal(reached, 13);
  assert.equal(tape.string(5), 'na');
});

test('a text that is cut inside a character ends before it', () => {
  const { tape, error } = readPartialMessage(bytes('0a 04 61 e2 82'), 'Column');
  assert.equal(error?.message, 'found a length of 4 for Column.name where 3 bytes are left');
  assert.equal(tape.string(1), 'a');
});

test('limits are kept before memory is spent', () => {
  const nested = bytes('42 07 0a 05 0a 03 0a 01 61');
  const refusal = (limits: { maxBytes?: number; maxDepth?: number; maxNodes?: number }): string => {
    const { error } = readPartialMessage(nested, 'LogicalExprNode', { limits });
    return `${error?.code} ${error?.message} ${error?.hint}`;
  };
  assert.equal(
    refusal({ maxBytes: 8 }),
    'LIMIT found 9 bytes, more than the limit of 8 raise maxBytes (--max-bytes) if you trust the payload',
  );
  assert.equal(
    refusal({ maxDepth: 2 }),
    'LIMIT found more than 2 messages inside each other raise maxDepth (--max-depth) if you trust the payload',
  );
  assert.equal(
    refusal({ maxNodes: 2 }),
    'LIMIT found more than 2 fields raise maxNodes (--max-nodes) if you trust the payload',
  );
});
