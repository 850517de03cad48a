"""Makes schemas.jsonl, nested.jsonl and forms.jsonl: Arrow schemas, nested literals and the forms that a schema comes in
(streams, old streams, files), as the real engine and pyarrow write them.

    python make_corpus.py schemas 54.1.0=PYTHON 55.0.0=PYTHON > schemas.jsonl
    python make_corpus.py nested 54.1.0=PYTHON 55.0.0=PYTHON > nested.jsonl
    python make_corpus.py forms 55.0.0=PYTHON > forms.jsonl

Each PYTHON has that version of `datafusion` with pyarrow and cloudpickle. A schema comes out of the inline frame of a real
UDF (arrow-rs wrote it), and once more from pyarrow. `expected` is described here from pyarrow's objects, in the model of
src/wire/arrow/types.ts, or by hand for the two interval types that pyarrow lacks. The first line says who made the file.
"""

import base64
import ctypes
import datetime
import decimal
import json
import pickle
import struct
import subprocess
import sys

UNITS = {"s": "Second", "ms": "Millisecond", "us": "Microsecond", "ns": "Nanosecond"}


def b64(data):
    return base64.b64encode(bytes(data)).decode()


def describe_field(field):
    metadata = [[k.decode(), v.decode()] for k, v in (field.metadata or {}).items()]
    return {
        "name": field.name,
        "type": describe(field.type),
        "nullable": field.nullable,
        "metadata": sorted(metadata, key=lambda pair: pair[0].encode()),
    }


def describe(t):
    import pyarrow as pa
    from pyarrow import types as ty

    if isinstance(t, CSchemaType):
        return t.expected
    names = {
        pa.null(): "Null", pa.bool_(): "Boolean", pa.int8(): "Int8", pa.int16(): "Int16", pa.int32(): "Int32",
        pa.int64(): "Int64", pa.uint8(): "UInt8", pa.uint16(): "UInt16", pa.uint32(): "UInt32", pa.uint64(): "UInt64",
        pa.float16(): "Float16", pa.float32(): "Float32", pa.float64(): "Float64", pa.string(): "Utf8",
        pa.large_string(): "LargeUtf8", pa.string_view(): "Utf8View", pa.binary(): "Binary",
        pa.large_binary(): "LargeBinary", pa.binary_view(): "BinaryView", pa.date32(): "Date32", pa.date64(): "Date64",
    }
    if t in names:
        return {"kind": names[t]}
    if ty.is_fixed_size_binary(t):
        return {"kind": "FixedSizeBinary", "size": t.byte_width}
    if ty.is_time32(t) or ty.is_time64(t):
        return {"kind": "Time32" if ty.is_time32(t) else "Time64", "unit": UNITS[t.unit]}
    if ty.is_duration(t):
        return {"kind": "Duration", "unit": UNITS[t.unit]}
    if ty.is_timestamp(t):
        return {"kind": "Timestamp", "unit": UNITS[t.unit], "timezone": t.tz}
    if ty.is_interval(t):
        return {"kind": "Interval", "unit": "MonthDayNano"}
    if ty.is_decimal(t):
        return {"kind": f"Decimal{t.bit_width}", "precision": t.precision, "scale": t.scale}
    if ty.is_fixed_size_list(t):
        return {"kind": "FixedSizeList", "item": describe_field(t.value_field), "size": t.list_size}
    for test, kind in (
        (ty.is_list, "List"), (ty.is_large_list, "LargeList"), (ty.is_list_view, "ListView"),
        (ty.is_large_list_view, "LargeListView"),
    ):
        if test(t):
            return {"kind": kind, "item": describe_field(t.value_field)}
    if ty.is_struct(t):
        return {"kind": "Struct", "fields": [describe_field(f) for f in t]}
    if ty.is_map(t):
        entries = {
            "name": "entries", "nullable": False, "metadata": [],
            "type": {"kind": "Struct", "fields": [describe_field(t.key_field), describe_field(t.item_field)]},
        }
        return {"kind": "Map", "entries": entries, "sorted": t.keys_sorted}
    if ty.is_union(t):
        fields = [{"id": i, "field": describe_field(t.field(n))} for n, i in enumerate(t.type_codes)]
        return {"kind": "Union", "mode": t.mode.capitalize(), "fields": fields}
    if ty.is_dictionary(t):
        return {"kind": "Dictionary", "key": describe(t.index_type), "value": describe(t.value_type)}
    if ty.is_run_end_encoded(t):
        run_ends = {"name": "run_ends", "type": describe(t.run_end_type), "nullable": False, "metadata": []}
        values = {"name": "values", "type": describe(t.value_type), "nullable": True, "metadata": []}
        return {"kind": "RunEndEncoded", "runEnds": run_ends, "values": values}
    raise TypeError(t)


