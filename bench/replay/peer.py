"""What a user writes with the real package: decodes a payload, reads a file, evaluates, writes the result.

    python peer.py (aggregate|rows|filter) PAYLOAD INPUT [OUTPUT]
"""

import pathlib
import sys

import pyarrow as pa
from datafusion import SessionContext
from datafusion.expr import Expr

what, payload, source, *output = sys.argv[1:]
expression = Expr.from_bytes(pathlib.Path(payload).read_bytes())
context = SessionContext()
frame = context.read_csv(source) if source.endswith(".csv") else context.read_arrow(source, file_extension=".arrow")
if what == "aggregate":
    [batch] = frame.aggregate([], [expression]).collect()
    print(batch.column(0)[0].as_py())
elif what == "rows":
    batches = frame.select(expression.alias("value")).execute_stream()
    with pa.OSFile(output[0], "wb") as file:
        writer = None
        for batch in batches:
            batch = batch.to_pyarrow()
            writer = writer or pa.ipc.new_file(file, batch.schema)
            writer.write_batch(batch)
        writer.close()
elif what == "filter":
    frame.filter(expression).write_csv(output[0], with_header=True)
