"""Spark with pandas UDFs, one core, as a process that answers each JSON line with one. One mode a process: Spark reads it at its start.

    python spark_peer.py (true|false)
"""

import json
import os
import sys
import time

# Answers go to a descriptor of their own: the JVM's words don't mix with them.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")

import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402
from pyspark import SparkConf, version  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql.functions import col, pandas_udf  # noqa: E402

conf = SparkConf().setMaster("local[1]").setAppName("dfx-bench")
conf.set("spark.ui.enabled", "false").set("spark.ui.showConsoleProgress", "false")
conf.set("spark.driver.memory", "4g")
conf.set("spark.python.worker.reuse", "true")
conf.set("spark.python.udf.pipelined.enabled", sys.argv[1])
session = SparkSession.builder.config(conf=conf).getOrCreate()
session.sparkContext.setLogLevel("ERROR")


@pandas_udf("long")
def add_one(ids: pd.Series) -> pd.Series:
    return ids + 1


@pandas_udf("long")
def times_two(ids: pd.Series) -> pd.Series:
    return ids * 2


@pandas_udf("long")
def minus_one(ids: pd.Series) -> pd.Series:
    return ids - 1


@pandas_udf("long")
def rounds(ids: pd.Series) -> pd.Series:
    result = ids + 1
    for _ in range(20):
        result = result + ids % 7 - 3
    return result


@pandas_udf("long")
def nap(ids: pd.Series) -> pd.Series:
    time.sleep(0.010)
    return ids + 1


UDFS = {"add_one": add_one, "times_two": times_two, "minus_one": minus_one, "rounds": rounds, "nap": nap}


def frame(request):
    columns = [UDFS[name](col("id")).alias(name) for name in request["udfs"]]
    return session.range(0, request["rows"], 1, 1).select(*columns)


def answer(request):
    match request["do"]:
        case "versions":
            return {"spark": version.__version__, "pandas": pd.__version__, "pyarrow": pa.__version__}
        case "write":
            table = frame(request).toArrow()
            with pa.OSFile(request["path"], "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
                writer.write_table(table)
            return {}
        case "time":
            chosen = frame(request)
            started = time.perf_counter_ns()
            chosen.write.format("noop").mode("overwrite").save()
            return {"us": (time.perf_counter_ns() - started) / 1000}
        case other:
            raise ValueError(f"no request {other!r}")


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), file=answers, flush=True)
session.stop()
