// A worker for tests that does what its environment says: answers each job with the start of its split as a line, waits, dies.
'use strict';
const { appendFileSync, existsSync, readSync, writeFileSync, writeSync } = require('node:fs');

const { LOG, DIES_AT = '', MARK = '', SLOW = '', FAILS = '' } = process.env;

function send(header, body = '') {
  const text = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(Buffer.byteLength(body), 4);
  writeSync(4, Buffer.concat([lengths, text, Buffer.from(body)]));
}

function read(length) {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const count = readSync(3, bytes, at, length - at);
    if (count === 0) process.exit(0);
    at += count;
  }
  return bytes;
}

function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

const version = { name: 'fake', version: '1' };
send({ type: 'hello', protocol: 3, pid: process.pid, language: version, engine: version });
for (;;) {
  const lengths = read(8);
  const header = JSON.parse(String(read(lengths.readUInt32LE(0))));
  read(lengths.readUInt32LE(4));
  if (header.type === 'stop') process.exit(0);
  if (header.type !== 'job') continue;
  const { job, split } = header;
  appendFileSync(LOG, `start ${split.start}\n`);
  if (String(split.start) === SLOW) sleep(700);
  if (String(split.start) === DIES_AT && (MARK === '' || !existsSync(MARK))) {
    if (MARK !== '') writeFileSync(MARK, '');
    process.stderr.write('no more\n');
    process.exit(9);
  }
  if (FAILS.split(',').includes(String(split.start))) {
    send({ type: 'failed', job, code: 'EXECUTION', message: `split ${split.start} fails` });
    continue;
  }
  send({ type: 'schema', job }, 'schema');
  send({ type: 'result', job, rows: 1, messages: [] }, `${split.start}\n`);
  const place = { rows: 1, bytes: 1, start: split.start, end: split.end, lines: 1 };
  send({ type: 'done', job, rows: 1, batches: 1, read: place, seconds: { open: 0, evaluate: 0 } });
  appendFileSync(LOG, `end ${split.start}\n`);
}
