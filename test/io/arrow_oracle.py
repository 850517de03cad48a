"""Makes Arrow files and streams with pyarrow, for the tests of the Arrow reader.

Writes one JSON document: {"file": base64, "stream": base64, "columns": [[name, values]], "refused": base64}. Floats are given as the
hexadecimal digits of their bits, integers as text.
"""

import base64
import datetime
import decimal
import json
import struct

import pyarrow as pa

LONG = "a text that is longer than twelve bytes, ä"
SOURCES = [
    ("null", pa.null(), [None, None, None, None, None]),
    ("bool", pa.bool_(), [True, False, None, True, True]),
    ("i8", pa.int8(), [1, -128, 127, None, 0]),
    ("i16", pa.int16(), [1, -32768, 32767, None, 0]),
    ("i32", pa.int32(), [1, -(2**31), 2**31 - 1, None, 0]),
    ("i64", pa.int64(), [1, -(2**53) + 1, 2**53 - 1, None, -1]),
    ("i64 wide", pa.int64(), [-(2**63), 2**63 - 1, 2**53, None, -(2**53)]),
    ("u8", pa.uint8(), [1, 255, None, 0, 7]),
    ("u16", pa.uint16(), [1, 65535, None, 0, 7]),
    ("u32", pa.uint32(), [1, 2**32 - 1, None, 0, 7]),
    ("u64", pa.uint64(), [1, 2**64 - 1, 2**63, None, 0]),
    ("f32", pa.float32(), [1.5, -0.0, float("inf"), None, 0.25]),
    ("f64", pa.float64(), [1.5, -0.0, float("-inf"), None, 5e-324]),
    ("utf8", pa.string(), ["", "ä", None, LONG, "z"]),
    ("large", pa.large_string(), ["", "ä", None, LONG, "z"]),
    ("view", pa.string_view(), ["", "exactly12byt", None, LONG, LONG + LONG]),
]
REFUSED = [
    ("fine", pa.int64(), [1]),
    ("day", pa.date32(), [datetime.date(2020, 1, 1)]),
    ("money", pa.decimal128(10, 2), [decimal.Decimal("1.50")]),
    ("list", pa.list_(pa.int64()), [[1]]),
]


def plain(kind, value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if pa.types.is_float64(kind):
        return struct.pack(">d", value).hex()
    if pa.types.is_float32(kind):
        return struct.pack(">f", value).hex()
    return str(value)


def table(sources):
    return pa.table({name: pa.array(values, kind) for name, kind, values in sources})


def encode(batches, schema, make):
    sink = pa.BufferOutputStream()
    with make(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return base64.b64encode(sink.getvalue().to_pybytes()).decode()


whole = table(SOURCES)
(batch,) = whole.to_batches()
# Two batches, the second one a slice that starts inside of a byte of its bitmaps.
batches = [batch.slice(0, 2), batch.slice(2, 3)]
refused = table(REFUSED)
print(
    json.dumps(
        {
            "file": encode(batches, whole.schema, pa.ipc.new_file),
            "stream": encode(batches, whole.schema, pa.ipc.new_stream),
            "columns": [[n, [plain(k, v) for v in whole.column(n).to_pylist()]] for n, k, _ in SOURCES],
            "refused": encode(refused.to_batches(), refused.schema, pa.ipc.new_file),
        }
    )
)
