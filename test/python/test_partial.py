"""States of the engine's own plan, and merges in the order of the splits; the parts that a worker reads by itself."""

import itertools

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from datafusion import SessionConfig, SessionContext, col, lit, udaf
from datafusion import functions as f
from datafusion.user_defined import Accumulator
from dfx_worker import inputs, partial, parts, plan_bytes

INT = pa.int64()


def batch(values, kind=INT):
    return pa.RecordBatch.from_arrays([pa.array(values, kind)], ["a"])


def merged(expression, batches, udfs=()):
    schema = batches[0].schema
    states = []
    for one in batches:
        ctx = inputs.session(8192, 2)
        frame = partial.table_of(ctx, schema, [one])
        partial.check(ctx, partial.table_of(ctx, schema, []), None, expression, udfs)
        states.append(partial.joined(schema, [partial.state_of(ctx, frame, None, expression)]))
    ctx = inputs.session(8192, 2)
    (taken,) = partial.taken_apart(states)
    frame = partial.table_of(ctx, partial.input_schema(states), [])
    return partial.merged(ctx, frame, None, expression, udfs, taken).column(0)


def whole(expression, batches):
    ctx = SessionContext(SessionConfig().with_target_partitions(1))
    return ctx.create_dataframe([batches]).aggregate([], [expression]).to_arrow_table().column(0)


@pytest.mark.parametrize("sizes", [(3, 2), (0, 4), (4, 0, 0), (1, 1, 1, 1)])
@pytest.mark.parametrize("aggregate", [f.sum, f.count, f.min, f.max, f.avg, f.bit_xor])
def test_merged_states_are_what_all_rows_give(aggregate, sizes):
    numbers = itertools.cycle([3, None, -7, 2**62, 11])
    batches = [batch([next(numbers) for _ in range(size)]) for size in sizes]
    for expression in (aggregate(col("a")), f.coalesce(aggregate(col("a"), filter=col("a") > lit(0)), lit(5))):
        found, expected = merged(expression, batches), whole(expression, batches)
        assert (found.type, found.to_pylist()) == (expected.type, expected.to_pylist())


def test_an_accumulator_merges_once_a_part_in_their_order():
    calls = []

    class Noted(Accumulator):
        def __init__(self):
            self.seen = []

        def update(self, values):
            self.seen += values.to_pylist()

        def merge(self, states):
            calls.append([state.to_pylist() for state in states])
            self.seen += states[0][0].as_py()

        def state(self):
            return [pa.scalar(self.seen, pa.list_(INT)), pa.scalar(len(self.seen), INT)]

        def evaluate(self):
            return pa.scalar(str(self.seen), pa.string())

    types = ([INT], pa.string(), [pa.list_(INT), INT])
    noted = udaf(Noted, *types, "immutable", "noted")
    as_bytes = [pa.schema([pa.field(str(at), kind) for at, kind in enumerate(kinds)]).serialize() for kinds in ([INT], [types[1]], types[2])]
    tuples = [("noted", Noted, *as_bytes, "immutable")]
    found = merged(noted(col("a")), [batch([1, 2]), batch([]), batch([3])], tuples)
    assert found.to_pylist() == ["[1, 2, 3]"]
    assert calls == [[[[1, 2]], [2]], [[[]], [0]], [[[3]], [1]]]


def test_sums_that_overflow_are_not_merged():
    floats = [batch([1e308, 1e308], pa.float64()), batch([-1e308, -1e308], pa.float64())]
    with pytest.raises(partial.NotMergeable, match="infinite in a part"):
        merged(f.sum(col("a")), floats)
    # Extremes are what they are.
    infinite = [batch([float("inf")], pa.float64()), batch([1.0], pa.float64())]
    assert merged(f.max(col("a")), infinite).to_pylist() == [float("inf")]


def field(number, body):
    return bytes([number << 3 | 2]) + plan_bytes.written(len(body)) + body


def test_a_message_is_replaced_and_the_lengths_around_it_are_made_anew():
    old, new = field(1, b"old"), field(1, b"n" * 300)
    message = b"\x08\x01" + field(2, field(3, old) + b"\x25abcd") + field(4, b"tail")
    assert plan_bytes.replace(message, old, new) == b"\x08\x01" + field(2, field(3, new) + b"\x25abcd") + field(4, b"tail")
    assert plan_bytes.replace(message, b"absent", new) is None


@pytest.mark.parametrize("text", [b"ab\ncd\n\nefg\n", b"ab\ncd\n\nefg", b"\n\n", b"one line"])
def test_lines_belong_to_the_part_that_they_start_in(tmp_path, text):
    path = tmp_path / "lines"
    path.write_bytes(text)
    for size in range(1, len(text) + 2):
        found, end = b"", 0
        for start in range(0, len(text), size):
            split = {"start": start, "end": min(start + size, len(text)), "aligned": start == 0}
            data, first, last = parts.lines_of(path, split)
            if data:
                assert first == end
                found, end = found + data, last
        assert found == text


def test_row_groups_have_the_engines_types(tmp_path):
    path = str(tmp_path / "groups.parquet")
    table = pa.table({"s": ["a", "b", "c"], "b": [b"x", None, b"z"], "n": [1, 2, 3], "l": [["p"], [], None]})
    pq.write_table(table, path, row_group_size=2)
    frame = SessionContext().read_parquet(path)
    ranges = [{"batch": 0, "start": 1, "end": 2}, {"batch": 1, "start": 0, "end": 1}]
    for reads in (["s", "n"], ["b"], ["l", "s"], []):
        schema, batches = parts.parquet_batches(frame, path, ranges, reads, 8192)
        names = reads or ["s"]
        assert set(schema.names) == set(names)
        assert [schema.field(name).type for name in names] == [frame.schema().field(name).type for name in names]
        rows = pa.Table.from_batches(batches, schema=schema)
        assert rows.select(names).to_pylist() == table.select(names).slice(1, 2).to_pylist()
