"""What the watch keeps of UDFs that raise, through the real engine's own decoder."""

import functools

import cloudpickle
import pyarrow as pa
import pytest
from datafusion import Expr, SessionContext, col, lit, udaf, udf, udwf
from datafusion.expr import Window
from datafusion.user_defined import Accumulator, WindowEvaluator
from dfx_worker import returned
from dfx_worker.failures import blame, running_failure
from dfx_worker.udfs import Watch

INT = pa.int64()


@pytest.fixture
def watch(monkeypatch):
    monkeypatch.setattr(cloudpickle, "loads", cloudpickle.loads)
    watch = Watch()
    watch.install(cloudpickle)
    watch.inline_code = True
    return watch


@pytest.fixture
def frame():
    return SessionContext().from_pydict({"value": [1, 2, 3]})


def sent(expression):
    return Expr.from_bytes(expression.to_bytes())


def fails(values):
    raise ValueError("no")


class FailingSum(Accumulator):
    def update(self, values):
        raise KeyError("update")

    def merge(self, states):
        pass

    def state(self):
        return [pa.scalar(0, INT)]

    def evaluate(self):
        return pa.scalar(0, INT)


class FailingWindow(WindowEvaluator):
    def evaluate_all(self, values, num_rows):
        raise RuntimeError("window")


def test_no_frame_is_opened_before_a_job_allows_it(watch):
    watch.inline_code = False
    with pytest.raises(RuntimeError, match="this job opens no inline UDF"):
        sent(udf(lambda values: values, [INT], INT, "immutable", "same")(col("value")))


def test_a_scalar_udf_computes_what_it_did(watch, frame):
    expression = sent(udf(lambda values: values, [INT], INT, "immutable", "same")(col("value")))
    assert frame.select(expression.alias("out")).to_pydict() == {"out": [1, 2, 3]}
    assert watch.raised is None


@pytest.mark.parametrize(
    ("expression", "name", "family", "kind"),
    [
        (udf(fails, [INT], INT, "immutable", "f")(col("value")), "f", "scalar", "ValueError"),
        (udwf(FailingWindow, [INT], INT, "immutable", "w")(col("value")).over(Window()), "w", "window", "RuntimeError"),
    ],
)
def test_the_first_exception_is_kept(watch, frame, expression, name, family, kind):
    with pytest.raises(Exception, match="."):
        frame.select(sent(expression)).collect()
    assert (watch.raised.name, watch.raised.family, watch.raised.type) == (name, family, kind)
    assert watch.raised.traceback.startswith("Traceback (most recent call last):\n")
    assert "dfx_worker" not in watch.raised.traceback


def test_an_accumulator_is_watched(watch, frame):
    expression = sent(udaf(FailingSum, [INT], INT, [INT], "immutable", "a")(col("value")))
    with pytest.raises(Exception, match="update"):
        frame.aggregate([], [expression]).collect()
    assert (watch.raised.name, watch.raised.family, watch.raised.message) == ("a", "aggregate", "'update'")


def test_a_result_that_is_no_array_is_the_udfs_error(watch, frame):
    expression = sent(udf(lambda values: [1], [INT], INT, "immutable", "l")(col("value")))
    with pytest.raises(Exception, match="."):
        frame.select(expression).collect()
    assert watch.raised.message == "the UDF returned builtins.list, expected a pyarrow.Array of int64"


def test_a_result_of_another_type_is_noted_and_left_to_the_engine(watch, frame):
    text = udf(lambda values: values.cast(pa.string()), [INT], INT, "immutable", "t")(col("value"))
    assert frame.select(sent(text.is_null()).alias("out")).to_pydict() == {"out": [False, False, False]}
    assert watch.raised is None
    assert (watch.mistyped.name, watch.mistyped.message) == ("t", "the UDF returned string, declared int64")
    assert watch.mistyped.rows == (0, 3, None)
    watch.clear()
    assert watch.mistyped is None


def test_where_a_panic_would_end_the_process_the_engine_sees_no_result_of_another_type(watch, frame):
    watch.fragile = True
    text = udf(lambda values: values.cast(pa.string()), [INT], INT, "immutable", "t")(col("value"))
    with pytest.raises(Exception, match="Doubt"):
        frame.select(sent(text.is_null())).collect()
    assert watch.doubted


def test_one_value_for_literals_is_the_engines_business(watch, frame):
    one = udf(lambda values: values[:1], [INT], INT, "volatile", "one")
    assert frame.select(sent(one(lit(5))).alias("out")).to_pydict() == {"out": [5, 5, 5]}
    assert watch.raised is None
    with pytest.raises(Exception, match="different number of rows") as caught:
        frame.select(sent(one(col("value")))).collect()
    blame(caught.value, watch)
    assert watch.raised.message == "the UDF returned 1 value, expected 3"


def test_an_error_about_values_is_not_blamed_on_a_type(watch, frame):
    text = udf(lambda values: values.cast(pa.int32()), [INT], INT, "immutable", "t")(col("value"))
    expression = sent(text.cast(pa.string()).cast(INT) / (col("value") - col("value")))
    with pytest.raises(Exception, match="Divide by zero") as caught:
        frame.select(expression).collect()
    assert watch.mistyped is not None
    assert running_failure(caught.value, watch) == {"code": "EXECUTION", "message": "Divide by zero error"}


def test_an_iterator_of_states_is_read_once():
    assert returned.as_states(iter([1, 2]), None) == [1, 2]
    assert returned.wrong_states([pa.scalar(1, INT), 2], [INT, INT]) is None
    assert returned.wrong_states([1], [INT, INT]) == "state() returned 1 value, declared 2"
    assert returned.wrong_states([1.5], [INT]) == "state() returned double, declared int64"
    with pytest.raises(TypeError, match=r"^state\(\) returned builtins.int, expected a list of 1 scalar$"):
        returned.as_states(7, [INT])


def test_the_place_of_a_function_is_the_users_own():
    assert returned.place_of_function(fails) == f"test_udfs.py line {fails.__code__.co_firstlineno}"
    assert returned.place_of_function(functools.partial(fails)) == returned.place_of_function(fails)
    assert returned.place_of_function(FailingSum().update).startswith("test_udfs.py line ")
    assert returned.place_of_function(pa.array) is None
    assert returned.place_of_function(cloudpickle.dumps) is None


def test_the_same_udf_twice_is_one_to_the_engine(watch):
    same = udf(fails, [INT], INT, "immutable", "f")(col("value"))
    first, second = sent(same), sent(same)
    assert first.canonical_name() == second.canonical_name()


def test_what_cannot_be_unpickled_is_kept(watch):
    with pytest.raises(Exception, match="."):
        cloudpickle.loads(b"\x80\x05cno_such_module\nname\n.")
    assert isinstance(watch.unpickling, ModuleNotFoundError)
    watch.clear()
    assert watch.unpickling is None
