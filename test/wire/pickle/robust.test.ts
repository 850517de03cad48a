import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DfxError } from '../../../src/wire/errors.ts';
import {
  describeCallable,
  disassemble,
  eachValue,
  findRisks,
  type PickleReading,
  previewOf,
  readPickle,
  readPickledExprs,
  readSourceUdf,
  writePickle,
} from '../../../src/wire/pickle/index.ts';
import { bytesOf, CORPUS, latin1 } from './corpus.ts';

/** Everything that looks at a pickle, none of which may throw (but the Expr reader, and only a DfxError) or hang. */
function lookAt(bytes: Uint8Array): PickleReading {
  const reading = readPickle(bytes);
  let at = 0;
  for (const line of disassemble(bytes, { reading })) {
    assert.equal(line.offset, at);
    at = line.end;
  }
  assert.equal(at, bytes.length);
  findRisks(reading);
  readSourceUdf(reading);
  for (const value of reading.value === null ? reading.partial : [reading.value]) {
    previewOf(value);
    describeCallable(value, reading);
    eachValue([value], () => undefined);
    break;
  }
  try {
    readPickledExprs(reading);
  } catch (error) {
    assert.ok(error instanceof DfxError, String(error));
  }
  return reading;
}

test('truncation at every byte is one error', () => {
  for (const entry of CORPUS) {
    const bytes = bytesOf(entry.hex);
    if (bytes.length > 1200 || entry.name === 'bytes behind STOP') continue;
    for (let cut = 0; cut < bytes.length; cut++) {
      const { error } = lookAt(bytes.subarray(0, cut));
      assert.ok(error?.code === 'PICKLE_TRUNCATED', `${entry.name} cut at ${cut}: ${error?.message}`);
      assert.ok(error.offset !== undefined && error.offset <= cut);
    }
  }
});

/** mulberry32: the same seed gives the same bytes everywhere. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

test('flipped bytes never throw or hang', () => {
  const next = random(20_240_517);
  const small = CORPUS.filter((entry) => entry.hex.length < 2000);
  for (let round = 0; round < 6000; round++) {
    const entry = small[Math.floor(next() * small.length)];
    if (entry === undefined) continue;
    const bytes = bytesOf(entry.hex);
    for (let flips = 1 + Math.floor(next() * 3); flips > 0; flips--)
      bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
    lookAt(bytes);
  }
});

test('random opcodes never throw or hang', () => {
  const next = random(7);
  const starts = latin1('()]}NK\x01tabdeloRrqhsu012\x81\x85\x86\x87\x8f\x90\x91\x92\x93\x94Q');
  for (let round = 0; round < 3000; round++) {
    const bytes = new Uint8Array(60);
    for (let i = 0; i < bytes.length; i++) bytes[i] = starts[Math.floor(next() * starts.length)] ?? 0;
    bytes[59] = 0x2e;
    lookAt(bytes);
  }
});

const DEEP = 100_000;
const NESTS: readonly (readonly [string, string])[] = [
  ['tuple in tuple', `N${'\x85'.repeat(DEEP)}.`],
  ['list in list', `${'('.repeat(DEEP)}${'l'.repeat(DEEP)}.`],
  ['list in list by APPEND', `${']'.repeat(DEEP)}${'a'.repeat(DEEP - 1)}.`],
  ['dict in dict', `${'(N'.repeat(DEEP)}N${'d'.repeat(DEEP)}.`],
  ['call of a call', `ca\nb\n${')R'.repeat(DEEP)}.`],
  ['call in a call', `${'ca\nb\n'.repeat(DEEP)})${'R\x85'.repeat(DEEP - 1)}R.`],
  ['getattr of getattr', `${'cbuiltins\ngetattr\n'.repeat(DEEP)}N${'X\x01\x00\x00\x00a\x86R'.repeat(DEEP)}.`],
  ['persistent id in persistent id', `N${'Q'.repeat(DEEP)}.`],
  ['BUILD in BUILD', `${'ca\nb\n)R'.repeat(DEEP)}${'b'.repeat(DEEP - 1)}.`],
  ['a storm of marks', `${'('.repeat(DEEP)}${'0'.repeat(DEEP)}N.`],
  ['marks that stay open under a value', `${'('.repeat(DEEP)}N.`],
  ['doubling by DUP', `]${'2\x86'.repeat(DEEP)}.`],
  ['doubling by the memo', `]q\x00${'h\x00h\x00\x86q\x000h\x00'.repeat(20_000)}.`],
  ['a list that holds itself many times', `]${'2a'.repeat(DEEP)}.`],
  ['nested computed names', `\x80\x04ca\nb\n${'\x8c\x01a\x93'.repeat(DEEP)}.`],
];

for (const [name, text] of NESTS) {
  test(`${DEEP} levels: ${name}`, { timeout: 20_000 }, () => {
    const reading = lookAt(latin1(text));
    assert.equal(reading.error, null);
  });
}

test('memo indexes far apart take no memory', () => {
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  const puts = Array.from({ length: 1000 }, (_, i) => `r\xff\xff${String.fromCharCode(i & 255)}\x7f`).join('');
  assert.equal(readPickle(latin1(`N${puts}.`)).error, null);
  assert.ok(process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before < 50_000_000);
});

test('writing nests deeply too', () => {
  let value: readonly unknown[] = [];
  for (let i = 0; i < DEEP; i++) value = [value];
  const bytes = writePickle(value as never);
  assert.equal(readPickle(bytes).error, null);
});
