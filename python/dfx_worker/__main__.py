"""Starts a worker: `python -u -X faulthandler python/dfx_worker/__main__.py`, with the pipes on descriptors 3 and 4."""

import os
import sys


def start():
    # Python puts the folder of this file first on the path: its modules would be importable under bare names, and could
    # answer an import of the payload's. The folder above is needed for one import only.
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and sys.path[0] and os.path.abspath(sys.path[0]) == here:
        del sys.path[0]
    sys.path.insert(0, os.path.dirname(here))
    try:
        from dfx_worker import serve
    finally:
        del sys.path[0]
    serve.main()


if __name__ == "__main__":
    start()
