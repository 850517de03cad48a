/** Pieces of an Arrow stream, and the rows before each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableFromArrays, tableFromIPC, tableToIPC } from 'apache-arrow';
import { arrowPieces } from '../../../src/run/transport/arrow-pieces.ts';

const SIZES = [3, 5, 2, 7];

async function piecesOf(pieceBytes: number, chunkBytes: number): Promise<readonly (readonly [number, number])[]> {
  const [first, ...others] = SIZES.map((length) => tableFromArrays({ value: Int32Array.from({ length }) }));
  assert.ok(first !== undefined);
  const bytes = tableToIPC(first.concat(...others), 'stream');
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  };
  const pieces: [number, number][] = [];
  for await (const piece of arrowPieces(chunks(), pieceBytes, undefined)) {
    pieces.push([piece.before, tableFromIPC(piece.bytes).numRows]);
  }
  return pieces;
}

test('each piece says how many rows are before it', async () => {
  for (const chunkBytes of [1, 100, 1 << 20]) {
    for (const pieceBytes of [1, 500, 1 << 20]) {
      let before = 0;
      for (const [told, rows] of await piecesOf(pieceBytes, chunkBytes)) {
        assert.equal(told, before);
        before += rows;
      }
      assert.equal(before, 17);
    }
  }
  assert.ok((await piecesOf(1, 100)).length >= 4);
});
