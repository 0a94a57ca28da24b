"""Encoded chunks that the formats allow and not everybody reads."""

import gzip
import json
import zlib

import google_crc32c
import numcodecs
import numpy as np
import pytest
from by_hand import DATA, LITTLE, RAW, by_zarr_python, opened, v2, v3, without
from matrix import bits

import zarr_c
from zarr_c.errors import ChunkCorruptError, MetadataValidationError
from zarr_c.storage import MemoryStore

pytestmark = pytest.mark.filterwarnings("ignore")


# format.md 5.26 1.6 transpose
@pytest.mark.parametrize("order", [[0, 1, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], "C", "F"])
def test_transposed_chunks(order):
    """``B.shape[i] = A.shape[order[i]]``, which tells an order from its inverse."""
    data = np.arange(24, dtype="<i2").reshape(2, 3, 4)
    document = v3(
        data, codecs=[{"name": "transpose", "configuration": {"order": order}}, LITTLE]
    )
    axes = {"C": [0, 1, 2], "F": [2, 1, 0]}.get(str(order), order)
    stored = np.transpose(data, axes).tobytes()
    array = opened(document, c_0_0_0=stored)
    assert bits(array[...]) == bits(data)
    assert bits(array[1, ::-1, 2]) == bits(data[1, ::-1, 2])
    if isinstance(order, list):
        assert bits(by_zarr_python(document, c_0_0_0=stored)[...]) == bits(data)


# format.md 5.26
@pytest.mark.parametrize("ndim", [0, 1])
def test_a_transpose_of_few_dimensions(ndim):
    data = np.arange(4, dtype="<i2") if ndim else np.array(5, "<i2")
    order = {"name": "transpose", "configuration": {"order": list(range(ndim))}}
    array = opened(v3(data, codecs=[order, LITTLE]), **{"c_0" if ndim else "c": data.tobytes()})
    assert bits(array[...]) == bits(data)


# format.md 5.18 1.6 gzip
@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (gzip.compress(RAW[:5]) + gzip.compress(RAW[5:]), True),
        (gzip.compress(b"") + gzip.compress(RAW) + gzip.compress(b""), True),
        (gzip.compress(RAW) + bytes(16), True),
        (gzip.compress(RAW) + b"rubbish", False),
        (gzip.compress(RAW)[:-1], False),
        (gzip.compress(RAW) + gzip.compress(b"1"), False),
    ],
)
def test_members_of_gzip_and_what_follows(stored, read):
    codec = {"name": "gzip", "configuration": {"level": 1}}
    array = opened(v3(codecs=[LITTLE, codec]), c_0_0=stored)
    if read:
        assert bits(array[...]) == bits(DATA)
        theirs = by_zarr_python(v3(codecs=[LITTLE, codec]), c_0_0=stored)
        assert bits(theirs[...]) == bits(DATA)
    else:
        with pytest.raises(ChunkCorruptError):
            array[...]


BLOSC = {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 2, "blocksize": 0}


# format.md 5.20 1.6 blosc
@pytest.mark.parametrize(
    "missing", [(), ("typesize",), ("blocksize",), ("typesize", "blocksize")]
)
@pytest.mark.parametrize("cname", ["lz4", "zstd", "blosclz"])
def test_a_blosc_frame_says_what_its_metadata_do_not(missing, cname):
    """Also where they say something else: another compressor, type size and shuffle."""
    stored = bytes(numcodecs.Blosc(cname, shuffle=2, typesize=1).encode(RAW))
    codec = {"name": "blosc", "configuration": without(BLOSC, *missing)}
    array = opened(v3(codecs=[LITTLE, codec]), c_0_0=stored)
    assert bits(array[...]) == bits(DATA)
    assert bits(array[1, 1:]) == bits(DATA[1, 1:])
    padded = opened(v3(codecs=[LITTLE, codec]), c_0_0=stored + bytes(16))  # as z5 wrote
    assert bits(padded[...]) == bits(DATA)


# format.md 5.20
def test_blosc_is_written_with_all_its_keys():
    """Of v3 all five; of v2 no type size, which other readers refuse."""
    ours = MemoryStore()
    zarr_c.create_array(ours, shape=4, dtype="i2", compressors={"name": "blosc"})
    codec = json.loads(ours["zarr.json"])["codecs"][-1]
    assert codec["configuration"].keys() == BLOSC.keys()
    ours = MemoryStore()
    zarr_c.create_array(ours, shape=4, dtype="i2", zarr_format=2, compressors={"id": "blosc"})
    assert "typesize" not in json.loads(ours[".zarray"])["compressor"]


# format.md 5.20
@pytest.mark.parametrize("shuffle", [-1, 0, 1, 2])
@pytest.mark.parametrize("extra", [{}, {"typesize": 2}])
def test_blosc_of_v2_with_automatic_shuffle_and_a_type_size(shuffle, extra):
    compressor = {
        "id": "blosc",
        "cname": "lz4",
        "clevel": 5,
        "shuffle": shuffle,
        "blocksize": 0,
    }
    stored = bytes(numcodecs.Blosc("lz4", shuffle=shuffle).encode(DATA))
    array = opened(v2(compressor=compressor | extra), **{"0.0": stored})
    assert bits(array[...]) == bits(DATA)


# format.md 5.20 E7
@pytest.mark.parametrize("shuffle", [1, "bits", None])
def test_the_shuffle_of_v3_is_a_word(shuffle):
    codec = {"name": "blosc", "configuration": BLOSC | {"shuffle": shuffle}}
    if shuffle is None:  # absent and null are not the same
        codec["configuration"]["shuffle"] = 0
    with pytest.raises(MetadataValidationError, match="shuffle"):
        opened(v3(codecs=[LITTLE, codec]))


def suffixed(checksum):
    return RAW + checksum.to_bytes(4, "little")


def prefixed(checksum):
    return checksum.to_bytes(4, "little") + RAW


CRC32C = google_crc32c.value(RAW)


# format.md 5.21
@pytest.mark.parametrize(
    ("document", "stored"),
    [
        (v3(codecs=[LITTLE, {"name": "crc32c"}]), suffixed(CRC32C)),
        (v2(compressor={"id": "crc32c"}), suffixed(CRC32C)),
        (v2(compressor={"id": "crc32c", "location": "end"}), suffixed(CRC32C)),
        (v2(filters=[{"id": "crc32c", "location": "start"}]), prefixed(CRC32C)),
        (v2(filters=[{"id": "crc32"}]), prefixed(zlib.crc32(RAW))),
        (v2(filters=[{"id": "crc32", "location": "end"}]), suffixed(zlib.crc32(RAW))),
        (v2(filters=[{"id": "adler32"}]), prefixed(zlib.adler32(RAW))),
    ],
    ids=range(7),
)
def test_where_checksums_stand_and_that_they_are_verified(document, stored):
    """By other implementations of the sums than any Zarr has."""
    key = "c_0_0" if document["zarr_format"] == 3 else "0.0"
    assert bits(opened(document, **{key: stored})[...]) == bits(DATA)
    for place in (0, -1, 5):
        damaged = bytearray(stored)
        damaged[place] ^= 1
        with pytest.raises(ChunkCorruptError):
            opened(document, **{key: bytes(damaged)})[...]
