"""The worker's life: enter the sandbox, say hello, keep payloads by hash, run jobs, leave when the parent does."""

import os
import platform
import queue
import sys
import threading

from dfx_worker import PROTOCOL
from dfx_worker.channel import Broken, Channel, Closed

FROM_PARENT, TO_PARENT = 3, 4

# Seconds after which a UDF of plain Python lets the thread go on that reads the batches to come, and the one that writes results. Each takes the
# interpreter's lock for some microseconds several times a batch; with Python's 5 ms they wait for longer than a batch takes.
SWITCH = 0.00005

# <linux/prctl.h>
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def main():
    """A worker that dfx spawned by itself: it imports the engine for itself alone."""
    for descriptor in (FROM_PARENT, TO_PARENT):
        # A process that a UDF starts must not hold the pipes open after this one is gone.
        os.set_inheritable(descriptor, False)
    os.dup2(2, 1)
    die_with(os.getppid())
    work(Channel(FROM_PARENT, TO_PARENT), load_engine())


class Engine:
    """What is imported once: the modules, or why they can't be."""

    def __init__(self):
        self.error = None
        self.version = None


def load_engine():
    """Imports everything that a worker needs. It starts no thread and opens nothing, so that a process can fork after it."""
    engine = Engine()
    try:
        import cloudpickle  # noqa: F401
        import datafusion
        import pyarrow  # noqa: F401

        from dfx_worker import evaluate, udfs  # noqa: F401

        engine.version = datafusion.__version__
    except Exception as error:
        engine.error = f"{type(error).__name__}: {error}"
    return engine


def work(channel, engine):
    """Everything that a worker does, in a process of its own. Doesn't return."""
    try:
        watch = begin(channel, engine)
        frames = queue.SimpleQueue()
        threading.Thread(target=read_frames, args=(channel, frames), daemon=True, name="dfx-reader").start()
        serve(channel, frames, watch)
    except (Closed, BrokenPipeError, ConnectionResetError):
        pass  # the parent is gone
    except Broken as error:
        unreadable(error)
    leave(0)


def begin(channel, engine):
    """Takes the parent's settings and says hello. Until here the process has one thread, and no byte of a payload."""
    settings, _ = channel.receive()
    if settings["type"] != "start":
        raise Broken(f"the first frame is {settings['type']}, expected start")
    if engine.error is not None:
        refuse(channel, "ENVIRONMENT", engine.error)
    enter_sandbox(channel, settings.get("sandbox"))
    import cloudpickle
    import pyarrow

    from dfx_worker.udfs import Watch

    watch = Watch()
    watch.install(cloudpickle)
    channel.allocate = pyarrow.allocate_buffer
    sys.setswitchinterval(SWITCH)
    channel.send(
        {
            "type": "hello",
            "protocol": PROTOCOL,
            "pid": os.getpid(),
            "language": {"name": "python", "version": platform.python_version()},
            "engine": {"name": "datafusion", "version": engine.version},
            "arrow": pyarrow.__version__,
        }
    )
    return watch


def enter_sandbox(channel, settings):
    if settings is None:
        return
    from dfx_worker import sandbox

    parent = os.getppid()
    try:
        sandbox.enter(settings)
    except sandbox.Unavailable as error:
        refuse(channel, "SANDBOX_UNAVAILABLE", str(error))
    # The kernel forgets the death signal where a process changes its rights. In a pid namespace the parent is 0.
    if os.getppid() != 0:
        die_with(parent)


def refuse(channel, code, message):
    channel.send({"type": "unready", "code": code, "message": message})
    leave(0)


def read_frames(channel, frames):
    """Reads ahead, and ends the process as soon as the parent is gone, whatever a UDF is doing."""
    from dfx_worker import streaming

    opener = streaming.Opener()
    try:
        while True:
            frames.put(opener.opened(*channel.receive()))
    except (Closed, ConnectionResetError):
        leave(0)
    except (Broken, OSError, ValueError) as error:
        unreadable(error)


def unreadable(error):
    print(f"dfx worker: the parent's frames can't be read: {error}", file=sys.stderr)
    leave(70)


def serve(channel, frames, watch):
    from dfx_worker import evaluate, inputs

    payloads = {}
    while True:
        if frames.empty():
            inputs.prepare_session()
        header, body = frames.get()
        kind = header["type"]
        if kind == "payload":
            payloads[header["hash"]] = bytes(body)
        elif kind == "plan":
            evaluate.plan_ahead(header, body, payloads, watch)
        elif kind == "job":
            try:
                evaluate.run(channel, header, body, payloads, watch)
            except evaluate.Failed as failed:
                channel.send({"type": "failed", "job": header["job"], **failed.fields}, failed.body)
        elif kind == "stop":
            return
        else:
            channel.send({"type": "failed", "job": None, "code": "DEFECT", "message": f"unknown frame {kind}"})


def die_with(parent):
    """On Linux the kernel ends this process with its parent, even while native code holds the interpreter's lock."""
    if not sys.platform.startswith("linux"):
        return
    import signal

    if not prctl(PR_SET_PDEATHSIG, signal.SIGKILL):
        print("dfx worker: no death signal; the reader thread ends this process instead", file=sys.stderr)
    # It may have gone before the kernel was asked.
    if os.getppid() != parent:
        leave(0)


def prctl(option, value):
    import ctypes

    try:
        return ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0) == 0
    except (OSError, AttributeError):
        return False


def leave(code):
    """Ends without the interpreter's teardown: threads of the engine and of a UDF may still run."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass  # nobody reads it any more
    os._exit(code)
