import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPCODES, readPickle } from '../../../src/wire/pickle/index.ts';
import { bytesOf, CORPUS, latin1, tell } from './corpus.ts';

test('every pickle of the corpus reads as CPython reads it', () => {
  for (const entry of CORPUS) {
    const reading = readPickle(bytesOf(entry.hex));
    assert.equal(reading.error, null, `${entry.name}: ${reading.error?.message}`);
    assert.ok(reading.value !== null, entry.name);
    // A buffer's readonliness belongs to the buffer that travels beside the pickle; READONLY_BUFFER alone sets it here.
    assert.deepEqual(tell(reading.value), entry.value, entry.name);
  }
});

test('the corpus exercises every opcode', () => {
  const seen = new Set(CORPUS.flatMap((entry) => (entry.ops ?? []).map(([, name]) => name)));
  assert.deepEqual(
    OPCODES.map((opcode) => opcode.name).filter((name) => !seen.has(name)),
    [],
  );
});

const FAILURES: readonly (readonly [string, string, string, number])[] = [
  ['', 'PICKLE_TRUNCATED', 'the pickle is empty', 0],
  ['K\x01', 'PICKLE_TRUNCATED', 'the pickle ends without STOP', 2],
  ['K', 'PICKLE_TRUNCATED', 'BININT1 needs 1 byte of argument, none is left', 0],
  ['NM\x01', 'PICKLE_TRUNCATED', 'BININT2 needs 2 bytes of argument, 1 is left', 1],
  ['J\x01\x02', 'PICKLE_TRUNCATED', 'BININT needs 4 bytes of argument, 2 are left', 0],
  ['G\x01', 'PICKLE_TRUNCATED', 'BINFLOAT needs 8 bytes of argument, 1 is left', 0],
  ['X\x05\x00\x00\x00ab', 'PICKLE_TRUNCATED', 'BINUNICODE says 5 bytes, 2 are left', 0],
  [
    '\x8e\xff\xff\xff\xff\xff\xff\xff\xff',
    'PICKLE_TRUNCATED',
    'BINBYTES8 says 18446744073709552000 bytes, none is left',
    0,
  ],
  ['\x95\x64\x00\x00\x00\x00\x00\x00\x00N.', 'PICKLE_TRUNCATED', 'FRAME says 100 bytes, 2 are left', 0],
  ['\x8b\xff\xff\xff\xff.', 'PICKLE', 'LONG4 says -1 bytes', 0],
  ['\x8a\x05\x01.', 'PICKLE_TRUNCATED', 'LONG1 says 5 bytes, 2 are left', 0],
  ['T\xff\xff\xff\xff.', 'PICKLE', 'BINSTRING says -1 bytes', 0],
  ['cos\nsystem', 'PICKLE_TRUNCATED', 'GLOBAL needs a line of text, no newline follows', 0],
  ['I12', 'PICKLE_TRUNCATED', 'INT needs a line of text, no newline follows', 0],
  ['Iabc\n.', 'PICKLE', 'INT holds a line that is no integer', 0],
  ['L0x\n.', 'PICKLE', 'LONG holds a line that is no integer', 0],
  ['F1_0\n.', 'PICKLE', 'FLOAT holds a line that is no number', 0],
  ['Sabc\n.', 'PICKLE', 'STRING needs a string in quotes', 0],
  ["S'\\x1'\n.", 'PICKLE', 'STRING holds a broken escape', 0],
  ['V\\u12\n.', 'PICKLE', 'UNICODE holds a broken \\u escape', 0],
  ['V\\U00110000\n.', 'PICKLE', 'UNICODE holds a broken \\u escape', 0],
  ['X\x01\x00\x00\x00\xff.', 'PICKLE', 'BINUNICODE holds text that is not UTF-8', 0],
  ['h\x05.', 'PICKLE', 'BINGET asks for memo entry 5, which was never stored', 0],
  ['g-1\n.', 'PICKLE', 'GET needs a memo index of 0 or more', 0],
  ['.', 'PICKLE', 'STOP needs 1 value on the stack, found 0', 0],
  ['0', 'PICKLE', 'POP needs 1 value on the stack, found 0', 0],
  ['K\x01R.', 'PICKLE', 'REDUCE needs 2 values on the stack, found 1', 2],
  ['K\x01(R.', 'PICKLE', 'REDUCE needs 2 values above the mark, found 0', 3],
  ['K\x01(.', 'PICKLE', 'STOP needs 1 value above the mark, found 0', 3],
  ['t.', 'PICKLE', 'TUPLE needs a mark, none is open', 0],
  ['1.', 'PICKLE', 'POP_MARK needs a mark, none is open', 0],
  ['(K\x01d.', 'PICKLE', 'DICT needs keys and values in pairs, found 1 values', 3],
  ['(o.', 'PICKLE', 'OBJ needs a class above the mark, found nothing', 1],
  ['NNa.', 'PICKLE', 'APPEND puts items into a none', 2],
  ['\x80\x06.', 'PICKLE', 'PROTO says protocol 6, expected 0 to 5', 0],
  ['\x80\x02\x82\x00.', 'PICKLE', 'EXT1 says extension 0, expected 1 or more', 2],
  ['K\x01K\x02\x93.', 'PICKLE', 'STACK_GLOBAL needs a module and a name as text, found an int', 4],
  ['N\xff.', 'PICKLE_OPCODE', '0xff is no pickle opcode', 1],
  ['\x00', 'PICKLE_OPCODE', '0x00 is no pickle opcode', 0],
];

