"""Writes payloads for the tests of `dfx run` with the real engine: python payloads.py FOLDER.

They are made by the Python that the workers run, so that the stamps of their frames fit.
"""

import os
import pathlib
import pickle
import sys
import time

import pyarrow as pa
import pyarrow.compute as pc
from datafusion import SessionContext, WindowFrame, col, lit, udaf, udf, udwf  # noqa: F401
from datafusion import functions as f
from datafusion.expr import Window
from datafusion.user_defined import Accumulator, WindowEvaluator

OUT = pathlib.Path(sys.argv[1])
INT = pa.int64()


def write(name, expression):
    (OUT / f"{name}.bin").write_bytes(expression.to_bytes())


def scalar(name, function, returns=INT):
    return udf(function, [INT], returns, "immutable", name)(col("value"))


def raises(values):
    raise ValueError("first line\nsecond line")


def says_nothing(values):
    raise MemoryError


def untold(values):
    class Untold(Exception):
        def __str__(self):
            raise OSError("not told")

    raise Untold("x")


def exits(values):
    sys.exit(3)


def leaves(values):
    os._exit(7)


def crashes(values):
    os.abort()


def sleeps(values):
    time.sleep(600)
    return values


def spawns(values):
    import subprocess

    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(f"child {child.pid}", flush=True)
    time.sleep(600)
    return values


def forks(values):
    if os.fork() == 0:
        os.setsid()  # out of the worker's process group, with its pipes
        time.sleep(8)
        os._exit(0)
    os._exit(7)


def prints(values):
    print(f"saw {len(values)} \x1b[31mvalues")
    return values


class RaisingSum(Accumulator):
    def __init__(self):
        self.total = 0

    def update(self, values):
        raise KeyError("no update")

    def merge(self, states):
        self.total += pc.sum(states[0]).as_py() or 0

    def state(self):
        return [pa.scalar(self.total, INT)]

    def evaluate(self):
        return pa.scalar(self.total, INT)


class Doubled(WindowEvaluator):
    def evaluate_all(self, values, num_rows):
        return pc.multiply(values[0], 2)


class Raising(WindowEvaluator):
    def evaluate_all(self, values, num_rows):
        raise RuntimeError("no window")


def window(name, evaluator):
    return udwf(evaluator, [INT], INT, "immutable", name)(col("value")).over(Window())


value = col("value")
write("doubled", value * lit(2))
write("large", value > lit(20))
write("eighth", value / lit(8.0))
write("text", f.concat(lit('v="'), value.cast(pa.string()), lit('",\n')))
write("total", f.sum(value))
write("total_real", f.sum(f.abs(value)))
write("three", lit(1) + lit(2))
write("missing", col("nope") + col("other"))
write("qualified", col("T.value") + lit(1))
write("two_tables", col("a.value") + col("b.value"))
write("ranked", f.row_number(order_by=[value.sort()]))
write("nulls", f.nullif(value, lit(42)))
write("zero", value / (value - value))

for function in (raises, says_nothing, untold, exits, leaves, crashes, sleeps, spawns, forks, prints):
    write(function.__name__, f.sum(scalar(function.__name__, function)))
write("raises_row", scalar("raises_row", raises))
write("returns_int", scalar("returns_int", lambda values: 1))
write("short", scalar("short", lambda values: values.slice(0, 2)))
write("raising_sum", udaf(RaisingSum, [INT], INT, [INT], "immutable", "raising_sum")(value))
write("window_doubled", window("window_doubled", Doubled))
write("window_raising", window("window_raising", Raising))

strict = SessionContext().with_python_udf_inlining(enabled=False)
by_name = udf(lambda values: values, [INT], INT, "immutable", "by_name_udf")
strict.register_udf(by_name)
(OUT / "by_name.bin").write_bytes(by_name(value).to_bytes(strict))

pathlib.Path(OUT / "absent_module.py").write_text("def same(values):\n    return values\n")
sys.path.insert(0, str(OUT))
import absent_module  # noqa: E402

write("needs_module", scalar("needs_module", absent_module.same))
(OUT / "absent_module.py").unlink()

(OUT / "doubled.pkl").write_bytes(pickle.dumps([value * lit(2), {"large": value > lit(20)}]))


class Trace:
    def __reduce__(self):
        return (pathlib.Path.touch, (OUT / "trace",))


(OUT / "planted.pkl").write_bytes(pickle.dumps([value, Trace()]))


def field(number, body):
    def varint(n):
        return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

    return varint(number << 3 | 2) + varint(len(body)) + body


def write_subquery(name, ctx, sql):
    """A scalar subquery around a whole plan: LogicalExprNode 36, ScalarSubqueryExprNode 1, SubqueryNode 1."""
    plan = ctx.sql(sql).logical_plan().to_bytes(ctx)
    (OUT / f"{name}.bin").write_bytes(field(36, field(1, field(1, plan))))


scanning = SessionContext()
scanning.register_csv("t", str(pathlib.Path(__file__).parents[2] / "fixtures" / "main" / "values.csv"))
write_subquery("subquery_values", scanning, "SELECT 7")
write_subquery("subquery_scan", scanning, "SELECT sum(value) FROM t")
write_subquery("subquery_copy", scanning, f"COPY (SELECT 1 AS a) TO '{OUT / 'copied.csv'}'")

write("plus_one", value + lit(1))
write("sum", f.sum(value))
