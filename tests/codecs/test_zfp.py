"""ZFP: streams are those of the library, and any damage is an error."""

import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from codec_cases import decode, encode
from hypothesis import given
from hypothesis import strategies as st

import zarr_c
from zarr_c.codecs import ZfpCodec
from zarr_c.codecs._chain import Chain
from zarr_c.codecs.numcodecs import ZFPY
from zarr_c.codecs.representation import Representation
from zarr_c.errors import ChunkCorruptError, CodecError, MetadataValidationError
from zarr_c.metadata.dtype import from_numpy

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "zarrs"
REAL = ["f4", "f8"]
INTEGERS = ["i1", "u1", "i2", "u2", "i4", "i8"]
SHAPES = [(7,), (9, 4), (5, 6, 7), (3, 4, 5, 6), (1,), (2, 1, 9)]


def chain_of(codec, data):
    rep = Representation(data.shape, from_numpy(data.dtype, 2), bytes(data.itemsize))
    return Chain([codec.stage(rep)], data.nbytes)


def walk(dtype, shape, seed=0):
    """A random walk, which is smooth."""
    steps = np.random.default_rng(seed).normal(size=int(np.prod(shape)))
    return np.cumsum(steps * 20).clip(0, 120).reshape(shape).astype(dtype)


# format.md 2.2 zfp
@pytest.mark.parametrize(
    ("codec", "dtype"),
    [(ZfpCodec(mode="reversible"), dtype) for dtype in (*REAL, *INTEGERS, "u4", "u8")]
    + [(codec, dtype) for codec in (ZFPY(mode=5), ZFPY()) for dtype in ("i4", "i8", *REAL)],
)
@pytest.mark.parametrize("shape", SHAPES)
def test_reversible_loses_nothing(codec, dtype, shape):
    data = walk(dtype, shape)
    chain = chain_of(codec, data)
    assert decode(chain, encode(chain, data.tobytes())) == data.tobytes()


# format.md 2.2 zfp
@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("tolerance", [0.5, 1e-3])
def test_fixed_accuracy_keeps_its_promise(dtype, tolerance):
    data = walk(dtype, (20, 30))
    chain = chain_of(ZfpCodec(mode="fixed_accuracy", tolerance=tolerance), data)
    stored = encode(chain, data.tobytes())
    assert len(stored) < data.nbytes
    back = np.frombuffer(decode(chain, stored), dtype).reshape(data.shape)
    assert 0 < np.abs(back - data).max() <= tolerance


# format.md 2.2 zfp
@pytest.mark.parametrize("dtype", [*REAL, *INTEGERS])
@pytest.mark.parametrize("rate", [4, 9.5])
def test_a_fixed_rate_has_a_fixed_size(dtype, rate):
    sizes = set()
    for seed in range(3):
        data = walk(dtype, (16, 16), seed)
        sizes.add(
            len(encode(chain_of(ZfpCodec(mode="fixed_rate", rate=rate), data), data.tobytes()))
        )
    assert sizes == {int(16 * 16 * rate / 8)}


@pytest.mark.parametrize(
    "configuration",
    [
        {"mode": "fixed_precision", "precision": 12},
        {"mode": "expert", "minbits": 1, "maxbits": 200, "maxprec": 20, "minexp": -20},
    ],
)
def test_other_modes_come_near(configuration):
    data = walk("f8", (13, 9))
    chain = chain_of(ZfpCodec(**configuration), data)
    back = np.frombuffer(decode(chain, encode(chain, data.tobytes())), "f8")
    assert 0 < np.abs(back - data.ravel()).max() < 1
    assert ZfpCodec(**configuration).configuration() == configuration