class CSchema(ctypes.Structure):
    _fields_ = [
        ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p),
        ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64), ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p), ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p),
    ]


RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: None)


class CSchemaType:
    """A type that pyarrow has no name for, handed over through the Arrow C data interface."""

    def __init__(self, code, expected):
        self.code = code
        self.expected = expected

    def __arrow_c_schema__(self):
        self.schema = CSchema(
            self.code, b"", None, 2, 0, None, None, ctypes.cast(RELEASE, ctypes.c_void_p), None
        )
        make = ctypes.pythonapi.PyCapsule_New
        make.restype = ctypes.py_object
        make.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return make(ctypes.addressof(self.schema), b"arrow_schema", None)


def schema_types():
    import pyarrow as pa

    plain = [
        pa.null(), pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(),
        pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.string(), pa.large_string(), pa.string_view(),
        pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(0), pa.binary(16), pa.date32(), pa.date64(),
        pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"), pa.month_day_nano_interval(),
        pa.decimal32(9, 2), pa.decimal64(18, 0), pa.decimal128(10, 2), pa.decimal128(38, -5), pa.decimal128(5, 10),
        pa.decimal256(76, 38),
    ]
    plain += [pa.duration(u) for u in UNITS] + [pa.timestamp(u) for u in UNITS]
    plain += [pa.timestamp(u, tz) for u, tz in zip(UNITS, ("UTC", "+02:00", "Europe/Berlin", 'od"d\\\n'))]
    item = pa.field("thing", pa.int32(), nullable=False, metadata={"b": "1", "a": "2", "é": "3", "\U0001f600": "4"})
    two = [pa.field("a", pa.int64()), pa.field("b", pa.string_view(), nullable=False)]
    nested = [
        pa.list_(pa.int64()), pa.list_(item), pa.large_list(pa.string()), pa.large_list(item), pa.list_view(pa.int8()),
        pa.list_view(item), pa.large_list_view(pa.float64()), pa.large_list_view(item), pa.list_(pa.int64(), 3),
        pa.list_(item, 0), pa.list_(pa.field("it's", pa.null())), pa.list_(pa.list_(pa.list_(pa.bool_()))),
        pa.struct([]), pa.struct(two), pa.struct([pa.field("", pa.int8()), pa.field("__proto__", pa.struct(two))]),
        pa.struct([item, pa.field("1", pa.utf8()), pa.field("1", pa.utf8()), pa.field("tab\t\u0301\u00a0", pa.utf8())]),
        pa.map_(pa.string(), pa.int64()), pa.map_(pa.string(), pa.list_(pa.int64()), keys_sorted=True),
        pa.sparse_union(two), pa.dense_union(two, type_codes=[7, 3]), pa.dense_union([pa.field("x", pa.struct(two))]),
        pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.uint64(), pa.decimal128(10, 2)),
        pa.dictionary(pa.int32(), pa.list_(pa.int64())),
        pa.struct([
            pa.field("d", pa.dictionary(pa.int16(), pa.struct([pa.field("e", pa.dictionary(pa.int8(), pa.utf8()))]))),
            pa.field("f", pa.dictionary(pa.uint8(), pa.utf8())),
        ]),
        pa.run_end_encoded(pa.int16(), pa.string()), pa.run_end_encoded(pa.int32(), pa.float64()),
        pa.run_end_encoded(pa.int64(), pa.list_(pa.int8())),
    ]
    c_types = [
        CSchemaType(b"tiM", {"kind": "Interval", "unit": "YearMonth"}),
        CSchemaType(b"tiD", {"kind": "Interval", "unit": "DayTime"}),
    ]
    return plain + nested + c_types


