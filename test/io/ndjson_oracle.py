"""NDJSON, and what the real engine reads from it.

Writes one JSON document: [{"name", "bytes": base64, "records": records to infer from, "schema": base64 of an Arrow stream or null where the
engine infers none, "columns": [[name, values]] or null where it fails to read them}]. Values are those of arrow_oracle.py.
"""

import base64
import json
import random
import sys
import tempfile

import pyarrow as pa
from arrow_oracle import plain
from datafusion import SessionConfig, SessionContext

LINES = {
    "order of columns": '{"b":1,"a":2}\n{"c":3,"0":1,"a":5}\n',
    "minus zero": '{"a":-0,"b":1}\n{"a":1,"b":-0.0}\n',
    "big integers": '{"a":9223372036854775807,"b":9223372036854775808,"c":-9223372036854775808}\n',
    "an integer out of range of doubles": '{"a":9007199254740993}\n{"a":-9007199254740993}\n{"a":null}\n',
    "a number out of range": '{"a":1e400}\n',
    "mixed numbers": '{"a":1}\n{"a":2.5}\n{"a":1e2}\n{"a":-1E-2}\n',
    "a number and a text": '{"a":1}\n{"a":"x"}\n',
    "a number and a boolean": '{"a":1}\n{"a":true}\n',
    "null before": '{"a":null,"b":null}\n{"a":1}\n',
    "lists": '{"a":[1,2.5]}\n{"a":[]}\n{"a":null}\n{"a":[null,3]}\n',
    "a list and a value": '{"a":[1]}\n{"a":2}\n',
    "lists of texts": '{"a":["x",null,""]}\n{}\n{"a":[]}\n',
    "a list of two kinds": '{"a":[1,"x"]}\n',
    "an empty list": '{"a":[]}\n',
    "a list of nulls": '{"a":[null,null]}\n',
    "lists of lists": '{"a":[[1],[2.5],[]]}\n{"a":[[]]}\n{"a":[]}\n',
    "lists of structs": '{"a":[{"x":1},{"y":"s"}]}\n{"a":[]}\n{"a":[{}]}\n',
    "a null in a list of structs": '{"a":[{"x":1},null]}\n',
    "structs": '{"a":{"x":1,"y":["s"]}}\n{"a":{"y":[],"z":null}}\n{}\n{"a":null}\n{"a":{"b":{"c":true}}}\n',
    "an empty struct": '{"a":{},"b":1}\n',
    "a struct and a value": '{"a":{"x":1}}\n{"a":1}\n',
    "a struct and a list": '{"a":{"x":1}}\n{"a":[1]}\n',
    "blank lines": '\n{"a":1}\n\n  \t\r\n{"a":2}\n\n',
    "CRLF": '{"a":1}\r\n{"a":2}\r\n',
    "no line end": '{"a":1}\n{"a":2}',
    "two on a line": '{"a":1}{"a":2}\n',
    "a key twice": '{"a":1,"a":2,"b":{"x":1,"x":"t"}}\n',
    "a byte order mark": '\ufeff{"a":1}\n',
    "escapes": '{"\\u0061\\n":"\\ud83d\\ude00\\u0000\\/\\"\\\\\\b\\f\\t\\r\\u00e4\\u20AC","b":"ä€😀"}\n',
    "half of a surrogate pair": '{"a":"\\ud800"}\n',
    "the other half": '{"a":"\\udc00"}\n',
    "names": '{"__proto__":1,"constructor":"x","1":true,"":null," ":2}\n{"":5}\n',
    "white space": ' {  "a" : 1 ,\t"b" : [ 1 , 2 ] , "c" : { "d" : "e" } } \n',
    "a list for a record": "[1]\n",
    "no record": "",
    "only blank lines": "\n\n",
    "no keys": "{}\n",
    "a leading zero": '{"a":01}\n',
    "a trailing comma": '{"a":1,}\n',
    "single quotes": "{'a':1}\n",
    "cut off": '{"a":1}\n{"a":\n',
    "dates are texts": '{"a":"2024-01-01T00:00:00"}\n',
}
# What comes after the records that the schema is from.
LATER = {
    "whole part of floats": '{"a":1}\n{"a":1.9}\n{"a":-1.9}\n{"a":1e3}\n{"a":-0.5}\n{"a":-9223372036854775809}\n',
    "an integer that doesn't fit": '{"a":1}\n{"a":9223372036854775808}\n',
    "numbers in quotes": '{"a":1,"b":1.5}\n{"a":"12","b":"2.5"}\n{"a":" -7","b":"1e3"}\n{"a":"+7","b":"inf"}\n',
    "a text for a number": '{"a":1}\n{"a":"x"}\n',
    "no text for a number": '{"a":1}\n{"a":""}\n',
    "a float in quotes for an integer": '{"a":1}\n{"a":"1.5"}\n',
    "a boolean for a number": '{"a":1}\n{"a":true}\n',
    "a number for a text": '{"a":"x"}\n{"a":1}\n',
    "a text for a boolean": '{"a":true}\n{"a":"true"}\n',
    "a value for a list": '{"a":[1]}\n{"a":1}\n',
    "a value for a struct": '{"a":{"x":1}}\n{"a":1}\n',
    "a value for null": '{"a":null}\n{"a":1}\n',
    "infinity": '{"a":1.5}\n{"a":1e400}\n{"a":-1e400}\n',
    "unknown keys": '{"a":1}\n{"b":2}\n{"c":{"d":[1,2]},"a":3}\n',
    "inside of lists": '{"a":[1]}\n{"a":[1.5,"7",null]}\n',
    "bytes that are no UTF-8": b'{"a":"x"}\n{"a":"\xff"}\n',
    "half of a surrogate pair later": '{"a":"x"}\n{"a":"\\ud800"}\n',
    "many digits": '{"a":0.5}\n{"a":3.141592653589793238462643383279502884197}\n{"a":123456789012345678901234567890}\n',
}


