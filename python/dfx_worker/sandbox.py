"""Shuts this process off before it sees any code of a payload: Landlock for files, seccomp for everything else.

Both are asked of the kernel for the calling thread and hold for every thread and process that it starts later, and no one can
take them back: `enter` therefore refuses to begin in a process that has a second thread. What each layer stops stands in
docs/security.md. The seccomp filter is made by the parent (src/run/sandbox/filter.ts), so that Node workers have the same.
"""

import base64
import ctypes
import os
import struct
import sys
import tempfile

# linux/landlock.h. The system calls have the same numbers on every machine.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
RULESET_VERSION = 1
PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << bit for bit in range(6, 13))
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15

# What a version of Landlock can keep from a process.
HANDLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
NETWORK_VERSION, SCOPE_VERSION = 4, 6
BIND_TCP, CONNECT_TCP = 1, 2
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS = 1, 2

# What applies to a file that isn't a folder.
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
READ = READ_FILE | READ_DIR
OWN = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_FIFO | MAKE_SYM | REFER | TRUNCATE

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 38, 22
SECCOMP_MODE_FILTER = 2
CAPABILITY_VERSION_3 = 0x20080522

# Standard streams and the two pipes (docs/worker-protocol.md).
LAST_DESCRIPTOR = 4

# What the dynamic linker, the clock and native libraries read, wherever it exists. Nothing of a user's lies here.
SYSTEM = (
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/nix/store",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/usr/share/locale",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
)


class Unavailable(Exception):
    """A promise that this machine can't keep: `property` names it in words that follow "there is no sandbox here: "."""

    def __init__(self, property):
        super().__init__(property)
        self.property = property


_state = None


def trusted():
    """Whether code may run here: the process is shut off, or the user said that it need not be."""
    return _state is not None


def enter(settings):
    """Shuts the process off as `settings` say; raises Unavailable. Comes before any thread and before any payload.

    `mode` is `on` or `off`. With `on`: `filter`, the seccomp program in base64; `pidAt`, where in it the pid of this process
    belongs; `readable`, files and folders that may be read besides those that Python needs; `register`, the file of --register
    or None, which is readable with the modules beside it that it imports; `scratch`, a folder in which this process makes one of its own,
    the only one that it may write to. With both: `modules`, what allowed.py holds code to.
    """
    global _state
    if settings.get("modules") is not None:
        from dfx_worker import allowed

        allowed.restrict(settings["modules"])
    if settings["mode"] == "off":
        _state = "off"
        return
    if settings["mode"] != "on" or not sys.platform.startswith("linux"):
        raise Unavailable("this system has no kernel layer that dfx knows")
    if len(os.listdir("/proc/self/task")) != 1:
        raise Unavailable("the worker has a second thread, which would stay outside")
    libc = ctypes.CDLL(None, use_errno=True)
    readable = [*PYTHON_PATHS, *settings["readable"], *modules_of(settings.get("register"))]
    scratch = own_folder(settings["scratch"])
    descriptors = os.listdir("/proc/self/fd")
    no_core_files()
    drop_capabilities(libc)
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
    restrict_files(libc, readable, scratch)
    os.closerange(LAST_DESCRIPTOR + 1, max(map(int, descriptors)) + 1)
    filter_calls(libc, settings)
    _state = "on"


def modules_of(register):
    if register is None:
        return []
    from dfx_worker import siblings

    return [register, *siblings.files(register)]


def own_folder(parent):
    """Each worker has its own, so that none sees what another one writes. The parent of all removes it."""
    path = os.path.join(parent, f"worker-{os.getpid()}")
    os.mkdir(path, 0o700)
    tempfile.tempdir = path
    for name in ("TMPDIR", "TEMP", "TMP"):
        os.environ[name] = path
    return path


def python_paths():
    """What imports read: this interpreter's libraries, the entries of its path, the worker's own modules. None lies in another."""
    paths = [*SYSTEM, os.path.dirname(os.path.abspath(__file__)), *sys.path]
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        paths += [os.path.join(prefix, name) for name in ("lib", "lib64")]
    home = os.path.realpath(os.path.expanduser("~"))
    found = {os.path.realpath(path) for path in paths if os.path.isabs(path) and os.path.exists(path)}
    # A path entry that holds the user's home would open all of it.
    found = sorted(path for path in found if not lies_in(home, path))
    return [path for path in found if not any(path != other and lies_in(path, other) for other in found)]


def lies_in(path, folder):
    return path == folder or path.startswith(folder.rstrip("/") + "/")


# Found out where the module is loaded: once for all the forks of a process.
PYTHON_PATHS = python_paths()


def restrict_files(libc, readable, scratch):
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), RULESET_VERSION)
    if version < 1:
        raise Unavailable("the kernel has no Landlock, which keeps private files from being read")
    handled = HANDLED[min(version, max(HANDLED))]
    attributes = struct.pack(
        "=QQQ",
        handled,
        BIND_TCP | CONNECT_TCP if version >= NETWORK_VERSION else 0,
        SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS if version >= SCOPE_VERSION else 0,
    )
    # Each version takes the members that it knows.
    size = 24 if version >= SCOPE_VERSION else 16 if version >= NETWORK_VERSION else 8
    ruleset = checked(libc.syscall(CREATE_RULESET, attributes, ctypes.c_size_t(size), 0), "landlock_create_ruleset")
    for path in dict.fromkeys(readable):
        allow(libc, ruleset, path, READ & handled)
    allow(libc, ruleset, "/dev/null", (READ_FILE | WRITE_FILE) & handled)
    allow(libc, ruleset, scratch, OWN & handled)
    checked(libc.syscall(RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)


def allow(libc, ruleset, path, rights):
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what isn't there, or can't be reached, needs no rule
    try:
        if not os.path.isdir(f"/proc/self/fd/{descriptor}"):
            rights &= OF_FILES
        rule = struct.pack("=Qi", rights, descriptor)
        checked(libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, rule, 0), f"landlock_add_rule for {path}")
    finally:
        os.close(descriptor)


class SockFprog(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def filter_calls(libc, settings):
    program = bytearray(base64.b64decode(settings["filter"]))
    for at in settings["pidAt"]:
        struct.pack_into("=I", program, at, os.getpid())
    # The kernel copies it; its bytes hold NULs, which c_char_p passes on as they are.
    filter = SockFprog(len(program) // 8, bytes(program))
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filter), 0, 0) != 0:
        raise Unavailable(
            f"the kernel takes no seccomp filter ({os.strerror(ctypes.get_errno())}), which keeps code from the network "
            "and from other processes"
        )


def drop_capabilities(libc):
    """Root keeps the right to open files of others, which Landlock bounds, and nothing else."""
    dac_override, dac_read_search = 1 << 1, 1 << 2
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    held = ctypes.create_string_buffer(24)
    checked(libc.capget(header, held), "capget")
    effective, permitted = struct.unpack_from("=II", held.raw)
    kept = dac_override | dac_read_search
    checked(libc.capset(header, struct.pack("=6I", effective & kept, permitted & kept, 0, 0, 0, 0)), "capset")


def no_core_files():
    """The kernel itself would write one, wherever the process stands."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def checked(result, call):
    if result < 0:
        raise Unavailable(f"{call} failed: {os.strerror(ctypes.get_errno())}")
    return result
