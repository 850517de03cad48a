"""One plan for all the batches that a parent sends: decoded, bound and planned once, and left open from job to job.

Planning costs the real engine about a millisecond, which is more than a light UDF takes for a batch. Here the engine reads a
table whose rows are the batch of the job at hand: each job puts its batch in and takes the result out, and the engine is in the
middle of one and the same query all the while. Only plans that give a batch for each batch can be left open like that.
"""

import collections

import pyarrow as pa
import pyarrow.dataset

# Operators that hold nothing back: what goes in comes out as one batch, before the next one is asked for.
STRAIGHT = frozenset(("ProjectionExec", "CooperativeExec", "DatasetExec"))


class Feed(pyarrow.dataset.Dataset):
    """A table of the engine whose batches are put in while it is read. It is its own one fragment, and its scanner."""

    def __init__(self, schema):  # pyarrow's own constructor only says that there is none
        self._schema = schema
        self._names = schema.names
        self._waiting = collections.deque()

    @property
    def schema(self):
        return self._schema

    @property
    def projected_schema(self):
        return pa.schema([self._schema.field(name) for name in self._names], metadata=self._schema.metadata)

    def get_fragments(self, filter=None):
        return [self]

    def scanner(self, schema=None, columns=None, filter=None, batch_size=None):
        if filter is not None:
            raise NotImplementedError("a filter that is left to the input")
        self._names = self._schema.names if columns is None else columns
        return self

    def to_batches(self):
        return self

    def put(self, batch):
        self._waiting.append(batch if len(self._names) == len(self._schema) else batch.select(self._names))

    def __iter__(self):
        return self

    def __next__(self):
        if not self._waiting:
            raise StopIteration
        return self._waiting.popleft()


class OpenPlan:
    """A query over a Feed that was started and has not ended."""

    def __init__(self, feed, frame):
        self._feed = feed
        self._reader = pa.RecordBatchReader.from_stream(frame)
        self.schema = self._reader.schema

    def results(self, batches):
        for batch in batches:
            self._feed.put(batch)
            result = self._reader.read_next_batch()
            if result.num_rows != batch.num_rows:
                raise RuntimeError(f"{result.num_rows} rows came of a batch of {batch.num_rows}")
            yield result


def is_straight(frame):
    """Whether each batch that goes into the plan comes out as one."""
    lines = frame.execution_plan().display_indent().splitlines()
    return all(line.split(":", 1)[0].strip() in STRAIGHT for line in lines if line.strip())


class Held:
    """The plan that is open, for the next job that has it."""

    def __init__(self):
        self._key = None
        self._schema = None
        self._unfit = None
        self._plan = None

    def plan_for(self, job, schema, frame_of):
        """The open plan of the job, or None where its plan isn't one that can stay open. `frame_of` makes a query of a feed."""
        key = key_of(job)
        if self._plan is not None and key == self._key and schema.equals(self._schema, check_metadata=True):
            return self._plan
        self.close()
        # The engine asks for columns by their names.
        if key == self._unfit or len(set(schema.names)) < len(schema) or not set(job.get("reads", ())) <= set(schema.names):
            return None
        feed = Feed(schema)
        frame = frame_of(feed)
        if not is_straight(frame):
            self._unfit = key
            return None
        self._key, self._schema, self._plan = key, schema, OpenPlan(feed, frame)
        return self._plan

    def close(self):
        """After a failure, in whose middle the query is."""
        self._plan = None


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
    """Jobs of one key have one plan, if their batches have one schema."""
    return repr([job["columns"], job.get("keep"), job.get("batchSize"), job.get("inlineCode"), job.get("now")])


def cut(batches, size):
    """The rows in batches of `size`, as the engine would have them; what came in several messages is one batch again."""
    if len(batches) > 1 and sum(batch.num_rows for batch in batches) <= size:
        batches = pa.Table.from_batches(batches).combine_chunks().to_batches()
    for batch in batches:
        if batch.num_rows <= size:
            yield batch
            continue
        for start in range(0, batch.num_rows, size):
            yield batch.slice(start, size)
