import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { dfx, type Outcome } from '../cli/dfx.ts';
import { seeds } from './corpus.ts';
import { below, MUTATIONS, pick, seeded } from './mutations.ts';
import { plantedPayloads } from './planted.ts';

/** Payloads aside, nothing can go wrong here: neither wrong usage nor findings, neither execution nor a defect. */
const ALLOWED = [0, 3];

function assertOrderly({ status, stderr }: Outcome, what: string): void {
  assert.ok(status !== null && ALLOWED.includes(status), `${what}: exit code ${status}\n${stderr}`);
  assert.doesNotMatch(stderr, /\n {4}at /, `${what}: a stack trace`);
}

test('60 damaged payloads through inspect and decode: exit codes of the table, no stack traces', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dfx-fuzz-'));
  try {
    const random = seeded(2024);
    const corpus = seeds(2048);
    const bodies = corpus.map(({ bytes }) => bytes);
    const names = Object.keys(MUTATIONS);
    const files = Array.from({ length: 60 }, (_, at) => {
      const { bytes } = pick(random, corpus);
      const damaged = MUTATIONS[pick(random, names)]?.(bytes, random, bodies) ?? bytes;
      const file = join(folder, `${at}.bin`);
      writeFileSync(file, damaged);
      return file;
    });
    for (const args of [
      ['inspect'],
      ['inspect', '--json'],
      ['inspect', '--hex'],
      ['inspect', '--pickle'],
      ['decode'],
    ]) {
      assertOrderly(dfx([...args, ...files]), args.join(' '));
    }
    const documents = join(folder, 'documents');
    const decoded = dfx(['decode', '--out-dir', documents, ...files]);
    assertOrderly(decoded, 'decode --out-dir');
    const written = readdirSync(documents).map((name) => join(documents, name));
    assert.ok(written.length > 0);
    assertOrderly(dfx(['encode', '--out-dir', join(folder, 'again'), ...written]), 'encode --out-dir');
    const texts = written.slice(0, 20).map((_, at) => {
      const file = join(folder, `${at}.json`);
      const text = new TextEncoder().encode(JSON.stringify({ expr: { col: 'a' }, at: below(random, 9) }));
      writeFileSync(file, MUTATIONS['flip a bit']?.(text, random, bodies) ?? text);
      return file;
    });
    assertOrderly(dfx(['encode', '--out-dir', join(folder, 'texts'), ...texts]), 'encode of damaged documents');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('payloads that would leave a trace when loaded leave none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dfx-planted-'));
  try {
    const trace = join(folder, 'trace');
    const payloads = plantedPayloads(trace);
    const files = Object.entries(payloads).map(([name, bytes]) => {
      const file = join(folder, `${name}.bin`);
      writeFileSync(file, bytes);
      return file;
    });
    for (const args of [
      ['inspect'],
      ['inspect', '--json'],
      ['inspect', '--hex'],
      ['inspect', '--pickle'],
      ['decode'],
      ['decode', '--format', 'tree'],
    ]) {
      assertOrderly(dfx([...args, ...files]), args.join(' '));
    }
    const documents = join(folder, 'documents');
    assertOrderly(dfx(['decode', '--out-dir', documents, ...files]), 'decode --out-dir');
    const written = readdirSync(documents).map((name) => join(documents, name));
    if (written.length > 0) assertOrderly(dfx(['encode', '--out-dir', join(folder, 'again'), ...written]), 'encode');
    assert.equal(readdirSync(folder).includes('trace'), false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
