"""Numbers of few bits, against what ml_dtypes makes of them."""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zarr_c.errors import DataTypeValidationError, MetadataValidationError
from zarr_c.metadata import document
from zarr_c.metadata.dtype import from_numpy, parse_v2, parse_v3
from zarr_c.metadata.fill_value import fill_from_user

# The canonical NaN and infinity as the registry has them, where a type has any.
FLOATS = {
    "bfloat16": (0x7FC0, 0x7F80),
    "float8_e3m4": (0x78, 0x70),
    "float8_e4m3": (0x7C, 0x78),
    "float8_e4m3fn": (0x7F, None),
    "float8_e4m3b11fnuz": (0x80, None),
    "float8_e4m3fnuz": (0x80, None),
    "float8_e5m2": (0x7E, 0x7C),
    "float8_e5m2fnuz": (0x80, None),
    "float8_e8m0fnu": (0xFF, None),
    "float6_e2m3fn": (None, None),
    "float6_e3m2fn": (None, None),
    "float4_e2m1fn": (None, None),
}
INTEGERS = {"int2": (-2, 1), "int4": (-8, 7), "uint2": (0, 3), "uint4": (0, 15)}
COMPLEX = {"complex_float16": "complex32", "complex_bfloat16": "bcomplex32"}
IN_V2 = {"int2", "int4", *(n for n in FLOATS if n[:6] in ("bfloat", "float8"))} - {
    "float8_e4m3"
}


def bits_of(name):
    """All patterns that are as ml_dtypes leaves them."""
    used = {"float6": 6, "float4": 4, "int2": 2, "uint2": 2, "int4": 4, "uint4": 4}
    width = next((n for key, n in used.items() if name.startswith(key)), 0)
    return np.arange(1 << width if width else 1 << 8 * parse_v3(name).itemsize)


def through_json(data_type, raw, zarr_format=3):
    text = document.dumps({"fill_value": data_type.fill_to_json(raw, zarr_format)})
    return data_type.fill_from_json(document.loads(text, "k")["fill_value"], zarr_format)


# format.md 2.1 bfloat16
# format.md 2.1 float8_e3m4
# format.md 2.1 float8_e4m3
# format.md 2.1 float8_e4m3fnuz
# format.md 2.1 float8_e4m3b11fnuz
# format.md 2.1 float8_e5m2
# format.md 2.1 float8_e5m2fnuz
# format.md 2.1 float8_e8m0fnu
# format.md 2.1 float6_e2m3fn
# format.md 2.1 float6_e3m2fn
# format.md 2.1 float4_e2m1fn
# format.md 2.1 int2
# format.md 2.1 int4
# format.md 2.1 uint2
# format.md 2.1 uint4
@pytest.mark.parametrize("name", [*FLOATS, *INTEGERS])
def test_every_spelling_is_one_instance(name):
    found = parse_v3(name)
    assert found.dtype == np.dtype(getattr(ml_dtypes, name))
    assert found.to_v3() == found.name == name
    assert found is parse_v3({"name": name}) is from_numpy(found.dtype, 3)
    assert pickle.loads(pickle.dumps(found)) is copy.deepcopy(found) is found
    assert (found.word, found.itemsize) == ((2, 2) if name == "bfloat16" else (1, 1))
    if name in IN_V2:  # as tensorstore stores it
        assert found.v2_name == name
        assert parse_v2(name) is from_numpy(found.dtype, 2) is found
        return
    for find in (lambda: from_numpy(found.dtype, 2), lambda: parse_v2(name)):
        with pytest.raises(DataTypeValidationError, match=f"v2 has no type for {name}"):
            find()


@pytest.mark.parametrize("name", [*FLOATS, *INTEGERS])
def test_every_bit_pattern_survives_a_document(name):
    found = parse_v3(name)
    for bits in bits_of(name).tolist():
        raw = bits.to_bytes(found.itemsize, sys.byteorder)
        assert through_json(found, raw) == raw


