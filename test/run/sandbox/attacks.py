"""Writes payloads whose UDFs try to get out: python attacks.py FOLDER.

`attacks.bin` runs one attempt a row: the column `attack` names it, `target` is what it is aimed at. It gives `out: …` where the
attempt did what it shouldn't be able to do, and `kept in: …` with the error where it didn't.
"""

import pathlib
import sys

import pyarrow as pa
from datafusion import col, udf

OUT = pathlib.Path(sys.argv[1])


def attempts():
    """Everything is inside of one function, so that it travels by value."""
    import ctypes
    import errno
    import fcntl
    import os
    import platform
    import signal
    import socket
    import subprocess
    import threading

    import pyarrow as pa
    import pyarrow.fs
    from datafusion import SessionContext

    libc = ctypes.CDLL(None, use_errno=True)
    arm = platform.machine() == "aarch64"

    def checked(result, expected=()):
        """Of a call that the kernel looked at, even if it found the arguments wrong."""
        if result >= 0:
            return result
        number = ctypes.get_errno()
        if number in expected:
            return errno.errorcode[number]
        raise OSError(number, os.strerror(number))

    def call(x64, arm64, *args, expected=()):
        wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in args]
        return checked(libc.syscall(ctypes.c_long(arm64 if arm else x64), *wide), expected)

    def written(path, write):
        write()
        return os.path.getsize(path)

    def scratch(name):
        import tempfile

        return os.path.join(tempfile.gettempdir(), f"{name}-{os.getpid()}")

    def through_link(path):
        link = scratch("link")
        os.symlink(path, link)
        try:
            return open(link).read()
        finally:
            os.unlink(link)

    def hard_link(path):
        link = scratch("hard")
        os.link(path, link)
        try:
            return open(link).read()
        finally:
            os.unlink(link)

    def in_thread(function, path):
        """Threads that a UDF starts are no way out; and the engine makes no query in one of its own."""
        found = []

        def run():
            try:
                found.append(function(path))
            except BaseException as error:
                found.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if isinstance(found[0], BaseException):
            raise found[0]
        return found[0]

    def libc_open(path):
        descriptor = checked(libc.open(path.encode(), os.O_RDONLY))
        return os.read(descriptor, 100)

    def openat2(path):
        how = (ctypes.c_uint64 * 3)(os.O_RDONLY, 0, 0)
        return os.read(call(437, 437, -100, ctypes.c_char_p(path.encode()), how, 24), 100)

    def cut_for_reading(path):
        os.close(os.open(path, os.O_RDONLY | os.O_TRUNC))
        return os.path.getsize(path)

    def cut_without_access(path):
        os.close(os.open(path, 3 | os.O_TRUNC))
        return os.path.getsize(path)

    def query(path):
        return SessionContext().read_csv(path, file_extension="", has_header=False).collect()

    def locked(path, lock):
        """A file of others that the worker may read: whoever else wants the lock would wait."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            return lock(descriptor)
        finally:
            os.close(descriptor)

    def copy_to(path):
        SessionContext().sql(f"COPY (SELECT 1 AS a) TO '{path}' STORED AS CSV").collect()
        return os.path.getsize(path)

    def arrow_write(path):
        with pa.OSFile(path, "wb") as file:
            file.write(b"out")

    def connect(family, kind, address):
        with socket.socket(family, kind) as one:
            one.settimeout(5)
            one.connect(address)
            return one.send(b"out")

    def port(target):
        return ("127.0.0.1", int(target))

    def libc_socket(target):
        return checked(libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0))

    def child(pid):
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        return pid

    def clone(target):
        """clone(SIGCHLD): the call below fork."""
        pid = call(56, 220, signal.SIGCHLD, 0, 0, 0, 0)
        return child(pid)

    def pidfd(target):
        descriptor = call(434, 434, int(target), 0)
        return call(424, 424, descriptor, 0, None, 0)

    def trace(target):
        seize, detach = 0x4206, 17
        call(101, 117, seize, int(target), 0, 0)
        call(101, 117, detach, int(target), 0, 0, expected=(errno.ESRCH,))
        return "traced"

    def other_memory(target):
        local = ctypes.create_string_buffer(8)
        vector = (ctypes.c_uint64 * 2)(ctypes.addressof(local), 8)
        # Nothing is there, which only a call that was let through finds out.
        remote = (ctypes.c_uint64 * 2)(4096, 8)
        return call(310, 270, int(target), vector, 1, remote, 1, 0, expected=(errno.EFAULT,))

    def owned(target):
        """A signal to another process as soon as a descriptor is ready."""
        import fcntl

        reading, writing = os.pipe()
        fcntl.fcntl(reading, fcntl.F_SETOWN, int(target))
        return fcntl.fcntl(reading, fcntl.F_GETOWN)

    def limits(target):
        import resource

        return resource.prlimit(int(target), resource.RLIMIT_NOFILE)

    def secret(target):
        value = os.environ.get(target)
        libc.getenv.restype = ctypes.c_char_p
        value = value or libc.getenv(target.encode())
        if value is None:
            raise OSError(errno.ENOENT, "there is no such variable")
        return value

    def initial_environment(target):
        """What the kernel put on the stack of the process when it started."""
        found = open("/proc/self/environ", "rb").read()
        if target.encode() not in found:
            raise OSError(errno.ENOENT, "there is no such variable")
        return "found"

    def outlives(target):
        """Takes back that the kernel ends it with its parent."""
        return checked(libc.prctl(1, 0, 0, 0, 0))

    return {
        # files
        "open": lambda path: open(path).read(),
        "open in a thread": lambda path: in_thread(lambda path: open(path).read(), path),
        "open by libc": libc_open,
        "openat2": openat2,
        "listdir": os.listdir,
        "through a symbolic link": through_link,
        "through a hard link": hard_link,
        "pyarrow.OSFile": lambda path: pa.OSFile(path).read(),
        "pyarrow.memory_map": lambda path: pa.memory_map(path).read(),
        "pyarrow.fs": lambda path: pyarrow.fs.LocalFileSystem().open_input_file(path).read(),
        "datafusion read_csv": lambda path: in_thread(query, path),
        "write": lambda path: written(path, lambda: open(path, "w").write("out")),
        "append": lambda path: written(path, lambda: open(path, "a").write("out")),
        "pyarrow writes": lambda path: written(path, lambda: arrow_write(path)),
        "datafusion COPY TO": lambda path: in_thread(copy_to, path),
        "mkdir": os.mkdir,
        "unlink": os.unlink,
        "rename": lambda path: os.rename(path, path + ".moved"),
        "truncate": lambda path: os.truncate(path, 0),
        "cut for reading": cut_for_reading,
        "cut without access": cut_without_access,
        "chmod": lambda path: os.chmod(path, 0o644),
        "chown": lambda path: os.chown(path, os.getuid(), os.getgid()),
        "utime": lambda path: os.utime(path, (0, 0)),
        "setxattr": lambda path: os.setxattr(path, "user.dfx", b"out"),
        "inotify": lambda path: libc.inotify_add_watch(checked(libc.inotify_init1(0)), path.encode(), 2),
        "flock": lambda path: locked(path, lambda file: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)),
        "F_SETLK": lambda path: locked(path, lambda file: fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)),
        # network
        "TCP": lambda target: connect(socket.AF_INET, socket.SOCK_STREAM, port(target)),
        "UDP": lambda target: connect(socket.AF_INET, socket.SOCK_DGRAM, port(target)),
        "Unix socket": lambda target: connect(socket.AF_UNIX, socket.SOCK_STREAM, target),
        "abstract Unix socket": lambda target: connect(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{target}".ljust(108, "\0")),
        "listen": lambda target: socket.create_server(("127.0.0.1", 0)).getsockname(),
        "netlink": lambda target: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).fileno(),
        "socket by libc": libc_socket,
        # processes
        "fork": lambda target: child(os.fork()),
        "clone": clone,
        "subprocess": lambda target: subprocess.run([target], check=True),
        "posix_spawn": lambda target: child(os.posix_spawn(target, [target], {})),
        "execve": lambda target: call(59, 221, ctypes.c_char_p(b"/nothing/there"), None, None, expected=(errno.ENOENT,)),
        "kill": lambda pid: os.kill(int(pid), 0),
        "kill the parent": lambda pid: os.kill(os.getppid(), 0),
        "killpg": lambda pid: os.killpg(os.getpgid(int(pid)), 0),
        "tgkill": lambda pid: call(234, 131, int(pid), int(pid), 0),
        "pidfd": pidfd,
        "rt_sigqueueinfo": lambda pid: call(129, 138, int(pid), 0, ctypes.create_string_buffer(b"\0" * 8 + b"\xff" * 4, 128)),
        "F_SETOWN": owned,
        "ptrace": trace,
        "process_vm_readv": other_memory,
        "setpriority": lambda pid: os.setpriority(os.PRIO_PROCESS, int(pid), os.getpriority(os.PRIO_PROCESS, int(pid))),
        "sched_setaffinity": lambda pid: os.sched_setaffinity(int(pid), os.sched_getaffinity(int(pid))),
        "prlimit": limits,
        "no death signal": outlives,
        # /proc and the environment
        "environ of another": lambda pid: open(f"/proc/{pid}/environ", "rb").read(),
        "memory of another": lambda pid: open(f"/proc/{pid}/mem", "rb").close(),
        "maps of another": lambda pid: open(f"/proc/{pid}/maps").read(100),
        "listing /proc": lambda target: os.listdir("/proc"),
        "environment": secret,
        "initial environment": initial_environment,
        # the kernel's other doors
        "unshare": lambda target: call(272, 97, 0x200),  # CLONE_FS, which everybody may
        "setns": lambda target: call(308, 268, -1, 0, expected=(errno.EBADF,)),
        "mount": lambda target: call(165, 40, None, None, None, 0, None, expected=(errno.EFAULT,)),
        "chroot": lambda target: os.chroot("/"),
        "io_uring_setup": lambda target: call(425, 425, 1, ctypes.create_string_buffer(120)),
        "bpf": lambda target: call(321, 280, 0, None, 0, expected=(errno.EINVAL, errno.EFAULT)),
        "perf_event_open": lambda target: call(298, 241, None, 0, -1, -1, 0, expected=(errno.EFAULT,)),
        "keyctl": lambda target: call(250, 219, 0, -3, 0),
        "shmget": lambda target: call(29, 194, 0, 4096, 0o1600),
        "mq_open": lambda target: call(240, 180, ctypes.c_char_p(b"dfx"), 0, 0, None, expected=(errno.ENOENT,)),
        "open_by_handle_at": lambda target: call(304, 265, -1, None, 0, expected=(errno.EFAULT, errno.EBADF)),
        "clone3": lambda target: call(435, 435, None, 0, expected=(errno.EINVAL,)),
    }


def attacks(names, targets):
    known = attempts()
    said = []
    for name, target in zip(names.to_pylist(), targets.to_pylist()):
        try:
            said.append(f"out: {str(known[name](target))[:200]}")
        except BaseException as error:
            said.append(f"kept in: {type(error).__name__}: {error}"[:300])
    return pa.array(said, pa.string())


def x32(names, targets):
    """getpid by its number in the x32 ABI, which a list of numbers could miss."""
    import ctypes

    return pa.array([str(ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 | 39)))] * len(names), pa.string())


def write(name, function):
    text = pa.string()
    expression = udf(function, [text, text], text, "volatile", name)(col("attack"), col("target"))
    (OUT / f"{name}.bin").write_bytes(expression.to_bytes())


write("attacks", attacks)
write("x32", x32)
