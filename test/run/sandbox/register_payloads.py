"""Writes a payload with code and one that names UDFs, for register.test.ts: python register_payloads.py FOLDER."""

import pathlib
import sys

import pyarrow as pa
from datafusion import SessionContext, col, udf

OUT = pathlib.Path(sys.argv[1])
TEXT = pa.string()


def looks(paths):
    """What becomes of a look into each path."""
    import os

    def told(path):
        try:
            if os.path.isdir(path):
                return f"{len(os.listdir(path))} entries"
            with open(path, "rb") as file:
                return f"{len(file.read())} bytes"
        except OSError as error:
            return type(error).__name__

    return pa.array([told(path) for path in paths.to_pylist()], TEXT)


def imports(names):
    """What becomes of an import of each name, when the UDF runs."""
    import importlib

    def told(name):
        try:
            return importlib.import_module(name).__name__
        except ImportError as error:
            return type(error).__name__

    return pa.array([told(name) for name in names.to_pylist()], TEXT)


(OUT / "looks.bin").write_bytes(udf(looks, [TEXT], TEXT, "volatile", "looks")(col("text")).to_bytes())
(OUT / "imports.bin").write_bytes(udf(imports, [TEXT], TEXT, "volatile", "imports")(col("text")).to_bytes())
strict = SessionContext().with_python_udf_inlining(enabled=False)
(OUT / "marked.bin").write_bytes(udf(looks, [TEXT], TEXT, "volatile", "marked")(col("text")).to_bytes(strict))
