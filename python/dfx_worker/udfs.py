"""Keeps what a payload's Python UDFs raise.

The engine turns an exception of a UDF into text, and for accumulators and window evaluators the traceback is lost on the
way. datafusion-python unpickles the body of an inline frame with `cloudpickle.loads`; while a worker runs, that function
hands out the same tuple with the callable wrapped. The wrapper forwards every call and keeps the first exception.
"""

import os
import pickletools
import sys
import traceback

import pyarrow as pa

SCALAR, AGGREGATE, WINDOW = "scalar", "aggregate", "window"

# What the engine asks an object for without minding an exception (codec of datafusion-python 54 and 55): these are
# questions with a default answer, and what they raise isn't the cause of a failure.
PROBES = frozenset(
    (
        "supports_retract_batch",
        "is_causal",
        "supports_bounded_execution",
        "uses_window_frame",
        "include_rank",
    )
)


class Raised:
    """An exception of a UDF: whose it was, and how Python prints it."""

    def __init__(self, name, family, error, method=None, rows=None):
        self.name = name
        self.family = family
        # Of an accumulator or evaluator.
        self.method = method
        # (rows of the calls before, rows of this one, which of them it was or None), None where it had none.
        self.rows = None if rows is None else (*rows, row_of(error))
        self.module = error.name if isinstance(error, ModuleNotFoundError) else None
        self.type = type(error).__name__
        self.message = str(error)
        # The outermost frame is the wrapper's own.
        inner = error.__traceback__.tb_next if error.__traceback__ is not None else None
        self.traceback = "".join(traceback.format_exception(type(error), error, inner))
        self.place = place_of(inner)


def place_of(steps):
    """The innermost line of the user's own: neither of a package nor of Python's library. None where there is none."""
    own = [step for step in traceback.extract_tb(steps) if not is_library(step.filename)]
    return f"{os.path.basename(own[-1].filename)} line {own[-1].lineno}" if own else None


def is_library(path):
    return path.startswith(("<frozen", LIBRARY)) or "site-packages" in path or os.path.dirname(path) == HERE


HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY = os.path.dirname(os.path.abspath(os.__file__))


def row_of(error):
    """The row of the call that the wrapper of a per-row UDF was at (src/expr/json/row-wrapper.ts)."""
    row = getattr(error, "dfx_row", None)
    return row if isinstance(row, int) else None


# The one of this process.
installed = None


class Watch:
    """Remembers the first exception since `clear()`, and what could not be unpickled."""

    def __init__(self):
        self.raised = None
        self.unpickling = None
        self.unpickled = None
        # The job at hand, the call at hand as (name, (start, end)), and a result whose type isn't the declared one.
        self.job = None
        self.called = None
        self.mismatch = None
        # What the frames of the job's payloads held, the callables wrapped.
        self.udfs = []
        # Whether the job at hand may open inline frames: none may before a job says so.
        self.inline_code = False

    def clear(self, job=None):
        self.raised = None
        self.unpickling = None
        self.unpickled = None
        self.job = job
        self.called = None
        self.mismatch = None
        self.udfs = []

    def keep(self, name, family, error, method=None, rows=None):
        if self.raised is None:
            self.raised = Raised(name, family, error, method, rows)

    def install(self, cloudpickle):
        """Wraps `cloudpickle.loads` for the life of the process."""
        global installed
        installed = self
        loads = cloudpickle.loads

        def watched_loads(data, *args, **kwargs):
            if not self.inline_code:
                raise PermissionError("this job opens no inline UDF")
            try:
                value = loads(data, *args, **kwargs)
            except BaseException as error:
                self.unpickling = error
                self.unpickled = first_text(data)
                raise
            return self._wrapped(value)

        cloudpickle.loads = watched_loads

    def _wrapped(self, value):
        # Aggregates travel as six members, scalar and window UDFs as five. Those two look alike until they are called: a
        # window's factory takes no argument and makes an evaluator.
        if not isinstance(value, tuple) or len(value) not in (5, 6) or not callable(value[1]):
            return value
        family = AGGREGATE if len(value) == 6 else SCALAR
        returns = declared_type(value[3])
        wrapped = (value[0], WatchedCallable(self, str(value[0]), family, value[1], returns), *value[2:])
        self.udfs.append(wrapped)
        return wrapped


