"""Times: counts of a unit, and the one that is no time."""

from __future__ import annotations

import copy
import datetime
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zarr_c.errors import DataTypeValidationError, MetadataValidationError
from zarr_c.metadata import document
from zarr_c.metadata.dtype import from_numpy, parse_v2, parse_v3
from zarr_c.metadata.fill_value import fill_from_user

# Scalars without a unit, which newer NumPy does not want to make.
NAT = np.array(-(2**63)).view("M8")[()]
THREE = np.array(3).view("m8")[()]

UNITS = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"]
NAT = -(2**63)
NAMES = {"M": "numpy.datetime64", "m": "numpy.timedelta64"}


def spec(kind, unit, scale):
    return {"name": NAMES[kind], "configuration": {"unit": unit, "scale_factor": scale}}


# format.md 2.1 numpy.datetime64
# format.md 3 <M8[ns]
@pytest.mark.parametrize("scale", [1, 10, 2**31 - 1])
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("kind", "Mm")
def test_every_unit(kind, unit, scale):
    found = parse_v3(spec(kind, unit, scale))
    assert found.dtype == np.dtype(f"{kind}8[{scale}{unit}]")
    assert found.to_v3() == spec(kind, unit, scale)
    assert found.words == ((0, 8, 1),)
    assert found is parse_v2(found.dtype.str) is from_numpy(found.dtype, 2)
    assert found is from_numpy(found.dtype.newbyteorder(), 3)
    swapped = parse_v2(f">{kind}8[{scale}{unit}]")
    assert swapped.dtype == found.dtype.newbyteorder()
    assert swapped.v2_name == f">{found.v2_name[1:]}"
    for one in (found, swapped):
        assert pickle.loads(pickle.dumps(one)) is copy.deepcopy(one) is one


@pytest.mark.parametrize("kind", "Mm")
def test_generic_and_micro(kind):
    generic = parse_v3(spec(kind, "generic", 1))
    assert generic is parse_v2(f"<{kind}8") is from_numpy(f"{kind}8", 3)
    assert generic.to_v3() == spec(kind, "generic", 1)
    micro = parse_v3(spec(kind, "us", 5))
    for spelled in ("\u00b5s", "\u03bcs"):
        assert parse_v3(spec(kind, spelled, 5)) is parse_v2(f"<{kind}8[5{spelled}]") is micro


@pytest.mark.parametrize(
    "configuration",
    [
        {}, {"unit": "s"}, {"scale_factor": 1}, {"unit": "s", "scale_factor": 1, "x": 1},
        {"unit": "second", "scale_factor": 1}, {"unit": None, "scale_factor": 1},
        {"unit": "s", "scale_factor": 0}, {"unit": "s", "scale_factor": 2**31},
        {"unit": "s", "scale_factor": 1.0}, {"unit": "s", "scale_factor": True},
        {"unit": "generic", "scale_factor": 2}, {"unit": ["s"], "scale_factor": 1},
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", "Mm")
def test_other_configurations_are_refused(kind, configuration):
    with pytest.raises(DataTypeValidationError, match="data_type: expected"):
        parse_v3({"name": NAMES[kind], "configuration": configuration})


@pytest.mark.parametrize(
    "string",
    ["|M8[s]", "=M8[s]", "M8[s]", "<M4[s]", "<M8[]", "<M8[0s]", "<M8[-1s]", "<M8[x]", "<M8[s"],
)
def test_other_strings_are_refused(string):
    with pytest.raises(DataTypeValidationError, match=r"dtype: .*(found|not supported)"):
        parse_v2(string)


@pytest.mark.parametrize("kind", "Mm")
def test_numpy_has_no_generic_times_in_big_endian(kind):
    dtype = np.dtype(f">{kind}8")
    assert np.zeros(1, dtype).dtype.isnative  # else we could read them
    for find in (lambda: parse_v2(dtype.str), lambda: from_numpy(dtype, 2)):
        with pytest.raises(DataTypeValidationError, match="native byte order only"):
            find()


def test_a_scale_of_0_is_refused():
    with pytest.raises(DataTypeValidationError, match="not supported"):
        from_numpy("M8[0s]", 2)


# format.md 5.14
@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("string", ["<M8[ns]", ">m8[10us]", "<M8"])
def test_nat_is_read_in_both_spellings_and_written_as_an_integer(string, zarr_format):
    found = parse_v2(string)
    raw = found.fill_from_json("NaT", zarr_format)
    assert raw == found.fill_from_json(NAT, zarr_format) == found.zero()
    assert found.fill_to_json(raw, zarr_format) == NAT
    assert np.isnat(found.scalar(raw))


@pytest.mark.parametrize("value", ["nat", "2020", 1.5, None, True, 2**63, [1]])
def test_what_must_not_be_a_fill(value):
    with pytest.raises(MetadataValidationError, match=r"fill_value: expected .* found"):
        parse_v2("<M8[s]").fill_from_json(value, 3)


@given(st.integers(NAT, 2**63 - 1), st.sampled_from([2, 3]), st.sampled_from("<>"))
def test_any_count_survives_a_document(count, zarr_format, order):
    found = parse_v2(f"{order}m8[7ps]")
    raw = count.to_bytes(8, "little" if order == "<" else "big", signed=True)
    text = document.dumps({"fill_value": found.fill_to_json(raw, zarr_format)})
    value = document.loads(text, "k")["fill_value"]
    assert value == count
    assert found.fill_from_json(value, zarr_format) == raw
    assert np.array(found.scalar(raw), found.dtype).tobytes() == raw


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("M8[s]", 5), ("M8[s]", "NaT"), ("M8[s]", NAT), ("m8[s]", "NaT"),
        ("M8[s]", "2020-01-02T03:04"), ("M8[s]", datetime.date(2020, 1, 2)),
        ("M8[ms]", datetime.datetime(2020, 1, 2, 3, 4, 5, 6000)),
        ("M8[s]", np.datetime64("2020-01-02", "D")), ("m8[s]", np.timedelta64(3, "h")),
        ("m8[s]", datetime.timedelta(days=1)), (">m8[10us]", np.timedelta64(20, "us")),
        ("m8[s]", THREE), ("M8[s]", np.int16(4)),
    ],
)  # fmt: skip
def test_what_users_may_pass(dtype, value):
    found = from_numpy(dtype, 2)
    assert fill_from_user(value, found) == np.array(value, found.dtype).tobytes()


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("M8[s]", np.datetime64(1500, "ms")), ("m8[10us]", np.timedelta64(25, "us")),
        ("M8[ns]", np.datetime64(2**62, "s")), ("M8[s]", np.timedelta64(1, "s")),
        ("m8[s]", np.datetime64(1, "s")), ("M8[s]", "yesterday"), ("M8[s]", 1.5),
        ("M8", np.datetime64(1, "s")), ("M8[s]", None), ("m8[s]", datetime.date(2020, 1, 1)),
        ("M8[s]", 2**63),
    ],
)  # fmt: skip
def test_what_users_may_not_pass(dtype, value):
    with pytest.raises(MetadataValidationError, match=r"fill_value: expected .* found"):
        fill_from_user(value, from_numpy(dtype, 3))
