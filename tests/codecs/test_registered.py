"""The codecs of zarr-extensions from array to array: bitround, reshape, scale_offset."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from codec_cases import decode, encode
from hypothesis import given
from hypothesis import strategies as st

import zarr_c
from zarr_c.codecs import (
    BitroundCodec,
    BytesCodec,
    PackBitsCodec,
    ReshapeCodec,
    ScaleOffset,
    TransposeCodec,
)
from zarr_c.codecs._chain import Chain
from zarr_c.codecs.pipeline import compile_codecs
from zarr_c.codecs.representation import Representation
from zarr_c.errors import ChunkCorruptError, CodecError, MetadataValidationError
from zarr_c.metadata.dtype import from_numpy

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "zarrs"
INTEGERS = [f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)]


def given_of(data, data_type=None):
    data_type = data_type or from_numpy(data.dtype, 3)
    return Representation(data.shape, data_type, bytes(data.itemsize))


def chain_of(codec, data, data_type=None):
    return Chain([codec.stage(given_of(data, data_type))], data.nbytes)


def bits(dtype, n, seed):
    size = n * np.dtype(dtype).itemsize
    return np.frombuffer(np.random.default_rng(seed).bytes(size), dtype)


# ---- bitround


# format.md 2.2 bitround
@given(st.sampled_from(["f2", "f4", "f8", "c8", "c16"]), st.integers(1, 60), st.integers(0, 9))
def test_floats_round_to_the_nearest(dtype, keepbits, seed):
    data = bits(dtype, 300, seed)
    encoded = encode(chain_of(BitroundCodec(keepbits=keepbits), data), data.tobytes())
    part = data.view(data.real.dtype)
    found = np.frombuffer(encoded, part.dtype)
    nan = np.isnan(part)
    assert np.array_equal(np.isnan(found), nan)
    most = np.finfo(part.dtype).nmant
    keep = min(keepbits, most)
    mantissa, exponent = np.frexp(part[~nan].astype("f8"))
    lowest = np.finfo(part.dtype).minexp + 1  # subnormal numbers have fewer bits
    scale = keep + 1 + np.minimum(exponent - lowest, 0)
    rounded = np.ldexp(np.rint(np.ldexp(mantissa, scale)), exponent - scale)
    with np.errstate(over="ignore"):
        assert np.array_equal(found[~nan], rounded.astype(part.dtype))


def rounded_integer(value, keepbits, nbits):
    """Python's exact arithmetic; nothing rounds beyond the type."""
    drop = value.bit_length() - keepbits
    if drop <= 0:
        return value
    low = value >> drop << drop
    rest, half = value - low, 1 << (drop - 1)
    up = rest > half or (rest == half and low >> drop & 1)
    return low + (1 << drop) if up and low + (1 << drop) < 1 << nbits else low


# format.md 2.2 bitround
@pytest.mark.parametrize("keepbits", range(1, 10))
def test_integers_keep_their_highest_bits(keepbits):
    for dtype in INTEGERS:
        data = np.arange(256, dtype="u1") if dtype[1] == "1" else bits(dtype, 500, keepbits)
        words = data.view(data.dtype.str.replace("i", "u"))
        data = words.view(dtype)
        encoded = encode(chain_of(BitroundCodec(keepbits=keepbits), data), data.tobytes())
        nbits = 8 * data.itemsize
        expected = [rounded_integer(value, keepbits, nbits) for value in words.tolist()]
        assert np.frombuffer(encoded, words.dtype).tolist() == expected


# format.md 2.2 bitround
@pytest.mark.skipif(not CORPORA.is_dir(), reason=f"there are no corpora in {CORPORA}")
@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float32", [0.0, 0.1015625, 1.25, 12.0, 120.0, 1280.0]),
        ("uint8", [0, 1, 10, 12, 96, 128]),
    ],
)
def test_what_zarrs_rounded(dtype, expected):
    path = CORPORA / "codec" / "bitround" / f"bitround_{dtype}.zarr"
    found = zarr_c.open_array(path, mode="r")[...]
    assert found.tolist()[:6] == expected
    again = encode(chain_of(BitroundCodec(keepbits=3), found), found.tobytes())
    assert again == found.tobytes()


