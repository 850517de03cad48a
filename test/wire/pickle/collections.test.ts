import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DfxError } from '../../../src/wire/errors.ts';
import { type PickleItem, writePickledItem } from '../../../src/wire/pickle/index.ts';

/** The protobuf of `col(name)`. */
const column = (name: string): PickleItem => ({
  kind: 'expr',
  proto: new Uint8Array([10, 3, 10, 1, name.charCodeAt(0)]),
});
const text = (value: string): PickleItem => ({ kind: 'str', value });

test('collections are pickled byte for byte as CPython pickles them, in every protocol', () => {
  const shapes: readonly (readonly [stem: string, item: PickleItem])[] = [
    ['list-of-one', { kind: 'list', items: [column('a')] }],
    ['tuple', { kind: 'tuple', items: [column('a'), column('b'), column('c')] }],
    ['tuple-of-four', { kind: 'tuple', items: [column('a'), column('b'), column('c'), column('d')] }],
    [
      'dict',
      {
        kind: 'dict',
        pairs: [
          [text('first'), column('a')],
          [text('second'), column('b')],
        ],
      },
    ],
    [
      'nested',
      {
        kind: 'dict',
        pairs: [
          [
            text('rows'),
            {
              kind: 'list',
              items: [
                column('a'),
                {
                  kind: 'tuple',
                  items: [
                    column('b'),
                    { kind: 'dict', pairs: [[text('deep'), { kind: 'list', items: [column('c')] }]] },
                  ],
                },
              ],
            },
          ],
          [text('empty'), { kind: 'list', items: [] }],
          [text('none'), { kind: 'none' }],
        ],
      },
    ],
  ];
  for (const [stem, item] of shapes) {
    for (let protocol = 0; protocol <= 5; protocol++) {
      const expected = readFileSync(`fixtures/55/pickles/${stem}-protocol-${protocol}.pkl`).toString('hex');
      assert.equal(Buffer.from(writePickledItem(item, protocol)).toString('hex'), expected, `${stem} ${protocol}`);
    }
  }
});

test('collections nest to a limit', () => {
  const nested = (levels: number): PickleItem => {
    let item: PickleItem = { kind: 'none' };
    for (let level = 0; level < levels; level++) item = { kind: 'list', items: [item] };
    return item;
  };
  assert.equal(writePickledItem(nested(64), 0).at(-1), '.'.charCodeAt(0));
  assert.throws(
    () => writePickledItem(nested(65), 4),
    new DfxError('LIMIT', 'found collections more than 64 levels inside each other'),
  );
});
