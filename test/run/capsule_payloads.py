"""Payloads that name UDFs of other libraries, an input, and what one process of the real engine gives: python capsule_payloads.py FOLDER."""

import json
import pathlib
import sys

import pyarrow as pa
from capsule_functions import as_text, from_text, half, mode, point, register, skewness, x
from datafusion import Expr, SessionConfig, SessionContext, col, lit, udf
from datafusion import functions as f

OUT = pathlib.Path(sys.argv[1])
value = col("value").cast(pa.float64())
place = point(value, half(value))

rows = {
    "text": as_text(place),
    "number": f.abs(x(place) - lit(7.5)) + lit(1.0),
    "inside": half(x(point(half(value), value))),
    "case": f.when(col("value") > lit(5), x(place)).otherwise(lit(0.0)),
}
values = {
    "mode": mode(col("value") % lit(7) * (col("value") % lit(3))),
    "skewness": skewness(value * value),
    "mode_inside": f.abs(mode(x(place).cast(pa.int64()) / lit(1000))) + f.count(half(value)),
}
others = {
    "fails": x(from_text(col("value").cast(pa.string()))),
}
strict = SessionContext().with_python_udf_inlining(enabled=False)
for name, expression in {**rows, **values, **others}.items():
    (OUT / f"{name}.bin").write_bytes(expression.to_bytes(strict))
inline = udf(lambda values: values, [pa.int64()], pa.int64(), "immutable", "same")(col("value"))
(OUT / "inline.bin").write_bytes(inline.to_bytes())

numbers = pa.table({"value": pa.array(range(10_000), pa.int64())})
with pa.ipc.new_file(OUT / "rows.arrow", numbers.schema) as writer:
    for batch in numbers.to_batches(max_chunksize=1000):
        writer.write_batch(batch)

ctx = SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))
register(ctx)
frame = ctx.read_arrow(str(OUT / "rows.arrow"), file_extension=".arrow")
answers = {"rows": {}, "values": {}}
for kind, expressions in (("rows", rows), ("values", values)):
    for name in expressions:
        expression = Expr.from_bytes((OUT / f"{name}.bin").read_bytes(), ctx)
        answer = frame.select(expression) if kind == "rows" else frame.aggregate([], [expression])
        answers[kind][name] = answer.to_arrow_table().column(0).to_pylist()
try:
    frame.select(Expr.from_bytes((OUT / "fails.bin").read_bytes(), ctx)).collect()
except Exception as error:
    answers["refusal"] = str(error).removeprefix("DataFusion error: ")
print(json.dumps(answers))
