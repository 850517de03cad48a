"""Says whether two results are equal: exits with 1 and a sentence where they aren't.

    python equal.py value FILE FILE      one number each; sums of floats may differ by 1e-12 of themselves
    python equal.py arrow FILE FILE      one column; the real package gives rows in any order where it runs on two cores
    python equal.py csv FILE FILE        lines after the header, in any order
"""

import math
import pathlib
import sys

import pyarrow as pa
import pyarrow.compute as pc

what, *files = sys.argv[1:]
if what == "value":
    ours, theirs = (float(pathlib.Path(file).read_text()) for file in files)
    if not math.isclose(ours, theirs, rel_tol=1e-12):
        sys.exit(f"found {ours}, expected {theirs}")
elif what == "arrow":
    columns = [pa.ipc.open_file(pa.memory_map(file)).read_all().column(0).combine_chunks() for file in files]
    if columns[0].type != columns[1].type or len(columns[0]) != len(columns[1]):
        sys.exit(f"found {len(columns[0])} rows of {columns[0].type}, expected {len(columns[1])} of {columns[1].type}")
    ours, theirs = (column.take(pc.sort_indices(column)) for column in columns)
    if not ours.equals(theirs):
        sys.exit("found other values")
elif what == "csv":
    lines = []
    for file in files:
        header, *rest = pathlib.Path(file).read_bytes().split(b"\n")
        lines.append((header, sorted(rest)))
    if lines[0] != lines[1]:
        sys.exit(f"found {len(lines[0][1])} other lines, expected {len(lines[1][1])}")