def frame_of(inputs, returns):
    from datafusion import col
    from datafusion.user_defined import ScalarUDF

    function = ScalarUDF("f", print, inputs, returns, "immutable")
    payload = function(*[col("c") for _ in inputs]).to_bytes()
    return pickle.loads(payload[payload.find(b"DFPYUDF") + 10:])


def make_schemas():
    import pyarrow as pa
    from datafusion import SessionContext, col
    from datafusion import functions as f

    out = []
    for t in schema_types():
        field = {"name": "arg_0", "type": describe(t), "nullable": True, "metadata": []}
        entry = {"name": str(t) if not isinstance(t, CSchemaType) else t.code.decode(), "fields": [field]}
        entry["arrowRs"] = b64(frame_of([t], pa.int64())[2])
        if not isinstance(t, CSchemaType):
            entry["pyarrow"] = b64(pa.schema([pa.field("arg_0", t)]).serialize())
            # The engine reads no table with a column of these: its own text is not to be had.
            if not (pa.types.is_run_end_encoded(t) or "list_view" in str(t)):
                frame = SessionContext().from_arrow(pa.table({"a": pa.nulls(1, t)}))
                entry["display"] = frame.select(f.arrow_typeof(col("a")).alias("t")).to_pydict()["t"][0]
        out.append(entry)
    every = [t for t in schema_types()]
    fields = [
        {"name": f"arg_{i}", "type": describe(t), "nullable": True, "metadata": []} for i, t in enumerate(every)
    ]
    out.append({"name": "every type at once", "fields": fields, "arrowRs": b64(frame_of(every, pa.int64())[2])})
    out.append({"name": "no fields", "fields": [], "arrowRs": b64(frame_of([], pa.int64())[2])})
    returned = pa.field("r", pa.decimal128(10, 2), nullable=False, metadata={"z": "1", "a": "2", "": "é"})
    out.append({
        "name": "a return field", "fields": [describe_field(returned)],
        "arrowRs": b64(frame_of([pa.int8()], returned)[3]),
        "pyarrow": b64(pa.schema([returned]).serialize()),
    })
    return out


def make_forms():
    import pyarrow as pa

    fields = [pa.field("a", pa.int64(), metadata={"x": "1"}), pa.field("d", pa.dictionary(pa.int8(), pa.utf8()))]
    schema = pa.schema(fields, metadata={"b": "1", "a": "2", "": ""})
    batch = pa.record_batch([pa.array([1]), pa.array(["x"]).dictionary_encode().cast(fields[1].type)], schema=schema)
    options = {
        "stream": pa.ipc.IpcWriteOptions(),
        "version 4": pa.ipc.IpcWriteOptions(metadata_version=pa.ipc.MetadataVersion.V4),
        "legacy-stream": pa.ipc.IpcWriteOptions(metadata_version=pa.ipc.MetadataVersion.V4, use_legacy_format=True),
    }
    out = []
    for form, option in options.items():
        for rows in (0, 1):
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, schema, options=option) as writer:
                if rows:
                    writer.write_batch(batch)
            out.append({"name": form, "rows": rows, "bytes": b64(sink.getvalue())})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(batch)
    out.append({"name": "file", "rows": 1, "bytes": b64(sink.getvalue())})
    metadata = [[k.decode(), v.decode()] for k, v in schema.metadata.items()]
    return [{**entry, "fields": [describe_field(f) for f in schema], "metadata": metadata} for entry in out]


