"""Turns what went wrong into the `failed` message (docs/worker-protocol.md, "failed")."""

import json
import re

from dfx_worker import telling
from dfx_worker.allowed import ModuleRefused

UNREGISTERED = re.compile(
    r"LogicalExtensionCodec is not provided for (scalar|aggregate|window) function (.+?)\"?\)?$"
    r"|There is no (UDF|UDAF|UDWF) named \"(.+?)\" in the"
)
REFUSED = re.compile(r"inlining is disabled|this job opens no inline UDF")
WRONG_LENGTH = re.compile(r"UDF (.+) returned a different number of rows than expected\. Expected: (\d+), Got: (\d+)")
# What the engine says of values, whatever type they are of.
ABOUT_VALUES = re.compile(r"divide by zero|overflow", re.I)
LONGEST = 500
FAMILIES = {"UDF": "scalar", "UDAF": "aggregate", "UDWF": "window"}
BAD_ROW = re.compile(r"Error while parsing value|incorrect number of fields|Csv error|Json error|Parquet error|^Io error|Ipc error", re.I)
CSV_FILE = re.compile(r"^Error when processing CSV file .*? caused by (?:Arrow error: )?(?:Csv error: )?", re.S)
TYPES = re.compile(r"coerc|cast|\btypes?\b|not supported for|requires|signature", re.I)
ENGINE_DEFECT = re.compile(r"\s*This issue was likely caused by a bug in DataFusion's code.*", re.S)
PREFIX = re.compile(r"^(DataFusion error: |Execution error: |External error: |Arrow error: )+")


def one_line(error):
    """The engine's message on one line, without its prefixes and without its request for a bug report."""
    text = ENGINE_DEFECT.sub("", telling.text_of(error))
    text = " ".join(part.strip() for part in text.splitlines() if part.strip())
    text = PREFIX.sub("", text) or telling.kind_of(error)
    # Some messages hold a whole expression as Rust prints it.
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"


LINE = re.compile(r"\b(at|for) line (\d+)")


def placed(failure, job):
    """The engine counts the records of a piece; messages count those of the input, the header among them."""
    before = job.get("before")
    if failure["code"] != "INPUT_ROW" or not job.get("inBody") or before is None:
        return failure
    header = 1 if (job["input"].get("csv") or {}).get("header", True) else 0
    shift = before["rows"] + header
    return {**failure, "message": LINE.sub(lambda found: f"{found[1]} line {int(found[2]) + shift}", failure["message"])}


def reading_failure(error):
    """Why the input can't be read: a row of it, or the whole file as what it is said to be."""
    message = one_line(error)
    code = "INPUT_ROW" if BAD_ROW.search(message) else "INPUT_FORMAT"
    return {"code": code, "message": CSV_FILE.sub("", message)}


def decoding_failure(error, watch):
    """Why `Expr.from_bytes` refused the payload."""
    unpickling = watch.unpickling
    if isinstance(unpickling, ModuleRefused):
        return {"code": "MODULE_REFUSED", "message": f"a UDF's pickle is refused as it is loaded: {unpickling}"}
    module = telling.missing_module(unpickling)
    if module is not None:
        udf = "the payload's UDF" if watch.unpickled is None else f"the UDF {json.dumps(watch.unpickled)}"
        return {
            "code": "ENVIRONMENT",
            "message": f"{udf} needs the Python module {module}",
            "module": module,
        }
    if unpickling is not None:
        return {
            "code": "EXECUTION",
            "message": f"a UDF can't be unpickled: {telling.told(unpickling, telling.text_of(unpickling) and one_line(unpickling))}",
        }
    message = one_line(error)
    if not watch.inline_code and REFUSED.search(message):
        return {"code": "STRICT", "message": "the engine met an inline UDF where none may be opened, and opened none"}
    found = UNREGISTERED.search(message)
    if found is not None:
        family = found.group(1) or FAMILIES[found.group(3)]
        return {"code": "UDF_NOT_REGISTERED", "message": message, "udf": {"name": found.group(2) or found.group(4), "family": family}}
    return {"code": "EXECUTION", "message": f"the engine can't decode the expression: {message}"}


def blame(error, watch):
    """Where the engine gave up over what a UDF returned, it is as if the UDF had raised."""
    if watch.raised is not None:
        return
    words = one_line(error)
    lengths = WRONG_LENGTH.search(words)
    if lengths is not None:
        watch.raised = watch.misshapen_by(*lengths.groups())
    elif watch.mistyped is not None and not ABOUT_VALUES.search(words):
        watch.raised = watch.mistyped
        watch.raised.traceback += f"DataFusion: {words}\n"


def running_failure(error, watch):
    """Why planning or running the expression failed."""
    blame(error, watch)
    raised = watch.raised
    if raised is not None and raised.type == ModuleRefused.__name__:
        message = f"the {raised.family} UDF {json.dumps(raised.name)} is refused as it runs: {raised.message}"
        return {"code": "MODULE_REFUSED", "message": message, "udf": {"name": raised.name, "family": raised.family}}
    if raised is not None and raised.module is not None:
        message = f"the {raised.family} UDF {json.dumps(raised.name)} needs the Python module {raised.module}"
        return {
            "code": "ENVIRONMENT",
            "message": message,
            "module": raised.module,
            "udf": {"name": raised.name, "family": raised.family},
        }
    if raised is not None:
        return {
            "code": "UDF_RAISED",
            "message": raised.message,
            "udf": {"name": raised.name, "family": raised.family},
            "exception": {
                "type": raised.type,
                "message": raised.message,
                "traceback": raised.traceback,
                "place": raised.place,
            },
        }
    if isinstance(error, KeyError):
        # pyarrow looks types up by their number: two kinds of intervals that the engine has are none of its own.
        return {"code": "UNSUPPORTED", "message": f"pyarrow has no type for the result (Arrow type id {error})"}
    message = one_line(error)
    return {"code": "INPUT_ROW" if BAD_ROW.search(message) else "EXECUTION", "message": message}


def without_merge(watch):
    """Why an accumulator has no partial results, None where it has: one worker never asks for them."""
    raised = watch.raised or watch.mistyped
    if raised is None or raised.method not in ("merge", "state"):
        return None
    if raised.returned:
        return f"the accumulator of {raised.name} has no fitting state: {raised.message}"
    if raised.type not in ("NotImplementedError", "AttributeError"):
        return None
    return f"the accumulator of {raised.name} has no {raised.method}()"


def is_about_types(failure):
    message = failure["message"]
    if "udf" in failure:
        return False  # its own result is of the wrong type, whatever the columns are
    return failure["code"] == "EXECUTION" and "not implemented" not in message and TYPES.search(message) is not None
