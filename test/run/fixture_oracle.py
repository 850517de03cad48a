"""Evaluates fixtures with the real engine as a receiver would, and holds results of `dfx run` against that.

    python fixture_oracle.py input FILE      writes four rows with every column of the fixtures' sample table
    python fixture_oracle.py compare FILE    reads JSON results on stdin, prints the paths of those that differ
"""

import base64
import datetime
import decimal
import json
import pathlib
import sys

import pyarrow as pa
from datafusion import Expr, SessionConfig, SessionContext

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures"
sys.path.insert(0, str(FIXTURES))
from maker.session import SAMPLE  # noqa: E402

EPOCH = datetime.datetime(1970, 1, 1)


def column(kind):
    """Four values, one of them null; all null for the types that Python has no plain values for."""
    moments = [EPOCH + datetime.timedelta(days=400, hours=5), None, EPOCH, EPOCH + datetime.timedelta(seconds=1)]
    if pa.types.is_boolean(kind):
        values = [True, None, False, True]
    elif pa.types.is_integer(kind):
        values = [3, None, 1, 2]
    elif pa.types.is_floating(kind):
        values = [1.5, None, 0.25, 9.0]
    elif pa.types.is_decimal(kind):
        values = [decimal.Decimal("1.25"), None, decimal.Decimal("2.50"), decimal.Decimal(3)]
    elif kind in (pa.string(), pa.large_string(), pa.string_view()):
        values = ["b", None, "abc", ""]
    elif pa.types.is_binary(kind):
        values = [b"x", None, b"yz", b""]
    elif pa.types.is_timestamp(kind):
        values = moments
    elif pa.types.is_date(kind):
        values = [moment and moment.date() for moment in moments]
    elif pa.types.is_time(kind):
        values = [moment and moment.time() for moment in moments]
    elif kind == pa.list_(pa.int64()):
        values = [[1, 2], None, [], [3]]
    elif kind == pa.list_(pa.string()):
        values = [["a"], None, [], ["b", "c"]]
    else:
        return pa.nulls(4, kind)
    return pa.array(values, kind)


def write_input(path):
    table = pa.table([column(field.type) for field in SAMPLE], schema=SAMPLE)
    with pa.ipc.new_file(path, SAMPLE) as writer:
        writer.write_table(table)


def expected(path, relation, shape, source):
    session = SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))
    session.register_arrow("input", source)
    frame = session.table("input") if relation is None else session.table("input").alias(relation)
    expression = Expr.from_bytes((FIXTURES / path).read_bytes())
    if shape == "value":
        return frame.aggregate([], [expression]).collect()
    # pyarrow takes no name with a NUL in it, and one of the fixtures has one.
    return frame.select(expression.alias("out")).collect()


def text(array, row):
    """
    One value as text: NaN equals itself there, and pyarrow has Python objects for few of the nested types. Dictionaries and unions by the
    values that they stand for: how these are laid out is free.
    """
    if "dictionary" in str(array.type) or "union" in str(array.type):
        return repr(array.slice(row, 1).to_pylist())
    return str(array.slice(row, 1))


def unknown_type(take):
    """The number of an Arrow type that pyarrow can't show, as some intervals: their values are compared elsewhere, through text."""
    try:
        take()
        return None
    except KeyError as error:
        return error.args[0]


def compare(source):
    differ = []
    for result in json.load(sys.stdin):
        batches = expected(result["path"], result["relation"], result["shape"], source)
        table = pa.ipc.open_stream(base64.b64decode(result["stream"])).read_all()
        unknown = [unknown_type(lambda: batches[0].column(0)), unknown_type(lambda: table.column(0).chunk(0))]
        if unknown[0] is not None and unknown[0] == unknown[1]:
            continue
        wanted = [text(batch.column(0), row) for batch in batches for row in range(batch.num_rows)]
        found = [text(chunk, row) for chunk in table.column(0).chunks for row in range(len(chunk))]
        if result["windows"]:
            # The engine gives these rows as a window sorted them, dfx as they came.
            wanted.sort()
            found.sort()
        if wanted != found or (batches and batches[0].schema.field(0).type != table.schema.field(0).type):
            differ.append(result["path"])
    print(json.dumps(differ))


if __name__ == "__main__":
    {"input": write_input, "compare": compare}[sys.argv[1]](sys.argv[2])
