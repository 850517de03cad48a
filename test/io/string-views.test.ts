import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StringColumn } from '../../src/io/column.ts';
import { viewsOf } from '../../src/io/string-views.ts';

// Arrow columnar format 1.4, "Variable-size Binary View Layout"
test('short texts stand in the view, long ones behind a prefix, nulls are zero', () => {
  const texts = ['abc', null, '', 'exactly12byt', 'thirteen byte'];
  const data = new TextEncoder().encode(texts.join(''));
  const offsets = Int32Array.from([0, 3, 3, 3, 15, 28]);
  const column: StringColumn = {
    layout: 'string',
    type: { kind: 'Utf8View' },
    length: 5,
    validity: Uint8Array.of(0b11101),
    offsets,
    data,
  };
  const hex = Buffer.from(viewsOf(column)).toString('hex');
  assert.deepEqual(hex.match(/.{32}/g), [
    '03000000616263000000000000000000',
    '00000000000000000000000000000000',
    '00000000000000000000000000000000',
    `0c000000${Buffer.from('exactly12byt').toString('hex')}`,
    `0d000000${Buffer.from('thir').toString('hex')}000000000f000000`,
  ]);
});
