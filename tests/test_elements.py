"""What users assign becomes elements, or an error says what would have been lost."""

from __future__ import annotations

import datetime

import ml_dtypes
import numpy as np
import pytest

from zarr_c.elements import as_elements
from zarr_c.metadata.dtype import from_numpy, parse_v2, parse_v3

# Scalars without a unit, which newer NumPy does not want to make.
NAT = np.array(-(2**63)).view("M8")[()]
THREE = np.array(3).view("m8")[()]

STRING = np.dtypes.StringDType()


def check(value, data_type, expected):
    """The cast gives these elements; what NumPy takes for equal may differ in its bytes."""
    found = as_elements(value, data_type)
    assert found.dtype == data_type.dtype
    assert found.shape == np.shape(expected)
    if found.dtype.hasobject or found.dtype.kind == "T":
        assert found.tolist() == np.asarray(expected, object).tolist()
    else:
        assert found.tobytes() == np.asarray(expected, data_type.dtype).tobytes()


def refuse(value, data_type, message, error=TypeError):
    with pytest.raises(error, match=f"value.*: expected .*{message}"):
        as_elements(value, data_type)


# ---- numbers


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("u1", 255), ("u1", [1.0, 2.0]), ("f4", 0.1), ("f4", np.int64(3)), ("i2", True),
        ("c8", [1, 2j]), (">i4", [1, 2]), ("?", [0, 1]), ("f2", np.float64(1e-9)),
    ],
)  # fmt: skip
def test_numbers(dtype, value):
    check(value, from_numpy(dtype, 2), value)


@pytest.mark.parametrize(
    ("dtype", "value", "error"),
    [
        ("u1", np.array([1, 256]), OverflowError), ("u1", 1.5, TypeError),
        ("i4", [np.nan], TypeError), ("f4", 1j, TypeError), ("?", 2, TypeError),
        ("i4", "1", TypeError), ("i4", None, TypeError),
        ("i8", np.datetime64(1, "s"), TypeError),
    ],
)  # fmt: skip
def test_numbers_that_do_not_fit(dtype, value, error):
    refuse(value, from_numpy(dtype, 3), "found", error)


@pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3fn", "float4_e2m1fn", "int4"])
def test_numbers_of_ml_dtypes_become_others(name):
    value = np.array([1, 2, -3]).astype(getattr(ml_dtypes, name))
    for dtype in ("i2", "f8", "c8", "f2"):
        check(value, from_numpy(dtype, 3), value.astype("f4"))
    halves = np.array([0.5]).astype(ml_dtypes.bfloat16)
    refuse(halves, from_numpy("i2", 3), "found 0.5")


# ---- numbers of few bits


@pytest.mark.parametrize("name", ["bfloat16", "float8_e5m2", "float8_e4m3fn", "float6_e2m3fn"])
def test_small_floats_are_rounded(name):
    data_type = parse_v3(name)
    values = np.array([0.1, -1.3, 2, -0.0, 3.14])
    expected = values.astype(data_type.dtype)
    for value in (values, values.astype("f4"), values.tolist(), expected):
        check(value, data_type, expected)
    check(np.array([1, 2], "u8"), data_type, np.array([1, 2]).astype(data_type.dtype))
    check(
        np.array([1, -2]).astype(ml_dtypes.int4), data_type, np.array([1, -2], data_type.dtype)
    )
    check(1 + 0j, data_type, np.array(1, data_type.dtype))
    refuse([1j], data_type, "found")
    refuse(["1"], data_type, "found")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("float8_e4m3fn", 1000), ("float8_e4m3fnuz", -1e9), ("float4_e2m1fn", 8),
        ("float4_e2m1fn", np.nan), ("float6_e3m2fn", -np.inf), ("float8_e8m0fnu", 0),
        ("float8_e8m0fnu", -1),
    ],
)  # fmt: skip
def test_small_floats_have_limits(name, value):
    refuse([1, value], parse_v3(name), f"{name} can hold, found")


