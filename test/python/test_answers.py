"""How a channel writes answers: together, behind the evaluation, and what happens when nobody reads them."""

import socket
import threading

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
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        channel.send({"type": "done"})


def test_a_body_in_pieces_is_whole_and_on_an_even_address(ends):
    import ctypes

    ours, theirs = ends
    body = bytes(range(256)) * 8192
    for name in ("a", "ab", "abcdefghijk"):
        writer = threading.Thread(target=channel_on(theirs).send, args=({"type": name}, body))
        writer.start()
        header, found = channel_on(ours).receive()
        writer.join()
        assert (header, found) == ({"type": name}, body)
        address = ctypes.addressof(ctypes.c_char.from_buffer(found))
        assert address % ALIGNMENT == 0
