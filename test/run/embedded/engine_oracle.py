"""Evaluates expressions with the real engine, for the differential tests.

Reads one JSON document from stdin: {"tables": {name: base64 of an Arrow stream}, "cases": [{"table", "sql"}]}.
Writes one JSON line a case: {"payload": base64, "kind": "row" | "aggregate", "type": text, "values": [...]} or {"payload",
"error": text}, or {"unparsed": text} where the SQL itself isn't accepted. Every payload is decoded again before it is
evaluated. Floats are given as the hexadecimal digits of their bits, integers as text.
"""

import base64
import json
import struct
import sys

import pyarrow as pa
from datafusion import SessionConfig, SessionContext
from datafusion.expr import Expr


def plain(kind, value):
    if value is None:
        return None
    if pa.types.is_float64(kind):
        return struct.pack(">d", value).hex()
    if pa.types.is_float32(kind):
        return value
    if pa.types.is_boolean(kind):
        return value
    return str(value)


def column_values(column):
    kind = column.type
    if pa.types.is_float32(kind):
        # Through the raw bits: a Python float would be a double.
        out = []
        for chunk in column.chunks:
            bits = chunk.view(pa.uint32())
            out.extend(None if bit is None else format(bit, "08x") for bit in bits.to_pylist())
        return out
    if pa.types.is_float64(kind):
        out = []
        for chunk in column.chunks:
            bits = chunk.view(pa.uint64())
            out.extend(None if bit is None else format(bit, "016x") for bit in bits.to_pylist())
        return out
    return [plain(kind, value) for value in column.to_pylist()]


def evaluate(ctx, frames, case):
    frame = frames[case["table"]]
    try:
        expr = frame.parse_sql_expr(case["sql"])
        payload = expr.to_bytes()
    except BaseException as error:  # noqa: BLE001  (the engine panics with BaseException)
        return {"unparsed": str(error)}
    out = {"payload": base64.b64encode(payload).decode()}
    try:
        expr = Expr.from_bytes(payload)
        if case["kind"] == "aggregate":
            result = frame.aggregate([], [expr])
        else:
            result = frame.select(expr)
        table = result.to_arrow_table()
        column = table.column(0)
        out["type"] = str(column.type)
        out["values"] = column_values(column)
    except BaseException as error:  # noqa: BLE001
        out["error"] = str(error)
    return out


def main():
    job = json.load(sys.stdin)
    ctx = SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))
    frames = {}
    for name, text in job["tables"].items():
        with pa.ipc.open_stream(base64.b64decode(text)) as reader:
            frames[name] = ctx.from_arrow(reader.read_all())
    for case in job["cases"]:
        print(json.dumps(evaluate(ctx, frames, case)), flush=True)


main()
