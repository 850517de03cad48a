"""A table of the engine whose rows are put in while it is read.

A module of its own, since it imports pyarrow.dataset, which takes a tenth of a second: workers with few batches do without.
"""

import collections

import pyarrow as pa
import pyarrow.dataset


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