def first_text(data):
    """The name of a UDF whose pickle can't be loaded: its tuple begins with it."""
    try:
        return next(value for _, value, _ in pickletools.genops(bytes(data)) if isinstance(value, str))
    except (StopIteration, ValueError):
        return None


def declared_type(schema):
    """The type of the one field of a return schema, None where the bytes aren't one."""
    try:
        return pa.ipc.read_schema(pa.py_buffer(schema)).field(0).type
    except (pa.ArrowException, TypeError, IndexError):
        return None


class WatchedCallable:
    """A UDF's function, or the factory of its accumulators or evaluators."""

    def __init__(self, watch, name, family, function, returns):
        self._watch = watch
        self._name = name
        self._family = family
        self._function = function
        self._returns = returns
        self._job = None
        self._seen = 0

    def __call__(self, *args):
        watch = self._watch
        if self._job is not watch.job:
            self._job, self._seen = watch.job, 0
        start, length = self._seen, len(args[0]) if args else 0
        watch.called = (self._name, (start, start + length))
        try:
            value = self._function(*args)
            if self._family == AGGREGATE:
                return WatchedObject(self._watch, self._name, AGGREGATE, value, self._returns)
            if not args and hasattr(value, "evaluate_all"):
                return WatchedObject(self._watch, self._name, WINDOW, value)
            # The engine takes what exports one Arrow array, and words its refusal in Rust's terms.
            if not hasattr(value, "__arrow_c_array__"):
                raise TypeError(f"the UDF returned {describe(value)}, expected a pyarrow.Array")
            # Of one row the engine may take the arguments for literals, and the result for all rows.
            if length > 1 and isinstance(value, pa.Array) and len(value) != length:
                raise ValueError(f"the UDF returned {count(len(value), 'value')}, expected {length}")
            self._compare_type(value)
            self._seen += length
            return value
        except BaseException as error:
            watch.keep(self._name, self._family, error, rows=(start, length) if args else None)
            raise

    def _compare_type(self, value):
        """Says once that a result isn't of the declared type. Some expressions bear it; with others the engine aborts."""
        if self._returns is None or not isinstance(value, pa.Array) or value.type == self._returns:
            return
        text = f"the {self._family} UDF {self._name} returned {value.type}, declared {self._returns}"
        self._watch.mismatch = (self._name, self._family, text)
        print(f"dfx: {text}", file=sys.stderr, flush=True)
        self._returns = None

    # The engine compares callables to see whether two UDFs of one name are the same.
    def __eq__(self, other):
        return self._function == (other._function if isinstance(other, WatchedCallable) else other)

    def __hash__(self):
        return hash(self._function)


def count(number, word):
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def describe(value):
    return "None" if value is None else f"{type(value).__module__}.{type(value).__qualname__}"


class WatchedObject:
    """An accumulator or a window evaluator: each method call is forwarded and watched."""

    def __init__(self, watch, name, family, target, returns=None):
        self._returns = returns
        self._watch = watch
        self._name = name
        self._family = family
        self._target = target
        self._seen = 0

    def __getattr__(self, attribute):
        watch, name, family = self._watch, self._name, self._family
        try:
            value = getattr(self._target, attribute)
        except BaseException as error:
            if attribute not in PROBES:
                watch.keep(name, family, error, attribute)
            raise
        if not callable(value):
            return value

        def call(*args):
            rows = None
            if attribute == "update" and args:
                rows = (self._seen, len(args[0]))
                self._seen += rows[1]
                watch.called = (name, (rows[0], self._seen))
            try:
                result = value(*args)
            except BaseException as error:
                if attribute not in PROBES:
                    watch.keep(name, family, error, attribute, rows)
                raise
            declared = self._returns if attribute == "evaluate" else None
            if declared is not None and isinstance(result, pa.Scalar) and result.type != declared:
                text = f"evaluate() of the {family} UDF {name} returned {result.type}, declared {declared}"
                watch.mismatch = (name, family, text)
            return result

        return call
