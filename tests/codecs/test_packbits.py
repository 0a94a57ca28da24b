"""packbits of zarr-extensions: as zarrs does it, and beside a twin in Python's integers."""

import numpy as np
import pytest
from codec_cases import decode, encode
from hypothesis import given
from hypothesis import strategies as st

import zarr_c
from zarr_c.codecs import PackBitsCodec
from zarr_c.codecs._chain import Chain
from zarr_c.codecs.representation import Representation
from zarr_c.errors import ChunkCorruptError, MetadataValidationError
from zarr_c.metadata.dtype import from_numpy
from zarr_c.metadata.numeric_types import IntegerType

INTEGERS = [f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)]


def chain_of(codec, data, data_type=None):
    data_type = data_type or from_numpy(data.dtype, 3)
    given = Representation(data.shape, data_type, bytes(data.itemsize))
    return Chain([codec.stage(given)], data.nbytes)


# What zarrs 0.23.8 made of these elements.
BOOLS = np.array([1, 0, 0, 1, 1, 0, 1, 1, 1, 0, 1], "?")
ZARRS_PACKED = [
    (BOOLS, {}, "d905"),
    (BOOLS, {"padding_encoding": "first_byte"}, "05d905"),
    (BOOLS, {"padding_encoding": "last_byte"}, "d90505"),
    (np.array([0x81, 0x12, 0xF3, 0x40, 0x05], "u1"), {}, "8112f34005"),
    (np.array([0x81, 0x12, 0xF3, 0x40, 0x05], "u1"), {"first_bit": 2, "last_bit": 5}, "400c01"),
    (np.array([0x81, 0x12, 0xF3, 0x40, 0x05], "u1"), {"first_bit": 0, "last_bit": 2}, "d150"),
    (np.array([0x8123, 0x1256, 0xF3AA], "u2"), {"first_bit": 3, "last_bit": 9}, "24651d"),
    (np.array([-3, 5, -1, 2], "i2"), {"first_bit": 0, "last_bit": 3}, "5d2f"),
    (np.array([-3, 5, -1, 2], "i2"), {"first_bit": 1, "last_bit": 4}, "2e1f"),
    (np.array([1.5, -2.25, 3e9], "f4"), {"first_bit": 16, "last_bit": 31}, "c03f10c0324f"),
    (np.array([1.5 - 2.25j, 3e9 + 1j], "c8"), {"first_bit": 24, "last_bit": 31}, "3fc04f3f"),
]
# ... and of 1, 2, 3, 15, 248 in types of fewer bits
ZARRS_NARROW = [
    ("int4", {}, "21f308"),
    ("uint4", {}, "21f308"),
    ("int2", {}, "f900"),
    ("uint2", {}, "f900"),
    ("float4_e2m1fn", {}, "21f308"),
    ("float6_e2m3fn", {}, "81303c38"),
    ("int4", {"first_bit": 0, "last_bit": 1}, "f900"),
    ("int4", {"first_bit": 1}, "484e"),
]


# format.md 2.2 packbits
@pytest.mark.parametrize(("data", "configuration", "expected"), ZARRS_PACKED)
def test_bits_are_packed_as_zarrs_does(data, configuration, expected):
    chain = chain_of(PackBitsCodec(**configuration), data)
    assert encode(chain, data.tobytes()).hex() == expected


def narrow(name):
    """A type of fewer bits than its byte has, whoever else knows it."""
    return IntegerType(name, np.dtype("i1"), 1, from_numpy("i1", 3).layout)


# format.md 2.2 packbits
@pytest.mark.parametrize(("name", "configuration", "expected"), ZARRS_NARROW)
def test_types_of_fewer_bits_are_packed_as_zarrs_does(name, configuration, expected):
    data = np.array([1, 2, 3, 15, 248], "u1")
    chain = chain_of(PackBitsCodec(**configuration), data, narrow(name))
    assert encode(chain, data.tobytes()).hex() == expected


def test_a_narrow_sign_is_repeated():
    data = np.array([-8, -1, 0, 7, 3], "i1")
    chain = chain_of(PackBitsCodec(), data, narrow("int4"))
    assert len(encode(chain, data.tobytes())) == 3
    assert decode(chain, encode(chain, data.tobytes())) == data.tobytes()


