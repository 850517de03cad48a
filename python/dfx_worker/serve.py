"""The worker's life: say hello, keep payloads by hash, run jobs, leave when the parent does."""

import os
import platform
import queue
import sys
import threading

from dfx_worker import PROTOCOL
from dfx_worker.channel import Broken, Channel, Closed

FROM_PARENT, TO_PARENT = 3, 4


def main():
    for descriptor in (FROM_PARENT, TO_PARENT):
        # A process that a UDF starts must not hold the pipes open after this one is gone.
        os.set_inheritable(descriptor, False)
    os.dup2(2, 1)
    die_with_parent()
    channel = Channel(FROM_PARENT, TO_PARENT)
    frames = queue.SimpleQueue()
    threading.Thread(target=read_frames, args=(channel, frames), daemon=True, name="dfx-reader").start()
    try:
        watch = engine(channel)
    except Exception as error:
        channel.send({"type": "unready", "code": "ENVIRONMENT", "message": f"{type(error).__name__}: {error}"})
        leave(0)
    try:
        serve(channel, frames, watch)
    except BrokenPipeError:
        leave(0)
    leave(0)


def read_frames(channel, frames):
    """Reads ahead, and ends the process as soon as the parent is gone, whatever a UDF is doing."""
    try:
        while True:
            frames.put(channel.receive())
    except Closed:
        leave(0)
    except (Broken, OSError, ValueError) as error:
        print(f"dfx worker: the parent's frames can't be read: {error}", file=sys.stderr)
        leave(70)


def engine(channel):
    """Imports the engine and says hello."""
    import cloudpickle
    import datafusion
    import pyarrow

    from dfx_worker.udfs import Watch

    watch = Watch()
    watch.install(cloudpickle)
    channel.send(
        {
            "type": "hello",
            "protocol": PROTOCOL,
            "pid": os.getpid(),
            "language": {"name": "python", "version": platform.python_version()},
            "engine": {"name": "datafusion", "version": datafusion.__version__},
            "arrow": pyarrow.__version__,
        }
    )
    return watch


def serve(channel, frames, watch):
    from dfx_worker import evaluate

    payloads = {}
    while True:
        header, body = frames.get()
        kind = header["type"]
        if kind == "payload":
            payloads[header["hash"]] = body
        elif kind == "job":
            try:
                evaluate.run(channel, header, body, payloads, watch)
            except evaluate.Failed as failed:
                channel.send({"type": "failed", "job": header["job"], **failed.fields}, failed.body)
        elif kind == "stop":
            return
        else:
            channel.send({"type": "failed", "job": None, "code": "DEFECT", "message": f"unknown frame {kind}"})


def die_with_parent():
    """On Linux the kernel ends this process with its parent, even while native code holds the interpreter's lock."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes
    import signal

    pr_set_pdeathsig = 1
    parent = os.getppid()
    try:
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    except (OSError, AttributeError) as error:
        print(f"dfx worker: no death signal ({error}); the reader thread ends this process instead", file=sys.stderr)
        return
    if os.getppid() != parent:
        leave(0)


def leave(code):
    """Ends without the interpreter's teardown: threads of the engine and of a UDF may still run."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass  # nobody reads it any more
    os._exit(code)
