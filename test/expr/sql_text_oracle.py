"""Reads SQL texts back with the real engine.

Takes lines of JSON on stdin: {"payload": hex, "sql": text, "columns": [names]}. Answers each with a line: the canonical name
of the payload as its receiver has it, and that of the text, both without relations: {"payload", "sql"} or {"payload", "error"};
and in "bytes" what the engine writes for the two, since names leave parentheses out.
With the argument `values`, both are evaluated instead, and the answers are types and values.
"""

import json
import os
import re
import sys

import pyarrow as pa
from datafusion import SessionContext
from datafusion.expr import Expr

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "fixtures"))
from maker.session import SAMPLE, open_session  # noqa: E402

# Columns that the sample doesn't have take the first of these types with which the text can be planned.
GUESSES = [pa.int64(), pa.bool_(), pa.string(), pa.list_(pa.int64()), pa.float64()]

FRAMES = {(): open_session().table("t")}


def frame(extra, guess):
    key = (extra, str(guess)) if extra else ()
    if key not in FRAMES:
        schema = pa.schema([*SAMPLE, *[(name, guess) for name in extra]])
        batch = pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)
        FRAMES[key] = SessionContext().create_dataframe([[batch]], "t")
    return FRAMES[key]


def plain(name):
    return re.sub(r"\bt2?\.", "", name)


def answer(entry):
    try:
        received = Expr.from_bytes(bytes.fromhex(entry["payload"]))
        payload = plain(received.canonical_name())
    except Exception as error:  # a payload that the engine itself can't read back
        return {"payload": None, "error": str(error).splitlines()[0]}
    known = set(SAMPLE.names)
    extra = tuple(name for name in entry["columns"] if name not in known)
    failure = None
    for guess in GUESSES if extra else [None]:
        try:
            parsed = frame(extra, guess).parse_sql_expr(entry["sql"])
            both = [received.to_bytes().hex(), parsed.to_bytes().hex()]
            return {"payload": payload, "sql": plain(parsed.canonical_name()), "bytes": both}
        except Exception as error:
            failure = failure or str(error).splitlines()[0]
    return {"payload": payload, "error": failure}


def evaluated(expression):
    column = ONE_ROW.select(expression.alias("value")).collect()[0].column(0)
    return f"{column.type}: {column.to_string() if pa.types.is_nested(column.type) else column}"


def values(entry):
    try:
        payload = evaluated(Expr.from_bytes(bytes.fromhex(entry["payload"])))
    except Exception as error:  # pyarrow has no text for some intervals
        return {"payload": None, "error": str(error).splitlines()[0]}
    try:
        return {"payload": payload, "sql": evaluated(ONE_ROW.parse_sql_expr(entry["sql"]))}
    except Exception as error:
        return {"payload": payload, "error": str(error).splitlines()[0]}


ONE_ROW = SessionContext().sql("select 1 as one")
ANSWER = values if "values" in sys.argv else answer

for line in sys.stdin:
    print(json.dumps(ANSWER(json.loads(line))))
