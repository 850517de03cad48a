"""The UDFs that a user's own module registers, for payloads that carry them by name (docs/run.md, "--register").

The module is loaded once a worker, before any payload. Its `register(ctx)` gets a session that takes note of what is registered;
the session of each job gets the same, as datafusion-python's worker context would have it.
"""

import importlib.util
import sys
import traceback

from datafusion import SessionContext

NOTED = ("register_udf", "register_udaf", "register_udwf", "register_udtf")


class Unusable(Exception):
    """The module can't be loaded, or registers nothing. `fields` go into the `failed` message."""

    def __init__(self, message, error=None):
        super().__init__(message)
        self.fields = {"code": "REGISTER", "message": message}
        if error is not None:
            kind = type(error).__name__
            self.fields["exception"] = {"type": kind, "message": str(error), "traceback": account(error)}


class Noting(SessionContext):
    """A session that remembers what was registered in it."""

    def __init__(self):
        super().__init__()
        self.noted = []

    def __getattribute__(self, name):
        value = super().__getattribute__(name)
        if name not in NOTED:
            return value

        def noting(*args, **kwargs):
            self.noted.append((name, args, kwargs))
            return value(*args, **kwargs)

        return noting


class Registered:
    """What the module of a run registers."""

    def __init__(self):
        self._path = None
        self._noted = ()

    def into(self, session, path):
        """Registers in `session` what the module at `path` does."""
        if path != self._path:
            self._noted = load(path)
            self._path = path
        for name, args, kwargs in self._noted:
            getattr(session, name)(*args, **kwargs)


def load(path):
    noting = Noting()
    try:
        spec = importlib.util.spec_from_file_location("dfx_register", path)
        if spec is None:
            raise Unusable(f"{path} is no Python file: its name must end in .py")
        module = importlib.util.module_from_spec(spec)
        # Classes and pickles of its own find it by its name.
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        register = getattr(module, "register", None)
        if not callable(register):
            raise Unusable(f"{path} has no function register(ctx)")
        register(noting)
    except Unusable:
        raise
    except BaseException as error:
        raise Unusable(f"{place(path, error)}: {type(error).__name__}: {first_line(error)}", error) from None
    return noting.noted


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
    return "".join(traceback.format_exception(type(error), error, step))


def first_line(error):
    return (str(error).splitlines() or [""])[0]
