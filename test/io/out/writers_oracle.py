"""Prints tables as Arrow streams, and what the engine's own writers make of them: one JSON document, bytes in base64.

Each entry: name, the stream, the CSV file and the NDJSON file (null where the engine refuses the type).
"""

import base64
import datetime as dt
import decimal
import json
import math
import os
import random
import struct
import sys
import tempfile

import pyarrow as pa
from datafusion import SessionConfig, SessionContext

ROWS = 400
rng = random.Random(int(sys.argv[1]))
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
DAY = 86400


def some(make, nulls=0.1):
    return [None if rng.random() < nulls else make() for _ in range(ROWS)]


def whole(bits, signed):
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)

    def one():
        kind = rng.random()
        if kind < 0.1:
            return rng.choice([low, low + 1, high, high - 1, 0, 1, max(low, -1)])
        if kind < 0.5:
            return max(low, min(high, rng.randint(-1000, 1000)))
        return rng.randint(low, high) >> rng.randint(0, bits - 1)

    return one


def double():
    kind = rng.random()
    if kind < 0.1:
        return rng.choice([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1.7976931348623157e308, 1e16, 1e15, 1e-5, 1e-6])
    if kind < 0.3:
        return float(rng.randint(-(10**6), 10**6))
    if kind < 0.5:
        return round(rng.uniform(-1e4, 1e4), rng.randint(0, 6))
    if kind < 0.7:
        return rng.choice([1, -1]) * 10.0 ** rng.randint(-12, 25) * rng.randint(1, 99)
    return struct.unpack("<d", rng.randbytes(8))[0]


def single():
    kind = rng.random()
    if kind < 0.5:
        return struct.unpack("<f", rng.randbytes(4))[0]
    if kind < 0.6:
        return 2.0 ** rng.randint(-149, 127)
    value = double()
    return struct.unpack("<f", struct.pack("<f", value))[0] if abs(value) < 3e38 else 0.0


PIECES = ["", "a", "b c", ",", '"', "\n", "\r", "\t", "\\", "/", "é", "漢字", "😀", "\x00", "\x1f", "\x7f", "\u2028", "NULL", "-1", "x" * 40, "'", ";", "|", "\b", "\f", "﻿"]


def text():
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(0, 4)))


def raw(size=None):
    return rng.randbytes(rng.randint(0, 20) if size is None else size)