@pytest.mark.parametrize("name", [*FLOATS, *INTEGERS])
def test_the_number_of_every_bit_pattern_is_that_of_ml_dtypes(name):
    found = parse_v3(name)
    for bits in bits_of(name)[:: 7 if name == "bfloat16" else 1].tolist():
        raw = bits.to_bytes(found.itemsize, sys.byteorder)
        value, expected = found.fill_to_json(raw, 3), float(found.scalar(raw))
        if math.isnan(expected):
            assert value == "NaN" or value.startswith("0x")
        elif math.isinf(expected):
            assert value == ("Infinity" if expected > 0 else "-Infinity")
        else:
            assert value == expected
            assert math.copysign(1, value) == math.copysign(1, expected)


@pytest.mark.parametrize("name", FLOATS)
def test_special_values_have_their_names(name):
    found, size = parse_v3(name), parse_v3(name).itemsize
    for text, bits in zip(("NaN", "Infinity"), FLOATS[name], strict=True):
        if bits is None:
            with pytest.raises(MetadataValidationError, match=f"fill_value: .*for {name}"):
                found.fill_from_json(text, 3)
        else:
            raw = bits.to_bytes(size, sys.byteorder)
            assert found.fill_from_json(text, 3) == raw
            assert found.fill_from_json(f"0x{bits:0{2 * size}x}", 3) == raw
            assert found.fill_to_json(raw, 3) == text
            assert fill_from_user(float(text.replace("Infinity", "inf")), found) == raw
    with pytest.raises(MetadataValidationError, match="fill_value: expected"):
        found.fill_from_json("0x123", 3)


@pytest.mark.parametrize("name", [n for n in FLOATS if n not in ("float8_e8m0fnu", "bfloat16")])
@given(value=st.floats(-1e6, 1e6) | st.floats(-20, 20))
def test_rounding_is_that_of_ml_dtypes(name, value):
    """It rounds to nearest even too; where it has no number, we have an error or infinity."""
    found = parse_v3(name)
    cast = np.array(value).astype(found.dtype)
    back = float(cast)
    limit = float(ml_dtypes.finfo(found.dtype).max)
    if math.isfinite(back) and abs(value) <= limit:
        assert found.fill_from_json(value, 3) == cast.tobytes()
    elif FLOATS[name][1] is not None and math.isinf(back):
        assert found.fill_from_json(value, 3) == cast.tobytes()
        with pytest.raises(MetadataValidationError, match="within the range"):
            fill_from_user(value, found)


@given(st.integers(0, 0x7F7E), st.integers(-3, 3), st.booleans())
def test_bfloat16_is_rounded_once(bits, ulps, negative):
    """Values next to half way, which a detour over float32 would round twice."""
    low, high = (float(np.array(b, "<u2").view(ml_dtypes.bfloat16)) for b in (bits, bits + 1))
    value = low + (high - low) / 2
    for _ in range(abs(ulps)):
        value = math.nextafter(value, math.inf if ulps > 0 else 0)
    expected = bits + (ulps > 0 or (ulps == 0 and bits % 2))
    raw = (expected | (0x8000 if negative else 0)).to_bytes(2, sys.byteorder)
    assert parse_v3("bfloat16").fill_from_json(-value if negative else value, 3) == raw


def test_what_a_type_has_no_number_for():
    for name, value in (
        ("float8_e8m0fnu", 0), ("float8_e8m0fnu", -1), ("float8_e4m3fn", 465.0),
        ("float4_e2m1fn", 7), ("float6_e2m3fn", 8), ("float8_e4m3fnuz", 1e9),
        ("float4_e2m1fn", "NaN"),
        ("bfloat16", True), ("bfloat16", None), ("int4", 8), ("int2", -3), ("uint2", 4),
        ("uint4", -1), ("int4", 1.5),
    ):  # fmt: skip
        with pytest.raises(MetadataValidationError, match=f"fill_value: expected .*{name}"):
            parse_v3(name).fill_from_json(value, 3)
    assert parse_v3("float4_e2m1fn").fill_from_json(6.9, 3) == b"\7"
    assert parse_v3("float8_e4m3fn").fill_from_json(464, 3) == b"\x7e"
    assert parse_v3("float8_e8m0fnu").fill_from_json(2.0**-127, 3) == b"\0"
    assert parse_v3("float8_e5m2fnuz").fill_from_json(-0.0, 3) == b"\0"  # -0 would be NaN
    assert parse_v3("float8_e5m2").fill_from_json(-0.0, 3) == b"\x80"


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_of_few_bits(name):
    found, (low, high) = parse_v3(name), INTEGERS[name]
    for value in range(low, high + 1):
        raw = found.fill_from_json(value, 3)
        assert raw == np.array(value).astype(found.dtype).tobytes()
        assert found.fill_to_json(raw, 3) == value == int(found.scalar(raw))
        assert fill_from_user(found.scalar(raw), found) == raw


