"""Shards as the specification has them: written by other means and read, written and looked at.

``make_shard`` puts shards together by hand, so that what our writer would never do is read too.
"""

import struct

import google_crc32c
import numpy as np
import pytest
import tensorstore
import zarr

import zarr_c
from zarr_c.errors import ChunkCorruptError, LimitError, MetadataValidationError

MISSING = 2**64 - 1
BYTES = {"name": "bytes", "configuration": {"endian": "little"}}
BIG = {"name": "bytes", "configuration": {"endian": "big"}}
CRC32C = {"name": "crc32c"}
GZIP = {"name": "gzip", "configuration": {"level": 1}}


def sharding(chunk_shape, codecs=(BYTES,), index_codecs=(BYTES, CRC32C), location="end"):
    return {
        "name": "sharding_indexed",
        "configuration": {
            "chunk_shape": list(chunk_shape),
            "codecs": list(codecs),
            "index_codecs": list(index_codecs),
            "index_location": location,
        },
    }


def transpose(*order):
    return {"name": "transpose", "configuration": {"order": list(order)}}


def create(store, shape, chunks, *codecs, dtype="i4", **kwargs):
    return zarr_c.create(
        shape=shape,
        chunks=chunks,
        dtype=dtype,
        codecs=codecs,
        store=store,
        zarr_format=3,
        **kwargs,
    )


def make_index(entries, big=False, checksum=True):
    flat = [number for entry in entries for number in entry]
    index = struct.pack(f"{'>' if big else '<'}{len(flat)}Q", *flat)
    return index + struct.pack("<I", google_crc32c.value(index)) if checksum else index


def make_shard(chunks, location="end", **kwargs):
    """A shard of inner chunks, bytes or None, one after another."""
    size = len(make_index([(0, 0)] * len(chunks), **kwargs))
    at = size if location == "start" else 0
    entries, body = [], b""
    for chunk in chunks:
        entries.append((MISSING, MISSING) if chunk is None else (at + len(body), len(chunk)))
        body += chunk or b""
    index = make_index(entries, **kwargs)
    return index + body if location == "start" else body + index


def i4(*values):
    return np.array(values, "<i4").tobytes()


# format.md S1
def test_the_index_is_in_c_order_of_the_inner_chunks():
    shape, chunks = (3, 4, 6), (3, 2, 6)  # 3 x 1 x 2 inner chunks of 1 x 2 x 3
    data = np.arange(72, dtype="i4").reshape(shape)
    array = create({}, shape, chunks, sharding((1, 2, 3)))
    array[...] = data
    shard = array.store["c/0/1/0"]
    index = np.frombuffer(shard[-(3 * 1 * 2 * 16 + 4) : -4], "<u8").reshape(3, 1, 2, 2)
    for i in range(3):
        for k in range(2):
            offset, nbytes = map(int, index[i, 0, k])
            inner = np.frombuffer(shard[offset : offset + nbytes], "<i4").reshape(1, 2, 3)
            assert np.array_equal(inner, data[i : i + 1, 2:4, 3 * k : 3 * k + 3])


@pytest.mark.parametrize("location", ["start", "end"])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("checksum", [False, True])
# format.md S2 S3 S4 5.23
def test_indexes_of_every_kind_are_read_and_written(location, big, checksum):
    index_codecs = [BIG if big else BYTES, *([CRC32C] if checksum else [])]
    array = create({}, (8,), (8,), sharding((2,), index_codecs=index_codecs, location=location))
    chunks = [i4(0, 1), None, i4(4, 5), i4(6, 7)]
    shard = make_shard(chunks, location, big=big, checksum=checksum)
    array.store["c/0"] = shard
    assert array[...].tolist() == [0, 1, 0, 0, 4, 5, 6, 7]
    assert [int(array[i]) for i in range(8)] == [0, 1, 0, 0, 4, 5, 6, 7]
    again = create({}, (8,), (8,), sharding((2,), index_codecs=index_codecs, location=location))
    again[...] = [0, 1, 0, 0, 4, 5, 6, 7]
    assert again.store["c/0"] == shard


ENTRIES = {
    "only the offset is missing": [(MISSING, 8)],
    "only the size is missing": [(0, MISSING)],
    "no bytes": [(0, 0)],
    "behind the end": [(80, 8)],
    "partly behind the end": [(70, 8)],
    "overflow": [(2**64 - 4, 8)],
    "more bytes than an encoding can have": [(0, 2**40)],
    "too few bytes": [(0, 4)],
    "too many bytes": [(0, 12)],
}


