"""Runs one job: decodes its expressions, reads its input, sends the result as one Arrow IPC stream or file."""

import itertools
import time

import pyarrow as pa
from datafusion import Expr, functions

from dfx_worker import failures, inputs

# One frame carries at most about this much of the result's stream, so that the parent never waits for a whole table.
CHUNK = 1024 * 1024


class Failed(Exception):
    """The job failed; `fields` go into the `failed` message, `body` behind it."""

    def __init__(self, fields, body=b""):
        super().__init__(fields["message"])
        self.fields = fields
        self.body = body


class ResultSink:
    """A file for pyarrow's stream writer: sends what is written as `result` frames."""

    def __init__(self, channel, job):
        self._channel = channel
        self._job = job
        self._pending = bytearray()
        self._written = 0
        self.closed = False

    def write(self, data):
        view = memoryview(data).cast("B")
        self._pending += view
        self._written += view.nbytes
        if len(self._pending) >= CHUNK:
            self.flush()
        return view.nbytes

    def tell(self):
        return self._written

    def flush(self):
        if self._pending:
            self._channel.send({"type": "result", "job": self._job}, self._pending)
            self._pending = bytearray()

    def close(self):
        self.closed = True


def run(channel, job, payloads, watch):
    """Evaluates `job` and sends `result` frames and `done`; raises Failed."""
    watch.clear()
    ctx = inputs.session(job.get("batchSize", 8192))
    # Both bars: the session that opens no frame, and the unpickler that is never reached.
    watch.inline_code = job.get("inlineCode") is True
    decoder = ctx.with_python_udf_inlining(enabled=watch.inline_code)
    started = time.perf_counter()
    try:
        expressions = [decode(decoder, payloads, column["payload"], watch) for column in job["columns"]]
        with inputs.opened_input(ctx, job.get("input"), job.get("relation")) as frame:
            check_columns(frame, job.get("reads", ()))
            opened = time.perf_counter()
            rows, batches = send_result(channel, job, frame, expressions, watch)
    except inputs.InputError as error:
        raise Failed(failures.reading_failure(error)) from None
    finished = time.perf_counter()
    channel.send(
        {
            "type": "done",
            "job": job["job"],
            "rows": rows,
            "batches": batches,
            "seconds": {"open": opened - started, "evaluate": finished - opened},
        }
    )


def decode(ctx, payloads, digest, watch):
    if digest not in payloads:
        raise Failed({"code": "DEFECT", "message": f"payload {digest} was never sent"})
    try:
        return Expr.from_bytes(payloads[digest], ctx)
    except BaseException as error:
        raise Failed(failures.decoding_failure(error, watch)) from None


def check_columns(frame, reads):
    """A missing column is a wrong call, not a failed run: the parent words it, with the schema that the body holds."""
    schema = frame.schema()
    missing = [name for name in reads if name not in schema.names]
    if missing:
        fields = {"code": "COLUMN_MISSING", "message": "columns are missing", "missing": missing}
        raise Failed(fields, schema.serialize())


def send_result(channel, job, frame, expressions, watch):
    planned = False
    try:
        if job["shape"] == "value":
            plan = frame.aggregate([], expressions)
        elif job.get("windows"):
            plan = in_input_order(frame, distinct(expressions))
        else:
            plan = frame.select(*distinct(expressions))
        reader = pa.RecordBatchReader.from_stream(plan)
        planned = True
        schema = named(reader.schema, job["columns"])
        sink = ResultSink(channel, job["job"])
        rows = batches = 0
        new_writer = pa.ipc.new_file if job.get("container") == "file" else pa.ipc.new_stream
        with new_writer(sink, schema) as writer:
            for batch in reader:
                rows += batch.num_rows
                batches += 1
                writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
        sink.flush()
        return rows, batches
    except BaseException as error:
        failure = failures.running_failure(error, watch)
        # Before the first batch most failures are about types: the parent can say which columns the engine saw.
        shown = not planned and failures.is_about_types(failure)
        raise Failed(failure, types_of(frame, job.get("reads", ())) if shown else b"") from None


def types_of(frame, reads):
    return pa.schema([field for field in frame.schema() if field.name in reads]).serialize()


def in_input_order(frame, expressions):
    """The engine hands rows on as a window's ORDER BY sorted them: a row number taken before puts them back."""
    taken = set(frame.schema().names)
    place = next(name for name in (f"dfx_row_{at}" for at in itertools.count()) if name not in taken)
    numbered = frame.with_column(place, functions.row_number())
    position = Expr.column(place)
    return numbered.select(*expressions, position).sort(position.sort()).drop(place)


def distinct(expressions):
    """The engine wants a name of its own for each column of a select; one expression keeps its own.

    A name with a NUL in it can't cross Arrow's C data interface, so that one goes too.
    """
    if len(expressions) == 1 and "\x00" not in expressions[0].schema_name():
        return expressions
    return [expression.alias(f"dfx_{at}") for at, expression in enumerate(expressions)]


def named(schema, columns):
    """The result's columns by their labels. A payload that gives several columns (a wildcard) keeps their own names."""
    if len(schema) != len(columns):
        return schema
    return pa.schema([field.with_name(column["name"]) for field, column in zip(schema, columns)])
