/** Decimals as words are the decimals that they stand for, to whoever reads, writes or copies them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeArrow } from '../../src/io/arrow.ts';
import { gather } from '../../src/io/column-gather.ts';
import { decimalsOfWords, decimalWords } from '../../src/io/decimal-words.ts';
import { openInput, WHOLE } from '../../src/io/index.ts';

const TYPE = { kind: 'Decimal128', precision: 38, scale: 2 } as const;
const VALUES = [0n, 1n, -1n, 2n ** 53n, -(2n ** 53n), 2n ** 64n, -(2n ** 64n), 2n ** 126n - 1n, -(2n ** 126n)];

function wordsOf(values: readonly bigint[]): Int32Array {
  const words = values.flatMap((value) =>
    [0n, 32n, 64n, 96n].map((shift) => Number(BigInt.asIntN(32, value >> shift))),
  );
  return Int32Array.from(words);
}

test('values, copies and spreads', () => {
  const column = decimalsOfWords(TYPE, VALUES.length, null, wordsOf(VALUES));
  assert.deepEqual(column.values, VALUES);
  assert.equal(column.values, column.values);
  assert.equal(decimalWords(column)?.length, VALUES.length * 4);
  // What is made of it has values of its own, and no words that could be of other rows.
  const negated = { ...column, values: VALUES.map((value) => -value) };
  assert.equal(decimalWords(negated), undefined);
  assert.deepEqual(gather(column, Int32Array.of(8, 3)), { ...column, length: 2, values: [VALUES[8], VALUES[3]] });
  const safe = decimalsOfWords(TYPE, 3, null, wordsOf([5n, -7n, 0n]));
  assert.deepEqual(safe.values, Float64Array.of(5, -7, 0));
});

test('Arrow has the words', async () => {
  const column = decimalsOfWords(TYPE, VALUES.length, Uint8Array.of(0xff, 0x00), wordsOf(VALUES));
  const schema = { fields: [{ name: 'd', type: TYPE, nullable: true, metadata: [] }], metadata: [] };
  const bytes = await writeArrow(schema, [{ length: VALUES.length, columns: [column] }], 'stream');
  const table = await openInput(bytes, { format: 'arrow' });
  for await (const { columns } of table.read([0], WHOLE).batches) {
    const [read] = columns;
    assert.ok(read?.layout === 'decimal');
    assert.deepEqual([...read.values].slice(0, 8), VALUES.slice(0, 8));
    assert.deepEqual([...(read.validity ?? [])].slice(0, 2), [0xff, 0]);
  }
});
