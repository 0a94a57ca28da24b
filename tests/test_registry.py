"""What programs add by name: codecs, as they are written for zarr-python, and others."""

import asyncio
from dataclasses import dataclass

import numpy as np
import pytest

import zarr_c
from zarr_c.abc import codec as abc_codec
from zarr_c.abc.metadata import Metadata
from zarr_c.abc.numcodec import Numcodec
from zarr_c.errors import MetadataValidationError, UnknownCodecError
from zarr_c.registry import (
    Registry,
    get_chunk_key_encoding_class,
    get_codec_class,
    get_numcodec,
    get_pipeline_class,
    register_chunk_key_encoding,
    register_codec,
    register_pipeline,
)


@dataclass(frozen=True)
class Xor(abc_codec.BytesBytesCodec):
    is_fixed_size = True
    key: int = 1

    @classmethod
    def from_dict(cls, data):
        return cls(**data.get("configuration", {}))

    def to_dict(self):
        return {"name": "test.xor", "configuration": {"key": self.key}}

    def compute_encoded_size(self, input_byte_length, _spec):
        return input_byte_length

    async def _encode_single(self, data, spec):
        await asyncio.sleep(0)
        return spec.prototype.buffer.from_array_like(data.as_numpy_array() ^ np.uint8(self.key))

    _decode_single = _encode_single


@dataclass(frozen=True)
class Halves(abc_codec.ArrayArrayCodec):
    """Twice as many elements of half the size, which changes shape and type."""

    @classmethod
    def from_dict(cls, data):
        return cls()

    def to_dict(self):
        return {"name": "test.halves"}

    def resolve_metadata(self, spec):
        return spec._replace(shape=(*spec.shape[:-1], 2 * spec.shape[-1]), dtype="uint16")

    def _encode_sync(self, data, spec):
        assert data.shape == spec.shape
        return type(data)(data.as_numpy_array().view("u2"))

    def _decode_sync(self, data, spec):
        return type(data)(data.as_numpy_array().view(spec.dtype.to_native_dtype()))


@dataclass(frozen=True)
class Text(abc_codec.ArrayBytesCodec):
    @classmethod
    def from_dict(cls, data):
        return cls()

    def to_dict(self):
        return {"name": "test.text"}

    async def _encode_single(self, data, spec):
        text = " ".join(map(str, data.as_numpy_array().reshape(-1)))
        return spec.prototype.buffer.from_bytes(text.encode())

    async def _decode_single(self, data, spec):
        numbers = np.array(data.to_bytes().split(), spec.dtype.to_native_dtype())
        return spec.prototype.nd_buffer.from_numpy_array(numbers.reshape(spec.shape))


register_codec("test.xor", Xor, qualname="test.Xor")
register_codec("test.halves", Halves)
register_codec("test.text", Text)


@pytest.mark.parametrize("arguments", [
    {"compressors": [Xor(key=7)]},
    {"filters": [Halves()]},
    {"serializer": Text()},
    {"filters": [Halves()], "serializer": Text(), "compressors": [Xor(key=3), "zstd"]},
    {"shards": (8, 4), "compressors": [Xor(key=9)]},
])  # fmt: skip
def test_codecs_that_are_written_for_zarr_python(arguments):
    data = np.arange(6 * 7, dtype="u4").reshape(6, 7)
    store = {}
    array = zarr_c.create_array(store, shape=(6, 7), chunks=(4, 4), dtype="u4", **arguments)
    array[:] = data
    found = zarr_c.open_array(store, mode="r")
    np.testing.assert_array_equal(found[:], data)

    async def in_a_loop():
        return found[2:5, 1]

    np.testing.assert_array_equal(asyncio.run(in_a_loop()), data[2:5, 1])


def test_what_such_a_codec_stores_is_what_zarr_python_stores():
    store = {}
    array = zarr_c.create_array(
        store, shape=4, dtype="u1", fill_value=1, compressors=Xor(key=1)
    )
    array[:] = [0, 1, 2, 3]
    assert store["c/0"] == bytes([1, 0, 3, 2])
    text = zarr_c.create_array(store, shape=3, dtype="i2", serializer=Text(), compressors=None,
                               overwrite=True)  # fmt: skip
    text[:] = [1, -2, 3]
    assert store["c/0"] == b"1 -2 3"
    assert text.serializer == Text()


