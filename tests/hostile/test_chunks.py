"""Damaged and missing chunks: never fill value, never wrong data, never half a write."""

import numpy as np
import pytest

import zarr_c
from zarr_c.errors import ChunkCorruptError, ChunkNotFoundError
from zarr_c.storage import MappingStore, MemoryStore

COMPRESSORS = {
    "none": None,
    "zstd": "zstd",
    "gzip": "gzip",
    "blosc": "blosc",
    "crc32c": "crc32c",
}
DATA = np.arange(64, dtype="<i4").reshape(8, 8)

every_codec = pytest.mark.parametrize("codec", COMPRESSORS)


class Logged(dict):
    """A dictionary that notes which keys were read."""

    def __init__(self):
        super().__init__()
        self.read = []

    def __getitem__(self, key):
        self.read.append(key)
        return super().__getitem__(key)


@pytest.fixture
def damaged(codec):
    """An array of two by two chunks, the first of which is cut short."""
    mapping = Logged()
    z = zarr_c.create_array(
        MappingStore(mapping), data=DATA, chunks=(4, 4), compressors=COMPRESSORS[codec]
    )
    dict.__setitem__(mapping, "c/0/0", mapping["c/0/0"][:-1])
    mapping.read.clear()
    return z, mapping


@every_codec
def test_a_full_overwrite_heals_without_reading(damaged):
    z, mapping = damaged
    z[:4, :4] = 1
    assert mapping.read == []
    z[...] = DATA
    assert mapping.read == []
    assert np.array_equal(z[...], DATA)


@every_codec
@pytest.mark.parametrize("selection", [(0, 0), (slice(0, 4), slice(0, 3)), (slice(0, 4, 2), 1)])
def test_a_partial_write_raises_and_leaves_it(damaged, selection):
    z, mapping = damaged
    before = dict(mapping)
    with pytest.raises(ChunkCorruptError, match="'c/0/0'") as caught:
        z[selection] = 1
    assert caught.value.key == "c/0/0"
    assert dict(mapping) == before


@every_codec
def test_every_read_of_it_raises_and_no_other_does(damaged):
    z, _ = damaged
    for selection in (..., (slice(0, 4), slice(0, 4)), (3, slice(None, None, -1))):
        with pytest.raises(ChunkCorruptError, match="'c/0/0'"):
            z[selection]
    assert np.array_equal(z[4:], DATA[4:])
    assert np.array_equal(z[::-1, 4:], DATA[::-1, 4:])


# format.md P4
@every_codec
@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("dtype", ["u1", "<i4", ">f8", "c16"])
def test_any_other_length_is_damage(codec, zarr_format, dtype):
    """Empty, cut at every byte, and too long by one or many."""
    if codec == "crc32c" and zarr_format == 2:
        codec = "zstd"
    store = MemoryStore()
    data = np.arange(12).astype(dtype)
    if zarr_format == 3:
        data = data.astype(data.dtype.newbyteorder("="))
    layout = {"chunks": 12, "zarr_format": zarr_format, "compressors": COMPRESSORS[codec]}
    z = zarr_c.create_array(store, data=data, **layout)
    key = "0" if zarr_format == 2 else "c/0"
    stored = store[key]
    wrong = [stored[:n] for n in range(len(stored))]
    wrong += [stored + stored, stored + b"x" * 10_000_000]
    if codec == "none":
        wrong += [stored + b"x"]
    for value in wrong:
        store[key] = value
        for selection in (..., slice(2, 3)):
            try:
                found = z[selection]
            except ChunkCorruptError as error:
                assert f"{key!r}: " in str(error)  # noqa: PT017
                continue
            # a part may be whole where the rest is not, if its codec has blocks
            assert codec == "blosc"
            assert np.array_equal(found, data[selection])


# format.md P4
def test_an_empty_object_is_damage_and_not_fill():
    store = MemoryStore()
    z = zarr_c.create_array(store, shape=4, dtype="i4", compressors=None)
    store["c/0"] = b""
    with pytest.raises(ChunkCorruptError, match="expected 16, found 0"):
        z[0]


def test_absent_chunks_are_an_error_if_asked():
    store = MemoryStore()
    arguments = {"shape": 4, "chunks": 2, "dtype": "i4"}
    z = zarr_c.create_array(store, **arguments, config={"read_missing_chunks": False})
    z[2:] = 1
    assert z[2:].tolist() == [1, 1]
    with pytest.raises(ChunkNotFoundError, match="'c/0' is absent"):
        z[...]
    assert z.with_config({"read_missing_chunks": True})[...].tolist() == [0, 0, 1, 1]


def test_resizing_and_appending():
    """Chunks outside are gone; new ones are fill; two handles agree after a refresh."""
    store = MemoryStore()
    z = zarr_c.create_array(store, data=np.arange(10), chunks=3, fill_value=-1)
    other = zarr_c.open_array(store)
    z.resize(4)
    assert sorted(k for k in store if k.startswith("c/")) == ["c/0", "c/1"]
    z.resize(9)
    assert z[6:].tolist() == [-1] * 3
    assert z[:4].tolist() == [0, 1, 2, 3]
    assert z.append([7, 8]) == (11,)
    assert z[9:].tolist() == [7, 8]
    assert other.shape == (10,)
    assert other.refresh().shape == (11,)
    assert np.array_equal(other[...], z[...])
    for wrong in ((1, 1), (-1,), "x", 1.5):
        with pytest.raises((ValueError, TypeError), match="shape"):
            z.resize(wrong)
    with pytest.raises(ValueError, match=r"data: expected shape .* but for axis 0"):
        z.append(np.zeros((2, 2)))
    with pytest.raises(
        TypeError, match=r"value: expected numbers that int64 can hold, found 0\.5"
    ):
        z.append([0.5])
    assert other.refresh().shape == (11,)


def test_appending_along_another_axis():
    z = zarr_c.create_array(MemoryStore(), shape=(2, 0), chunks=(2, 3), dtype="i4")
    for i in range(5):
        z.append(np.full((2, 2), i), axis=1)
    assert z[...].tolist() == [[0, 0, 1, 1, 2, 2, 3, 3, 4, 4]] * 2
    with pytest.raises(ValueError, match="axis: expected one of 2 axes, found 2"):
        z.append(np.zeros((2, 2)), axis=2)


@pytest.mark.parametrize("dtype", ["<U3", ">U3", [("a", "i1"), ("t", "<U3")]])
@pytest.mark.parametrize("point", [0x110000, 0xFFFFFFFF])
def test_text_that_is_no_unicode(dtype, point):
    dtype = np.dtype(dtype)
    store = {}
    array = zarr_c.create_array(
        store, shape=4, dtype=dtype, compressors=None, zarr_format=2, fill_value=None
    )
    stored = np.zeros(4, dtype)
    text = stored if dtype.names is None else stored["t"]
    text[...] = ["a", "\U0010ffff", "\ud800", "xyz"]
    array[...] = stored
    assert array[...].tolist() == stored.tolist()
    order = text.dtype.byteorder
    text[1:2, np.newaxis].view(np.dtype("u4").newbyteorder(order))[0, 0] = point
    store["0"] = stored.tobytes()
    for selection in (..., 1, slice(1, 2), [1, 2]):
        with pytest.raises(ChunkCorruptError, match=f"up to 0x10ffff, found {point:#x}"):
            array[selection]
    assert array[2:].tolist() == stored[2:].tolist()
