import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteText, countText, plural, timeText } from '../../../src/cli/render/run-units.ts';

test('bytes, counts and times read as people write them', () => {
  assert.deepEqual([0, 1, 999, 1000, 9949, 9950, 999_499, 999_500, 180e6, 1.25e9, 3e15, 5e18].map(byteText), [
    '0 bytes',
    '1 byte',
    '999 bytes',
    '1.0 kB',
    '9.9 kB',
    '10 kB',
    '999 kB',
    '1.0 MB',
    '180 MB',
    '1.3 GB',
    '3.0 PB',
    '5000 PB',
  ]);
  assert.deepEqual([0, 999, 5310, 99_999, 100_000, 999_499, 999_500, 1.25e6, 50e6, 2e9].map(countText), [
    '0',
    '999',
    '5,310',
    '99,999',
    '100 k',
    '999 k',
    '1.0 M',
    '1.3 M',
    '50 M',
    '2.0 G',
  ]);
  assert.deepEqual([0, 0.0123, 0.099, 0.1, 1.254, 12.34, 99.6, 200, 3599.6, 7500].map(timeText), [
    '0 ms',
    '12 ms',
    '99 ms',
    '0.10 s',
    '1.25 s',
    '12.3 s',
    '1 min 40 s',
    '3 min 20 s',
    '1 h 0 min',
    '2 h 5 min',
  ]);
  assert.deepEqual(
    [plural(1, 'row'), plural(2000, 'row'), plural(0, 'batch', 'batches')],
    ['1 row', '2,000 rows', '0 batches'],
  );
});
