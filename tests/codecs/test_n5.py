"""n5_default: the same blocks as arrays of Zarr and as data sets of N5, by tensorstore."""

import json
import struct

import numcodecs
import numpy as np
import pytest
import tensorstore
from codec_cases import decode, encode, walk
from hypothesis import given
from hypothesis import strategies as st

import zarr_c
from zarr_c.codecs import (
    BloscCodec,
    BytesCodec,
    ConditionalCodec,
    Crc32cCodec,
    GzipCodec,
    N5DefaultCodec,
    ShardingCodec,
    TransposeCodec,
    ZstdCodec,
)
from zarr_c.codecs._chain import Chain
from zarr_c.codecs.representation import Representation
from zarr_c.errors import ChunkCorruptError, MetadataValidationError
from zarr_c.metadata.dtype import from_numpy

TYPES = [f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)] + ["f4", "f8"]
BLOSC = {"cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0}
COMPRESSORS = {  # of N5, and the codec that it means
    "raw": ({"type": "raw"}, []),
    "gzip": ({"type": "gzip", "level": 5}, [GzipCodec(level=5)]),
    "zstd": ({"type": "zstd", "level": 3}, [ZstdCodec(level=3)]),
    "blosc": ({"type": "blosc", **BLOSC}, [BloscCodec(cname="lz4", clevel=5, typesize=4)]),
}


def codec(ndim, *compressors, endian="big"):
    transpose = TransposeCodec(order=range(ndim)[::-1])
    return N5DefaultCodec(codecs=[transpose, BytesCodec(endian=endian), *compressors])


def create(store, shape, chunks, dtype, *codecs, fill_value=0):
    return zarr_c.create(
        store=store,
        shape=shape,
        chunks=chunks,
        dtype=dtype,
        codecs=codecs,
        fill_value=fill_value,
        chunk_key_encoding={"name": "v2", "separator": "/"},
        zarr_format=3,
    )


def n5(path, shape, chunks, dtype, compression):
    """The same directory, as tensorstore sees a data set of N5."""
    attributes = {
        "dimensions": list(shape),
        "blockSize": list(chunks),
        "dataType": np.dtype(dtype).name,
        "compression": compression,
    }
    path.mkdir(exist_ok=True)
    (path / "attributes.json").write_text(json.dumps(attributes))
    kvstore = {"driver": "file", "path": str(path)}
    return tensorstore.open({"driver": "n5", "kvstore": kvstore}).result()


def header(*shape, mode=0, ndim=None):
    ndim = len(shape) if ndim is None else ndim
    return struct.pack(f">HH{len(shape)}I", mode, ndim, *shape)


def block(data):
    """A block as N5 has it, not compressed."""
    return header(*data.shape) + data.astype(data.dtype.newbyteorder(">")).tobytes("F")


def chain_of(shape, dtype, *compressors, fill_value=b""):
    data_type = from_numpy(np.dtype(dtype), 3)
    fill_value = fill_value or bytes(data_type.itemsize)
    given = Representation(shape, data_type, fill_value)
    return Chain([codec(len(shape), *compressors).stage(given)], given.nbytes)


# ---- beside N5


# format.md 2.2 n5_default
@pytest.mark.parametrize("compressor", COMPRESSORS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    ("shape", "chunks"), [((7,), (3,)), ((7, 5), (3, 5)), ((5, 4, 6), (2, 3, 4))]
)
def test_tensorstore_reads_it_as_n5_and_the_other_way(
    tmp_path, compressor, dtype, shape, chunks
):
    compression, codecs = COMPRESSORS[compressor]
    data = walk(dtype, shape)
    array = create(tmp_path / "ours", shape, chunks, dtype, codec(len(shape), *codecs))
    array[...] = data
    theirs = n5(tmp_path / "ours", shape, chunks, dtype, compression)
    assert np.array_equal(theirs.read().result(), data)

    theirs = n5(tmp_path / "theirs", shape, chunks, dtype, compression)
    theirs.write(data).result()
    array = create(tmp_path / "theirs", shape, chunks, dtype, codec(len(shape), *codecs))
    assert np.array_equal(array[...], data)
    part = (slice(None, None, 2),) * len(shape)
    assert np.array_equal(array[part], data[part])
    array[part] = 1  # on top of blocks that are not ours
    theirs.write(data).result()
    assert np.array_equal(array[...], data)


# format.md 2.2 n5_default
def test_cropped_blocks(tmp_path):
    """As N5 for Java writes the end of an array; of larger blocks the rest is cut off."""
    shape, chunks = (5, 4), (3, 3)
    data = walk("i2", shape)
    array = create(tmp_path, shape, chunks, "i2", codec(2), fill_value=-9)
    theirs = n5(tmp_path, shape, chunks, "i2", {"type": "raw"})
    for i in range(2):
        for j in range(2):
            array.store[f"{i}/{j}"] = block(data[3 * i : 3 * i + 3, 3 * j : 3 * j + 3])
    assert np.array_equal(theirs.read().result(), data)
    assert np.array_equal(array[...], data)
    assert int(array[4, 3]) == data[4, 3]
    array.resize((6, 6))
    assert np.array_equal(array[...], np.pad(data, ((0, 1), (0, 2)), constant_values=-9))
    array.store["0/0"] = block(np.pad(data, 4, constant_values=7)[4:])
    assert np.array_equal(array[:3, :3], np.pad(data, 4, constant_values=7)[4:7, :3])


# format.md 2.2 n5_default
@given(
    st.data(),
    st.sampled_from(TYPES),
    st.lists(st.integers(1, 6), min_size=0, max_size=4),
    st.booleans(),
)
def test_blocks_of_any_shape(data, dtype, shape, compressed):
    stored = data.draw(st.tuples(*[st.integers(1, 6)] * len(shape)))
    elements = walk(dtype, stored)
    chunk = block(elements)
    if compressed:
        head = 4 + 4 * len(shape)
        chunk = chunk[:head] + bytes(numcodecs.Zstd().encode(chunk[head:]))
    fill = np.array(87, dtype)
    both = tuple(slice(0, min(a, b)) for a, b in zip(shape, stored, strict=True))
    expected = np.full(shape, fill)
    expected[both] = elements[both]
    chain = chain_of(
        tuple(shape), dtype, *[ZstdCodec()] * compressed, fill_value=fill.tobytes()
    )
    assert decode(chain, chunk) == expected.tobytes()


# format.md 2.2 n5_default
def test_what_is_written():
    data = walk("i4", (2, 3, 4))
    assert encode(chain_of(data.shape, "i4"), data.tobytes()) == block(data)
    expected = "0000 0003 00000002 00000003 00000004"
    assert block(data)[:16] == bytes.fromhex(expected)


# format.md 2.2 n5_default
@pytest.mark.parametrize("compressors", [[], [ConditionalCodec(codecs=[GzipCodec()])]])
def test_in_shards_and_below_other_codecs(compressors):
    data = walk("u2", (12, 8))
    inner = [TransposeCodec(order=(1, 0)), codec(2, *compressors), Crc32cCodec()]
    sharding = ShardingCodec(chunk_shape=(3, 4), codecs=inner)
    array = create({}, data.shape, (6, 8), data.dtype, sharding, ZstdCodec())
    array[...] = data
    array[4, 5] = data[4, 5] = 99
    again = zarr_c.open_array(array.store)
    assert np.array_equal(again[...], data)
    assert np.array_equal(again[1:7, ::3], data[1:7, ::3])


# ---- damage


# format.md 2.2 n5_default
@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        (header(2, 3)[:11], "shorter than the header"),
        (header(2, 3, mode=1) + bytes(12), "default mode"),
        (header(2, 3, mode=2) + bytes(12), "default mode"),
        (header(2, 3, mode=256) + bytes(12), "default mode"),
        (header(2, 3, ndim=1) + bytes(12), "number of dimensions"),
        (header(2, 3, 4) + bytes(48), "number of dimensions"),
        (header(0, 3), "a shape that it cannot have"),
        (header(2**32 - 1, 2**32 - 1) + bytes(12), "a shape that it cannot have"),
        (header(2**12, 2**12) + bytes(12), "a shape that it cannot have"),
        (header(2, 3) + bytes(11), "wrong number of bytes|larger"),
        (header(2, 3) + bytes(13), "wrong number of bytes|larger"),
        (header(2, 3), "wrong number of bytes"),
    ],
)
def test_damaged_headers_are_errors(chunk, message):
    array = create({}, (2, 3), (2, 3), "i2", codec(2))
    array.store["0/0"] = chunk
    with pytest.raises(ChunkCorruptError, match=message) as caught:
        array[...]
    assert "0/0" in str(caught.value)
    array[...] = 3
    assert (array[...] == 3).all(), "a chunk that is overwritten heals"


