"""Puts one message of a protobuf in the place of another, without knowing the messages (protobuf.dev, "Encoding")."""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def replace(message, old, new):
    """`message` with `new` where a field holds exactly `old`; None where none does. The lengths around it are made anew."""
    path = []
    todo = [(0, len(message))]
    # No recursion: each step goes into the one field that holds `old`.
    while todo:
        at, end = todo.pop()
        while at < end:
            key, at = varint(message, at)
            kind = key & 7
            if kind == VARINT:
                _, at = varint(message, at)
            elif kind == FIXED64:
                at += 8
            elif kind == FIXED32:
                at += 4
            elif kind == BYTES:
                before = at
                length, at = varint(message, at)
                stop = at + length
                if length == len(old) and message[at:stop] == old:
                    return joined(message, [*path, (before, at, stop)], new)
                if length > len(old) and message.find(old, at, stop) != -1:
                    path.append((before, at, stop))
                    todo.append((at, stop))
                    break
                at = stop
            else:
                raise ValueError(f"a field of the wire type {kind}")
    return None


def joined(message, path, new):
    """`path`: where each length stands, and where its field starts and ends, from the outside in."""
    inner = new
    for at in reversed(range(len(path))):
        length_at, _, stop = path[at]
        outer_start, outer_stop = path[at - 1][1:] if at > 0 else (0, len(message))
        inner = message[outer_start:length_at] + written(len(inner)) + inner + message[stop:outer_stop]
    return inner


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def written(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