@pytest.mark.parametrize("name", [*INTEGERS, "float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn"])
def test_upper_bits_mean_nothing(name):
    found = parse_v3(name)
    mask = len(bits_of(name)) - 1
    array = np.arange(256, dtype="u1").view(found.dtype).reshape(16, 16)[::3, ::2]
    expected = array.view("u1") & mask
    assert found.needs_normalizing
    found.normalize(array)
    assert np.array_equal(array.view("u1"), expected)
    if "float" in name:
        assert found.fill_from_json("0xff", 3) == bytes([mask])
        assert found.fill_to_json(b"\xff", 3) == found.fill_to_json(bytes([mask]), 3)


def test_other_small_types_mean_all_their_bits():
    assert not parse_v3("bfloat16").needs_normalizing
    assert not parse_v3("float8_e8m0fnu").needs_normalizing


# format.md 2.1 complex_float16
# format.md 2.1 complex_bfloat16
@pytest.mark.parametrize("name", COMPLEX)
def test_complex_numbers(name):
    found = parse_v3(name)
    assert found.dtype == np.dtype(getattr(ml_dtypes, COMPLEX[name]))
    assert found is from_numpy(found.dtype, 3) is pickle.loads(pickle.dumps(found))
    assert (found.itemsize, found.words) == (4, ((0, 2, 2),))
    raw = found.fill_from_json([1.5, "-Infinity"], 3)
    assert raw == np.array(complex(1.5, -math.inf)).astype(found.dtype).tobytes()
    assert found.fill_to_json(raw, 3) == [1.5, "-Infinity"]
    assert complex(found.scalar(raw)) == complex(1.5, -math.inf)
    assert fill_from_user(found.scalar(raw), found) == raw
    assert fill_from_user(1 + 2j, found) == np.array(1 + 2j).astype(found.dtype).tobytes()
    with pytest.raises(DataTypeValidationError, match="v2 has no type"):
        from_numpy(found.dtype, 2)


@pytest.mark.parametrize("name", COMPLEX)
@given(raw=st.binary(min_size=4, max_size=4))
def test_any_complex_bits_survive_a_document(name, raw):
    assert through_json(parse_v3(name), raw) == raw


# format.md 2.1 complex_float8_e3m4
# format.md 2.1 complex_float6_e2m3fn
@pytest.mark.parametrize("name", [n for n in FLOATS if n not in ("bfloat16", "float8_e4m3fn")])
def test_other_complex_numbers_are_refused_with_the_reason(name):
    with pytest.raises(DataTypeValidationError, match=f"complex_{name}.*NumPy has no type"):
        parse_v3(f"complex_{name}")


def test_what_zarr_has_no_type_for():
    for dtype in (ml_dtypes.int1, ml_dtypes.uint1):
        with pytest.raises(DataTypeValidationError, match="not supported in Zarr v3"):
            from_numpy(dtype, 3)


def test_scalars_of_ml_dtypes_fill_any_type():
    eight = ml_dtypes.float8_e5m2(8)
    assert fill_from_user(eight, parse_v3("float8_e5m2")) == eight.tobytes()
    assert fill_from_user(eight, parse_v3("bfloat16")) == ml_dtypes.bfloat16(8).tobytes()
    assert fill_from_user(eight, parse_v3("float32")) == np.float32(8).tobytes()
    assert fill_from_user(ml_dtypes.int4(-3), parse_v3("int16")) == np.int16(-3).tobytes()
    assert (
        fill_from_user(np.float16(1), parse_v3("bfloat16")) == ml_dtypes.bfloat16(1).tobytes()
    )


def test_without_ml_dtypes_the_error_names_what_to_install():
    program = (
        "import sys; sys.modules['ml_dtypes'] = None\n"
        "from zarr_c.metadata.dtype import parse_v3\n"
        "try: parse_v3('bfloat16')\n"
        "except ImportError as error: print(error)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "'bfloat16' needs ml_dtypes: pip install 'zarr_c[ml-dtypes]'" in found.stdout
