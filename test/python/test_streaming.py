"""Batches that jobs bring, and the plan that stays open for them."""

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


def opened(*expressions):
    feed = Feed(SCHEMA)
    frame = inputs.session(8192).read_table(feed).select(*expressions)
    assert streaming.is_straight(frame)
    return streaming.OpenPlan(feed, frame)


def test_each_batch_comes_out_before_the_next_one_goes_in():
    seen = []

    def kept(values):
        seen.append(len(values))
        return values

    plan = opened(udf(kept, [pa.int64()], pa.int64(), "volatile", "kept")(col("a")), col("b"))
    results = plan.results([batch(5), batch(0), batch(8192, 5)])
    assert next(results).column(0).to_pylist() == [0, 1, 2, 3, 4]
    assert seen == [5]
    assert [result.num_rows for result in results] == [0, 8192]
    assert seen == [5, 0, 8192]
    assert [result.column(1).to_pylist() for result in plan.results([batch(2, 7)])] == [["7", "8"]]


def test_a_plan_without_columns_has_rows():
    assert [one.column(0).to_pylist() for one in opened(lit(1)).results([batch(3), batch(1)])] == [[1, 1, 1], [1]]


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

    job = {"columns": [], "reads": ["a"], "now": "1"}
    first = held.plan_for(job, SCHEMA, frame_of)
    assert held.plan_for(job, SCHEMA, frame_of) is first
    assert held.plan_for({**job, "now": "2"}, SCHEMA, frame_of) is not first
    assert held.plan_for({**job, "now": "2"}, SCHEMA.with_metadata({"k": "v"}), frame_of) is not None
    assert len(made) == 3
    held.close()
    assert held.plan_for({**job, "now": "2"}, SCHEMA, frame_of) is not None
    assert held.plan_for({**job, "reads": ["absent"], "now": "3"}, SCHEMA, frame_of) is None
    twins = pa.schema([("a", pa.int64()), ("a", pa.int64())])
    assert held.plan_for({**job, "now": "4"}, twins, frame_of) is None
