"""Starts a worker: `python -u -X faulthandler python/dfx_worker/__main__.py`, with its channel on descriptors 3 and 4.

`… __main__.py fork 8` starts the parent of up to eight workers (zygote.py); names of modules may follow.
"""

import os
import sys


def start():
    # Python puts the folder of this file first on the path: its modules would be importable under bare names, and could
    # answer an import of the payload's. The folder above is needed for a few imports only.
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and sys.path[0] and os.path.abspath(sys.path[0]) == here:
        del sys.path[0]
    sys.path.insert(0, os.path.dirname(here))
    forking = sys.argv[1:2] == ["fork"]
    try:
        if forking:
            from dfx_worker import zygote
        else:
            from dfx_worker import serve
    finally:
        del sys.path[0]
    if forking:
        zygote.main(int(sys.argv[2]), sys.argv[3:])
    else:
        serve.main()


if __name__ == "__main__":
    start()
