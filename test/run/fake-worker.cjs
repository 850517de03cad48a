// A worker for tests that does what its environment says: answers each job with the start of its split as a line, waits, dies. It keeps what has
// a target, and writes it when it is told.
'use strict';
const { appendFileSync, closeSync, existsSync, openSync, readSync, writeFileSync, writeSync } = require('node:fs');

const {
  LOG,
  DIES_AT = '',
  DIES_WRITING = '',
  MARK = '',
  SLOW = '',
  FAILS = '',
  CANT_WRITE = '',
  SAYS = '',
} = process.env;
const kept = new Map();

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

/** Where MARK names a file, only the first time. */
function die() {
  if (MARK !== '' && existsSync(MARK)) return;
  if (MARK !== '') writeFileSync(MARK, '');
  process.stderr.write('no more\n');
  process.exit(9);
}

function writeKept({ job, offset }) {
  const { target, line } = kept.get(job);
  kept.delete(job);
  if (offset === null) {
    appendFileSync(LOG, `forget ${line}`);
    return;
  }
  if (line === `${DIES_WRITING}\n`) die();
  if (line === `${CANT_WRITE}\n`) {
    send({ type: 'failed', job, code: 'FILE_UNWRITABLE', message: "the output can't be written: the disk is full" });
    return;
  }
  const file = openSync(target, 'r+');
  writeSync(file, line, offset);
  closeSync(file);
  send({ type: 'written', job });
}

/** An Arrow stream without fields and batches. */
const SCHEMA = Buffer.from(
  '/////zgAAAAQAAAAAAAKAAwACgAJAAQACgAAABAAAAAAAQQACAAIAAAABAAIAAAABAAAAAAAAAAAAAAAAAAAAP////8AAAAA',
  'base64',
);

const version = { name: 'fake', version: '1' };
send({ type: 'hello', protocol: 4, pid: process.pid, language: version, engine: version });
for (;;) {
  const lengths = read(8);
  const header = JSON.parse(String(read(lengths.readUInt32LE(0))));
  read(lengths.readUInt32LE(4));
  if (header.type === 'stop') process.exit(0);
  if (header.type === 'write') writeKept(header);
  if (header.type === 'plan') {
    appendFileSync(LOG, 'plan\n');
    if (DIES_AT === 'plan') die();
  }
  if (header.type !== 'job') continue;
  const { job, split } = header;
  appendFileSync(LOG, `start ${split.start}\n`);
  if (String(split.start) === SLOW) sleep(700);
  if (String(split.start) === DIES_AT) die();
  if (FAILS.split(',').includes(String(split.start))) {
    send({ type: 'failed', job, code: 'EXECUTION', message: `split ${split.start} fails` });
    continue;
  }
  if (SAYS !== '') {
    for (const said of JSON.parse(SAYS)) send({ job, ...said }, said.garbage === true ? '\xff'.repeat(50) : SCHEMA);
    sleep(5000);
  }
  send({ type: 'schema', job }, SCHEMA);
  const line = `${split.start}\n`;
  if (header.target === null) send({ type: 'result', job, rows: 1, messages: [] }, line);
  else {
    kept.set(job, { target: header.target, line });
    send({ type: 'result', job, rows: 1, messages: [], kept: line.length });
  }
  const place = { rows: 1, bytes: 1, start: split.start, end: split.end, lines: 1 };
  send({ type: 'done', job, rows: 1, batches: 1, read: place, seconds: { open: 0, evaluate: 0 } });
  appendFileSync(LOG, `end ${split.start}\n`);
}
