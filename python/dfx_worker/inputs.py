"""Reads the input of a job with the real engine, as a receiver with one partition and batches of 8,192 rows would."""

import contextlib
import os
import re
import tempfile

import pyarrow as pa
from datafusion import CsvReadOptions, SessionConfig, SessionContext

from dfx_worker import parts, streaming

# The engine takes a path for a pattern where it holds one of these.
PATTERN = re.compile(r"[*?\[]")

# A relation's name as the engine parses it: identifiers, bare or quoted, with dots between.
PART = re.compile(r'"((?:[^"]|"")*)"|`([^`]*)`|([A-Za-z_][A-Za-z0-9_$]*)')


class InputError(Exception):
    """The input can't be read as what the job says it is."""


# What most jobs ask for: rows of a batch, and partitions.
USUAL = (8192, 1)

# A session of the usual kind that no job has seen, made while there was nothing else to do.
_spare = None


def prepare_session():
    global _spare
    if _spare is None:
        _spare = new_session(*USUAL)


def session(batch_size, partitions=1):
    """One that no job has seen. `partitions`: what a plan may be cut into."""
    global _spare
    if _spare is None or (batch_size, partitions) != USUAL:
        return new_session(batch_size, partitions)
    made, _spare = _spare, None
    return made


def new_session(batch_size, partitions):
    """Nothing is dealt out anew, so that rows stay in the partition that they are in."""
    config = SessionConfig().with_target_partitions(partitions).with_batch_size(batch_size)
    if partitions > 1:
        config = config.with_repartition_file_scans(False).set("datafusion.optimizer.enable_round_robin_repartition", "false")
    return SessionContext(config)


class Source:
    """The part of the input that a job reads, as a DataFrame, and what is known of it once it is read."""

    def __init__(self, frame, size=0, start=0, end=0, lines=0, lengths=None):
        self.frame = frame
        # Rows of each batch; None where the engine cuts them.
        self.lengths = lengths
        # None where it isn't known before the result is.
        self.rows = None if lengths is None else sum(lengths)
        self._read = {"bytes": size, "start": start, "end": end, "lines": lines}

    def report(self, rows):
        return {"rows": rows if self.rows is None else self.rows, **self._read}


@contextlib.contextmanager
def opened_input(ctx, job, body):
    """The job's part of the input, for as long as the block lasts. Without an input it is one row without columns."""
    spec = job.get("input")
    if spec is None:
        yield Source(ctx.read_empty())
        return
    with contextlib.ExitStack() as stack:
        try:
            source = part_of_input(ctx, job, spec, body, stack)
        except Exception as error:
            raise InputError(str(error)) from error
        source.frame = named_table(source.frame, job)
        yield source


def named_table(frame, job):
    """The table under the name that the payloads' columns go by."""
    relation = relation_of(job)
    return frame if relation is None else frame.alias(quoted_relation(relation))


def part_of_input(ctx, job, spec, body, stack):
    split = job["split"]
    schema_bytes = job.get("schemaBytes", 0)
    if job.get("inBody"):
        rest = memoryview(body)[schema_bytes:]
        if spec["format"] == "arrow":
            batches = pa.ipc.open_stream(pa.py_buffer(rest))
            cut = list(streaming.cut(list(batches), job.get("batchSize", 8192)))
            return in_batches(ctx, batches.schema, cut, size=rest.nbytes)
        frame = ctx.read_csv(
            memory_file(rest, stack), options=csv_options(spec, extension="", header=False, schema=told_schema(body, schema_bytes))
        )
        return counted(ctx, job, frame, size=rest.nbytes)
    path = plain_path(spec["path"], stack)
    if split["kind"] == "rows":
        reads = job.get("reads", ())
        if spec["format"] == "parquet":
            whole = read(ctx, path, spec)
            schema, batches = parts.parquet_batches(whole, path, split["parts"], reads, job.get("batchSize", 8192))
        else:
            schema, batches = parts.arrow_batches(path, split["parts"], reads)
            batches = parts.gathered(batches, job.get("batchSize", 8192))
        return in_batches(ctx, schema, batches)
    if split["kind"] == "bytes":
        data, start, end = parts.lines_of(path, split)
        frame = read(ctx, memory_file(data, stack), spec, told_schema(body, schema_bytes))
        return counted(ctx, job, frame, size=len(data), start=start, end=end, lines=data.count(b"\n"))
    schema = told_schema(body, schema_bytes) if schema_bytes > 0 else None
    return Source(read(ctx, path, spec, schema), size=os.path.getsize(path))


