/** Python UDFs in workers: the rows and values of the real engine in one process, and errors in the user's own terms. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dfx, python, root } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'dfx-udfs-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const script = join(root, 'test/run/python_udfs.py');
const made = spawnSync(python, [script, folder], { encoding: 'utf8', maxBuffer: 1 << 28 });
assert.equal(made.status, 0, made.stderr);

type Answers = Readonly<Record<string, readonly [type: string, values: readonly unknown[]]>>;
const answers = JSON.parse(made.stdout) as Readonly<Record<string, Answers>>;
const TRUSTED = ['--sandbox', 'off'];
const SMALL = ['--split-size', '30K'];

function file(name: string): string {
  return join(folder, name);
}

interface Told {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly results: readonly { readonly label: string; readonly type: string; readonly value: unknown }[];
}

function told(names: readonly string[], input: string, ...more: readonly string[]): Told {
  const payloads = names.map((name) => file(`${name}.bin`));
  const { status, stdout, stderr } = dfx(['run', ...payloads, '--input', file(input), ...TRUSTED, '--json', ...more]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Told;
}

// Spark's own cases. Without rows, some of these plans have no batch at all.
for (const table of ['rows', 'empty', 'holes']) {
  for (const way of [
    ['--transport', 'split', ...SMALL],
    ['--transport', 'sync'],
    ['--transport', 'pipelined'],
  ]) {
    test(`${table}: columns as one process of the real engine gives them (${way.join(' ')})`, () => {
      const expected = answers[`${table} rows`] ?? {};
      const names = Object.keys(expected);
      const { columns, rows } = told(names, `${table}.arrow`, ...way);
      assert.deepEqual(
        columns.map(({ name, type }) => [name, type]),
        names.map((name) => [name, 'Int64']),
      );
      for (const [at, name] of names.entries()) {
        assert.deepEqual(expected[name], ['int64', rows.map((row) => row[at])], name);
      }
    });

    test(`${table}: values as one process of the real engine gives them (${way.join(' ')})`, () => {
      const expected = answers[`${table} values`] ?? {};
      const { results } = told(Object.keys(expected), `${table}.arrow`, ...way);
      for (const { label, type, value } of results) {
        assert.deepEqual([type, value], ['Int64', expected[label]?.[1][0]], label);
      }
    });
  }
}

const source = readFileSync(script, 'utf8').split('\n');

function at(text: string): string {
  return `at python_udfs.py line ${source.findIndex((line) => line.includes(text)) + 1}`;
}

/** The last line of stderr, without the payload's name. */
function failure(name: string, ...more: readonly string[]): string {
  const args = [file(`${name}.bin`), '--input', file('rows.arrow'), ...TRUSTED, '--format', 'csv', ...more];
  const { status, stderr } = dfx(['run', ...args]);
  assert.equal(status, 5, stderr);
  // The engine's own account of a panic may come later.
  const last = stderr.split('\n').find((line) => line.startsWith('dfx: /')) ?? '';
  assert.ok(last.startsWith(`dfx: ${file(`${name}.bin`)}: `), last);
  return last.slice(`dfx: ${file(`${name}.bin`)}: `.length);
}

const TRACEBACK = "look at Python's traceback on stderr (left out with --json)";

test('what a UDF raises names its line and the rows of the input', () => {
  const raised = `raised ValueError: 6000 ${at('raise ValueError("6000")')} (rows 6001 to 7000); ${TRACEBACK}`;
  assert.equal(failure('fails_at', ...SMALL), `the scalar UDF "fails_at" ${raised}`);
  // It gets some of the batch's rows only.
  assert.equal(failure('fails_in_case', ...SMALL), `the scalar UDF "fails_at" ${raised}`);
  for (const transport of ['sync', 'pipelined']) {
    assert.equal(
      failure('fails_at', '--transport', transport, '--batch-size', '100'),
      `the scalar UDF "fails_at" ${raised.replace('6001 to 7000', '6001 to 6100')}`,
    );
  }
});

test('the rows of a batch are those of the input, whatever its batches are', () => {
  const raised = `raised ValueError: 6000 ${at('raise ValueError("6000")')} (rows 5601 to 6300); ${TRACEBACK}`;
  assert.equal(failure('fails_at', '--input', file('rows.arrows')), `the scalar UDF "fails_at" ${raised}`);
});

test('a result of another length is the UDF’s own error', () => {
  assert.equal(
    failure('too_long', ...SMALL),
    `the scalar UDF "too_long" raised ValueError: the UDF returned 3 values, expected 1000 ${at('"too_long": ')} (rows 1 to 1000); ${TRACEBACK}`,
  );
});

