"""How a channel writes answers: together, behind the evaluation, and what happens when nobody reads them."""

import socket
import threading

import pyarrow
import pytest
from dfx_worker.channel import ALIGNMENT, LARGE, Channel


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def channel_on(end):
    # The channel keeps no socket that would close the descriptor: each end is read through the fixture's own.
    return Channel(end.fileno(), end.fileno())


def test_frames_of_one_answer_go_out_together_and_in_order(ends):
    ours, theirs = ends
    channel = channel_on(ours)
    channel.send({"type": "schema"}, b"abc", more=True)
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)
    channel.send({"type": "done"})
    theirs.setblocking(True)
    parent = channel_on(theirs)
    assert parent.receive() == ({"type": "schema"}, b"abc")
    assert parent.receive() == ({"type": "done"}, b"")


def test_a_large_answer_is_written_while_the_sender_goes_on(ends):
    ours, theirs = ends
    body = bytes(range(256)) * (16 * LARGE // 256)
    channel = channel_on(ours)
    # More than the socket holds, and nobody reads yet: a sender that waited would wait for ever.
    channel.send({"type": "result", "job": 1}, body, more=True)
    sent = threading.Thread(target=channel.send, args=({"type": "done", "job": 1},))
    sent.start()
    parent = channel_on(theirs)
    assert parent.receive() == ({"type": "result", "job": 1}, body)
    assert parent.receive() == ({"type": "done", "job": 1}, b"")
    sent.join()


def test_a_sender_hears_that_its_reader_is_gone(ends):
    ours, theirs = ends
    channel = channel_on(ours)
    channel.send({"type": "result"}, bytes(16 * LARGE))
    theirs.close()
    # What is small may wait behind what is written; what is large waits for it.
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        channel.send({"type": "done"})
        channel.send({"type": "result"}, bytes(16 * LARGE))


def test_what_is_small_does_not_wait_for_what_is_large(ends):
    ours, theirs = ends
    channel = channel_on(ours)
    body = bytes(16 * LARGE)
    channel.send({"type": "result"}, body)
    # Nobody reads: each of these would wait for ever.
    for job in range(100):
        channel.send({"type": "done", "job": job})
    parent = channel_on(theirs)
    assert parent.receive() == ({"type": "result"}, body)
    assert [parent.receive()[0]["job"] for _ in range(100)] == list(range(100))


def test_an_answer_in_thousands_of_pieces_is_whole(ends):
    ours, theirs = ends
    pieces = [bytes([at % 256]) * 100 for at in range(5000)]
    writer = threading.Thread(target=channel_on(ours).send, args=({"type": "result"}, *pieces))
    writer.start()
    assert channel_on(theirs).receive() == ({"type": "result"}, b"".join(pieces))
    writer.join()


def test_a_body_in_pieces_is_whole_and_starts_where_arrow_wants_it(ends):
    import ctypes

    ours, theirs = ends
    body = bytes(range(256)) * 8192
    for name in ("a", "ab", "abcdefghijk"):
        writer = threading.Thread(target=channel_on(theirs).send, args=({"type": name}, body))
        writer.start()
        channel = channel_on(ours)
        channel.allocate = pyarrow.allocate_buffer
        header, found = channel.receive()
        writer.join()
        assert (header, found) == ({"type": name}, body)
        address = ctypes.addressof(ctypes.c_char.from_buffer(found))
        assert address % ALIGNMENT == 0
