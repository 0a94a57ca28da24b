"""cast_value: rounding beside exact arithmetic in fractions, and what cast-value-rs did."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from codec_cases import decode, encode
from hypothesis import assume, given
from hypothesis import strategies as st

import zarr_c
from zarr_c.codecs import CastValue
from zarr_c.codecs._chain import Chain
from zarr_c.codecs.casts import ROUNDINGS, convert
from zarr_c.codecs.representation import Representation
from zarr_c.errors import ChunkCorruptError, CodecError, MetadataValidationError
from zarr_c.metadata.dtype import from_numpy

INTEGERS = [f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)]
FLOATS = ["f2", "f4", "f8"]
ML_FLOATS = ["bfloat16", "float8_e4m3", "float8_e5m2", "float8_e3m4", "float8_e4m3b11fnuz"]
ML_INTEGERS = ["int2", "int4", "uint2", "uint4"]
NARROW = [np.dtype(name) for name in ("f2", "f4", *ML_FLOATS)]


def chain_of(codec, data):
    given = Representation(data.shape, from_numpy(data.dtype, 3), bytes(data.itemsize))
    return Chain([codec.stage(given)], data.nbytes)


def whole(value, rounding):
    """A fraction rounded to an integer."""
    low = value.numerator // value.denominator
    rest = value - low
    if rest == 0:
        return low
    half = Fraction(1, 2)
    up = {
        "nearest-even": rest > half or (rest == half and low % 2 == 1),
        "nearest-away": rest > half or (rest == half and value > 0),
        "towards-zero": value < 0,
        "towards-positive": True,
        "towards-negative": False,
    }[rounding]
    return low + up


def as_float(value, dtype, rounding):
    """A fraction rounded to a float of any range; None where the type ends before it."""
    if value == 0:
        return Fraction(0)
    info = ml_dtypes.finfo(dtype)
    exponent = 0
    while abs(value) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    while abs(value) < Fraction(2) ** exponent:
        exponent -= 1
    unit = Fraction(2) ** (max(exponent, int(info.minexp)) - int(info.nmant))
    rounded = whole(value / unit, rounding) * unit
    return rounded if abs(rounded) <= Fraction(float(info.max)) else None


def numbers(dtype):
    dtype = np.dtype(dtype)
    if dtype.kind in "iu":
        low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
        return st.integers(max(low, -300), min(high, 300)) | st.integers(low, high)
    return (
        st.floats(allow_nan=False, allow_infinity=False)
        | st.integers(-1000, 1000).map(lambda n: n / 2)
        | st.floats(-70000, 70000)
    )


# format.md 2.2 cast_value
@given(st.sampled_from(FLOATS + INTEGERS), st.sampled_from(INTEGERS), st.data())
def test_to_integers(before, after, draws):
    value = draws.draw(numbers(before))
    rounding = draws.draw(st.sampled_from(ROUNDINGS))
    with np.errstate(over="ignore"):
        data, limits = np.array([value], before), np.iinfo(after)
    assume(np.isfinite(data[0]))
    exact = whole(Fraction(data[0].item()), rounding)
    low, high = int(limits.min), int(limits.max)
    clamped = convert(data, np.dtype(after), rounding, "clamp")
    assert clamped.dtype == after
    assert int(clamped[0]) == min(max(exact, low), high)
    wrapped = convert(data, np.dtype(after), rounding, "wrap")
    assert int(wrapped[0]) == (exact - low) % (high - low + 1) + low
    if low <= exact <= high:
        assert int(convert(data, np.dtype(after), rounding, None)[0]) == exact
    else:
        with pytest.raises(ValueError, match="expected numbers within the range"):
            convert(data, np.dtype(after), rounding, None)


# format.md 2.2 cast_value
@given(st.sampled_from(["f8", *INTEGERS]), st.sampled_from(NARROW), st.data())
def test_to_floats(before, after, draws):
    value = draws.draw(numbers(before))
    rounding = draws.draw(st.sampled_from(ROUNDINGS))
    data = np.array([value], before)
    exact = as_float(Fraction(data[0].item()), after, rounding)
    if exact is None:
        with pytest.raises(ValueError, match="expected numbers within the range"):
            convert(data, after, rounding, None)
        clamped = float(convert(data, after, rounding, "clamp")[0])
        most = float(ml_dtypes.finfo(after).max) if "fnuz" in after.name else np.inf
        assert clamped == (most if value > 0 else -most)
    else:
        found = convert(data, after, rounding, None)[0]
        assert found.dtype == after
        assert Fraction(float(found)) == exact
        if exact == 0 and before == "f8" and "fnuz" not in after.name:
            assert np.signbit(found.astype(float)) == np.signbit(value)


@given(st.integers(-(2**63), 2**64 - 1), st.sampled_from(ROUNDINGS))
def test_large_integers_to_doubles(value, rounding):
    data = np.array([value], "u8" if value >= 2**63 else "i8")
    found = int(convert(data, np.dtype("f8"), rounding, None)[0])
    assert found == as_float(Fraction(value), np.dtype("f8"), rounding)


@pytest.mark.parametrize("name", ML_INTEGERS)
def test_integers_of_few_bits(name):
    dtype = np.dtype(name)
    limits = ml_dtypes.iinfo(dtype)
    low, high = int(limits.min), int(limits.max)
    data = np.arange(-40, 41)
    wrapped = convert(data, dtype, "nearest-even", "wrap").astype(int)
    assert wrapped.tolist() == [(int(x) - low) % (high - low + 1) + low for x in data]
    clamped = convert(data, dtype, "nearest-even", "clamp").astype(int)
    assert clamped.tolist() == data.clip(low, high).tolist()
    inside = data[(data >= low) & (data <= high)]
    again = convert(
        convert(inside, dtype, "nearest-even", None), np.dtype("f4"), ROUNDINGS[0], None
    )
    assert again.tolist() == inside.tolist()


# What cast-value-rs 0.5.1 made of 0.5, 1.5, 2.5, -0.5, -1.5, -2.5 and 126.6 as int8.
HALVES = {
    "nearest-even": [0, 2, 2, 0, -2, -2, 127],
    "towards-zero": [0, 1, 2, 0, -1, -2, 126],
    "towards-positive": [1, 2, 3, 0, -1, -2, 127],
    "towards-negative": [0, 1, 2, -1, -2, -3, 126],
    "nearest-away": [1, 2, 3, -1, -2, -3, 127],
}


# format.md 2.2 cast_value
@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_arrays(rounding):
    data = np.array([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 126.6])
    codec = CastValue(data_type="int8", rounding=rounding)
    array = zarr_c.create_array(
        {}, data=data, chunks=7, filters=codec, compressors=None, fill_value=1.25
    )
    assert array.store["c/0"] == np.array(HALVES[rounding], "i1").tobytes()
    assert zarr_c.open_array(array.store)[...].tolist() == HALVES[rounding]


# format.md 2.2 cast_value
def test_a_scalar_map_goes_first():
    data = np.array([1, np.nan, 2, -np.inf, 5, np.nan, 2])
    pairs = [["NaN", -1], [2, 77], [2, 78], ["-Infinity", -2]]
    back = [[-1, "NaN"], [77, 2], [-2, "-Infinity"]]
    codec = CastValue(data_type="int8", scalar_map={"encode": pairs, "decode": back})
    chain = chain_of(codec, data)
    stored = encode(chain, data.tobytes())
    assert stored == np.array([1, -1, 77, -2, 5, -1, 77], "i1").tobytes()
    assert np.array_equal(np.frombuffer(decode(chain, stored)), data, equal_nan=True)
    assert CastValue(**codec.configuration()) == codec


@pytest.mark.parametrize(
    ("values", "data_type"),
    [
        ([300], "int8"),
        ([np.nan], "int8"),
        ([np.inf], "uint64"),
        ([-1], "uint8"),
        ([1e300], "float32"),
    ],
)
def test_what_has_no_place_is_an_error(values, data_type):
    data = np.array(values, "f8")
    with pytest.raises(CodecError, match="codec 'cast_value': expected numbers"):
        encode(chain_of(CastValue(data_type=data_type), data), data.tobytes())


def test_stored_numbers_without_a_place_are_damage():
    chain = chain_of(CastValue(data_type="int16"), np.zeros(2, "i1"))
    with pytest.raises(ChunkCorruptError, match="cannot decode: expected numbers within"):
        decode(chain, np.array([1, 300], "i2").tobytes())
    for wrong in (0, 3, 5, 200):
        with pytest.raises(ChunkCorruptError, match="number of bytes"):
            decode(chain, bytes(wrong))


# format.md F9
def test_fill_values_pass_through():
    given = Representation((4,), from_numpy("f8", 3), np.float64(2.5).tobytes())
    made = CastValue(data_type="int16", rounding="towards-positive").encoded(given)
    assert made.fill_value == np.int16(3).tobytes()
    assert made.data_type.name == "int16"
    with pytest.raises(MetadataValidationError, match="fill value that it can encode"):
        CastValue(data_type="int8").encoded(given.with_(fill_value=np.float64(1e9).tobytes()))


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({}, "data_type: expected this parameter"),
        ({"data_type": "int9"}, "data_type: 'int9' is not supported"),
        ({"data_type": 7}, "data_type"),
        ({"data_type": "bool"}, "data_type: expected integers or floats"),
        ({"data_type": "complex64"}, "data_type: expected integers or floats"),
        ({"data_type": "int8", "rounding": "up"}, "rounding: expected one of"),
        ({"data_type": "int8", "out_of_range": "error"}, "out_of_range: expected one of"),
        ({"data_type": "float32", "out_of_range": "wrap"}, "out_of_range: expected no 'wrap'"),
        ({"data_type": "int8", "scalar_map": []}, "scalar_map: expected an object"),
        ({"data_type": "int8", "scalar_map": {"both": []}}, "scalar_map: expected an object"),
        ({"data_type": "int8", "scalar_map": {"encode": [[1]]}}, "scalar_map: expected lists"),
        ({"data_type": "int8", "scale": 1}, "scale: expected one of"),
    ],
)
def test_configurations_that_cannot_be(configuration, message):
    with pytest.raises(MetadataValidationError, match=f"codec 'cast_value': {message}"):
        CastValue.from_configuration(configuration)


@pytest.mark.parametrize(
    ("codec", "dtype", "message"),
    [
        (CastValue(data_type="int8"), "?", "data_type: expected integers or floats"),
        (
            CastValue(data_type="int8", scalar_map={"encode": [["NaN", 300]]}),
            "f8",
            "scalar_map: .*300",
        ),
    ],
)
def test_elements_that_it_cannot_take(codec, dtype, message):
    with pytest.raises(MetadataValidationError, match=message):
        chain_of(codec, np.zeros(3, dtype))