# format.md S2 5.24
@pytest.mark.parametrize("name", ENTRIES)
@pytest.mark.parametrize("codec", [None, GZIP])
def test_damaged_entries_are_errors(name, codec):
    codecs = [BYTES] if codec is None else [BYTES, codec]
    array = create({}, (8,), (8,), sharding((2,), codecs))
    entries = [*ENTRIES[name], (0, 8), (MISSING, MISSING), (MISSING, MISSING)]
    array.store["c/0"] = i4(0, 1) + make_index(entries)
    with pytest.raises(ChunkCorruptError, match="c/0"):
        array[...]
    with pytest.raises(ChunkCorruptError, match="c/0"):
        array[0]
    with pytest.raises(ChunkCorruptError, match="c/0"):
        array[0] = 1
    assert int(array[6]) == 0, "what is not damaged is read"
    array[...] = 5  # a whole shard is written without being read, and heals
    assert (array[...] == 5).all()


@pytest.mark.parametrize("shard", [b"", b"x", bytes(67), bytes(68)])
@pytest.mark.parametrize("location", ["start", "end"])
def test_a_shard_without_a_whole_index_is_an_error(shard, location):
    array = create({}, (8,), (8,), sharding((2,), location=location))
    array.store["c/0"] = shard
    with pytest.raises(ChunkCorruptError, match="c/0"):
        array[3]
    with pytest.raises(ChunkCorruptError, match="c/0"):
        array[3] = 1
    assert array.store["c/0"] == shard


# format.md S5
def test_gaps_shared_and_overlapping_inner_chunks_in_any_order():
    array = create({}, (8,), (8,), sharding((2,)))
    body = b"gap!" + i4(6, 7, 8) + b"gap"
    entries = [(8, 8), (4, 8), (4, 8), (MISSING, MISSING)]
    array.store["c/0"] = body + make_index(entries)
    assert array[...].tolist() == [7, 8, 6, 7, 6, 7, 0, 0]
    array[7] = 1  # the others are copied as they are
    assert array[...].tolist() == [7, 8, 6, 7, 6, 7, 0, 1]


# format.md S6
def test_empty_shards_are_read_and_not_written():
    array = create({}, (8,), (4,), sharding((2,)), fill_value=9)
    array.store["c/0"] = make_index([(MISSING, MISSING)] * 2)
    assert (array[...] == 9).all()
    array[0:4] = 9
    assert "c/0" not in array.store
    array[4:8] = [9, 9, 9, 1]
    assert len(array.store["c/1"]) == 8 + 36, "an inner chunk of fill value is left out"
    array[7] = 9
    assert "c/1" not in array.store
    kept = array.with_config({"write_empty_chunks": True})
    kept[0:4] = 9
    assert len(array.store["c/0"]) == 16 + 36


# format.md S7 5.25
@pytest.mark.parametrize("order", [(1, 2, 0), (2, 0, 1), (2, 1, 0)])
@pytest.mark.parametrize("inner_order", [None, (1, 2, 0)])
def test_transposed_before_shards_of_an_asymmetric_shape(tmp_path, order, inner_order):
    shape, chunks = (8, 12, 10), (4, 6, 10)
    inner = tuple((2, 3, 5)[axis] for axis in order)
    codecs = [BYTES] if inner_order is None else [transpose(*inner_order), BYTES]
    array = create(tmp_path, shape, chunks, transpose(*order), sharding(inner, codecs))
    data = np.random.default_rng(0).integers(0, 99, shape).astype("i4")
    array[...] = data
    assert array.chunks == (2, 3, 5)
    assert array.shards == chunks
    array[1:7, 5:, ::3] = data[1:7, 5:, ::3] = 7
    assert np.array_equal(array[...], data)
    assert np.array_equal(array[3:6, 2::5, 9], data[3:6, 2::5, 9])
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(tmp_path)}}
    assert np.array_equal(tensorstore.open(spec).result().read().result(), data)


def test_inner_chunks_that_do_not_divide_the_shard_are_refused():
    for chunks, codecs in (
        ((4, 6), [sharding((3, 6))]),
        ((4, 6), [sharding((2,))]),
        ((4, 6), [transpose(1, 0), sharding((4, 3))]),
    ):
        with pytest.raises(MetadataValidationError, match="chunk_shape: expected divisors"):
            create({}, (8, 12), chunks, *codecs)


# format.md S8 5.25
@pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec")
@pytest.mark.parametrize("location", ["start", "end"])
def test_codecs_after_shards(tmp_path, location):
    codecs = (sharding((2,), [BYTES, GZIP], location=location), GZIP, CRC32C)
    array = create(tmp_path, (20,), (8,), *codecs)
    data = np.arange(20, dtype="i4")
    array[...] = data
    array[3:11] = data[3:11] = 5
    assert np.array_equal(array[...], data)
    assert int(array[13]) == 13
    assert np.array_equal(zarr.open_array(tmp_path)[...], data)


# format.md S9
def test_nested_shards(tmp_path):
    inner = sharding((2, 2), [BYTES, GZIP], location="start")
    array = create(tmp_path, (16, 20), (8, 8), sharding((4, 4), [inner]))
    data = np.arange(320, dtype="i4").reshape(16, 20)
    array[...] = data
    array[3:9, 1:15] = data[3:9, 1:15] = 5
    assert np.array_equal(array[...], data)
    assert np.array_equal(array[::5, 3:17:2], data[::5, 3:17:2])
    assert np.array_equal(zarr.open_array(tmp_path)[...], data)
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(tmp_path)}}
    assert np.array_equal(tensorstore.open(spec).result().read().result(), data)


