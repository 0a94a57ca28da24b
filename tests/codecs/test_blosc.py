"""Blosc frames: all compressors, shuffles and element sizes, and the decoding of parts."""

from contextlib import suppress

import numcodecs
import numpy as np
import pytest
from codec_cases import CNAMES, SHUFFLES, decode, encode, make_chain, sample
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_c
from zarr_c.codecs import BloscCodec
from zarr_c.errors import ChunkCorruptError, MetadataValidationError
from zarr_c.storage import MemoryStore


# format.md 1.6 blosc
@pytest.mark.parametrize("cname", CNAMES)
@pytest.mark.parametrize("shuffle", SHUFFLES)
@pytest.mark.parametrize("typesize", [1, 2, 3, 4, 8, 16, 255])
def test_every_combination_and_numcodecs_both_ways(cname, shuffle, typesize):
    data = sample(8160)
    codec = BloscCodec(cname=cname, shuffle=shuffle, typesize=typesize)
    chain = make_chain(codec, len(data))
    encoded = encode(chain, data)
    assert encoded[3] == typesize
    assert encoded[0] == 2, "another version than that of c-blosc 1"
    assert decode(chain, encoded) == data
    theirs = numcodecs.Blosc(cname, shuffle=SHUFFLES.index(shuffle), blocksize=512)
    assert bytes(theirs.decode(encoded)) == data
    elements = np.frombuffer(data, f"V{typesize}")
    assert decode(chain, bytes(theirs.encode(elements))) == data


@pytest.mark.parametrize("clevel", range(10))
def test_every_level(clevel):
    data = sample(5000)
    chain = make_chain(BloscCodec(clevel=clevel), len(data))
    assert decode(chain, encode(chain, data)) == data


def frames(blocks):
    """One chunk of 1200 four-byte elements, encoded in many ways."""
    return st.builds(
        BloscCodec,
        cname=st.sampled_from(CNAMES),
        clevel=st.sampled_from([0, 1, 5, 9]),
        shuffle=st.sampled_from(SHUFFLES),
        typesize=st.sampled_from([1, 2, 3, 4, 7, 8, 16, 100]),
        blocksize=blocks,
    )


# format.md P5
@given(
    frames(st.sampled_from([0, 0, 64, 130, 256, 1024, 4000, 10**6])),
    st.sampled_from(["random", "constant", "ramp"]),
    st.tuples(st.integers(0, 19), st.integers(0, 9), st.integers(0, 5)),
    st.tuples(st.integers(1, 20), st.integers(1, 10), st.integers(1, 6)),
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 2)),
)
@settings(max_examples=250, deadline=None)
def test_a_part_is_what_the_whole_holds(codec, content, start, length, step):
    """Small selections decode only their blocks; the frame need not fit the metadata."""
    expected = {
        "random": np.random.default_rng(1).integers(0, 2**31, (20, 10, 6), "u4"),
        "constant": np.full((20, 10, 6), 7, "u4"),
        "ramp": np.arange(1200, dtype="u4").reshape(20, 10, 6),
    }[content]
    store = MemoryStore()
    z = zarr_c.create_array(
        store, shape=(20, 10, 6), chunks=(20, 10, 6), dtype="u4", compressors=BloscCodec()
    )
    store["c/0/0/0"] = encode(make_chain(codec, 4800), expected.tobytes())
    selection = tuple(map(slice, start, np.add(start, length).tolist(), step))
    assert np.array_equal(z[selection], expected[selection])
    assert z[start] == expected[start]
    assert np.array_equal(z[...], expected)


