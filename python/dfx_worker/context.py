"""Where a UDF runs, for UDFs that ask: `from dfx_worker import context; context.current().split`.

There is such a module in workers of `dfx run` only: a UDF that is to run elsewhere, too, imports it in a `try`. It is loaded when
the first UDF imports it, and what it tells is known anyway: payloads that don't ask pay nothing.
"""

import os
from typing import NamedTuple, Optional, Tuple

from dfx_worker import udfs


class Context(NamedTuple):
    """A call of a UDF."""

    udf: Optional[str]
    """Its name, None outside of a call."""
    split: int
    """The part of the input that is read, counted from 0 in the order of the input."""
    attempt: int
    """How many workers died over the split before this one."""
    first_row: Optional[int]
    """The rows of the input before the split; None where that isn't known, as of CSV and NDJSON behind the first split."""
    rows: Optional[Tuple[int, int]]
    """Where in the split the rows of the call start and end, as far as the UDF was given all; None outside of a call."""
    pid: int


def current():
    """The context of the call at hand; RuntimeError where no job runs."""
    watch = udfs.installed
    if watch is None or watch.job is None:
        raise RuntimeError("dfx_worker.context is for UDFs that dfx runs")
    job = watch.job
    before = job.get("before")
    name, rows = watch.called or (None, None)
    return Context(
        udf=name,
        split=job.get("splitNumber", 0),
        attempt=job.get("attempt", 0),
        first_row=None if before is None else before["rows"],
        rows=rows,
        pid=os.getpid(),
    )
