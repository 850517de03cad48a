"""What `--allow-modules` lets a pickle name and the code in it import, against Python's own unpickler and import machinery."""

import builtins
import ctypes
import datetime
import pickle
import sys
import types

import cloudpickle
import pyarrow as pa
import pyarrow.compute
import pytest
from dfx_worker.allowed import ModuleRefused, restrict

MACHINERY = (
    "builtins.object builtins.dict cloudpickle.cloudpickle.subimport cloudpickle.cloudpickle._builtin_type "
    "cloudpickle.cloudpickle._make_function cloudpickle.cloudpickle._make_empty_cell"
).split()


@pytest.fixture
def hold(monkeypatch):
    """Holds to a list until the test ends, and gives the loader."""
    monkeypatch.setattr(cloudpickle, "loads", cloudpickle.loads)
    monkeypatch.setattr(builtins, "__import__", builtins.__import__)

    def start(*listed):
        restrict({"listed": listed, "machinery": MACHINERY})
        return cloudpickle.loads

    return start


def named(module, name):
    """A pickle that is a global, of protocol 4: names have dots there."""
    return b"\x80\x04c" + f"{module}\n{name}\n".encode() + b"."


def called(module, name, *texts):
    given = b"".join(b"\x8c" + bytes([len(text)]) + text.encode() for text in texts)
    return named(module, name)[:-1] + b"(" + given + b"tR."


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("pyarrow", "Array"),
        ("pyarrow", "Array.from_buffers"),
        ("pyarrow.lib", "Int64Array.to_pylist"),
        ("pyarrow", "compute.add"),
        ("pyarrow", "compute"),
        ("datetime", "datetime.now"),
        ("datetime", "datetime.today"),
        ("random", "random"),
        ("random", "Random.random"),
        ("operator", "add"),
        ("math", "pi"),
        ("builtins", "object"),
    ],
)
def test_what_is_a_listed_modules_own_is_given_as_python_gives_it(hold, module, name):
    found = hold("pyarrow", "datetime", "random", "_random", "operator", "math")(named(module, name))
    assert found == pickle.loads(named(module, name))


@pytest.mark.parametrize(
    ("module", "name", "what"),
    [
        ("os", "getcwd", "os.getcwd"),
        ("pyarrow", "_sys", "sys"),
        ("pyarrow", "_sys.modules", "sys"),
        ("pyarrow", "_sys.modules.get", "sys"),
        ("pyarrow", "util.os.system", "os"),
        ("pyarrow", "__dict__.get", "an attribute of a value (pyarrow.__dict__.get)"),
        ("pyarrow", "__builtins__.get", "an attribute of a value (pyarrow.__builtins__.get)"),
        # Of `object`, which every class has: they would reach any attribute and any class.
        ("pyarrow", "Array.__getattribute__", "builtins.object.__getattribute__"),
        ("pyarrow", "Array.__init_subclass__", "builtins.object.__init_subclass__"),
        # The second name of the loader's own tools.
        ("cloudpickle", "cloudpickle.subimport", "cloudpickle.cloudpickle.subimport"),
        ("builtins", "object.__subclasses__", "builtins.object.__subclasses__"),
        ("builtins", "dict.fromkeys", "builtins.dict.fromkeys"),
    ],
)
def test_what_it_reaches_is_refused(hold, module, name, what):
    pickle.loads(named(module, name))
    with pytest.raises(ModuleRefused) as refused:
        hold("pyarrow")(named(module, name))
    assert str(refused.value) == f"it takes {what}, which --allow-modules doesn't list"


@pytest.mark.parametrize("name", ["Array.__subclasses__", "Array.__base__.__subclasses__", "Array.__mro__"])
def test_what_a_class_has_from_its_metaclass_is_not_its_own(hold, name):
    pickle.loads(named("pyarrow", name))
    part = name.split(".")[1]
    with pytest.raises(AttributeError, match=f"^pyarrow.lib.Array has no {part} of its own, which pyarrow.{name} takes$"):
        hold("pyarrow")(named("pyarrow", name))


