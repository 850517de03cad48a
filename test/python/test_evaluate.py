"""Jobs of several batches in a plan that stays open, whose UDF gives another type than it declares from some row on."""

import io

import cloudpickle
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset  # without it a worker plans its first batches one by one
import pytest
from datafusion import col, udf
from dfx_worker import direct, evaluate, sandbox, streaming
from dfx_worker.results import END_OF_STREAM
from dfx_worker.udfs import Watch

INT = pa.int64()


class Answers:
    """What the parent would get."""

    def __init__(self):
        self.kinds = []
        self.done = None
        self._schema = b""
        self._messages = b""

    def send(self, header, *parts, more=False):
        body = b"".join(bytes(memoryview(part)) for part in parts)
        self.kinds.append(header["type"])
        if header["type"] == "schema":
            self._schema = body.removesuffix(END_OF_STREAM)
        elif header["type"] == "result":
            self._messages += body
        elif header["type"] == "done":
            self.done = header

    def values(self):
        return pa.ipc.open_stream(self._schema + self._messages + END_OF_STREAM).read_all().column(0).to_pylist()


@pytest.fixture
def watch(monkeypatch):
    monkeypatch.setattr(cloudpickle, "loads", cloudpickle.loads)
    monkeypatch.setattr(sandbox, "_state", "off")
    monkeypatch.setattr(evaluate, "held", streaming.Held())
    monkeypatch.setattr(evaluate, "doubted", set())
    monkeypatch.setattr(evaluate, "told", set())
    watch = Watch()
    watch.install(cloudpickle)
    return watch


def job(first, last):
    table = pa.table({"value": pa.array(range(first, last), INT)})
    body = io.BytesIO()
    with pa.ipc.new_stream(body, table.schema) as writer:
        for batch in table.to_batches(max_chunksize=100):
            writer.write_batch(batch)
    header = {
        "type": "job",
        "job": first,
        "mode": "rows",
        "columns": [{"payload": "late", "name": "out", "relation": None}],
        "input": {"path": "-", "format": "arrow"},
        "inBody": True,
        "split": {"kind": "whole"},
        "inlineCode": True,
        "reads": ["value"],
        "batchSize": 100,
    }
    return streaming.Opener().opened(header, memoryview(body.getvalue()))


def late(values):
    return values.cast(pa.int32()) if values[0].as_py() >= 250 else values


def payload(expression):
    return {"late": expression.to_bytes()}


def test_rows_are_neither_lost_nor_doubled_where_the_engine_bears_it(watch, capfd):
    payloads = payload(udf(late, [INT], INT, "immutable", "late")(col("value")).cast(pa.string()))
    for first, last in ((0, 200), (0, 500), (300, 450)):
        answers = Answers()
        evaluate.run(answers, *job(first, last), payloads, watch)
        assert answers.values() == [str(value) for value in range(first, last)]
        assert answers.kinds.count("schema") == 1
        assert (answers.done["rows"], answers.done["read"]["rows"]) == (last - first, last - first)
    assert evaluate.doubted  # it was such a plan
    told = 'dfx: the scalar UDF "late": the UDF returned int32, declared int64; DataFusion took it\n'
    assert capfd.readouterr().err == told


def test_where_it_does_not_the_rows_are_told(watch):
    payloads = payload(udf(late, [INT], INT, "immutable", "late")(col("value")))
    with pytest.raises(evaluate.Failed) as caught:
        evaluate.run(Answers(), *job(0, 500), payloads, watch)
    fields = caught.value.fields
    assert (fields["code"], fields["message"]) == ("UDF_RAISED", "the UDF returned int32, declared int64")
    assert (fields["udf"], fields["rows"]) == ({"name": "late", "family": "scalar"}, {"first": 301, "last": 400})


def plan(header):
    common = {name: header[name] for name in ("mode", "columns", "input", "inlineCode", "reads", "batchSize")}
    return common, memoryview(pa.schema([("value", INT)]).serialize())


def test_a_plan_that_is_made_ahead_is_the_jobs_own(watch, monkeypatch):
    payloads = payload(udf(lambda values: pc.add(values, 1), [INT], INT, "immutable", "next")(col("value")))
    opened = []
    loads = cloudpickle.loads
    monkeypatch.setattr(cloudpickle, "loads", lambda *args: opened.append(1) or loads(*args))
    first, brought = job(0, 100)
    evaluate.plan_ahead(*plan(first), payloads, watch)
    assert len(opened) == 1
    answers = Answers()
    evaluate.run(answers, first, brought, payloads, watch)
    assert answers.values() == list(range(1, 101))
    assert len(opened) == 1


def test_what_keeps_a_plan_from_being_made_is_told_with_the_job(watch):
    first, brought = job(0, 100)
    evaluate.plan_ahead(*plan(first), {"late": b"\xff\xff"}, watch)
    with pytest.raises(evaluate.Failed) as caught:
        evaluate.run(Answers(), first, brought, {"late": b"\xff\xff"}, watch)
    assert "decod" in caught.value.fields["message"]
    # what may open no frame opens none ahead of time, either
    payloads = payload(udf(late, [INT], INT, "immutable", "late")(col("value")))
    closed = {**first, "inlineCode": False}
    evaluate.plan_ahead(*plan(closed), payloads, watch)
    with pytest.raises(evaluate.Failed):
        evaluate.run(Answers(), closed, brought, payloads, watch)


def test_kept_columns_are_planned_as_the_engine_plans_them(watch):
    fields = [
        pa.field("value", INT, nullable=False),
        pa.field("told", pa.float64(), nullable=False, metadata={"unit": "s"}),
        pa.field("nested", pa.list_(pa.field("one", pa.int8(), nullable=False)), metadata={"a": "b"}),
        pa.field("codes", pa.dictionary(pa.int8(), pa.string())),
        pa.field("at", pa.timestamp("us", "Europe/Berlin")),
        pa.field("view", pa.string_view()),
    ]
    schema = pa.schema(fields, metadata={"of": "all"})
    first, _ = job(0, 100)
    first["keep"] = schema.names
    payloads = payload(udf(late, [INT], INT, "immutable", "late")(col("value")))
    watch.inline_code = True
    plan = evaluate.plan_of(first, streaming.Brought(b"", streaming.key_of(first), schema, [], True), payloads, watch)
    assert isinstance(plan, direct.Direct)
    ctx = evaluate.session(first, watch)
    decoder = ctx.with_python_udf_inlining(enabled=True)
    frame = ctx.create_dataframe([[]], schema=schema)
    whole = evaluate.planned_frame(first, frame, [evaluate.decode(decoder, payloads, "late", watch)], None).schema()
    asked = evaluate.named(whole, first)
    assert plan.head.schema.equals(asked, check_metadata=True)
    assert [field.metadata for field in plan.head.schema] == [field.metadata for field in asked]
