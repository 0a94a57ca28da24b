"""Data types: every spelling finds the one instance, and anything else is named in an error."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from zarr_c.errors import DataTypeValidationError
from zarr_c.metadata.dtype import from_numpy, parse_v2, parse_v3

NUMBERS = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)


@pytest.mark.parametrize("name", NUMBERS)
def test_every_spelling_of_a_type_is_one_instance(name):
    found = parse_v3(name)
    assert found.name == found.to_v3() == name
    assert found.dtype == np.dtype(name)
    assert found.dtype.isnative
    assert found.itemsize == np.dtype(name).itemsize
    assert parse_v3({"name": name}) is parse_v3({"name": name, "configuration": {}}) is found
    assert parse_v2(np.dtype(name).str) is found
    assert found.v2_name == np.dtype(name).str
    assert from_numpy(name, 3) is from_numpy(np.dtype(name), 2) is found
    assert pickle.loads(pickle.dumps(found)) is copy.deepcopy(found) is found


@pytest.mark.parametrize("name", NUMBERS)
def test_v2_keeps_byte_order_and_v3_does_not(name):
    swapped = np.dtype(name).newbyteorder("S")
    assert from_numpy(swapped, 3) is parse_v3(name)
    found = from_numpy(swapped, 2)
    assert found.dtype == swapped
    assert found is parse_v2(swapped.str)
    assert pickle.loads(pickle.dumps(found)) is found
    assert found.name == name


@pytest.mark.parametrize(
    ("name", "word"),
    [("bool", 1), ("uint8", 1), ("int16", 2), ("float64", 8), ("complex64", 4), ("r32", 1)],
)
def test_word_is_what_byte_order_swaps(name, word):
    assert parse_v3(name).word == word


@pytest.mark.parametrize("string", ["<u1", ">u1", "|u1"])
def test_one_byte_types_ignore_byte_order(string):
    assert parse_v2(string) is parse_v3("uint8")
    assert parse_v2(string).v2_name == "|u1"


def test_c_types_that_share_a_size_are_the_same():
    assert from_numpy("longlong", 3) is from_numpy("l", 3) is parse_v3("int64")


def test_raw_types():
    found = parse_v3("r24")
    assert found is parse_v2("|V3") is from_numpy("V3", 3) is from_numpy("r24", 3)
    assert (found.dtype, found.name, found.v2_name) == (np.dtype("V3"), "r24", "|V3")
    assert pickle.loads(pickle.dumps(found)) is found


def test_raw_bytes_keeps_the_spelling_of_zarr_python():
    spec = {"name": "raw_bytes", "configuration": {"length_bytes": 3}}
    found = parse_v3(spec)
    assert found is parse_v3(copy.deepcopy(spec))
    assert found.dtype == np.dtype("V3")
    assert found.to_v3() == spec
    assert found.fill_to_json(b"\0\1\2", 3) == "AAEC"
    assert pickle.loads(pickle.dumps(found)) is found


@pytest.mark.parametrize(
    "spec",
    [
        "strings", "float33", "r7", "r0", "r08", "r", "r-8", "r٨", "r" + "8" * 50,
        "", "Int32", "<i4",
        {"name": "int32", "configuration": {"x": 1}},
        {"name": "string", "configuration": {"x": 1}}, "struct", "numpy.datetime64",
        {"name": "raw_bytes"},
        {"name": "raw_bytes", "configuration": {"length_bytes": 0}},
        {"name": "raw_bytes", "configuration": {"length_bytes": True}},
        {"name": "raw_bytes", "configuration": {"length_bytes": 2, "x": 1}},
        {"name": 3}, {"configuration": {}}, 3, None, [], ["int8"],
    ],
)  # fmt: skip
def test_unknown_v3_types_are_errors(spec):
    with pytest.raises(DataTypeValidationError, match="data_type"):
        parse_v3(spec)


@pytest.mark.parametrize("spec", ["=i4", "|i4", "i4"])
def test_v2_asks_for_a_byte_order(spec):
    with pytest.raises(DataTypeValidationError, match="'<i4' or '>i4', found"):
        parse_v2(spec)


@pytest.mark.parametrize(
    "spec",
    [
        *(
            "<f16",
            "|V0",
            "|V",
            "|V08",
            "|V99999999999",
            "<V8",
            "|S",
            "|S08",
            "|U3",
            "=U3",
            "|M8",
        ),
        *("", "int32", 4, None),
    ],
)
def test_unknown_v2_types_are_errors_that_name_them(spec):
    with pytest.raises(DataTypeValidationError, match="dtype: ") as error:
        parse_v2(spec)
    assert repr(spec) in str(error.value)


@pytest.mark.parametrize(
    "dtype",
    ["V", "longdouble", "clongdouble", "(2,)i4"],
)
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_numpy_types_without_a_zarr_type_are_errors(dtype, zarr_format):
    with pytest.raises(DataTypeValidationError, match=f"not supported in Zarr v{zarr_format}"):
        from_numpy(dtype, zarr_format)


def test_what_numpy_does_not_know_is_named():
    with pytest.raises(DataTypeValidationError, match="'nonsense'"):
        from_numpy("nonsense", 2)
    with pytest.raises(DataTypeValidationError, match="'nonsense'"):
        from_numpy("nonsense", 3)
