import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodePayload } from '../../../src/expr/encode.ts';
import { fromJson, payloadNode, toJson } from '../../../src/expr/json/index.ts';
import type { JsonNode } from '../../../src/expr/json-text.ts';
import { decodePayload } from '../../../src/expr/payload.ts';
import { DfxError } from '../../../src/wire/errors.ts';

interface Entry {
  readonly path: string;
  readonly container: string;
  readonly category: string;
  readonly how: string;
}
const manifest: readonly Entry[] = JSON.parse(readFileSync('fixtures/manifest.json', 'utf8'));

function bytesOf({ path }: Entry): Uint8Array {
  return new Uint8Array(readFileSync(`fixtures/${path}`));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** A list of no expressions is a message without fields: no bytes. */
const EMPTY = ['55/plans/expr-list-0.bin', '54/plans/expr-list-0.bin'];

test('every payload of the real engine comes back byte for byte through expr.json', () => {
  let count = 0;
  for (const entry of manifest) {
    if (entry.category === 'broken' || EMPTY.includes(entry.path)) continue;
    const bytes = bytesOf(entry);
    const again = encodePayload(fromJson(toJson(decodePayload(bytes))));
    assert.equal(hex(again), hex(bytes), entry.path);
    count++;
  }
  assert.equal(count, manifest.filter(({ category }) => category !== 'broken').length - EMPTY.length);
  assert.ok(count > 5900);
});

test('on one line expr.json holds the same', () => {
  for (const entry of manifest.filter(({ category }, at) => category !== 'broken' && at % 50 === 1)) {
    const bytes = bytesOf(entry);
    const again = encodePayload(fromJson(toJson(decodePayload(bytes), { indent: 0 })));
    assert.equal(hex(again), hex(bytes), entry.path);
  }
});

test('an empty list is refused as an empty payload', () => {
  for (const path of EMPTY) {
    assert.throws(
      () => decodePayload(new Uint8Array(readFileSync(`fixtures/${path}`))),
      new DfxError('EMPTY_INPUT', 'found no bytes, expected a payload', {
        hint: 'check the command that writes into the pipe',
      }),
    );
  }
});

test('a broken payload comes back byte for byte or is refused with a code', () => {
  const refused = new Map<string, number>();
  let same = 0;
  for (const entry of manifest.filter(({ category }) => category === 'broken')) {
    const bytes = bytesOf(entry);
    try {
      const again = encodePayload(fromJson(toJson(decodePayload(bytes))));
      assert.equal(hex(again), hex(bytes), entry.path);
      same++;
    } catch (error) {
      if (!(error instanceof DfxError)) throw error;
      refused.set(error.code, (refused.get(error.code) ?? 0) + 1);
    }
  }
  assert.ok(same > 0);
  // what stops a reading of bytes; never a mistake in the document that dfx itself wrote
  const codes = ['BAD_TAG', 'BAD_UTF8', 'BAD_VARINT', 'BAD_WIRE_TYPE', 'EMPTY_INPUT', 'TRUNCATED'];
  assert.deepEqual([...refused.keys()].sort(), codes);
});

/** How often each form that only holds bytes stands in a document. */
function fallbacksOf(root: JsonNode): readonly string[] {
  const found: string[] = [];
  const work: JsonNode[] = [root];
  for (let node = work.pop(); node !== undefined; node = work.pop()) {
    if (node.kind === 'array') work.push(...node.items);
    if (node.kind !== 'object') continue;
    for (const { key, value } of node.members) {
      const isForm = key === 'raw' || key === 'bytes' || (key === 'nested' && value.kind === 'object');
      if (isForm) found.push(node === root ? `document ${key}` : key);
      work.push(value);
    }
  }
  return found;
}

test('what the engine writes has friendly forms: bytes stand only where they must', () => {
  const counts = new Map<string, number>();
  for (const entry of manifest) {
    if (entry.category === 'broken' || entry.how === 'built' || EMPTY.includes(entry.path)) continue;
    const payload = decodePayload(bytesOf(entry), { encoding: 'raw' });
    for (const form of fallbacksOf(payloadNode(payload))) {
      const key = `${payload.container}: ${form}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  assert.deepEqual(Object.fromEntries([...counts].sort()), {
    // plans have no friendly form; proto JSON edits them
    'logical-plan: document raw': 72,
    'physical-plan: document raw': 36,
    // one expression in two places, calls of others, cloudpickle's own functions: the expressions stand beside the bytes
    'pickle: document raw': 62,
    // streams that pyarrow wrote, with another layout than the engine's: the fields stand beside the bytes
    'schema: document raw': 30,
  });
});
