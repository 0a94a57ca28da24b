"""Limits of metadata: what is at one is taken, what is above it is refused by name."""

import gzip
import json
import resource
import tracemalloc
import zlib

import numpy as np
import pytest
from numcodecs import VLenUTF8

import zarr_c
from zarr_c.codecs import GzipCodec, ZstdCodec
from zarr_c.errors import ChunkCorruptError, CodecError, LimitError, MetadataValidationError
from zarr_c.metadata import v2, v3
from zarr_c.metadata.document import loads
from zarr_c.metadata.dtype import from_numpy, parse_v2
from zarr_c.storage import LocalStore, MemoryStore

SHARDS = {
    "chunk_shape": [2],
    "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
    "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
}


def v3_document(codecs):
    array = zarr_c.create_array({}, shape=(4,), chunks=(4,), dtype="int8", compressors=None)
    return json.loads(array.store["zarr.json"]) | {"codecs": codecs}


def test_a_document_may_be_as_long_as_the_limit_and_no_longer():
    data = b'{"a": 1}'
    with zarr_c.config.set({"limits.metadata_bytes": len(data)}):
        assert loads(data, "x/zarr.json") == {"a": 1}
        with pytest.raises(LimitError, match=r"x/zarr\.json: .* at most 8 .*bytes'\), found 9"):
            loads(data + b" ", "x/zarr.json")
    with zarr_c.config.set({"limits.metadata_bytes": None}):
        assert loads(data + b" ", "x/zarr.json") == {"a": 1}


def test_a_document_that_is_too_long_takes_no_memory():
    data = b'{"a": [' + b"0," * (1 << 20) + b"0]}"
    with zarr_c.config.set({"limits.metadata_bytes": len(data) - 1}):
        tracemalloc.start()
        try:
            with pytest.raises(LimitError):
                loads(data, "zarr.json")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 1 << 20  # parsed, it takes 10 MiB


@pytest.mark.parametrize("name", ["zarr.json", ".zarray"])
def test_the_limit_holds_where_arrays_are_opened(name):
    store = {}
    zarr_format = 3 if name == "zarr.json" else 2
    zarr_c.create_array(store, shape=(3,), dtype="int8", zarr_format=zarr_format)
    store[name] += b" " * 7  # no other test has opened this one
    with (
        zarr_c.config.set({"limits.metadata_bytes": len(store[name]) - 1}),
        pytest.raises(LimitError, match=name),
    ):
        zarr_c.open_array(store, mode="r")
    assert np.array_equal(zarr_c.open_array(store, mode="r")[:], np.zeros(3, "int8"))


def test_as_many_codecs_as_the_limit_and_no_more():
    checksums = [{"name": "crc32c"}] * 3
    document = v3_document(["bytes", *checksums])
    with zarr_c.config.set({"limits.codecs": 4}):
        assert len(v3.parse_array(document, "zarr.json").codecs) == 4
        document["codecs"].append({"name": "crc32c"})
        with pytest.raises(
            LimitError, match=r"codecs: .* at most 4 .*limits\.codecs.* found 5"
        ):
            v3.parse_array(document, "zarr.json")
    assert len(v3.parse_array(document, "zarr.json").codecs) == 5


def test_codecs_of_shards_are_counted_too():
    inner = [*SHARDS["codecs"], {"name": "crc32c"}, {"name": "crc32c"}]
    shards = {"name": "sharding_indexed", "configuration": SHARDS | {"codecs": inner}}
    store = {"zarr.json": json.dumps(v3_document([shards])).encode()}
    with zarr_c.config.set({"limits.codecs": 2}), pytest.raises(LimitError, match="found 3"):
        zarr_c.open_array(store, mode="r")
    with zarr_c.config.set({"limits.codecs": 3}):
        assert zarr_c.open_array(store, mode="r").shape == (4,)


def test_filters_of_v2_are_counted():
    store = {}
    zarr_c.create_array(store, shape=(3,), dtype="int8", zarr_format=2)
    document = json.loads(store[".zarray"])
    document["filters"] = [{"id": "zlib", "level": 1}] * 3
    with zarr_c.config.set({"limits.codecs": 3}):
        assert len(v2.parse_array(document, {}, ".zarray").filters) == 3
    with (
        zarr_c.config.set({"limits.codecs": 2}),
        pytest.raises(LimitError, match=r"filters: .* found 3"),
    ):
        v2.parse_array(document, {}, ".zarray")


def test_a_limit_is_caught_as_metadata_that_is_wrong():
    assert issubclass(LimitError, MetadataValidationError)


