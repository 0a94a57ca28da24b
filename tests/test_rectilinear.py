"""Arrays whose chunks differ in shape: reads, writes, resizing, against NumPy."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_c
from zarr_c.codecs import ArrayArrayCodec, register_codec
from zarr_c.errors import ChunkCorruptError, MetadataValidationError
from zarr_c.plan import _Variants
from zarr_c.storage import MemoryStore
from zarr_c.testing.latency import LatencyStore

LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=6)


@st.composite
def grids(draw, unit=1):
    """Shape of an array and for each axis a length of chunks, or that of each."""
    shape, chunks = [], []
    for _ in range(draw(st.integers(1, 3))):
        lengths = [n * unit for n in draw(LENGTHS)]
        whole = draw(st.booleans())
        chunks.append(lengths if whole else lengths[0])
        shape.append(sum(lengths) if whole else draw(st.integers(1, 25)))
    if not any(isinstance(c, list) for c in chunks):
        shape[0], chunks[0] = 3 * unit, [unit, 2 * unit]
    return tuple(shape), chunks


@st.composite
def selections(draw, shape):
    """A basic selection of any step, at times an integer."""
    index = []
    for n in shape:
        if draw(st.integers(0, 4)) == 0:
            index.append(draw(st.integers(-n, n - 1)))
            continue
        start, stop = draw(st.integers(0, n)), draw(st.integers(0, n))
        step = draw(st.sampled_from([1, 1, 2, 3, 7, 20, -1, -3]))
        index.append(slice(start, stop, step))
    return tuple(index)


class Reversed(ArrayArrayCodec):
    """A codec of a program: it runs with the GIL held, on the shape of each chunk."""

    name = "test.reversed"

    def encode(self, array):
        return array[::-1]

    def decode(self, array):
        return array[::-1]


register_codec("test.reversed", Reversed)
CHAINS = {
    "raw": {"compressors": None},
    "zstd": {"compressors": {"name": "zstd", "configuration": {"level": 1}}},
    "crc32c": {"compressors": [{"name": "gzip", "configuration": {"level": 1}}, "crc32c"]},
    "blosc": {"compressors": {"name": "blosc", "configuration": {"cname": "lz4"}}},
    "big": {
        "serializer": {"name": "bytes", "configuration": {"endian": "big"}},
        "compressors": None,
    },
    "of a program": {"filters": Reversed(), "compressors": None},
    "transposed later": {"filters": [Reversed(), "transpose"], "compressors": None},
}


def with_axes(chain, ndim):
    """A chain whose transpositions turn all axes round."""
    turned = {"name": "transpose", "configuration": {"order": list(range(ndim))[::-1]}}
    filters = chain.get("filters")
    if isinstance(filters, list):
        return chain | {"filters": [turned if f == "transpose" else f for f in filters]}
    return chain | {"filters": [turned]} if filters is None else chain


def exercise(data, array, shape):
    """Read and write parts until something differs from NumPy."""
    expected = np.arange(np.prod(shape), dtype="i4").reshape(shape) + 1
    array[...] = expected
    assert np.array_equal(array[...], expected)
    for _ in range(4):
        selection = data.draw(selections(shape))
        assert np.array_equal(array[selection], expected[selection])
        selection = data.draw(selections(shape))
        value = data.draw(st.integers(0, 9))
        array[selection] = value
        expected[selection] = value
    again = zarr_c.open_array(array.store)
    assert np.array_equal(again[...], expected)
    assert again.metadata == array.metadata
    out = np.zeros(shape[::-1], "i4").T
    again.get_basic_selection(out=out)
    assert np.array_equal(out, expected)


# format.md C3
@pytest.mark.parametrize("name", CHAINS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_reads_and_writes_are_those_of_numpy(name, data):
    shape, chunks = data.draw(grids())
    chain = with_axes(CHAINS[name], len(shape))
    array = zarr_c.create_array(
        MemoryStore(), shape=shape, chunks=chunks, dtype="i4", fill_value=7, **chain
    )
    exercise(data, array, shape)


# format.md C3 S7
@pytest.mark.parametrize("name", ["raw", "zstd", "big", "of a program"])
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_shards_may_differ_too(name, data):
    unit = data.draw(st.integers(1, 3))
    shape, shards = data.draw(grids(unit))
    array = zarr_c.create_array(
        MemoryStore(),
        shape=shape,
        chunks=(unit,) * len(shape),
        shards=shards,
        dtype="i4",
        fill_value=7,
        **CHAINS[name],
    )
    exercise(data, array, shape)


# format.md C3
@pytest.mark.parametrize("unit", [0, 2])
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_stores_in_python_with_many_requests_at_once(unit, data):
    """Whole shards and ranges of them are fetched, each by its own way."""
    shape, sizes = data.draw(grids(unit or 1))
    kind = {"chunks": (unit,) * len(shape), "shards": sizes} if unit else {"chunks": sizes}
    array = zarr_c.create_array(LatencyStore(MemoryStore()), shape=shape, dtype="i4", **kind)
    exercise(data, array, shape)


# format.md C3
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_files(tmp_path_factory, data):
    shape, chunks = data.draw(grids())
    array = zarr_c.create_array(
        tmp_path_factory.mktemp("array"), shape=shape, chunks=chunks, dtype="i4"
    )
    exercise(data, array, shape)


@pytest.mark.parametrize(
    ("dtype", "value"), [(str, "text"), (bytes, b"some"), ("U3", "abc"), ("M8[s]", 5)]
)
def test_elements_of_any_type(dtype, value):
    array = zarr_c.create_array(None, shape=30, chunks=[[4, 20, 6]], dtype=dtype)
    expected = np.full(30, array.fill_value, array.dtype)
    array[3:26] = expected[3:26] = np.array([value] * 23, array.dtype)
    assert array[...].tolist() == expected.tolist()
    assert array[::-5].tolist() == expected[::-5].tolist()


def make(**changes):
    arguments = {"shape": (35, 21), "chunks": [[10, 20, 5], [7] * 3], "dtype": "i4"}
    array = zarr_c.create_array(MemoryStore(), **arguments | changes)
    array[...] = np.arange(array.size).reshape(array.shape)
    return array


# format.md C3
def test_what_an_array_says_of_its_chunks():
    array = make()
    assert array.read_chunk_sizes == array.write_chunk_sizes == ((10, 20, 5), (7, 7, 7))
    assert (array.cdata_shape, array.nchunks, array.nchunks_initialized) == ((3, 3), 9, 9)
    assert array.shards is None
    for name in ("chunks", "metadata"):
        with pytest.raises(NotImplementedError, match="differ in shape"):
            assert array.chunks if name == "chunks" else array.metadata.chunk_shape
    assert "Chunk shape : <variable>" in str(array.info)
    assert [row.tolist() for row in array] == array[...].tolist()
    stored = json.loads(array.store["zarr.json"])["chunk_grid"]["configuration"]
    assert stored == {"kind": "inline", "chunk_shapes": [[10, 20, 5], [[7, 3]]]}


# format.md C3
def test_what_an_array_says_of_shards_that_differ():
    array = make(chunks=(5, 7), shards=[[10, 20, 10], 14])
    assert array.chunks == (5, 7)
    assert array.read_chunk_sizes == ((5,) * 7, (7,) * 3)
    assert array.write_chunk_sizes == ((10, 20, 5), (14, 7))
    assert (array.cdata_shape, array.nchunks) == ((7, 3), 21)
    assert array.nchunks_initialized == (2 + 4 + 2) * 4
    with pytest.raises(NotImplementedError, match="differ in shape"):
        assert array.shards
    assert "Shard shape : <variable>" in str(array.info)
    assert [row.tolist() for row in array] == array[...].tolist()


def test_sizes_in_a_regular_grid():
    array = make(chunks=(10, 30))
    assert array.read_chunk_sizes == array.write_chunk_sizes == ((10, 10, 10, 5), (21,))
    array = make(chunks=(5, 7), shards=(10, 14))
    assert array.read_chunk_sizes == ((5,) * 7, (7,) * 3)
    assert array.write_chunk_sizes == ((10, 10, 10, 5), (14, 7))


# format.md C3
@pytest.mark.parametrize("shards", [None, [[10, 20, 10], 14]])
def test_growing_and_shrinking(shards):
    changes = {} if shards is None else {"chunks": (5, 7), "shards": shards}
    array = make(**changes)
    expected = array[...]
    array.append(np.full((8, 21), 3))
    expected = np.concatenate([expected, np.full((8, 21), 3)])
    assert np.array_equal(array[...], expected)
    assert array.write_chunk_sizes[0] == ((10, 20, 5, 8) if shards is None else (10, 20, 10, 3))
    assert np.array_equal(zarr_c.open_array(array.store)[...], expected)
    array.resize((12, 21))
    assert array.write_chunk_sizes[0] == (10, 2)
    assert np.array_equal(array[...], expected[:12])
    assert not [key for key in array.store if key.startswith(("c/2/", "c/3/"))]
    array.resize((50, 30))
    again = zarr_c.open_array(array.store)
    assert np.array_equal(again[:12, :21], expected[:12])
    assert not again[30:].any()
    again[...] = expected = np.arange(1500).reshape(50, 30)
    assert np.array_equal(array[...], expected)


def test_a_length_that_the_codecs_cannot_take_is_refused_at_open():
    array = make(shape=(30,), chunks=5, shards=[[10, 20]])
    document = json.loads(array.store["zarr.json"])
    document["chunk_grid"]["configuration"]["chunk_shapes"] = [[20, 11]]
    array.store["zarr.json"] = json.dumps(document).encode()
    with pytest.raises(MetadataValidationError, match="divisors of the shard's"):
        zarr_c.open_array(array.store)


def test_a_shape_that_the_codecs_cannot_take_is_not_stored():
    halves = {"name": "reshape", "configuration": {"shape": [2, -1]}}
    array = make(shape=(30,), chunks=[[10, 20]], filters=halves)
    before = dict(array.store)
    for act in (lambda: array.resize((37,)), lambda: array.append(np.zeros(7))):
        with pytest.raises(MetadataValidationError, match="reshape"):
            act()
    assert dict(array.store) == before
    array.append(np.full(8, 5))
    assert zarr_c.open_array(array.store)[20:].tolist() == [*range(20, 30), *[5] * 8]


def test_copies_and_arrays_alike():
    array = make()
    like = zarr_c.empty_like(array)
    assert like.metadata.chunk_grid == array.metadata.chunk_grid
    assert np.array_equal(pickle.loads(pickle.dumps(array))[5:20, 3], array[5:20, 3])
    made = zarr_c.create_array(None, shape=(35, 21), dtype="i4", chunks=array.write_chunk_sizes)
    assert made.metadata.chunk_grid == array.metadata.chunk_grid
    with pytest.raises(ValueError, match="chunks: Zarr v2 has one shape for all of them"):
        make(zarr_format=2)


def test_a_damaged_chunk_is_named_and_healed():
    array = make(compressors=None)
    array.store["c/1/0"] = array.store["c/0/0"]  # of another chunk's size
    with pytest.raises(ChunkCorruptError, match=r"'c/1/0'.*expected 560, found 280"):
        assert array[15, 3]
    array[10:30, :7] = 4
    assert (array[10:30, :7] == 4).all()


# format.md C3
@pytest.mark.parametrize("filters", [(), (Reversed(),)])
def test_very_many_chunks(filters):
    """What is touched counts, not what there is."""
    store = MemoryStore()
    array = zarr_c.create_array(store, shape=1, chunks=[[1]], dtype="u1", filters=filters)
    document = json.loads(store["zarr.json"])
    document["shape"] = [2**62]
    axis = [[1, 2**60], [2**20, 2**30], [3, 2**61]]
    document["chunk_grid"]["configuration"]["chunk_shapes"] = [axis]
    store["zarr.json"] = json.dumps(document).encode()
    array = zarr_c.open_array(store)
    places = [5, 2**60 - 1, 2**60, 2**60 + 2**50 - 1, 2**60 + 2**50, 2**62 - 1]
    for value, place in enumerate(places, 1):
        array[place] = value
    assert [int(array[place]) for place in places] == [1, 2, 3, 4, 5, 6]
    assert array[2**60 - 2 : 2**60 + 2].tolist() == [0, 2, 3, 0]
    assert array[5 :: 2**60].tolist() == [1, 0, 0, 0]
    assert array.nchunks_initialized == len(places)


# format.md C3
def test_codecs_are_compiled_once_for_each_shape_of_a_bounded_number(monkeypatch):
    monkeypatch.setattr(_Variants, "MOST", 4)
    lengths = list(range(1, 21))
    array = make(shape=(210, 7), chunks=[lengths, [3, 4]], filters=Reversed())
    expected = np.arange(1470).reshape(210, 7)
    made = array._plan.variants
    assert np.array_equal(array[...], expected)
    assert 0 < len(made._plans) <= 4
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda i: array[i : i + 30], range(0, 180, 3)):
            start = int(found[0, 0]) // 7
            assert np.array_equal(found, expected[start : start + 30])


def test_an_error_while_compiling_names_the_chunk(monkeypatch):
    array = make(filters=Reversed())

    def broken(self, shape):
        raise ZeroDivisionError(f"no plan for {shape}")

    monkeypatch.setattr(_Variants, "__call__", broken)
    for act in (lambda: array[12], lambda: array.__setitem__(12, 0)):
        with pytest.raises(ZeroDivisionError, match="no plan for") as error:
            act()
        assert "c/1/" in error.value.__notes__[0]


# format.md C3 2.3 chunk_grid
def test_chunks_that_end_with_the_array():
    grid = {"name": "zarrs.regular_bounded", "configuration": {"chunk_shape": [4, 3]}}
    store = MemoryStore()
    array = zarr_c.create_array(
        store, shape=(10, 7), chunks=(4, 3), dtype="u1", compressors=None
    )
    document = json.loads(store["zarr.json"]) | {"chunk_grid": grid}
    store["zarr.json"] = json.dumps(document).encode()
    array = zarr_c.open_array(store)
    array[...] = expected = np.arange(70, dtype="u1").reshape(10, 7)
    assert len(store["c/2/2"]) == 2
    assert np.array_equal(zarr_c.open_array(store)[::-1, ::2], expected[::-1, ::2])
    before = store["zarr.json"]
    with pytest.raises(ValueError, match="one would change its length"):
        array.append(np.ones((3, 7), "u1"))
    assert store["zarr.json"] == before
    array.resize((8, 6))
    assert np.array_equal(array[...], expected[:8, :6])