test('a result of another type is the UDF’s own error, where the engine gives up over it', () => {
  const raised = `raised TypeError: the UDF returned string, declared int64 ${at('"wrong_type": ')}`;
  assert.equal(failure('wrong_type', ...SMALL), `the scalar UDF "wrong_type" ${raised} (rows 1 to 1000); ${TRACEBACK}`);
});

test('an accumulator that gives another type is named', () => {
  const line =
    source.findIndex((text, row) => row > source.indexOf('class Text(Sum):') && text.includes('def evaluate')) + 1;
  const raised = `raised TypeError: evaluate() returned string, declared int64 at python_udfs.py line ${line}`;
  const told = `the aggregate UDF "text" ${raised}; ${TRACEBACK}`;
  assert.equal(failure('text'), told);
  assert.equal(failure('text', ...SMALL), told);
});

test('a module that is missing when the UDF runs is the environment’s fault', () => {
  assert.match(
    failure('imports'),
    /^the scalar UDF "imports" needs the Python module no_such_module, which \S+ doesn't have; install it with `\S+ -m pip install`, or name a Python that has it with --python$/,
  );
});

test('a merge that raises is told as every exception', () => {
  assert.equal(
    failure('merge_fails', ...SMALL),
    `the aggregate UDF "merge_fails" raised ValueError: no merge today ${at('raise ValueError("no merge today")')}; ${TRACEBACK}`,
  );
});

test('what an accumulator prints goes to stderr', () => {
  const { status, stdout, stderr } = dfx([
    'run',
    file('prints.bin'),
    '--input',
    file('rows.arrow'),
    ...TRUSTED,
    ...SMALL,
    '--format',
    'csv',
  ]);
  assert.deepEqual([status, stdout], [0, 'prints\n49995000\n']);
  assert.equal(stderr, 'update of 1000\n'.repeat(10));
});

test('a UDF can ask where it runs', () => {
  const { rows } = told(['context'], 'rows.arrow', ...SMALL, '--workers', '2');
  const found = [...new Set(rows.map(([text]) => String(text).replace(/ \d+$/, '')))];
  assert.deepEqual(
    found,
    Array.from({ length: 10 }, (_, at) => `where ${at} 0 ${at * 1000} 0-1000`),
  );
  const pids = new Set(rows.map(([text]) => Number(String(text).split(' ').at(-1))));
  assert.ok(pids.size >= 1 && pids.size <= 2, [...pids].join());
  const streamed = told(['context'], 'rows.arrow', '--transport', 'pipelined', '--workers', '2');
  assert.deepEqual(
    new Set(streamed.rows.map(([text]) => String(text).split(' ').slice(0, 3).join(' '))),
    new Set(['where 0 0', 'where 1 0']),
  );
});

test('a UDF can ask how many workers died over its split', () => {
  for (const workers of ['1', '2']) {
    const { rows } = told(['dies_twice'], 'rows.arrow', ...SMALL, '--workers', workers);
    assert.deepEqual(
      rows.map(([attempt]) => attempt),
      Array.from({ length: 10_000 }, (_, row) => (row >= 2000 && row < 3000 ? 2 : 0)),
    );
  }
});

const REGISTER = `
import pyarrow as pa
import pyarrow.compute as pc
from datafusion import udaf, udf
from datafusion.user_defined import Accumulator

print("loaded")


class Sum(Accumulator):
    def __init__(self):
        self.total = 0

    def update(self, values):
        self.total += pc.sum(values).as_py() or 0

    def merge(self, states):
        self.total += states[0][0].as_py()

    def state(self):
        return [pa.scalar(self.total, pa.int64())]

    def evaluate(self):
        return pa.scalar(self.total, pa.int64())


def register(ctx):
    ctx.register_udf(udf(lambda values: pc.multiply(values, 3), [pa.int64()], pa.int64(), "immutable", "double"))
    ctx.register_udf(udf(lambda values: pc.add(values, 1000), [pa.int64()], pa.int64(), "immutable", "abs"))
    ctx.register_udaf(udaf(Sum, [pa.int64()], pa.int64(), [pa.int64()], "immutable", "my_sum"))
`;

function registering(name: string, text: string): string {
  writeFileSync(file(name), text);
  return file(name);
}

