"""Answers about payloads with the real engine: a JSON document a line in, one a line out.

{"canonical": "<base64>"}                                  the expression's canonical name, or the first line of the error
{"evaluate": "<base64>", "kind": "column" | "aggregate"}   its values over the column `value`, or the engine's error
{"call": "<base64>"}                                       what Python's own traceback says when the function of a scalar UDF's frame body raises
"""

import base64
import json
import sys
import traceback

import cloudpickle
import pyarrow as pa
from datafusion import SessionContext, col
from datafusion.expr import Expr

VALUES = [3, 17, 42, 5, 88, 21, 9, 56, 4, 73, 12, 31]


def canonical(payload):
    try:
        return {"canonical": Expr.from_bytes(payload).canonical_name()}
    except BaseException as error:  # the engine panics on some payloads
        return {"error": str(error).splitlines()[0] if str(error) else type(error).__name__}


def evaluate(payload, kind):
    try:
        context = SessionContext()
        frame = context.from_arrow(pa.table({"value": pa.array(VALUES, pa.int64())}))
        expr = Expr.from_bytes(payload).alias("result")
        result = frame.aggregate([], [expr]) if kind == "aggregate" else frame.select(expr)
        return {"values": [row["result"] for batch in result.collect() for row in batch.to_pylist()]}
    except Exception as error:
        return {"error": str(error)}


def call(body):
    try:
        return {"values": cloudpickle.loads(body)[1](pa.array(VALUES, pa.int64())).to_pylist()}
    except Exception as error:
        return {"error": "".join(traceback.format_exception(error))}


for line in sys.stdin:
    request = json.loads(line)
    if "canonical" in request:
        answer = canonical(base64.b64decode(request["canonical"]))
    elif "call" in request:
        answer = call(base64.b64decode(request["call"]))
    else:
        answer = evaluate(base64.b64decode(request["evaluate"]), request["kind"])
    print(json.dumps(answer), flush=True)
