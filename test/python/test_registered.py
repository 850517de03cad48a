"""What a user's module registers, by each way in which datafusion-python makes UDFs."""

import sys

import pyarrow as pa
import pytest
from datafusion import Expr, SessionContext, col
from datafusion.user_defined import ScalarUDF
from dfx_worker.registered import Registered, Unusable
from dfx_worker.udfs import Watch

MODULE = """
import pyarrow as pa
from datafusion import SessionContext, udaf, udf, udwf
from datafusion.user_defined import Accumulator, ScalarUDF, WindowEvaluator

INT = pa.int64()


class Sum(Accumulator):
    def __init__(self):
        self.total = 0

    def update(self, values):
        self.total += sum(values.to_pylist())

    def merge(self, states):
        self.total += states[0][0].as_py()

    def state(self):
        return [pa.scalar(self.total, INT)]

    def evaluate(self):
        return pa.scalar(self.total, INT)


class Failing(Sum):
    def update(self, values):
        raise KeyError("update")


class Same(WindowEvaluator):
    def evaluate_all(self, values, num_rows):
        return values[0]


@udf([INT], INT, "immutable", name="decorated")
def decorated(values):
    return values


def fails(values):
    raise ValueError("no")


def register(ctx):
    ctx.register_udf(udf(lambda values: values, [INT], INT, "immutable", "plain"))
    ctx.register_udf(udf(lambda values: values, INT, INT, "immutable", name="one_type"))
    ctx.register_udf(ScalarUDF("by_class", lambda values: values, [pa.field("a", INT)], pa.field("b", INT), "immutable"))
    ctx.register_udf(udf(fails, [INT], INT, "immutable", "fails"))
    ctx.register_udaf(udaf(Sum, [INT], INT, [INT], "immutable", "total"))
    ctx.register_udaf(udaf(Failing, [INT], INT, [INT], "immutable", "failing"))
    ctx.register_udwf(udwf(Same, [INT], INT, "immutable", "same"))
"""


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def ctx(tmp_path, watch):
    path = tmp_path / "functions.py"
    path.write_text(MODULE)
    meta_path, folders = list(sys.meta_path), list(sys.path)
    session = SessionContext()
    Registered().into(session, str(path), watch)
    yield session
    sys.meta_path[:], sys.path[:] = meta_path, folders
    del sys.modules["dfx_register"]


def told(ctx, expression):
    frame = ctx.from_pydict({"value": [1, 2, 3]})
    return frame.select(expression.alias("out")).to_pydict()["out"]


@pytest.mark.parametrize("name", ["plain", "one_type", "by_class"])
def test_functions_compute_what_they_did(ctx, watch, name):
    assert told(ctx, ctx.udf(name)(col("value"))) == [1, 2, 3]
    assert (watch.raised, watch.last.name) == (None, name)


def test_accumulators_and_evaluators_do_too(ctx, watch):
    frame = ctx.from_pydict({"value": [1, 2, 3]})
    assert frame.aggregate([], [ctx.udaf("total")(col("value")).alias("out")]).to_pydict() == {"out": [6]}
    assert told(ctx, ctx.udwf("same")(col("value"))) == [1, 2, 3]
    assert watch.raised is None


def test_what_they_raise_is_kept(ctx, watch):
    with pytest.raises(Exception, match="no"):
        told(ctx, ctx.udf("fails")(col("value")))
    assert (watch.raised.name, watch.raised.family, watch.raised.rows) == ("fails", "scalar", (0, 3, None))
    assert watch.raised.place.startswith("functions.py line ")
    watch.clear()
    with pytest.raises(Exception, match="update"):
        ctx.from_pydict({"value": [1]}).aggregate([], [ctx.udaf("failing")(col("value"))]).collect()
    assert (watch.raised.name, watch.raised.family) == ("failing", "aggregate")


def test_other_udfs_are_left_alone(ctx):
    function = ScalarUDF("later", lambda values: values, [pa.field("a", pa.int64())], pa.field("b", pa.int64()), "immutable")
    strict = SessionContext().with_python_udf_inlining(enabled=False)
    receiver = SessionContext()
    receiver.register_udf(function)
    assert told(receiver, Expr.from_bytes(function(col("value")).to_bytes(strict), receiver)) == [1, 2, 3]
    assert ScalarUDF.__init__.__qualname__ == "ScalarUDF.__init__"


def test_a_module_without_register_is_refused(tmp_path, watch):
    path = tmp_path / "nothing.py"
    path.write_text("")
    with pytest.raises(Unusable, match="has no function register"):
        Registered().into(SessionContext(), str(path), watch)


def refused(path, body):
    path.write_text(body)
    with pytest.raises(Unusable) as failed:
        Registered().into(SessionContext(), str(path), Watch())
    return failed.value.fields


def test_register_gets_a_session(tmp_path):
    path = tmp_path / "functions.py"
    fields = refused(path, "def register(ctx):\n    ctx.nothing()\n")
    words = "'SessionContext' object has no attribute 'nothing'"
    assert fields["message"] == f"{path} line 2: AttributeError: {words}"
    assert fields["exception"]["traceback"].endswith(f"AttributeError: {words}\n")
    kind = "from datafusion import SessionContext\n\ndef register(ctx):\n    assert type(ctx) is SessionContext, type(ctx)\n    {}\n"
    path.write_text(kind.format("ctx.sql('select 1')"))
    Registered().into(SessionContext(), str(path), Watch())


def test_a_wrong_call_of_register_udf_shows_no_frame_of_dfx(tmp_path):
    path = tmp_path / "functions.py"
    fields = refused(path, "def register(ctx):\n    ctx.register_udf(5)\n")
    assert fields["message"].startswith(f"{path} line 2: AttributeError: 'int' object has no attribute ")
    assert "dfx_worker" not in fields["exception"]["traceback"]
    assert "functions.py" in fields["exception"]["traceback"]


def test_an_exception_without_a_message_is_told_by_its_kind(tmp_path):
    path = tmp_path / "functions.py"
    assert refused(path, "def register(ctx):\n    raise MemoryError\n")["message"] == f"{path} line 2: MemoryError"
    untold = "class Untold(Exception):\n    def __str__(self):\n        raise self\n\ndef register(ctx):\n    raise Untold\n"
    assert refused(path, untold)["message"] == f"{path} line 6: Untold"


def test_what_could_not_be_registered_is_none_of_a_jobs_business(tmp_path):
    path = tmp_path / "functions.py"
    path.write_text("def register(ctx):\n    try:\n        ctx.register_udf(5)\n    except AttributeError:\n        pass\n")
    Registered().into(SessionContext(), str(path), Watch())