test('--register gives UDFs that travel by name, once a worker, and takes over built-ins', () => {
  const module = registering('functions.py', REGISTER);
  const args = ['--input', file('rows.arrow'), '--register', module, ...SMALL, '--workers', '1', '--format', 'csv'];
  const rows = dfx(['run', file('by_name.bin'), file('absolute.bin'), '--limit', '3', ...args]);
  assert.deepEqual([rows.status, rows.stdout], [0, 'by_name,absolute\n0,1000\n3,1001\n6,1002\n']);
  assert.equal(rows.stderr, '[by_name, absolute] loaded\n');
  // Merged by name, too.
  const value = dfx(['run', file('sum_by_name.bin'), ...args]);
  assert.deepEqual([value.status, value.stdout, value.stderr], [0, `sum_by_name\n${3 * 49_995_000}\n`, 'loaded\n']);
});

test('what a registered UDF raises, or returns undeclared, is told as that of one that travels', () => {
  const registered = (name: string, function_: string): readonly [string, string] => {
    const lines = [
      'import pyarrow as pa',
      'from datafusion import udf',
      'INT = pa.int64()',
      '',
      ...function_.split('\n'),
      '',
    ];
    const register = ['def register(ctx):', '    ctx.register_udf(udf(double, [INT], INT, "immutable", "double"))', ''];
    const module = registering(name, [...lines, ...register].join('\n'));
    const args = ['run', file('by_name.bin'), '--input', file('rows.arrow'), '--register', module, '--format', 'csv'];
    const { status, stderr } = dfx([...args, ...SMALL]);
    assert.equal(status, 5, stderr);
    return [stderr, stderr.trimEnd().split('\n').at(-1) ?? ''];
  };
  const [traceback, raised] = registered('raising.py', 'def double(values):\n    raise KeyError(values[0].as_py())');
  assert.equal(
    raised,
    `dfx: ${file('by_name.bin')}: the scalar UDF "double" raised KeyError: 0 at raising.py line 6 (rows 1 to 1000); ${TRACEBACK}`,
  );
  assert.match(traceback, /^Traceback \(most recent call last\):\n {2}File ".*raising\.py", line 6, in double\n/);
  assert.doesNotMatch(traceback, /dfx_worker/);
  const [, mistyped] = registered('mistyped.py', 'def double(values):\n    return values.cast(pa.string())');
  assert.equal(
    mistyped,
    `dfx: ${file('by_name.bin')}: the scalar UDF "double" raised TypeError: the UDF returned string, declared int64 at mistyped.py line 5 (rows 1 to 1000); ${TRACEBACK}`,
  );
});

test('a module that can’t register names its line', () => {
  const run = (name: string, text: string): string =>
    failure('by_name', '--register', registering(name, text)).replace(folder, 'FOLDER');
  assert.equal(
    run('raises.py', 'def register(ctx):\n    fail()\n\n\ndef fail():\n    raise ValueError("no")\n'),
    'FOLDER/raises.py line 6: ValueError: no',
  );
  assert.equal(run('nothing.py', 'x = 1\n'), 'FOLDER/nothing.py has no function register(ctx)');
  assert.match(run('syntax.py', 'def register(:\n'), /^FOLDER\/syntax\.py line 1: SyntaxError: invalid syntax/);
});

test('a UDF that nobody registers names --register', () => {
  const told = 'the scalar UDF "double" travels by name, and no worker has it; ';
  const hint = 'register it in a Python file that --register names, or have the sender encode it inline';
  assert.equal(failure('by_name'), told + hint);
  assert.equal(
    failure('by_name', '--register', registering('other.py', 'def register(ctx):\n    pass\n')),
    told + hint,
  );
});

test('--register refuses what can’t work before anything starts', () => {
  const run = (...args: readonly string[]): readonly [number | null, string] => {
    const { status, stderr } = dfx(['run', file('by_name.bin'), '--input', file('rows.arrow'), ...args]);
    return [status, stderr];
  };
  assert.deepEqual(run('--register', '/nonexistent.py'), [2, 'dfx: /nonexistent.py: there is no such file\n']);
  assert.deepEqual(run('--register', 'module.txt'), [
    2,
    'dfx: found --register module.txt, expected a Python file; its name ends in .py\n',
  ]);
  assert.deepEqual(run('--register', 'x.py', '--engine', 'embedded'), [
    2,
    'dfx: found --register with --engine embedded; what it registers runs in Python: leave one of them out\n',
  ]);
});

