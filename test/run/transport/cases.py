"""Payloads and inputs for the tests of transports, and what the real engine makes of them: python cases.py FOLDER.

    NAME.bin        a payload of the columns a (Float64), b (Int64), text (Utf8), none (Int64, all nulls)
    NAME.arrow      an input
    CASE.expected   an Arrow file: the payload on the input in one session, one partition, batches of 8,192 rows
"""

import json
import os
import pathlib
import sys
import time

import pyarrow as pa
import pyarrow.compute as pc
from datafusion import Expr, SessionConfig, SessionContext, col, lit, udaf, udf
from datafusion import functions as f
from datafusion.user_defined import Accumulator

OUT = pathlib.Path(sys.argv[1])
FLOAT, INT, TEXT = pa.float64(), pa.int64(), pa.string()
SCHEMA = pa.schema([("a", FLOAT), ("b", INT), ("text", TEXT), ("none", INT)])

# Columns of row-wise results, each a payload of its own.
ROWS = {}


def payload(name, expression):
    (OUT / f"{name}.bin").write_bytes(expression.to_bytes())
    ROWS[name] = expression


def scalar(name, function, takes, returns, *columns, volatility="immutable"):
    return udf(function, takes, returns, volatility, name)(*columns)


def plus_one(values):
    return pc.add(values, 1)


def lengths(values):
    # What the real engine passes for a literal: an array of one value, which stands for all rows.
    return pa.array([10 * (value or 0) for value in values.to_pylist()], pa.int64())


def shout(values):
    return pc.utf8_upper(values)


def filled(values):
    return pc.fill_null(values, 7)


def looked_at(*columns):
    """What a UDF may rely on: where its values begin, how many bytes they have, and that nobody may write to them."""
    told = [(values.offset, values.buffers()[1].size - 8 * len(values), values.buffers()[1].is_mutable) for values in columns]
    return pa.array([repr(told)] * len(columns[0]), TEXT)


def padded(values):
    """What makes arrays of its own often pads their buffers, as Arrow recommends: to 64 bytes."""
    data = b"".join((value or 0).to_bytes(8, "little") for value in values.to_pylist())
    return pa.Array.from_buffers(INT, len(values), [None, pa.py_buffer(data + bytes(-len(data) % 64))])


def reusing():
    made = []

    def reuses(values):
        """Gives the same memory again and again, as whoever writes with numpy's `out=` does."""
        if not made:
            made.append(memoryview(bytearray(8 * 65536)).cast("q"))
        [memory] = made
        for at, value in enumerate(values.to_pylist()):
            memory[at] = 0 if value is None else value + 1
        return pa.Array.from_buffers(INT, len(values), [None, pa.py_buffer(memory)])

    return reuses


inner = scalar("inner_udf", plus_one, [INT], INT, col("b"))
payload("light", scalar("light", plus_one, [FLOAT], FLOAT, col("a")))
payload("nested", scalar("outer_udf", plus_one, [INT], INT, inner * lit(3)))
payload("literal", scalar("literal_udf", lengths, [INT], INT, lit(4)) + col("b"))
payload("only_literal", scalar("only_literal_udf", lengths, [INT], INT, lit(4)))
payload("filled", scalar("filled_udf", filled, [INT], INT, col("none")))
payload("shout", scalar("shout_udf", shout, [TEXT], TEXT, col("text")))
payload("padded", scalar("padded", padded, [INT], INT, col("b")))
payload("looked_at", scalar("looked_at", looked_at, [FLOAT, INT], TEXT, col("a"), col("b")))
payload("reuses", scalar("reuses", reusing(), [INT], INT, col("b"), volatility="volatile"))
twice = scalar("twice_udf", plus_one, [INT], INT, col("b"))
payload("twice", twice * twice)
(OUT / "ranked.bin").write_bytes(f.row_number(order_by=[col("b").sort()]).to_bytes())
payload("plain", col("b") * lit(2) + lit(1))
payload("words", f.concat(col("text"), lit("!")))


class MySum(Accumulator):
    def __init__(self):
        self.total = 0

    def update(self, values):
        self.total += pc.sum(values).as_py() or 0

    def merge(self, states):
        self.total += pc.sum(states[0]).as_py() or 0

    def state(self):
        return [pa.scalar(self.total, INT)]

    def evaluate(self):
        return pa.scalar(self.total, INT)


(OUT / "my_sum.bin").write_bytes(udaf(MySum, [INT], INT, [INT], "immutable", "my_sum")(col("b")).to_bytes())


