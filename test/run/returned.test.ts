/** UDFs that return something else than they declare: one error in the user's own terms, or what the real engine makes of it, in each transport. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dfx, python, root } from './cli.ts';
import { errorsOf, runAlone } from './faulty.ts';

const folder = mkdtempSync(join(tmpdir(), 'dfx-returned-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const script = join(root, 'test/run/returned_payloads.py');
const made = spawnSync(python, [script, folder], { encoding: 'utf8', maxBuffer: 1 << 28 });
assert.equal(made.status, 0, made.stderr);
const borne: {
  readonly rows: Readonly<Record<string, unknown[]>>;
  readonly values: Readonly<Record<string, unknown[]>>;
} = JSON.parse(made.stdout);
const source = readFileSync(script, 'utf8').split('\n');

// Rows of the first batch, and of the one that begins at row 6000. The worker of a stream leaves a plan open after 32 batches.
const WAYS = [
  { name: 'split', args: ['--transport', 'split', '--split-size', '30K'], rows: 1000 },
  { name: 'sync', args: ['--transport', 'sync', '--batch-size', '100'], rows: 100 },
  { name: 'pipelined', args: ['--transport', 'pipelined', '--batch-size', '100'], rows: 100 },
];

function args(name: string, way: readonly string[]): readonly string[] {
  const input = ['--input', join(folder, 'rows.arrow'), '--sandbox', 'off'];
  return ['run', join(folder, `${name}.bin`), ...input, ...way];
}

function line(text: string): number {
  const found = source.findIndex((each) => each.startsWith(text));
  assert.notEqual(found, -1, text);
  return found + 1;
}

const ARRAY = 'expected a pyarrow.Array of int64';

/** Name, family, exception, message with ROWS for those of a batch; the line is that of the function or, in a class, of the method. */
const FAULTS: readonly (readonly [payload: string, udf: string, family: string, what: string, first: number | null])[] =
  [
    ['text', 'text', 'scalar', 'TypeError: the UDF returned string, declared int64', 1],
    ['real', 'real', 'scalar', 'TypeError: the UDF returned double, declared int64', 1],
    ['nulls', 'nulls', 'scalar', 'TypeError: the UDF returned null, declared int64', 1],
    ['late_real', 'late_real', 'scalar', 'TypeError: the UDF returned double, declared int64', 6001],
    [
      'other_items',
      'other_items',
      'scalar',
      'TypeError: the UDF returned list<element: int64>, declared list<item: int64>',
      1,
    ],
    ['plain_list', 'plain_list', 'scalar', `TypeError: the UDF returned builtins.list, ${ARRAY}`, 1],
    ['one_scalar', 'one_scalar', 'scalar', `TypeError: the UDF returned pyarrow.lib.Int64Scalar, ${ARRAY}`, 1],
    ['none', 'none', 'scalar', `TypeError: the UDF returned None, ${ARRAY}`, 1],
    ['chunked', 'chunked', 'scalar', `TypeError: the UDF returned pyarrow.lib.ChunkedArray, ${ARRAY}`, 1],
    ['table', 'table', 'scalar', 'TypeError: the UDF returned struct<a: int64>, declared int64', 1],
    ['short', 'short', 'scalar', 'ValueError: the UDF returned 2 values, expected ROWS', 1],
    ['empty', 'empty', 'scalar', 'ValueError: the UDF returned 0 values, expected ROWS', 1],
    ['one', 'one', 'scalar', 'ValueError: the UDF returned 1 value, expected ROWS', 1],
    ['nothing_asked', 'nothing_asked', 'scalar', 'ValueError: the UDF returned 2 values, expected ROWS', null],
    // The engine panics over the first, and is told by the second.
    ['sum_of_text', 'text', 'scalar', 'TypeError: the UDF returned string, declared int64', 1],
    ['smallest_text', 'text', 'scalar', 'TypeError: the UDF returned string, declared int64', 1],
    ['CountAsText', 'CountAsText', 'aggregate', 'TypeError: evaluate() returned string, declared int64', null],
    [
      'CountAsObject',
      'CountAsObject',
      'aggregate',
      'TypeError: evaluate() returned builtins.object, expected a scalar of int64',
      null,
    ],
    ['TextColumn', 'TextColumn', 'window', 'TypeError: evaluate_all() returned string, declared int64', null],
    ['ListColumn', 'ListColumn', 'window', `TypeError: evaluate_all() returned builtins.list, ${ARRAY}`, null],
    ['ShortColumn', 'ShortColumn', 'window', 'ValueError: evaluate_all() returned 2 values, expected 10000', null],
    ['TextValue', 'TextValue', 'window', 'TypeError: evaluate() returned string, declared int64', null],
  ];