def test_what_a_listed_module_has_under_another_name_is_refused(hold, monkeypatch):
    kept = types.ModuleType("kept")
    kept.lookup = sys.modules.get
    kept.attribute = object.__getattribute__
    kept.of_value = {}.__getattribute__
    kept.Holder = type("Holder", (), {"__module__": "kept", "lookup": sys.modules.get})
    monkeypatch.setitem(sys.modules, "kept", kept)
    loads = hold("kept")
    names = {
        "lookup": "builtins.dict.get",
        "attribute": "builtins.object.__getattribute__",
        "of_value": "builtins.dict.__getattribute__",
        "Holder.lookup": "builtins.dict.get",
    }
    for name, what in names.items():
        with pytest.raises(ModuleRefused, match=f"^it takes {what}, which"):
            loads(named("kept", name))


def test_the_loaders_own_tools_give_no_more_than_is_listed(hold):
    loads = hold("pyarrow")
    assert loads(called("cloudpickle.cloudpickle", "subimport", "pyarrow.compute")).__name__ == "pyarrow.compute"
    assert loads(called("cloudpickle.cloudpickle", "_builtin_type", "CodeType")) is types.CodeType
    with pytest.raises(ModuleRefused, match="^it takes os, which"):
        loads(called("cloudpickle.cloudpickle", "subimport", "os"))
    for name in ("__builtins__", "__loader__", "new_class"):
        with pytest.raises(ModuleRefused, match=f"^it takes types.{name}, which"):
            loads(called("cloudpickle.cloudpickle", "_builtin_type", name))


def test_a_name_of_a_kind_of_its_own_is_none(hold):
    class Any(str):
        def startswith(self, *_):
            return True

        __eq__ = startswith
        __hash__ = str.__hash__

    importer = carried("def f(name): return __import__(name)")
    hold("pyarrow")
    with pytest.raises(ModuleRefused):
        importer(Any("os"))


def carried(source, **names):
    """A function of a payload: no installed module has its namespace."""
    namespace = {"__builtins__": builtins, "__name__": "theirs", **names}
    exec(source, namespace)
    return namespace["f"]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("def f():\n    import os", "os"),
        ("def f():\n    import os.path as p", "os.path"),
        ("def f(): return __import__('os')", "os"),
        ("def f(): return __import__('os', globals(), globals())", "os"),
        ("def f(): return __import__('os', globals(), globals(), ['system'])", "os"),
        ("def f(): return __import__('os', globals(), None, [])", "os"),
        ("def f(): return list(map(__import__, ['os']))", "os"),
        ("__package__ = 'os'\ndef f():\n    from . import system", "os"),
        ("__package__ = 'os.path'\ndef f():\n    from .. import system", "os"),
        ("__name__ = 'xml.dom'\ndef f():\n    from . import minidom", "xml"),
        ("import sys\nclass f:\n    import os", "os"),
    ],
)
def test_imports_of_a_payloads_code_are_held_to_the_list(hold, source, what):
    importer = None if "class f" in source else carried(source)
    hold("pyarrow", "sys")
    with pytest.raises(ModuleRefused, match=f"^it takes {what}, which"):
        importer() if importer else carried(source)


def test_listed_packages_are_imported_from_inside_too(hold):
    importer = carried("__package__ = 'xml.dom'\ndef f():\n    from . import minidom\n    from ..sax import handler\n    return minidom, handler")
    hold("xml")
    assert [module.__name__ for module in importer()] == ["xml.dom.minidom", "xml.sax.handler"]


def test_what_native_code_imports_is_its_own_matter(hold):
    """Without a frame of its own it imports in the UDF's name."""
    native = ctypes.pythonapi.PyImport_ImportModule
    native.restype, native.argtypes = ctypes.py_object, [ctypes.c_char_p]
    build = carried("def f(): return make([number])", make=pa.array, number=1)
    parse = carried("def f(): return parse('2020-02-03', '%Y-%m-%d')", parse=datetime.datetime.strptime)
    module = carried("def f(): return native(b'xml.dom.minidom')", native=native)
    hold("pyarrow")
    assert build().to_pylist() == [1]
    assert parse() == datetime.datetime(2020, 2, 3)
    assert module() is sys.modules["xml.dom.minidom"]


def test_a_call_that_looks_like_native_codes_gets_nothing(hold):
    importer = carried("def f(): return __import__('os', globals(), globals(), [])")
    hold("pyarrow")
    assert importer() is None
