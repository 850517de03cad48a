import os
import struct

import pytest
from dfx_worker.channel import MAX_HEADER, Broken, Channel, Closed


@pytest.fixture
def pipe():
    read_end, write_end = os.pipe()
    yield read_end, write_end
    for descriptor in (read_end, write_end):
        try:
            os.close(descriptor)
        except OSError:
            pass  # the test closed it


def test_a_frame_comes_back(pipe):
    channel = Channel(*pipe)
    channel.send({"type": "job", "name": 'a "b" ü'}, b"\x00\x01")
    assert channel.receive() == ({"type": "job", "name": 'a "b" ü'}, b"\x00\x01")


def test_the_bytes_are_those_of_the_document(pipe):
    Channel(*pipe).send({"type": "stop"}, b"xy")
    assert os.read(pipe[0], 100) == b'\x10\x00\x00\x00\x02\x00\x00\x00{"type": "stop"}xy'


def test_a_lone_surrogate_does_not_stop_a_message(pipe):
    channel = Channel(*pipe)
    channel.send({"type": "failed", "message": "\ud800"})
    assert channel.receive()[0]["message"] == "\ud800"


def test_the_end_between_frames_is_closed(pipe):
    os.close(pipe[1])
    with pytest.raises(Closed):
        Channel(*pipe).receive()


def test_the_end_inside_a_frame_is_broken(pipe):
    os.write(pipe[1], struct.pack("<II", 10, 0) + b"{}")
    os.close(pipe[1])
    with pytest.raises(Broken, match="the stream ended 8 bytes early"):
        Channel(*pipe).receive()


def test_a_header_beyond_its_limit_is_broken(pipe):
    os.write(pipe[1], struct.pack("<II", MAX_HEADER + 1, 0))
    with pytest.raises(Broken, match="a header of 16777217 bytes"):
        Channel(*pipe).receive()


def test_a_header_without_a_type_is_broken(pipe):
    os.write(pipe[1], struct.pack("<II", 2, 0) + b"{}")
    with pytest.raises(Broken, match="a header without a type"):
        Channel(*pipe).receive()
