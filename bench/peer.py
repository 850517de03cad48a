"""The real package as a process that answers each JSON line with one: it makes a payload, and times its own reader."""

import base64
import json
import platform
import sys
import time

import datafusion
import pyarrow
from datafusion import col, udf
from datafusion.expr import Expr


def make(size):
    """A predicate as a UDF that captured its threshold and a text, as the package's multiprocessing example ships one."""
    threshold = 10
    padding = "x" * size

    def above(values):
        import pyarrow.compute as pc

        return pc.fill_null(pc.and_(pc.greater(values, threshold), bool(padding)), False)

    return udf(above, [pyarrow.int64()], pyarrow.bool_(), "immutable", "above")(col("value")).to_bytes()


kept = b""


def answer(request):
    global kept
    match request["do"]:
        case "versions":
            return {
                "python": platform.python_version(),
                "datafusion": datafusion.__version__,
                "pyarrow": pyarrow.__version__,
            }
        case "make":
            return {"payload": base64.b64encode(make(request["size"])).decode()}
        case "check":
            kept = base64.b64decode(request["payload"])
            return {"same": Expr.from_bytes(kept).to_bytes() == kept}
        case "time":
            started = time.perf_counter_ns()
            for _ in range(request["calls"]):
                Expr.from_bytes(kept)
            return {"us": (time.perf_counter_ns() - started) / 1000 / request["calls"]}
        case other:
            raise ValueError(f"no request {other!r}")


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
