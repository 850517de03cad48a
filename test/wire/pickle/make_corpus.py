"""Makes corpus.json: small pickles with what CPython's own machine makes of them.

    python test/wire/pickle/make_corpus.py > test/wire/pickle/corpus.json

`value` comes from the standard library's pure-Python unpickler, whose imports are replaced by symbols that write down what is
done to them; `ops` comes from `pickletools.genops`. Nothing that a pickle names is imported.
"""

import collections
import datetime
import decimal
import functools
import io
import json
import pickle
import pickletools
import platform
import struct
import sys
import uuid


class Symbol:
    """Stands for whatever the pickle imports or makes; writes down what happens to it."""

    def __init__(self, told):
        self.__dict__["told"] = told
        self.__dict__["items"] = []
        self.__dict__["pairs"] = []
        self.__dict__["state"] = None

    def __call__(self, *args, **kwargs):
        return Symbol(["call", self, list(args), kwargs])

    def __new__(cls, *args, **kwargs):
        return object.__new__(cls)

    def append(self, item):
        self.items.append(item)

    def extend(self, items):
        self.items.extend(items)

    def add(self, item):
        self.items.append(item)

    def __setitem__(self, key, value):
        self.pairs.append((key, value))

    def __setstate__(self, state):
        self.__dict__["state"] = (state,)


class Machine(pickle._Unpickler):
    dispatch = dict(pickle._Unpickler.dispatch)

    def find_class(self, module, name):
        return Symbol(["global", module, name])

    def persistent_load(self, pid):
        return Symbol(["persistent", pid])

    def get_extension(self, code):
        self.append(Symbol(["extension", code]))

    def load_newobj(self):
        args = self.stack.pop()
        cls = self.stack.pop()
        self.append(Symbol(["call", cls, list(args), {}]))

    dispatch[pickle.NEWOBJ[0]] = load_newobj

    def load_newobj_ex(self):
        kwargs = self.stack.pop()
        args = self.stack.pop()
        cls = self.stack.pop()
        self.append(Symbol(["call", cls, list(args), kwargs]))

    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex


def told(value, path=()):
    """The value as JSON; a value inside itself is told as how many levels up it stands."""
    if value is None:
        return ["none"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", struct.pack(">d", value).hex() if value == value else "nan"]
    if isinstance(value, str):
        return ["str", value]
    if isinstance(value, memoryview):
        return ["buffer", value.readonly]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, bytearray):
        return ["bytearray", value.hex()]
    for up, outer in enumerate(reversed(path)):
        if outer is value:
            return ["up", up]
    inner = path + (value,)
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [told(item, inner) for item in value]]
    if isinstance(value, (set, frozenset)):
        return [type(value).__name__, sorted([told(item, inner) for item in value], key=json.dumps)]
    if isinstance(value, dict):
        return ["dict", [[told(k, inner), told(v, inner)] for k, v in value.items()]]
    assert isinstance(value, Symbol), value
    kind = value.told[0]
    if kind == "global":
        return value.told
    if kind == "extension":
        return value.told
    if kind == "persistent":
        return ["persistent", told(value.told[1], inner)]
    _, callee, args, kwargs = value.told
    return [
        "call",
        told(callee, inner),
        [told(arg, inner) for arg in args],
        [[k, told(v, inner)] for k, v in kwargs.items()],
        None if value.state is None else told(value.state[0], inner),
        [told(item, inner) for item in value.items],
        [[told(k, inner), told(v, inner)] for k, v in value.pairs],
    ]


def argument(value):
    if value is None:
        return None
    if isinstance(value, (bytes, bytearray)):
        return ["hex", bytes(value).hex()]
    if isinstance(value, float):
        return ["float", struct.pack(">d", value).hex() if value == value else "nan"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(value)]
    return ["str", value]


def operations(data):
    """None where pickletools itself can't read an argument that the machine reads, such as INT 0x1f."""
    try:
        list(pickletools.genops(data))
    except ValueError:
        return None
    return [[pos, op.name, argument(arg)] for op, arg, pos in pickletools.genops(data)]


