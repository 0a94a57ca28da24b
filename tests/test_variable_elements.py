"""Arrays of strings, bytes and objects are read and written as NumPy's are."""

import json
import threading

import numcodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_c
from zarr_c.errors import PickleCodecDisabledError

STRING = np.dtypes.StringDType()
WORDS = ["", "a", "fill", "déjà vu", "漢字", "x" * 15, "y" * 16, "z" * 300]


@st.composite
def operations(draw):
    ndim = draw(st.integers(1, 2))
    shape = tuple(draw(st.integers(0, 9)) for _ in range(ndim))
    chunks = tuple(draw(st.integers(1, 4)) for _ in range(ndim))
    sharded = draw(st.booleans())
    steps = []
    for _ in range(draw(st.integers(1, 5))):
        selection = tuple(
            slice(
                draw(st.none() | st.integers(-n, n)),
                draw(st.none() | st.integers(-n, n)),
                draw(st.sampled_from([None, 1, 2, -1])),
            )
            for n in shape
        )
        steps.append((selection, draw(st.integers(0, 2**16)), draw(st.booleans())))
    return shape, chunks, sharded, steps


@settings(max_examples=200, deadline=None)
@given(operations(), st.sampled_from(["string", "bytes", "object"]), st.integers(1, 3))
def test_any_selection_is_written_and_read_as_numpy_does(case, kind, threads):
    shape, chunks, sharded, steps = case
    words = WORDS if kind == "string" else [word.encode() for word in WORDS]
    if kind == "object":
        words = [None, 1, "text", [1, 2], {"a": None}, 2.5]
    dtype = STRING if kind == "string" else np.dtype(object)
    options = {"fill_value": words[2]}
    if kind == "object":
        options |= {"zarr_format": 2, "filters": {"id": "json2"}}
    elif sharded:
        options["shards"] = tuple(2 * n for n in chunks)
    array = zarr_c.create_array(
        {}, shape=shape, dtype=object if kind == "object" else kind, chunks=chunks, **options
    )
    expected = np.empty(shape, dtype)
    expected[...] = words[2]
    with zarr_c.config.set({"threads": threads}):
        for selection, seed, scalar in steps:
            target = expected[selection]
            chosen = np.random.default_rng(seed).integers(0, len(words), target.shape)
            values = np.empty(target.shape, dtype)
            for index in np.ndindex(target.shape):
                values[index] = words[chosen[index]]
            if scalar and target.shape:
                values = words[1]
            array[selection] = expected[selection] = values
            assert array[selection].tolist() == expected[selection].tolist()
        assert array[...].tolist() == expected.tolist()


def test_elements_are_python_scalars_and_out_is_filled():
    array = zarr_c.create_array({}, shape=5, dtype="string", chunks=2)
    array[...] = ["a", "bb", "ccc", "dddd", "eeeee"]
    assert array[3] == "dddd"
    assert type(array[3]) is str
    out = np.array(["old" * 50] * 5, STRING)
    assert array.get_basic_selection(slice(None, None, -1), out=out) is out
    assert out.tolist() == ["eeeee", "dddd", "ccc", "bb", "a"]
    with pytest.raises(TypeError, match="out: expected data type StringDType"):
        array.get_basic_selection(..., out=np.empty(5, object))


def test_objects_are_counted_right():
    """Neither lost nor kept: as many references as before."""
    import sys

    values = np.empty(100, object)
    for i in range(100):
        values[i] = bytes([i]) * 100
    one = values[50]
    before = sys.getrefcount(one)
    array = zarr_c.create_array({}, shape=100, dtype="bytes", chunks=7)
    array[...] = values
    assert sys.getrefcount(one) == before
    out = np.empty(100, object)
    out[:] = one
    assert sys.getrefcount(one) == before + 100
    array.get_basic_selection(..., out=out)
    assert sys.getrefcount(one) == before
    assert all(sys.getrefcount(out[i]) == 2 for i in range(100))


