"""Reads {"protos": [[hex]]} and tells each expression's canonical name as the real Expr.from_bytes decodes it."""

import json
import sys

from datafusion.expr import Expr

protos = json.load(sys.stdin)["protos"]
json.dump([[Expr.from_bytes(bytes.fromhex(proto)).canonical_name() for proto in each] for each in protos], sys.stdout)
