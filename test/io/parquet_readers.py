"""Reads the Arrow and Parquet files of a folder as pyarrow, DuckDB, Polars and the real engine see them.

`parquet_readers.py FOLDER`: NAME.arrow, NAME.stream (the same as a stream) and NAME.parquet hold the same rows. The document is a list of
texts that say what some reader sees otherwise than pyarrow in the Arrow file.
"""

import glob
import json
import math
import os
import sys

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
from datafusion import SessionContext


def same(a, b):
    """Equal values: a NaN is one, zeros have their sign, a map is a list of pairs or a dict."""
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    return a == b


def compare(problems, name, reader, found, wanted):
    if found.column_names != wanted.column_names:
        problems.append(f"{name}: {reader} sees the columns {found.column_names}")
        return
    for column in wanted.column_names:
        theirs, ours = values(found[column]), values(wanted[column])
        if not same(theirs, ours):
            problems.append(f"{name}: {reader} sees {column} as {str(theirs)[:200]}, expected {str(ours)[:200]}")


def values(column):
    """As numbers, where Python has a type of fewer digits: timestamps in nanoseconds, dates before the year 1."""
    kind = column.type
    if pa.types.is_temporal(kind) and kind != pa.month_day_nano_interval():
        units = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
        if pa.types.is_date(kind):
            factor = {32: 86400 * 10**9, 64: 10**6}[kind.bit_width]
        else:
            factor = units[kind.unit]
        width = {32: pa.int32(), 64: pa.int64()}[kind.bit_width]
        chunks = [chunk.view(width).to_pylist() for chunk in column.chunks]
        return [None if v is None else v * factor for chunk in chunks for v in chunk]
    return column.to_pylist()


# (reader, column): the type that the reader doesn't have.
EXCEPTIONS = {
    ("DuckDB, Arrow", "dec256"): "decimals beyond 38 digits",
    ("DuckDB, Parquet", "dec256"): "decimals beyond 38 digits: doubles instead",
    ("Polars, Arrow", "dec256"): "decimals beyond 38 digits",
    ("Polars, stream", "dec256"): "decimals beyond 38 digits",
    ("Polars, Parquet", "dec256"): "decimals beyond 38 digits",
    ("DuckDB, Arrow", "duration s"): "durations: an interval, which overflows",
    ("DuckDB, Arrow", "duration ns"): "durations: an interval of microseconds",
    ("DuckDB, Parquet", "duration s"): "durations, which Parquet doesn't have: numbers",
    ("DuckDB, Parquet", "duration ns"): "durations, which Parquet doesn't have: numbers",
    ("DuckDB, Arrow", "f16"): "half floats",
    ("DuckDB, Arrow", "f16 more"): "half floats",
    ("DuckDB, Arrow", "interval"): "intervals of nanoseconds",
    ("Polars, Arrow", "interval"): "intervals",
    ("Polars, stream", "interval"): "intervals",
    ("Polars, Arrow", "list view"): "list views",
    ("Polars, stream", "list view"): "list views",
    ("Polars, Parquet", "list view"): "list views, which the Arrow schema asks for",
    ("Polars, Arrow", "large list view"): "list views",
    ("Polars, stream", "large list view"): "list views",
    ("Polars, Parquet", "large list view"): "list views, which the Arrow schema asks for",
}


def types(problems, name, found, wanted):
    """What pyarrow makes of a file of ours is what it makes of its own."""
    sink = pa.BufferOutputStream()
    pq.write_table(wanted, sink)
    expected = pq.read_schema(pa.BufferReader(sink.getvalue()))
    for field in expected:
        theirs = found.field(field.name).type
        if theirs != field.type:
            problems.append(f"{name}: pyarrow reads {field.name} from Parquet as {theirs}, from its own as {field.type}")


def engine(path):
    found = SessionContext().read_parquet(path)
    return pa.Table.from_batches(found.collect(), found.schema())


def attempt(problems, name, reader, read, wanted):
    if (reader, name) in EXCEPTIONS:
        return
    try:
        compare(problems, name, reader, read(), wanted)
    except BaseException as error:  # a panic of Polars is no Exception
        problems.append(f"{name}: {reader} refuses: {str(error)[:200]}")


def main(folder):
    problems = []
    for path in sorted(glob.glob(f"{folder}/*.arrow")):
        base = path.removesuffix(".arrow")
        name = os.path.basename(base)
        wanted = pa.ipc.open_file(path).read_all()
        wanted.validate(full=True)
        attempt(problems, name, "pyarrow, stream", lambda: pa.ipc.open_stream(f"{base}.stream").read_all(), wanted)
        attempt(problems, name, "DuckDB, Arrow", lambda: duckdb.from_arrow(wanted).to_arrow_table(), wanted)
        attempt(problems, name, "Polars, Arrow", lambda: polars.read_ipc(path).to_arrow(), wanted)
        attempt(problems, name, "Polars, stream", lambda: polars.read_ipc_stream(f"{base}.stream").to_arrow(), wanted)
        parquet = f"{base}.parquet"
        if not os.path.exists(parquet):
            continue
        attempt(problems, name, "pyarrow, Parquet", lambda: pq.read_table(parquet), wanted)
        types(problems, name, pq.read_schema(parquet), wanted)
        attempt(problems, name, "engine, Parquet", lambda: engine(parquet), wanted)
        attempt(problems, name, "DuckDB, Parquet", lambda: duckdb.read_parquet(parquet).to_arrow_table(), wanted)
        attempt(problems, name, "Polars, Parquet", lambda: polars.read_parquet(parquet).to_arrow(), wanted)
    json.dump(problems, sys.stdout)


main(sys.argv[1])