def test_shards_in_shards_in_shards_end_somewhere():
    codec = BYTES
    for _ in range(31):
        codec = sharding((2,), [codec])
    assert int(create({}, (4,), (2,), codec)[0]) == 0
    for _ in range(50):
        codec = sharding((2,), [codec])
    with pytest.raises(LimitError, match="levels of codecs: expected at most 32"):
        create({}, (4,), (2,), codec)


# format.md S10 5.27
@pytest.mark.parametrize("location", ["start", "end"])
def test_sharded_arrays_without_axes(tmp_path, location):
    array = create(tmp_path, (), (), sharding((), location=location))
    assert int(array[()]) == 0
    array[()] = 42
    assert int(array[()]) == 42
    assert len(array.store["c"]) == 4 + 20
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(tmp_path)}}
    assert tensorstore.open(spec).result().read().result() == 42
    assert zarr.open_array(tmp_path)[()] == 42


def test_sharded_arrays_of_no_elements():
    array = create({}, (0, 5), (4, 5), sharding((2, 5)))
    assert array[...].shape == (0, 5)
    array[...] = 1
    assert list(array.store) == ["zarr.json"]


# format.md S11
def test_arrays_smaller_than_a_shard(tmp_path):
    array = create(tmp_path, (5, 3), (8, 8), sharding((2, 2)))
    data = np.arange(15, dtype="i4").reshape(5, 3)
    array[...] = data
    index = np.frombuffer(array.store["c/0/0"][-260:-4], "<u8").reshape(4, 4, 2)
    assert (index[3:] == MISSING).all(), "inner chunks outside of the array are left out"
    assert (index[:, 2:] == MISSING).all()
    assert (index[:3, :2] != MISSING).all()
    assert np.array_equal(array[...], data)
    assert np.array_equal(zarr.open_array(tmp_path)[...], data)


# format.md S12 P3
@pytest.mark.parametrize("codec", [GZIP, {"name": "zstd"}, sharding((1, 2))])
def test_index_codecs_of_a_variable_size_are_refused(codec):
    index_codecs = [codec] if codec["name"] == "sharding_indexed" else [BYTES, codec]
    with pytest.raises(
        MetadataValidationError, match="index_codecs: expected codecs of a fixed"
    ):
        create({}, (8,), (8,), sharding((2,), index_codecs=index_codecs))


@pytest.mark.parametrize("key", ["chunk_shape", "codecs", "index_codecs"])
def test_a_document_without_a_parameter_is_refused(key):
    codec = sharding((2,))
    del codec["configuration"][key]
    with pytest.raises(MetadataValidationError, match=f"{key}: expected this parameter"):
        create({}, (8,), (8,), codec)


@pytest.mark.parametrize(
    "change",
    [
        {"chunk_shape": [0]},
        {"chunk_shape": [-2]},
        {"chunk_shape": ["2"]},
        {"chunk_shape": 2},
        {"chunk_shape": [2.0]},
        {"codecs": []},
        {"codecs": [GZIP]},
        {"codecs": [BYTES, BYTES]},
        {"index_codecs": []},
        {"index_location": "middle"},
        {"unknown": 1},
    ],
)
def test_wrong_parameters_are_refused(change):
    codec = sharding((2,))
    codec["configuration"] |= change
    with pytest.raises(MetadataValidationError):
        create({}, (8,), (8,), codec)


def test_an_index_that_cannot_be_in_memory_is_refused_in_bounded_memory():
    array = create({}, (2**50,), (2**50,), sharding((1,)), dtype="i1")
    array.store["c/0"] = bytes(100)
    with pytest.raises(ChunkCorruptError, match="shorter than its index"):
        array[5]


# format.md F9
def test_missing_inner_chunks_hold_the_fill_value_as_the_codecs_before_make_it():
    from zarr_c.codecs import ArrayArrayCodec, register_codec

    class PlusOne(ArrayArrayCodec):
        name = "test.plus_one"

        def encoded(self, given):
            value = np.frombuffer(given.fill_value, "i4") + 1
            return given.with_(fill_value=value.astype("i4").tobytes())

        def encode(self, data):
            return data + 1

        def decode(self, data):
            return data - 1

    register_codec("test.plus_one", PlusOne)
    array = create({}, (8,), (8,), {"name": "test.plus_one"}, sharding((2,)), fill_value=5)
    array[2:4] = [1, 2]
    assert array[...].tolist() == [5, 5, 1, 2, 5, 5, 5, 5]
    index = np.frombuffer(array.store["c/0"][-68:-4], "<u8").reshape(4, 2)
    assert (index[[0, 2, 3]] == MISSING).all()