def nested(levels):
    """JSON of so many levels, the outermost an object."""
    value = 1
    for level in range(levels):
        value = {"a": value} if level % 2 or level == levels - 1 else [value]
    return value


def test_json_may_be_as_deep_as_the_limit_and_no_deeper():
    with zarr_c.config.set({"limits.json_depth": 5}):
        assert loads(json.dumps(nested(5)).encode(), "zarr.json") == nested(5)
        with pytest.raises(
            LimitError, match=r"x/\.zattrs: levels of lists .* at most 5 .*json_d"
        ):
            loads(json.dumps(nested(6)).encode(), "x/.zattrs")
        wide = {"a": [[1], {"b": [2]}] * 9}  # brackets are no levels
        assert loads(json.dumps(wide).encode(), "zarr.json") == wide


def test_attributes_as_deep_as_json_may_be_are_copied_and_written_again():
    store = {}
    most = zarr_c.config.get("limits.json_depth") - 2  # the document, its attributes
    zarr_c.create_array(store, shape=1, dtype="int8", attributes={"a": nested(most)})
    array = zarr_c.open_array(store)
    assert array.attrs.asdict() == {"a": nested(most)}
    array.attrs["b"] = 1
    document = json.loads(store["zarr.json"])
    assert document["attributes"] == {"a": nested(most), "b": 1}
    document["attributes"]["a"] = [nested(most)]
    with pytest.raises(LimitError, match=r"zarr\.json"):
        zarr_c.open_array({"zarr.json": json.dumps(document).encode()})


def sharding(codecs, length=2, field="codecs"):
    configuration = SHARDS | {"chunk_shape": [length], field: codecs}
    return [{"name": "sharding_indexed", "configuration": configuration}]


def open_with(codecs):
    return zarr_c.open_array({"zarr.json": json.dumps(v3_document(codecs)).encode()}, mode="r")


@pytest.mark.parametrize("most", [1, 3, 64])
def test_codecs_lie_as_deep_in_each_other_as_the_limit_and_no_deeper(most):
    codecs = SHARDS["codecs"]
    for _ in range(most):
        codecs = sharding(codecs)
    with zarr_c.config.set({"limits.depth": most}):
        assert open_with(codecs)[:].tolist() == [0] * 4
        with pytest.raises(
            LimitError, match=rf"levels of codecs: .*limits\.depth.* {most + 1}"
        ):
            open_with(sharding(codecs))


@pytest.mark.parametrize("levels", [33, 70])
@pytest.mark.parametrize("outer", ["codecs", "index_codecs"])
def test_codecs_of_other_names_and_of_indexes_count_as_levels(outer, levels):
    codecs = [{"name": "crc32c"}]
    for _ in range(levels - 1):
        codecs = [{"name": "conditional", "configuration": {"codecs": codecs}}]
    with pytest.raises(LimitError, match="levels of codecs: expected at most 32"):
        open_with(sharding([*SHARDS["codecs"], *codecs], field=outer))


@pytest.mark.parametrize("most", [1, 2, 64])
def test_records_lie_as_deep_in_each_other_as_the_limit_and_no_deeper(most):
    spec, dtype = "<i4", np.dtype("<i4")
    for _ in range(most):
        spec, dtype = [["a", spec]], np.dtype([("a", dtype)])
    with zarr_c.config.set({"limits.depth": most}):
        assert parse_v2(spec).dtype == dtype
        assert from_numpy(dtype, 3).dtype == dtype
        with pytest.raises(LimitError, match=f"levels of records: .* found {most + 1}"):
            parse_v2([["a", spec]])
        with pytest.raises(LimitError, match=f"levels of records: .* found {most + 1}"):
            from_numpy(np.dtype([("a", dtype)]), 3)


