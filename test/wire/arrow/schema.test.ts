import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  displayDataType,
  type Field,
  formatDataType,
  parseDataType,
  readIpcSchema,
  writeIpcSchema,
} from '../../../src/wire/arrow/index.ts';
import { base64Of, bytesOf, schemaEntries } from './corpus.ts';

const corpus = schemaEntries();

test('the corpus holds every type, and 54.1.0 and 55.0.0 write the same bytes', () => {
  assert.equal(corpus.length, 79);
  for (const entry of corpus) assert.deepEqual(entry.datafusion, ['54.1.0', '55.0.0'], entry.name);
});

for (const entry of corpus) {
  test(`reads and writes the schema of ${entry.name}`, () => {
    const bytes = bytesOf(entry.arrowRs);
    const read = readIpcSchema(bytes);
    assert.deepEqual(read.schema, { fields: entry.fields, metadata: [] });
    assert.equal(read.form, 'stream');
    assert.equal(read.end, bytes.length);
    assert.equal(read.hasEos, true);
    assert.equal(read.version, 'V5');
    assert.equal(read.endian, 'little');
    assert.equal(base64Of(writeIpcSchema(read.schema)), entry.arrowRs);
  });

  if (entry.pyarrow !== undefined) {
    test(`reads the schema of ${entry.name} as pyarrow writes it`, () => {
      const read = readIpcSchema(bytesOf(entry.pyarrow ?? ''));
      assert.deepEqual(withSortedMetadata(read.schema.fields), entry.fields);
      assert.equal(read.hasEos, false);
    });
  }

  for (const field of entry.fields) {
    test(`names the type ${field.name} of ${entry.name}`, () => {
      assert.deepEqual(parseDataType(formatDataType(field.type)), field.type);
      if (entry.display) assert.equal(displayDataType(field.type), entry.display);
    });
  }
}

/** arrow-rs sorts metadata, and so does the corpus; pyarrow keeps the order of the maker. */
function withSortedMetadata(fields: readonly Field[]): unknown {
  return JSON.parse(JSON.stringify(fields), (key, value) =>
    key === 'metadata' ? [...value].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))) : value,
  );
}