def plain_path(path, stack):
    """The same file under a name that the engine takes for no pattern."""
    if not PATTERN.search(path):
        return path
    scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="dfx-"))
    plain = os.path.join(scratch, "input" + os.path.splitext(path)[1])
    os.symlink(os.path.abspath(path), plain)
    return plain


def told_schema(body, length):
    """The input's schema, which the parent put before everything else."""
    return pa.ipc.read_schema(pa.py_buffer(body[:length]))


def counted(ctx, job, frame, **read):
    """A piece of text. Where its result doesn't say how many rows it has, it is read before anything else, and counted."""
    if job["mode"] == "rows" and not job.get("filter") and job.get("limit") is None:
        return Source(frame, **read)
    return in_batches(ctx, frame.schema(), frame.collect(), **read)


def in_batches(ctx, schema, batches, **read):
    lengths = [batch.num_rows for batch in batches]
    return Source(in_memory(ctx, schema, batches), **{"size": sum(batch.nbytes for batch in batches), **read, "lengths": lengths})


def in_memory(ctx, schema, batches):
    return ctx.create_dataframe([batches or [pa.RecordBatch.from_pylist([], schema=schema)]], schema=schema)


def memory_file(data, stack):
    """A path under which the engine reads `data`: no disk is written where the system has files in memory."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("dfx")
        path = f"/proc/self/fd/{descriptor}"
        stack.callback(os.close, descriptor)
    else:
        descriptor, path = tempfile.mkstemp(prefix="dfx-")
        stack.callback(os.unlink, path)
        stack.callback(os.close, descriptor)
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    return path


def relation_of(job):
    """The table name that the payloads' columns go by, or None. The parent gives no job with two."""
    chosen = [*job["columns"], *([job["filter"]] if job.get("filter") else [])]
    return next((one["relation"] for one in chosen if one["relation"] is not None), None)


def csv_options(spec, extension, header, schema):
    csv = spec.get("csv") or {}
    given = {name: csv[name] for name in ("quote", "escape") if csv.get(name) is not None}
    if csv.get("nullText") is not None:
        given["null_regex"] = f"^{re.escape(csv['nullText'])}$"
    return CsvReadOptions(
        has_header=header, delimiter=csv.get("delimiter", ","), file_extension=extension, schema=schema, **given
    )


def read(ctx, path, spec, schema=None):
    extension = os.path.splitext(path)[1]
    kind = spec["format"]
    if kind == "csv":
        header = (spec.get("csv") or {}).get("header", True)
        return ctx.read_csv(path, options=csv_options(spec, extension, header, schema))
    if kind == "arrow":
        return ctx.read_arrow(path, file_extension=extension)
    if kind == "parquet":
        return ctx.read_parquet(path, file_extension=extension)
    if kind == "ndjson":
        return ctx.read_json(path, schema=schema, file_extension=extension)
    raise InputError(f"unknown input format {kind}")


def quoted_relation(relation):
    """The alias under which the engine finds columns of `relation`.

    The decoder keeps the case of a relation that came in bytes, `DataFrame.alias` folds it: each part goes in quotes.
    Anything that isn't up to three identifiers is one bare name to the decoder.
    """
    text = relation.strip()
    parts = []
    at = 0
    while found := PART.match(text, at):
        double, back, bare = found.groups()
        parts.append(double.replace('""', '"') if double is not None else back if back is not None else bare)
        at = found.end()
        if at == len(text) and len(parts) <= 3:
            return ".".join(quote(part) for part in parts)
        if text[at : at + 1] != ".":
            break
        at += 1
    return quote(relation)


def quote(name):
    return '"' + name.replace('"', '""') + '"'
