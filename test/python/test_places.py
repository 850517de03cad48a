"""Over which rows a UDF failed, told from its calls."""

import types

from dfx_worker import places


def rows(call, done, lengths=None, counted=0, batch_size=2):
    return places.rows_of(types.SimpleNamespace(rows=call), done, lengths, batch_size, lambda _offset: counted)


def test_a_call_over_a_whole_batch_names_its_rows():
    assert rows((0, 2, None), 0, [6]) == {"first": 1, "last": 2}
    assert rows((4, 2, 1), 4, [6]) == {"first": 6, "last": 6}
    assert rows((6, 1, None), None, [6, 1]) == {"first": 7, "last": 7}


def test_a_call_over_some_rows_of_a_batch_says_which_batch_it_was():
    assert rows((1, 1, 0), 2, [6]) == {"first": 3, "last": 4}
    assert rows((1, 1, 0), None, [6]) is None


def test_a_batch_is_no_shorter_than_a_call():
    assert rows((0, 6, None), 0, counted=2) == {"first": 1, "last": 6}
    assert rows((90, 333, 180), 90, counted=1) == {"first": 271, "last": 271}


def test_nobody_can_tell_without_a_call_or_a_batch():
    assert rows(None, 0, [6]) is None
    assert rows((0, 2, None), 0, counted=0) is None
