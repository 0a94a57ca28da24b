"""conditional, beside a twin in Python that runs the codecs of numcodecs."""

import json

import numcodecs
import numpy as np
import pytest
from codec_cases import decode, encode, make_chain, walk
from hypothesis import given
from hypothesis import strategies as st

import zarr_c
from zarr_c.codecs import (
    BloscCodec,
    BytesCodec,
    ConditionalCodec,
    Crc32cCodec,
    GzipCodec,
    ShardingCodec,
    TransposeCodec,
    ZstdCodec,
)
from zarr_c.codecs.numcodecs import LZMA, Shuffle
from zarr_c.errors import (
    ChunkCorruptError,
    CodecError,
    MetadataValidationError,
    UnknownCodecError,
)

NOISE = np.random.default_rng(0).bytes(4000)
SMOOTH = np.arange(10**6, 10**6 + 1000, dtype="<i4").tobytes()
ZEROS = bytes(4000)
DATA = {"noise": NOISE, "smooth": SMOOTH, "zeros": ZEROS, "one": b"\x07\0\0\0"}

TWINS = {
    "shuffle": (Shuffle(elementsize=4), numcodecs.Shuffle(4)),
    "zstd": (ZstdCodec(level=3), numcodecs.Zstd(3)),
    "gzip": (GzipCodec(level=6), numcodecs.GZip(6)),
    "crc32c": (Crc32cCodec(), numcodecs.CRC32C(location="end")),
    "blosc": (BloscCodec(cname="lz4", typesize=4), numcodecs.Blosc("lz4")),
    "lzma": (LZMA(format=1, check=-1, preset=1, filters=None), numcodecs.LZMA(preset=1)),
}
# a shuffle wants whole elements, which it gets where nothing else has been before
NAMES = st.builds(
    lambda shuffles, others: ["shuffle"] * shuffles + others,
    st.integers(0, 2),
    st.lists(st.sampled_from(sorted(TWINS.keys() - {"shuffle"})), max_size=8),
)


def ours(names, header_bits=None):
    return ConditionalCodec(codecs=[TWINS[n][0] for n in names], header_bits=header_bits)


def stored(names, data, mask, header=None):
    """What a writer that applies the codecs of a mask makes."""
    for i, name in enumerate(names):
        if mask >> i & 1:
            data = bytes(TWINS[name][1].encode(np.frombuffer(data, "u1")))
    size = -(-len(names) // 8) if header is None else header
    return mask.to_bytes(size, "little") + data


def opened(names, chunk, n, *, after=(), **options):
    """An array of one chunk of `n` bytes, written by somebody else."""
    array = zarr_c.create(
        store={},
        shape=n,
        chunks=n,
        dtype="u1",
        codecs=[BytesCodec(), ours(names, **options), *after],
        zarr_format=3,
    )
    array.store["c/0"] = chunk
    return array


# ---- reading


# format.md 2.2 conditional
@given(NAMES, st.integers(0, 2**10 - 1), st.sampled_from(sorted(DATA)), st.integers(0, 2))
def test_any_mask_is_read(names, mask, data, spare):
    data = DATA[data]
    mask &= 2 ** len(names) - 1
    header = -(-len(names) // 8) + spare
    chunk = stored(names, data, mask, header)
    chain = make_chain(ours(names, 8 * header), len(data))
    assert decode(chain, chunk) == data


# format.md 2.2 conditional
@pytest.mark.parametrize("codec", ["zstd", "gzip", "blosc", "lzma"])
def test_a_chunk_that_has_grown_is_read_below_other_codecs(codec):
    """Its writer did not look at sizes; the checksum behind it allows for that."""
    data = NOISE[:50]
    chunk = stored([codec, codec], data, 0b11)
    assert len(chunk) > len(data) + 1
    checked = stored(["crc32c"], chunk, 1, 1)[1:]
    array = opened([codec, codec], checked, len(data), after=[Crc32cCodec()])
    assert array[...].tobytes() == data
    assert array[7:9].tobytes() == data[7:9]


# format.md 2.2 conditional
@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        (b"", "empty|header of conditional"),
        (b"\x00", "header of conditional"),
        (b"\x04\x00" + NOISE, "names a codec that there is not"),
        (b"\x00\x80" + NOISE, "names a codec that there is not"),
        (b"\x00\x00" + NOISE[1:], "wrong number of bytes"),
        (b"\x00\x00" + NOISE + b"x", "too many bytes"),
        (b"\x01\x00" + NOISE, "crc32c does not match"),
        (b"\x02\x00" + NOISE, "zstd"),
        (b"\x02\x00", "zstd|bytes"),
    ],
)
def test_damage_is_an_error(chunk, message):
    array = opened(["crc32c", "zstd"], chunk, len(NOISE), header_bits=16)
    with pytest.raises(ChunkCorruptError, match=message) as caught:
        array[...]
    assert "c/0" in str(caught.value)
    array[...] = 3
    assert (array[...] == 3).all(), "a chunk that is overwritten heals"