/** The line of the function, or of the method that the message names. */
function place(udf: string, what: string): number {
  const method = /: (\w+)\(\)/.exec(what)?.[1];
  if (method === undefined) return line(`def ${udf}(`);
  const from = line(`class ${udf}(`);
  return source.findIndex((text, at) => at >= from && text.startsWith(`    def ${method}(`)) + 1;
}

/** What needs all rows on one worker goes the same way in every transport; of the others some are enough. */
const STREAMED = new Set([
  'other_items',
  'text',
  'late_real',
  'plain_list',
  'table',
  'short',
  'nothing_asked',
  'sum_of_text',
]);

for (const [payload, udf, family, what, first] of FAULTS) {
  for (const way of STREAMED.has(payload) ? WAYS : WAYS.slice(0, 1)) {
    test(`${payload}: one error, of the UDF, and no worker that dies (${way.name})`, () => {
      const { status, stdout, stderr } = runAlone([...args(payload, way.args), '--json']);
      const rows = first === null ? '' : ` (rows ${first} to ${first + way.rows - 1})`;
      const told = what.replace('ROWS', String(way.rows));
      assert.deepEqual(
        errorsOf(stderr).map(({ code, message }) => [code, message]),
        [
          [
            'UDF_RAISED',
            `the ${family} UDF "${udf}" raised ${told} at returned_payloads.py line ${place(udf, what)}${rows}`,
          ],
        ],
      );
      if (first === 1) assert.equal(stdout, '');
      assert.equal(status, 5);
    });
  }
}

test('the engine’s own words stand under Python’s on stderr', () => {
  const { stderr } = dfx([...args('text', ['--transport', 'split']), '--format', 'csv']);
  const words =
    'Invalid argument error: column types must match schema types, expected Int64 but found Utf8 at column index 0';
  assert.match(stderr, new RegExp(`^TypeError: the UDF returned string, declared int64\nDataFusion: ${words}\ndfx: `));
});

for (const way of WAYS) {
  test(`what the real engine bears is no error, and stderr hears of it (${way.name})`, () => {
    for (const [name, expected] of Object.entries(borne.rows)) {
      const { status, stdout, stderr } = dfx([...args(name, way.args), '--workers', '1', '--json']);
      assert.equal(status, 0, stderr);
      const { rows } = JSON.parse(stdout) as { readonly rows: readonly (readonly unknown[])[] };
      assert.deepEqual(
        rows.map(([value]) => value),
        expected,
        name,
      );
      const heard = /^dfx: the scalar UDF "\w+": the UDF returned [^\n]+, declared int64; DataFusion took it\n$/;
      if (['foreign', 'one_for_all'].includes(name)) assert.equal(stderr, '', name);
      else assert.match(stderr, heard, name);
    }
    for (const [name, [expected]] of Object.entries(borne.values)) {
      const { status, stdout, stderr } = dfx([...args(name, way.args), '--workers', '2', '--json']);
      assert.equal(status, 0, stderr);
      assert.deepEqual(JSON.parse(stdout).results[0].value, expected, name);
    }
  });
}

test('states that don’t fit are for one worker, and --stats says why', () => {
  const why = (name: string): string => {
    const { status, stderr } = dfx([...args(name, ['--split-size', '30K', '--workers', '2']), '--stats']);
    assert.equal(status, 0, stderr);
    // Words are wrapped.
    return stderr.replaceAll(/\s+/g, ' ');
  };
  const told = (name: string, what: string): string =>
    `the accumulator of ${name} has no fitting state: state() returned ${what}`;
  assert.ok(why('small_state').includes(told('SmallState', 'int32, declared int64')));
  assert.ok(why('no_states').includes(told('NoStates', 'builtins.int, expected a list of 1 scalar')));
  assert.ok(why('two_states').includes(told('TwoStates', '2 values, declared 1')));
});
