"""Payloads with Python UDFs, an input, and what one process of the real engine gives: python_udfs.py FOLDER.

Each payload stands beside its answer, `NAME.json`: the type of its column and the values.
"""

import json
import os
import pathlib
import sys

import pyarrow as pa
import pyarrow.compute as pc
from datafusion import Expr, SessionConfig, SessionContext, col, lit, udaf, udf
from datafusion import functions as f
from datafusion.user_defined import Accumulator

OUT = pathlib.Path(sys.argv[1])
INT = pa.int64()
ROWS = 10_000

value = col("value")
double = udf(lambda values: pc.multiply(values, 2), [INT], INT, "immutable", "double")
volatile = udf(lambda values: pc.add(values, 1), [INT], INT, "volatile", "volatile")
length = udf(lambda values: pa.array([len(values)] * len(values), INT), [INT], INT, "stable", "length")
either = udf(lambda a, b: pc.coalesce(a, b), [INT, INT], INT, "immutable", "either")


class Sum(Accumulator):
    def __init__(self):
        self.total = 0

    def update(self, values):
        self.total += pc.sum(values).as_py() or 0

    def merge(self, states):
        self.total += states[0][0].as_py()

    def state(self):
        return [pa.scalar(self.total, INT)]

    def evaluate(self):
        return pa.scalar(self.total, INT)


my_sum = udaf(Sum, [INT], INT, [INT], "immutable", "my_sum")

rows = {
    "nested": double(volatile(double(value))),
    "inside": f.abs(double(value) - lit(7)) + lit(1),
    "literal": double(lit(21)),
    "volatile_literal": volatile(lit(1)),
    "length_of_literal": length(lit(1)),
    "mixed": either(col("nothing"), lit(5)),
    "nothing": double(col("nothing")),
    "case": f.when(value > lit(5), double(value)).otherwise(volatile(value)),
}
values = {
    "sum": my_sum(double(value)),
    "sum_of_nothing": my_sum(double(col("nothing"))),
    "sum_of_literal": f.sum(double(lit(3))),
    "sum_inside": f.abs(my_sum(volatile(value))) * lit(2) - f.count(double(col("nothing"))),
}


def ask_context(values):
    try:
        from dfx_worker import context
    except ImportError:
        return values
    here = context.current()
    told = f"{here.udf} {here.split} {here.attempt} {here.first_row} {here.rows[0]}-{here.rows[1]} {here.pid}"
    return pa.array([told] * len(values), pa.string())


def dies_twice(values):
    from dfx_worker import context

    here = context.current()
    if here.split == 2 and here.attempt < 2:
        os._exit(9)
    return pa.array([here.attempt] * len(values), INT)


def fails_at(values):
    if 6000 in values.to_pylist():
        raise ValueError("6000")
    return values


def imports(values):
    import no_such_module

    return no_such_module.f(values)


class Raising(Sum):
    def merge(self, states):
        raise ValueError("no merge today")


class Text(Sum):
    def evaluate(self):
        return pa.scalar("text")


class Prints(Sum):
    def update(self, values):
        print("update of", len(values))
        super().update(values)


others = {
    "context": udf(ask_context, [INT], pa.string(), "volatile", "where")(value),
    "dies_twice": udf(dies_twice, [INT], INT, "volatile", "dies_twice")(value),
    "fails_at": udf(fails_at, [INT], INT, "immutable", "fails_at")(value),
    "fails_in_case": f.when(value > lit(10), udf(fails_at, [INT], INT, "immutable", "fails_at")(value)).otherwise(value),
    "wrong_type": f.sum(udf(lambda values: pc.cast(values, pa.string()), [INT], INT, "immutable", "wrong_type")(value)),
    "too_long": udf(lambda values: pa.nulls(3, INT), [INT], INT, "immutable", "too_long")(value),
    "imports": udf(imports, [INT], INT, "immutable", "imports")(value),
    "merge_fails": udaf(Raising, [INT], INT, [INT], "immutable", "merge_fails")(value),
    "text": udaf(Text, [INT], INT, [INT], "immutable", "text")(value),
    "prints": udaf(Prints, [INT], INT, [INT], "immutable", "prints")(value),
}


def write(name, expression, session=None):
    (OUT / f"{name}.bin").write_bytes(expression.to_bytes(session) if session else expression.to_bytes())


def tables():
    numbers = pa.table({"value": pa.array(range(ROWS), INT), "nothing": pa.nulls(ROWS, INT)})
    yield "rows", numbers.to_batches(max_chunksize=1000)
    yield "empty", []
    slices = numbers.to_batches(max_chunksize=1000)
    # Batches without rows, at either end and in the middle.
    yield "holes", [slices[0].slice(0, 0), slices[0], slices[1].slice(0, 0), slices[1].slice(0, 0), slices[2], slices[3].slice(0, 0)]


for name, expression in {**rows, **values, **others}.items():
    write(name, expression)
strict = SessionContext().with_python_udf_inlining(enabled=False)
write("by_name", double(value), strict)
write("sum_by_name", my_sum(double(value)), strict)
write("absolute", f.abs(value))

answers = {}
for table, batches in tables():
    schema = pa.schema([("value", INT), ("nothing", INT)])
    with pa.ipc.new_file(OUT / f"{table}.arrow", schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    ctx = SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))
    frame = ctx.read_arrow(str(OUT / f"{table}.arrow"), file_extension=".arrow")
    for kind, expressions in (("rows", rows), ("values", values)):
        found = {}
        for name in expressions:
            expression = Expr.from_bytes((OUT / f"{name}.bin").read_bytes())
            answer = frame.select(expression) if kind == "rows" else frame.aggregate([], [expression])
            column = answer.to_arrow_table().column(0)
            found[name] = [str(column.type), column.to_pylist()]
        answers[f"{table} {kind}"] = found
with pa.ipc.new_stream(OUT / "rows.arrows", pa.schema([("value", INT)])) as writer:
    for batch in pa.table({"value": pa.array(range(ROWS), INT)}).to_batches(max_chunksize=700):
        writer.write_batch(batch)
print(json.dumps(answers))
