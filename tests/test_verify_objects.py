"""`verify` and damaged objects: each is found, alone and by its key, whatever its codecs."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_c
from zarr_c.codecs import BloscCodec, TransposeCodec, ZstdCodec
from zarr_c.storage import LocalStore, MemoryStore

DATA = np.arange(32, dtype="i4")
formats = pytest.mark.parametrize("zarr_format", [2, 3])

# how arrays are stored: by codecs without a checksum of their data, and by codecs with one
PLAIN = {
    "none": {"compressors": None},
    "zstd": {"compressors": "zstd"},
    "blosc": {"compressors": "blosc"},
    "blosc zstd": {"compressors": BloscCodec(cname="zstd", shuffle="bitshuffle")},
    "transposed": {"compressors": "zstd", "filters": TransposeCodec(order=(0,))},
}
SUMMED = {
    "crc32c": {"compressors": "crc32c"},
    "zstd with checksum": {"compressors": ZstdCodec(level=1, checksum=True)},
    "zstd, crc32c": {"compressors": ("zstd", "crc32c")},
    "blosc, crc32c": {"compressors": ("blosc", "crc32c")},
    "fletcher32": {"compressors": {"name": "numcodecs.fletcher32", "configuration": {}}},
    "gzip, crc32c": {"compressors": ("gzip", "crc32c")},
}
OLD_PLAIN = {
    "none": {"compressors": None},
    "zstd": {"compressors": {"id": "zstd", "level": 1}},
    "blosc": {"compressors": {"id": "blosc"}},
    "lz4": {"compressors": {"id": "lz4"}},
    "gzip": {"compressors": {"id": "gzip"}},
    "zlib": {"compressors": {"id": "zlib"}},
    "bz2": {"compressors": {"id": "bz2"}},
    "lzma": {"compressors": {"id": "lzma"}},
}
OLD_SUMMED = {
    "crc32": {"compressors": {"id": "crc32"}},
    "adler32": {"compressors": {"id": "adler32"}},
    "fletcher32": {"compressors": {"id": "fletcher32"}},
    "jenkins_lookup3": {"compressors": {"id": "jenkins_lookup3"}},
}
CASES = {(3, name): how for name, how in (PLAIN | SUMMED).items()}
CASES |= {(2, name): how for name, how in (OLD_PLAIN | OLD_SUMMED).items()}
HAVE_SUMS = [key for key in CASES if key[1] in (SUMMED if key[0] == 3 else OLD_SUMMED)]
DECODED = {"truncated", "checksum", "undecodable"}


def written(case):
    """A store of two chunks, and the key of the second."""
    store = MemoryStore()
    zarr_c.create_array(store, "x", data=DATA, chunks=16, zarr_format=case[0], **CASES[case])
    key = "x/1" if case[0] == 2 else "x/c/1"
    assert zarr_c.verify(store, "x").ok
    return store, key


def only(store, key, path="x", **options):
    """The kind of the only finding, which is about a key."""
    result = zarr_c.verify(store, path, **options)
    assert [f.key for f in result] == [key], str(result)
    return result.findings[0].kind


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_chunk_that_is_cut_short_is_found(case):
    store, key = written(case)
    stored = store[key]
    for length in range(len(stored)):
        store[key] = stored[:length]
        assert only(store, key) in DECODED
    store[key] = b""
    assert only(store, key) == "truncated"
    if case in HAVE_SUMS or case[1] in ("none", "lz4"):  # others may be padded
        store[key] = stored + bytes(10_000)
        assert only(store, key) in DECODED


@pytest.mark.parametrize("case", HAVE_SUMS, ids=str)
def test_a_chunk_with_a_checksum_in_which_a_bit_has_changed_is_found(case):
    store, key = written(case)
    stored = store[key]
    for at in range(len(stored)):
        store[key] = stored[:at] + bytes([stored[at] ^ 16]) + stored[at + 1 :]
        if case[1] == "zstd with checksum" and zarr_c.verify(store, "x").ok:
            # frames of zstd have bits that mean nothing
            assert np.array_equal(zarr_c.open_array(store, path="x")[...], DATA)
        else:
            assert only(store, key) in DECODED
    store[key] = stored[:-1] + bytes([stored[-1] ^ 1])
    assert only(store, key) == "checksum"


@pytest.mark.parametrize("codec", ["gzip", "zlib"])
def test_a_checksum_of_deflated_data_that_does_not_match(codec):
    store, key = written((2, codec))
    stored = store[key]
    at = len(stored) - (8 if codec == "gzip" else 4)
    store[key] = stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1 :]
    assert only(store, key) == "checksum"
    for length in (len(stored) // 2, len(stored) - 1):
        store[key] = stored[:length]
        assert only(store, key) == "truncated"


def test_checksums_are_verified_whatever_the_settings_say():
    store, key = written((3, "crc32c"))
    store[key] = store[key][:-1] + b"?"
    with zarr_c.config.set({"codec_pipeline.validate_checksums": False}):
        assert zarr_c.open_array(store, path="x")[...].shape == (32,)
        assert only(store, key) == "checksum"


STRINGS = {
    "too many": b"\xff\xff\xff\xff" + bytes(8),
    "too few": b"\x01\0\0\0" + bytes(4),
    "one too long": b"\x02\0\0\0" + b"\x09\0\0\0ab" + bytes(4),
    "no UTF-8": b"\x02\0\0\0" + b"\x01\0\0\0\xff" + bytes(4),
    "more behind": b"\x02\0\0\0" + bytes(8) + b"x",
    "no count": b"\x02\0",
}


@formats
@pytest.mark.parametrize("damage", STRINGS)
def test_damaged_strings_are_found(damage, zarr_format):
    store = MemoryStore()
    zarr_c.create_array(
        store, "x", shape=4, chunks=2, dtype="str", compressors=None, zarr_format=zarr_format
    )[...] = ["a", "b", "c", "d"]
    key = "x/1" if zarr_format == 2 else "x/c/1"
    assert store[key] == b"\x02\0\0\0" + b"\x01\0\0\0c" + b"\x01\0\0\0d"
    store[key] = STRINGS[damage]
    assert only(store, key) in {"truncated", "undecodable"}


# ---- shards

SHARDED = {"data": DATA.reshape(8, 4), "chunks": (2, 2), "shards": (8, 4)}
KEY = "x/c/0/0"
BARE = [{"name": "bytes", "configuration": {"endian": "little"}}]


def sharded(location="end", index_codecs=BARE, inner=BARE, **changes):
    """An array in one shard of eight inner chunks, whose index has no checksum."""
    configuration = {
        "chunk_shape": [2, 2],
        "codecs": inner,
        "index_codecs": index_codecs,
        "index_location": location,
    }
    store = MemoryStore()
    array = zarr_c.create_array(
        store,
        "x",
        shape=(8, 4),
        chunks=(8, 4),
        dtype="i4",
        serializer={"name": "sharding_indexed", "configuration": configuration},
        compressors=None,
    )
    array[...] = DATA.reshape(8, 4) + 1
    assert zarr_c.verify(store, "x").ok
    return store


def with_index(store, location, change):
    """Let a function change the index, as an array of offsets and sizes."""
    data = bytearray(store[KEY])
    at = slice(0, 128) if location == "start" else slice(len(data) - 128, None)
    index = np.frombuffer(bytes(data[at]), "<u8").reshape(-1, 2).copy()
    change(index)
    data[at] = index.tobytes()
    store[KEY] = bytes(data)


@pytest.mark.parametrize("location", ["start", "end"])
@pytest.mark.parametrize(
    ("offset", "size", "said"),
    [
        (10**6, 16, "outside of it"),
        (2**64 - 20, 16, "outside of it"),
        (0, 2**62, "a size that it cannot have"),
        (0, 0, "a size that it cannot have"),
        (2**64 - 1, 16, "outside of it"),
        (16, 2**64 - 1, "a size that it cannot have"),
    ],
)
def test_an_index_that_leads_out_of_its_shard(location, offset, size, said):
    store = sharded(location)

    def change(index):
        index[3] = offset, size

    with_index(store, location, change)
    result = zarr_c.verify(store, "x")
    assert [(f.kind, f.key) for f in result] == [("index", KEY)]
    assert "inner chunk (1, 1): " in result.findings[0].message
    assert said in result.findings[0].message


@pytest.mark.parametrize("location", ["start", "end"])
def test_inner_chunks_that_overlap(location):
    store = sharded(location)

    def change(index):
        index[5, 0] = index[4, 0] + 4

    with_index(store, location, change)
    (found,) = zarr_c.verify(store, "x")
    assert (found.kind, found.key) == ("index", KEY)
    assert "inner chunk (2, 0) and inner chunk (2, 1) apart" in found.message

    def share(index):
        index[5] = index[4]

    with_index(store, location, share)
    assert zarr_c.verify(store, "x").ok  # as good as two copies

    def over(index):
        index[0, 0] = 100 if location == "start" else 120

    with_index(store, location, over)
    messages = [f.message for f in zarr_c.verify(store, "x")]
    assert any("inner chunk (0, 0) and the index apart" in m for m in messages)


@pytest.mark.parametrize("at_once", [1, 40, 1 << 20])
def test_every_damaged_inner_chunk_is_named(at_once, monkeypatch):
    monkeypatch.setattr("zarr_c.verification.stored_array.AT_ONCE", at_once)
    store = MemoryStore()
    zarr_c.create_array(store, "x", compressors="crc32c", **SHARDED)
    data = bytearray(store[KEY])
    index = np.frombuffer(bytes(data[-132:-4]), "<u8").reshape(-1, 2)
    for entry in (1, 6):
        data[int(index[entry, 0])] ^= 1
    store[KEY] = bytes(data)
    result = zarr_c.verify(store, "x")
    assert [(f.kind, f.key) for f in result] == [("checksum", KEY)] * 2
    names = [f.message.split(":")[0] for f in result]
    assert names == ["inner chunk (0, 1)", "inner chunk (3, 0)"]


def test_a_shard_that_is_cut_short_is_found_wherever():
    store = MemoryStore()
    zarr_c.create_array(store, "x", compressors="zstd", **SHARDED)
    stored = store[KEY]
    for length in range(len(stored)):
        store[KEY] = stored[:length]
        assert only(store, KEY) in {"truncated", "checksum"}
    store[KEY] = stored[:-1] + bytes([stored[-1] ^ 1])
    assert only(store, KEY) == "checksum"


@pytest.mark.parametrize("location", ["start", "end"])
def test_a_shard_that_is_shorter_than_its_index(location):
    store = sharded(location)
    for length in (0, 5, 127):
        store[KEY] = store[KEY][:length]
        (found,) = zarr_c.verify(store, "x")
        assert (found.kind, found.key) == ("truncated", KEY)
        assert found.message == (
            f"the shard is shorter than its index: expected 128, found {length}"
        )
        store = sharded(location)


def test_inner_chunks_beyond_the_array_are_decoded_too():
    store = MemoryStore()
    zarr_c.create_array(store, "x", compressors="crc32c", **SHARDED)
    document = json.loads(store["x/zarr.json"])
    store["x/zarr.json"] = json.dumps(document | {"shape": [3, 1]}).encode()
    assert zarr_c.verify(store, "x").ok
    data = bytearray(store[KEY])
    data[-140] ^= 1  # in the last inner chunk
    store[KEY] = bytes(data)
    assert zarr_c.open_array(store, path="x")[...].shape == (3, 1)
    assert only(store, KEY) == "checksum"


def test_shards_within_other_codecs_are_decoded_as_a_whole():
    store = MemoryStore()
    zarr_c.create_array(store, "x", **SHARDED)
    document = json.loads(store["x/zarr.json"])
    document["codecs"].append({"name": "crc32c"})
    store["x/zarr.json"] = json.dumps(document).encode()
    zarr_c.open_array(store, path="x")[...] = DATA.reshape(8, 4)
    assert {f.kind for f in zarr_c.verify(store, "x")} <= {"metadata"}
    store[KEY] = store[KEY][:-1]
    assert "checksum" in {f.kind for f in zarr_c.verify(store, "x")}


# ---- other errors


def test_codecs_in_python_may_raise_what_they_like():
    store, key = written((2, "lzma"))
    store[key] = b"no lzma at all"
    result = zarr_c.verify(store, "x")
    assert [(f.kind, f.key) for f in result] == [("undecodable", key)]
    assert "cannot decode" in result.findings[0].message


def test_a_chunk_that_no_memory_holds():
    store = MemoryStore()
    arguments = {"shape": 2**40, "chunks": 2**40, "dtype": "i4", "compressors": "zstd"}
    with zarr_c.config.set({"limits.chunk_bytes": None}):
        zarr_c.create_array(store, "x", **arguments)
        store["x/c/0"] = b"?"
        assert only(store, "x/c/0") in {"undecodable", "truncated"}
    assert zarr_c.verify(store, "x").unchecked == 1  # within the limit it is not even tried


def test_a_large_shard_is_not_decoded_at_once(monkeypatch):
    monkeypatch.setattr("zarr_c.verification.stored_array.AT_ONCE", 1 << 20)
    store = MemoryStore()
    arguments = {"chunks": 1 << 17, "shards": 1 << 23, "compressors": "zstd"}
    zarr_c.create_array(store, "x", data=np.arange(1 << 23, dtype="i4") >> 9, **arguments)
    zarr_c.verify(store, "x")  # what is made once is no matter
    tracemalloc.start()
    try:
        assert zarr_c.verify(store, "x").nbytes == 32 << 20
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 << 20


# ---- any damage of any object


@pytest.fixture(scope="module")
def summed(tmp_path_factory):
    """A hierarchy in which everything but documents has a checksum."""
    store = LocalStore(tmp_path_factory.mktemp("summed"))
    root = zarr_c.create_group(store)
    arguments = {"data": DATA.reshape(8, 4), "chunks": (3, 2)}
    root.create_array("a", compressors="crc32c", **arguments)
    root.create_array("b", compressors=("zstd", "crc32c"), **arguments)
    root.create_array("g/s", compressors=("zstd", "crc32c"), **SHARDED)
    root.create_array("text", data=["a", "b", "c"], chunks=2, compressors="crc32c")
    assert zarr_c.verify(store).ok
    return store


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_change_of_any_chunk_is_found(summed, data):
    keys = sorted(key for key in summed if not key.endswith("zarr.json"))
    key = data.draw(st.sampled_from(keys), label="key")
    stored = summed[key]
    if data.draw(st.booleans(), label="cut"):
        changed = stored[: data.draw(st.integers(0, len(stored) - 1), label="length")]
    else:
        at = data.draw(st.integers(0, len(stored) - 1), label="at")
        bits = data.draw(st.integers(1, 255), label="bits")
        changed = stored[:at] + bytes([stored[at] ^ bits]) + stored[at + 1 :]
    summed[key] = changed
    try:
        found = zarr_c.verify(summed)
    finally:
        summed[key] = stored
    assert not found.ok
    assert {f.key for f in found} == {key}
