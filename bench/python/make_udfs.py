"""Writes a payload for each function that the Python sections measure: a scalar UDF of the column `id`, Int64 to Int64.

    python make_udfs.py FOLDER
"""

import pathlib
import sys

import pyarrow as pa
from datafusion import col, udf

# Compiled under a name of its own, and counted as `__main__`, so that cloudpickle writes the functions by value.
SOURCE = '''\
import time

import pyarrow as pa
import pyarrow.compute as pc


def make():
    # A Python number as an argument costs each call of a kernel some 25 microseconds; a scalar doesn't.
    one, two, three, seven = (pa.scalar(number, pa.int64()) for number in (1, 2, 3, 7))

    def add_one(ids):
        return pc.add(ids, one)

    def times_two(ids):
        return pc.multiply(ids, two)

    def minus_one(ids):
        return pc.subtract(ids, one)

    def rounds(ids):
        """Arithmetic, twenty times over."""
        result = pc.add(ids, one)
        for _ in range(20):
            result = pc.subtract(pc.add(result, pc.modulo(ids, seven)), three)
        return result

    def nap(ids):
        if len(ids) > 0:
            time.sleep(0.010)
        return pc.add(ids, one)

    def short_nap(ids):
        if len(ids) > 0:
            time.sleep(0.005)
        return pc.add(ids, one)

    def spin(ids):
        """Some five milliseconds of plain Python, whatever the batch."""
        if len(ids) > 0:
            left = 120_000
            while left > 0:
                left -= 1
        return pc.add(ids, one)

    return add_one, times_two, minus_one, rounds, nap, short_nap, spin
'''


def main():
    folder = pathlib.Path(sys.argv[1])
    namespace = {"__name__": "__main__", "__file__": "bench_udfs.py", "__package__": None}
    exec(compile(SOURCE, "bench_udfs.py", "exec"), namespace)  # our own text, a few lines up
    for function in namespace["make"]():
        made = udf(function, [pa.int64()], pa.int64(), "immutable", function.__name__)
        (folder / f"{function.__name__}.bin").write_bytes(made(col("id")).to_bytes())


main()
