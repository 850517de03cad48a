"""Writes payloads whose UDFs do harm, for test/run/faults-*.test.ts: python fault_payloads.py FOLDER.

What happens "once" happens in one process of all that run the payload: a file in FOLDER says that it did.
"""

import os
import pathlib
import signal
import sys
import threading
import time

import pyarrow as pa
import pyarrow.compute as pc
from datafusion import col, udf
from datafusion import functions as f

OUT = pathlib.Path(sys.argv[1])
INT = pa.int64()


def once(name):
    try:
        os.close(os.open(OUT / f"{name}.once", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    return True


def tell(name, text):
    """A file that is there is whole."""
    part = OUT / f"{name}.{os.getpid()}.part"
    part.write_text(str(text))
    part.rename(OUT / f"{name}.told")


def dies_evaluating(values):
    if once("dies_evaluating"):
        os.kill(os.getpid(), signal.SIGKILL)
    return pc.add(values, 1)


def stops(values):
    """Stops, with the jobs that were sent ahead in its channel: whoever kills it kills it while it reads."""
    if once("stops"):
        tell("stops", os.getpid())
        os.kill(os.getpid(), signal.SIGSTOP)
    return pc.add(values, 1)


def dies_writing(values):
    """The channel is full only while the worker waits for room to write its results."""
    import select

    def watch():
        while True:
            if not select.select([], [3], [], 0)[1]:
                os.kill(os.getpid(), signal.SIGKILL)

    if once("dies_writing"):
        threading.Thread(target=watch, daemon=True).start()
    return pc.add(values, 1)


def says(values):
    tell("says", os.getpid())
    return pc.add(values, 1)


def holds(values):
    """Native code that never gives the interpreter's lock back: no other thread runs."""
    import ctypes

    tell("holds", os.getpid())
    ctypes.PyDLL(None).sleep(600)
    return values


def leaves_children(values):
    """One in the worker's group, and one that has a session of its own and no parent."""
    import subprocess

    child = subprocess.Popen(["sleep", "600"])
    script = "import os, sys, time\nif os.fork() == 0:\n os.setsid()\n print(os.getpid(), flush=True)\n time.sleep(600)"
    orphan = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    tell("leaves_children", f"{child.pid} {int(orphan.stdout.readline())}")
    return pc.add(values, 1)


def leaves_and_sleeps(values):
    leaves_children(values)
    time.sleep(600)


def eats(values):
    held = []
    while True:
        held.append(bytearray(1 << 20))


def naps(values):
    time.sleep(0.6)
    return values


def sleeps(values):
    time.sleep(600)


def segfaults(values):
    import ctypes

    ctypes.string_at(0)


def scribbles(values):
    os.write(3, b"\xff" * 64)
    time.sleep(600)


def rests(values):
    import tempfile

    print("in", tempfile.gettempdir(), flush=True)
    time.sleep(600)


def raises(values):
    raise ValueError("no")


def raises_late(values):
    """After the parent has sent as much as it may, and waits."""
    if values[0].as_py() >= 200_000:
        raise ValueError("too late")
    return values


def wrong_type(values):
    return pc.cast(values, pa.string())


def no_array(values):
    return 1


def short(values):
    return values.slice(0, 1)


def exits(values):
    sys.exit(3)


def prints(values):
    print("said on stdout")
    os.write(1, b"said on descriptor 1\n")
    return pc.add(values, 1)


def same_text(values):
    return values


def write(name, expression):
    (OUT / f"{name}.bin").write_bytes(expression.to_bytes())


for function in (dies_evaluating, stops, dies_writing, says, raises_late, prints):
    write(function.__name__, udf(function, [INT], INT, "volatile", function.__name__)(col("value")))
for function in (holds, leaves_children, leaves_and_sleeps, eats, naps, sleeps, segfaults, scribbles, rests, raises, wrong_type, no_array, short, exits):
    write(function.__name__, f.sum(udf(function, [INT], INT, "volatile", function.__name__)(col("value"))))
write("naps_row", udf(naps, [INT], INT, "volatile", "naps_row")(col("value")))
write("same", udf(lambda values: values, [INT], INT, "volatile", "same")(col("value")))
write("good", f.sum(udf(lambda values: values, [INT], INT, "volatile", "good")(col("value"))))
write("same_text", udf(same_text, [pa.string()], pa.string(), "volatile", "same_text")(col("text")))

rows = 400_000
schema = pa.schema([("value", INT)])
with pa.OSFile(str(OUT / "rows.arrow"), "wb") as file, pa.ipc.new_file(file, schema) as writer:
    for start in range(0, rows, 65_536):
        values = pa.array(range(start, min(rows, start + 65_536)), INT)
        writer.write_batch(pa.record_batch([values], schema=schema))

# one row that is longer than every buffer on its way: of a socket, of a frame's part, of a result that is kept
text = pa.schema([("text", pa.string())])
with pa.OSFile(str(OUT / "long-row.arrow"), "wb") as file, pa.ipc.new_file(file, text) as writer:
    writer.write_batch(pa.record_batch([pa.array(["x" * 40_000_000, "y"])], schema=text))

with pa.OSFile(str(OUT / "tiny.arrow"), "wb") as file, pa.ipc.new_file(file, schema) as writer:
    for value in range(int(os.environ.get("TINY_BATCHES", "20000"))):
        writer.write_batch(pa.record_batch([pa.array([value], INT)], schema=schema))
