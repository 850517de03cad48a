"""The UDFs that a user's own module registers, for payloads that carry them by name (docs/run.md, "--register").

The module is loaded once a worker, before any payload. Its `register(ctx)` gets a session that takes note of what is registered;
the session of each job gets the same, as datafusion-python's worker context would have it.
"""

import functools
import importlib.util
import inspect
import sys
import traceback

import datafusion.user_defined
import pyarrow as pa
from datafusion import SessionContext

from dfx_worker import siblings, telling, udfs

NOTED = ("register_udf", "register_udaf", "register_udwf", "register_udtf")


class Unusable(Exception):
    """The module can't be loaded, or registers nothing. `fields` go into the `failed` message."""

    def __init__(self, message, error=None):
        super().__init__(message)
        self.fields = {"code": "REGISTER", "message": message}
        if error is not None:
            message = telling.text_of(error)
            self.fields["exception"] = {"type": telling.kind_of(error), "message": message, "traceback": account(error)}


def noting_session():
    """A session, and the list of what is registered in it from now on."""
    session = SessionContext()
    noted = []

    def noting(name, register):
        def note(*args, **kwargs):
            register(*args, **kwargs)
            noted.append((name, args, kwargs))

        return functools.update_wrapper(note, register)

    for name in NOTED:
        setattr(session, name, noting(name, getattr(session, name)))
    return session, noted


class Registered:
    """What the module of a run registers."""

    def __init__(self):
        self._path = None
        self._noted = ()

    def into(self, session, path, watch):
        """Registers in `session` what the module at `path` does. `watch` keeps what its UDFs raise."""
        if path != self._path:
            self._noted = load(path, watch)
            self._path = path
        for name, args, kwargs in self._noted:
            getattr(session, name)(*args, **kwargs)


class Watching:
    """While the module is loaded, UDFs are made of watched functions: what registers them by name can't be unwrapped later."""

    FAMILIES = (("ScalarUDF", udfs.SCALAR), ("AggregateUDF", udfs.AGGREGATE), ("WindowUDF", udfs.WINDOW))

    def __init__(self, watch):
        self._watch = watch
        self._own = []

    def __enter__(self):
        for name, family in self.FAMILIES:
            kind = getattr(datafusion.user_defined, name)
            self._own.append((kind, kind.__init__))
            kind.__init__ = self._watched(kind.__init__, family)

    def __exit__(self, *_):
        for kind, init in self._own:
            kind.__init__ = init

    def _watched(self, init, family):
        signature = inspect.signature(init)
        # self, name, function, types of the arguments, type of the result, types of the state where it has one
        function, takes, returns, states = (*list(signature.parameters)[2:5], "state_type")

        def watched(*args, **kwargs):
            given = signature.bind(*args, **kwargs)
            own = given.arguments.get(function)
            # A capsule of another library isn't called, and has no types.
            if callable(own) and given.arguments.get(returns) is not None:
                inputs = given.arguments.get(takes)
                given.arguments[function] = udfs.WatchedCallable(
                    self._watch,
                    str(given.arguments["name"]),
                    family,
                    own,
                    plain(given.arguments[returns]),
                    types(given.arguments.get(states)),
                    len(inputs) if isinstance(inputs, (list, tuple)) else 1,
                )
            return init(*given.args, **given.kwargs)

        return watched


def plain(kind):
    """The type that a field or a type stands for, None where it is neither."""
    kind = kind.type if isinstance(kind, pa.Field) else kind
    return kind if isinstance(kind, pa.DataType) else None


def types(kinds):
    found = [plain(kind) for kind in kinds] if isinstance(kinds, (list, tuple)) else [None]
    return None if None in found else found


def load(path, watch):
    session, noted = noting_session()
    try:
        spec = importlib.util.spec_from_file_location("dfx_register", path)
        if spec is None:
            raise Unusable(f"{path} is no Python file: its name must end in .py")
        module = importlib.util.module_from_spec(spec)
        # Classes and pickles of its own find it by its name.
        sys.modules[spec.name] = module
        siblings.install(path)
        with Watching(watch):
            spec.loader.exec_module(module)
            register = getattr(module, "register", None)
            if not callable(register):
                raise Unusable(f"{path} has no function register(ctx)")
            register(session)
    except Unusable:
        raise
    except BaseException as error:
        raise Unusable(f"{place(path, error)}: {telling.told(error, first_line(error))}", error) from None
    return noted


def place(path, error):
    """Where in the user's module it failed: the innermost of its lines."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return f"{path} line {error.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    return f"{path} line {lines[-1]}" if lines else path


def account(error):
    """The traceback from the user's module on."""
    step = error.__traceback__
    while step is not None and step.tb_frame.f_code.co_filename in (__file__, importlib.util.__file__, "<frozen importlib._bootstrap_external>", "<frozen importlib._bootstrap>"):
        step = step.tb_next
    return telling.traceback_of(error, step)


def first_line(error):
    return (telling.text_of(error).strip().splitlines() or [""])[0]
