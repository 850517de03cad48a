"""Payloads whose UDFs return something else than they declare, an input, and what one process of the real engine makes of those that
it bears: python returned_payloads.py FOLDER.
"""

import json
import pathlib
import sys

import pyarrow as pa
import pyarrow.compute as pc
from datafusion import Expr, SessionConfig, SessionContext, col, lit, udaf, udf, udwf
from datafusion import functions as f
from datafusion.expr import Window
from datafusion.user_defined import Accumulator, WindowEvaluator

OUT = pathlib.Path(sys.argv[1])
INT = pa.int64()
ROWS = 10_000
value = col("value")


def text(values):
    return values.cast(pa.string())


def real(values):
    return values.cast(pa.float64())


def small(values):
    return values.cast(pa.int32())


def nulls(values):
    return pa.nulls(len(values))


def late_real(values):
    return real(values) if values[0].as_py() >= 6000 else values


def late_small(values):
    return small(values) if values[0].as_py() >= 6000 else values


def other_items(values):
    # pyarrow's == finds it the same type as list<item>
    return pa.array([[value] for value in values.to_pylist()], pa.list_(pa.field("element", INT)))


def plain_list(values):
    return values.to_pylist()


def one_scalar(values):
    return values[0]


def none(values):
    return None


def chunked(values):
    return pa.chunked_array([values])


def table(values):
    return pa.record_batch([values], ["a"])


def short(values):
    return values[:2]


def empty(values):
    return values[:0]


def one(values):
    return values[:1]


def nothing_asked():
    return pa.array([1, 2], INT)


class Foreign:
    """An array of another library."""

    def __init__(self, values):
        self._values = values

    def __arrow_c_array__(self, requested_schema=None):
        return self._values.__arrow_c_array__()


class Count(Accumulator):
    def __init__(self):
        self.rows = 0

    def update(self, values):
        self.rows += len(values)

    def merge(self, states):
        self.rows += states[0][0].as_py()

    def state(self):
        return [pa.scalar(self.rows, INT)]

    def evaluate(self):
        return pa.scalar(self.rows, INT)


class CountAsText(Count):
    def evaluate(self):
        return str(self.rows)


class CountAsObject(Count):
    def evaluate(self):
        return object()


class CountByInts(Count):
    """Values of Python and iterators, which the engine takes."""

    def state(self):
        yield self.rows

    def evaluate(self):
        return self.rows


class SmallState(Count):
    def state(self):
        return [pa.scalar(self.rows, pa.int32())]


class TwoStates(Count):
    def state(self):
        return [pa.scalar(self.rows, INT)] * 2


class NoStates(Count):
    def state(self):
        return 7


class Column(WindowEvaluator):
    def evaluate_all(self, values, num_rows):
        return values[0]


class TextColumn(Column):
    def evaluate_all(self, values, num_rows):
        return text(values[0])


class ListColumn(Column):
    def evaluate_all(self, values, num_rows):
        return values[0].to_pylist()


class ShortColumn(Column):
    def evaluate_all(self, values, num_rows):
        return values[0][:2]


class TextValue(WindowEvaluator):
    def uses_window_frame(self):
        return True

    def evaluate(self, values, eval_range):
        return pa.scalar("text")


def scalar(function, name=None, inputs=(INT,)):
    return udf(function, list(inputs), INT, "immutable", name or function.__name__)


def aggregate(kind):
    return udaf(kind, [INT], INT, [INT], "immutable", kind.__name__)(value)


def window(kind):
    return udwf(kind, [INT], INT, "immutable", kind.__name__)(value).over(Window())


refused = [text, real, nulls, late_real, plain_list, one_scalar, none, chunked, table, short, empty, one]
payloads = {function.__name__: scalar(function)(value) for function in refused}
payloads["other_items"] = udf(other_items, [INT], pa.list_(INT), "immutable", "other_items")(value)
payloads["sum_of_text"] = f.sum(scalar(text)(value))
payloads["smallest_text"] = f.min(scalar(text)(value))
payloads["nothing_asked"] = scalar(nothing_asked, inputs=())()
for kind in (CountAsText, CountAsObject):
    payloads[kind.__name__] = aggregate(kind)
for kind in (TextColumn, ListColumn, ShortColumn, TextValue):
    payloads[kind.__name__] = window(kind)

borne_rows = {
    "cast_real": scalar(real)(value).cast(pa.string()),
    "cast_late": scalar(late_small)(value).cast(pa.string()),
    "no_null": scalar(text)(value).is_null(),
    "table_is_null": scalar(table)(value).is_null(),
    "foreign": scalar(lambda values: Foreign(values), "foreign")(value) + lit(1),
    "one_for_all": f.abs(scalar(one)(lit(-7)) + value),
}
borne_values = {
    "counted": f.count(scalar(text)(value)),
    "mean": f.avg(scalar(small)(value)),
    "by_ints": aggregate(CountByInts),
    "small_state": aggregate(SmallState),
    "two_states": aggregate(TwoStates),
    "no_states": aggregate(NoStates),
}
for name, expression in {**payloads, **borne_rows, **borne_values}.items():
    (OUT / f"{name}.bin").write_bytes(expression.to_bytes())

numbers = pa.table({"value": pa.array(range(ROWS), INT)})
with pa.ipc.new_file(OUT / "rows.arrow", numbers.schema) as writer:
    for batch in numbers.to_batches(max_chunksize=1000):
        writer.write_batch(batch)

ctx = SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))
frame = ctx.read_arrow(str(OUT / "rows.arrow"), file_extension=".arrow")
answers = {}
for name in (*borne_rows, *borne_values):
    expression = Expr.from_bytes((OUT / f"{name}.bin").read_bytes())
    answer = frame.select(expression) if name in borne_rows else frame.aggregate([], [expression])
    answers[name] = answer.to_arrow_table().column(0).to_pylist()
print(json.dumps({"rows": {name: answers[name] for name in borne_rows}, "values": {name: answers[name] for name in borne_values}}))
