"""Writes src/run/embedded/functions/unicode-tables.ts: what the real engine knows of Unicode, asked for every code point.

The engine has two Unicode versions in it: its standard library's (upper, lower, initcap) and its regex library's. Neither is
the one of whatever Node runs the embedded engine. Prints the file on stdout.
"""

import sys

import pyarrow as pa
from datafusion import SessionConfig, SessionContext

POINTS = [i for i in range(0x110000) if not 0xD800 <= i <= 0xDFFF]
CATEGORIES = [
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
    "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cn",
]  # fmt: skip
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number):
    if number < 0:
        return "-" + base36(-number)
    out = ""
    while True:
        out = DIGITS[number % 36] + out
        number //= 36
        if number == 0:
            return out


def runs(members):
    """The gaps and runs of a set, alternating, the first gap first."""
    out = []
    at = 0
    start = None
    previous = None
    for point in sorted(members):
        if start is None:
            start = point
        elif point != previous + 1:
            out += [start - at, previous + 1 - start]
            at = previous + 1
            start = point
        previous = point
    if start is not None:
        out += [start - at, previous + 1 - start]
    return " ".join(base36(number) for number in out)


def mapping(pairs):
    """Groups of `gap count stride delta`: code points that lie `stride` apart and move by the same `delta`."""
    groups = []
    for point, target in sorted(pairs.items()):
        delta = target - point
        if groups:
            group = groups[-1]
            last = group[0] + (group[1] - 1) * group[2]
            step = point - last
            if group[3] == delta and (step == group[2] or (group[1] == 1 and step in (1, 2))):
                group[1] += 1
                group[2] = step
                continue
        groups.append([point, 1, 1, delta])
    out = []
    at = 0
    for point, count, stride, delta in groups:
        out += [point - at, count, stride, delta]
        at = point
    return " ".join(base36(number) for number in out)


def expansions(pairs):
    return " ".join(":".join(base36(number) for number in (point, *map(ord, text))) for point, text in sorted(pairs.items()))


def fold_orbits(ctx, upper, lower):
    """Orbits of simple case folding: candidates share an upper or a lower form, the engine says which of them fold."""
    parent = {}

    def find(key):
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    for point in POINTS:
        own = chr(point)
        for other in (upper[own], lower[own], upper[lower[own]], lower[upper[own]]):
            if own != other:
                parent[find(own)] = find(other)
    members = {}
    for key in list(parent):
        if len(key) == 1:
            members.setdefault(find(key), []).append(key)
    questions = [(a, b) for group in members.values() for a in group for b in group if a < b]
    table = pa.table({"a": ["(?i)^\\x{%X}$" % ord(a) for a, _ in questions], "b": [b for _, b in questions]})
    answers = ctx.from_arrow(table, name="folds").parse_sql_expr("regexp_like(b, a)")
    yes = ctx.table("folds").select(answers).to_arrow_table().column(0).to_pylist()
    fold = {}
    for (a, b), same in zip(questions, yes):
        if same:
            fold[ord(b)] = min(ord(a), fold.get(ord(b), ord(a)))
    return fold


def main():
    ctx = SessionContext(SessionConfig().with_target_partitions(1).with_batch_size(8192))
    frame = ctx.from_arrow(pa.table({"c": [chr(point) for point in POINTS]}), name="points")
    wanted = {
        "upper": "upper(c)",
        "lower": "lower(c)",
        "title": "initcap('a' || c || 'b')",
        "cased": "lower('a\u03a3' || c)",
        "skipped": "lower('a\u03a3' || c || 'a')",
        "word": "regexp_like(c, '^\\w$')",
        "space": "regexp_like(c, '^\\s$')",
        "alphabetic": "regexp_like(c, '^\\p{Alphabetic}$')",
    }
    for category in CATEGORIES:
        wanted[category] = "regexp_like(c, '^\\p{%s}$')" % category
    exprs = [frame.parse_sql_expr(sql).alias(name) for name, sql in wanted.items()]
    result = frame.select(*exprs).to_arrow_table()
    columns = {name: result.column(name).to_pylist() for name in wanted}
    upper = dict(zip(map(chr, POINTS), columns["upper"]))
    lower = dict(zip(map(chr, POINTS), columns["lower"]))
    for text in [t for t in (*upper.values(), *lower.values()) if len(t) > 1]:
        upper.setdefault(text, text)
        lower.setdefault(text, text)
    single = lambda table: {ord(k): ord(v) for k, v in table.items() if len(k) == 1 and len(v) == 1 and k != v}
    several = lambda table: {ord(k): v for k, v in table.items() if len(k) == 1 and len(v) > 1}
    # A character after which a word goes on is alphanumeric.
    alphanumeric = [p for p, text in zip(POINTS, columns["title"]) if text.endswith("b")]
    cased = [p for p, text in zip(POINTS, columns["cased"]) if text[1] == "\u03c3"]
    known = set(cased)
    ignorable = [p for p, text in zip(POINTS, columns["skipped"]) if text[1] == "\u03c3" and p not in known]
    member = lambda name: [p for p, yes in zip(POINTS, columns[name]) if yes]
    of = {}
    for category in CATEGORIES:
        for point in member(category):
            of[point] = category
    gc = []
    previous = None
    for point in range(0x110000):
        name = of.get(point, "Cs")
        if name == previous:
            gc[-1][1] += 1
        else:
            gc.append([name, 1])
            previous = name
    tables = [
        ("UPPER", "Code points with one other upper-case character: `gap count stride delta` each.", mapping(single(upper))),
        ("UPPER_EXPANDING", "Code points whose upper case has several characters.", expansions(several(upper))),
        ("LOWER", "Code points with one other lower-case character.", mapping(single(lower))),
        ("LOWER_EXPANDING", "Code points whose lower case has several characters.", expansions(several(lower))),
        ("FOLD", "From each code point to the least one of its orbit of simple case folding.", mapping(fold_orbits(ctx, upper, lower))),
        ("ALPHANUMERIC", "Letters and numbers, as `initcap` tells words. Gaps and runs, as in all sets below.", runs(alphanumeric)),
        ("CASED", "What keeps a capital sigma before it from being final.", runs(cased)),
        ("CASE_IGNORABLE", "What a capital sigma looks past.", runs(ignorable)),
        ("WORD", "`\\\\w` of regular expressions.", runs(member("word"))),
        ("SPACE", "`\\\\s` of regular expressions.", runs(member("space"))),
        ("ALPHABETIC", "`\\\\p{Alphabetic}` of regular expressions.", runs(member("alphabetic"))),
        ("CATEGORIES", "Runs of one general category: its name and the length.", " ".join(name + base36(n) for name, n in gc)),
    ]
    print("/** Generated by test/run/embedded/functions/strings_unicode_tables.py from DataFusion 55. Numbers are in base 36. */")
    for name, comment, text in tables:
        print()
        print("/** %s */" % comment.replace("\\\\", "\\"))
        line = "export const %s = '%s';" % (name, text)
        print(line if len(line) <= 120 else line.replace(" = ", " =\n  ", 1))


main()
