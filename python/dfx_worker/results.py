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

# Arrow IPC pads buffers to this.
ALIGNMENT = 8


class Head:
    """A result's schema, and what is made of it once for all results that have it."""

    def __init__(self, schema):
        self.schema = schema
        self.bytes = schema.serialize().to_pybytes() + END_OF_STREAM
        self.has_dictionaries = has_dictionaries(schema)
        self.widths = widths_of(schema.types)
        # Of the last batch without nulls of such columns: its rows, and the metadata of its message, which depends on nothing else.
        self.plain = (0, b"")


class Passing:
    """Columns of a batch that are kept. They lie in memory that nobody writes to.

    `parts`: the bytes of their values, where each of them is nothing but values; else None.
    """

    def __init__(self, columns, widths):
        """`widths`: as widths_of has them."""
        self.columns = columns
        self.parts = None
        if widths is not None and not any(column.null_count for column in columns):
            self.parts = [part_of(column, width, len(column)) for column, width in zip(columns, widths)]


class ResultSink:
    """Encodes batches as messages and sends them as `result` frames.

    `schema`: or its Head. `flushed`: for a parent that waits for them; else in large parts.
    """

    def __init__(self, channel, job, schema, flushed=False):
        head = schema if isinstance(schema, Head) else Head(schema)
        self.rows = 0
        self.batches = 0
        self.schema = head.schema
        self._head = head
        self._channel = channel
        self._job = job
        self._most = FLUSHED_PART if flushed else PART
        self._due = time.perf_counter() + FLUSHED_AFTER if flushed else None
        self._pending = []
        self._pending_bytes = 0
        self._messages = []
        self._pending_rows = 0
        self._stream = io.BytesIO()
        # Only a stream's writer puts dictionaries before the batches that need them.
        self._writer = pa.ipc.new_stream(self._stream, head.schema) if head.has_dictionaries else None
        channel.send({"type": "schema", "job": job}, head.bytes, more=True)

    def write(self, batch):
        self._encode(batch)
        self._wrote(batch.num_rows)

    def write_columns(self, passing, columns, rows):
        """`passing`: a Passing; `columns`: those behind it. A UDF may use the memory of its result again."""
        if self._head.widths is None or rows == 0 or passing.parts is None or any(column.null_count for column in columns):
            self._encode(pa.RecordBatch.from_arrays([*passing.columns, *columns], schema=self.schema))
        else:
            self._encode_plain(passing.parts, columns, rows)
        self._wrote(rows)

    def _wrote(self, rows):
        self.rows += rows
        self.batches += 1
        if self._pending_bytes >= self._most or (self._due is not None and time.perf_counter() >= self._due):
            self.flush()

    def flush(self, more=False):
        """Sends what is there. `more`: the end of the job follows at once."""
        if not self._messages:
            return
        header = {"type": "result", "job": self._job, "rows": self._pending_rows, "messages": self._messages}
        self._channel.send(header, *self._pending, more=more)
        self._pending = []
        self._pending_bytes = 0
        self._messages = []
        self._pending_rows = 0
        if self._due is not None:
            self._due = time.perf_counter() + FLUSHED_AFTER

    def _encode(self, batch):
        if self._writer is None:
            self._add_message("batch", batch.num_rows, batch.serialize())
            return
        self._writer.write_batch(batch)
        written = self._stream.getvalue()
        self._stream.seek(0)
        self._stream.truncate()
        for message in pa.ipc.MessageReader.open_stream(pa.py_buffer(written)):
            if message.type == "record batch":
                self._add_message("batch", batch.num_rows, message.serialize())
            elif message.type == "dictionary":
                self._add_message("dictionary", 0, message.serialize())

    def _encode_plain(self, kept, columns, rows):
        """As `_encode`, but what nobody writes to is sent from where it lies, and the metadata is that of a batch before."""
        widths = self._head.widths[len(kept) :]
        values = [*kept, *[bytes(part_of(column, width, rows)) for column, width in zip(columns, widths)]]
        known, metadata = self._head.plain
        if known != rows:
            metadata = metadata_of(self.schema, values, rows)
            self._head.plain = (rows, metadata)
        pieces = [metadata]
        for piece in values:
            pieces.append(piece)
            if len(piece) % ALIGNMENT > 0:
                pieces.append(bytes(-len(piece) % ALIGNMENT))
        self._add("batch", rows, len(metadata), pieces)

    def _add_message(self, kind, rows, message):
        view = memoryview(message).cast("B")
        self._add(kind, rows, metadata_length(view), [view])

    def _add(self, kind, rows, metadata, pieces):
        length = sum(len(piece) for piece in pieces)
        self._messages.append({"kind": kind, "metadata": metadata, "body": length - metadata, "rows": rows})
        self._pending.extend(pieces)
        self._pending_bytes += length
        self._pending_rows += rows


def part_of(column, width, rows):
    """The bytes of the values, without what may lie before and behind them."""
    start, length = column.offset * width, rows * width
    part = memoryview(column.buffers()[1])[start : start + length]
    if len(part) < length:
        raise ValueError(f"a column of {rows} values has {len(part)} bytes, expected {length}")
    return part


def metadata_of(schema, values, rows):
    """Of the message of a batch that has just these bytes. Arrow would send what pads a buffer, too, and say so there."""
    arrays = [pa.Array.from_buffers(kind, rows, [None, pa.py_buffer(part)]) for kind, part in zip(schema.types, values)]
    message = memoryview(pa.RecordBatch.from_arrays(arrays, schema=schema).serialize()).cast("B")
    length = metadata_length(message)
    padded = sum(len(part) + -len(part) % ALIGNMENT for part in values)
    if message.nbytes - length != padded:
        raise ValueError(f"a message of {message.nbytes - length} bytes for columns of {padded}")
    return bytes(message[:length])


def metadata_length(message):
    """Continuation marker, length of the metadata, metadata with its padding (Arrow IPC, "Encapsulated message format")."""
    return 8 + int.from_bytes(message[4:8], "little")


def widths_of(types):
    """Bytes of a value of each type, None where some column isn't one buffer of such."""
    widths = []
    for kind in types:
        if not pa.types.is_primitive(kind) or pa.types.is_boolean(kind):
            return None
        widths.append(kind.bit_width // 8)
    return widths


def has_dictionaries(schema):
    todo = [field.type for field in schema]
    while todo:
        kind = todo.pop()
        if pa.types.is_dictionary(kind):
            return True
        todo.extend(kind.field(at).type for at in range(kind.num_fields))
    return False
