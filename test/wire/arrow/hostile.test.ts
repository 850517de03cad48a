/** Bytes that nobody vouches for: whatever happens to them, a DfxError is all that comes out, and soon. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlatBuilder } from '../../../src/wire/arrow/flat-builder.ts';
import {
  readIpcSchema,
  readNested,
  readSchemaMessage,
  type Schema,
  writeIpcSchema,
} from '../../../src/wire/arrow/index.ts';
import { DfxError, type ErrorCode } from '../../../src/wire/errors.ts';
import { bytesOf, nestedEntries, schemaEntries } from './corpus.ts';

function onlyDfxErrors(codes: readonly ErrorCode[], run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    assert.ok(error instanceof DfxError, String(error));
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
    assert.notEqual(error.offset, undefined, error.message);
    return false;
  }
}

/** A small generator of our own, so that a failure can be had again (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function flipBits(bytes: Uint8Array, next: () => number): Uint8Array {
  const out = bytes.slice();
  for (let i = Math.floor(next() * 4); i >= 0; i -= 1) {
    const at = Math.floor(next() * out.length);
    out[at] = (out[at] ?? 0) ^ (1 << Math.floor(next() * 8));
  }
  return out;
}

test('a schema cut at any byte gives an error, or the same schema without its end', () => {
  for (const entry of schemaEntries()) {
    const bytes = bytesOf(entry.arrowRs);
    const whole = readIpcSchema(bytes);
    for (let length = 0; length < bytes.length; length += 1) {
      const read = onlyDfxErrors(['ARROW'], () => {
        const cut = readIpcSchema(bytes.subarray(0, length));
        assert.deepEqual(cut.schema, whole.schema);
        assert.equal(cut.hasEos, false);
      });
      assert.equal(read, length >= whole.spans.message.end, entry.name);
    }
  }
});

test('flipped bits in schemas give errors or other schemas', () => {
  const next = random(54);
  for (const entry of schemaEntries()) {
    for (const base64 of [entry.arrowRs, entry.pyarrow ?? entry.arrowRs]) {
      const bytes = bytesOf(base64);
      for (let round = 0; round < 100; round += 1) {
        const flipped = flipBits(bytes, next);
        onlyDfxErrors(['ARROW', 'LIMIT'], () => writeIpcSchema(readIpcSchema(flipped).schema));
      }
    }
  }
});

test('nested literals cut or flipped anywhere give errors or other values', () => {
  const next = random(55);
  for (const entry of nestedEntries()) {
    const schema: Schema = {
      fields: [{ name: 'x', type: entry.type, nullable: true, metadata: [] }],
      metadata: [],
    };
    const source = {
      ipcMessage: bytesOf(entry.ipcMessage),
      arrowData: bytesOf(entry.arrowData),
      schema,
      dictionaries: entry.dictionaries.map((d) => ({
        ipcMessage: bytesOf(d.ipcMessage),
        arrowData: bytesOf(d.arrowData),
      })),
    };
    const codes: ErrorCode[] = ['ARROW', 'LIMIT', 'UNSUPPORTED'];
    for (const part of ['ipcMessage', 'arrowData'] as const) {
      for (let length = 0; length < source[part].length; length += 1) {
        onlyDfxErrors(codes, () => readNested({ ...source, [part]: source[part].subarray(0, length) }));
      }
      for (let round = 0; round < 150 && source[part].length > 0; round += 1) {
        onlyDfxErrors(codes, () => readNested({ ...source, [part]: flipBits(source[part], next) }));
      }
    }
    for (const [i, dictionary] of source.dictionaries.entries()) {
      for (let round = 0; round < 150; round += 1) {
        const changed = {
          ipcMessage: flipBits(dictionary.ipcMessage, next),
          arrowData: flipBits(dictionary.arrowData, next),
        };
        onlyDfxErrors(codes, () => readNested({ ...source, dictionaries: source.dictionaries.with(i, changed) }));
      }
    }
  }
});

test('fields that share their children are refused before they multiply', () => {
  // 40 levels, each a struct whose two children are the same table: 2^40 fields in less than 2 KB.
  const builder = new FlatBuilder();
  const noParameters = () => {
    builder.startTable();
    return builder.endTable();
  };
  const field = (code: number, children: readonly number[]) => {
    const type = noParameters();
    const list = builder.references(children);
    builder.startTable();
    builder.addByte(2, code);
    builder.addReference(3, type);
    builder.addReference(5, list);
    return builder.endTable();
  };
  let top = field(1, []);
  for (let level = 0; level < 40; level += 1) top = field(13, [top, top]);
  const fields = builder.references([top]);
  builder.startTable();
  builder.addReference(1, fields);
  const schema = builder.endTable();
  builder.startTable();
  builder.addI16(0, 4);
  builder.addByte(1, 1);
  builder.addReference(2, schema);
  const bytes = builder.finish(builder.endTable());
  assert.throws(() => readSchemaMessage(bytes), {
    code: 'ARROW',
    message: 'the children of a field shares its elements with others',
  });
});

test('100,000 levels of lists are read and written without the call stack, and stop at the limit', () => {
  let type: Schema['fields'][number]['type'] = { kind: 'Int8' };
  for (let level = 0; level < 100_000; level += 1) {
    type = { kind: 'List', item: { name: 'item', type, nullable: true, metadata: [] } };
  }
  const bytes = writeIpcSchema({ fields: [{ name: 'deep', type, nullable: true, metadata: [] }], metadata: [] });
  assert.deepEqual(writeIpcSchema(readIpcSchema(bytes).schema), bytes);
  assert.throws(() => readIpcSchema(bytes, { limits: { maxDepth: 1000 } }), {
    code: 'LIMIT',
    message: 'a field nests deeper than 1000 levels',
  });
  assert.throws(() => readIpcSchema(bytes, { limits: { maxNodes: 1000 } }), {
    code: 'LIMIT',
    message: 'a schema has more than 1000 fields and metadata entries',
  });
});

test('a list of two billion nulls without a byte of data is refused', () => {
  const entry = nestedEntries().find(({ name }) => name === 'list<item: null>');
  assert.ok(entry !== undefined);
  const arrowData = bytesOf(entry.arrowData);
  const ipcMessage = bytesOf(entry.ipcMessage);
  // The offsets stand at byte 64 of the body; the node of the nulls says (2, 2).
  new DataView(arrowData.buffer).setInt32(68, 2_000_000_000, true);
  const view = new DataView(ipcMessage.buffer);
  for (let at = 0; at + 16 <= ipcMessage.length; at += 8) {
    if (view.getBigInt64(at, true) === 2n && view.getBigInt64(at + 8, true) === 2n)
      view.setBigInt64(at, 2_000_000_000n, true);
  }
  const schema = { fields: [{ name: 'x', type: entry.type, nullable: true, metadata: [] }], metadata: [] };
  assert.throws(() => readNested({ ipcMessage, arrowData, schema, dictionaries: [] }), {
    code: 'LIMIT',
    message: 'a nested literal unfolds to more values than its bytes can hold',
  });
});

const stream = (words: readonly number[]) => new Uint8Array(new Uint32Array(words).buffer);

for (const [bytes, offset, message] of [
  [new Uint8Array(), 0, 'the Arrow stream ends inside the length of its first message'],
  [stream([0xffffffff]), 4, 'the Arrow stream ends inside the length of its first message'],
  [stream([0xffffffff, 0]), 4, 'the Arrow stream ends before its schema'],
  [stream([0xffffffff, 0x7fffffff, 0]), 4, 'the schema message claims 2147483647 bytes, 4 follow'],
  [stream([0xffffffff, 4, 0xfffffff0]), 8, 'the reference to the root table leads out of its message'],
  [stream([0xffffffff, 8, 4, 0x7fffffff]), 12, 'the vtable of the root table is outside its message'],
] as const) {
  test(`refuses a schema where ${message}`, () => {
    assert.throws(() => readIpcSchema(bytes), { code: 'ARROW', message, offset });
  });
}
