"""Opening, saving and loading, and the names of the package."""

import subprocess
import sys

import numpy as np
import pytest
from children import run

import zarr_c
from zarr_c import Array, Group
from zarr_c.errors import (
    ArrayNotFoundError,
    ContainsArrayError,
    ContainsGroupError,
    GroupNotFoundError,
    NodeTypeValidationError,
    ReadOnlyError,
)
from zarr_c.storage import MemoryStore


def test_modes_of_arrays():
    store = MemoryStore()
    for mode in ("r", "r+", "a", None):
        with pytest.raises(ArrayNotFoundError, match="no array at the path 'x'"):
            zarr_c.open_array(store, path="x", mode=mode)
    assert store.is_empty()
    zarr_c.open_array(store, path="x", shape=3)[:] = 1
    assert zarr_c.open_array(store, path="x", mode="a", shape=9).shape == (3,)
    assert zarr_c.open_array(store, path="x", mode="r").read_only
    assert not zarr_c.open_array(store, path="x", mode="r+").read_only
    with pytest.raises(FileExistsError, match="w-"):
        zarr_c.open_array(store, path="x", mode="w-", shape=4)
    assert zarr_c.open_array(store, path="x", mode="w", shape=4)[:].tolist() == [0] * 4
    assert zarr_c.open_array(store, path="y", mode="w-", shape=4).shape == (4,)
    with pytest.raises(TypeError, match="shape: mode 'w'"):
        zarr_c.open_array(store, path="x", mode="w")
    with pytest.raises(ValueError, match="mode: expected"):
        zarr_c.open_array(store, path="x", mode="rw")
    with pytest.raises(TypeError, match="foo"):
        zarr_c.open_array(store, path="z", shape=3, foo=1)


def test_modes_of_groups():
    store = MemoryStore()
    for mode in ("r", "r+"):
        with pytest.raises(GroupNotFoundError, match="no group"):
            zarr_c.open_group(store, mode=mode)
    zarr_c.open_group(store, attributes={"a": 1})
    assert zarr_c.open_group(store, attributes={"b": 1}).attrs == {"a": 1}
    assert zarr_c.group(store).attrs == {"a": 1}
    with pytest.raises(FileExistsError, match="w-"):
        zarr_c.open_group(store, mode="w-")
    assert zarr_c.group(store, overwrite=True).attrs == {}
    with pytest.raises(ValueError, match="mode: expected"):
        zarr_c.open_group(store, mode="x")
    with pytest.raises(ValueError, match="use_consolidated"):
        zarr_c.open_group(store, use_consolidated=True)
    assert Group.open(store) == zarr_c.open_group(store)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_open_finds_what_is_there(zarr_format):
    store = MemoryStore()
    zarr_c.create_array(store, "g/a", shape=3, zarr_format=zarr_format)
    assert isinstance(zarr_c.open(store, path="g/a"), Array)
    assert isinstance(zarr_c.open(store, path="g"), Group)
    assert isinstance(zarr_c.open(store.with_read_only(True)), Group)
    assert zarr_c.open(store.with_read_only(True), path="g/a").read_only
    with pytest.raises(ContainsGroupError):
        zarr_c.open(store, path="g", shape=3)
    with pytest.raises(TypeError, match="config"):
        zarr_c.open(store, path="g", config={"order": "C"})
    with pytest.raises(NodeTypeValidationError):
        zarr_c.open_array(store, path="g")
    with pytest.raises(ContainsArrayError):
        zarr_c.open_group(store, path="g/a")
    with pytest.raises(GroupNotFoundError, match="no array and no group"):
        zarr_c.open(store, path="g", mode="r", zarr_format=5 - zarr_format)
    assert zarr_c.open(store, path="g/a", mode="w", shape=5).shape == (5,)
    assert isinstance(zarr_c.open(store, path="g/a", mode="w"), Group)
    with pytest.raises(FileExistsError):
        zarr_c.open(store, path="g", mode="w-", shape=5)


def test_opening_what_is_missing_creates_by_mode(tmp_path):
    for function in (zarr_c.open, zarr_c.open_array, zarr_c.open_group, zarr_c.load):
        with pytest.raises(FileNotFoundError):
            function(tmp_path / "x", **{} if function is zarr_c.load else {"mode": "r"})
    assert list(tmp_path.iterdir()) == []
    assert isinstance(zarr_c.open(tmp_path / "a", shape=3), Array)
    assert isinstance(zarr_c.open(tmp_path / "g"), Group)


def test_open_like(tmp_path):
    source = np.ones((3, 4), "i2")
    made = zarr_c.open_like(source, tmp_path / "like")
    assert (made.shape, made.dtype) == ((3, 4), source.dtype)
    assert zarr_c.open_like(np.ones(9), tmp_path / "like", mode="r").shape == (3, 4)