Point = collections.namedtuple("Point", "x y")


class Plain:
    def __init__(self):
        self.a = 1


class Slots:
    __slots__ = ("a", "b")


class WithNew:
    def __getnewargs_ex__(self):
        return (1, "two"), {"three": 3}


class Stack(list):
    pass


class Ordered(dict):
    pass


class Bag(set):
    pass


def samples():
    loop = []
    loop.append(loop)
    ring = {}
    ring["me"] = (ring,)
    shared = [1, 2]
    plain = Plain()
    plain.self = plain
    slots = Slots()
    slots.a, slots.b = 1, "b"
    stack = Stack([1, 2, 3])
    stack.name = "s"
    yield "none", None
    yield "booleans", [True, False]
    yield "integers", [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1]
    yield "long integers", [2**40, 2**53, -(2**53), 2**63, -(2**63), 2**64, 10**40, -(10**40), 2**2000, -128, 127, 128]
    yield "very long integer", 3**2000
    yield "floats", [0.0, -0.0, 1.5, -2.25, 1e300, 5e-324, float("inf"), float("-inf"), float("nan"), 0.1]
    yield "texts", ["", "a", "é", "日本", "\U0001f600", "\n\\ \\u1234 \r\x00\x1a", "x" * 300, "\ud800", "a\udfffb", "\\\\u0041"]
    yield "bytes", [b"", b"a", bytes(range(256)), b"x" * 300]
    yield "bytearray", bytearray(b"abc")
    yield "tuples", [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((((),),),)]
    yield "lists", [[], [1], [1, [2, [3]]], list(range(5))]
    yield "dicts", [{}, {"a": 1}, {1: "x", (1, 2): None}, {"__proto__": 1, "10": 2, "9": 3}]
    yield "sets", [set(), {1, 2}, frozenset(), frozenset({"a"})]
    yield "shared", [shared, shared, (shared, shared)]
    yield "cyclic list", loop
    yield "cyclic dict", ring
    yield "global", collections.OrderedDict
    yield "nested global", [io.BytesIO, functools.partial]
    yield "named tuple", Point(1, 2)
    yield "object", plain
    yield "slots", slots
    yield "new with keywords", WithNew()
    yield "list subclass", stack
    yield "dict subclass", Ordered(a=1, b=2)
    yield "set subclass", Bag([1])
    yield "ordered dict", collections.OrderedDict([("a", 1), ("b", 2)])
    yield "counter", collections.Counter("abca")
    yield "deque", collections.deque([1, 2], maxlen=3)
    yield "standard library", [datetime.datetime(2024, 1, 2, 3, 4, 5), decimal.Decimal("1.50"), uuid.UUID(int=7), 1 + 2j, range(3), slice(1, 2)]
    yield "partial", functools.partial(int, "10", base=2)
    yield "exception", ValueError("x")
    yield "many", list(range(1100))
    yield "memo beyond a byte", [str(i) for i in range(300)] * 2


