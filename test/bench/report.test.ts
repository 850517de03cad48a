import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alternate, median, roundRobin } from '../../bench/measure.ts';
import { resultsPage } from '../../bench/report/page.ts';
import { merged, type Results } from '../../bench/report/results.ts';
import { sectionText } from '../../bench/report/text.ts';
import { missedTarget, type Section } from '../../bench/section.ts';

const section: Section = {
  title: 'Rows & <bars>',
  notes: ['A sentence that is so long that a terminal of eighty columns has to show it on two lines, or on three.'],
  rows: [
    {
      what: 'four payloads',
      against: 'forkserver',
      pair: { dfx: 255_000, real: 340_000, ratio: 0.75, pairs: 11 },
      target: 0.75,
    },
    {
      what: 'a light UDF',
      against: 'the other one, whose name is so long that the verdict needs a line of its own',
      pair: { dfx: 1_500_000, real: 1_000_000, ratio: 1.5, pairs: 11 },
      target: 1.02,
    },
    {
      what: 'for information',
      against: 'one',
      pair: { dfx: 900, real: 12_345_678, ratio: 7.29e-5, pairs: 3 },
      target: null,
    },
  ],
  memory: [{ what: 'peak', against: 'one', dfx: 3 * 1024 ** 2, real: 2 * 1024 ** 2, target: 1 }],
  plots: [{ title: 'Workers', axis: 'workers', at: [1, 1024], curves: [{ name: 'sleeps', milliseconds: [100, 50] }] }],
  timelines: [
    {
      title: 'Overlap',
      lanes: [
        { name: 'a', spans: [{ from: 0, to: 10 }] },
        { name: 'b', spans: [{ from: 10, to: 20 }] },
      ],
    },
  ],
};

test('a section as text, in 80 columns', () => {
  const half = '█'.repeat(37);
  assert.equal(
    sectionText(section),
    `Rows & <bars>
─────────────
A sentence that is so long that a terminal of eighty columns has to show it on
two lines, or on three.

four payloads
  dfx 255 ms     forkserver: 340 ms                 x0.75  ok, at most 0.75
a light UDF
  dfx 1,500 ms   the other one, whose name is so long that the verdict needs a
  line of its own: 1,000 ms
                                                     x1.50  MISSED, at most 1.02
for information
  dfx 900 µs     one: 12.3 s                        x0.00
peak
  dfx 3.0 MiB    one: 2.0 MiB                       x1.50  MISSED, at most 1

Workers
  sleeps, by workers
      1  ${'█'.repeat(40)} 100 ms
  1,024  ${'█'.repeat(20)} 50.0 ms

Overlap
  a ${half}█
  b ${' '.repeat(37)}█${half}
    0${'20.0 ms'.padStart(74)}
`,
  );
});

test('a page counts the targets and escapes what it is told', () => {
  const page = resultsPage([['cpu', '<b>']], '2026-01-01', [section]);
  assert.match(page, /1 of 3 targets met, <span class="missed">2 missed<\/span>\./);
  assert.match(page, /<dt>cpu<\/dt><dd>&#60;b&#62;<\/dd>/);
  assert.match(page, /<h2>Rows &#38; &#60;bars&#62;<\/h2>/);
  assert.equal(page.match(/<svg /g)?.length, 3);
  assert.doesNotMatch(page, /NaN|undefined|<script/);
});

test('a target is missed above it, not at it', () => {
  const [row] = section.rows;
  assert.ok(row !== undefined);
  assert.equal(missedTarget(row, 0.75), false);
  assert.equal(missedTarget(row, 0.7501), true);
  assert.equal(missedTarget({ ...row, target: null }, 9), false);
});

test('samples alternate, who goes first too, and medians count', async () => {
  const order: string[] = [];
  const pair = await alternate(3, {
    dfx: () => order.push('dfx'),
    real: () => order.push('real'),
  });
  assert.deepEqual(order, ['dfx', 'real', 'real', 'dfx', 'dfx', 'real']);
  assert.deepEqual(pair, { dfx: 4, real: 3, ratio: 4 / 3, pairs: 3 });
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  const seen: number[] = [];
  assert.deepEqual(
    roundRobin(2, [10, 20], (value) => seen.push(value)),
    [2, 3],
  );
  assert.deepEqual(seen, [10, 20, 10, 20]);
});

test('sections that are not measured anew stay, with their dates, unless the machine is another', () => {
  const named = (title: string, what: string): Section => ({ ...section, title, notes: [what] });
  const machine = { cores: '2' };
  const before = { date: 'then', machine, sections: [named('a', 'old'), named('b', 'old')] };
  const now = { date: 'now', machine, sections: [named('c', 'new'), named('b', 'new')] };
  const told = (all: Results) => all.sections.map(({ title, notes, measured }) => [title, notes?.[0], measured]);
  const both = merged(before, now);
  assert.deepEqual(told(both), [
    ['a', 'old', 'then'],
    ['b', 'new', 'now'],
    ['c', 'new', 'now'],
  ]);
  assert.deepEqual(told(merged(both, { ...now, date: 'later', sections: [named('b', 'newer')] })), [
    ['a', 'old', 'then'],
    ['b', 'newer', 'later'],
    ['c', 'new', 'now'],
  ]);
  const alone = [
    ['c', 'new', 'now'],
    ['b', 'new', 'now'],
  ];
  assert.deepEqual(told(merged({ ...before, machine: { cores: '8' } }, now)), alone);
  assert.deepEqual(told(merged(null, now)), alone);
  assert.match(resultsPage([], 'now', both.sections), /Measured then\./);
});
