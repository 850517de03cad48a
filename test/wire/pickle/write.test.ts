import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PyValue, readPickle, writePickle } from '../../../src/wire/pickle/index.ts';
import { hexOf, tell } from './corpus.ts';
import { askPython } from './python.ts';

/** Values with the text that Python's repr must give for them. */
const SAMPLES: readonly (readonly [PyValue, string])[] = [
  [null, 'None'],
  [[true, false], '[True, False]'],
  [
    [0, 255, 256, 65535, 65536, -1, 2147483647, -2147483648],
    '[0, 255, 256, 65535, 65536, -1, 2147483647, -2147483648]',
  ],
  [
    [2147483648, -2147483649, 2n ** 63n, -(2n ** 63n), 127n, -128n],
    '[2147483648, -2147483649, 9223372036854775808, -9223372036854775808, 127, -128]',
  ],
  [
    [2n ** 64n - 1n, -(2n ** 71n), 2n ** 100n],
    '[18446744073709551615, -2361183241434822606848, 1267650600228229401496703205376]',
  ],
  [[0.5, { float: 2 }, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e22], '[0.5, 2.0, -0.0, nan, inf, 1e+22]'],
  [
    ['', 'a', 'é\n\\u0041\r\x1a', '日本', '\u{1f600}', '\ud800'],
    "['', 'a', 'é\\n\\\\u0041\\r\\x1a', '日本', '😀', '\\ud800']",
  ],
  [[Uint8Array.of(), Uint8Array.of(0, 10, 92, 255)], "[b'', b'\\x00\\n\\\\\\xff']"],
  [
    [[], [1, [2]], { tuple: [] }, { tuple: [1] }, { tuple: [1, 2, 3] }, { tuple: [1, 2, 3, 4] }],
    '[[], [1, [2]], (), (1,), (1, 2, 3), (1, 2, 3, 4)]',
  ],
  [
    new Map<PyValue, PyValue>([
      ['__proto__', 1],
      ['10', new Map()],
      [9, { tuple: [null] }],
    ]),
    "{'__proto__': 1, '10': {}, 9: (None,)}",
  ],
  [{ call: { global: ['datetime', 'date'] }, args: [2024, 1, 2] }, 'datetime.date(2024, 1, 2)'],
  [{ global: ['builtins', 'len'] }, '<built-in function len>'],
];

test('Python loads what is written, in every protocol, with and without frames', () => {
  const pickles: Uint8Array[] = [];
  const expected: string[] = [];
  for (const [value, text] of SAMPLES) {
    for (let protocol = 0; protocol <= 5; protocol++) {
      for (const framing of [true, false]) {
        pickles.push(writePickle(value, { protocol, framing }));
        expected.push(text);
      }
    }
  }
  assert.deepEqual(askPython('write_oracle.py', pickles.map(hexOf)), expected);
  for (const bytes of pickles) assert.equal(readPickle(bytes).error, null);
});

test('a pickle larger than a frame loads', () => {
  const bytes = writePickle(['x'.repeat(70_000), Array.from({ length: 30_000 }, (_, i) => i)]);
  const reading = readPickle(bytes);
  assert.equal(reading.error, null);
  assert.ok(reading.value?.kind === 'list');
  assert.deepEqual(
    reading.value.items.map((item) => (item.kind === 'list' ? item.items.length : item.kind)),
    ['str', 30_000],
  );
  assert.ok(reading.value.items[1] !== undefined);
  assert.equal(JSON.stringify(tell(reading.value.items[1])).slice(0, 40), '["list",[["int","0"],["int","1"],["int",');
  const [length] = askPython('write_oracle.py', [hexOf(bytes)]) as string[];
  // The text in quotes, the digits of the numbers, their commas and brackets.
  assert.equal(length?.length, 70_002 + 138_890 + 2 * 29_999 + 2 + 4);
});

test('what has no pickle is refused', () => {
  assert.throws(() => writePickle(null, { protocol: 6 }), {
    code: 'USAGE',
    message: 'pickle protocol 6, expected 0 to 5',
  });
  assert.throws(() => writePickle({ global: ['a\nb', 'c'] }, { protocol: 3 }), {
    code: 'BAD_VALUE',
    message: 'a global whose name holds a newline needs pickle protocol 4 or later',
  });
});
