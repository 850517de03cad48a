"""What datafusion-python shows for multiprocessing: expressions pickled to a pool of four processes, one expression each.

    python multiprocessing_peer.py (plain|preloaded) LABEL=PAYLOAD…

Each process evaluates its expression on the same twelve values, which it makes itself. With `preloaded` the server that forks them imports
the engine once; the package's own example doesn't ask for that.
"""

import multiprocessing
import os
import pathlib
import sys

from datafusion import Expr, SessionContext

VALUES = {"value": [3, 17, 42, 5, 88, 21, 9, 56, 4, 73, 12, 31]}


def evaluate(task):
    label, expression = task
    frame = SessionContext().from_pydict(VALUES)
    [value] = frame.aggregate([], [expression.alias("value")]).to_pydict()["value"]
    return label, value, os.getpid()


def main():
    how, *operands = sys.argv[1:]
    pairs = [operand.split("=", 1) for operand in operands]
    tasks = [(label, Expr.from_bytes(pathlib.Path(path).read_bytes())) for label, path in pairs]
    context = multiprocessing.get_context("forkserver")
    if how == "preloaded":
        context.set_forkserver_preload(["datafusion", "cloudpickle"])
    with context.Pool(processes=4) as pool:
        results = pool.map(evaluate, tasks)
    print(f"driver pid: {os.getpid()}")
    for label, value, pid in results:
        print(f"  [{label:>16}] = {value:>6}   (worker pid: {pid})")


if __name__ == "__main__":
    main()
