"""Resizing and appending, against NumPy arrays that are cut and filled likewise."""

import time

import numpy as np
import pytest
import tensorstore as ts
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_c
from zarr_c import resizing
from zarr_c.errors import MetadataValidationError, ReadOnlyError
from zarr_c.storage import LocalStore, MemoryStore, WrapperStore

FILL = 7
GRIDS = {
    "regular": {"chunks": (4, 3)},
    "v2": {"chunks": (4, 3), "zarr_format": 2},
    "shards": {"chunks": (2, 3), "shards": (4, 6)},
    "rectilinear": {"chunks": [[3, 1, 5, 2], [4, 2, 3]]},
}


class Counting(WrapperStore):
    """Counts requests by verb."""

    def __init__(self, store):
        super().__init__(store)
        self.requests = []

    def get(self, key, default=None, *, byte_range=None):
        self.requests.append(f"get {key}")
        return super().get(key, default, byte_range=byte_range)

    def set(self, key, value):
        self.requests.append(f"set {key}")
        super().set(key, value)

    def delete(self, key):
        self.requests.append(f"delete {key}")
        super().delete(key)

    def exists(self, key):
        self.requests.append(f"exists {key}")
        return super().exists(key)

    def list_prefix(self, prefix):
        self.requests.append(f"list {prefix}")
        return super().list_prefix(prefix)


