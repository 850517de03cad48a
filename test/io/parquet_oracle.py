"""Parquet files, and what the real engine reads from them.

Writes one JSON document: [{"name", "bytes": base64, "schema": base64 of an Arrow stream, "columns": [[name, values]]}]. Values are those of
arrow_oracle.py. Columns that the engine doesn't read are left out of a file before.
"""

import base64
import json
import sys
import tempfile
from glob import glob

import pyarrow as pa
import pyarrow.parquet as pq
from arrow_oracle import DICTIONARIES, FLAT, NESTED, N, plain
from datafusion import SessionConfig, SessionContext


def table(sources):
    return pa.table({name: pa.array(values, kind) for name, kind, values in sources})


def written(sources):
    """pyarrow has no month-day-nano intervals in Parquet."""
    return table([source for source in sources if source[0] != "interval"])


def long_table(count):
    return pa.table(
        {
            "n": pa.array([N if i % 7 == 3 else i * 3 - count for i in range(count)], pa.int64()),
            "few": pa.array([N if i % 13 == 5 else f"word {i % 10}" for i in range(count)], pa.string()),
            "t": pa.array([f"text {i} ä" * (i % 4) for i in range(count)], pa.string()),
            "f": pa.array([i / 3 for i in range(count)], pa.float64()),
            "b": pa.array([N if i % 17 == 2 else i % 3 == 0 for i in range(count)], pa.bool_()),
            "d": pa.array([i * 10**20 - 5 for i in range(count)], pa.decimal128(38, 4)),
        }
    )


def long_nested(count):
    return pa.table(
        {
            "l": pa.array([N if i % 5 == 2 else [i, N, i + 1][: i % 4] for i in range(count)], pa.list_(pa.int32())),
            "s": pa.array(
                [N if i % 9 == 4 else {"a": i, "b": [f"x{i}"] * (i % 3)} for i in range(count)],
                pa.struct([("a", pa.int64()), ("b", pa.list_(pa.string()))]),
            ),
        }
    )


def required():
    fields = [pa.field("a", pa.int64(), False), pa.field("l", pa.list_(pa.field("item", pa.string(), False)), False)]
    return pa.table([pa.array([1, 2, 3]), pa.array([["a"], [], ["b", "c"]], fields[1].type)], schema=pa.schema(fields))


def integers(count):
    """For the encodings of numbers: small steps, big ones, both ends."""
    edges = [0, -1, 2**31 - 1, -(2**31), 1, 2, 3]
    wide = [2**63 - 1, -(2**63), 0, 1, -1]
    return pa.table(
        {
            "i32": pa.array([edges[i] if i < 7 else i * i % 1000 for i in range(count)], pa.int32()),
            "i64": pa.array([wide[i] if i < 5 else 10**15 + i * 17 for i in range(count)], pa.int64()),
            "near": pa.array([10**12 + i for i in range(count)], pa.int64()),
        }
    )


def texts(count):
    return pa.table(
        {
            "s": pa.array([f"prefix/{i // 10}/{i}" for i in range(count)], pa.string()),
            "b": pa.array([b"\x00\xff" * (i % 5) for i in range(count)], pa.binary()),
        }
    )


def floats(count):
    return pa.table({"f": pa.array([i / 7 for i in range(count)]), "g": pa.array([i / 7 for i in range(count)], pa.float32())})


def cases():
    yield "flat", written(FLAT), {}
    yield "flat without its Arrow schema", written(FLAT), {"store_schema": False}
    yield "flat, pages of version 2", written(FLAT), {"data_page_version": "2.0"}
    yield "flat without dictionaries", written(FLAT), {"use_dictionary": False}
    yield "format 1.0", written(FLAT).drop_columns(["ts ns"]), {"version": "1.0"}
    yield "nested", written(NESTED), {}
    yield "nested without its Arrow schema", written(NESTED), {"store_schema": False, "data_page_version": "2.0"}
    yield "dictionaries", written(DICTIONARIES), {}
    yield "required", required(), {}
    yield "no rows", written(FLAT).slice(0, 0), {}
    for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
        yield f"long, {codec}", long_table(20_000), {"compression": codec, "row_group_size": 9_000, "data_page_size": 20_000}
    yield "long, pages of version 2", long_table(20_000), {"data_page_version": "2.0", "compression": "gzip", "data_page_size": 20_000}
    yield "long nested", long_nested(10_000), {"data_page_size": 2_000, "row_group_size": 4_000}
    yield "long nested, pages of version 2", long_nested(10_000), {"data_page_size": 2_000, "data_page_version": "2.0"}
    packed = {"use_dictionary": False, "data_page_size": 5_000}
    yield "deltas", integers(5_000), {**packed, "column_encoding": "DELTA_BINARY_PACKED"}
    yield "lengths as deltas", texts(3_000), {**packed, "column_encoding": "DELTA_LENGTH_BYTE_ARRAY"}
    yield "texts as deltas", texts(3_000), {**packed, "column_encoding": "DELTA_BYTE_ARRAY"}
    yield "bytes split", floats(3_000), {**packed, "column_encoding": "BYTE_STREAM_SPLIT"}
    stamps = [source for source in FLAT if source[0] == "ts ns"]
    stamps = [(name, kind, [0, N, 1, -1, 1709210096789012345]) for name, kind, _ in stamps]
    yield "INT96", table(stamps), {"use_deprecated_int96_timestamps": True, "store_schema": False}


def engine():
    return SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))


def entry(name, path):
    found = engine().read_parquet(path)
    batches = found.collect()
    schema = found.schema()
    sink = pa.BufferOutputStream()
    pa.ipc.new_stream(sink, schema).close()
    columns = [[f.name, [v for each in batches for v in plain(each.column(i))]] for i, f in enumerate(schema)]
    with open(path, "rb") as file:
        data = base64.b64encode(file.read()).decode()
    return {"name": name, "bytes": data, "schema": base64.b64encode(sink.getvalue().to_pybytes()).decode(), "columns": columns}


def main():
    made = []
    with tempfile.TemporaryDirectory() as folder:
        for i, (name, rows, options) in enumerate(cases()):
            path = f"{folder}/{i}.parquet"
            pq.write_table(rows, path, **options)
            made.append(entry(name, path))
        context = engine()
        context.register_record_batches("t", [long_table(20_000).to_batches()])
        context.sql("select * from t").write_parquet(f"{folder}/engine", compression="zstd")
        made += [entry(f"written by the engine, {i}", path) for i, path in enumerate(sorted(glob(f"{folder}/engine/*.parquet")))]
    json.dump(made, sys.stdout)


main()
