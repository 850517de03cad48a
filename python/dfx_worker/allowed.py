"""`--allow-modules` inside of the worker: what the code of a payload may take from where.

Unpickling is held to it by `find_class`, which the bytes of a pickle can't pass by. Imports that the code makes when it runs are
held to it by a wrapper of `__import__`, which is a guard against accidents: code that is written to get around it does.
The parent has looked at the same pickle before (src/run/sandbox/modules.ts), and says which names count as machinery.
"""

import builtins
import io
import pickle
import sys
import types


class ModuleRefused(ImportError):
    """Code of a payload asked for something that isn't listed."""

    def __init__(self, what, module):
        super().__init__(f"it takes {what}, which --allow-modules doesn't list", name=module)
        self.what = what


class Allowed:
    def __init__(self, settings):
        self._listed = tuple(settings["listed"])
        self._machinery = frozenset(settings["machinery"])

    def lists(self, module):
        return any(module == each or module.startswith(each + ".") for each in self._listed)

    def check(self, module, name):
        if f"{module}.{name}" not in self._machinery and not self.lists(module):
            raise ModuleRefused(f"{module}.{name}", module)

    def check_origin(self, found, module):
        """A listed module's own names are meant, not what it imports: `pyarrow` and `os.system` would be `os.system`."""
        if isinstance(found, types.ModuleType):
            origin, name = found.__name__, ""
        else:
            origin, name = getattr(found, "__module__", None), getattr(found, "__qualname__", "")
        # `operator.add` says that it is of `_operator`.
        if isinstance(origin, str) and origin != module and not self.lists(origin.lstrip("_")):
            self.check(origin, name)

    def check_module(self, module):
        if not self.lists(module):
            raise ModuleRefused(module, module)


def restrict(settings):
    """Holds the unpickling of inline UDFs, and what they import, to the list. Comes after dfx's own imports."""
    import cloudpickle

    allowed = Allowed(settings)

    class Unpickler(pickle.Unpickler):
        def find_class(self, module, name):
            allowed.check(module, name)
            found = super().find_class(module, name)
            allowed.check_origin(found, module)
            if module == "cloudpickle.cloudpickle" and name == "subimport":
                return lambda wanted: (allowed.check_module(wanted), found(wanted))[1]
            return found

    cloudpickle.loads = lambda data, **options: Unpickler(io.BytesIO(data), **options).load()
    builtins.__import__ = guarded(builtins.__import__, allowed)


def guarded(load, allowed):
    def guarded_import(name, globals=None, locals=None, fromlist=(), level=0):
        # A call of `__import__` gives no namespace; compiled modules do, and have no frame.
        caller = sys._getframe(1).f_globals if globals is None else globals
        if level == 0 and not is_installed(caller):
            allowed.check_module(name)
        return load(name, globals, locals, fromlist, level)

    return guarded_import


def is_installed(namespace):
    """Whether the import stands in a module of this machine: what allowed modules import is their own matter."""
    module = sys.modules.get(namespace.get("__name__"))
    return module is not None and vars(module) is namespace
