/** What `dfx run` refuses before anything is spawned: each with its whole message and its exit code. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dfx, mainFolder, makePayloads, python, values } from './cli.ts';

const made = makePayloads();
const scratch = mkdtempSync(join(tmpdir(), 'dfx-test-'));
after(() => {
  made.remove();
  rmSync(scratch, { recursive: true, force: true });
});

const sum = join(mainFolder, 'custom_sum.bin');
const bytes = readFileSync(sum);
const offset = bytes.indexOf('DFPYUDA');
const stamp = `${bytes[offset + 8]}.${bytes[offset + 9]}`;

/** A copy of custom_sum.bin with some bytes replaced. */
function changed(name: string, change: (copy: Buffer) => void): string {
  const copy = Buffer.from(bytes);
  change(copy);
  const path = join(scratch, name);
  writeFileSync(path, copy);
  return path;
}

function refused(args: readonly string[], status: number, line: string, env: NodeJS.ProcessEnv = {}): void {
  const outcome = dfx(['run', ...args], { env });
  assert.equal(outcome.stderr, `dfx: ${line}\n`);
  assert.equal(outcome.stdout, '');
  assert.equal(outcome.status, status);
}

test('--strict refuses an inline UDF by its name and family, --sandbox off or not', () => {
  refused(
    [sum, '--input', values, '--strict', '--sandbox', 'off'],
    4,
    `${sum}: byte ${offset}: the aggregate UDF "my_sum" is inline Python code, which --strict refuses; have the sender encode it ` +
      'by name and register it on the receiver, or run without --strict to allow inlining',
  );
});

test('a frame of another Python is refused before --strict is considered', () => {
  const other = changed('stamp.bin', (copy) => {
    copy[offset + 9] = 99;
  });
  refused(
    [other, '--input', values, '--strict'],
    4,
    `${other}: byte ${offset}: the aggregate UDF "my_sum" was made by Python 3.99, and ${python} is Python ${stamp}; ` +
      'name a Python 3.99 with --python, or make one with `dfx env create --python python3.99`',
  );
});

test('a frame of an unknown version is refused before its stamp is', () => {
  const other = changed('version.bin', (copy) => {
    copy[offset + 7] = 9;
    copy[offset + 9] = 99;
  });
  refused(
    [other, '--input', values, '--strict'],
    3,
    `${other}: byte ${offset + 7}: found version 9 of the inline Python aggregate UDF frame, expected 1..=1; align the ` +
      'datafusion-python versions of sender and receiver',
  );
});

test('errors come as documents with --json', () => {
  const { status, stderr } = dfx(['run', sum, '--input', values, '--json', '--strict']);
  const { schema, error } = JSON.parse(stderr);
  assert.equal(schema, 'dfx.error/1');
  assert.deepEqual(Object.keys(error), ['code', 'message', 'file', 'offset', 'hint']);
  assert.deepEqual([error.code, error.file, error.offset], ['STRICT', sum, offset]);
  assert.equal(status, 4);
});

test('a pickle with anything but expressions is refused and not loaded', () => {
  const path = made.file('planted.pkl');
  const { status, stdout, stderr } = dfx(['run', path, '--input', values, '--sandbox', 'off']);
  assert.match(
    stderr,
    /^dfx: .*planted\.pkl: byte \d+: the pickle holds .*pathlib\.Path\.touch \(byte \d+\).*, expected nothing but expressions; dfx loads no pickle: have the expressions pickled alone, in lists, tuples or dicts\n$/,
  );
  assert.equal(stdout, '');
  assert.equal(status, 4);
  assert.equal(existsSync(made.file('trace')), false);
});

test('an expression that reads columns needs an input', () => {
  refused(
    [made.file('missing.bin')],
    2,
    `${made.file('missing.bin')}: the expression reads the columns "nope", "other"; name a file that has it with --input`,
  );
});

test('a missing column is named with what the file has, by the plan or by the worker', () => {
  const lines = join(scratch, 'values.ndjson');
  writeFileSync(lines, '{"value":1,"name":"x"}\n');
  refused(
    [made.file('missing.bin'), '--input', lines],
    2,
    `${lines}: the input lacks the columns "nope", "other"; it has "value" (Int64), "name" (Utf8); names are case-sensitive; a ` +
      'CSV file without a header line needs --no-header',
  );
  refused(
    [made.file('missing.bin'), '--input', values],
    2,
    `${values}: the input lacks the columns "nope", "other"; it has "value" (Int64); names are case-sensitive; a CSV file ` +
      'without a header line needs --no-header',
  );
});

test('columns of two tables have no common input', () => {
  refused(
    [made.file('two_tables.bin'), '--input', values],
    2,
    `${made.file('two_tables.bin')}: the payload reads columns of 2 tables (a, b); the input is one table: encode the ` +
      'expression with columns of one',
  );
});

test('values and columns are no common table', () => {
  refused(
    [made.file('total.bin'), made.file('doubled.bin'), '--input', values],
    2,
    'total gives one value and doubled a column; run aggregates and row-wise expressions apart',
  );
});

test('two payloads of one label are refused', () => {
  refused(
    [`x=${made.file('total.bin')}`, `x=${sum}`, '--input', values],
    2,
    `${made.file('total.bin')} and ${sum} have the same label "x"; name one of them: other=${sum}`,
  );
});

test('a Python that is not there is told once', () => {
  refused(
    [
      sum,
      join(mainFolder, 'count_above_10.bin'),
      '--input',
      values,
      '--sandbox',
      'off',
      '--python',
      '/nonexistent/python',
    ],
    5,
    '--python names /nonexistent/python, which is no program here; give the path of a Python interpreter that has the datafusion ' +
      'package',
  );
});

test('the embedded engine says what it does not take', () => {
  const path = made.file('subquery_values.bin');
  const { status, stderr } = dfx(['run', path, '--engine', 'embedded']);
  assert.match(
    stderr,
    /^dfx: .*subquery_values\.bin: the embedded engine doesn't take it: .*; --engine datafusion can\n$/,
  );
  assert.equal(status, 3);
});

test('a plan is no expression', () => {
  const { status, stderr } = dfx(['run', join(mainFolder, '../55/plans/logical-select-1.bin')]);
  assert.match(
    stderr,
    /: found the container logical-plan, expected expressions; run takes expr, expr-list and pickle; look at this one with `dfx inspect`\n$/,
  );
  assert.equal(status, 3);
});

test('wrong flags are wrong usage', () => {
  refused([sum, '--workers', '0'], 2, 'found "0" for --workers, expected a whole number, 1 to 1024');
  refused([sum, '--timeout', 'soon'], 2, 'found the timeout "soon", expected a time such as 30, 1.5s or 2m');
  refused([sum, '--engine', 'spark'], 2, 'found the engine "spark", expected one of auto, embedded, datafusion');
});
