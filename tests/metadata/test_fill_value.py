"""Fill values: bits go into JSON and come back, and users' values are checked."""

from __future__ import annotations

import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zarr_c.errors import MetadataValidationError
from zarr_c.metadata import document
from zarr_c.metadata.dtype import from_numpy, parse_v2, parse_v3
from zarr_c.metadata.fill_value import fill_from_user, fill_scalar

INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
FLOATS = ["float16", "float32", "float64"]
COMPLEX = ["complex64", "complex128"]
EVERY = ["bool", *INTEGERS, *FLOATS, *COMPLEX, "r8", "r40"]
CANONICAL_NAN = {
    "float16": 0x7E00, "float32": 0x7FC00000, "float64": 0x7FF8000000000000,
}  # fmt: skip


def through_json(data_type, raw, zarr_format):
    text = document.dumps({"fill_value": data_type.fill_to_json(raw, zarr_format)})
    return data_type.fill_from_json(document.loads(text, "k")["fill_value"], zarr_format)


def raw_of(name, data):
    itemsize = parse_v3(name).itemsize
    if name == "bool":
        return data.draw(st.sampled_from([b"\0", b"\1"]))
    return data.draw(st.binary(min_size=itemsize, max_size=itemsize))


# format.md 1.5
# format.md 1.2 fill_value
# format.md F2
@pytest.mark.parametrize("name", EVERY)
@given(data=st.data())
def test_any_bits_survive_a_v3_document(name, data):
    raw = raw_of(name, data)
    assert through_json(parse_v3(name), raw, 3) == raw


@pytest.mark.parametrize("name", [n for n in EVERY if n[0] != "r"])
@given(data=st.data())
def test_any_number_survives_a_v2_document_in_either_byte_order(name, data):
    data_type = parse_v2(np.dtype(name).newbyteorder(data.draw(st.sampled_from("<>"))).str)
    raw = raw_of(name, data)
    value = np.frombuffer(raw, data_type.dtype)
    if np.isnan(value)[0]:
        return
    assert through_json(data_type, raw, 2) == raw


# format.md F1
@pytest.mark.parametrize("name", FLOATS)
@given(data=st.data())
def test_float_bits_survive_in_big_endian(name, data):
    data_type = from_numpy(np.dtype(name).newbyteorder(">"), 2)
    raw = raw_of(name, data)
    found = data_type.fill_to_json(raw, 3)
    assert data_type.fill_from_json(found, 3) == raw
    native = np.frombuffer(raw, data_type.dtype).astype(name).tobytes()
    assert parse_v3(name).fill_to_json(native, 3) == found


# format.md 1.5 float16
# format.md F1 F2
# format.md 5.4
@pytest.mark.parametrize("name", FLOATS)
def test_special_floats_and_their_names(name):
    data_type, size = parse_v3(name), np.dtype(name).itemsize
    named = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
    for text, value in named.items():
        raw = data_type.fill_from_json(text, 3)
        assert raw == np.array(value, name).tobytes()
        assert data_type.fill_to_json(raw, 3) == text
    assert data_type.fill_from_json("+Infinity", 3) == data_type.fill_from_json("Infinity", 3)
    assert data_type.fill_from_json(math.nan, 2) == data_type.fill_from_json("NaN", 3)
    quiet = CANONICAL_NAN[name]
    assert data_type.fill_from_json("NaN", 3) == quiet.to_bytes(size, "little")
    for bits in (quiet + 1, quiet | 1 << (8 * size - 1), (quiet & ~(quiet & -quiet)) + 1):
        pattern = f"0x{bits:0{2 * size}x}"
        raw = data_type.fill_from_json(pattern, 3)
        assert raw == data_type.fill_from_json(f"0x{bits:0{2 * size}X}", 3)
        assert raw == bits.to_bytes(size, "little")
        assert data_type.fill_to_json(raw, 3) == pattern
        with pytest.raises(MetadataValidationError, match=f"fill_value.*{pattern}"):
            data_type.fill_to_json(raw, 2)


# format.md F3
# format.md 5.6
@pytest.mark.parametrize("token", [b"-0", b"-0.0", b"-0e3"])
def test_negative_zero_keeps_its_sign(token):
    value = document.loads(b'{"fill_value": ' + token + b"}", "k")["fill_value"]
    for name in FLOATS:
        raw = parse_v3(name).fill_from_json(value, 3)
        assert raw == np.array(-0.0, name).tobytes()
        assert json.dumps(parse_v3(name).fill_to_json(raw, 3)) == "-0.0"
    assert parse_v3("int32").fill_from_json(value, 3) == bytes(4)


# format.md 1.5 float16
@given(st.floats(allow_nan=False))
def test_float_rounding_is_that_of_numpy(value):
    with np.errstate(over="ignore", under="ignore"):
        for name in FLOATS:
            expected = np.float64(value).astype(name).tobytes()
            assert parse_v3(name).fill_from_json(value, 3) == expected


