"""UDFs over columns of a batch, called without the engine.

Where an expression is nothing but a call, the engine would call the UDF with the very same arrays, after it has taken them over from
Python and given them back: a light UDF takes less time than that. What a UDF sees, and what becomes of its result, is the same here:
arrays that begin with their buffers, which nobody may write to. Whatever might not be is left to the engine: nested types and
dictionaries, which it takes apart and puts together again.
"""

import pyarrow as pa

from dfx_worker.returned import same_type
from dfx_worker.udfs import Doubt


class Call:
    """A UDF over columns at `places`; `function` as the watch wraps it."""

    def __init__(self, function, places):
        self.function = function
        self.places = places

    def of(self, batch, watch):
        value = self.function(*[batch.column(place) for place in self.places])
        if isinstance(value, pa.Array) and same_type(value.type, self.function.returns) and len(value) == batch.num_rows:
            return value
        # What the engine makes of it is the engine's to say.
        watch.doubted = True
        raise Doubt(f"a result of {self.function.name} that doesn't fit")


class Direct:
    """What makes the columns of a result: those that are kept, and Calls. `schema`: of the result."""

    def __init__(self, schema, calls, watch):
        self.schema = schema
        # What its results begin with, once one does (OpenPlan).
        self.head = None
        self._calls = calls
        self._watch = watch

    def results(self, brought):
        """For each batch the columns that are kept, a Passing, and those that were computed."""
        for batch, passing in zip(brought.batches, brought.passing):
            yield passing, [call.of(batch, self._watch) for call in self._calls]


def direct_of(job, schema, planned, decoded, watch):
    """None where the engine is needed.

    `schema`: of the input, no name in it twice; `planned`: of the result, as the engine has planned it; `decoded`: of each expression
    (the expression, what its frames held).
    """
    kept = [schema.get_field_index(name) for name in job.get("keep", ())]
    calls = [call_of(expression, udfs, schema) for expression, udfs in decoded]
    if None in calls or -1 in kept:
        return None
    # The engine calls what is there twice once, and looks closer than at names.
    if len({(call.function.name, call.places) for call in calls}) < len(calls):
        return None
    types = [schema.field(place).type for place in kept] + [call.function.returns for call in calls]
    agree = len(types) == len(planned) and all(map(same_type, types, planned.types))
    return Direct(planned, calls, watch) if agree else None


def call_of(expression, udfs, schema):
    if len(udfs) != 1 or expression.variant_name() != "ScalarFunction":
        return None
    function = udfs[0][1]
    operands = expression.rex_call_operands()
    if expression.rex_call_operator() != function.name or not operands:
        return None
    if any(operand.variant_name() != "Column" for operand in operands):
        return None
    places = tuple(schema.get_field_index(operand.to_variant().name()) for operand in operands)
    takes, returns = function.takes, function.returns
    if -1 in places or takes is None or returns is None or len(takes) != len(places):
        return None
    if not all(map(is_flat, [*takes, returns])):
        return None
    # The engine casts what is of another type than declared.
    if not all(same_type(schema.field(place).type, kind) for place, kind in zip(places, takes)):
        return None
    return Call(function, places)


def is_flat(kind):
    return kind.num_fields == 0 and not pa.types.is_dictionary(kind)
