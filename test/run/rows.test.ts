/** Row-wise payloads: columns of one table, in every format, equal to what the real engine gives. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { dfx, makePayloads, python, root, values } from './cli.ts';

const made = makePayloads();
after(() => made.remove());

const NAMES = ['doubled', 'large', 'eighth', 'text', 'ranked', 'nulls'];
const payloads = NAMES.map((name) => made.file(`${name}.bin`));

/** Runs Python and gives what it prints as JSON. */
function ask(source: string, ...args: readonly string[]): unknown {
  const { status, stdout, stderr } = spawnSync(python, ['-c', source, ...args], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/**
 * What the real engine gives for each payload, as the receiver would run it. A window's ORDER BY reorders the rows of a
 * select there; a row number taken before puts them back.
 */
const EXPECTED = `
import json, sys, datafusion as d
ctx = d.SessionContext(d.SessionConfig().with_target_partitions(1).with_batch_size(8192))
frame = ctx.read_csv(sys.argv[1])
numbered = frame.with_column("row", d.functions.row_number())
def column(path):
    both = numbered.select(d.Expr.from_bytes(open(path, "rb").read()).alias("out"), d.col("row"))
    rows = [pair for b in both.collect() for pair in zip(b.column(1).to_pylist(), b.column(0).to_pylist())]
    return [value for _, value in sorted(rows, key=lambda pair: pair[0])]
print(json.dumps([column(p) for p in sys.argv[2:]]))
`;
const READ_ARROW = `
import json, sys, pyarrow as pa
path = sys.argv[1]
table = (pa.ipc.open_file if path.endswith(".arrow") else pa.ipc.open_stream)(path).read_all()
table.validate(full=True)
print(json.dumps([table.column_names, [column.to_pylist() for column in table.columns]]))
`;
const expected = ask(EXPECTED, values, ...payloads);

for (const workers of [undefined, 1, 2]) {
  test(`arrow files and streams hold the engine's values, ${workers ?? 'default'} workers`, () => {
    for (const extension of ['arrow', 'arrows']) {
      const output = made.file(`out-${workers}.${extension}`);
      const more = workers === undefined ? [] : ['--workers', String(workers)];
      const { status, stdout, stderr } = dfx(['run', ...payloads, '--input', values, '--output', output, ...more]);
      assert.deepEqual([status, stdout, stderr], [0, '', '']);
      assert.deepEqual(ask(READ_ARROW, output), [NAMES, expected]);
    }
  });
}

test('ndjson and csv hold the same rows', () => {
  const columns = expected as readonly (readonly unknown[])[];
  const rows = columns[0]?.map((_, row) => columns.map((column) => column[row])) ?? [];
  const ndjson = dfx(['run', ...payloads, '--input', values, '--format', 'ndjson']);
  assert.deepEqual(
    ndjson.stdout
      .trimEnd()
      .split('\n')
      .map((line) => {
        // As the engine writes it, the member of a null is left out.
        const members = new Map(Object.entries(JSON.parse(line)));
        return NAMES.map((name) => members.get(name) ?? null);
      }),
    rows,
  );
  const csv = dfx(['run', ...payloads, '--input', values]);
  const parsed = ask(
    'import csv, json, sys\nprint(json.dumps(list(csv.reader(open(sys.argv[1], newline="")))))',
    keep('rows.csv', csv.stdout),
  ) as readonly (readonly string[])[];
  assert.deepEqual(parsed[0], NAMES);
  assert.deepEqual(
    parsed
      .slice(1)
      .map((row) => row.map((field, at) => (at === 3 ? field : JSON.parse(field === '' ? 'null' : field)))),
    rows,
  );
});

function keep(name: string, text: string): string {
  writeFileSync(made.file(name), text);
  return made.file(name);
}

test('a table is for people: --format table', () => {
  const { stdout } = dfx(['run', payloads[0] ?? '', `is it?=${payloads[1]}`, '--input', values, '--format', 'table']);
  const lines = stdout.split('\n');
  assert.deepEqual(lines.slice(0, 4), ['doubled  is it?', '  Int64  Boolean', '───────  ───────', '      6  false']);
  assert.match(lines.at(-2) ?? '', /^12 rows, embedded, 1 worker, \d+(\.\d+)? m?s$/);
});

test('an expression without columns gives one row without an input', () => {
  assert.equal(dfx(['run', made.file('three.bin')]).stdout, 'three\n3\n');
  assert.equal(dfx(['run', made.file('three.bin'), '--engine', 'datafusion']).stdout, 'three\n3\n');
});

test("columns of a table keep its name's case", () => {
  for (const engine of ['embedded', 'datafusion']) {
    const { stdout } = dfx([
      'run',
      made.file('qualified.bin'),
      '--input',
      values,
      '--engine',
      engine,
      '--format',
      'csv',
    ]);
    assert.equal(stdout, 'qualified\n4\n18\n43\n6\n89\n22\n10\n57\n5\n74\n13\n32\n');
  }
});

test('the input may come from stdin', () => {
  const { stdout } = dfx(['run', made.file('total.bin'), '--input', '-', '--format', 'csv'], {
    input: readFileSync(values),
  });
  assert.equal(stdout, 'total\n361\n');
});

test('a pickled collection gives a column an expression, labelled by its place', () => {
  const { stdout } = dfx(['run', `p=${made.file('doubled.pkl')}`, '--input', values]);
  assert.equal(stdout.split('\n')[0], 'p[0],"p[1][""large""]"');
  assert.equal(stdout.split('\n')[5], '176,true');
});

test('a failure leaves no output file', () => {
  const output = made.file('failed.csv');
  const { status, stderr } = dfx(['run', made.file('zero.bin'), '--input', values, '--output', output]);
  assert.match(stderr, /Divide by zero error/);
  assert.equal(status, 5);
  assert.equal(existsSync(output), false);
});

test('--json describes each column and holds its values', () => {
  const { stdout } = dfx(['run', made.file('doubled.bin'), made.file('text.bin'), '--input', values, '--json']);
  const document = JSON.parse(stdout);
  const schema = JSON.parse(readFileSync(`${root}/schemas/run.schema.json`, 'utf8'));
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
  assert.ok(validate(JSON.parse(stdout)), JSON.stringify(validate.errors));
  assert.equal(document.schema, 'dfx.run/2');
  assert.deepEqual(
    document.results.map((result: { label: string; type: string; engine: { name: string } }) => [
      result.label,
      result.type,
      result.engine.name,
    ]),
    [
      ['doubled', 'Int64', 'embedded'],
      ['text', 'Utf8View', 'embedded'],
    ],
  );
  assert.deepEqual(
    document.columns.map(({ name, type }: { name: string; type: string }) => [name, type]),
    [
      ['doubled', 'Int64'],
      ['text', 'Utf8View'],
    ],
  );
  const [doubled, , , text] = expected as unknown[][];
  assert.deepEqual(
    document.rows,
    doubled?.map((value, row) => [value, text?.[row]]),
  );
});

test('files with odd names are read as files, not as patterns', () => {
  for (const name of ['a*b.csv', 'x[1].csv', 'spa ce%20']) {
    const path = keep(name, readFileSync(values, 'utf8'));
    keep('aXb.csv', 'value\n1000000\n');
    const { stdout } = dfx([
      'run',
      made.file('total.bin'),
      '--input',
      path,
      '--format',
      'csv',
      '--engine',
      'datafusion',
    ]);
    assert.equal(stdout, 'total\n361\n', name);
  }
});

test('an unknown output name needs --format', () => {
  const { status, stderr } = dfx(['run', made.file('doubled.bin'), '--input', values, '--output', 'out.xlsx']);
  assert.equal(
    stderr,
    `dfx: the name "out.xlsx" doesn't say the output's format; name it with --format, or end it in .csv, .tsv, .ndjson, .jsonl, .arrow, .arrows, .feather, .ipc, .parquet, .txt\n`,
  );
  assert.equal(status, 2);
  assert.equal(existsSync(`${root}/out.xlsx`), false);
});

test('a bad row is told with its place, by either engine', () => {
  const path = keep('bad.csv', `value\n${'1\n'.repeat(3000)}x\n`);
  const run = (engine: string) =>
    dfx(['run', made.file('doubled.bin'), '--input', path, '--engine', engine, '--format', 'ndjson']);
  const embedded = run('embedded');
  assert.equal(
    embedded.stderr,
    `dfx: ${path}: row 3001 (line 3002), column "value": "x" is no Int64; where the type was inferred, give it with --schema\n`,
  );
  assert.equal(embedded.status, 3);
  const datafusion = run('datafusion');
  assert.match(
    datafusion.stderr,
    /^dfx: .*bad\.csv: Parser error: Error while parsing value 'x' as type 'Int64' for column 0 in row 3001\./,
  );
  assert.equal(datafusion.status, 3);
});

test('a chain of 3,000 operators is evaluated, as the engine does on its main thread', () => {
  const input = join(made.folder, 'a.csv');
  writeFileSync(input, 'a\n1\n');
  const chain = join(root, 'fixtures/55/exprs/chain-3000-plus.bin');
  const { status, stdout, stderr } = dfx(['run', chain, '--input', input, '--engine', 'datafusion', '--format', 'csv']);
  assert.equal(stderr, '');
  assert.equal(stdout, 'chain-3000-plus\n3000\n'); // python:55.0.0
  assert.equal(status, 0);
});

test('the real engine reads parts of CSV and Arrow files as it reads them whole', () => {
  const rows = Array.from({ length: 300_000 }, (_, at) => (at % 7 === 0 ? `"a\n${at}",${at}` : `t${at},${at}`));
  const csv = keep('parts.csv', `s,value\n${rows.join('\n')}\n`);
  const arrow = join(made.folder, 'parts.arrow');
  const doubled = made.file('doubled.bin');
  assert.equal(dfx(['run', doubled, '--input', csv, '--keep', 's,value', '--output', arrow]).status, 0);
  const expected = `doubled\n${rows.map((_, at) => `${at * 2}\n`).join('')}`;
  for (const input of [csv, arrow]) {
    const { stdout, stderr } = dfx([
      'run',
      doubled,
      '--input',
      input,
      '--engine',
      'datafusion',
      '--stats',
      '--format',
      'csv',
    ]);
    assert.equal(stdout, expected);
    assert.match(stderr, /datafusion \(asked for with --engine\); row by row/);
    assert.match(stderr, /rows +300,000 rows in, 300,000 out/);
  }
  const bad = keep('late.csv', `value\n${'1234567\n'.repeat(900_000)}x\n`);
  const { stderr, status } = dfx(['run', doubled, '--input', bad, '--engine', 'datafusion', '--format', 'csv']);
  assert.equal(
    stderr,
    `dfx: ${bad}: Parser error: Error while parsing value 'x' as type 'Int64' for column 0 in row 900001. Row data: '[x]'\n`,
  );
  assert.equal(status, 3);
});

test('rows come through a pipe as they come', () => {
  const lines = Array.from({ length: 500_000 }, (_, at) => `${at},"line\n${at}"`);
  const input = `value,s\n${lines.join('\n')}\n`;
  for (const engine of ['embedded', 'datafusion']) {
    const { stdout, stderr } = dfx(
      ['run', made.file('doubled.bin'), '--input', '-', '--format', 'csv', '--engine', engine, '-v'],
      {
        input,
      },
    );
    assert.equal(stdout, `doubled\n${lines.map((_, at) => `${at * 2}\n`).join('')}`);
    assert.match(stderr, /pieces of whole rows, as they come through the pipe/);
  }
  const total = dfx(['run', made.file('total.bin'), '--input', '-', '--format', 'csv'], { input });
  assert.equal(total.stdout, `total\n${(lines.length * (lines.length - 1)) / 2}\n`);
});
