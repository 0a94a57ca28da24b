"""Objects that are cut short at any byte: what is right is read, all else is a typed error."""

import json

import numpy as np
import pytest
from counting import Counting
from golden import chunks, golden_cases, names, stored
from matrix import bits, elements

import zarr_c
from zarr_c.errors import ChunkCorruptError, MetadataValidationError
from zarr_c.storage import LocalStore, MappingStore, MemoryStore

CASES = golden_cases()


@pytest.mark.parametrize("name", names())
def test_a_chunk_of_any_codec(name):
    """Every chunk of every golden store, at every byte; of all codecs in both formats."""
    case = CASES[name]
    files = stored(name)
    store = MemoryStore(files)
    expected = elements(case)
    array = zarr_c.open_array(store, mode="r", zarr_format=case.zarr_format)
    refused = 0
    for key, whole in chunks(files).items():
        for length in range(len(whole)):
            store[key] = whole[:length]
            for selection in (..., (0, 0, 0), (4, 3, 2), (slice(2, 4), slice(1, 3))):
                try:
                    found = array[selection]
                except ChunkCorruptError as error:
                    assert error.key == key  # noqa: PT017
                    refused += 1
                else:
                    assert selection is not ...
                    assert bits(found) == bits(expected[selection]), (key, length, selection)
        store[key] = whole
    assert refused
    assert bits(array[...]) == bits(expected)


STORES = {
    "local": lambda path: LocalStore(path),
    "mapped": lambda path: LocalStore(path, mmap=True),
    "memory": lambda path: MemoryStore(),
    "mapping": lambda path: MappingStore({}),
}
DATA = np.arange(1, 33, dtype="i4").reshape(4, 8)
DATA[:2, 2:4] = 0  # an inner chunk that is absent


@pytest.mark.parametrize("make", STORES)
@pytest.mark.parametrize("location", ["start", "end"])
@pytest.mark.parametrize("compressors", [None, "zstd", "crc32c", "blosc"])
def test_a_shard(tmp_path, make, location, compressors):
    """Index at the start or the end; by a handle that has read the index, and by new ones."""
    store = STORES[make](tmp_path)
    layout = {"chunks": (2, 2), "shards": {"shape": (4, 8), "index_location": location}}
    array = zarr_c.create_array(store, data=DATA, compressors=compressors, **layout)
    whole = store["c/0/0"]
    read = 0
    for length in range(len(whole)):
        store["c/0/0"] = whole
        assert np.array_equal(array[...], DATA)  # the index is kept now
        store["c/0/0"] = whole[:length]
        for handle in (array, zarr_c.open_array(store, mode="r")):
            with pytest.raises(ChunkCorruptError, match="c/0/0"):
                handle[...]
            for row, column in ((0, 0), (0, 2), (3, 7), (2, 5)):
                try:
                    found = handle[row, column]
                except ChunkCorruptError as error:
                    assert error.key == "c/0/0"  # noqa: PT017
                else:
                    read += 1
                    assert found == DATA[row, column], (length, row, column)
        # a write of a part needs the index, and leaves the shard as it was if that is damaged
        try:
            array[0, 2] = 0
        except ChunkCorruptError:
            assert store["c/0/0"] == whole[:length]
    # what lies before the cut is read where the index does
    assert bool(read) is (location == "start")
    array[...] = DATA + 1
    assert np.array_equal(array[...], DATA + 1)


@pytest.mark.parametrize("location", ["start", "end"])
@pytest.mark.parametrize("length", [0, 1, 50, -1])
def test_a_whole_write_heals_a_shard_without_reading_it(location, length):
    """Also one at the edge of the array. A write of a part raises and changes nothing."""
    store = Counting(MemoryStore())
    layout = {"chunks": (2, 2), "shards": {"shape": (4, 4), "index_location": location}}
    array = zarr_c.create_array(store, data=DATA[:, :6], **layout)
    for key in ("c/0/0", "c/0/1"):
        cut = store[key][:length]
        store[key] = cut
        column = 4 * int(key[-1])
        if length != -1 or location == "end":
            with pytest.raises(ChunkCorruptError, match=key):
                array[0, column] = 1
            assert store[key] == cut
        store.read.clear()
        array[:, column : column + 4] = 7
        assert not store.read
    assert store.written["c/0/1"]
    assert (array[...] == 7).all()


def hierarchy(zarr_format):
    """Every kind of document, each with attributes."""
    store = MemoryStore()
    group = zarr_c.create_group(store, zarr_format=zarr_format, attributes={"unit": "m"})
    group.create_array("x", data=np.arange(4), attributes={"unit": "é"})
    group.create_group("g", attributes={"a": [1, {"b": None}]})
    zarr_c.consolidate_metadata(store)
    return store


DOCUMENTS = {
    "zarr.json": 3,
    "x/zarr.json": 3,
    "g/zarr.json": 3,
    ".zgroup": 2,
    ".zattrs": 2,
    ".zmetadata": 2,
    "x/.zarray": 2,
    "x/.zattrs": 2,
    "g/.zgroup": 2,
    "g/.zattrs": 2,
}


@pytest.mark.parametrize("key", DOCUMENTS)
def test_a_document(key):
    """An error that names the document; what is not damaged can be opened."""
    store = hierarchy(DOCUMENTS[key])
    path, _, name = key.rpartition("/")
    whole = store[key]
    consolidated = name == ".zmetadata"

    def opened(path):
        return zarr_c.open(store, path=path, mode="r", use_consolidated=consolidated)

    expected = opened(path).metadata
    for length in range(len(whole)):
        store[key] = whole[:length]
        try:
            json.loads(whole[:length])
        except ValueError:
            with pytest.raises(MetadataValidationError, match=key.replace(".", r"\.")):
                opened(path)
        else:  # all but white space
            assert opened(path).metadata == expected
        others = {"", "x", "g"} - {path}
        if not consolidated:
            for other in others:
                assert opened(other).attrs
    store[key] = whole
    assert opened(path).metadata == expected