def test_many_threads_write_strings_into_one_chunk():
    array = zarr_c.create_array({}, shape=200, dtype="string", chunks=100)

    def write(first):
        for i in range(first, 200, 4):
            array[i] = f"{i}" * 10

    threads = [threading.Thread(target=write, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert array[...].tolist() == [f"{i}" * 10 for i in range(200)]


OBJECTS = {
    "json2": (numcodecs.JSON(), [{"a": [1, None]}, "text", 1.5, None, True]),
    "msgpack2": (numcodecs.MsgPack(), [{"a": [1, None]}, "text", 1.5, None, b"raw"]),
    "vlen-array": (
        numcodecs.VLenArray("<i4"),
        [np.arange(i, dtype="i4") for i in (0, 3, 1, 2, 5)],
    ),
    "categorize": (numcodecs.Categorize(["x", "y"], object), ["x", "y", "", "x", "y"]),
}


# format.md 3 |O
@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("slot", ["filters", "compressors"])
def test_object_codecs_of_v2(name, order, slot):
    codec, values = OBJECTS[name]
    objects = np.empty((5, 3), object)
    for i in range(5):
        for j in range(3):
            objects[i, j] = values[(i + j) % 5]
    array = zarr_c.create_array(
        {},
        shape=(5, 3),
        dtype=object,
        chunks=(2, 2),
        zarr_format=2,
        order=order,
        **{"filters": None, "compressors": None, slot: codec},
    )
    array[...] = objects
    for index in np.ndindex(5, 3):
        assert np.array_equal(array[index], objects[index])
    array[2, 1] = objects[0, 0]
    assert np.array_equal(array[2, 1], objects[0, 0])
    assert np.array_equal(array[3, 1], objects[3, 1])
    stored = codec.decode(array.store["0.0"])
    assert stored.size == 4


def test_pickles_are_read_by_those_who_ask_for_it():
    codec = {"id": "pickle", "protocol": 5}
    with pytest.raises(PickleCodecDisabledError, match="allow_unsafe_pickle_decode"):
        zarr_c.create_array({}, shape=3, dtype=object, zarr_format=2, filters=codec)
    with zarr_c.config.set({"array.allow_unsafe_pickle_decode": True}):
        array = zarr_c.create_array({}, shape=3, dtype=object, zarr_format=2, filters=codec)
        array[...] = np.array([{1, 2}, (3,), print], object)
        assert array[...].tolist() == [{1, 2}, (3,), print]
    with pytest.raises(PickleCodecDisabledError, match="pickle"):
        zarr_c.open_array(array.store)


def test_an_error_of_a_codec_reaches_the_caller():
    array = zarr_c.create_array(
        {}, shape=3, dtype=object, zarr_format=2, filters={"id": "json2"}, chunks=3
    )
    with pytest.raises(TypeError, match="not JSON serializable"):
        array[...] = np.array([1, object(), 2], object)
    assert "0" not in array.store


@pytest.mark.parametrize("kind", ["string", "bytes"])
@pytest.mark.parametrize("chain", ["nested", "compressed"])
def test_shards_inside_other_codecs(kind, chain):
    """Whole shards as one stage: elements outlive the inner chunks they were read from."""
    words = WORDS if kind == "string" else [word.encode() for word in WORDS]
    index_codecs = [{"name": "bytes", "configuration": {"endian": "little"}}]
    codecs = [{"name": f"vlen-{'utf8' if kind == 'string' else 'bytes'}"}]
    for shape in [(2, 3), (4, 6)] if chain == "nested" else [(2, 3)]:
        configuration = {"chunk_shape": shape, "codecs": codecs, "index_codecs": index_codecs}
        codecs = [{"name": "sharding_indexed", "configuration": configuration}]
    if chain == "compressed":
        codecs = [*codecs, {"name": "gzip", "configuration": {"level": 1}}]
    array = zarr_c.create(
        shape=(20, 30),
        chunks=(8, 12),
        dtype=kind,
        codecs=codecs,
        fill_value=words[2],
        store={},
        zarr_format=3,
    )
    expected = np.full((20, 30), words[2], array.dtype)
    for i, j in np.random.default_rng(0).integers(0, (20, 30), (200, 2)):
        expected[i, j] = words[(i * j) % len(words)]
    array[...] = expected
    assert array[...].tolist() == expected.tolist()
    array[3:9, 5:17] = expected[3:9, 5:17] = words[-1]
    assert array[...].tolist() == expected.tolist()
    assert array[17, 29] == expected[17, 29]


def test_a_pickle_that_was_read_once_is_not_read_again_without_being_allowed():
    codec = {"id": "pickle", "protocol": 5}
    with zarr_c.config.set({"array.allow_unsafe_pickle_decode": True}):
        array = zarr_c.create_array({}, shape=1, dtype=object, zarr_format=2, filters=codec)
        array[...] = np.array([{1}], object)
        assert zarr_c.open_array(array.store)[...].tolist() == [{1}]
    with pytest.raises(PickleCodecDisabledError, match="allow_unsafe_pickle_decode"):
        zarr_c.open_array(array.store)[...]
    document = json.loads(array.store[".zarray"]) | {"filters": None, "compressor": codec}
    store = {".zarray": json.dumps(document).encode(), "0": array.store["0"]}
    with pytest.raises(PickleCodecDisabledError, match="allow_unsafe_pickle_decode"):
        zarr_c.open_array(store)[...]
