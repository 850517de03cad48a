import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgressLine, progressText, wantsProgress } from '../../../src/cli/render/progress.ts';

const FACTS = { rows: 1_234_567, bytes: 55e6, totalBytes: 180e6, workersBusy: 2, workers: 2 };

/** A stream that keeps what is written to it. */
function stream(
  isTTY: boolean,
  columns = 80,
): { isTTY: boolean; columns: number; written: string[]; write(text: string): void } {
  const written: string[] = [];
  return { isTTY, columns, written, write: (text) => void written.push(text) };
}

test('the line tells rows, bytes, rate, time left and workers, and the bar takes the room that is left', () => {
  assert.equal(
    progressText(FACTS, 0.5, 100),
    '[███████░░░░░░░░░░░░░░░░░] 30%  1.2 M rows  55 of 180 MB  110 MB/s  2 s left  2 workers',
  );
  assert.equal(progressText(FACTS, 0.5, 70), '[██░░░░░] 30%  1.2 M rows  55 of 180 MB  110 MB/s  2 s left  2 workers');
  assert.equal(progressText(FACTS, 0.5, 60), '30%  1.2 M rows  55 of 180 MB  110 MB/s  2 s left  2 workers');
  assert.equal(
    progressText({ ...FACTS, totalBytes: 180e9, workersBusy: 1 }, 0.5, 79),
    ' 0%  1.2 M rows  55 MB of 180 GB  110 MB/s  27 min 16 s left  1 of 2 workers',
  );
  assert.equal(
    progressText({ ...FACTS, totalBytes: null, workersBusy: 1 }, 0.5, 80),
    '1.2 M rows  55 MB  110 MB/s  1 s  1 of 2 workers',
  );
  assert.equal(
    progressText({ ...FACTS, bytes: 0, rows: 0, totalBytes: 0, workers: 1, workersBusy: 1 }, 0.5, 80),
    '0 rows  1 s  1 worker',
  );
  const start = { ...FACTS, bytes: 0, rows: 0, totalBytes: null };
  assert.deepEqual(
    [
      progressText({ ...start, workers: 0, workersBusy: 0 }, 2, 80),
      progressText({ ...start, workers: 1, workersBusy: 2 }, 2, 80),
    ],
    ['0 rows  2 s  starting', '0 rows  2 s  2 workers'],
  );
});

test('a run of half a second shows nothing; a longer one shows a line, cut to the terminal, and takes it away', () => {
  let now = 10;
  const out = stream(true, 40);
  const line = new ProgressLine(out, () => now);
  now = 10.4;
  line.show(FACTS);
  line.clear();
  assert.deepEqual(out.written, []);
  now = 10.6;
  line.show(FACTS);
  now = 10.7;
  line.show(FACTS);
  line.clear();
  line.clear();
  line.end();
  const shown = '\r\u001b[K30%  1.2 M rows  55 of 180 MB  92 MB/s…';
  assert.deepEqual(out.written, [shown, shown.replace('92', '79'), '\r\u001b[K']);
});

test('where it is asked for on a pipe, it is a line a second and never erased', () => {
  let now = 0;
  const out = stream(false);
  const line = new ProgressLine(out, () => now);
  for (let step = 0; step < 30; step++) {
    now = step / 10;
    line.show({ ...FACTS, totalBytes: null });
  }
  line.end();
  assert.deepEqual(
    out.written.map((text) => text.split('  ')[0]),
    ['1.2 M rows', '1.2 M rows', '1.2 M rows'],
  );
  assert.ok(out.written.every((text) => text.endsWith('\n') && !text.includes('\u001b')));
});

test('it is for a terminal that nothing else is written to', () => {
  const terminal = stream(true);
  assert.deepEqual(
    [
      wantsProgress('auto', terminal, {}, false),
      wantsProgress('auto', terminal, {}, true),
      wantsProgress('auto', terminal, { TERM: 'dumb' }, false),
      wantsProgress('auto', stream(false), {}, false),
      wantsProgress('always', stream(false), {}, true),
      wantsProgress('never', terminal, {}, false),
    ],
    [true, false, false, false, true, false],
  );
});

test('time goes on while nothing ends, ten times a second, but not where others write', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let passed = 0;
  const out = stream(true, 80);
  const line = new ProgressLine(out, () => passed / 1000);
  const pass = (milliseconds: number): void => {
    for (let at = 0; at < milliseconds; at += 50) {
      passed += 50;
      t.mock.timers.tick(50);
    }
  };
  const drawn = (): string[] => out.written.splice(0).map((text) => text.replace('\r\u001b[K', '^'));
  const slow = { rows: 0, bytes: 0, totalBytes: null, workersBusy: 1, workers: 1 };
  line.show(slow);
  pass(400);
  assert.deepEqual(drawn(), []);
  pass(350);
  assert.deepEqual(drawn(), Array(3).fill('^0 rows  1 s  1 worker'));
  line.above('a print\n');
  pass(100);
  assert.deepEqual(drawn(), ['^', 'a print\n', '^0 rows  1 s  1 worker']);
  pass(600);
  assert.equal(drawn().at(-1), '^0 rows  2 s  1 worker');
  line.clear();
  pass(500);
  assert.deepEqual(drawn(), ['^']);
  line.show({ ...slow, rows: 5 });
  assert.deepEqual(drawn(), ['^5 rows  2 s  1 worker']);
  line.end();
  pass(500);
  assert.deepEqual(drawn(), ['^']);
});
