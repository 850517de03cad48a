"""Says whether two Arrow files hold equal columns, in order: exits with 1 and a sentence where they don't. Names and nullability may differ.

    python equal_tables.py FILE FILE
"""

import sys

import pyarrow as pa

ours, theirs = (pa.ipc.open_file(pa.memory_map(file)).read_all() for file in sys.argv[1:])
if ours.schema.types != theirs.schema.types or ours.num_rows != theirs.num_rows:
    sys.exit(f"found {ours.num_rows} rows of {ours.schema.types}, expected {theirs.num_rows} of {theirs.schema.types}")
for name, own, other in zip(ours.column_names, ours.columns, theirs.columns):
    if not own.equals(other):
        sys.exit(f"found other values in {name}")