# CRC-32 of the streams of zfpy 1.0.1 for all SHAPES, by type, mode and whether with a header.
ZFPY_SUMS = {
    ("i4", "reversible", False): 0xD1073494,
    ("i4", "reversible", True): 0x91A2DED0,
    ("i4", "fixed_rate", False): 0xA06AC1D6,
    ("i4", "fixed_rate", True): 0x7F1603A7,
    ("i4", "fixed_precision", False): 0xD3C8A549,
    ("i4", "fixed_precision", True): 0xA49BA585,
    ("i8", "reversible", False): 0x95D20D4B,
    ("i8", "reversible", True): 0x9026B25F,
    ("i8", "fixed_rate", False): 0x6C7C4132,
    ("i8", "fixed_rate", True): 0xD2B9E43D,
    ("i8", "fixed_precision", False): 0xD3C8A549,
    ("i8", "fixed_precision", True): 0xF2B8FB10,
    ("f4", "reversible", False): 0xE5205FBD,
    ("f4", "reversible", True): 0xF158B8D9,
    ("f4", "fixed_rate", False): 0xA3075448,
    ("f4", "fixed_rate", True): 0x28E843C1,
    ("f4", "fixed_precision", False): 0x7164CBAA,
    ("f4", "fixed_precision", True): 0x17E9B71F,
    ("f4", "fixed_accuracy", False): 0x11CE9CF7,
    ("f4", "fixed_accuracy", True): 0xE99A62A1,
    ("f8", "reversible", False): 0xAC3BDDE1,
    ("f8", "reversible", True): 0x47E5BE70,
    ("f8", "fixed_rate", False): 0x34752A83,
    ("f8", "fixed_rate", True): 0xA4D01710,
    ("f8", "fixed_precision", False): 0xC2FEB31D,
    ("f8", "fixed_precision", True): 0x73AD03BB,
    ("f8", "fixed_accuracy", False): 0x53B71DBF,
    ("f8", "fixed_accuracy", True): 0xF8846746,
}
PARAMETERS = {
    "reversible": (5, {}),
    "fixed_rate": (2, {"rate": 9.5}),
    "fixed_precision": (3, {"precision": 14}),
    "fixed_accuracy": (4, {"tolerance": 0.5}),
}


def ramp(dtype, shape):
    """The same on every machine."""
    return (np.arange(int(np.prod(shape))) ** 2 * 7 % 113).astype(dtype).reshape(shape)


# format.md 2.2 zfp
@pytest.mark.parametrize(("dtype", "mode", "header"), ZFPY_SUMS)
def test_streams_are_those_of_zfpy(dtype, mode, header):
    number, parameters = PARAMETERS[mode]
    codec = ZFPY(mode=number, **parameters) if header else ZfpCodec(mode=mode, **parameters)
    total = 0
    for shape in SHAPES:
        data = ramp(dtype, shape)
        total = zlib.crc32(encode(chain_of(codec, data), data.tobytes()), total)
    assert total == ZFPY_SUMS[dtype, mode, header]


# Streams of zfpy 1.0.1 for numpy.arange(12, dtype="f4").reshape(3, 4) / 8 + 1.
ZFPY_STREAMS = {
    "reversible": "051a02a8400412800000000000000000",
    "fixed_accuracy": "032da1300290080244000000000000000000000000000000",
    "header": "7a667005360000200000c0ca032da13002900802440000000000000000000000",
}


# format.md 2.2 zfp
@pytest.mark.parametrize("name", ZFPY_STREAMS)
def test_streams_that_zfpy_wrote(name):
    codecs = {
        "reversible": ZfpCodec(mode="reversible"),
        "fixed_accuracy": ZfpCodec(mode="fixed_accuracy", tolerance=0.01),
        "header": ZFPY(mode=4, tolerance=0.01),
    }
    data = np.arange(12, dtype="f4").reshape(3, 4) / 8 + 1
    chain = chain_of(codecs[name], data)
    stored = bytes.fromhex(ZFPY_STREAMS[name])
    assert encode(chain, data.tobytes()) == stored
    back = np.frombuffer(decode(chain, stored), "f4").reshape(data.shape)
    assert np.abs(back - data).max() <= (0 if name == "reversible" else 0.01)


def test_integers_that_zfp_cannot_hold_are_refused():
    for dtype in ("u4", "u8"):
        data = np.array([1, 2, np.iinfo(dtype).max], dtype)
        with pytest.raises(CodecError, match="highest bit set"):
            encode(chain_of(ZfpCodec(mode="reversible"), data), data.tobytes())


