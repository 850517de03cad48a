"""UDFs of other libraries by FFI: what capsules.test.ts gives to `--register`, and capsule_payloads.py makes payloads of."""

import datafusion_extra_functions as extra
import pyarrow as pa
from datafusion import udaf, udf
from geodatafusion import native

# An object that exports a capsule, and a capsule by itself.
point = udf(native.Point())
x = udf(native.X().__datafusion_scalar_udf__())
as_text = udf(native.AsText())
from_text = udf(native.GeomFromText())
skewness = udaf(extra.udaf_by_name("skewness"))
mode = udaf(extra.udaf_by_name("mode").__datafusion_aggregate_udf__())
# One of Python beside them.
half = udf(lambda values: pa.array([value / 2 for value in values.to_pylist()], pa.float64()), [pa.float64()], pa.float64(), "immutable", "half")


def register(ctx):
    for function in (point, x, as_text, from_text, half):
        ctx.register_udf(function)
    for function in (skewness, mode):
        ctx.register_udaf(function)