def moment(unit):
    per = UNITS[unit]

    def one():
        low, high = (-(2**63) + 1, 2**63 - 1) if unit == "ns" else (-8334601228800 * per, 8210266876799 * per)
        low, high = max(low, -(2**63)), min(high, 2**63 - 1)
        kind = rng.random()
        if kind < 0.2:
            return rng.randint(low, high)
        second = rng.randint(-(10**10) if unit != "ns" else -9 * 10**9, 9 * 10**9)
        if kind < 0.4:
            return second // DAY * DAY * per
        return second * per + rng.choice([0, 0, rng.randint(0, per - 1), rng.randint(0, per - 1) // 1000 * 1000])

    return one


def decimals(kind, precision, scale):
    def one():
        digits = rng.randint(1, precision)
        value = rng.choice([0, rng.randint(-(10**digits) + 1, 10**digits - 1)])
        return decimal.Decimal(value).scaleb(-scale)

    with decimal.localcontext() as context:
        context.prec = 100
        return pa.array(some(one), kind(precision, scale))


def view(values, storage, kind):
    return pa.array(values, storage).view(kind)


def intervals():
    return (rng.choice([0, 0, rng.randint(-99, 99)]), rng.choice([0, 0, rng.randint(-99, 99)]),
            rng.choice([0, 0, rng.randint(-10**6, 10**6), rng.randint(-(2**62), 2**62)]))


flat = {
    **{f"i{bits}": pa.array(some(whole(bits, True)), getattr(pa, f"int{bits}")()) for bits in (8, 16, 32, 64)},
    **{f"u{bits}": pa.array(some(whole(bits, False)), getattr(pa, f"uint{bits}")()) for bits in (8, 16, 32, 64)},
    "f64": pa.array(some(double)),
    "f32": pa.array(some(single), pa.float32()),
    "bool": pa.array(some(lambda: rng.random() < 0.5)),
    "null": pa.nulls(ROWS),
    "text": pa.array(some(text)),
    "large": pa.array(some(text), pa.large_string()),
    "view": pa.array(some(text), pa.string_view()),
    "binary": pa.array(some(raw)),
    "fixed": pa.array(some(lambda: raw(5)), pa.binary(5)),
    "binary_view": pa.array(some(raw), pa.binary_view()),
    "date32": view(some(lambda: rng.choice([rng.randint(-96465292, 95026236), rng.randint(-1000, 30000)])), pa.int32(), pa.date32()),
    "date64": view(some(moment("ms")), pa.int64(), pa.date64()),
    **{f"ts_{unit}": view(some(moment(unit)), pa.int64(), pa.timestamp(unit)) for unit in UNITS},
    **{
        f"ts_{unit}_{at}": view(some(lambda: rng.randint(-9 * 10**9, 9 * 10**9) * UNITS[unit] + rng.randint(0, UNITS[unit] - 1)), pa.int64(), pa.timestamp(unit, zone))
        for at, (unit, zone) in enumerate([("s", "UTC"), ("ms", "+05:30"), ("us", "Europe/Berlin"), ("ns", "America/New_York"), ("s", "Australia/Lord_Howe"), ("ms", "-0330")])
    },
    **{f"duration_{unit}": view(some(whole(63, True)), pa.int64(), pa.duration(unit)) for unit in UNITS},
    "time_s": view(some(lambda: rng.randint(0, DAY - 1)), pa.int32(), pa.time32("s")),
    "time_ms": view(some(lambda: rng.randint(0, DAY * 1000 - 1)), pa.int32(), pa.time32("ms")),
    "time_us": view(some(lambda: rng.randint(0, DAY * 10**6 - 1)), pa.int64(), pa.time64("us")),
    "time_ns": view(some(lambda: rng.randint(0, DAY * 10**9 - 1)), pa.int64(), pa.time64("ns")),
    "d128_10_2": decimals(pa.decimal128, 10, 2),
    "d128_38_10": decimals(pa.decimal128, 38, 10),
    "d128_5_5": decimals(pa.decimal128, 5, 5),
    "d128_20_0": decimals(pa.decimal128, 20, 0),
    "d256_60_3": decimals(pa.decimal256, 60, 3),
    "d32_9_4": decimals(pa.decimal32, 9, 4),
    "d64_18_6": decimals(pa.decimal64, 18, 6),
    "interval": pa.array(some(intervals), pa.month_day_nano_interval()),
    "dictionary": pa.array(some(lambda: rng.choice(["a", "b,c", ""]))).dictionary_encode(),
}
nested = {
    "list": pa.array(some(lambda: [rng.choice([None, 1, -2]) for _ in range(rng.randint(0, 3))]), pa.list_(pa.int64())),
    "texts": pa.array(some(lambda: [rng.choice([None, text()]) for _ in range(rng.randint(0, 3))]), pa.large_list(pa.string())),
    "floats": pa.array(some(lambda: [double() for _ in range(rng.randint(0, 3))]), pa.list_(pa.float64())),
    "fixed": pa.array(some(lambda: [1, None]), pa.list_(pa.int32(), 2)),
    "struct": pa.array(some(lambda: {"a": rng.choice([None, 1]), '"b"': rng.choice([None, text()]), "c": rng.choice([None, [1, None]])}),
                       pa.struct([("a", pa.int64()), ('"b"', pa.string()), ("c", pa.list_(pa.int8()))])),
    "map": pa.array(some(lambda: [(text(), rng.choice([None, 1.5])) for _ in range(rng.randint(0, 3))]), pa.map_(pa.string(), pa.float64())),
    "dates": pa.array(some(lambda: [dt.date(2020, 2, 29), None]), pa.list_(pa.date32())),
    "structs": pa.array(some(lambda: [{"x": raw(3), "y": decimal.Decimal("1.50")}, None]), pa.list_(pa.struct([("x", pa.binary()), ("y", pa.decimal128(5, 2))]))),
}


def written(table, kind):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"out.{kind}")
        frame = SessionContext(SessionConfig().with_target_partitions(1)).from_arrow(table)
        try:
            frame.write_csv(path, with_header=True) if kind == "csv" else frame.write_json(path)
        except Exception:
            return None
        files = [path] if os.path.isfile(path) else [os.path.join(path, name) for name in os.listdir(path)]
        with open(*files, "rb") as file:
            return base64.b64encode(file.read()).decode()


def entry(name, table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return [name, base64.b64encode(sink.getvalue()).decode(), written(table, "csv"), written(table, "ndjson")]


entries = [entry(name, pa.table({name: column})) for name, column in {**flat, **nested}.items()]
entries.append(entry("all flat columns", pa.table(flat)))
entries.append(entry("all columns", pa.table({f"{name} ,": column for name, column in {**flat, **nested}.items()})))
entries.append(entry("a column without a name", pa.table({"": [1, None], 'a "b"': ["x", None]})))
json.dump(entries, sys.stdout)
