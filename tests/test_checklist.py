"""Every rule of the formats is proven by a test that names it."""

import checklist
import pytest


def test_a_test_names_every_rule():
    missing = checklist.unproven()
    assert sorted(missing) == []


def test_no_test_names_a_rule_that_is_not_there():
    assert checklist.unknown() == []


def test_what_a_comment_may_look_like(tmp_path):
    """A prefix counts for the names behind it, other names mean the same rule."""
    text = "# format.md 2.1 int2 int4 F6 5.8\n@mark\n# format.md 3 |i1\ndef test_x(): pass\n"
    (tmp_path / "test_a.py").write_text(text)
    found = ["2.1 int2", "2.1 int4", "F6", "5.8", "3 |i1"]
    assert list(checklist.proofs(tmp_path)) == [(n, "test_a.py::test_x") for n in found]
    proven = {"2.1 int2", "F6", "5.8", "3 |b1"}
    assert proven == checklist.rules().words.keys() - checklist.unproven(tmp_path).keys()
    assert checklist.unknown(tmp_path) == []


def test_what_a_comment_may_not_look_like(tmp_path):
    (tmp_path / "test_a.py").write_text("# format.md F99\ndef test_x(): pass\n")
    assert checklist.unknown(tmp_path) == [("F99", "test_a.py::test_x")]
    (tmp_path / "test_a.py").write_text("def test_x(): pass\n# format.md F1\n")
    with pytest.raises(ValueError, match=r"test_a.py: no test below .*F1"):
        list(checklist.proofs(tmp_path))