# format.md F5
def test_numbers_too_large_round_to_infinity_in_a_document():
    assert parse_v3("float32").fill_from_json(1e40, 3) == struct.pack("<f", math.inf)
    assert parse_v3("float64").fill_from_json(-(10**400), 3) == struct.pack("<d", -math.inf)
    assert parse_v3("float16").fill_from_json(65520, 3) == struct.pack("<e", math.inf)
    assert parse_v3("float16").fill_from_json(65519, 3) == struct.pack("<e", 65504)


# format.md F6
# format.md 1.5 integers 5.8
@pytest.mark.parametrize("name", INTEGERS)
def test_integers_are_exact_to_their_limits(name):
    limits, data_type = np.iinfo(name), parse_v3(name)
    for value in (int(limits.min), int(limits.max)):
        raw = data_type.fill_from_json(value, 3)
        assert raw == np.array(value, name).tobytes()
        assert data_type.fill_to_json(raw, 3) == value
    assert data_type.fill_from_json(1e2, 3) == data_type.fill_from_json(100, 2)
    for value in (int(limits.max) + 1, int(limits.min) - 1, 1e300):
        with pytest.raises(MetadataValidationError, match=f"fill_value: .* for {name}, found"):
            data_type.fill_from_json(value, 3)


# format.md F4 F6 F7
# format.md 5.5
# format.md 5.7
# format.md 1.5 bool
# format.md 1.2 fill_value
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, v) for name in ("int32", "uint8") for v in (1.5, "1", True, None, [1])),
        ("int32", math.nan), ("int32", math.inf), ("int32", "0x00000001"),
        *(("float32", v) for v in ("nan", "-NaN", "1.5", True, None, [1.0], "inf", "")),
        *(("float32", v) for v in ("0x3f80", "0x", "0x7fc000001", "0x7fc0 001", "0x+fc00001")),
        *(("float32", v) for v in ("0X7fc00001", "7fc00001", "0x7fc0000g")),
        ("complex64", 1.0), ("complex64", [1.0]), ("complex64", [1, 2, 3]), ("complex64", None),
        ("complex64", [1, "x"]), ("complex64", [True, 0]),
        ("bool", 0), ("bool", 1), ("bool", "true"), ("bool", None), ("bool", 0.0),
        ("r16", [1]), ("r16", [1, 256]), ("r16", [1, -1]), ("r16", [1, True]),
        ("r16", [0.0, 1]),
        ("r16", "AAA="[:3]), ("r16", "AAAA"), ("r16", "*"), ("r16", "é"), ("r16", 0),
        ("r16", None),
    ],
)  # fmt: skip
def test_what_a_v3_document_must_not_hold(name, value):
    with pytest.raises(MetadataValidationError, match=r"^fill_value.*: expected .*, found"):
        parse_v3(name).fill_from_json(value, 3)


def test_an_error_in_a_complex_value_names_the_part():
    with pytest.raises(MetadataValidationError, match=r"fill_value\[1\]: .* found 'x'"):
        parse_v3("complex64").fill_from_json([1, "x"], 3)


# format.md B1 B2 B3 B6
def test_what_v2_documents_hold_besides():
    assert parse_v2("|b1").fill_from_json(1, 2) == b"\1"
    assert parse_v2("|b1").fill_from_json(0, 2) == b"\0"
    assert parse_v2("<i4").fill_from_json(0.0, 2) == bytes(4)
    assert parse_v2("<c8").fill_from_json(2, 2) == struct.pack("<ff", 2, 0)
    assert parse_v2(">c8").fill_from_json("NaN", 2) == struct.pack(">If", 0x7FC00000, 0)
    assert parse_v2("|V3").fill_from_json(0, 2) == bytes(3)
    assert parse_v2("|V3").fill_from_json("AAEC", 2) == b"\0\1\2"
    assert parse_v2("|V3").fill_to_json(b"\0\1\2", 2) == "AAEC"
    assert parse_v3("r24").fill_to_json(b"\0\1\2", 3) == [0, 1, 2]
    assert parse_v3("r24").fill_from_json("AAEC", 3) == b"\0\1\2"
    literal = document.loads(b'{"fill_value": NaN}', "k")["fill_value"]
    assert parse_v2("<f4").fill_from_json(literal, 2) == struct.pack("<I", 0x7FC00000)
    assert parse_v2("<c8").fill_from_json([1, "NaN"], 2) == struct.pack("<fI", 1, 0x7FC00000)
    for dtype, value in (("<f4", "0x7fc00001"), ("<i4", "0"), ("|b1", 2), ("|b1", "true")):
        with pytest.raises(MetadataValidationError, match="fill_value"):
            parse_v2(dtype).fill_from_json(value, 2)


# format.md B2
# format.md 5.13
# format.md 1.5 complex64
def test_complex_parts_are_independent():
    raw = parse_v3("complex64").fill_from_json([1, "NaN"], 3)
    assert raw == struct.pack("<fI", 1, 0x7FC00000)
    raw = parse_v3("complex64").fill_from_json(["0x7fc00001", "-Infinity"], 3)
    assert parse_v3("complex64").fill_to_json(raw, 3) == ["0x7fc00001", "-Infinity"]


