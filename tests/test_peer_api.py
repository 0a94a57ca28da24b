"""Every public name of zarr-python has its place here, or a reason why it has none."""

import importlib.metadata
import json

import api
import dump_peer_api
import pytest


def test_every_difference_has_a_reason():
    found = api.unexplained()
    assert not found, {name: api.compared()[name][1] for name in found}


def test_every_reason_explains_a_difference():
    assert api.outlived() == []


def test_all_of_zarr_python_is_compared():
    names = api.compared()
    assert len(names) > 1000
    assert {"zarr.create_array", "zarr.Array.resize", "zarr.errors.BaseZarrError"} <= set(names)


@pytest.mark.skipif(
    importlib.metadata.version("zarr") != api.peer()["version"],
    reason="the names are those of another version of zarr-python",
)
def test_the_names_are_those_of_zarr_python():
    assert json.loads(json.dumps(dump_peer_api.dump())) == api.peer()


@pytest.mark.parametrize(
    ("theirs", "mine", "verdict"),
    [
        ("(a, b=1)", "(a, b=1)", api.SAME),
        ("(a, *, b=1)", "(a, b=1, c=2)", api.EXTENDED),
        ("(a, b=1)", "(a, *, b=1)", api.DIFFERS),
        ("(a, *, b=1)", "(a, *, b=2)", api.DIFFERS),
        ("(a, *, b=1)", "(a)", api.DIFFERS),
        ("(a, *, b=1)", "(a, **options)", api.EXTENDED),
        ("(a)", "(a, b)", api.DIFFERS),
        ("(*, a=1)", "(*, a)", api.DIFFERS),
        ("(*, a)", "(*, a=1)", api.EXTENDED),
        ("(*a)", "()", api.DIFFERS),
        ("(**a)", "()", api.DIFFERS),
        ("(a, b)", "(b, a)", api.DIFFERS),
        ("async (a)", "(a)", api.DIFFERS),
        ("static (a)", "(a)", api.DIFFERS),
        ("value", "()", api.DIFFERS),
        ("()", "value", api.DIFFERS),
    ],
)
def test_calls_are_compared(theirs, mine, verdict):
    assert api.verdict(theirs, mine)[0] == verdict


def test_classes_are_compared():
    class Theirs(ValueError):
        __module__ = "zarr.errors"

        def both(self, a):
            pass

        def lost(self):
            pass

    class Mine(Exception):
        def both(self, b):
            pass

    found = dict(api.class_verdicts("x", dump_peer_api.class_(Theirs), Mine))
    assert {name: verdict for name, (verdict, _) in found.items()} == {
        "x": api.DIFFERS,
        "x.both": api.DIFFERS,
        "x.lost": api.DIFFERS,
    }