def resized(data, shape):
    """What a NumPy array is after a change of its shape."""
    out = np.full(shape, FILL, data.dtype)
    shared = tuple(slice(0, min(a, b)) for a, b in zip(data.shape, shape, strict=True))
    out[shared] = data[shared]
    return out


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("few", [0, resizing.FEW_CHUNKS])
@settings(deadline=None, max_examples=40)
@given(
    shapes=st.lists(st.tuples(st.integers(0, 17), st.integers(0, 17)), max_size=5),
    empty=st.booleans(),
)
def test_what_is_cut_off_does_not_come_back(grid, few, shapes, empty):
    """By keys that are tried, and by those that the store lists."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resizing, "FEW_CHUNKS", few)
        data = np.random.default_rng(1).integers(0, 9, (11, 9))
        array = zarr_c.create_array(
            MemoryStore(),
            shape=data.shape,
            dtype=data.dtype,
            fill_value=FILL,
            config={"write_empty_chunks": empty},
            **GRIDS[grid],
        )
        array[...] = data
        for shape in shapes:
            array.resize(shape)
            data = resized(data, shape)
            np.testing.assert_array_equal(array[...], data)
        for shape in ((17, 17), data.shape, (17, 17)):
            array.resize(shape)
            data = resized(data, shape)
            np.testing.assert_array_equal(array[...], data)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_other_libraries_find_the_fill_value_too(tmp_path, zarr_format):
    data = np.arange(1, 12)
    array = zarr_c.create_array(tmp_path, data=data, chunks=4, zarr_format=zarr_format)
    array.resize(6)
    array.resize(11)
    expected = np.where(data <= 6, data, 0)
    np.testing.assert_array_equal(zarr.open_array(tmp_path, mode="r")[:], expected)
    driver = "zarr" if zarr_format == 2 else "zarr3"
    spec = {"driver": driver, "kvstore": {"driver": "file", "path": str(tmp_path)}}
    found = ts.open(spec, open=True).result().read().result()
    np.testing.assert_array_equal(found, expected)


def test_without_a_fill_value_it_is_zero():
    store = MemoryStore()
    array = zarr_c.create_array(
        store, data=np.arange(1, 8), chunks=4, zarr_format=2, fill_value=None
    )
    array.resize(2)
    array.resize(7)
    assert array[:4].tolist() == [1, 2, 0, 0]


@pytest.mark.parametrize("dtype", [str, "U3", "S2", "M8[s]", [("a", "i4"), ("b", "f8")], "?"])
def test_every_type_is_filled(dtype):
    array = zarr_c.create_array({}, shape=7, chunks=4, dtype=dtype)
    fresh = array[:]
    array[:] = np.arange(1, 8).astype("M8[s]" if dtype == "M8[s]" else "i8").astype(array.dtype)
    before = array[:2]
    array.resize(2)
    array.resize(7)
    assert array[:2].tolist() == before.tolist()
    assert array[2:].tolist() == fresh[2:].tolist()


def test_nothing_is_deleted_when_not_asked_for(tmp_path):
    """As `AsyncArray.resize(..., delete_outside_chunks=False)` of zarr-python has it."""
    data = np.arange(1, 12)
    array = zarr_c.create_array(tmp_path, data=data, chunks=4)
    before = sorted(LocalStore(tmp_path).list())
    array.resize(2, delete_outside_chunks=False)
    assert sorted(LocalStore(tmp_path).list()) == before
    assert array[:].tolist() == [1, 2]
    array.resize(11)
    np.testing.assert_array_equal(array[:], data)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_huge_grid_costs_what_is_stored_or_removed(tmp_path, axis):
    """10**12 chunks, of which five are stored; then one row of 10**6 chunks is removed."""
    store = Counting(LocalStore(tmp_path))
    array = zarr_c.create_array(store, shape=(10**7, 10**7), chunks=(10, 10), dtype="u1")
    for i in (0, 10, 500, 9_999_990):
        array[i, i] = 1
    array[5, 9_999_999] = 1
    store.requests.clear()
    start = time.perf_counter()
    shape = [10**7, 10**7]
    shape[axis] = 12
    array.resize(shape)
    assert time.perf_counter() - start < 1
    assert len(store.requests) < 12
    assert (array[0, 0], array[10, 10]) == (1, 1)
    shape = [12, 12]
    array.resize(shape)
    store.requests.clear()
    array.resize((12, 5))
    assert not [asked for asked in store.requests if asked.startswith("list")]
    assert len(store.requests) < 12
    assert sum(key.startswith("c/") for key in store.list()) == 1


def test_growing_touches_only_the_document(tmp_path):
    store = Counting(LocalStore(tmp_path))
    array = zarr_c.create_array(store, data=np.arange(10), chunks=4)
    store.requests.clear()
    array.resize(10**12)
    assert {asked.split()[1] for asked in store.requests} == {"zarr.json"}


def test_a_resize_that_is_cut_short_has_the_old_shape(tmp_path):
    class Broken(Counting):
        def delete(self, key):
            raise OSError("the network is down")

    array = zarr_c.create_array(Broken(LocalStore(tmp_path)), data=np.arange(10), chunks=4)
    with pytest.raises(OSError, match="network"):
        array.resize(2)
    assert array.shape == zarr_c.open_array(tmp_path).shape == (10,)
    zarr_c.open_array(tmp_path, mode="r+").resize(2)
    assert zarr_c.open_array(tmp_path)[:].tolist() == [0, 1]


def test_what_cannot_be_resized_loses_nothing(tmp_path):
    array = zarr_c.create_array(tmp_path, data=np.arange(10), chunks=4)
    for shape in ((1, 2), (), (-1,), (2**63,)):
        with pytest.raises((ValueError, MetadataValidationError)):
            array.resize(shape)
    with pytest.raises(ReadOnlyError):
        zarr_c.open_array(tmp_path, mode="r").resize(2)
    np.testing.assert_array_equal(zarr_c.open_array(tmp_path)[:], np.arange(10))


def test_resizing_starts_from_the_stored_shape(tmp_path):
    """Another handle has made the array longer, so there is more to remove."""
    old = zarr_c.create_array(tmp_path, data=np.arange(4), chunks=4)
    zarr_c.open_array(tmp_path, mode="r+").append(np.arange(20))
    old.resize(4)
    assert sum(key.startswith("c/") for key in LocalStore(tmp_path).list()) == 1


# ---- appending


@pytest.mark.parametrize("grid", GRIDS)
@settings(deadline=None, max_examples=25)
@given(steps=st.lists(st.tuples(st.integers(-2, 1), st.integers(0, 6)), max_size=6))
def test_appending(grid, steps):
    data = np.ones((11, 9), "i4")
    options = {"dtype": "i4", "fill_value": FILL} | GRIDS[grid]
    array = zarr_c.create_array({}, shape=data.shape, **options)
    array[...] = data
    for step, (axis, count) in enumerate(steps):
        shape = list(data.shape)
        shape[axis] = count
        more = np.full(shape, 10 + step, "i4")
        assert array.append(more, axis) == array.shape
        data = np.concatenate([data, more], axis)
        np.testing.assert_array_equal(array[...], data)


def test_what_cannot_be_appended_changes_nothing():
    array = zarr_c.create_array({}, data=np.ones((3, 4)), chunks=2)
    for data in (5, np.ones(4), np.ones((2, 5)), np.ones((1, 2, 4)), np.float64(3)):
        with pytest.raises(ValueError, match=r"expected shape \(3, 4\) but for axis 0"):
            array.append(data)
    with pytest.raises(ValueError, match="axis: expected one of 2 axes, found 2"):
        array.append(np.ones((3, 4)), axis=2)
    with pytest.raises(ValueError, match="axis: expected one of 0 axes"):
        zarr_c.create_array({}, shape=(), dtype="f8").append(1.0)
    with pytest.raises(TypeError):
        array.append(np.full((1, 4), "2026-11-25", "M8[D]"))
    assert array.shape == (3, 4)
    np.testing.assert_array_equal(array[...], np.ones((3, 4)))


def test_a_writer_that_waits_for_nobody_is_noticed(tmp_path):
    """zarr-python takes no lock: its resize during an append is an error, not a lost row."""
    array = zarr_c.create_array(tmp_path, data=np.arange(4), chunks=4)

    class Slow(Counting):
        def set(self, key, value):
            super().set(key, value)
            if key.startswith("c/"):
                zarr.open_array(tmp_path, mode="r+").resize(9)

    slow = zarr_c.open_array(Slow(LocalStore(tmp_path)), mode="r+")
    with pytest.raises(ValueError, match=r"expected shape \(4,\) while appending"):
        slow.append([4, 5])
    assert array.refresh().shape == (9,)
