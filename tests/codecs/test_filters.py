"""Kernels of the codecs of numcodecs: bit for bit what numcodecs does, and a twin in NumPy."""

import numcodecs
import numpy as np
import pytest
from codec_cases import decode, encode
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from zarr_c.codecs._chain import Chain
from zarr_c.codecs.numcodecs import (
    BitRound,
    Delta,
    FixedScaleOffset,
    PackBits,
    Shuffle,
)
from zarr_c.codecs.representation import Representation
from zarr_c.errors import ChunkCorruptError, CodecError, MetadataValidationError
from zarr_c.metadata.dtype import from_numpy

INTEGERS = [f"{order}{kind}{size}" for order in "<>" for kind in "iu" for size in (1, 2, 4, 8)]
FLOATS = [f"{order}f{size}" for order in "<>" for size in (4, 8)]
LENGTHS = st.sampled_from([1, 2, 7, 8, 9, 1023, 1024, 1025, 3000])


def chain_of(codec, data):
    """The compiled codec for a flat array."""
    dtype = data.dtype
    rep = Representation(data.shape, from_numpy(dtype, 2), bytes(dtype.itemsize))
    return Chain([codec.stage(rep)], data.nbytes)


def assert_like_numcodecs(ours, theirs, data, native=True):
    """Same bytes, and the same elements back from them."""
    chain = chain_of(ours, data)
    assert native == (type(chain.stages[0]).__name__ != "PythonStage")
    expected = theirs.encode(data)
    encoded = encode(chain, data.tobytes())
    assert encoded == np.asarray(expected).tobytes()
    back = theirs.decode(np.frombuffer(encoded, np.asarray(expected).dtype))
    assert decode(chain, encoded) == np.asarray(back).tobytes()


def bits(dtype, n, seed):
    """Any bits at all as elements."""
    size = n * np.dtype(dtype).itemsize
    return np.frombuffer(np.random.default_rng(seed).bytes(size), dtype)


@given(st.sampled_from(INTEGERS), st.sampled_from(INTEGERS), LENGTHS, st.integers(0, 99))
def test_delta_of_integers_wraps_as_numpy_does(dtype, astype, n, seed):
    # NumPy sums what has no common integer type as floats, and loses bits
    assume(np.promote_types(dtype, astype).kind in "iu")
    data = bits(dtype, n, seed)
    theirs = numcodecs.Delta(dtype, astype)
    try:
        theirs.encode(data)
    except OverflowError:  # numcodecs checks the first element only
        assume(False)
    assert_like_numcodecs(Delta(dtype=dtype, astype=astype), theirs, data)


@given(st.sampled_from(INTEGERS), LENGTHS, st.integers(0, 99))
def test_delta_beside_its_twin(dtype, n, seed):
    data = bits(dtype, n, seed)
    chain = chain_of(Delta(dtype=dtype), data)
    twin, before = [], 0
    for value in data.tolist():
        twin.append((value - before) % 256**data.dtype.itemsize)
        before = value
    unsigned = data.dtype.str.replace("i", "u")
    assert encode(chain, data.tobytes()) == np.array(twin, unsigned).tobytes()
    assert decode(chain, encode(chain, data.tobytes())) == data.tobytes()


@given(st.sampled_from(FLOATS), st.sampled_from("<>"), LENGTHS, st.integers(0, 99))
def test_delta_of_floats_sums_in_order(dtype, order, n, seed):
    data = np.random.default_rng(seed).normal(size=n).astype(dtype)
    data[0] = -0.0
    astype = order + dtype[1:]
    ours = Delta(dtype=dtype, astype=astype)
    assert_like_numcodecs(ours, numcodecs.Delta(dtype, astype), data)


@pytest.mark.parametrize(
    ("dtype", "astype"),
    [("<f2", "<f2"), ("|b1", "|b1"), ("<f8", "<f4"), ("<f4", "<i4"), ("|i1", "<u8")],
)
def test_delta_of_what_no_kernel_does(dtype, astype):
    data = np.arange(50).astype(dtype)
    ours = Delta(dtype=dtype, astype=astype)
    assert_like_numcodecs(ours, numcodecs.Delta(dtype, astype), data, native=False)