def test_keys_are_as_long_as_the_limit_and_no_longer(tmp_path):
    with zarr_c.config.set({"limits.name_bytes": 20}):
        for store in (MemoryStore(), LocalStore(tmp_path)):
            store["k" * 20] = b"x"
            assert store["k" * 20] == b"x"
            for use in (store.get, store.delete):
                with pytest.raises(LimitError, match=r"key 'k+'.*: bytes: .* at most 20 .* 21"):
                    use("k" * 21)
        with pytest.raises(LimitError, match="found 21"):  # bytes, not characters
            MemoryStore()["é" * 10 + "k"] = b"x"


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_paths_in_consolidated_metadata_are_as_long_as_the_limit(zarr_format):
    store = {}
    group = zarr_c.create_group(store, zarr_format=zarr_format)
    group.create_array("n" * 21, shape=3, dtype="int8")
    zarr_c.consolidate_metadata(store, zarr_format=zarr_format)
    longest = 21 if zarr_format == 3 else len(f"{'n' * 21}/.zarray")
    with zarr_c.config.set({"limits.name_bytes": longest}):
        assert list(zarr_c.open_group(store, mode="r")) == ["n" * 21]
    with (
        zarr_c.config.set({"limits.name_bytes": longest - 1}),
        pytest.raises(LimitError, match=rf"limits\.name_bytes.* {longest}"),
    ):
        zarr_c.open_group(store, mode="r")


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        ({"chunks": 50, "dtype": "<i4", "compressors": ZstdCodec()}, 200),
        ({"chunks": 50, "dtype": ">i4", "zarr_format": 2}, 200),
        ({"chunks": [[10, 50, 40]], "dtype": "<i4"}, 200),
        ({"chunks": 10, "shards": 20, "dtype": "<i8"}, 80),
        ({"chunks": 10, "shards": 20, "dtype": ">i8"}, 80),
        ({"chunks": 10, "dtype": str}, 160),  # where each string lies, and how long it is
    ],
)
def test_chunks_that_are_decoded_as_a_whole_are_as_large_as_the_limit(arguments, most):
    store = {}
    array = zarr_c.create_array(store, shape=100, **arguments)
    with zarr_c.config.set({"limits.chunk_bytes": most}):
        assert np.array_equal(zarr_c.open_array(store, mode="r")[...], array[...])
    with zarr_c.config.set({"limits.chunk_bytes": most - 1}):
        with pytest.raises(
            LimitError, match=rf"chunks: .*limits\.chunk_bytes'\), found {most}"
        ):
            zarr_c.open_array(store, mode="r")
        with pytest.raises(LimitError):
            zarr_c.create_array({}, shape=100, **arguments)


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ({"dtype": str}, "x"),
        ({"dtype": zarr_c.dtype.VariableLengthBytes()}, b"x"),
        ({"dtype": str, "zarr_format": 2}, "x"),
        ({"dtype": object, "zarr_format": 2, "filters": VLenUTF8()}, "x"),
        ({"dtype": str, "chunks": 2, "shards": 4}, "x"),
    ],
)
def test_elements_of_any_length_take_as_much_as_the_limit(arguments, value):
    store = {}
    zarr_c.create_array(store, shape=4, **{"chunks": 4} | arguments)
    most = 4 + arguments.get("chunks", 4) * (4 + 1000)
    with zarr_c.config.set({"limits.chunk_bytes": most}):
        array = zarr_c.open_array(store)
        array[:] = [value * 1000] * 4
        assert array[:].tolist() == [value * 1000] * 4
        stored = dict(store)
        with pytest.raises(CodecError, match=rf"expected {most}, found {most + 1}"):
            array[0] = value * 1001
        assert store == stored
    with zarr_c.config.set({"limits.chunk_bytes": most - 1}):
        array = zarr_c.open_array(store, mode="r")
        with pytest.raises(ChunkCorruptError, match=r"c/0|'0'"):
            array[:]


def test_chunks_that_are_read_in_part_may_be_of_any_size():
    with zarr_c.config.set({"limits.chunk_bytes": 0}):
        array = zarr_c.create_array(
            {}, shape=2**50, chunks=2**50, dtype=">u2", compressors=None
        )
        assert array[-3:].tolist() == [0] * 3


def test_an_array_that_is_refused_is_not_stored():
    store = {}
    with zarr_c.config.set({"limits.chunk_bytes": 3}), pytest.raises(LimitError):
        zarr_c.create_array(store, shape=1, dtype="i4")
    assert store == {}


def test_a_decoder_stops_at_the_size_that_metadata_imply():
    """A gigabyte in a few kilobytes is no chunk of 1,000 bytes: there is no limit of ratios."""
    store = {}
    array = zarr_c.create_array(
        store, shape=1000, chunks=1000, dtype="u1", compressors=GzipCodec(level=9)
    )
    packer = zlib.compressobj(9, wbits=31)
    store["c/0"] = b"".join(
        [*(packer.compress(bytes(1 << 20)) for _ in range(256)), packer.flush()]
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ChunkCorruptError, match="larger than any encoding"):
        array[:]
    store["c/0"] = gzip.compress(bytes(1 << 20))  # short enough to be looked at
    with pytest.raises(ChunkCorruptError, match="more bytes than its chunk has"):
        array[:]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
