import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PyValue, readPickle, readUdfTuple, type UdfFamily, writePickle } from '../../../src/wire/pickle/index.ts';

const SCHEMA = Uint8Array.of(1, 2);

function read(family: UdfFamily, ...items: PyValue[]) {
  return readUdfTuple(readPickle(writePickle({ tuple: items }, { framing: false }), { offset: 10 }), family);
}

test('the tuples of the three families', () => {
  const scalar = read('scalar', 'n', null, SCHEMA, SCHEMA, 'stable');
  assert.deepEqual(
    [scalar.name.value, scalar.callable.kind, scalar.stateSchema, scalar.volatility.value, scalar.name.span],
    ['n', 'none', null, 'stable', { start: 13, end: 16 }],
  );
  assert.deepEqual(
    read('aggregate', 'n', null, SCHEMA, SCHEMA, Uint8Array.of(3), 'stable').stateSchema?.value,
    Uint8Array.of(3),
  );
  assert.equal(read('window', 'n', null, SCHEMA, SCHEMA, 'volatile').volatility.value, 'volatile');
});

test('anything else is refused with its offset', () => {
  assert.throws(() => read('scalar', 'n'), {
    code: 'FRAME_BODY',
    message: 'the body of the scalar frame holds a tuple of 1, expected a tuple of 5',
    offset: 12,
  });
  assert.throws(() => read('scalar', 'n', null, 'x', SCHEMA, 'stable'), {
    code: 'FRAME_BODY',
    message: 'the input schema of the scalar frame is a str, expected bytes',
    offset: 17,
  });
});