def test_small_floats_with_infinity_have_it():
    check([np.inf, np.nan, 1e9], parse_v3("float8_e5m2"), [np.inf, np.nan, np.inf])


@pytest.mark.parametrize(("name", "low", "high"), [("int4", -8, 7), ("uint2", 0, 3)])
def test_small_integers_are_exact(name, low, high):
    data_type = parse_v3(name)
    values = np.arange(low, high + 1)
    for value in (values, values.tolist(), values.astype("f4"), values.astype("i1")):
        check(value, data_type, values.astype(data_type.dtype))
    for value in (low - 1, high + 1, np.array([high + 1], "u8"), np.int64(2**40)):
        refuse(value, data_type, f"{name} can hold", OverflowError)
    for value in (0.5, 1e300, np.nan, 1j, "1"):
        refuse(value, data_type, "found")


@pytest.mark.parametrize("name", ["complex_float16", "complex_bfloat16"])
def test_small_complex_numbers(name):
    data_type = parse_v3(name)
    for value in ([1 + 2j, 3], np.array([1, 2], "f4"), np.array([True, False])):
        check(value, data_type, np.asarray(value, "c16").astype(data_type.dtype))
    refuse("1", data_type, "found")


# ---- times


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("M8[s]", np.array(["2020-01-01", "NaT"], "M8[D]")), ("M8[s]", NAT),
        ("M8[D]", np.array(["2020-01-01"], "M8[ns]")), ("M8[s]", [datetime.date(2020, 1, 1)]),
        ("M8[us]", [datetime.datetime(2020, 1, 1, 1, 2, 3, 4), None]), ("M8[s]", "2020-01-02"),
        ("M8[s]", ["NaT", "2020-01-02T03:04:05"]), ("M8[s]", [1, 2]), ("m8[10us]", 5),
        ("m8[10us]", np.timedelta64(20, "us")), ("m8[s]", [datetime.timedelta(1)]),
        (">M8[s]", np.array(["2020-01-01"], "M8[m]")), ("m8", THREE),
        (">M8[s]", [1, 2]),
    ],
)  # fmt: skip
def test_times(dtype, value):
    data_type = from_numpy(dtype, 2)
    check(value, data_type, np.asarray(value, data_type.dtype))


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("M8[s]", np.datetime64(1500, "ms")), ("M8[ns]", np.array([2**62], "M8[s]")),
        ("m8[10us]", np.timedelta64(25, "us")), ("M8[s]", "tomorrow"), ("M8[s]", 1.5),
        ("M8[s]", np.timedelta64(1, "s")), ("m8[s]", np.datetime64(1, "s")), ("M8[s]", True),
        ("m8", np.timedelta64(1, "s")), ("M8[s]", [object()]), ("M8[s]", b"2020"),
    ],
)  # fmt: skip
def test_times_that_do_not_fit(dtype, value):
    refuse(value, from_numpy(dtype, 3), "found")


def test_times_of_a_generic_unit_in_the_other_byte_order():
    value = np.array([1, 2], ">i8").view(">m8")
    check(value, from_numpy("m8", 3), np.array([1, 2]).view("m8"))
    check(value, from_numpy("m8[s]", 3), np.array([1, 2], "m8[s]"))


# ---- strings and bytes of a fixed length


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("<U3", ["a", "abc"]), (">U3", np.array(["aé"], "<U9")),
        ("<U3", np.array(["é"], STRING)), ("<U3", np.array([], "U1")),
        ("<U3", np.array([["a"], ["bc"]], object)), ("<U3", [b"ab"]), ("<U3", "abc"),
        ("|S3", [b"a", b"abc"]), ("|S3", b"ab"), ("|S3", ["ab"]),
        ("|S3", np.array([b"a"], "S9")), ("|S3", np.array([b"a", "b"], object)),
        ("<U3", np.array([], object)),
    ],
)  # fmt: skip
def test_fixed_strings(dtype, value):
    data_type = parse_v2(dtype)
    values = np.asarray(value, object).tolist() if np.asarray(value).dtype == object else value
    check(value, data_type, np.array(values, dtype))