def random_value(random, depth):
    kind = random.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return None
    if kind == 1:
        return random.choice([0, 1, -1, 2**31, -(2**53) - 1, 2**62, random.randrange(-1000, 1000)])
    if kind == 2:
        return random.choice([0.5, -0.0, 1e300, 5e-324, random.random(), random.uniform(-1e6, 1e6)])
    if kind == 3:
        return random.random() < 0.5
    if kind in (4, 5):
        return "".join(random.choice('aä€😀"\\/\n\t \u0001z') for _ in range(random.randrange(6)))
    if kind == 6:
        return random_list(random, depth)
    return {random.choice(["x", "y", "zä", 'q"']): random_value(random, depth + 1) for _ in range(random.randrange(4))}


def random_list(random, depth):
    first = random_value(random, depth + 1)
    return [first] * random.randrange(4)


def typed_rows(random, count):
    """Records whose values are of one kind in each column."""
    return [
        {
            key: value
            for key, value in {
                "id": i,
                "n": random.choice([None, random.randrange(-10, 10), 2**60 + i]),
                "f": random.choice([None, random.random(), -1e10, 3]),
                "s": random.choice([None, "", "ä" * random.randrange(4), 'quo"te', f"text {i}"]),
                "b": random.choice([None, True, False]),
                "l": random.choice([None, [], [i, None, 7]]),
                "o": random.choice([None, {}, {"x": i, "y": ["a", "b"][: random.randrange(3)]}]),
            }.items()
            if random.random() < 0.9
        }
        for i in range(count)
    ]


def entry(name, data, records, path):
    with open(path, "wb") as file:
        file.write(data)
    made = {"name": name, "bytes": base64.b64encode(data).decode(), "records": records, "schema": None, "columns": None}
    context = SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))
    try:
        found = context.read_json(path, schema_infer_max_records=records)
        schema = found.schema()
    except Exception:
        return made
    sink = pa.BufferOutputStream()
    pa.ipc.new_stream(sink, schema).close()
    made["schema"] = base64.b64encode(sink.getvalue().to_pybytes()).decode()
    try:
        batches = found.collect()
    except Exception:
        return made
    made["columns"] = [[f.name, [v for each in batches for v in plain(each.column(i))]] for i, f in enumerate(schema)]
    return made


def cases():
    for name, text in LINES.items():
        yield name, text, 1000
    for name, text in LATER.items():
        yield name, text, 1
    chance = random.Random(7)
    for i in range(150):
        rows = [{key: random_value(chance, 0) for key in "abc" if chance.random() < 0.8} for _ in range(chance.randrange(1, 5))]
        ascii_only = chance.random() < 0.5
        text = "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows)
        yield f"random {i}", text, chance.choice([1, 1000])
    rows = typed_rows(chance, 20_000)
    yield "long", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), 1000


def main():
    with tempfile.TemporaryDirectory() as folder:
        made = []
        for name, text, records in cases():
            data = text if isinstance(text, bytes) else text.encode()
            made.append(entry(name, data, records, f"{folder}/input.json"))
    json.dump(made, sys.stdout)


main()