def fields_of(data):
    """The fields of a protobuf message: number and value, groups excluded."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 2:
            length = varint()
            yield tag >> 3, data[at:at + length]
            at += length
        else:
            width = 8 if tag & 7 == 1 else 4
            yield tag >> 3, data[at:at + width]
            at += width


def nested_values():
    import pyarrow as pa

    s = pa.scalar
    long_text = "a text that is longer than twelve bytes"
    day = datetime.date(2024, 2, 29)
    moment = datetime.datetime(2024, 2, 29, 12, 34, 56, 789012)
    simple = [
        (pa.bool_(), [True, False, None]), (pa.int8(), [1, -128, None]), (pa.int16(), [1, -2]), (pa.int32(), [7]),
        (pa.int64(), [1, 2, 3]), (pa.int64(), [None, 2**63 - 1, -(2**63), 2**53 + 1]), (pa.uint8(), [255]),
        (pa.uint16(), [65535]), (pa.uint32(), [2**32 - 1]), (pa.uint64(), [2**64 - 1]),
        (pa.float16(), [1.5, None]), (pa.float32(), [1.5, float("inf")]),
        (pa.float64(), [0.1, -0.0, float("nan"), float("-inf"), None]), (pa.string(), ["a", "", None, "é", long_text]),
        (pa.large_string(), ["a", None, "b"]), (pa.string_view(), ["short", None, long_text, "twelve bytes", long_text + "!"]),
        (pa.binary(), [b"\0\xff", b"", None]), (pa.large_binary(), [b"x"]), (pa.binary_view(), [b"x" * 13, b"y"]),
        (pa.binary(2), [b"ab", None, b"cd"]), (pa.date32(), [day, None]), (pa.date64(), [day]),
        (pa.time32("s"), [datetime.time(1, 2, 3)]), (pa.time32("ms"), [datetime.time(1, 2, 3, 4000)]),
        (pa.time64("us"), [datetime.time(1, 2, 3, 4)]), (pa.time64("ns"), [datetime.time(1, 2, 3, 4)]),
        (pa.timestamp("s"), [moment.replace(microsecond=0), None]), (pa.timestamp("us", "UTC"), [moment]),
        (pa.timestamp("ns", "+02:00"), [moment]), (pa.duration("ms"), [datetime.timedelta(seconds=3)]),
        (pa.month_day_nano_interval(), [pa.MonthDayNano([1, -2, 3]), None]),
        (pa.decimal32(9, 2), [decimal.Decimal("-1.50"), None]), (pa.decimal64(18, 2), [decimal.Decimal("1.50")]),
        (pa.decimal128(10, 2), [decimal.Decimal("12.34"), decimal.Decimal("-0.01"), None]),
        (pa.decimal128(38, 0), [decimal.Decimal(10) ** 37, -decimal.Decimal(10) ** 37]),
        (pa.decimal256(76, 5), [decimal.Decimal("-1.5"), None]), (pa.null(), [None, None]), (pa.int64(), []),
        (pa.string(), []), (pa.string_view(), []), (pa.int64(), [None]), (pa.int64(), list(range(20))),
        (pa.bool_(), [i % 3 == 0 for i in range(20)]), (pa.int64(), [None if i % 3 else i for i in range(20)]),
    ]
    out = [s(values, pa.list_(t)) for t, values in simple]
    out += [s([1, 2], pa.large_list(pa.int64())), s(["a", None], pa.large_list(pa.string()))]
    out += [s([1, None, 3], pa.list_(pa.int64(), 3)), s(["a", "b"], pa.list_(pa.string(), 2)), s([], pa.list_(pa.int64(), 0))]
    out += [s([1, 2], pa.list_view(pa.int64())), s(["a", None], pa.large_list_view(pa.string())), s([], pa.list_view(pa.int8()))]
    out += [s([[1], [], [2, 3]], pa.list_(pa.list_(pa.int64()))), s([[1, 2]], pa.list_(pa.list_(pa.int64(), 2)))]
    ab = pa.struct([pa.field("a", pa.int64()), pa.field("b", pa.string(), nullable=False)])
    out += [s({"a": 1, "b": "x"}, ab), s({"a": None, "b": ""}, ab), s([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], pa.list_(ab))]
    out += [s([{"a": 1, "b": "x"}, None], pa.list_(pa.struct([pa.field("a", pa.int64()), pa.field("b", pa.string())])))]
    out += [s({"__proto__": 1, "1": True}, pa.struct([pa.field("__proto__", pa.int8()), pa.field("1", pa.bool_())]))]
    out += [s({"l": [1, None], "s": {"a": 5, "b": "z"}}, pa.struct([pa.field("l", pa.list_(pa.int32())), pa.field("s", ab)]))]
    out += [s([("k", 1), ("l", None)], pa.map_(pa.string(), pa.int64())), s([], pa.map_(pa.string(), pa.int64()))]
    out += [s([("k", [1, 2])], pa.map_(pa.string(), pa.list_(pa.int64()))), s([[("k", 1)], []], pa.list_(pa.map_(pa.string(), pa.int64())))]
    out += [s(["a", "b", "a", None], pa.list_(pa.dictionary(pa.int8(), pa.string())))]
    out += [s({"d": "x", "e": "y"}, pa.struct([pa.field("d", pa.dictionary(pa.int32(), pa.string())), pa.field("e", pa.dictionary(pa.uint8(), pa.string()))]))]
    item = pa.field("thing", pa.int32(), nullable=False, metadata={"k": "v"})
    out += [s([1, 2], pa.list_(item)), s([1, 2], pa.large_list(item)), s([1, 2], pa.list_(item, 2))]
    return out


def refused_values():
    """Values that `lit` of datafusion-python can't take; their batches come from pyarrow."""
    import pyarrow as pa

    s = pa.scalar
    out = [s([[1], None, [], [2, 3]], pa.list_(pa.list_(pa.int64()))), s([[1, 2], None], pa.list_(pa.list_(pa.int64(), 2)))]
    out += [s([[("k", 1)], None], pa.list_(pa.map_(pa.string(), pa.int64())))]
    out += [s([[1], None, []], pa.list_(pa.list_view(pa.int8())))]
    ree = pa.run_end_encoded(pa.int32(), pa.string())
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 5], pa.int32()), pa.array(["a", None]), ree)
    out.append(pa.ListArray.from_arrays(pa.array([0, 5], pa.int32()), runs)[0])
    members = [pa.array([1, 2], pa.int64()), pa.array(["x"])]
    dense = pa.UnionArray.from_dense(pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()), members, ["a", "b"])
    out.append(pa.ListArray.from_arrays(pa.array([0, 3], pa.int32()), dense)[0])
    members = [pa.array([1, None, 2], pa.int64()), pa.array([None, "x", None])]
    sparse = pa.UnionArray.from_sparse(pa.array([0, 1, 0], pa.int8()), members, ["a", "b"])
    out.append(pa.ListArray.from_arrays(pa.array([0, 3], pa.int32()), sparse)[0])
    return out