@pytest.mark.parametrize(
    ("dtype", "value", "message"),
    [
        ("<U2", ["a", "abc"], "length of at most 2 .*found 'abc'"),
        ("|S2", b"abc", "at most 2"),
        ("<U2", np.array(["abc"], STRING), "at most 2"), ("|S2", "é", "ASCII"),
        ("<U2", b"\xff", "ASCII"), ("<U2", 1, "found int"), ("|S2", [1.5], "found float"),
        ("<U2", np.array(["a", 1], object), "1 of int"), ("<U2", None, "None of NoneType"),
        ("<U9", np.array(["a", None], np.dtypes.StringDType(na_object=None)), "None of None"),
    ],
)  # fmt: skip
def test_fixed_strings_that_do_not_fit(dtype, value, message):
    refuse(value, parse_v2(dtype), message)


def test_raw_bytes():
    data_type = parse_v3("r24")
    check(b"abc", data_type, np.void(b"abc"))
    check(
        [b"abc", bytearray(b"\0\0\0"), np.void(b"xyz")],
        data_type,
        np.array([b"abc", b"", b"xyz"], "V3"),
    )
    check(np.array([b"a\0\0"], "S3"), data_type, np.array([b"a"], "V3"))
    check(np.array([[b"abc"]], "V3"), data_type, np.array([[b"abc"]], "V3"))
    for value in (b"ab", [b"abc", b"abcd"], np.array(1, "i4"), 0, "abc", np.array(b"ab", "V2")):
        refuse(value, data_type, "3 bytes.*found")
    refuse(np.zeros(1, ml_dtypes.bfloat16), parse_v3("r16"), "found bfloat16")


# ---- of any length


@pytest.mark.parametrize(
    "value",
    [
        "é", ["a", "", "b\0"], [["a"], ["b\0\0"]], ("a",), np.array(["a", "é"]), np.str_("a"),
        np.array(["a", "b\0"], object), np.array(["x"], STRING), [], [np.str_("a")],
        np.array(["a"], np.dtypes.StringDType(na_object=None)),
    ],
)  # fmt: skip
def test_strings(value):
    check(value, parse_v3("string"), np.asarray(value, object))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"a", "b'a' of bytes"), (["a", b"b"], r"b'b' of bytes"), (1, "found int"),
        ([1.5], "1.5 of float"), (np.array([b"a"]), r"found \|S1"), ([None], "None"),
        (np.array(["a", None], np.dtypes.StringDType(na_object=None)), "None of NoneType"),
        (["\ud800"], "Unicode"),
    ],
)  # fmt: skip
def test_what_is_no_string(value, message):
    refuse(value, parse_v3("string"), message)


def test_errors_name_the_index():
    with pytest.raises(TypeError, match=r"^value\[1, 0\]: expected .*found 3 of int"):
        as_elements([["a"], [3]], parse_v3("string"))


@pytest.mark.parametrize(
    "value",
    [
        b"ab\0", [b"a", bytearray(b"\0"), memoryview(b"xyz")], [[b""], [b"b"]],
        np.bytes_(b"ab"), np.array([b"a", b"bc"]), np.array([b"a", b"b\0"], object), [],
    ],
)  # fmt: skip
def test_bytes(value):
    found = as_elements(value, parse_v3("bytes"))
    assert found.dtype == object
    flat = found.ravel().tolist()
    assert all(type(item) is bytes for item in flat)
    items = np.array(value).ravel().tolist() if isinstance(value, np.ndarray) else value
    if isinstance(value, bytes):
        assert found.shape == ()
        assert flat == [bytes(value)]
    elif isinstance(value, np.ndarray):
        assert flat == items
    else:
        assert flat == [bytes(i[0]) if isinstance(i, list) else bytes(i) for i in items]


def test_bytes_leave_an_array_of_objects_as_it_was():
    value = np.empty(1, object)
    value[0] = bytearray(b"a")
    assert as_elements(value, parse_v3("bytes"))[0] == b"a"
    assert type(value[0]) is bytearray


