"""Arrow files and streams of every type, made by pyarrow, and what pyarrow sees in them.

`arrow_oracle.py make` writes one JSON document: [{"name", "bytes": base64, "columns": [[name, values]]}]. `arrow_oracle.py check` reads
[{"name", "bytes": base64}] and says what pyarrow finds in those bytes that differs from the case of that name: the document is a list of texts.

Values: integers as text, floats as the hexadecimal digits of their bits, dates and times as their number, decimals as the unscaled integer,
bytes as hexadecimal digits, intervals as [months, days, nanoseconds], lists and maps as lists, structs as lists of their members,
unions as [type id, value], or null.
"""

import base64
import datetime
import decimal
import json
import struct
import sys

import pyarrow as pa

LONG = "a text that is longer than twelve bytes, ä"
N = None


def plain(array):
    kind = array.type
    types = pa.types
    if types.is_null(kind):
        return [N] * len(array)
    if types.is_dictionary(kind):
        return plain(array.dictionary_decode() if len(array.dictionary) else pa.nulls(len(array)))
    if types.is_union(kind):
        # A null scalar of pyarrow has lost its type id.
        return [N if item.as_py() is None else [str(item.type_code), text(item.as_py())] for item in array]
    if types.is_struct(kind):
        members = [plain(array.field(i)) for i in range(kind.num_fields)]
        return [[m[i] for m in members] if array[i].is_valid else N for i in range(len(array))]
    if is_list(kind) or types.is_map(kind):
        out = []
        for item in array:
            if not item.is_valid:
                out.append(N)
            else:
                out.append(plain(item.values))
        return out
    if types.is_temporal(kind) and kind != pa.month_day_nano_interval():
        width = {32: pa.int32(), 64: pa.int64()}[kind.bit_width]
        return [text(v) for v in array.view(width).to_pylist()]
    if types.is_decimal(kind):
        with decimal.localcontext(decimal.Context(prec=100)):
            return [N if v is None else str(int(v.scaleb(kind.scale))) for v in array.to_pylist()]
    floats = {pa.float16(): ("<f4", 8, ">f"), pa.float32(): ("<f4", 8, ">f"), pa.float64(): ("<f8", 16, ">d")}
    if kind in floats:
        return [N if v is None else struct.pack(floats[kind][2], v).hex() for v in array.to_pylist()]
    if kind == pa.month_day_nano_interval():
        return [N if v is None else [str(v.months), str(v.days), str(v.nanoseconds)] for v in array.to_pylist()]
    return [text(v) for v in array.to_pylist()]


def is_list(kind):
    types = pa.types
    return (
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    )


