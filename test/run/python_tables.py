"""Inputs, payloads and answers of the real engine for the tests of splits and partial aggregates.

    python_tables.py make FOLDER                            inputs t.*, payloads value/*.bin, rows/*.bin and keep.bin
    python_tables.py compare FOLDER INPUT KIND RESULT [keep]   prints what differs between RESULT and one worker's answer
"""

import datetime
import decimal
import json
import math
import pathlib
import random
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from datafusion import Expr, SessionConfig, SessionContext, col, lit, udaf, udf
from datafusion import functions as f
from datafusion.user_defined import Accumulator

INT, FLOAT = pa.int64(), pa.float64()
ROWS = 4000


def tables(folder):
    random.seed(7)

    def column(make, kind):
        return pa.array([None if random.random() < 0.1 else make(at) for at in range(ROWS)], kind)

    flat = pa.table(
        {
            "value": column(lambda _: random.randint(-1000, 1000), INT),
            "small": column(lambda _: random.randint(-(2**31), 2**31 - 1), pa.int32()),
            "float": column(lambda _: random.choice([random.gauss(0, 1e6), 1e-3, -0.0]), FLOAT),
            "money": column(lambda _: decimal.Decimal(random.randint(-(10**9), 10**9)) / 100, pa.decimal128(12, 2)),
            "text": column(lambda _: random.choice(["a", "b,c", 'd"e', "ü", "f\ng"]) + str(random.randint(0, 50)), pa.string()),
            "flag": column(lambda _: random.random() < 0.5, pa.bool_()),
            "moment": column(lambda _: random.randint(0, 10**15), pa.timestamp("us")),
        }
    )
    nested = flat.append_column("list", column(lambda at: [at, None], pa.list_(INT)))
    nested = nested.append_column("pair", column(lambda at: {"k": at, "v": str(at)}, pa.struct([("k", INT), ("v", pa.string())])))
    nested = nested.append_column("word", column(lambda at: f"w{at % 7}", pa.string()).dictionary_encode())
    nested = nested.append_column("nothing", pa.nulls(ROWS, INT))
    for name, options in (("plain", None), ("packed", pa.ipc.IpcWriteOptions(compression="zstd"))):
        with pa.ipc.new_file(folder / f"{name}.arrow", nested.schema, options=options) as writer:
            writer.write_table(nested, max_chunksize=700)
    pq.write_table(nested, folder / "groups.parquet", row_group_size=900)
    pyarrow.csv.write_csv(flat, folder / "lines.csv")
    with open(folder / "lines.ndjson", "w") as file:
        for row in flat.drop(["money"]).to_pylist():
            kept = {name: value for name, value in row.items() if value is not None}
            file.write(json.dumps(kept, ensure_ascii=random.random() < 0.5, default=datetime.datetime.isoformat) + "\n")


class Sum(Accumulator):
    """As the example's: it merges the first row of a state."""

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


class Weighted(Accumulator):
    """Two arguments and two columns of state, and an order of merges that its result shows."""

    def __init__(self):
        self.total, self.rows, self.first = 0, 0, None

    def update(self, values, weights):
        self.total += pc.sum(pc.multiply(values, weights)).as_py() or 0
        self.rows += len(values)
        found = values.drop_null()
        if self.first is None and len(found) > 0:
            self.first = found[0].as_py()

    def merge(self, states):
        if any(len(state) != 1 for state in states):
            raise ValueError(f"states of {[len(state) for state in states]} rows")
        total, rows, first = (state[0].as_py() for state in states)
        self.total += total
        self.rows += rows
        self.first = first if self.first is None else self.first

    def state(self):
        return [pa.scalar(self.total, INT), pa.scalar(self.rows, INT), pa.scalar(self.first, INT)]

    def evaluate(self):
        return pa.scalar(f"{self.total} {self.rows} {self.first}", pa.string())


class Alone(Sum):
    def merge(self, states):
        raise NotImplementedError("never merged")


