"""`verify` with `repair=True`: only what is provably rubbish goes, and it is said."""

import json
import os
import time

import numpy as np
import pytest

import zarr_c
from zarr_c.errors import ReadOnlyError
from zarr_c.storage import FsspecStore, LocalStore, MemoryStore, ObjectStore, ZipStore

DATA = np.arange(24, dtype="i4").reshape(4, 6)
formats = pytest.mark.parametrize("zarr_format", [2, 3])
HOUR = 3600


def actions(store, *arguments, **options):
    """What is found, as (kind, key, what was done)."""
    result = zarr_c.verify(store, *arguments, repair=True, **options)
    return [(f.kind, f.key, f.action) for f in result]


def edit(store, key, **changes):
    store[key] = json.dumps(json.loads(store[key]) | changes).encode()


def key_of(zarr_format, i, j):
    return f"x/{i}.{j}" if zarr_format == 2 else f"x/c/{i}/{j}"


def shrunk(zarr_format):
    """An array that was made smaller by one that left its chunks, and the keys of these."""
    store = MemoryStore()
    root = zarr_c.create_group(store, zarr_format=zarr_format)
    root.create_array("x", data=DATA, chunks=2).resize((2, 4), delete_outside_chunks=False)
    inside = {key_of(zarr_format, 0, j) for j in (0, 1)}
    every = {key_of(zarr_format, i, j) for i in (0, 1) for j in (0, 1, 2)}
    return store, sorted(every - inside)


# ---- temporaries


def plant(directory, age, name=".zc-tmp-1"):
    path = directory / name
    path.write_bytes(b"half")
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_temporaries_that_are_old(tmp_path):
    zarr_c.create_group(tmp_path).create_array("x", data=DATA, chunks=2)
    old, new = plant(tmp_path / "x" / "c", 2 * HOUR), plant(tmp_path, HOUR / 2)
    key = "x/c/.zc-tmp-1"
    (found,) = zarr_c.verify(tmp_path)
    assert (found.kind, found.key, found.action) == ("temporary", key, None)
    assert "older than 3600 s, found 72" in found.message
    assert old.exists()
    assert zarr_c.verify(tmp_path, "x").findings == (found,)
    assert actions(tmp_path) == [("temporary", key, "removed")]
    assert (old.exists(), new.exists()) == (False, True)
    assert zarr_c.verify(tmp_path).ok
    assert actions(tmp_path, older_than=60) == [("temporary", ".zc-tmp-1", "removed")]
    assert not new.exists()


def test_temporaries_below_the_path_alone(tmp_path):
    root = zarr_c.create_group(tmp_path)
    for name in "ab":
        root.create_array(name, data=DATA)
        plant(tmp_path / name, 2 * HOUR)
    assert actions(tmp_path, "a") == [("temporary", "a/.zc-tmp-1", "removed")]
    assert (tmp_path / "b" / ".zc-tmp-1").exists()


def test_directories_that_were_half_deleted(tmp_path):
    zarr_c.create_group(tmp_path)
    (tmp_path / ".zc-tmp-2" / "c").mkdir(parents=True)
    (tmp_path / ".zc-tmp-2" / "c" / "0").write_bytes(b"")
    assert zarr_c.verify(tmp_path).ok
    assert actions(tmp_path, older_than=-1) == [("temporary", ".zc-tmp-2", "removed")]
    assert os.listdir(tmp_path) == ["zarr.json"]


def test_temporaries_of_an_archive(tmp_path):
    path = tmp_path / "x.zip"
    with ZipStore(path, "w") as store:
        zarr_c.create_array(store, data=DATA)
    with ZipStore(path, "a") as store:
        store["c/9"] = b"?"  # a draft is under way
        (draft,) = tmp_path.glob(".zc-tmp-*")
        left = plant(tmp_path, 2 * HOUR, draft.name[:-16] + "left")
        other = plant(tmp_path, 2 * HOUR, ".zc-tmp-00000000-other")
        del store["c/9"]
    assert actions(path) == [("temporary", str(left), "removed")]
    assert other.exists()
    assert zarr_c.verify(path).ok
    assert np.array_equal(zarr_c.open_array(path, mode="r")[...], DATA)


def test_temporaries_of_filesystems(tmp_path):
    pytest.importorskip("fsspec")
    store = FsspecStore(f"file://{tmp_path}")
    zarr_c.create_group(store).create_array("x", data=DATA)
    left = plant(tmp_path / "x", 2 * HOUR)
    plant(tmp_path, HOUR / 2)
    assert actions(store, "x") == [("temporary", "x/.zc-tmp-1", "removed")]
    assert not left.exists()
    assert zarr_c.verify(store).ok


