/** The built program is two files: what most runs need doesn't load the second one (scripts/late-modules.mjs). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dfx, environment, type Outcome, root, temporaryFolder } from './cli/dfx.ts';

const folder = temporaryFolder();
after(() => folder.remove());
const checkout = join(folder.path, 'checkout');
const LATE = /\.late\.cjs/;

before(() => {
  const configs = readdirSync(root).filter((name) => /^(tsconfig.*|package)\.json$/.test(name));
  for (const name of ['bin', 'scripts', 'src', 'fixtures/main/count_above_10.bin', ...configs])
    cpSync(join(root, name), join(checkout, name), {
      recursive: true,
      filter: (path) => !path.includes('rust-oracle'),
    });
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: checkout, encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
  const lines = Array.from(
    { length: 40 },
    (_, at) => `${at},${at / 4},"word ${at % 7}",2024-0${1 + (at % 9)}-11T10:00:00`,
  );
  writeFileSync(join(folder.path, 'data.csv'), `a,b,s,t\n${lines.join('\n')}\n`);
});

function built(args: readonly string[]): Outcome {
  const { DFX_SOURCES: _, ...env } = environment;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(checkout, 'bin/dfx'), ...args], {
    cwd: folder.path,
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}

let made = 0;

function encoded(sql: string): string {
  const file = join(folder.path, `expr-${made++}.bin`);
  assert.equal(
    dfx(['encode', '--sql', sql, '--input', join(folder.path, 'data.csv'), '--output', file]).status,
    0,
    sql,
  );
  return file;
}

const run = (sql: string, input: string, ...more: readonly string[]): readonly string[] => [
  'run',
  encoded(sql),
  '--input',
  join(folder.path, input),
  '--engine',
  'embedded',
  ...more,
];

/** Through each gate. */
const GATED = [
  'concat(upper(s), substr(s, 2))',
  "CASE WHEN s LIKE 'w%1' THEN round(b, 1) ELSE CAST(a AS DECIMAL(10, 2)) END",
  "s || '-' || CAST(date_trunc('month', to_timestamp(t)) AS VARCHAR)",
  "CAST(t AS TIMESTAMP) + INTERVAL '1 microsecond'",
  'row_number() OVER (ORDER BY b DESC)',
  'make_array(a, 1)',
  "regexp_replace(s, '(\\w+) (\\d)', '\\2é\\1')",
];

test('built files are ASCII, as their reader takes them to be', () => {
  for (const name of ['cli', 'worker'].flatMap((room) =>
    readdirSync(join(checkout, 'dist', room)).map((file) => `${room}/${file}`),
  )) {
    if (name.endsWith('.cjs'))
      assert.doesNotMatch(readFileSync(join(checkout, 'dist', name), 'latin1'), /[\x80-\xff]/, name);
  }
});

test('what is loaded late gives what the sources give', () => {
  for (const sql of GATED) {
    const args = run(sql, 'data.csv', '--format', 'ndjson');
    const { status, stdout, stderr } = built(args);
    assert.deepEqual([sql, status, stderr], [sql, 0, '']);
    assert.equal(stdout, dfx(args, { cwd: folder.path }).stdout, sql);
  }
});

test('operators, aggregates and filters over CSV and Arrow need the first file alone', () => {
  for (const room of ['cli', 'worker'].map((name) => join(checkout, 'dist', name)))
    for (const name of readdirSync(room)) if (LATE.test(name)) rmSync(join(room, name));
  const arrow = ['--keep', 'a,b,s', '--output', join(folder.path, 'data.arrow')];
  for (const args of [['b * 2 + a', 'data.csv', ...arrow] as const, ...['data.csv', 'data.arrow'].flatMap(plain)]) {
    const { status, stderr } = built(run(...args));
    assert.deepEqual([args, status, stderr], [args, 0, '']);
  }
  // and so it would be seen if they did
  assert.match(built(run('upper(s)', 'data.csv')).stderr, LATE);
});

function plain(input: string): readonly (readonly [string, string, ...string[]])[] {
  return [
    ['sum(b * 2.5)', input],
    ['count(a) FILTER (WHERE b > 3)', input],
    [
      'b + 1',
      input,
      '--filter',
      encoded('b > 2 AND a < 30'),
      '--keep',
      'a,s',
      '--output',
      join(folder.path, 'out.csv'),
    ],
  ];
}
