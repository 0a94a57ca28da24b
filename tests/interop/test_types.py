"""Real data of every type that has a fixed size: back from a store as NumPy has it, to the bit,
and read by whoever else knows the type."""

from __future__ import annotations

import json

import ml_dtypes
import numpy as np
import pytest
import tensorstore
import zarr

import zarr_c
from zarr_c.metadata.dtype import from_numpy

pytestmark = pytest.mark.filterwarnings("ignore")

SHAPE, CHUNKS = (11, 7), (4, 3)
TIMES = ["M8[ns]", "M8[10us]", "m8[s]", "M8[D]", "m8"]
STRINGS = ["S1", "S7", "U1", "U5"]
RAW = ["V1", "V3"]
RECORDS = {
    "flat": [("a", "i4"), ("b", "f8"), ("c", "?")],
    "bytes": [("a", "u1"), ("b", "S3"), ("c", "V2")],
    "nested": [("a", "i2"), ("b", [("c", "M8[s]"), ("d", "U2"), ("e", "c8")])],
}
SMALL = [
    *("bfloat16", "float8_e3m4", "float8_e4m3", "float8_e4m3fn", "float8_e4m3b11fnuz"),
    *("float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "float6_e2m3fn"),
    *("float6_e3m2fn", "float4_e2m1fn", "int2", "int4", "uint2", "uint4"),
    *("complex32", "bcomplex32"),
]
BITS = {"float6": 6, "float4": 4, "int2": 2, "int4": 4, "uint2": 2, "uint4": 4}
OF_ZARR_PYTHON = tuple(map(int, zarr.__version__.split(".")[:2]))
OF_TENSORSTORE = {name for name in SMALL if name[:6] in ("bfloat", "float8")} - {"float8_e4m3"}
OF_TENSORSTORE |= {"int2", "int4"}


def elements(dtype):
    """Any bits that the type has; the first columns are zeros, for chunks of only fill."""
    dtype = np.dtype(dtype)
    array = np.zeros(SHAPE, dtype)
    for name in dtype.names or ():
        array[name] = elements(dtype[name])
    if dtype.names is None:
        base = dtype.base
        data = np.random.default_rng(3).integers(0, 256, array.nbytes, "u1")
        width = next((n for name, n in BITS.items() if base.name.startswith(name)), 8)
        data &= 1 if base.kind == "b" else (1 << width) - 1
        if base.kind == "U":
            text = np.array([chr(65 + n % 26) * (n % 6) for n in range(array.size)])
            data = text.astype(base).view("u1")
        array = data.view(base).reshape(SHAPE + dtype.shape)
    array[:, :3] = np.zeros((), dtype)
    return array


def round_trip(path, data, zarr_format, **options):
    options = {"chunks": CHUNKS, "zarr_format": zarr_format, "fill_value": 0} | options
    z = zarr_c.create_array(path, data=data, **options)
    found = zarr_c.open_array(path, mode="r")
    assert found.dtype == from_numpy(data.dtype, zarr_format).dtype
    same(found[...], data)
    same(found[2:9, ::-2], data[2:9, ::-2])
    assert found.metadata == z.metadata
    assert 0 < found.nchunks_initialized < found.nchunks or data.dtype.kind in "Mm"
    return found


def same(found, expected):
    """The same values; the byte order may be another, as v3 gives the native one."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    assert found.astype(expected.dtype, copy=False).tobytes() == expected.tobytes()


def by_tensorstore(path, zarr_format, **spec):
    driver = "zarr" if zarr_format == 2 else "zarr3"
    spec |= {"driver": driver, "kvstore": {"driver": "file", "path": str(path)}}
    return tensorstore.open(spec, open=True).result().read().result()


# format.md 2.1 numpy.datetime64
# format.md 2.1 fixed_length_utf32
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("dtype", [*TIMES, *STRINGS])
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_times_and_strings(tmp_path, zarr_format, dtype, order):
    if dtype == "m8":  # NumPy has it in native byte order only
        order = "="
    data = elements(np.dtype(dtype).newbyteorder(order))
    fill = "" if data.dtype.kind in "SU" else 0
    round_trip(tmp_path, data, zarr_format, fill_value=fill)
    same(zarr.open_array(tmp_path, mode="r")[...], data)


# format.md 3 |S12
@pytest.mark.parametrize("fill", [b"", b"ab", b"abc"])
def test_fills_of_bytes_are_read_by_all(tmp_path, fill):
    zarr_c.create_array(tmp_path, shape=2, dtype="S3", fill_value=fill, zarr_format=2)
    assert zarr.open_array(tmp_path, mode="r")[...].tolist() == [fill] * 2
    assert by_tensorstore(tmp_path, 2).shape == (2, 3)  # its characters NumPy cannot see


# format.md 3 |V8
@pytest.mark.parametrize("dtype", RAW)
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_raw_bytes(tmp_path, zarr_format, dtype):
    data = elements(dtype)
    round_trip(tmp_path / "ours", data, zarr_format)
    if zarr_format == 2:
        same(zarr.open_array(tmp_path / "ours", mode="r")[...], data)
    zarr.create_array(tmp_path / "theirs", data=data, chunks=CHUNKS, zarr_format=zarr_format)
    theirs = zarr_c.open_array(tmp_path / "theirs", mode="r")
    same(theirs[...], data)
    if zarr_format == 3:
        spec = {"name": "raw_bytes", "configuration": {"length_bytes": data.dtype.itemsize}}
        z = zarr_c.create_array(tmp_path / "spelled", shape=SHAPE, chunks=CHUNKS, dtype=spec)
        z[...] = data
        same(zarr.open_array(tmp_path / "spelled", mode="r")[...], data)


# format.md 2.1 struct
# format.md 3 records
@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_records(tmp_path, zarr_format, name):
    data = elements(RECORDS[name])
    round_trip(tmp_path, data, zarr_format)
    raw = zarr_format == 3 and name == "bytes"  # r16, which zarr-python calls raw_bytes
    if not raw and (OF_ZARR_PYTHON >= (3, 3) or (zarr_format == 2 and name != "nested")):
        same(zarr.open_array(tmp_path, mode="r")[...], data)
    if name == "flat":
        for field in data.dtype.names:
            same(by_tensorstore(tmp_path, zarr_format, field=field), data[field])


# format.md 5.12
def test_subarrays_and_byte_orders_of_v2(tmp_path):
    data = elements([("x", "<f4"), ("y", ">i2", (2, 2)), ("z", ">u8")])
    round_trip(tmp_path, data, 2)
    for field in data.dtype.names:
        same(by_tensorstore(tmp_path, 2, field=field), data[field])


def test_padded_records_of_v2(tmp_path):
    """What Zarr-Python 2 wrote for an aligned type, made by hand."""
    dtype = np.dtype([("a", "u1"), ("b", "<f4")], align=True)
    data = np.zeros(4, dtype)
    data["a"], data["b"] = [1, 2, 3, 4], [0.5, 1.5, 2.5, 3.5]
    spec = [["a", "|u1"], ["", "|V3"], ["b", "<f4"]]
    document = {"shape": [4], "chunks": [4], "dtype": spec, "fill_value": 0, "order": "C"}
    document |= {"filters": None, "compressor": None, "zarr_format": 2}
    (tmp_path / ".zarray").write_text(json.dumps(document))
    (tmp_path / "0").write_bytes(data.tobytes())
    z = zarr_c.open_array(tmp_path)
    assert z.dtype == dtype
    assert z[...].tolist() == data.tolist()
    z[1] = (9, 9.5)
    assert z[...].tolist() == [(1, 0.5), (9, 9.5), (3, 2.5), (4, 3.5)]


# format.md 2.1 bfloat16
# format.md 2.1 int4
@pytest.mark.parametrize("name", SMALL)
def test_small_numbers(tmp_path, name):
    data = elements(getattr(ml_dtypes, name))
    fill = np.zeros((), data.dtype)
    round_trip(tmp_path / "3", data, 3, fill_value=fill)
    if name in OF_TENSORSTORE:
        round_trip(tmp_path / "2", data, 2, fill_value=fill)
        for zarr_format in (2, 3):
            found = by_tensorstore(tmp_path / str(zarr_format), zarr_format)
            # tensorstore takes the fill value of e8m0fnu for another number
            part = np.s_[:, 3:] if name == "float8_e8m0fnu" else np.s_[...]
            same(found[part], data[part])


@pytest.mark.parametrize("name", ["bfloat16", "complex32", "bcomplex32"])
def test_small_numbers_in_big_endian(tmp_path, name):
    data = elements(getattr(ml_dtypes, name))
    codec = {"name": "bytes", "configuration": {"endian": "big"}}
    found = round_trip(tmp_path, data, 3, serializer=codec, compressors=None)
    assert found.store["c/0/1"][:2] == data[0, 3].tobytes()[1::-1]
    if name == "bfloat16":
        same(by_tensorstore(tmp_path, 3), data)


def test_like_arguments_keep_the_type(tmp_path):
    spec = {"name": "raw_bytes", "configuration": {"length_bytes": 3}}
    source = zarr_c.create_array(tmp_path / "a", shape=3, dtype=spec, fill_value=b"abc")
    like = zarr_c.empty_like(source, store=tmp_path / "b")
    assert like.metadata.data_type is source.metadata.data_type
    assert like.fill_value == source.fill_value
    other = zarr_c.empty_like(source, store=tmp_path / "c", zarr_format=2)
    assert other.metadata.data_type.v2_name == "|V3"


@pytest.mark.parametrize("dtype", ["M8[s]", "m8[ns]"])
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_the_default_fill_of_times_is_nat_as_in_zarr_python(dtype, zarr_format):
    ours = zarr_c.create_array({}, shape=1, dtype=dtype, zarr_format=zarr_format)
    assert np.isnat(ours.fill_value)
    assert np.isnat(ours[0])
