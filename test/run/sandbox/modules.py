"""Writes payloads that take something from modules, each in another way: python modules.py FOLDER."""

import os
import pathlib
import pickle
import sys

import cloudpickle
import pyarrow as pa
import pyarrow.compute as pc
from datafusion import col, udaf, udf
from datafusion.user_defined import Accumulator

OUT = pathlib.Path(sys.argv[1])
INT = pa.int64()


def write(name, function):
    expression = udf(function, [INT], INT, "volatile", name)(col("value"))
    (OUT / f"{name}.bin").write_bytes(expression.to_bytes())


def captured(values):
    return pc.add(values, 1)


def statement(values):
    import os

    os.getcwd()
    return values


def inner(values):
    def later():
        from os.path import join

        return join

    later()
    return values


def by_import(values):
    __import__("os").getcwd()
    return values


def by_importlib(values):
    import importlib

    importlib.import_module("os").getcwd()
    return values


def by_sys(values):
    import sys

    sys.modules["os"].getcwd()
    return values


def by_compute(values):
    import pyarrow.compute as late

    return late.add(values, 1)


def untyped(values):
    return pa.array([value.as_py() for value in values])


class Total(Accumulator):
    def __init__(self):
        self.total = 0

    def update(self, values):
        self.total += sum(value for value in values.to_pylist() if value is not None)

    def merge(self, states):
        self.total += sum(states[0].to_pylist())

    def state(self):
        return [self.total]

    def evaluate(self):
        import pyarrow

        return pyarrow.scalar(self.total, pyarrow.int64())


for function in (captured, statement, inner, by_import, by_importlib, by_sys, by_compute, untyped):
    write(function.__name__, function)
(OUT / "total.bin").write_bytes(udaf(Total, [INT], INT, [INT], "immutable", "total")(col("value")).to_bytes())
write("reference", os.getcwd)


def write_crafted(name, callable_opcodes):
    """A frame whose callable comes from these opcodes: what no pickler would write."""
    plain = cloudpickle.dumps
    schema = pa.schema([pa.field("arg_0", INT)]).serialize().to_pybytes() + b"\xff\xff\xff\xff\x00\x00\x00\x00"
    rest = b"".join(pickle.dumps(part, 4)[2:-1] for part in (schema, schema, "volatile"))
    body = b"\x80\x04(" + pickle.dumps(name, 4)[2:-1] + callable_opcodes + rest + b"t."
    cloudpickle.dumps = lambda *args, **kwargs: body
    try:
        write(name, captured)
    finally:
        cloudpickle.dumps = plain


write_crafted("through_listed", b"cpyarrow.util\nos.getcwd\n")
write_crafted("computed", b"(cbuiltins\nstr\n\x8c\x02osR\x8c\x06getcwd\x93")
write_crafted("through_modules", b"cpyarrow\n_sys.modules.get\n(\x8c\x02ostR")
write_crafted("through_object", b"cpyarrow\nArray.__getattribute__\n(ccloudpickle.cloudpickle\nsubimport\n(\x8c\x07pyarrowtR\x8c\x04_systR")
write_crafted("second_name", b"ccloudpickle\ncloudpickle.subimport\n(\x8c\x02ostR")