def packed_twin(data, first, last, size):
    """The bits of every element as Python's integers, the first in the lowest place."""
    width, total = last - first + 1, 0
    for i, value in enumerate(data.view(f"u{size}").tolist()):
        total |= (value >> first & ((1 << width) - 1)) << (i * width)
    return total.to_bytes((len(data.view(f"u{size}")) * width + 7) // 8, "little")


# format.md 2.2 packbits
@given(
    st.sampled_from([*INTEGERS, "f2", "f4", "f8", "c8", "c16"]),
    st.data(),
    st.integers(1, 70),
    st.integers(0, 9),
    st.sampled_from(["none", "first_byte", "last_byte"]),
)
def test_any_bits_of_any_type(dtype, draws, n, seed, padding):
    data = np.frombuffer(np.random.default_rng(seed).bytes(n * np.dtype(dtype).itemsize), dtype)
    size = data.itemsize // (2 if data.dtype.kind == "c" else 1)
    first = draws.draw(st.integers(0, 8 * size - 1))
    last = draws.draw(st.integers(first, 8 * size - 1))
    codec = PackBitsCodec(padding_encoding=padding, first_bit=first, last_bit=last)
    chain = chain_of(codec, data)
    encoded = encode(chain, data.tobytes())
    count = data.nbytes // size * (last - first + 1)
    note = bytes([-count % 8])
    expected = packed_twin(data, first, last, size)
    if padding != "none":
        expected = note + expected if padding == "first_byte" else expected + note
    assert encoded == expected
    word = np.dtype(f"{'i' if data.dtype.kind == 'i' else 'u'}{size}")
    kept = data.view(word) << word.type(8 * size - 1 - last) >> word.type(8 * size - 1 - last)
    kept = kept >> word.type(first) << word.type(first)
    assert decode(chain, encoded) == kept.tobytes()


# format.md 2.2 packbits
@pytest.mark.parametrize("dtype", ["?", "i2", "f8", "c8"])
def test_packed_arrays(dtype):
    array = zarr_c.create_array(
        {}, shape=(9, 8), chunks=(3, 4), dtype=dtype, serializer="packbits", compressors=None
    )
    data = (np.arange(72) % 2).reshape(9, 8).astype(dtype)
    array[...] = data
    assert np.array_equal(array[...], data)
    assert len(array.store["c/0/0"]) == (2 if dtype == "?" else 12 * data.itemsize)
    array[2:5, 3:6] = 1
    data[2:5, 3:6] = 1
    assert np.array_equal(zarr_c.open_array(array.store)[...], data)


def test_damaged_bits():
    chain = chain_of(PackBitsCodec(padding_encoding="first_byte"), BOOLS)
    for wrong in ("", "05", "05d9", "05d90500"):
        with pytest.raises(ChunkCorruptError, match="wrong number of bytes for packbits"):
            decode(chain, bytes.fromhex(wrong))
    with pytest.raises(ChunkCorruptError, match="number of unused bits: expected 5, found 4"):
        decode(chain, bytes.fromhex("04d905"))


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"padding_encoding": "start"}, "padding_encoding: expected one of"),
        ({"first_bit": -1}, "first_bit: expected an integer"),
        ({"last_bit": 2**70}, "last_bit: expected an integer"),
        ({"bits": 1}, "bits: expected one of"),
        ({"first_bit": 3, "last_bit": 2}, "last_bit: expected at least first_bit"),
    ],
)
def test_configurations_that_cannot_be(configuration, message):
    with pytest.raises(MetadataValidationError, match=f"codec 'packbits': {message}"):
        PackBitsCodec.from_configuration(configuration)


@pytest.mark.parametrize(
    ("codec", "dtype", "message"),
    [
        (PackBitsCodec(last_bit=16), "i2", "last_bit: expected a bit of int16, which has 16"),
        (PackBitsCodec(first_bit=1), "?", "first_bit: expected at most last_bit, 0"),
        (PackBitsCodec(), "V4", "data_type: expected truth values, numbers or times"),
    ],
)
def test_elements_that_it_cannot_take(codec, dtype, message):
    with pytest.raises(MetadataValidationError, match=message):
        chain_of(codec, np.zeros(3, dtype))