@pytest.mark.parametrize("value", ["a", [b"a", "b"], 1, np.zeros(2, "u1"), [None], [[1, 2]]])
def test_what_are_no_bytes(value):
    refuse(value, parse_v3("bytes"), "found")


@pytest.mark.parametrize("value", [[[b"a"], [b"b", b"c"]], [[b"a"], b"b"], [b"a", [b"b"]]])
def test_lists_of_unequal_lengths(value):
    refuse(value, parse_v3("bytes"), "found unequal ones", ValueError)


def test_any_objects():
    data_type = parse_v2("|O", [{"id": "json2"}])
    for value in ({"a": 1}, "text", None, b"ab", bytearray(b"ab")):
        found = as_elements(value, data_type)
        assert (found.dtype, found.shape) == (np.dtype(object), ())
        assert found[()] is value
    check([1, "a", None], data_type, np.array([1, "a", None], object))
    check(np.array([1, 2]), data_type, np.array([1, 2], object))
    nested = np.empty(2, object)
    nested[:] = [[1], [2, 3]]
    assert as_elements(nested, data_type).tolist() == [[1], [2, 3]]


# ---- records

RECORD = np.dtype([("a", "<i4"), ("b", ">f8"), ("c", "u1", (2,)), ("d", [("e", "U2")])])


def test_records_are_matched_by_name():
    data_type = from_numpy(RECORD, 2)
    same = np.array([(1, 2.5, [3, 4], ("x",)), (5, 6, [7, 8], ("yz",))], RECORD)
    other = np.zeros(2, [("d", [("e", "U9")]), ("c", "i8", (2,)), ("b", "f4"), ("a", "f8")])
    for name in ("a", "b", "c"):
        other[name] = same[name]
    other["d"]["e"] = same["d"]["e"]
    for value in (same, other, same.tolist()):
        check(value, data_type, same)
    check(same[0], data_type, same[0])
    check(other[1], data_type, same[1])
    check((1, 2.5, [3, 4], ("x",)), data_type, same[0])
    check([(1, 2.5, 3, ("x",))], data_type, np.array([(1, 2.5, [3, 3], ("x",))], RECORD))
    check([[(1, 2.5, [3, 4], ("x",))]], data_type, same[:1].reshape(1, 1))


@pytest.mark.parametrize(
    ("value", "message", "error"),
    [
        ((1, 2, [3, 4]), "records of", TypeError), (0, "records of", TypeError),
        ([(1, 2, [3, 4], ("x",)), 7], "records of", TypeError),
        ((1, 2, [3, 4], ("xyz",)), "at most 2", TypeError),
        ((1, 2, [3, 400], ("x",)), "uint8 can hold|out of bounds", OverflowError),
        ((1.5, 2, [3, 4], ("x",)), "int32 can hold", TypeError),
        ((1, 2, [3, 4, 5], ("x",)), r"shape \(2,\), found \(3,\)", ValueError),
        (np.zeros(1, "i4,f8"), "records of .*'f0'", TypeError),
    ],
)  # fmt: skip
def test_records_that_do_not_fit(value, message, error):
    refuse(value, from_numpy(RECORD, 2), message, error)


def test_errors_name_the_field():
    with pytest.raises(TypeError, match=r"^value\['d'\]\['e'\]: expected .* found 'xyz'"):
        as_elements((1, 2, [3, 4], ("xyz",)), from_numpy(RECORD, 2))


def test_padding_is_zero_whatever_was_there():
    data_type = parse_v2([["a", "|u1"], ["", "|V3"], ["b", "<f4"]])
    value = np.frombuffer(b"\1\xff\xff\xff\0\0\x80\x3f", data_type.dtype)
    assert as_elements(value, data_type).tobytes() == b"\1\0\0\0\0\0\x80\x3f"
    assert as_elements([(1, 1)], data_type).tobytes() == b"\1\0\0\0\0\0\x80\x3f"