WIDTHS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def json_value(scalar):
    """The value as `arrowValueToJson` gives it."""
    import pyarrow as pa
    from pyarrow import types as ty

    t = scalar.type
    if ty.is_dictionary(t):
        return json_value(scalar.value) if scalar.is_valid else None
    if ty.is_run_end_encoded(t):
        return json_value(scalar.value) if scalar.is_valid and scalar.value is not None else None
    if ty.is_union(t):
        return {"id": scalar.type_code, "value": json_value(scalar.value)}
    if not scalar.is_valid:
        return None
    if ty.is_struct(t):
        return [[t[i].name, json_value(scalar[i])] for i in range(t.num_fields)]
    if ty.is_map(t):
        return [[json_value(pair["key"]), json_value(pair["value"])] for pair in scalar.values]
    if ty.is_nested(t):
        return [json_value(item) for item in scalar.values] if scalar.values is not None else []
    if ty.is_decimal(t):
        return str(scalar.as_py())
    if ty.is_interval(t):
        months, days, nanos = scalar.as_py()
        return {"months": months, "days": days, "nanos": nanos}
    if ty.is_floating(t):
        value = scalar.as_py()
        special = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity", "-0.0": "-0"}
        return special.get(repr(float(value)), value)
    if ty.is_temporal(t):
        value = scalar.cast(pa.int32() if t.bit_width == 32 else pa.int64()).as_py()
        return value if abs(value) < 2**53 else str(value)
    value = scalar.as_py()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return str(value)
    return value