def test_elements_of_another_size_than_the_header_says_are_an_error():
    array = create({}, (2, 3), (2, 3), "i2", codec(2, ZstdCodec()))
    for n in (0, 11, 13, 2**24):
        array.store["0/0"] = header(2, 3) + bytes(numcodecs.Zstd().encode(bytes(n)))
        with pytest.raises(ChunkCorruptError):
            array[...]


@given(st.binary(max_size=60), st.booleans())
def test_no_bytes_do_harm(chunk, behind_a_header):
    chunk = header(2, 3) + chunk if behind_a_header else chunk
    for compressors in ([], [ZstdCodec()]):
        try:
            found = decode(chain_of((2, 3), "i2", *compressors), chunk)
        except ChunkCorruptError:
            continue
        assert len(found) == 12


# ---- documents


# format.md 2.2 n5_default
def test_its_document():
    codecs = [
        {"name": "transpose", "configuration": {"order": [1, 0]}},
        {"name": "bytes", "configuration": {"endian": "big"}},
        {"name": "zstd", "configuration": {"level": 0, "checksum": False}},
    ]
    for n in (2, 3):
        document = {"name": "n5_default", "configuration": {"codecs": codecs[:n]}}
        array = create({}, (4, 4), (2, 2), "f4", document)
        assert json.loads(array.store["zarr.json"])["codecs"] == [document]
        made = N5DefaultCodec(codecs=codecs[:n])
        assert array.serializer == made
        assert made.to_dict() == document
    array = create({}, (4, 4), (2, 2), "u1", codec(2, endian=None))
    array[...] = 5
    assert array.store["1/1"] == header(2, 2) + b"\5" * 4


