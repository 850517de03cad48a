"""What docs/distributing.md says of the engine, asked of the engine: prints one JSON object of answers."""

import json
import pickle
import sys
import tempfile
import threading

import cloudpickle
import pyarrow as pa
from datafusion import SessionContext, col, lit, udf
from datafusion import functions as f
from datafusion.expr import Expr
from datafusion.ipc import clear_sender_ctx, clear_worker_ctx, set_sender_ctx, set_worker_ctx

request = json.load(sys.stdin)
INT = pa.int64()


def make(function, name):
    return udf(function, [INT], INT, "immutable", name)


def capturing(thing):
    def body(a):
        return thing and a

    return body


def decoded(data, ctx=None):
    try:
        return Expr.from_bytes(data, ctx).canonical_name()
    except Exception as error:
        return f"refused: {error}"


def inline(data):
    return b"DFPYUDF" in data


told = {}
plain = col("a") + lit(1)
told["pickle runs only the method"] = b"_make_function" in pickle.dumps(plain)
told["cloudpickle sends its code"] = b"_make_function" in cloudpickle.dumps(plain)
told["a cloudpickle loads"] = pickle.loads(cloudpickle.dumps(plain)).canonical_name()

lock = make(capturing(threading.Lock()), "locked")(col("a")).to_bytes()
told["a lock travels"] = inline(lock)
told["by name it is refused"] = decoded(lock).startswith("refused")
told["a generator travels"] = inline(make(capturing(n for n in [1]), "generated")(col("a")).to_bytes())
with tempfile.NamedTemporaryFile("w+") as file:
    file.write("the contents of the file")
    file.flush()
    with open(file.name) as reading, open(file.name, "a") as writing:
        data = make(capturing(reading), "reads")(col("a")).to_bytes()
        told["a file for reading travels, contents"] = [inline(data), b"the contents of the file" in data]
        told["a file for writing travels"] = inline(make(capturing(writing), "writes")(col("a")).to_bytes())

strict = SessionContext().with_python_udf_inlining(enabled=False)
u = make(lambda a: a, "own")
by_name = u(col("a")).to_bytes(strict)
told["a strict sender sends code"] = inline(by_name)
told["a strict receiver takes code"] = not decoded(u(col("a")).to_bytes(), strict).startswith("refused")
receiver = SessionContext()
told["by name, unregistered"] = not decoded(by_name, receiver).startswith("refused")
receiver.register_udf(u)
told["by name, registered"] = decoded(by_name, receiver)
told["by name abs"] = decoded(make(capturing(threading.Lock()), "abs")(col("a")).to_bytes())

set_sender_ctx(strict)
told["sender context"] = inline(pickle.dumps(u(col("a"))))
other = []
thread = threading.Thread(target=lambda: other.append(inline(pickle.dumps(u(col("a"))))))
thread.start()
thread.join()
told["sender context in another thread"] = other[0]
clear_sender_ctx()
set_worker_ctx(receiver)
told["worker context"] = decoded(by_name)
clear_worker_ctx()
SessionContext.global_ctx().register_udf(u)
told["global context"] = decoded(by_name)

nested = col("a")
for _ in range(49):
    nested = f.sqrt(nested)
told["49 calls"] = not decoded(nested.to_bytes()).startswith("refused")
told["50 calls"] = not decoded(f.sqrt(nested).to_bytes()).startswith("refused")
chain = col("a")
for _ in range(200):
    chain = chain + lit(1)
told["a chain of 200"] = not decoded(chain.to_bytes()).startswith("refused")
told["Float16"] = decoded(lit(pa.scalar(1.5, pa.float16())).to_bytes())
alias = col("a").alias("x", metadata={"k": "v"}).to_bytes()
told["metadata is written, and kept"] = [b"k" in alias, b"k" in Expr.from_bytes(alias).to_bytes()]

told["source UDF"] = [
    list(SessionContext().from_arrow(pa.table({"value": [3, 17]})).select(Expr.from_bytes(bytes.fromhex(data))).to_pydict().values())
    for data in request["sources"]
]
json.dump(told, sys.stdout)