def test_leases_of_killed_writers():
    memory = pytest.importorskip("obstore.store").MemoryStore()
    store = ObjectStore(memory)
    zarr_c.create_group(store).create_array("x", data=DATA)
    store["x/zarr.json.zc-lock"] = b"0123 4"
    assert zarr_c.verify(store).ok  # somebody may hold it
    assert actions(store, older_than=-1) == [("temporary", "x/zarr.json.zc-lock", "removed")]
    assert "x/zarr.json.zc-lock" not in store


# ---- chunks outside of grids


@formats
def test_chunks_outside_of_an_array_go(zarr_format):
    store, outside = shrunk(zarr_format)
    store["x/odd"] = b"?"
    result = zarr_c.verify(store)
    assert [(f.kind, f.key) for f in result] == [
        ("orphan", key) for key in sorted([*outside, "x/odd"])
    ]
    assert "within the grid (1, 2), found" in result.findings[-2].message
    done = dict.fromkeys(outside, "removed") | {"x/odd": None}
    assert actions(store) == [("orphan", key, done[key]) for key in sorted(done)]
    assert [(f.kind, f.key) for f in zarr_c.verify(store)] == [("orphan", "x/odd")]
    array = zarr_c.open_array(store, path="x")
    array.resize((4, 6))
    expected = np.zeros_like(DATA)
    expected[:2, :4] = DATA[:2, :4]
    assert np.array_equal(array[...], expected)


def test_chunks_outside_of_an_array_in_an_archive_go(tmp_path):
    path = tmp_path / "x.zip"
    memory, outside = shrunk(3)
    with ZipStore(path, "w") as store:
        for key in memory:
            store[key] = memory[key]
    assert actions(path) == [("orphan", key, "removed") for key in outside]
    with ZipStore(path, "r") as store:
        assert set(store) == set(memory) - set(outside)


@formats
@pytest.mark.parametrize("field", ["fill_value", "attributes"])
def test_chunks_outside_stay_where_the_document_is_doubtful(field, zarr_format):
    store, outside = shrunk(zarr_format)
    name = "x/.zarray" if zarr_format == 2 else "x/zarr.json"
    edit(store, name, **({field: "?"} if field == "fill_value" else {"unknown": 1}))
    before = dict(store)
    found = actions(store)
    assert {action for _, _, action in found} == {None}
    assert ("metadata", name) in {(kind, key) for kind, key, _ in found}
    assert dict(store) == before
    assert set(outside) <= before.keys()


@formats
@pytest.mark.parametrize("at", ["", "x"])
def test_chunks_outside_stay_while_consolidated_metadata_show_them(at, zarr_format):
    """Also where the group that shows them is above what is verified."""
    store = MemoryStore()
    root = zarr_c.create_group(store, zarr_format=zarr_format)
    root.create_array("x", data=DATA, chunks=2)
    zarr_c.consolidate_metadata(store)
    plain = zarr_c.open_array(store, path="x")
    plain.resize((2, 4), delete_outside_chunks=False)
    key = key_of(zarr_format, 1, 0)
    assert zarr_c.open_group(store)["x"].shape == (4, 6)
    if at:
        assert {action for _, _, action in actions(store, at)} == {None}
        assert key in store
    else:  # which are made anew first
        found = actions(store)
        where = ".zmetadata" if zarr_format == 2 else "zarr.json"
        assert ("consolidation", where, "consolidated again") in found
        assert ("orphan", key, "removed") in found
        assert zarr_c.open_group(store)["x"].shape == (2, 4)
        assert zarr_c.verify(store).ok


@formats
def test_chunks_of_an_array_that_has_grown_meanwhile_stay(zarr_format, monkeypatch):
    from zarr_c.verification import verify as module

    store, outside = shrunk(zarr_format)
    run = module.Repair.run

    def grown(self, findings):
        zarr_c.open_array(store, path="x").resize((4, 4))
        return run(self, findings)

    monkeypatch.setattr(module.Repair, "run", grown)
    kept = {key_of(zarr_format, 1, j) for j in (0, 1)}
    done = {key: None if key in kept else "removed" for key in outside}
    assert actions(store) == [("orphan", key, done[key]) for key in outside]
    assert kept <= set(store)


def test_chunks_that_lie_in_the_grid_of_the_other_format_are_none():
    store, outside = shrunk(2)
    zarr_c.convert_metadata(store)
    edit(store, "x/zarr.json", shape=[4, 6])
    assert actions(store) == []
    edit(store, "x/zarr.json", shape=[2, 2])
    assert {action for _, _, action in actions(store)} == {None}
    assert set(outside) <= set(store)


# ---- consolidated metadata


