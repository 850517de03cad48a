import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { FORM_KEYS } from '../../../src/expr/json/forms.ts';
import { EXPR_SCHEMA, fromJson, toJson } from '../../../src/expr/json/index.ts';
import { decodePayload } from '../../../src/expr/payload.ts';
import { depth } from '../../../src/expr/walk.ts';
import { DfxError } from '../../../src/wire/errors.ts';

interface Entry {
  readonly path: string;
  readonly category: string;
  readonly bytes: number;
}
const manifest: readonly Entry[] = JSON.parse(readFileSync('fixtures/manifest.json', 'utf8'));
const schema: {
  readonly $id: string;
  readonly $defs: Readonly<Record<string, { readonly examples?: readonly unknown[] }>>;
} = JSON.parse(readFileSync('schemas/expr.schema.json', 'utf8'));

function validator(): ValidateFunction {
  return new Ajv2020({ strictSchema: true, allowUnionTypes: true }).compile(schema);
}

/** The validator recurses; dfx doesn't. */
const DEEPEST = 200;

test('the schema is the file that documents name, and has a form for every node', () => {
  assert.ok(EXPR_SCHEMA.endsWith('schemas/expr.schema.json'));
  const keys = FORM_KEYS.map((key) => (key === 'col' ? 'column' : key === 'op' ? 'operator' : key));
  assert.deepEqual(
    keys.filter((key) => schema.$defs[key] === undefined),
    [],
  );
});

test('the expr.json of what the engine writes is valid', () => {
  const validate = validator();
  let count = 0;
  for (const { path, category, bytes } of manifest) {
    if (category === 'broken' || bytes === 0) continue;
    const payload = decodePayload(new Uint8Array(readFileSync(`fixtures/${path}`)));
    if (payload.exprs.some(({ expr }) => depth(expr) > DEEPEST)) continue;
    assert.ok(validate(JSON.parse(toJson(payload, { indent: 0 }))), `${path}: ${JSON.stringify(validate.errors)}`);
    count++;
  }
  assert.ok(count > 5800, `${count}`);
});

test('every example in the schema is valid, and of the expressions each encodes', () => {
  const validate = validator();
  for (const [name, { examples = [] }] of Object.entries(schema.$defs)) {
    for (const example of examples) {
      const isDocument = name.endsWith('Document');
      if (!isDocument && !isExpression(name)) continue;
      const udfs = [{ name: 'above_10', family: 'scalar' }];
      const document = isDocument ? example : { expr: example, udfs };
      assert.ok(validate(document), `${name}: ${JSON.stringify(validate.errors)}`);
      fromJson(JSON.stringify(document));
    }
  }
});

function isExpression(name: string): boolean {
  const { expr } = schema.$defs;
  return JSON.stringify(expr).includes(`#/$defs/${name}"`);
}

const WRONG: readonly (readonly [why: string, document: unknown])[] = [
  ['no expression', {}],
  ['a misspelt form', { expr: { column: 'a' } }],
  ['a member that the form has not', { expr: { col: 'a', alias: 'b' } }],
  ['a number for a name', { expr: { col: 1 } }],
  ['one operand', { expr: { op: '+', args: [{ col: 'a' }] } }],
  ['an operand that is no expression', { expr: { op: '+', args: [{ col: 'a' }, 1] } }],
  ['a cast without a type', { expr: { cast: { col: 'a' } } }],
  ['no such container', { container: 'parquet', expr: { col: 'a' } }],
  ['a plan without its bytes', { container: 'logical-plan' }],
  ['pickle protocol 6', { container: 'pickle', protocol: 6, expr: { col: 'a' } }],
  ['a family that there is not', { expr: { call: 'f', family: 'table', args: [] } }],
  [
    'a frame unit that there is not',
    { expr: { call: 'rank', over: { frame: { units: 'DAYS', start: 'current row' } } } },
  ],
  ['metadata as an object', { expr: { alias: 'b', expr: { col: 'a' }, metadata: { unit: 'cm' } } }],
  ['bytes that are no base64', { expr: { raw: '%' } }],
  ['a UDF without a family', { expr: { udf: 'f' }, udfs: [{ name: 'f' }] }],
  [
    'a source UDF without a signature',
    {
      expr: { udf: 'f' },
      udfs: [{ name: 'f', family: 'scalar', python: { source: 'f = abs', entry: 'f', target: '3.11' } }],
    },
  ],
  ['a redacted document', { redacted: true, expr: { col: 'a' } }],
];

test('wrong documents are refused by the schema and by the reader', () => {
  const validate = validator();
  for (const [why, document] of WRONG) {
    assert.equal(validate(document), false, why);
    assert.throws(
      () => fromJson(JSON.stringify(document)),
      (error) => error instanceof DfxError && (error.code === 'JSON_SHAPE' || error.code === 'USAGE'),
      why,
    );
  }
});
