/** 64-bit integers as doubles, and offsets from the first: the compiled kernel beside JavaScript's own arithmetic. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IntegerMemory } from '../../src/io/wasm/integer-memory.ts';

const GREATEST = 2n ** 53n - 1n;
const EDGES = [0n, 1n, -1n, 2n ** 31n - 1n, -(2n ** 31n), 2n ** 31n, -(2n ** 31n) - 1n, 2n ** 32n, GREATEST, -GREATEST];
const OUTSIDE = [GREATEST + 1n, -GREATEST - 1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 62n];

function filled(rows: number, valueAt: (row: number) => bigint): IntegerMemory {
  const integers = new IntegerMemory(rows);
  const bytes = integers.bytes(8 * rows);
  const view = new BigInt64Array(bytes.buffer, bytes.byteOffset, rows);
  for (let row = 0; row < rows; row++) view[row] = valueAt(row);
  return integers;
}

/** Around the blocks of 1,024 rows that are tried with vectors. */
const LENGTHS = [1, 2, 5, 1023, 1024, 1025, 2048, 3000, 8192, 32_768];

test('safe integers, wherever they stand, become the doubles that they are', () => {
  for (const rows of LENGTHS) {
    for (const wide of [0, Math.floor(rows / 2), rows - 1]) {
      const valueAt = (row: number): bigint =>
        row >= wide && row < wide + EDGES.length ? (EDGES[row - wide] ?? 0n) : BigInt(row * 37 - 5000);
      const doubles = filled(rows, valueAt).doubles(rows, true);
      assert.ok(doubles !== null);
      assert.equal(doubles.length, rows);
      doubles.forEach((value, row) => {
        assert.ok(Object.is(value, Number(valueAt(row))), `row ${row} of ${rows}: ${value}`);
      });
    }
  }
});

test('one integer that is not safe shows, wherever it stands', () => {
  for (const rows of LENGTHS) {
    for (const at of [0, Math.floor(rows / 2), rows - 1]) {
      for (const outside of OUTSIDE) {
        assert.equal(filled(rows, (row) => (row === at ? outside : BigInt(row))).doubles(rows, true), null);
      }
    }
  }
});

test('unsigned integers', () => {
  const rows = 2000;
  const doubles = filled(rows, (row) => (row === 7 ? GREATEST : BigInt(row))).doubles(rows, false);
  assert.ok(doubles !== null);
  assert.deepEqual([doubles[6], doubles[7], doubles[1999]], [6, Number(GREATEST), 1999]);
  for (const outside of OUTSIDE) {
    assert.equal(filled(rows, (row) => (row === 1500 ? outside : 5n)).doubles(rows, false), null);
  }
  assert.equal(filled(rows, () => -1n).doubles(rows, false), null);
});

test('the room that it has is at least what was asked for', () => {
  for (const rows of LENGTHS) {
    const integers = new IntegerMemory(rows);
    assert.ok(integers.capacity >= rows);
    const full = filled(integers.capacity, (row) => BigInt(row)).doubles(integers.capacity, true);
    assert.equal(full?.at(-1), integers.capacity - 1);
  }
});

function offsets(values: readonly number[]): Int32Array | null {
  const memory = new IntegerMemory(Math.ceil(values.length / 2));
  const bytes = memory.bytes(4 * values.length);
  new Int32Array(bytes.buffer, bytes.byteOffset, values.length).set(values);
  return memory.fromFirst(values.length);
}

test('offsets count from the first of them', () => {
  for (const count of [1, 2, 3, 4, 5, 6, 8, 9, 1025, 32_769]) {
    for (const first of [0, 7, 2 ** 31 - 1 - 3 * count]) {
      const values = Array.from({ length: count }, (_, at) => first + at * 3 - (at % 3));
      assert.deepEqual(
        [...(offsets(values) ?? [])],
        values.map((value) => value - first),
      );
    }
  }
  assert.deepEqual([...(offsets([5, 5, 5, 5, 5, 5]) ?? [])], [0, 0, 0, 0, 0, 0]);
});

test('an offset that is less than the one before shows, wherever it stands', () => {
  for (const count of [2, 3, 5, 6, 9, 1026]) {
    for (let at = 1; at < Math.min(count, 12); at++) {
      for (const less of [at - 2, -5, -(2 ** 31)]) {
        const values = Array.from({ length: count }, (_, place) => (place === at ? less : place));
        assert.equal(offsets(values), null, `${less} at ${at} of ${count}`);
      }
    }
  }
});