# ---- reshape


# format.md 2.2 reshape
@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ([24], (24,)),
        ([-1], (24,)),
        ([3, -1], (3, 8)),
        ([[0], [1, 2]], (2, 12)),
        ([-1, [2]], (6, 4)),
        ([[0, 1], 2, 2], (6, 2, 2)),
        ([2, [1, 2], 1], (2, 12, 1)),
        ([[], 24], (1, 24)),
    ],
)
def test_shapes(shape, expected):
    """As zarrs has them."""
    data = np.arange(24, dtype="i4").reshape(2, 3, 4)
    codec = ReshapeCodec(shape=shape)
    given = given_of(data)
    assert codec.encoded(given).shape == expected
    assert codec.stage(given) is None
    order = list(range(len(expected)))[::-1]
    chain = [codec.to_dict(), TransposeCodec(order=order).to_dict(), BytesCodec().to_dict()]
    array = zarr_c.create(
        shape=data.shape, chunks=data.shape, dtype="i4", store={}, codecs=chain
    )
    array[...] = data
    assert array.store["c/0/0/0"] == data.reshape(expected).T.tobytes()
    assert np.array_equal(array[...], data)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (24, "expected a list of positive integers"),
        ([0, -1], "expected a list of positive integers"),
        ([2.0, 12], "expected a list of positive integers"),
        ([True, 24], "expected a list of positive integers"),
        ([-2, 12], "expected a list of positive integers"),
        ([["0"], 12], "expected a list of positive integers"),
        ([-1, -1], "expected at most one -1"),
        ([[1], [0], 4], "expected axes in ascending order"),
        ([[0], [0], 12], "expected axes in ascending order"),
        ([5, -1], "expected 24 elements"),
        ([], "expected 24 elements"),
        ([2**62, 2**62], "expected 24 elements"),
        ([[3], 8], "expected axes below 3"),
    ],
)
def test_shapes_that_cannot_be(shape, message):
    given = given_of(np.zeros((2, 3, 4)))
    with pytest.raises(MetadataValidationError, match=f"codec 'reshape': shape: {message}"):
        ReshapeCodec.from_configuration({"shape": shape}).encoded(given)


# ---- scale_offset


def scaled(value, offset, scale, dtype):
    """Exact arithmetic; None where the type cannot hold the result."""
    result = (value - offset) * scale
    limits = np.iinfo(dtype)
    return result if limits.min <= result <= limits.max else None


# format.md 2.2 scale_offset
@given(st.sampled_from(INTEGERS), st.data())
def test_integers_are_exact_or_an_error(dtype, draws):
    limits = np.iinfo(dtype)
    low, high = int(limits.min), int(limits.max)
    number = st.one_of(st.integers(low, high), st.integers(max(low, -9), 9))
    offset = draws.draw(number)
    scale = draws.draw(number.filter(bool))
    values = draws.draw(st.lists(number, min_size=1, max_size=5))
    data = np.array(values, dtype)
    chain = chain_of(ScaleOffset(offset=offset, scale=scale), data)
    expected = [scaled(value, offset, scale, dtype) for value in values]
    if None in expected:
        with pytest.raises(CodecError, match="leaves the range"):
            encode(chain, data.tobytes())
    else:
        assert encode(chain, data.tobytes()) == np.array(expected, dtype).tobytes()
        assert decode(chain, encode(chain, data.tobytes())) == data.tobytes()
    back = [divmod(value, scale) for value in values]
    fits = all(rest == 0 and low <= whole + offset <= high for whole, rest in back)
    if fits:
        original = np.array([whole + offset for whole, _ in back], dtype)
        assert decode(chain, data.tobytes()) == original.tobytes()
    else:
        with pytest.raises(ChunkCorruptError, match="no multiple of scale, or"):
            decode(chain, data.tobytes())


# format.md 2.2 scale_offset
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_floats_are_worked_on_in_their_type(dtype):
    data = np.random.default_rng(0).normal(size=2000).astype(dtype)
    offset, scale = np.array(0.1, dtype), np.array(10.7, dtype)
    chain = chain_of(ScaleOffset(offset=float(offset), scale=float(scale)), data)
    encoded = encode(chain, data.tobytes())
    assert encoded == ((data - offset) * scale).tobytes()
    stored = np.frombuffer(encoded, dtype)
    assert decode(chain, encoded) == (stored / scale + offset).tobytes()


