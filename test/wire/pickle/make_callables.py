"""Makes callables-X.Y.json: callables pickled by cloudpickle, with what Python itself says about them.

Run once with each Python; cloudpickle must be importable:

    python3.8 test/wire/pickle/make_callables.py > test/wire/pickle/callables-3.8.json

The source below is compiled under the file name callables.py as part of __main__, so that everything travels by value.
"""

import enum
import functools
import json
import platform
import sys
import types

import cloudpickle

SOURCE = '''
import enum, functools, math, typing, os.path
LIMIT = 10
TABLE = {"a": [1, 2], "b": None}

def plain(arr):
    """Doc."""
    return arr

def uses_globals(arr, scale=2, *rest, flag=True, **more):
    import json
    from collections import OrderedDict
    return [math.sqrt(v) for v in arr if v > LIMIT and v in TABLE]

def outer(threshold, label, values):
    def inner(v):
        return helper(v) > threshold and label and values
    def helper(v):
        return v + threshold
    return inner

closure = outer(30, "high", [1, 2.5, None])
lam = lambda a, b=3: a + b + LIMIT
part = functools.partial(uses_globals, [1], scale=5)

class Base:
    """Base doc."""
    kind = "base"
    def __init__(self, t):
        self.t = t
    @staticmethod
    def make():
        return Base(1)
    @classmethod
    def of(cls, t):
        return cls(t)
    @property
    def double(self):
        return self.t * 2
    def __call__(self, arr):
        return self.t

class Derived(Base):
    def state(self):
        return [self.t, super().kind]

class Color(enum.Enum):
    RED = 1
    BLUE = "b"

instance = Derived(42)
method = instance.state
builtin = len
reference = math.sqrt
def many(a0, a1, a2): return recursive(a0)
def recursive(n): return recursive(n - 1) if n else os.path.join("a", "b")
def positional(a, b, /, c, *, d): yield a
'''

namespace = {"__name__": "__main__"}
main = sys.modules["__main__"]
# exec, not import: __main__ is what cloudpickle takes by value.
exec(compile(SOURCE, "callables.py", "exec"), namespace)

NAMES = "plain uses_globals closure lam part Base Derived Color instance method builtin reference many recursive positional".split()


def code_facts(code):
    return {
        "name": code.co_name,
        "qualname": getattr(code, "co_qualname", None),
        "file": code.co_filename,
        "line": code.co_firstlineno,
        "positional": list(code.co_varnames[: code.co_argcount]),
        "positional_only": code.co_posonlyargcount,
        "keyword_only": code.co_kwonlyargcount,
        "names": list(code.co_names),
        "locals": list(code.co_varnames),
        "free": list(code.co_freevars),
        "cells": list(code.co_cellvars),
        "flags": code.co_flags,
        "bytecode": len(code.co_code),
        "constants": len(code.co_consts),
    }


def facts(value):
    if isinstance(value, functools.partial):
        return facts(value.func)
    if isinstance(value, types.MethodType):
        return facts(value.__func__)
    if isinstance(value, types.FunctionType):
        return {
            "qualname": value.__qualname__,
            "module": value.__module__,
            "doc": value.__doc__,
            "code": code_facts(value.__code__),
            "captures": [
                [name, type(cell.cell_contents).__name__]
                for name, cell in zip(value.__code__.co_freevars, value.__closure__ or ())
            ],
            "defaults": [repr(v) for v in value.__defaults__ or ()],
            "keyword_defaults": {k: repr(v) for k, v in (value.__kwdefaults__ or {}).items()},
        }
    if isinstance(value, enum.EnumMeta):
        # EnumMeta puts methods of its own into the class, which the receiver's EnumMeta does again.
        return {"qualname": value.__qualname__, "module": value.__module__}
    if isinstance(value, type):
        return {
            "qualname": value.__qualname__,
            "module": value.__module__,
            "methods": sorted(k for k, v in vars(value).items() if isinstance(v, (types.FunctionType, staticmethod, classmethod, property))),
        }
    return {}


json.dump(
    {
        "provenance": {
            "script": "test/wire/pickle/make_callables.py",
            "python": platform.python_version(),
            "cloudpickle": cloudpickle.__version__,
        },
        "callables": [
            {"name": name, "hex": cloudpickle.dumps(namespace[name]).hex(), "facts": facts(namespace[name])}
            for name in NAMES
        ],
    },
    sys.stdout,
)
sys.stdout.write("\n")