# ---- what users pass


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", [n for n in EVERY if n != "bool"])
@given(data=st.data())
def test_a_numpy_scalar_of_the_type_keeps_its_bits(order, name, data):
    data_type = parse_v3(name)
    if name[0] != "r":
        data_type = from_numpy(np.dtype(name).newbyteorder(order), 2)
    raw = raw_of(name, data)
    scalar = np.frombuffer(raw, data_type.dtype)[0]
    assert fill_from_user(scalar, data_type) == raw
    assert fill_from_user(np.frombuffer(raw, data_type.dtype).reshape(()), data_type) == raw
    found = fill_scalar(raw, data_type)
    assert type(found) is type(scalar)
    assert np.array(found, data_type.dtype).tobytes() == raw


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("int8", -128, -128), ("int8", True, 1), ("int8", 5.0, 5), ("int8", np.uint64(7), 7),
        ("int8", np.float32(3), 3), ("int8", np.True_, 1), ("uint64", 2**64 - 1, 2**64 - 1),
        ("bool", 0, False), ("bool", 1.0, True), ("bool", np.True_, True),
        ("bool", np.int8(1), True),
        ("float32", 1, 1), ("float32", True, 1), ("float32", 0.1, 0.1),
        ("float32", np.float64(0.1), 0.1),
        ("float32", np.longdouble(0.5), 0.5), ("float64", np.int64(3), 3),
        ("float16", np.float32(1e-8), 0),
        ("float64", np.float32(0.1), np.float64(np.float32(0.1))),
        ("float32", "Infinity", math.inf),
        ("float32", "-Infinity", -math.inf), ("float32", -0.0, -0.0),
        ("float32", np.inf, math.inf),
        ("complex64", 1, 1), ("complex64", 1 + 2j, 1 + 2j), ("complex64", [1, 2], 1 + 2j),
        ("complex128", np.complex64(1 + 2j), 1 + 2j), ("complex64", np.float32(2), 2),
        ("complex64", (0, "Infinity"), complex(0, math.inf)),
    ],
)  # fmt: skip
def test_what_users_may_pass(name, value, expected):
    found = fill_from_user(value, parse_v3(name))
    assert found == np.array(expected, name).tobytes()


def test_users_may_pass_json_strings_and_raw_bytes():
    f4, r16 = parse_v3("float32"), parse_v3("r16")
    assert fill_from_user("0x7fc00001", f4) == (0x7FC00001).to_bytes(4, "little")
    assert fill_from_user("NaN", f4) == fill_from_user(math.nan, f4)
    for value in (
        np.nan,
        -math.nan,
        math.inf - math.inf,
        -np.float64("nan"),
        -np.longdouble("nan"),
    ):
        assert fill_from_user(value, parse_v3("float16")) == (0x7E00).to_bytes(2, "little")
    for value in (
        b"ab",
        bytearray(b"ab"),
        np.void(b"ab"),
        memoryview(b"ab"),
        [97, 98],
        (97, 98),
        "YWI=",
    ):
        assert fill_from_user(value, r16) == b"ab"
    assert fill_from_user(0, r16) == fill_from_user(np.int64(0), r16) == b"\0\0"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("int8", 300), ("int8", -129), ("uint8", -1), ("uint64", 2**64), ("int8", 1.5),
        ("int8", math.nan), ("int8", "1"), ("int8", None), ("int8", 1j),
        ("int8", np.array([1])),
        ("int8", np.float32(1.5)), ("int8", [1]), ("int8", b"\1"), ("uint8", np.int8(-1)),
        ("float32", 1e40), ("float64", 10**400), ("float16", np.float64(1e5)), ("float32", "x"),
        ("float32", None), ("float32", 1j), ("float32", [1.0]), ("float32", b"1"),
        ("bool", 2), ("bool", None), ("bool", "true"), ("bool", np.nan), ("complex64", "x"),
        ("complex64", None), ("complex64", [1]), ("complex64", 1e40j), ("complex64", [1, None]),
        ("r16", b"a"), ("r16", b"abc"), ("r16", 1), ("r16", None), ("r16", np.void(b"abc")),
    ],
)  # fmt: skip
def test_what_users_may_not_pass(name, value):
    with pytest.raises(MetadataValidationError, match=r"^fill_value.*: expected .*, found"):
        fill_from_user(value, parse_v3(name))


@pytest.mark.parametrize("name", EVERY)
def test_an_integer_too_long_to_print_is_still_an_error_with_words(name):
    with pytest.raises(MetadataValidationError, match=r"found int of thousands of digits"):
        fill_from_user(10**5000, parse_v3(name))


@pytest.mark.parametrize("name", EVERY)
def test_zero_fills_every_type(name):
    data_type = parse_v3(name)
    assert fill_from_user(0, data_type) == bytes(data_type.itemsize)
