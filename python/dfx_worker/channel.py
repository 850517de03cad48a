"""The frames between parent and worker (docs/worker-protocol.md, "Frames").

A frame is `header length u32 LE | body length u32 LE | header | body`: the header is a JSON object with a `type`, the body
is bytes that the header speaks of.
"""

import _socket
import json
import os
import stat
import struct
import threading

LENGTHS = struct.Struct("<II")

# A header names columns and messages, never data: a longer one is a stray byte in the stream.
MAX_HEADER = 16 * 1024 * 1024

# `json.dumps` with options makes an encoder for each call.
in_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode

# Of Arrow's buffers. An array of bytes starts at 16 itself.
ALIGNMENT = 64

# Frames that may wait for the one behind them: more bytes go out at once.
HELD = 256 * 1024

# An answer that a full pipe could hold up: a thread writes it, while the next batch is evaluated.
LARGE = 128 * 1024

# Of answers that wait for that thread: a sender with more waits, too.
WAITING = 2 * 1024 * 1024

# Pieces that one system call takes.
IOV_MAX = os.sysconf("SC_IOV_MAX")

# A socket that nobody refers to would close a descriptor that isn't its own.
IMMORTAL = []


class Closed(Exception):
    """The other side has closed its end between two frames."""


class Broken(Exception):
    """The bytes aren't frames."""


class Channel:
    """Two descriptors with a frame reader and a frame writer. Writing is safe from several threads."""

    # Memory for what is received. Arrow's own, once there is one, keeps the pages of what was given back.
    allocate = bytearray

    def __init__(self, read_fd, write_fd):
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._socket = socket_of(read_fd)
        self._writing = threading.Lock()
        self._held = []
        self._held_bytes = 0
        self._behind = None

    def send(self, header, *bodies, more=False):
        """Writes one frame, whole. A body is anything with the buffer protocol; they come one after the other.

        `more`: another frame follows at once, and both may go out together, since each write wakes the parent. The bodies must stay
        as they are: large ones are written by a thread.
        """
        text = in_json(header).encode("utf-8", "backslashreplace")
        views = [memoryview(body).cast("B") for body in bodies]
        length = sum(view.nbytes for view in views)
        with self._writing:
            self._held.append(LENGTHS.pack(len(text), length) + text)
            self._held.extend(view for view in views if view.nbytes > 0)
            self._held_bytes += len(text) + length
            if more and self._held_bytes < HELD:
                return
            held, size, self._held, self._held_bytes = self._held, self._held_bytes, [], 0
            if size >= LARGE and self._behind is None:
                self._behind = Behind(self._write)
            if self._behind is None or not self._behind.took(held, size):
                self._write(held)

    def receive(self):
        """The next frame as (header, body); raises Closed at the end of the stream, Broken when it ends inside a frame."""
        header_length, body_length = LENGTHS.unpack(self._read(LENGTHS.size, at_start=True))
        if header_length > MAX_HEADER:
            raise Broken(f"a header of {header_length} bytes")
        # Both in one reading. Arrow wants its buffers, and so the body, on even addresses.
        start = -header_length % ALIGNMENT
        data = memoryview(self._read(header_length + body_length, start)).cast("B")
        header = json.loads(bytes(data[start : start + header_length]))
        if not isinstance(header, dict) or not isinstance(header.get("type"), str):
            raise Broken("a header without a type")
        return header, data[start + header_length :]

    def _write(self, parts):
        at = 0
        while at < len(parts):
            written = os.writev(self._write_fd, parts[at : at + IOV_MAX])
            while at < len(parts) and written >= len(parts[at]):
                written -= len(parts[at])
                at += 1
            if written > 0:
                parts[at] = memoryview(parts[at])[written:]

    def _read(self, length, start=0, at_start=False):
        """`length` bytes behind `start` unused ones."""
        data = self.allocate(start + length)
        view = memoryview(data)[start:]
        filled = 0
        while filled < length:
            got = self._fill(view[filled:])
            if got == 0:
                if at_start and filled == 0:
                    raise Closed
                raise Broken(f"the stream ended {length - filled} bytes early")
            filled += got
        return data

    def _fill(self, view):
        """Reads into all of `view` if it can: whoever comes back to Python for each chunk waits each time for a UDF that computes."""
        if self._socket is None:
            return os.readv(self._read_fd, [view])
        return self._socket.recv_into(view, view.nbytes, _socket.MSG_WAITALL)


class Behind:
    """A thread that writes what is to go out, in its order."""

    def __init__(self, write):
        self._write = write
        self._given = []
        self._given_bytes = 0
        self._busy = False
        self._changed = threading.Condition()
        self._error = None
        threading.Thread(target=self._run, daemon=True, name="dfx-writer").start()

    def took(self, parts, size):
        """False: it has nothing to do, and what is small is written faster than handed over. Raises what kept something from being written."""
        with self._changed:
            while self._busy and self._error is None and self._given_bytes + size >= WAITING:
                self._changed.wait()
            if self._error is not None:
                raise self._error
            if size < LARGE and not self._busy:
                return False
            self._given.extend(parts)
            self._given_bytes += size
            self._busy = True
            self._changed.notify_all()
            return True

    def _run(self):
        while True:
            with self._changed:
                while not self._given:
                    self._busy = False
                    self._changed.notify_all()
                    self._changed.wait()
                parts, self._given, self._given_bytes = self._given, [], 0
                self._changed.notify_all()
            try:
                self._write(parts)
            except OSError as error:
                with self._changed:
                    self._error = error
                    self._changed.notify_all()
                return


def socket_of(descriptor):
    """The descriptor as a socket, None where it is a pipe. Node's pipes are sockets."""
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
        return None
    made = _socket.socket(fileno=descriptor)
    IMMORTAL.append(made)
    return made