def test_a_part_of_many_blocks_reads_few_of_them():
    """Damage in the blocks that are not asked for goes unnoticed: they are not decoded."""
    data = np.random.default_rng(2).integers(0, 100, 1 << 18, "u4")
    codec = BloscCodec(cname="lz4", shuffle="shuffle", blocksize=4096)
    store = MemoryStore()
    z = zarr_c.create_array(store, data=data, chunks=data.shape, compressors=codec)
    frame = bytearray(store["c/0"])
    length = int.from_bytes(frame[8:12], "little") // 4  # elements of a block
    assert data.size // length >= 8
    starts = np.frombuffer(bytes(frame[16 : 16 + data.size // length * 4]), "<u4").tolist()
    frame[starts[5] : starts[5] + 4] = b"\xff\xff\xff\x7f"  # its length
    store["c/0"] = frame
    assert np.array_equal(z[:1000], data[:1000])
    assert np.array_equal(z[-1000:], data[-1000:])
    assert z[5 * length - 1] == data[5 * length - 1]
    with pytest.raises(ChunkCorruptError, match="'c/0': blosc stream outside its frame"):
        z[5 * length]
    with pytest.raises(ChunkCorruptError):
        z[...]


def test_as_many_elements_as_a_block_has():
    """c-blosc2 gives a whole block for them, even where they begin in the middle of one."""
    data = np.arange(1200, dtype="u4")
    store = MemoryStore()
    z = zarr_c.create_array(
        store, shape=1200, chunks=1200, dtype="u4", compressors=BloscCodec()
    )
    for typesize in (4, 100):
        codec = BloscCodec(typesize=typesize, cname="zstd", blocksize=1000)
        store["c/0"] = encode(make_chain(codec, 4800), data.tobytes())
        for start in range(0, 950, 25):
            assert np.array_equal(z[start : start + 250], data[start : start + 250])


@pytest.mark.parametrize("nbytes", [7, 150, 301, 3001])
@pytest.mark.parametrize("typesize", [2, 3, 4, 8])
@pytest.mark.parametrize("blocksize", [0, 256])
def test_bits_of_a_length_that_is_no_multiple_of_an_element(nbytes, typesize, blocksize):
    """c-blosc2 loses the last bytes of such frames, so they are read by c-blosc 1."""
    data = sample(nbytes)
    codec = BloscCodec(shuffle="bitshuffle", typesize=typesize, blocksize=blocksize)
    chain = make_chain(codec, nbytes)
    encoded = encode(chain, data)
    assert decode(chain, encoded) == data == bytes(numcodecs.Blosc().decode(encoded))
    store = MemoryStore()
    z = zarr_c.create_array(store, shape=nbytes, chunks=nbytes, dtype="u1", compressors=codec)
    store["c/0"] = encoded
    assert z[nbytes - 1] == data[-1]
    with pytest.raises(ChunkCorruptError, match="blosc"):
        decode(chain, encoded[:-1] + b"" if len(encoded) > 16 else b"")


def test_a_damaged_frame_does_not_spoil_the_next():
    """With both shuffle bits a frame is taken for one of Blosc2, which has its own filters."""
    data = sample(4096)
    chain = make_chain(BloscCodec(cname="zstd", shuffle="shuffle", typesize=4), 4096)
    good = encode(chain, data)
    for cname in CNAMES:
        bad = bytearray(encode(make_chain(BloscCodec(cname=cname, typesize=1), 4096), data))
        for flags in range(256):
            bad[2] = flags
            with suppress(ChunkCorruptError):
                decode(chain, bytes(bad))
            assert decode(chain, good) == data


@pytest.mark.parametrize("cname", CNAMES)
@pytest.mark.parametrize("shuffle", ["noshuffle", "shuffle", "bitshuffle"])
@pytest.mark.parametrize("length", [0, 2**32 - 1, 2**31, 5000])
def test_a_stream_of_no_length_is_damage(cname, shuffle, length):
    """c-blosc2 takes it for a run of one byte, which Blosc1 has not; or it leaves the frame."""
    codec = BloscCodec(cname=cname, shuffle=shuffle, typesize=4, blocksize=1024)
    store = MemoryStore()
    z = zarr_c.create_array(store, shape=1024, chunks=1024, dtype="i4", compressors=codec)
    z[...] = np.arange(1024) // 100
    data = bytearray(store["c/0"])
    assert not data[2] & 0x2  # compressed
    start = int.from_bytes(data[16:20], "little")
    data[start : start + 4] = length.to_bytes(4, "little")
    store["c/0"] = bytes(data)
    with pytest.raises(RuntimeError):
        numcodecs.Blosc().decode(bytes(data))
    for selection in (..., slice(3, 5), 0):
        with pytest.raises(ChunkCorruptError, match=r"c/0.*blosc"):
            z[selection]


def header(**fields):
    """A frame of 4 stored elements with some fields of its header changed."""
    values = {
        "version": 2,
        "flags": 0x2,
        "typesize": 4,
        "nbytes": 16,
        "blocksize": 16,
        "cbytes": 32,
    }
    values |= fields
    parts = [values.pop(name) for name in ("version", "flags", "typesize")]
    head = bytes([parts[0], 1, parts[1], parts[2]])
    return head + b"".join(n.to_bytes(4, "little") for n in values.values()) + bytes(range(16))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"version": 0}, "not a blosc frame"),
        ({"version": 77}, "not a blosc frame: found 77"),
        ({"typesize": 0}, "not a blosc frame"),
        ({"nbytes": 17}, "more bytes than its chunk has: expected 16, found 17"),
        ({"nbytes": 2**32 - 1}, "more bytes than its chunk has"),
        ({"nbytes": 8, "blocksize": 8, "cbytes": 24}, "wrong number of bytes.*16, found 8"),
        ({"nbytes": 8}, "block longer than its chunk"),
        ({"cbytes": 33}, "another length than stored"),
        ({"cbytes": 15}, "another length than stored"),
        ({"cbytes": 2**32 - 1}, "another length than stored"),
        ({"cbytes": 31}, "stored blosc frame of the wrong length"),
        ({"blocksize": 0}, "block longer than its chunk"),
        ({"blocksize": 17}, "block longer than its chunk"),
        ({"blocksize": 2**31}, "block longer than its chunk"),
        ({"flags": 0, "blocksize": 1}, "too short for its blocks: expected 80, found 32"),
        ({"flags": 0}, "block outside its frame"),
    ],
)
def test_each_field_of_the_header_is_checked(fields, message):
    store = MemoryStore()
    z = zarr_c.create_array(store, shape=16, chunks=16, dtype="u1", compressors=BloscCodec())
    store["c/0"] = header()
    assert bytes(z[...]) == bytes(range(16))
    assert bytes(z[3:5]) == b"\3\4"
    store["c/0"] = header(**fields)
    for selection in (..., slice(3, 4)):
        with pytest.raises(ChunkCorruptError, match=rf"(?s)'c/0': .*{message}|.*damaged"):
            z[selection]


