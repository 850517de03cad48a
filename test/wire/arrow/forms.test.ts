import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectIpcSchema, isArrowFile, readIpcSchema } from '../../../src/wire/arrow/index.ts';
import { bytesOf, formEntries } from './corpus.ts';

for (const entry of formEntries()) {
  const form = entry.name === 'version 4' ? 'stream' : entry.name;
  const bytes = bytesOf(entry.bytes);

  test(`reads the schema of a ${entry.name} with ${entry.rows} rows`, () => {
    const read = readIpcSchema(bytes);
    assert.deepEqual(read.schema, { fields: entry.fields, metadata: entry.metadata });
    assert.equal(read.form, form);
    assert.equal(isArrowFile(bytes), form === 'file');
    assert.equal(detectIpcSchema(bytes), form);
    assert.equal(read.version, entry.name === 'stream' || entry.name === 'file' ? 'V5' : 'V4');
    assert.deepEqual(
      read.dictionaries.map(({ field, id, isOrdered }) => [field.name, id, isOrdered]),
      [['d', 0n, false]],
    );
    // A stream without batches ends with its marker, which is the last of its bytes.
    assert.equal(read.hasEos, entry.rows === 0);
    if (entry.rows === 0) assert.equal(read.end, bytes.length);
  });

  test(`reads the schema of a ${entry.name} with ${entry.rows} rows behind other bytes`, () => {
    const behind = new Uint8Array(13 + bytes.length);
    behind.set(bytes, 13);
    const [here, there] = [readIpcSchema(bytes), readIpcSchema(behind, { offset: 13 })];
    assert.equal(there.end, here.end + 13);
    assert.deepEqual(there.spans.message, { start: here.spans.message.start + 13, end: here.spans.message.end + 13 });
    assert.deepEqual(
      there.fields.map(({ span }) => span.start),
      here.fields.map(({ span }) => span.start + 13),
    );
    assert.deepEqual(there.schema, here.schema);
  });
}

test('other bytes are no schema', () => {
  for (const text of ['', 'DFPYUDF', 'ARROW1', 'ARROW1\0\0', '\x80\x05K*.', 'a,b\n1,2\n'.repeat(20)]) {
    assert.equal(detectIpcSchema(new TextEncoder().encode(text)), null, JSON.stringify(text));
  }
});
