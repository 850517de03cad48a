"""Reads CSV texts with the real engine, for the tests of the CSV reader.

Reads a JSON list from stdin: {"text": base64, "types": [pyarrow types] or absent, "options": members of CsvReadOptions, "write": whether
the rows are written as CSV again}. Writes one JSON line each: {"fields": [[name, type]], "columns": [[values]]}, {"csv": base64} or
{"error": text}. Floats are given as the hexadecimal digits of their
bits, integers as text; dates, times, timestamps and decimals as the text of the integer that stands for them.
"""

import base64
import decimal
import glob
import json
import os
import re
import struct
import sys
import tempfile

import pyarrow as pa
from datafusion import SessionConfig, SessionContext
from datafusion.options import CsvReadOptions

decimal.getcontext().prec = 100
DECIMALS = {"decimal32": pa.decimal32, "decimal64": pa.decimal64, "decimal128": pa.decimal128, "decimal256": pa.decimal256}


def type_of(name):
    match = re.fullmatch(r"(decimal\d+)\((\d+), (-?\d+)\)", name)
    if match:
        return DECIMALS[match[1]](int(match[2]), int(match[3]))
    match = re.fullmatch(r"timestamp\[(\w+), tz=(.*)\]", name)
    return pa.timestamp(match[1], match[2]) if match else pa.type_for_alias(name)


def values_of(column):
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_time64(kind) or pa.types.is_date64(kind):
        column = column.cast(pa.int64())
    elif pa.types.is_time32(kind) or pa.types.is_date32(kind):
        column = column.cast(pa.int32())
    return [plain(column.type, value) for value in column.to_pylist()]


def plain(kind, value):
    if value is None or pa.types.is_boolean(kind):
        return value
    if pa.types.is_float64(kind):
        return struct.pack(">d", value).hex()
    if pa.types.is_float32(kind):
        return struct.pack(">f", value).hex()
    if pa.types.is_decimal(kind):
        return str(int(value.scaleb(kind.scale)))
    return str(value)


def read(ctx, path, request):
    try:
        types = request.get("types")
        schema = None if types is None else pa.schema([(f"c{i}", type_of(name)) for i, name in enumerate(types)])
        frame = ctx.read_csv(path, options=CsvReadOptions(schema=schema, **request.get("options", {})))
        if request.get("write"):
            frame.write_csv(path + ".out", with_header=False)
            files = sorted(glob.glob(path + ".out/*.csv")) if os.path.isdir(path + ".out") else [path + ".out"]
            return {"csv": base64.b64encode(b"".join(open(name, "rb").read() for name in files)).decode()}
        fields = [[field.name, str(field.type)] for field in frame.schema()]
        table = frame.to_arrow_table()
        columns = [values_of(column) for column in table.columns]
        return {"fields": fields, "columns": columns}
    except BaseException as error:  # noqa: BLE001  (the engine panics with BaseException)
        return {"error": str(error)}


ctx = SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))
with tempfile.TemporaryDirectory() as folder:
    for number, request in enumerate(json.load(sys.stdin)):
        path = os.path.join(folder, f"t{number}.csv")
        with open(path, "wb") as file:
            file.write(base64.b64decode(request["text"]))
        print(json.dumps(read(ctx, path, request)), flush=True)
