"""Sleeps for ten milliseconds as often as it is told, and gives the microseconds that it took: what a run of sleeping batches can't go below."""

import json
import sys
import time

for line in sys.stdin:
    started = time.perf_counter_ns()
    for _ in range(json.loads(line)["times"]):
        time.sleep(0.010)
    print(json.dumps({"us": (time.perf_counter_ns() - started) / 1000}), flush=True)
