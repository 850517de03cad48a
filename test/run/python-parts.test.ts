/** Parts of an input on several Python workers: rows and values as one worker of the real engine gives them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dfx, mainFolder, python, root, values } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'dfx-parts-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const script = join(root, 'test/run/python_tables.py');
const made = spawnSync(python, [script, 'make', folder], { encoding: 'utf8' });
assert.equal(made.status, 0, made.stderr);

const REAL = ['--sandbox', 'off', '--engine', 'datafusion', '--workers', '2'];

function names(kind: string, without: readonly string[] = []): readonly string[] {
  return readdirSync(join(folder, kind))
    .filter((name) => name.endsWith('.bin') && !without.includes(name.slice(0, -4)))
    .map((name) => join(folder, kind, name));
}

interface Told {
  readonly stats: { readonly splits: number; readonly workers: readonly unknown[] };
  readonly results: readonly {
    readonly label: string;
    readonly value: unknown;
    readonly how: { readonly kind: string; readonly reason: string | null };
  }[];
}

/** Runs the payloads, holds the result against the real engine's, and gives the run's statistics. */
function agree(input: string, kind: string, payloads: readonly string[], size: string, keep = false): Told {
  const result = join(folder, 'result.arrow');
  const filter = keep ? ['--filter', join(folder, 'keep.bin')] : [];
  const args = [
    ...payloads,
    '--input',
    join(folder, input),
    ...REAL,
    '--split-size',
    size,
    '-o',
    result,
    '--json',
    ...filter,
  ];
  const { status, stdout, stderr } = dfx(['run', ...args]);
  assert.equal(status, 0, stderr);
  const told = spawnSync(
    python,
    [script, 'compare', folder, join(folder, input), kind, result, ...(keep ? ['keep'] : [])],
    { encoding: 'utf8' },
  );
  assert.equal(told.status, 0, told.stderr);
  assert.deepEqual(JSON.parse(told.stdout), []);
  return JSON.parse(stdout) as Told;
}

const WITHOUT_MONEY = ['sum_money', 'third', 'avg_money', 'max_money', 'twice', 'max_moment', 'day'];

for (const [input, without, splits] of [
  ['plain.arrow', [], 6],
  ['packed.arrow', [], 6],
  ['groups.parquet', [], 5],
  ['lines.csv', [], 3],
  ['lines.ndjson', WITHOUT_MONEY, 5],
] as const) {
  test(`rows of ${input} are what one worker gives`, () => {
    const { stats } = agree(input, 'rows', names('rows', without), '60K');
    assert.ok(stats.splits >= splits, `${stats.splits} splits`);
    assert.equal(stats.workers.length, 2);
  });

  test(`aggregates of ${input} are what one worker gives`, () => {
    const { results } = agree(input, 'value', names('value', without), '60K');
    const whole = results.filter(({ how }) => how.kind === 'whole');
    assert.deepEqual(
      whole.map(({ label, how }) => [label, how.reason]),
      [
        ['alone', 'the accumulator of alone has no merge()'],
        ['distinct', 'the DISTINCT of count() spans all rows'],
        ['first', "the partial results of first_value() can't be merged exactly"],
      ],
    );
  });

  test(`behind a filter ${input} gives what one worker gives`, () => {
    agree(input, 'rows', names('rows', without), '60K', true);
    agree(input, 'value', names('value', without).slice(0, 8), '60K', true);
  });
}

test('states that turn out not to be mergeable are a matter of one payload: the others of its group go on in parts', () => {
  const payloads = names('value', ['distinct', 'first']);
  const { results } = agree('plain.arrow', 'value', payloads, '60K');
  assert.deepEqual(
    results.flatMap(({ label, how }) => (how.kind === 'whole' ? [label] : [])),
    ['alone'],
  );
  const [alone] = payloads.filter((name) => name.endsWith('alone.bin'));
  assert.ok(alone !== undefined);
  agree('plain.arrow', 'value', [alone], '60K');
});

test('nested, dictionary and empty columns go to workers in parts', () => {
  for (const input of ['plain.arrow', 'packed.arrow', 'groups.parquet']) {
    const { stats } = agree(input, 'columns', names('columns'), '60K');
    assert.ok(stats.splits > 4, `${stats.splits} splits`);
  }
});

test('my_sum gives 361 over 1, 2, 4 and 8 workers, with states that are merged', () => {
  for (const workers of [1, 2, 4, 8]) {
    const args = ['--input', values, '--sandbox', 'off', '--workers', String(workers), '--split-size', '3', '--json'];
    const { status, stdout, stderr } = dfx(['run', join(mainFolder, 'custom_sum.bin'), ...args]);
    assert.equal(status, 0, stderr);
    const { results, stats } = JSON.parse(stdout) as Told;
    assert.deepEqual(
      results.map(({ value, how }) => [value, how.kind]),
      [[361, 'partial']],
    );
    assert.ok(stats.splits >= 8, `${stats.splits} splits`);
    assert.ok(
      stats.workers.length <= workers && stats.workers.length >= Math.min(2, workers),
      `${stats.workers.length}`,
    );
  }
});

test('one set of options gives the same bits every time, whatever the number of workers', () => {
  const args = [
    join(folder, 'value/sum_float.bin'),
    join(folder, 'value/deviation.bin'),
    '--input',
    join(folder, 'lines.csv'),
  ];
  const run = (workers: string): string =>
    dfx(['run', ...args, ...REAL.slice(0, -1), workers, '--split-size', '20K', '--format', 'csv']).stdout;
  const [first, ...others] = ['1', '2', '4', '4'].map(run);
  assert.match(first ?? '', /^sum_float,deviation\n-?\d/);
  assert.deepEqual(new Set(others), new Set([first]));
});

test('a split size that is none is refused', () => {
  for (const size of ['0', '1.5M', 'x']) {
    const { status, stderr } = dfx([
      'run',
      join(mainFolder, 'custom_sum.bin'),
      '--input',
      values,
      '--split-size',
      size,
    ]);
    assert.deepEqual(
      [status, stderr],
      [2, `dfx: found the split size "${size}", expected bytes such as 65536, 64K or 4M\n`],
    );
  }
});
