"""The frames between parent and worker (docs/worker-protocol.md, "Frames").

A frame is `header length u32 LE | body length u32 LE | header | body`: the header is a JSON object with a `type`, the body
is bytes that the header speaks of.
"""

import json
import os
import struct
import threading

LENGTHS = struct.Struct("<II")

# A header names columns and messages, never data: a longer one is a stray byte in the stream.
MAX_HEADER = 16 * 1024 * 1024


class Closed(Exception):
    """The other side has closed its end between two frames."""


class Broken(Exception):
    """The bytes aren't frames."""


class Channel:
    """Two descriptors with a frame reader and a frame writer. Writing is safe from several threads."""

    def __init__(self, read_fd, write_fd):
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._writing = threading.Lock()

    def send(self, header, body=b""):
        """Writes one frame, whole. `body` is anything with the buffer protocol."""
        text = json.dumps(header, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace")
        view = memoryview(body).cast("B")
        with self._writing:
            self._write(LENGTHS.pack(len(text), view.nbytes) + text)
            self._write(view)

    def receive(self):
        """The next frame as (header, body); raises Closed at the end of the stream, Broken when it ends inside a frame."""
        lengths = self._read(LENGTHS.size, at_start=True)
        header_length, body_length = LENGTHS.unpack(lengths)
        if header_length > MAX_HEADER:
            raise Broken(f"a header of {header_length} bytes")
        header = json.loads(self._read(header_length))
        if not isinstance(header, dict) or not isinstance(header.get("type"), str):
            raise Broken("a header without a type")
        return header, self._read(body_length)

    def _write(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self._write_fd, view) :]

    def _read(self, length, at_start=False):
        data = bytearray(length)
        view = memoryview(data)
        filled = 0
        while filled < length:
            got = os.readv(self._read_fd, [view[filled:]])
            if got == 0:
                if at_start and filled == 0:
                    raise Closed
                raise Broken(f"the stream ended {length - filled} bytes early")
            filled += got
        return bytes(data)