def test_parameters_are_written_as_fill_values_are():
    data = np.array([1, 2], "f4")
    chain = chain_of(ScaleOffset(offset="0x3f800000", scale=2), data)
    assert encode(chain, data.tobytes()) == np.array([0, 2], "f4").tobytes()
    assert ScaleOffset().to_dict() == {"name": "scale_offset"}
    assert ScaleOffset(offset=1, scale=1).configuration() == {"offset": 1}


@pytest.mark.parametrize(
    ("dtype", "configuration", "message"),
    [
        ("u1", {"scale": -1}, "scale: expected an element"),
        ("i1", {"offset": 300}, "offset: expected an element"),
        ("i1", {"offset": 1.5}, "offset: expected an element"),
        ("i1", {"scale": 0}, "scale: expected other than 0"),
        ("f4", {"scale": -0.0}, "scale: expected other than 0"),
        ("f4", {"scale": None}, "scale: expected a number or a string"),
        ("f4", {"offset": True}, "offset: expected a number or a string"),
        ("f4", {"offset": [1]}, "offset: expected a number or a string"),
        ("f4", {"bias": 1}, "bias: expected one of"),
        ("?", {}, "data_type: expected integers or floats"),
        ("c8", {}, "data_type: expected integers or floats"),
    ],
)
def test_scalings_that_cannot_be(dtype, configuration, message):
    with pytest.raises(MetadataValidationError, match=f"codec 'scale_offset': {message}"):
        chain_of(ScaleOffset.from_configuration(configuration), np.zeros(3, dtype))


# format.md F9
def test_fill_values_pass_through():
    given = Representation((4,), from_numpy("i2", 3), np.int16(7).tobytes())
    assert ScaleOffset(offset=2, scale=3).encoded(given).fill_value == np.int16(15).tobytes()
    assert BitroundCodec(keepbits=1).encoded(given).fill_value == np.int16(8).tobytes()
    with pytest.raises(
        MetadataValidationError, match="expected a fill value that it can encode"
    ):
        ScaleOffset(offset=0, scale=30000).encoded(given)


# ---- all


@pytest.mark.parametrize(
    ("codec", "configuration", "message"),
    [
        (BitroundCodec, {}, "keepbits: expected this parameter"),
        (BitroundCodec, {"keepbits": 0}, "keepbits: expected a positive integer"),
        (BitroundCodec, {"keepbits": "3"}, "keepbits: expected a positive integer"),
        (ReshapeCodec, {}, "shape: expected this parameter"),
    ],
)
def test_configurations_that_cannot_be(codec, configuration, message):
    with pytest.raises(MetadataValidationError, match=f"codec '{codec.name}': {message}"):
        codec.from_configuration(configuration)


def test_truth_values_are_not_rounded():
    with pytest.raises(MetadataValidationError, match="data_type: expected floats"):
        chain_of(BitroundCodec(keepbits=1), np.zeros(3, "?"))


# format.md P2
@pytest.mark.parametrize("order", list(product([0, 1], repeat=2)))
def test_chains_of_them(order):
    filters = [
        ScaleOffset(offset=1, scale=2).to_dict(),
        BitroundCodec(keepbits=40).to_dict(),
        ReshapeCodec(shape=[-1, 2]).to_dict(),
    ]
    if order[0]:
        filters.reverse()
    serializer = PackBitsCodec() if order[1] else BytesCodec(endian="big")
    specs = [*filters, serializer.to_dict()]
    data = np.arange(1, 25, dtype="i8").reshape(6, 4)
    pipeline = compile_codecs(specs, given_of(data))
    stored = pipeline.chain.encode(data.view("u1").ravel())
    expected = (data - 1) * 2
    assert stored == expected.astype("<i8" if order[1] else ">i8").tobytes()
    assert pipeline.chain.decode(np.frombuffer(stored, "u1")) == data.tobytes()
