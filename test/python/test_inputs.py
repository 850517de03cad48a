"""The alias under which a payload's relation resolves, held against the engine's own parser."""

import pytest
from datafusion import Expr, SessionContext
from dfx_worker import inputs
from dfx_worker.inputs import opened_input, quoted_relation

RELATIONS = [
    "t", "T", "Ä", "ä", "a.b", "A.b", "a.b.c", "a.b.C.d", "x y", '"x y"', '"T"', 'a"b', "?table?", "a.", ".", "",
    '"a.b".c', "a$b", "1a", "a1", '"a""b"', "a b.c", "a-b", "a.1", "select", '"unclosed', "`x`", "[x]", " t", "t ",
    "@x", "x#y", 'a."b', "_x",
]  # fmt: skip


def column(relation, name):
    """The protobuf bytes of a column with that relation, whatever it holds."""

    def text(number, value):
        return bytes([number << 3 | 2, len(value)]) + value

    inner = text(1, name.encode()) + text(2, text(1, relation.encode()))
    return Expr.from_bytes(text(1, inner))


@pytest.mark.parametrize("relation", RELATIONS)
def test_a_column_resolves_under_its_relation(relation):
    frame = SessionContext().from_pydict({"value": [1, 2]})
    selected = frame.alias(quoted_relation(relation)).select(column(relation, "value"))
    assert selected.schema().names == ["value"]


def whole(spec):
    return {"input": spec, "split": {"kind": "whole"}, "columns": []}


def test_no_input_is_one_row():
    with opened_input(SessionContext(), whole(None), b"") as source:
        assert source.frame.count() == 1


def test_a_path_with_a_pattern_in_it_is_one_file(tmp_path):
    (tmp_path / "a*b.csv").write_text("value\n1\n")
    (tmp_path / "aXb.csv").write_text("value\n2\n3\n")
    spec = {"path": str(tmp_path / "a*b.csv"), "format": "csv"}
    with opened_input(SessionContext(), whole(spec), b"") as source:
        assert source.frame.to_pydict() == {"value": [1]}


def test_no_session_is_given_to_two_jobs():
    inputs.prepare_session()
    inputs.prepare_session()
    first, second, third = inputs.session(8192), inputs.session(8192), inputs.session(8192, 2)
    assert first is not second
    first.from_pydict({"value": [1]}, name="mine")
    assert not second.table_exist("mine") and not third.table_exist("mine")
