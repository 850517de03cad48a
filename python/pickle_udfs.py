"""Pickles UDFs that a document names as `module:attribute`, with the cloudpickle of this interpreter.

Reads one JSON document from stdin and writes one to stdout:

    {"path": ["folder"], "name", "reference", "byValue", "inputSchema", "returnSchema", "stateSchema", "volatility"}
    {"python": [3, 11], "body": "base64"}
    {"error": {"kind": "cloudpickle" | "import" | "attribute" | "pickle", "message": "..."}}

Schemas are base64 of Arrow IPC streams; `stateSchema` is null but for aggregates.

The tuple is the one that datafusion's codec pickles. The module named is imported, and with it runs: it is the user's own. Names and
values come as data; no program text is put together here or by the caller.
"""

import base64
import importlib
import json
import os
import sys


class Refused(Exception):
    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def said(error):
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def find(reference):
    name, _, attribute = reference.partition(":")
    try:
        module = importlib.import_module(name)
    except Exception as error:  # the module's own code may raise anything
        raise Refused("import", said(error)) from error
    found = module
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise Refused("attribute", str(error)) from error
    if not callable(found):
        raise Refused("attribute", f"{attribute} is of the type {type(found).__name__}, which can't be called")
    return module, found


def body(request, cloudpickle):
    module, found = find(request["reference"])
    schemas = [
        base64.b64decode(request[key]) for key in ("inputSchema", "returnSchema", "stateSchema") if request[key] is not None
    ]
    if request["byValue"]:
        cloudpickle.register_pickle_by_value(module)
    try:
        return cloudpickle.dumps((request["name"], found, *schemas, request["volatility"]))
    except Exception as error:  # __reduce__ of anything captured may raise anything
        raise Refused("pickle", said(error)) from error
    finally:
        if request["byValue"]:
            cloudpickle.unregister_pickle_by_value(module)


def answer(request):
    try:
        import cloudpickle
    except ImportError as error:
        return {"error": {"kind": "cloudpickle", "message": said(error)}}
    # this script's own folder is no place for the user's modules
    sys.path[:1] = request["path"]
    try:
        pickled = body(request, cloudpickle)
    except Refused as refused:
        return {"error": {"kind": refused.kind, "message": str(refused)}}
    return {"python": list(sys.version_info[:2]), "body": base64.b64encode(pickled).decode("ascii")}


def main():
    # what the modules print must not get into the answer
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    json.dump(answer(json.load(sys.stdin)), out)
    out.flush()


if __name__ == "__main__":
    main()