@given(st.data())
def test_any_stream_is_decoded_or_damage(data):
    """zfp does not look at the end of its input; no byte behind it may be read."""
    dtype = data.draw(st.sampled_from(["f4", "f8", "i4", "i8", "u1", "i2"]))
    shape = data.draw(st.sampled_from(SHAPES))
    header = data.draw(st.booleans()) and dtype[1] in "48"
    codec = ZFPY() if header else ZfpCodec(mode="reversible")
    chain = chain_of(codec, walk(dtype, shape))
    if header:
        whole = bytearray(encode(chain, walk(dtype, shape).tobytes()))
        for _ in range(3):
            whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(
                st.integers(0, 7)
            )
        stored = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    else:
        stored = data.draw(st.binary(max_size=200))
    with suppress(ChunkCorruptError):
        assert len(decode(chain, stored)) == walk(dtype, shape).nbytes


def test_a_header_for_another_chunk_is_damage():
    data, other = walk("f4", (6, 7)), walk("f4", (7, 6))
    stored = encode(chain_of(ZFPY(), other), other.tobytes())
    with pytest.raises(ChunkCorruptError, match="another type or shape"):
        decode(chain_of(ZFPY(), data), stored)
    with pytest.raises(ChunkCorruptError, match="another type or shape"):
        decode(chain_of(ZFPY(), walk("i4", (7, 6))), stored)
    with pytest.raises(ChunkCorruptError, match="no header of zfp"):
        decode(chain_of(ZFPY(), other), stored[1:])


@pytest.mark.parametrize(
    ("codec", "configuration", "message"),
    [
        (ZfpCodec, {}, "mode: expected this parameter"),
        (ZfpCodec, {"mode": "exact"}, "mode: expected one of"),
        (ZfpCodec, {"mode": ["reversible"]}, "mode: expected one of"),
        (ZfpCodec, {"mode": "fixed_rate"}, "rate: expected this parameter"),
        (ZfpCodec, {"mode": "fixed_rate", "rate": 0}, "rate: expected a positive number"),
        (ZfpCodec, {"mode": "fixed_rate", "rate": "8"}, "rate: expected a positive number"),
        (ZfpCodec, {"mode": "reversible", "rate": 8}, "rate: expected no such parameter"),
        (
            ZfpCodec,
            {"mode": "fixed_precision", "precision": 2**40},
            "precision: expected an int",
        ),
        (
            ZfpCodec,
            {"mode": "fixed_accuracy", "tolerance": -1},
            "tolerance: expected a positive",
        ),
        (ZFPY, {"mode": 1}, "mode: expected one of"),
        (ZFPY, {"tolerance": float("nan")}, "tolerance: expected a positive"),
        (ZFPY, {"compression_kwargs": 3}, "compression_kwargs: expected an object"),
    ],
)
def test_configurations_that_cannot_be(codec, configuration, message):
    with pytest.raises(MetadataValidationError, match=f"codec '{codec.name}': {message}"):
        codec.from_configuration(configuration)


@pytest.mark.parametrize(
    ("codec", "dtype", "shape", "message"),
    [
        (ZfpCodec(mode="reversible"), "?", (3,), "data_type: expected integers or floats"),
        (ZfpCodec(mode="reversible"), "f2", (3,), "data_type: expected integers or floats"),
        (ZfpCodec(mode="reversible"), "c8", (3,), "data_type: expected integers or floats"),
        (
            ZfpCodec(mode="reversible"),
            "f4",
            (1, 1, 1, 1, 1),
            "shape: expected one to four axes",
        ),
        (ZfpCodec(mode="reversible"), "f4", (), "shape: expected one to four axes"),
        (ZFPY(), "i2", (3,), "data_type: expected integers or floats"),
    ],
)
def test_elements_that_a_codec_cannot_take(codec, dtype, shape, message):
    with pytest.raises(MetadataValidationError, match=message):
        chain_of(codec, np.zeros(shape, dtype))


# format.md 2.2 numcodecs.*
@pytest.mark.skipif(not CORPORA.is_dir(), reason=f"there are no corpora in {CORPORA}")
@pytest.mark.parametrize(
    ("path", "zarr_format"),
    [
        ("v3/array_zfpy.zarr", 3),
        ("v3_zarr_python/array_zfpy.zarr", 3),
        ("v2/array_zfpy_C.zarr", 2),
    ],
)
def test_arrays_of_others(path, zarr_format):
    """The same ramp as in an array without compression."""
    expected = zarr_c.open_array(CORPORA / "v2" / "array_none_C.zarr", mode="r")[...]
    found = zarr_c.open_array(CORPORA / path, zarr_format=zarr_format, mode="r")[...]
    assert np.abs(found - expected).max() <= 0.01
