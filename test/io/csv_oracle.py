"""Reads CSV texts with the real engine, for the tests of the CSV reader.

Reads a JSON list of base64 texts from stdin; writes one JSON line each: {"fields": [[name, type]], "columns": [[values]]} or
{"error": text}. Floats are given as the hexadecimal digits of their bits, integers as text.
"""

import base64
import json
import os
import struct
import sys
import tempfile

import pyarrow as pa
from datafusion import SessionConfig, SessionContext


def values_of(column):
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    return [plain(column.type, value) for value in column.to_pylist()]


def plain(kind, value):
    if value is None or pa.types.is_boolean(kind):
        return value
    if pa.types.is_float64(kind):
        return struct.pack(">d", value).hex()
    return str(value)


def read(ctx, path):
    try:
        frame = ctx.read_csv(path)
        fields = [[field.name, str(field.type)] for field in frame.schema()]
        table = frame.to_arrow_table()
        columns = [values_of(column) for column in table.columns]
        return {"fields": fields, "columns": columns}
    except BaseException as error:  # noqa: BLE001  (the engine panics with BaseException)
        return {"error": str(error)}


ctx = SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))
with tempfile.TemporaryDirectory() as folder:
    for number, text in enumerate(json.load(sys.stdin)):
        path = os.path.join(folder, f"t{number}.csv")
        with open(path, "wb") as file:
            file.write(base64.b64decode(text))
        print(json.dumps(read(ctx, path)), flush=True)