# What no pickler of today writes.
HANDMADE = [
    ("STRING", b"S'abc\\n\\x41\\101\\'\\q'\n."),
    ("STRING in double quotes", b'S"a\'b"\n.'),
    ("BINSTRING", b"T\x03\x00\x00\x00abc."),
    ("SHORT_BINSTRING", b"U\x03abc."),
    ("BINUNICODE8", b"\x8d\x03\x00\x00\x00\x00\x00\x00\x00abc."),
    ("BINBYTES8", b"\x8e\x03\x00\x00\x00\x00\x00\x00\x00abc."),
    ("BYTEARRAY8", b"\x80\x05\x96\x03\x00\x00\x00\x00\x00\x00\x00abc."),
    ("LONG1 of nothing", b"\x8a\x00."),
    ("LONG4", b"\x8b\x03\x00\x00\x00\x01\x02\xff."),
    ("INT in hexadecimal", b"I0x1f\n."),
    ("INT in octal", b"I017\n."),
    ("LONG without L", b"L-12345678901234567890\n."),
    ("LONG with L", b"L12345678901234567890L\n."),
    ("FLOAT", b"F1e10\n."),
    ("POP", b"K\x01K\x020."),
    ("POP of a mark", b"K\x01(0."),
    ("POP_MARK", b"K\x01(K\x02K\x031."),
    ("DUP", b"]2\x86."),
    ("LIST", b"(K\x01K\x02l."),
    ("DICT", b"(K\x01K\x02K\x03K\x04d."),
    ("INST", b"(K\x01K\x02ia.b\nC\n."),
    ("INST with state", b"(ia.b\nC\n}X\x01\x00\x00\x00aK\x01sb."),
    ("OBJ", b"(ca.b\nC\nK\x01K\x02o."),
    ("PERSID", b"Pabc\n."),
    ("BINPERSID", b"K\x07Q."),
    ("EXT1", b"\x80\x02\x82\x05."),
    ("EXT2", b"\x80\x02\x83\x05\x01."),
    ("EXT4", b"\x80\x02\x84\x05\x01\x02\x03."),
    ("GET and PUT in text", b"K\x05p7\n0g7\n."),
    ("LONG_BINPUT far away", b"K\x05r\x00\x00\x00\x7f0j\x00\x00\x00\x7f."),
    ("MEMOIZE after PUT", b"\x80\x04K\x05q\x05K\x06\x940h\x05."),
    ("NEXT_BUFFER", b"\x80\x05\x97."),
    ("READONLY_BUFFER", b"\x80\x05\x97\x98."),
    ("dotted STACK_GLOBAL", b"\x80\x04\x8c\x02os\x8c\x0bpath.exists\x93."),
    ("APPEND to an object", b"ca\nB\n)RK\x01a."),
    ("SETITEMS to an object", b"ca\nB\n)R(K\x01K\x02u."),
    ("ADDITEMS to an object", b"\x80\x04ca\nB\n)R(K\x01K\x02\x90."),
    ("two BUILDs", b"ca\nB\n)RK\x01bK\x02b."),
    ("PROTO twice", b"\x80\x02\x80\x04K\x01."),
    ("bytes behind STOP", b"K\x01.garbage"),
    ("frame", b"\x80\x04\x95\x04\x00\x00\x00\x00\x00\x00\x00K\x01\x85."),
    ("raw unicode escapes", b"Va\\u00e9\\U0001f600\\\\u0041\\q\xe9\n."),
    ("list that holds itself", b"]2a."),
]


def load(data):
    """The machine in C reads integers as strtol does, octal included; the one in Python doesn't."""
    try:
        return Machine(io.BytesIO(data), buffers=[memoryview(bytearray(b"x"))]).load()
    except ValueError:
        return pickle.loads(data)


def entry(name, data):
    return {
        "name": name,
        "hex": data.hex(),
        "value": told(load(data)),
        "ops": operations(data),
    }


def main():
    entries = []
    for name, value in samples():
        for protocol in range(6):
            try:
                data = pickle.dumps(value, protocol)
            except (pickle.PicklingError, TypeError, UnicodeEncodeError):
                continue
            # Long pickles of numbers say the same in each protocol.
            if len(data) > 1500 and protocol != 4:
                continue
            entries.append(entry(f"{name}, protocol {protocol}", data))
    for name, data in HANDMADE:
        entries.append(entry(name, data))
    told_all = {
        "provenance": {
            "script": "test/wire/pickle/make_corpus.py",
            "python": platform.python_version(),
            "implementation": platform.python_implementation(),
        },
        "entries": entries,
    }
    out = ['{"provenance": ' + json.dumps(told_all["provenance"]) + ', "entries": [']
    out.append(",\n".join(json.dumps(e, separators=(",", ":")) for e in entries))
    out.append("]}")
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
