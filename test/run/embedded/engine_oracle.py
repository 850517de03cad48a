"""Evaluates expressions with the real engine, for the differential tests.

Reads one JSON document from stdin: {"tables": {name: {"schema": base64 of an Arrow stream without batches, "columns": [[cell, ...], ...]}},
"cases": [{"table", "kind": "row" | "aggregate" | "window", "sql": text or "payload": base64}]}.
Writes one JSON line a case: {"payload": base64, "schema": base64 of the result's schema, "values": [cell, ...]} or {"payload",
"error": text}, or {"unparsed": text} where the SQL itself isn't accepted. Every payload is decoded again before it is
evaluated.

A cell is exact under its type: integers, counts of temporal types and unscaled decimals as text, floats as the hexadecimal
digits of their bits, bytes as hexadecimal, lists as arrays, structs as arrays of their values, maps as arrays of pairs,
intervals as "months,days,nanoseconds", dictionaries as the value.
"""

import base64
import json
import struct
import sys

import pyarrow as pa
import pyarrow.types as pt
from datafusion import SessionConfig, SessionContext, col
from datafusion.expr import Expr

FLOATS = {pa.float32(): (pa.uint32(), 8, "<I"), pa.float64(): (pa.uint64(), 16, "<Q"), pa.float16(): (pa.uint16(), 4, "<H")}
WIDTHS = {"decimal32": 4, "decimal64": 8, "decimal128": 16, "decimal256": 32}


def is_temporal(kind):
    return pt.is_temporal(kind) and not pt.is_interval(kind)


def storage(kind):
    return pa.int32() if kind.bit_width == 32 else pa.int64()


def is_listlike(kind):
    return pt.is_list(kind) or pt.is_large_list(kind)


def cells(array):
    kind = array.type
    if kind in FLOATS:
        bits, digits, _ = FLOATS[kind]
        return [None if bit is None else format(bit, f"0{digits}x") for bit in array.view(bits).to_pylist()]
    if is_temporal(kind):
        return [None if count is None else str(count) for count in array.view(storage(kind)).to_pylist()]
    if pt.is_decimal(kind):
        return [None if value is None else str(unscaled(value, kind.scale)) for value in array.to_pylist()]
    if pt.is_dictionary(kind):
        values = cells(array.dictionary)
        return [None if index is None else values[index] for index in array.indices.to_pylist()]
    if pt.is_list_view(kind) or pt.is_large_list_view(kind):
        items = cells(array.values)
        places = zip(array, array.offsets.to_pylist(), array.sizes.to_pylist())
        return [items[start : start + size] if value.is_valid else None for value, start, size in places]
    if is_listlike(kind):
        items = cells(array.values)
        ends = array.offsets.to_pylist()
        return [items[ends[i] : ends[i + 1]] if value.is_valid else None for i, value in enumerate(array)]
    if pt.is_fixed_size_list(kind):
        items = cells(array.values)
        size = kind.list_size
        first = array.offset
        return [
            items[(first + i) * size : (first + i + 1) * size] if value.is_valid else None
            for i, value in enumerate(array)
        ]
    if pt.is_map(kind):
        keys, items, ends = cells(array.keys), cells(array.items), array.offsets.to_pylist()
        pairs = [list(pair) for pair in zip(keys, items)]
        first = ends[0] if len(keys) != len(array.keys) else 0
        return [
            pairs[ends[i] - first : ends[i + 1] - first] if value.is_valid else None for i, value in enumerate(array)
        ]
    if pt.is_struct(kind):
        columns = [cells(array.field(i)) for i in range(kind.num_fields)]
        return [[column[i] for column in columns] if value.is_valid else None for i, value in enumerate(array)]
    if pt.is_interval(kind):
        return [None if value is None else ",".join(str(part) for part in value) for value in array.to_pylist()]
    if pt.is_boolean(kind) or pt.is_null(kind):
        return array.to_pylist()
    if pt.is_integer(kind):
        return [None if value is None else str(value) for value in array.to_pylist()]
    if pt.is_union(kind):
        codes = array.type_codes.to_pylist()
        children = {code: cells(array.field(k)) for k, code in enumerate(kind.type_codes)}
        places = array.offsets.to_pylist() if kind.mode == "dense" else range(len(array))
        return [[code, children[code][place]] for code, place in zip(codes, places)]
    return [value.hex() if isinstance(value, bytes) else value for value in array.to_pylist()]


def unscaled(value, scale):
    sign, digits, exponent = value.as_tuple()
    magnitude = int("".join(map(str, digits))) * 10 ** (exponent + scale)
    return -magnitude if sign else magnitude


