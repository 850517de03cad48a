"""Forks two workers as the forking parent does, and tells what one can do to the other: python siblings.py < SETTINGS

Both enter the sandbox that the settings (JSON) describe. Prints what came of each attempt, as a JSON object.
"""

import ctypes
import json
import os
import shutil
import signal
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "python"))

from dfx_worker import sandbox  # noqa: E402

settings = json.load(sys.stdin)
libc = ctypes.CDLL(None, use_errno=True)


def sibling(ready):
    sandbox.enter(settings)
    os.write(ready, (tempfile.gettempdir() if settings["mode"] == "on" else tempfile.mkdtemp()).encode())
    signal.pause()


def checked(result, expected=None):
    number = ctypes.get_errno()
    if result < 0 and number != expected:
        raise OSError(number, os.strerror(number))


def ptrace(pid):
    seize, detach = 0x4206, 17
    checked(libc.ptrace(seize, pid, None, None))
    libc.ptrace(detach, pid, None, None)


def memory(pid):
    efault = 14
    local = ctypes.create_string_buffer(8)
    vector = (ctypes.c_uint64 * 2)(ctypes.addressof(local), 8)
    checked(libc.process_vm_readv(pid, vector, 1, (ctypes.c_uint64 * 2)(4096, 8), 1, 0), efault)


def attempts(parent, other, folder, descriptor):
    return {
        "kill the sibling": lambda: os.kill(other, 0),
        "kill the forking parent": lambda: os.kill(parent, 0),
        "kill the group": lambda: os.kill(0, 0),
        "kill everybody": lambda: os.kill(-1, 0),
        "ptrace the sibling": lambda: ptrace(other),
        "memory of the sibling": lambda: memory(other),
        "memory of the forking parent": lambda: memory(parent),
        "environment of the sibling": lambda: open(f"/proc/{other}/environ").close(),
        "descriptors of the sibling": lambda: os.listdir(f"/proc/{other}/fd"),
        "the folder of the sibling": lambda: open(os.path.join(folder, "planted"), "w").close(),
        "listing the folder of the sibling": lambda: os.listdir(folder),
        "an inherited descriptor": lambda: os.read(descriptor, 1),
    }


def attacker(parent, other, folder, descriptor):
    sandbox.enter(settings)
    said = {}
    for name, attempt in attempts(parent, other, folder, descriptor).items():
        try:
            attempt()
            said[name] = "out"
        except OSError as error:
            said[name] = f"kept in: {error.strerror}"
    print(json.dumps(said), flush=True)
    os._exit(0)


def main():
    descriptor = os.dup2(os.open(__file__, os.O_RDONLY), 7)
    parent = os.getpid()
    told, ready = os.pipe()
    other = os.fork()
    if other == 0:
        # As in a worker, no other descriptor than the pipes is left.
        os.dup2(ready, 4)
        sibling(4)
    folder = os.read(told, 1000).decode()
    child = os.fork()
    if child == 0:
        attacker(parent, other, folder, descriptor)
    os.waitpid(child, 0)
    os.kill(other, signal.SIGKILL)
    os.waitpid(other, 0)
    shutil.rmtree(folder)


main()
