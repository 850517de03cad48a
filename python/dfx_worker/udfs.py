"""Keeps what a payload's Python UDFs raise, and what they return that they didn't declare.

The engine turns an exception of a UDF into text, and for accumulators and window evaluators the traceback is lost on the
way. datafusion-python unpickles the body of an inline frame with `cloudpickle.loads`; while a worker runs, that function
hands out the same tuple with the callable wrapped. The wrapper forwards every call and keeps the first exception.
"""

import os
import pickletools
import traceback

import pyarrow as pa

from dfx_worker import returned, telling

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
    """An exception of a UDF, or a result that the engine gave up over: whose it was, and how Python prints it."""

    def __init__(self, name, family, error, method=None, rows=None, place=None):
        self.name = name
        self.family = family
        # Of an accumulator or evaluator.
        self.method = method
        # (rows of the calls before, rows of this one, which of them it was or None), None where it had none.
        self.rows = None if rows is None else (*rows, row_of(error))
        self.module = telling.missing_module(error)
        self.type = telling.kind_of(error)
        self.message = telling.text_of(error)
        # Whether the UDF did return, but not what it had declared.
        self.returned = False
        # The outermost frame is the wrapper's own.
        steps = telling.steps_of(error)
        inner = None if steps is None else steps.tb_next
        self.traceback = telling.traceback_of(error, inner)
        self.place = telling.asked(lambda: place_of(inner)) or place


def place_of(steps):
    """The innermost line of the user's own: neither of a package nor of Python's library. None where there is none."""
    own = [step for step in traceback.extract_tb(steps) if not returned.is_library(step.filename)]
    return f"{os.path.basename(own[-1].filename)} line {own[-1].lineno}" if own else None


def row_of(error):
    """The row of the call that the wrapper of a per-row UDF was at (src/expr/json/row-wrapper.ts)."""
    row = telling.asked(lambda: error.dfx_row)
    return row if type(row) is int else None


class Doubt(Exception):
    """Stops a plan whose panics would end the process, before the engine sees a result that it may panic over."""


# The one of this process.
installed = None


class Watch:
    """Remembers the first exception since `clear()`, the first result that doesn't fit, and what could not be unpickled."""

    def __init__(self):
        # Whether the engine reads results at a place where it can't panic without ending the process (C streams).
        self.fragile = False
        # Whether the job at hand may open inline frames: none may before a job says so.
        self.inline_code = False
        self.clear()

    def clear(self, job=None):
        """Before a job, and before it is evaluated anew."""
        self.raised = None
        self.unpickling = None
        self.unpickled = None
        # The job at hand, and the call at hand as (name, (start, end)).
        self.job = job
        self.called = None
        # The function that was called last, wrapped.
        self.last = None
        # Results that don't fit, as they would be told: the first of another type, and those of another length by the UDF's name.
        self.mistyped = None
        self.misshapen = {}
        self.doubted = False
        # What the frames of the job's payloads held, the callables wrapped.
        self.udfs = []
        # Calls are counted from here.
        self.turn = object()

    def keep(self, name, family, error, method=None, rows=None):
        if self.raised is None:
            self.raised = Raised(name, family, error, method, rows)

    def misshapen_by(self, name, expected, got):
        """A result of the wrong length that the engine speaks of; None where the UDF isn't a watched one."""
        if name in self.misshapen:
            return self.misshapen[name]
        # One without arguments isn't told how many rows it is called for.
        last = self.last
        return None if last is None or last.name != name else last.of_length(int(got), int(expected))

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
        states = returned.declared_types(value[4]) if family == AGGREGATE else None
        returns = (returned.declared_types(value[3]) or [None])[0]
        takes = returned.declared_types(value[2])
        wrapped = (value[0], WatchedCallable(self, str(value[0]), family, value[1], returns, states, takes), *value[2:])
        self.udfs.append(wrapped)
        return wrapped


def first_text(data):
    """The name of a UDF whose pickle can't be loaded: its tuple begins with it."""
    try:
        return next(value for _, value, _ in pickletools.genops(bytes(data)) if isinstance(value, str))
    except (StopIteration, ValueError):
        return None


class Watched:
    """What a wrapper of a UDF's function and one of its objects have in common."""

    def _refuse(self, error, method=None, rows=None):
        """What the engine would refuse, in Rust's terms or by a panic."""
        # Where the wrapper found it says nothing to the user.
        error = error.with_traceback(None)
        if self._watch.raised is None:
            self._watch.raised = self._noted(error, method, rows)
        raise error

    def _note_type(self, text, method=None, rows=None):
        watch = self._watch
        if watch.mistyped is None:
            watch.mistyped = self._noted(TypeError(text), method, rows)
        if watch.fragile:
            watch.doubted = True
            raise Doubt(text)

    def _noted(self, error, method, rows):
        noted = Raised(self._name, self._family, error, method, rows, self._place(method))
        noted.returned = True
        return noted


