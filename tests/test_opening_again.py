"""Arrays that are opened again: what is kept of their documents shows in nothing but time."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import zarr_c as zarr
from zarr_c.codecs import BytesBytesCodec, register_codec
from zarr_c.codecs.registry import _CODECS
from zarr_c.errors import ChunkCorruptError, MetadataValidationError, UnknownCodecError
from zarr_c.metadata.chunk_key import _CLASSES, V2ChunkKeyEncoding, register_chunk_key_encoding

ATTRIBUTES = {"units": "m", "nested": {"list": [1, {"deep": True}]}}


def make(path, zarr_format=3, **kwargs):
    given = {"shape": (8, 6), "chunks": (4, 3), "dtype": "i4", "attributes": ATTRIBUTES}
    return zarr.create_array(path, zarr_format=zarr_format, **(given | kwargs))


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("opened", [zarr.open_array, zarr.open])
def test_equal_documents_give_equal_arrays_that_share_nothing_changeable(
    tmp_path, zarr_format, opened
):
    make(tmp_path / "x", zarr_format)
    first, second = opened(tmp_path / "x"), opened(tmp_path / "x")
    assert first.metadata == second.metadata
    first.metadata.attributes["nested"]["list"][1]["deep"] = "changed"
    for codec in (*first.metadata.codecs, first.metadata.compressor or {}):
        codec["changed"] = True
    first.metadata.extra["changed"] = {}
    for found in (second, opened(tmp_path / "x")):
        assert found.attrs["nested"] == ATTRIBUTES["nested"]
        assert found.metadata.extra == {}
        assert "changed" not in str(found.metadata)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_document_that_changes_is_read_anew(tmp_path, zarr_format):
    array = make(tmp_path / "x", zarr_format)
    assert zarr.open_array(tmp_path / "x").attrs["units"] == "m"
    array.attrs["units"] = "km"
    assert zarr.open_array(tmp_path / "x").attrs["units"] == "km"
    array.resize((9, 6))
    assert zarr.open_array(tmp_path / "x").shape == (9, 6)


def test_chunks_codecs_types_and_fill_values_are_told_apart(tmp_path):
    kinds = [
        {"chunks": (4, 3)},
        {"chunks": (2, 3)},
        {"dtype": "u2"},
        {"fill_value": 7},
        {"compressors": None},
        {"compressors": {"name": "gzip", "configuration": {"level": 1}}},
        {"chunks": (2, 3), "shards": (4, 6)},
        {"zarr_format": 2, "order": "F"},
        {"zarr_format": 2},
        {"zarr_format": 2, "dtype": ">i4"},
    ]
    data = np.arange(48).reshape(8, 6)
    for i, kind in enumerate(kinds):
        make(tmp_path / str(i), **kind)[:4] = data[:4]
    for i, kind in enumerate(kinds):
        expected = np.full((8, 6), kind.get("fill_value", 0))
        expected[:4] = data[:4]
        assert np.array_equal(zarr.open_array(tmp_path / str(i))[...], expected), kind


class Doubled(BytesBytesCodec):
    name = "test.again"
    times = 2

    def encode(self, data):
        return bytes(data) * self.times

    def decode(self, data):
        return bytes(data)[: len(data) // self.times]


class Tripled(Doubled):
    times = 3


def test_a_codec_that_is_registered_anew_counts_from_then_on(tmp_path):
    register_codec("test.again", Doubled)
    try:
        make(tmp_path / "x", compressors=Doubled())
        assert isinstance(zarr.open_array(tmp_path / "x").compressors[0], Doubled)
        register_codec("test.again", Tripled)
        array = zarr.open_array(tmp_path / "x")
        array[...] = 1
        assert isinstance(array.compressors[0], Tripled)
        assert (tmp_path / "x/c/0/0").stat().st_size == 3 * 48
    finally:
        del _CODECS["test.again"]
    with pytest.raises(UnknownCodecError, match=r"test\.again"):
        zarr.open_array(tmp_path / "x")


def test_a_native_codec_that_is_replaced_counts_from_then_on(tmp_path):
    make(tmp_path / "x", compressors={"name": "zstd", "configuration": {}})
    ours = type(zarr.open_array(tmp_path / "x").compressors[0])

    class Other(ours):
        pass

    try:
        register_codec("zstd", Other)
        assert type(zarr.open_array(tmp_path / "x").compressors[0]) is Other
    finally:
        register_codec("zstd", ours)
    assert type(zarr.open_array(tmp_path / "x").compressors[0]) is ours


def test_a_chunk_key_encoding_that_is_registered_anew_counts_from_then_on(tmp_path):
    class Other(V2ChunkKeyEncoding):
        pass

    make(tmp_path / "x")
    document = json.loads((tmp_path / "x/zarr.json").read_text())
    document["chunk_key_encoding"] = {"name": "v2"}
    (tmp_path / "x/zarr.json").write_text(json.dumps(document))
    assert type(zarr.open_array(tmp_path / "x").metadata.chunk_key) is V2ChunkKeyEncoding
    before = _CLASSES["v2"]
    try:
        register_chunk_key_encoding("v2", Other)
        assert type(zarr.open_array(tmp_path / "x").metadata.chunk_key) is Other
    finally:
        register_chunk_key_encoding("v2", before)


def test_settings_that_codecs_ask_for_count_when_an_array_is_opened(tmp_path):
    array = make(tmp_path / "x", compressors={"name": "crc32c"})
    array[...] = 1
    chunk = tmp_path / "x/c/0/0"
    data = bytearray(chunk.read_bytes())
    data[-1] ^= 1
    chunk.write_bytes(data)
    for _ in range(2):
        with pytest.raises(ChunkCorruptError):
            zarr.open_array(tmp_path / "x")[:4, :3]
        with zarr.config.set({"codec_pipeline.validate_checksums": False}):
            assert (zarr.open_array(tmp_path / "x")[:4, :3] == 1).all()


def test_settings_of_arrays_count_when_an_array_is_opened(tmp_path):
    make(tmp_path / "x")
    assert zarr.open_array(tmp_path / "x").order == "C"
    with zarr.config.set({"array.order": "F"}):
        assert zarr.open_array(tmp_path / "x").order == "F"
    assert zarr.open_array(tmp_path / "x").order == "C"


def test_what_is_refused_is_refused_each_time_with_its_own_key(tmp_path):
    for name in ("x", "y"):
        make(tmp_path / name)
        document = json.loads((tmp_path / name / "zarr.json").read_text())
        document["shape"] = [8, -1]
        (tmp_path / name / "zarr.json").write_text(json.dumps(document))
    for name in ("x", "y", "x"):
        with pytest.raises(MetadataValidationError, match=f"^{name}/zarr.json: shape"):
            zarr.open_array(tmp_path, path=name)


def test_attributes_as_deep_as_can_be_are_read_each_time(tmp_path):
    make(tmp_path / "x")
    document = json.loads((tmp_path / "x/zarr.json").read_text())
    document["attributes"] = {"deep": "@"}
    text = json.dumps(document).replace('"@"', "[" * 510 + "]" * 510)
    (tmp_path / "x/zarr.json").write_text(text)
    with zarr.config.set({"limits.json_depth": 512}):
        for _ in range(3):
            assert isinstance(zarr.open_array(tmp_path / "x").attrs["deep"], list)


def test_threads_open_many_arrays(tmp_path):
    for i in range(200):  # more than are kept
        make(tmp_path / str(i), attributes={"number": i}, shape=(8 + i, 6))

    def look(i):
        array = zarr.open_array(tmp_path / str(i % 200), mode="r")
        return array.attrs["number"], array.shape

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(look, range(1000)))
    assert found == [(i % 200, (8 + i % 200, 6)) for i in range(1000)]
