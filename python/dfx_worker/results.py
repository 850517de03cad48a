"""A result on its way to the parent: its schema, then record batch messages in parts (docs/worker-protocol.md)."""

import io
import time

import pyarrow as pa

# One frame carries about this much, so that the parent never waits for a whole table.
PART = 1024 * 1024

# Of results that are to be flushed: so much, or for so many seconds, waits for more. To wake the parent costs as much as a light batch.
FLUSHED_PART = 256 * 1024
FLUSHED_AFTER = 0.05

END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"


class Head:
    """A result's schema, and what is made of it once for all results that have it."""

    def __init__(self, schema):
        self.schema = schema
        self.bytes = schema.serialize().to_pybytes() + END_OF_STREAM
        self.has_dictionaries = has_dictionaries(schema)


class ResultSink:
    """Encodes batches as messages and sends them as `result` frames.

    `schema`: or its Head. `flushed`: for a parent that waits for them; else in large parts.
    """

    def __init__(self, channel, job, schema, flushed=False):
        head = schema if isinstance(schema, Head) else Head(schema)
        self.rows = 0
        self.batches = 0
        self.schema = head.schema
        self._channel = channel
        self._job = job
        self._most = FLUSHED_PART if flushed else PART
        self._due = time.perf_counter() + FLUSHED_AFTER if flushed else None
        # Several are encoded one after the other faster than each behind a UDF.
        self._waiting = []
        self._waiting_bytes = 0
        self._pending = []
        self._messages = []
        self._pending_rows = 0
        self._stream = io.BytesIO()
        # Only a stream's writer puts dictionaries before the batches that need them.
        self._writer = pa.ipc.new_stream(self._stream, head.schema) if head.has_dictionaries else None
        channel.send({"type": "schema", "job": job}, head.bytes, more=True)

    def write(self, batch):
        self.rows += batch.num_rows
        self.batches += 1
        self._waiting.append(batch)
        self._waiting_bytes += batch.nbytes
        if self._waiting_bytes >= self._most or (self._due is not None and time.perf_counter() >= self._due):
            self.flush()

    def flush(self, more=False):
        """Sends what is there. `more`: the end of the job follows at once."""
        for batch in self._waiting:
            self._encode(batch)
        self._waiting = []
        self._waiting_bytes = 0
        if not self._messages:
            return
        header = {"type": "result", "job": self._job, "rows": self._pending_rows, "messages": self._messages}
        self._channel.send(header, *self._pending, more=more)
        self._pending = []
        self._messages = []
        self._pending_rows = 0
        if self._due is not None:
            self._due = time.perf_counter() + FLUSHED_AFTER

    def _encode(self, batch):
        if self._writer is None:
            self._add("batch", batch.num_rows, batch.serialize())
            return
        self._writer.write_batch(batch)
        written = self._stream.getvalue()
        self._stream.seek(0)
        self._stream.truncate()
        for message in pa.ipc.MessageReader.open_stream(pa.py_buffer(written)):
            if message.type == "record batch":
                self._add("batch", batch.num_rows, message.serialize())
            elif message.type == "dictionary":
                self._add("dictionary", 0, message.serialize())

    def _add(self, kind, rows, message):
        view = memoryview(message).cast("B")
        # Continuation marker, length of the metadata, metadata with its padding (Arrow IPC, "Encapsulated message format").
        metadata = 8 + int.from_bytes(view[4:8], "little")
        self._messages.append({"kind": kind, "metadata": metadata, "body": view.nbytes - metadata, "rows": rows})
        self._pending.append(view)
        self._pending_rows += rows


def has_dictionaries(schema):
    todo = [field.type for field in schema]
    while todo:
        kind = todo.pop()
        if pa.types.is_dictionary(kind):
            return True
        todo.extend(kind.field(at).type for at in range(kind.num_fields))
    return False