BIG = {"name": "bytes", "configuration": {"endian": "big"}}
LITTLE = {"name": "bytes", "configuration": {"endian": "little"}}


def transpose(*order):
    return {"name": "transpose", "configuration": {"order": order}}


# format.md 2.2 n5_default
@pytest.mark.parametrize(
    ("codecs", "dtype", "named"),
    [
        (None, "i2", "codecs"),
        ("bytes", "i2", "codecs"),
        ([], "i2", "codecs: expected transpose, bytes"),
        ([BIG], "i2", "codecs: expected transpose, bytes"),
        ([transpose(1, 0), BIG, BIG], "i2", "codecs: expected transpose, bytes"),
        ([transpose(1, 0), BIG, "gzip", "crc32c"], "i2", "codec"),
        ([transpose(1, 0), BIG, "crc32c", "crc32c"], "i2", "codecs: expected transpose"),
        ([transpose(0, 1), BIG], "i2", "all axes reversed"),
        ([transpose(0), BIG], "i2", "order"),
        ([transpose(2, 1, 0), BIG], "i2", "order"),
        ([transpose(1, 0), LITTLE], "i2", "endian of bytes: expected 'big'"),
        ([transpose(1, 0), "bytes"], "i2", "endian"),
        ([transpose(1, 0), BIG], "bool", "data type"),
        ([transpose(1, 0), BIG], "f2", "data type"),
        ([transpose(1, 0), BIG], "c8", "data type"),
        ([transpose(1, 0), BIG], "U4", "data type"),
        ([transpose(1, 0), BIG], "M8[s]", "data type"),
    ],
)
def test_wrong_configurations_are_refused(codecs, dtype, named):
    configuration = {} if codecs is None else {"codecs": codecs}
    document = {"name": "n5_default", "configuration": configuration}
    fill = {"U": "", "M": np.datetime64(0, "s")}.get(dtype[0], 0)
    with pytest.raises(MetadataValidationError, match=named):
        create({}, (4, 4), (2, 2), dtype, document, fill_value=fill)


# format.md 2.2 n5_default
def test_chunks_that_a_header_cannot_describe_and_indexes_of_shards_are_refused():
    with pytest.raises(MetadataValidationError, match="chunk shape"):
        create({}, (2**33, 1), (2**32, 1), "u1", codec(2))
    index = [codec(2)]
    with pytest.raises(MetadataValidationError, match=r"fixed size.*n5_default"):
        create({}, (8,), (8,), "i4", ShardingCodec(chunk_shape=(2,), index_codecs=index))