def payloads():
    double = udf(lambda values: pc.multiply(values, 2), [INT], INT, "immutable", "double")
    my_sum = udaf(Sum, [INT], INT, [INT], "immutable", "my_sum")
    weighted = udaf(Weighted, [INT, INT], pa.string(), [INT, INT, INT], "immutable", "weighted")
    alone = udaf(Alone, [INT], INT, [INT], "immutable", "alone")
    value, real, money, text, flag = col("value"), col("float"), col("money"), col("text"), col("flag")
    values = {
        "my_sum": my_sum(value),
        "my_sum_inside": my_sum(value) * lit(2) + lit(1),
        "my_sum_of_udf": my_sum(double(value)),
        "weighted": weighted(value, double(value)),
        "alone": alone(value),
        "sum_of_udf": f.sum(double(value)) + lit(1),
        "ratio": f.sum(double(value)) / f.count(value),
        "count": f.count(value),
        "count_all": f.count(lit(1)),
        "sum_small": f.sum(col("small")),
        "sum_float": f.sum(real),
        "sum_money": f.sum(money),
        "third": f.sum(money) / lit(3),
        "avg": f.avg(value),
        "avg_money": f.avg(money),
        "min_text": f.min(text),
        "max_text": f.max(text.cast(pa.string())),
        "max_money": f.max(money),
        "max_float": f.max(real),
        "max_moment": f.max(col("moment")),
        "all": f.bool_and(flag),
        "any": f.bool_or(flag),
        "bits": f.bit_xor(value),
        "deviation": f.stddev(real),
        "variance": f.var_pop(value),
        "covariance": f.covar(value, real),
        "correlation": f.corr(value, real),
        "distinct": f.count(text, distinct=True),
        "filtered": f.sum(value, filter=double(value) > lit(3)),
        "in_case": f.sum(f.when(double(value) > lit(0), value).otherwise(lit(0))) * lit(2.5),
        "first": f.first_value(value),
        "as_text": f.sum(value).cast(pa.string()),
    }
    rows = {
        "double": double(value),
        "nested": double(double(value)) + lit(1),
        "joined": f.concat(text, lit("x")),
        "upper": f.upper(text),
        "twice": money * lit(2),
        "either": f.coalesce(value, lit(0)) + double(value),
        "day": f.date_trunc(lit("day"), col("moment")),
        "literal": lit(1),
    }
    columns = {"list": f.array_length(col("list")), "pair": col("pair"), "word": col("word"), "nothing": double(col("nothing"))}
    return {"value": values, "rows": rows, "columns": columns, "": {"keep": double(value) > lit(10)}}


def make(folder):
    tables(folder)
    for kind, expressions in payloads().items():
        (folder / kind).mkdir(exist_ok=True)
        for name, expression in expressions.items():
            (folder / kind / f"{name}.bin").write_bytes(expression.to_bytes())


def frame_of(path):
    ctx = SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))
    read = {".csv": ctx.read_csv, ".parquet": ctx.read_parquet, ".ndjson": ctx.read_json, ".arrow": ctx.read_arrow}
    more = {"file_extension": path.suffix} if path.suffix in (".ndjson", ".arrow") else {}
    return read[path.suffix](str(path), **more)


def same(kind, a, b):
    if kind == "value" and isinstance(a, float) and isinstance(b, float) and math.isfinite(a):
        # Of the sum of magnitudes; the widest column has some 1e6 a row.
        return abs(a - b) <= 1e-12 * max(abs(a), ROWS * 1e6)
    return repr(a) == repr(b)


def compare(folder, path, kind, result, keep=None):
    frame = frame_of(path)
    if keep is not None:
        frame = frame.filter(Expr.from_bytes((folder / "keep.bin").read_bytes()))
    got = pa.ipc.open_file(result).read_all()
    different = []
    for name in got.column_names:
        expression = Expr.from_bytes((folder / kind / f"{name}.bin").read_bytes())
        table = (frame.aggregate([], [expression]) if kind == "value" else frame.select(expression)).to_arrow_table()
        want, have = table.column(0), got.column(name)
        pairs = list(zip(want.to_pylist(), have.to_pylist()))
        odd = [pair for pair in pairs if not same(kind, *pair)]
        if want.type != have.type or len(want) != len(have) or odd:
            different.append([name, str(want.type), str(have.type), len(want), len(have), repr(odd[:1])])
    print(json.dumps(different))


if __name__ == "__main__":
    command, folder, *others = sys.argv[1:]
    if command == "make":
        make(pathlib.Path(folder))
    else:
        path, kind, result, *keep = others
        compare(pathlib.Path(folder), pathlib.Path(path), kind, result, *keep)
