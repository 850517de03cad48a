/** What `dfx run` writes opens in pyarrow, DuckDB and Polars, with the values and types that went in. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encodePayload, fromSql } from '../../src/index.ts';
import { dfx, python } from '../run/cli.ts';
import { temporaryFolder } from './dfx.ts';

const folder = temporaryFolder();
after(() => folder.remove());
const at = (name: string): string => join(folder.path, name);

const TABLE = `
import datetime as dt, decimal, pyarrow as pa
def table():
    D = decimal.Decimal
    return pa.table({
        "i": pa.array([1, None, -(2**63)], pa.int64()),
        "u": pa.array([0, None, 255], pa.uint8()),
        "f": pa.array([0.1, None, 1e300]),
        "s": pa.array(["a,b", None, "\\u65e5\\u672c"]),
        "t": pa.array(["", None, "long enough for a view"], pa.large_string()),
        "b": pa.array([True, None, False]),
        "d": pa.array([D("1.50"), None, D("-99999999.99")], pa.decimal128(10, 2)),
        "day": pa.array([dt.date(2020, 2, 29), None, dt.date(1, 1, 1)]),
        "at": pa.array([0, None, 1_600_000_000_123_456], pa.timestamp("us", "UTC")),
        "list": pa.array([[1, None], None, []], pa.list_(pa.int32())),
        "struct": pa.array([{"x": 1, "y": "a"}, None, {"x": None, "y": None}], pa.struct([("x", pa.int32()), ("y", pa.string())])),
        "raw": pa.array([b"\\x00\\xff", None, b""]),
    })
`;

function ask(source: string): string {
  const { status, stdout, stderr } = spawnSync(python, ['-c', `${TABLE}\n${source}`], {
    encoding: 'utf8',
    cwd: folder.path,
  });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

ask(`
import pyarrow as pa
with pa.ipc.new_file("in.arrow", table().schema) as writer:
    writer.write_table(table())
`);
writeFileSync(at('plus.bin'), encodePayload(fromSql('i is null')));

/** Prints `ok`, or what differs. Types of texts may be the reader's own: their values are held. */
const SAME = `
expected = table().append_column("plus", pa.array([False, True, False]))
def same(found):
    if found.column_names != expected.column_names: return f"columns {found.column_names}"
    for name in expected.column_names:
        if found[name].to_pylist() != expected[name].to_pylist(): return f"{name}: {found[name].to_pylist()}"
    return "ok"
`;
const READERS: readonly (readonly [file: string, reader: string, source: string])[] = [
  [
    'out.arrow',
    'pyarrow',
    'import pyarrow as pa; t = pa.ipc.open_file("out.arrow").read_all(); t.validate(full=True); print(same(t) if t.schema.types[:-1] == table().schema.types else t.schema)',
  ],
  [
    'out.arrows',
    'pyarrow',
    'import pyarrow as pa; t = pa.ipc.open_stream("out.arrows").read_all(); t.validate(full=True); print(same(t))',
  ],
  ['out.arrow', 'Polars', 'import polars as pl; print(same(pl.read_ipc("out.arrow").to_arrow()))'],
  ['out.arrows', 'Polars', 'import polars as pl; print(same(pl.read_ipc_stream("out.arrows").to_arrow()))'],
  [
    'out.arrow',
    'DuckDB',
    'import duckdb, pyarrow as pa; t = pa.ipc.open_file("out.arrow").read_all(); print(same(duckdb.sql("select * from t").to_arrow_table()))',
  ],
  ['out.parquet', 'pyarrow', 'import pyarrow.parquet as pq; print(same(pq.read_table("out.parquet")))'],
  ['out.parquet', 'Polars', 'import polars as pl; print(same(pl.read_parquet("out.parquet").to_arrow()))'],
  [
    'out.parquet',
    'DuckDB',
    `import duckdb; print(same(duckdb.sql("set timezone='UTC'; select * from 'out.parquet'").to_arrow_table()))`,
  ],
];
for (const file of new Set(READERS.map(([name]) => name))) {
  const run = dfx(['run', `plus=${at('plus.bin')}`, '--keep', 'all', '--input', at('in.arrow'), '--output', at(file)]);
  assert.deepEqual(run, { status: 0, stdout: '', stderr: '' });
}
for (const [file, reader, source] of READERS) {
  test(`${reader} reads ${file}`, () => assert.equal(ask(`${SAME}\n${source}`), 'ok'));
}
