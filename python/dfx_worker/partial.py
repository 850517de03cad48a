"""Aggregates in two steps: the state after each part of the input, then one value from all states.

The engine's own plan has both steps where its input has several partitions: `AggregateExec: mode=Partial` below, `mode=Final`
above. A `partial` job executes the lower part over its split. A `merge` job makes the same plan over no rows, puts the states
in the place of the lower part, and executes the rest. So every state, its type and its merge are the engine's own.

States come one record batch a split: an accumulator is merged once for each, with arrays of length 1, in the order of the
splits. Some accumulators that people write read only the first row of a state.
"""

import base64
import math

import pyarrow as pa
from datafusion import ExecutionPlan, functions, literal, udf
from datafusion.user_defined import AggregateUDF

from dfx_worker import plan_bytes

PARTIAL = "AggregateExec: mode=Partial"

# The states' schema says which columns they were computed from: the merge plans over the same ones.
INPUT_SCHEMA = b"dfx.input"
# How many columns the state of each aggregate has.
COUNTS = b"dfx.counts"


class NotMergeable(Exception):
    """The engine's plan can't be cut in two."""


def state_of(ctx, frame, condition, expression):
    """The columns of the state after the rows of `frame`, each with one row."""
    _, lower = cut(two_step_plan(frame, condition, expression))
    table = pa.Table.from_batches([batch.to_pyarrow() for batch in ctx.execute(lower, 0)])
    if table.num_rows != 1:
        raise NotMergeable(f"the engine gave {table.num_rows} rows of states")
    refuse_overflow(table)
    return table.columns


def refuse_overflow(table):
    """Past the largest float, infinities meet otherwise in parts than in one go: inf is NaN then, or NaN inf.

    The engine names a state's columns `avg(…)[sum]`; minima and maxima are `[value]`. A NaN in a sum was there from the start.
    """
    for field, column in zip(table.schema, table.columns):
        value = column[0].as_py() if pa.types.is_floating(field.type) and field.name.endswith("]") else None
        if value is None or math.isfinite(value) or field.name.endswith("[value]"):
            continue
        if math.isinf(value) or not field.name.endswith("[sum]"):
            raise NotMergeable("a sum of floats is infinite in a part of the rows, or no number")


def joined(schema, states):
    """The states of several aggregates as one batch with columns `s0`, `s1`, …; `schema` is that of the input."""
    counts = ",".join(str(len(columns)) for columns in states)
    metadata = {INPUT_SCHEMA: base64.b64encode(schema.serialize().to_pybytes()), COUNTS: counts.encode()}
    columns = [column for state in states for column in state]
    fields = [pa.field(f"s{at}", column.type) for at, column in enumerate(columns)]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata)).combine_chunks().to_batches()[0]


def taken_apart(batches):
    """The batches of each aggregate's states."""
    start = 0
    for count in batches[0].schema.metadata[COUNTS].decode().split(","):
        end = start + int(count)
        yield [batch.select(range(start, end)).replace_schema_metadata(None) for batch in batches]
        start = end


def input_schema(batches):
    """The columns that states were computed from."""
    return read_schema(base64.b64decode(batches[0].schema.metadata[INPUT_SCHEMA]))


def merged(ctx, frame, condition, expression, udfs, batches):
    """The one row that an aggregate's states in `batches` give. `frame` has the states' input schema; its rows aren't read."""
    plan = replaced(ctx, two_step_plan(frame, condition, expression), udfs, batches)
    table = pa.Table.from_batches([batch.to_pyarrow() for batch in ctx.execute(plan, 0)])
    planned = frame.aggregate([], [expression]).schema().types
    if table.schema.types != planned or table.num_rows != 1:
        raise NotMergeable(f"merged, it gives {table.num_rows} rows of {table.schema.types}, expected one of {planned}")
    return table


def check(ctx, frame, condition, expression, udfs):
    """Raises NotMergeable where states over the columns of `frame` couldn't be merged; no row is read."""
    plan = two_step_plan(frame, condition, expression)
    _, lower = cut(plan)
    try:
        empty = [batch.to_pyarrow().slice(0, 0) for batch in ctx.execute(lower, NO_ROWS)]
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


def two_step_plan(frame, condition, expression):
    """The engine's plan of the aggregate over `frame`, which has two partitions."""
    if condition is not None:
        frame = frame.filter(condition)
    plan = frame.aggregate([], [expression]).execution_plan()
    if find(plan) is None:
        # Counts and extremes of a table in memory are known to the optimizer, which computes nothing then. It knows nothing of
        # rows behind a condition that it can't foresee.
        plan = frame.filter(functions.random() >= literal(0.0)).aggregate([], [expression]).execution_plan()
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
    """A table whose first partition holds the rows: with one partition the engine takes both steps at once.

    Nobody reads the others. One holds a row, since of a table without rows the optimizer knows every aggregate; NO_ROWS has no
    batch, so that no UDF is called for it.
    """
    empty = pa.RecordBatch.from_pylist([], schema=schema)
    return ctx.create_dataframe([batches or [empty], [any_row(schema)], []], schema=schema)


NO_ROWS = 2


def any_row(schema):
    return pa.RecordBatch.from_arrays([any_value(field) for field in schema], schema=schema)


def any_value(field):
    if field.nullable:
        return pa.nulls(1, field.type)
    for value in (0, "", b"", False, [], {}):
        try:
            return pa.array([value], type=field.type)
        except (pa.ArrowException, TypeError, ValueError, AttributeError):
            continue
    raise NotMergeable(f"no value of the type {field.type} is known")


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