test('--strict refuses an inline UDF by name and family, and lets registered ones run', () => {
  const strict = dfx(['run', file('nested.bin'), '--input', file('rows.arrow'), '--strict']);
  assert.equal(strict.status, 4);
  assert.match(strict.stderr, /: the scalar UDF "double" is inline Python code, which --strict refuses; /);
  const args = ['--register', registering('strict.py', REGISTER), '--strict', '--limit', '1', '--format', 'csv'];
  const named = dfx(['run', file('by_name.bin'), '--input', file('rows.arrow'), ...args]);
  assert.deepEqual([named.status, named.stdout], [0, 'by_name\n0\n']);
});

/** Encodes a UDF from source, and gives the payload's file. */
function encoded(name: string, udf: Readonly<Record<string, unknown>>, columns = 1): string {
  const version = spawnSync(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8' });
  const args = ['value', 'nothing'].slice(0, columns).map((col) => ({ col }));
  const json = { expr: { udf: name, args }, udfs: [{ name, volatility: 'immutable', ...udf }] };
  const { status, stderr } = dfx(['encode', '-', '--target-python', version.stdout.trim(), '-o', file(`${name}.bin`)], {
    input: JSON.stringify(json),
  });
  assert.equal(status, 0, stderr);
  return name;
}

const SUM_BY_ROW = `class Sum:
    def __init__(self):
        self.total = self.rows = 0
    def update(self, value, nothing):
        self.total += value
        self.rows += nothing is None
    def merge(self, total, rows):
        self.total += total
        self.rows += rows
    def state(self):
        return [self.total, self.rows]
    def evaluate(self):
        return f"{self.total} {self.rows}"
`;

test('a UDF from source is called per row or per batch, and gives the same', () => {
  const common = { family: 'scalar', inputs: ['Int64', 'Int64'], returns: 'Int64' };
  const row = encoded(
    'by_row',
    {
      ...common,
      python: {
        source:
          'def f(value, nothing):\n    return None if value % 3 == 0 else value * factor if nothing is None else 0\n',
        entry: 'f',
        captures: [['factor', 2]],
        mode: 'row',
      },
    },
    2,
  );
  const batch = encoded(
    'by_batch',
    {
      ...common,
      python: {
        source:
          'def f(values, nothing):\n    third = pc.equal(pc.subtract(values, pc.multiply(pc.divide(values, 3), 3)), 0)\n    return pc.if_else(third, None, pc.multiply(values, 2))\n',
        entry: 'f',
        imports: ['pyarrow.compute as pc'],
        mode: 'batch',
      },
    },
    2,
  );
  const expected = Array.from({ length: 10_000 }, (_, at) => (at % 3 === 0 ? null : at * 2));
  for (const way of [SMALL, ['--transport', 'pipelined']]) {
    const { rows } = told([row, batch], 'rows.arrow', ...way);
    assert.deepEqual(
      rows,
      expected.map((value) => [value, value]),
    );
  }
  assert.deepEqual(told([row, batch], 'empty.arrow').rows, []);
});

test('an accumulator per row gets values, and states as values', () => {
  const sum = encoded(
    'sum_by_row',
    {
      family: 'aggregate',
      inputs: ['Int64', 'Int64'],
      returns: 'Utf8',
      state: ['Int64', 'Int64'],
      python: { source: SUM_BY_ROW, entry: 'Sum', mode: 'row' },
    },
    2,
  );
  for (const way of [SMALL, [], ['--transport', 'sync']]) {
    assert.equal(told([sum], 'rows.arrow', ...way).results[0]?.value, '49995000 10000');
  }
});

test('per row, an error names the very row', () => {
  const scalar = { family: 'scalar', inputs: ['Int64'], returns: 'Int64' };
  const fails = 'def f(value):\n    if value == 6007:\n        raise KeyError(value)\n    return value\n';
  const name = encoded('row_fails', { ...scalar, python: { source: fails, entry: 'f', mode: 'row' } });
  assert.equal(
    failure(name, ...SMALL),
    `the scalar UDF "row_fails" raised KeyError: 6007 at <dfx row_fails> line 3 (row 6008); ${TRACEBACK}`,
  );
  const gives = 'def f(value):\n    return "seven" if value == 7007 else value\n';
  const wrong = encoded('row_gives', { ...scalar, python: { source: gives, entry: 'f', mode: 'row' } });
  assert.match(
    failure(wrong, ...SMALL),
    /^the scalar UDF "row_gives" raised TypeError: the UDF returned 'seven', expected int64 at <dfx row_gives> line \d+ \(row 7008\); /,
  );
});
