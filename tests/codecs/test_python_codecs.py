"""Codecs that exist only in Python: numcodecs as filters and compressors, and a user's own."""

import bz2

import numcodecs
import numpy as np
import pytest

import zarr_c
from zarr_c.codecs import BytesBytesCodec, BytesCodec, get_codec_class, register_codec
from zarr_c.codecs.registry import _CODECS
from zarr_c.errors import (
    ChunkCorruptError,
    CodecError,
    MetadataValidationError,
    PickleCodecDisabledError,
    UnknownCodecError,
)
from zarr_c.storage import MemoryStore

zarr = pytest.importorskip("zarr")

RAMP = np.arange(400).reshape(20, 20)

FILTERS = {
    "delta": ("i4", [numcodecs.Delta("<i4")]),
    "delta-astype": ("i4", [numcodecs.Delta("<i4", astype="<i8")]),
    "fixedscaleoffset": ("f8", [numcodecs.FixedScaleOffset(3, 10, "<f8", "<i4")]),
    "quantize": ("f8", [numcodecs.Quantize(3, "<f8")]),
    "bitround": ("f4", [numcodecs.BitRound(8)]),
    "packbits": ("?", [numcodecs.PackBits()]),
    "shuffle": ("i4", [numcodecs.Shuffle(4)]),
    "astype": ("f8", [numcodecs.AsType("<f4", "<f8")]),
    "two": ("i4", [numcodecs.Delta("<i4"), numcodecs.Shuffle(4)]),
    "zlib-filter": ("i4", [numcodecs.Zlib(1)]),
    "delta-big": (">i4", [numcodecs.Delta(">i4")]),
    "fletcher32": ("i4", [numcodecs.Fletcher32()]),
}
COMPRESSORS = {
    "none": None,
    "bz2": numcodecs.BZ2(),
    "lzma": numcodecs.LZMA(),
    "zlib": numcodecs.Zlib(),
    "blosc": numcodecs.Blosc("lz4"),
    "zstd": numcodecs.Zstd(),
    "lz4": numcodecs.LZ4(),
    "gzip": numcodecs.GZip(),
    "adler32": numcodecs.Adler32(),
}


def both_ways(path, dtype, broken=False, **codecs):
    """Write with each library and read with the other, unless theirs cannot read its own."""
    data = (RAMP % 2).astype(dtype) if dtype == "?" else RAMP.astype(dtype)
    common = {"shape": data.shape, "chunks": (7, 6), "dtype": data.dtype, "zarr_format": 2}
    ours = zarr_c.create_array(path / "ours", **common, **codecs)
    theirs = zarr.create_array(path / "theirs", **common, **codecs)
    ours[...] = data
    theirs[...] = data
    expected = theirs[...]
    assert expected.any()
    if broken:
        assert not np.array_equal(expected, data)
        expected = data
    else:
        assert np.array_equal(zarr_c.open_array(path / "theirs")[...], expected)
    assert np.array_equal(zarr.open_array(path / "ours", mode="r")[...], expected)
    assert np.array_equal(ours[3:15, 5], expected[3:15, 5])


# format.md D2 D4
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_filters_and_zarr_python_both_ways(tmp_path, name, order):
    dtype, filters = FILTERS[name]
    # numcodecs' BitRound copies an array in F order to one in C order: what it writes is lost
    broken = name == "bitround" and order == "F"
    compressors = numcodecs.Zstd()
    both_ways(tmp_path, dtype, broken, filters=filters, compressors=compressors, order=order)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", COMPRESSORS)
def test_compressors_and_zarr_python_both_ways(tmp_path, name):
    filters = [numcodecs.Delta("<i8")]
    both_ways(tmp_path, "<i8", filters=filters, compressors=COMPRESSORS[name])
    both_ways(tmp_path / "plain", "<i8", compressors=COMPRESSORS[name])


def make(compressor, dtype="u1", **arguments):
    store = MemoryStore()
    z = zarr_c.create_array(
        store,
        shape=4,
        chunks=4,
        dtype=dtype,
        zarr_format=2,
        compressors=compressor,
        **arguments,
    )
    return z, store


@pytest.mark.parametrize("stored", [b"", b"rubbish", bz2.compress(b""), bz2.compress(b"12345")])
def test_damage_below_a_python_codec(stored):
    z, store = make({"id": "bz2", "level": 1})
    store["0"] = stored
    with pytest.raises(ChunkCorruptError, match=r"bz2' cannot decode|bytes"):
        z[...]


def test_an_empty_result_is_not_one_byte():
    """NumPy makes an array of one byte of b""."""
    store = MemoryStore()
    arguments = {"shape": 1, "chunks": 1, "dtype": "u1", "zarr_format": 2}
    z = zarr_c.create_array(store, compressors={"id": "bz2", "level": 1}, **arguments)
    store["0"] = bz2.compress(b"")
    with pytest.raises(ChunkCorruptError, match="expected 1, found 0"):
        z[...]


class Inverted(BytesBytesCodec):
    """Every bit turned round."""

    name = "test.inverted"

    def encode(self, data):
        return ~np.frombuffer(data, "u1")

    decode = encode


