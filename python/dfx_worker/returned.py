"""What a UDF returns, held against what it declares.

The engine is the judge. Many expressions bear a result of another type than the declared one (`count`, `avg`, a cast), and one value
stands for all rows where all arguments are literals. So nothing that the engine may take is refused here: what doesn't fit is noted,
and told as the cause where the engine gives up. What it never takes is refused in the UDF's terms, not in those of Rust.
"""

import functools
import os
import types

import pyarrow as pa

from dfx_worker.telling import HERE

LIBRARY = os.path.dirname(os.path.abspath(os.__file__))


def as_array(value, declared, what="the UDF"):
    """The result of a scalar UDF or of `evaluate_all`: the engine takes what exports one Arrow array, and nothing else."""
    if isinstance(value, pa.Array):
        return value
    if not hasattr(value, "__arrow_c_array__"):
        raise TypeError(f"{what} returned {describe(value)}, expected a pyarrow.Array{of(declared)}")
    try:
        return pa.array(value)
    except (pa.ArrowException, TypeError, ValueError, NotImplementedError):
        return value  # of a type that pyarrow doesn't know; the engine may


def type_of_scalar(value, what, declared):
    """The type that the engine gives a value of `evaluate()` or `state()`, None where only it knows (pyarrow_util.rs)."""
    if isinstance(value, pa.Scalar):
        return value.type
    if isinstance(value, pa.Array):
        return pa.list_(value.type)
    if hasattr(value, "__arrow_c_array__") or type(value).__module__.startswith("nanoarrow"):
        return None
    try:
        return pa.scalar(value).type
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        raise TypeError(f"{what} returned {describe(value)}, expected a scalar{of(declared)}") from None


def as_states(value, declared):
    """What `state()` gave, as a list: an iterator would be at its end after a look."""
    if isinstance(value, (list, tuple)):
        return value
    try:
        return list(value)
    except TypeError:
        expected = "a list of scalars" if declared is None else f"a list of {count(len(declared), 'scalar')}"
        raise TypeError(f"state() returned {describe(value)}, expected {expected}") from None


def wrong_states(values, declared):
    """What is wrong with the values of `state()`, None where nothing is."""
    if declared is None:
        return None
    if len(values) != len(declared):
        return f"state() returned {count(len(values), 'value')}, declared {len(declared)}"
    for value, wanted in zip(values, declared):
        found = type_of_scalar(value, "state()", wanted)
        if found is not None and found != wanted:
            return f"state() returned {found}, declared {wanted}"
    return None


def same_type(one, other):
    """As the engine compares them: pyarrow's own == passes over the names of a list's items, and over metadata inside of a type."""
    return one.equals(other, check_metadata=True)


def declared_types(schema):
    """The types of a UDF's schema, None where the bytes aren't one."""
    try:
        return list(pa.ipc.read_schema(pa.py_buffer(schema)).types)
    except (pa.ArrowException, TypeError):
        return None


def describe(value):
    return "None" if value is None else f"{type(value).__module__}.{type(value).__qualname__}"


def of(declared):
    return "" if declared is None else f" of {declared}"


def count(number, word):
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def place_of_function(function):
    """Where the function's source starts, None where that isn't the user's own."""
    while isinstance(function, functools.partial):
        function = function.func
    if not isinstance(function, (types.FunctionType, types.MethodType)):
        function = getattr(type(function), "__call__", None)
    function = getattr(function, "__func__", function)
    # Compiled functions have a code of another kind, with paths of where they were compiled.
    if not isinstance(function, types.FunctionType) or is_library(function.__code__.co_filename):
        return None
    code = function.__code__
    return f"{os.path.basename(code.co_filename)} line {code.co_firstlineno}"


def is_library(path):
    return path.startswith(("<frozen", LIBRARY)) or "site-packages" in path or os.path.dirname(path) == HERE