@pytest.mark.parametrize("names", [["zstd"], ["zstd", "zstd"], ["crc32c", "gzip", "zstd"]])
def test_no_codec_decodes_to_more_than_the_chunk_needs(names):
    """A gigabyte of zeros behind a header, for a chunk of a kilobyte."""
    bomb = bytes(2**20)
    for _ in range(2):
        bomb = bytes(numcodecs.Zstd(1).encode(bomb * 32))
    chunk = bytes([2 ** len(names) - 1]) + bomb
    with pytest.raises(ChunkCorruptError):
        decode(make_chain(ours(names), 1000), chunk)


@given(NAMES, st.binary(max_size=60))
def test_no_bytes_do_harm(names, chunk):
    try:
        found = decode(make_chain(ours(names), 40), chunk)
    except ChunkCorruptError:
        return
    assert len(found) == 40


# ---- writing


def undone(names, chunk):
    """What a reader makes of a chunk, and its mask."""
    header = -(-len(names) // 8)
    mask, data = int.from_bytes(chunk[:header], "little"), chunk[header:]
    assert mask < 2 ** len(names)
    for i in reversed(range(len(names))):
        if mask >> i & 1:
            data = bytes(TWINS[names[i]][1].decode(data))
    return mask, data


# format.md 2.2 conditional
@given(NAMES, st.sampled_from(sorted(DATA)))
def test_what_is_written_never_grows_by_more_than_the_header(names, data):
    data = DATA[data]
    chain = make_chain(ours(names), len(data))
    chunk = encode(chain, data)
    assert len(chunk) <= len(data) + -(-len(names) // 8)
    assert undone(names, chunk)[1] == data
    assert decode(chain, chunk) == data


# format.md 2.2 conditional
@pytest.mark.parametrize(
    ("names", "data", "mask"),
    [
        ("zstd", "noise", 0b0),
        ("zstd", "zeros", 0b1),
        ("shuffle", "smooth", 0b0),
        ("shuffle zstd", "smooth", 0b11),
        ("shuffle zstd", "noise", 0b00),
        ("zstd gzip lzma", "zeros", 0b001),
        ("shuffle crc32c", "smooth", 0b00),
        ("crc32c zstd", "zeros", 0b10),
        ("zstd crc32c", "zeros", 0b01),
        ("shuffle shuffle gzip lzma", "smooth", 0b0111),
        ("zstd shuffle zstd shuffle gzip shuffle shuffle shuffle shuffle", "noise", 0),
        ("crc32c crc32c crc32c crc32c crc32c crc32c crc32c crc32c zstd", "zeros", 1 << 8),
    ],
)
def test_codecs_are_kept_that_make_a_chunk_smaller(names, data, mask):
    """And those of equal size where one behind them does."""
    names = names.split()
    chunk = encode(make_chain(ours(names), len(DATA[data])), DATA[data])
    assert undone(names, chunk) == (mask, DATA[data])


def test_what_a_codec_refuses_is_an_error_as_without_conditional():
    with pytest.raises(CodecError, match="shuffle got part of an element"):
        encode(make_chain(ours(["shuffle", "zstd"]), 5), b"abcde")


def test_each_chunk_has_its_own_mask():
    array = zarr_c.create_array(
        {},
        shape=3000,
        chunks=1000,
        dtype="i4",
        compressors=[ours(["shuffle", "zstd"]), Crc32cCodec()],
    )
    array[:1000] = np.frombuffer(NOISE, "<i4")
    array[1000:2000] = np.frombuffer(SMOOTH, "<i4")
    array[2500] = 5
    assert [array.store[f"c/{i}"][0] for i in range(3)] == [0b00, 0b11, 0b11]
    assert len(array.store["c/0"]) == 4000 + 1 + 4
    assert array[:1000].tobytes() == NOISE
    assert array[1000:2000].tobytes() == SMOOTH
    assert array[2498:2502].tolist() == [0, 0, 5, 0]


# format.md 2.2 conditional
@pytest.mark.parametrize("deep", [False, True])
def test_in_shards_and_in_itself(deep):
    data = walk("i2", (12, 8))
    codec = ours(["shuffle", "zstd"])
    for _ in range(14 if deep else 0):
        codec = ConditionalCodec(codecs=[codec, GzipCodec()], header_bits=24)
    inner = [TransposeCodec(order=(1, 0)), BytesCodec(endian="big"), codec]
    array = zarr_c.create(
        store={},
        shape=data.shape,
        chunks=(6, 8),
        dtype=data.dtype,
        codecs=[ShardingCodec(chunk_shape=(3, 4), codecs=inner), ours(["zstd"])],
        zarr_format=3,
    )
    array[...] = data
    array[4, 5] = data[4, 5] = -1
    again = zarr_c.open_array(array.store)
    assert np.array_equal(again[...], data)
    assert np.array_equal(again[1:7, ::3], data[1:7, ::3])


# ---- documents


# format.md 2.2 conditional
def test_its_document():
    zstd = {"name": "zstd", "configuration": {"level": 0, "checksum": False}}
    for header_bits in (None, 8, 64):
        bits = {} if header_bits is None else {"header_bits": header_bits}
        document = {"name": "conditional", "configuration": {"codecs": [zstd], **bits}}
        array = zarr_c.create_array(
            {}, shape=5, dtype="i4", compressors=[ConditionalCodec(codecs=[zstd], **bits)]
        )
        assert json.loads(array.store["zarr.json"])["codecs"][1] == document
        again = zarr_c.create_array({}, shape=5, dtype="i4", compressors=[document])
        assert again.compressors == array.compressors
        array[...] = [1, 2, 3, 4, 5]
        assert len(array.store["c/0"]) == 20 + (header_bits or 8) // 8


# format.md 2.2 conditional
@pytest.mark.parametrize(
    ("configuration", "named"),
    [
        ({}, "codecs"),
        ({"codecs": "zstd"}, "codecs"),
        ({"codecs": 5}, "codecs"),
        ({"codecs": [5]}, "codecs"),
        ({"codecs": [{"name": "bytes"}]}, "codecs: expected codecs from bytes to bytes"),
        ({"codecs": [{"name": "transpose", "configuration": {"order": [0]}}]}, "codecs"),
        ({"codecs": [{"name": "gzip", "configuration": {"level": 11}}]}, "level"),
        ({"codecs": ["crc32c"] * 17}, "at most 16"),
        ({"codecs": ["crc32c"] * 9, "header_bits": 8}, "header_bits"),
        *(
            ({"codecs": ["crc32c"], "header_bits": bits}, "header_bits")
            for bits in (0, 7, -8, 8.0, "8", True, 2**16 + 8, 2**63)
        ),
        ({"codecs": ["crc32c"], "mask": 1}, "mask"),
    ],
)
def test_wrong_configurations_are_refused(configuration, named):
    with pytest.raises(MetadataValidationError, match=named):
        zarr_c.create_array(
            {},
            shape=5,
            dtype="i4",
            compressors=[{"name": "conditional", "configuration": configuration}],
        )


def test_codecs_that_there_are_not_and_that_lie_too_deep_are_refused():
    codec = {"name": "no-such-codec"}
    with pytest.raises(UnknownCodecError, match="no-such-codec"):
        ConditionalCodec(codecs=[codec])
    codec = {"name": "crc32c"}
    for _ in range(300):
        codec = {"name": "conditional", "configuration": {"codecs": ["gzip", codec]}}
    with pytest.raises(MetadataValidationError, match="levels"):
        ConditionalCodec(codecs=[codec])


# format.md 2.2 conditional
def test_it_cannot_encode_the_index_of_a_shard():
    index = [BytesCodec(), ConditionalCodec(codecs=[ZstdCodec()])]
    with pytest.raises(MetadataValidationError, match=r"fixed size.*conditional"):
        zarr_c.create(
            store={},
            shape=8,
            chunks=8,
            dtype="i4",
            codecs=[ShardingCodec(chunk_shape=(2,), index_codecs=index)],
            zarr_format=3,
        )


# format.md 2.2 conditional
@pytest.mark.parametrize("header_bits", [None, 8])
def test_no_codec_at_all(header_bits):
    """A header may wait for codecs that are added later."""
    chain = make_chain(ConditionalCodec(codecs=[], header_bits=header_bits), 5)
    assert encode(chain, b"abcde") == bytes((header_bits or 0) // 8) + b"abcde"
    assert decode(chain, encode(chain, b"abcde")) == b"abcde"
    later = make_chain(ours(["zstd", "gzip"], 8), 5)
    assert decode(later, b"\0abcde") == b"abcde"