@given(st.binary(min_size=16, max_size=16), st.integers(0, 3))
@settings(max_examples=400, deadline=None)
def test_no_header_crashes(head, kept):
    """Fuzzed headers before real blocks, decoded whole and in part."""
    data = sample(4000)
    codec = BloscCodec(cname="lz4", blocksize=512)
    store = MemoryStore()
    z = zarr_c.create_array(store, shape=4000, chunks=4000, dtype="u1", compressors=codec)
    real = encode(make_chain(codec, 4000), data)
    cut = kept * 4
    store["c/0"] = real[:cut] + head[cut:] + real[16:]
    for selection in (..., slice(1000, 1010)):
        try:
            found = z[selection]
        except ChunkCorruptError:
            continue
        assert found.shape == np.empty(4000)[selection].shape


# format.md 5.20
def test_bytes_after_a_frame_are_ignored():
    """Old z5 wrote 16 more; the header says where the frame ends."""
    data = sample(400)
    chain = make_chain(BloscCodec(), 400)
    assert decode(chain, encode(chain, data) + bytes(16)) == data


# format.md 1.6 blosc
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"cname": "lz5"}, "cname: expected one of"),
        ({"clevel": 10}, "clevel: expected an integer from 0 to 9, found 10"),
        ({"clevel": True}, "clevel"),
        ({"shuffle": "bits"}, "shuffle: expected one of"),
        ({"shuffle": 1}, "shuffle"),
        ({"typesize": 0}, "typesize: expected a positive integer, found 0"),
        ({"blocksize": -1}, "blocksize"),
    ],
)
def test_parameters_are_checked(parameters, message):
    with pytest.raises(MetadataValidationError, match=f"codec 'blosc': {message}"):
        BloscCodec(**parameters)