@formats
@pytest.mark.parametrize("path", ["", "g"])
def test_consolidated_metadata_are_made_anew(path, zarr_format):
    store = MemoryStore()
    root = zarr_c.create_group(store, zarr_format=zarr_format)
    root.create_array("g/x", data=DATA, chunks=2)
    root.create_group("h")
    zarr_c.consolidate_metadata(store, path)
    edit(store, "g/x/.zarray" if zarr_format == 2 else "g/x/zarr.json", fill_value=9)
    zarr_c.open_group(store, path=path, use_consolidated=False).create_group("new")
    head = f"{path}/" if path else ""
    where = head + (".zmetadata" if zarr_format == 2 else "zarr.json")
    assert actions(store) == [("consolidation", where, "consolidated again")] * 2
    assert zarr_c.verify(store).ok
    group = zarr_c.open_consolidated(store, path=path)
    assert "new" in group
    assert group["x" if path else "g/x"].fill_value == 9


@formats
def test_consolidated_metadata_stay_where_they_have_the_only_copy(zarr_format):
    store = MemoryStore()
    root = zarr_c.create_group(store, zarr_format=zarr_format)
    root.create_array("x", data=DATA)
    root.create_array("y", data=DATA)
    zarr_c.consolidate_metadata(store)
    name, group = (".zarray", ".zmetadata") if zarr_format == 2 else ("zarr.json",) * 2
    edit(store, f"x/{name}", fill_value=9)
    document = store[f"y/{name}"]
    del store[f"y/{name}"]
    before = dict(store)
    assert set(actions(store)) == {
        ("consolidation", group, None),
        ("missing", f"y/{name}", None),
    }
    assert dict(store) == before
    store[f"y/{name}"] = document
    assert actions(store) == [("consolidation", group, "consolidated again")]


def test_consolidated_metadata_stay_where_a_document_is_damaged():
    store = MemoryStore()
    root = zarr_c.create_group(store)
    root.create_array("x", data=DATA)
    root.create_array("y", data=DATA)
    zarr_c.consolidate_metadata(store)
    edit(store, "x/zarr.json", fill_value=9)
    store["y/zarr.json"] = b"{"
    before = dict(store)
    result = zarr_c.verify(store, repair=True)
    assert [(f.kind, f.key, f.action) for f in result] == [
        ("metadata", "y/zarr.json", None),
        ("consolidation", "zarr.json", None),
    ]
    assert "not repaired: y/zarr.json: expected JSON" in result.findings[1].message
    assert dict(store) == before


# ---- what stays, and where nothing may be done


@formats
def test_what_may_be_data_stays(zarr_format):
    store = MemoryStore()
    root = zarr_c.create_group(store, zarr_format=zarr_format)
    root.create_array("x", data=DATA, chunks=2, compressors="zstd")
    root.create_array("y", data=DATA)
    store[key_of(zarr_format, 0, 0)] = b""
    store[key_of(zarr_format, 0, 1)] = store[key_of(zarr_format, 0, 1)][:-1]
    store["lost/c/0/0"] = store["x/odd"] = b"?"
    store["y/.zarray" if zarr_format == 2 else "y/zarr.json"] = b""
    before = dict(store)
    found = actions(store, older_than=0)
    assert len(found) == 5
    assert {action for _, _, action in found} == {None}
    assert dict(store) == before


def test_read_only_stores_are_refused(tmp_path):
    zarr_c.create_group(tmp_path)
    store = LocalStore(tmp_path, read_only=True)
    assert zarr_c.verify(store).ok
    with pytest.raises(ReadOnlyError, match="read-only"):
        zarr_c.verify(store, repair=True)


def test_the_result_of_repairing(tmp_path):
    zarr_c.create_group(tmp_path)
    plant(tmp_path, 2 * HOUR)
    result = zarr_c.verify(tmp_path, repair=True)
    assert result.ok
    assert len(result) == 1
    assert result.findings[0].repaired
    assert str(result).splitlines()[0].endswith(" [removed]")
    assert str(result).endswith("1 findings, 1 repaired")
    assert result.to_json()["findings"][0]["action"] == "removed"
    (tmp_path / "zarr.json").unlink()
    zarr_c.create_array(tmp_path, data=DATA)
    assert zarr_c.verify(tmp_path, repair=True).findings == ()


@formats
def test_verifying_changes_nothing(zarr_format, tmp_path):
    store, _ = shrunk(zarr_format)
    local = LocalStore(tmp_path)
    for key in store:
        local[key] = store[key]
    plant(tmp_path, 2 * HOUR)

    def state():
        return {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in tmp_path.rglob("*")}

    before = state()
    assert not zarr_c.verify(tmp_path).ok
    assert state() == before
