/** What is kept of a worker's stderr for the error when it dies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StderrTail } from '../../../src/run/spawn/stderr-tail.ts';

const TOOK = 'dfx: the scalar UDF "f": the UDF returned string, declared int64; DataFusion took it';
const FATAL = 'Fatal Python error: Aborted';

function tellingOf(...chunks: readonly string[]): {
  readonly telling: string | null;
  readonly lines: readonly string[];
} {
  const lines: string[] = [];
  const tail = new StderrTail((line) => lines.push(line));
  for (const chunk of chunks) tail.push(new TextEncoder().encode(chunk));
  tail.end();
  return { telling: tail.telling, lines };
}

test('the last line tells most', () => {
  assert.deepEqual(tellingOf('one\ntw', 'o\r\n\n'), { telling: 'two', lines: ['one', 'two', ''] });
  assert.deepEqual(tellingOf('one\ncut sho', 'rt'), { telling: 'cut short', lines: ['one', 'cut short'] });
  assert.deepEqual(tellingOf(), { telling: null, lines: [] });
});

test('of what faulthandler writes the first line does', () => {
  assert.equal(tellingOf(`before\n${FATAL}\n\nThread 0x1:\n  File "f.py", line 1 in f\n`).telling, FATAL);
});

test("what the engine took of an earlier job isn't why a worker dies", () => {
  assert.equal(tellingOf(`${TOOK}\n${FATAL}\nCurrent thread:\n`).telling, FATAL);
  assert.equal(tellingOf(`${TOOK}\nout of memory\n`).telling, 'out of memory');
});

test('a line that never ends is told in pieces', () => {
  const { lines } = tellingOf('x'.repeat(10_000));
  assert.deepEqual(
    lines.map(({ length }) => length),
    [4096, 4096, 1808],
  );
});