def bitmap(given):
    out = bytearray((len(given) + 7) // 8)
    for i, cell in enumerate(given):
        if cell is not None:
            out[i >> 3] |= 1 << (i & 7)
    return pa.py_buffer(bytes(out))


def fixed(kind, given, pack):
    data = b"".join(pack(cell) for cell in given)
    return pa.Array.from_buffers(kind, len(given), [bitmap(given), pa.py_buffer(data)])


def build(kind, given):
    if kind in FLOATS:
        code = FLOATS[kind][2]
        return fixed(kind, given, lambda cell: struct.pack(code, int(cell or "0", 16)))
    if pt.is_decimal(kind):
        width = WIDTHS[str(kind).split("(")[0]]
        return fixed(kind, given, lambda cell: int(cell or 0).to_bytes(width, "little", signed=True))
    if is_temporal(kind):
        plain = pa.array([None if cell is None else int(cell) for cell in given], storage(kind))
        return plain.view(kind)
    if pt.is_integer(kind):
        return pa.array([None if cell is None else int(cell) for cell in given], kind)
    if pt.is_interval(kind):
        parts = [None if cell is None else pa.MonthDayNano([int(part) for part in cell.split(",")]) for cell in given]
        return pa.array(parts, kind)
    if pt.is_dictionary(kind):
        plain = build(kind.value_type, given).dictionary_encode()
        return pa.DictionaryArray.from_arrays(plain.indices.cast(kind.index_type), plain.dictionary)
    if pt.is_list_view(kind):
        return build(pa.list_(kind.value_field), given).cast(kind)
    if pt.is_large_list_view(kind):
        return build(pa.large_list(kind.value_field), given).cast(kind)
    absent = pa.array([cell is None for cell in given], pa.bool_())
    if is_listlike(kind) or pt.is_map(kind):
        ends = [0]
        for cell in given:
            ends.append(ends[-1] + len(cell or []))
        flat = [item for cell in given for item in cell or []]
        if pt.is_map(kind):
            keys, items = build(kind.key_type, [key for key, _ in flat]), build(kind.item_type, [item for _, item in flat])
            plain = pa.MapArray.from_arrays(pa.array(ends, pa.int32()), keys, items, type=kind)
            return pa.Array.from_buffers(kind, len(given), [bitmap(given), plain.buffers()[1]], children=[struct_of(plain)])
        made = pa.LargeListArray if pt.is_large_list(kind) else pa.ListArray
        width = pa.int64() if pt.is_large_list(kind) else pa.int32()
        return made.from_arrays(pa.array(ends, width), build(kind.value_type, flat), type=kind, mask=absent)
    if pt.is_fixed_size_list(kind):
        flat = [item for cell in given for item in (cell if cell is not None else [None] * kind.list_size)]
        return pa.FixedSizeListArray.from_arrays(build(kind.value_type, flat), type=kind, mask=absent)
    if pt.is_union(kind):
        codes = pa.array([cell[0] for cell in given], pa.int8())
        columns = [
            build(kind.field(k).type, [cell[1] if cell[0] == code else None for cell in given])
            for k, code in enumerate(kind.type_codes)
        ]
        names = [kind.field(k).name for k in range(kind.num_fields)]
        return pa.UnionArray.from_sparse(codes, columns, names, list(kind.type_codes))
    if pt.is_struct(kind):
        columns = [
            build(kind.field(i).type, [None if cell is None else cell[i] for cell in given])
            for i in range(kind.num_fields)
        ]
        return pa.StructArray.from_arrays(columns, fields=list(kind), mask=absent)
    if pt.is_binary(kind) or pt.is_large_binary(kind) or pt.is_binary_view(kind) or pt.is_fixed_size_binary(kind):
        return pa.array([None if cell is None else bytes.fromhex(cell) for cell in given], kind)
    return pa.array(given, kind)


def struct_of(entries):
    return pa.StructArray.from_arrays(
        [entries.keys, entries.items],
        fields=[
            pa.field("key", entries.type.key_type, False),
            pa.field("value", entries.type.item_type, entries.type.item_field.nullable),
        ],
    )


def evaluate(frames, numbered, case):
    frame = frames[case["table"]]
    try:
        payload = base64.b64decode(case["payload"]) if "payload" in case else frame.parse_sql_expr(case["sql"]).to_bytes()
    except BaseException as error:  # noqa: BLE001  (the engine panics with BaseException)
        return {"unparsed": str(error)}
    out = {"payload": base64.b64encode(payload).decode()}
    try:
        expr = Expr.from_bytes(payload)
        if case["kind"] == "aggregate":
            result = frame.aggregate([], [expr])
        elif case["kind"] == "window":
            # Rows come out in the order of the last window: put back into that of the table.
            row = col("row_of_table")
            result = numbered[case["table"]].select(expr, row).sort(row.sort())
        else:
            result = frame.select(expr)
        table = result.to_arrow_table()
        out["schema"] = base64.b64encode(table.schema.serialize().to_pybytes()).decode()
        out["values"] = [cell for chunk in table.column(0).chunks for cell in cells(chunk)]
    except BaseException as error:  # noqa: BLE001
        out["error"] = str(error)
    return out


def context():
    return SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))


def main():
    job = json.load(sys.stdin)
    frames, numbered = {}, {}
    for name, table in job["tables"].items():
        schema = pa.ipc.open_stream(base64.b64decode(table["schema"])).schema
        columns = [build(field.type, column) for field, column in zip(schema, table["columns"])]
        data = pa.Table.from_arrays(columns, schema=schema)
        frames[name] = context().from_arrow(data, name)
        rows = pa.array(range(data.num_rows), pa.int64())
        numbered[name] = context().from_arrow(data.append_column("row_of_table", rows), name)
    for case in job["cases"]:
        print(json.dumps(evaluate(frames, numbered, case)), flush=True)


main()
