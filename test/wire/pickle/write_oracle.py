"""Loads pickles of plain data with the machine in C and tells each as repr. Reads and writes a JSON list."""

import json
import pickle
import sys

json.dump([repr(pickle.loads(bytes.fromhex(text))) for text in json.load(sys.stdin)], sys.stdout)