@given(
    st.sampled_from(FLOATS),
    st.sampled_from(INTEGERS + FLOATS),
    st.one_of(st.floats(-50, 50), st.integers(-50, 50)),
    st.floats(0.01, 1) | st.integers(1, 3),
    LENGTHS,
)
def test_fixedscaleoffset(dtype, astype, offset, scale, n):
    room = 127 if astype[1:] == "i1" else 120
    low = -room / 2 if astype[1] in "if" else 0  # what is out of range is undefined
    scaled = np.linspace(low, room / 2, n)
    data = (scaled / scale + offset).astype(dtype)
    if low == 0:
        data = np.maximum(data, np.array(offset, dtype)).astype(dtype)
    ours = FixedScaleOffset(offset=offset, scale=scale, dtype=dtype, astype=astype)
    theirs = numcodecs.FixedScaleOffset(offset, scale, dtype, astype)
    assert_like_numcodecs(ours, theirs, data)


@pytest.mark.parametrize(("dtype", "astype"), [("<f2", "|i1"), ("<i4", "|i1"), ("<i4", "<f4")])
def test_fixedscaleoffset_of_what_no_kernel_does(dtype, astype):
    data = np.arange(50).astype(dtype)
    ours = FixedScaleOffset(offset=10, scale=2, dtype=dtype, astype=astype)
    theirs = numcodecs.FixedScaleOffset(10, 2, dtype, astype)
    assert_like_numcodecs(ours, theirs, data, native=False)


@given(st.sampled_from(["<f2", ">f2", *FLOATS]), st.integers(0, 52), LENGTHS, st.integers(0, 9))
def test_bitround_of_any_bits(dtype, keepbits, n, seed):
    most = {2: 10, 4: 23, 8: 52}[np.dtype(dtype).itemsize]
    data = bits(dtype, n, seed)
    ours, theirs = (
        BitRound(keepbits=min(keepbits, most)),
        numcodecs.BitRound(min(keepbits, most)),
    )
    chain = chain_of(ours, data)
    encoded = encode(chain, data.tobytes())
    word = np.dtype(dtype.replace("f", "u"))
    native = data.view(word).astype(word.newbyteorder("="))  # numcodecs takes no other order
    rounded = theirs.encode(native.view(native.dtype.str.replace("u", "f")))
    assert encoded == rounded.view(native.dtype).astype(word).tobytes()
    assert decode(chain, encoded) == encoded


@given(hnp.arrays("?", st.integers(0, 70)))
def test_packbits(data):
    chain = chain_of(PackBits(), data)
    encoded = encode(chain, data.tobytes()) if data.size else b"\0"
    assert encoded == numcodecs.PackBits().encode(data).tobytes()
    assert encoded == bytes([-data.size % 8]) + np.packbits(data).tobytes()
    assert decode(chain, encoded) == data.tobytes()


def test_packbits_takes_any_byte_but_zero_for_true():
    data = np.array([0, 1, 2, 128, 255, 0, 0, 16, 1], "u1").view("?")
    chain = chain_of(PackBits(), data)
    assert (
        encode(chain, data.tobytes()) == np.array([7, 0b01111001, 0b10000000], "u1").tobytes()
    )
    assert decode(chain, encode(chain, data.tobytes())) == (data.view("u1") != 0).tobytes()


@given(st.integers(1, 17), st.integers(1, 300), st.integers(0, 9))
def test_shuffle(size, n, seed):
    data = np.frombuffer(np.random.default_rng(seed).bytes(size * n), "u1")
    chain = Chain([Shuffle(elementsize=size).stage(4)], data.nbytes)
    encoded = encode(chain, data.tobytes())
    assert encoded == numcodecs.Shuffle(size).encode(data).tobytes()
    assert encoded == data.reshape(n, size).T.tobytes()
    assert decode(chain, encoded) == data.tobytes()


@pytest.mark.parametrize("size", [0, 1])
def test_shuffle_of_single_bytes_changes_nothing(size):
    chain = Chain([Shuffle(elementsize=size).stage(4)], 5)
    assert encode(chain, b"abcde") == b"abcde" == decode(chain, b"abcde")