def test_codecs_are_found():
    assert get_codec_class("zstd", reload_config=True) is zarr_c.codecs.ZstdCodec
    with pytest.raises(UnknownCodecError):
        get_codec_class("test.nope")
    with pytest.raises(UnknownCodecError, match=r"test\.nope"):
        get_numcodec({"id": "test.nope"})
    assert isinstance(get_numcodec({"id": "zlib", "level": 2}), Numcodec)
    codec = zarr_c.codecs.GzipCodec(level=3)
    assert zarr_c.codecs.GzipCodec.from_dict(codec.to_dict()) == codec
    assert not codec.is_fixed_size
    assert isinstance(codec, abc_codec.SupportsSyncCodec | abc_codec.BytesBytesCodec)
    with pytest.raises(MetadataValidationError, match="gzip"):
        zarr_c.codecs.GzipCodec.from_dict({"name": "zstd"})


def test_the_parameters_of_codecs_may_be_enumerations():
    codecs = zarr_c.codecs
    codec = codecs.BloscCodec(cname=codecs.BloscCname.lz4, shuffle=codecs.BloscShuffle.shuffle)
    assert codec.to_dict()["configuration"]["cname"] == "lz4"
    assert codecs.BloscShuffle.from_int(2) == "bitshuffle"
    with pytest.raises(ValueError, match="num"):
        codecs.BloscShuffle.from_int(3)
    from zarr_c.codecs.blosc import BloscShuffle
    from zarr_c.codecs.bytes import BytesCodec, Endian
    from zarr_c.codecs.sharding import ShardingCodecIndexLocation

    assert BytesCodec(endian=Endian.big).endian == "big"
    assert BloscShuffle is codecs.BloscShuffle
    shards = codecs.ShardingCodec(
        chunk_shape=(2,),
        index_location=ShardingCodecIndexLocation.start,
        subchunk_write_order="lexicographic",
    )
    assert shards.to_dict()["configuration"]["index_location"] == "start"
    with pytest.raises(MetadataValidationError, match="subchunk_write_order"):
        codecs.ShardingCodec(chunk_shape=(2,), subchunk_write_order="random")
    for module, name in (("blosc", "Nope"), ("sharding", "Nope")):
        with pytest.raises(AttributeError, match=name):
            getattr(getattr(codecs, module), name)


def test_pipelines_describe_what_runs():
    array = zarr_c.create_array({}, shape=4, dtype="i4", compressors="gzip")
    pipeline = get_pipeline_class().from_array_metadata_and_store(array.metadata, array.store)
    assert [codec.name for codec in pipeline] == ["bytes", "gzip"]
    assert len(abc_codec.CodecPipeline.from_codecs(pipeline.codecs)) == 2

    class Mine(abc_codec.CodecPipeline):
        pass

    register_pipeline(Mine)
    name = f"{Mine.__module__}.{Mine.__qualname__}"
    with zarr_c.config.set({"codec_pipeline.path": name}):
        assert get_pipeline_class() is Mine
    with zarr_c.config.set({"codec_pipeline.path": "x"}), pytest.raises(KeyError, match="'x'"):
        get_pipeline_class()
    registry = Registry()
    registry.register(Mine)
    registry.lazy_load()
    assert registry == {name: Mine}


def test_chunk_key_encodings_are_registered():
    default = get_chunk_key_encoding_class("default")

    class Flat(default):
        name = "test.flat"

    register_chunk_key_encoding("test.flat", Flat)
    assert get_chunk_key_encoding_class("test.flat") is Flat
    with pytest.raises(KeyError, match=r"test\.nope"):
        get_chunk_key_encoding_class("test.nope")


def test_metadata_of_programs():
    class Point(Metadata):
        __slots__ = ("x", "y")

        def __init__(self, x, y):
            object.__setattr__(self, "x", x)
            object.__setattr__(self, "y", y)

    assert Point(1, Point(2, 3)).to_dict() == {"x": 1, "y": {"x": 2, "y": 3}}
    assert Point.from_dict({"x": 1, "y": 2}) == Point(1, 2)
