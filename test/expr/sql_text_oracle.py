"""Reads SQL texts back with the real engine.

Takes lines of JSON on stdin: {"payload": hex, "sql": text, "columns": [names]}. Answers each with a line: the canonical name
of the payload as its receiver has it, and that of the text, both without relations: {"payload", "sql"} or {"payload", "error"}.
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
        payload = plain(Expr.from_bytes(bytes.fromhex(entry["payload"])).canonical_name())
    except Exception as error:  # a payload that the engine itself can't read back
        return {"payload": None, "error": str(error).splitlines()[0]}
    known = set(SAMPLE.names)
    extra = tuple(name for name in entry["columns"] if name not in known)
    failure = None
    for guess in GUESSES if extra else [None]:
        try:
            return {"payload": payload, "sql": plain(frame(extra, guess).parse_sql_expr(entry["sql"]).canonical_name())}
        except Exception as error:
            failure = failure or str(error).splitlines()[0]
    return {"payload": payload, "error": failure}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=False)
