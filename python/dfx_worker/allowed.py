"""`--allow-modules` inside of the worker: what the code of a payload may take from where.

What a pickle names is held to it by `find_class`. Imports that the code makes when it runs are held to it by a wrapper of
`__import__`, which is a guard against accidents: code that is written to get around it does.
The parent has looked at the same pickle before (src/run/sandbox/modules.ts), and says which names count as machinery.
"""

import builtins
import importlib.util
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
        # A kind of text of the payload's own could answer what it likes.
        return type(module) is str and any(module == each or module.startswith(each + ".") for each in self._listed)

    def check(self, module, name):
        # With a dot it would be another name of a module: `cloudpickle` and `cloudpickle.subimport`.
        if ("." in name or f"{module}.{name}" not in self._machinery) and not self.lists(module):
            raise ModuleRefused(f"{module}.{name}" if name else module, module)

    def check_origin(self, found, module):
        """A listed module's own names are meant, not what it imports: `pyarrow` and `os.system` would be `os.system`."""
        origin, name = origin_of(found)
        # `operator.add` says that it is of `_operator`.
        if isinstance(origin, str) and origin != module and not self.lists(origin.lstrip("_")):
            self.check(origin, name)

    def attribute(self, holder, part, module, name):
        """One step of a name with dots. A value in between would give what it holds: `sys.modules.get` any module."""
        if isinstance(holder, types.ModuleType):
            return getattr(holder, part)
        if not isinstance(holder, type):
            raise ModuleRefused(f"an attribute of a value ({module}.{name})", module)
        # Not by getattr: a class has what its metaclass has, too, and what `object` has (`__subclasses__`, `__getattribute__`).
        owner = next((each for each in type.mro(holder) if part in vars(each)), None)
        if owner is None:
            raise AttributeError(f"{holder.__module__}.{holder.__qualname__} has no {part} of its own, which {module}.{name} takes")
        if owner.__module__ != module and not self.lists(owner.__module__.lstrip("_")):
            raise ModuleRefused(f"{owner.__module__}.{owner.__qualname__}.{part}", owner.__module__)
        kept = vars(owner)[part]
        bind = getattr(type(kept), "__get__", None)
        return kept if bind is None else bind(kept, None, holder)

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
            first, *parts = name.split(".")
            found = super().find_class(module, first)
            allowed.check_origin(found, module)
            for part in parts:
                found = allowed.attribute(found, part, module, name)
                allowed.check_origin(found, module)
            if module == "cloudpickle.cloudpickle" and name == "subimport":
                return lambda wanted: (allowed.check_module(wanted), found(wanted))[1]
            if module == "cloudpickle.cloudpickle" and name == "_builtin_type":
                return lambda wanted: only_class(found(wanted), wanted)
            return found

    cloudpickle.loads = lambda data, **options: Unpickler(io.BytesIO(data), **options).load()
    builtins.__import__ = guarded(builtins.__import__, allowed)


def only_class(found, name):
    """`_builtin_type` takes any attribute of the module `types`: its `__builtins__`, too."""
    if not isinstance(found, type):
        raise ModuleRefused(f"types.{name}", "types")
    return found


def origin_of(found):
    """The module that an object is from and its name there, as far as it tells: values have neither."""
    if isinstance(found, types.ModuleType):
        return found.__name__, ""
    # Methods of compiled classes have no `__module__`, but know whose they are.
    owner = getattr(found, "__objclass__", None)
    if owner is None and isinstance(found, types.BuiltinMethodType):
        owner = found.__self__
        if owner is not None and not isinstance(owner, (type, types.ModuleType)):
            owner = type(owner)
    if isinstance(owner, type):
        return owner.__module__, f"{owner.__qualname__}.{getattr(found, '__name__', '')}"
    return getattr(found, "__module__", None), getattr(found, "__qualname__", "")


def guarded(load, allowed):
    def guarded_import(name, globals=None, locals=None, fromlist=(), level=0):
        if is_native(globals, locals, fromlist, level):
            load(name, globals, locals, fromlist, level)
            return None
        # A call of `__import__` gives no namespace; compiled modules do, and have no frame.
        caller = sys._getframe(1).f_globals if globals is None else globals
        if not is_installed(caller):
            if level > 0:
                # The payload says which package it is in: what is looked at is what is loaded.
                name, level = absolute(name, caller, level), 0
            allowed.check_module(name)
        return load(name, globals, locals, fromlist, level)

    return guarded_import


def is_native(globals, locals, fromlist, level):
    """Whether it is Python's PyImport_Import, by which native code imports: pyarrow's `decimal`, `strptime` its `_strptime`.

    That gives the namespace of whichever Python code runs, a UDF's as well, and aborts the process in places where it is refused. No
    import statement looks like it. Python doesn't take the module from what is returned (it looks into `sys.modules`), and so a call that
    only looks like it has nothing from it.
    """
    return level == 0 and type(fromlist) is list and not fromlist and globals is not None and locals is globals


def absolute(name, namespace, level):
    package = namespace.get("__package__")
    if package is None:
        own = namespace.get("__name__") or ""
        package = own if "__path__" in namespace else own.rpartition(".")[0]
    return importlib.util.resolve_name("." * level + name, package)


def is_installed(namespace):
    """Whether the import stands in a module of this machine: what allowed modules import is their own matter."""
    module = sys.modules.get(namespace.get("__name__"))
    return module is not None and vars(module) is namespace
