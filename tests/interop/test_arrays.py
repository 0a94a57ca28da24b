"""The same arguments given to several libraries: what one writes, the others read to the bit.

Types and codecs are crossed in `test_matrix.py`, which starts from documents.
"""

import numcodecs
import numpy as np
import pytest
import tensorstore
import zarr

import zarr_c

pytestmark = pytest.mark.filterwarnings("ignore")

SHAPE, CHUNKS = (23, 17), (7, 5)
LITTLE, BIG = ({"name": "bytes", "configuration": {"endian": e}} for e in ("little", "big"))
TURNED = {"name": "transpose", "configuration": {"order": [1, 0]}}


def blosc(cname, shuffle):
    configuration = {"cname": cname, "shuffle": shuffle, "clevel": 5, "blocksize": 0}
    return {"name": "blosc", "configuration": configuration}


ZSTD = {"name": "zstd", "configuration": {"level": 3, "checksum": False}}
NOT_OF_TENSORSTORE = {"lz4"}
V3 = {
    "none": {"compressors": None},
    "big": {"compressors": None, "serializer": BIG},
    "transposed": {"filters": TURNED, "compressors": ZSTD},
    "gzip": {"compressors": {"name": "gzip", "configuration": {"level": 5}}},
    "zstd": {"compressors": ZSTD},
    "zstd-crc32c": {"compressors": [ZSTD, {"name": "crc32c"}]},
    "crc32c": {"compressors": {"name": "crc32c"}},
    "blosc-lz4": {"compressors": blosc("lz4", "shuffle")},
    "blosc-zstd": {"compressors": blosc("zstd", "bitshuffle")},
    "blosc-lz4hc": {"compressors": blosc("lz4hc", "noshuffle")},
    "v2-keys": {"chunk_key_encoding": {"name": "v2", "separator": "."}},
    "dots": {"chunk_key_encoding": {"name": "default", "separator": "."}},
}
V2 = {
    "none": {"compressors": None},
    "fortran": {"compressors": None, "order": "F"},
    "zlib": {"compressors": {"id": "zlib", "level": 1}},
    "gzip": {"compressors": {"id": "gzip", "level": 5}},
    "bz2": {"compressors": {"id": "bz2", "level": 1}},
    "zstd-fortran": {"compressors": {"id": "zstd", "level": 3}, "order": "F"},
    "lz4": {"compressors": {"id": "lz4", "acceleration": 1}},
    "blosc": {
        "compressors": {
            "id": "blosc",
            "cname": "lz4",
            "clevel": 5,
            "shuffle": 1,
            "blocksize": 0,
        }
    },
    "slashes": {"chunk_key_encoding": {"name": "v2", "separator": "/"}},
}
CASES = [(3, name) for name in V3] + [(2, name) for name in V2]


def elements(dtype):
    """Any bits; the first columns are zeros, so that some chunks hold nothing but fill."""
    dtype = np.dtype(dtype)
    data = np.random.default_rng(1).integers(0, 256, 23 * 17 * dtype.itemsize, "u1")
    data = data % 2 == 1 if dtype.kind == "b" else data.view(dtype)
    data = data.reshape(SHAPE).copy()
    data[:, :6] = 0
    return data


def arguments(zarr_format, name):
    options = (V3 if zarr_format == 3 else V2)[name]
    return {
        "shape": SHAPE,
        "chunks": CHUNKS,
        "dtype": "float32",
        "zarr_format": zarr_format,
        "fill_value": 0,
        "attributes": {"unit": "m", "list": [1, {"a": None}]},
    } | options


def by_tensorstore(path, zarr_format):
    spec = {
        "driver": "zarr" if zarr_format == 2 else "zarr3",
        "kvstore": {"driver": "file", "path": str(path)},
    }
    return tensorstore.open(spec, open=True).result()


