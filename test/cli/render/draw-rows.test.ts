import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawRows, widest } from '../../../src/cli/render/draw-rows.ts';

const left = (width: number) => ({ width, align: 'left' }) as const;
const right = (width: number) => ({ width, align: 'right' }) as const;

test('a text is as wide as a terminal draws it', () => {
  assert.deepEqual(
    ['abc', '日本', 'ｱ', '😀', 'e\u0301', 'é', '…', ''].map((text) => widest([text])),
    [3, 4, 1, 2, 1, 1, 1, 0],
  );
});

test('cells are cut and padded by what they take of the terminal', () => {
  const cells = ['abcdef', '日本語', '😀😀😀', 'e\u0301e\u0301', 'ab'];
  assert.deepEqual(
    drawRows(
      cells.map((cell) => [cell, cell, '|']),
      [left(4), right(4), left(1)],
    ),
    ['abc…  abc…  |', '日…    日…  |', '😀 …  😀 …  |', 'e\u0301e\u0301      e\u0301e\u0301  |', 'ab      ab  |'],
  );
});

test('a character is never cut in two', () => {
  for (const text of ['😀'.repeat(10), `a${'😀'.repeat(10)}`, '𠮷'.repeat(10), '𝒜'.repeat(10)]) {
    for (let width = 1; width < 12; width++) {
      const [line = ''] = drawRows([[text, '|']], [left(width), left(1)]);
      assert.doesNotMatch(line, /\p{Cs}/u);
      assert.equal(widest([line]), width + 3, `${text} in ${width}`);
    }
  }
});

test('what is left out is marked, however long the text is', () => {
  for (const unit of ['x', '日', '😀', 'e\u0301', '𝒜']) {
    const [line = ''] = drawRows([[unit.repeat(200_000), '|']], [left(30), left(1)]);
    assert.match(line, /… *\|$/u);
    assert.equal(widest([line]), 33);
  }
});

test('a text that wraps breaks at spaces, beside its label', () => {
  assert.deepEqual(
    drawRows(
      [
        ['one', 'aa bb cc dd'],
        ['two', 'ee'],
      ],
      [left(4), left(5)],
      { gap: ' ', wraps: true },
    ),
    ['one  aa bb', '     cc dd', 'two  ee'],
  );
});
