from dfx_worker.failures import decoding_failure, one_line, running_failure
from dfx_worker.udfs import Watch


def test_prefixes_line_ends_and_the_request_for_a_report_go():
    text = (
        "DataFusion error: Internal error: UDF short returned a different number of rows than expected. Expected: 12, Got: 2.\n"
        "This issue was likely caused by a bug in DataFusion's code. Please help us to resolve this by filing a bug report"
    )
    assert one_line(Exception(text)) == (
        "Internal error: UDF short returned a different number of rows than expected. Expected: 12, Got: 2."
    )
    assert one_line(Exception("DataFusion error: Arrow error: Divide by zero error")) == "Divide by zero error"


def test_a_udf_by_name_is_told_from_other_refusals():
    message = 'Unable to decode expr: DataFusion error: NotImplemented("LogicalExtensionCodec is not provided for scalar function f g")'
    failure = decoding_failure(RuntimeError(message), Watch())
    assert failure["code"] == "UDF_NOT_REGISTERED"
    assert failure["udf"] == {"name": "f g", "family": "scalar"}
    assert decoding_failure(RuntimeError("Unable to decode"), Watch())["code"] == "EXECUTION"


def test_a_missing_module_is_the_environments_fault():
    watch = Watch()
    watch.unpickling = ModuleNotFoundError("No module named 'm'", name="m")
    assert decoding_failure(RuntimeError("x"), watch) == {
        "code": "ENVIRONMENT",
        "message": "the payload's UDF needs the Python module m",
        "module": "m",
    }


def test_a_bad_row_is_the_inputs_fault():
    error = Exception("DataFusion error: Arrow error: Parser error: Error while parsing value 'x' as type 'Int64' for column 0 at line 5.")
    assert running_failure(error, Watch())["code"] == "INPUT_ROW"


class Untold(Exception):
    """Fails wherever it is asked."""

    def __str__(self):
        raise SystemExit("not told")

    __repr__ = __str__

    def __getattr__(self, name):
        raise RuntimeError(name)

    @property
    def __traceback__(self):
        raise RuntimeError("no traceback")


class Feigned(type):
    @property
    def __name__(cls):
        raise RuntimeError("no name")


class Worse(Untold, metaclass=Feigned):
    pass


class Text(str):
    def __format__(self, _):
        return "feigned"

    strip = splitlines = __format__


class Telling(Exception):
    def __str__(self):
        return Text("as it is")


class Missing(ModuleNotFoundError):
    name = property(lambda self: 1 / 0)


def kept(error):
    watch = Watch()
    try:
        raise error
    except BaseException as raised:
        watch.keep("f", "scalar", raised)
    return running_failure(RuntimeError("PyErr {}"), watch)


def test_an_exception_that_fails_when_asked_is_told_by_its_kind():
    for error, kind in ((Untold(), "Untold"), (Worse(), "Worse")):
        failure = kept(error)
        assert (failure["code"], failure["udf"]) == ("UDF_RAISED", {"name": "f", "family": "scalar"})
        assert (failure["exception"]["type"], failure["exception"]["message"]) == (kind, "")
        assert "dfx_worker" not in failure["exception"]["traceback"]
    assert kept(Missing("no m"))["exception"]["message"] == "no m"
    told = kept(Telling())["message"]
    assert (type(told), told) == (str, "as it is")


def test_what_cannot_be_unpickled_is_told_by_its_kind_too():
    watch = Watch()
    for error, what in (
        (Untold(), "Untold"),
        (MemoryError(), "MemoryError"),
        (ValueError("no\nnever"), "ValueError: no never"),
        (Missing("no m"), "Missing: no m"),
    ):
        watch.unpickling = error
        assert decoding_failure(RuntimeError("x"), watch) == {"code": "EXECUTION", "message": f"a UDF can't be unpickled: {what}"}