def test_a_read_only_store_refuses():
    store = MemoryStore(read_only=True)
    for function in (
        lambda: zarr_c.create_array(store, shape=3),
        lambda: zarr_c.create_group(store),
        lambda: zarr_c.open(store, mode="a"),
        lambda: zarr_c.save(store, np.ones(3)),
        lambda: zarr_c.create(3, store=store),
    ):
        with pytest.raises(ReadOnlyError, match="read-only"):
            function()
    with pytest.raises(ReadOnlyError):
        zarr_c.create(3, store=MemoryStore(), mode="r")


# ---- saving and loading


def test_save_and_load(tmp_path):
    zarr_c.save(tmp_path / "a", np.arange(5))
    np.testing.assert_array_equal(zarr_c.load(tmp_path / "a"), np.arange(5))
    with pytest.raises(ContainsArrayError):
        zarr_c.save_array(tmp_path / "a", np.arange(6))
    zarr_c.save_array(tmp_path / "a", [1, 2], overwrite=True)
    np.testing.assert_array_equal(zarr_c.load(tmp_path / "a"), [1, 2])
    zarr_c.save(tmp_path / "g", np.zeros(2), np.ones(3), named=[[1]])
    loaded = zarr_c.load(tmp_path / "g")
    assert {name: value.tolist() for name, value in loaded.items()} == {
        "arr_0": [0, 0], "arr_1": [1, 1, 1], "named": [[1]],
    }  # fmt: skip
    zarr_c.save_group(tmp_path / "g", other=np.ones(1), zarr_format=2)
    assert list(zarr_c.load(tmp_path / "g")) == ["other"]
    assert zarr_c.load(tmp_path / "g", path="other").tolist() == [1]
    with pytest.raises(ValueError, match="at least one array"):
        zarr_c.save(tmp_path / "n")
    with pytest.raises(ValueError, match="dtype"):
        zarr_c.save(tmp_path / "g", other=np.array([object()]))
    assert list(zarr_c.load(tmp_path / "g")) == ["other"]


def test_nested_groups_load_as_nested_dictionaries():
    store = MemoryStore()
    zarr_c.create_array(store, "a/b/c", data=np.arange(2))
    assert zarr_c.load(store)["a"]["b"]["c"].tolist() == [0, 1]


# ---- the package


def test_all_names_are_there():
    for name in zarr_c.__all__:
        assert getattr(zarr_c, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        zarr_c.nothing  # noqa: B018


def test_the_module_of_synchronous_functions():
    from zarr_c.api import synchronous

    theirs = pytest.importorskip("zarr.api.synchronous")
    assert set(theirs.__all__) & set(zarr_c.__all__) <= set(synchronous.__all__)
    for name in synchronous.__all__:
        assert getattr(synchronous, name) is getattr(zarr_c, name)


def test_loading_creates_nothing(tmp_path):
    for place in (tmp_path / "x", tmp_path / "x.zip"):
        with pytest.raises(FileNotFoundError):
            zarr_c.load(place)
    assert list(tmp_path.iterdir()) == []


def test_debug_info(capsys):
    zarr_c.print_debug_info()
    out = capsys.readouterr().out
    assert f"zarr_c: {zarr_c.__version__}" in out
    assert f"numpy: {np.__version__}" in out
    assert "config: defaults" in out
    with zarr_c.config.set({"array.order": "F"}):
        zarr_c.print_debug_info()
    assert "config: {'array.order': 'F'}" in capsys.readouterr().out


def test_logging():
    code = """
        import numpy as np, zarr_c, logging
        store = zarr_c.storage.LoggingStore({})
        zarr_c.create_group(store)
        zarr_c.set_log_level("INFO")
        zarr_c.set_format("<%(levelname)s %(verb)s %(key)s>")
        zarr_c.open_group(store)
        zarr_c.set_log_level("WARNING")
        zarr_c.open_group(store)
        for wrong in (zarr_c.set_log_level, zarr_c.set_format):
            try:
                wrong("%(")
            except ValueError:
                print("refused")
    """
    assert run(code).splitlines() == ["<INFO get zarr.json>", "refused", "refused"]


def test_importing_brings_in_nothing_slow():
    code = (
        "import sys, numpy; before = set(sys.modules)\n"
        "import zarr_c; print(*(set(sys.modules) - before))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    slow = {"numcodecs", "asyncio", "tempfile", "shutil", "inspect", "multiprocessing", "isal"}
    assert slow.isdisjoint(run.stdout.split())
