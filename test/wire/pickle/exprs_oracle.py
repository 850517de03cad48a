"""Pickles real expressions in every protocol, alone and in containers, and tells their protobuf bytes.

Reads {"pickles": [hex]} and tells what pickle.loads makes of each, as canonical names.
"""

import json
import pickle
import sys

from datafusion import col, lit
from datafusion import functions as f

request = json.load(sys.stdin)
a = col("a") * lit(2) + lit(1)
# Bytes at and around the size where CPython's pickler puts a string outside its frame.
texts = {n: lit("x" * n) for n in (10, 200, 300, 65_300, 65_500, 65_520, 65_536, 70_000, 140_000)}
b = f.sqrt(col("é\\\n\r")) > lit("\x1a\u0000")
exprs = [a, b, *texts.values()]
told = {"exprs": [], "containers": [], "loaded": []}
for expr in exprs:
    told["exprs"].append(
        {
            "proto": expr.to_bytes().hex(),
            "pickles": [pickle.dumps(expr, protocol).hex() for protocol in range(6)],
        }
    )
shared = [a, a, {"k": a, 7: (b,)}, [], {}, ()]
for protocol in range(6):
    told["containers"].append(pickle.dumps(shared, protocol).hex())
told["loaded"] = [pickle.loads(bytes.fromhex(text)).canonical_name() for text in request["pickles"]]
told["names"] = [a.canonical_name(), b.canonical_name()]
json.dump(told, sys.stdout)
