"""Aggregates in two steps: the state after each part of the input, then one value from all states.

The engine's own plan has both steps where its input has several partitions: `AggregateExec: mode=Partial` below, `mode=Final`
above. A `partial` job executes the lower part over its split. A `merge` job makes the same plan over no rows, puts the states
in the place of the lower part, and executes the rest. So every state, its type and its merge are the engine's own.

States come one record batch a split: an accumulator is merged once for each, with arrays of length 1, in the order of the
splits. Some accumulators that people write read only the first row of a state.
"""

import base64

import pyarrow as pa
from datafusion import ExecutionPlan, functions, literal, udf
from datafusion.user_defined import AggregateUDF

from dfx_worker import plan_bytes

PARTIAL = "AggregateExec: mode=Partial"

# The states' schema says what the columns were that they were computed from: the merge plans over the same ones.
INPUT_SCHEMA = b"dfx.input"


class NotMergeable(Exception):
    """The engine's plan can't be cut in two."""


def states(ctx, frame, condition, expressions):
    """The state after the rows of `frame`, as one batch with columns `s0`, `s1`, …"""
    _, lower = cut(two_step_plan(frame, condition, expressions))
    table = pa.Table.from_batches([batch.to_pyarrow() for batch in ctx.execute(lower, 0)])
    if table.num_rows != 1:
        raise NotMergeable(f"the engine gave {table.num_rows} rows of states")
    metadata = {INPUT_SCHEMA: base64.b64encode(frame.schema().serialize().to_pybytes())}
    fields = [pa.field(f"s{at}", field.type) for at, field in enumerate(table.schema)]
    return pa.Table.from_arrays(table.columns, schema=pa.schema(fields, metadata)).to_batches()[0]


def input_schema(batches):
    """The columns that states were computed from."""
    return read_schema(base64.b64decode(batches[0].schema.metadata[INPUT_SCHEMA]))


def merged(ctx, frame, condition, expressions, udfs, batches):
    """The one row that the states in `batches` give, as a table. `frame` has the states' input schema and no rows."""
    batches = [batch.replace_schema_metadata(None) for batch in batches]
    plan = replaced(ctx, two_step_plan(frame, condition, expressions), udfs, batches)
    table = pa.Table.from_batches([batch.to_pyarrow() for batch in ctx.execute(plan, 0)])
    planned = frame.aggregate([], expressions).schema().types
    if table.schema.types != planned:
        raise NotMergeable(f"merged, it gives {table.schema.types}, expected {planned}")
    return table


def check(ctx, frame, condition, expressions, udfs):
    """Raises NotMergeable where states over the columns of `frame` couldn't be merged; no row is read."""
    plan = two_step_plan(frame, condition, expressions)
    _, lower = cut(plan)
    try:
        empty = [batch.to_pyarrow().slice(0, 0) for batch in ctx.execute(lower, 1)]
        replaced(ctx, plan, udfs, empty)
    except NotMergeable:
        raise
    except Exception as error:
        raise NotMergeable(f"the engine can't hand its plan on: {error}") from None


def replaced(ctx, plan, udfs, batches):
    """The plan with `batches` in the place of its lower part."""
    upper, _ = cut(plan)
    writer = with_udfs(ctx, udfs)
    # A batch of its own for each state: nothing on the way joins them.
    source = ctx.create_dataframe([batches]).execution_plan()
    whole = plan.to_bytes(writer)
    changed = plan_bytes.replace(whole, upper.to_bytes(writer), source.to_bytes(writer))
    if changed is None:
        raise NotMergeable("the engine's plan doesn't hold its own part")
    return ExecutionPlan.from_bytes(writer, changed)


def two_step_plan(frame, condition, expressions):
    """The engine's plan of the aggregates over `frame`, which has two partitions."""
    if condition is not None:
        frame = frame.filter(condition)
    plan = frame.aggregate([], expressions).execution_plan()
    if find(plan) is None:
        # Counts and extremes of a table in memory are known to the optimizer, which computes nothing then. It knows nothing of
        # rows behind a condition that it can't foresee.
        plan = frame.filter(functions.random() >= literal(0.0)).aggregate([], expressions).execution_plan()
    return plan


def cut(plan):
    """What hands the states on, and what makes them."""
    found = find(plan)
    if found is None:
        raise NotMergeable("the engine plans no partial aggregate")
    return found


def find(plan):
    """The lower part and the node above it, or None; the way there has no forks."""
    above, node = None, plan
    while not node.display().startswith(PARTIAL):
        children = node.children()
        if len(children) != 1:
            return None
        above, node = node, children[0]
    return None if above is None else (above, node)


def table_of(ctx, schema, batches):
    """A table whose first partition holds the rows: with one partition the engine takes both steps at once."""
    empty = pa.RecordBatch.from_pylist([], schema=schema)
    return ctx.create_dataframe([batches or [empty], [empty]], schema=schema)


def with_udfs(ctx, tuples):
    """A session that knows the inline UDFs by name: a plan's bytes need not carry them then."""
    session = ctx.with_python_udf_inlining(enabled=False)
    for parts in tuples:
        register(session, parts)
    return session


def register(session, parts):
    """Names stand for the UDFs; none of them is called while states are merged, but the aggregates."""
    if len(parts) == 6:
        name, function, inputs, returns, state, volatility = parts
        # `udaf()` would make an accumulator to look at it.
        session.register_udaf(AggregateUDF(name, function, types(inputs), types(returns)[0], types(state), volatility))
    else:
        name, function, inputs, returns, volatility = parts
        session.register_udf(udf(function, types(inputs), types(returns)[0], volatility, name))


def types(data):
    return list(read_schema(data).types)


def read_schema(data):
    return pa.ipc.read_schema(pa.py_buffer(data))
