"""Documents: what is read although it is not quite JSON, and that only JSON is written."""

from __future__ import annotations

import json
import math
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zarr_c.errors import MetadataValidationError
from zarr_c.metadata.document import dumps, loads

KEY = "a/zarr.json"

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


# format.md 2.3 attributes
@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_what_is_written_is_read_back(document):
    assert loads(dumps(document), KEY) == document
    assert json.loads(dumps(document).decode("ascii")) == document


# format.md E9
def test_reads_byte_order_mark_and_literals_and_last_duplicate():
    found = loads(b'\xef\xbb\xbf{"a": 1, "n": NaN, "i": [Infinity, -Infinity], "a": 2}\n', KEY)
    assert found["a"] == 2
    assert math.isnan(found["n"])
    assert found["i"] == [math.inf, -math.inf]


def test_negative_zero_keeps_its_sign_and_other_integers_stay_integers():
    found = loads(b'{"fill_value": -0, "other": [0, -1, 12345678901234567890123]}', KEY)
    assert isinstance(found["fill_value"], float)
    assert math.copysign(1, found["fill_value"]) == -1
    assert found["other"] == [0, -1, 12345678901234567890123]
    assert all(type(v) is int for v in found["other"])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "line 1 column 1"),
        (b'{"a": 1,\n "b": }', "line 2 column 7"),
        (b'{"a": 1} x', "column 10"),
        (b'{"a": "\xff"}', "UTF-8, found at byte 7"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (b"[1]", "object, found [1]"),
        (b"null", "object, found None"),
        (b'{"a":' * 200_000, "too deep"),
        (b"[" * 200_000, "too deep"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "4300"),
    ],
)
def test_what_cannot_be_read_names_the_key_and_the_place(data, said):
    with pytest.raises(MetadataValidationError) as error:
        loads(data, KEY)
    assert str(error.value).startswith(f"{KEY}: expected ")
    assert said in str(error.value)


def test_integers_of_400_digits_are_exact():
    assert loads(b'{"a": ' + b"9" * 400 + b"}", KEY) == {"a": 10**400 - 1}


def test_numpy_values_are_written_as_numbers_and_lists():
    document = {
        "f": np.float32(0.5),
        "d": np.float64(2.5),
        "i": np.uint64(2**64 - 1),
        "b": np.True_,
        "s": np.str_("x"),
        "a": np.arange(6).reshape(2, 3),
        "m": MappingProxyType({"x": (1, 2)}),
    }
    assert loads(dumps(document), KEY) == {
        "f": 0.5,
        "d": 2.5,
        "i": 2**64 - 1,
        "b": True,
        "s": "x",
        "a": [[0, 1, 2], [3, 4, 5]],
        "m": {"x": [1, 2]},
    }


circular: list[object] = []
circular.append(circular)


# format.md E9
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"x": [1, math.nan]}, "attributes['x'][1]: expected a finite number, found nan"),
        ({"x": {"y": -math.inf}}, "attributes['x']['y']: expected a finite number, found -inf"),
        ({"x": np.array([1.0, np.nan])}, "attributes['x'][1]: expected a finite number"),
        ({"x": np.float32("nan")}, "attributes['x']: expected a finite number"),
        ({"x": b"raw"}, "attributes['x']: expected a JSON value, found bytes b'raw'"),
        ({"x": 1j}, "attributes['x']: expected a JSON value, found complex"),
        ({"x": {1, 2}}, "attributes['x']: expected a JSON value, found set"),
        ({"x": np.datetime64("2020-01-01")}, "attributes['x']: expected a JSON value"),
        ({"x": np.array(["2020"], "M8[D]")}, "attributes['x'][0]: expected a JSON value"),
        ({"x": {(1, 2): 3}}, "attributes['x']: expected strings as names, found (1, 2)"),
        ({"x": circular}, "too deeply"),
    ],
)
def test_what_is_not_json_is_named_by_its_path(value, said):
    with pytest.raises(MetadataValidationError) as error:
        dumps({"zarr_format": 3, "attributes": value})
    assert said in str(error.value)


# format.md E9
def test_nan_literals_are_written_only_on_request():
    assert b"NaN" in dumps({"a": math.nan}, allow_nan=True)


def test_layout_is_that_of_zarr_python():
    assert dumps({"a": [1], "b": {}}) == b'{\n  "a": [\n    1\n  ],\n  "b": {}\n}'
