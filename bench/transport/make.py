"""Writes what the section on transports measures: payloads of a scalar UDF each, and a table.

    python make.py payload FOLDER NAME MILLISECONDS     NAME.bin: works for so long on each batch, or not at all where it is 0
    python make.py table FILE ROWS                      nine columns of eight bytes: id, and c0 to c7
"""

import pathlib
import sys

import pyarrow as pa
from datafusion import col, udf

# Compiled under a name of its own, and counted as `__main__`, so that cloudpickle writes the function by value.
SOURCE = '''\
import time

import pyarrow as pa
import pyarrow.compute as pc


def make(seconds):
    one = pa.scalar(1, pa.int64())

    def work(ids):
        """Plain Python, which keeps the interpreter's lock, for as long as it was told."""
        if len(ids) > 0:
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                pass
        return pc.add(ids, one)

    return work
'''

COLUMNS = 8
BATCH = 65_536


def write_payload(folder, name, milliseconds):
    namespace = {"__name__": "__main__"}
    exec(compile(SOURCE, "work.py", "exec"), namespace)
    work = namespace["make"](float(milliseconds) / 1000)
    made = udf(work, [pa.int64()], pa.int64(), "immutable", name)(col("id"))
    (pathlib.Path(folder) / f"{name}.bin").write_bytes(made.to_bytes())


def write_table(path, rows):
    schema = pa.schema([("id", pa.int64()), *((f"c{at}", pa.float64()) for at in range(COLUMNS))])
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for start in range(0, rows, BATCH):
            ids = pa.array(range(start, min(rows, start + BATCH)), pa.int64())
            floats = ids.cast(pa.float64())
            writer.write_batch(pa.record_batch([ids, *([floats] * COLUMNS)], schema=schema))


if sys.argv[1] == "payload":
    write_payload(*sys.argv[2:])
else:
    write_table(sys.argv[2], int(sys.argv[3]))
