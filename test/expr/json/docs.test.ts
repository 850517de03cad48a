import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { encodePayload } from '../../../src/expr/encode.ts';
import { FORM_KEYS } from '../../../src/expr/json/forms.ts';
import { fromJson, toJson } from '../../../src/expr/json/index.ts';
import { decodePayload } from '../../../src/expr/payload.ts';

const page = readFileSync('docs/expr-json.md', 'utf8');
const examples = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, text = '']) => text);

test('every example of the page encodes, and decodes to the same bytes again', () => {
  assert.ok(examples.length >= 25, `${examples.length}`);
  for (const text of examples) {
    const { container, bytes } = fromJson(text);
    const again = encodePayload(fromJson(toJson(decodePayload(bytes, { as: container, encoding: 'raw' }))));
    assert.equal(Buffer.from(again).toString('hex'), Buffer.from(bytes).toString('hex'), text);
  }
});

test('every example is what the schema describes', () => {
  const schema = JSON.parse(readFileSync('schemas/expr.schema.json', 'utf8'));
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);
  for (const text of examples) assert.ok(validate(JSON.parse(text)), `${text}${JSON.stringify(validate.errors)}`);
});

test('every form is on the page', () => {
  assert.deepEqual(
    FORM_KEYS.filter((key) => !page.includes(`"${key}"`) && !page.includes(`\`${key}\``)),
    [],
  );
});
