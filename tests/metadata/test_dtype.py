"""Data types: every spelling finds the one instance, and anything else is named in an error."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from zarr_c.errors import DataTypeValidationError
from zarr_c.metadata.dtype import SLOT, from_numpy, parse_v2, parse_v3

NUMBERS = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)


# format.md 1.2 data_type
# format.md 2.1 core 1.5 bool integers floats complex
@pytest.mark.parametrize("name", NUMBERS)
def test_every_spelling_of_a_type_is_one_instance(name):
    found = parse_v3(name)
    assert found.name == found.to_v3() == str(found) == name
    assert found.dtype == np.dtype(name)
    assert found.dtype.isnative
    assert found.itemsize == np.dtype(name).itemsize
    assert parse_v3({"name": name}) is parse_v3({"name": name, "configuration": {}}) is found
    assert parse_v2(np.dtype(name).str) is found
    assert found.v2_name == np.dtype(name).str
    assert from_numpy(name, 3) is from_numpy(np.dtype(name), 2) is from_numpy(found, 2) is found
    assert pickle.loads(pickle.dumps(found)) is copy.deepcopy(found) is found
    assert not found.variable


# format.md 3 <i2
@pytest.mark.parametrize("name", NUMBERS)
def test_v2_keeps_byte_order_and_v3_does_not(name):
    swapped = np.dtype(name).newbyteorder("S")
    assert from_numpy(swapped, 3) is parse_v3(name)
    found = from_numpy(swapped, 2)
    assert found.dtype == swapped
    assert found is parse_v2(swapped.str) is from_numpy(found, 2)
    assert from_numpy(found, 3) is parse_v3(name)
    assert pickle.loads(pickle.dumps(found)) is found
    assert found.name == name


@pytest.mark.parametrize(
    ("name", "word", "words"),
    [
        ("bool", 1, ()), ("uint8", 1, ()), ("r32", 1, ()), ("int16", 2, ((0, 2, 1),)),
        ("float64", 8, ((0, 8, 1),)), ("complex64", 4, ((0, 4, 2),)),
        ("complex128", 8, ((0, 8, 2),)), ("string", 1, ()), ("bytes", 1, ()),
    ],
)  # fmt: skip
def test_words_are_what_byte_order_swaps(name, word, words):
    assert parse_v3(name).word == word
    assert parse_v3(name).words == words


# format.md 3 |b1
# format.md 3 >u1
@pytest.mark.parametrize("order", "<>|")
@pytest.mark.parametrize(("code", "name"), [("b1", "bool"), ("i1", "int8"), ("u1", "uint8")])
def test_one_byte_types_ignore_byte_order(order, code, name):
    assert parse_v2(f"{order}{code}") is parse_v3(name)
    assert parse_v2(f"{order}{code}").v2_name == f"|{code}"


# format.md 2.1 complex_float32
# format.md 2.1 complex_float64
@pytest.mark.parametrize("bits", [64, 128])
def test_complex_numbers_have_an_alias(bits):
    alias = f"complex_float{bits // 2}"
    assert parse_v3(alias) is parse_v3({"name": alias}) is parse_v3(f"complex{bits}")
    assert parse_v3(alias).to_v3() == f"complex{bits}"


def test_c_types_that_share_a_size_are_the_same():
    assert from_numpy("longlong", 3) is from_numpy("l", 3) is parse_v3("int64")


# format.md 1.5 r* 2.1 r*
# format.md 3 |V8
def test_raw_types():
    found = parse_v3("r24")
    assert found is parse_v2("|V3") is from_numpy("V3", 3) is from_numpy("r24", 3)
    assert (found.dtype, found.name, found.v2_name) == (np.dtype("V3"), "r24", "|V3")
    assert pickle.loads(pickle.dumps(found)) is found


# format.md 5.9
def test_raw_bytes_keeps_the_spelling_of_zarr_python():
    spec = {"name": "raw_bytes", "configuration": {"length_bytes": 3}}
    found = parse_v3(spec)
    assert found is parse_v3(copy.deepcopy(spec)) is from_numpy(spec, 3)
    assert found.dtype == np.dtype("V3")
    assert found.to_v3() == spec
    assert found.fill_to_json(b"\0\1\2", 3) == "AAEC"
    for value in ("AAEC", [0, 1, 2]):
        for same in (found, parse_v3("r24")):
            assert same.fill_from_json(value, 3) == b"\0\1\2"
    assert parse_v3("r24").fill_to_json(b"\0\1\2", 3) == [0, 1, 2]
    assert pickle.loads(pickle.dumps(found)) is found
    assert from_numpy(spec, 2) is parse_v2("|V3")


@pytest.mark.parametrize(
    "spec",
    [
        "strings", "float33", "r7", "r0", "r08", "r", "r-8", "r٨", "r" + "8" * 50,
        "", "Int32", "<i4", "complex_float33", "complex_float8_e4m3fn", "int3", "float8",
        {"name": "int32", "configuration": {"x": 1}},
        {"name": "string", "configuration": {"x": 1}},
        {"name": "int4", "configuration": {"x": 1}}, "struct", "numpy.datetime64",
        {"name": "raw_bytes"},
        {"name": "raw_bytes", "configuration": {"length_bytes": 0}},
        {"name": "raw_bytes", "configuration": {"length_bytes": True}},
        {"name": "raw_bytes", "configuration": {"length_bytes": 2, "x": 1}},
        {"name": "raw_bytes", "configuration": {"length_bytes": 2**31}},
        {"name": 3}, {"configuration": {}}, 3, None, [], ["int8"],
    ],
)  # fmt: skip
def test_unknown_v3_types_are_errors(spec):
    with pytest.raises(DataTypeValidationError, match="data_type"):
        parse_v3(spec)


# format.md 3 |i4
@pytest.mark.parametrize("spec", ["=i4", "|i4", "i4"])
def test_v2_asks_for_a_byte_order(spec):
    with pytest.raises(DataTypeValidationError, match="'<i4' or '>i4', found"):
        parse_v2(spec)


# format.md 3 <f16
@pytest.mark.parametrize("spec", ["<f16", ">f16", "<c32", "<f12", "<c24"])
def test_long_doubles_are_refused_with_the_reason(spec):
    with pytest.raises(DataTypeValidationError, match=f"{spec}.*another format on every"):
        parse_v2(spec)


@pytest.mark.parametrize(
    "spec",
    [
        *("|V0", "|V", "|V08", "|V99999999999", "<V8", "|S", "|S08", "|U3", "=U3", "|M8"),
        *("|S٣", "<U", "", "int32", "string", "uint5", 4, None),
    ],
)
def test_unknown_v2_types_are_errors_that_name_them(spec):
    with pytest.raises(DataTypeValidationError, match="dtype: ") as error:
        parse_v2(spec)
    assert repr(spec) in str(error.value)


@pytest.mark.parametrize("dtype", ["V", "longdouble", "clongdouble", "(2,)i4"])
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_numpy_types_without_a_zarr_type_are_errors(dtype, zarr_format):
    with pytest.raises(DataTypeValidationError, match=f"not supported in Zarr v{zarr_format}"):
        from_numpy(dtype, zarr_format)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_what_numpy_does_not_know_is_named(zarr_format):
    with pytest.raises(DataTypeValidationError, match="'nonsense'"):
        from_numpy("nonsense", zarr_format)


def test_only_types_of_any_length_have_a_slot():
    assert parse_v3("string").itemsize == parse_v3("bytes").itemsize == SLOT == 16
    assert parse_v3("r128").itemsize == 16
    assert not parse_v3("r128").variable


# format.md F8
def test_a_bool_that_is_neither_0_nor_1_is_put_right():
    data_type = parse_v3("bool")
    array = np.array([[0, 1, 2], [255, 0, 4]], "u1").view("?")[:, ::2]
    assert data_type.needs_normalizing
    data_type.normalize(array)
    assert array.copy().view("u1").tolist() == [[0, 1], [1, 1]]
    assert not parse_v3("uint8").needs_normalizing