class Broken(Inverted):
    """Returns what it was told to."""

    name = "test.broken"
    result = None

    def encode(self, data):
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


@pytest.fixture
def registered():
    register_codec(Inverted.name, Inverted)
    register_codec(Broken.name, Broken)
    yield
    for codec in (Inverted, Broken):
        del _CODECS[codec.name]


@pytest.mark.usefixtures("registered")
def test_a_codec_of_the_user():
    """Alone, and between native ones; and in an array that is opened again."""
    data = np.arange(1000, dtype="i4")
    for chain in (["test.inverted"], ["zstd", "test.inverted", "crc32c"]):
        store = MemoryStore()
        z = zarr_c.create_array(store, data=data, chunks=300, compressors=chain)
        assert np.array_equal(z[...], data)
        assert np.array_equal(zarr_c.open_array(store)[5:700:3], data[5:700:3])
    assert get_codec_class("test.inverted") is Inverted


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("result", "error", "message"),
    [
        (RuntimeError("out of order"), RuntimeError, "out of order"),
        ("text", CodecError, "expected bytes or numbers, found a string"),
        ([object()], CodecError, "found objects"),
        (None, CodecError, "found objects"),
    ],
)
def test_a_codec_of_the_user_that_fails(result, error, message, monkeypatch):
    """Its own exception comes through, with the chunk it happened to."""
    monkeypatch.setattr(Broken, "result", result)
    z = zarr_c.create_array(MemoryStore(), shape=4, dtype="u1", compressors="test.broken")
    with pytest.raises(error, match=message) as caught:
        z[...] = 1
    assert caught.value.__notes__ == ["while working on 'c/0'"]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("result", [np.arange(3), bytearray(b"x" * 24), memoryview(b"y" * 24)])
def test_what_a_codec_may_return(result, monkeypatch):
    monkeypatch.setattr(Broken, "result", result)
    store = MemoryStore()
    z = zarr_c.create_array(store, shape=4, dtype="u1", compressors="test.broken")
    z[...] = 1
    assert store["c/0"] == bytes(result)


@pytest.mark.parametrize("result", [int, "zstd", object()])
def test_only_codecs_are_registered(result):
    with pytest.raises(TypeError, match="codec: expected a subclass"):
        register_codec("test.no", result)


def chain_of(*codecs, dtype="i4", shape=(4, 4)):
    document = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": np.dtype(dtype).name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(shape)}},
        "chunk_key_encoding": {"name": "default"},
        "fill_value": 0,
        "codecs": [c if isinstance(c, dict) else {"name": c} for c in codecs],
    }
    import json

    return zarr_c.open_array(MemoryStore({"zarr.json": json.dumps(document).encode()}))


LITTLE = BytesCodec().to_dict()


def transpose(*order):
    return {"name": "transpose", "configuration": {"order": list(order)}}


# format.md P1 E7 1.6 bytes transpose
@pytest.mark.parametrize(
    ("codecs", "message"),
    [
        (["zstd"], "expected 'zstd' only after the codec from array to bytes"),
        ([LITTLE, LITTLE], "expected 'bytes' only once"),
        ([LITTLE, transpose(0, 1)], "expected 'transpose' only before"),
        (["gzip", LITTLE], "expected 'gzip' only after|level"),
        ([], "codecs"),
        ([transpose(0, 1)], "expected one codec from array to bytes"),
        (["bytes"], "endian: expected 'little' or 'big' for int32, found none"),
        ([transpose(0, 0), LITTLE], "order: expected each axis once"),
        ([transpose(0, 2), LITTLE], "order: expected each axis once"),
        ([transpose(0), LITTLE], "order: expected 2 axes"),
        ([transpose(0, "1"), LITTLE], "order: expected integers"),
        ([transpose(0, True), LITTLE], "order: expected integers"),
        ([LITTLE, {"name": "zstd", "configuration": {"levels": 1}}], "levels: expected one of"),
        ([LITTLE, *["crc32c"] * 17], "expected at most 16 stages, found 17"),
    ],
)
def test_chains_that_cannot_be(codecs, message):
    with pytest.raises(MetadataValidationError, match=message):
        chain_of(*codecs)


def test_unknown_codecs():
    with pytest.raises(UnknownCodecError, match="codec 'zst': expected one of"):
        chain_of(LITTLE, "zst")
    with pytest.raises(UnknownCodecError, match=r"codec 'zst': numcodecs .* has none"):
        make({"id": "zst"})
    with pytest.raises(PickleCodecDisabledError, match="codec 'pickle'"):
        make({"id": "pickle"})
    with pytest.raises(MetadataValidationError, match="codec 'categorize': numcodecs refuses"):
        make({"id": "categorize", "levels": 1})


def test_a_big_chain_of_nothing_is_refused_at_once():
    with (
        zarr_c.config.set({"limits.codecs": None}),
        pytest.raises(MetadataValidationError, match="at most 16 stages"),
    ):
        chain_of(LITTLE, *["crc32c"] * 100_000)
