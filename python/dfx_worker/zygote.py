"""The forking parent: imports the engine once, and forks a worker whenever dfx asks for one.

It makes no session, sees no payload, runs no query and has no thread: a process that forks after any of these leaves its
children with locks that nobody opens again. Its descriptors come from dfx, before Python starts: the control channel on
3, then two for each worker that it may fork, the worker's channel and its standard error. A worker closes all but its own
two, so that no payload's code ever holds the control channel or another worker's.

It outlives its workers: whatever ends them, it ends what they started, and it goes when dfx does.
"""

import gc
import importlib
import os
import select
import signal
import sys
import traceback

from dfx_worker import serve
from dfx_worker.channel import Broken, Channel, Closed

CONTROL = 3
FIRST_SLOT = 4

# EX_OSERR of <sysexits.h>: the exit code of a worker that never was.
NOT_FORKED = 71

# A UDF may start processes as fast as this one ends them; nobody waits for that for ever.
ROUNDS = 100


# What payloads often need, takes long to import, and starts no thread when it is.
WANTED = {"pyarrow.compute"}


def main(slots, modules=()):
    """`modules`: what the payloads are seen to import; those of WANTED are imported once, here."""
    for descriptor in range(CONTROL, FIRST_SLOT + 2 * slots):
        os.set_inheritable(descriptor, False)
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    ending = []
    # The handlers have nothing to do: that a signal came stands in the pipe, which the loop reads.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ending.append(True))
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    adopt_orphans()
    # Objects that are there when it forks are looked at by no collection, and so their pages stay shared.
    gc.disable()
    engine = serve.load_engine()
    for name in WANTED.intersection(modules):
        import_quietly(name)
    gc.freeze()
    Zygote(slots, engine).run(woken, ending)


class Zygote:
    """Its workers, by pid."""

    def __init__(self, slots, engine):
        self._unused = set(range(slots))
        self._engine = engine
        self._channel = Channel(CONTROL, CONTROL)
        self._workers = {}
        # Folders that dfx removes itself, unless it is killed.
        self._scratch = set()
        self._asked = False

    def run(self, woken, ending):
        poll = select.poll()
        poll.register(CONTROL, select.POLLIN)
        poll.register(woken, select.POLLIN)
        try:
            while not ending:
                for descriptor, _ in poll.poll():
                    if descriptor == woken:
                        os.read(woken, 4096)
                        self._reap()
                    else:
                        self._obey(self._channel.receive()[0])
        except (Closed, Broken, OSError):
            pass  # dfx is gone, or it is done
        finally:
            self._end()

    def _obey(self, header):
        if header["type"] == "end":
            self._asked = True
            return
        if header["type"] != "fork" or header["slot"] not in self._unused:
            raise Broken(f"found {header}, expected a slot that isn't used")
        slot = header["slot"]
        self._unused.discard(slot)
        if header.get("scratch") is not None:
            self._scratch.add(header["scratch"])
        channel, errors = FIRST_SLOT + 2 * slot, FIRST_SLOT + 2 * slot + 1
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            print(f"dfx: no worker can be forked: {error.strerror}", file=sys.stderr)
            pid = None
        if pid == 0:
            try:
                become_worker(parent, channel, errors, self._engine)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(70)
        os.close(channel)
        os.close(errors)
        if pid is None:
            self._channel.send({"type": "ended", "slot": slot, "pid": 0, "code": NOT_FORKED, "signal": None})
            return
        self._workers[pid] = slot
        self._channel.send({"type": "started", "slot": slot, "pid": pid})

    def _reap(self):
        """Tells of each worker that ended. What it started goes first: while it isn't reaped its pid is no other's."""
        while (found := ended_child()) is not None:
            pid, code, number = found
            slot = self._workers.pop(pid, None)
            if slot is None:
                os.waitpid(pid, 0)  # left behind by a worker, and ended by itself
                continue
            kill_group(pid)
            os.waitpid(pid, 0)
            name = None if number is None else signal_name(number)
            self._channel.send({"type": "ended", "slot": slot, "pid": pid, "code": code, "signal": name})

    def _end(self):
        for pid in self._workers:
            kill_group(pid)
            kill(pid)
        for _ in range(ROUNDS):
            # What workers started and let go is a child of this process by now.
            for pid in children():
                kill_group(pid)
                kill(pid)
            if not wait_for_one():
                break
        if self._scratch and not self._asked:
            import shutil

            for folder in self._scratch:
                shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)


def import_quietly(name):
    try:
        importlib.import_module(name)
    except Exception:
        pass  # a worker that needs it says so


def become_worker(parent, channel, errors, engine):
    os.setsid()
    serve.die_with(parent)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(errors, 2)
    os.dup2(errors, 1)
    os.dup2(channel, CONTROL, inheritable=False)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > CONTROL:
            try:
                os.close(int(name))
            except OSError:
                pass  # the listing's own
    gc.enable()
    serve.work(Channel(CONTROL, CONTROL), engine)


def adopt_orphans():
    """Processes whose own parent is gone become children of this one, and end with it."""
    serve.prctl(serve.PR_SET_CHILD_SUBREAPER, 1)


def ended_child():
    """(pid, exit code or None, signal or None) of a child that ended and isn't reaped; None where there is none."""
    try:
        status = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    if status is None:
        return None
    if status.si_code == os.CLD_EXITED:
        return status.si_pid, status.si_status, None
    return status.si_pid, None, status.si_status


def children():
    own = os.getpid()
    try:
        with open(f"/proc/{own}/task/{own}/children", encoding="ascii") as listing:
            return [int(pid) for pid in listing.read().split()]
    except OSError:
        return []  # a kernel without that file: what left its group stays


def wait_for_one():
    try:
        os.waitpid(-1, 0)
    except ChildProcessError:
        return False
    return True


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass  # it is gone


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass  # it is empty


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
