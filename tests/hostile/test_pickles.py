"""No way of stored data to `pickle.loads` is open, unless a program has opened it."""

import json
import pickle
import sys

import numpy as np
import pytest

import zarr_c
from zarr_c.errors import BaseZarrError, PickleCodecDisabledError


class Hostile:
    def __reduce__(self):
        return exec, ("import sys; sys.pickle_ran = True",)


def ran():
    return hasattr(sys, "pickle_ran")


PICKLED = pickle.dumps(np.array([Hostile(), None], object))
PICKLE = {"id": "pickle", "protocol": 5}
V2 = {
    "zarr_format": 2,
    "shape": [2],
    "chunks": [2],
    "dtype": "|O",
    "compressor": None,
    "filters": [PICKLE],
    "fill_value": None,
    "order": "C",
}
V3 = {
    "zarr_format": 3,
    "node_type": "array",
    "shape": [2],
    "data_type": "uint8",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2]}},
    "chunk_key_encoding": {"name": "default"},
    "fill_value": 0,
    "codecs": ["bytes"],
}
NESTED = {"codecs": [{"name": "numcodecs.pickle"}]}


def read(name, document):
    store = {name: json.dumps(document).encode(), "0": PICKLED, "c/0": PICKLED}
    return zarr_c.open_array(store, mode="r")[...]


@pytest.fixture(autouse=True)
def forget():
    yield
    if ran():
        del sys.pickle_ran


def test_the_pickle_runs_code_where_it_is_allowed():
    """Else the other tests would prove nothing."""
    with zarr_c.config.set({"array.allow_unsafe_pickle_decode": True}):
        read(".zarray", V2)
    assert ran()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"filters": [PICKLE, {"id": "zlib", "level": 1}]},
        {"dtype": "|u1"},
        {"dtype": "|u1", "filters": [{"id": "zlib", "level": 1}, PICKLE]},
        {"dtype": "|u1", "filters": None, "compressor": PICKLE},
    ],
    ids=str,
)
def test_pickles_of_v2_are_refused_when_the_array_is_opened(changes):
    with pytest.raises(PickleCodecDisabledError, match="allow_unsafe_pickle_decode"):
        read(".zarray", V2 | changes)
    assert not ran()


@pytest.mark.parametrize(
    "changes",
    [
        *({"codecs": [{"name": name}]} for name in ("pickle", "numcodecs.pickle")),
        *({"codecs": ["bytes", {"name": name}]} for name in ("pickle", "numcodecs.pickle")),
        {"codecs": ["bytes", {"name": "conditional", "configuration": NESTED}]},
        {"data_type": "object", "codecs": ["bytes"]},
        {"data_type": "|O", "codecs": ["bytes"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("allowed", [False, True])
def test_v3_has_no_pickles(changes, allowed):
    with (
        zarr_c.config.set({"array.allow_unsafe_pickle_decode": allowed}),
        pytest.raises((BaseZarrError, ValueError)),
    ):
        read("zarr.json", V3 | changes)
    assert not ran()


def test_object_codecs_that_are_no_pickle_do_not_take_one():
    for codec in ("json2", "msgpack2", "vlen-utf8", "vlen-bytes"):
        with pytest.raises((BaseZarrError, ImportError)):
            read(".zarray", V2 | {"filters": [{"id": codec}]})
    assert not ran()


def test_attributes_are_json_and_nothing_else():
    store = {".zarray": json.dumps(V2 | {"dtype": "|u1", "filters": None}).encode()}
    with pytest.raises(BaseZarrError, match=r"\.zattrs"):
        zarr_c.open_array(store | {".zattrs": PICKLED}, mode="r")
    assert not ran()