def make_faults(folder):
    """Payloads that fail in the middle. They say so in `folder`."""

    def raises(values):
        if (pc.max(values).as_py() or 0) >= 50000:
            raise ValueError("too large")
        return values

    def dies_once(values):
        mark = os.path.join(folder, "died")
        if (pc.max(values).as_py() or 0) >= 50000 and not os.path.exists(mark):
            open(mark, "w").close()
            os._exit(9)
        return values

    def slow(values):
        open(os.path.join(folder, "began"), "w").close()
        time.sleep(0.05)
        return values

    def counts(values):
        with open(os.path.join(folder, "calls"), "a") as file:
            file.write(f"{len(values)}\n")
        return values

    for function in (raises, dies_once, slow, counts):
        payload(function.__name__, scalar(function.__name__, function, [INT], INT, col("b")))


def table(rows, start=0):
    numbers = list(range(start, start + rows))
    return pa.record_batch(
        [
            pa.array([number / 8 for number in numbers], FLOAT),
            pa.array([None if number % 97 == 5 else number for number in numbers], INT),
            pa.array([None if number % 89 == 3 else f"é{number}" for number in numbers], TEXT),
            pa.nulls(rows, INT),
        ],
        schema=SCHEMA,
    )


def write(name, batches, compression=None):
    options = pa.ipc.IpcWriteOptions(compression=compression)
    schema = batches[0].schema if batches else SCHEMA
    with pa.OSFile(str(OUT / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)


def numbers(rows, start=0):
    """No texts and, but in one batch, no nulls; one column ends within eight bytes."""
    values = range(start, start + rows)
    return pa.record_batch(
        {
            "a": pa.array([number / 8 for number in values], FLOAT),
            "b": pa.array([None if rows == 5 and number % 2 else number for number in values], INT),
            "small": pa.array([number % 1000 for number in values], pa.int16()),
            "day": pa.array([number % 20000 for number in values], pa.date32()),
        }
    )


NUMBERS = [numbers(16384), numbers(577, 16384), numbers(5, 16961), numbers(8192, 16966), numbers(577, 25158), numbers(1, 25735), numbers(8185, 25736)]

INPUTS = {
    "empty": [],
    "no_rows": [table(0)],
    "some_without_rows": [table(0), table(5), table(0), table(0), table(7, 5), table(0)],
    "several": [table(20000), table(3), table(9000, 20003), table(40000, 29003)],
    "tiny": [table(1, at) for at in range(3000)],
}


def copied(batch):
    return pa.ipc.read_record_batch(pa.py_buffer(batch.serialize().to_pybytes()), batch.schema)


def expected(inputs, labels, kept=()):
    for name, batches in inputs.items():
        for label in labels:
            expression = ROWS[label]
            ctx = SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))
            decoded = Expr.from_bytes(expression.to_bytes(), ctx)
            frame = ctx.create_dataframe([batches or [table(0)]], schema=batches[0].schema if batches else SCHEMA)
            # One batch after the other, as whoever may use memory again expects.
            chosen = frame.select(*kept, decoded.alias(label))
            given = [copied(batch.to_pyarrow()) for batch in chosen.execute_stream()]
            result = pa.Table.from_batches(given) if given else chosen.to_arrow_table()
            with pa.OSFile(str(OUT / f"{name}-{label}.expected"), "wb") as sink:
                with pa.ipc.new_file(sink, result.schema) as writer:
                    writer.write_table(result)


make_faults(str(OUT))
for name, batches in INPUTS.items():
    write(name, batches)
expected(INPUTS, [label for label in ROWS if label not in ("raises", "dies_once", "slow", "counts")])
write("numbers", NUMBERS)
expected({"numbers": NUMBERS}, ["light", "reuses", "looked_at", "padded"], [col(name) for name in NUMBERS[0].schema.names])
write("compressed", INPUTS["several"], compression="zstd")
write("long", [table(65536, at * 65536) for at in range(4)])
write("huge_row", [pa.record_batch([[0.5], [1], ["x" * 40_000_000], pa.nulls(1, INT)], schema=SCHEMA)])
with pa.OSFile(str(OUT / "several.arrows"), "wb") as sink, pa.ipc.new_stream(sink, SCHEMA) as writer:
    for batch in INPUTS["several"]:
        writer.write_batch(batch)
whole = (OUT / "several.arrows").read_bytes()
(OUT / "cut.arrows").write_bytes(whole[: len(whole) - 200_000])
(OUT / "cases.json").write_text(json.dumps({"labels": [label for label in ROWS], "inputs": list(INPUTS)}))
