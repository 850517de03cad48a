"""Over which rows of its split a UDF failed, told from the calls that it has had (docs/worker-protocol.md, `rows`)."""

from datafusion import Expr

from dfx_worker import inputs


def rows_of(raised, done, lengths, batch_size, rest):
    """`{"first", "last"}`, counted from 1, or None where nobody can tell.

    `done`: rows whose result is there; None where results come at the end alone. `lengths`: the batches of the input, None where
    the engine cuts them; `rest(offset)` then counts the rows of a batch from `offset` on.

    A UDF inside of a CASE gets some rows of a batch only: its calls say no more then than which batch it was.
    """
    if raised.rows is None:
        return None
    start, length, row = raised.rows
    offset = start if done is None else done
    here = length_at(lengths, offset, batch_size) if lengths is not None else rest(offset)
    if not here:
        return None
    # A file of the engine's own reading may come in longer batches where a UDF is called than where rows are counted.
    here = max(here, length)
    # Calls over whole batches add up to the rows before.
    whole = start == offset and length == here
    if not whole and done is None:
        return None
    if whole and row is not None:
        return {"first": offset + row + 1, "last": offset + row + 1}
    return {"first": offset + 1, "last": offset + here}


def length_at(lengths, offset, batch_size):
    """Rows of the batch that starts at `offset`: the engine cuts longer ones."""
    end = 0
    for length in lengths:
        end += length
        if offset < end:
            return min(batch_size, end - offset)
    return 0


def rest_of_batch(frame, offset):
    """Rows from `offset` to the end of the batch that has it: the input is read once more, as the engine cuts it."""
    names = frame.schema().names[:1]
    end = 0
    for stream in frame.select(*(Expr.column(inputs.quote(name)) for name in names)).execute_stream_partitioned():
        for batch in stream:
            end += batch.to_pyarrow().num_rows
            if offset < end:
                return end - offset
    return 0
