/** Cells as text, held against the engine's own cast to text, type by type. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { tableFromIPC } from 'apache-arrow';
import { cellsOf } from '../../../src/io/out/cells.ts';
import { python } from '../../run/cli.ts';

/** Prints the table as an Arrow stream in base64, and what the engine makes of each value as text. */
const ORACLE = `
import base64, datetime as dt, decimal, json
import pyarrow as pa
from datafusion import SessionContext, col, functions as f
D = decimal.Decimal
inf, nan = float("inf"), float("nan")
columns = {
    "int8": pa.array([1, None, -128], pa.int8()),
    "int64": pa.array([-2**63, None, 2**63 - 1], pa.int64()),
    "uint64": pa.array([2**64 - 1, None, 0], pa.uint64()),
    "float32": pa.array([0.1, None, 16777216.0], pa.float32()),
    "float64": pa.array([0.1, None, 1e15]),
    "special": pa.array([inf, nan, -inf]),
    "bool": pa.array([True, None, False]),
    "text": pa.array(["a,\\"b\\"\\n", None, ""]),
    "large": pa.array(["x", None, "\\u00fc"], pa.large_string()),
    "view": pa.array(["short", None, "longer than twelve bytes"], pa.string_view()),
    "date32": pa.array([dt.date(2020, 2, 29), None, dt.date(1, 1, 1)]),
    "seconds": pa.array([0, None, -1], pa.timestamp("s")),
    "nanos": pa.array([1, None, -1], pa.timestamp("ns")),
    "micros": pa.array([1_600_000_000_123_456, None, 0], pa.timestamp("us")),
    "time32": pa.array([1, None, 86399], pa.time32("s")),
    "time64": pa.array([1, None, 86399_000000001], pa.time64("ns")),
    "decimal128": pa.array([D("-123.45"), None, D("0.01")], pa.decimal128(10, 2)),
    "decimal256": pa.array([D("-1"), None, D("12345678901234567890123456789012345678901234567890")], pa.decimal256(60, 0)),
    "dictionary": pa.array(["a", None, "a"]).dictionary_encode(),
}
table = pa.table(columns)
sink = pa.BufferOutputStream()
with pa.ipc.new_stream(sink, table.schema) as writer:
    writer.write_table(table)
frame = SessionContext().from_arrow(table)
texts = {name: frame.select(f.arrow_cast(col(name), "Utf8").alias("t")).to_pydict()["t"] for name in columns}
print(json.dumps([base64.b64encode(sink.getvalue()).decode(), texts]))
`;

const { stdout, stderr, status } = spawnSync(python, ['-c', ORACLE], { encoding: 'utf8' });
assert.equal(status, 0, stderr);
const [stream, texts] = JSON.parse(stdout) as [string, Record<string, readonly (string | null)[]>];
const [batch] = tableFromIPC(Buffer.from(stream, 'base64')).batches;
assert.ok(batch !== undefined);

batch.schema.fields.forEach((field, at) => {
  test(`${field.name} reads as the engine prints it`, () => {
    const cells = cellsOf(batch, at);
    assert.deepEqual(
      [0, 1, 2].map((row) => cells.text(row)),
      texts[field.name],
    );
  });
});

/** JSON of types whose text has no counterpart in the engine, from values that pyarrow wrote. */
const NESTED = `
import base64, pyarrow as pa
table = pa.table({
    "list": pa.array([[1, None], None, []], pa.list_(pa.int64())),
    "fixed": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int64(), 2)),
    "struct": pa.array([{"1": 1, "__proto__": "x"}, None, {"1": None, "__proto__": "y"}]),
    "map": pa.array([[("k", 1), ("k", 2)], None, []], pa.map_(pa.string(), pa.int64())),
    "big": pa.array([2**53 + 1, None, 2**53 - 1]),
    "binary": pa.array([b"\\x01\\xff", None, b""]),
    "zoned": pa.array([1_600_000_000, None, 0], pa.timestamp("s", "Europe/Berlin")),
    "duration": pa.array([1500, None, -1], pa.duration("ms")),
    "interval": pa.array([(14, 3, 1_500_000_000), None, (-1, 0, -1)], pa.month_day_nano_interval()),
    "nan": pa.array([float("nan"), None, 1.0]),
})
sink = pa.BufferOutputStream()
with pa.ipc.new_stream(sink, table.schema) as writer:
    writer.write_table(table)
print(base64.b64encode(sink.getvalue()).decode())
`;

test('JSON keeps order, repeated keys and big integers', () => {
  const made = spawnSync(python, ['-c', NESTED], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  const [nested] = tableFromIPC(Buffer.from(made.stdout, 'base64')).batches;
  assert.ok(nested !== undefined);
  const json = nested.schema.fields.map((field, at) => {
    const cells = cellsOf(nested, at);
    return [field.name, ...[0, 1, 2].map((row) => cells.json(row))];
  });
  assert.deepEqual(json, [
    ['list', '[1,null]', 'null', '[]'],
    ['fixed', '[1,2]', 'null', '[3,4]'],
    ['struct', '{"1":1,"__proto__":"x"}', 'null', '{"1":null,"__proto__":"y"}'],
    ['map', '[["k",1],["k",2]]', 'null', '[]'],
    ['big', '"9007199254740993"', 'null', '9007199254740991'],
    ['binary', '"01ff"', 'null', '""'],
    ['zoned', '"2020-09-13T12:26:40Z"', 'null', '"1970-01-01T00:00:00Z"'],
    ['duration', '"PT1.5S"', 'null', '"PT-0.001S"'],
    ['interval', '"P14M3DT1.5S"', 'null', '"P-1M0DT-0.000000001S"'],
    ['nan', '"NaN"', 'null', '1.0'],
  ]);
});

test('a sliced batch reads from its own start', () => {
  const part = batch.slice(2, 3);
  part.schema.fields.forEach((field, at) => {
    assert.equal(cellsOf(part, at).text(0), texts[field.name]?.[2], field.name);
  });
});
