import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { readPayload } from '../../src/expr/payload.ts';
import { DfxError } from '../../src/wire/errors.ts';
import { lookalikeOf } from '../../src/wire/lookalike.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** a = 1 as datafusion 55.0.0 writes it. */
const EQUALS = '22110a050a030a01610a041a0238011a024571';

const FOUND: readonly (readonly [given: Uint8Array, what: string])[] = [
  [gzipSync(text('payload')), 'gzip data'],
  [deflateSync(text('payload')), 'zlib data'],
  [text('PAR1\x15\x04\x15'), 'a Parquet file'],
  [Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), 'a PNG image'],
  [Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]), 'a program (ELF)'],
  [Uint8Array.from([0xff, 0xfe, 0x68, 0, 0x69, 0]), 'UTF-16 text'],
  [text('PK\x03\x04\x14\x00'), 'a zip archive'],
  [text('{"expr": {"col": "a"}}\n'), 'JSON'],
  [text('\ufeff[{"col": "a"}]'), 'JSON'],
  [text('<html><body>404</body></html>'), 'HTML or XML'],
  [text('value,b\n1,2\n3,4\n'), 'text'],
  [text('a + 1 > 2'), 'text'],
  [text('2024-01-01 12:00:00 ERROR worker died: Resources exhausted\n'), 'text'],
  [
    text(`INFO payload=${Buffer.from(EQUALS, 'hex').toString('base64')}\n`),
    'text with what may be base64 or hexadecimal in it',
  ],
  [text(`b'${Buffer.from(EQUALS, 'hex').toString('base64')}'`), 'text in quotes'],
  [text(`b'"\\x11\\n\\x05\\n\\x03\\n\\x01a'`), "Python's notation of bytes"],
  [text('22:11:0a:05:0a:03:0a:01:61'), 'hexadecimal with separators'],
  [text('00000000: 0a03 0a01 61'), 'a hex dump'],
  [text('0a030a0161f'), '11 hexadecimal digits, which is no whole number of bytes'],
  [text('IhEKBQoDCgFhCgQaAjgBGgJF'), 'base64 characters that hold no payload'],
  [text('"\x11\ufffd\ufffd\x01\ufffd'), 'bytes that were lost when they were read as text (3 times U+FFFD)'],
];

test('files and texts that people give in place of a payload are told for what they are', () => {
  for (const [given, what] of FOUND) assert.equal(lookalikeOf(given)?.what, what);
});

test('bytes that are cut off or flipped are no lookalikes', () => {
  const payload = Uint8Array.from(Buffer.from(EQUALS, 'hex'));
  for (let length = 0; length < payload.length; length++) assert.equal(lookalikeOf(payload.subarray(0, length)), null);
  assert.equal(lookalikeOf(new Uint8Array(64)), null);
});

test('a lookalike is refused with what to do, unless the container is named', () => {
  const csv = text('value,b\n1,2\n3,4\n');
  assert.throws(
    () => readPayload(csv),
    new DfxError('NOT_A_PAYLOAD', 'found text, expected a payload', {
      hint: 'a payload is binary, base64 or hexadecimal; `dfx encode --sql` makes one of SQL',
    }),
  );
  assert.equal(readPayload(csv, { as: 'expr' }).error?.code, 'BAD_TAG');
});

test('hexadecimal in groups wins over a raw reading of nothing but unknown fields', () => {
  const { encoding, error } = readPayload(text(EQUALS.replace(/../g, '$& ').trim()));
  assert.deepEqual([encoding, error], ['hex', null]);
});

test('a line feed behind a payload is told as such', () => {
  const { error } = readPayload(Uint8Array.from([...Buffer.from(EQUALS, 'hex'), 0x0a]));
  assert.deepEqual(
    [error?.code, error?.message, error?.offset, error?.hint],
    ['BAD_TAG', 'found a line feed after the payload, expected its end', 19, 'take it off: head -c -1'],
  );
});