def assert_same(found, expected):
    found = np.asarray(found)
    assert found.dtype.newbyteorder("=") == expected.dtype.newbyteorder("=")
    assert found.astype(expected.dtype, copy=False).tobytes() == expected.tobytes()


@pytest.mark.parametrize(("zarr_format", "name"), CASES)
def test_ours_is_read_by_zarr_python_and_tensorstore(tmp_path, zarr_format, name):
    data = elements("float32")
    ours = zarr_c.create_array(tmp_path, **arguments(zarr_format, name))
    ours[...] = data
    theirs = zarr.open_array(tmp_path, mode="r")
    assert_same(theirs[...], data)
    assert dict(theirs.attrs) == {"unit": "m", "list": [1, {"a": None}]}
    if name not in NOT_OF_TENSORSTORE:
        assert_same(by_tensorstore(tmp_path, zarr_format).read().result(), data)


@pytest.mark.parametrize(("zarr_format", "name"), CASES)
def test_that_of_zarr_python_is_read_by_us(tmp_path, zarr_format, name):
    data = elements("float32")
    options = arguments(zarr_format, name)
    if zarr_format == 2 and options.get("compressors"):
        options["compressors"] = numcodecs.get_codec(dict(options["compressors"]))
    theirs = zarr.create_array(tmp_path, **options)
    theirs[...] = data
    ours = zarr_c.open_array(tmp_path, mode="r")
    assert_same(ours[...], data)
    assert_same(ours[5:20:4, ::-2], data[5:20:4, ::-2])
    assert dict(ours.attrs) == {"unit": "m", "list": [1, {"a": None}]}


@pytest.mark.parametrize("dtype", ["<i4", ">i4", ">f8", "<c8", ">c16", "|b1", ">u2"])
def test_byte_orders_of_v2(tmp_path, dtype):
    data = elements(dtype)
    options = {"chunks": CHUNKS, "zarr_format": 2}
    zarr_c.create_array(tmp_path / "ours", data=data, **options)
    zarr.create_array(tmp_path / "theirs", data=data, **options)
    assert_same(zarr.open_array(tmp_path / "ours", mode="r")[...], data)
    assert_same(by_tensorstore(tmp_path / "ours", 2).read().result(), data)
    assert_same(zarr_c.open_array(tmp_path / "theirs")[...], data)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (1, 1, 1, 1, 1)])
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_odd_shapes(tmp_path, shape, zarr_format):
    data = np.full(shape, 7, "i4")
    zarr_c.create_array(tmp_path / "ours", data=data, zarr_format=zarr_format)
    zarr.create_array(tmp_path / "theirs", data=data, zarr_format=zarr_format)
    for read in (
        zarr.open_array(tmp_path / "ours", mode="r")[...],
        zarr_c.open_array(tmp_path / "theirs", mode="r")[...],
        by_tensorstore(tmp_path / "ours", zarr_format).read().result(),
    ):
        assert np.array_equal(np.asarray(read), data)
        assert np.asarray(read).shape == shape


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_groups(tmp_path, zarr_format):
    """Nested groups, their attributes and their arrays, made by one and walked by the other."""
    for make, walk in ((zarr_c, zarr), (zarr, zarr_c)):
        path = tmp_path / make.__name__
        root = make.open_group(path, mode="w", zarr_format=zarr_format)
        root.attrs["title"] = "ü"
        inner = root.create_group("a/b")
        inner.attrs["n"] = 5
        array = inner.create_array("x", shape=(4,), chunks=(3,), dtype="f4")
        array[...] = [1, 2, 3, 4]
        found = walk.open_group(path, mode="r")
        assert dict(found.attrs) == {"title": "ü"}
        assert sorted(found) == ["a"]
        assert dict(found["a/b"].attrs) == {"n": 5}
        assert np.asarray(found["a"]["b"]["x"][...]).tolist() == [1, 2, 3, 4]
        assert found["a/b/x"].metadata.zarr_format == zarr_format
