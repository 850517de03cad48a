// Expected texts are those of RFC 4648 (section 10, and the URL-safe alphabet of section 5).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBase64, fromHex, textEncodings, toBase64, toHex } from '../../src/wire/encoding.ts';
import { DfxError } from '../../src/wire/errors.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

const VECTORS: readonly (readonly [plain: string, base64: string, hex: string])[] = [
  ['', '', ''],
  ['f', 'Zg==', '66'],
  ['fo', 'Zm8=', '666f'],
  ['foo', 'Zm9v', '666f6f'],
  ['foob', 'Zm9vYg==', '666f6f62'],
  ['fooba', 'Zm9vYmE=', '666f6f6261'],
  ['foobar', 'Zm9vYmFy', '666f6f626172'],
];

for (const [plain, base64, hex] of VECTORS) {
  test(`"${plain}" in base64 and hexadecimal`, () => {
    assert.equal(toBase64(ascii(plain)), base64);
    assert.equal(toHex(ascii(plain)), hex);
    assert.deepEqual(fromBase64(ascii(base64)), ascii(plain));
    assert.deepEqual(fromHex(ascii(hex)), ascii(plain));
  });
}

test('white space, missing padding, the other alphabet, upper case and prefixes are taken', () => {
  const bytes = Uint8Array.from([0xfb, 0xff, 0xfe]);
  assert.deepEqual(fromBase64(ascii('-__-')), bytes);
  assert.deepEqual(fromBase64(ascii(' +/\n/+ ')), bytes);
  assert.deepEqual(fromBase64(ascii('Zg')), ascii('f'));
  assert.deepEqual(fromHex(ascii('0xFB FF\nfe\n')), bytes);
  assert.deepEqual(fromHex(ascii('\\xfbfffe')), bytes);
});

function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (!(error instanceof DfxError)) throw error;
    return `${error.code} at ${error.offset}: ${error.message}; ${error.hint}`;
  }
  return assert.fail('taken');
}

test('text of neither form is refused at the character', () => {
  const raw = 'give --encoding raw if the payload is not text';
  assert.equal(
    refusal(() => fromBase64(ascii('Zm9*'))),
    `ENCODING at 3: found "*", which is no base64 character; ${raw}`,
  );
  assert.equal(
    refusal(() => fromHex(ascii('66 6g'))),
    `ENCODING at 4: found "g", which is no hexadecimal character; ${raw}`,
  );
  assert.equal(
    refusal(() => fromHex(Uint8Array.from([0x36, 0x01, 0x80]))),
    `ENCODING at 2: found byte 0x80, which is no hexadecimal character; ${raw}`,
  );
  assert.equal(
    refusal(() => fromHex(ascii('666'))),
    'ENCODING at 3: found 3 hexadecimal digits, which is no whole number of bytes; the text is cut off; copy it again',
  );
  assert.equal(
    refusal(() => fromBase64(ascii('Zm9vY'))),
    'ENCODING at 5: found 5 base64 characters, which is no whole number of bytes; the text is cut off; copy it again',
  );
});

test('bytes tell which text forms they could be', () => {
  assert.deepEqual(textEncodings(ascii('0a030a0161\n')), ['hex', 'base64']);
  assert.deepEqual(textEncodings(ascii('CgMKAWE=')), ['base64']);
  assert.deepEqual(textEncodings(Uint8Array.from([0x0a, 0x03, 0x0a, 0x01, 0x61])), []);
  assert.deepEqual(textEncodings(ascii(' \n')), []);
});