def text(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def big(digits):
    return decimal.Decimal(digits)


STAMP = datetime.datetime(2024, 2, 29, 12, 34, 56, 789012)
EARLY = datetime.datetime(1677, 9, 22)
FLAT = [
    ("null", pa.null(), [N, N, N, N, N]),
    ("bool", pa.bool_(), [True, False, N, True, True]),
    ("i8", pa.int8(), [1, -128, 127, N, 0]),
    ("i16", pa.int16(), [1, -32768, 32767, N, 0]),
    ("i32", pa.int32(), [1, -(2**31), 2**31 - 1, N, 0]),
    ("i64", pa.int64(), [1, -(2**53) + 1, 2**53 - 1, N, -1]),
    ("i64 edge", pa.int64(), [1, -(2**53), 2**53 - 1, N, -1]),
    ("i64 wide", pa.int64(), [-(2**63), 2**63 - 1, 2**53, N, -(2**53)]),
    ("u8", pa.uint8(), [1, 255, N, 0, 7]),
    ("u16", pa.uint16(), [1, 65535, N, 0, 7]),
    ("u32", pa.uint32(), [1, 2**32 - 1, N, 0, 7]),
    ("u64", pa.uint64(), [1, 2**53 - 1, N, 0, 7]),
    ("u64 wide", pa.uint64(), [1, 2**64 - 1, 2**63, N, 0]),
    ("u64 edge", pa.uint64(), [1, 2**53, 5, N, 0]),
    ("f16", pa.float16(), [1.5, -0.0, float("inf"), N, 2**-24]),
    ("f16 more", pa.float16(), [65504.0, -(2**-14), 1 / 3, float("-inf"), N]),
    ("f32", pa.float32(), [1.5, -0.0, float("inf"), N, 2**-149]),
    ("f64", pa.float64(), [1.5, -0.0, float("-inf"), N, 5e-324]),
    ("utf8", pa.string(), ["", "ä", N, LONG, "z"]),
    ("large utf8", pa.large_string(), ["", "ä", N, LONG, "z"]),
    ("utf8 view", pa.string_view(), ["", "exactly12byt", N, LONG, LONG + LONG]),
    ("binary", pa.binary(), [b"", b"\xff\x00", N, b"x" * 30, b"z"]),
    ("large binary", pa.large_binary(), [b"", b"\xff\x00", N, b"x" * 30, b"z"]),
    ("binary view", pa.binary_view(), [b"", b"\xff\x00", N, b"x" * 30, b"\x80" * 13]),
    ("fixed binary", pa.binary(3), [b"abc", N, b"\xff\xfe\xfd", b"\0\0\0", b"xyz"]),
    ("date32", pa.date32(), [datetime.date(2024, 2, 29), N, datetime.date(1, 1, 1), datetime.date(9999, 12, 31), N]),
    ("date64", pa.date64(), [datetime.date(2024, 2, 29), N, datetime.date(1, 1, 1), datetime.date(9999, 12, 31), N]),
    ("time s", pa.time32("s"), [0, 86399, N, 1, 2]),
    ("time ms", pa.time32("ms"), [0, 86399999, N, 1, 2]),
    ("time us", pa.time64("us"), [0, 86399999999, N, 1, 2]),
    ("time ns", pa.time64("ns"), [0, 86399999999999, N, 1, 2]),
    ("ts s", pa.timestamp("s"), [STAMP, N, EARLY, 0, -1]),
    ("ts ms", pa.timestamp("ms", "UTC"), [STAMP, N, EARLY, 0, -1]),
    ("ts us", pa.timestamp("us", "Europe/Berlin"), [STAMP, N, EARLY, 0, -1]),
    ("ts ns", pa.timestamp("ns"), [2**63 - 1, N, -(2**63), 0, -1]),
    ("duration s", pa.duration("s"), [0, -1, N, 1, 2**53]),
    ("duration ns", pa.duration("ns"), [0, -1, N, 1, 7]),
    ("interval", pa.month_day_nano_interval(), [(1, -2, 3), N, (-12, 0, 2**62), (0, 0, -5), (0, 0, 0)]),
    ("dec32", pa.decimal32(9, 2), [big("1.50"), N, big("-9999999.99"), big("0.00"), big("0.01")]),
    ("dec64", pa.decimal64(18, 3), [big("1.500"), N, big("-123456789012345.678"), big("0.000"), big("0.001")]),
    ("dec128", pa.decimal128(38, 10), [big("1.5"), N, big("-1234567890123456789012345678.0123456789"), big(0), big(1)]),
    ("dec128 small", pa.decimal128(10, 2), [big("1.50"), N, big("-99999999.99"), big(0), big("0.01")]),
    ("dec256", pa.decimal256(76, 0), [big(7), N, big(-(10**75)), big(0), big(10**75 + 1)]),
]
ENTRY = pa.struct([pa.field("k", pa.string()), pa.field("v", pa.list_(pa.int64()))])
NESTED = [
    ("list", pa.list_(pa.int64()), [[1, N, 3], [], N, [2**60], [4, 5]]),
    ("large list", pa.large_list(pa.string()), [["a", N], [], N, [LONG], ["ä"]]),
    ("fixed list", pa.list_(pa.float32(), 2), [[1.5, N], N, [0.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
    ("list view", pa.list_view(pa.int32()), [[1, N, 3], [], N, [7], [4, 5]]),
    ("large list view", pa.large_list_view(pa.string_view()), [[LONG, N], [], N, ["b"], ["c", "d"]]),
    ("struct", ENTRY, [{"k": "a", "v": [1]}, N, {"k": N, "v": N}, {"k": "b", "v": []}, {"k": LONG, "v": [N]}]),
    ("map", pa.map_(pa.string(), pa.int16()), [[("a", 1), ("b", N)], [], N, [("c", 3)], []]),
    ("list of bools", pa.list_(pa.bool_()), [[True, N, False], [True] * 9, N, [], [False]]),
    ("list of structs", pa.list_(ENTRY), [[{"k": "a", "v": [1]}, N], [], N, [{"k": "b", "v": N}], []]),
    ("deep", pa.list_(pa.list_(pa.list_(pa.date32()))), [[[[1, N]], N], [], N, [[[2], []]], [[]]]),
    ("list of decimals", pa.list_(pa.decimal128(30, 0)), [[big(1), N], [], N, [big(10**29)], [big(2)]]),
]
DICTIONARIES = [
    ("dict", pa.dictionary(pa.int8(), pa.string()), ["a", "b", N, "a", LONG]),
    ("dict u64", pa.dictionary(pa.uint64(), pa.int64()), [5, 2**60, N, 5, 5]),
    ("dict i16 large", pa.dictionary(pa.int16(), pa.large_string()), ["x", N, "y", "x", "x"]),
    ("list of dict", pa.list_(pa.dictionary(pa.int32(), pa.string())), [["a", "b"], [], N, ["b", N], ["c"]]),
]


def field_of(name, kind):
    return pa.field(name, kind, metadata={"for": name} if name == "i8" else None)


def batch(sources):
    arrays = [pa.array(values, kind) for _, kind, values in sources]
    return pa.record_batch(arrays, schema=pa.schema([field_of(n, k) for n, k, _ in sources]))


def unions():
    numbers, texts = pa.array([5, N, 7], pa.int64()), pa.array(["a", "b"], pa.string())
    codes = pa.array([3, 9, 3, 9, 3], pa.int8())
    dense = pa.UnionArray.from_dense(codes, pa.array([0, 0, 1, 1, 2], pa.int32()), [numbers, texts], ["n", "t"], [3, 9])
    wide = [pa.array([1, 2, N, 4, 5], pa.int64()), pa.array(["a", N, "c", "d", "e"], pa.string())]
    sparse = pa.UnionArray.from_sparse(codes, wide, ["n", "t"], [3, 9])
    return pa.record_batch([dense, sparse], names=["dense", "sparse"])


def views_out_of_order():
    """List views that overlap and run backwards, texts that share one buffer."""
    items = pa.array([10, 11, 12, 13], pa.int64())
    lists = pa.ListViewArray.from_arrays(pa.array([2, 0, 1, 0], pa.int32()), pa.array([2, 3, 0, 1], pa.int32()), items)
    return pa.record_batch([lists], names=["views"])


def hidden():
    """Nulls above values that are not zero."""
    valid = pa.py_buffer(bytes([0b10101]))
    numbers = pa.array([1.5, 2.5, float("nan"), 4.5, 5.5], pa.float64())
    floats = pa.Array.from_buffers(pa.float64(), 5, [valid, numbers.buffers()[1]])
    words = pa.array(["a", "hidden", "c", LONG, "e"], pa.string())
    texts = pa.Array.from_buffers(pa.string(), 5, [valid, *words.buffers()[1:]])
    flags = pa.Array.from_buffers(pa.bool_(), 5, [valid, pa.py_buffer(bytes([0b11111]))])
    return pa.record_batch([floats, texts, flags], names=["floats", "texts", "flags"])


def long_rows(count):
    """More rows than a batch of the reader has, cut by nulls here and there."""
    return pa.record_batch(
        [
            pa.array([N if i % 7 == 3 else i * 3 - count for i in range(count)], pa.int64()),
            pa.array([N if i % 11 == 5 else f"text {i}" * (i % 4) for i in range(count)], pa.string()),
            pa.array([N if i % 5 == 2 else [i, i + 1][: i % 3] for i in range(count)], pa.list_(pa.int32())),
            pa.array([i % 3 == 0 for i in range(count)], pa.bool_()),
            pa.array([f"view {i} " + "long enough" * (i % 2) for i in range(count)], pa.string_view()),
        ],
        names=["n", "t", "l", "b", "v"],
    )


def replaced(values):
    return pa.record_batch([pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.int8()), pa.array(values))], names=["d"])


def cases():
    flat, nested, dictionaries = batch(FLAT), batch(NESTED), batch(DICTIONARIES)
    everything = pa.record_batch(
        flat.columns + nested.columns, schema=pa.schema(list(flat.schema) + list(nested.schema), metadata={"z": "1", "a": "2"})
    )
    sliced = [everything.slice(0, 2), everything.slice(2, 3)]
    empty = everything.slice(0, 0)
    for codec in (None, "lz4", "zstd"):
        yield f"everything, {codec}", [everything], {"compression": codec}
        yield f"long, {codec}", [long_rows(9_000)], {"compression": codec}
    yield "slices", sliced, {}
    yield "empty batches between", [empty, sliced[0], empty, sliced[1], empty], {}
    yield "no rows", [empty], {}
    yield "no batches", (everything.schema, []), {}
    yield "dictionaries", [dictionaries], {}
    yield "dictionaries, sliced", [dictionaries.slice(0, 2), dictionaries.slice(2, 3)], {}
    yield "unions", [unions()], {}
    yield "unions, sliced", [unions().slice(1, 3)], {}
    yield "list views out of order", [views_out_of_order()], {}
    yield "hidden values", [hidden()], {}
    yield "several long", [long_rows(8_200), long_rows(3), long_rows(8_192)], {}
    yield "dictionaries replaced", [replaced(["a", "b"]), replaced(["c", "d"]), replaced(["c", "d"])], {"only": "stream"}
    yield "dictionaries that grow", [replaced(["a", "b"]), replaced(["a", "b", "c"])], {"emit_dictionary_deltas": True}
    yield "legacy format", [flat], {"use_legacy_format": True, "only": "stream"}
    yield "format 4", [everything], {"metadata_version": pa.ipc.MetadataVersion.V4}


def encode(batches, options, make):
    schema, batches = (batches[0].schema, batches) if isinstance(batches, list) else batches
    sink = pa.BufferOutputStream()
    options = {key: value for key, value in options.items() if key != "only"}
    with make(sink, schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for each in batches:
            writer.write_batch(each)
    return sink.getvalue().to_pybytes()


def columns_of(batches):
    schema, batches = (batches[0].schema, batches) if isinstance(batches, list) else batches
    return [[f.name, [v for each in batches for v in plain(each.column(i))]] for i, f in enumerate(schema)]


def forms():
    for name, batches, options in cases():
        for form, make in (("file", pa.ipc.new_file), ("stream", pa.ipc.new_stream)):
            if options.get("only", form) == form:
                yield f"{name}, {form}", batches, options, make


def make():
    made = [
        {"name": name, "bytes": base64.b64encode(encode(batches, options, maker)).decode(), "columns": columns_of(batches)}
        for name, batches, options, maker in forms()
    ]
    ends = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["a", "b"]))
    refused = pa.record_batch([pa.array([1, 2, 3]), ends], names=["fine", "runs"])
    made.append({"name": "refused", "bytes": base64.b64encode(encode([refused], {}, pa.ipc.new_file)).decode(), "columns": []})
    json.dump(made, sys.stdout)


def check():
    wanted = {name: batches for name, batches, _, _ in forms()}
    problems = []
    for given in json.load(sys.stdin):
        name, data = given["name"], base64.b64decode(given["bytes"])
        schema = wanted[name][0].schema if isinstance(wanted[name], list) else wanted[name][0]
        opened = pa.ipc.open_file(data) if data.startswith(b"ARROW1") else pa.ipc.open_stream(data)
        if not opened.schema.equals(schema, check_metadata=True):
            problems.append(f"{name}: the schema {opened.schema}, expected {schema}")
        batches = [opened.get_batch(i) for i in range(opened.num_record_batches)] if hasattr(opened, "get_batch") else list(opened)
        for each in batches:
            each.validate(full=True)
        if columns_of((opened.schema, batches)) != columns_of(wanted[name]):
            problems.append(f"{name}: other values")
    json.dump(problems, sys.stdout)


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]]()