CODECS = {
    "delta": (Delta(dtype="<i4"), "<i4"),
    "delta-astype": (Delta(dtype="<i4", astype="<i2"), "<i4"),
    "fixedscaleoffset": (FixedScaleOffset(offset=0, scale=1, dtype="<f8", astype="<i2"), "<f8"),
    "bitround": (BitRound(keepbits=3), "<f4"),
    "packbits": (PackBits(), "|b1"),
}


@pytest.mark.parametrize("name", CODECS)
def test_any_stored_bytes_are_decoded_or_damage(name):
    codec, dtype = CODECS[name]
    data = np.ones(100, dtype)
    chain = chain_of(codec, data)
    length = len(encode(chain, data.tobytes()))
    for wrong in {0, 1, length - 1, length + 1, length + 2, 2 * length}:
        with pytest.raises(ChunkCorruptError, match="expected"):
            decode(chain, bytes(wrong))
    assert len(decode(chain, encode(chain, data.tobytes()))) == data.nbytes


def test_packbits_with_a_wrong_number_of_unused_bits():
    chain = chain_of(PackBits(), np.ones(9, "?"))
    for wrong in (0, 6, 8, 15, 255):
        with pytest.raises(ChunkCorruptError, match="packbits"):
            decode(chain, bytes([wrong, 255, 128]))


def test_a_part_of_an_element_is_not_encoded():
    stages = [Delta(dtype="<i4").stage(Representation((2,), from_numpy("u1", 2), b"\0"))]
    with pytest.raises(CodecError, match="part of an element"):
        Chain(stages, 6).encode(bytes(6))
    with pytest.raises(CodecError, match="part of an element"):
        Chain([Shuffle(elementsize=4).stage(1)], 6).encode(bytes(6))


@pytest.mark.parametrize(
    ("codec", "configuration", "message"),
    [
        (Delta, {}, "dtype: expected this parameter"),
        (Delta, {"dtype": None}, "dtype: expected a NumPy type"),
        (Delta, {"dtype": "O"}, "dtype: expected a NumPy type"),
        (Delta, {"dtype": "i4,i4"}, "dtype: expected a NumPy type"),
        (Delta, {"dtype": "<i4", "astype": [["a", "<i4"]]}, "astype: expected a NumPy type"),
        (Delta, {"dtype": "<i4", "as_type": "<i4"}, "as_type: expected one of"),
        (FixedScaleOffset, {"offset": 1}, "scale: expected this parameter"),
        (FixedScaleOffset, {"offset": "1", "scale": 1}, "offset: expected a finite number"),
        (FixedScaleOffset, {"offset": True, "scale": 1}, "offset: expected a finite number"),
        (FixedScaleOffset, {"offset": 10**400, "scale": 1}, "offset: expected a finite number"),
        (FixedScaleOffset, {"offset": 1, "scale": 0}, "scale: expected a finite number other"),
        (BitRound, {"keepbits": -1}, "keepbits: expected an integer from 0"),
        (BitRound, {"keepbits": 3.0}, "keepbits: expected an integer from 0"),
        (PackBits, {"level": 1}, "level: expected one of"),
        (Shuffle, {"elementsize": -4}, "elementsize: expected an integer"),
        (Shuffle, {"elementsize": 2**60}, "elementsize: expected an integer"),
    ],
)
def test_configurations_that_cannot_be(codec, configuration, message):
    with pytest.raises(MetadataValidationError, match=f"codec '{codec.name}': {message}"):
        codec.from_configuration(configuration)


@pytest.mark.parametrize(
    ("codec", "dtype", "message"),
    [
        (BitRound(keepbits=11), "<f2", "keepbits: expected at most 10 for float16, found 11"),
        (BitRound(keepbits=1), "<i4", "data_type: expected float16, float32 or float64"),
        (PackBits(), "<i4", "data_type: expected bool"),
    ],
)
def test_elements_that_a_codec_cannot_take(codec, dtype, message):
    with pytest.raises(MetadataValidationError, match=message):
        chain_of(codec, np.zeros(3, dtype))
