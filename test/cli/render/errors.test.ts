/** What a user reads of an error. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asDfxError, errorDocument, errorLine } from '../../../src/cli/render/errors.ts';
import { DfxError } from '../../../src/wire/errors.ts';

const REPORT = 'this is a defect of dfx: please report it with the command and what --debug shows';

test('a defect asks for a report, whoever noticed it', () => {
  assert.equal(errorLine(asDfxError(new TypeError('no such thing'))), `dfx: no such thing; ${REPORT}`);
  const noticed = new DfxError('DEFECT', 'a column that is not there', { file: 'a.bin' });
  assert.equal(errorLine(asDfxError(noticed)), `dfx: a.bin: a column that is not there; ${REPORT}`);
  assert.equal(JSON.parse(errorDocument(noticed)).error.hint, REPORT);
});

test('other errors have the hint that they came with, or none', () => {
  assert.equal(errorLine(new DfxError('USAGE', 'found a', { hint: 'write b' })), 'dfx: found a; write b');
  const bare = new DfxError('USAGE', 'found a', { file: 'a.bin', offset: 3 });
  assert.equal(errorLine(bare), 'dfx: a.bin: byte 3: found a');
  assert.equal(JSON.parse(errorDocument(bare)).error.hint, null);
});
