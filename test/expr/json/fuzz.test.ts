import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodePayload } from '../../../src/expr/encode.ts';
import { fromJson, payloadNode, toJson } from '../../../src/expr/json/index.ts';
import { type JsonNode, parseJson, writeJson } from '../../../src/expr/json-text.ts';
import { decodePayload } from '../../../src/expr/payload.ts';
import { DfxError } from '../../../src/wire/errors.ts';

interface Entry {
  readonly path: string;
  readonly category: string;
  readonly how: string;
  readonly bytes: number;
}
const manifest: readonly Entry[] = JSON.parse(readFileSync('fixtures/manifest.json', 'utf8'));
const paths = manifest
  .filter(({ category, how, bytes }) => category !== 'broken' && how !== 'built' && bytes > 0 && bytes < 3000)
  .map(({ path }) => path);

/** What a value may be replaced by: wrong kinds, edges of number types, forms that exist elsewhere. */
const OTHERS = [
  'null',
  'true',
  '0',
  '-1',
  '1.5',
  '1e999',
  '99999999999999999999',
  '""',
  '"NaN"',
  '"AA=="',
  '"\\u0000"',
  '[]',
  '[[]]',
  '["a", 1]',
  '{}',
  '{"col": "a"}',
  '{"lit": 1}',
  '{"udf": "nobody"}',
].map((text) => parseJson(text));

/** The tree with the value at place `at`, counted in the order of the text, replaced. */
function replaced(root: JsonNode, at: number, by: JsonNode): JsonNode {
  let count = 0;
  const visit = (node: JsonNode): JsonNode => {
    if (count++ === at) return by;
    if (node.kind === 'array') return { ...node, items: node.items.map(visit) };
    if (node.kind === 'object')
      return { ...node, members: node.members.map((member) => ({ ...member, value: visit(member.value) })) };
    return node;
  };
  return visit(root);
}

test('a document with a value replaced encodes to bytes that decode and encode to themselves, or is refused with a code', () => {
  let encoded = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...paths),
      fc.nat(60),
      fc.constantFrom(...OTHERS),
      fc.boolean(),
      (path, at, by, strict) => {
        const root = payloadNode(decodePayload(new Uint8Array(readFileSync(`fixtures/${path}`))));
        const text = writeJson(replaced(root, at, by));
        try {
          const { container, bytes } = fromJson(text, { strict, targetPython: { major: 3, minor: 11 } });
          if (bytes.length === 0) return;
          const again = encodePayload(fromJson(toJson(decodePayload(bytes, { as: container, encoding: 'raw' }))));
          assert.equal(Buffer.from(again).toString('hex'), Buffer.from(bytes).toString('hex'));
          encoded++;
        } catch (error) {
          if (!(error instanceof DfxError)) throw error;
          assert.notEqual(error.exitCode, 70, text);
        }
      },
    ),
    { numRuns: 3000, seed: 20_260 },
  );
  assert.ok(encoded > 300, `${encoded}`);
});
