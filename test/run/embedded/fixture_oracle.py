"""Finds a table for each fixture on which the real engine evaluates it, and holds results against that.

    python fixture_oracle.py choose FOLDER     reads [{"path", "relation", "shape", "extra": [names]}] on stdin. Writes the tables into FOLDER and
                                               prints {path: file name}, with null for what no table evaluates.
    python fixture_oracle.py compare FOLDER    reads [{"path", "relation", "shape", "table", "stream" | "error"}], prints the paths that differ.

A table has every column of the fixtures' sample, and the columns `extra` that a payload asks for besides, all of one type.
"""

import base64
import json
import pathlib
import sys

import pyarrow as pa
from datafusion import Expr, SessionConfig, SessionContext, col, functions, lit

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from fixture_oracle import FIXTURES, SAMPLE, column, text  # noqa: E402

TYPES = [
    pa.int64(),
    pa.string(),
    pa.float64(),
    pa.bool_(),
    pa.list_(pa.int64()),
    pa.list_(pa.string()),
    pa.timestamp("us"),
    pa.date32(),
    pa.decimal128(10, 2),
    pa.binary(),
    pa.time64("us"),
    pa.duration("us"),
    pa.struct([("x", pa.int64())]),
    pa.map_(pa.string(), pa.int64()),
    pa.list_(pa.list_(pa.int64())),
]


def make_table(extra, kind):
    fields = [field for field in SAMPLE if field.name not in extra] + [pa.field(name, kind) for name in extra]
    return pa.table([column(field.type) for field in fields], schema=pa.schema(fields))


class Tables:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.names = {}
        self.sessions = {}

    def name(self, extra, kind):
        key = (tuple(extra), str(kind) if extra else "")
        if key not in self.names:
            name = f"{len(self.names)}.arrow"
            table = make_table(extra, kind)
            with pa.ipc.new_file(str(self.folder / name), table.schema) as writer:
                writer.write_table(table)
            self.names[key] = name
        return self.names[key]

    def session(self, name):
        if name not in self.sessions:
            session = SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))
            session.register_arrow("input", str(self.folder / name))
            self.sessions[name] = session
        return self.sessions[name]


def evaluate(session, path, relation, shape):
    frame = session.table("input") if relation is None else session.table("input").alias(relation)
    expression = Expr.from_bytes((FIXTURES / path).read_bytes())
    if shape == "value":
        return frame.aggregate([], [expression]).collect()
    # pyarrow takes no name with a NUL in it, and one of the fixtures has one.
    return frame.select(expression.alias("out")).collect()


def attempt(session, case):
    try:
        return evaluate(session, case["path"], case["relation"], case["shape"]), None
    except BaseException as error:  # noqa: BLE001  (the engine panics with BaseException)
        return None, str(error)


def choose(folder):
    tables = Tables(folder)
    chosen = {}
    for case in json.load(sys.stdin):
        chosen[case["path"]] = None
        for kind in TYPES if case["extra"] else TYPES[:1]:
            name = tables.name(case["extra"], kind)
            if attempt(tables.session(name), case)[0] is not None:
                chosen[case["path"]] = name
                break
    print(json.dumps(chosen))


def known(batches):
    """pyarrow has no arrays of Interval(YearMonth) and Interval(DayTime)."""
    try:
        return all(batch.column(0) is not None for batch in batches)
    except KeyError:
        return False


def as_text(expression):
    return functions.concat(functions.arrow_typeof(expression), lit(" "), expression.cast(pa.string()))


def rows(frame):
    return frame.to_arrow_table().column(0).to_pylist()


def compare(folder):
    tables = Tables(folder)
    differ = []
    for case in json.load(sys.stdin):
        session = tables.session(case["table"])
        batches, error = attempt(session, case)
        if batches is None or "error" in case:
            differ.append([case["path"], case.get("error", "a value"), error or "a value"])
            continue
        if not known(batches):
            file = pathlib.Path(folder) / "stream.arrow"
            file.write_bytes(base64.b64decode(case["stream"]))
            found = [str(row) for row in rows(session.read_arrow(str(file)).select(as_text(col("out"))))]
            expression = Expr.from_bytes((FIXTURES / case["path"]).read_bytes())
            wanted = [str(row) for row in rows(session.table("input").select(as_text(expression)))]
            if wanted != found:
                differ.append([case["path"], str(found), str(wanted)])
            continue
        table = pa.ipc.open_stream(base64.b64decode(case["stream"])).read_all()
        wanted = [text(batch.column(0), row) for batch in batches for row in range(batch.num_rows)]
        found = [text(chunk, row) for chunk in table.column(0).chunks for row in range(len(chunk))]
        if case["windows"]:
            # The engine gives these rows as a window sorted them, dfx as they came.
            wanted.sort()
            found.sort()
        types = [table.schema.field(0).type, batches[0].schema.field(0).type if batches else None]
        if wanted != found or (batches and types[0] != types[1]):
            differ.append([case["path"], f"{types[0]} {found}"[:300], f"{types[1]} {wanted}"[:300]])
    print(json.dumps(differ))


if __name__ == "__main__":
    {"choose": choose, "compare": compare}[sys.argv[1]](sys.argv[2])
