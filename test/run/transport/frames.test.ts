import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrameHead, FrameReader, MAX_HEADER } from '../../../src/run/transport/frames.ts';
import { readMessage, readRequest } from '../../../src/run/transport/read-messages.ts';
import { DfxError } from '../../../src/wire/errors.ts';

/** The bytes of the table in docs/worker-protocol.md. */
function frame(header: string, body = ''): Buffer {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(Buffer.byteLength(header), 0);
  lengths.writeUInt32LE(Buffer.byteLength(body), 4);
  return Buffer.concat([lengths, Buffer.from(header), Buffer.from(body)]);
}

function fails(act: () => unknown, message: string): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof DfxError);
    assert.deepEqual([error.code, error.message], ['DEFECT', message]);
    return true;
  });
}

test('a frame head is the lengths and the header', () => {
  assert.deepEqual(Buffer.from(encodeFrameHead({ type: 'stop' }, 2)), frame('{"type":"stop"}', 'xy').subarray(0, -2));
});

test('frames come out of chunks of any size', () => {
  const bytes = Buffer.concat([
    frame('{"type":"a"}', 'body'),
    frame('{"type":"b"}'),
    frame('{"type":"c","x":"ü"}', '1'),
  ]);
  for (let size = 1; size <= bytes.length; size++) {
    const reader = new FrameReader();
    const found: [string, string][] = [];
    for (let at = 0; at < bytes.length; at += size) {
      reader.push(bytes.subarray(at, at + size));
      for (let next = reader.next(); next !== null; next = reader.next()) {
        found.push([next.header.type, Buffer.from(next.body).toString()]);
      }
    }
    assert.deepEqual(found, [
      ['a', 'body'],
      ['b', ''],
      ['c', '1'],
    ]);
    assert.equal(reader.held, 0);
  }
});

test('a body within one chunk is not copied', () => {
  const bytes = frame('{"type":"result","job":0}', 'data');
  const reader = new FrameReader();
  reader.push(bytes);
  assert.equal(reader.next()?.body.buffer, bytes.buffer);
});

test('a body in several chunks is their views, and a copy only where it is asked for in one piece', () => {
  const bytes = frame('{"type":"result","job":0}', 'data');
  const cut = bytes.length - 3;
  const chunks = [Uint8Array.from(bytes.subarray(0, cut)), Uint8Array.from(bytes.subarray(cut))];
  const reader = new FrameReader();
  for (const chunk of chunks) reader.push(chunk);
  const found = reader.next();
  assert.deepEqual(
    found?.pieces.map(({ buffer }) => buffer),
    chunks.map(({ buffer }) => buffer),
  );
  assert.equal(Buffer.from(found?.body ?? []).toString(), 'data');
  assert.equal(found?.length, 4);
});

test('what is no frame is a defect, not a wait for gigabytes', () => {
  const read = (bytes: Buffer) => {
    const reader = new FrameReader();
    reader.push(bytes);
    return reader.next();
  };
  const huge = Buffer.alloc(8);
  huge.writeUInt32LE(MAX_HEADER + 1, 0);
  fails(() => read(huge), `a worker sent a frame with a header of ${MAX_HEADER + 1} bytes`);
  fails(() => read(frame('{"type"')), "a worker sent a frame whose header isn't JSON");
  fails(() => read(frame('[]')), 'a worker sent a frame without a type');
  fails(() => read(frame('{"type":1}')), 'a worker sent a frame without a type');
});

test("a worker's messages are checked member by member", () => {
  const message = (header: object, body = new Uint8Array(0)) =>
    readMessage({ header: { type: '', ...header }, body, pieces: [body], length: body.length });
  fails(() => message({ type: 'done', job: '1' }), "found a frame whose seconds isn't an object");
  fails(
    () => message({ type: 'done', seconds: { open: 1, evaluate: 1 }, read: {}, job: '1' }),
    "found a frame whose job isn't a number",
  );
  fails(() => message({ type: 'schema', job: -1 }), "found a frame whose job isn't a whole number");
  const one = { kind: 'batch', metadata: 8, body: 8, rows: 1 };
  fails(
    () => message({ type: 'result', job: 0, rows: 1, messages: [one] }, new Uint8Array(24)),
    "found a frame whose messages isn't 24 bytes together",
  );
  fails(() => message({ type: 'hail' }), 'a worker sent a frame of the unknown type "hail"');
  assert.deepEqual(message({ type: 'failed', job: 3, code: 'EXECUTION', message: 'm', new_member: [1] }), {
    type: 'failed',
    job: 3,
    code: 'EXECUTION',
    message: 'm',
    column: null,
    udf: null,
    rows: null,
    exception: null,
    missing: [],
    schema: null,
    module: null,
    hint: null,
  });
});

test('a job survives its frame', () => {
  const job = {
    type: 'job',
    job: 4,
    mode: 'rows',
    columns: [{ payload: 'ab', name: '__proto__', relation: null }],
    filter: { payload: 'cd', relation: 't' },
    keep: ['__proto__'],
    input: { path: 'x.csv', format: 'csv', csv: { header: true, delimiter: ';', quote: "'", nullText: 'NULL' } },
    inBody: false,
    split: { kind: 'bytes', start: 5, end: 17, aligned: false },
    schemaBytes: 120,
    inlineCode: false,
    windows: false,
    reads: ['1', '__proto__'],
    batchSize: 8192,
    output: 'csv',
    flush: true,
    delimiter: '\t',
    now: '1700000000000000000',
    limit: 10,
    target: '/tmp/a b',
    before: { rows: 7, lines: 9 },
    splitNumber: 3,
    attempt: 2,
    register: '/tmp/udfs.py',
  } as const;
  const parts = { kind: 'rows', parts: [{ batch: 2, start: 0, end: 8192 }] } as const;
  for (const sent of [
    job,
    { ...job, split: parts, before: null, limit: null, target: null, filter: null, input: null },
  ]) {
    const reader = new FrameReader();
    reader.push(encodeFrameHead(sent, 0));
    const frameRead = reader.next();
    assert.ok(frameRead !== null);
    assert.deepEqual(readRequest(frameRead), sent);
  }
});
