"""Limits of metadata: what is at one is taken, what is above it is refused by name."""

import json
import tracemalloc

import numpy as np
import pytest

import zarr_c
from zarr_c.errors import LimitError, MetadataValidationError
from zarr_c.metadata import v2, v3
from zarr_c.metadata.document import loads

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
