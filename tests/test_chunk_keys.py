"""Arrays under keys of every encoding: read, written, resized, counted."""

import numpy as np
import pytest

import zarr_c
from zarr_c import resizing
from zarr_c.errors import MetadataValidationError
from zarr_c.metadata import chunk_key
from zarr_c.metadata.chunk_key import ChunkKeyEncoding, register_chunk_key_encoding
from zarr_c.storage import MemoryStore


def named(name, **configuration):
    return {"name": name, "configuration": configuration}


class Letters(ChunkKeyEncoding):
    """A program's own: a for 0, b for 1."""

    name = "letters"

    def encode_chunk_key(self, chunk_coords):
        return "chunks/" + "".join(chr(97 + i) for i in chunk_coords)


class Read(Letters):
    """The same, which tells its keys from others."""

    name = "letters-read"

    def decode_chunk_key(self, chunk_key):
        head, _, letters = chunk_key.partition("/")
        if head != "chunks":
            raise ValueError(chunk_key)
        return tuple(ord(letter) - 97 for letter in letters)


@pytest.fixture(autouse=True)
def programs(monkeypatch):
    monkeypatch.setattr(chunk_key, "_CLASSES", dict(chunk_key._CLASSES))
    register_chunk_key_encoding("letters", Letters)
    register_chunk_key_encoding("letters-read", Read)


ENCODINGS = [
    ("default", "c/1/2", "c"),
    ({"name": "default", "separator": "."}, "c.1.2", "c"),
    ("v2", "1.2", "0"),
    (named("v2", separator="/"), "1/2", "0"),
    (named("suffix", suffix=".tiff", base_encoding="default"), "c/1/2.tiff", "c.tiff"),
    (named("suffix", suffix="x", base_encoding="fanout"), "c/0/001/0/002x", "cx"),
    (named("prefix", prefix="x/", base_encoding="v2"), "x/1.2", "x/0"),
    (named("zarrs.default_suffix", suffix=".bin"), "c/1/2.bin", "c.bin"),
    ("fanout", "c/0/001/0/002", "c"),
    (named("template", format="t{1}/{0:03}.raw"), "t2/001.raw", None),
    (named("template", format="ü/{*}", separator="-"), "ü/1-2", None),
    ("letters", "chunks/bc", "chunks/"),
    ("letters-read", "chunks/bc", "chunks/"),
]


# format.md C4 C5 C6 2.3 chunk_key_encoding
@pytest.mark.parametrize("path", ["", "group/ünïcode"])
@pytest.mark.parametrize("shards", [None, (4, 4)])
@pytest.mark.parametrize(("encoding", "key", "scalar"), ENCODINGS)
@pytest.mark.parametrize("few", [0, resizing.FEW_CHUNKS])
def test_an_array_lives_under_its_keys(encoding, key, scalar, shards, path, few, monkeypatch):
    monkeypatch.setattr(resizing, "FEW_CHUNKS", few)
    store = MemoryStore()
    array = zarr_c.create_array(
        store,
        path or None,
        shape=(12, 11),
        chunks=(4, 4) if shards is None else (2, 2),
        shards=shards,
        dtype="i2",
        chunk_key_encoding=encoding,
    )
    array[...] = expected = np.arange(132).reshape(12, 11) + 1
    assert (f"{path}/" if path else "") + key in set(store)
    array = zarr_c.open_array(store, path=path or None)
    assert np.array_equal(array[...], expected)
    array[3:7, 2:5] = expected[3:7, 2:5] = 0
    assert np.array_equal(array[...], expected)
    per_object = 1 if shards is None else 4
    assert array.nchunks_initialized == 9 * per_object
    array.resize((5, 11))
    assert array.nchunks_initialized == 6 * per_object
    array.resize((12, 11))
    assert np.array_equal(array[:5], expected[:5])
    assert not array[5:].any()
    array[...] = 0
    assert array.nchunks_initialized == 0


# format.md C4 C5 2.3 chunk_key_encoding
@pytest.mark.parametrize(("encoding", "_", "scalar"), ENCODINGS)
def test_an_array_without_axes(encoding, _, scalar):
    store = MemoryStore()
    arguments = {"shape": (), "dtype": "i2", "chunk_key_encoding": encoding}
    if scalar is None or scalar.endswith("/"):
        with pytest.raises(MetadataValidationError, match="chunk_key_encoding"):
            zarr_c.create_array(store, **arguments)
        assert store.is_empty()
        return
    array = zarr_c.create_array(store, **arguments)
    array[...] = 5
    assert scalar in set(store)
    assert zarr_c.open_array(store)[()] == 5
    assert array.nchunks_initialized == 1


# format.md C3 2.3 chunk_key_encoding
@pytest.mark.parametrize("encoding", ["fanout", "letters"])
def test_chunks_that_differ_under_keys_of_python(encoding):
    array = zarr_c.create_array(
        None, shape=(9,), chunks=[[1, 5, 3]], dtype="i2", chunk_key_encoding=encoding
    )
    array[...] = np.arange(9)
    array[4:7] = 9
    assert array[...].tolist() == [0, 1, 2, 3, 9, 9, 9, 7, 8]


# format.md 2.3 chunk_key_encoding
def test_a_key_that_would_leave_the_array_is_refused_when_it_is_made():
    class Creeping(ChunkKeyEncoding):
        name = "creeping"

        def encode_chunk_key(self, chunk_coords):
            return "x" if chunk_coords == (0,) else "../x"

    register_chunk_key_encoding("creeping", Creeping)
    store = MemoryStore()
    array = zarr_c.create_array(
        store, "a", shape=4, chunks=2, dtype="u1", chunk_key_encoding="creeping"
    )
    array[:2] = 1
    before = sorted(store)
    for act in (lambda: array[...], lambda: array.__setitem__(..., 2)):
        with pytest.raises(MetadataValidationError, match="within the array"):
            act()
    assert sorted(store) == before


@pytest.mark.parametrize("shards", [None, (2,)])
def test_what_an_encoding_of_a_program_raises_reaches_the_caller(shards):
    class Broken(ChunkKeyEncoding):
        name = "broken"

        def encode_chunk_key(self, chunk_coords):
            return "0" if chunk_coords == (0,) else str(1 // 0)

    register_chunk_key_encoding("broken", Broken)
    array = zarr_c.create_array(
        None, shape=4, chunks=2, shards=shards, dtype="u1", chunk_key_encoding="broken"
    )
    for act in (lambda: array[...], lambda: array.__setitem__(..., 2)):
        with pytest.raises(ZeroDivisionError):
            act()


# format.md C1 C2
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_chunks_larger_than_the_array_and_empty_axes(zarr_format):
    store = MemoryStore()
    array = zarr_c.create_array(
        store, shape=(3, 0), chunks=(10, 1), dtype="i2", zarr_format=zarr_format
    )
    assert array[...].shape == (3, 0)
    assert array.cdata_shape == (1, 0)
    array.resize((3, 2))
    array[...] = [[1, 2], [3, 4], [5, 6]]
    assert zarr_c.open_array(store)[...].tolist() == [[1, 2], [3, 4], [5, 6]]
    made = zarr_c.create_array(None, shape=(0,), chunks=(0,), zarr_format=zarr_format)
    assert made.chunks == (1,)
