"""Writes an Arrow file of one column, `id`, with the whole numbers from 0 up.

    python make_ids.py FILE ROWS ROWS_OF_A_BATCH
"""

import sys

import pyarrow as pa

path, rows, batch_rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
schema = pa.schema([pa.field("id", pa.int64(), nullable=False)])
with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, schema) as writer:
    for start in range(0, rows, batch_rows):
        ids = pa.array(range(start, min(rows, start + batch_rows)), pa.int64())
        writer.write_batch(pa.record_batch([ids], schema=schema))
