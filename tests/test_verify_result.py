"""`verify`: absent chunks, the call, and what it returns."""

import json
import os
from itertools import islice, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_c
from zarr_c.errors import NodeNotFoundError
from zarr_c.storage import MemoryStore
from zarr_c.verification.presence import Presence
from zarr_c.verification.report import KINDS, Finding, Verification

DATA = np.arange(24, dtype="i4").reshape(4, 6)


def filled(zarr_format):
    """A group, an array of four chunks, and one of one."""
    store = {}
    root = zarr_c.create_group(store, zarr_format=zarr_format)
    root.create_array("g/x", data=DATA, chunks=(2, 3))
    root.create_array("y", data=DATA)
    return store


# ---- chunks that should be there


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_absent_chunks_are_no_damage_unless_there_must_be_none(zarr_format):
    store = filled(zarr_format)
    keys = ["g/x/0.1", "g/x/1.0"] if zarr_format == 2 else ["g/x/c/0/1", "g/x/c/1/0"]
    for key in keys:
        del store[key]
    assert zarr_c.verify(store).ok
    result = zarr_c.verify(store, complete=True)
    assert [(f.kind, f.key) for f in result] == [("missing", key) for key in keys]


@settings(deadline=None)
@given(st.data())
def test_the_marks_of_chunks(data):
    """The twin is a set; a grid of 10**24 takes no time."""
    grid = tuple(data.draw(st.lists(st.integers(0, 70), max_size=3), label="grid"))
    every = list(product(*map(range, grid)))
    there = data.draw(st.sets(st.sampled_from(every))) if every else set()
    presence, vast = Presence(grid), Presence((10**8,) * 3)
    for coords in there:
        presence.add(coords)
    vast.add((0, 0, 1))
    assert list(presence.absent()) == [coords for coords in every if coords not in there]
    assert presence.count_absent() == len(every) - len(there)
    assert list(islice(vast.absent(), 2)) == [(0, 0, 0), (0, 0, 2)]
    assert vast.count_absent() == 10**24 - 1


def test_many_absent_chunks_are_counted(monkeypatch):
    monkeypatch.setattr("zarr_c.verification.verify.MOST_ABSENT", 3)
    store = MemoryStore()
    zarr_c.create_array(store, "x", shape=10, chunks=1, dtype="i4")[5] = 1
    result = zarr_c.verify(store, "x", complete=True)
    keys = ["x", "x/c/0", "x/c/1", "x/c/2"]
    assert [f.key for f in result] == keys
    assert "6 more" in result.findings[0].message


# ---- the call


def test_where_there_is_nothing(tmp_path):
    for store in ({}, {"a": b"x"}, tmp_path, tmp_path / "absent"):
        with pytest.raises(NodeNotFoundError, match="no array and no group"):
            zarr_c.verify(store)
    with pytest.raises(NodeNotFoundError, match="'g/nothing'"):
        zarr_c.verify(filled(3), "g/nothing")
    with pytest.raises(FileNotFoundError):
        zarr_c.verify(tmp_path / "x.zip")
    assert os.listdir(tmp_path) == []


def test_a_store_that_cannot_be_listed_raises():
    class Broken(MemoryStore):
        def _list(self, prefix):
            raise OSError(5, "gone")

    store = Broken(filled(3))
    with pytest.raises(OSError, match="gone"):
        zarr_c.verify(store)


def test_a_store_that_lists_nothing_is_refused():
    class Silent(MemoryStore):
        supports_listing = False

    with pytest.raises(NotImplementedError, match="expected a store that can list its keys"):
        zarr_c.verify(Silent(filled(3)))


def test_progress_counts_objects():
    store = filled(3)
    steps = []
    zarr_c.verify(store, progress=lambda *step: steps.append(step))
    assert steps[-1] == (len(store), len(store))


def test_the_result():
    store = filled(3)
    store["g/x/c/0/0"] = b""
    result = zarr_c.verify(store)
    (only,) = result
    assert result.findings == (only,)
    assert (len(result), result.ok, only.repaired) == (1, False, False)
    assert only == Finding("truncated", "g/x/c/0/0", only.message)
    assert str(only) == f"truncated: g/x/c/0/0: {only.message}"
    assert str(result).splitlines() == [
        f"truncated  g/x/c/0/0  {only.message}",
        f"4 nodes, 5 chunks, {result.nbytes} bytes of elements, 1 findings",
    ]
    assert json.loads(json.dumps(result.to_json())) == {
        "ok": False,
        "nodes": 4,
        "chunks": 5,
        "nbytes": result.nbytes,
        "unchecked": 0,
        "findings": [
            {"kind": "truncated", "key": "g/x/c/0/0", "message": only.message, "action": None}
        ],
    }
    assert result.nbytes == 2 * DATA.nbytes
    with pytest.raises(TypeError, match="ask for its `ok`"):
        bool(result)
    with pytest.raises(ValueError, match=r"kind: expected one of metadata, .*found 'bad'"):
        Finding("bad", "k", "m")
    assert all(KINDS.values())


def test_a_finding_is_told_once_where_both_formats_share_chunks():
    store = filled(2)
    zarr_c.convert_metadata(store, zarr_format=3)
    assert (clean := zarr_c.verify(store)).chunks == 5
    store["g/x/1.1"] = b""
    result = zarr_c.verify(store)
    assert [f.key for f in result] == ["g/x/1.1"]
    assert (result.nodes, result.chunks) == (4, clean.chunks)


def test_keys_that_no_terminal_should_get():
    key = "a\x1b[2J\udcff\n"
    result = Verification([Finding("orphan", key, f"found {key}")], 1, 0, 0, 0)
    assert str(result).startswith(
        "orphan  a\\x1b[2J\\udcff\\n  found a\\x1b[2J\\udcff\\n\n1 nodes"
    )
    assert result.findings[0].key == key
