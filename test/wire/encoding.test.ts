import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBase64, toBase64 } from '../../src/wire/encoding.ts';

test('base64 is that of RFC 4648, as Node writes it', () => {
  const lengths = [...Array(300).keys(), 6143, 6144, 6145, 100_000];
  for (const length of lengths) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 151 + length * 7) & 0xff);
    const text = Buffer.from(bytes).toString('base64');
    assert.ok(toBase64(bytes) === text, `${length} bytes`);
    for (const form of [text, text.replaceAll('=', ''), Buffer.from(bytes).toString('base64url'), `${text}\n`])
      assert.deepEqual(fromBase64(Buffer.from(form)), bytes, `${length} bytes`);
  }
});
