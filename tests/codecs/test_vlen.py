"""``vlen-utf8`` and ``vlen-bytes``: bytes are those of numcodecs, and damage is an error."""

import struct

import numcodecs
import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

import zarr_c
from zarr_c.errors import ChunkCorruptError, MetadataValidationError

STRING = np.dtypes.StringDType()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def strings(store, n=4, chunks=None, **kwargs):
    return zarr_c.create_array(
        store, shape=n, dtype="string", chunks=chunks or n, compressors=None, **kwargs
    )


def framed(*elements, count=None):
    data = struct.pack("<I", len(elements) if count is None else count)
    return data + b"".join(struct.pack("<I", len(e)) + e for e in elements)


# format.md 2.2 vlen-utf8
@given(st.lists(TEXT, min_size=1, max_size=20))
def test_strings_are_stored_as_numcodecs_stores_them(values):
    array = strings({}, len(values), config={"write_empty_chunks": True})
    array[...] = values
    expected = numcodecs.VLenUTF8().encode(np.array(values, object))
    assert array.store["c/0"] == bytes(expected)
    found = array[...]
    assert found.dtype == STRING
    assert found.tolist() == values


# format.md 2.2 vlen-bytes
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=20))
def test_bytes_are_stored_as_numcodecs_stores_them(values):
    array = zarr_c.create_array(
        {},
        shape=len(values),
        dtype="bytes",
        compressors=None,
        config={"write_empty_chunks": True},
    )
    objects = np.empty(len(values), object)
    objects[:] = values
    array[...] = objects
    assert array.store["c/0"] == bytes(numcodecs.VLenBytes().encode(objects))
    assert array[...].tolist() == values


def test_embedded_and_trailing_nul_are_kept():
    values = ["a\0b", "c\0", "\0", ""]
    array = strings({})
    array[...] = values
    assert array[...].tolist() == values


INVALID = [
    b"\x80",
    b"\xc0\x80",  # overlong
    b"\xc1\xbf",
    b"\xe0\x80\x80",
    b"\xe0\x9f\xbf",
    b"\xed\xa0\x80",  # half of a surrogate pair
    b"\xf0\x80\x80\x80",
    b"\xf4\x90\x80\x80",  # past the last code point
    b"\xf5\x80\x80\x80",
    b"\xff",
    b"abc\xe2\x82",  # cut short
    b"abcdefgh\xe2",
    b"abcdefghijklmnop\xf0\x9f\x98",
]


@pytest.mark.parametrize("data", INVALID, ids=bytes.hex)
def test_strings_that_are_not_utf8_are_errors(data):
    with pytest.raises(UnicodeDecodeError):
        data.decode()
    array = strings({}, 2)
    array.store["c/0"] = framed(b"fine", data)
    with pytest.raises(ChunkCorruptError, match=r"c/0.*UTF-8"):
        array[...]
    other = zarr_c.create_array({}, shape=2, dtype="bytes", compressors=None)
    other.store["c/0"] = framed(b"fine", data)
    assert other[1] == data


@given(st.binary(max_size=24))
def test_what_python_calls_utf8_is_utf8(data):
    array = strings({}, 1)
    array.store["c/0"] = framed(data)
    try:
        expected = data.decode()
    except UnicodeDecodeError:
        with pytest.raises(ChunkCorruptError):
            array[...]
    else:
        assert array[0] == expected


DAMAGED = {
    "empty": b"",
    "no count": b"\x04\0\0",
    "too few elements": framed(b"a", b"b", b"c"),
    "too many elements": framed(b"a", b"b", b"c", b"d", b"e"),
    "a count without elements": struct.pack("<I", 4),
    "a length behind the end": framed(b"a", b"b", b"c", b"d")[:-1],
    "a huge length": framed(b"a", b"b", b"c")[4:].join([struct.pack("<I", 4), b"\xff" * 4]),
    "bytes behind the end": framed(b"a", b"b", b"c", b"d") + b"\0",
}


# format.md P4
@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_chunks_are_errors(name):
    array = strings({})
    array.store["c/0"] = DAMAGED[name]
    with pytest.raises(ChunkCorruptError, match="c/0"):
        array[...]
    with pytest.raises(ChunkCorruptError, match="c/0"):
        array[0] = "x"
    assert array.store["c/0"] == DAMAGED[name]
    array[...] = "healed"
    assert array[2] == "healed"


def test_a_chunk_of_strings_is_no_bomb():
    """What is small when stored may not claim more than a chunk of strings can have."""
    with zarr_c.config.set({"limits.chunk_bytes": None}):
        array = zarr_c.create_array({}, shape=2**40, chunks=2**40, dtype="string")
    array.store["c/0"] = numcodecs.Zstd().encode(struct.pack("<I", 2**32 - 1))
    with pytest.raises(ChunkCorruptError, match="wrong number of elements"):
        array[0]


@pytest.mark.parametrize(
    ("dtype", "serializer"),
    [
        ("string", "vlen-bytes"),
        ("string", "bytes"),
        ("bytes", "vlen-utf8"),
        ("i4", "vlen-utf8"),
    ],
)
def test_a_codec_for_another_type_is_refused(dtype, serializer):
    with pytest.raises(MetadataValidationError, match=f"codec '{serializer}': data type"):
        zarr_c.create_array({}, shape=4, dtype=dtype, serializer=serializer)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("compressors", [None, "auto"])
@pytest.mark.parametrize("shards", [None, (6, 10)])
def test_strings_go_both_ways_with_zarr_python(tmp_path, zarr_format, compressors, shards):
    if shards is not None and zarr_format == 2:
        return
    values = np.array([["", "a", "déjà vu"], ["漢字" * 20, "😀", "x\0y"]], STRING)
    data = np.tile(values, (5, 4))
    options = {"chunks": (3, 5), "compressors": compressors, "zarr_format": zarr_format}
    options |= {} if shards is None else {"shards": shards}
    ours = zarr_c.create_array(
        tmp_path / "ours", shape=data.shape, dtype="string", fill_value="?", **options
    )
    ours[...] = data
    ours[2:5, 1:9] = "?"
    found = zarr.open_array(tmp_path / "ours", mode="r")[...]
    assert found.tolist() == ours[...].tolist()
    theirs = zarr.create_array(
        tmp_path / "theirs", shape=data.shape, dtype=STRING, fill_value="?", **options
    )
    theirs[...] = data
    assert zarr_c.open_array(tmp_path / "theirs")[...].tolist() == data.tolist()


@pytest.mark.parametrize("codec", ["gzip", "zstd", "blosc"])
def test_compressed_strings_take_the_memory_that_they_need(codec):
    """Long ones grow a buffer; frames that do not tell their size are read as well."""
    values = ["x" * 3_000_000, "y" * 10, "z" * 2_000_000]
    array = zarr_c.create_array({}, shape=3, dtype="string", compressors=codec)
    array[...] = values
    assert array[...].tolist() == values
    if codec == "zstd":
        data = framed(*(value.encode() for value in values))
        stream = zstandard_stream(data)
        array.store["c/0"] = stream
        assert array[...].tolist() == values


def zstandard_stream(data):
    """A frame without its content size: one raw block for each 100,000 bytes (RFC 8878)."""
    frame = struct.pack("<IBB", 0xFD2FB528, 0, 7 << 3)  # a window of 128 KiB
    for start in range(0, len(data), 100_000):
        block = data[start : start + 100_000]
        last = start + 100_000 >= len(data)
        frame += struct.pack("<I", len(block) << 3 | last)[:3] + block
    return frame
