import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  arrowValueFromJson,
  arrowValueToJson,
  type Field,
  readNested,
  writeNested,
} from '../../../src/wire/arrow/index.ts';
import { base64Of, bytesOf, type NestedEntry, nestedEntries } from './corpus.ts';

const corpus = nestedEntries();

/** Literals of the engine that are not written to the same bytes, each with its reason. */
const OTHER_BYTES: readonly string[] = [
  // 54 takes the number of rows of a list of size 0 for 0 and writes none; the value needs one.
  'fixed_size_list<item: int64>[0] 54.1.0',
];

function fieldOf(entry: NestedEntry): Field {
  return { name: 'field_name', type: entry.type, nullable: entry.nullable, metadata: [] };
}

function sourceOf(entry: NestedEntry) {
  return {
    ipcMessage: bytesOf(entry.ipcMessage),
    arrowData: bytesOf(entry.arrowData),
    schema: { fields: [fieldOf(entry)], metadata: [] },
    dictionaries: entry.dictionaries.map((dictionary) => ({
      ipcMessage: bytesOf(dictionary.ipcMessage),
      arrowData: bytesOf(dictionary.arrowData),
    })),
  };
}

test('the corpus holds literals of the real engine and batches of pyarrow', () => {
  assert.equal(corpus.length, 77);
  assert.equal(corpus.filter((entry) => entry.writer === 'pyarrow').length, 7);
});

corpus.forEach((entry, i) => {
  const title = `${entry.name} (${i}, ${entry.writer} ${entry.datafusion.join(' ')})`;
  test(`reads ${title}`, () => {
    const value = readNested(sourceOf(entry));
    assert.deepEqual(arrowValueToJson(entry.type, value), entry.json);
    assert.deepEqual(arrowValueFromJson(entry.type, entry.json), value);
  });

  test(`writes ${title}`, () => {
    const written = writeNested(fieldOf(entry), readNested(sourceOf(entry)));
    const inBase64 = {
      ipcMessage: base64Of(written.ipcMessage),
      arrowData: base64Of(written.arrowData),
      dictionaries: written.dictionaries.map((dictionary) => ({
        ipcMessage: base64Of(dictionary.ipcMessage),
        arrowData: base64Of(dictionary.arrowData),
      })),
    };
    const { ipcMessage, arrowData, dictionaries } = entry;
    const same = !OTHER_BYTES.includes(`${entry.name} ${entry.datafusion.join(' ')}`);
    if (entry.writer === 'datafusion') {
      const wanted = { ipcMessage, arrowData, dictionaries };
      if (same) assert.deepEqual(inBase64, wanted);
      else assert.notDeepEqual(inBase64, wanted);
    }
    const again = readNested({ ...written, schema: { fields: [fieldOf(entry)], metadata: [] } });
    assert.deepEqual(arrowValueToJson(entry.type, again), entry.json);
  });
});
