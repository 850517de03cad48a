"""Tells the version of the Python that runs it."""

import json
import sys

json.dump(list(sys.version_info[:2]), sys.stdout)
