import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HexLine, hexLines } from '../../src/inspect/hex.ts';
import { inspect } from '../../src/inspect/report.ts';
import { fixtureBytes, manifest } from './fixtures.ts';

/** The lines' own bytes, one behind another. */
function checkCoverage(bytes: Uint8Array, about: string, redact = false): readonly HexLine[] {
  const { payload } = inspect(bytes, { redact });
  if (payload === null) return [];
  const lines = [...hexLines(payload, { redact })];
  let at = 0;
  for (const { offset, end } of lines) {
    assert.equal(offset, at, `${about}: a line starts where the one before ends`);
    assert.ok(end > offset, `${about}: a line has bytes`);
    at = end;
  }
  assert.equal(at, payload.bytes.length, `${about}: the last line ends with the payload`);
  return lines;
}

test('shows every byte of every fixture once, in order', () => {
  for (const { path } of manifest) checkCoverage(fixtureBytes(path), path);
});

test('shows every byte of fixtures that are cut off', () => {
  const sample = manifest.filter((_, at) => at % 60 === 0);
  for (const { path } of sample) {
    const bytes = fixtureBytes(path);
    const step = Math.max(1, bytes.length >> 4);
    for (let end = 1; end < bytes.length; end += step) checkCoverage(bytes.subarray(0, end), `${path} cut to ${end}`);
  }
});

test('shows every byte of a frame cut at each of its bytes', () => {
  const bytes = fixtureBytes('55/frames/aggregate-class.bin');
  for (let end = 1; end < bytes.length; end += 7) checkCoverage(bytes.subarray(0, end), `cut to ${end}`);
});

test('names what the bytes are', () => {
  const lines = checkCoverage(fixtureBytes('main/count_above_10.bin'), 'main');
  const texts = lines.map(({ offset, label, value }) => `${offset} ${label}: ${value}`);
  for (const expected of [
    '0 LogicalExprNode.aggregate_udf_expr: AggregateUDFExprNode, 1278 bytes',
    '4 AggregateUDFExprNode.fun_name: "sum"',
    '30 Column.name: "value"',
    '37 ScalarUDFExprNode.fun_definition: 1242 bytes',
    '40 magic: "DFPYUDF": inline Python scalar UDF',
    '47 frame version: 1',
    '48 Python major: 3',
    '49 Python minor: 11',
    '50 PROTO: 5, the highest protocol there is',
    '62 SHORT_BINUNICODE: "above_10"',
    '1064 SHORT_BINBYTES: Arrow IPC stream, 200 bytes',
    '1066 continuation marker: ',
    '1190 Field.name: "value"',
    '1281 STOP: ',
  ]) {
    assert.ok(texts.includes(expected), expected);
  }
});

test('says beside the bytes that it leaves why it stopped', () => {
  const lines = checkCoverage(fixtureBytes('55/broken/header-scalar-version-2.bin'), 'version 2');
  const last = lines.at(-1);
  assert.equal(last?.kind, 'unread');
  assert.equal(last.value, 'found version 2 of the inline Python scalar UDF frame, expected 1..=1');
});

test('redacts bytes of literals and captured values, and keeps the structure', () => {
  const secret = new TextEncoder().encode('m');
  const path = '55/udfs/scalar-make-above-m-text-pa-bool-above-text-col-a.bin';
  const bytes = fixtureBytes(path);
  const lines = checkCoverage(bytes, path, true);
  const shown = lines.flatMap(({ offset, end, hiddenFrom, label }) =>
    label === 'SHORT_BINUNICODE' ? [bytes.subarray(offset, hiddenFrom ?? end)] : [],
  );
  assert.ok(shown.length > 10);
  for (const visible of shown) assert.equal(visible.length, 1);
  assert.ok(!lines.some(({ value }) => value.includes(`"${new TextDecoder().decode(secret)}"`)));
  assert.ok(lines.some(({ label, value }) => label === 'Column.name' && value === '"a"'));
});
