"""One plan for all the batches that a parent sends: decoded, bound and planned once, and left open from job to job.

Planning costs the real engine about a millisecond, which is more than a light UDF takes for a batch. Here the engine reads a
table whose rows are the batches of the job at hand: each job puts them in one by one and takes the results out, and the engine is in the
middle of one and the same query all the while. Only plans that give a batch for each batch can be left open like that.
"""

import sys

import pyarrow as pa

from dfx_worker.results import Passing, widths_of

# Operators that hold nothing back: what goes in comes out as one batch, before the next one is asked for.
STRAIGHT = frozenset(("ProjectionExec", "CooperativeExec", "DatasetExec"))

# So many messages a worker plans one by one, before it imports what keeps a plan open: both cost about the same then.
PATIENCE = 32


class Brought:
    """The batches in the body of a job. `as_they_came`: none of them is empty, or was cut or joined.

    `key`: of the job (key_of); `passing`: a results.Passing for each batch, with its columns that are kept.
    """

    def __init__(self, body, key, schema, batches, as_they_came, passing=()):
        self.body = body
        self.key = key
        self.schema = schema
        self.batches = batches
        self.as_they_came = as_they_came
        self.passing = passing


class Opener:
    """What can be made of a frame's body before its turn is made by the thread that reads it, while a UDF works."""

    def __init__(self):
        # Of the job before: what is the same again is the same object.
        self._key = None
        self._schema = None
        # Places of the columns that are kept, and what results.widths_of says of them.
        self._kept = ()
        self._widths = []

    def opened(self, header, body):
        """A frame as the worker's main thread gets it."""
        try:
            if header["type"] != "job" or not brings_batches(header):
                return header, body
            # read-only, as what the engine hands over is: a UDF may get these very arrays
            stream = body[header.get("schemaBytes", 0) :].toreadonly()
            with pa.ipc.open_stream(pa.py_buffer(stream)) as incoming:
                came = list(incoming)
                schema = incoming.schema
            batches = list(cut(came, header.get("batchSize", 8192)))
            untouched = len(came) == len(batches) and all(made is one and one.num_rows > 0 for made, one in zip(batches, came))
            self._meet(key_of(header), schema, header.get("keep", ()))
            passing = [Passing([batch.column(place) for place in self._kept], self._widths) for batch in batches]
            return header, Brought(body, self._key, self._schema, batches, untouched, passing)
        except Exception:
            # What is wrong with it is told when its turn comes.
            return header, body

    def _meet(self, key, schema, keep):
        if key == self._key and schema.equals(self._schema, check_metadata=True):
            return
        kept = [schema.get_field_index(name) for name in keep]
        if -1 in kept:
            raise KeyError("a column to be kept isn't there")
        self._key, self._schema, self._kept = key, schema, kept
        self._widths = widths_of([schema.field(place).type for place in kept])


class OpenPlan:
    """A query over a Feed that was started and has not ended."""

    def __init__(self, feed, frame, kept=0):
        """`kept`: so many of its columns, at the front, are what went in."""
        self._feed = feed
        self._reader = pa.RecordBatchReader.from_stream(frame)
        self.schema = self._reader.schema
        self._kept = kept
        self._widths = widths_of(self.schema.types[:kept])
        # What its results begin with, once one does.
        self.head = None

    def results(self, brought):
        """For each batch the columns that are kept, a Passing, and those that were computed."""
        for batch in brought.batches:
            self._feed.put(batch)
            result = self._reader.read_next_batch()
            if result.num_rows != batch.num_rows:
                raise RuntimeError(f"{result.num_rows} rows came of a batch of {batch.num_rows}")
            columns = result.columns
            yield Passing(columns[: self._kept], self._widths), columns[self._kept :]


def is_straight(frame):
    """Whether each batch that goes into the plan comes out as one."""
    lines = frame.execution_plan().display_indent().splitlines()
    return all(line.split(":", 1)[0].strip() in STRAIGHT for line in lines if line.strip())


class Held:
    """What makes the results of the jobs at hand, for the next job that has the same expressions: without the engine, or its open plan.

    Either has `results(brought)`, and their `schema`.
    """

    def __init__(self):
        self._jobs = 0
        self._key = None
        self._schema = None
        self._direct = None
        self._unfit = False
        self._plan = None

    def plan_for(self, job, brought, direct_of, frame_of):
        """What gives the job's results, or None where the job has a plan of its own.

        `direct_of` gives a Direct (direct.py) or None for a schema, `frame_of` makes a query of a feed.
        """
        self._jobs += 1
        schema = brought.schema
        if brought.key != self._key or (schema is not self._schema and not schema.equals(self._schema, check_metadata=True)):
            self.close()
            self._key, self._schema = brought.key, schema
            # The engine asks for columns by their names.
            self._unfit = len(set(schema.names)) < len(schema) or not set(job.get("reads", ())) <= set(schema.names)
            if not self._unfit:
                self._direct = direct_of(schema)
        if self._direct is not None and brought.as_they_came:
            return self._direct
        if self._plan is None and not self._unfit and (self._jobs > PATIENCE or "pyarrow.dataset" in sys.modules):
            from dfx_worker.feed import Feed

            feed = Feed(schema)
            # Whatever fails here fails for each of the jobs.
            self._unfit = True
            frame = frame_of(feed)
            if is_straight(frame):
                self._unfit = False
                self._plan = OpenPlan(feed, frame, len(job.get("keep", ())))
        return self._plan

    def close(self):
        """After a failure: the query is in its middle, and so may be what a UDF keeps."""
        self._key = self._direct = self._plan = None


def brings_batches(job):
    """Whether a job is row-wise over batches in its body. The engine would leave a filter to pyarrow, which compares otherwise."""
    return (
        job["mode"] == "rows"
        and job.get("inBody") is True
        and job["input"]["format"] == "arrow"
        and not job.get("filter")
        and not job.get("windows")
        and job.get("limit") is None
    )


def key_of(job):
    """Jobs of one key have one plan, if their batches have one schema. Those of another run have another instant."""
    return repr([job["columns"], job.get("keep"), job.get("batchSize"), job.get("inlineCode"), job.get("now")])


def cut(batches, size):
    """The rows in batches of `size`, or of less where what came is of that many: small ones that came in several messages are one."""
    group, rows = [], 0
    for batch in batches:
        if rows > 0 and rows + batch.num_rows > size:
            yield from slices(joined(group), size)
            group, rows = [], 0
        group.append(batch)
        rows += batch.num_rows
    if group:
        yield from slices(joined(group), size)


def joined(batches):
    if len(batches) == 1:
        return batches[0]
    whole = pa.Table.from_batches(batches).combine_chunks().to_batches()
    # A table without rows has no batches, either.
    return whole[0] if whole else batches[0]


def slices(batch, size):
    if batch.num_rows <= size:
        yield batch
        return
    for start in range(0, batch.num_rows, size):
        yield batch.slice(start, size)
