"""Batches that jobs bring, and the plan that stays open for them."""

import struct

import pyarrow as pa
import pytest
from datafusion import col, lit, udf
from dfx_worker import inputs, streaming
from dfx_worker.feed import Feed

SCHEMA = pa.schema([("a", pa.int64()), ("b", pa.utf8())])


def batch(rows, start=0):
    numbers = range(start, start + rows)
    return pa.record_batch([pa.array(numbers, pa.int64()), pa.array(map(str, numbers), pa.utf8())], schema=SCHEMA)


def lengths(rows, size):
    return [one.num_rows for one in streaming.cut([batch(count) for count in rows], size)]


def test_batches_are_cut_to_the_size_and_small_ones_are_joined():
    assert lengths([0], 10) == [0]
    assert lengths([0, 0], 10) == [0]
    assert lengths([3, 0, 4], 10) == [7]
    assert lengths([10, 25, 1, 9, 2], 10) == [10, 10, 10, 5, 10, 2]
    assert lengths([], 10) == []
    rows = pa.Table.from_batches(streaming.cut([batch(25), batch(3, 25), batch(4, 28)], 10))
    assert rows.to_pydict() == batch(32).to_pydict()


def brought(*batches):
    return streaming.Brought(b"", "key", SCHEMA, batches, True)


def opened(*expressions, kept=0):
    feed = Feed(SCHEMA)
    frame = inputs.session(8192).read_table(feed).select(*expressions)
    assert streaming.is_straight(frame)
    return streaming.OpenPlan(feed, frame, kept)


def test_each_batch_comes_out_before_the_next_one_goes_in():
    seen = []

    def kept(values):
        seen.append(len(values))
        return values

    plan = opened(udf(kept, [pa.int64()], pa.int64(), "volatile", "kept")(col("a")), col("b"))
    results = plan.results(brought(batch(5), batch(0), batch(8192, 5)))
    assert next(results)[1][0].to_pylist() == [0, 1, 2, 3, 4]
    assert seen == [5]
    assert [len(columns[0]) for _, columns in results] == [0, 8192]
    assert seen == [5, 0, 8192]
    assert [columns[1].to_pylist() for _, columns in plan.results(brought(batch(2, 7)))] == [["7", "8"]]


def test_columns_that_are_kept_are_known_by_their_bytes_where_they_are_nothing_but_values():
    [(numbers, [text])] = opened(col("a"), col("b"), kept=1).results(brought(batch(3)))
    assert [column.to_pylist() for column in numbers.columns] == [[0, 1, 2]]
    assert [bytes(part) for part in numbers.parts] == [struct.pack("<3q", 0, 1, 2)]
    assert text.to_pylist() == ["0", "1", "2"]
    [(texts, rest)] = opened(col("b"), kept=1).results(brought(batch(2)))
    assert texts.parts is None and rest == []
    null = pa.record_batch([pa.array([1, None]), pa.array(["x", "y"])], schema=SCHEMA)
    [(nulls, _)] = opened(col("a"), kept=1).results(brought(null))
    assert nulls.parts is None


def job_of(table, **fields):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    header = {"type": "job", "mode": "rows", "columns": [], "inBody": True, "input": {"format": "arrow"}, "batchSize": 10, **fields}
    return header, memoryview(sink.getvalue())


def test_what_is_the_same_from_job_to_job_is_met_once():
    opener = streaming.Opener()
    table = pa.table({"a": pa.array([1, 2]), "b": pa.array(["x", "y"])}, schema=SCHEMA)
    first = opener.opened(*job_of(table, keep=["a"]))[1]
    again = opener.opened(*job_of(table.slice(1), keep=["a"]))[1]
    assert again.key is first.key and again.schema is first.schema
    assert [bytes(part) for part in again.passing[0].parts] == [struct.pack("<q", 2)]
    other = opener.opened(*job_of(table, keep=["b", "a"]))[1]
    assert other.key != first.key
    assert [column.to_pylist() for column in other.passing[0].columns] == [["x", "y"], [1, 2]]
    renamed = opener.opened(*job_of(table.rename_columns(["b", "a"]), keep=["b", "a"]))[1]
    assert renamed.key == other.key
    assert [column.to_pylist() for column in renamed.passing[0].columns] == [[1, 2], ["x", "y"]]
    # what isn't there is told in its turn
    assert isinstance(opener.opened(*job_of(table, keep=["absent"]))[1], memoryview)


def test_a_plan_without_columns_has_rows():
    assert [column.to_pylist() for _, [column] in opened(lit(1)).results(brought(batch(3), batch(1)))] == [[1, 1, 1], [1]]


def test_what_holds_rows_back_is_not_straight():
    frame = inputs.session(8192).read_table(Feed(SCHEMA))
    assert not streaming.is_straight(frame.sort(col("a").sort()))
    assert not streaming.is_straight(frame.limit(3))
    with pytest.raises(Exception, match="a filter that is left to the input"):
        frame.filter(col("a") > lit(1)).execution_plan()


def test_a_plan_is_held_for_one_run_and_one_schema(monkeypatch):
    monkeypatch.setattr(streaming, "PATIENCE", 0)
    held = streaming.Held()
    made = []

    def frame_of(feed):
        made.append(feed)
        return inputs.session(8192).read_table(feed).select(col("a"))

    def plan_for(job, schema, direct=None, as_they_came=True):
        return held.plan_for(job, streaming.Brought(b"", streaming.key_of(job), schema, [], as_they_came), lambda _: direct, frame_of)

    job = {"columns": [], "reads": ["a"], "now": "1"}
    first = plan_for(job, SCHEMA)
    assert plan_for(job, SCHEMA) is first
    assert plan_for({**job, "now": "2"}, SCHEMA) is not first
    assert plan_for({**job, "now": "2"}, SCHEMA.with_metadata({"k": "v"})) is not None
    assert len(made) == 3
    held.close()
    assert plan_for({**job, "now": "2"}, SCHEMA) is not None
    assert plan_for({**job, "reads": ["absent"], "now": "3"}, SCHEMA) is None
    twins = pa.schema([("a", pa.int64()), ("a", pa.int64())])
    assert plan_for({**job, "now": "4"}, twins) is None
    # What does without the engine goes first, but not for batches that were cut or joined.
    direct = object()
    assert plan_for({**job, "now": "5"}, SCHEMA, direct) is direct
    assert plan_for({**job, "now": "5"}, SCHEMA, as_they_came=False) is not direct
    assert plan_for({**job, "now": "5"}, SCHEMA) is direct


def test_batches_are_known_as_they_came():
    def untouched(rows, size):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, SCHEMA) as writer:
            for count in rows:
                writer.write_batch(batch(count))
        header = {"type": "job", "mode": "rows", "columns": [], "inBody": True, "input": {"format": "arrow"}, "batchSize": size}
        return streaming.Opener().opened(header, memoryview(sink.getvalue()))[1].as_they_came

    assert untouched([10, 10, 7], 10)
    assert untouched([], 10)
    assert not untouched([11], 10)
    assert not untouched([3, 4], 10)
    assert not untouched([0], 10)
    assert not untouched([10, 0], 10)