test('each defect is one error with its offset', () => {
  for (const [text, code, message, at] of FAILURES) {
    const reading = readPickle(latin1(text), { offset: 1000 });
    assert.equal(reading.value, null);
    assert.deepEqual(
      [reading.error?.code, reading.error?.message, reading.error?.offset],
      [code, message, 1000 + at],
      JSON.stringify(text),
    );
  }
});

test('what was read before a defect stays', () => {
  const reading = readPickle(latin1('cos\nsystem\n(X\x02\x00\x00\x00lstR\xff'), { offset: 10 });
  assert.equal(reading.error?.message, '0xff is no pickle opcode');
  assert.equal(reading.end, 10 + 21);
  assert.deepEqual(
    reading.globals.map(({ module, name, span }) => [module, name, span]),
    [['os', 'system', { start: 10, end: 21 }]],
  );
  assert.deepEqual(
    reading.calls.map(({ how, offset, span }) => [how, offset, span]),
    [['reduce', 30, { start: 10, end: 31 }]],
  );
  assert.deepEqual(
    reading.partial.map((value) => value.kind),
    ['call'],
  );
});

test('spans cover a value from its first opcode to the last that filled it', () => {
  //                          0   2  3 4  6  8  9
  const reading = readPickle(latin1('](K\x01K\x02e}X\x01\x00\x00\x00a\x89s\x86.'));
  assert.ok(reading.value?.kind === 'tuple');
  assert.deepEqual(reading.value.span, { start: 0, end: 17 });
  assert.deepEqual(
    reading.value.items.map((item) => [item.kind, item.span]),
    [
      ['list', { start: 0, end: 7 }],
      ['dict', { start: 7, end: 16 }],
    ],
  );
});

test('bytes are views of the payload', () => {
  const bytes = latin1('C\x03abc.');
  const { value } = readPickle(bytes);
  assert.ok(value?.kind === 'bytes');
  assert.equal(value.value.buffer, bytes.buffer);
});

test('bytes behind STOP are told apart', () => {
  assert.deepEqual(readPickle(latin1('N.abc'), { offset: 5 }).trailing, { start: 7, end: 10 });
});

test('limits hold on both sides of the boundary', () => {
  const three = latin1('NN0.');
  assert.equal(readPickle(three, { limits: { maxNodes: 4 } }).error?.message, undefined);
  const nodes = readPickle(three, { limits: { maxNodes: 3 } }).error;
  assert.deepEqual(
    [nodes?.code, nodes?.message, nodes?.offset],
    ['LIMIT', 'the pickle has more than 3 opcodes, the limit', 3],
  );
  assert.equal(readPickle(three, { limits: { maxBytes: 4 } }).error, null);
  assert.equal(readPickle(three, { limits: { maxBytes: 3 } }).error?.message, 'the pickle has 4 bytes, the limit is 3');
  const nested = latin1('N\x85\x85.');
  assert.equal(readPickle(nested, { limits: { maxDepth: 3 } }).error, null);
  assert.equal(
    readPickle(nested, { limits: { maxDepth: 2 } }).error?.message,
    'values are nested more than 2 levels deep',
  );
  const marks = latin1('((N11N.');
  assert.equal(readPickle(marks, { limits: { maxDepth: 2 } }).error, null);
  assert.equal(
    readPickle(marks, { limits: { maxDepth: 1 } }).error?.message,
    'marks are nested more than 1 levels deep',
  );
});

test('an integer beyond the size limit is refused before it is computed', () => {
  const bytes = new Uint8Array(5 + 70_000);
  bytes.set([0x8b, 0x70, 0x11, 0x01, 0x00]);
  const { error } = readPickle(bytes);
  assert.equal(error?.code, 'LIMIT');
  assert.equal(error?.message, 'LONG4 holds an integer of 70000 bytes, more than the 65536 that dfx reads');
});