class WatchedCallable(Watched):
    """A UDF's function, or the factory of its accumulators or evaluators.

    `returns`, `states` and `takes` (the arguments): the declared types, None where nobody knows.
    """

    def __init__(self, watch, name, family, function, returns=None, states=None, takes=None):
        self._watch = watch
        self._name = name
        self._family = family
        self._function = function
        self.returns = returns
        self._states = states
        self.takes = takes
        self._turn = None
        self._seen = 0

    def __call__(self, *args):
        watch = self._watch
        if self._turn is not watch.turn:
            self._turn, self._seen = watch.turn, 0
        start, length = self._seen, len(args[0]) if args else 0
        rows = (start, length) if args else None
        watch.called = (self._name, (start, start + length))
        watch.last = self
        try:
            value = self._function(*args)
        except BaseException as error:
            watch.keep(self._name, self._family, error, rows=rows)
            raise
        if self._family == AGGREGATE:
            return WatchedObject(watch, self._name, AGGREGATE, value, self.returns, self._states)
        if self._family == WINDOW or (not args and (self.takes or hasattr(value, "evaluate_all"))):
            return WatchedObject(watch, self._name, WINDOW, value, self.returns)
        try:
            value = returned.as_array(value, self.returns)
        except TypeError as error:
            self._refuse(error, rows=rows)
        if isinstance(value, pa.Array):
            # Of literals alone the engine takes one value for all rows.
            if args and len(value) != length:
                watch.misshapen.setdefault(self._name, self.of_length(len(value), length, rows))
            if self.returns is not None and not returned.same_type(value.type, self.returns):
                self._note_type(f"the UDF returned {value.type}, declared {self.returns}", rows=rows)
        self._seen += length
        return value

    @property
    def name(self):
        return self._name

    def of_length(self, length, expected, rows=None):
        return self._noted(ValueError(f"the UDF returned {returned.count(length, 'value')}, expected {expected}"), None, rows)

    def _place(self, method=None):
        return returned.place_of_function(self._function)

    # The engine compares callables to see whether two UDFs of one name are the same.
    def __eq__(self, other):
        return self._function == (other._function if isinstance(other, WatchedCallable) else other)

    def __hash__(self):
        return hash(self._function)


class WatchedObject(Watched):
    """An accumulator or a window evaluator: each method call is forwarded and watched."""

    def __init__(self, watch, name, family, target, returns=None, states=None):
        self._watch = watch
        self._name = name
        self._family = family
        self._target = target
        self._returns = returns
        self._states = states
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
            check = CHECKS.get(attribute)
            return result if check is None else check(self, result, attribute, args)

        return call

    def _place(self, method=None):
        return returned.place_of_function(getattr(self._target, method, None))

    def _check_value(self, value, method, _args):
        if self._returns is None:
            return value
        try:
            found = returned.type_of_scalar(value, f"{method}()", self._returns)
        except TypeError as error:
            self._refuse(error, method)
        if found is not None and found != self._returns:
            self._note_type(f"{method}() returned {found}, declared {self._returns}", method)
        return value

    def _check_states(self, values, method, _args):
        try:
            values = returned.as_states(values, self._states)
            wrong = returned.wrong_states(values, self._states)
        except TypeError as error:
            self._refuse(error, method)
        if wrong is not None:
            self._note_type(wrong, method)
        return values

    def _check_column(self, value, method, args):
        """The values of a whole partition. Too few in one and too many in another would give rows the values of others."""
        expected = next((each for each in args if isinstance(each, int)), None)
        try:
            value = returned.as_array(value, self._returns, f"{method}()")
            if isinstance(value, pa.Array) and expected is not None and len(value) != expected:
                raise ValueError(f"{method}() returned {returned.count(len(value), 'value')}, expected {expected}")
        except (TypeError, ValueError) as error:
            self._refuse(error, method)
        if isinstance(value, pa.Array) and self._returns is not None and not returned.same_type(value.type, self._returns):
            self._note_type(f"{method}() returned {value.type}, declared {self._returns}", method)
        return value


CHECKS = {
    "evaluate": WatchedObject._check_value,
    "state": WatchedObject._check_states,
    "evaluate_all": WatchedObject._check_column,
    "evaluate_all_with_rank": WatchedObject._check_column,
}