def make_nested():
    from datafusion import lit
    import pyarrow as pa

    out = []
    for scalar in nested_values():
        payload = lit(scalar).to_bytes()
        literal = dict(fields_of(dict(fields_of(payload))[3]))
        (nested,) = [v for v in literal.values() if isinstance(v, bytes)]
        parts = list(fields_of(nested))
        message = dict(parts)
        column = dict(fields_of(dict(fields_of(message[3]))[1]))
        dictionaries = [dict(fields_of(v)) for n, v in parts if n == 4]
        out.append({
            **value_entry("datafusion", scalar),
            "nullable": bool(column.get(3, 0)),
            "ipcMessage": b64(message[1]),
            "arrowData": b64(message.get(2, b"")),
            "dictionaries": [{"ipcMessage": b64(d[1]), "arrowData": b64(d.get(2, b""))} for d in dictionaries],
        })
    for scalar in refused_values():
        array = pa.concat_arrays([scalar_array(scalar)])
        message = pa.record_batch([array], names=["field_name"]).serialize().to_pybytes()
        end = 8 + struct.unpack("<i", message[4:8])[0]
        out.append({
            **value_entry("pyarrow", scalar),
            "nullable": True, "ipcMessage": b64(message[8:end]), "arrowData": b64(message[end:]), "dictionaries": [],
        })
    return out


def scalar_array(scalar):
    import pyarrow as pa

    values = scalar.values
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values, type=scalar.type)


def value_entry(writer, scalar):
    return {"writer": writer, "name": str(scalar.type), "type": describe(scalar.type), "json": json_value(scalar)}


def main():
    what, *environments = sys.argv[1:]
    if not environments:
        import datafusion
        import pyarrow

        made = {"schemas": make_schemas, "nested": make_nested, "forms": make_forms}[what]()
        json.dump({"pyarrow": pyarrow.__version__, "entries": made}, sys.stdout)
        return
    results = {}
    for environment in environments:
        version, python = environment.split("=", 1)
        results[version] = json.loads(subprocess.run([python, __file__, what], check=True, capture_output=True).stdout)
    versions = list(results)
    merged = []
    for entries in zip(*(results[v]["entries"] for v in versions), strict=True):
        # One entry for the versions that agree to the last byte.
        groups = []
        for version, entry in zip(versions, entries, strict=True):
            same = [g for g in groups if g["entry"] == entry]
            if same:
                same[0]["versions"].append(version)
            else:
                groups.append({"versions": [version], "entry": entry})
        merged += [{"datafusion": g["versions"], **g["entry"]} for g in groups]
    made_by = {"datafusion": versions, "pyarrow": results[versions[0]]["pyarrow"], "script": "make_corpus.py"}
    print("\n".join(json.dumps(line, ensure_ascii=True) for line in [made_by, *merged]))


main()
