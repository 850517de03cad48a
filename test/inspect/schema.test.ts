import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { inspectPayload } from '../../src/inspect/report.ts';
import { WARNING_CODES } from '../../src/inspect/warnings.ts';
import { fixtureBytes, manifest } from './fixtures.ts';

const schema = JSON.parse(readFileSync('schemas/inspect.schema.json', 'utf8'));

function validator(): ValidateFunction {
  return new Ajv2020({ allErrors: false, strict: true, strictRequired: false }).compile(schema);
}

test('every report is a document of the schema', () => {
  const validate = validator();
  // what has UDFs or is damaged, and every tenth of the thousands of plain expressions
  const sample = manifest.filter(
    ({ category, udfs }, at) => udfs !== undefined || category === 'plans' || at % 10 === 0,
  );
  for (const { path } of sample) {
    const report = inspectPayload(fixtureBytes(path), { file: path });
    // what a reader of the JSON gets
    const document: unknown = JSON.parse(JSON.stringify(report));
    assert.ok(validate(document), `${path}: ${JSON.stringify(validate.errors)}`);
    assert.deepEqual(document, report, `${path}: JSON keeps all of it`);
  }
});

test('redacted reports are documents of the schema, too', () => {
  const validate = validator();
  for (const { path } of manifest.filter(({ udfs }) => udfs !== undefined)) {
    assert.ok(validate(inspectPayload(fixtureBytes(path), { redact: true })), path);
  }
});

test('the schema refuses what no report has', () => {
  const validate = validator();
  const report = inspectPayload(fixtureBytes('main/count_above_10.bin'));
  assert.equal(validate({ ...report, schema: 'dfx.inspect/2' }), false);
  assert.equal(validate({ ...report, sha256: undefined }), false);
  assert.equal(validate({ ...report, more: 1 }), false);
});

test('the schema knows every warning', () => {
  assert.deepEqual(schema.$defs.warning.properties.code.enum, WARNING_CODES);
});
